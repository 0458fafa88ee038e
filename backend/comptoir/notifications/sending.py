"""Sends what is due, one lane per medium: a provider that is slow or dead holds up its own lane and nothing else.

Before anybody is called the try is on file; what the provider says is kept after it. A worker that dies in between leaves a try
without an outcome, and the rules say whether it may be made again.
"""

import asyncio
import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from comptoir.notifications import push_sql, silence
from comptoir.notifications import sending_sql as sql
from comptoir.notifications.attaching import attachments_of
from comptoir.notifications.escalating import End, Outcome, Send, Try, Wait, next_move
from comptoir.notifications.filling import fill, for_a_lock_screen, link_of
from comptoir.notifications.model import Medium
from comptoir.notifications.numbers import e164, in_gsm, takes_sms
from comptoir.notifications.placeholders import Text
from comptoir.notifications.providers.port import Answer, Attachment, Letter, Provider
from comptoir.notifications.sending_sql import DueMessage

if TYPE_CHECKING:
    from comptoir.house import House

AT_ONCE = 8
SET = 24
"""Messages that one round takes: with the slowest provider a round ends well before its lock does."""

QUICK_SECONDS = 10.0
LEASE = timedelta(minutes=4)
TIME_LIMIT_SECONDS = 45.0
"""Three rounds of eight end well below the lease: a try has its outcome before another worker may look at its message."""

NOT_MISSED = frozenset({"survey"})
"""What nobody needs: it is never red, and one click ends it."""

DEAD_AFTER = 5
REST = timedelta(seconds=30)
log = logging.getLogger("comptoir.sending")


class Lane:
    """One medium and who carries it. After five bad answers in a row the provider is left alone for half a minute."""

    def __init__(self, medium: Medium, provider: Provider | None) -> None:
        self.medium, self.provider = medium, provider
        self.bad = 0
        self.rests_until: datetime | None = None

    async def drain(self, house: "House", limit: int = SET) -> int:
        """Work off up to `limit` messages that are due; how many were taken."""
        taken = await sql.claim(house.pool, self.medium, house.clock(), limit, house.clock() + LEASE)
        turn = asyncio.Semaphore(AT_ONCE)

        async def in_turn(message: DueMessage) -> None:
            async with turn:
                await self.work_off(house, message)

        await asyncio.gather(*(in_turn(message) for message in taken))
        return len(taken)

    async def work_off(self, house: "House", message: DueMessage) -> None:
        """Make the message's next moves until another lane, another time or nobody has to do with it."""
        if message.erased:
            return await sql.suppress(house.pool, message.id, "customer_erased", house.clock())
        if message.outdated:
            return await sql.suppress(house.pool, message.id, "outdated", house.clock())
        tries, made_before = message.tries, message.made
        while True:
            now = house.clock()
            move = next_move(message.plan, tries, message.useful_until, now)
            if isinstance(move, End):
                if move.status == "failed" and message.template in NOT_MISSED:
                    return await sql.suppress(house.pool, message.id, "gave_up", now)
                return await sql.end(house.pool, message.id, move, now)
            if isinstance(move, Wait):
                return await sql.wait(house.pool, message.id, move, self.medium)
            if move.medium != self.medium:
                return await sql.pass_on(house.pool, message.id, move.medium, now)
            made = await self.attempt(house, message, move, made_before + 1)
            if made is None:
                return None
            tries, made_before = (*tries, made), made_before + 1

    async def attempt(self, house: "House", message: DueMessage, move: Send, n: int) -> Try | None:
        """One try, on file before and after; None when another worker has made it."""
        papers = await attachments_of(house, message, move.medium)
        began, name = house.clock(), self.provider.name if self.provider else "none"
        if not await sql.begin_try(house.pool, message.id, n, move.medium, name, began):
            return None
        resting = self.rests(began)
        # Nobody is called, but the message's own patience runs: it may be another medium's turn before this one is back.
        answer = (
            Answer("busy", "away")
            if resting
            else await self.ask(house, letter_of(house, message, move.medium, papers, n))
        )
        now = house.clock()
        receipt, code = await sql.end_try(house.pool, message.id, n, answer, now)
        if answer.gone:
            await push_sql.forget(house.pool, answer.gone)
        if not resting:
            self.note(answer.outcome, now)
        return Try(move.medium, began, answer.outcome, now, code, receipt, sql.not_before(answer, now))

    async def ask(self, house: "House", letter: Letter) -> Answer:
        """The provider's answer; whatever else happens is an outcome that nobody knows."""
        if self.provider is None:
            return Answer("refused", "no_provider")
        if not letter.to:
            return Answer("refused", "no_address")
        mark = silence.mark_of(house.seal, self.medium, letter.to)
        # STOP ends every SMS; whoever ends mails ends those that nobody needs, and still has to hear of the order.
        spared = self.medium == "email" and letter.needed
        if not spared and await silence.asked_for(house.pool, self.medium, mark):
            return Answer("refused", silence.CODE)
        try:
            answer = await asyncio.wait_for(self.provider.send(letter), TIME_LIMIT_SECONDS)
            if answer.code == silence.CODE:
                await silence.keep(house.pool, self.medium, mark, self.provider.name, house.clock())
            return answer
        except TimeoutError:
            return Answer("unknown", "no_answer")
        except Exception as fault:
            log.error("%s failed on message %s: %s", self.provider.name, letter.id, type(fault).__name__)
            return Answer("unknown", "fault")

    def rests(self, now: datetime) -> bool:
        """Whether the provider is left alone for the moment."""
        return self.rests_until is not None and now < self.rests_until

    def note(self, outcome: Outcome, now: datetime) -> None:
        self.bad = 0 if outcome in ("accepted", "refused") else self.bad + 1
        if self.bad >= DEAD_AFTER:
            self.bad, self.rests_until = 0, now + REST


def letter_of(
    house: "House", message: DueMessage, medium: Medium, attachments: tuple[Attachment, ...] = (), n: int = 1
) -> Letter:
    """The message with every mark filled in; only here does it hold a name, a link and letters."""
    said = Text(message.subject, message.body, message.sms, message.push)
    subject, text = (
        fill(part, house.seal, house.settings.url, message.order_id, message.link_generation, message.first_name, message.passes, message.recipient, message.buyer)
        for part in (message.subject, said.words_on(medium))
    )  # fmt: skip
    if medium == "sms":
        number = e164(message.phone)
        return Letter(
            message.id, number if number and takes_sms(number) else "", message.language, subject, in_gsm(text)
        )
    if medium == "push":
        # On a locked screen everybody reads along: neither link nor letters, a tap opens the page that has them.
        link = link_of(house.seal, "", message.order_id, message.link_generation)
        return Letter(
            message.id, "browser" if message.browsers else "", message.language, subject,
            for_a_lock_screen(said.words_on("push"), message.first_name),
            browsers=message.browsers, path=link, topic=f"order:{message.order_id}",
        )  # fmt: skip
    link = link_of(house.seal, house.settings.url, message.order_id, message.link_generation)
    # One click by a mail program needs HTTPS (RFC 8058).
    unsubscribe = f"{link}/unsubscribe" if message.template in NOT_MISSED and link.startswith("https://") else ""
    return Letter(
        message.id, message.email, message.language, subject, text, attachments, n=n, unsubscribe=unsubscribe,
        needed=message.template not in NOT_MISSED,
    )  # fmt: skip


async def send_push(house: "House") -> int:
    return await go_on(house, house.lanes["push"])


async def send_sms(house: "House") -> int:
    return await go_on(house, house.lanes["sms"])


async def send_email(house: "House") -> int:
    return await go_on(house, house.lanes["email"])


async def go_on(house: "House", lane: Lane) -> int:
    """Set after set, as long as there is more and the provider is quick. Of one that is left alone a set at a time: to write down
    as fast as possible that nobody was called would cost the database more than sending."""
    loop = asyncio.get_running_loop()
    began, taken = loop.time(), 0
    while (
        (more := await lane.drain(house)) == SET
        and loop.time() - began < QUICK_SECONDS
        and not lane.rests(house.clock())
    ):
        taken += more
    return taken + more

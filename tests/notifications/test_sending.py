"""Every message that is due ends delivered on some medium, suppressed with a reason, or red; no medium without a key gets one twice."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from comptoir.house import House
from comptoir.kit.check import find_breaches
from comptoir.kit.clock import SetClock
from comptoir.kit.db import Tx, in_transaction
from comptoir.kit.outbox import Told
from comptoir.notifications import sending, sending_sql
from comptoir.notifications.listener import write_message
from comptoir.notifications.model import Medium
from comptoir.notifications.providers.port import Answer, Letter
from comptoir.notifications.providers.smtp import MailServer, SmtpProvider
from comptoir.notifications.sending import Lane
from comptoir.settings import Settings
from tests.conftest import Database
from tests.doors import house_on, leave
from tests.flows.orders_on_file import SECRET, add_articles, add_order, add_store
from tests.notifications.mail_servers import mail_server

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
MEDIA: tuple[Medium, ...] = ("push", "sms", "email")


class Scripted:
    """A provider that says what the test tells it to, and remembers what it was asked."""

    def __init__(self, name: str, *says: Answer | Exception | None) -> None:
        self.name, self.says = name, list(says) or [Answer("accepted", receipt="delivered")]
        self.asked: list[Letter] = []
        self.called = asyncio.Event()

    async def send(self, letter: Letter) -> Answer:
        self.asked.append(letter)
        self.called.set()
        said = self.says[min(len(self.asked), len(self.says)) - 1]
        if said is None:
            await asyncio.sleep(3600)
        if isinstance(said, Exception):
            raise said
        assert said is not None
        return (
            said
            if said.ref or said.outcome != "accepted"
            else Answer("accepted", ref=str(letter.id), receipt=said.receipt)
        )


class Post:
    """A house whose lanes a test fills, its clock, and what its ledger says."""

    def __init__(self, house: House, clock: SetClock, database: Database) -> None:
        self.house, self.clock, self.database = house, clock, database

    def carried_by(self, **providers: Any) -> None:
        self.house.lanes.update({medium: Lane(medium, providers.get(medium)) for medium in MEDIA})

    async def told(self, kind: str, order: UUID, body: dict[str, Any] | None = None, work: UUID | None = None) -> None:
        async def write(tx: Tx) -> None:
            await write_message(tx, Told(order, 1, kind, tx.now, "system", body or {}, "lyon", work))

        await in_transaction(self.house.pool, "system", self.clock(), write)

    async def ready(self, **given: Any) -> UUID:
        """An order whose customer is to be told that it is ready."""
        order, work = await add_order(self.database.connection, self.clock(), status="staged", **given)
        await self.told("fulfillment.staged", order, {"part": False}, work)
        return order

    async def round(self) -> None:
        """Every lane once, side by side."""
        await asyncio.gather(*(lane.drain(self.house) for lane in self.house.lanes.values()))

    async def rounds(self, count: int = 4, **apart: float) -> None:
        for _ in range(count):
            await self.round()
            self.clock.advance(**(apart or {"seconds": 1}))

    async def many(self, count: int) -> None:
        """As many facts as that, told to the customers who are there in turn."""
        await self.database.connection.execute(
            "INSERT INTO message (id, stream, seq, order_id, template, medium, language, subject, body, status, made_at, plan, next_at, useful_until)"
            " SELECT gen_random_uuid(), stream, n, order_id, template, medium, language, subject, body, status, made_at, plan, next_at, useful_until"
            " FROM (SELECT *, row_number() OVER (ORDER BY made_at, id) AS at, count(*) OVER () AS there FROM message) m, generate_series(2, $1) n"
            " WHERE n % m.there + 1 = m.at AND n <= $1 - m.there + 1",
            count,
        )  # fmt: skip

    async def until_nothing_is_due(self) -> None:
        """Round after round at one moment, until every lane has done what it can."""
        while await self.database.connection.fetchval(
            "SELECT true FROM message WHERE next_at <= $1 AND (claimed_until IS NULL OR claimed_until <= $1) LIMIT 1",
            self.clock(),
        ):
            await self.round()

    async def ledger(self) -> list[tuple[str, str | None]]:
        rows = await self.database.connection.fetch("SELECT status, reason FROM message ORDER BY made_at, id")
        return [tuple(row) for row in rows]

    async def tries(self) -> list[tuple[str, str | None, str]]:
        rows = await self.database.connection.fetch("SELECT medium, outcome, code FROM message_try ORDER BY message, n")
        return [tuple(row) for row in rows]


@pytest.fixture
async def post(database: Database, tmp_path: Any) -> AsyncIterator[Post]:
    await add_store(database.connection)
    await add_articles(database.connection)
    clock = SetClock(NOW)
    settings = Settings.from_env(
        {"COMPTOIR_DATA": str(tmp_path), "COMPTOIR_SECRET": SECRET.decode(), "COMPTOIR_URL": "https://orme.example"}
    )
    house = await house_on(database.dsn, clock, settings)
    yield Post(house, clock, database)
    await leave(house, database.dsn)
    broken = {"every_message_has_a_next_move_or_a_last_word", "no_message_went_out_twice_in_doubt"}
    assert not [breach for breach in await find_breaches(database.connection) if breach.name in broken]


async def test_a_message_leaves_with_its_name_its_link_and_its_letters(post: Post) -> None:
    sms = Scripted("sms")
    post.carried_by(sms=sms)
    await post.ready()
    await post.rounds(1)
    (letter,) = sms.asked
    assert letter.to == "+33612345678"
    assert "C'est pret, Inès." in letter.text
    assert "https://orme.example/o/" in letter.text
    assert "[[" not in letter.text
    assert await post.ledger() == [("delivered", None)]


async def test_the_ledger_itself_opens_no_door(post: Post) -> None:
    post.carried_by(sms=Scripted("sms"))
    await post.ready()
    await post.rounds(1)
    kept = await post.database.connection.fetch(
        "SELECT m::text || t::text AS all FROM message m JOIN message_try t ON t.message = m.id"
    )
    assert kept
    assert not [row for row in kept if "Inès" in row["all"] or "/o/" in row["all"] or "+336" in row["all"]]


async def test_taken_is_called_sent_and_not_delivered_until_somebody_says_so(post: Post) -> None:
    post.carried_by(sms=Scripted("sms", Answer("accepted", ref="ref-1")))
    await post.ready()
    await post.rounds(2)
    assert await post.ledger() == [("sent", None)]
    assert await sending_sql.keep_receipt(post.house.pool, "sms", "ref-1", "delivered", "", post.clock())
    await post.rounds(1)
    assert await post.ledger() == [("delivered", None)]


async def test_a_receipt_twice_and_for_nobodys_message_changes_nothing(post: Post) -> None:
    post.carried_by(sms=Scripted("sms", Answer("accepted", ref="ref-1")))
    await post.ready()
    await post.rounds(1)
    pool, now = post.house.pool, post.clock()
    assert [await sending_sql.keep_receipt(pool, "sms", "ref-1", "seen", "", now) for _ in range(2)] == [True, True]
    assert await sending_sql.keep_receipt(pool, "sms", "ref-1", "failed", "late", now)
    assert not await sending_sql.keep_receipt(pool, "sms", "ref-2", "seen", "", now)
    await post.rounds(1)
    assert await post.ledger() == [("seen", None)]


async def test_no_receipt_in_fifteen_minutes_and_mail_goes_out(post: Post) -> None:
    email = Scripted("email")
    post.carried_by(sms=Scripted("sms", Answer("accepted", ref="ref-1")), email=email)
    await post.ready()
    await post.rounds(1)
    post.clock.advance(minutes=14)
    await post.rounds(2)
    assert email.asked == []
    post.clock.advance(minutes=1)
    await post.rounds(3)
    assert len(email.asked) == 1
    assert await post.ledger() == [("delivered", None)]


async def test_mail_that_bounces_later_turns_red_again(post: Post) -> None:
    post.carried_by(email=Scripted("email", Answer("accepted", ref="ref-1")))
    await post.ready(phone=None)
    await post.rounds(1)
    post.clock.advance(hours=25)
    await post.rounds(1)
    assert await post.ledger() == [("delivered", "no_bounce")]
    await sending_sql.keep_receipt(post.house.pool, "email", "ref-1", "failed", "mailbox_unknown", post.clock())
    await post.rounds(1)
    assert await post.ledger() == [("failed", "mailbox_unknown")]


@pytest.mark.parametrize("fault", [RuntimeError("a fault of ours"), Answer("unknown", "cut_off")])
async def test_what_nobody_knows_goes_to_the_next_medium_and_is_never_repeated(post: Post, fault: Any) -> None:
    sms, email = Scripted("sms", fault), Scripted("email")
    post.carried_by(sms=sms, email=email)
    await post.ready()
    await post.rounds(5)
    assert (len(sms.asked), len(email.asked)) == (1, 1)
    assert await post.ledger() == [("delivered", None)]


async def test_a_worker_that_dies_while_it_calls_leaves_a_doubt_and_no_double(post: Post) -> None:
    sms, email = Scripted("sms", None), Scripted("email")
    post.carried_by(sms=sms, email=email)
    await post.ready()
    dying = asyncio.create_task(post.house.lanes["sms"].drain(post.house))
    await sms.called.wait()
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    assert await post.tries() == [("sms", None, "")]
    sms.says = [Answer("accepted", receipt="delivered")]
    await post.rounds(2)
    assert email.asked == []
    post.clock.advance(minutes=5)
    await post.rounds(3)
    assert (len(sms.asked), len(email.asked)) == (1, 1)


async def test_with_nobody_to_carry_it_it_is_red_and_says_so(post: Post) -> None:
    post.carried_by()
    await post.ready()
    await post.rounds(3)
    assert await post.ledger() == [("failed", "no_provider")]


async def test_a_forgotten_customer_is_told_nothing_though_it_was_due(post: Post) -> None:
    sms = Scripted("sms")
    post.carried_by(sms=sms)
    await post.ready()
    await post.database.connection.execute("UPDATE customer SET erased_at = $1", NOW)
    await post.rounds(1)
    assert (sms.asked, await post.ledger()) == ([], [("suppressed", "customer_erased")])


async def test_a_provider_that_is_dead_is_left_alone_and_mail_takes_over_in_time(post: Post) -> None:
    sms, email = Scripted("sms", Answer("busy", "away")), Scripted("email")
    post.carried_by(sms=sms, email=email)
    for _ in range(20):
        await post.ready()
    await post.rounds(40, seconds=10)
    assert await post.ledger() == [("delivered", None)] * 20
    assert len(email.asked) == 20
    # Twenty messages in five minutes, a try every five seconds and more: without a rest it would be well over a hundred.
    assert len(sms.asked) < 80


async def test_two_workers_at_once_send_every_message_once(post: Post) -> None:
    sms = Scripted("sms")
    post.carried_by(sms=sms)
    for _ in range(30):
        await post.ready()
    other = Lane("sms", sms)
    for _ in range(3):
        await asyncio.gather(other.drain(post.house), post.house.lanes["sms"].drain(post.house))
    assert len(sms.asked) == len({letter.id for letter in sms.asked}) == 30


async def test_slow_mail_holds_up_no_sms(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "TIME_LIMIT_SECONDS", 1.0)
    sms, email = Scripted("sms"), Scripted("email", None)
    post.carried_by(sms=sms, email=email)
    await post.ready(phone=None)
    await post.ready(email=None)
    slow = asyncio.create_task(post.house.lanes["email"].drain(post.house))
    await post.house.lanes["sms"].drain(post.house)
    assert len(sms.asked) == 1
    await slow
    assert ("email", "unknown", "no_answer") in await post.tries()


async def test_mail_goes_out_over_a_real_server(post: Post) -> None:
    async with mail_server() as (box, url):
        post.carried_by(email=SmtpProvider(MailServer.read(url), "bonjour@orme.example", "Orme"))
        await post.ready(phone=None)
        await post.rounds(2)
    (mail,) = box.mails
    assert mail["To"] == "ines@example.com"
    assert "est prêt" in mail["Subject"]
    assert await post.ledger() == [("sent", None)]


FACTS = 1000 if os.environ.get("COMPTOIR_LONG") else 24
"""So many facts for each fault of each medium; the long mode tries the thousand."""

Say = Callable[[int], Answer | Exception]
FAULTS: dict[str, Say] = {
    "dead": lambda n: Answer("busy", "away"),
    "answers nonsense": lambda n: ValueError("not JSON"),
    "limits the rate": lambda n: Answer("busy", "429") if n % 3 else Answer("accepted", receipt="delivered"),
    "accepts and then fails": lambda n: Answer("accepted", receipt="failed", code="absent"),
    "accepts and says no more": lambda n: Answer("accepted"),
    "refuses": lambda n: Answer("refused", "bad_number"),
    "cuts the line": lambda n: Answer("unknown", "cut_off"),
}


@pytest.mark.parametrize("wrong", FAULTS)
@pytest.mark.parametrize("medium", ["sms", "email"])
async def test_whatever_a_provider_does_every_fact_ends_on_some_medium_or_red(
    post: Post, wrong: str, medium: Medium
) -> None:
    class Bad(Scripted):
        async def send(self, letter: Letter) -> Answer:
            self.says = [FAULTS[wrong](len(self.asked))]
            return await super().send(letter)

    providers: dict[str, Scripted] = {"sms": Scripted("sms"), "email": Scripted("email")}
    providers[medium] = Bad(medium)
    post.carried_by(**providers)
    for at in range(12):
        # A third can be reached by one medium alone.
        await post.ready(**({"phone": None} if at % 3 == 0 else {"email": None} if at % 3 == 1 else {}))
    await post.many(FACTS)
    for apart in (timedelta(seconds=40), timedelta(minutes=20), timedelta(hours=5)):
        for _ in range(20):
            await post.until_nothing_is_due()
            post.clock.advance(seconds=apart.total_seconds())
    ended = await post.ledger()
    assert len(ended) == FACTS
    assert {status for status, _ in ended} <= {"delivered", "failed"}
    assert sum(status == "delivered" for status, _ in ended) >= FACTS * 2 // 3 or wrong == "limits the rate"
    assert all(reason for status, reason in ended if status == "failed")
    assert_none_twice(
        await post.database.connection.fetch("SELECT message, medium, outcome FROM message_try ORDER BY message, n")
    )


def assert_none_twice(rows: Sequence[Any]) -> None:
    """No message was handed to the same medium again after it may have gone out by it."""
    gone: set[tuple[UUID, str]] = set()
    for row in rows:
        key = (row["message"], row["medium"])
        assert key not in gone, f"{key} was tried again after it may have gone out"
        if row["outcome"] in (None, "accepted", "unknown"):
            gone.add(key)

"""Messages about alerts, by the lanes of all mails and pushes: on file before anybody is called, and each with its last word.

due --begin--> calling --accepted--> sent --(the browser says so)--> shown
                       busy: due again; refused: failed; nobody knows: unknown, and not sent twice
due --> suppressed: it ended, somebody is at it, it was put off, or it is not this person's any more

A notification that no browser takes (none is there, its address is gone) is written as a mail instead.
"""

import asyncio
from typing import TYPE_CHECKING, Final

from comptoir.alerting import sql
from comptoir.alerting.keeping import HOUSE
from comptoir.alerting.model import MEDIA
from comptoir.alerting.saying import headline, sentence
from comptoir.alerting.sql import DueNotice
from comptoir.kit.actor import SYSTEM
from comptoir.kit.db import Tx, borrowed, in_transaction
from comptoir.kit.i18n import t
from comptoir.notifications import push_sql
from comptoir.notifications.escalating import wait_after
from comptoir.notifications.model import Subscription
from comptoir.notifications.providers.port import Answer, Letter
from comptoir.notifications.providers.web_push import Push
from comptoir.staff.model import Manager
from comptoir.staff.queries import find_manager

if TYPE_CHECKING:
    from datetime import datetime

    from comptoir.house import House

TRIES: Final = 6
PUSH_SECONDS: Final = 3_600


async def send_alerts(house: "House") -> int:
    """Work off what is due, each way for itself: a mail server that is slow holds up no notification. How many were settled."""
    due = await in_transaction(house.pool, SYSTEM.who, house.clock(), sql.claim)

    async def one_by_one(medium: str) -> int:
        return sum([await send(house, notice) for notice in due if notice.medium == medium])

    return sum(await asyncio.gather(*(one_by_one(medium) for medium in MEDIA)))


async def send(house: "House", notice: DueNotice) -> bool:
    """One message; False when it waits for another try. Who may see what is judged now."""

    async def settled(state: str, code: str, again: "datetime | None" = None) -> None:
        async def write(tx: Tx) -> None:
            await sql.settle(tx, notice.id, state, code, again)
            if notice.medium == "push" and (state == "failed" or code == "no_push"):
                await sql.write_instead(tx, notice.id)
            # The card says who was reached.
            tx.touched.add(notice.location or HOUSE)

        await in_transaction(house.pool, SYSTEM.who, house.clock(), write)

    async with borrowed(house.pool) as connection:
        reader = await find_manager(connection, notice.staff)
        browsers = await sql.browsers_of(connection, notice.staff) if notice.medium == "push" else []
    why = needless(notice, reader)
    if why is None and notice.medium == "push" and not browsers:
        why = "no_push"
    if why is not None or reader is None:
        await settled("suppressed", why or "not_yours")
        return True
    mails = house.lanes["email"]
    if notice.medium == "email" and mails.rests(house.clock()):
        await settled("due", "away", mails.rests_until)
        return False
    if not await in_transaction(house.pool, SYSTEM.who, house.clock(), lambda tx: sql.begin(tx, notice.id)):
        return True
    if notice.medium == "email":
        answer = await mails.ask(house, letter_of(house, notice, reader))
        mails.note(answer.outcome, house.clock())
    else:
        to = [Subscription(one["id"], one["endpoint"], one["p256dh"], one["auth"]) for one in browsers]
        answer = await pushed(house, notice, reader, to)
    match answer.outcome:
        case "accepted":
            await settled("sent", "")
        case "busy" if notice.tries + 1 < TRIES:
            await settled("due", answer.code, house.clock() + wait_after(notice.tries + 1))
            return False
        case "unknown":
            await settled("unknown", answer.code)
        case _:
            await settled("failed", answer.code)
    return True


def needless(notice: DueNotice, reader: Manager | None) -> str | None:
    """Why nobody is told any more; None when it is still of use."""
    if reader is None or not (
        reader.actor.locations is None or (notice.location is not None and reader.actor.reaches(notice.location))
    ):
        return "not_yours"
    if notice.ended:
        return "ended"
    if notice.acknowledged:
        return "acknowledged"
    return "snoozed" if notice.snoozed else None


def letter_of(house: "House", notice: DueNotice, reader: Manager) -> Letter:
    """The mail: what, how much, since when, and the page on which one act stands."""
    lang = reader.actor.language
    subject = headline(notice.kind, notice.place, notice.name, lang)
    lines = [body_of(notice, lang), "", f"{house.settings.url}/manager/alerts/{notice.alert}"]
    return Letter(notice.id, reader.email, lang, subject, "\n".join(lines), n=notice.tries + 1)


def body_of(notice: DueNotice, lang: str) -> str:
    """What a person who reads nothing else has to know."""
    said = t("alerts.full", lang, said=sentence(notice.kind, notice.place, notice.name, notice.value, lang))
    return t("alerts.nobody_yet", lang, said=said) if notice.what == "escalated" else said


async def pushed(house: "House", notice: DueNotice, reader: Manager, browsers: list[Subscription]) -> Answer:
    """To every browser of this person; taken when one service took it."""
    lang = reader.actor.language
    push = Push(
        str(notice.id), headline(notice.kind, notice.place, notice.name, lang), body_of(notice, lang), f"/manager/alerts/{notice.alert}",
        f"alert:{notice.alert}", lang, PUSH_SECONDS, True,
    )  # fmt: skip
    answers = []
    for browser in browsers:
        answer = await house.push.push(browser, push)
        answers.append(answer)
        if answer.code == "gone":
            await push_sql.forget(house.pool, (browser.id,))
        else:
            await push_sql.noted(house.pool, browser.id, answer.outcome == "accepted", answer.code, house.clock())
    ranks = ("accepted", "unknown", "busy", "refused")
    return min(answers, key=lambda one: ranks.index(one.outcome))

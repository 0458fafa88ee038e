"""Reports by mail: planned once per period, made with what its reader may see at that moment, sent through the lane of all mails.

subscription --its hour--> mail due --begin--> calling --accepted--> sent
                                          busy: due again; refused: failed; nobody knows: unknown, and not sent twice
One that cannot be written is tried as often as a busy server is asked, then failed; head office has an alert of what failed.
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode
from uuid import UUID

import msgspec

from comptoir.kit.actor import SYSTEM, Actor
from comptoir.kit.dates import date_words
from comptoir.kit.db import Connection, Tx, borrowed, in_transaction
from comptoir.kit.errors import Outage
from comptoir.kit.i18n import t
from comptoir.kit.ids import Seal
from comptoir.notifications.mail_html import report_html
from comptoir.notifications.providers.port import Attachment, Letter
from comptoir.reporting import queries
from comptoir.reporting import subscribing_sql as sql
from comptoir.reporting.filing import file_of
from comptoir.reporting.queries import Place, Trend
from comptoir.reporting.reports import REPORTS, By, Report, last_day
from comptoir.reporting.saying import say
from comptoir.reporting.subscribing import TRIES, WAITS, before, next_at, period_of
from comptoir.reporting.subscribing_sql import DueMail
from comptoir.staff.queries import find_manager

if TYPE_CHECKING:
    from comptoir.house import House

MOST_STORES: Final = 40
"""Stores that the mail itself lists; the file has all of them."""
CSV: Final = "text/csv"
SIDE_BY_SIDE: Final = 4
LONGEST_SECONDS: Final = 60.0
"""After so long no other set is begun: with the slowest mail server a round still ends before its lock does."""
log = logging.getLogger("comptoir.reports")


async def send_reports(house: "House") -> int:
    """Plan the mails whose hour has come, then send what is due, set after set; how many were sent or given up."""
    await in_transaction(house.pool, SYSTEM.who, house.clock(), plan_due)
    loop = asyncio.get_running_loop()
    began, done = loop.time(), 0
    turn = asyncio.Semaphore(SIDE_BY_SIDE)

    async def in_turn(mail: DueMail) -> bool:
        async with turn:
            return await send(house, mail)

    while mails := await in_transaction(house.pool, SYSTEM.who, house.clock(), sql.claim):
        done += sum(await asyncio.gather(*(in_turn(mail) for mail in mails)))
        if loop.time() - began > LONGEST_SECONDS:
            break
    return done


async def plan_due(tx: Tx) -> int:
    """One mail for each subscription whose hour has come, about the last period that is over; missed ones are not made up for."""
    due = await sql.lock_due(tx)
    for one in due:
        _, period = period_of(one["rhythm"], one["time_zone"], tx.now)
        await sql.plan(tx, one["id"], period, next_at(one["rhythm"], one["time_zone"], tx.now))
    return len(due)


async def send(house: "House", mail: DueMail) -> bool:
    """Make and send one mail; False when it waits for another time. Who may see what is judged now."""

    async def settled(state: str, code: str, again: datetime | None = None) -> None:
        await in_transaction(
            house.pool, SYSTEM.who, house.clock(), lambda tx: sql.settle(tx, mail.id, state, code, again)
        )

    async def later(code: str) -> bool:
        """Another try, if there is one left."""
        if mail.tries >= TRIES:
            await settled("failed", code)
            return True
        await settled("due", code, house.clock() + WAITS[min(mail.tries, len(WAITS)) - 1])
        return False

    try:
        async with borrowed(house.pool) as connection:
            reader = await find_manager(connection, mail.staff)
            if reader is not None and mail.location is not None and not reader.actor.reaches(mail.location):
                reader = None
            letter = None if reader is None else await letter_of(house, connection, mail, reader.actor, reader.email)
    except Outage:
        raise
    except Exception as fault:
        log.error("report mail %s could not be written: %s", mail.id, type(fault).__name__)
        return await later("not_written")
    if letter is None:
        # They left, or the store is another's now: nobody gets what is not theirs.
        await in_transaction(
            house.pool, SYSTEM.who, house.clock(), lambda tx: sql.end(tx, mail.subscription, "not_yours")
        )
        await settled("dropped", "not_yours")
        return True
    if not await in_transaction(house.pool, SYSTEM.who, house.clock(), lambda tx: sql.begin(tx, mail.id)):
        return True
    answer = await house.lanes["email"].ask(house, letter)
    match answer.outcome:
        case "accepted":
            await settled("sent", "")
        case "busy":
            return await later(answer.code)
        case "unknown":
            await settled("unknown", answer.code)
        case _:
            await settled("failed", answer.code)
    return True


async def letter_of(house: "House", connection: Connection, mail: DueMail, actor: Actor, to: str) -> Letter | None:
    """The mail as its reader gets it; None when there is nothing that they may see."""
    report, lang = REPORTS.get(mail.report), mail.language
    known = await queries.places(connection, actor)
    chosen = known.chosen("", mail.location or "")
    if report is None or not chosen:
        return None
    by: By = "day" if mail.rhythm == "daily" else "week"
    view = await queries.read(connection, actor, known, report, by, mail.period, chosen, periods=[mail.period])
    earlier = await queries.read(
        connection, actor, known, report, by, mail.period, chosen, view.currency, periods=[before(by, mail.period)]
    )
    currency, rows = await queries.by_store_and_period(
        connection, actor, report, by, mail.period, chosen, view.currency
    )
    file = file_of(report, currency, [(first, place.id, place.name, values) for first, place, values in rows], lang)
    said = Said(report, by, mail.period, lang, chosen, view, earlier)
    page = f"{house.settings.url}/manager/trends/{report.name}?" + urlencode(
        {"by": by, "until": last_day(by, mail.period).isoformat()}
        | ({"of": f"s:{mail.location}"} if mail.location else {})
    )
    stop = stop_link(house.seal, house.settings.url, mail.subscription)
    subject = t("trends.mail.subject", lang, report=t(f"trends.report.{report.name}", lang), period=said.period)
    lines = [
        said.whom, "", *(f"{name}{said.colon} {value} ({was})" for name, value, was in said.facts), "",
        *said.table_text(), "", f"{t('trends.mail.open', lang)}{said.colon} {page}", "", t(f"trends.mail.why.{mail.rhythm}", lang) + " " + stop,
    ]  # fmt: skip
    html = report_html(
        subject, said.whom, said.facts, said.head, said.rows, (t("trends.mail.open", lang), page),
        (t(f"trends.mail.why.{mail.rhythm}", lang), t("trends.mail.stop", lang), stop), lang, house.settings.retailer,
    )  # fmt: skip
    return Letter(
        mail.id, to, lang, subject, "\n".join(lines), (Attachment(f"{report.name}-{mail.period}.csv", file, CSV),), n=mail.tries,
        unsubscribe=stop if stop.startswith("https://") else "", needed=False, html=html,
    )  # fmt: skip


class Said(msgspec.Struct, frozen=True):
    """A report's values in words."""

    report: Report
    by: By
    first: date
    lang: str
    chosen: Sequence[Place]
    view: Trend
    earlier: Trend

    @property
    def colon(self) -> str:
        return "\u00a0:" if self.lang == "fr" else ":"

    @property
    def period(self) -> str:
        said = date_words(self.first, "EEEE d MMMM" if self.by == "day" else "d MMMM", self.lang)
        return said if self.by == "day" else t("trends.week_of", self.lang, day=said)

    @property
    def whom(self) -> str:
        if len(self.chosen) == 1:
            return self.chosen[0].name
        return t("trends.mail.places", self.lang, n=len(self.chosen))

    @property
    def facts(self) -> list[tuple[str, str, str]]:
        """(What, how much, how much a week before)."""
        money = self.view.currency or "EUR"
        return [
            (
                t(f"trends.column.{c.name}", self.lang), say(self.view.whole[c.name], c.shown, self.lang, money),
                t("trends.mail.before", self.lang, value=say(self.earlier.whole[c.name], c.shown, self.lang, money)),
            )
            for c in self.report.columns
        ]  # fmt: skip

    @property
    def head(self) -> list[str]:
        return [t("trends.store", self.lang), *(t(f"trends.column.{c.name}", self.lang) for c in self.report.columns)]

    @property
    def rows(self) -> list[list[str]]:
        """Store by store, and the median; nothing where it is one store."""
        if len(self.chosen) == 1:
            return []
        money = self.view.currency or "EUR"
        lines = [(row.place.name, row.values) for row in self.view.stores[:MOST_STORES]]
        if self.view.compared:
            lines.append((t("trends.median", self.lang), self.view.compared))
        return [
            [name, *(say(values[c.name], c.shown, self.lang, money) for c in self.report.columns)]
            for name, values in lines
        ]

    def table_text(self) -> list[str]:
        """The same for those who read plain text."""
        if not self.rows:
            return []
        return [
            f"{row[0]}{self.colon} "
            + ", ".join(f"{name} {value}" for name, value in zip(self.head[1:], row[1:], strict=True))
            for row in self.rows
        ]


def stop_link(seal: Seal, url: str, subscription: UUID) -> str:
    """Where one click ends a subscription."""
    return f"{url}/reports/stop/{subscription}/{stop_token(seal, subscription)}"


def stop_token(seal: Seal, subscription: UUID) -> str:
    return seal.token("report mail", subscription.bytes)

"""The Audit page: every change that people made to what is set up, found by thing, person and day; also as a table for a spreadsheet."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Final
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromQuery

from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import Connection, borrowed
from comptoir.network import queries as network
from comptoir.screens import audit as screen
from comptoir.screens.audit import MOST, SHOWN, Entry, Question
from comptoir.web.guards import MANAGERS, by
from comptoir.web.pages.page import Page
from comptoir.web.pages.session import Answer
from comptoir.web.pages.tables import table

HERE: Final = "/manager/audit"
ZONE: Final = ZoneInfo("Europe/Paris")
KINDS: Final[dict[str, str]] = {
    "stores": "store,printer,printer_network,collections,announcement,day_plan", "places": "region,entity", "people": "person", "devices": "device", "keys": "key",
    "webhooks": "webhook", "shipping": "box,carrier_account", "money": "payment_account,payment_mismatch,money,authorization", "channels": "channel",
    "articles": "sku,accessories,recall,shelf,safety", "rules": "sourcing,returns,stock,receiving,reason,alert_rule,stock_rules", "texts": "message_text", "customers": "customer",
    "orders": "exception,label,manifest", "files": "import",
}  # fmt: skip
"""What one may look for -> the kinds of things that it is."""
COLUMNS: Final = (
    "at_utc",
    "who",
    "role",
    "what",
    "kind",
    "thing",
    "subject",
    "store",
    "field",
    "before",
    "after",
    "reason",
)
Short = Annotated[str, msgspec.Meta(max_length=120)]


class Asked(msgspec.Struct, frozen=True):
    """The search as it was typed."""

    kind: str = ""
    subject: str = ""
    person: str = ""
    since: date | None = None
    until: date | None = None


@get(HERE, opt=by(*MANAGERS))
async def changes(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    kind: FromQuery[Short] = "", subject: FromQuery[Short] = "", person: FromQuery[Short] = "",
    since: FromQuery[Short] = "", until: FromQuery[Short] = "", after: FromQuery[UUID | None] = None,
) -> Answer:  # fmt: skip
    """Newest first, fifty at a time; whoever has some stores sees what was changed at those."""
    asked = _asked(kind, subject, person, since, until)
    async with borrowed(house.pool) as connection:
        rows = await screen.list_changes(connection, _question(asked, after), actor.locations)
        names = await names_of(connection, actor)
    following = rows[-1].id if len(rows) == SHOWN else None
    return page.html(
        "admin/audit.html",
        rows=rows,
        asked=asked,
        kinds=tuple(KINDS),
        names=names,
        following=following,
        query=_query(asked),
    )


@get(HERE + "/csv", opt=by(*MANAGERS))
async def as_csv(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    kind: FromQuery[Short] = "", subject: FromQuery[Short] = "", person: FromQuery[Short] = "",
    since: FromQuery[Short] = "", until: FromQuery[Short] = "",
) -> Response[Any]:  # fmt: skip
    """One line for each field that changed, ten thousand changes at most; times in UTC."""
    asked = _asked(kind, subject, person, since, until)
    async with borrowed(house.pool) as connection:
        rows = await screen.list_changes(connection, _question(asked, None), actor.locations, MOST)
    lines = (line for row in rows for line in _lines(row))
    return table(f"audit-{house.clock():%Y-%m-%d}", COLUMNS, lines, page.lang)


class Past(msgspec.Struct, frozen=True):
    """What became of one thing, for its own page: the latest changes, names of places, and the search that finds all."""

    entries: list[Entry]
    names: dict[str, str]
    query: str


async def past_of(connection: Connection, actor: Actor, kind: str, subject: object) -> Past:
    """The latest changes of one thing; `kind` as in KINDS."""
    entries = await screen.history_of(connection, KINDS[kind], str(subject), actor.locations)
    return Past(entries, await names_of(connection, actor), urlencode({"kind": kind, "subject": str(subject)}))


async def names_of(connection: Connection, actor: Actor) -> dict[str, str]:
    """Names of places and regions by their ids, for values that hold ids."""
    places = {place: name for place, name, _ in await network.list_names(connection, actor.locations)}
    return dict(await network.list_regions(connection)) | places


def _lines(row: Entry) -> list[tuple[object, ...]]:
    head = (
        row.at.astimezone(UTC).isoformat(timespec="seconds"), row.who_name or row.who, row.role, row.action, row.kind, row.thing or "",
        row.subject, row.location or "",
    )  # fmt: skip
    if not row.changes:
        return [(*head, "", "", "", row.reason)]
    return [(*head, field, _flat(before), _flat(after), row.reason) for field, before, after in row.changes]


def _flat(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def _asked(kind: str, subject: str, person: str, since: str, until: str) -> Asked:
    return Asked(kind if kind in KINDS else "", subject.strip(), person.strip(), _day(since), _day(until))


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 2020 <= found.year <= 2100 else None


def _question(asked: Asked, after: UUID | None) -> Question:
    return Question(
        KINDS.get(asked.kind), asked.subject or None, asked.person or None, _midnight(asked.since),
        _midnight(asked.until + timedelta(days=1)) if asked.until else None, after,
    )  # fmt: skip


def _midnight(day: date | None) -> datetime | None:
    return datetime.combine(day, time(), tzinfo=ZONE).astimezone(UTC) if day else None


def _query(asked: Asked) -> dict[str, str]:
    told = {
        "kind": asked.kind,
        "subject": asked.subject,
        "person": asked.person,
        "since": asked.since or "",
        "until": asked.until or "",
    }
    return {name: str(value) for name, value in told.items() if value}


ROUTES: list[BaseRouteHandler] = [changes, as_csv]

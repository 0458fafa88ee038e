"""All that managers did in the tower: by whom, why, what was said to come of it and what came; taken back from here; as a file."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, get_args
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromQuery

from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import NotFound
from comptoir.kit.ids import new_id
from comptoir.network import queries as network
from comptoir.tower import acts_queries
from comptoir.tower.acts import Kind
from comptoir.tower.acts_queries import ActRow
from comptoir.web.guards import MANAGERS, by
from comptoir.web.pages.page import Page
from comptoir.web.pages.tables import table

Answer = Response[Any]
TheHouse = NamedDependency[House]
TheActor = NamedDependency[Actor]
Now = NamedDependency[datetime]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
Which = Literal["", "pause", "resume", "capacity", "pickers", "usual", "move", "extend", "tell"]
Store = Annotated[str, msgspec.Meta(max_length=64)]
Day = Annotated[str, msgspec.Meta(max_length=10, pattern=r"^([0-9]{4}-[0-9]{2}-[0-9]{2})?\Z")]
SHOWN: Final = 30
MOST_LINES: Final = 5_000
COLUMNS: Final = (
    "act", "at", "store", "store_name", "kind", "works", "by", "why", "late_without", "late_with", "late_by", "late_came", "cost", "messages",
    "undone_at", "undone_by", "stayed",
)  # fmt: skip


class Asked(msgspec.Struct, frozen=True):
    """Which acts: of a store, of a kind, of a day in the store's own time; of everything where empty."""

    store: str = ""
    kind: Which = ""
    day: date | None = None

    def query(self, **more: str) -> str:
        told = {"store": self.store, "kind": self.kind, "day": self.day.isoformat() if self.day else ""} | more
        return urlencode({name: value for name, value in told.items() if value})


@get("/manager/acts", opt=by(*MANAGERS))
async def acts(
    house: TheHouse, actor: TheActor, page: NamedDependency[Page], now: Now, store: FromQuery[Store] = "", kind: FromQuery[Which] = "",
    day: FromQuery[Day] = "", before: FromQuery[datetime | None] = None, last: FromQuery[UUID | None] = None, done: FromQuery[UUID | None] = None,
) -> Answer:  # fmt: skip
    """Newest first, thirty at a time. NotFound `location_not_found` for a store of others."""
    asked = wanted(actor, store, kind, day)
    async with borrowed(house.pool) as connection:
        rows = await acts_queries.read(
            connection, actor, asked.store or None, SHOWN + 1, (before, last) if before and last else None, asked.kind or None, asked.day
        )  # fmt: skip
        places = await network.list_names(connection, actor.locations)
    more = ""
    if len(rows) > SHOWN:
        rows = rows[:SHOWN]
        more = asked.query(before=rows[-1].at.isoformat(), last=str(rows[-1].id))
    return page.html(
        "manager/acts.html", rows=rows, asked=asked, kinds=KINDS, places=places, more=more, done=done, now=now, ids=[new_id() for _ in rows],
    )  # fmt: skip


@get("/manager/acts/csv", opt=by(*MANAGERS))
async def as_csv(
    house: TheHouse,
    actor: TheActor,
    page: NamedDependency[Page],
    now: Now,
    store: FromQuery[Store] = "",
    kind: FromQuery[Which] = "",
    day: FromQuery[Day] = "",
) -> Response[Any]:
    """One line for each act, the newest 5,000; times in UTC, money in major units. NotFound `location_not_found`."""
    asked = wanted(actor, store, kind, day)
    async with borrowed(house.pool) as connection:
        rows = await acts_queries.read(
            connection, actor, asked.store or None, MOST_LINES, None, asked.kind or None, asked.day
        )
    return table(f"acts-{now:%Y-%m-%d}", COLUMNS, map(_line, rows), page.lang)


def wanted(actor: Actor, store: str, kind: Which, day: str) -> Asked:
    """What was asked for; a day that there is not is none. NotFound `location_not_found`."""
    if store and not actor.reaches(store):
        raise NotFound("location_not_found")
    try:
        on = date.fromisoformat(day) if day else None
    except ValueError:
        on = None
    return Asked(store, kind, on)


def _line(row: ActRow) -> list[object]:
    said = row.said
    return [
        str(row.id), _at(row.at), row.location, row.name, row.kind, row.amount, row.by, row.why, said.before.late, said.after.late, _at(row.judge_at),
        "" if row.came is None else row.came, Decimal(said.cost_minor).scaleb(-2), said.messages, _at(row.undone_at), row.undone_by_name,
        "; ".join(f"{number}: {reason}" for number, reason in row.stayed),
    ]  # fmt: skip


def _at(at: datetime | None) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%MZ}" if at else ""


ROUTES: list[BaseRouteHandler] = [acts, as_csv]

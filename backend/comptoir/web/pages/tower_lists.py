"""What lies behind the Now page: load of every store, a page at a time and as a file; the works behind each reading."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal
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
from comptoir.screens import works_due
from comptoir.tower import showing
from comptoir.tower.standing import StoreNow
from comptoir.tower.watching import moment
from comptoir.web.guards import MANAGERS, by
from comptoir.web.pages.manager import seen
from comptoir.web.pages.page import Page
from comptoir.web.pages.tables import table

Answer = Response[Any]
TheHouse = NamedDependency[House]
TheActor = NamedDependency[Actor]
ThePage = NamedDependency[Page]
Now = NamedDependency[datetime]
Which = Literal["due", "risk", "late", "waiting", "pickups"]
CHOICES: Final[tuple[Which, ...]] = ("due", "risk", "late", "waiting", "pickups")
PER_PAGE: Final = 50
TODO: Final = 100
DUE: Final = 60
"""Minutes."""
COLUMNS: Final = (
    "store", "name", "region", "open", "due_within_hour", "at_risk", "late", "soon_late_low", "soon_late", "soon_late_high", "waiting", "staged", "to_decide",
    "untold", "silent_devices", "parcels_at_risk", "all_done_at",
)  # fmt: skip


@get("/manager/load", opt=by(*MANAGERS))
async def load(
    house: TheHouse, actor: TheActor, page: ThePage, now: Now,
    region: FromQuery[Annotated[str, msgspec.Meta(max_length=64)]] = "",
    n: FromQuery[Annotated[int, msgspec.Meta(ge=1, le=1000)]] = 1,
) -> Answer:  # fmt: skip
    """Every store by hour, the most troubled first, and all there is to decide. A region of others is empty."""
    view = await seen(house, actor, now, TODO)
    rows = showing.rows_of(view, region)
    return page.html(
        "manager/load.html", view=view, rows=rows[(n - 1) * PER_PAGE : n * PER_PAGE], region=region,
        region_name=rows[0].store.place.region_name if region and rows else "", count=sum(row.store.place.kind == "store" for row in rows), page_n=n,
        pages=max(1, -(-len(rows) // PER_PAGE)), now=now, time_zone=view.time_zone,
    )  # fmt: skip


@get("/manager/load/csv", opt=by(*MANAGERS))
async def as_csv(
    house: TheHouse,
    actor: TheActor,
    page: ThePage,
    now: Now,
    region: FromQuery[Annotated[str, msgspec.Meta(max_length=64)]] = "",
) -> Response[Any]:
    """All of it: one line for each store, its readings and its load by hour in per cent (empty: closed). Times in UTC."""
    view = await seen(house, actor, now)
    columns = (*COLUMNS, *(f"load_{column.at:%Y-%m-%dT%H:%MZ}" for column in view.columns))
    lines = [
        [*_line(row.store), *("" if cell.percent is None else cell.percent for cell in row.cells)]
        for row in showing.rows_of(view, region)
    ]
    return table(f"load-{now:%Y-%m-%d-%H%M}", columns, lines, page.lang)


@get("/manager/works", opt=by(*MANAGERS))
async def works(
    house: TheHouse, actor: TheActor, page: ThePage, now: Now, which: FromQuery[Which] = "due",
    store: FromQuery[Annotated[str, msgspec.Meta(max_length=64)]] = "",
    before: FromQuery[datetime | None] = None, last: FromQuery[UUID | None] = None,
) -> Answer:  # fmt: skip
    """The works that a reading counts, fifty at a time. NotFound `location_not_found` for a store of others."""
    if store and not actor.reaches(store):
        raise NotFound("location_not_found")
    after = (before, last) if before and last else None
    stores = [one for one in await house.tower.stores(actor) if not store or one.place.id == store]
    async with borrowed(house.pool) as connection:
        if which == "waiting":
            rows = await works_due.read_waiting(connection, actor, store or None, after)
        else:
            kind = "ship" if which == "pickups" else None
            rows = await works_due.read(connection, actor, spans_of(stores, which), kind, after)
    more = ""
    if len(rows) > works_due.MOST:
        rows = rows[: works_due.MOST]
        more = urlencode({"which": which, "store": store, "before": rows[-1].at.isoformat(), "last": str(rows[-1].id)})
    return page.html(
        "manager/works.html", rows=rows, which=which, choices=CHOICES, now=now, more=more,
        store=stores[0].place.name if store and stores else "", place=store,
    )  # fmt: skip


def spans_of(stores: list[StoreNow], which: Which) -> list[tuple[str, datetime, datetime, bool | None]]:
    """Which promises of which stores a reading counts, as (location, from, to, begun or not: both where None)."""
    found: list[tuple[str, int, int, bool | None]] = []
    for store in stores:
        place, at = store.place.id, store.at
        if which == "due":
            found.append((place, at, at + DUE + 1, None))
        elif which == "late":
            found.append((place, 0, at, None))
        elif which == "risk":
            found += [(place, *span) for span in store.risk_spans()]
        else:
            missed = {minute for pickup in store.pickups for minute in pickup.promises}
            found += [(place, minute, minute + 1, None) for minute in sorted(missed)]
    return [(place, moment(from_), moment(to), begun) for place, from_, to, begun in found]


def _line(store: StoreNow) -> list[object]:
    said, low, high = store.soon.words
    return [
        store.place.id, store.place.name, store.place.region_name, store.open, store.due, store.at_risk, store.late, low, said, high, store.here.waiting,
        store.staged, store.cases, store.untold, store.silent.devices, store.pickups_missed, f"{moment(store.outlook.likely.done_at):%Y-%m-%dT%H:%MZ}",
    ]  # fmt: skip


ROUTES: list[BaseRouteHandler] = [load, as_csv, works]

"""Stock control: what is short, too much, lying, over-promised, to be counted or blocked; each row has its one next step."""

import asyncio
from datetime import datetime
from typing import Annotated, Any, Final
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromQuery, URLEncodedBody

from comptoir.house import House
from comptoir.kit import sheets
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.ids import new_id
from comptoir.kit.words import Code, Slug
from comptoir.screens import stock_control as screen
from comptoir.screens.stock_control import What
from comptoir.stock.counting import AskCount, DirectCounts
from comptoir.web.guards import MANAGERS, by
from comptoir.web.pages.page import Page
from comptoir.web.pages.tables import file

Answer = Response[Any]
Chosen = Annotated[str, msgspec.Meta(max_length=64)]
COLUMNS: Final = ("list", "sku", "name", "store", "on_hand", "reserved", "safety_stock", "free", "sold_28_days", "cover_days", "last_sold", "last_counted", "why")  # fmt: skip


class CountHereForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Have an article counted in a store, and come back to the list."""

    id: UUID
    store: Slug
    sku: Code
    what: What
    region: Chosen = ""
    of: Chosen = ""


class DirectForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Have a store count what matters most there."""

    id: UUID
    store: Slug


@get("/manager/stock/control", opt=by(*MANAGERS))
async def control(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page], now: NamedDependency[datetime],
    what: FromQuery[What] = What.SHORT, region: FromQuery[Chosen] = "", store: FromQuery[Chosen] = "",
) -> Answer:  # fmt: skip
    """One list of the actor's stores, the worst first."""
    async with borrowed(house.pool) as connection:
        places = await screen.places(connection, actor)
        rows = await screen.read(connection, actor, what, region, store, now)
    regions = sorted({(one.region_name, one.region) for one in places if one.region})
    return page.html(
        "manager/stock_control.html", rows=rows[: screen.MOST], more=len(rows) > screen.MOST, what=what.value, lists=[one.value for one in What],
        region=region, store=store, one=store or (places[0].id if len(places) == 1 else ""), places=places, regions=regions, now=now, new_id=new_id, most=screen.MOST,
        query=lambda **changed: urlencode({"what": what.value, "region": region, "store": store} | changed),
    )  # fmt: skip


@get("/manager/stock/control/csv", opt=by(*MANAGERS))
async def as_csv(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page], now: NamedDependency[datetime],
    what: FromQuery[What] = What.SHORT, region: FromQuery[Chosen] = "", store: FromQuery[Chosen] = "",
) -> Answer:  # fmt: skip
    """The list as a file, at most 5,000 lines; times in UTC."""
    async with borrowed(house.pool) as connection:
        rows = await screen.read(connection, actor, what, region, store, now, screen.MOST_IN_FILE)
    lines = [
        (what.value, row.sku, row.name, row.store, row.on_hand, row.reserved, row.safety_stock, row.free, row.sold, row.cover_days, row.sold_at,
         row.counted_at, row.why) for row in rows[: screen.MOST_IN_FILE]
    ]  # fmt: skip
    body = await asyncio.to_thread(sheets.write, COLUMNS, lines, page.lang)
    return file(body, f"stock-{what.value}-{now:%Y-%m-%d-%H%M}.csv")


@post("/manager/stock/control/count", opt=by(*MANAGERS), status_code=200)
async def count_here(
    data: URLEncodedBody[CountHereForm],
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    page: NamedDependency[Page],
) -> Answer:
    """Ask the store to count it. NotFound `unknown_location` for a store of others."""
    await house.runner.perform(AskCount(data.id, data.store, data.sku, "asked"), actor)
    return page.go(
        "/manager/stock/control?" + urlencode({"what": data.what.value, "region": data.region, "store": data.of})
    )


@post("/manager/stock/control/direct", opt=by(*MANAGERS), status_code=200)
async def direct(
    data: URLEncodedBody[DirectForm],
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    page: NamedDependency[Page],
) -> Answer:
    """The list of the day stands on the store's handhelds. NotFound `unknown_location` for a store of others."""
    await house.runner.perform(DirectCounts(data.id, data.store), actor)
    return page.go("/manager/stock/control?" + urlencode({"what": What.COUNTS.value, "store": data.store}))


ROUTES: list[BaseRouteHandler] = [control, as_csv, count_here, direct]

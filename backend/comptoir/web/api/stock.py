"""Stock over the API: what tills and the ERP report, corrections, and reads of levels and the ledger."""

import asyncio
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

import msgspec
from litestar import Response, get, post, put
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, JSONBody

from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import Malformed
from comptoir.kit.ids import new_id
from comptoir.kit.runner import Command
from comptoir.kit.words import Code, Instant, Slug
from comptoir.stock import feed, imports, queries
from comptoir.stock.adjusting import AdjustStock
from comptoir.stock.feed import MovementReport, PostMovements, PostSnapshot, SnapshotReport
from comptoir.stock.imports import ImportStock
from comptoir.web.api.asking import asked
from comptoir.web.guards import with_key
from comptoir.web.requests import DoorRequest, WrongMediaType


class PageQuestion(msgspec.Struct, frozen=True):
    """A page of one location."""

    location: Slug
    limit: Annotated[int, msgspec.Meta(ge=1, le=queries.MOST)] = 100
    sku: Code | None = None
    after: Annotated[str, msgspec.Meta(max_length=64)] = ""


class ImportQuestion(msgspec.Struct, frozen=True):
    """When the figures of a file held."""

    as_of: Instant


class ScanQuestion(msgspec.Struct, frozen=True):
    """A code scanned in one location."""

    location: Slug
    code: Code


async def carried_out(house: House, command: Command, actor: Actor) -> Response[bytes]:
    """The flow's answer as JSON."""
    done = await house.runner.perform(command, actor)
    return Response(done.answer, media_type="application/json", status_code=200)


MOVEMENTS_EXAMPLE = {
    "movements": [
        {"id": "019e6a1c-0000-7000-8000-000000000001", "location": "lyon-part-dieu", "sku": "DERBY-HELENE-NOIR-39",
         "fact": "till_sale", "quantity": 1, "happened_at": "2026-11-21T10:02:11Z"},
        {"id": "019e6a1c-0000-7000-8000-000000000002", "location": "lyon-part-dieu", "barcode": "3700000000013",
         "fact": "adjustment", "quantity": -1, "reason": "found_broken", "happened_at": "2026-11-21T10:05:00Z"},
    ]
}  # fmt: skip
SNAPSHOT_EXAMPLE = {
    "location": "lyon-part-dieu",
    "as_of": "2026-11-21T02:00:00Z",
    "levels": [{"sku": "DERBY-HELENE-NOIR-39", "on_hand": 11}],
}


@post("/stock/movements", opt=with_key("stock:write") | {"example": MOVEMENTS_EXAMPLE}, status_code=200)
async def movements(
    data: JSONBody[MovementReport], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """What happened in the shops, up to 500 lines. Each line's id makes repeating safe; each gets its own outcome."""
    return await carried_out(house, PostMovements(new_id(), data.movements), actor)


@put("/stock/snapshot", opt=with_key("stock:write") | {"example": SNAPSHOT_EXAMPLE})
async def snapshot(
    data: JSONBody[SnapshotReport], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """Absolute figures of one location as of a moment, up to 5,000; what happened later stays."""
    return await carried_out(house, PostSnapshot(new_id(), data.location, data.as_of, data.levels), actor)


@post("/stock/adjustments", opt=with_key("stock:write"), status_code=200)
async def adjust(
    data: JSONBody[AdjustStock], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """Correct one figure with a reason."""
    return await carried_out(house, data, actor)


@post("/stock/import", opt=with_key("stock:write"), status_code=200, request_max_body_size=imports.MOST_BYTES)
async def import_file(
    request: DoorRequest, house: NamedDependency[House], actor: NamedDependency[Actor],
    now: NamedDependency[datetime], as_of: FromQuery[str | None] = None,
) -> Response[bytes]:  # fmt: skip
    """A stock file (text/csv) as figures of `as_of`: all of it, or nothing and the bad rows by line."""
    if request.content_type[0] != "text/csv":
        raise WrongMediaType(takes="text/csv")
    at = now if as_of is None else asked(ImportQuestion, as_of=as_of).as_of
    rows, faults = await asyncio.to_thread(imports.parse, await request.body())
    imports.refuse(faults)
    return await carried_out(house, ImportStock(new_id(), at, rows), actor)


@get("/stock/levels/{location:str}", opt=with_key("stock:read"))
async def levels(
    location: FromPath[str], house: NamedDependency[House], actor: NamedDependency[Actor],
    now: NamedDependency[datetime], after: FromQuery[str] = "", limit: FromQuery[int] = 100,
) -> Response[Any]:  # fmt: skip
    """Levels of a location in SKU order."""
    q = asked(PageQuestion, location=location, limit=limit, after=after)
    async with borrowed(house.pool) as connection:
        found = await queries.list_levels(connection, q.location, actor, q.after, q.limit, now)
    to = f"/api/v1/stock/levels/{quote(location)}?limit={limit}&after={quote(found[-1].sku)}" if found else ""
    return Response({"levels": found}, headers=more(to, len(found) == limit))


@get("/stock/levels/{location:str}/movements", opt=with_key("stock:read"))
async def ledger(
    location: FromPath[str], sku: FromQuery[str], house: NamedDependency[House], actor: NamedDependency[Actor],
    before: FromQuery[str | None] = None, limit: FromQuery[int] = 100,
) -> Response[Any]:  # fmt: skip
    """The ledger of one SKU in one location, newest first."""
    asked(PageQuestion, location=location, limit=limit, sku=sku)
    async with borrowed(house.pool) as connection:
        found = await queries.list_movements(connection, sku, location, actor, read_place(before), limit)
    last = f"{found[-1].happened_at.isoformat().replace('+00:00', 'Z')}_{found[-1].id}" if found else ""
    to = f"/api/v1/stock/levels/{quote(location)}/movements?sku={quote(sku)}&limit={limit}&before={last}"
    return Response({"movements": found}, headers=more(to, len(found) == limit))


@get("/stock/scan/{location:str}", opt=with_key("stock:read"))
async def scan(
    location: FromPath[str], code: FromQuery[str], house: NamedDependency[House], actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Response[Any]:  # fmt: skip
    """What a scanned code is, where it lies in this store, and when it was last sold and counted."""
    asked(ScanQuestion, location=location, code=code)
    async with borrowed(house.pool) as connection:
        return Response(await queries.find_article_here(connection, feed.spelled(code), location, actor, now))


def more(to: str, there_is: bool) -> dict[str, str]:
    """The header that leads to the next page, when there may be one."""
    return {"link": f'<{to}>; rel="next"'} if there_is else {}


def read_place(text: str | None) -> tuple[datetime, UUID] | None:
    """Where the last page ended, as our own Link header wrote it. Malformed `bad_cursor` otherwise."""
    if text is None:
        return None
    at, _, line = text.partition("_")
    try:
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None:
            raise ValueError(at)
        return moment, UUID(line)
    except (ValueError, OverflowError):
        raise Malformed("bad_cursor") from None


ROUTES: list[BaseRouteHandler] = [
    movements,
    snapshot,
    adjust,
    import_file,
    levels,
    ledger,
    scan,
]

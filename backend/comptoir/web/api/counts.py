"""Counts over the API: asked for one by one, as the list that matters most, or a whole shelf; figures, decisions, what came of them."""

from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, JSONBody

from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.reasons import ReasonCode
from comptoir.kit.words import Instant, Note, Slug
from comptoir.screens import shelf_counts as screen
from comptoir.stock import queries
from comptoir.stock.counting import (
    COUNT,
    ApproveCount,
    AskCount,
    AskCountAgain,
    CancelCount,
    CountAction,
    Counted,
    CountOutcome,
    CountsDirected,
    CountStatus,
    DirectCounts,
    SubmitCount,
)
from comptoir.stock.shelves import CancelShelfCount, OpenShelfCount, ReleaseShelf, ShelfChanged
from comptoir.web.api.asking import asked
from comptoir.web.api.orders import place_after
from comptoir.web.api.stock import carried_out, more
from comptoir.web.guards import with_key

ID: Final = "019e6a1c-0000-7000-8000-0000000000d1"
OPEN: Final = ("asked", "submitted", "recount")
SHELF_EXAMPLE: Final = {"id": ID, "location": "lyon-part-dieu", "aisle": "B", "bay": "12"}
AnswerJson = Response[Any]
Most = Annotated[int, msgspec.Meta(ge=1, le=100)]
Limit = FromQuery[Most]


class CountQuestion(msgspec.Struct, frozen=True):
    """Counts of which location, in which state; without one those that are not over."""

    location: Slug
    limit: Most
    status: Literal["asked", "submitted", "recount", "approved", "canceled"] | None = None


class ShelfQuestion(msgspec.Struct, frozen=True):
    """Which shelf counts."""

    limit: Most
    location: Slug | None = None
    status: Literal["open", "done", "canceled"] | None = None


class PlaceQuestion(msgspec.Struct, frozen=True):
    """Which location."""

    location: Slug


class CountedUnits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was counted on the shelf. `id` is made by the sender: repeating it changes nothing."""

    id: UUID
    quantity: Counted
    counted_at: Instant | None = None


class Believing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The figure is believed, and why it was another. `id` is made by the sender: repeating it changes nothing."""

    id: UUID
    because: ReasonCode | None = None


class CountWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An action on a count. `id` is made by the sender: repeating it changes nothing."""

    id: UUID


class ShelfRelease(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Take it away from its device, and why. `id` is made by the sender: repeating it changes nothing."""

    id: UUID
    reason: Annotated[Note, msgspec.Meta(min_length=1)]


@get("/stock/counts", opt=with_key("stock:read"))
async def counts(
    location: FromQuery[str], house: NamedDependency[House], actor: NamedDependency[Actor], status: FromQuery[str | None] = None,
    after: FromQuery[str | None] = None, limit: Limit = 100,
) -> AnswerJson:  # fmt: skip
    """Counts of a location, oldest first: those that are not over, or those in one state; `Link: rel=next` leads to the next page."""
    q = asked(CountQuestion, location=location, status=status, limit=limit)
    wanted = (q.status,) if q.status else OPEN
    async with borrowed(house.pool) as connection:
        rows = await queries.list_counts(connection, q.location, actor, wanted, place_after(after), limit)
    of = f"&status={q.status}" if q.status else ""
    to = f"/api/v1/stock/counts?location={q.location}&limit={limit}&after={rows[-1].place}{of}" if rows else ""
    return Response({"counts": [told(row) for row in rows]}, headers=more(to, len(rows) == limit))


@post("/stock/counts", opt=with_key("stock:write") | {"answer": CountOutcome}, status_code=200)
async def ask_count(
    data: JSONBody[AskCount], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """Ask a store to count one SKU; one that is asked for already is that count."""
    return await carried_out(house, data, actor)


@post("/stock/counts/direction", opt=with_key("stock:write") | {"answer": CountsDirected}, status_code=200)
async def direct(
    data: JSONBody[DirectCounts], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """Fill a store's list with the counts that matter most there."""
    return await carried_out(house, data, actor)


@get("/stock/counts/{count:uuid}", opt=with_key("stock:read"))
async def count_one(count: FromPath[UUID], house: NamedDependency[House], actor: NamedDependency[Actor]) -> AnswerJson:
    """One count with every figure that was told, whatever became of it, and what may be done next."""
    async with borrowed(house.pool) as connection:
        view, figures = await queries.find_count(connection, count, actor)
    return Response(told(view) | {"figures": figures})


@post("/stock/counts/{count:uuid}/figure", opt=with_key("stock:write") | {"answer": CountOutcome}, status_code=200)
async def submit_count(
    count: FromPath[UUID], data: JSONBody[CountedUnits], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """What was counted: a small difference is settled at once, a large one is counted again or waits for the store manager."""
    return await carried_out(house, SubmitCount(data.id, count, data.quantity, data.counted_at), actor)


@post("/stock/counts/{count:uuid}/approval", opt=with_key("stock:write") | {"answer": CountOutcome}, status_code=200)
async def approve_count(
    count: FromPath[UUID], data: JSONBody[Believing], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """Believe the count: its difference goes into the ledger at the moment of counting, with its reason."""
    return await carried_out(house, ApproveCount(data.id, count, data.because), actor)


@post("/stock/counts/{count:uuid}/recount", opt=with_key("stock:write") | {"answer": CountOutcome}, status_code=200)
async def recount(
    count: FromPath[UUID], data: JSONBody[CountWish], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """Do not believe the count: it is to be counted again."""
    return await carried_out(house, AskCountAgain(data.id, count), actor)


@post(
    "/stock/counts/{count:uuid}/cancellation", opt=with_key("stock:write") | {"answer": CountOutcome}, status_code=200
)
async def cancel_count(
    count: FromPath[UUID], data: JSONBody[CountWish], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """Nobody needs this count any more."""
    return await carried_out(house, CancelCount(data.id, count), actor)


@get("/stock/shelves/{location:str}", opt=with_key("stock:read"))
async def shelves(location: FromPath[str], house: NamedDependency[House], actor: NamedDependency[Actor]) -> AnswerJson:
    """The bays of a location in walk order, at most 400: articles that have their place there, and the oldest count of any of them."""
    q = asked(PlaceQuestion, location=location)
    async with borrowed(house.pool) as connection:
        await queries.check_reach(connection, q.location, actor)
        return Response({"shelves": await screen.read_shelves(connection, q.location)})


@get("/stock/shelf-counts", opt=with_key("stock:read"))
async def shelf_counts(
    house: NamedDependency[House], actor: NamedDependency[Actor], location: FromQuery[str | None] = None,
    status: FromQuery[str | None] = None, after: FromQuery[str | None] = None, limit: Limit = 50,
) -> AnswerJson:  # fmt: skip
    """Counts of whole shelves at the key's places, newest first; `Link: rel=next` leads to the next page."""
    q = asked(ShelfQuestion, location=location, status=status, limit=limit)
    async with borrowed(house.pool) as connection:
        rows = await screen.read_page(connection, actor, q.location, q.status, place_after(after), limit)
    of = "".join(f"&{name}={value}" for name, value in (("location", q.location), ("status", q.status)) if value)
    to = f"/api/v1/stock/shelf-counts?limit={limit}&after={rows[-1].place}{of}" if rows else ""
    return Response({"shelf_counts": [shelf_told(row) for row in rows]}, headers=more(to, len(rows) == limit))


@post("/stock/shelf-counts", opt=with_key("stock:write") | {"example": SHELF_EXAMPLE, "answer": ShelfChanged})
async def open_shelf(
    data: JSONBody[OpenShelfCount], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """Have a whole shelf counted, blind, by one device at a time (201; 200 when it was asked for before)."""
    done = await house.runner.perform(data, actor)
    return Response(done.answer, media_type="application/json", status_code=200 if done.again else 201)


@get("/stock/shelf-counts/{shelf:uuid}", opt=with_key("stock:read"))
async def shelf_one(shelf: FromPath[UUID], house: NamedDependency[House], actor: NamedDependency[Actor]) -> AnswerJson:
    """One of them with its articles and what came of each, the largest difference first; who counts it is not told."""
    async with borrowed(house.pool) as connection:
        view, lines = await screen.read_one(connection, shelf, actor)
    articles = [
        {"count": one.id, "sku": one.sku, "status": one.status, "counted": one.counted, "expected": one.expected, "unseen": one.unseen,
         "extra": one.extra, "moved": one.moved} for one in lines
    ]  # fmt: skip
    return Response(shelf_told(view) | {"lines": articles})


@post("/stock/shelf-counts/{shelf:uuid}/release", opt=with_key("stock:write") | {"answer": ShelfChanged}, status_code=200)  # fmt: skip
async def release_shelf(
    shelf: FromPath[UUID], data: JSONBody[ShelfRelease], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """Take it away from the device that has it: another may take it, and what the first one still tells moves nothing."""
    return await carried_out(house, ReleaseShelf(data.id, shelf, data.reason), actor)


@post("/stock/shelf-counts/{shelf:uuid}/cancellation", opt=with_key("stock:write") | {"answer": ShelfChanged}, status_code=200)  # fmt: skip
async def cancel_shelf(
    shelf: FromPath[UUID], data: JSONBody[CountWish], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """Nobody needs it any more; figures that were told stay."""
    return await carried_out(house, CancelShelfCount(data.id, shelf), actor)


def told(count: queries.CountView) -> dict[str, Any]:
    """A count as JSON, with what may be done next."""
    known = count.counted is not None
    actions = [one for one in COUNT.actions(CountStatus(count.status)) if known or one is not CountAction.APPROVE]
    return msgspec.to_builtins(count) | {"actions": [one.value for one in actions]}  # type: ignore[no-any-return]


def shelf_told(view: screen.Counting) -> dict[str, Any]:
    """A shelf count as JSON, without names of people or devices."""
    plain: dict[str, Any] = msgspec.to_builtins(view)
    left_out = ("store", "device", "holder", "ended_by")
    return {key: value for key, value in plain.items() if key not in left_out} | {"taken": view.device is not None}


ROUTES: list[BaseRouteHandler] = [
    counts, ask_count, direct, count_one, submit_count, approve_count, recount, cancel_count, shelves, shelf_counts, open_shelf, shelf_one,
    release_shelf, cancel_shelf,
]  # fmt: skip

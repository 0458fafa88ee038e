"""Orders over the API: place one or many, read, list, hold, release, cancel, map unknown lines."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, JSONBody

from comptoir.flows.order_grouper import place_many
from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import Malformed
from comptoir.kit.i18n import LANGUAGES
from comptoir.kit.runner import Done
from comptoir.kit.text import decode
from comptoir.kit.words import Note
from comptoir.orders.model import CancelOrder, HoldReason, LineQuantity, PlaceHold, PlaceOrder, ReleaseHold
from comptoir.screens import order as order_screen
from comptoir.screens import order_list, order_why
from comptoir.sourcing.why import Why
from comptoir.web.actors import language_of
from comptoir.web.guards import with_key
from comptoir.web.problems import members
from comptoir.web.requests import DoorRequest

MOST_AT_ONCE = 100


class Cancel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Cancel an order, or units of lines. `id` is made by the sender: repeating it changes nothing."""

    id: UUID
    reason: Note
    lines: Annotated[tuple[LineQuantity, ...], msgspec.Meta(max_length=100)] = ()


class Hold(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Hold an order: `fraud` where that is suspected, else `manual`."""

    id: UUID
    note: Note
    reason: Literal["manual", "fraud"] = "manual"


class Release(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: UUID
    reason: HoldReason
    note: Note = ""


@post("/orders", opt=with_key("orders:write") | {"body": PlaceOrder})
async def place(request: DoorRequest) -> Response[bytes]:
    """Place an order (201; 200 when it was placed before), or up to 100 in an array (200 with a result each)."""
    # The hot path: house and actor are taken where they lie, because injecting them costs a third of the request.
    house: House = request.app.state.house
    actor: Actor = request.state.actor
    body = await request.body()
    if body.lstrip()[:1] == b"[":
        parts = decode(body, list[msgspec.Raw])
        if not 0 < len(parts) <= MOST_AT_ONCE:
            raise Malformed("too_many_orders", most=MOST_AT_ONCE)
        results = await place_many(house.orders, parts, actor, lambda refusal: members(refusal, language_of(request)))
        return Response(msgspec.json.encode({"results": results}), media_type="application/json", status_code=200)
    done = await house.orders.submit(decode(body, PlaceOrder), actor)
    return Response(done.answer, media_type="application/json", status_code=200 if done.again else 201)


@get("/orders/{order:uuid}", opt=with_key("orders:read"))
async def read(
    order: FromPath[UUID], request: DoorRequest, house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[Any]:
    """One order, whole. ETag is its version; If-None-Match answers 304."""
    async with borrowed(house.pool) as connection:
        found = await order_screen.read(connection, order, actor)
    etag = f'"{found.version}-{len(found.events)}"'
    if request.headers.get("if-none-match") == etag:
        return Response(None, status_code=304, headers={"etag": etag})
    return Response(found, headers={"etag": etag})


class Decision(msgspec.Struct, frozen=True):
    """One decision: the plans that were weighed with their cost vectors, the first one taken; who was out by which rule; the same in sentences."""

    decision: Why
    sentences: dict[str, tuple[str, ...]]


class Decisions(msgspec.Struct, frozen=True):
    decisions: tuple[Decision, ...]


@get("/orders/{order:uuid}/sourcing", opt=with_key("orders:read"))
async def sourcing(
    order: FromPath[UUID], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Decisions:  # fmt: skip
    """Why an order's parcels come from where they come, the newest decision first; empty where all of it is collected. Money in minor units."""
    async with borrowed(house.pool) as connection:
        await order_screen.read(connection, order, actor)
        told = {lang: await order_why.read(connection, order, actor, lang) for lang in LANGUAGES}
    return Decisions(
        tuple(
            Decision(one.decision, {lang: told[lang][number].said for lang in LANGUAGES})
            for number, one in enumerate(told["fr"])
        )
    )


@get("/orders", opt=with_key("orders:read"))
async def list_orders(
    house: NamedDependency[House], actor: NamedDependency[Actor], progress: FromQuery[str | None] = None,
    held: FromQuery[HoldReason | None] = None,
    after: FromQuery[str | None] = None, limit: FromQuery[Annotated[int, msgspec.Meta(ge=1, le=100)]] = 50,
) -> Response[Any]:  # fmt: skip
    """Orders newest first, all or those that one reason holds; `Link: rel=next` leads to the next page."""
    async with borrowed(house.pool) as connection:
        rows = await order_list.read(
            connection, actor, progress=progress, held=held, after=place_after(after), limit=limit
        )
    headers = {}
    if len(rows) == limit:
        last = rows[-1]
        headers["link"] = (
            f'</api/v1/orders?limit={limit}&after={last.received_at.isoformat().replace("+00:00", "Z")}_{last.id}{"&progress=" + progress if progress else ""}{"&held=" + held if held else ""}>; rel="next"'
        )
    return Response({"orders": rows}, headers=headers)


def place_after(text: str | None) -> tuple[datetime, UUID] | None:
    """Where the last page ended, as our own Link header wrote it. Malformed `bad_cursor` otherwise."""
    if text is None:
        return None
    try:
        at, _, order = text.partition("_")
        when = datetime.fromisoformat(at)
        if when.tzinfo is None:
            raise ValueError
        return when, UUID(order)
    except (ValueError, OverflowError):
        raise Malformed("bad_cursor") from None


@post("/orders/{order:uuid}/cancellation", opt=with_key("orders:write"), status_code=200)
async def cancel(
    order: FromPath[UUID], data: JSONBody[Cancel], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """Cancel the order or units of it; picked units become put-back work, money back is intended."""
    return answered(await house.runner.perform(CancelOrder(data.id, order, data.reason, data.lines), actor))


@post("/orders/{order:uuid}/holds", opt=with_key("orders:write"), status_code=200)
async def hold(
    order: FromPath[UUID], data: JSONBody[Hold], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """Hold an order whose work nobody has started."""
    command = PlaceHold(data.id, order, data.note, "fraud" if data.reason == "fraud" else msgspec.UNSET)
    return answered(await house.runner.perform(command, actor))


@post("/orders/{order:uuid}/holds/release", opt=with_key("orders:write"), status_code=200)
async def release(
    order: FromPath[UUID], data: JSONBody[Release], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """Accept what held the order; when nothing holds it any more, stores are given its work."""
    return answered(await house.runner.perform(ReleaseHold(data.id, order, data.reason, data.note), actor))


def answered(done: Done) -> Response[bytes]:
    return Response(done.answer, media_type="application/json", status_code=200)


ROUTES: list[BaseRouteHandler] = [place, read, sourcing, list_orders, cancel, hold, release]

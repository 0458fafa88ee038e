"""Availability over the API: one SKU over all pickup stores near a place, or many SKUs of one location."""

import math
import zlib
from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Response, get
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery

from comptoir.kit.actor import Actor
from comptoir.kit.errors import Malformed
from comptoir.kit.words import Code, Country, Postcode, Slug, Units
from comptoir.screens.availability import MOST_STORES, Board
from comptoir.web.api.asking import asked
from comptoir.web.guards import with_key
from comptoir.web.requests import DoorRequest

MOST_SKUS = 100

_encoder = msgspec.json.Encoder()


class PickupQuestion(msgspec.Struct, frozen=True):
    """One SKU near a postcode or a point."""

    sku: Code
    quantity: Units
    postcode: Postcode | None
    country: Country
    lat: Annotated[float, msgspec.Meta(ge=-90, le=90)] | None
    lon: Annotated[float, msgspec.Meta(ge=-180, le=180)] | None
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST_STORES)]


class LocationQuestion(msgspec.Struct, frozen=True):
    """Many SKUs of one location."""

    location: Slug
    sku: Annotated[list[Code], msgspec.Meta(min_length=1, max_length=MOST_SKUS)]


def give_board(state: State) -> Board:
    """The board of this process, made at the first question."""
    if "board" not in state or state.board.outlook is not state.house.outlook:
        state.board = Board(state.house.pool, state.house.clock, state.house.outlook)
    board: Board = state.board
    return board


BOARD = {"board": Provide(give_board, sync_to_thread=False)}


def answered(request: DoorRequest, found: msgspec.Struct) -> Response[bytes]:
    """JSON with a weak ETag of its bytes; 304 when the caller has them."""
    body = _encoder.encode(found)
    headers = {"etag": f'W/"{zlib.crc32(body):08x}"', "cache-control": "private, no-cache"}
    if request.headers.get("if-none-match") == headers["etag"]:
        return Response(b"", status_code=304, headers=headers)
    return Response(body, headers=headers, media_type="application/json")


@get("/availability/pickup", opt=with_key("availability:read"), dependencies=BOARD)
async def pickup(
    request: DoorRequest, board: NamedDependency[Board], actor: NamedDependency[Actor], now: NamedDependency[datetime],
    sku: FromQuery[str], quantity: FromQuery[int] = 1, postcode: FromQuery[str | None] = None,
    country: FromQuery[str] = "FR", lat: FromQuery[float | None] = None, lon: FromQuery[float | None] = None,
    limit: FromQuery[int] = 10,
) -> Response[Any]:  # fmt: skip
    """One SKU over the stores near a postcode or a point, nearest first, each with when it would be ready."""
    if (lat is None) != (lon is None) or not all(math.isfinite(x) for x in (lat, lon) if x is not None):
        raise Malformed("malformed", where="lat, lon", wrong="both or none")
    q = asked(
        PickupQuestion, sku=sku, quantity=quantity, postcode=postcode, country=country, lat=lat, lon=lon, limit=limit
    )
    near = await board.near(q.postcode, q.country, q.lat, q.lon)
    return answered(request, await board.pickup(q.sku, q.quantity, near, q.limit, actor, now))


@get("/availability/location/{location:str}", opt=with_key("availability:read"), dependencies=BOARD)
async def here(
    request: DoorRequest, board: NamedDependency[Board], actor: NamedDependency[Actor], now: NamedDependency[datetime],
    location: FromPath[str], sku: FromQuery[list[str]],
) -> Response[Any]:  # fmt: skip
    """Up to 100 SKUs of one location, in the order asked; null for a SKU nobody knows."""
    q = asked(LocationQuestion, location=location, sku=sku)
    return answered(request, await board.location(q.location, q.sku, actor, now))


ROUTES: list[BaseRouteHandler] = [pickup, here]

"""Places over the API: where stores are, when they are open, what they offer, whether they are paused."""

from datetime import datetime
from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath

from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.network import queries
from comptoir.web.guards import with_key

MOST = 500


@get("/locations", opt=with_key("network:read"))
async def list_locations(
    house: NamedDependency[House], actor: NamedDependency[Actor], now: NamedDependency[datetime]
) -> Response[Any]:
    """All places the key reaches (at most 500), in id order, with hours and coming exceptions."""
    async with borrowed(house.pool) as connection:
        found = await queries.list_locations(connection, actor.locations, now.date(), limit=MOST)
    return Response({"locations": found})


@get("/locations/{location:str}", opt=with_key("network:read"))
async def read_location(
    location: FromPath[str],
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Response[Any]:
    """One place."""
    async with borrowed(house.pool) as connection:
        return Response(await queries.find_location(connection, location, actor.locations, now.date()))


ROUTES: list[BaseRouteHandler] = [list_locations, read_location]

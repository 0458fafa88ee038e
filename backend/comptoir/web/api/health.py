"""Whether this process lives, and whether it can do its work."""

from typing import Any

from litestar import get
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler

from comptoir.house import House
from comptoir.kit.db import borrowed
from comptoir.web.guards import PUBLIC


@get("/health/live", opt=PUBLIC, sync_to_thread=False, include_in_schema=False)
def live() -> dict[str, str]:
    """The process answers."""
    return {"status": "live"}


@get("/health", opt=PUBLIC, include_in_schema=False)
async def health(house: NamedDependency[House]) -> dict[str, Any]:
    """The database answers; 503 when it does not."""
    async with borrowed(house.pool) as database:
        await database.fetchval("SELECT 1")
    return {"status": "ready"}


ROUTES: list[BaseRouteHandler] = [live, health]

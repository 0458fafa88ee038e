"""The app as a test calls it: served in the test's own loop on the test's own database, with a clock that is set by hand."""

import asyncio
import socket
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import cache
from typing import Any, cast

import httpx
import msgspec
import uvicorn
from litestar import Litestar

from comptoir.app import create_app, lifespan
from comptoir.house import House, open_house
from comptoir.kit.clock import Clock, SetClock
from comptoir.kit.ids import digest
from comptoir.settings import Settings
from comptoir.web.order_door import OrderDoor
from tests.keeping import kept_pool

MIDDAY = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)
"""A Friday, noon in Paris."""

SAME_ORIGIN = {"sec-fetch-site": "same-origin"}


class Served(msgspec.Struct, frozen=True):
    """A running app: a browser-like client, the house behind it, and its clock."""

    client: httpx.AsyncClient
    house: House
    clock: SetClock
    app: Litestar


@cache
def the_app() -> Litestar:
    """The app, put together once for the run; every test opens its own house in it."""
    return create_app()


@asynccontextmanager
async def served(dsn: str, *, at: datetime = MIDDAY, **given: str) -> AsyncIterator[Served]:
    """Serve the app on `dsn`; `given` are further environment variables."""
    with tempfile.TemporaryDirectory() as folder:
        environ = {"COMPTOIR_DATA": folder, "COMPTOIR_SECRET": "a secret for tests, 32 bytes long"} | given
        clock = SetClock(at)
        house = await house_on(dsn, clock, Settings.from_env(environ))
        app = the_app()
        async with lifespan(house)(app):
            transport = httpx.ASGITransport(cast(Any, app), raise_app_exceptions=False)
            async with httpx.AsyncClient(
                transport=transport, base_url="http://test.local", headers=SAME_ORIGIN
            ) as client:
                yield Served(client, house, clock, app)
        await leave(house, dsn)


async def house_on(dsn: str, clock: Clock, settings: Settings) -> House:
    """A house on the connections that are kept of a test's database, or on its own."""
    pool = kept_pool(dsn)
    if pool is None:
        return await open_house(settings, dsn, clock, keep_fresh=False)
    return await House(pool, clock, settings).open(keep_fresh=False)


async def leave(house: House, dsn: str) -> None:
    """Close it, but for connections that the next test is given."""
    if house.pool is kept_pool(dsn):
        await house.keeper.stop()
        await house.orders.close()
    else:
        await house.close()


@asynccontextmanager
async def connected(served: Served, key: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client on a connection of its own, which is where an order's short way begins; this process has seen the key."""
    keys = served.app.state.known_keys
    found = await keys.find(digest(key))
    await keys.count(found.id)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(
            uvicorn.Config(served.app, http=OrderDoor, lifespan="off", log_config=None, access_log=False)
        )
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        try:
            async with httpx.AsyncClient(base_url=address, verify=False) as client:
                yield client
        finally:
            server.should_exit = True
            await serving


def new_browser(served: Served) -> httpx.AsyncClient:
    """Another browser on the same app: no cookie of the first one."""
    return httpx.AsyncClient(transport=served.client._transport, base_url="http://test.local", headers=SAME_ORIGIN)


__all__ = ["MIDDAY", "SAME_ORIGIN", "Served", "connected", "new_browser", "served"]

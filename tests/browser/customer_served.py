"""The real app on a real port, in a thread of its own, for a browser that looks at the customer's pages."""

import asyncio
import socket
import tempfile
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
import uvicorn

from comptoir import migrating
from comptoir.app import create_app
from comptoir.fulfillment.passes import hashes
from comptoir.house import House, open_house
from comptoir.kit import postgres
from comptoir.kit.clock import SetClock
from comptoir.kit.db import in_transaction
from comptoir.kit.outbox import Told
from comptoir.notifications.listener import write_message
from comptoir.settings import Settings
from tests.flows.orders_on_file import SEAL, SECRET, add_articles, add_order, add_store

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
T = TypeVar("T")
Look = Callable[["asyncpg.Connection[asyncpg.Record]"], Awaitable[T]]


class Served:
    """Where the app is, and a way to look into its database from the test's own thread."""

    def __init__(
        self, url: str, loop: asyncio.AbstractEventLoop, connection: "asyncpg.Connection[asyncpg.Record]", house: House
    ) -> None:
        self.url, self.loop, self.connection, self.house = url, loop, connection, house

    def do(self, look: Look[T]) -> T:
        """Run `look(connection)` and wait for what it gives."""

        async def run() -> T:
            return await look(self.connection)

        return asyncio.run_coroutine_threadsafe(run(), self.loop).result(20)

    def order(self, status: str | None = "open", **given: Any) -> str:
        """Another order of Inès's; the address of its page."""

        async def add(connection: "asyncpg.Connection[asyncpg.Record]") -> UUID:
            order, _ = await add_order(connection, NOW, status=status, **given)
            if status in ("staged", "handed_over"):
                await connection.execute(
                    "INSERT INTO pickup_pass VALUES ($1, 'lyon', 0, $2, $3, $4)",
                    order,
                    *hashes(SEAL, order, "lyon", 0),
                    NOW,
                )
            return order

        return f"{self.url}/o/{SEAL.token('order', self.do(add).bytes, 0)}"

    def tell_all(self) -> None:
        """Write every kind of message that the orders so far could cause."""

        async def write(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
            rows = await connection.fetch(
                "SELECT w.id, w.order_id, w.status FROM work w WHERE kind = 'pickup' ORDER BY w.id"
            )
            kinds = {
                "open": "order.placed",
                "staged": "fulfillment.staged",
                "handed_over": "fulfillment.hand_over_settled",
            }
            for seq, row in enumerate(rows, 1):
                kind = kinds.get(row["status"], "fulfillment.expired")
                told = Told(row["order_id"], seq, kind, NOW, "system", {"held": []}, "lyon", row["id"])
                await in_transaction(self.house.pool, "system", NOW, lambda tx, told=told: write_message(tx, told))  # type: ignore[misc]

        self.do(write)


@contextmanager
def serving(server: postgres.Server) -> Iterator[Served]:
    """The app with one store and two articles, at ten on a Saturday in Lyon."""
    ready: threading.Event = threading.Event()
    made: dict[str, Any] = {}
    listening = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"

    async def run(folder: Path) -> None:
        dsn = await server.create_database("customer_pages")
        await migrating.migrate(dsn)
        connection = await asyncpg.connect(dsn)
        await add_store(connection)
        await add_articles(connection)
        await connection.execute(
            "UPDATE sku SET picture = CASE sku WHEN 'LISON-38' THEN 'basket-vert' ELSE 'bol-ecru' END"
        )
        house = await open_house(Settings(data=folder, secret=SECRET, url=url), dsn, SetClock(NOW), keep_fresh=False)
        web = uvicorn.Server(
            uvicorn.Config(create_app(house), log_level="warning", access_log=False, timeout_graceful_shutdown=1)
        )
        made.update(served=Served(url, asyncio.get_running_loop(), connection, house), web=web)
        ready.set()
        try:
            await web.serve([listening])
        finally:
            await connection.close()
            await house.close()
            await server.drop_database("customer_pages")

    with tempfile.TemporaryDirectory() as folder:
        thread = threading.Thread(target=lambda: asyncio.run(run(Path(folder))), daemon=True)
        thread.start()
        assert ready.wait(60)
        try:
            yield made["served"]
        finally:
            made["web"].should_exit = True
            thread.join(20)

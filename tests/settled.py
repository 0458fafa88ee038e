"""Fixtures of the tests that need a shop: one database with the small world, emptied of everything that happened."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import msgspec
import pytest

from comptoir.kit import postgres
from comptoir.kit.db import Connection, Pool, open_pool
from tests.aside import run_aside
from tests.hands import Shop, shop_on
from tests.world import settle

_REFERENCE = (
    "legal_entity", "region", "location", "opening_hours", "sku", "kit_component", "staff", "device", "channel",
    "migration",
)  # fmt: skip


_made: dict[int, str] = {}
"""By server: several folders import these fixtures, and each makes them anew; the database is made once."""


@pytest.fixture(scope="session")
def world(postgres_server: postgres.Server, template: str) -> str:
    """Address of a database that holds the places, articles and people."""

    async def make() -> str:
        dsn = await postgres_server.create_database("world", template)
        await settle(dsn)
        return dsn

    if id(postgres_server) not in _made:
        _made[id(postgres_server)] = run_aside(make())
    return _made[id(postgres_server)]


async def forget(connection: Any) -> None:
    """Nothing has happened yet: no stock, no order, no work. Rows are deleted, which is quicker than a new database."""
    tables = [row[0] for row in await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    # Without triggers no order among the tables is needed, and what is never deleted goes too.
    await connection.execute(
        "SET session_replication_role = replica;"
        + ";".join(f"DELETE FROM {table}" for table in sorted(tables) if table not in _REFERENCE)
        + "; UPDATE sku SET blocked_reason = NULL WHERE blocked_reason IS NOT NULL"
        + "; UPDATE location SET paused_until = NULL WHERE paused_until IS NOT NULL"
        + "; UPDATE channel SET invoices = 'at_hand_over' WHERE invoices <> 'at_hand_over'"
        + "; SET session_replication_role = DEFAULT"
    )


class Room(msgspec.Struct, frozen=True):
    """Connections to the small world that are kept for all tests: what they have planned and read of it stays with them."""

    pool: Pool
    connection: Connection


@pytest.fixture(scope="session")
async def room(world: str) -> AsyncIterator[Room]:
    pool, connection = await open_pool(world), await asyncpg.connect(world)
    yield Room(pool, connection)
    await connection.close()
    await pool.close()


@pytest.fixture
async def shop(room: Room) -> AsyncIterator[Shop]:
    """Orme at noon on a Friday, nothing on hand. Every invariant must hold when the test ends."""
    await forget(room.connection)
    async with shop_on(room.pool, room.connection) as shop:
        yield shop

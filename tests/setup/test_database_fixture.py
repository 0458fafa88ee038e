"""Each test's database: migrated, empty, its own."""

from datetime import UTC, datetime

import asyncpg
import pytest

from tests.conftest import Database
from tests.flows.orders_on_file import add_articles, add_order, add_store

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("round", [1, 2])
async def test_every_test_gets_a_migrated_database_that_no_other_test_has_written_to(
    database: Database, round: int
) -> None:
    assert await database.connection.fetchval("SELECT count(*) FROM migration") > 0
    assert await database.connection.fetchval("SELECT to_regclass('left_behind')") is None
    await database.connection.execute("CREATE TABLE left_behind (x int)")


@pytest.mark.parametrize("round", [1, 2, 3])
async def test_what_a_test_wrote_is_gone_for_the_next_one(database: Database, round: int) -> None:
    assert await database.connection.fetchval("SELECT count(*) FROM sales_order") == 0
    assert await database.connection.fetchval("SELECT count(*) FROM location") == 0
    first = await database.connection.fetchval("SELECT nextval('order_number')")
    assert first == await database.connection.fetchval(
        "SELECT start_value FROM pg_sequences WHERE sequencename = 'order_number'"
    )
    await add_store(database.connection)
    await add_articles(database.connection)
    await add_order(database.connection, datetime(2026, 11, 21, 9, 0, tzinfo=UTC))


_held: list["asyncpg.Connection[asyncpg.Record]"] = []


@pytest.mark.parametrize("round", [1, 2])
async def test_a_connection_that_a_test_forgot_does_not_reach_the_next_ones_database(
    database: Database, round: int
) -> None:
    if _held:
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
            await _held.pop().fetchval("SELECT 1")
        return
    _held.append(await asyncpg.connect(database.dsn))

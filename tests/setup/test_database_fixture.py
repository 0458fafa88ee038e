"""Each test's database: migrated, empty, its own."""

import pytest

from tests.conftest import Database

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("round", [1, 2])
async def test_every_test_gets_a_migrated_database_that_no_other_test_has_written_to(
    database: Database, round: int
) -> None:
    assert await database.connection.fetchval("SELECT count(*) FROM migration") > 0
    assert await database.connection.fetchval("SELECT to_regclass('left_behind')") is None
    await database.connection.execute("CREATE TABLE left_behind (x int)")

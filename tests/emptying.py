"""A test's database for the next test: emptied, unless the test changed more than rows. A clone costs three times as much."""

import asyncio

import asyncpg
import msgspec

from tests.keeping import Kept

_RELATIONS = "SELECT array_agg(relname::text || relkind::text ORDER BY relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
_QUIET = """
SELECT count(*) <= $1 AND count(*) FILTER (WHERE state <> 'idle') = 0 FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""
# A table whose file is empty never held a row.
_WRITTEN = """
SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'migration' AND pg_relation_size(oid) > 0
"""
_SEQUENCES = "SELECT sequencename, start_value FROM pg_sequences WHERE schemaname = 'public'"
LEAVING_SECONDS = 0.2
"""So long the processes of connections that were closed a moment ago are waited for."""


class AsNew(msgspec.Struct, frozen=True):
    """The relations of a fresh database, and how its sequences begin."""

    relations: list[str]
    restart: list[str]

    async def empty(self, kept: Kept) -> bool:
        """Leave no row behind; False when that does not make it as good as new: other relations, or somebody else is connected still."""
        connection = kept.connection
        try:
            await connection.reset(timeout=10)
            written = [row[0] for row in await connection.fetch(_WRITTEN)]
            # Without triggers no order among the tables is needed.
            deletes = [f"DELETE FROM {table}" for table in written]
            statements = ["SET session_replication_role = replica", *deletes, *self.restart]
            await connection.execute("; ".join(statements), timeout=10)
            await connection.execute("SET session_replication_role = DEFAULT")
            return await connection.fetchval(_RELATIONS) == self.relations and await self._quiet(kept)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
            return False

    async def _quiet(self, kept: Kept) -> bool:
        for _ in range(10):
            if await kept.connection.fetchval(_QUIET, kept.pool.get_size()):
                return True
            await asyncio.sleep(LEAVING_SECONDS / 10)
        return False


async def as_new_of(template: str) -> AsNew:
    """Read from a migrated database, in which no table but Piccolo's own may hold rows."""
    connection = await asyncpg.connect(template)
    try:
        assert await connection.fetch(_WRITTEN) == [], "a table is born with rows"
        restart = [f"ALTER SEQUENCE {row[0]} RESTART WITH {row[1]}" for row in await connection.fetch(_SEQUENCES)]
        return AsNew(await connection.fetchval(_RELATIONS), restart)
    finally:
        await connection.close()

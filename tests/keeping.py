"""Connections of a test's database that stay open for the next test: what they planned and read of it stays with them.

A fresh connection reads the catalog anew for every table that it meets; that was most of what a small test cost.
"""

import asyncpg
import msgspec

from comptoir.kit.db import Pool, open_pool


class Kept(msgspec.Struct, frozen=True):
    """One connection to look with, and the pool that the app's house is given."""

    connection: "asyncpg.Connection[asyncpg.Record]"
    pool: Pool


_kept: dict[str, Kept] = {}


async def keep(dsn: str) -> Kept:
    """The connections of this database, opened when it is new."""
    found = _kept.get(dsn)
    if found is None:
        found = _kept[dsn] = Kept(await asyncpg.connect(dsn), await open_pool(dsn))
    return found


def kept_pool(dsn: str) -> Pool | None:
    """The pool of a test's database; None for a database that is no test's own."""
    found = _kept.get(dsn)
    return found.pool if found else None


async def let_go(dsn: str) -> None:
    """Close what is kept of a database, however it stands."""
    found = _kept.pop(dsn, None)
    if found is not None:
        found.pool.terminate()
        await found.connection.close()


async def let_all_go() -> None:
    for dsn in list(_kept):
        await let_go(dsn)

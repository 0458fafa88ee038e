"""Brings a database to this version's tables: Piccolo's linear history, run under one lock."""

import asyncio
import contextlib
import importlib
import io
import os

import asyncpg

LOCK = 0x436F6D70


async def migrate(dsn: str) -> None:
    """Run every migration that the database has not seen. Two processes that start at once wait for each other."""
    os.environ["PICCOLO_CONF"] = "comptoir.piccolo_conf"
    configuration = importlib.import_module("comptoir.piccolo_conf")
    configuration.DB.config = {"dsn": dsn}
    holder = await asyncpg.connect(dsn)
    try:
        async with holder.transaction():
            await holder.execute("SELECT pg_advisory_xact_lock($1)", LOCK)
            from piccolo.apps.migrations.commands.forwards import run_forwards

            # Piccolo prints what it does; a start that went well has nothing to say.
            with contextlib.redirect_stdout(io.StringIO()):
                result = await run_forwards("comptoir", "all")
            if not result.success:
                raise RuntimeError(f"the migration stopped: {result.message}")
    finally:
        await holder.close()


def main(dsn: str) -> None:
    asyncio.run(migrate(dsn))

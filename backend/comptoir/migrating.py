"""Brings a database to this version's tables: Piccolo's linear history, run under one lock."""

import asyncio
import importlib
import os
import sys

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

            stdout, sys.stdout = sys.stdout, open(os.devnull, "w")
            try:
                result = await run_forwards("comptoir", "all")
            finally:
                sys.stdout.close()
                sys.stdout = stdout
            if not result.success:
                raise RuntimeError(f"the migration stopped: {result.message}")
    finally:
        await holder.close()


def main(dsn: str) -> None:
    asyncio.run(migrate(dsn))

"""A small ear on the database: LISTEN on a connection of its own, opened again whenever it is lost.

What is heard is a hint: keys of what changed, joined by commas, or `*`. Whoever hears reads again; after every
connect "all of it" is heard, because nobody knows what was said meanwhile.
"""

import asyncio
import logging
import random
from collections.abc import Callable
from typing import Any

import asyncpg

log = logging.getLogger(__name__)

CHANNEL = "comptoir"
EVERYTHING = frozenset({"*"})
ALIVE_EVERY = 15.0
"""Seconds between two questions to the database, so that a line that fell silent is noticed."""

LONGEST_WAIT = 5.0

Heard = Callable[[frozenset[str]], None]
"""Called with the keys (location ids), or with EVERYTHING. It must not wait."""


def keys_of(payload: str) -> frozenset[str]:
    """The keys of a NOTIFY's payload; EVERYTHING for `*`."""
    return frozenset(key for key in payload.split(",") if key)


async def listen(dsn: str, heard: Heard, channel: str = CHANNEL) -> None:
    """Listen until canceled, connecting again whenever the line is lost; a database that is away raises nothing."""
    wait = 0.1
    while True:
        try:
            connection = await asyncpg.connect(dsn, timeout=10, server_settings={"application_name": "comptoir listen"})
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
            await asyncio.sleep(wait * random.uniform(0.75, 1.25))
            wait = min(LONGEST_WAIT, wait * 2)
            continue
        try:
            await _until_lost(connection, heard, channel)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
            log.warning("the line to the database was lost; listening again")
        finally:
            connection.terminate()
        wait = 0.1


async def _until_lost(connection: "asyncpg.Connection[asyncpg.Record]", heard: Heard, channel: str) -> None:
    lost = asyncio.Event()

    def told(_connection: Any, _pid: int, _channel: str, payload: object) -> None:
        heard(keys_of(str(payload)))

    connection.add_termination_listener(lambda _connection: lost.set())
    await connection.add_listener(channel, told)
    heard(EVERYTHING)
    while not lost.is_set():
        try:
            await asyncio.wait_for(lost.wait(), ALIVE_EVERY)
        except TimeoutError:
            await connection.fetchval("SELECT 1", timeout=10)

"""Fills an empty database: the demo world, played through the real flows, or a generated world of any size."""

import argparse
import asyncio
import os
import sys
from collections.abc import Callable, Iterable
from datetime import date, datetime
from uuid import uuid5
from zoneinfo import ZoneInfo

import asyncpg

from comptoir.kit.clock import wall_clock
from comptoir.kit.db import Tx, in_transaction, open_pool
from comptoir.kit.ids import Seal
from comptoir.seeding import noticing, packing, past_hours, playing, policies, reference, volume
from comptoir.seeding.delivering import deliver
from comptoir.seeding.moving import move_goods
from comptoir.settings import Settings
from comptoir.world import walkins
from comptoir.world.cast import INTEGRATORS, LYON_TEAM, MANAGERS
from comptoir.world.history import demo_and_moves
from comptoir.world.scripts import NAMESPACE
from comptoir.world.stores import LYON, TIME_ZONE

BEGUN = uuid5(NAMESPACE, "demo.begun")
LOADED = uuid5(NAMESPACE, "demo.loaded")
NOTE = "INSERT INTO audit (id, at, who, role, action, subject) VALUES ($1, $2, 'system', 'system', $3, 'orme')"
ROLE_WORDS = {
    "associate": "associate",
    "store_manager": "store manager",
    "regional_manager": "regional manager",
    "head_office": "head office",
}


async def seed_demo(dsn: str, now: datetime, secret: bytes, say: Callable[[str], None] = lambda _: None) -> None:
    """Load the demo world into an empty, migrated database as it stands at `now`.

    `secret` is the installation's own: customer links and passes are derived from it.
    """
    day = now.astimezone(ZoneInfo(TIME_ZONE)).date()
    # Hundreds of small commits: none waits for the disk. What a crash leaves behind is cleared by `fill_if_empty`.
    pool = await open_pool(f"{dsn}{'&' if '?' in dsn else '?'}synchronous_commit=off", 4)
    try:
        say("Loading the demo world: 12 stores, a warehouse, 300 articles.")
        await in_transaction(pool, "system", now, lambda tx: _begin(tx, day, now))
        scripts, moves = demo_and_moves(now, day)
        say(f"Playing {len(scripts)} orders.")
        await policies.load(pool, now)
        await playing.play(pool, Seal(secret), scripts)
        await move_goods(pool, moves)
        await deliver(pool, now, day)
        await packing.lay_out(pool, now)
        await past_hours.load(pool, now)
        await noticing.load(pool, now, day)
        await in_transaction(pool, "system", now, lambda tx: tx.run(NOTE, LOADED, now, "demo.loaded"))
    finally:
        await pool.close()


async def _begin(tx: Tx, day: date, now: datetime) -> None:
    await tx.run(NOTE, BEGUN, now, "demo.begun")
    await reference.load(tx, day, now)


async def clear_unfinished(dsn: str) -> bool:
    """Empty a database in which loading the demo world was begun and never ended; True when there was one.

    Anything else is left alone: the note that it was begun and the missing note that it ended are both required.
    """
    connection = await asyncpg.connect(dsn, timeout=10)
    try:
        async with connection.transaction():
            rows = await connection.fetch("SELECT id FROM audit WHERE id IN ($1, $2)", BEGUN, LOADED)
            noted = {row["id"] for row in rows}
            if noted != {BEGUN}:
                return False
            tables = await connection.fetch(
                "SELECT quote_ident(tablename) AS name FROM pg_tables"
                " WHERE schemaname = 'public' AND tablename <> 'migration'"
            )
            await connection.execute(f"TRUNCATE {', '.join(row['name'] for row in tables)}")
            return True
    finally:
        await connection.close()


async def is_empty(dsn: str) -> bool:
    """Whether the database has no location, which every world starts with."""
    connection = await asyncpg.connect(dsn, timeout=10)
    try:
        return not await connection.fetchval("SELECT EXISTS (SELECT FROM location)")
    finally:
        await connection.close()


def fill_if_empty(dsn: str, settings: Settings, say: Callable[[str], None]) -> None:
    """Load the demo world unless something is there already. Refuses in production: the demo's PINs are printed."""
    if settings.production:
        raise RuntimeError("the demo world is not loaded in production")

    async def fill() -> None:
        if await clear_unfinished(dsn):
            say("Loading the demo world was cut short last time; beginning again.")
        if await is_empty(dsn):
            await seed_demo(dsn, wall_clock(), settings.secret, say)

    asyncio.run(fill())


def logins() -> Iterable[str]:
    """One line for each way into the demo world, to be printed at start."""
    for who in LYON_TEAM:
        yield f"{who.name}, {ROLE_WORDS[who.role]} at {LYON.name}: PIN {who.pin}"
    for who in LYON_TEAM:
        if who.email:
            yield f"{who.name}, {ROLE_WORDS[who.role]}: {who.email}, password {who.password}"
    for boss in MANAGERS:
        yield f"{boss.name}, {ROLE_WORDS[boss.role]}: {boss.email}, password {boss.password}"
    for key in INTEGRATORS:
        yield f"{key.name}: API key {key.secret}"


def main(argv: list[str]) -> int:
    """`comptoir seed`: the demo world, or with any size given a generated one, into the database of DATABASE_URL."""
    parser = argparse.ArgumentParser(
        prog="comptoir seed", description="Load the demo world into an empty database, or generate a world of any size."
    )
    parser.add_argument("--locations", type=int, metavar="N", help="stores of a generated world")
    parser.add_argument("--skus", type=int, metavar="N", help="SKUs of a generated world")
    parser.add_argument("--orders", type=int, metavar="N", help="orders of a generated world")
    parser.add_argument("--walk-ins", action="store_true", help="sell in the demo's stores through the till feed")
    given = parser.parse_args(argv)
    settings = Settings.from_env(os.environ)
    if given.walk_ins:
        return asyncio.run(_walk_ins(settings.url))
    dsn = os.environ["DATABASE_URL"]
    asyncio.run(clear_unfinished(dsn))
    if not asyncio.run(is_empty(dsn)):
        print("The database is not empty; nothing was loaded.", file=sys.stderr)
        return 1
    sizes = (given.locations, given.skus, given.orders)
    if all(size is None for size in sizes):
        fill_if_empty(dsn, settings, print)
        for line in logins():
            print(line)
        return 0

    async def grow() -> None:
        connection = await asyncpg.connect(dsn, timeout=10)
        try:
            await volume.grow(
                connection,
                wall_clock(),
                locations=12 if given.locations is None else given.locations,
                skus=300 if given.skus is None else given.skus,
                orders=1000 if given.orders is None else given.orders,
                tell=print,
            )
        finally:
            await connection.close()

    try:
        asyncio.run(grow())
    except ValueError as wrong:
        parser.error(str(wrong))
    return 0


async def _walk_ins(address: str) -> int:
    print(f"Walk-in sales to {address}, for {walkins.LONGEST} at most; Ctrl-C ends them.")
    async with walkins.till(address) as client:
        posted = await walkins.walk(client, clock=wall_clock)
    print(f"{posted} sales posted.")
    return 0

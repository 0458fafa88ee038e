"""Levels keep back what the rules say: all of them when a version begins, and once more a little later; then a slice at a time, for ever.

Each slice is one short transaction over rows in (SKU, location) order, so that orders wait for a fraction of a second at most.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Final

from comptoir.kit.actor import SYSTEM
from comptoir.kit.clock import Clock
from comptoir.kit.db import Pool, Tx, in_transaction
from comptoir.stock import safety_sql
from comptoir.stock.safety_sql import FIRST, LONGEST, Walk

if TYPE_CHECKING:
    from comptoir.house import House

SLICES: Final = 100
"""Of 2,000 levels; a house with more is done in the next runs, a few seconds later."""


async def keep_safety(house: "House") -> int:
    """As far as it gets in one run; how many slices were looked at."""
    return await walk(house.pool, house.clock)


async def walk(pool: Pool, clock: Clock) -> int:
    """All levels where a version has begun, else the next slice; none at all in a house that never had rules."""
    for done in range(SLICES):
        now = clock()
        if not await in_transaction(pool, SYSTEM.who, now, lambda tx, now=now: _step(tx, now)):  # type: ignore[misc]
            return done + 1
    return SLICES


async def _step(tx: Tx, now: datetime) -> bool:
    """One slice; whether more is to be done at once."""
    number = await safety_sql.in_force(tx.connection, now)
    if number == 0:
        return False
    one = await safety_sql.lock_walk(tx)
    if one.number != number:
        one = Walk(number, *FIRST, now, settled=False)
    elif (one.sku, one.location) == FIRST and one.settled:
        one = Walk(number, *FIRST, now, settled=not await _too_soon(tx, one, now))
    last = await safety_sql.align(tx, number, (one.sku, one.location))
    sku, location = last or FIRST
    await safety_sql.keep_walk(tx, Walk(number, sku, location, one.begun_at, one.settled or last is None))
    return last is not None and not one.settled


async def _too_soon(tx: Tx, one: Walk, now: datetime) -> bool:
    """Was the last walk begun while transactions that had not seen the version may have made levels? Then all are looked at once more."""
    begun = await safety_sql.begun_at(tx.connection, one.number)
    return begun is not None and one.begun_at < begun + LONGEST <= now

"""The job that looks through stock: each minute a slice of all levels against their ledger, what just moved, and what is known to be wrong.

`comptoir check` reads every line there ever was; this comes round to each of them, and never reads more at once than a slice.
"""

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from comptoir.alerting import looking_sql as sql
from comptoir.kit.actor import SYSTEM
from comptoir.kit.db import Tx, in_transaction

if TYPE_CHECKING:
    from comptoir.house import House

NAME: Final = "levels"
OVERLAP: Final = timedelta(minutes=2)
"""A line may be committed some time after the moment that it says."""


async def look_through_stock(house: "House") -> None:
    """One slice, and what concerns it; the next run goes on after it."""
    await in_transaction(house.pool, SYSTEM.who, house.clock(), look)


async def look(tx: Tx, levels: int = sql.LEVELS, lines: int = sql.LINES) -> bool:
    """True when this slice ended a round: every level has been looked at."""
    after, looked_at = await sql.begin(tx, NAME)
    await sql.look_at_moved(tx, looked_at - OVERLAP)
    await sql.look_at_known(tx)
    edge = await sql.edge_of(tx, after, levels, lines)
    await sql.look_at_slice(tx, after, edge)
    await sql.end(tx, NAME, edge)
    return edge is None

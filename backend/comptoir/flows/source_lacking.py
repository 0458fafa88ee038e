"""A till sold what a parcel was promised: the newest parcels that nobody has begun are looked for elsewhere, before somebody searches in vain. A job, bounded."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

from comptoir.flows.source_elsewhere import AT_ONCE, IN_TOUCH, LOOK_AGAIN, leave, one_by_one
from comptoir.kit.db import Tx
from comptoir.orders import sql
from comptoir.sourcing.outlook import Outlook

if TYPE_CHECKING:
    from comptoir.house import House

# What is known to be promised beyond what is there, and of the works that want it the newest ones, until they make up for what is lacking:
# whoever ordered first keeps their unit. An order that is collected stays where its customer goes.
_LACKING: Final = """
WITH spot AS (
  SELECT s.sku, s.location, s.reserved - s.on_hand AS lacking FROM stock_fault f
  JOIN stock_level s ON s.sku = f.sku AND s.location = f.location
  WHERE f.kind = 'stock' AND s.reserved > s.on_hand ORDER BY f.found_at, s.sku, s.location LIMIT $3
), wants AS (
  SELECT w.id, w.order_id, w.created_at, w.looked_at, spot.lacking,
    sum(l.reserved) OVER (PARTITION BY l.sku, l.location ORDER BY w.created_at DESC, w.id DESC) - l.reserved AS newer
  FROM spot JOIN work_line l ON l.location = spot.location AND l.sku = spot.sku AND l.reserved > 0
  JOIN work w ON w.id = l.work AND w.kind = 'ship' AND w.status IN ('open', 'accepted')
  LEFT JOIN pack p ON p.id = w.pack AND p.closed_at IS NULL LEFT JOIN device d ON d.id = p.device
  WHERE p.id IS NULL OR (p.ahead AND d.last_seen_at > $2)
)
SELECT id, order_id FROM wants WHERE newer < lacking AND (looked_at IS NULL OR looked_at < $1) GROUP BY id, order_id ORDER BY min(created_at), id LIMIT $3
"""
_STILL: Final = (
    "SELECT true FROM work_line l JOIN stock_level s ON s.sku = l.sku AND s.location = l.location"
    " WHERE l.work = $1 AND l.reserved > 0 AND s.reserved > s.on_hand LIMIT 1"
)


async def leave_lacking(house: "House") -> int:
    """Works that others are asked for because their location has too few units. How many were looked at."""
    now = house.clock()
    rows = await house.pool.fetch(_LACKING, now - LOOK_AGAIN, now - IN_TOUCH, AT_ONCE)
    await one_by_one(house, [(row[1], lacking(house.outlook, row[1], row[0], now)) for row in rows], now)
    return len(rows)


def lacking(outlook: Outlook, order: UUID, work: UUID, now: datetime) -> Callable[[Tx], Awaitable[None]]:
    """One work, waiting for its transaction; it stays where it is if the units have come after all, or nobody else has all of it."""

    async def step(tx: Tx) -> None:
        await sql.lock(tx, order)
        if await tx.value(_STILL, work):
            await leave(tx, outlook, order, work, "over_promised", now)

    return step

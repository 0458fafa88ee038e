"""Pictures of corrections go once nobody may ask about them any more. Run by the worker, bounded."""

from typing import TYPE_CHECKING, Final

from comptoir.stock.adjust_photos import AWAITED, KEPT

if TYPE_CHECKING:
    from comptoir.house import House

AT_ONCE: Final = 100
# One that no correction names after a week was taken for nothing.
_OLD: Final = """
DELETE FROM adjust_photo WHERE id IN (SELECT f.id FROM adjust_photo f WHERE f.made_at < $1 AND (f.made_at < $2
  OR NOT EXISTS (SELECT FROM stock_adjustment a WHERE a.id = f.adjustment AND a.photo = f.id)) ORDER BY f.made_at LIMIT $3 FOR UPDATE SKIP LOCKED)
"""


async def clear_adjust_photos(house: "House") -> int:
    """How many went (GDPR, storage limitation)."""
    now = house.clock()
    done = await house.pool.execute(_OLD, now - AWAITED, now - KEPT, AT_ONCE)
    return int(done.split()[-1])

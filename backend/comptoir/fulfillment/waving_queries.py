"""What may be taken on in a store: work that nobody has begun, with the places of its lines."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from comptoir.fulfillment.waving import COURTESY, Free, Need
from comptoir.kit.db import Connection

MOST_SEEN: Final = 100
"""Works that a cart is chosen from: who waits, then the nearest promises, what lies ready on other devices last."""

# To pick, and in nobody's begun pack; by its name one's own may be taken up again, and what has run out. A parcel that is picked is
# for the packing table, a bag that is picked is still to be put on its shelf. A tote counts while goods lie in it.
_FREE = """
WITH free AS (
  SELECT w.id, w.location, w.kind, w.promise_at, w.tote, p.device AS ready_on,
    EXISTS (SELECT FROM arrival a WHERE a.order_id = w.order_id AND a.location = w.location AND a.done_at IS NULL) AS waiting
  FROM work w LEFT JOIN pack p ON p.id = w.pack AND p.closed_at IS NULL AND p.lease_until > $2
  WHERE w.location = $1 AND (w.status IN ('open', 'accepted', 'picking') OR w.status = 'picked' AND w.kind = 'pickup')
    AND (p.id IS NULL OR p.ahead OR p.staff = $3) AND CASE WHEN $4::uuid[] IS NULL THEN w.taken_by IS NULL ELSE w.id = ANY($4) END
  ORDER BY waiting DESC, (p.ahead IS TRUE AND p.device IS DISTINCT FROM $5 AND w.promise_at > $6), w.promise_at, w.id LIMIT $7
)
SELECT f.id, f.kind, f.promise_at, f.waiting, f.ready_on, f.tote, l.line, l.sku, l.reserved, l.picked, h.aisle, h.bay, h.level, s.weight_grams
FROM free f LEFT JOIN work_line l ON l.work = f.id AND l.location = f.location LEFT JOIN sku s ON s.sku = l.sku
  LEFT JOIN shelf_place h ON h.location = f.location AND h.sku = l.sku
ORDER BY f.waiting DESC, f.promise_at, f.id, l.line
"""


async def find_free(
    connection: Connection, location: str, now: datetime, *, device: UUID | None = None, staff: UUID | None = None,
    works: Sequence[UUID] | None = None,
) -> list[Free]:  # fmt: skip
    """Free works of a store, at most `MOST_SEEN`; of `works` alone when they are named, those that `staff` has begun too."""
    named = None if works is None else list(works)
    most = MOST_SEEN if named is None else len(named)
    found: dict[UUID, Free] = {}
    needs: dict[UUID, list[Need]] = {}
    in_hand: set[UUID] = set()
    for row in await connection.fetch(_FREE, location, now, staff, named, device, now + COURTESY, most):
        work = row["id"]
        found[work] = Free(
            work, row["kind"], row["promise_at"], waiting=row["waiting"], ready_on=row["ready_on"], tote=row["tote"]
        )
        if row["picked"]:
            in_hand.add(work)
        if row["reserved"]:
            needs.setdefault(work, []).append(
                Need(row["line"], row["sku"], row["reserved"], row["aisle"], row["bay"] or "", row["level"] or "", row["weight_grams"] or 0)
            )  # fmt: skip
    return [
        msgspec.structs.replace(
            free, needs=tuple(needs.get(free.id, ())), tote=free.tote if free.id in in_hand else None
        )
        for free in found.values()
    ]


async def find_cart_size(connection: Connection, location: str) -> int:
    """How many orders one cart of this store takes."""
    return await connection.fetchval("SELECT cart_orders FROM location WHERE id = $1", location) or 1

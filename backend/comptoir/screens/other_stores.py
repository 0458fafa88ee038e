"""Where a work could go instead: the stores that ship and have every article of it."""

from datetime import datetime
from uuid import UUID

import msgspec

from comptoir.kit.db import Connection

MOST = 30

_SQL = """
WITH wanted AS (
  SELECT w.id AS work, w.location, l.sku, sum(l.reserved + l.picked) AS units FROM work w JOIN work_line l ON l.work = w.id
  WHERE w.order_id = $1 AND w.kind = 'ship' AND w.status IN ('open', 'accepted', 'picking', 'picked') AND l.reserved + l.picked > 0
    AND ($2::text[] IS NULL OR w.location = ANY($2))
  GROUP BY w.id, w.location, l.sku
)
SELECT n.work, p.id, p.name FROM wanted n JOIN stock_level v ON v.sku = n.sku JOIN sku s ON s.sku = n.sku AND s.blocked_reason IS NULL
JOIN location p ON p.id = v.location AND p.id <> n.location AND 'ship' = ANY(p.services) AND (p.paused_until IS NULL OR p.paused_until <= $3)
WHERE v.on_hand - v.reserved - v.safety_stock >= n.units AND (v.no_promise_until IS NULL OR v.no_promise_until <= $3)
  AND ($2::text[] IS NULL OR p.id = ANY($2))
GROUP BY n.work, p.id, p.name HAVING count(*) = (SELECT count(*) FROM wanted a WHERE a.work = n.work) ORDER BY n.work, p.name LIMIT $4
"""


class OtherStore(msgspec.Struct, frozen=True):
    """A place that could do the work."""

    id: str
    name: str


async def read(
    connection: Connection, order: UUID, locations: tuple[str, ...] | None, now: datetime
) -> dict[UUID, list[OtherStore]]:
    """By work, the places among these locations (None = all) that could do it instead; works that may not move are left out."""
    found: dict[UUID, list[OtherStore]] = {}
    rows = await connection.fetch(_SQL, order, None if locations is None else list(locations), now, MOST)
    for row in rows:
        found.setdefault(row["work"], []).append(OtherStore(row["id"], row["name"]))
    return found

"""The lists behind the figures of a store's page: works by stage, by promise or by the age of their bag, and what is to be put away."""

from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from comptoir.kit.db import Connection
from comptoir.screens.store_day import STAGES
from comptoir.screens.works_due import MOST, WorkDue

# What is counted from $2 to just before $3, and the moment by which it is ordered.
_BY: Final = {
    "promise": ("w.status IN ('open', 'accepted', 'picking', 'picked')", "w.promise_at"),
    "bags": ("w.status = 'staged'", "w.staged_at"),
    "back": ("w.status = 'staged'", "w.collect_until"),
    "unlabeled": (
        "EXISTS (SELECT FROM parcel c WHERE c.work = w.id AND c.location = w.location AND c.state IN ('open', 'packed', 'labeled') AND c.state = 'packed'"
        " AND c.label IS NULL)",
        "w.promise_at",
    ),
    **{name: (f"w.status IN ({states})", "w.created_at") for name, states in STAGES.items()},
}
_WORKS: Final = """
SELECT w.id, w.order_id AS order, w.order_number AS number, w.location, l.name AS store, l.time_zone, w.kind, w.status, {at} AS at,
  coalesce(nullif(o.collector, ''), c.first_name || ' ' || c.last_name) AS name, s.first_name AS taken_by
FROM work w JOIN location l ON l.id = w.location JOIN sales_order o ON o.id = w.order_id JOIN customer c ON c.id = o.customer LEFT JOIN staff s ON s.id = w.taken_by
WHERE w.location = $1 AND {which} AND {at} >= $2 AND {at} < $3 AND ($4::timestamptz IS NULL OR ({at}, w.id) > ($4, $5)) ORDER BY {at}, w.id LIMIT $6
"""
_AWAY: Final = """
SELECT q.sku, q.name, q.units, q.at, q.reason, coalesce((SELECT concat_ws(' ', h.aisle, h.bay, h.level) FROM shelf_place h WHERE h.location = $1 AND h.sku = q.sku LIMIT 1), '') AS place
FROM (SELECT p.sku, concat_ws(', ', k.name, nullif(k.variant, ''), nullif(k.deciding, '')) AS name, (p.quantity - p.done) AS units, p.made_at AS at, '' AS reason
    FROM put_back p JOIN sku k ON k.sku = p.sku WHERE $2 AND p.location = $1 AND p.done < p.quantity AND p.withdrawn_at IS NULL
  UNION ALL SELECT u.sku, concat_ws(', ', k.name, nullif(k.variant, ''), nullif(k.deciding, '')), 1, u.here_at, u.disposition
    FROM rma_unit u JOIN sku k ON k.sku = u.sku WHERE NOT $2 AND u.location = $1 AND u.state = 'here' AND u.disposition IS NOT NULL) q
ORDER BY q.at, q.sku LIMIT $3
"""
MOST_AWAY: Final = 200


class Away(msgspec.Struct, frozen=True):
    """Units that lie somewhere and are to be put on their shelf; `reason`: what becomes of goods that came back, empty for others."""

    sku: str
    name: str
    units: int
    at: datetime
    reason: str
    place: str


async def read_works(
    connection: Connection, location: str, by: str, since: datetime, until: datetime, after: tuple[datetime, UUID] | None
) -> list[WorkDue]:  # fmt: skip
    """Works of a store by `by` (promise, bags, back, unlabeled parcels, or a stage), from a moment to just before another; fifty and one more. `at` is that moment."""
    which, at = _BY[by]
    rows = await connection.fetch(
        _WORKS.format(which=which, at=at), location, since, until, *(after or (None, None)), MOST + 1
    )
    return [WorkDue(*row) for row in rows]


async def read_away(connection: Connection, location: str, *, came_back: bool) -> list[Away]:
    """What is to be put away: goods off the shelf that nobody collects, or goods that came back. Who waits longest is first; at most 200."""
    return [Away(*row) for row in await connection.fetch(_AWAY, location, not came_back, MOST_AWAY)]

"""The lists behind the tower's readings: works of a store promised between two minutes, and customers who are there."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from comptoir.kit.actor import Actor
from comptoir.kit.db import Connection

MOST = 50
SPANS = 20_000

_SPANS = """
SELECT w.id, w.order_id AS order, w.order_number AS number, w.location, l.name AS store, l.time_zone, w.kind, w.status, w.promise_at AS at,
  coalesce(nullif(o.collector, ''), c.first_name || ' ' || c.last_name) AS name, s.first_name AS taken_by
FROM unnest($1::text[], $2::timestamptz[], $3::timestamptz[], $9::boolean[]) AS n (location, since, until, begun)
JOIN work w ON w.location = n.location AND w.status IN ('open', 'accepted', 'picking', 'picked') AND w.promise_at >= n.since AND w.promise_at < n.until
  AND CASE WHEN n.begun THEN w.status = 'picking' OR w.status = 'picked' AND w.kind = 'pickup' WHEN NOT n.begun THEN w.status IN ('open', 'accepted') ELSE true END
JOIN location l ON l.id = w.location JOIN sales_order o ON o.id = w.order_id JOIN customer c ON c.id = o.customer LEFT JOIN staff s ON s.id = w.taken_by
WHERE ($4::text[] IS NULL OR w.location = ANY($4)) AND ($5::text IS NULL OR (w.kind = $5 AND w.status IN ('open', 'accepted')))
  AND ($6::timestamptz IS NULL OR (w.promise_at, w.id) > ($6, $7)) ORDER BY w.promise_at, w.id LIMIT $8
"""
_HERE = """
SELECT a.id, a.order_id AS order, o.number, a.location, l.name AS store, l.time_zone, 'pickup' AS kind, 'staged' AS status, a.at,
  coalesce(nullif(o.collector, ''), c.first_name || ' ' || c.last_name) AS name, s.first_name AS taken_by
FROM arrival a JOIN location l ON l.id = a.location JOIN sales_order o ON o.id = a.order_id JOIN customer c ON c.id = o.customer
LEFT JOIN staff s ON s.id = a.taken_by
WHERE a.done_at IS NULL AND ($1::text[] IS NULL OR a.location = ANY($1)) AND ($2::timestamptz IS NULL OR (a.at, a.id) > ($2, $3))
ORDER BY a.at, a.id LIMIT $4
"""


class WorkDue(msgspec.Struct, frozen=True):
    """One work, or one customer who is here: `at` is the promise, or since when."""

    id: UUID
    order: UUID
    number: str
    location: str
    store: str
    time_zone: str
    kind: str
    status: str
    at: datetime
    name: str
    taken_by: str | None


async def read(
    connection: Connection, actor: Actor, spans: Sequence[tuple[str, datetime, datetime, bool | None]], kind: str | None = None,
    after: tuple[datetime, UUID] | None = None,
) -> list[WorkDue]:  # fmt: skip
    """Open works promised within one of the spans (location, from, to, begun or not: both where None), of one kind and begun by nobody if named;
    50 and one more.
    """
    some = spans[:SPANS]
    rows = await connection.fetch(
        _SPANS, [one[0] for one in some], [one[1] for one in some], [one[2] for one in some], _mine(actor), kind,
        after[0] if after else None, after[1] if after else None, MOST + 1, [one[3] for one in some],
    )  # fmt: skip
    return [WorkDue(*row) for row in rows]


async def read_waiting(
    connection: Connection, actor: Actor, store: str | None = None, after: tuple[datetime, UUID] | None = None
) -> list[WorkDue]:
    """Customers who are in the actor's stores, who came first is first; 50 and one more."""
    where = _mine(actor) if store is None else [store] if actor.reaches(store) else []
    rows = await connection.fetch(_HERE, where, after[0] if after else None, after[1] if after else None, MOST + 1)
    return [WorkDue(*row) for row in rows]


def _mine(actor: Actor) -> list[str] | None:
    return list(actor.locations) if actor.locations is not None else None

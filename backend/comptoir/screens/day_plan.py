"""What else a store's day brings: goods on their way to it, bags whose time is over, counts, why its hours differ."""

from datetime import date, datetime
from typing import Final
from uuid import UUID

import msgspec

from comptoir.kit.db import Connection

FEW: Final = 20
_SQL: Final = f"""
SELECT
  (SELECT coalesce(jsonb_agg(jsonb_build_object('id', t.id, 'number', t.number, 'from', l.name, 'promise_at', t.promise_at, 'units', t.units)
      ORDER BY t.promise_at NULLS LAST, t.shipped_at, t.id), '[]')
    FROM (SELECT q.*, (SELECT coalesce(sum(n.in_transit), 0)::int FROM transfer_line n WHERE n.transfer = q.id) AS units FROM transfer q
      WHERE q.to_location = $1 AND q.status IN ('shipped', 'receiving') AND (($6 AND q.promise_at IS NULL) OR q.promise_at < $4) AND ($6 OR q.promise_at >= $3)
      ORDER BY q.promise_at NULLS LAST, q.shipped_at, q.id LIMIT {FEW}) t JOIN location l ON l.id = t.from_location) AS transfers,
  (SELECT coalesce(jsonb_agg(jsonb_build_object('id', p.id, 'number', p.number, 'supplier', p.supplier, 'expected_on', p.expected_on) ORDER BY p.expected_on, p.id), '[]')
    FROM (SELECT * FROM purchase WHERE location = $1 AND status IN ('open', 'receiving') AND (expected_on = $2 OR ($6 AND expected_on < $2))
      ORDER BY expected_on, id LIMIT {FEW}) p) AS purchases,
  (SELECT coalesce(jsonb_agg(jsonb_build_object('at', b.at, 'n', b.n) ORDER BY b.at), '[]')
    FROM (SELECT w.collect_until AS at, count(*)::int AS n FROM work w WHERE w.location = $1 AND w.status = 'staged' AND w.collect_until < $4
      AND ($6 OR w.collect_until >= $3) GROUP BY 1 ORDER BY 1 LIMIT {FEW}) b) AS bags,
  (SELECT count(*)::int FROM stock_count k WHERE k.location = $1 AND k.status IN ('asked', 'recount')) AS counts,
  (SELECT e.reason FROM opening_exception e WHERE e.location = $1 AND e.day = $2) AS reason,
  (SELECT l.paused_until FROM location l WHERE l.id = $1 AND l.paused_until > $5) AS paused_until
"""


class Coming(msgspec.Struct, frozen=True):
    """A transfer on its way here; `promise_at` only where an order waits for it."""

    id: UUID
    number: str
    from_: str = msgspec.field(name="from")
    units: int
    promise_at: datetime | None = None


class Brought(msgspec.Struct, frozen=True):
    """What a supplier is to bring on a day."""

    id: UUID
    number: str
    supplier: str
    expected_on: date


class Lapsing(msgspec.Struct, frozen=True):
    """Orders on the shelf that go back at a moment unless somebody comes."""

    at: datetime
    n: int


class DayAround(msgspec.Struct, frozen=True):
    """Everything that a day brings beside its orders. `reason` is why its hours are not those of the weekday."""

    transfers: list[Coming]
    purchases: list[Brought]
    bags: list[Lapsing]
    counts: int
    reason: str | None = None
    paused_until: datetime | None = None


async def read(
    connection: Connection, location: str, day: date, begins: datetime, ends: datetime, now: datetime
) -> DayAround:
    """A store's day from midnight to midnight; today also has what is overdue."""
    today = begins <= now < ends
    row = await connection.fetchrow(_SQL, location, day, begins, ends, now, today)
    assert row is not None
    plain = dict(row)
    for name in ("transfers", "purchases", "bags"):
        plain[name] = msgspec.json.decode(plain[name])
    return msgspec.convert(plain, DayAround)

"""Drivers of today at one store: what waits for each, what is on its pile, when it comes; one lane with its parcels."""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec

from comptoir.kit.db import Connection
from comptoir.kit.errors import NotFound

MOST: Final = 500
LEFT_FOR: Final = timedelta(hours=12)

_LANES = """
WITH here AS (
  SELECT p.id, a.carrier, coalesce(a.account, a.carrier) AS lane, a.account, m.manifest FROM parcel p JOIN label_attempt a ON a.id = p.label
  LEFT JOIN manifest_parcel m ON m.parcel = p.id AND m.label = p.label WHERE p.location = $1 AND p.state = 'labeled'
)
SELECT l.id AS location, l.name AS store, l.time_zone,
  coalesce((SELECT jsonb_agg(to_jsonb(x) ORDER BY x.lane) FROM (
    SELECT n.lane, n.carrier, coalesce(c.name, n.carrier) AS name, n.waiting, n.loaded
    FROM (SELECT lane, min(carrier) AS carrier, min(account) AS account, count(*) FILTER (WHERE manifest IS NULL) AS waiting,
      count(manifest) AS loaded FROM here GROUP BY lane LIMIT 100) n LEFT JOIN carrier_account c ON c.id = n.account) x), '[]') AS lanes,
  coalesce((SELECT jsonb_agg(to_jsonb(y) ORDER BY y.closed_at DESC) FROM (
    SELECT m.id, m.number, m.lane, coalesce(c.name, m.carrier) AS name, m.closed_at, (SELECT count(*) FROM manifest_parcel p WHERE p.manifest = m.id) AS parcels
    FROM manifest m LEFT JOIN carrier_account c ON c.id = m.account
    WHERE m.location = $1 AND m.state = 'closed' AND m.closed_at > $2 ORDER BY m.closed_at DESC LIMIT 20) y), '[]') AS left
FROM location l WHERE l.id = $1
"""
_LANE = """
SELECT p.id, a.tracking_number AS number, p.order_id AS order, o.number AS order_number, c.first_name, left(c.last_name, 1) AS initial, p.number AS nth,
  (SELECT count(*) FROM parcel q WHERE q.work = p.work AND q.state <> 'canceled') AS of, a.carrier, coalesce(k.name, a.carrier) AS name,
  m.manifest IS NOT NULL AS loaded, coalesce(a.account, a.carrier) AS lane
FROM parcel p JOIN label_attempt a ON a.id = p.label JOIN sales_order o ON o.id = p.order_id LEFT JOIN customer c ON c.id = o.customer
LEFT JOIN carrier_account k ON k.id = a.account LEFT JOIN manifest_parcel m ON m.parcel = p.id AND m.label = p.label
WHERE p.location = $1 AND p.state = 'labeled' ORDER BY m.scanned_at DESC NULLS FIRST, o.number, p.number LIMIT 500
"""


_VOID = """
SELECT p.id, m.tracking_number AS number FROM manifest f JOIN manifest_parcel m ON m.manifest = f.id JOIN parcel p ON p.id = m.parcel
WHERE f.location = $1 AND f.lane = $2 AND f.state = 'open' AND p.label IS DISTINCT FROM m.label ORDER BY m.scanned_at, p.id LIMIT 100
"""


class Void(msgspec.Struct, frozen=True):
    """A parcel on the pile whose label is void by now: it must not leave."""

    id: UUID
    number: str


class Lane(msgspec.Struct, frozen=True):
    """One driver: what waits on the shelf, what is on the pile. `next` is when the driver comes today, if the store knows."""

    lane: str
    carrier: str
    name: str
    waiting: int
    loaded: int
    next: datetime | None = None


class Left(msgspec.Struct, frozen=True):
    """A pile that went."""

    id: UUID
    number: str
    lane: str
    name: str
    closed_at: datetime
    parcels: int


class Departures(msgspec.Struct, frozen=True):
    """The store's drivers and what went today."""

    location: str
    store: str
    time_zone: str
    lanes: list[Lane]
    left: list[Left]


class ParcelHere(msgspec.Struct, frozen=True):
    """A labeled parcel of the store; `nth` of `of` of its work."""

    id: UUID
    number: str
    order: UUID
    order_number: str
    nth: int
    of: int
    carrier: str
    name: str
    lane: str
    loaded: bool
    first_name: str | None = None
    initial: str | None = None

    @property
    def who(self) -> str:
        """The first name and an initial: enough to find a parcel, and no more."""
        return f"{self.first_name or ''} {self.initial + '.' if self.initial else ''}".strip()


async def read(connection: Connection, location: str, now: datetime) -> Departures:
    """The lanes with a labeled parcel, and what left in the last twelve hours."""
    row = await connection.fetchrow(_LANES, location, now - LEFT_FOR)
    if row is None:
        raise NotFound("location_not_found")
    return msgspec.convert(_json(row, "lanes", "left"), Departures)


async def parcels_here(connection: Connection, location: str) -> list[ParcelHere]:
    """Every labeled parcel of the store, of whatever lane, at most 500: a scan of another driver's is known too."""
    rows = await connection.fetch(_LANE, location)
    return [msgspec.convert(dict(row), ParcelHere) for row in rows]


async def void_on_pile(connection: Connection, location: str, lane: str) -> list[Void]:
    """What was scanned and lost its label since."""
    return [msgspec.convert(dict(row), Void) for row in await connection.fetch(_VOID, location, lane)]


def _json(row: Any, *names: str) -> dict[str, Any]:
    return dict(row) | {name: msgspec.json.decode(row[name]) for name in names}

"""A work of the store that nobody does here any more: what became of it, and where its parcels are. One statement."""

from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from comptoir.kit.db import Connection
from comptoir.shipping.links import carrier_name, tracking_link

_SQL: Final = """
SELECT w.id, w.order_id AS order, w.order_number AS number, w.kind, w.status, w.ended_because, l.time_zone,
  coalesce(nullif(o.collector, ''), c.first_name || ' ' || left(c.last_name, 1) || '.') AS name,
  coalesce((SELECT jsonb_agg(jsonb_build_object('carrier', t.carrier, 'number', t.number, 'status', t.status, 'status_at', t.status_at, 'handed_at', t.handed_at)
    ORDER BY t.handed_at, t.parcel) FROM tracking t WHERE t.work = w.id), '[]') AS parcels
FROM work w JOIN location l ON l.id = w.location JOIN sales_order o ON o.id = w.order_id JOIN customer c ON c.id = o.customer
WHERE w.id = $1 AND w.location = $2 AND w.status NOT IN ('open', 'accepted', 'picking')
"""


class GoneParcel(msgspec.Struct, frozen=True):
    """A parcel that a carrier has; `status` is the one vocabulary's."""

    carrier: str
    number: str
    status: str
    handed_at: datetime
    status_at: datetime | None = None

    @property
    def name(self) -> str:
        return carrier_name(self.carrier)

    @property
    def link(self) -> str:
        """The carrier's own page about it; empty when we know none."""
        return tracking_link(self.carrier, self.number)


class GoneWork(msgspec.Struct, frozen=True):
    """What became of it."""

    id: UUID
    order: UUID
    number: str
    kind: str
    status: str
    time_zone: str
    name: str
    parcels: list[GoneParcel]
    ended_because: str | None = None


async def find(connection: Connection, work: UUID, location: str) -> GoneWork | None:
    """The work, or none when it is none of the store's, or still to be picked."""
    row = await connection.fetchrow(_SQL, work, location)
    if row is None:
        return None
    return msgspec.convert({**dict(row), "parcels": msgspec.json.decode(row["parcels"])}, GoneWork)

"""Reads a manifest as its paper says it."""

from datetime import datetime
from uuid import UUID

import msgspec

from comptoir.kit.db import Connection
from comptoir.kit.errors import NotFound

_MANIFEST = """
SELECT m.id, m.number, m.location, m.carrier, m.lane, coalesce(c.name, m.carrier) AS name, m.closed_at, m.stayed, m.slip_state, m.slip_number, m.state,
  l.name AS store, l.street, l.postcode, l.city, l.time_zone,
  coalesce((SELECT jsonb_agg(jsonb_build_object('number', p.tracking_number, 'order_number', o.number, 'grams', p.weight_grams,
    'postcode', coalesce(d.relay_postcode, a.postcode, ''), 'country', coalesce(d.relay_country, a.country, '')) ORDER BY p.scanned_at, p.parcel)
    FROM manifest_parcel p JOIN parcel q ON q.id = p.parcel JOIN sales_order o ON o.id = q.order_id LEFT JOIN order_address a ON a.order_id = o.id
    LEFT JOIN order_delivery d ON d.order_id = o.id AND d.kind = 'relay' WHERE p.manifest = m.id), '[]') AS parcels
FROM manifest m JOIN location l ON l.id = m.location LEFT JOIN carrier_account c ON c.id = m.account
WHERE m.id = $1 AND ($2::text[] IS NULL OR m.location = ANY($2))
"""


class SlipLine(msgspec.Struct, frozen=True):
    number: str
    order_number: str
    grams: int
    postcode: str
    country: str


class ManifestSheet(msgspec.Struct, frozen=True):
    """A manifest as its paper says it."""

    id: UUID
    number: str
    location: str
    carrier: str
    lane: str
    name: str
    stayed: int
    slip_state: str
    state: str
    store: str
    street: str
    postcode: str
    city: str
    time_zone: str
    parcels: list[SlipLine]
    closed_at: datetime | None = None
    slip_number: str | None = None


async def one_manifest(connection: Connection, manifest: UUID, locations: tuple[str, ...] | None) -> ManifestSheet:
    """NotFound `manifest_not_found` when it is none of these stores'."""
    row = await connection.fetchrow(_MANIFEST, manifest, None if locations is None else list(locations))
    if row is None:
        raise NotFound("manifest_not_found")
    return msgspec.convert(dict(row) | {"parcels": msgspec.json.decode(row["parcels"])}, ManifestSheet)

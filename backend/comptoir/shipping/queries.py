"""Reads of parcels and labels: by the places of whoever asks."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from comptoir.kit.db import Connection
from comptoir.kit.errors import NotFound


class LabelFile(msgspec.Struct, frozen=True):
    """A label as its carrier gave it."""

    reference: str
    media_type: str
    sha256: bytes
    content: bytes


async def find_work(
    connection: Connection, parcel: UUID | None, label: UUID | None, locations: tuple[str, ...] | None
) -> UUID:  # fmt: skip
    """The work of a parcel or of a label. NotFound `parcel_not_found`, `label_not_found`."""
    places = list(locations) if locations is not None else None
    table = "parcel" if label is None else "label_attempt"
    work: UUID | None = await connection.fetchval(
        f"SELECT work FROM {table} WHERE id = $1 AND ($2::text[] IS NULL OR location = ANY($2))",
        label or parcel,
        places,
    )
    if work is None:
        raise NotFound("parcel_not_found" if label is None else "label_not_found")
    return work


async def find_file(connection: Connection, label: UUID, locations: tuple[str, ...] | None) -> LabelFile:
    """NotFound `label_not_found` when there is no file, or it is another store's."""
    row = await connection.fetchrow(
        "SELECT a.reference, f.media_type, f.sha256, f.content FROM label_file f JOIN label_attempt a ON a.id = f.attempt"
        " WHERE f.attempt = $1 AND ($2::text[] IS NULL OR a.location = ANY($2)) ORDER BY f.media_type LIMIT 1",
        label, list(locations) if locations is not None else None,
    )  # fmt: skip
    if row is None:
        raise NotFound("label_not_found")
    return LabelFile(*row)


class PackedLine(msgspec.Struct, frozen=True):
    """Units of one line of the order in a parcel."""

    line: int
    sku: str
    quantity: int


class ParcelLabel(msgspec.Struct, frozen=True):
    """The label on a parcel; `file` is where its bytes are read, null for a number that was typed."""

    id: UUID
    state: str
    carrier: str
    service: str
    tracking_number: str | None
    file: str | None


class OrderParcel(msgspec.Struct, frozen=True):
    """One parcel of an order, as other systems read it. Millimeters and grams."""

    id: UUID
    work: UUID
    location: str
    number: int
    state: str
    weight_grams: int | None
    size_mm: list[int] | None
    packed_at: datetime | None
    handed_at: datetime | None
    lines: list[PackedLine]
    label: ParcelLabel | None


_PARCELS: Final = """
SELECT p.id, p.work, p.location, p.number, p.state, p.weight_grams, CASE WHEN p.length_mm IS NULL THEN NULL ELSE ARRAY[p.length_mm, p.width_mm, p.height_mm] END
    AS size_mm, p.packed_at, p.handed_at,
  (SELECT coalesce(jsonb_agg(jsonb_build_object('line', n.order_line, 'sku', x.sku, 'quantity', x.quantity) ORDER BY x.line), '[]')
    FROM parcel_line x JOIN work_line n ON n.work = x.work AND n.line = x.line WHERE x.parcel = p.id) AS lines,
  (SELECT jsonb_build_object('id', a.id, 'state', a.state, 'carrier', a.carrier, 'service', a.service, 'tracking_number', a.tracking_number,
      'file', (SELECT '/api/v1/labels/' || f.attempt FROM label_file f WHERE f.attempt = a.id LIMIT 1)) FROM label_attempt a WHERE a.id = p.label) AS label
FROM parcel p WHERE p.order_id = $1 AND p.state <> 'canceled' AND ($2::text[] IS NULL OR p.location = ANY($2)) ORDER BY p.location, p.work, p.number LIMIT 500
"""


async def list_parcels(connection: Connection, order: UUID, locations: tuple[str, ...] | None) -> list[OrderParcel]:
    """The parcels of an order at these places, canceled ones left out."""
    rows = await connection.fetch(_PARCELS, order, list(locations) if locations is not None else None)
    return [_parcel(row) for row in rows]


def _parcel(row: Any) -> OrderParcel:
    json = {name: msgspec.json.decode(row[name]) if row[name] else None for name in ("lines", "label")}
    return msgspec.convert({**dict(row), **json}, OrderParcel)

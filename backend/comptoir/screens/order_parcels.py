"""The parcels of an order: where each is, what is in it, its label, and what its carrier last said. One statement."""

from datetime import date, datetime
from typing import Final
from uuid import UUID

import msgspec

from comptoir.kit.actor import Actor
from comptoir.kit.db import Connection
from comptoir.kit.errors import NotFound

MOST: Final = 100
OPEN_LABELS: Final = ("intended", "calling", "bought", "unknown", "manual")

_SQL = """
SELECT p.id, p.work, p.number, p.state, p.weight_grams, s.name AS store, s.time_zone, p.packed_at, p.handed_at,
  coalesce(a.carrier, '') AS carrier, coalesce(a.state, '') AS label, coalesce(a.tracking_number, '') AS tracking_number, coalesce(a.words, a.problem, '') AS words,
  ARRAY(SELECT f.media_type FROM label_file f WHERE f.attempt = p.label ORDER BY f.media_type) AS papers,
  (SELECT coalesce(jsonb_agg(jsonb_build_object('title', coalesce(k.name, l.sku), 'variant', coalesce(k.variant, ''), 'units', l.quantity) ORDER BY l.line), '[]')
    FROM parcel_line l LEFT JOIN sku k ON k.sku = l.sku WHERE l.parcel = p.id) AS lines,
  coalesce(t.status, '') AS status, t.status_at, t.due_on, t.delivered_at, coalesce(t.place, '') AS place
FROM parcel p JOIN location s ON s.id = p.location LEFT JOIN tracking t ON t.parcel = p.id
LEFT JOIN LATERAL (SELECT * FROM label_attempt q WHERE q.parcel = p.id ORDER BY q.n DESC LIMIT 1) a ON true
WHERE p.order_id = $1 AND p.state <> 'canceled' AND ($2::text[] IS NULL OR EXISTS (SELECT FROM work w WHERE w.order_id = $1 AND w.location = ANY($2)))
ORDER BY s.name, p.work, p.number LIMIT $3
"""
_LABEL = """
SELECT f.content, f.media_type, p.number FROM parcel p JOIN label_file f ON f.attempt = p.label
WHERE p.id = $1 AND p.order_id = $2 AND ($3::text[] IS NULL OR EXISTS (SELECT FROM work w WHERE w.order_id = $2 AND w.location = ANY($3)))
ORDER BY f.media_type = 'application/pdf' DESC LIMIT 1
"""


class Content(msgspec.Struct, frozen=True):
    """Units of one article in a parcel."""

    title: str
    variant: str
    units: int


class ParcelView(msgspec.Struct, frozen=True):
    """One parcel. `label` is the state of the last label that was asked for, `status` the carrier's last word; empty where there is none."""

    id: UUID
    work: UUID
    number: int
    state: str
    store: str
    time_zone: str
    carrier: str
    label: str
    tracking_number: str
    words: str
    papers: list[str]
    lines: list[Content]
    status: str
    place: str
    weight_grams: int | None = None
    packed_at: datetime | None = None
    handed_at: datetime | None = None
    status_at: datetime | None = None
    due_on: date | None = None
    delivered_at: datetime | None = None

    @property
    def labeled(self) -> bool:
        """Whether an address on it is settled: a label is there, or is being asked for."""
        return self.label in OPEN_LABELS


async def read(connection: Connection, order: UUID, actor: Actor) -> list[ParcelView]:
    """At most MOST parcels; none of an order that is not the actor's."""
    found = []
    for row in await connection.fetch(_SQL, order, _places(actor), MOST):
        told = {**dict(row), "lines": msgspec.json.decode(row["lines"])}
        found.append(msgspec.convert({key: value for key, value in told.items() if value is not None}, ParcelView))
    return found


async def label(connection: Connection, order: UUID, parcel: UUID, actor: Actor) -> tuple[bytes, str, int]:
    """The label as the carrier gave it, its media type, and the parcel's number. NotFound `label_not_found`."""
    row = await connection.fetchrow(_LABEL, parcel, order, _places(actor))
    if row is None:
        raise NotFound("label_not_found")
    return row["content"], row["media_type"], row["number"]


def _places(actor: Actor) -> list[str] | None:
    return list(actor.locations) if actor.locations is not None else None

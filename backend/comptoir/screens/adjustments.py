"""Corrections of stock as managers see them: what waits for them, what was done lately; and as a store's handhelds do, without names."""

from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from comptoir.kit.actor import Actor
from comptoir.kit.db import Connection

MOST: Final = 100

_LIST = """
SELECT a.id, a.location, l.name AS store, l.time_zone, a.sku, s.name, s.variant, s.deciding, s.picture, s.currency, a.quantity, a.reason, a.note, a.on_hand,
  a.unsellable, a.value_minor, a.status, a.at, a.who, coalesce((SELECT t.first_name FROM staff t WHERE t.id::text = a.who), '') AS name_of,
  a.decided_at, a.decided_by LIKE 'device:%' AS by_device, a.photo, EXISTS (SELECT FROM adjust_photo f WHERE f.id = a.photo AND f.adjustment = a.id) AS photo_here,
  count(*) OVER ()::int AS all, coalesce((SELECT t.first_name FROM staff t WHERE t.id::text = a.decided_by), '') AS decided_by,
  coalesce(v.on_hand - v.set_aside, 0) AS shelf
FROM stock_adjustment a JOIN location l ON l.id = a.location JOIN sku s ON s.sku = a.sku LEFT JOIN stock_level v ON v.sku = a.sku AND v.location = a.location
WHERE ($1::text[] IS NULL OR a.location = ANY($1)) AND (a.status = 'waiting') = $2
ORDER BY CASE WHEN $2 THEN a.at END, CASE WHEN $2 THEN a.id END, a.recorded_at DESC, a.id DESC LIMIT $3
"""


class AdjustmentRow(msgspec.Struct, frozen=True):
    """One correction; `shelf` is what the books have on the shelf now, `all` how many there are besides those listed.

    `by_device`: whoever told it took it back. A picture that is named and not `photo_here` is still on its device.
    """

    id: UUID
    location: str
    store: str
    time_zone: str
    sku: str
    name: str
    variant: str
    deciding: str
    picture: str
    currency: str
    quantity: int
    reason: str
    note: str
    on_hand: int
    unsellable: int
    value_minor: int
    status: str
    at: datetime
    who: str
    name_of: str
    decided_by: str
    shelf: int
    photo_here: bool
    all: int
    by_device: bool | None = None
    photo: UUID | None = None
    decided_at: datetime | None = None


async def read(connection: Connection, actor: Actor, *, waiting: bool) -> list[AdjustmentRow]:
    """Of the actor's places: those that wait, the oldest first, or the newest others."""
    places = list(actor.locations) if actor.locations is not None else None
    return [AdjustmentRow(**row) for row in await connection.fetch(_LIST, places, waiting, MOST)]


_OWN = """
SELECT a.id, s.name, s.variant, s.deciding, a.quantity, a.reason, a.status, a.at FROM stock_adjustment a JOIN sku s ON s.sku = a.sku
WHERE a.location = $1 AND (a.status = 'waiting' OR (a.status = 'declined' AND a.decided_at > $2 AND a.decided_by NOT LIKE 'device:%'))
ORDER BY a.status = 'declined', a.at DESC, a.id LIMIT 20
"""


class OwnRow(msgspec.Struct, frozen=True):
    """A correction of a store that waits, or that a manager declined lately. Nobody's name."""

    id: UUID
    name: str
    variant: str
    deciding: str
    quantity: int
    reason: str
    status: str
    at: datetime


async def of_store(connection: Connection, location: str, since: datetime) -> list[OwnRow]:
    """What waits there, and what was declined since."""
    return [OwnRow(**row) for row in await connection.fetch(_OWN, location, since)]


async def awaited_photos(connection: Connection, location: str, since: datetime) -> list[UUID]:
    """Pictures that corrections of a store name and that nobody has brought yet."""
    rows = await connection.fetch(
        "SELECT a.photo FROM stock_adjustment a WHERE a.location = $1 AND a.recorded_at > $2 AND a.photo IS NOT NULL"
        " AND NOT EXISTS (SELECT FROM adjust_photo f WHERE f.id = a.photo) ORDER BY a.recorded_at DESC LIMIT 50",
        location, since,
    )  # fmt: skip
    return [row[0] for row in rows]


async def photo(connection: Connection, picture: UUID, actor: Actor) -> bytes | None:
    """A picture (WebP) of a correction of the actor's places; None when there is none."""
    found: bytes | None = await connection.fetchval(
        "SELECT bytes FROM adjust_photo WHERE id = $1 AND ($2::text[] IS NULL OR location = ANY($2))",
        picture, list(actor.locations) if actor.locations is not None else None,
    )  # fmt: skip
    return found

"""Corrections of stock as managers see them: what waits for them, what was done lately."""

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
  a.decided_at, coalesce((SELECT t.first_name FROM staff t WHERE t.id::text = a.decided_by), '') AS decided_by,
  coalesce(v.on_hand - v.set_aside, 0) AS shelf
FROM stock_adjustment a JOIN location l ON l.id = a.location JOIN sku s ON s.sku = a.sku LEFT JOIN stock_level v ON v.sku = a.sku AND v.location = a.location
WHERE ($1::text[] IS NULL OR a.location = ANY($1)) AND (a.status = 'waiting') = $2
ORDER BY CASE WHEN $2 THEN a.at END, CASE WHEN $2 THEN a.id END, a.recorded_at DESC, a.id DESC LIMIT $3
"""


class AdjustmentRow(msgspec.Struct, frozen=True):
    """One correction; `shelf` is what the books have on the shelf now."""

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
    decided_at: datetime | None = None


async def read(connection: Connection, actor: Actor, *, waiting: bool) -> list[AdjustmentRow]:
    """Of the actor's places: those that wait, the oldest first, or the newest others."""
    places = list(actor.locations) if actor.locations is not None else None
    return [AdjustmentRow(**row) for row in await connection.fetch(_LIST, places, waiting, MOST)]

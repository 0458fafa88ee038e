"""Orders newest first, a page at a time: for the API and for head office. Keyset paging, never an offset."""

from datetime import datetime
from uuid import UUID

import msgspec

from comptoir.kit.actor import Actor
from comptoir.kit.db import Connection

MOST = 100

_SQL = """
SELECT o.id, o.number, o.channel, o.progress, o.received_at, o.currency, o.total_minor, c.first_name, c.last_name,
  ARRAY(SELECT h.reason FROM order_hold h WHERE h.order_id = o.id AND h.released_at IS NULL ORDER BY h.placed_at) AS held
FROM sales_order o JOIN customer c ON c.id = o.customer
WHERE ($1::timestamptz IS NULL OR (o.received_at, o.id) < ($1, $2)) AND ($3::text IS NULL OR o.progress = $3)
  AND ($6::text IS NULL OR EXISTS (SELECT FROM order_hold h WHERE h.order_id = o.id AND h.reason = $6 AND h.released_at IS NULL))
  AND ($4::text[] IS NULL OR EXISTS (SELECT FROM work w WHERE w.order_id = o.id AND w.location = ANY($4)) OR EXISTS (SELECT FROM order_line l WHERE l.order_id = o.id AND l.location = ANY($4)))
ORDER BY o.received_at DESC, o.id DESC LIMIT $5
"""


class OrderRow(msgspec.Struct, frozen=True):
    id: UUID
    number: str
    channel: str
    progress: str
    received_at: datetime
    currency: str
    total_minor: int
    first_name: str
    last_name: str
    held: list[str]


async def read(
    connection: Connection,
    actor: Actor,
    *,
    progress: str | None = None,
    held: str | None = None,
    after: tuple[datetime, UUID] | None = None,
    limit: int = 50,
) -> list[OrderRow]:
    """Up to `limit` (at most 100) orders that came before `after`, newest first."""
    rows = await connection.fetch(
        _SQL,
        after[0] if after else None,
        after[1] if after else None,
        progress,
        list(actor.locations) if actor.locations is not None else None,
        min(limit, MOST),
        held,
    )
    return [OrderRow(*row) for row in rows]

"""Orders newest first for the people who look after them: by what they wait for, by number or by name. Keyset paging."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from comptoir.kit.actor import Actor
from comptoir.kit.db import Connection
from comptoir.screens.order_messages import STILL_NEEDED

MOST = 100
Filter = Literal["all", "held", "short", "untold", "to_pick", "ready", "canceled"]
FILTERS: tuple[Filter, ...] = ("all", "held", "short", "untold", "to_pick", "ready", "canceled")

# Each filter starts from the small index that knows it; without one the newest orders are walked.
_WHICH = {
    "all": "true",
    "held": "EXISTS (SELECT FROM order_hold h WHERE h.order_id = o.id AND h.released_at IS NULL)",
    "short": "EXISTS (SELECT FROM exception e WHERE e.order_id = o.id AND e.kind = 'short_choice' AND e.resolved_at IS NULL)",
    "untold": f"o.id IN (SELECT m.order_id FROM message m WHERE m.status = 'failed' AND {STILL_NEEDED.strip()})",
    "to_pick": "EXISTS (SELECT FROM work w WHERE w.order_id = o.id AND w.status IN ('open', 'accepted', 'picking', 'picked'))",
    "ready": "EXISTS (SELECT FROM work w WHERE w.order_id = o.id AND w.status = 'staged')",
    "canceled": "o.progress = 'canceled'",
}
_FOUND = """($3 = '' OR o.number = 'W-' || $3 OR upper(o.number) = upper($3) OR o.external_number = $3 OR o.customer IN (
    SELECT c2.id FROM customer c2 WHERE lower(c2.last_name) LIKE lower($4) || '%' OR lower(c2.first_name) LIKE lower($4) || '%'
      OR lower(c2.first_name || ' ' || c2.last_name) LIKE lower($4) || '%' LIMIT 1000)
  OR lower(coalesce(o.collector, '')) LIKE lower($4) || '%')"""
_SQL = """
SELECT o.id, o.number, coalesce(ch.name, o.channel) AS channel, o.progress, o.received_at, o.currency, o.total_minor, c.first_name, c.last_name,
  ARRAY(SELECT h.reason FROM order_hold h WHERE h.order_id = o.id AND h.released_at IS NULL ORDER BY h.placed_at) AS held,
  EXISTS (SELECT FROM exception e WHERE e.order_id = o.id AND e.kind = 'short_choice' AND e.resolved_at IS NULL) AS short,
  ARRAY(SELECT DISTINCT p.name FROM work w JOIN location p ON p.id = w.location WHERE w.order_id = o.id ORDER BY p.name LIMIT 4) AS stores,
  ARRAY(SELECT DISTINCT w.status FROM work w WHERE w.order_id = o.id) AS statuses,
  (SELECT coalesce(sum(l.quantity - l.canceled), 0)::int FROM order_line l WHERE l.order_id = o.id) AS units
FROM sales_order o JOIN customer c ON c.id = o.customer LEFT JOIN channel ch ON ch.id = o.channel
WHERE ($1::timestamptz IS NULL OR (o.received_at, o.id) < ($1, $2)) AND {found} AND {which}
  AND ($5::text[] IS NULL OR EXISTS (SELECT FROM work w WHERE w.order_id = o.id AND w.location = ANY($5))
    OR EXISTS (SELECT FROM order_line l WHERE l.order_id = o.id AND l.location = ANY($5)))
ORDER BY o.received_at DESC, o.id DESC LIMIT $6
"""


class FoundOrder(msgspec.Struct, frozen=True):
    """One row of the list; `units` is what is still wanted."""

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
    short: bool
    stores: list[str]
    statuses: list[str]
    units: int

    @property
    def state(self) -> str:
        """What a person looks for first: held, short, ready, else how far the order is."""
        if self.held:
            return "held"
        if self.short:
            return "short"
        if "staged" in self.statuses and self.progress not in ("fulfilled", "closed", "canceled"):
            return "ready"
        return self.progress

    @property
    def place(self) -> str:
        """Where the next page begins."""
        return f"{self.received_at.isoformat().replace('+00:00', 'Z')}_{self.id}"


async def read(
    connection: Connection, actor: Actor, which: Filter, words: str, after: tuple[datetime, UUID] | None, limit: int
) -> list[FoundOrder]:
    """Up to `limit` (at most 100) of the actor's orders that came before `after`."""
    plain = " ".join(words.split())
    escaped = plain.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    at, last = after if after is not None else (None, None)
    sql = _SQL.replace("{found}", _FOUND if plain else "$3::text IS NOT NULL AND $4::text IS NOT NULL")
    rows = await connection.fetch(
        sql.replace("{which}", _WHICH[which]), at, last, plain, escaped,
        list(actor.locations) if actor.locations is not None else None, min(limit, MOST),
    )  # fmt: skip
    return [FoundOrder(*row) for row in rows]

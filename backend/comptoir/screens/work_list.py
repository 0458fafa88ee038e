"""The store's work as one ranked list: who waits, what is to pick by time left, what is to put back and to count."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from comptoir.kit.db import Connection
from comptoir.kit.errors import NotFound
from comptoir.screens.device_list import silence

MOST = 200

_SQL = """
WITH live AS (
  SELECT w.id, w.order_id, w.kind, w.status, w.promise_at, w.units, w.taken_by, w.pack, w.flagged, w.tote,
    EXISTS (SELECT FROM pack p WHERE p.id = w.pack AND p.ahead AND p.closed_at IS NULL) AS ahead FROM work w
  WHERE w.location = $1 AND w.status IN ('open', 'accepted', 'picking', 'picked') AND NOT (w.kind = 'transfer' AND w.status = 'picked') ORDER BY w.promise_at, w.id LIMIT 201
)
SELECT l.name, l.time_zone, l.paused_until,
  (SELECT coalesce(jsonb_agg(jsonb_build_object('arrival', a.id, 'order', a.order_id, 'name', coalesce(nullif(o.collector, ''), c.first_name || ' ' || c.last_name), 'since', a.at, 'place', a.place,
      'taken_by', (SELECT s.first_name FROM staff s WHERE s.id = a.taken_by),
      'units', (SELECT coalesce(sum(wl.staged), 0) FROM work_line wl WHERE wl.order_id = a.order_id AND wl.location = $1),
      'to_pick', (SELECT coalesce(sum(wl.reserved + wl.picked), 0) FROM work_line wl WHERE wl.order_id = a.order_id AND wl.location = $1),
      'shelf', (SELECT min(b.place) FROM bag b JOIN work w ON w.id = b.work WHERE w.order_id = a.order_id AND b.location = $1 AND b.gone_at IS NULL)) ORDER BY a.at), '[]')
    FROM (SELECT * FROM arrival WHERE location = $1 AND done_at IS NULL ORDER BY at LIMIT 50) a JOIN sales_order o ON o.id = a.order_id JOIN customer c ON c.id = o.customer) AS waiting,
  (SELECT coalesce(jsonb_agg(jsonb_build_object('id', v.id, 'order', v.order_id, 'kind', v.kind, 'status', v.status, 'promise_at', v.promise_at, 'units', v.units, 'flagged', v.flagged, 'tote', v.tote, 'pack', v.pack, 'ahead', v.ahead, 'held', (SELECT jsonb_build_object('device', d.name, 'heard_at', d.last_seen_at, 'lines', (SELECT count(*) FROM work x JOIN work_line xl ON xl.work = x.id WHERE x.pack = p.id AND xl.reserved > 0))
        FROM pack p JOIN device d ON d.id = p.device WHERE p.id = v.pack AND p.closed_at IS NULL AND NOT p.ahead),
      'taken_by', (SELECT s.first_name FROM staff s WHERE s.id = v.taken_by), 'staff', v.taken_by,
      'name', coalesce(nullif(o.collector, ''), c.first_name || ' ' || c.last_name), 'city', (SELECT d.city FROM order_address d WHERE d.order_id = v.order_id)) ORDER BY v.promise_at, v.id), '[]')
    FROM live v JOIN sales_order o ON o.id = v.order_id JOIN customer c ON c.id = o.customer) AS works,
  (SELECT count(*) FROM work w WHERE w.location = $1 AND w.status IN ('open', 'accepted', 'picking', 'picked') AND NOT (w.kind = 'transfer' AND w.status = 'picked')) AS total,
  (SELECT coalesce(sum(p.quantity - p.done), 0)::int FROM put_back p WHERE p.location = $1 AND p.done < p.quantity AND p.withdrawn_at IS NULL) AS put_back_units,
  (SELECT coalesce(string_agg(DISTINCT h.aisle, ', ' ORDER BY h.aisle), '') FROM put_back p JOIN shelf_place h ON h.location = p.location AND h.sku = p.sku WHERE p.location = $1 AND p.done < p.quantity AND p.withdrawn_at IS NULL) AS put_back_aisles,
  (SELECT count(*)::int FROM stock_count k WHERE k.location = $1 AND k.status IN ('asked', 'recount')) AS counts,
  (SELECT count(*)::int FROM recall_place p WHERE p.location = $1 AND p.status = 'open') AS recalls,
  (SELECT count(*)::int FROM work w WHERE w.location = $1 AND w.status = 'staged') AS staged,
  (SELECT count(*)::int FROM exception e WHERE e.location = $1 AND e.resolved_at IS NULL) AS exceptions,
  (SELECT count(*)::int FROM work w WHERE w.location = $1 AND w.kind = 'ship' AND w.status = 'picked') AS to_pack,
  (SELECT count(DISTINCT p.work)::int FROM parcel p JOIN label_attempt a ON a.parcel = p.id AND a.n = (SELECT max(n) FROM label_attempt WHERE parcel = p.id)
    WHERE p.location = $1 AND p.state = 'packed' AND a.state IN ('refused', 'unknown')) AS parcels_to_look,
  (SELECT count(*)::int FROM rma_unit u WHERE u.location = $1 AND u.state = 'here' AND u.disposition IS NOT NULL) AS came_back,
  (SELECT count(*)::int FROM transfer t WHERE t.from_location = $1 AND t.status = 'created') AS to_send,
  (SELECT count(*)::int FROM transfer t WHERE t.to_location = $1 AND t.status IN ('shipped', 'receiving')) AS to_receive,
  (SELECT count(*)::int FROM purchase p WHERE p.location = $1 AND p.status IN ('open', 'receiving')) AS brought
FROM location l WHERE l.id = $1
"""


class Waiting(msgspec.Struct, frozen=True):
    """A customer who is here."""

    arrival: UUID
    order: UUID
    name: str
    since: datetime
    place: str
    units: int
    to_pick: int
    taken_by: str | None = None
    shelf: str | None = None


class Held(msgspec.Struct, frozen=True):
    """The device that somebody picks a work with, when it was last heard of, and the lines left in its pack."""

    device: str
    lines: int
    heard_at: datetime | None = None

    def silent_minutes(self, now: datetime) -> int:
        """Whole minutes without a word, once they are too many; else 0."""
        return silence(self.heard_at, now)


class WorkRow(msgspec.Struct, frozen=True):
    """One work that is to be picked or staged."""

    id: UUID
    order: UUID
    kind: str
    status: str
    promise_at: datetime
    units: int
    name: str
    flagged: str | None = None
    tote: int | None = None
    """Of the cart that it was picked in."""
    pack: UUID | None = None
    ahead: bool = False
    """It lies ready on a handheld, and nobody has begun."""
    taken_by: str | None = None
    staff: UUID | None = None
    city: str | None = None
    held: Held | None = None

    @property
    def to_pack(self) -> bool:
        """A parcel that is picked: it waits for the packing table."""
        return self.kind == "ship" and self.status == "picked"


class WorkList(msgspec.Struct, frozen=True):
    """What one store has to do now."""

    location: str
    name: str
    time_zone: str
    waiting: list[Waiting]
    works: list[WorkRow]
    total: int
    put_back_units: int
    put_back_aisles: str
    counts: int
    staged: int
    exceptions: int
    to_pack: int = 0
    """Ship works that are picked and wait at the packing table."""
    parcels_to_look: int = 0
    """Works with a label that a person has to see to."""
    came_back: int = 0
    """Units that customers brought back and that are still to be put away."""
    to_send: int = 0
    to_receive: int = 0
    """Transfers that leave from here, and that are on their way here."""
    brought: int = 0
    """Purchase orders that suppliers are to bring here."""
    recalls: int = 0
    """Recalled articles that nobody here has looked for yet."""
    paused_until: datetime | None = None

    def name_of(self, work: UUID) -> str:
        """For whom a listed work is; empty when it is not in the list."""
        return next((row.name for row in self.works if row.id == work), "")

    def within_hour(self, now: datetime) -> list[WorkRow]:
        return [w for w in self.works if (w.promise_at - now).total_seconds() < 3600]

    def later(self, now: datetime) -> list[WorkRow]:
        return [w for w in self.works if (w.promise_at - now).total_seconds() >= 3600]


_JSON = frozenset({"waiting", "works"})


async def read(connection: Connection, location: str) -> WorkList:
    """The list of one location; the caller has checked that the actor reaches it."""
    row = await connection.fetchrow(_SQL, location)
    if row is None:
        raise NotFound("location_not_found")
    values: dict[str, Any] = {key: msgspec.json.decode(value) if key in _JSON else value for key, value in row.items()}
    return msgspec.convert({"location": location, **values}, WorkList)


_LINES = """
SELECT s.name, s.variant, s.deciding, s.picture, l.quantity - l.canceled AS units, h.aisle, h.bay, h.level
FROM work_line l JOIN sku s ON s.sku = l.sku LEFT JOIN shelf_place h ON h.location = l.location AND h.sku = l.sku
WHERE l.work = $1 AND l.location = $2 ORDER BY h.aisle NULLS LAST, h.bay, h.level, l.line LIMIT 100
"""


class LineRow(msgspec.Struct, frozen=True):
    """One article of a work, and where it lives."""

    name: str
    variant: str
    deciding: str
    picture: str
    units: int
    aisle: str | None
    bay: str | None
    level: str | None

    @property
    def place(self) -> dict[str, str | None] | None:
        return {"aisle": self.aisle, "bay": self.bay, "level": self.level} if self.aisle else None


async def lines(connection: Connection, work: UUID, location: str) -> list[LineRow]:
    """The articles of one work in walk order."""
    return [LineRow(*row) for row in await connection.fetch(_LINES, work, location)]

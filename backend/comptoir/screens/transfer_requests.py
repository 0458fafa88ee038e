"""What stores ask of one another: to answer, asked for, answered; and the goods that had better lie elsewhere."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from comptoir.kit.actor import Actor
from comptoir.kit.db import Connection
from comptoir.kit.errors import NotFound
from comptoir.transfers.requesting import RequestStatus
from comptoir.transfers.suggesting import WINDOW_DAYS, Position

MOST = 100
_SQL = """
SELECT r.id, r.number, r.to_location AS "to", d.name AS to_name, r.from_location AS "from", f.name AS from_name, r.status, r.note, r.answer, r.transfer,
  (SELECT t.number FROM transfer t WHERE t.id = r.transfer) AS transfer_number, r.created_at, r.answered_at,
  (SELECT s.first_name FROM staff s WHERE s.id::text = r.created_by) AS created_by, (SELECT s.first_name FROM staff s WHERE s.id::text = r.answered_by) AS answered_by,
  (SELECT jsonb_agg(jsonb_build_object('sku', l.sku, 'name', s.name, 'variant', s.variant, 'deciding', s.deciding, 'picture', s.picture, 'asked', l.asked, 'granted', l.granted,
      'free', (SELECT greatest(0, v.on_hand - v.reserved - v.safety_stock) FROM stock_level v WHERE v.sku = l.sku AND v.location = r.from_location),
      'here', (SELECT greatest(0, v.on_hand - v.reserved - v.safety_stock) FROM stock_level v WHERE v.sku = l.sku AND v.location = r.to_location)) ORDER BY l.line)
    FROM transfer_request_line l JOIN sku s ON s.sku = l.sku WHERE l.request = r.id) AS lines
FROM transfer_request r JOIN location d ON d.id = r.to_location LEFT JOIN location f ON f.id = r.from_location
WHERE ($1::text[] IS NULL OR r.to_location = ANY($1) OR r.from_location = ANY($1))
"""


class LineView(msgspec.Struct, frozen=True):
    """One article: asked for, granted, and what both places may promise of it now."""

    sku: str
    name: str
    variant: str
    deciding: str
    picture: str
    asked: int
    granted: int | None = None
    free: int | None = None
    here: int | None = None


class RequestView(msgspec.Struct, frozen=True, rename={"from_": "from"}):
    """One request with its lines."""

    id: UUID
    number: str
    to: str
    to_name: str
    status: RequestStatus
    note: str
    answer: str
    created_at: datetime
    lines: list[LineView]
    from_: str | None = None
    from_name: str | None = None
    transfer: UUID | None = None
    transfer_number: str | None = None
    answered_at: datetime | None = None
    created_by: str | None = None
    answered_by: str | None = None

    @property
    def units(self) -> int:
        """Units asked for."""
        return sum(line.asked for line in self.lines)

    @property
    def granted(self) -> int:
        return sum(line.granted or 0 for line in self.lines)

    @property
    def place(self) -> str:
        """Where the next page begins."""
        return f"{self.created_at.isoformat().replace('+00:00', 'Z')}_{self.id}"


async def read_list(
    connection: Connection, actor: Actor, after: tuple[datetime, UUID] | None = None, limit: int = 50, *, status: str | None = None
) -> list[RequestView]:  # fmt: skip
    """Requests that begin or end at the actor's places, newest first."""
    at, last = after if after is not None else (None, None)
    rows = await connection.fetch(
        f"{_SQL} AND ($2::text IS NULL OR r.status = $2) AND ($3::timestamptz IS NULL OR (r.created_at, r.id) < ($3, $4::uuid))"
        " ORDER BY r.created_at DESC, r.id DESC LIMIT $5",
        places(actor), status, at, last, min(limit, MOST),
    )  # fmt: skip
    return [_read(row) for row in rows]


async def of_store(connection: Connection, location: str) -> list[RequestView]:
    """What a store was asked and has asked for and nobody has answered, and the answers of the last three that came."""
    rows = await connection.fetch(
        f"{_SQL} AND (r.status = 'asked' OR (r.to_location = ANY($1) AND r.id IN (SELECT a.id FROM transfer_request a WHERE a.to_location = ANY($1)"
        " AND a.status IN ('accepted', 'declined') ORDER BY a.answered_at DESC LIMIT 3))) ORDER BY r.status <> 'asked', r.created_at DESC, r.id LIMIT 50",
        [location],
    )  # fmt: skip
    return [_read(row) for row in rows]


async def to_answer(connection: Connection, actor: Actor) -> int:
    """Requests that nobody has answered, at the actor's places."""
    found: int = await connection.fetchval(
        "SELECT count(*)::int FROM transfer_request WHERE status = 'asked' AND ($1::text[] IS NULL OR to_location = ANY($1) OR from_location = ANY($1))",
        places(actor),
    )
    return found


async def one(connection: Connection, request: UUID, actor: Actor) -> RequestView:
    """NotFound `request_not_found`."""
    row = await connection.fetchrow(f"{_SQL} AND r.id = $2", places(actor), request)
    if row is None:
        raise NotFound("request_not_found")
    return _read(row)


async def positions(connection: Connection, actor: Actor, now: datetime) -> tuple[list[Position], dict[str, Any]]:
    """Every article that lies at one of the actor's places and goes out at another: what is free, coming and went; and names by SKU and place.

    The five hundred that go out most are looked at: of what hardly sells nothing needs to move.
    """
    rows = await connection.fetch(
        """
        WITH went AS (SELECT m.sku, m.location, -sum(m.on_hand)::int AS units FROM stock_movement m WHERE m.recorded_at > $2 AND m.happened_at > $2
          AND m.fact IN ('till_sale', 'hand_over', 'carrier_took', 'hand_over_undone', 'carrier_took_undone') AND ($1::text[] IS NULL OR m.location = ANY($1)) GROUP BY 1, 2),
        sold AS (SELECT sku FROM went GROUP BY sku HAVING sum(units) > 0 ORDER BY sum(units) DESC, sku LIMIT 500)
        SELECT l.sku, l.location, CASE WHEN l.no_promise_until > $3 OR s.blocked_reason IS NOT NULL THEN 0 ELSE l.on_hand - l.reserved - l.safety_stock END AS free,
          coalesce((SELECT sum(n.reserved + n.picked + n.in_transit)::int FROM transfer_line n JOIN transfer t ON t.id = n.transfer
            WHERE n.sku = l.sku AND t.to_location = l.location AND n.reserved + n.picked + n.in_transit > 0), 0)
          + coalesce((SELECT sum(greatest(0, n.ordered - n.good - n.damaged))::int FROM purchase_line n JOIN purchase p ON p.id = n.purchase
            WHERE n.sku = l.sku AND p.location = l.location AND p.status IN ('open', 'receiving')), 0) AS coming,
          greatest(0, coalesce(w.units, 0)) AS went, s.name, s.variant, s.deciding, s.picture, p.name AS store
        FROM sold JOIN stock_level l ON l.sku = sold.sku JOIN sku s ON s.sku = l.sku JOIN location p ON p.id = l.location LEFT JOIN went w ON w.sku = l.sku AND w.location = l.location
        WHERE ($1::text[] IS NULL OR l.location = ANY($1)) AND s.blocked_reason IS NULL LIMIT 200000
        """,
        places(actor), now - timedelta(days=WINDOW_DAYS), now,
    )  # fmt: skip
    found = [Position(row["sku"], row["location"], row["free"], row["coming"], row["went"]) for row in rows]
    names: dict[str, Any] = {row["sku"]: row for row in rows}
    return found, names | {row["location"]: row["store"] for row in rows}


def places(actor: Actor) -> list[str] | None:
    """The actor's places as SQL takes them."""
    return None if actor.locations is None else list(actor.locations)


def _read(row: Any) -> RequestView:
    plain = dict(row)
    lines = msgspec.json.decode(plain.pop("lines") or "[]", type=list[LineView])
    return msgspec.convert(plain | {"lines": lines}, RequestView)

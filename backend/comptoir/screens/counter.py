"""The counter: who waits, what lies on the pickup shelf, and one order's goods as they are about to leave."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

import msgspec

from comptoir.kit.db import Connection
from comptoir.kit.errors import NotFound

_FOUND = """
SELECT o.id, o.number, coalesce(nullif(o.collector, ''), c.first_name || ' ' || c.last_name) AS name, min(w.collect_until) AS collect_until,
  sum(CASE WHEN w.status = 'staged' THEN 1 ELSE 0 END)::int AS staged, count(*)::int AS works,
  (SELECT min(b.place) FROM bag b WHERE b.work = ANY(array_agg(w.id)) AND b.gone_at IS NULL) AS shelf,
  (SELECT sum(l.staged)::int FROM work_line l WHERE l.work = ANY(array_agg(w.id))) AS units
FROM work w JOIN sales_order o ON o.id = w.order_id JOIN customer c ON c.id = o.customer
WHERE w.location = $1 AND w.kind = 'pickup' AND w.status IN ('open', 'accepted', 'picking', 'picked', 'staged')
  AND ($2 = '' AND w.status = 'staged' OR $2 <> '' AND (o.number ILIKE '%' || $3 || '%' OR lower(c.first_name || ' ' || c.last_name) LIKE '%' || lower($3) || '%'
    OR lower(coalesce(o.collector, '')) LIKE '%' || lower($3) || '%' OR length($4) >= 4 AND regexp_replace(coalesce(c.phone, ''), '[^0-9]', '', 'g') LIKE '%' || $4))
GROUP BY o.id, c.id ORDER BY staged DESC, min(w.staged_at) NULLS LAST, o.number LIMIT 50
"""


class Found(msgspec.Struct, frozen=True):
    """An order that can be asked for at this counter."""

    order: UUID
    number: str
    name: str
    collect_until: datetime | None
    staged: int
    works: int
    shelf: str | None
    units: int


async def search(connection: Connection, location: str, words: str) -> list[Found]:
    """Orders of this counter by number, name or the end of a phone number; without words, what lies on the shelf."""
    plain = words.strip()
    escaped = plain.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    digits = "".join(char for char in plain if char.isdigit()).removeprefix("0").removeprefix("33")
    if any(char.isalpha() for char in plain):
        digits = ""
    rows = await connection.fetch(_FOUND, location, plain, escaped, digits)
    return [Found(*row) for row in rows]


_ORDER = """
SELECT o.id AS order, o.number, coalesce(nullif(o.collector, ''), c.first_name || ' ' || c.last_name) AS name, coalesce(nullif(split_part(o.collector, ' ', 1), ''), c.first_name) AS first_name,
  (SELECT coalesce(jsonb_agg(jsonb_build_object('id', w.id, 'status', w.status, 'ended_because', w.ended_because, 'promise_at', w.promise_at,
      'lines', (SELECT jsonb_agg(jsonb_build_object('line', l.line, 'order_line', l.order_line, 'part', l.part, 'name', s.name, 'variant', s.variant, 'deciding', s.deciding, 'picture', s.picture, 'staged', l.staged, 'minimum_age', s.minimum_age, 'blocked', s.blocked_reason) ORDER BY l.line)
        FROM work_line l JOIN sku s ON s.sku = l.sku WHERE l.work = w.id),
      'bags', (SELECT coalesce(jsonb_agg(jsonb_build_object('tag', b.tag, 'place', b.place) ORDER BY b.tag), '[]') FROM bag b WHERE b.work = w.id AND b.gone_at IS NULL)) ORDER BY w.created_at, w.id), '[]')
    FROM work w WHERE w.order_id = o.id AND w.location = $2 AND w.kind = 'pickup') AS works,
  (SELECT jsonb_build_object('id', a.id, 'since', a.at, 'place', a.place, 'taken_by', (SELECT t.first_name FROM staff t WHERE t.id = a.taken_by))
    FROM arrival a WHERE a.order_id = o.id AND a.location = $2 AND a.done_at IS NULL) AS arrival,
  (SELECT jsonb_build_object('id', h.id, 'at', h.at, 'who', (SELECT t.first_name FROM staff t WHERE t.id::text = h.who), 'undone', h.undone_at IS NOT NULL)
    FROM hand_over h WHERE h.order_id = o.id AND h.location = $2 ORDER BY h.recorded_at DESC LIMIT 1) AS last
FROM sales_order o JOIN customer c ON c.id = o.customer WHERE o.id = $1 AND EXISTS (SELECT FROM work w WHERE w.order_id = o.id AND w.location = $2 AND w.kind = 'pickup')
"""


class Line(msgspec.Struct, frozen=True):
    line: int
    name: str
    variant: str
    deciding: str
    picture: str
    staged: int
    minimum_age: int | None = None
    blocked: str | None = None
    order_line: int = 0
    part: int = 0


class Bag(msgspec.Struct, frozen=True):
    tag: str
    place: str | None = None


class Staged(msgspec.Struct, frozen=True):
    """One work of the order at this store."""

    id: UUID
    status: str
    promise_at: datetime
    lines: list[Line]
    bags: list[Bag]
    ended_because: str | None = None
    kind: str = "pickup"


class Here(msgspec.Struct, frozen=True):
    id: UUID
    since: datetime
    place: str
    taken_by: str | None = None


class LastHandOver(msgspec.Struct, frozen=True):
    id: UUID
    at: datetime
    undone: bool
    who: str | None = None

    @property
    def undo_id(self) -> UUID:
        """The id of taking it back: one for each hand-over, so that a second tap changes nothing."""
        return uuid5(self.id, "undo")


class CounterOrder(msgspec.Struct, frozen=True):
    """One order at one counter: what is staged in which bags on which places."""

    order: UUID
    number: str
    name: str
    first_name: str
    works: list[Staged]
    arrival: Here | None = None
    last: LastHandOver | None = None

    @property
    def staged(self) -> list[Staged]:
        return [work for work in self.works if work.status == "staged"]

    @property
    def lines(self) -> list[tuple[UUID, Line]]:
        return [(work.id, line) for work in self.staged for line in work.lines if line.staged]

    @property
    def bags(self) -> list[tuple[UUID, Bag]]:
        return [(work.id, bag) for work in self.staged for bag in work.bags]

    @property
    def recalled(self) -> list[Line]:
        """What lies staged and must not leave."""
        return [line for _, line in self.lines if line.blocked]

    @property
    def all_recalled(self) -> bool:
        """Nothing of what lies here may leave."""
        return bool(self.lines) and len(self.recalled) == len(self.lines)

    @property
    def age(self) -> int | None:
        return max((line.minimum_age for _, line in self.lines if line.minimum_age), default=None)


async def read(connection: Connection, order: UUID, location: str) -> CounterOrder:
    """The order at this counter; NotFound when it has no pickup work here."""
    row = await connection.fetchrow(_ORDER, order, location)
    if row is None:
        raise NotFound("order_not_found")
    values: dict[str, Any] = {
        k: msgspec.json.decode(v) if k in ("works", "arrival", "last") and v is not None else v for k, v in row.items()
    }
    return msgspec.convert({k: v for k, v in values.items() if v is not None}, CounterOrder)


async def stayed(connection: Connection, hand_over: UUID) -> UUID | None:
    """The return of what was tried on at a hand-over and not taken, while it stands."""
    found: UUID | None = await connection.fetchval(
        "SELECT id FROM rma WHERE hand_over = $1 AND status <> 'canceled'", hand_over
    )
    return found


async def articles(connection: Connection, order: UUID, location: str) -> list[str]:
    """Every code of what lies staged of an order here, as scanners read them."""
    rows = await connection.fetch(
        "SELECT b.code FROM work_line l JOIN work w ON w.id = l.work JOIN barcode b ON b.sku = l.sku WHERE w.order_id = $1 AND w.location = $2"
        " AND w.kind = 'pickup' AND l.staged > 0 UNION SELECT l.sku FROM work_line l JOIN work w ON w.id = l.work WHERE w.order_id = $1"
        " AND w.location = $2 AND w.kind = 'pickup' AND l.staged > 0 LIMIT 400",
        order, location,
    )  # fmt: skip
    return [row[0] for row in rows]


async def by_pass(connection: Connection, location: str, qr_hash: bytes) -> UUID | None:
    """The order whose pass this is, at this store only."""
    found: UUID | None = await connection.fetchval(
        "SELECT order_id FROM pickup_pass WHERE qr_hash = $1 AND location = $2", qr_hash, location
    )
    return found


async def by_letters(connection: Connection, location: str, letters_hash: bytes) -> list[UUID]:
    """Orders with these six letters at this store: one, almost always."""
    rows = await connection.fetch(
        "SELECT p.order_id FROM pickup_pass p WHERE p.location = $1 AND p.letters_hash = $2 AND EXISTS (SELECT FROM work w WHERE w.order_id = p.order_id"
        " AND w.location = $1 AND w.status = 'staged') LIMIT 5", location, letters_hash)  # fmt: skip
    return [row[0] for row in rows]


async def by_arrival(connection: Connection, location: str, arrival: UUID) -> UUID | None:
    """The order that a waiting customer came for."""
    found: UUID | None = await connection.fetchval(
        "SELECT order_id FROM arrival WHERE id = $1 AND location = $2", arrival, location
    )
    return found


async def by_bag(connection: Connection, location: str, tag: str) -> UUID | None:
    """The order whose bag this is, while it is on the shelf."""
    found: UUID | None = await connection.fetchval(
        "SELECT w.order_id FROM bag b JOIN work w ON w.id = b.work WHERE b.location = $1 AND b.tag = $2 AND b.gone_at IS NULL", location, tag)  # fmt: skip
    return found

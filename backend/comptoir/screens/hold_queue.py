"""Orders that wait, by what holds them: how many and since when, one queue with what is missing, and what chosen ones would cost."""

from datetime import datetime
from typing import Any, Final, Literal, get_args
from uuid import UUID

import msgspec

from comptoir.kit.actor import Actor
from comptoir.kit.db import Connection

Queue = Literal["payment", "address", "totals", "unknown_item", "short", "fraud", "manual"]
QUEUES: Final[tuple[Queue, ...]] = get_args(Queue)
MOST: Final = 100
"""Orders of one page, and of one act."""

# What waits, in the small indexes of open holds and of units that no place has; whoever sees some places sees the orders that name them.
_WAITING = """
waiting AS MATERIALIZED (
  SELECT h.order_id, h.reason, h.placed_at AS since, h.until, h.detail, h.placed_by, true AS held FROM order_hold h WHERE h.released_at IS NULL
  UNION ALL SELECT r.order_id, 'short', max(o.received_at), NULL, '', 'system', false FROM requirement r JOIN sales_order o ON o.id = r.order_id
    WHERE r.unsourced > 0 AND NOT EXISTS (SELECT FROM order_hold h WHERE h.order_id = r.order_id AND h.released_at IS NULL)
      AND NOT EXISTS (SELECT FROM exception e WHERE e.order_id = r.order_id AND e.kind = 'short_choice' AND e.resolved_at IS NULL)
    GROUP BY r.order_id
),
mine AS MATERIALIZED (
  SELECT w.* FROM waiting w WHERE $1::text[] IS NULL OR EXISTS (SELECT FROM work k WHERE k.order_id = w.order_id AND k.location = ANY($1) OFFSET 0)
    OR EXISTS (SELECT FROM order_line l WHERE l.order_id = w.order_id AND l.location = ANY($1) OFFSET 0)
)"""
_COUNTS = f"""
WITH {_WAITING}
SELECT m.reason, trim(o.currency) AS currency, count(*)::int AS orders, min(m.since) AS oldest, sum(o.total_minor)::bigint AS total_minor
FROM mine m JOIN sales_order o ON o.id = m.order_id GROUP BY m.reason, o.currency ORDER BY orders DESC, m.reason LIMIT 100
"""
# What an order still lacks, line by line, and what of it is free now: at its own store where it is collected, else wherever it is.
_NEEDS = """
(SELECT q.line, q.missing, (SELECT coalesce(sum(greatest(0, v.on_hand - v.reserved - v.safety_stock)), 0) FROM stock_level v
    WHERE v.sku = q.sku AND (q.location IS NULL OR v.location = q.location)) AS free
  FROM (SELECT r.line, r.sku, CASE WHEN i.method = 'pickup' THEN i.location END AS location,
      r.unsourced + greatest(0, r.held - (SELECT coalesce(sum(e.quantity - e.released), 0) FROM reservation e
        WHERE e.order_id = r.order_id AND e.line = r.line AND e.part = r.part)) AS missing
    FROM requirement r JOIN order_line i ON i.order_id = r.order_id AND i.line = r.line WHERE r.order_id = o.id AND p.reason = 'short') q)"""
_QUEUE = f"""
WITH {_WAITING},
page AS MATERIALIZED (SELECT m.* FROM mine m WHERE m.reason = $2 AND ($3::timestamptz IS NULL OR (m.since, m.order_id) > ($3, $4))
  AND ($6::uuid[] IS NULL OR m.order_id = ANY($6)) ORDER BY m.since, m.order_id LIMIT $5)
SELECT p.order_id AS order, p.since, p.until, p.detail, p.held, o.number, o.version, c.first_name, c.last_name, coalesce(ch.name, o.channel) AS channel,
  o.channel AS channel_id, o.total_minor, trim(o.currency) AS currency, (SELECT t.first_name FROM staff t WHERE t.id::text = p.placed_by) AS who,
  ARRAY(SELECT h.reason FROM order_hold h WHERE h.order_id = o.id AND h.released_at IS NULL AND h.reason <> p.reason ORDER BY h.placed_at) AS also,
  (SELECT coalesce(jsonb_agg(jsonb_build_object('line', l.line, 'title', coalesce(s.name, l.title), 'units', l.quantity - l.canceled, 'code', coalesce(l.external_sku, l.sku, ''),
      'unknown', NOT EXISTS (SELECT FROM requirement r WHERE r.order_id = l.order_id AND r.line = l.line),
      'missing', (SELECT coalesce(sum(n.missing), 0) FROM {_NEEDS} n WHERE n.line = l.line),
      'there', NOT EXISTS (SELECT FROM {_NEEDS} n WHERE n.line = l.line AND n.missing > n.free)) ORDER BY l.line), '[]')
    FROM (SELECT * FROM order_line WHERE order_id = o.id AND canceled < quantity ORDER BY line LIMIT 100) l LEFT JOIN sku s ON s.sku = l.sku) AS lines,
  (SELECT coalesce(sum(y.captured_minor - y.refunded_minor), 0)::bigint FROM payment y WHERE y.order_id = o.id) AS captured_minor,
  (SELECT coalesce(sum(y.amount_minor), 0)::bigint FROM payment y WHERE y.order_id = o.id AND y.state = 'authorized') AS authorized_minor,
  (SELECT a.street || ', ' || a.postcode || ' ' || a.city FROM order_address a WHERE a.order_id = o.id AND p.reason = 'address') AS ship_to
FROM page p JOIN sales_order o ON o.id = p.order_id JOIN customer c ON c.id = o.customer LEFT JOIN channel ch ON ch.id = o.channel
ORDER BY p.since, p.order_id
"""
_UNKNOWN = f"""
WITH {_WAITING}
SELECT o.channel, coalesce(ch.name, o.channel) AS channel_name, l.external_sku AS code, min(l.title) AS title, count(DISTINCT o.id)::int AS orders,
  sum(l.quantity)::int AS units
FROM mine m JOIN sales_order o ON o.id = m.order_id JOIN order_line l ON l.order_id = o.id LEFT JOIN channel ch ON ch.id = o.channel
WHERE m.reason = 'unknown_item' AND m.held AND l.canceled = 0 AND l.external_sku IS NOT NULL
  AND ($2::text IS NULL OR (o.channel = $2 AND l.external_sku = $3))
  AND NOT EXISTS (SELECT FROM requirement r WHERE r.order_id = l.order_id AND r.line = l.line)
GROUP BY o.channel, ch.name, l.external_sku ORDER BY orders DESC, l.external_sku LIMIT {MOST}
"""
_LINES = f"""
WITH {_WAITING}
SELECT o.id, o.number, l.line FROM mine m JOIN sales_order o ON o.id = m.order_id JOIN order_line l ON l.order_id = o.id
WHERE m.reason = 'unknown_item' AND m.held AND o.channel = $2 AND l.external_sku = $3 AND l.canceled = 0
  AND NOT EXISTS (SELECT FROM requirement r WHERE r.order_id = l.order_id AND r.line = l.line)
ORDER BY m.since, o.id, l.line LIMIT {MOST}
"""
_NUMBERS = """
SELECT o.id, o.number, o.version FROM sales_order o WHERE o.id = ANY($1::uuid[]) AND ($2::text[] IS NULL
  OR EXISTS (SELECT FROM work k WHERE k.order_id = o.id AND k.location = ANY($2)) OR EXISTS (SELECT FROM order_line l WHERE l.order_id = o.id AND l.location = ANY($2)))
LIMIT 100
"""


class Count(msgspec.Struct, frozen=True):
    """One queue in one currency: how many orders, the oldest, and what they are worth."""

    reason: Queue
    currency: str
    orders: int
    oldest: datetime
    total_minor: int


class HeldLine(msgspec.Struct, frozen=True):
    """A line that is still wanted. `missing` units no place has promised; `there`: somewhere they are free now."""

    line: int
    title: str
    units: int
    code: str
    unknown: bool
    missing: int
    there: bool


class Waiting(msgspec.Struct, frozen=True):
    """One order of a queue. `held` is false where nothing holds it but that units have no place."""

    order: UUID
    since: datetime
    detail: str
    held: bool
    number: str
    version: int
    first_name: str
    last_name: str
    channel: str
    channel_id: str
    total_minor: int
    currency: str
    also: list[Queue]
    lines: list[HeldLine]
    captured_minor: int
    authorized_minor: int
    until: datetime | None = None
    who: str | None = None
    ship_to: str | None = None

    @property
    def place(self) -> str:
        """Where the next page begins."""
        return f"{self.since.isoformat().replace('+00:00', 'Z')}_{self.order}"

    @property
    def missing(self) -> list[HeldLine]:
        return [line for line in self.lines if line.missing]

    @property
    def unknown(self) -> list[HeldLine]:
        return [line for line in self.lines if line.unknown]

    @property
    def there(self) -> bool:
        """Whether all that is missing seems to be somewhere now."""
        return bool(self.missing) and all(line.there for line in self.missing)


class UnknownCode(msgspec.Struct, frozen=True):
    """What a shop calls an article that nobody knows, and how many orders wait for it."""

    channel: str
    channel_name: str
    code: str
    title: str
    orders: int
    units: int


async def counts(connection: Connection, actor: Actor) -> list[Count]:
    """The queues that are not empty, the longest first."""
    return [msgspec.convert(dict(row), Count) for row in await connection.fetch(_COUNTS, _places(actor))]


async def read(
    connection: Connection, actor: Actor, queue: Queue, after: tuple[datetime, UUID] | None = None, limit: int = MOST
) -> list[Waiting]:
    """Up to `limit` of the actor's orders that this holds, those that wait longest first, after `after`."""
    at, last = after if after is not None else (None, None)
    return [_waiting(row) for row in await connection.fetch(_QUEUE, _places(actor), queue, at, last, min(limit, MOST + 1), None)]  # fmt: skip


async def chosen(connection: Connection, actor: Actor, queue: Queue, orders: list[UUID]) -> list[Waiting]:
    """Those of these orders that are the actor's and still wait for this."""
    return [_waiting(row) for row in await connection.fetch(_QUEUE, _places(actor), queue, None, None, MOST, orders)]


async def unknown_codes(
    connection: Connection, actor: Actor, channel: str | None = None, code: str | None = None
) -> list[UnknownCode]:
    """What shops call articles that nobody knows, those that most orders wait for first."""
    return [UnknownCode(*row) for row in await connection.fetch(_UNKNOWN, _places(actor), channel, code)]


async def lines_of(connection: Connection, actor: Actor, channel: str, code: str) -> list[tuple[UUID, str, int]]:
    """(order, number, line) of the lines that a shop calls so, the longest waiting first, at most MOST."""
    return [tuple(row) for row in await connection.fetch(_LINES, _places(actor), channel, code)]


async def standing(connection: Connection, actor: Actor, orders: list[UUID]) -> dict[UUID, tuple[str, int]]:
    """Number and version of those of these orders that are the actor's."""
    rows = await connection.fetch(_NUMBERS, orders[:MOST], _places(actor))
    return {row["id"]: (row["number"], row["version"]) for row in rows}


async def done_before(connection: Connection, commands: list[UUID], actor: Actor) -> set[UUID]:
    """Those of these commands that were carried out already: a form that is sent again."""
    rows = await connection.fetch("SELECT id FROM command WHERE id = ANY($1::uuid[]) LIMIT 1000", commands)
    return {row["id"] for row in rows}


def _places(actor: Actor) -> list[str] | None:
    return list(actor.locations) if actor.locations is not None else None


def _waiting(row: Any) -> Waiting:
    told = {key: value for key, value in row.items() if value is not None}
    return msgspec.convert({**told, "lines": msgspec.json.decode(row["lines"])}, Waiting)

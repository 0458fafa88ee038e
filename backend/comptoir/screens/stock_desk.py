"""Stock as a manager looks at it: counts that wait for a decision, one article over all stores, its ledger."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from comptoir.kit.actor import Actor
from comptoir.kit.db import Connection
from comptoir.kit.errors import NotFound

AT_ONCE = 40
MOST_COUNTS = 100
MOST_STORES = 1000

_DESK = """
SELECT (SELECT coalesce(jsonb_agg(jsonb_build_object('id', c.id, 'store', l.name, 'time_zone', l.time_zone, 'sku', c.sku,
      'name', s.name, 'variant', s.variant, 'deciding', s.deciding, 'picture', s.picture, 'counted', c.counted, 'expected', c.expected,
      'price_minor', s.price_minor, 'currency', s.currency, 'moved', c.moved, 'second', c.status = 'recount', 'yours', coalesce(c.not_by = $3, false), 'counted_at', c.counted_at,
      'who', (SELECT t.first_name FROM staff t WHERE t.id::text = c.counted_by),
      'figures', (SELECT coalesce(jsonb_agg(jsonb_build_object('quantity', f.quantity, 'expected', f.expected, 'parts', f.parts, 'at', f.counted_at,
          'who', (SELECT t.first_name FROM staff t WHERE t.id::text = f.counted_by)) ORDER BY f.counted_at, f.id), '[]')
        FROM (SELECT * FROM stock_count_figure WHERE count_id = c.id ORDER BY recorded_at DESC LIMIT 6) f)) ORDER BY c.counted_at), '[]')
    FROM (SELECT * FROM stock_count WHERE (status = 'submitted' OR (status = 'recount' AND not_by IS NOT NULL)) AND ($1::text[] IS NULL OR location = ANY($1))
      ORDER BY counted_at LIMIT $2) c JOIN location l ON l.id = c.location JOIN sku s ON s.sku = c.sku) AS counts,
  (SELECT coalesce(jsonb_agg(jsonb_build_object('sku', b.sku, 'name', b.name, 'variant', b.variant, 'deciding', b.deciding, 'picture', b.picture,
      'reason', b.blocked_reason) ORDER BY b.name, b.sku), '[]')
    FROM (SELECT * FROM sku WHERE blocked_reason IS NOT NULL ORDER BY name, sku LIMIT $2) b) AS blocked,
  (SELECT count(*) FROM stock_adjustment a WHERE a.status = 'waiting' AND ($1::text[] IS NULL OR a.location = ANY($1)))::text AS corrections,
  (SELECT count(DISTINCT p.recall) FROM recall r JOIN recall_place p ON p.recall = r.id WHERE r.status = 'open'
    AND ($1::text[] IS NULL OR p.location = ANY($1)))::text AS recalls
"""

# The newest lines of each store come from its own index entries; the newest of them all are a merge of few.
_ARTICLE = """
SELECT s.sku, s.name, s.variant, s.deciding, s.picture, s.price_minor, s.currency, s.blocked_reason, s.is_kit, s.category,
  ARRAY(SELECT b.code FROM barcode b WHERE b.sku = s.sku ORDER BY b.code LIMIT 20) AS barcodes,
  (SELECT coalesce(jsonb_agg(jsonb_build_object('id', l.id, 'name', l.name, 'kind', l.kind, 'region', coalesce(l.region, ''), 'on_hand', v.on_hand, 'reserved', v.reserved,
      'set_aside', v.set_aside, 'unsellable', v.unsellable, 'safety', v.safety_stock, 'own', v.safety_own, 'counted_at', v.counted_at, 'available',
      CASE WHEN s.blocked_reason IS NOT NULL OR v.no_promise_until > $3 THEN 0
        ELSE greatest(0, v.on_hand - v.reserved - v.safety_stock) END, 'waits', coalesce(v.no_promise_until > $3, false),
      'tries', f.tries, 'found', f.found) ORDER BY l.name), '[]')
    FROM stock_level v JOIN location l ON l.id = v.location LEFT JOIN find_rate f ON f.sku = v.sku AND f.location = v.location
    WHERE v.sku = s.sku AND ($2::text[] IS NULL OR v.location = ANY($2))) AS levels,
  (SELECT coalesce(jsonb_agg(jsonb_build_object('id', m.id, 'fact', m.fact, 'store', m.name, 'time_zone', m.time_zone,
      'on_hand', m.on_hand, 'reserved', m.reserved, 'set_aside', m.set_aside, 'unsellable', m.unsellable, 'reason', m.reason,
      'happened_at', m.happened_at, 'order', m.order_id, 'number', (SELECT o.number FROM sales_order o WHERE o.id = m.order_id),
      'who', coalesce((SELECT t.first_name FROM staff t WHERE t.id::text = m.who),
        (SELECT k.name FROM api_key k WHERE m.who IN ('key:' || k.id, k.id::text)))) ORDER BY m.happened_at DESC, m.id DESC), '[]')
    FROM (SELECT n.*, l.name, l.time_zone FROM location l CROSS JOIN LATERAL (SELECT * FROM stock_movement y
        WHERE y.sku = s.sku AND y.location = l.id AND ($5::timestamptz IS NULL OR (y.happened_at, y.id) < ($5, $6::uuid))
        ORDER BY y.happened_at DESC, y.id DESC LIMIT $4) n
      WHERE ($2::text[] IS NULL OR l.id = ANY($2)) AND ($7 = '' OR l.id = $7)
      ORDER BY n.happened_at DESC, n.id DESC LIMIT $4) m) AS movements
FROM sku s WHERE s.sku = $1
"""


class ToldFigure(msgspec.Struct, frozen=True):
    """What somebody counted, and what the ledger said of that moment; `parts` are the units of each shelf."""

    quantity: int
    expected: int
    parts: list[int]
    at: datetime
    who: str | None = None


class WaitingCount(msgspec.Struct, frozen=True):
    """A count whose difference somebody must believe or not; `second`: another person is asked to count first, for
    whoever decides is `yours`, the one who counted it alone.
    """

    id: UUID
    store: str
    time_zone: str
    sku: str
    name: str
    variant: str
    deciding: str
    picture: str
    counted: int
    expected: int
    counted_at: datetime
    price_minor: int
    currency: str
    moved: bool
    second: bool
    yours: bool
    figures: list[ToldFigure]
    who: str | None = None

    @property
    def worth_minor(self) -> int:
        """What the difference is worth at the shelf's price."""
        return (self.counted - self.expected) * self.price_minor


class BlockedArticle(msgspec.Struct, frozen=True):
    """An article that is stopped everywhere."""

    sku: str
    name: str
    variant: str
    deciding: str
    picture: str
    reason: str


class StockDesk(msgspec.Struct, frozen=True):
    """What waits for somebody who answers for stock: counts, articles that are blocked, how many corrections wait and recalls go on."""

    counts: list[WaitingCount]
    blocked: list[BlockedArticle]
    corrections: int
    recalls: int


class LevelHere(msgspec.Struct, frozen=True):
    """One store's figures; `waits` while a short keeps new promises off until it is counted. `safety` units are never promised, `own` where
    that was set for this row alone.
    """

    id: str
    name: str
    kind: str
    region: str
    on_hand: int
    reserved: int
    set_aside: int
    unsellable: int
    safety: int
    available: int
    waits: bool
    own: int | None = None
    counted_at: datetime | None = None
    tries: int | None = None
    found: int | None = None
    """Of the latest tries to pick it there, how many found it."""


class LedgerLine(msgspec.Struct, frozen=True):
    """One movement in what a person asks: what, where, when, who, for which order."""

    id: UUID
    fact: str
    store: str
    time_zone: str
    on_hand: int
    reserved: int
    set_aside: int
    unsellable: int
    happened_at: datetime
    reason: str | None = None
    order: UUID | None = None
    number: str | None = None
    who: str | None = None

    @property
    def place(self) -> str:
        """Where the next page begins."""
        return f"{self.happened_at.isoformat().replace('+00:00', 'Z')}_{self.id}"


class ArticleDesk(msgspec.Struct, frozen=True):
    """One article, what each store has of it, and what moved it."""

    sku: str
    name: str
    variant: str
    deciding: str
    picture: str
    price_minor: int
    currency: str
    is_kit: bool
    category: str
    barcodes: list[str]
    levels: list[LevelHere]
    movements: list[LedgerLine]
    blocked_reason: str | None = None

    def total(self, figure: str) -> int:
        return sum(getattr(level, figure) for level in self.levels)


async def read(connection: Connection, actor: Actor) -> StockDesk:
    """Counts of the actor's stores that wait for approval, and what is blocked everywhere."""
    row = await connection.fetchrow(_DESK, _places(actor), MOST_COUNTS + 1, actor.who)
    assert row is not None
    return msgspec.convert({key: msgspec.json.decode(value) for key, value in row.items()}, StockDesk)


async def article(
    connection: Connection,
    actor: Actor,
    sku: str,
    now: datetime,
    store: str = "",
    before: tuple[datetime, UUID] | None = None,
) -> ArticleDesk:
    """An article over the actor's stores, with the newest lines of the ledger before a place. NotFound `unknown_sku`."""
    at, last = before if before is not None else (None, None)
    row = await connection.fetchrow(_ARTICLE, sku, _places(actor), now, AT_ONCE + 1, at, last, store)
    if row is None:
        raise NotFound("unknown_sku", sku=sku)
    told: dict[str, Any] = {k: msgspec.json.decode(v) if k in ("levels", "movements") else v for k, v in row.items()}
    return msgspec.convert(told, ArticleDesk)


def _places(actor: Actor) -> list[str] | None:
    return list(actor.locations) if actor.locations is not None else None

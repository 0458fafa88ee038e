"""What the order page tells beyond the order itself: what holds it, which lines nobody knows, where a short could go."""

import re
from datetime import datetime
from uuid import UUID

import msgspec

from comptoir.invoices.model import Listed
from comptoir.kit.actor import Actor
from comptoir.kit.db import Connection

MOST_STORES = 30
_SUMS = re.compile(r"expected_minor (\d+), sent_minor (\d+)")

_SQL = """
SELECT ch.name AS channel, (SELECT c.erased_at FROM customer c WHERE c.id = o.customer) AS erased_at,
  (SELECT coalesce(jsonb_agg(jsonb_build_object('reason', h.reason, 'detail', h.detail, 'placed_at', h.placed_at, 'until', h.until,
      'who', (SELECT t.first_name FROM staff t WHERE t.id::text = h.placed_by)) ORDER BY h.placed_at), '[]')
    FROM order_hold h WHERE h.order_id = o.id AND h.released_at IS NULL) AS holds,
  ARRAY(SELECT l.line FROM order_line l WHERE l.order_id = o.id AND l.canceled < l.quantity
    AND NOT EXISTS (SELECT FROM requirement r WHERE r.order_id = o.id AND r.line = l.line) ORDER BY l.line) AS unknown,
  (SELECT coalesce(jsonb_agg(jsonb_build_object('id', e.id, 'kind', e.kind, 'what', coalesce(e.body->>'what', 'store')) ORDER BY e.made_at), '[]') FROM exception e
    WHERE e.order_id = o.id AND e.resolved_at IS NULL AND e.kind <> 'short_choice' AND ($2::text[] IS NULL OR e.location = ANY($2))) AS cases,
  (SELECT coalesce(jsonb_agg(jsonb_build_object('line', m.line, 'units', m.units, 'stores', m.stores) ORDER BY m.line), '[]') FROM (
    SELECT r.line, sum(r.unsourced) AS units, (SELECT coalesce(jsonb_agg(jsonb_build_object('id', f.id, 'name', f.name, 'free', f.free) ORDER BY f.free DESC, f.name), '[]') FROM (
        SELECT p.id, p.name, min(greatest(0, v.on_hand - v.reserved - v.safety_stock) / q.unsourced) AS enough, min(greatest(0, v.on_hand - v.reserved - v.safety_stock)) AS free
        FROM requirement q JOIN stock_level v ON v.sku = q.sku JOIN location p ON p.id = v.location JOIN sku s ON s.sku = q.sku AND s.blocked_reason IS NULL
        WHERE q.order_id = o.id AND q.line = r.line AND q.unsourced > 0 AND p.kind = 'store'
        GROUP BY p.id HAVING count(*) = (SELECT count(*) FROM requirement z WHERE z.order_id = o.id AND z.line = r.line AND z.unsourced > 0) ORDER BY 4 DESC LIMIT $3) f
      WHERE f.enough >= 1) AS stores
    FROM requirement r WHERE r.order_id = o.id AND r.unsourced > 0 AND NOT EXISTS (SELECT FROM order_hold h WHERE h.order_id = o.id AND h.released_at IS NULL)
    GROUP BY r.line) m) AS missing,
  (SELECT jsonb_build_object('score', r.score, 'comment', r.comment) FROM rating r WHERE r.order_id = o.id) AS rating,
  (SELECT coalesce(jsonb_agg(jsonb_build_object('units', p.units, 'store', l.name) ORDER BY l.name), '[]')
    FROM (SELECT location, sum(quantity - done)::int AS units FROM put_back WHERE order_id = o.id AND done < quantity AND withdrawn_at IS NULL GROUP BY location) p JOIN location l ON l.id = p.location) AS put_backs,
  (SELECT coalesce(jsonb_agg(jsonb_build_object('number', d.number, 'kind', d.kind, 'issued_on', d.issued_on, 'total_minor', d.total_minor,
      'vat_minor', d.vat_minor, 'currency', trim(d.currency), 'cites', d.cites) ORDER BY d.made_at, d.number), '[]') FROM document d WHERE d.order_id = o.id) AS documents
FROM sales_order o LEFT JOIN channel ch ON ch.id = o.channel WHERE o.id = $1
"""


class OpenHold(msgspec.Struct, frozen=True):
    """Why the order waits; `until` is when an unpaid order lapses."""

    reason: str
    detail: str
    placed_at: datetime
    until: datetime | None = None
    who: str | None = None

    @property
    def sums(self) -> tuple[int, int] | None:
        """What the lines come to and what was sent, where the order is held for its totals."""
        found = _SUMS.search(self.detail)
        return (int(found[1]), int(found[2])) if found else None


class OpenCase(msgspec.Struct, frozen=True):
    """A case about this order; `what` a customer asks for, where it is that."""

    id: UUID
    kind: str
    what: str = ""


class RetryStore(msgspec.Struct, frozen=True):
    """A store whose figures say that it has the missing units."""

    id: str
    name: str
    free: int


class Missing(msgspec.Struct, frozen=True):
    """Units of a line that a shelf did not have and a person decides about."""

    line: int
    units: int
    stores: list[RetryStore]


class PutBackHere(msgspec.Struct, frozen=True):
    store: str
    units: int


class Rating(msgspec.Struct, frozen=True):
    """How the customer says that the hand-over was: 3 good, 2 so so, 1 not good."""

    score: int
    comment: str


class OrderDesk(msgspec.Struct, frozen=True):
    """The order as the people behind it see it."""

    holds: list[OpenHold]
    unknown: list[int]
    cases: list[OpenCase]
    missing: list[Missing]
    put_backs: list[PutBackHere]
    channel: str | None = None
    erased_at: datetime | None = None
    documents: tuple[Listed, ...] = ()
    rating: Rating | None = None

    def short(self, line: int) -> Missing | None:
        return next((one for one in self.missing if one.line == line), None)


_JSON = frozenset({"holds", "cases", "missing", "put_backs", "documents", "rating"})


async def consequences(
    connection: Connection, order: UUID, cause: UUID, at: datetime, actor: Actor
) -> tuple[int, list[tuple[str, int, str]]]:
    """What a command made at one moment: units to put back, and (kind, amount, who moves it) of the money."""
    back: int = await connection.fetchval(
        "SELECT coalesce(sum(quantity), 0)::int FROM put_back WHERE order_id = $1 AND made_at = $2", order, at
    )
    rows = await connection.fetch(
        "SELECT i.kind, i.amount_minor, coalesce(c.name, i.made_by) FROM payment_intention i"
        " LEFT JOIN channel c ON c.id = i.made_by WHERE i.cause = $1 ORDER BY i.kind LIMIT 100",
        cause,
    )
    return back, [(row[0], row[1], row[2]) for row in rows]


async def is_done(connection: Connection, command: UUID) -> bool:
    """Whether this command was carried out before: the same form, sent again."""
    return await connection.fetchval("SELECT true FROM command WHERE id = $1", command) is True


async def read(connection: Connection, order: UUID, actor: Actor) -> OrderDesk:
    """What stands around an order that the caller has read for this actor already."""
    places = list(actor.locations) if actor.locations is not None else None
    row = await connection.fetchrow(_SQL, order, places, MOST_STORES)
    assert row is not None
    told = {
        key: msgspec.json.decode(value) if key in _JSON and value is not None else value for key, value in row.items()
    }
    return msgspec.convert(told, OrderDesk)

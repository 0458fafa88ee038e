"""The story of an order, every fact once: what happened, what the customer was told, what money is to move, who decided. One statement."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from comptoir.kit.actor import Actor
from comptoir.kit.db import Connection

SHORT: Final = 30
"""Facts of a page before somebody asks for all."""
MOST: Final = 500

# A hold is told by its own row, which knows its reason and its note: its event would be the same fact again. That two minutes are over is none.
# `n` orders what happened in one moment: placed, held or decided, then the rest.
_SQL = """
SELECT f.source, f.kind, f.at, f.body, f.store, f.time_zone, coalesce(t.first_name, k.name, w.name) AS who, coalesce(t.role, '') AS role,
  CASE WHEN f.who LIKE 'customer%' THEN 'customer' WHEN t.id IS NOT NULL THEN 'staff' WHEN coalesce(k.name, w.name) IS NOT NULL THEN 'shop' ELSE 'system' END AS by,
  count(*) OVER ()::int AS of
FROM (
  SELECT 'event' AS source, e.kind, e.at, e.body, e.who, l.name AS store, l.time_zone, e.seq * 10 AS n FROM event e LEFT JOIN location l ON l.id = e.location
    WHERE e.stream = $1 AND e.withdrawn_at IS NULL AND e.kind NOT IN ('order.held', 'fulfillment.hand_over_settled')
  UNION ALL SELECT 'hold', h.reason, h.placed_at, jsonb_build_object('note', CASE WHEN h.reason IN ('manual', 'fraud') THEN h.detail ELSE '' END), h.placed_by, NULL, NULL, 12
    FROM order_hold h WHERE h.order_id = $1
  UNION ALL SELECT 'released', h.reason, h.released_at, jsonb_build_object('note', coalesce(h.note, '')), h.released_by, NULL, NULL, 13
    FROM order_hold h WHERE h.order_id = $1 AND h.released_at IS NOT NULL AND coalesce(h.note, '') <> 'canceled'
  UNION ALL SELECT 'message', m.template, coalesce(m.settled_at, m.made_at), jsonb_build_object('status', m.status, 'medium', m.medium, 'reason', coalesce(m.reason, '')),
    coalesce(m.settled_by, 'system'), NULL, NULL, 1000001 FROM message m WHERE m.order_id = $1 AND m.status <> 'due'
  UNION ALL SELECT 'money', i.kind, i.intended_at, jsonb_build_object('amount_minor', i.amount_minor, 'reason', i.reason, 'state', i.state,
      'made_by', coalesce(c.name, i.made_by)), i.intended_who, NULL, NULL, 1000002
    FROM payment_intention i LEFT JOIN channel c ON c.id = i.made_by WHERE i.order_id = $1
  UNION ALL SELECT 'decision', d.occasion, d.at, jsonb_build_object('stores', (SELECT coalesce(jsonb_agg(DISTINCT p.name), '[]')
      FROM jsonb_array_elements(convert_from(d.body, 'UTF8')::jsonb->'plans'->0->'parcels') q JOIN location p ON p.id = q->>'location')), 'system', NULL, NULL, 11
    FROM sourcing_decision d WHERE d.order_id = $1
  UNION ALL SELECT 'put_back', b.reason, b.done_at, jsonb_build_object('units', b.quantity), b.done_by, l.name, l.time_zone, 1000003
    FROM put_back b JOIN location l ON l.id = b.location JOIN work v ON v.id = b.work WHERE v.order_id = $1 AND b.done_at IS NOT NULL AND b.withdrawn_at IS NULL
) f LEFT JOIN staff t ON t.id::text = f.who LEFT JOIN api_key k ON f.who IN ('key:' || k.id, k.id::text) LEFT JOIN channel w ON f.who = 'channel:' || w.id
WHERE $2::text[] IS NULL OR EXISTS (SELECT FROM work x WHERE x.order_id = $1 AND x.location = ANY($2)) OR EXISTS (SELECT FROM order_line y WHERE y.order_id = $1 AND y.location = ANY($2))
ORDER BY f.at {way}, f.n {way} LIMIT $3
"""


class Fact(msgspec.Struct, frozen=True):
    """One fact. `by` says what kind of actor; `who` is a first name with its `role`, or the name of a shop; `time_zone` is the store's."""

    source: str
    kind: str
    at: datetime
    body: dict[str, Any]
    by: str
    role: str
    who: str | None = None
    store: str | None = None
    time_zone: str | None = None

    @property
    def key(self) -> str:
        """The words that tell an event: its kind, and where one kind tells two things, which of them."""
        key = self.kind.replace(".", "_")
        if self.kind == "fulfillment.staged" and self.body.get("part"):
            return f"{key}_part"
        if self.kind == "order.short_decided":
            return f"{key}_{self.body.get('choice', '')}"
        if self.kind == "order.canceled" and not self.body.get("whole"):
            return f"{key}_part"
        return f"{key}_asked" if self.kind == "customer.erased" and self.body.get("asked") else key

    @property
    def note(self) -> str:
        return str(self.body.get("note") or "")


class Story(msgspec.Struct, frozen=True):
    """The facts that are shown, and how many there are of all."""

    facts: list[Fact]
    of: int


async def read(connection: Connection, order: UUID, actor: Actor, *, newest: bool, every: bool) -> Story:
    """At most SHORT facts, or MOST where `every` is asked for; none of an order that is not the actor's."""
    places = list(actor.locations) if actor.locations is not None else None
    rows = await connection.fetch(_SQL.format(way="DESC" if newest else "ASC"), order, places, MOST if every else SHORT)
    told = [{**dict(row), "body": msgspec.json.decode(row["body"])} for row in rows]
    return Story([msgspec.convert({key: value for key, value in one.items() if value is not None}, Fact) for one in told], rows[0]["of"] if rows else 0)  # fmt: skip

"""One order, whole: lines, where the units are, works, holds, money, and what happened. For the API and the order page."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from comptoir.kit.actor import Actor
from comptoir.kit.db import Connection
from comptoir.kit.errors import NotFound
from comptoir.returns.model import Notice

_SQL = """
SELECT o.id, o.number, o.channel, o.external_number, o.placed_at, o.language, o.currency, o.goods_minor, o.discount_minor, o.shipping_minor, o.vat_minor, o.total_minor,
  o.progress, o.collector, o.canceled_at, o.cancel_reason, o.version,
  jsonb_build_object('id', c.id, 'first_name', c.first_name, 'last_name', c.last_name, 'email', c.email, 'phone', c.phone,
    'company', (SELECT jsonb_build_object('name', b.name, 'siren', b.siren, 'vat_number', b.vat_number) FROM order_company b WHERE b.order_id = o.id)) AS customer,
  (SELECT to_jsonb(a) - 'order_id' FROM order_address a WHERE a.order_id = o.id) AS ship_to,
  (SELECT jsonb_agg(jsonb_build_object('line', l.line, 'sku', l.sku, 'external_sku', l.external_sku, 'title', coalesce(s.name, l.title), 'variant', coalesce(s.variant, ''), 'deciding', coalesce(s.deciding, ''),
      'picture', coalesce(s.picture, ''), 'quantity', l.quantity, 'canceled', l.canceled, 'unit_price_minor', l.unit_price_minor, 'discount_minor', l.discount_minor, 'total_minor', l.total_minor,
      'method', l.method, 'location', l.location, 'unsourced', (SELECT coalesce(sum(r.unsourced), 0) FROM requirement r WHERE r.order_id = o.id AND r.line = l.line)) ORDER BY l.line)
    FROM order_line l LEFT JOIN sku s ON s.sku = l.sku WHERE l.order_id = o.id) AS lines,
  (SELECT jsonb_agg(jsonb_build_object('id', w.id, 'location', w.location, 'location_name', p.name, 'kind', w.kind, 'status', w.status, 'ended_because', w.ended_because, 'promise_at', w.promise_at, 'time_zone', p.time_zone, 'told_at', w.told_at,
      'told_zone', coalesce((SELECT z.time_zone FROM transfer t JOIN location z ON z.id = t.to_location WHERE t.work = w.id AND w.kind = 'transfer'), p.time_zone), 'collect_until', w.collect_until,
      'taken_by', (SELECT t.first_name FROM staff t WHERE t.id = w.taken_by),
      'bags', (SELECT coalesce(jsonb_agg(jsonb_build_object('tag', b.tag, 'place', b.place) ORDER BY b.tag), '[]') FROM bag b WHERE b.work = w.id AND b.gone_at IS NULL),
      'lines', (SELECT jsonb_agg(jsonb_build_object('line', wl.order_line, 'sku', wl.sku, 'quantity', wl.quantity, 'reserved', wl.reserved, 'picked', wl.picked, 'staged', wl.staged, 'in_transit', wl.in_transit,
        'handed_over', wl.handed_over, 'delivered', wl.delivered, 'shorted', wl.shorted, 'canceled', wl.canceled) ORDER BY wl.line) FROM work_line wl WHERE wl.work = w.id)) ORDER BY w.created_at, w.id)
    FROM work w JOIN location p ON p.id = w.location WHERE w.order_id = o.id AND ($2::text[] IS NULL OR w.location = ANY($2))) AS works,
  (SELECT jsonb_agg(jsonb_build_object('reason', h.reason, 'detail', h.detail, 'placed_at', h.placed_at, 'released_at', h.released_at) ORDER BY h.placed_at) FROM order_hold h WHERE h.order_id = o.id) AS holds,
  (SELECT jsonb_agg(jsonb_build_object('provider', y.provider, 'reference', y.reference, 'state', y.state, 'amount_minor', y.amount_minor) ORDER BY y.reference) FROM payment y WHERE y.order_id = o.id) AS payments,
  (SELECT jsonb_agg(jsonb_build_object('kind', i.kind, 'amount_minor', i.amount_minor, 'reason', i.reason, 'made_by', i.made_by, 'due_at', i.due_at, 'state', i.state) ORDER BY i.intended_at) FROM payment_intention i WHERE i.order_id = o.id) AS intentions,
  (SELECT jsonb_agg(jsonb_build_object('kind', e.kind, 'at', e.at, 'who', (SELECT t.first_name FROM staff t WHERE t.id::text = e.who), 'body', e.body) ORDER BY e.seq) FROM
    (SELECT * FROM event WHERE stream = o.id AND withdrawn_at IS NULL ORDER BY seq DESC LIMIT 100) e) AS events,
  (SELECT jsonb_build_object('id', v.id, 'at', v.at, 'undone_at', v.undone_at) FROM hand_over v WHERE v.order_id = o.id ORDER BY v.recorded_at DESC LIMIT 1) AS last_hand_over,
  (SELECT jsonb_agg(jsonb_build_object('id', q.id, 'noticed_at', q.noticed_at, 'lines', q.lines, 'legal_until', q.legal_until) ORDER BY q.noticed_at, q.id)
    FROM return_request q WHERE q.order_id = o.id) AS withdrawals
FROM sales_order o JOIN customer c ON c.id = o.customer
WHERE o.id = $1 AND ($2::text[] IS NULL OR EXISTS (SELECT FROM work w WHERE w.order_id = o.id AND w.location = ANY($2)) OR EXISTS (SELECT FROM order_line l WHERE l.order_id = o.id AND l.location = ANY($2)))
"""


class Company(msgspec.Struct, frozen=True):
    """The business that buys."""

    name: str
    siren: str | None
    vat_number: str | None


class Person(msgspec.Struct, frozen=True):
    id: UUID
    first_name: str
    last_name: str
    email: str | None
    phone: str | None
    company: Company | None = None


class LineView(msgspec.Struct, frozen=True):
    line: int
    title: str
    quantity: int
    canceled: int
    unit_price_minor: int
    discount_minor: int
    total_minor: int
    method: str
    unsourced: int
    sku: str | None = None
    external_sku: str | None = None
    variant: str = ""
    deciding: str = ""
    picture: str = ""
    location: str | None = None


class BagView(msgspec.Struct, frozen=True):
    tag: str
    place: str | None


class UnitsView(msgspec.Struct, frozen=True):
    """Where the units of one work line are."""

    line: int
    sku: str
    quantity: int
    reserved: int
    picked: int
    staged: int
    in_transit: int
    handed_over: int
    delivered: int
    shorted: int
    canceled: int


class WorkView(msgspec.Struct, frozen=True):
    id: UUID
    location: str
    location_name: str
    kind: str
    status: str
    promise_at: datetime
    time_zone: str
    lines: list[UnitsView]
    bags: list[BagView] = []
    collect_until: datetime | None = None
    taken_by: str | None = None
    told_at: datetime | None = None
    told_zone: str = "Europe/Paris"
    """Of the store where it is collected: a later hour was told by its clock."""
    ended_because: str | None = None
    """`moved`: another place does it. `declined`: this one said no."""


class HoldView(msgspec.Struct, frozen=True):
    reason: str
    detail: str
    placed_at: datetime
    released_at: datetime | None


class OrderView(msgspec.Struct, frozen=True):
    """Everything about one order that its reader may see. Money in minor units; times in UTC."""

    id: UUID
    number: str
    channel: str
    placed_at: datetime
    language: str
    currency: str
    goods_minor: int
    discount_minor: int
    shipping_minor: int
    vat_minor: int
    total_minor: int
    progress: str
    version: int
    customer: Person
    lines: list[LineView]
    works: list[WorkView] = []
    holds: list[HoldView] = []
    payments: list[dict[str, Any]] = []
    intentions: list[dict[str, Any]] = []
    events: list[dict[str, Any]] = []
    ship_to: dict[str, Any] | None = None
    external_number: str | None = None
    collector: str | None = None
    canceled_at: datetime | None = None
    cancel_reason: str | None = None
    last_hand_over: dict[str, Any] | None = None
    withdrawals: list[Notice] = []

    @property
    def held(self) -> list[HoldView]:
        return [hold for hold in self.holds if hold.released_at is None]


async def read(connection: Connection, order: UUID, actor: Actor) -> OrderView:
    """The order as this actor may see it; NotFound when it is not there or not theirs."""
    row = await connection.fetchrow(_SQL, order, list(actor.locations) if actor.locations is not None else None)
    if row is None:
        raise NotFound("order_not_found")
    held = {
        key: msgspec.json.decode(value) if key in _JSON and value is not None else value for key, value in row.items()
    }
    return msgspec.convert({key: value for key, value in held.items() if value is not None}, OrderView)


_JSON = frozenset(
    {
        "customer",
        "ship_to",
        "lines",
        "works",
        "holds",
        "payments",
        "intentions",
        "events",
        "last_hand_over",
        "withdrawals",
    }
)

"""What a customer sees of one order behind its link: one statement, one struct, no phone, e-mail or address."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from comptoir.invoices.model import Listed
from comptoir.kit.db import Connection
from comptoir.kit.ids import digest
from comptoir.returns.eligibility import Bought, day_in, period, zone_of
from comptoir.returns.model import Notice, units_left
from comptoir.returns.policy import Policy, Uninformed
from comptoir.returns.withdrawal import in_time
from comptoir.screens.customer_asks import Request, ShortChoice
from comptoir.screens.customer_parcels import DELIVERY, PARCELS, CustomerParcel, Delivery
from comptoir.screens.customer_part import Part
from comptoir.screens.customer_return import RETURNS, ReturnOf

# What comes from another store is a part of the store where it is collected, being prepared, until it is there.
_SQL = (
    """
SELECT o.id, o.number, o.language, trim(o.currency) AS currency, o.progress, o.placed_at, o.total_minor,
    o.shipping_minor,
  o.discount_minor, o.canceled_at, o.cancel_reason, c.first_name, c.last_name,
  coalesce((SELECT h.name FROM channel h WHERE h.id = o.channel AND h.kind <> 'api'), '') AS refund_by,
  coalesce(o.collector, '') AS collector, (SELECT h.delivery_minor FROM channel h WHERE h.id = o.channel) AS delivery_minor,
  coalesce((SELECT a.place FROM arrival a JOIN sales_order k ON k.id = a.order_id WHERE k.customer = o.customer AND a.place <> ''
    ORDER BY a.at DESC LIMIT 1), '') AS last_place,
  coalesce((SELECT jsonb_agg(jsonb_build_object('id', q.id, 'kind', q.kind, 'state', q.state, 'price_minor', q.price_minor, 'line', q.line,
      'name', coalesce(q.body->>'name', ''), 'city', coalesce(q.body->>'city', '')) ORDER BY q.asked_at)
    FROM change_request q WHERE q.order_id = o.id AND q.state <> 'withdrawn'), '[]') AS requests,
  coalesce((SELECT jsonb_agg(jsonb_build_object('line', m.line, 'title', m.title, 'units', m.units, 'until', m.until, 'waited', m.waited) ORDER BY m.line)
    FROM (SELECT i.line, concat_ws(', ', s.name, nullif(s.variant, ''), nullif(s.deciding, '')) AS title, i.until, i.waited,
        (SELECT coalesce(sum(r.unsourced), 0)::int FROM requirement r WHERE r.order_id = o.id AND r.line = i.line) AS units
      FROM (SELECT (e.body->>'line')::int AS line, min(e.sku) AS sku, min((e.body->>'until')::timestamptz) AS until,
          bool_or(coalesce((e.body->>'waited')::bool, false)) AS waited
        FROM exception e WHERE e.order_id = o.id AND e.kind = 'short_choice' AND e.resolved_at IS NULL GROUP BY 1) i
      LEFT JOIN sku s ON s.sku = i.sku) m WHERE m.units > 0), '[]') AS choices,
  coalesce((SELECT jsonb_agg(DISTINCT h.reason) FROM order_hold h
    WHERE h.order_id = o.id AND h.released_at IS NULL), '[]') AS holds,
  coalesce((SELECT bool_or(p.state IN ('captured', 'part_refunded', 'refunded')) FROM payment p WHERE p.order_id =
      o.id), false) AS paid,
  coalesce((SELECT sum(p.amount_minor) FROM payment p WHERE p.order_id = o.id AND p.state = 'pending' AND p.provider = 'pay_link'), 0)::bigint AS to_pay_minor,
  coalesce((SELECT jsonb_agg(jsonb_build_object('kind', i.kind, 'state', i.state, 'amount_minor', i.amount_minor, 'sent_at', i.sent_at)
      ORDER BY i.intended_at)
    FROM payment_intention i WHERE i.order_id = o.id AND i.kind IN ('refund', 'void') AND i.state <> 'withdrawn'),
        '[]') AS money_back,
  coalesce((SELECT jsonb_agg(jsonb_build_object('number', d.number, 'kind', d.kind, 'issued_on', d.issued_on, 'total_minor', d.total_minor,
      'vat_minor', d.vat_minor, 'currency', trim(d.currency), 'cites', d.cites) ORDER BY d.made_at, d.number)
    FROM document d WHERE d.order_id = o.id), '[]') AS documents,
  {parcels},
  {delivery},
  {returns},
  (SELECT jsonb_build_object('score', r.score, 'comment', r.comment) FROM rating r WHERE r.order_id = o.id) AS rating,
  EXISTS (SELECT FROM order_company b WHERE b.order_id = o.id) AS business, o.channel,
  coalesce((SELECT p.body->'uninformed' FROM policy p WHERE p.kind = 'returns' AND p.active_from < $2::date + 1
    ORDER BY p.active_from DESC, p.number DESC LIMIT 1), '[]') AS uninformed,
  coalesce((SELECT p.body->'contracts'->>o.channel FROM policy p WHERE p.kind = 'returns' AND p.active_from < $2::date + 1
    ORDER BY p.active_from DESC, p.number DESC LIMIT 1), 'distance') AS contract,
  coalesce((SELECT jsonb_agg(jsonb_build_object('id', r.id, 'noticed_at', r.noticed_at, 'lines', r.lines, 'legal_until', r.legal_until)
      ORDER BY r.noticed_at, r.id) FROM return_request r WHERE r.order_id = o.id), '[]') AS notices,
  coalesce((SELECT jsonb_agg(jsonb_build_object('line', l.line, 'title', coalesce(s.name, l.title), 'variant', coalesce(s.variant, ''),
      'picture', coalesce(s.picture, ''), 'excluded', coalesce(s.withdrawal_excluded, ''), 'quantity', l.quantity, 'canceled', l.canceled, 'total_minor', l.total_minor,
      'missing', (SELECT coalesce(sum(r.unsourced), 0) FROM requirement r WHERE r.order_id = o.id AND r.line =
          l.line), 'gone', (SELECT coalesce(sum(n.handed_over + n.delivered + CASE k.kind WHEN 'transfer' THEN 0 ELSE n.in_transit END), 0) FROM work_line n JOIN work k ON k.id = n.work WHERE n.order_id = o.id AND n.order_line = l.line)) ORDER BY l.line)
    FROM order_line l LEFT JOIN sku s ON s.sku = l.sku WHERE l.order_id = o.id), '[]') AS lines,
  coalesce((SELECT jsonb_agg(jsonb_build_object('id', w.id, 'rescue_until', w.rescue_until, 'kept_longer', w.kept_longer, 'kind', CASE w.kind WHEN 'transfer' THEN 'pickup' ELSE w.kind END,
      'status', CASE WHEN t.id IS NOT NULL AND w.status = 'in_transit' THEN 'picked' ELSE w.status END, 'promise_at', coalesce(t.promise_at, w.promise_at),
      'told_at', w.told_at, 'told_until', w.told_until, 'collect_until', w.collect_until, 'staged_at', w.staged_at,
      'units', n.units, 'staged', n.staged, 'handed_over', n.handed_over,
      'sent_to', (SELECT jsonb_build_array(trim(a.country), a.postcode) FROM order_address a WHERE a.order_id = o.id AND w.kind = 'ship'),
      'delivered_at', (SELECT CASE WHEN bool_and(t.status = 'delivered') THEN max(t.delivered_at) END FROM tracking t WHERE t.work = w.id),
      'pass_generation', (SELECT p.generation FROM pickup_pass p WHERE p.order_id = o.id AND p.location = w.location),
      'arrival', (SELECT jsonb_build_object('at', a.at, 'place', a.place, 'taken_by',
          (SELECT t.first_name FROM staff t WHERE t.id = a.taken_by), 'ahead', (SELECT count(*) FROM arrival b
            WHERE b.location = a.location AND b.done_at IS NULL AND b.taken_by IS NULL AND (b.at, b.id) < (a.at, a.id)))
        FROM arrival a WHERE a.order_id = o.id AND a.location = w.location AND a.done_at IS NULL),
      'hand_over', (SELECT jsonb_build_object('at', v.at, 'by', (SELECT t.first_name FROM staff t WHERE t.id::text =
          v.who))
        FROM hand_over v WHERE w.id = ANY(v.works) AND v.order_id = o.id AND v.undone_at IS NULL ORDER BY v.at DESC
            LIMIT 1),
      'store', jsonb_build_object('id', l.id, 'name', l.name, 'kind', l.kind, 'street', l.street, 'postcode',
          l.postcode,
        'city', l.city, 'directions', l.directions, 'phone', l.phone, 'latitude', l.latitude, 'longitude', l.longitude,
        'time_zone', l.time_zone, 'desk', (SELECT jsonb_build_object('name', f.name, 'width', f.width, 'height', f.height,
          'says_fr', f.says_fr, 'says_en', f.says_en) FROM desk_picture f WHERE f.location = l.id),
        'hours', coalesce((SELECT jsonb_agg(jsonb_build_array(h.weekday, h.opens, h.closes))
          FROM opening_hours h WHERE h.location = l.id), '[]'),
        'exceptions', coalesce((SELECT jsonb_agg(concat_ws(' ', x.day, coalesce(x.opens, -1), coalesce(x.closes, -1)))
          FROM opening_exception x WHERE x.location = l.id AND x.day BETWEEN $2::date - 2 AND $2::date + 3), '[]')))
      ORDER BY w.kind, w.promise_at, w.id)
    FROM work w LEFT JOIN transfer t ON t.work = w.id AND w.kind = 'transfer' JOIN location l ON l.id = coalesce(t.to_location, w.location)
      CROSS JOIN LATERAL (SELECT coalesce(sum(quantity - canceled - shorted), 0) AS units, coalesce(sum(staged), 0) AS
          staged,
        coalesce(sum(handed_over), 0) AS handed_over FROM work_line WHERE work = w.id) n
    WHERE w.order_id = o.id AND w.status <> 'rejected' AND NOT (w.kind = 'transfer' AND w.status = 'closed')), '[]') AS parts
FROM sales_order o JOIN customer c ON c.id = o.customer WHERE o.link_hash = $1 AND c.erased_at IS NULL
""".replace("{parcels}", PARCELS)
    .replace("{delivery}", DELIVERY)
    .replace("{returns}", RETURNS)
)

FIRST = (
    "coming", "here", "early", "missed", "ready", "part_ready", "preparing", "noted", "ship_preparing", "ship_noted",
    "ship_packed", "ship_sent", "ship_failed", "ship_back", "handed_over", "delivered", "expired", "canceled",
)  # fmt: skip
"""States by what the customer needs to know first: the part in the earliest one gives the page its sentence."""


class Line(msgspec.Struct, frozen=True):
    """One line; `missing` units wait for a decision."""

    title: str
    variant: str
    picture: str
    quantity: int
    canceled: int
    total_minor: int
    missing: int
    line: int = 0
    gone: int = 0
    excluded: str = ""

    @property
    def cancelable(self) -> int:
        """Units that may still be canceled."""
        return max(0, self.quantity - self.canceled) if not self.gone else 0


class MoneyBack(msgspec.Struct, frozen=True):
    """A refund or void that is intended, and how far whoever makes it is."""

    kind: str
    state: str
    amount_minor: int
    sent_at: datetime | None = None
    """When its provider answered that it has gone."""


class Rating(msgspec.Struct, frozen=True):
    """How it was: 3 good, 2 so so, 1 not good."""

    score: int
    comment: str


class CustomerOrder(msgspec.Struct, frozen=True):
    """The whole page."""

    id: UUID
    number: str
    language: str
    currency: str
    progress: str
    placed_at: datetime
    total_minor: int
    shipping_minor: int
    discount_minor: int
    canceled_at: datetime | None
    cancel_reason: str | None
    first_name: str
    last_name: str
    refund_by: str
    holds: tuple[str, ...]
    paid: bool
    money_back: tuple[MoneyBack, ...]
    lines: tuple[Line, ...]
    parts: tuple[Part, ...]
    documents: tuple[Listed, ...] = ()
    collector: str = ""
    delivery_minor: int | None = None
    last_place: str = ""
    requests: tuple[Request, ...] = ()
    choices: tuple[ShortChoice, ...] = ()
    rating: Rating | None = None
    notices: tuple[Notice, ...] = ()
    business: bool = False
    channel: str = ""
    uninformed: tuple[Uninformed, ...] = ()
    contract: str = "distance"
    """How it was sold: only at a distance there is something to withdraw from."""
    parcels: tuple[CustomerParcel, ...] = ()
    delivery: Delivery | None = None
    relay_open: bool = False
    returns: tuple[ReturnOf, ...] = ()
    to_pay_minor: int = 0
    """Of other goods: asked for here, by link, credit or till."""

    @property
    def pickup(self) -> Part | None:
        """The part that still waits to be collected."""
        return next((part for part in self.parts if part.waits), None)

    @property
    def asked(self) -> Request | None:
        """What the store has not answered yet, about the whole order."""
        return self.asked_about(None)

    @property
    def asked_last(self) -> tuple[Request, ...]:
        """The last thing asked about the whole order, with or without its answer; nothing where nothing was asked."""
        return tuple(one for one in self.requests if one.line is None)[-1:]

    def asked_about(self, line: int | None) -> Request | None:
        """What the store has not answered yet about a line, or (None) about the whole order."""
        return next((one for one in self.requests if one.state == "open" and one.line == line), None)

    def asks_rating(self, now: datetime) -> bool:
        """Something was handed over in the last 30 days, and nothing more waits."""
        handed = [part.hand_over.at for part in self.parts if part.hand_over and part.handed_over]
        return self.state == "handed_over" and bool(handed) and now - max(handed) <= timedelta(days=30)

    @property
    def main(self) -> Part | None:
        """The part that gives the page its sentence."""
        return min(self.parts, key=lambda part: FIRST.index(part.state), default=None)

    @property
    def others(self) -> tuple[Part, ...]:
        """The parts beside the main one; what was given to another place leaves an empty part that is nobody's news."""
        return tuple(p for p in self.parts if p is not self.main and (p.units or p.state != "canceled"))

    @property
    def state(self) -> str:
        if self.main is not None and self.main.state not in ("canceled",):
            return self.main.state
        if self.progress == "canceled":
            return "lapsed" if self.cancel_reason == "payment_not_received" else "canceled"
        if self.holds or self.progress == "held":
            return "held_payment" if self.holds == ("payment",) else "held"
        return "missing" if self.missing else "received"

    @property
    def missing(self) -> int:
        """Units that wait for a decision of the store or of customer service."""
        return sum(line.missing for line in self.lines)

    @property
    def units(self) -> int:
        return sum(line.quantity - line.canceled for line in self.lines)

    @property
    def cancelable(self) -> bool:
        """Nothing left the building yet, and something is left to cancel."""
        gone = any(
            part.handed_over or part.state in ("ship_sent", "delivered", "ship_failed", "ship_back")
            for part in self.parts
        )
        return self.progress in ("received", "held", "accepted", "in_progress") and not gone and self.units > 0

    @property
    def time_zone(self) -> str:
        """Where the order is made ready."""
        return self.parts[0].store.time_zone if self.parts else "Europe/Paris"

    @property
    def withdraw_until(self) -> date | None:
        """The last day on which the customer may withdraw; None while something is still to come."""
        return period(self.bought, Policy(uninformed=self.uninformed))[0]

    @property
    def bought(self) -> Bought:
        """What the period of withdrawal is counted from."""
        live = [part for part in self.parts if part.state not in ("canceled", "expired", "ship_back")]
        return Bought(
            self.placed_at, self.channel, receipts=tuple(part.receipt for part in live), business=self.business
        )

    @property
    def withdrawable(self) -> dict[int, int]:
        """Line -> units that no notice names yet."""
        ordered = {line.line: (line.quantity, line.canceled) for line in self.lines if not line.excluded}
        return units_left(ordered, [one for notice in self.notices for one in notice.lines])

    @property
    def own_returns(self) -> tuple[ReturnOf, ...]:
        """Those of whoever bought: of a gift that went back they are not told."""
        return tuple(one for one in self.returns if not one.gift)

    @property
    def reached(self) -> bool:
        """Something of it is with the customer, or on its way to them."""
        return any(line.gone for line in self.lines)

    def may_withdraw(self, now: datetime) -> bool:
        """A consumer, within the period, with something left to withdraw from."""
        today = day_in(now, zone_of(self.bought))
        may = not self.business and self.contract == "distance" and any(self.withdrawable.values())
        return may and in_time(self.withdraw_until, today)

    @property
    def version(self) -> str:
        """Changes when the page would say something else; a script compares it."""
        told = (
            self.state,
            self.progress,
            self.units,
            self.missing,
            len(self.documents),
            self.collector,
            self.requests,
            self.choices,
            len(self.notices),
            self.parcels,
            self.returns,
            self.delivery,
            [(p.told_at, p.state, p.staged, p.pass_generation, p.arrival, p.collect_until) for p in self.parts],
        )
        return digest(repr(told))[:6].hex()


_FOR_COLLECTOR = _SQL.replace("o.link_hash = $1", "o.id = (SELECT k.order_id FROM collector k WHERE k.link_hash = $1)")


async def find_customer_order(
    connection: Connection, link_hash: bytes, now: datetime, *, collector: bool = False
) -> CustomerOrder | None:
    """The order behind a link's digest; None when no link (any more) has it, or its customer was forgotten.

    With `collector` the link of somebody who was named to collect it.
    """
    row = await connection.fetchrow(_FOR_COLLECTOR if collector else _SQL, link_hash, now.date())
    if row is None:
        return None
    kept: dict[str, Any] = dict(row)
    for name in (
        "holds",
        "money_back",
        "lines",
        "parts",
        "documents",
        "requests",
        "choices",
        "notices",
        "parcels",
        "returns",
        "uninformed",
    ):
        kept[name] = msgspec.json.decode(kept[name])
    kept["delivery"] = msgspec.json.decode(kept["delivery"]) if kept["delivery"] else None
    kept["rating"] = msgspec.json.decode(kept["rating"]) if kept["rating"] else None
    return msgspec.convert(kept, CustomerOrder)

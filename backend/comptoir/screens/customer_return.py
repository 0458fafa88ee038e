"""Returns as their customer sees them: what is under way, goods and money in words; the draft; the stores near by."""

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from comptoir.kit.db import Connection
from comptoir.network.geography import Point, distance_km, point_of
from comptoir.network.hours import hours_of, open_windows
from comptoir.returns import draft_sql
from comptoir.returns.accessories import Absent
from comptoir.returns.drafting import Draft, DraftLine
from comptoir.returns.withdrawal import refund_due
from comptoir.shipping.links import carrier_name, tracking_link
from comptoir.shipping.way_back import MOVING

MOST_STORES: Final = 3
STRANDED: Final = ("refused", "unknown", "given_up", "voided", "unused")

RETURNS: Final = """
coalesce((SELECT jsonb_agg(jsonb_build_object('id', r.id, 'number', r.number, 'origin', r.origin, 'status', r.status, 'opened_at', r.opened_at, 'gift', r.gift,
    'units', (SELECT count(*) FROM rma_unit u WHERE u.rma = r.id AND u.state NOT IN ('canceled', 'missing', 'given_back'))) ORDER BY r.opened_at, r.id)
  FROM rma r WHERE r.order_id = o.id), '[]') AS returns
""".strip()
"""Of the order `o`, as JSON; for the statement of the customer's page."""

_RETURN: Final = """
SELECT r.id, r.number, r.origin, r.status, r.wish, coalesce(r.method, '') AS method, r.gift, r.opened_at, r.received_at, r.settled_at,
  (SELECT q.noticed_at FROM return_request q WHERE q.id = r.notice) AS noticed_at,
  (SELECT jsonb_build_object('id', l.id, 'name', l.name, 'street', l.street, 'postcode', l.postcode, 'city', l.city) FROM location l WHERE l.id = r.location) AS place,
  (SELECT jsonb_agg(jsonb_build_object('title', coalesce(s.name, u.sku), 'variant', coalesce(s.variant, ''), 'picture', coalesce(s.picture, ''),
      'state', u.state, 'units', u.units) ORDER BY u.sku, u.state)
    FROM (SELECT sku, state, count(*) AS units FROM rma_unit WHERE rma = r.id GROUP BY sku, state) u LEFT JOIN sku s ON s.sku = u.sku) AS units,
  coalesce((SELECT jsonb_agg(jsonb_build_object('line', u.line, 'quantity', 1, 'reason', u.reason)) FROM (SELECT DISTINCT ON (line) line, reason FROM rma_unit
    WHERE rma = r.id AND state IN ('expected', 'here') AND line IS NOT NULL ORDER BY line, n) u), '[]') AS lines,
  ARRAY(SELECT u.sku FROM rma_unit u WHERE u.rma = r.id AND u.state = 'expected' ORDER BY u.n) AS skus,
  (SELECT jsonb_build_object('id', a.id, 'state', a.state, 'method', a.method, 'carrier', a.carrier, 'number', coalesce(a.tracking_number, ''), 'status', a.status,
      'fee_minor', a.fee_minor, 'sent_at', a.sent_at, 'file', a.content IS NOT NULL AND a.state = 'bought') FROM return_label a WHERE a.rma = r.id ORDER BY a.n DESC LIMIT 1) AS label,
  coalesce((SELECT jsonb_agg(jsonb_build_object('kind', i.kind, 'state', i.state, 'amount_minor', i.amount_minor) ORDER BY i.intended_at)
    FROM payment_intention i WHERE i.order_id = r.order_id AND i.cause = r.id AND i.kind IN ('refund', 'void') AND i.state <> 'withdrawn'), '[]') AS money,
  coalesce((SELECT sum(f.amount_minor) FROM refund_line f WHERE f.cause = r.id), 0)::bigint AS given_minor,
  coalesce((SELECT c.amount_minor FROM store_credit c WHERE c.rma = r.id), 0)::bigint AS credit_minor,
  coalesce((SELECT c.left_minor FROM store_credit c WHERE c.rma = r.id), 0)::bigint AS credit_left_minor,
  (SELECT jsonb_build_object('number', x.number, 'amount_minor', p.amount_minor, 'due_minor', (SELECT coalesce(sum(d.amount_minor), 0) FROM payment d
      WHERE d.order_id = x.id AND d.state = 'pending')) FROM payment p JOIN sales_order x ON x.id = p.order_id
    WHERE p.provider = 'exchange' AND p.reference = r.number LIMIT 1) AS exchange,
  coalesce((SELECT jsonb_agg(jsonb_build_object('title', coalesce(s.name, u.sku), 'line', coalesce(u.line, 0), 'paid_minor', u.paid_minor, 'kept_minor', u.kept_minor,
      'absent', u.absent) ORDER BY u.n) FROM rma_unit u LEFT JOIN sku s ON s.sku = u.sku WHERE u.rma = r.id AND u.absent <> '[]'
      AND u.state IN ('here', 'placed', 'gone')), '[]') AS lacking
FROM rma r WHERE r.order_id = $1 AND r.id = $2
"""
_STORES: Final = """
SELECT l.id, l.name, l.street, l.postcode, l.city, l.latitude, l.longitude, l.time_zone,
  coalesce((SELECT jsonb_agg(jsonb_build_array(h.weekday, h.opens, h.closes)) FROM opening_hours h WHERE h.location = l.id), '[]') AS hours,
  coalesce((SELECT jsonb_agg(concat_ws(' ', x.day, coalesce(x.opens, -1), coalesce(x.closes, -1))) FROM opening_exception x
    WHERE x.location = l.id AND x.day BETWEEN $2::date - 2 AND $2::date + 8), '[]') AS exceptions
FROM location l WHERE l.kind = 'store' AND l.country = $1 AND (l.paused_until IS NULL OR l.paused_until < $3) LIMIT 5000
"""
_HERE: Final = """
SELECT l.latitude, l.longitude FROM work w JOIN location l ON l.id = w.location WHERE w.order_id = $1 AND w.kind = 'pickup' ORDER BY w.id LIMIT 1
"""
_LABEL: Final = "SELECT content, media_type FROM return_label WHERE rma = $1 AND order_id = $2 AND state = 'bought' AND content IS NOT NULL"


class ReturnOf(msgspec.Struct, frozen=True):
    """One return of an order, for the list on its page; of a gift only whoever got it is shown it."""

    id: UUID
    number: str
    origin: str
    status: str
    opened_at: datetime
    gift: bool
    units: int

    @property
    def is_open(self) -> bool:
        return self.status in ("requested", "received", "inspected")


class Place(msgspec.Struct, frozen=True):
    """Where it is, or goes."""

    id: str
    name: str
    street: str
    postcode: str
    city: str


class ReturnedUnits(msgspec.Struct, frozen=True):
    """Units of one article in one state."""

    title: str
    variant: str
    picture: str
    state: str
    units: int


class LabelView(msgspec.Struct, frozen=True):
    """The label of the way back: its state, and where its parcel is."""

    id: UUID
    state: str
    method: str
    carrier: str
    number: str
    status: str
    fee_minor: int
    sent_at: datetime | None
    file: bool

    @property
    def name(self) -> str:
        return carrier_name(self.carrier)

    @property
    def link(self) -> str:
        return tracking_link(self.carrier, self.number)

    @property
    def moves(self) -> bool:
        return self.status in MOVING

    @property
    def over(self) -> bool:
        """It was there, and is no label any more."""
        return self.state in ("voided", "unused")

    @property
    def stranded(self) -> bool:
        """No label came of it, and none will by itself."""
        return self.state in STRANDED


class Money(msgspec.Struct, frozen=True):
    kind: str
    state: str
    amount_minor: int


class Swapped(msgspec.Struct, frozen=True):
    """The order of other goods: what came back pays so much of it, so much is still to pay."""

    number: str
    amount_minor: int
    due_minor: int


class Lacking(msgspec.Struct, frozen=True):
    """A unit that came without something that belongs to it; `kept_minor` once it is settled."""

    title: str
    line: int
    paid_minor: int
    kept_minor: int
    absent: tuple[Absent, ...]


class CustomerReturn(msgspec.Struct, frozen=True):
    """The page of one return. `lines`: why each comes back; `skus` of what is still to come; what was given besides money."""

    id: UUID
    number: str
    origin: str
    status: str
    wish: str
    method: str
    gift: bool
    opened_at: datetime
    received_at: datetime | None
    settled_at: datetime | None
    noticed_at: datetime | None
    place: Place | None
    units: tuple[ReturnedUnits, ...]
    lines: tuple[DraftLine, ...]
    skus: tuple[str, ...]
    label: LabelView | None
    money: tuple[Money, ...]
    given_minor: int
    credit_minor: int
    credit_left_minor: int
    exchange: Swapped | None
    lacking: tuple[Lacking, ...]

    @property
    def goods(self) -> str:
        """Where the goods are, in one word; the sentences are named after it."""
        if any(unit.state == "lost" for unit in self.units):
            return "lost"
        if self.status == "requested" and self.origin == "to_sender":
            return "coming_back"
        if self.status == "requested":
            if self.label is not None and self.label.moves:
                return "on_its_way"
            return (
                "waits_label"
                if self.label is not None and not self.label.file and not self.label.stranded
                else "expected"
            )
        return "here" if self.status in ("received", "inspected") else self.status

    @property
    def may_change(self) -> bool:
        """It may still be taken back, or come another way."""
        return (
            self.status == "requested" and self.origin == "home" and not (self.label is not None and self.label.moves)
        )

    def refund_by(self, zone: str) -> date | None:
        """The last day for the money of a withdrawal; None while it waits for the goods or a proof that they were sent."""
        asked = self.noticed_at or self.opened_at
        proof = self.label.sent_at if self.label is not None else None
        return refund_due(_day(asked, zone), _at(self.received_at, zone), _at(proof, zone))


class StoreNear(msgspec.Struct, frozen=True):
    """A store that takes it; `km` None where we only know about where its customer is. `opens`: its next open hours."""

    id: str
    name: str
    street: str
    postcode: str
    city: str
    time_zone: str
    km: float | None
    opens: tuple[datetime, datetime] | None


async def find_draft(connection: Connection, draft: UUID, order: UUID) -> Draft | None:
    """A draft of this order."""
    row = await connection.fetchrow(draft_sql.DRAFT, draft, order)
    return draft_sql.read(row) if row else None


async def find_return(connection: Connection, order: UUID, rma: UUID) -> CustomerReturn | None:
    """A return of this order, as it stands."""
    row = await connection.fetchrow(_RETURN, order, rma)
    if row is None:
        return None
    kept: dict[str, Any] = dict(row)
    for name in ("place", "units", "lines", "label", "money", "exchange", "lacking"):
        kept[name] = msgspec.json.decode(kept[name]) if kept[name] else None
    return msgspec.convert(kept | {"units": kept["units"] or ()}, CustomerReturn)


async def find_label(connection: Connection, order: UUID, rma: UUID) -> tuple[bytes, str] | None:
    """The label's bytes and their media type."""
    row = await connection.fetchrow(_LABEL, rma, order)
    return (row["content"], row["media_type"]) if row else None


async def near_stores(
    connection: Connection, order: UUID, country: str, postcode: str | None, now: datetime
) -> list[StoreNear]:
    """The three nearest: to the store where it was collected, else to the middle of the customer's area."""
    here = await connection.fetchrow(_HERE, order) if postcode is None else None
    at: Point = (here["latitude"], here["longitude"]) if here else point_of(country, postcode or "")
    ranked = []
    for row in await connection.fetch(_STORES, country, now.date(), now):
        km = distance_km(at, (row["latitude"], row["longitude"]))
        # The same postcode is nearer than any other, whatever the middle of the area is.
        ranked.append((0 if postcode and row["postcode"] == postcode else 1, km, row))
    ranked.sort(key=lambda one: (one[0], one[1], one[2]["name"]))
    return [_store(row, round(km, 1) if here else None, now) for _, km, row in ranked[:MOST_STORES]]


def _store(row: Any, km: float | None, now: datetime) -> StoreNear:
    hours, exceptions = hours_of(msgspec.json.decode(row["hours"]), msgspec.json.decode(row["exceptions"]))
    spans = open_windows(hours, exceptions, row["time_zone"], now, 7)
    coming = next((span for span in spans if span[1] > now), None)
    return StoreNear(row["id"], row["name"], row["street"], row["postcode"], row["city"], row["time_zone"], km, coming)


def _day(at: datetime, zone: str) -> date:
    return at.astimezone(ZoneInfo(zone)).date()


def _at(at: datetime | None, zone: str) -> date | None:
    return None if at is None else _day(at, zone)

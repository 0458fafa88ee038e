"""Reports that could not simply be applied: what happened, to which order, by whom, and what a person can do about it."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from comptoir.kit.db import Connection
from comptoir.kit.errors import NotFound
from comptoir.shipping.links import tracking_link

MOST = 100

_SQL = """
SELECT e.id, e.location, l.name AS store, l.time_zone, e.kind, e.made_at, e.order_id AS order, o.number, coalesce(nullif(o.collector, ''), c.first_name || ' ' || c.last_name) AS customer,
  (SELECT t.first_name FROM staff t WHERE t.id::text = coalesce(e.body->>'who', (SELECT p.who FROM short_pick p WHERE p.work = e.work AND p.sku = e.sku AND e.kind = 'short_choice' ORDER BY p.at DESC LIMIT 1))) AS who,
  (SELECT d.name FROM device d WHERE d.id::text = e.body->>'device') AS device,
  e.quantity AS units, s.name AS article, s.variant, s.deciding, s.picture, e.body, e.resolved_at,
  (SELECT nullif(r.comment, '') FROM rating r WHERE r.order_id = e.order_id AND e.kind = 'unhappy') AS comment,
  (SELECT jsonb_build_object('name', h.first_name, 'at', v.at) FROM hand_over v LEFT JOIN staff h ON h.id::text = v.who WHERE v.order_id = e.order_id ORDER BY v.at LIMIT 1) AS first_hand_over,
  (SELECT jsonb_build_object('kind', q.kind, 'what', coalesce(q.body->>'name', concat_ws(', ', q.body->>'street', nullif(q.body->>'street2', ''), concat_ws(' ', q.body->>'postcode', q.body->>'city'))),
    'price_minor', q.price_minor) FROM change_request q WHERE q.exception = e.id) AS asked
FROM exception e JOIN location l ON l.id = e.location LEFT JOIN sales_order o ON o.id = e.order_id LEFT JOIN customer c ON c.id = o.customer LEFT JOIN sku s ON s.sku = e.sku
WHERE {which} AND ($1::text[] IS NULL OR e.location = ANY($1)) ORDER BY e.made_at, e.id LIMIT $2
"""
_OPEN = _SQL.format(which="e.resolved_at IS NULL")
_ONE = _SQL.format(which="e.id = $3")


class First(msgspec.Struct, frozen=True):
    """The first hand-over of the order, where there was one."""

    at: datetime
    name: str | None = None


class Asked(msgspec.Struct, frozen=True):
    """What a customer asks for: an address, another store or another article; what it costs them."""

    kind: str
    what: str
    price_minor: int


class Case(msgspec.Struct, frozen=True):
    """One exception, in what a person needs to decide. `body` holds what the report said (bags, place, reason)."""

    id: UUID
    location: str
    store: str
    time_zone: str
    kind: str
    made_at: datetime
    body: dict[str, Any]
    order: UUID | None = None
    number: str | None = None
    customer: str | None = None
    who: str | None = None
    device: str | None = None
    units: int | None = None
    article: str | None = None
    variant: str | None = None
    deciding: str | None = None
    picture: str | None = None
    resolved_at: datetime | None = None
    first_hand_over: First | None = None
    asked: Asked | None = None
    comment: str | None = None
    """What an unhappy customer wrote."""

    @property
    def bag(self) -> str:
        """The bag that the report was about, as its tag says."""
        tags = [str(tag).removeprefix("B:") for tag in self.body.get("bags") or [self.body.get("bag") or ""]]
        return ", ".join(tag for tag in tags if tag)

    @property
    def last_seq(self) -> int:
        """The last line that the server has of a journal that was lost."""
        return int(self.body.get("last_seq") or 0)

    @property
    def orders(self) -> str:
        """The orders whose goods somebody must look for."""
        return ", ".join(str(number) for number in self.body.get("orders") or ())

    @property
    def what(self) -> str:
        """The kind of change that a customer asks for."""
        return str(self.body.get("what") or "store")

    @property
    def carrier(self) -> str:
        """Who carries the parcel that this is about, as people call it."""
        return str(self.body.get("name") or self.body.get("carrier") or "–")

    @property
    def parcel_number(self) -> str:
        return str(self.body.get("number") or "–")

    @property
    def of_return(self) -> str:
        """The number of the return that this is about; empty for none."""
        return str(self.body.get("return") or "")

    @property
    def right(self) -> str:
        """By what right a parcel that comes back is paid: law, goodwill, none."""
        return str(self.body.get("right") or "none")

    @property
    def given_minor(self) -> int:
        """What its customer gets for it, delivery included."""
        return int(self.body.get("goods_minor") or 0) + int(self.body.get("delivery_minor") or 0)

    @property
    def code(self) -> str:
        return str(self.body.get("code") or "–")

    @property
    def to(self) -> str:
        """The store for which a transfer was to leave."""
        return str(self.body.get("to") or "–")

    @property
    def money_until(self) -> datetime | None:
        """Until when money that is only authorized may be captured."""
        until = self.body.get("until")
        return datetime.fromisoformat(str(until)) if until else None

    @property
    def since(self) -> date | None:
        """The day that a late or silent parcel is counted from."""
        day = self.body.get("day")
        return date.fromisoformat(str(day)) if day else None

    @property
    def link(self) -> str:
        """The carrier's own page about the parcel; empty when we know none."""
        return tracking_link(str(self.body.get("carrier") or ""), str(self.body.get("number") or ""))

    @property
    def place(self) -> str:
        return str(self.body.get("place") or "")


async def read(connection: Connection, locations: tuple[str, ...] | None, limit: int = MOST) -> list[Case]:
    """Open exceptions of these locations (None = all), oldest first, at most 100."""
    rows = await connection.fetch(_OPEN, list(locations) if locations is not None else None, min(limit, MOST))
    return [_case(row) for row in rows]


async def one(connection: Connection, locations: tuple[str, ...] | None, case: UUID) -> Case:
    """One exception, resolved or not. NotFound `exception_not_found` when it is none of these locations'."""
    row = await connection.fetchrow(_ONE, list(locations) if locations is not None else None, 1, case)
    if row is None:
        raise NotFound("exception_not_found")
    return _case(row)


def _case(row: Any) -> Case:
    told = {key: value for key, value in row.items() if value is not None}
    for key in ("body", "first_hand_over", "asked"):
        if key in told:
            told[key] = msgspec.json.decode(told[key])
    return msgspec.convert(told, Case)

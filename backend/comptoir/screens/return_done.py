"""A return as it stands: its units, what was intended with the money and how far that is, the other goods, the credit."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from comptoir.kit.db import Connection
from comptoir.kit.errors import NotFound
from comptoir.returns.accessories import Absent
from comptoir.returns.model import Wish
from comptoir.screens.return_desk import named

_RETURN = """
SELECT r.id, r.number, r.status, r.origin, r.wish, r.gift, r.opened_at, r.settled_at, r.order_id AS order, r.location, r.by_permission, r.permit_reason,
  o.number AS order_number, trim(coalesce(o.currency, 'EUR')) AS currency, c.first_name, c.last_name,
  EXISTS (SELECT FROM work w WHERE w.order_id = o.id AND w.location = $2) AS here, o.channel,
  (SELECT p.first_name FROM staff p WHERE p.id::text = r.permitted_who) AS permitted_by,
  (SELECT coalesce(jsonb_agg(jsonb_build_object('n', u.n, 'line', u.line, 'part', u.part, 'sku', u.sku, 'state', u.state, 'reason', u.reason,
      'condition', u.condition, 'disposition', u.disposition, 'paid_minor', u.paid_minor, 'refund_minor', u.refund_minor, 'photo', (SELECT p.id FROM return_photo p WHERE p.id = u.photo),
      'wish', u.wish, 'absent', u.absent, 'kept_minor', u.kept_minor,
      'name', s.name, 'category', s.category, 'variant', s.variant, 'deciding', s.deciding, 'picture', s.picture,
      'place', (SELECT concat_ws(' ', h.aisle, h.bay, h.level) FROM shelf_place h WHERE h.location = $2 AND h.sku = u.sku),
      'codes', ARRAY(SELECT b.code FROM barcode b WHERE b.sku = u.sku ORDER BY b.code)) ORDER BY u.n), '[]')
    FROM rma_unit u JOIN sku s ON s.sku = u.sku WHERE u.rma = r.id) AS units,
  (SELECT coalesce(jsonb_agg(jsonb_build_object('kind', i.kind, 'amount_minor', i.amount_minor, 'state', i.state, 'made_by', i.made_by)
      ORDER BY i.intended_at, i.id), '[]') FROM payment_intention i WHERE i.order_id = r.order_id AND i.cause = r.id) AS money,
  (SELECT coalesce(sum(f.amount_minor), 0)::bigint FROM refund_line f WHERE f.cause = r.id AND f.line = 0) AS delivery_minor,
  (SELECT jsonb_build_object('order', x.id, 'number', x.number, 'work', (SELECT w.id FROM work w WHERE w.order_id = x.id AND w.location = $2 LIMIT 1),
      'status', (SELECT w.status FROM work w WHERE w.order_id = x.id AND w.location = $2 LIMIT 1), 'due_minor', (SELECT coalesce(sum(p.amount_minor), 0)
        FROM payment p WHERE p.order_id = x.id AND p.state = 'pending'))
    FROM payment q JOIN sales_order x ON x.id = q.order_id WHERE q.reference = r.number AND q.provider = 'exchange' LIMIT 1) AS exchange,
  (SELECT k.amount_minor FROM store_credit k WHERE k.rma = r.id) AS credit_minor
FROM rma r LEFT JOIN sales_order o ON o.id = r.order_id LEFT JOIN customer c ON c.id = o.customer
WHERE r.id = $1 AND (r.location IS NULL OR r.location = $2 OR r.status = 'requested')
"""


class Unit(msgspec.Struct, frozen=True):
    """One unit, and where its article lives here."""

    n: int
    sku: str
    state: str
    reason: str
    paid_minor: int
    refund_minor: int
    name: str
    category: str
    variant: str
    deciding: str
    picture: str
    codes: list[str]
    line: int | None = None
    part: int | None = None
    condition: str | None = None
    disposition: str | None = None
    photo: UUID | None = None
    place: str | None = None
    wish: Wish | None = None
    absent: list[Absent] = []
    kept_minor: int = 0


class Intended(msgspec.Struct, frozen=True):
    """Money on its way: kind, amount, state, and who makes it."""

    kind: str
    amount_minor: int
    state: str
    made_by: str


class Exchange(msgspec.Struct, frozen=True):
    """The order of the other goods; `work` where this store makes it ready."""

    order: UUID
    number: str
    work: UUID | None = None
    status: str | None = None
    due_minor: int = 0


class Done(msgspec.Struct, frozen=True):
    """A return and what became of it."""

    id: UUID
    number: str
    status: str
    origin: str
    wish: str
    gift: bool
    opened_at: datetime
    name: str
    currency: str
    units: list[Unit]
    money: list[Intended]
    delivery_minor: int
    order: UUID | None = None
    order_number: str | None = None
    settled_at: datetime | None = None
    location: str | None = None
    by_permission: str | None = None
    permit_reason: str | None = None
    permitted_by: str | None = None
    exchange: Exchange | None = None
    credit_minor: int | None = None
    channel: str | None = None

    @property
    def refund_minor(self) -> int:
        return sum(one.amount_minor for one in self.money)

    @property
    def ways(self) -> list[str]:
        """In which ways its units were settled, each once."""
        return list(dict.fromkeys(unit.wish for unit in self.units if unit.wish))

    @property
    def taken(self) -> list[Unit]:
        """Units that came."""
        return [unit for unit in self.units if unit.state in ("here", "placed", "gone")]


async def read(connection: Connection, rma: UUID, location: str) -> Done:
    """A return of this store, or one that was announced for anywhere. NotFound `return_not_found`."""
    row = await connection.fetchrow(_RETURN, rma, location)
    if row is None:
        raise NotFound("return_not_found")
    told: dict[str, Any] = dict(row)
    first, last, here = told.pop("first_name"), told.pop("last_name"), told.pop("here")
    told["name"] = named(first or "", last or "", here=here or told["location"] == location)
    for part in ("units", "money", "exchange"):
        told[part] = msgspec.json.decode(told[part]) if told[part] is not None else None
    return msgspec.convert({key: value for key, value in told.items() if value is not None}, Done)


async def currency_of(connection: Connection, order: UUID | None, rma: UUID | None) -> str:
    """Of the order, or of the order that a return belongs to; euros where there is none."""
    found: str | None = await connection.fetchval(
        "SELECT trim(o.currency) FROM sales_order o WHERE o.id = coalesce($1, (SELECT r.order_id FROM rma r WHERE r.id = $2))",
        order,
        rma,
    )
    return found or "EUR"


async def photo(connection: Connection, photo: UUID, location: str) -> bytes | None:
    """A picture of a return of this store, or of one that was announced for anywhere."""
    found: bytes | None = await connection.fetchval(
        "SELECT f.bytes FROM return_photo f JOIN rma r ON r.id = f.rma WHERE f.id = $1 AND (r.location IS NULL OR r.location = $2 OR r.status = 'requested')",
        photo, location,
    )  # fmt: skip
    return found

"""Returns as other systems and people read them: one with its units and its money, and those of an order."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from comptoir.kit.actor import Actor
from comptoir.kit.db import Connection
from comptoir.kit.errors import NotFound
from comptoir.returns.accessories import Absent
from comptoir.returns.lifecycle import Status, offered

MOST = 200

# A key or a person of some places reads what lies there, and what belongs to an order that was worked on there.
_SQL = """
SELECT r.id, r.number, r.order_id AS "order", r.origin, r.status, r.wish, r.method, r.location, r.gift, r.opened_at, r.received_at, r.inspected_at,
  r.settled_at, r.ended_at, r.by_permission IS NOT NULL AS permitted,
  (SELECT trim(o.currency) FROM sales_order o WHERE o.id = r.order_id) AS currency,
  (SELECT jsonb_agg(jsonb_build_object('n', u.n, 'line', u.line, 'part', u.part, 'sku', u.sku, 'state', u.state, 'reason', u.reason,
    'condition', u.condition, 'disposition', u.disposition, 'location', u.location, 'paid_minor', u.paid_minor, 'refund_minor', u.refund_minor,
    'wish', u.wish, 'absent', u.absent, 'kept_minor', u.kept_minor)
    ORDER BY u.n) FROM rma_unit u WHERE u.rma = r.id) AS units,
  coalesce((SELECT f.amount_minor FROM refund_line f WHERE f.cause = r.id AND f.line = 0), 0) AS delivery_minor,
  (SELECT coalesce(jsonb_agg(jsonb_build_object('kind', i.kind, 'amount_minor', i.amount_minor, 'state', i.state) ORDER BY i.id), '[]')
    FROM payment_intention i WHERE i.cause = r.id AND i.kind IN ('refund', 'void') AND i.state <> 'withdrawn') AS money,
  coalesce((SELECT c.amount_minor FROM store_credit c WHERE c.rma = r.id), 0) AS credit_minor,
  (SELECT p.order_id FROM payment p WHERE p.provider = 'exchange' AND p.reference = r.number) AS exchange
FROM rma r
WHERE ($1::uuid IS NULL OR r.id = $1) AND ($2::uuid IS NULL OR r.order_id = $2) AND ($3::text[] IS NULL OR r.location = ANY($3)
  OR EXISTS (SELECT FROM work w WHERE w.order_id = r.order_id AND w.location = ANY($3)))
ORDER BY r.opened_at DESC, r.id DESC LIMIT $4
"""


class UnitRead(msgspec.Struct, frozen=True):
    """One unit: where it is, how it is, what becomes of it, what it had cost and what is given for it, in which way (`wish`).

    `absent`: accessories that were not with it, `kept_minor`: what is kept back for them.
    """

    n: int
    line: int | None
    part: int | None
    sku: str
    state: str
    reason: str
    condition: str | None
    disposition: str | None
    location: str | None
    paid_minor: int
    refund_minor: int
    wish: str | None = None
    absent: tuple[Absent, ...] = ()
    kept_minor: int = 0


class MoneyRead(msgspec.Struct, frozen=True):
    """Money that goes back, and how far it is: intended, sent, confirmed or failed. Only what its provider answered is done."""

    kind: str
    amount_minor: int
    state: str


class ReturnRead(msgspec.Struct, frozen=True):
    """A return; `exchange` is the order of other goods. No name of anybody."""

    id: UUID
    number: str
    order: UUID | None
    origin: str
    status: Status
    wish: str
    method: str | None
    location: str | None
    gift: bool
    opened_at: datetime
    received_at: datetime | None
    inspected_at: datetime | None
    settled_at: datetime | None
    ended_at: datetime | None
    permitted: bool
    currency: str | None
    units: tuple[UnitRead, ...]
    delivery_minor: int
    money: tuple[MoneyRead, ...]
    credit_minor: int
    exchange: UUID | None

    @property
    def actions(self) -> tuple[str, ...]:
        """What may be done next."""
        return tuple(action.value for action in offered(self.status))


async def find_return(connection: Connection, rma: UUID, actor: Actor) -> ReturnRead:
    """One return. NotFound `return_not_found` when there is none, or none of the actor's places."""
    found = await _read(connection, rma, None, actor)
    if not found:
        raise NotFound("return_not_found")
    return found[0]


async def list_of_order(connection: Connection, order: UUID, actor: Actor) -> Sequence[ReturnRead]:
    """The returns of an order, newest first."""
    return await _read(connection, None, order, actor)


async def _read(connection: Connection, rma: UUID | None, order: UUID | None, actor: Actor) -> list[ReturnRead]:
    locations = None if actor.locations is None else list(actor.locations)
    return [_of(row) for row in await connection.fetch(_SQL, rma, order, locations, MOST)]


def _of(row: Any) -> ReturnRead:
    plain = dict(row) | {name: msgspec.json.decode(row[name]) for name in ("units", "money")}
    return msgspec.convert(plain, ReturnRead)

"""Returns as managers see them, newest first: how far the goods are, how far the money is; and the figures of a time."""

from datetime import datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID

import msgspec

from comptoir.kit.actor import Actor
from comptoir.kit.db import Connection
from comptoir.returns.accessories import Absent
from comptoir.shipping.links import carrier_name

MOST: Final = 50
MOST_ROWS: Final = 20_000
"""Units in a file."""
Filter = Literal["all", "requested", "on_its_way", "here", "settled", "stuck", "ended"]
FILTERS: Final[tuple[Filter, ...]] = ("all", "requested", "on_its_way", "here", "settled", "stuck", "ended")

_WHICH: Final = {
    "all": "true",
    "requested": "r.status = 'requested'",
    "on_its_way": "r.status = 'requested' AND (r.origin = 'to_sender' OR EXISTS (SELECT FROM return_label b WHERE b.rma = r.id AND b.state = 'bought' AND b.sent_at IS NOT NULL))",
    "here": "r.status IN ('received', 'inspected')",
    "settled": "r.status = 'settled'",
    "stuck": "EXISTS (SELECT FROM payment_intention i WHERE i.order_id = r.order_id AND i.cause = r.id AND i.state = 'failed')",
    "ended": "r.status IN ('declined', 'canceled')",
}
# A return is of whoever runs the store that has it, or is to get it; one that is under way by post is of those whose order it is.
_MINE = """($1::text[] IS NULL OR r.location = ANY($1) OR r.location IS NULL
  AND EXISTS (SELECT FROM work w WHERE w.order_id = r.order_id AND w.location = ANY($1)))"""
_LIST = """
SELECT r.id, r.number, r.status, r.origin, r.wish, r.opened_at, r.settled_at, r.order_id AS order, o.number AS order_number,
  l.name AS store, l.time_zone, coalesce(trim(o.currency), 'EUR') AS currency, c.first_name, c.last_name, r.by_permission IS NOT NULL AS permitted,
  (SELECT count(*)::int FROM rma_unit u WHERE u.rma = r.id AND u.state <> 'canceled') AS units,
  (SELECT count(*)::int FROM rma_unit u WHERE u.rma = r.id AND u.state = 'here') AS to_put_away,
  (SELECT coalesce(sum(u.refund_minor), 0)::bigint FROM rma_unit u WHERE u.rma = r.id) AS given_minor,
  (SELECT i.state FROM payment_intention i WHERE i.order_id = r.order_id AND i.cause = r.id ORDER BY i.intended_at DESC, i.id DESC LIMIT 1) AS money,
  CASE WHEN r.status = 'requested' THEN b.status END AS parcel, coalesce(b.carrier, '') AS carrier, coalesce(b.tracking_number, '') AS tracking, b.status_at AS heard_at,
  r.order_id IS NOT NULL AND EXISTS (SELECT FROM exception x WHERE x.order_id = r.order_id AND x.resolved_at IS NULL AND x.body->>'rma' = r.id::text) AS to_decide
FROM rma r LEFT JOIN return_label b ON b.rma = r.id AND b.state = 'bought' LEFT JOIN sales_order o ON o.id = r.order_id LEFT JOIN customer c ON c.id = o.customer LEFT JOIN location l ON l.id = r.location
WHERE {mine} AND {which} AND ($2::timestamptz IS NULL OR (r.opened_at, r.id) < ($2, $3)) ORDER BY r.opened_at DESC, r.id DESC LIMIT $4
"""


class Row(msgspec.Struct, frozen=True):
    """One return. `money`: the state of what was intended last, None where nothing was; `parcel`: where its parcel is as long as it is to come.

    `to_decide`: a case about it waits for a person.
    """

    id: UUID
    number: str
    status: str
    origin: str
    wish: str
    opened_at: datetime
    settled_at: datetime | None
    order: UUID | None
    order_number: str | None
    store: str | None
    time_zone: str | None
    currency: str
    first_name: str | None
    last_name: str | None
    permitted: bool
    units: int
    to_put_away: int
    given_minor: int
    money: str | None
    parcel: str | None
    carrier: str
    tracking: str
    heard_at: datetime | None
    to_decide: bool

    @property
    def carrier_name(self) -> str:
        return carrier_name(self.carrier)

    @property
    def place(self) -> str:
        """Where the next page begins."""
        return f"{self.opened_at.isoformat().replace('+00:00', 'Z')}_{self.id}"


async def read(
    connection: Connection, actor: Actor, which: Filter, after: tuple[datetime, UUID] | None, limit: int = MOST
) -> list[Row]:
    """Up to `limit` of the actor's returns that were opened before `after`."""
    at, last = after or (None, None)
    sql = _LIST.replace("{mine}", _MINE).replace("{which}", _WHICH[which])
    return [Row(*row) for row in await connection.fetch(sql, _places(actor), at, last, min(limit, MOST))]


def _places(actor: Actor) -> list[str] | None:
    return list(actor.locations) if actor.locations is not None else None


_UNITS: Final = """
SELECT r.number, r.opened_at, r.received_at, r.settled_at, l.name AS store, l.time_zone, coalesce(ch.name, o.channel, '') AS channel, o.number AS order_number,
  u.sku, s.name, s.variant, s.deciding, s.picture, u.reason, u.condition, u.disposition, u.state, u.paid_minor, u.refund_minor, u.kept_minor, u.absent,
  coalesce(trim(o.currency), 'EUR') AS currency,
  (SELECT i.settled_at FROM payment_intention i WHERE i.order_id = r.order_id AND i.cause = r.id AND i.state = 'confirmed' ORDER BY i.settled_at DESC LIMIT 1) AS paid_at
FROM rma r JOIN rma_unit u ON u.rma = r.id JOIN sku s ON s.sku = u.sku LEFT JOIN sales_order o ON o.id = r.order_id
LEFT JOIN channel ch ON ch.id = o.channel LEFT JOIN location l ON l.id = r.location
WHERE {mine} AND r.opened_at > $2 AND r.status NOT IN ('declined', 'canceled') AND u.state NOT IN ('canceled', 'given_back')
ORDER BY r.opened_at DESC, r.id, u.n LIMIT $3
"""


class UnitRow(msgspec.Struct, frozen=True):
    """One unit that came back, or is to, as a line of the report's file. `absent`: what was not with it, `kept_minor`: what is kept for that."""

    number: str
    opened_at: datetime
    received_at: datetime | None
    settled_at: datetime | None
    store: str | None
    time_zone: str | None
    channel: str
    order_number: str | None
    sku: str
    name: str
    variant: str
    deciding: str
    picture: str
    reason: str
    condition: str | None
    disposition: str | None
    state: str
    paid_minor: int
    refund_minor: int
    kept_minor: int
    absent: list[Absent]
    currency: str
    paid_at: datetime | None

    @property
    def less_minor(self) -> int:
        """What else was taken off; nothing before it is settled."""
        return self.paid_minor - self.refund_minor - self.kept_minor if self.settled_at else 0

    @property
    def days(self) -> float | None:
        """From the goods on the counter to the money confirmed by its provider."""
        if self.paid_at is None or self.received_at is None:
            return None
        return max(0.0, (self.paid_at - self.received_at) / timedelta(days=1))


async def units(connection: Connection, actor: Actor, since: datetime) -> list[UnitRow]:
    """Units of the actor's returns that were opened since, newest first, at most 20,000."""
    rows = await connection.fetch(_UNITS.replace("{mine}", _MINE), _places(actor), since, MOST_ROWS)
    return [msgspec.convert(dict(row) | {"absent": msgspec.json.decode(row["absent"])}, UnitRow) for row in rows]


Sums = dict[str, int]
"""Currency -> minor units of it, most units first. Sums of two currencies are never added."""


_UNUSED: Final = """
SELECT count(*)::int AS labels, coalesce(sum(cost_minor), 0)::bigint AS cost_minor FROM return_label
WHERE state = 'unused' AND intended_at > $2 AND ($1::text[] IS NULL OR location = ANY($1))
"""


class Unused(msgspec.Struct, frozen=True):
    """Labels of the way back that nobody used and no carrier took back; what those cost that tell a price."""

    labels: int
    cost_minor: int


async def unused(connection: Connection, actor: Actor, since: datetime) -> Unused:
    """Of the actor's places, asked for since."""
    row = await connection.fetchrow(_UNUSED, _places(actor), since)
    assert row is not None
    return Unused(*row)


class Group(msgspec.Struct, frozen=True):
    """Units that have something in common; `reason` is the one most of them came back for."""

    key: str
    units: int
    given: Sums
    reason: str
    name: str = ""
    picture: str = ""


class Report(msgspec.Struct, frozen=True):
    """What came back in a time, money by currency. `recovered`: what units that are for sale again had cost, of `back`, what came in all;
    `days`: half of the refunds took no longer; `kept`: for what was missing."""

    returns: int
    units: int
    given: Sums
    kept: Sums
    back: Sums
    recovered: Sums
    refunded: int
    days: float | None
    reasons: list[Group]
    articles: list[Group]
    stores: list[Group]
    channels: list[Group]


def summed(rows: list[UnitRow]) -> Report:
    """The figures of these units, each group by how many came back."""
    back = [row for row in rows if row.state in ("here", "placed", "gone")]
    times = sorted({row.number: row.days for row in rows if row.days is not None}.values())
    return Report(
        len({row.number for row in rows}), len(rows), given_for(rows), kept_of(rows), paid_for(back, back),
        paid_for(back, [row for row in back if row.state == "placed"]), len(times), times[len(times) // 2] if times else None,
        _grouped(rows, "reason"), _grouped(rows, "sku")[:20], _grouped(rows, "store"), _grouped(rows, "channel"),
    )  # fmt: skip


def given_for(rows: list[UnitRow]) -> Sums:
    """What was given for these units, by currency."""
    return {currency: sum(row.refund_minor for row in of) for currency, of in _by_currency(rows)}


def kept_of(rows: list[UnitRow]) -> Sums:
    """What was kept back for missing parts, by currency; those of which nothing was are left out."""
    kept = {currency: sum(row.kept_minor for row in of) for currency, of in _by_currency(rows)}
    return {currency: minor for currency, minor in kept.items() if minor}


def paid_for(rows: list[UnitRow], some: list[UnitRow]) -> Sums:
    """What `some` of these units had cost, in every currency of all of them."""
    return {
        currency: sum(row.paid_minor for row in some if row.currency == currency) for currency, _ in _by_currency(rows)
    }


def _by_currency(rows: list[UnitRow]) -> list[tuple[str, list[UnitRow]]]:
    found: dict[str, list[UnitRow]] = {}
    for row in rows:
        found.setdefault(row.currency, []).append(row)
    return sorted(found.items(), key=lambda one: (-len(one[1]), one[0]))


def _grouped(rows: list[UnitRow], by: str) -> list[Group]:
    found: dict[str, list[UnitRow]] = {}
    for row in rows:
        found.setdefault(str(getattr(row, by) or ""), []).append(row)
    groups = [_group(key, of, by) for key, of in found.items()]
    return sorted(groups, key=lambda one: (-one.units, one.key))


def _group(key: str, rows: list[UnitRow], by: str) -> Group:
    reasons: dict[str, int] = {}
    for row in rows:
        reasons[row.reason] = reasons.get(row.reason, 0) + 1
    most = max(reasons, key=lambda code: (reasons[code], code))
    first: Any = rows[0]
    name = ", ".join(part for part in (first.name, first.variant, first.deciding) if part) if by == "sku" else ""
    return Group(key, len(rows), given_for(rows), most, name, first.picture if by == "sku" else "")

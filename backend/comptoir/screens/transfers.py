"""Transfers as people see them: a store's own to send and to receive, a manager's list, one with its lines."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from comptoir.kit.actor import Actor
from comptoir.kit.db import Connection
from comptoir.kit.errors import NotFound
from comptoir.transfers.lifecycle import TRANSFER, Status

MOST = 100

# What a customer's transfer carries is its work's until it leaves: one statement reads both as lines.
_LINES = """
  SELECT n.line, n.sku, n.quantity, n.reserved, n.picked, n.in_transit, n.received, n.missing, n.released, n.over, n.lost, n.damaged FROM transfer_line n WHERE n.transfer = t.id
  UNION ALL SELECT l.line, l.sku, l.quantity - l.canceled - l.shorted, l.reserved, l.picked, 0, 0, 0, 0, 0, 0, 0 FROM work_line l
    WHERE l.work = t.work AND t.status = 'created' AND l.quantity > l.canceled + l.shorted
"""
_HEAD = f"""
SELECT t.id, t.number, t.from_location AS "from", f.name AS from_name, t.to_location AS "to", d.name AS to_name, t.status, t.reason, t.note,
  t.order_id AS "order", o.number AS order_number, t.work, t.promise_at,
  (SELECT a.id FROM work a WHERE a.id = t.arrived_work AND a.status IN ('picking', 'picked')) AS to_shelve, t.created_at, t.shipped_at, t.received_at, t.ended_at,
  (SELECT s.first_name FROM staff s WHERE s.id::text = t.created_by) AS created_by, (SELECT s.first_name FROM staff s WHERE s.id::text = t.shipped_by) AS shipped_by,
  coalesce(s.quantity, 0) AS quantity, coalesce(s.reserved, 0) AS reserved, coalesce(s.picked, 0) AS picked, coalesce(s.in_transit, 0) AS in_transit,
  coalesce(s.received, 0) AS received, coalesce(s.missing, 0) AS missing, coalesce(s.released, 0) AS released, coalesce(s.over, 0) AS over, coalesce(s.lost, 0) AS lost, coalesce(s.damaged, 0) AS damaged, coalesce(s.articles, 0) AS articles
FROM transfer t JOIN location f ON f.id = t.from_location JOIN location d ON d.id = t.to_location LEFT JOIN sales_order o ON o.id = t.order_id
CROSS JOIN LATERAL (SELECT sum(quantity)::int AS quantity, sum(reserved)::int AS reserved, sum(picked)::int AS picked, sum(in_transit)::int AS in_transit,
  sum(received)::int AS received, sum(missing)::int AS missing, sum(released)::int AS released, sum(over)::int AS over, sum(lost)::int AS lost, sum(damaged)::int AS damaged, count(DISTINCT sku)::int AS articles FROM ({_LINES}) x) s
"""
AGES = ("today", "days_1_2", "days_3_6", "week")
_AGE = """CASE WHEN t.shipped_at > {now}::timestamptz - interval '1 day' THEN 'today' WHEN t.shipped_at > {now}::timestamptz - interval '3 days' THEN 'days_1_2'
  WHEN t.shipped_at > {now}::timestamptz - interval '7 days' THEN 'days_3_6' ELSE 'week' END"""
_REACHED = "($1::text[] IS NULL OR t.from_location = ANY($1) OR t.to_location = ANY($1))"


class Head(msgspec.Struct, frozen=True, rename={"from_": "from"}):
    """A transfer without its lines; every figure is the sum of its lines, in units."""

    id: UUID
    number: str
    from_: str
    from_name: str
    to: str
    to_name: str
    status: Status
    reason: str
    note: str
    created_at: datetime
    quantity: int
    reserved: int
    picked: int
    in_transit: int
    received: int
    missing: int
    released: int
    over: int
    articles: int
    lost: int = 0
    damaged: int = 0
    order: UUID | None = None
    order_number: str | None = None
    work: UUID | None = None
    to_shelve: UUID | None = None
    """The customer's work where it was received, while it waits to be put on the shelf."""
    promise_at: datetime | None = None
    shipped_at: datetime | None = None
    received_at: datetime | None = None
    ended_at: datetime | None = None
    created_by: str | None = None
    shipped_by: str | None = None

    @property
    def actions(self) -> tuple[str, ...]:
        """What may be done next."""
        return tuple(action.value for action in TRANSFER.actions(self.status))

    @property
    def sent(self) -> int:
        """Units that left."""
        return self.in_transit + self.received + self.missing + self.lost + self.damaged

    def days_on_the_way(self, now: datetime) -> int:
        """Whole days since it left."""
        return (now - self.shipped_at).days if self.shipped_at else 0

    @property
    def place(self) -> str:
        """Where the next page begins."""
        return f"{self.created_at.isoformat().replace('+00:00', 'Z')}_{self.id}"


class LineView(msgspec.Struct, frozen=True):
    """One article of a transfer, with what a hand needs to find and know it."""

    line: int
    sku: str
    name: str
    variant: str
    deciding: str
    picture: str
    quantity: int
    reserved: int
    picked: int
    in_transit: int
    received: int
    missing: int
    released: int
    over: int
    codes: list[str]
    aisle: str | None = None
    bay: str | None = None
    level: str | None = None
    lost: int = 0
    damaged: int = 0

    @property
    def place(self) -> dict[str, str | None] | None:
        return {"aisle": self.aisle, "bay": self.bay, "level": self.level} if self.aisle else None

    @property
    def sent(self) -> int:
        return self.in_transit + self.received + self.missing + self.lost + self.damaged

    @property
    def counted(self) -> int:
        """Units that have come."""
        return self.received + self.over + self.damaged


class CartonLine(msgspec.Struct, frozen=True):
    """One article in one carton: laid into it, and counted out of it."""

    carton: str
    sku: str
    packed: int
    received: int


class Settlement(msgspec.Struct, frozen=True):
    """What somebody said about missing units."""

    sku: str
    kind: str
    units: int
    note: str
    at: datetime
    who: str | None = None


class TransferView(msgspec.Struct, frozen=True):
    """One transfer, whole."""

    head: Head
    lines: list[LineView]
    contents: list[CartonLine] = []
    settled: list[Settlement] = []

    @property
    def cartons(self) -> dict[str, list[CartonLine]]:
        """What lies in which carton."""
        found: dict[str, list[CartonLine]] = {}
        for content in self.contents:
            found.setdefault(content.carton, []).append(content)
        return found

    def settled_of(self, sku: str) -> list[Settlement]:
        """What was said about one article."""
        return [each for each in self.settled if each.sku == sku]


async def of_store(connection: Connection, location: str) -> tuple[list[Head], list[Head]]:
    """What a store has to send and what it has to receive, oldest first, at most 100 each."""
    rows = await connection.fetch(
        f"{_HEAD} WHERE (t.from_location = $1 AND t.status = 'created') OR (t.to_location = $1 AND t.status IN ('shipped', 'receiving'))"
        " ORDER BY coalesce(t.shipped_at, t.created_at), t.id LIMIT 200",
        location,
    )
    found = [_head(row) for row in rows]
    return [one for one in found if one.status is Status.CREATED], [
        one for one in found if one.status is not Status.CREATED
    ]


async def read_list(
    connection: Connection, actor: Actor, after: tuple[datetime, UUID] | None = None, limit: int = 50, *,
    status: Sequence[str] | None = None, location: str | None = None,
) -> list[Head]:  # fmt: skip
    """Transfers that begin or end at the actor's places, newest first."""
    at, last = after if after is not None else (None, None)
    rows = await connection.fetch(
        f"{_HEAD} WHERE {_REACHED} AND ($2::text[] IS NULL OR t.status = ANY($2)) AND ($3::text IS NULL OR $3 IN (t.from_location, t.to_location))"
        " AND ($4::timestamptz IS NULL OR (t.created_at, t.id) < ($4, $5::uuid)) ORDER BY t.created_at DESC, t.id DESC LIMIT $6",
        _places(actor), None if status is None else list(status), location, at, last, min(limit, MOST),
    )  # fmt: skip
    return [_head(row) for row in rows]


async def under_way(
    connection: Connection, actor: Actor, now: datetime, location: str | None = None, age: str | None = None
) -> tuple[list[Head], int]:
    """What has not ended between the actor's places, the longest on its way first, at most a hundred; and how much it is in all.

    `age` is one of `AGES`: of what has left alone.
    """
    found = f"{_REACHED} AND t.status IN ('created', 'shipped', 'receiving') AND ($2::text IS NULL OR $2 IN (t.from_location, t.to_location))" \
        f" AND ($3::text IS NULL OR (t.status <> 'created' AND {_AGE.format(now='$4')} = $3))"  # fmt: skip
    rows = await connection.fetch(
        f"{_HEAD} WHERE {found} ORDER BY t.shipped_at NULLS LAST, t.created_at, t.id LIMIT {MOST}", _places(actor), location, age, now
    )  # fmt: skip
    total = await connection.fetchval(
        f"SELECT count(*)::int FROM transfer t WHERE {found}", _places(actor), location, age, now
    )
    return [_head(row) for row in rows], int(total)


async def one(connection: Connection, transfer: UUID, actor: Actor) -> TransferView:
    """A transfer with its lines, in the source's walk order. NotFound `transfer_not_found`."""
    row = await connection.fetchrow(f"{_HEAD} WHERE {_REACHED} AND t.id = $2", _places(actor), transfer)
    if row is None:
        raise NotFound("transfer_not_found")
    lines = await connection.fetch(
        f"SELECT x.line, x.sku, s.name, s.variant, s.deciding, s.picture, x.quantity, x.reserved, x.picked, x.in_transit, x.received, x.missing,"
        " x.released, x.over, ARRAY(SELECT b.code FROM barcode b WHERE b.sku = x.sku ORDER BY b.code) AS codes, h.aisle, h.bay, h.level, x.lost, x.damaged"
        f" FROM transfer t CROSS JOIN LATERAL ({_LINES}) x JOIN sku s ON s.sku = x.sku"
        " LEFT JOIN shelf_place h ON h.location = t.from_location AND h.sku = x.sku"
        f" WHERE t.id = $2 AND {_REACHED} ORDER BY h.aisle NULLS LAST, h.bay, h.level, x.line LIMIT 400",
        _places(actor), transfer,
    )  # fmt: skip
    contents = await connection.fetch(
        f"SELECT c.carton, c.sku, c.packed, c.received FROM transfer_carton c JOIN transfer t ON t.id = c.transfer WHERE t.id = $2 AND {_REACHED}"
        " AND c.packed + c.received > 0 ORDER BY c.carton, c.sku LIMIT 2000",
        _places(actor), transfer,
    )  # fmt: skip
    settled = await connection.fetch(
        "SELECT s.sku, s.kind, s.units, s.note, s.at, (SELECT p.first_name FROM staff p WHERE p.id::text = s.who) FROM transfer_settlement s"
        f" JOIN transfer t ON t.id = s.transfer WHERE t.id = $2 AND {_REACHED} ORDER BY s.at, s.id LIMIT 400",
        _places(actor), transfer,
    )  # fmt: skip
    return TransferView(
        _head(row), [LineView(*line) for line in lines], [CartonLine(*line) for line in contents],
        [Settlement(*line) for line in settled],
    )  # fmt: skip


async def by_carton(connection: Connection, location: str, codes: list[str]) -> UUID | None:
    """The transfer on its way to this place that has a carton under one of these codes."""
    found: UUID | None = await connection.fetchval(
        "SELECT t.id FROM transfer_carton c JOIN transfer t ON t.id = c.transfer WHERE c.carton = ANY($2::text[]) AND t.to_location = $1"
        " AND t.status IN ('shipped', 'receiving') ORDER BY t.shipped_at LIMIT 1",
        location, codes,
    )  # fmt: skip
    return found


class OnTheWay(msgspec.Struct, frozen=True):
    """Transfers that left so many days ago and have not ended, and their units that nobody has counted yet."""

    bucket: str
    transfers: int
    units: int


async def ageing(connection: Connection, actor: Actor, now: datetime) -> list[OnTheWay]:
    """What is on its way from or to the actor's places, by how long ago it left."""
    rows = await connection.fetch(
        f"SELECT {_AGE.format(now='$2')} AS bucket, count(DISTINCT t.id)::int AS transfers,"
        " coalesce(sum(l.in_transit), 0)::int AS units FROM transfer t LEFT JOIN transfer_line l ON l.transfer = t.id"
        f" WHERE {_REACHED} AND t.status IN ('shipped', 'receiving') GROUP BY 1 LIMIT 4",
        _places(actor), now,
    )  # fmt: skip
    found = {row["bucket"]: OnTheWay(*row) for row in rows}
    return [found.get(bucket, OnTheWay(bucket, 0, 0)) for bucket in AGES]


def _places(actor: Actor) -> list[str] | None:
    return None if actor.locations is None else list(actor.locations)


def _head(row: Any) -> Head:
    return msgspec.convert(dict(row), Head)

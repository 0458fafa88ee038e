"""Levels that cannot be right: which they are, and of one what is said of it, its last lines and the work that rests on it."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from comptoir.kit.actor import Actor
from comptoir.kit.db import Connection
from comptoir.kit.errors import NotFound
from comptoir.stock import repairing_sql
from comptoir.stock.repairing import Accounts

MOST: Final = 100
LINES: Final = 12
WORKS: Final = 20

_OFF: Final = (
    "greatest(abs(coalesce(v.on_hand, 0) - m.on_hand), abs(coalesce(v.reserved, 0) - m.reserved),"
    " abs(coalesce(v.set_aside, 0) - m.set_aside), abs(coalesce(v.unsellable, 0) - m.unsellable))"
)
_LIST: Final = f"""
SELECT f.sku, coalesce(s.name, f.sku) AS name, coalesce(s.variant, '') AS variant, coalesce(s.deciding, '') AS deciding, f.location AS store, l.name AS store_name,
  l.time_zone, coalesce(v.on_hand, 0) AS on_hand, m.on_hand AS ledger, {_OFF} AS units, f.found_at
FROM (SELECT * FROM stock_fault WHERE kind = 'ledger' AND ($1::text[] IS NULL OR location = ANY($1)) AND ($2 = '' OR location = $2)
  ORDER BY units DESC, location, sku LIMIT $3) f
JOIN location l ON l.id = f.location LEFT JOIN sku s ON s.sku = f.sku LEFT JOIN stock_level v ON v.sku = f.sku AND v.location = f.location
CROSS JOIN LATERAL ({repairing_sql.LEDGER.format(sku="f.sku", location="f.location")}) m
WHERE {_OFF} > 0 ORDER BY units DESC, l.name, f.sku LIMIT $3
"""
_ONE: Final = f"""
SELECT s.sku, s.name, s.variant, s.deciding, s.picture, l.id AS store, l.name AS store_name, l.time_zone, a.*,
  (SELECT coalesce(jsonb_agg(jsonb_build_object('id', m.id, 'fact', m.fact, 'on_hand', m.on_hand, 'reserved', m.reserved, 'set_aside', m.set_aside,
      'unsellable', m.unsellable, 'reason', m.reason, 'happened_at', m.happened_at, 'order', m.order_id,
      'number', (SELECT o.number FROM sales_order o WHERE o.id = m.order_id)) ORDER BY m.happened_at DESC, m.id DESC), '[]')
    FROM (SELECT * FROM stock_movement WHERE sku = $1 AND location = $2 ORDER BY happened_at DESC, id DESC LIMIT $4) m)::text AS movements,
  (SELECT coalesce(jsonb_agg(jsonb_build_object('order', w.order_id, 'number', w.order_number, 'status', w.status, 'kind', w.kind, 'promise_at', w.promise_at,
      'units', w.units) ORDER BY w.promise_at, w.id), '[]')
    FROM (SELECT w.id, w.order_id, w.order_number, w.status, w.kind, w.promise_at, n.reserved + n.picked + n.staged AS units FROM work_line n
      JOIN work w ON w.id = n.work AND w.location = n.location WHERE n.sku = $1 AND n.location = $2 AND n.reserved + n.picked + n.staged > 0
      ORDER BY w.promise_at, w.id LIMIT $5) w)::text AS works
FROM sku s, location l, ({repairing_sql.ACCOUNTS.format(sku="$1", location="$2")}) a
WHERE s.sku = $1 AND l.id = $2 AND ($3::text[] IS NULL OR l.id = ANY($3))
"""


class Off(msgspec.Struct, frozen=True):
    """A level that is not the sum of its ledger: units on hand as it says and as the ledger does, and the largest difference of its figures."""

    sku: str
    name: str
    variant: str
    deciding: str
    store: str
    store_name: str
    time_zone: str
    on_hand: int
    ledger: int
    units: int
    found_at: datetime


class Line(msgspec.Struct, frozen=True):
    """One of its last ledger lines."""

    id: UUID
    fact: str
    on_hand: int
    reserved: int
    set_aside: int
    unsellable: int
    happened_at: datetime
    reason: str | None = None
    order: UUID | None = None
    number: str | None = None


class WorkThere(msgspec.Struct, frozen=True):
    """Live work that has units of it."""

    order: UUID
    number: str
    status: str
    kind: str
    promise_at: datetime | None
    units: int


class Row(msgspec.Struct, frozen=True):
    """One article of one place with all that is said of it."""

    sku: str
    name: str
    variant: str
    deciding: str
    picture: str
    store: str
    store_name: str
    time_zone: str
    accounts: Accounts
    movements: tuple[Line, ...]
    works: tuple[WorkThere, ...]


async def read(connection: Connection, actor: Actor, store: str = "") -> list[Off]:
    """Those that the look through all levels has found and that are still so, the largest first; one more than 100 where there are more."""
    rows = await connection.fetch(_LIST, _places(actor), store, MOST + 1)
    return [Off(**row) for row in rows]


async def round_at(connection: Connection) -> datetime | None:
    """When all levels of the house had last been looked at."""
    found: datetime | None = await connection.fetchval("SELECT max(round_at) FROM stock_look WHERE name = 'levels'")
    return found


async def read_one(connection: Connection, actor: Actor, sku: str, store: str) -> Row:
    """What is said of one row. NotFound `unknown_sku`, also for a place of others."""
    row: Any = await connection.fetchrow(_ONE, sku, store, _places(actor), LINES, WORKS + 1)
    if row is None:
        raise NotFound("unknown_sku", sku=sku)
    return Row(
        row["sku"], row["name"], row["variant"], row["deciding"], row["picture"], row["store"], row["store_name"], row["time_zone"],
        repairing_sql.read(row), msgspec.json.decode(row["movements"], type=tuple[Line, ...]), msgspec.json.decode(row["works"], type=tuple[WorkThere, ...]),
    )  # fmt: skip


def _places(actor: Actor) -> list[str] | None:
    return None if actor.locations is None else list(actor.locations)

"""Stock that asks for a manager: short, too much, lying, over-promised, to be counted, blocked; one list at a time, of one's own stores."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

import msgspec

from comptoir.kit.actor import Actor
from comptoir.kit.db import Connection

MOST: Final = 100
MOST_IN_FILE: Final = 5_000
DAYS: Final = 28
"""Demand is what left in so many days."""
SHORT_DAYS: Final = 7
"""What is free lasts for less than this: short."""
EXCESS_DAYS: Final = 90
LYING_DAYS: Final = 60
LOOKED_AT: Final = 2_000
"""Of short, excess and lying rows so many are looked at, the scarcest or the largest first: their ledger is read row by row."""


class What(StrEnum):
    """Which list."""

    SHORT = "short"
    EXCESS = "excess"
    LYING = "lying"
    OVER = "over"
    COUNTS = "counts"
    BLOCKED = "blocked"


# $1 stores of the actor (NULL: all), $2 region, $3 store, $4 now, $5 most. Every list has the same columns.
_PLACES = "SELECT id FROM location WHERE ($1::text[] IS NULL OR id = ANY($1)) AND ($2 = '' OR region = $2) AND ($3 = '' OR id = $3) AND kind = 'store'"
_LEVEL = "v.sku, v.location, v.on_hand, v.reserved, v.safety_stock, v.sold_at, v.counted_at"
_SOLD = """CROSS JOIN LATERAL (SELECT coalesce(-sum(m.on_hand), 0)::int AS sold FROM stock_movement m WHERE m.sku = c.sku AND m.location = c.location
    AND m.happened_at > $4::timestamptz - make_interval(days => {days}) AND m.fact IN ('till_sale', 'hand_over', 'hand_over_undone', 'carrier_took', 'carrier_took_undone')) d"""
_FREE = "greatest(0, c.on_hand - c.reserved - c.safety_stock)"
_LISTS = {
    What.SHORT: f"""SELECT c.*, d.sold, NULL::uuid AS count, '' AS why, d.sold::float8 / {DAYS} * {SHORT_DAYS} - {_FREE} AS rank
  FROM (SELECT {_LEVEL} FROM stock_level v JOIN sku s ON s.sku = v.sku WHERE v.location IN ({_PLACES}) AND v.sold_at > $4::timestamptz - make_interval(days => {DAYS})
    AND s.blocked_reason IS NULL AND NOT s.is_kit ORDER BY v.on_hand - v.reserved, v.sold_at DESC LIMIT {LOOKED_AT}) c {_SOLD.format(days=DAYS)}
  WHERE d.sold > 0 AND {_FREE} * {DAYS} < d.sold * {SHORT_DAYS}""",
    What.EXCESS: f"""SELECT c.*, d.sold, NULL::uuid AS count, '' AS why, {_FREE}::float8 AS rank
  FROM (SELECT {_LEVEL} FROM stock_level v WHERE v.location IN ({_PLACES}) AND v.on_hand - v.reserved > 5 AND v.sold_at > $4::timestamptz - make_interval(days => {LYING_DAYS})
    ORDER BY v.on_hand - v.reserved DESC LIMIT {LOOKED_AT}) c {_SOLD.format(days=DAYS)} WHERE {_FREE} * {DAYS} > d.sold * {EXCESS_DAYS}""",
    What.LYING: f"""SELECT c.*, 0 AS sold, NULL::uuid AS count, '' AS why, c.on_hand::float8 AS rank
  FROM (SELECT {_LEVEL} FROM stock_level v WHERE v.location IN ({_PLACES}) AND v.on_hand - v.reserved > 0
    AND coalesce(v.sold_at, '-infinity') <= $4::timestamptz - make_interval(days => {LYING_DAYS}) ORDER BY v.on_hand DESC LIMIT {LOOKED_AT}) c
  WHERE c.sold_at IS NOT NULL OR EXISTS (SELECT FROM stock_movement m WHERE m.sku = c.sku AND m.location = c.location
    AND m.happened_at <= $4::timestamptz - make_interval(days => {LYING_DAYS}))""",
    What.OVER: f"""SELECT c.*, 0 AS sold, (SELECT k.id FROM stock_count k WHERE k.location = c.location AND k.sku = c.sku
    AND k.status IN ('asked', 'submitted', 'recount')) AS count, '' AS why, (c.reserved - c.on_hand)::float8 AS rank
  FROM (SELECT {_LEVEL} FROM stock_level v WHERE v.location IN ({_PLACES}) AND v.reserved > v.on_hand ORDER BY v.reserved - v.on_hand DESC LIMIT $5) c""",
    What.COUNTS: f"""SELECT k.sku, k.location, coalesce(v.on_hand, 0) AS on_hand, coalesce(v.reserved, 0) AS reserved, coalesce(v.safety_stock, 0) AS safety_stock,
    v.sold_at, v.counted_at, 0 AS sold, k.id AS count, CASE WHEN k.status = 'asked' THEN 'asked' WHEN k.status = 'submitted' THEN 'submitted' ELSE 'recount' END AS why,
    CASE WHEN k.status = 'submitted' THEN 1e6 ELSE 0 END + k.urgency AS rank
  FROM stock_count k LEFT JOIN stock_level v ON v.sku = k.sku AND v.location = k.location
  WHERE k.location IN ({_PLACES}) AND k.status IN ('asked', 'submitted', 'recount')""",
    What.BLOCKED: f"""SELECT {_LEVEL}, 0 AS sold, NULL::uuid AS count, s.blocked_reason AS why, v.on_hand::float8 AS rank
  FROM sku s JOIN stock_level v ON v.sku = s.sku WHERE v.location IN ({_PLACES}) AND s.blocked_reason IS NOT NULL AND (v.on_hand <> 0 OR v.reserved > 0)""",
}
_ROWS = """SELECT r.sku, s.name, s.variant, s.deciding, s.picture, s.price_minor, s.currency, r.location AS store, l.name AS store_name, l.time_zone,
  r.on_hand, r.reserved, r.safety_stock, r.sold, r.sold_at, r.counted_at, r.count, r.why
FROM ({list}) r JOIN sku s ON s.sku = r.sku JOIN location l ON l.id = r.location WHERE $4::timestamptz IS NOT NULL ORDER BY r.rank DESC, r.sku, r.location LIMIT $5::int"""


class ControlRow(msgspec.Struct, frozen=True):
    """One article of one store and what is the matter with it; `sold` in the last 28 days, `count` one that is open,
    `why` its state or the block's words.
    """

    sku: str
    name: str
    variant: str
    deciding: str
    picture: str
    price_minor: int
    currency: str
    store: str
    store_name: str
    time_zone: str
    on_hand: int
    reserved: int
    safety_stock: int
    sold: int
    sold_at: datetime | None
    counted_at: datetime | None
    count: UUID | None
    why: str

    @property
    def free(self) -> int:
        """Units that could be promised."""
        return max(0, self.on_hand - self.reserved - self.safety_stock)

    @property
    def cover_days(self) -> int | None:
        """For how many days what is free lasts at the pace of the last 28; None where nothing was sold."""
        return self.free * DAYS // self.sold if self.sold > 0 else None

    def lying_days(self, now: datetime) -> int | None:
        """Days since the last sale; None where none is known."""
        return None if self.sold_at is None else max(0, (now - self.sold_at) // timedelta(days=1))


class Place(msgspec.Struct, frozen=True):
    """A store that the actor reaches, with its region."""

    id: str
    name: str
    region: str
    region_name: str


async def places(connection: Connection, actor: Actor) -> list[Place]:
    """The stores to choose from, by name."""
    rows = await connection.fetch(
        "SELECT l.id, l.name, coalesce(l.region, ''), coalesce(r.name, '') FROM location l LEFT JOIN region r ON r.id = l.region"
        " WHERE l.kind = 'store' AND l.closed_at IS NULL AND ($1::text[] IS NULL OR l.id = ANY($1)) ORDER BY l.name LIMIT 1000",
        _reach(actor),
    )  # fmt: skip
    return [Place(*row) for row in rows]


async def read(
    connection: Connection, actor: Actor, what: What, region: str, store: str, now: datetime, most: int = MOST
) -> list[ControlRow]:
    """The worst rows of a list, one more than `most` where there are more. A region or store of others is empty."""
    rows = await connection.fetch(_ROWS.replace("{list}", _LISTS[what]), _reach(actor), region, store, now, most + 1)
    return [ControlRow(*row) for row in rows]


def _reach(actor: Actor) -> list[str] | None:
    return None if actor.locations is None else list(actor.locations)

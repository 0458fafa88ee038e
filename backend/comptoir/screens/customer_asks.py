"""What a customer can ask for behind their link: which stores have it all, what could come instead of what is missing."""

from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from comptoir.kit.db import Connection

MOST_STORES: Final = 5
MOST_KM: Final = 150
"""As the crow flies; nobody drives further for a pair of shoes."""
MOST_ARTICLES: Final = 6


class Request(msgspec.Struct, frozen=True):
    """What was asked of the store, and what it answered; `name` is the other store or article."""

    id: UUID
    kind: str
    state: str
    price_minor: int
    line: int | None = None
    name: str = ""
    city: str = ""


class ShortChoice(msgspec.Struct, frozen=True):
    """Units of a line that are missing and about which the customer may choose; `until` None: a person answers."""

    line: int
    title: str
    units: int
    until: datetime | None = None
    waited: bool = False


class OtherStore(msgspec.Struct, frozen=True):
    """A store to collect at: those that have every unit come first, then the nearest; `km` as the crow flies.

    Where it has not, the goods that lie ready at the first store would come there by transfer.
    """

    id: str
    name: str
    city: str
    km: int
    has_all: bool = True


class Instead(msgspec.Struct, frozen=True):
    """Another variant of the same article, here at the store, at no higher price."""

    sku: str
    name: str
    picture: str


_STORES: Final = """
WITH wanted AS (
  SELECT r.sku, CASE WHEN $2::int IS NULL THEN sum(r.quantity - r.canceled) ELSE sum(r.unsourced) END AS units
  FROM requirement r WHERE r.order_id = $1 AND ($2::int IS NULL OR r.line = $2) GROUP BY r.sku
), here AS (SELECT latitude, longitude FROM location WHERE id = $3), near AS (
SELECT p.id, p.name, p.city, round(111.2 * sqrt(power(p.latitude - h.latitude, 2)
  + power((p.longitude - h.longitude) * cos(radians(h.latitude)), 2)))::int AS km,
  (SELECT count(*) FROM wanted w JOIN stock_level v ON v.sku = w.sku AND v.location = p.id JOIN sku s ON s.sku = w.sku AND s.blocked_reason IS NULL
    WHERE w.units > 0 AND v.on_hand - v.reserved - v.safety_stock >= w.units AND (v.no_promise_until IS NULL OR v.no_promise_until <= $4))
    = (SELECT count(*) FROM wanted WHERE units > 0) AS has_all
FROM location p CROSS JOIN here h
WHERE power(p.latitude - h.latitude, 2) + power((p.longitude - h.longitude) * cos(radians(h.latitude)), 2) < power($6 / 111.2, 2) AND p.id <> $3 AND p.kind = 'store' AND 'pickup' = ANY(p.services) AND (p.paused_until IS NULL OR p.paused_until <= $4)
)
SELECT id, name, city, km, has_all FROM near WHERE has_all OR $2::int IS NULL ORDER BY has_all DESC, km, name LIMIT $5
"""
_INSTEAD: Final = """
SELECT sku, name, picture FROM (SELECT DISTINCT ON (s.name, s.variant, s.deciding) s.variant = m.variant AS same_color, s.sku, concat_ws(', ', s.name, nullif(s.variant, ''), nullif(s.deciding, '')) AS name, s.picture
FROM requirement r JOIN order_line l ON l.order_id = r.order_id AND l.line = r.line JOIN sku m ON m.sku = r.sku
JOIN sku s ON s.style = m.style AND s.sku <> m.sku AND s.blocked_reason IS NULL AND s.price_minor <= l.unit_price_minor AND NOT s.is_kit
JOIN stock_level v ON v.sku = s.sku AND v.location = $3 AND v.on_hand - v.reserved - v.safety_stock >= r.unsourced
WHERE r.order_id = $1 AND r.line = $2 AND r.unsourced > 0 AND (v.no_promise_until IS NULL OR v.no_promise_until <= $4)
ORDER BY s.name, s.variant, s.deciding, s.sku) found
ORDER BY same_color DESC, name, sku LIMIT $5
"""


async def other_stores(
    connection: Connection, order: UUID, line: int | None, here: str, now: datetime
) -> list[OtherStore]:
    """Stores near by for the whole order, or with what is missing of one line: that has to be on their shelf."""
    return [
        OtherStore(*row) for row in await connection.fetch(_STORES, order, line, here, now, MOST_STORES, float(MOST_KM))
    ]


async def instead_of(connection: Connection, order: UUID, line: int, here: str, now: datetime) -> list[Instead]:
    """What lies in this store and could come in place of a line's missing units."""
    return [Instead(*row) for row in await connection.fetch(_INSTEAD, order, line, here, now, MOST_ARTICLES)]

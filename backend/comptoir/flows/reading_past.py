"""Reads the past for a simulation: where it is played, what was in stock when it began, and orders and movements in pieces.

The stock of then is the stock of now less everything that was recorded since, so it is what the ledger's sums said at that moment. Hours,
pace, safety stock and what units cost are those of today: nobody keeps what they were.
"""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from comptoir.flows.reading_outlook import places_of
from comptoir.kit.db import Connection, Pool, borrowed
from comptoir.sourcing import queries
from comptoir.sourcing.deciding import Wish
from comptoir.sourcing.model import Need
from comptoir.sourcing.replay import PastMove, PastOrder, Scene

PIECE: Final = 250
"""Orders that are played before others get their turn: a tenth of a second or two."""
MOVES: Final = 20_000
SKUS: Final = 500
MOST_SKUS: Final = 200_000
AHEAD_DAYS: Final = 21
FIRST: Final = UUID(int=0)
_NEED: Final = msgspec.json.Decoder(tuple[int, int, str, int, str | None])
_SKUS: Final = """
SELECT DISTINCT r.sku FROM sales_order o JOIN requirement r ON r.order_id = o.id WHERE o.received_at >= $1 AND o.received_at < $2
ORDER BY 1 LIMIT $3
"""
_STOCK: Final = """
SELECT l.sku, l.location, l.on_hand - l.reserved - l.safety_stock - coalesce(m.units, 0)::int
FROM stock_level l LEFT JOIN (
  SELECT sku, location, sum(on_hand - reserved) AS units FROM stock_movement WHERE sku = ANY($1::text[]) AND recorded_at >= $2 GROUP BY 1, 2
) m ON m.sku = l.sku AND m.location = l.location WHERE l.sku = ANY($1::text[])
"""
_PRICES: Final = (
    "SELECT sku, location, scarcity_minor, markdown_minor, decline_minor FROM unit_price WHERE sku = ANY($1::text[])"
)
_ORDERS: Final = """
WITH page AS (
  SELECT o.id, o.received_at, o.channel, o.service FROM sales_order o
  WHERE (o.received_at, o.id) > ($1, $2::uuid) AND o.received_at < $3 ORDER BY o.received_at, o.id LIMIT $4
)
SELECT p.id, p.received_at, p.channel, p.service, coalesce(a.country, 'FR') AS country, coalesce(a.postcode, '') AS postcode,
  EXISTS (SELECT FROM order_company c WHERE c.order_id = p.id) AS business,
  ARRAY(SELECT jsonb_build_array(r.line, r.part, r.sku, r.quantity, CASE WHEN l.method = 'pickup' THEN l.location END)::text
    FROM requirement r JOIN order_line l ON l.order_id = r.order_id AND l.line = r.line
    WHERE r.order_id = p.id ORDER BY r.line, r.part) AS needs
FROM page p LEFT JOIN order_address a ON a.order_id = p.id ORDER BY p.received_at, p.id
"""
# What an order of the period did to the stock is decided anew; everything else is played as it was.
_MOVES: Final = """
SELECT m.recorded_at, m.id, m.sku, m.location, m.on_hand - m.reserved FROM stock_movement m
WHERE (m.recorded_at, m.id) > ($1, $2::uuid) AND m.recorded_at <= $3 AND m.on_hand <> m.reserved
  AND NOT EXISTS (SELECT FROM sales_order o WHERE o.id = m.order_id AND o.received_at >= $4)
ORDER BY m.recorded_at, m.id LIMIT $5
"""


async def read_scene(pool: Pool, since: datetime, until: datetime) -> Scene:
    """Places, articles, and the stock as the ledger had it at `since`, of the articles that are ordered."""
    stock: list[tuple[str, str, int]] = []
    prices: list[tuple[str, str, int, int, int]] = []
    async with borrowed(pool) as connection:
        places = places_of(await queries.places(connection), since, (until - since).days + 1 + AHEAD_DAYS)
        known = await queries.articles(connection)
        skus = [row[0] for row in await connection.fetch(_SKUS, since, until, MOST_SKUS)]
    for at in range(0, len(skus), SKUS):
        async with borrowed(pool) as connection:
            some = skus[at : at + SKUS]
            stock += [tuple(row) for row in await connection.fetch(_STOCK, some, since)]
            prices += [tuple(row) for row in await connection.fetch(_PRICES, some)]
    return Scene(places, known, stock, prices)


async def read_pieces(
    pool: Pool, since: datetime, until: datetime
) -> AsyncIterator[tuple[list[PastOrder], list[PastMove]]]:
    """Orders of the period with all that moved up to them, piece by piece, in order of time."""
    order = moved = (since, FIRST)
    while True:
        async with borrowed(pool) as connection:
            orders = await _orders(connection, order, until)
        if not orders:
            return
        order = (orders[-1].at, orders[-1].id)
        while True:
            async with borrowed(pool) as connection:
                rows = await connection.fetch(_MOVES, *moved, order[0], since, MOVES)
            moves = [PastMove(row[0], row[2], row[3], row[4]) for row in rows]
            if rows:
                moved = (rows[-1][0], rows[-1][1])
            if len(rows) < MOVES:
                yield orders, moves
                break
            # More moves than one piece holds: the orders before the last of them are played with them, the others with the rest.
            ready = [one for one in orders if one.at < moves[-1].at]
            yield ready, moves
            orders = orders[len(ready) :]


async def _orders(connection: Connection, after: tuple[datetime, UUID], until: datetime) -> list[PastOrder]:
    return [_order(row) for row in await connection.fetch(_ORDERS, *after, until, PIECE)]


def _order(row: Any) -> PastOrder:
    needs = tuple(Need(*_NEED.decode(text)) for text in row["needs"])
    buyer = "business" if row["business"] else "private"
    wish = Wish(needs, row["country"].strip(), row["postcode"], row["channel"], row["service"], buyer)
    return PastOrder(row["id"], row["received_at"], wish)

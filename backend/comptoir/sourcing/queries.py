"""Reads that fill the outlook: the network, the kits, and slices of stock, each bounded."""

from datetime import datetime

from comptoir.kit.db import Connection
from comptoir.network.planned import AS_TEXT
from comptoir.sourcing.model import Article

SLICE = 5_000
"""Stock rows read in one refresh; a large network is gone through in turns."""


async def places(connection: Connection) -> list[dict[str, object]]:
    """All locations in id order with their regular hours and exceptions of the next three weeks and the last day."""
    rows = await connection.fetch(
        "SELECT l.id, l.services, l.time_zone, l.latitude, l.longitude, l.pick_lead_minutes, l.capacity_per_hour, l.hold_days,"
        " l.parcel_cost_minor, l.paused_until, l.kind, coalesce(l.region, '') AS region,"
        " ARRAY(SELECT ARRAY[h.weekday::int, h.opens, h.closes] FROM opening_hours h WHERE h.location = l.id ORDER BY 1) AS hours,"
        " ARRAY(SELECT e.day::text || ' ' || coalesce(e.opens, -1) || ' ' || coalesce(e.closes, -1) FROM opening_exception e WHERE e.location = l.id) AS exceptions,"
        f" {AS_TEXT}"
        " FROM location l ORDER BY l.id LIMIT 5000"
    )
    return [dict(row) for row in rows]


async def articles(connection: Connection) -> dict[str, Article]:
    """What sourcing knows of every SKU."""
    rows = await connection.fetch("SELECT sku, minimum_age, weight_grams, price_minor, category FROM sku LIMIT 1000000")
    return {row[0]: Article(*row[1:]) for row in rows}


async def kit_parts(connection: Connection) -> list[tuple[str, str, int, int]]:
    """(kit, component, quantity, share in basis points), in component order."""
    return [
        tuple(row)
        for row in await connection.fetch(
            "SELECT kit, component, quantity, price_share_bp FROM kit_component ORDER BY kit, component LIMIT 100000"
        )
    ]


async def supply(
    connection: Connection, after: tuple[str, str], now: datetime, limit: int = SLICE
) -> list[tuple[str, str, int]]:
    """The next slice of available units after a (sku, location): (sku, location, units)."""
    rows = await connection.fetch(
        "SELECT l.sku, l.location, CASE WHEN l.no_promise_until > $3 OR s.blocked_reason IS NOT NULL THEN 0"
        " ELSE greatest(0, l.on_hand - l.reserved - l.safety_stock) END"
        " FROM stock_level l JOIN sku s ON s.sku = l.sku WHERE (l.sku, l.location) > ($1, $2) ORDER BY l.sku, l.location LIMIT $4",
        *after, now, limit,
    )  # fmt: skip
    return [tuple(row) for row in rows]


async def queues(connection: Connection) -> dict[str, int]:
    """Works that wait to be picked, per location."""
    rows = await connection.fetch(
        "SELECT location, count(*)::int FROM work WHERE status IN ('open', 'accepted', 'picking') GROUP BY location LIMIT 5000"
    )
    return {row[0]: row[1] for row in rows}


async def given_today(connection: Connection, since: datetime) -> dict[str, int]:
    """Works that each location was given since a moment."""
    rows = await connection.fetch(
        "SELECT location, count(*)::int FROM work WHERE created_at >= $1 AND kind = 'ship' GROUP BY location LIMIT 5000",
        since,
    )
    return {row[0]: row[1] for row in rows}


async def unit_prices(
    connection: Connection, after: tuple[datetime, str, str], limit: int = SLICE
) -> list[tuple[datetime, str, str, int, int, int]]:
    """The next slice of prices by when they were made: (as of, sku, location, scarcity, markdown, expected refusal)."""
    rows = await connection.fetch(
        "SELECT as_of, sku, location, scarcity_minor, markdown_minor, decline_minor FROM unit_price"
        " WHERE (as_of, sku, location) > ($1, $2, $3) ORDER BY as_of, sku, location LIMIT $4",
        *after, limit,
    )  # fmt: skip
    return [tuple(row) for row in rows]

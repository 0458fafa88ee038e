"""Readings of stock: what lies in every place today, at selling prices, by how long ago one was sold."""

from datetime import datetime
from typing import Final

from comptoir.kit.db import Tx
from comptoir.reporting.measures import STOCK_BANDS

_READ: Final = """
INSERT INTO report_stock (location, day, band, currency, units, value_minor, taken_at)
SELECT v.location, ($1::timestamptz AT TIME ZONE l.time_zone)::date,
  to_char(CASE WHEN v.sold_at > $1::timestamptz - make_interval(days => $2) THEN $2 WHEN v.sold_at > $1::timestamptz - make_interval(days => $3) THEN $3
    WHEN v.sold_at > $1::timestamptz - make_interval(days => $4) THEN $4 ELSE 9999 END, 'FM0000'),
  k.currency, sum(v.on_hand), sum(v.on_hand::bigint * k.price_minor), $1
FROM stock_level v JOIN location l ON l.id = v.location JOIN sku k ON k.sku = v.sku WHERE v.on_hand <> 0 GROUP BY 1, 2, 3, 4
ON CONFLICT (location, day, band, currency) DO UPDATE SET units = excluded.units, value_minor = excluded.value_minor, taken_at = excluded.taken_at
"""


async def is_due(tx: Tx, before: datetime) -> bool:
    """Whether no reading has been taken since `before`."""
    due: bool = await tx.value(
        "SELECT coalesce(max(taken_at) < $1, true) FROM report_stock WHERE day >= ($1 - interval '3 days')::date",
        before,
    )
    return due


async def read_levels(tx: Tx) -> int:
    """Take a reading of every place at the transaction's time; how many rows. What no longer lies there leaves the day's reading."""
    written = await tx.run(_READ, tx.now, *STOCK_BANDS)
    await tx.run(
        "DELETE FROM report_stock r USING location l WHERE l.id = r.location AND r.day = ($1::timestamptz AT TIME ZONE l.time_zone)::date"
        " AND r.taken_at < $1",
        tx.now,
    )
    return int(written.split()[-1])

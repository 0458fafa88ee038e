"""Articles to count, as a device keeps them for the time with no network: never what is expected."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from comptoir.kit.db import Connection
from comptoir.stock.directing import Cause

MOST = 100
MOST_ON_SHELF = 500
KNOWN = frozenset(
    (
        "short",
        "found_after_short",
        "found_elsewhere",
        "put_back_twice",
        "receiving",
        "transfer_over",
        "counted_again",
        "shelf",
        "shelf_extra",
        "recall",
        *Cause,
    )
)
"""Reasons that the device has words for; whatever a person wrote is "asked"."""

_COUNTS = """
SELECT x.id, x.sku, x.name, x.variant, x.deciding, x.picture, x.reason, x.again, x.not_by,
  CASE WHEN x.aisle IS NULL THEN NULL ELSE jsonb_build_object('aisle', x.aisle, 'bay', x.bay, 'level', x.level) END AS place,
  ARRAY(SELECT b.code FROM barcode b WHERE b.sku = x.sku ORDER BY b.code LIMIT 20) AS codes
FROM (SELECT k.id, k.sku, s.name, s.variant, s.deciding, s.picture, k.reason, k.status = 'recount' AS again, k.not_by, h.aisle, h.bay, h.level,
  row_number() OVER (ORDER BY k.status = 'recount' DESC, k.urgency > 0, h.aisle NULLS LAST, h.bay, h.level, k.urgency DESC, k.asked_at, k.id) AS n
  FROM stock_count k JOIN sku s ON s.sku = k.sku LEFT JOIN shelf_place h ON h.location = k.location AND h.sku = k.sku
  LEFT JOIN shelf_count o ON o.id = k.shelf AND o.status = 'open' AND k.status = 'asked'
  WHERE k.location = $1 AND k.status IN ('asked', 'recount') AND o.id IS NOT DISTINCT FROM $3::uuid) x
WHERE x.n <= $2 OR x.id = ANY($4::uuid[]) ORDER BY x.n
"""

_SHELVES = """
SELECT h.id, h.aisle, h.bay, h.device IS NOT DISTINCT FROM $2::uuid AND h.device IS NOT NULL AS mine, t.first_name AS who, d.name AS device, h.until,
  (SELECT count(*)::int FROM stock_count k WHERE k.shelf = h.id AND k.status = 'asked') AS articles, h.until IS NULL OR h.until <= $3 AS free
FROM shelf_count h LEFT JOIN staff t ON t.id::text = h.holder LEFT JOIN device d ON d.id = h.device
WHERE h.location = $1 AND h.status = 'open' ORDER BY h.aisle, h.bay, h.id LIMIT 50
"""


class CountRow(msgspec.Struct, frozen=True):
    """An article to count; `not_by` may not count it again. `codes` as scanned: GTIN-14, internal codes, the SKU itself."""

    id: UUID
    sku: str
    name: str
    variant: str
    deciding: str
    picture: str
    reason: str
    again: bool
    not_by: str | None
    place: dict[str, Any] | None
    codes: list[str]


class Shelf(msgspec.Struct, frozen=True):
    """A whole shelf to count: `mine` when this device has it, `free` when any may take it; who has it, on what, until when."""

    id: UUID
    aisle: str
    bay: str
    articles: int
    mine: bool
    free: bool
    who: str | None
    device: str | None
    until: datetime | None


async def read_shelves(connection: Connection, location: str, device: UUID | None, now: datetime) -> list[Shelf]:
    """The shelves that are to be counted in a store."""
    return [Shelf(**row) for row in await connection.fetch(_SHELVES, location, device, now)]


async def read(
    connection: Connection, location: str, shelf: UUID | None = None, begun: Sequence[UUID] = ()
) -> list[CountRow]:
    """What a store has to count: second counts first, then what a short or a person asked for, then the directed ones in walk order.

    With a shelf, what is on its list and has no figure yet, and nothing else. What was `begun` comes along however long the list is.
    """
    rows = await connection.fetch(_COUNTS, location, MOST if shelf is None else MOST_ON_SHELF, shelf, list(begun))
    found = [
        dict(row)
        | {"reason": row["reason"] if row["reason"] in KNOWN else "asked"}
        | {"place": msgspec.json.decode(row["place"]) if row["place"] else None}
        for row in rows
    ]
    return [CountRow(**row | {"codes": [*row["codes"], row["sku"]]}) for row in found]

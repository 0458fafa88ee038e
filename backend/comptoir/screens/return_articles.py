"""Articles that a customer may take in place of others: the sizes and colors of the same style, and whatever is scanned."""

from collections.abc import Sequence
from typing import Final

import msgspec

from comptoir.kit.db import Connection

MOST: Final = 24

_ARTICLE = """
SELECT s.sku, s.name, s.variant, s.deciding, s.picture, s.price_minor, s.blocked_reason IS NOT NULL AS blocked,
  greatest(0, coalesce(l.on_hand - l.reserved, 0))::int AS here, ARRAY(SELECT b.code FROM barcode b WHERE b.sku = s.sku ORDER BY b.code) AS codes,
  s.category, (SELECT concat_ws(' ', h.aisle, h.bay, h.level) FROM shelf_place h WHERE h.location = $1 AND h.sku = s.sku) AS place
FROM sku s LEFT JOIN stock_level l ON l.sku = s.sku AND l.location = $1
"""
_SIZES = f"""{_ARTICLE} WHERE s.style IN (SELECT x.style FROM sku x WHERE x.sku = ANY($2::text[])) AND NOT s.is_kit AND s.blocked_reason IS NULL
ORDER BY coalesce(l.on_hand - l.reserved, 0) <= 0, s.variant, s.deciding LIMIT {MOST}"""
_CODE = f"{_ARTICLE} WHERE NOT s.is_kit AND (s.sku = ANY($2::text[]) OR s.sku IN (SELECT b.sku FROM barcode b WHERE b.code = ANY($2::text[]))) LIMIT 1"


class Article(msgspec.Struct, frozen=True):
    """An article with its price today and what is free of it here."""

    sku: str
    name: str
    variant: str
    deciding: str
    picture: str
    price_minor: int
    blocked: bool
    here: int
    codes: list[str]
    category: str
    place: str | None


async def sizes(connection: Connection, location: str, skus: Sequence[str]) -> list[Article]:
    """The same style in its sizes and colors, what is here first."""
    return [Article(*row) for row in await connection.fetch(_SIZES, location, list(skus))]


async def find(connection: Connection, location: str, codes: Sequence[str]) -> Article | None:
    """The article of a scanned code; None for what is none of ours."""
    row = await connection.fetchrow(_CODE, location, list(codes))
    return Article(*row) if row else None

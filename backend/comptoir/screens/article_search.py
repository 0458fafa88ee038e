"""Articles by name, barcode or SKU, for a person who looks for one."""

import msgspec

from comptoir.kit.codes import gtin14
from comptoir.kit.db import Connection

MOST = 50

# Every word must stand somewhere in the name, the variant or the SKU; a code must be the article's whole code.
_SQL = """
SELECT s.sku, s.name, s.variant, s.deciding, s.picture, s.price_minor, s.currency, s.blocked_reason, s.is_kit
FROM sku s WHERE s.sku = $2 OR s.sku = ANY(SELECT b.sku FROM barcode b WHERE b.code = ANY($3::text[]))
  OR NOT EXISTS (SELECT FROM unnest($1::text[]) AS w (word) WHERE lower(s.name || ' ' || s.variant || ' ' || s.sku) NOT LIKE '%' || w.word || '%')
ORDER BY s.sku = $2 DESC, s.name, s.variant, s.sku LIMIT $4
"""


class FoundSku(msgspec.Struct, frozen=True):
    """One article of the catalog."""

    sku: str
    name: str
    variant: str
    deciding: str
    picture: str
    price_minor: int
    currency: str
    blocked_reason: str | None
    is_kit: bool


async def read(connection: Connection, words: str, limit: int = 20) -> list[FoundSku]:
    """Articles that match all words, at most `limit` (50 at most); none without a word."""
    plain = words.strip()
    if not plain:
        return []
    each = [w.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") for w in plain.split()[:6]]
    code = gtin14(plain)
    codes = [plain] if code is None else [plain, code]
    rows = await connection.fetch(_SQL, each, plain.upper(), codes, min(limit, MOST))
    return [FoundSku(*row) for row in rows]


async def find_code(connection: Connection, codes: list[str]) -> str | None:
    """The one article that these spellings of a code stand for; None when there is none."""
    found: str | None = await connection.fetchval(
        "SELECT coalesce((SELECT sku FROM sku WHERE sku = ANY($1::text[]) LIMIT 1), (SELECT sku FROM barcode WHERE code = ANY($1::text[]) LIMIT 1))",
        codes,
    )
    return found

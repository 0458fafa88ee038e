"""Reads of the catalog: one SKU, a page of them, or what a scanned code is. The catalog has no place and no owner."""

from collections.abc import Sequence
from typing import Any

import msgspec

from comptoir.catalog.model import Article
from comptoir.kit.db import Connection
from comptoir.kit.errors import NotFound

MOST = 200

_ARTICLE = (
    "s.sku, s.version, s.name, s.variant, s.deciding, s.style, s.picture, s.price_minor, s.currency, s.vat_rate_bp,"
    " s.weight_grams, s.minimum_age, s.returnable, s.withdrawal_excluded, s.blocked_reason,"
    " s.length_mm, s.width_mm, s.height_mm, s.dangerous, s.dangerous_amount, s.fragile, s.ships_alone, s.category,"
    " coalesce((SELECT json_agg(json_build_object('code', b.code, 'kind', b.kind) ORDER BY b.code)"
    "  FROM barcode b WHERE b.sku = s.sku), '[]')::text AS barcodes,"
    " coalesce((SELECT json_agg(json_build_object('sku', k.component, 'quantity', k.quantity,"
    "  'price_share_bp', k.price_share_bp)"
    " ORDER BY k.component) FROM kit_component k WHERE k.kit = s.sku), '[]')::text AS parts"
)


def read(row: Any) -> Article:
    """A row as its struct."""
    told = dict(row)
    told["barcodes"] = msgspec.json.decode(told["barcodes"])
    told["parts"] = msgspec.json.decode(told["parts"])
    return msgspec.convert(told, Article)


async def find_article(connection: Connection, sku: str) -> Article:
    """NotFound `unknown_sku`."""
    row = await connection.fetchrow(f"SELECT {_ARTICLE} FROM sku s WHERE s.sku = $1", sku)
    if row is None:
        raise NotFound("unknown_sku", sku=sku)
    return read(row)


async def list_articles(connection: Connection, after: str, limit: int) -> list[Article]:
    """Articles in SKU order after this one, at most 200."""
    rows = await connection.fetch(
        f"SELECT {_ARTICLE} FROM sku s WHERE s.sku > $1 ORDER BY s.sku LIMIT $2", after, min(limit, MOST)
    )
    return [read(row) for row in rows]


async def find_by_code(connection: Connection, code: str) -> Article:
    """The article of a barcode (14 digits, or as printed) or of a SKU. NotFound `unknown_code`."""
    row = await connection.fetchrow(
        f"SELECT {_ARTICLE} FROM sku s WHERE s.sku = coalesce((SELECT b.sku FROM barcode b WHERE b.code = $1), $1)",
        code,
    )
    if row is None:
        raise NotFound("unknown_code", scanned=code)
    return read(row)


async def find_cautions(connection: Connection, skus: Sequence[str]) -> tuple[dict[str, int], frozenset[str]]:
    """Of these SKUs: the minimum age of those that have one, and which are blocked everywhere (recalled)."""
    rows = await connection.fetch(
        "SELECT sku, minimum_age, blocked_reason FROM sku WHERE sku = ANY($1::text[])"
        " AND (minimum_age IS NOT NULL OR blocked_reason IS NOT NULL)",
        sorted(set(skus)),
    )  # fmt: skip
    ages = {sku: age for sku, age, _ in rows if age is not None}
    return ages, frozenset(sku for sku, _, reason in rows if reason is not None)

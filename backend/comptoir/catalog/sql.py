"""Writes of the catalog: one SKU with its barcodes and parts at a time."""

from comptoir.catalog.model import Article, ArticleBody
from comptoir.catalog.queries import find_article
from comptoir.kit.db import Tx
from comptoir.kit.errors import Conflict, NotFound


async def lock_article(tx: Tx, sku: str) -> Article | None:
    """Read one SKU and keep others from changing it; None when there is none."""
    if await tx.value("SELECT true FROM sku WHERE sku = $1 FOR NO KEY UPDATE", sku) is None:
        return None
    return await find_article(tx.connection, sku)


async def find_kits(tx: Tx, skus: list[str]) -> dict[str, bool]:
    """Of these SKUs, which exist, and whether each is a kit."""
    rows = await tx.rows("SELECT sku, is_kit FROM sku WHERE sku = ANY($1::text[])", sorted(set(skus)))
    return {row["sku"]: row["is_kit"] for row in rows}


async def put_article(tx: Tx, sku: str, body: ArticleBody, version: int) -> None:
    """Write a SKU whole. Conflict `barcode_taken` when another SKU has one of its barcodes."""
    codes = [barcode.code for barcode in body.barcodes]
    taken = await tx.row("SELECT code, sku FROM barcode WHERE code = ANY($1::text[]) AND sku <> $2 LIMIT 1", codes, sku)
    if taken is not None:
        raise Conflict("barcode_taken", barcode=taken["code"], sku=taken["sku"])
    await tx.run(
        "INSERT INTO sku (sku, name, variant, deciding, style, picture, price_minor, currency, vat_rate_bp,"
        " weight_grams, minimum_age, returnable, is_kit, version, withdrawal_excluded, length_mm,"
        " width_mm, height_mm, dangerous, dangerous_amount, fragile, ships_alone, category) VALUES ($1, $2, $3, $4, $5, $6, "
        "$7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)"
        " ON CONFLICT (sku) DO UPDATE SET name = excluded.name, variant = excluded.variant,"
        " deciding = excluded.deciding, style = excluded.style, picture = excluded.picture, "
        "price_minor = excluded.price_minor,"
        " currency = excluded.currency, vat_rate_bp = excluded.vat_rate_bp, weight_grams = excluded.weight_grams,"
        " minimum_age = excluded.minimum_age, returnable = excluded.returnable, is_kit = excluded.is_kit,"
        " version = excluded.version, withdrawal_excluded = excluded.withdrawal_excluded, length_mm = excluded.length_mm,"
        " width_mm = excluded.width_mm, height_mm = excluded.height_mm, dangerous = excluded.dangerous,"
        " dangerous_amount = excluded.dangerous_amount, fragile = excluded.fragile, ships_alone = excluded.ships_alone,"
        " category = excluded.category",
        sku, body.name, body.variant, body.deciding, body.style, body.picture, body.price_minor, body.currency,
        body.vat_rate_bp, body.weight_grams, body.minimum_age, body.returnable, bool(body.parts), version,
        body.withdrawal_excluded, body.length_mm, body.width_mm, body.height_mm, body.dangerous, body.dangerous_amount,
        body.fragile, body.ships_alone, body.category,
    )  # fmt: skip
    await tx.run("DELETE FROM barcode WHERE sku = $1", sku)
    await tx.run(
        "INSERT INTO barcode (code, sku, kind) SELECT c, $2, k FROM unnest($1::text[], $3::text[]) AS b (c, k)",
        codes, sku, [barcode.kind for barcode in body.barcodes],
    )  # fmt: skip
    await tx.run("DELETE FROM kit_component WHERE kit = $1", sku)
    await tx.run(
        "INSERT INTO kit_component (kit, component, quantity, price_share_bp)"
        " SELECT $1, c, q, s FROM unnest($2::text[], $3::int[], $4::int[]) AS p (c, q, s)",
        sku, [part.sku for part in body.parts], [part.quantity for part in body.parts],
        [part.price_share_bp for part in body.parts],
    )  # fmt: skip


async def set_blocked(tx: Tx, sku: str, reason: str | None) -> None:
    """Block or free a SKU. NotFound `unknown_sku`."""
    done = await tx.value(
        "UPDATE sku SET blocked_reason = $2, version = version + 1 WHERE sku = $1 RETURNING true", sku, reason
    )
    if done is None:
        raise NotFound("unknown_sku", sku=sku)

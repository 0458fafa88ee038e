"""The feed's reads and writes: whole batches in one statement each, rows locked in (SKU, location) order."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from comptoir.kit.actor import Actor
from comptoir.kit.db import Tx
from comptoir.stock.feed import Known, Standing
from comptoir.stock.model import Fact, Level, Movement
from comptoir.stock.sql import lock, make_missing

Key = tuple[str, str]
"""(SKU, location), the order in which rows are locked."""


async def find_known(
    tx: Tx, actor: Actor, skus: Iterable[str], barcodes: Iterable[str], locations: Iterable[str]
) -> Known:
    """Which of these exist, and the parts of those that are kits; of the locations, only those that the actor reaches."""
    named, scanned = sorted(set(skus)), sorted(set(barcodes))
    rows = await tx.rows(
        "SELECT 'sku' AS kind, sku AS code, sku, 0 AS units FROM sku WHERE sku = ANY($1::text[])"
        " UNION ALL SELECT 'barcode', code, sku, 0 FROM barcode WHERE code = ANY($2::text[])"
        " UNION ALL SELECT 'location', id, '', 0 FROM location WHERE id = ANY($3::text[])"
        " UNION ALL SELECT 'kit', s.sku, coalesce(p.component, ''), coalesce(p.quantity, 0)"
        " FROM (SELECT unnest($1::text[]) AS sku UNION SELECT b.sku FROM barcode b WHERE b.code = ANY($2::text[])) n"
        " JOIN sku s ON s.sku = n.sku AND s.is_kit LEFT JOIN kit_component p ON p.kit = s.sku",
        named, scanned, sorted(set(locations)),
    )  # fmt: skip
    by_code = {row["code"]: row["sku"] for row in rows if row["kind"] == "barcode"}
    kits: dict[str, list[tuple[str, int]]] = {row["code"]: [] for row in rows if row["kind"] == "kit"}
    for part, units, kit in sorted((row["sku"], row["units"], row["code"]) for row in rows if row["kind"] == "kit"):
        kits[kit] += [(part, units)] if units else []
    return Known(
        frozenset(row["sku"] for row in rows if row["kind"] in ("sku", "barcode")),
        by_code,
        frozenset(row["code"] for row in rows if row["kind"] == "location" and actor.reaches(row["code"])),
        kits,
    )


async def find_kept(tx: Tx, ids: Sequence[UUID]) -> dict[UUID, Movement]:
    """What the ledger has under these ids."""
    rows = await tx.rows(
        "SELECT sku, location, fact, on_hand, reason, happened_at, id FROM stock_movement WHERE id = ANY($1::uuid[])",
        list(ids),
    )
    return {
        row["id"]: Movement(
            row["sku"], row["location"], Fact(row["fact"]), row["on_hand"], reason=row["reason"],
            happened_at=row["happened_at"], id=row["id"],
        )
        for row in rows
    }  # fmt: skip


async def lock_rows(tx: Tx, keys: Iterable[Key]) -> dict[Key, Level]:
    """Lock these levels in order, making those that do not exist."""
    wanted = sorted(set(keys))
    await make_missing(tx, wanted)
    return await lock(tx, wanted)


async def find_anchors(tx: Tx, keys: Sequence[Key]) -> dict[Key, tuple[datetime, Fact]]:
    """When the last absolute figure of each row held, and whether it was a snapshot or a count."""
    rows = await tx.rows(
        "SELECT k.sku, k.location, a.happened_at, a.fact FROM unnest($1::text[], $2::text[]) AS k (sku, location)"
        " CROSS JOIN LATERAL (SELECT m.happened_at, m.fact FROM stock_movement m"
        " WHERE m.sku = k.sku AND m.location = k.location"
        " AND m.fact IN ('snapshot', 'count') ORDER BY m.happened_at DESC LIMIT 1) AS a",
        [sku for sku, _ in keys], [location for _, location in keys],
    )  # fmt: skip
    return {(row["sku"], row["location"]): (row["happened_at"], Fact(row["fact"])) for row in rows}


async def find_standings(tx: Tx, keys: Sequence[Key], as_of: datetime) -> dict[Key, Standing]:
    """What the ledger says of each (locked) row at `as_of`."""
    rows = await tx.rows(
        "SELECT k.sku, k.location, l.on_hand,"
        " (SELECT coalesce(sum(m.on_hand), 0)::int FROM stock_movement m"
        "  WHERE m.sku = k.sku AND m.location = k.location AND m.happened_at > $3) AS since,"
        " (SELECT max(m.happened_at) FROM stock_movement m WHERE m.sku = k.sku AND m.location = k.location"
        "  AND m.fact IN ('snapshot', 'count')) AS anchored_at"
        " FROM unnest($1::text[], $2::text[]) AS k (sku, location) JOIN stock_level l USING (sku, location)",
        [sku for sku, _ in keys], [location for _, location in keys], as_of,
    )  # fmt: skip
    return {(row["sku"], row["location"]): Standing(row["on_hand"], row["since"], row["anchored_at"]) for row in rows}

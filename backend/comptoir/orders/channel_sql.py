"""The writes of orders that came from a shop: its newer words, its cancellations, and lines that a person maps."""

from datetime import datetime
from typing import Any
from uuid import UUID

from comptoir.kit.db import Tx
from comptoir.orders.following import FollowChannel, OnFile
from comptoir.orders.sql import REQUIREMENTS


async def take_turn(tx: Tx, order: UUID) -> None:
    """One message about an order at a time: of two that meet, the later one sees what the earlier one did."""
    await tx.run("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"shop's word:{order}")


async def keep_cancellation(tx: Tx, said: FollowChannel, now: datetime) -> None:
    """Remember that the shop canceled, the latest time of it; NULL, for good, beats every time."""
    await tx.run(
        "INSERT INTO channel_cancel (order_id, channel, external_id, updated_at, reason, noted_at)"
        " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (order_id) DO UPDATE"
        " SET updated_at = CASE WHEN channel_cancel.updated_at IS NULL OR excluded.updated_at IS NULL THEN NULL"
        " ELSE greatest(channel_cancel.updated_at, excluded.updated_at) END",
        said.order, said.channel, said.external_id, said.updated_at, said.reason, now,
    )  # fmt: skip


async def lock_with_channel(tx: Tx, order: UUID) -> OnFile | None:
    """The order as a shop's word meets it, its row locked; None when it has not come yet."""
    row = await tx.row(
        "SELECT external_updated_at, total_minor, progress FROM sales_order WHERE id = $1 FOR NO KEY UPDATE", order
    )
    if row is None:
        return None
    cancellation = await tx.row("SELECT updated_at FROM channel_cancel WHERE order_id = $1", order)
    state = await tx.value("SELECT state FROM payment WHERE order_id = $1 ORDER BY reference LIMIT 1", order)
    return OnFile(
        row["external_updated_at"], row["total_minor"], row["progress"] == "canceled", state,
        cancellation is not None, cancellation["updated_at"] if cancellation else None,
    )  # fmt: skip


async def move_channel_time(tx: Tx, order: UUID, updated_at: datetime | None) -> None:
    """The shop's time of the order goes forward only; a cancellation kept earlier counts as well."""
    await tx.run(
        "UPDATE sales_order SET external_updated_at = greatest(external_updated_at, $2,"
        " (SELECT c.updated_at FROM channel_cancel c WHERE c.order_id = $1)) WHERE id = $1",
        order, updated_at,
    )  # fmt: skip


async def find_line(tx: Tx, order: UUID, line: int) -> Any:
    """The line with its order's channel, and whether its units are known; the order is locked by this transaction."""
    return await tx.row(
        "SELECT l.*, o.channel, EXISTS (SELECT FROM requirement r WHERE r.order_id = l.order_id AND r.line = l.line)"
        " AS known FROM order_line l JOIN sales_order o ON o.id = l.order_id WHERE l.order_id = $1 AND l.line = $2",
        order, line,
    )  # fmt: skip


async def find_article(tx: Tx, sku: str) -> list[tuple[str, int, int]] | None:
    """The parts of a kit as (component, quantity, share); none for a plain SKU; None when nobody knows it."""
    if not await tx.value("SELECT true FROM sku WHERE sku = $1", sku):
        return None
    rows = await tx.rows(
        "SELECT component, quantity, price_share_bp FROM kit_component WHERE kit = $1 ORDER BY component LIMIT 100", sku
    )
    return [(row[0], row[1], row[2]) for row in rows]


async def map_line(tx: Tx, order: UUID, line: int, sku: str, needs: list[tuple[int, str, int, int]]) -> None:
    """The line is this SKU; its units (part, sku, quantity, share) are held with the rest of the order."""
    await tx.run("UPDATE order_line SET sku = $3 WHERE order_id = $1 AND line = $2", order, line, sku)
    await REQUIREMENTS.insert(
        tx, [(order, line, part, one, units, share, 0, units, 0, 0) for part, one, units, share in needs]
    )


async def remember_sku(tx: Tx, channel: str, external_sku: str, sku: str) -> None:
    """From now on this code of this shop is this SKU."""
    await tx.run(
        "INSERT INTO channel_sku (channel, external_sku, sku) VALUES ($1, $2, $3)"
        " ON CONFLICT (channel, external_sku) DO UPDATE SET sku = excluded.sku",
        channel, external_sku, sku,
    )  # fmt: skip


async def count_unknown_lines(tx: Tx, order: UUID) -> int:
    """Lines of which nobody knows what they are, and that are still wanted."""
    return int(
        await tx.value(
            "SELECT count(*) FROM order_line l WHERE l.order_id = $1 AND l.canceled < l.quantity"
            " AND NOT EXISTS (SELECT FROM requirement r WHERE r.order_id = l.order_id AND r.line = l.line)",
            order,
        )
    )

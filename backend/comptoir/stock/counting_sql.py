"""Rows of counts: one open count per (location, SKU) at a time."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from comptoir.kit.actor import Actor
from comptoir.kit.db import Tx
from comptoir.kit.errors import NotFound
from comptoir.kit.ids import new_id
from comptoir.stock.counting import StockCount

_COUNT = "id, location, sku, status, reason, asked_at, counted, expected, counted_at, counted_by"


async def ask(tx: Tx, location: str, sku: str, reason: str, who: str, now: datetime) -> UUID:
    """Ask for a count; the id of the new one, or of the one that is open already."""
    made: UUID | None = await tx.value(
        "INSERT INTO stock_count (id, location, sku, status, reason, asked_at, asked_by)"
        " VALUES ($1, $2, $3, 'asked', $4, $5, $6)"
        " ON CONFLICT (location, sku) WHERE status IN ('asked', 'submitted', 'recount') DO NOTHING RETURNING id",
        new_id(), location, sku, reason, now, who,
    )  # fmt: skip
    if made is not None:
        return made
    found: UUID = await tx.value(
        "SELECT id FROM stock_count WHERE location = $1 AND sku = $2 AND status IN ('asked', 'submitted', 'recount')",
        location, sku,
    )  # fmt: skip
    return found


async def find(tx: Tx, count: UUID, actor: Actor) -> StockCount:
    """Read and lock a count; NotFound `count_not_found` when it does not exist or is another store's."""
    row = await tx.row(
        f"SELECT {_COUNT} FROM stock_count"
        " WHERE id = $1 AND ($2::text[] IS NULL OR location = ANY($2)) FOR NO KEY UPDATE",
        count, None if actor.locations is None else list(actor.locations),
    )  # fmt: skip
    if row is None:
        raise NotFound("count_not_found", count=str(count))
    return read(row)


def read(row: Any) -> StockCount:
    """A row as its struct."""
    return msgspec.convert(dict(row), StockCount)


async def expected_at(tx: Tx, sku: str, location: str, at: datetime) -> int:
    """What the shelf held by the ledger at this moment: on hand without what was set aside. The row is locked."""
    found: int | None = await tx.value(
        "SELECT l.on_hand - l.set_aside - (SELECT coalesce(sum(m.on_hand - m.set_aside), 0) FROM stock_movement m"
        " WHERE m.sku = l.sku AND m.location = l.location AND m.happened_at > $3)::int"
        " FROM stock_level l WHERE l.sku = $1 AND l.location = $2",
        sku, location, at,
    )  # fmt: skip
    return found or 0


async def keep(tx: Tx, count: StockCount, now: datetime) -> None:
    """Write a count as it stands now; a decision is noted with its time and person."""
    decided = count.status in ("approved", "canceled", "recount")
    await tx.run(
        "UPDATE stock_count SET status = $2, counted = $3, expected = $4, counted_at = $5, counted_by = $6,"
        " decided_at = $7, decided_by = $8 WHERE id = $1",
        count.id, count.status.value, count.counted, count.expected, count.counted_at, count.counted_by,
        now if decided else None, tx.who if decided else None,
    )  # fmt: skip


async def note_counted(tx: Tx, sku: str, location: str, at: datetime) -> None:
    """The row was counted: promises that waited for it may be made again."""
    await tx.run(
        "UPDATE stock_level SET counted_at = greatest(counted_at, $3), no_promise_until = NULL"
        " WHERE sku = $1 AND location = $2",
        sku, location, at,
    )  # fmt: skip

"""Rows of corrections."""

from datetime import datetime
from uuid import UUID

import msgspec

from comptoir.kit.actor import Actor
from comptoir.kit.db import Tx
from comptoir.kit.errors import NotFound
from comptoir.stock.adjust_photos import TakeAdjustPhoto
from comptoir.stock.adjusting import Adjustment, Status

_ADJUSTMENT = (
    "id, location, sku, quantity, reason, note, on_hand, unsellable, value_minor, status, at, who, decided_by, photo"
)


async def price_of(tx: Tx, sku: str) -> int:
    """The shelf's price of one unit, in cents."""
    found: int = await tx.value("SELECT price_minor FROM sku WHERE sku = $1", sku)
    return found


async def insert(tx: Tx, one: Adjustment) -> None:
    """A correction as it was told."""
    await tx.run(
        "INSERT INTO stock_adjustment (id, location, sku, quantity, reason, note, on_hand, unsellable, value_minor, status, at, who, recorded_at, photo)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        one.id, one.location, one.sku, one.quantity, one.reason, one.note, one.on_hand, one.unsellable, one.value_minor, one.status, one.at,
        one.who, tx.now, one.photo,
    )  # fmt: skip


async def lock(tx: Tx, adjustment: UUID, actor: Actor) -> Adjustment:
    """NotFound `adjustment_not_found`, also for one of other places."""
    row = await tx.row(
        f"SELECT {_ADJUSTMENT} FROM stock_adjustment WHERE id = $1 AND ($2::text[] IS NULL OR location = ANY($2)) FOR NO KEY UPDATE",
        adjustment, None if actor.locations is None else list(actor.locations),
    )  # fmt: skip
    if row is None:
        raise NotFound("adjustment_not_found")
    return msgspec.convert(dict(row), Adjustment)


async def decide(tx: Tx, adjustment: UUID, status: Status, now: datetime) -> None:
    """What came of one that waited."""
    await tx.run(
        "UPDATE stock_adjustment SET status = $2, decided_at = $3, decided_by = $4 WHERE id = $1", adjustment, status, now, tx.who
    )  # fmt: skip


async def undone(tx: Tx, adjustment: UUID, line: UUID, now: datetime) -> None:
    """It was taken back, by this line of the ledger."""
    await tx.run(
        "UPDATE stock_adjustment SET status = 'undone', undone_by = $2, decided_at = $3, decided_by = $4 WHERE id = $1",
        adjustment, line, now, tx.who,
    )  # fmt: skip


async def put_photo(tx: Tx, command: TakeAdjustPhoto) -> bool:
    """Keep the picture of a correction; the first one stays. False when its id is another correction's."""
    await tx.run(
        "INSERT INTO adjust_photo (id, adjustment, location, bytes, width, height, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING",
        command.id, command.adjustment, command.location, command.picture, command.width, command.height, tx.now,
    )  # fmt: skip
    return await has_photo(tx, command.id, command.adjustment, command.location)


async def has_photo(tx: Tx, photo: UUID, adjustment: UUID, location: str) -> bool:
    """Is it there, and this correction's?"""
    found = await tx.value(
        "SELECT true FROM adjust_photo WHERE id = $1 AND adjustment = $2 AND location = $3",
        photo, adjustment, location,
    )  # fmt: skip
    return bool(found)

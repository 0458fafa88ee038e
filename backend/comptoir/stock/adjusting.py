"""Corrections that a person makes, each with its reason. Pure: a locked level and the wish in, a ledger line out."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

import msgspec

from comptoir.kit.errors import Conflict
from comptoir.kit.words import Code, Note, Slug
from comptoir.stock.model import Fact, Level, Movement


class AdjustReason(StrEnum):
    """Why a figure is corrected; the ledger keeps this word."""

    FOUND = "found"
    LOST = "lost"
    THEFT = "theft"
    INTERNAL_USE = "internal_use"
    DAMAGED = "damaged"
    REPAIRED = "repaired"
    DESTROYED = "destroyed"


SIGNS: dict[AdjustReason, tuple[int, int]] = {
    AdjustReason.FOUND: (1, 0),
    AdjustReason.LOST: (-1, 0),
    AdjustReason.THEFT: (-1, 0),
    AdjustReason.INTERNAL_USE: (-1, 0),
    AdjustReason.DAMAGED: (-1, 1),
    AdjustReason.REPAIRED: (1, -1),
    AdjustReason.DESTROYED: (0, -1),
}
"""What one unit does to (on hand, unsellable)."""


class AdjustStock(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Correct one figure of one location. `quantity` is units, always positive: the reason knows the direction."""

    id: UUID
    location: Slug
    sku: Code
    quantity: Annotated[int, msgspec.Meta(ge=1, le=100_000)]
    reason: AdjustReason
    note: Note = ""


class Adjusted(msgspec.Struct, frozen=True):
    """The figures after the correction."""

    sku: str
    location: str
    on_hand: int
    unsellable: int


def adjust(level: Level, command: AdjustStock) -> Movement:
    """Conflict `not_that_many` when more units leave the shelf, or the unsellable ones, than the ledger has there."""
    on_hand, unsellable = (sign * command.quantity for sign in SIGNS[command.reason])
    shelf = level.on_hand - level.set_aside
    if on_hand < 0 and command.quantity > shelf:
        raise Conflict("not_that_many", sku=level.sku, wanted=command.quantity, there=max(0, shelf))
    if unsellable < 0 and command.quantity > level.unsellable:
        raise Conflict("not_that_many", sku=level.sku, wanted=command.quantity, there=level.unsellable)
    return Movement(
        level.sku, level.location, Fact.ADJUSTMENT, on_hand=on_hand, unsellable=unsellable, reason=command.reason.value
    )

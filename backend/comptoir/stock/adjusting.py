"""Corrections that a person makes, each with its reason. Pure: a locked level and the wish in, a ledger line out.

What is beyond what its person may do alone, or beyond what the books have, waits for a manager and moves nothing until then.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from comptoir.kit.errors import Conflict, Forbidden
from comptoir.kit.reasons import ReasonCode
from comptoir.kit.words import Code, Note, Slug
from comptoir.stock.model import Fact, Level, Movement

Status = Literal["waiting", "applied", "declined", "undone"]
PROOF_LENGTH = 3


class AdjustReason(StrEnum):
    """What a correction does; every reason acts as one of these."""

    FOUND = "found"
    LOST = "lost"
    THEFT = "theft"
    INTERNAL_USE = "internal_use"
    SAMPLE = "sample"
    DAMAGED = "damaged"
    REPAIRED = "repaired"
    DESTROYED = "destroyed"


SIGNS: dict[AdjustReason, tuple[int, int]] = {
    AdjustReason.FOUND: (1, 0),
    AdjustReason.LOST: (-1, 0),
    AdjustReason.THEFT: (-1, 0),
    AdjustReason.INTERNAL_USE: (-1, 0),
    AdjustReason.SAMPLE: (-1, 0),
    AdjustReason.DAMAGED: (-1, 1),
    AdjustReason.REPAIRED: (1, -1),
    AdjustReason.DESTROYED: (0, -1),
}
"""What one unit does to (on hand, unsellable)."""


class AdjustStock(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Correct one figure of one location. `quantity` is units, always positive: the reason knows the direction.

    `reason` is one of the reasons for corrections as head office words them; `photo` a picture that was taken before.
    """

    id: UUID
    location: Slug
    sku: Code
    quantity: Annotated[int, msgspec.Meta(ge=1, le=100_000)]
    reason: ReasonCode
    note: Note = ""
    photo: UUID | None = None


class DecideAdjustment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A manager lets a waiting correction go into the ledger, or not."""

    id: UUID
    adjustment: UUID
    believe: bool


class UndoAdjustment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A correction was wrong: a ledger line takes it back."""

    id: UUID
    adjustment: UUID


class Adjustment(msgspec.Struct, frozen=True):
    """One correction as it stands; `on_hand` and `unsellable` are what it does to the figures. `photo` may still be on its way."""

    id: UUID
    location: str
    sku: str
    quantity: int
    reason: str
    note: str
    on_hand: int
    unsellable: int
    value_minor: int
    status: Status
    at: datetime
    who: str
    decided_by: str | None = None
    photo: UUID | None = None


class Adjusted(msgspec.Struct, frozen=True):
    """The figures as they are now; `waiting`: a manager decides first."""

    id: UUID
    sku: str
    location: str
    status: Status
    on_hand: int
    unsellable: int


def acts_as(code: str) -> AdjustReason:
    """What a built-in reason does."""
    return AdjustReason(code)


def deltas(reason: AdjustReason, quantity: int) -> tuple[int, int]:
    """(on hand, unsellable) of so many units."""
    on_hand, unsellable = SIGNS[reason]
    return on_hand * quantity, unsellable * quantity


def fits(level: Level, on_hand: int, unsellable: int, recalled: int = 0) -> None:
    """Conflict `not_that_many` when more units leave the shelf, or the unsellable ones, than the ledger has there; `kept_for_recall`
    when `recalled` of the unsellable ones are a recall's to decide about."""
    shelf = level.on_hand - level.set_aside
    if -on_hand > shelf and on_hand < 0:
        raise Conflict("not_that_many", sku=level.sku, wanted=-on_hand, there=max(0, shelf))
    if -unsellable > level.unsellable and unsellable < 0:
        raise Conflict("not_that_many", sku=level.sku, wanted=-unsellable, there=level.unsellable)
    if unsellable < 0 and -unsellable > level.unsellable - recalled:
        raise Conflict("kept_for_recall", sku=level.sku, kept=recalled)


def needs_proof(reason: AdjustReason, note: str) -> bool:
    """Whatever is destroyed has a proof (Env. L541-15-8), and the note says which."""
    return reason is AdjustReason.DESTROYED and len(note.strip()) < PROOF_LENGTH


def movement_of(adjustment: Adjustment) -> Movement:
    """The ledger line of a correction; it has the correction's own id."""
    return Movement(
        adjustment.sku, adjustment.location, Fact.ADJUSTMENT, on_hand=adjustment.on_hand, unsellable=adjustment.unsellable,
        reason=adjustment.reason, happened_at=adjustment.at, id=adjustment.id,
    )  # fmt: skip


def decide(adjustment: Adjustment, who: str, *, may: bool) -> None:
    """May it be decided about by this person? Conflict `adjustment_decided`; Forbidden `adjustment_beyond_you`, also for one's own."""
    if adjustment.status != "waiting":
        raise Conflict("adjustment_decided", status=adjustment.status)
    if not may or adjustment.who == who:
        raise Forbidden("adjustment_beyond_you")


def undo(adjustment: Adjustment, level: Level, line: UUID, recalled: int = 0) -> Movement:
    """The line that takes it back. Conflict `adjustment_decided` for one that is not in the ledger, `not_that_many`, `kept_for_recall`."""
    if adjustment.status != "applied":
        raise Conflict("adjustment_decided", status=adjustment.status)
    fits(level, -adjustment.on_hand, -adjustment.unsellable, recalled)
    # A figure that was wrong was wrong from its moment on: a count since then has seen what is there. Goods that lay apart go back now.
    at = None if adjustment.unsellable else adjustment.at
    return Movement(
        adjustment.sku, adjustment.location, Fact.ADJUSTMENT, on_hand=-adjustment.on_hand, unsellable=-adjustment.unsellable,
        reason=adjustment.reason, happened_at=at, id=line,
    )  # fmt: skip

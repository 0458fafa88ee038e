"""Counting one SKU of one store. Pure: what the shelf should hold and what was counted in, a decision out.

A count sees the shelf: on hand without what is set aside. Small differences are approved at once, larger ones wait for
the store manager. The difference belongs to the moment of counting; whatever happened since then stays.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import msgspec

from comptoir.kit.lifecycle import Lifecycle
from comptoir.kit.words import Code, Instant, Note, Slug
from comptoir.stock.model import Fact, Movement

FREE_UNITS = 2
FREE_PERCENT = 10
"""A difference of at most 2 units, or of at most 10 % of what was expected, needs nobody's approval."""


class CountStatus(StrEnum):
    """Where one count is."""

    ASKED = "asked"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    RECOUNT = "recount"
    CANCELED = "canceled"


class CountAction(StrEnum):
    """What may be done with a count."""

    SUBMIT = "submit"
    APPROVE = "approve"
    ASK_AGAIN = "ask_again"
    CANCEL = "cancel"


COUNT = Lifecycle(
    "count",
    {
        (CountStatus.ASKED, CountAction.SUBMIT): CountStatus.SUBMITTED,
        (CountStatus.ASKED, CountAction.CANCEL): CountStatus.CANCELED,
        (CountStatus.SUBMITTED, CountAction.APPROVE): CountStatus.APPROVED,
        (CountStatus.SUBMITTED, CountAction.ASK_AGAIN): CountStatus.RECOUNT,
        (CountStatus.SUBMITTED, CountAction.CANCEL): CountStatus.CANCELED,
        (CountStatus.RECOUNT, CountAction.SUBMIT): CountStatus.SUBMITTED,
        (CountStatus.RECOUNT, CountAction.CANCEL): CountStatus.CANCELED,
    },
)

Counted = Annotated[int, msgspec.Meta(ge=0, le=100_000)]


class AskCount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Ask a store to count one SKU; an open count of the same SKU there is that count."""

    id: UUID
    location: Slug
    sku: Code
    reason: Note = ""


class SubmitCount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody counted on the shelf; `counted_at` when it was counted earlier, without signal."""

    id: UUID
    count: UUID
    quantity: Counted
    counted_at: Instant | None = None


class ApproveCount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The store manager believes the count."""

    id: UUID
    count: UUID


class AskCountAgain(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The store manager does not believe the count."""

    id: UUID
    count: UUID


class CancelCount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Nobody needs this count any more."""

    id: UUID
    count: UUID


class StockCount(msgspec.Struct, frozen=True):
    """One count as it stands. `expected` is what the shelf should have held when it was counted."""

    id: UUID
    location: str
    sku: str
    status: CountStatus
    reason: str
    asked_at: datetime
    counted: int | None = None
    expected: int | None = None
    counted_at: datetime | None = None
    counted_by: str | None = None

    @property
    def difference(self) -> int | None:
        """Counted minus expected, once somebody has counted."""
        return None if self.counted is None or self.expected is None else self.counted - self.expected


class CountOutcome(msgspec.Struct, frozen=True):
    """A count after something was done with it, and what may be done next."""

    id: UUID
    location: str
    sku: str
    status: CountStatus
    counted: int | None
    expected: int | None
    actions: tuple[str, ...]


def small_enough(counted: int, expected: int) -> bool:
    """May this difference be approved without a person?"""
    difference = abs(counted - expected)
    return difference <= FREE_UNITS or difference * 100 <= FREE_PERCENT * abs(expected)


def submit(status: CountStatus, counted: int, expected: int) -> CountStatus:
    """Where a count goes when its figure comes in. Conflict `not_now` when nobody asked for it any more."""
    submitted = COUNT.after(CountAction.SUBMIT, status)
    return COUNT.after(CountAction.APPROVE, submitted) if small_enough(counted, expected) else submitted


def settle(count: StockCount, expected: int) -> Movement:
    """The ledger line of an approved count, at the moment of counting; written even when nothing was wrong."""
    assert count.counted is not None
    assert count.counted_at is not None
    return Movement(
        count.sku, count.location, Fact.COUNT, on_hand=count.counted - expected, happened_at=count.counted_at
    )


def outcome(count: StockCount) -> CountOutcome:
    """The answer of every action on a count."""
    actions = tuple(action.value for action in COUNT.actions(count.status))
    return CountOutcome(count.id, count.location, count.sku, count.status, count.counted, count.expected, actions)

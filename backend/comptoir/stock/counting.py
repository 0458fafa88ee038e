"""Counting one SKU of one store. Pure: what the shelf should hold and what was counted in, a decision out.

A count sees the shelf: on hand without what is set aside. Small differences are approved at once, larger ones wait for
the store manager, the largest are counted by a second person first (`count_rules.py`). The difference belongs to the moment of counting; whatever happened since then stays.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import msgspec

from comptoir.kit.lifecycle import Lifecycle
from comptoir.kit.reasons import ReasonCode
from comptoir.kit.words import Code, Instant, Note, Slug
from comptoir.stock.count_rules import DEFAULT, CountRules, needs_another, needs_nobody
from comptoir.stock.model import Fact, Movement

MOST_SHELVES = 6
ABSOLUTE = frozenset({Fact.COUNT, Fact.SNAPSHOT})
"""Lines that say what was there; they are the books' answer to a figure, not something that hands did."""


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
        (CountStatus.RECOUNT, CountAction.APPROVE): CountStatus.APPROVED,
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
    """What somebody counted; `counted_at` when it was counted earlier, without signal. `parts`: units of each of several shelves,
    which sum to the quantity; `seconds`: how long it took, so that what moved meanwhile is seen.
    """

    id: UUID
    count: UUID
    quantity: Counted
    counted_at: Instant | None = None
    parts: Annotated[tuple[Counted, ...], msgspec.Meta(max_length=MOST_SHELVES)] = ()
    seconds: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 0


class ApproveCount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The store manager believes the count, and says why the figure was another."""

    id: UUID
    count: UUID
    because: ReasonCode | None = None


class AskCountAgain(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The store manager does not believe the count."""

    id: UUID
    count: UUID


class CancelCount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Nobody needs this count any more."""

    id: UUID
    count: UUID


class DirectCounts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Ask a store for the counts that matter most there; `most` of them, as many as the rules say where it is left out."""

    id: UUID
    location: Slug
    most: Annotated[int, msgspec.Meta(ge=1, le=50)] | None = None


class CountsDirected(msgspec.Struct, frozen=True):
    """How many counts were asked for now, and how many are open there."""

    asked: int
    open: int


class StockCount(msgspec.Struct, frozen=True):
    """One count as it stands. `expected` is what the shelf should have held when it was counted; `not_by` may not recount it."""

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
    not_by: str | None = None
    moved: bool = False
    decided_because: str = ""

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


class Found(msgspec.Struct, frozen=True):
    """A figure beside what is needed to judge it: the price of one unit, whether units moved meanwhile, who else has counted."""

    counted: int
    expected: int
    price_minor: int
    moved: bool = False
    others: bool = False


def submit(status: CountStatus, found: Found, rules: CountRules = DEFAULT) -> CountStatus:
    """Where a count goes when its figure comes in. Conflict `not_now` when nobody asked for it any more.

    Small differences are approved, unless units moved while it was counted; large ones that one person alone has counted
    are counted again by another; all others wait for the store manager.
    """
    submitted = COUNT.after(CountAction.SUBMIT, status)
    told = (found.counted, found.expected, found.price_minor, rules)
    if found.counted == found.expected or (needs_nobody(*told) and not found.moved):
        return COUNT.after(CountAction.APPROVE, submitted)
    if needs_another(*told) and not found.others:
        return COUNT.after(CountAction.ASK_AGAIN, submitted)
    return submitted


def settle(count: StockCount) -> Movement:
    """The ledger line of an approved count, at the moment of counting; written even when nothing was wrong."""
    assert count.difference is not None
    assert count.counted_at is not None
    return Movement(
        count.sku, count.location, Fact.COUNT, on_hand=count.difference, happened_at=count.counted_at,
        reason=count.decided_because or None,
    )  # fmt: skip


def seen_by_count(
    movements: Iterable[Movement], counted_at: Mapping[tuple[str, str], datetime | None]
) -> list[Movement]:
    """Lines beside what hands did before the last count of its row and told after it: that count saw the shelf as they had left it."""
    late = []
    for one in movements:
        at, units = counted_at.get((one.sku, one.location)), one.on_hand - one.set_aside
        if not units or at is None or one.happened_at is None or one.happened_at >= at or one.fact in ABSOLUTE:
            continue
        late.append(Movement(one.sku, one.location, Fact.COUNT, on_hand=-units, reason="late_movement", happened_at=at))
    return late


def outcome(count: StockCount) -> CountOutcome:
    """The answer of every action on a count."""
    known = count.counted is not None
    actions = tuple(one.value for one in COUNT.actions(count.status) if known or one is not CountAction.APPROVE)
    return CountOutcome(count.id, count.location, count.sku, count.status, count.counted, count.expected, actions)

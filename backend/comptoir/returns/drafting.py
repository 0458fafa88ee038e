"""A return that its customer prepares at home, step by step: which units, why, by which way. Nothing is asked of anybody before it is sent. Pure."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec

from comptoir.kit.errors import Conflict, Invalid
from comptoir.kit.words import Country, Postcode, Word
from comptoir.returns.reasons import Reason, ReasonCode

MOST_LINES: Final = 200
MOST_PHOTOS: Final = 12
"""Of one return: whoever has more to show brings it to a store."""

KEPT_FOR: Final = timedelta(days=7)
"""A draft that nobody sends is forgotten, with its pictures."""

PHOTO_WIDEST: Final = 1280
PHOTO_HEAVIEST: Final = 200_000
"""Pixels and bytes of a picture as it is kept."""

Line = Annotated[int, msgspec.Meta(ge=1, le=32_767)]
Method = Literal["store", "relay", "postal"]


class DraftLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Units of an order's line, and why; no reason before that step."""

    line: Line
    quantity: Annotated[int, msgspec.Meta(ge=1, le=10_000)]
    reason: ReasonCode | None = None


class From(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The address that a parcel is sent from, where the order has none."""

    name: Word
    street: Word
    postcode: Annotated[Postcode, msgspec.Meta(min_length=2)]
    city: Word
    country: Country = "FR"


class WayChosen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How it comes back."""

    method: Method
    sender: From | None = None


class Draft(msgspec.Struct, frozen=True):
    """As it is kept; `photos` are the lines that have a picture."""

    id: UUID
    order_id: UUID
    notice: UUID | None
    lines: tuple[DraftLine, ...]
    way: WayChosen | None
    photos: tuple[int, ...] = ()

    def line(self, line: int) -> DraftLine | None:
        return next((one for one in self.lines if one.line == line), None)


class KeepDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The return as it is chosen now, whole: the last word counts."""

    id: UUID
    draft: UUID
    order: UUID
    lines: Annotated[tuple[DraftLine, ...], msgspec.Meta(min_length=1, max_length=MOST_LINES)]
    notice: UUID | None = None
    way: WayChosen | None = None


class KeepPhoto(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A picture of one of its articles, drawn anew; another one for the same article takes its place."""

    id: UUID
    draft: UUID
    order: UUID
    line: Line
    picture: Annotated[bytes, msgspec.Meta(min_length=1, max_length=PHOTO_HEAVIEST)]
    width: Annotated[int, msgspec.Meta(ge=1, le=PHOTO_WIDEST)]
    height: Annotated[int, msgspec.Meta(ge=1, le=PHOTO_WIDEST)]


class SendBack(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Send a draft: the id is the draft's, and will be the return's. `fee_minor`: what its customer was told the way costs.

    `gift`: sent by whoever got it as a gift.
    """

    id: UUID
    order: UUID
    fee_minor: Annotated[int, msgspec.Meta(ge=0, le=10_000_000)] = 0
    gift: bool = False


class TakeBack(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The customer keeps everything after all; nothing has arrived yet."""

    id: UUID
    order: UUID
    rma: UUID


class ChangeWay(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Another way for a return that was sent and has not come: to a store, or a label where none could be made."""

    id: UUID
    order: UUID
    rma: UUID
    way: WayChosen
    fee_minor: Annotated[int, msgspec.Meta(ge=0, le=10_000_000)] = 0


class DraftKept(msgspec.Struct, frozen=True):
    """The answer."""

    draft: UUID


def may_come(asked: Sequence[DraftLine], left: dict[int, int]) -> None:
    """Invalid `unknown_line`, `nothing_chosen`; Conflict `already_returned` for more units than may come."""
    if not asked:
        raise Invalid("nothing_chosen")
    for one in asked:
        if one.line not in left:
            raise Invalid("unknown_line", line=one.line)
        if one.quantity > left[one.line]:
            raise Conflict("already_returned", line=one.line, left=left[one.line])


def wants_photo(draft: Draft, reasons: Sequence[Reason]) -> tuple[int, ...]:
    """Lines of which a picture is asked for, in their order."""
    asking = {one.code for one in reasons if one.photo}
    return tuple(one.line for one in draft.lines if one.reason in asking)[:MOST_PHOTOS]


def next_step(draft: Draft, reasons: Sequence[Reason]) -> Literal["why", "photos", "way", "confirm"]:
    """The first thing that is still to be said."""
    if any(one.reason is None for one in draft.lines):
        return "why"
    if draft.way is None:
        return "photos" if set(wants_photo(draft, reasons)) - set(draft.photos) else "way"
    return "confirm"

"""The notice of withdrawal as a command, and as it is kept."""

from datetime import date, datetime
from typing import Annotated, Final
from uuid import UUID

import msgspec

from comptoir.kit.errors import Conflict, Invalid
from comptoir.kit.words import Email

MOST_LINES: Final = 500

Units = Annotated[int, msgspec.Meta(ge=1, le=100_000)]


class Noticed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Units of an order's line."""

    line: Annotated[int, msgspec.Meta(ge=1, le=32_767)]
    quantity: Units


class Withdraw(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The customer withdraws from the contract for these units. `reply_to`: where the receipt goes, unless the order's own contact."""

    id: UUID
    order: UUID
    lines: Annotated[tuple[Noticed, ...], msgspec.Meta(max_length=MOST_LINES)]
    reply_to: Email | None = None


class Notice(msgspec.Struct, frozen=True):
    """A notice that was received. `legal_until` is the last day of the period as it was known then."""

    id: UUID
    noticed_at: datetime
    lines: tuple[Noticed, ...]
    legal_until: date | None = None


def units_left(ordered: dict[int, tuple[int, int]], noticed: tuple[Noticed, ...] | list[Noticed]) -> dict[int, int]:
    """Units of each line that may still be withdrawn from. `ordered`: line -> (ordered, canceled)."""
    left = {line: quantity - canceled for line, (quantity, canceled) in ordered.items()}
    for one in noticed:
        left[one.line] = left.get(one.line, 0) - one.quantity
    return {line: max(0, units) for line, units in left.items()}


def check(asked: tuple[Noticed, ...], left: dict[int, int]) -> None:
    """Invalid `nothing_chosen` or `unknown_line`; Conflict `already_noticed` for units that are in a notice already, or canceled."""
    if not asked:
        raise Invalid("nothing_chosen")
    wanted: dict[int, int] = {}
    for one in asked:
        if one.line not in left:
            raise Invalid("unknown_line", line=one.line)
        wanted[one.line] = wanted.get(one.line, 0) + one.quantity
    for line, units in wanted.items():
        if units > left[line]:
            raise Conflict("already_noticed", line=line, left=left[line])

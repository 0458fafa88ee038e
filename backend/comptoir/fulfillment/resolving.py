"""A manager closes an exception: what they found, and a note. A missing article is chosen about on its order instead."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec

from comptoir.fulfillment.changing import ANSWERS, CHANGE_ASKED
from comptoir.kit.errors import Conflict, Invalid
from comptoir.kit.words import Note

Resolution = Literal[
    "all_right",
    "put_right",
    "goods_lost",
    "talked_over",
    "change_done",
    "change_declined",
    "change_by_transfer",
    "change_by_parcel",
    "return_wait",
    "return_claim",
    "return_refund",
]
BY_TRANSFER = "change_by_transfer"
"""The customer wants another store, and the goods that lie here go there."""
BY_PARCEL = "change_by_parcel"
"""The customer wants it at home, and it is sent."""
DECLINED = "change_declined"
PLAIN = ("all_right", "put_right", "goods_lost", "talked_over")
WAIT = "return_wait"
"""A parcel on its way back is waited for some days more."""
CLAIM = "return_claim"
"""Its carrier was asked to search for it; the note says under which number."""
REFUND = "return_refund"
"""The goods are lost on their way back, and the money is given all the same."""
ABOUT_RETURNS = (WAIT, CLAIM, REFUND)
SILENT = ("return_late", "return_unscanned")
"""Nothing was heard of a parcel on its way back for days; or its carrier has delivered it and nobody here scanned it."""
COMING_BACK = "parcel_returned"
"""Its carrier brings a parcel back. The case ends by itself with the scan of the parcel."""
CAME, GAVE_UP = "return_came", "return_called_off"
"""How what is open about a return ends by itself."""
CHOSEN_ON_ORDER = "short_choice"
MONEY = "money_stuck"
"""It ends when the money has gone: by another try, or by hand with a reference."""


class ResolveException(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What came of looking at an exception. The note is what the next person wants to know."""

    id: UUID
    exception: UUID
    resolution: Resolution
    note: Annotated[Note, msgspec.Meta(min_length=1)]


class ExceptionResolved(msgspec.Struct, frozen=True):
    """The exception is closed."""

    exception: UUID
    resolution: Resolution
    order: UUID | None


def answers_to(kind: str) -> tuple[str, ...]:
    """What a person may answer to a case of this kind."""
    if kind == CHANGE_ASKED:
        return ANSWERS
    if kind in SILENT:
        return ABOUT_RETURNS
    return (*PLAIN, REFUND) if kind == COMING_BACK else PLAIN


def resolve(kind: str, resolved: bool, resolution: Resolution) -> None:
    """May it be closed so? Conflict `exception_resolved`, `choose_on_order`, `money_waits`; Invalid `other_answer`."""
    if resolution not in answers_to(kind):
        raise Invalid("other_answer")
    if resolved:
        raise Conflict("exception_resolved")
    if kind == CHOSEN_ON_ORDER:
        raise Conflict("choose_on_order")
    if kind == MONEY:
        raise Conflict("money_waits")

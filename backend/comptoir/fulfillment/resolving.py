"""A manager closes an exception: what they found, and a note. A missing article is chosen about on its order instead."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec

from comptoir.kit.errors import Conflict
from comptoir.kit.words import Note

Resolution = Literal["all_right", "put_right", "goods_lost", "talked_over"]
CHOSEN_ON_ORDER = "short_choice"


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


def resolve(kind: str, resolved: bool) -> None:
    """May it be closed? Conflict `exception_resolved`, `choose_on_order`."""
    if resolved:
        raise Conflict("exception_resolved")
    if kind == CHOSEN_ON_ORDER:
        raise Conflict("choose_on_order")

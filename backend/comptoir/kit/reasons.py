"""Reasons that people choose from: a few come along, in both languages; head office words, orders, hides and adds. Pure."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec

from comptoir.kit.errors import Conflict, Invalid
from comptoir.kit.words import Word

MOST: Final = 100
NEW: Final = "new"
"""No reason's code: where a new one is written."""
ReasonCode = Annotated[str, msgspec.Meta(min_length=2, max_length=40, pattern=r"^[a-z][a-z0-9_]*\Z")]
Subject = Literal["return", "decline", "cancel", "short", "count", "adjust", "permit"]
"""What a reason is given for: goods that come back, a parcel that a store declines, an order that is canceled, units that are missing, a count that is believed, a figure that is corrected, what a manager allows at the counter."""


class Reason(msgspec.Struct, frozen=True):
    """One reason. `faulty`: not the customer's doing; `photo`: a picture is asked for; `place` sorts; `used` False hides it from choice.

    `acts_as`: the built-in reason whose consequences an added one has; a built-in one has its own.
    """

    code: ReasonCode
    fr: Word
    en: Word
    place: Annotated[int, msgspec.Meta(ge=0, le=9_999)]
    faulty: bool = False
    photo: bool = False
    used: bool = True
    acts_as: str | None = None

    def says(self, language: str) -> str:
        """The words for a reader."""
        return self.en if language == "en" else self.fr

    @property
    def acts(self) -> str:
        """The code that rules go by."""
        return self.acts_as or self.code


class Book(msgspec.Struct, frozen=True):
    """The reasons of one subject that come along; those that cannot be hidden; whether an added one must act as one of them, and may ask for
    a picture."""

    subject: Subject
    built_in: tuple[Reason, ...]
    always: frozenset[str]
    acting: bool = False
    photos: bool = False


class WordReason(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A reason in both languages, new or changed; not `used`, it is no longer offered and stays readable."""

    id: UUID
    code: ReasonCode
    fr: Word
    en: Word
    new: bool = False
    faulty: bool = False
    photo: bool = False
    used: bool = True
    subject: Subject = "return"
    acts_as: ReasonCode | None = None


class MoveReason(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Up or down by one among all reasons of its subject."""

    id: UUID
    code: ReasonCode
    up: bool
    subject: Subject = "return"


class ReasonsChanged(msgspec.Struct, frozen=True):
    """The reasons that are another now."""

    codes: tuple[str, ...]


def overlaid(built_in: Iterable[Reason], rows: Iterable[Reason]) -> tuple[Reason, ...]:
    """All reasons by place: the built-in ones with what head office changed of them, and those that it added."""
    found = {one.code: one for one in built_in}
    found.update((one.code, one) for one in rows)
    return tuple(sorted(found.values(), key=lambda one: (one.place, one.code)))


def find(reasons: Iterable[Reason], code: str) -> Reason:
    """The reason of a code, hidden ones too: what was chosen once stays readable. Invalid `unknown_reason`."""
    for one in reasons:
        if one.code == code:
            return one
    raise Invalid("unknown_reason", reason=code)


def moved(reasons: Sequence[Reason], code: str, *, up: bool) -> tuple[Reason, ...]:
    """Those that have another place when one goes up or down by one among all; none at the end of the list. Invalid `unknown_reason`."""
    ranked = [*reasons]
    at = ranked.index(find(reasons, code))
    to = at - 1 if up else at + 1
    if not 0 <= to < len(ranked):
        return ()
    ranked.insert(to, ranked.pop(at))
    placed = [msgspec.structs.replace(one, place=10 * n) for n, one in enumerate(ranked, 1)]
    before = {one.code: one.place for one in reasons}
    return tuple(one for one in placed if before[one.code] != one.place)


def check(book: Book, reasons: Sequence[Reason], wanted: Reason, *, new: bool) -> None:
    """Conflict `reason_there` for a new one under a code that is taken, `too_many_reasons`, `reason_needed` when one that must stay would be
    hidden; Invalid `unknown_reason`, `reason_acts_wrong` when an added one acts as none that comes along."""
    taken = {one.code for one in reasons}
    if new and wanted.code in (*taken, NEW):
        raise Conflict("reason_there", reason=wanted.code)
    if new and len(taken) >= MOST:
        raise Conflict("too_many_reasons", most=MOST)
    if not new and wanted.code not in taken:
        raise Invalid("unknown_reason", reason=wanted.code)
    if wanted.code in book.always and not wanted.used:
        raise Conflict("reason_needed")
    built_in = {one.code for one in book.built_in}
    acts = wanted.acts_as in built_in if book.acting and wanted.code not in built_in else wanted.acts_as is None
    if not acts:
        raise Invalid("reason_acts_wrong", reason=wanted.code)

"""Why something comes back: the reasons that every shop begins with, in both languages, and what head office made of them. Pure."""

from collections.abc import Iterable
from typing import Annotated, Final

import msgspec

from comptoir.kit.errors import Conflict, Invalid
from comptoir.kit.words import Word

MOST: Final = 100
NO_REASON: Final = "no_reason"
"""Nobody has to give one (L221-18): this one cannot be hidden."""

NOT_COLLECTED: Final = "not_collected"
OF_THE_HOUSE: Final = frozenset({NOT_COLLECTED})
"""What only we know; a customer is not asked whether it was so."""

TOO_LATE: Final = "too_late"
NEW: Final = "new"
"""No reason's code: where a new one is written."""

ReasonCode = Annotated[str, msgspec.Meta(min_length=2, max_length=40, pattern=r"^[a-z][a-z0-9_]*\Z")]


class Reason(msgspec.Struct, frozen=True):
    """One reason. `faulty`: not the customer's doing; `photo`: a picture is asked for; `place` sorts; `used` False hides it from choice."""

    code: ReasonCode
    fr: Word
    en: Word
    place: Annotated[int, msgspec.Meta(ge=0, le=9_999)]
    faulty: bool = False
    photo: bool = False
    used: bool = True

    def says(self, language: str) -> str:
        """The words for a reader."""
        return self.en if language == "en" else self.fr


BUILT_IN: Final = (
    Reason("too_small", "Trop petit", "Too small", 10),
    Reason("too_large", "Trop grand", "Too large", 20),
    Reason("not_liked", "Ne plaît pas", "Not to my liking", 30),
    Reason("not_as_shown", "Différent de la photo ou du texte", "Not as shown or described", 40, True, True),
    Reason("defective", "Défectueux", "Defective", 50, True, True),
    Reason("damaged_on_the_way", "Abîmé en route", "Damaged on the way", 60, True, True),
    Reason("wrong_article", "Ce n’est pas l’article commandé", "Not what was ordered", 70, True, True),
    Reason("too_late", "Arrivé trop tard", "Came too late", 80, True),
    Reason("changed_mind", "Changement d’avis", "Changed my mind", 90),
    Reason(NOT_COLLECTED, "Non réclamé, revenu à l’expéditeur", "Not claimed, back to sender", 200),
    Reason(NO_REASON, "Sans motif", "No reason given", 210),
)


def overlaid(rows: Iterable[Reason]) -> tuple[Reason, ...]:
    """All reasons by place: the built-in ones with what head office changed of them, and those that it added."""
    found = {one.code: one for one in BUILT_IN}
    found.update((one.code, one) for one in rows)
    return tuple(sorted(found.values(), key=lambda one: (one.place, one.code)))


def offered(reasons: Iterable[Reason], *, to_customer: bool = False) -> tuple[Reason, ...]:
    """What may be chosen: what is used, and for a customer without what only the house knows."""
    return tuple(one for one in reasons if one.used and not (to_customer and one.code in OF_THE_HOUSE))


def find(reasons: Iterable[Reason], code: str) -> Reason:
    """The reason of a code, hidden ones too: what was chosen once stays readable. Invalid `unknown_reason`."""
    for one in reasons:
        if one.code == code:
            return one
    raise Invalid("unknown_reason", reason=code)


def is_defect(reason: Reason) -> bool:
    """Is the article itself not what was sold (L217-3)? One that came too late may be sound."""
    return reason.faulty and reason.code != TOO_LATE


def moved(reasons: tuple[Reason, ...], code: str, *, up: bool) -> tuple[Reason, ...]:
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


def check(reasons: tuple[Reason, ...], wanted: Reason, *, new: bool) -> None:
    """Conflict `reason_there` for a new one under a code that is taken, `too_many_reasons`, `reason_needed` when the last word for nothing would be hidden."""
    taken = {one.code for one in reasons}
    if new and wanted.code in (*taken, NEW):
        raise Conflict("reason_there", reason=wanted.code)
    if new and len(taken) >= MOST:
        raise Conflict("too_many_reasons", most=MOST)
    if not new and wanted.code not in taken:
        raise Invalid("unknown_reason", reason=wanted.code)
    if wanted.code == NO_REASON and not wanted.used:
        raise Conflict("reason_needed")

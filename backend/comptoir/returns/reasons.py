"""Why something comes back: the reasons that every shop begins with, in both languages, and what head office made of them. Pure."""

from collections.abc import Iterable, Sequence
from typing import Final

from comptoir.kit import reasons
from comptoir.kit.reasons import MOST, NEW, Book, Reason, ReasonCode, find, moved

__all__ = ["MOST", "NEW", "Reason", "ReasonCode", "find", "moved"]

NO_REASON: Final = "no_reason"
"""Nobody has to give one (L221-18): this one cannot be hidden."""

NOT_COLLECTED: Final = "not_collected"
OF_THE_HOUSE: Final = frozenset({NOT_COLLECTED})
"""What only we know; a customer is not asked whether it was so."""

TOO_LATE: Final = "too_late"

BUILT_IN: Final = (
    Reason("too_small", "Trop petit", "Too small", 10),
    Reason("too_large", "Trop grand", "Too large", 20),
    Reason("not_liked", "Ne plaît pas", "Not to my liking", 30),
    Reason("not_as_shown", "Différent de la photo ou du texte", "Not as shown or described", 40, True, True),
    Reason("defective", "Défectueux", "Defective", 50, True, True),
    Reason("damaged_on_the_way", "Abîmé en route", "Damaged on the way", 60, True, True),
    Reason("wrong_article", "Ce n’est pas l’article commandé", "Not what was ordered", 70, True, True),
    Reason("recalled", "Rappel de produit", "Product recall", 75, True),
    Reason("too_late", "Arrivé trop tard", "Came too late", 80, True),
    Reason("changed_mind", "Changement d’avis", "Changed my mind", 90),
    Reason(NOT_COLLECTED, "Non réclamé, revenu à l’expéditeur", "Not claimed, back to sender", 200),
    Reason(NO_REASON, "Sans motif", "No reason given", 210),
)


RETURN: Final = Book("return", BUILT_IN, frozenset({NO_REASON}))


def overlaid(rows: Iterable[Reason]) -> tuple[Reason, ...]:
    """All reasons of returns by place: the built-in ones with what head office changed of them, and those that it added."""
    return reasons.overlaid(BUILT_IN, rows)


def offered(known: Iterable[Reason], *, to_customer: bool = False) -> tuple[Reason, ...]:
    """What may be chosen: what is used, and for a customer without what only the house knows."""
    return tuple(one for one in known if one.used and not (to_customer and one.code in OF_THE_HOUSE))


def is_defect(reason: Reason) -> bool:
    """Is the article itself not what was sold (L217-3)? One that came too late may be sound."""
    return reason.faulty and reason.code != TOO_LATE


def check(known: Sequence[Reason], wanted: Reason, *, new: bool) -> None:
    """As `kit.reasons.check`: the last word for nothing cannot be hidden."""
    reasons.check(RETURN, known, wanted, new=new)

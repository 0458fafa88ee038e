"""Why somebody allows at the counter what the rules do not: what comes along, in the order in which it is offered. Pure.

A code says what a person may not have to write: why a customer was late is often nobody's business.
"""

from typing import Final

from comptoir.kit.reasons import Book, Reason

OTHER: Final = "other"
"""To be said in words."""

PERMIT: Final = Book(
    "permit",
    (
        Reason("held_up", "Client empêché de venir à temps", "Customer could not come in time", 10),
        Reason(
            "receipt_lost", "Preuve d’achat perdue, achat reconnu", "Proof of purchase lost, purchase recognized", 20
        ),
        Reason("promised", "Promis par un collègue ou par écrit", "Promised by a colleague or in writing", 30),
        Reason("our_mistake", "Erreur de notre part", "Our mistake", 40),
        Reason("loyal", "Client fidèle", "Loyal customer", 50),
        Reason(
            "part_found", "Accessoire sans valeur, ou déjà remplacé", "Accessory of no value, or replaced already", 60
        ),
        Reason(OTHER, "Autre, à préciser", "Other, in words", 90),
    ),
    frozenset({OTHER}),
)

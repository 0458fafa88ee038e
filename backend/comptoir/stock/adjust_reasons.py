"""Why a figure is corrected by hand: what comes along. Each acts as one of `adjusting.AdjustReason`, and so do those that head office adds."""

from typing import Final

from comptoir.kit.reasons import Book, Reason

ADJUST: Final = Book(
    "adjust",
    (
        Reason("damaged", "Abîmé", "Damaged", 10),
        Reason("found", "Retrouvé", "Found", 20),
        Reason("lost", "Introuvable", "Lost", 30),
        Reason("theft", "Volé", "Stolen", 40),
        Reason("sample", "Échantillon, présentoir", "Sample, display", 50),
        Reason("internal_use", "Pris pour le magasin", "Taken for own use", 60),
        Reason("repaired", "Réparé, de nouveau en vente", "Repaired, for sale again", 70),
        Reason("destroyed", "Détruit, avec preuve", "Destroyed, with proof", 80),
    ),
    frozenset({"damaged", "found", "lost"}),
    acting=True,
    photos=True,
)

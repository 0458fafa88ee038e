"""Why a person cancels an order: what comes along, in the order in which it is offered."""

from typing import Final

from comptoir.kit.reasons import Book, Reason

CANCEL: Final = Book(
    "cancel",
    (
        Reason("customer", "Demandé par le client", "Asked by the customer", 10),
        Reason("not_available", "Article plus disponible", "Article no longer available", 20),
        Reason("duplicate", "Commande en double", "Duplicate order", 30),
        Reason("suspected_fraud", "Fraude soupçonnée", "Suspected fraud", 40),
        Reason("mistake", "Erreur de saisie", "Typing mistake", 50),
        Reason("recall", "Rappel de produit", "Product recall", 60),
    ),
    frozenset({"customer"}),
)

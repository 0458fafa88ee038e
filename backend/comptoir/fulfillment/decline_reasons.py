"""Why a store declines a parcel: what comes along. The first two say that the goods are not there to sell, and correct the stock."""

from typing import Final

from comptoir.kit.reasons import Book, Reason

DECLINE: Final = Book(
    "decline",
    (
        Reason("not_found", "Pas trouvé", "Not found", 10),
        Reason("damaged", "Abîmé", "Damaged", 20),
        Reason("no_time", "Pas le temps", "No time", 30),
        Reason("other", "Autre raison", "Another reason", 40),
    ),
    frozenset({"other"}),
    acting=True,
)
"""`other` always stays: a store must be able to say no."""

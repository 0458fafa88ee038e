"""Why a counted figure is believed: what comes along, in the order in which it is offered; the ledger keeps the code."""

from typing import Final

from comptoir.kit.reasons import Book, Reason

COUNT: Final = Book(
    "count",
    (
        Reason("sale_not_booked", "Vente non enregistrée", "Sale not recorded", 10),
        Reason("receipt_wrong", "Réception mal comptée", "Delivery counted wrong", 20),
        Reason("counted_wrong_before", "Comptage précédent faux", "Earlier count was wrong", 30),
        Reason("stolen", "Vol", "Theft", 40),
        Reason("damaged", "Casse", "Breakage", 50),
        Reason("found_elsewhere", "Retrouvé ailleurs", "Found elsewhere", 60),
        Reason("unexplained", "Sans explication", "No explanation", 70),
    ),
    frozenset({"unexplained"}),
)

"""Why units of a line are missing, as the hand at the shelf says it: what comes along. The first leaves the books, the others stay in the building."""

from typing import Final

from comptoir.kit.reasons import Book, Reason

NOT_FOUND: Final = "not_found"

SHORT: Final = Book(
    "short",
    (
        Reason(NOT_FOUND, "Rien à cette place", "Nothing in that place", 10),
        Reason("damaged", "Abîmé", "Damaged", 20),
        Reason("not_sellable", "Là, mais invendable", "There, but not sellable", 30),
    ),
    frozenset({NOT_FOUND, "not_sellable"}),
    acting=True,
)
"""`not_found` always stays, a hand must be able to say so; `not_sellable` is what the screen itself says of a recalled article."""

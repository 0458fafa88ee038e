"""The code of a credit: derived again whenever it is needed, kept as a digest alone. Pure."""

from typing import Final
from uuid import UUID

from comptoir.kit.ids import Seal

SCANNED: Final = "C1:"
"""What stands before the code in its QR (`kit/codes.py`)."""


def credit_code(seal: Seal, rma: UUID) -> str:
    """The code of a return's credit: 26 characters, the same whenever it is asked for."""
    return seal.token("store_credit", rma.bytes)


def spelled(code: str) -> str:
    """A code as it was made: people type spaces and small letters, scanners read what stands before it too."""
    return "".join(code.split()).upper().removeprefix(SCANNED)


def spaced(code: str) -> str:
    """A code as people read it: four signs at a time."""
    return " ".join(code[at : at + 4] for at in range(0, len(code), 4))

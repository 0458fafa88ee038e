"""Who may hand over with no network, and how six letters are checked there. Pure.

One device per store holds the counter; it renews its lease at every contact, and another takes it over by a tap.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec

from comptoir.kit.words import Slug

LEASE: Final = timedelta(minutes=60)
"""How long a device may go on with no network after its last contact."""
ROUNDS: Final = 200_000
"""Of PBKDF2-SHA-256: six letters are few, so each guess must cost."""


class Lease(msgspec.Struct, frozen=True):
    """Who holds the counter of a store, by device name, and until when; `mine` for the device that asks."""

    mine: bool
    until: datetime
    holder: str


class TakeCounter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody takes the counter of the store onto this device, from whichever held it."""

    id: UUID
    location: Slug


class Letters(msgspec.Struct, frozen=True):
    """A pass whose letters a device cannot check yet; `generation` tells which letters, `salt` is a work's id."""

    order: UUID
    generation: int
    salt: UUID


def hash_letters(letters: str, salt: UUID) -> bytes:
    """What a device compares: PBKDF2-SHA-256 of the capital letters, salted with the work's id as text. Takes about 50 ms."""
    plain = "".join(char for char in letters.upper() if char.isalpha())
    return hashlib.pbkdf2_hmac("sha256", plain.encode(), str(salt).encode(), ROUNDS)


def short_name(name: str) -> str:
    """A first name and an initial, all that a device keeps of a person: "Inès Aubry" -> "Inès A."."""
    first, *others = name.split() or [""]
    return f"{first} {others[-1][0]}." if others else first


def without_secrets(order: Mapping[str, Any]) -> dict[str, Any]:
    """The order as a device without the counter keeps it: where the bags are, and nothing to check a pass against."""
    return {**order, "pass_hash": None, "letters": None}

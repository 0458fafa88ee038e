"""A parcel of returned goods is scanned where it arrives: by the return's number, by our label, or by what stood on its first way. Pure."""

import re
from typing import Annotated, Final
from uuid import UUID, uuid5

import msgspec

from comptoir.kit.words import Slug
from comptoir.returns.lifecycle import Status

_NUMBER: Final = re.compile(r"R-?([A-Z]{6})\Z")


class TakeParcel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """It is here, unopened. `code`: whatever can be read on it; without a return it is opened as one that nobody announced."""

    id: UUID
    location: Slug
    code: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class ParcelTaken(msgspec.Struct, frozen=True):
    """The return that it belongs to. `again`: it was here already, and nothing changed."""

    rma: UUID
    number: str
    origin: str
    status: Status
    units: int
    again: bool = False


class ComingBack(msgspec.Struct, frozen=True):
    """The return of a parcel that its carrier brings back, and what its customer gets for it once it is here, in minor units.

    `right`: `law` (they never had it, and may withdraw), `goodwill`, or `none`: then a person decides.
    """

    rma: UUID
    number: str
    right: str
    goods_minor: int
    delivery_minor: int

    @property
    def total_minor(self) -> int:
        return self.goods_minor + self.delivery_minor


def number_of(code: str) -> str | None:
    """`R-7KQMX4` as people type it, with or without its hyphen; None for anything else."""
    found = _NUMBER.match(code.strip().upper().replace(" ", ""))
    return f"R-{found[1]}" if found else None


def spellings(code: str) -> list[str]:
    """A number as it may stand in the books."""
    plain = " ".join(code.split())
    whole = plain.replace(" ", "")
    bare = whole.upper().partition(":")[2] or whole.upper()
    return list(dict.fromkeys([plain, whole, whole.upper(), bare, f"W-{bare}"]))


def to_sender_id(parcel: UUID) -> UUID:
    """The return of a parcel that its carrier brings back: one and the same, however often the carrier says so."""
    return uuid5(parcel, "to_sender")

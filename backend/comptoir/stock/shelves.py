"""Counting a whole shelf at once: who may count it, and what becomes of what was on its list. Pure.

A shelf is an aisle, or one bay of it. One device counts it at a time: it takes the shelf with the network and counts without. What is on the
list and was not seen is nothing only when whoever counted was shown it and said so; what was seen and is on no list is added.
"""

from datetime import datetime, timedelta
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec

from comptoir.kit.errors import Conflict
from comptoir.kit.words import Note, Slug

LEASE: Final = timedelta(hours=8)
"""How long a device may count without anybody else taking the shelf over."""
MOST_ARTICLES: Final = 500
Label = Annotated[str, msgspec.Meta(max_length=16, pattern=r"^[^\x00-\x1f\x7f]*\Z")]
Status = Literal["open", "done", "canceled"]


class OpenShelfCount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Have a whole shelf counted; without a bay the whole aisle."""

    id: UUID
    location: Slug
    aisle: Annotated[Label, msgspec.Meta(min_length=1)]
    bay: Label = ""


class TakeShelf(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Count it on this device."""

    id: UUID
    shelf: UUID


class ReleaseShelf(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Take it away from the device that has it, and say why."""

    id: UUID
    shelf: UUID
    reason: Annotated[Note, msgspec.Meta(min_length=1)]


class CancelShelfCount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Nobody needs it any more."""

    id: UUID
    shelf: UUID


class ShelfCount(msgspec.Struct, frozen=True):
    """One as it stands. `device` and `holder` have it until `until`; `lease` counts how often it was taken or taken away."""

    id: UUID
    location: str
    aisle: str
    bay: str
    status: Status
    device: UUID | None = None
    holder: str | None = None
    taken_at: datetime | None = None
    until: datetime | None = None
    lease: int = 0


class ShelfChanged(msgspec.Struct, frozen=True):
    """The shelf count after something was done with it; `articles` on its list."""

    id: UUID
    location: str
    status: Status
    articles: int
    until: datetime | None = None


def overlaps(aisle: str, bay: str, other_aisle: str, other_bay: str) -> bool:
    """Do two shelves have a place in common? A whole aisle has one with each of its bays."""
    return aisle == other_aisle and (not bay or not other_bay or bay == other_bay)


def take(shelf: ShelfCount, device: UUID, who: str, now: datetime) -> ShelfCount:
    """Give it to a device. Conflict `shelf_over` when it has ended, `shelf_taken` with `until` while another device has it."""
    if shelf.status != "open":
        raise Conflict("shelf_over")
    mine = shelf.device == device
    if not mine and shelf.device is not None and shelf.until is not None and shelf.until > now:
        raise Conflict("shelf_taken", until=shelf.until.isoformat())
    begun = shelf.taken_at if mine and shelf.taken_at is not None else now
    return msgspec.structs.replace(
        shelf, device=device, holder=who, taken_at=begun, until=now + LEASE, lease=shelf.lease + (0 if mine else 1)
    )


def release(shelf: ShelfCount) -> ShelfCount:
    """Take it away from whoever has it. Conflict `shelf_over`, `shelf_free`."""
    if shelf.status != "open":
        raise Conflict("shelf_over")
    if shelf.device is None:
        raise Conflict("shelf_free")
    return msgspec.structs.replace(shelf, device=None, holder=None, taken_at=None, until=None, lease=shelf.lease + 1)

"""Parcels are given to a carrier's driver. Pure: what a scanned label is, what may be closed, what may be taken back.

scan ----> loaded on the open manifest of its lane ----> closed: they left ----> two minutes to take it back
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec

from comptoir.kit.errors import Conflict
from comptoir.kit.words import Codename, Slug
from comptoir.shipping.model import State

UNDO_FOR: Final = timedelta(minutes=2)
SHORTEST: Final = 8
"""A tracking number inside of a longer barcode is only believed from this length on."""

Loaded = Literal["loaded", "again", "already_left", "not_labeled", "other_carrier", "unpaid", "unknown"]
DAYS: Final = {"express": 1, "home": 3, "relay": 4}
"""Working days (Monday to Saturday) that a customer may expect a parcel to take, by how it is sent; then it is late."""


class UnloadParcel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """It does not go with this driver after all."""

    id: UUID
    location: Slug
    parcel: UUID


class CloseManifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The driver has them. `stay` is how many labeled parcels of the lane the person was told stay here."""

    id: UUID
    location: Slug
    lane: Codename
    stay: Annotated[int, msgspec.Meta(ge=0, le=100_000)] = 0


class ReopenManifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """It was closed by mistake, at most two minutes ago."""

    id: UUID
    manifest: UUID


class ManifestClosed(msgspec.Struct, frozen=True):
    """What left, and until when it can be taken back."""

    id: UUID
    number: str
    parcels: int
    undo_until: datetime


class Waiting(msgspec.Struct, frozen=True):
    """A parcel of the store as a scan finds it; `lane` of the label that is on it."""

    id: UUID
    work: UUID
    order_id: UUID
    state: State
    label: UUID | None
    number: str
    carrier: str
    lane: str
    weight_grams: int = 0
    voided: bool = False
    manifest: UUID | None = None
    account: str | None = None
    delivery: str = "home"


def same_label(scanned: str, number: str) -> bool:
    """Whether a barcode is that of a tracking number: itself, or a longer one that holds it (routing and depot around it)."""
    bare = "".join(scanned.split()).upper()
    wanted = "".join(number.split()).upper()
    return bare == wanted or (len(wanted) >= SHORTEST and wanted in bare)


def load(parcel: Waiting | None, lane: str, *, unpaid: bool = False) -> Loaded:
    """What a scan of a label comes to, on the pile of one lane. `unpaid`: the money for what is in it is gone, so it stays."""
    if parcel is None:
        return "unknown"
    if parcel.state == State.HANDED_TO_CARRIER:
        return "already_left"
    if parcel.voided or parcel.state != State.LABELED:
        return "not_labeled"
    if parcel.lane != lane:
        return "other_carrier"
    if unpaid:
        return "unpaid"
    return "again" if parcel.manifest is not None else "loaded"


def close(loaded: Sequence[Waiting], staying: int, told: int, unpaid: Collection[UUID] = ()) -> None:
    """May the driver leave with these? `unpaid`: orders whose money is gone.

    Conflict `nothing_loaded`, `parcel_not_labeled` and `parcel_unpaid` (with its number), `more_parcels_wait`.
    """
    if not loaded:
        raise Conflict("nothing_loaded")
    for parcel in loaded:
        if parcel.voided or parcel.state != State.LABELED:
            raise Conflict("parcel_not_labeled", number=parcel.number)
        if parcel.order_id in unpaid:
            raise Conflict("parcel_unpaid", number=parcel.number)
    if staying > told:
        raise Conflict("more_parcels_wait", parcels=staying)


def reopen(closed_at: datetime, now: datetime) -> None:
    """Conflict `too_late_to_undo` after two minutes."""
    if now > closed_at + UNDO_FOR:
        raise Conflict("too_late_to_undo", minutes=int(UNDO_FOR.total_seconds() // 60))


def due_on(delivery: str, handed: date) -> date:
    """The last day on which nobody calls a parcel late."""
    day, left = handed, DAYS.get(delivery, DAYS["home"])
    while left:
        day += timedelta(days=1)
        left -= day.weekday() != 6
    return day

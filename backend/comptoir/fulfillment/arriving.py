"""The customer is here. Pure. An arrival is a row beside the work: it may come before the goods are ready."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec

from comptoir.fulfillment.lifecycles import LIVE, Status
from comptoir.fulfillment.model import Work
from comptoir.kit.errors import Conflict
from comptoir.kit.words import Slug

Spot = Annotated[str, msgspec.Meta(max_length=60, pattern=r"^[^\x00-\x1f\x7f-\x9f]*\Z")]


class Arrive(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """ "I am here": at which store, and where (empty: at the counter). Saying it again moves the spot."""

    id: UUID
    order: UUID
    location: Slug
    place: Spot = ""


class TakeArrival(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A named associate looks after a customer who waits."""

    id: UUID
    arrival: UUID


class Arrived(msgspec.Struct, frozen=True):
    """The arrival as it stands; `early` when not everything is on the pickup shelf yet."""

    arrival: UUID
    at: datetime
    early: bool
    taken_by: UUID | None = None


def early(works: Sequence[Work]) -> bool:
    """Is the customer before the goods? Conflict `nothing_to_collect` when nothing is to be had at this store."""
    waiting = [work for work in works if work.kind == "pickup" and work.status in LIVE]
    if not waiting:
        raise Conflict("nothing_to_collect")
    return any(work.status != Status.STAGED for work in waiting)

"""A device's journal as it travels: lines in order, what came of each, and which journal it goes on from."""

from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec

from comptoir.kit.words import Instant

MOST = 50
"""Lines of one batch."""

NEWEST = 1
"""The newest form of a batch that this version reads."""


class DeviceEvent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of a device's journal. `at_wall` + `offset_ms` is when it happened, by the server's clock."""

    seq: Annotated[int, msgspec.Meta(ge=1, le=2**53)]
    id: UUID
    at_wall: Instant
    sign_in_id: UUID
    type: Annotated[str, msgspec.Meta(max_length=32)]
    body: dict[str, Any]
    at_mono: Annotated[float, msgspec.Meta(ge=0, le=1e15)] = 0.0
    offset_ms: Annotated[float, msgspec.Meta(ge=-1e13, le=1e13)] = 0.0
    pack_id: UUID | None = None

    def happened_at(self, now: datetime) -> datetime:
        """When it happened by the server's clock, as far as the device knew it; never after `now`."""
        try:
            return min(self.at_wall + timedelta(milliseconds=self.offset_ms), now)
        except OverflowError:
            return now


class Follows(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The journal that this one goes on from, and how far the server had acknowledged it."""

    journal_id: UUID
    acked_through: Annotated[int, msgspec.Meta(ge=0, le=2**53)] = 0


class Batch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a device sends: the next lines of its journal, in order."""

    journal_id: UUID
    events: Annotated[tuple[DeviceEvent, ...], msgspec.Meta(max_length=MOST)]
    v: Annotated[int, msgspec.Meta(ge=1, le=NEWEST)] = 1
    follows: Follows | None = None


class Told(msgspec.Struct, frozen=True, omit_defaults=True):
    """What came of one event."""

    seq: int
    id: UUID
    outcome: str
    again: bool = False
    problem: str | None = None
    work: UUID | None = None
    facts: dict[str, Any] = {}


class Taken(msgspec.Struct, frozen=True):
    """The answer to a batch; everything through `acked_through` may be forgotten by the device."""

    acked_through: int
    outcomes: tuple[Told, ...]
    touched_packs: tuple[UUID, ...] = ()

"""What an act did, before anybody says what came of it: the same struct from every act."""

from typing import Any
from uuid import UUID

import msgspec


class Part(msgspec.Struct, frozen=True):
    """One work of an act: what was made of it elsewhere, and what it was before."""

    work: UUID
    order: UUID
    before: dict[str, Any]
    made: UUID | None = None
    to: str | None = None


class Played(msgspec.Struct, frozen=True):
    """`before` is what an undo writes back to the store; `moved` are (store, promise in minutes since 1970) of parcels that left;
    `stays` is (reason, works) of what was asked for and could not be done; `told` are orders whose customers are written to."""

    before: dict[str, Any] = {}
    parts: tuple[Part, ...] = ()
    moved: tuple[tuple[str, int], ...] = ()
    stays: tuple[tuple[str, int], ...] = ()
    told: tuple[UUID, ...] = ()
    cost_minor: int = 0
    person_minutes: int = 0

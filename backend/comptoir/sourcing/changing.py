"""What head office asks of sourcing: save a policy, let it hold, try it silently, replay past orders; and what it is answered."""

from datetime import datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

import msgspec

from comptoir.kit.errors import Invalid
from comptoir.kit.words import Instant, Note
from comptoir.sourcing.policy import Policy

Number = Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)]
Saved = Annotated[int, msgspec.Meta(ge=1, le=1_000_000_000)]
STREAM: Final = UUID("5e1ec7ed-0000-7000-8000-000000000001")
"""The stream of what happens to policies of sourcing."""
MOST_ORDERS: Final = 50_000
MOST_WAITING: Final = 10
LONGEST: Final = timedelta(days=190)
LATEST: Final = timedelta(days=731)


class SavePolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Keep this as the next version; `after` is the newest one that its writer has seen, 0 when there was none. It does not hold by that."""

    id: UUID
    after: Number
    body: Policy
    note: Note = ""


class ActivatePolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Let a version hold for orders that come in from a moment on; without one, from now on."""

    id: UUID
    number: Saved
    since: Instant | None = None


class UnplanPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Take back that a version is to hold from a later moment on."""

    id: UUID
    number: Saved


class TryPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Let a version decide every order silently beside the one in force, until a moment if one is given; without a number nothing is tried any more."""

    id: UUID
    number: Saved | None = None
    until: Instant | None = None


class BeginDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Begin to write, from version `base`; 0 is what comes along."""

    id: UUID
    base: Number


class KeepDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the draft says now; `version` is the one it was written over."""

    id: UUID
    version: Saved
    body: Policy


class RebaseDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whoever writes has seen what was saved meanwhile: the draft is saved over it."""

    id: UUID


class SaveDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Keep the draft as the next version; `version` is the draft's, as it was read."""

    id: UUID
    version: Saved
    note: Note = ""


class DropDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Throw the draft away."""

    id: UUID


class StartSimulation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Replay the orders of a period under two versions; 0 is what comes along. Its id is the command's."""

    id: UUID
    a: Number
    b: Number
    since: Instant
    until: Instant


class CancelSimulation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """It is not needed any more."""

    id: UUID
    simulation: UUID


class PolicyChanged(msgspec.Struct, frozen=True):
    """The version that this was about; from when or until when, where it says so."""

    number: int
    since: datetime | None = None
    until: datetime | None = None


class DraftKept(msgspec.Struct, frozen=True):
    """The draft's version now, 0 when there is none any more."""

    version: int


class SimulationAsked(msgspec.Struct, frozen=True):
    """Which one, and how many orders it will replay."""

    id: UUID
    orders: int = 0


def since_of(wanted: datetime | None, now: datetime) -> datetime:
    """From when a version holds: never before now, for what is decided is decided. Invalid `policy_too_far` beyond two years."""
    if wanted is None or wanted <= now:
        return now
    if wanted > now + LATEST:
        raise Invalid("policy_too_far")
    return wanted


def check_until(until: datetime | None, now: datetime) -> None:
    """Invalid `policy_trial_over` when it would end before it begins."""
    if until is not None and until <= now:
        raise Invalid("policy_trial_over")


def check_period(since: datetime, until: datetime, now: datetime) -> None:
    """Invalid `simulation_period`: it ends before it begins, lies ahead, or is longer than half a year."""
    if not since < until or since >= now or until - since > LONGEST:
        raise Invalid("simulation_period")

"""What head office asks of the rules and reasons of returns: write a draft, save it, let it hold, word a reason; and what it is answered."""

from datetime import datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

import msgspec

from comptoir.kit.errors import Invalid
from comptoir.kit.words import Instant, Note
from comptoir.returns.policy import Policy

Number = Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)]
Saved = Annotated[int, msgspec.Meta(ge=1, le=1_000_000_000)]
STREAM: Final = UUID("5e1ec7ed-0000-7000-8000-000000000002")
"""The stream of what happens to policies and reasons of returns."""
LATEST: Final = timedelta(days=731)


class BeginReturnDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Begin to write, from version `base`; 0 is what comes along."""

    id: UUID
    base: Number


class KeepReturnDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the draft says now; `version` is the one it was written over."""

    id: UUID
    version: Saved
    body: Policy


class RebaseReturnDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whoever writes has seen what was saved meanwhile: the draft is saved over it."""

    id: UUID


class SaveReturnDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Keep the draft as the next version; `version` is the draft's, as it was read."""

    id: UUID
    version: Saved
    note: Note = ""


class DropReturnDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Throw the draft away."""

    id: UUID


class SaveReturnPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Keep this as the next version; `after` is the newest one that its writer has seen, 0 when there was none. It does not hold by that."""

    id: UUID
    after: Number
    body: Policy
    note: Note = ""


class ActivateReturnPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Let a version hold from a moment on; without one, from now on."""

    id: UUID
    number: Saved
    since: Instant | None = None


class UnplanReturnPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Take back that a version is to hold from a later moment on."""

    id: UUID
    number: Saved


class ReturnPolicyChanged(msgspec.Struct, frozen=True):
    """The version that this was about, and from when it holds where it says so."""

    number: int
    since: datetime | None = None


class ReturnDraftKept(msgspec.Struct, frozen=True):
    """The draft's version now, 0 when there is none any more."""

    version: int


def since_of(wanted: datetime | None, now: datetime) -> datetime:
    """From when a version holds: never before now, for what is decided is decided. Invalid `policy_too_far` beyond two years."""
    if wanted is None or wanted <= now:
        return now
    if wanted > now + LATEST:
        raise Invalid("policy_too_far")
    return wanted

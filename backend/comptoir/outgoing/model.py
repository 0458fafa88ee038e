"""What is asked of webhooks: register, change, rotate, pause, resume, remove, try, replay; and what is answered."""

from datetime import datetime, timedelta
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec

from comptoir.kit.errors import Invalid
from comptoir.kit.words import Instant, Slug, Word
from comptoir.outgoing.bodies import KINDS

MOST_ENDPOINTS: Final = 50
MOST_REPLAYED: Final = 5_000
LONGEST_SPAN: Final = timedelta(days=7)
Address = Annotated[str, msgspec.Meta(min_length=8, max_length=1000, pattern=r"^[\x21-\x7e]+\Z")]
Kind = Annotated[str, msgspec.Meta(min_length=3, max_length=60, pattern=r"^[a-z_]+\.[a-z_]+\Z")]
Kinds = Annotated[tuple[Kind, ...], msgspec.Meta(min_length=1, max_length=100)]
Places = Annotated[tuple[Slug, ...], msgspec.Meta(min_length=1, max_length=200)]
EndpointState = Literal["active", "paused", "closed"]
PausedBecause = Literal["by_hand", "failing", "gone"]


class SaveEndpoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An endpoint as it is to be: where to, which kinds of events, of which locations (None: all). Version 0 registers it."""

    id: UUID
    endpoint: UUID
    version: Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)]
    name: Word
    url: Address
    kinds: Kinds
    locations: Places | None = None


class RotateSecret(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Another secret; the one before goes on signing beside it for a day, or not at all (`at_once`, when it is known to others)."""

    id: UUID
    endpoint: UUID
    at_once: bool = False


class PauseEndpoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Send nothing for now; what happens meanwhile waits for up to three days."""

    id: UUID
    endpoint: UUID


class ResumeEndpoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Send again, beginning with what waits."""

    id: UUID
    endpoint: UUID


class CloseEndpoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing goes there any more; what waits is dropped."""

    id: UUID
    endpoint: UUID


class TryEndpoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Send a delivery that says nothing happened, paused or not."""

    id: UUID
    endpoint: UUID


class ReplayDelivery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Send one delivery again, with the id it had."""

    id: UUID
    endpoint: UUID
    delivery: UUID


class ReplaySpan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Send again what happened from a moment until before another; with `failed`, only what was not taken."""

    id: UUID
    endpoint: UUID
    since: Instant
    until: Instant
    failed: bool = False


class EndpointChanged(msgspec.Struct, frozen=True):
    """The answer: which endpoint, its version now, and the number of its secret."""

    endpoint: UUID
    version: int
    secret_number: int


class Replayed(msgspec.Struct, frozen=True):
    """How many deliveries wait to be sent (again)."""

    endpoint: UUID
    deliveries: int


class Endpoint(msgspec.Struct, frozen=True):
    """An endpoint as it is worked with."""

    id: UUID
    version: int
    name: str
    url: str
    kinds: tuple[str, ...]
    locations: tuple[str, ...] | None
    state: EndpointState
    secret_number: int
    made_by_key: UUID | None = None


def check_kinds(kinds: tuple[str, ...]) -> None:
    """Invalid `webhook_kind_unknown` with the first that nobody tells."""
    for kind in kinds:
        if kind not in KINDS:
            raise Invalid("webhook_kind_unknown", kind=kind)


def check_span(since: datetime, until: datetime, now: datetime) -> None:
    """Invalid `span_wrong` unless it ends after it begins, is a week at most, and lies in the past."""
    if not since < until <= since + LONGEST_SPAN or since > now:
        raise Invalid("span_wrong")


def reaches(reader: tuple[str, ...] | None, locations: tuple[str, ...] | None) -> bool:
    """Whether somebody who reaches some locations (None: all) may see what an endpoint for others hears."""
    return reader is None or (locations is not None and set(locations) <= set(reader))

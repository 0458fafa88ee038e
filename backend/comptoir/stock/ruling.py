"""What head office asks of the rules of stock: write and save rules of safety stock, see what they would change, let them hold; rules of counts."""

from datetime import datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

import msgspec

from comptoir.kit.errors import Invalid
from comptoir.kit.words import Instant, Note
from comptoir.stock.count_rules import CountRules
from comptoir.stock.safety import Rules

Number = Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)]
Saved = Annotated[int, msgspec.Meta(ge=1, le=1_000_000_000)]
STREAM: Final = UUID("5e1ec7ed-0000-7000-8000-000000000003")
"""The stream of what happens to rules of safety stock."""
COUNTING_STREAM: Final = UUID("5e1ec7ed-0000-7000-8000-000000000004")
"""The stream of what happens to rules of counting."""
LATEST: Final = timedelta(days=731)


class BeginSafetyDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Begin to write, from version `base`; 0 is the empty one."""

    id: UUID
    base: Number


class KeepSafetyDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the draft says now; `version` is the one it was written over."""

    id: UUID
    version: Saved
    body: Rules


class RebaseSafetyDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whoever writes has seen what was saved meanwhile: the draft is saved over it."""

    id: UUID


class DropSafetyDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Throw the draft away."""

    id: UUID


class SaveSafetyDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Keep the draft as the next version, and let it hold from a moment on; `version` is the draft's, as it was read."""

    id: UUID
    version: Saved
    note: Note = ""
    since: Instant | None = None


class SaveSafetyRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Keep a document as the next version; `after` is the newest one that the writer has seen. It does not hold by that."""

    id: UUID
    after: Number
    body: Rules
    note: Note = ""


class ForeseeSafety(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Only ever rehearsed: what would come of these rules."""

    id: UUID
    body: Rules


class UnplanSafety(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Take back that a version is to hold from a later moment on."""

    id: UUID
    number: Saved


class ActivateSafety(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Let a version that never held hold from a moment on; without one, from now on."""

    id: UUID
    number: Saved
    since: Instant | None = None


class SaveCountRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Keep rules of counting as the next version, in force from a moment on; `after` is the newest version that the writer has seen."""

    id: UUID
    after: Number
    body: CountRules
    note: Note = ""
    since: Instant | None = None


class UnplanCountRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Take back that a version is to hold from a later moment on."""

    id: UUID
    number: Saved


class CountRulesChanged(msgspec.Struct, frozen=True):
    """The version that this was about, and from when it holds."""

    number: int
    since: datetime | None = None


class SafetyChanged(msgspec.Struct, frozen=True):
    """The version that this was about, and from when it holds."""

    number: int
    since: datetime | None = None


class SafetyDraftKept(msgspec.Struct, frozen=True):
    """The draft's version now, 0 when there is none any more."""

    version: int


class ArticleMoved(msgspec.Struct, frozen=True):
    """One article: units that stop and that start being promised, and in how many places."""

    sku: str
    name: str
    stops: int
    starts: int
    places: int


class SafetyEffect(msgspec.Struct, frozen=True):
    """What rules would change at once. `stops`, `starts`: units that are promised no more, and again; `levels`: rows with another figure, at so
    many `places`; `orders`: open orders with units there, none of which is touched; the articles that are touched most.
    """

    stops: int
    starts: int
    levels: int
    places: int
    orders: int
    articles: tuple[ArticleMoved, ...]


def since_of(wanted: datetime | None, now: datetime) -> datetime:
    """From when a version holds: never before now, for what was promised is promised. Invalid `policy_too_far` beyond two years."""
    if wanted is None or wanted <= now:
        return now
    if wanted > now + LATEST:
        raise Invalid("policy_too_far")
    return wanted

"""What a manager can do from the tower, as it is asked for, and the rules for it. Pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec

from comptoir.kit.actor import Actor
from comptoir.kit.errors import Invalid
from comptoir.kit.words import Instant, Note, Slug

UNDO_FOR: Final = timedelta(minutes=10)
"""As long an act is taken back; messages to customers wait until it is over."""
MOST_WORKS: Final = 200
LONGEST: Final = timedelta(days=7)
"""No plan and no promise of an act reaches further."""
SOONEST: Final = timedelta(minutes=15)
"""An hour that customers are told lies at least so far ahead."""

Count = Annotated[int, msgspec.Meta(ge=1, le=MOST_WORKS)]
Kind = Literal["pause", "resume", "capacity", "pickers", "usual", "move", "extend", "tell"]


class Pause(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="pause", tag_field="kind"):
    """Nothing new comes in before; what is there goes on."""

    until: Instant


class Resume(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="resume", tag_field="kind"):
    """New work may come in again."""


class Capacity(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="capacity", tag_field="kind"):
    """Until then the store does so many works in an hour: promises, sourcing and forecast reckon with it."""

    per_hour: Annotated[int, msgspec.Meta(ge=1, le=10_000)]
    until: Instant


class Pickers(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="pickers", tag_field="kind"):
    """So many people more, from now or from then on, each with so many works in an hour."""

    people: Annotated[int, msgspec.Meta(ge=1, le=50)]
    per_hour: Annotated[int, msgspec.Meta(ge=1, le=200)]
    until: Instant
    from_: Instant | None = msgspec.field(name="from", default=None)


class Usual(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="usual", tag_field="kind"):
    """What acts planned of capacity and hands ends now; the plan of the day, else the store's own capacity, holds again."""


class Move(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="move", tag_field="kind"):
    """So many parcels that nobody has begun go to other stores, those promised first; to these stores, or where sourcing chooses."""

    works: Count
    to: Annotated[tuple[Slug, ...], msgspec.Meta(max_length=20)] = ()


class Extend(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="extend", tag_field="kind"):
    """So many customers who come for their order are told a later hour, those promised first."""

    works: Count
    to: Instant


class Tell(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="tell", tag_field="kind"):
    """So many customers whose order is late, or will be, are told so, and that they will hear when it is ready; no new hour, and each once."""

    works: Count


What = Pause | Resume | Capacity | Pickers | Usual | Move | Extend | Tell


class Seen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was shown before somebody said yes: works, late orders then, cost in minor units, messages."""

    works: Annotated[int, msgspec.Meta(ge=0)] = 0
    late: Annotated[int, msgspec.Meta(ge=0)] = 0
    cost_minor: int = 0
    messages: Annotated[int, msgspec.Meta(ge=0)] = 0


class Act(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Do it at this store. With `seen`: only if what comes of it is about what was shown."""

    id: UUID
    location: Slug
    what: What
    why: Note = ""
    seen: Seen | None = None


class UndoAct(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Take it back."""

    id: UUID
    action: UUID


def kind_of(what: What) -> Kind:
    return str(what.__struct_config__.tag)  # type: ignore[return-value]


def may_take_back(kind: str, stores: Iterable[str], actor: Actor) -> bool:
    """Whoever could have done it: parcels that moved go back only by somebody who reaches every store that has them."""
    if kind != "move":
        return True
    return actor.role != "store_manager" and all(actor.reaches(store) for store in stores)


def check(what: What, now: datetime) -> None:
    """Invalid `act_until_wrong` for an end that is past, before its beginning or too far; `act_hour_too_soon` for a new hour that is near."""
    begins = now
    if isinstance(what, Pickers) and what.from_ is not None:
        begins = max(now, what.from_)
    if isinstance(what, Pause | Capacity | Pickers) and not begins < what.until <= now + LONGEST:
        raise Invalid("act_until_wrong")
    if isinstance(what, Extend) and not now + SOONEST <= what.to <= now + LONGEST:
        raise Invalid("act_hour_too_soon")

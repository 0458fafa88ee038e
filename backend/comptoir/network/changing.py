"""What is asked for when a store's promises change, and the rules for it. Pure."""

from datetime import date, datetime, timedelta
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec

from comptoir.kit.errors import Invalid
from comptoir.kit.words import Instant, Maybe, Note, Slug, Word

Minute = Annotated[int, msgspec.Meta(ge=0, le=1440)]
Weekday = Annotated[int, msgspec.Meta(ge=0, le=6)]
Service = Literal["pickup", "ship"]
DESK_WIDEST: Final = 800
"""Pixels: twice what a phone shows it at."""
DESK_HEAVIEST: Final = 60_000
"""Bytes: about a second where the line is bad."""
PAUSE_AT_MOST: Final = timedelta(days=31)
FIRST_DAY: Final = date(2020, 1, 1)
LAST_DAY: Final = date(2100, 1, 1)


class SaveStore(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a store offers and how fast it is, as it stood at `version`."""

    id: UUID
    location: Slug
    version: int
    capacity_per_hour: Annotated[int, msgspec.Meta(ge=1, le=10_000)]
    pick_lead_minutes: Annotated[int, msgspec.Meta(ge=0, le=2880)]
    hold_days: Annotated[int, msgspec.Meta(ge=1, le=60)]
    services: Annotated[tuple[Service, ...], msgspec.Meta(max_length=2)]
    phone: Annotated[str, msgspec.Meta(max_length=32, pattern=r"^[+0-9 ().-]*\Z")] = ""
    directions: Maybe = ""
    cart_orders: Annotated[int, msgspec.Meta(ge=1, le=12)] = 8
    """Orders that one cart takes."""
    scan_totes: bool = False
    """Totes have labels, and scanning one says where a unit went."""


class SetPromisedPace(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Promises of these places reckon with the pace that was learned there; those of the others with their capacity."""

    id: UUID
    learned: Annotated[tuple[Slug, ...], msgspec.Meta(max_length=2_000)]
    capacity: Annotated[tuple[Slug, ...], msgspec.Meta(max_length=2_000)]


class PromisedPaceSet(msgspec.Struct, frozen=True):
    """The places for which it changed."""

    learned: tuple[str, ...]
    capacity: tuple[str, ...]


class SaveHours(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole week: (weekday, opens, closes); a day without a row is closed, two rows leave a lunch break."""

    id: UUID
    location: Slug
    version: int
    hours: Annotated[tuple[tuple[Weekday, Minute, Minute], ...], msgspec.Meta(max_length=21)]


class SetException(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One day has hours of its own; both None = closed."""

    id: UUID
    location: Slug
    day: date
    opens: Minute | None
    closes: Minute | None
    reason: Word


class DropException(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One day has the weekday's hours again."""

    id: UUID
    location: Slug
    day: date


class PauseStore(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Keep new work away until a moment; what the store has already goes on."""

    id: UUID
    location: Slug
    until: Instant
    reason: Annotated[Note, msgspec.Meta(min_length=1)]


class ResumeStore(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Let new work come in again."""

    id: UUID
    location: Slug


class SetDeskPicture(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Show customers where the pickup desk is. An empty `picture` keeps the one that is there and changes what is said of it."""

    id: UUID
    location: Slug
    version: int
    says_fr: Word
    says_en: Word
    picture: Annotated[bytes, msgspec.Meta(max_length=DESK_HEAVIEST)] = b""
    width: Annotated[int, msgspec.Meta(ge=0, le=DESK_WIDEST)] = 0
    height: Annotated[int, msgspec.Meta(ge=0, le=DESK_WIDEST)] = 0


class DropDeskPicture(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Show no picture of the desk any more."""

    id: UUID
    location: Slug
    version: int


class StoreChanged(msgspec.Struct, frozen=True):
    """The answer: which store, and its version now."""

    location: str
    version: int


def check_hours(hours: tuple[tuple[int, int, int], ...]) -> None:
    """Openings end after they begin and do not overlap. Invalid `hours_wrong` with the weekday."""
    last: dict[int, int] = {}
    for weekday, opens, closes in sorted(hours):
        if opens >= closes or opens < last.get(weekday, 0):
            raise Invalid("hours_wrong", weekday=weekday)
        last[weekday] = closes + 1


def check_exception(day: date, opens: int | None, closes: int | None) -> None:
    """Both hours or none, in order, on a day of this century. Invalid `hours_wrong`."""
    if (opens is None) != (closes is None) or not FIRST_DAY <= day <= LAST_DAY:
        raise Invalid("hours_wrong")
    if opens is not None and closes is not None and opens >= closes:
        raise Invalid("hours_wrong")


def check_pause(until: datetime, now: datetime) -> None:
    """A pause ends, later than now and within a month. Invalid `pause_wrong`."""
    if not now < until <= now + PAUSE_AT_MOST:
        raise Invalid("pause_wrong")

"""What a manager announces to the devices of stores: how long, how many, until when. Pure."""

from datetime import datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

import msgspec

from comptoir.kit.errors import Invalid
from comptoir.kit.words import Instant, Note, Slug

MOST_LETTERS: Final = 500
MOST_OPEN: Final = 5
"""Announcements that one store's devices show at once."""
MOST_STORES: Final = 2_000
SOONEST: Final = timedelta(minutes=5)
LONGEST: Final = timedelta(days=14)
"""An announcement ends by itself, so soon at the earliest and so far ahead at the latest."""

Places = Annotated[tuple[Slug, ...], msgspec.Meta(min_length=1, max_length=MOST_STORES)]


class Announce(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Tell it to the devices of these stores until then. An urgent one stands on top and stays until somebody has read it."""

    id: UUID
    text: Note
    until: Instant
    locations: Places
    urgent: bool = False


class CorrectAnnouncement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Other words, another end. Words that changed are read anew."""

    id: UUID
    announcement: UUID
    version: Annotated[int, msgspec.Meta(ge=1)]
    text: Note
    until: Instant
    urgent: bool = False


class EndAnnouncement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """It is over: devices show it no more."""

    id: UUID
    announcement: UUID


class Announced(msgspec.Struct, frozen=True):
    """The announcement as it stands: `version` counts changes, `edition` those of its words."""

    announcement: UUID
    version: int
    edition: int


def checked(text: str, until: datetime, now: datetime) -> str:
    """The words without blanks around them. Invalid `announcement_empty`, `announcement_too_long`, `announcement_until_wrong`."""
    words = text.replace("\r\n", "\n").strip()
    if not words:
        raise Invalid("announcement_empty", field="text")
    if len(words) > MOST_LETTERS:
        raise Invalid("announcement_too_long", field="text", most=MOST_LETTERS, letters=len(words))
    if not now + SOONEST <= until <= now + LONGEST:
        raise Invalid("announcement_until_wrong", field="until")
    return words

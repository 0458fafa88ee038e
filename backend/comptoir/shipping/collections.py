"""When a carrier comes to a store. Pure: a week of minutes and the days that differ in, moments out.

Minutes are store time, as on the door: a driver who comes at 17:30 comes at 17:30 the night after the clocks changed.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from comptoir.kit.errors import Invalid
from comptoir.kit.words import Codename, Maybe, Slug

MOST_A_DAY: Final = 6
Minute = Annotated[int, msgspec.Meta(ge=0, le=1439)]
Weekday = Annotated[int, msgspec.Meta(ge=0, le=6)]

Week = Sequence[tuple[int, int]]
"""Rows of (weekday from Monday 0, minute)."""

Days = Mapping[date, int | None]
"""Days that are not like their weekday: one minute, or None when nobody comes."""


class SaveCollections(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A carrier's whole week at a store; empty: it never comes by itself."""

    id: UUID
    location: Slug
    carrier: Codename
    week: Annotated[tuple[tuple[Weekday, Minute], ...], msgspec.Meta(max_length=7 * MOST_A_DAY)]


class SetCollectionDay(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One day that differs; `minute` None: nobody comes. `drop`: like its weekday again."""

    id: UUID
    location: Slug
    carrier: Codename
    day: date
    minute: Minute | None = None
    reason: Maybe = ""
    drop: bool = False


class CollectionsSaved(msgspec.Struct, frozen=True):
    location: str
    carrier: str


def check_day(day: date) -> None:
    """Invalid `hours_wrong` for a day outside of this century."""
    if not date(2020, 1, 1) <= day <= date(2100, 1, 1):
        raise Invalid("hours_wrong")


def collection_times(week: Week, days: Days, zone: str, since: datetime, until: datetime) -> list[datetime]:
    """When the carrier comes between two moments, ascending, in UTC; at most a year ahead."""
    place = ZoneInfo(zone)
    found: list[datetime] = []
    day = since.astimezone(place).date()
    last = min(until, since + timedelta(days=366)).astimezone(place).date()
    while day <= last:
        if day in days:
            minutes = [minute for minute in (days[day],) if minute is not None]
        else:
            minutes = sorted(minute for weekday, minute in week if weekday == day.weekday())
        for minute in minutes:
            at = datetime.combine(day, time(minute // 60, minute % 60), place).astimezone(UTC)
            if since <= at <= until:
                found.append(at)
        day += timedelta(days=1)
    return found


def read_times(text: str) -> tuple[int, ...]:
    """ "11:30, 17:30" as minutes of a day. Invalid `hours_wrong`."""
    found = []
    for word in text.replace(",", " ").replace("h", ":").split():
        hour, _, minute = word.partition(":")
        if not (hour.isdecimal() and (minute or "0").isdecimal() and int(hour) < 24 and int(minute or 0) < 60):
            raise Invalid("hours_wrong")
        found.append(int(hour) * 60 + int(minute or 0))
    if len(found) > MOST_A_DAY:
        raise Invalid("hours_wrong")
    return tuple(sorted(set(found)))

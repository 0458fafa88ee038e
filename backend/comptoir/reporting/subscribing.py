"""A report by mail: every day at seven or on Mondays at seven, in the time of its stores, about the day or the week before. Pure."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from comptoir.kit.words import Slug
from comptoir.reporting.reports import By

Rhythm = Literal["daily", "weekly"]
RHYTHMS: Final[tuple[Rhythm, ...]] = ("daily", "weekly")
AT: Final = time(7, 0)
MOST: Final = 20
"""Reports that one person gets."""

TRIES: Final = 6
WAITS: Final = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=20),
    timedelta(hours=1),
    timedelta(hours=2),
)
"""After a mail server said that it is busy: so long until it is asked again; then the mail has failed."""

LEASE: Final = timedelta(minutes=4)
"""A call nobody came back from: whether the mail left is unknown, and it is not sent again."""


class SubscribeReport(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Send me this report, of all my stores or of one."""

    id: UUID
    report: Slug
    rhythm: Rhythm
    location: Slug | None = None


class StopReport(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """No more of it."""

    id: UUID
    subscription: UUID


class Subscribed(msgspec.Struct, frozen=True):
    """The subscription, which may have been there already, and when it is sent next."""

    id: UUID
    next_at: datetime


class Stopped(msgspec.Struct, frozen=True):
    id: UUID


def next_at(rhythm: Rhythm, time_zone: str, now: datetime) -> datetime:
    """The first seven o'clock of a day (or a Monday) of the stores that comes after `now`, in UTC."""
    zone = ZoneInfo(time_zone)
    day = now.astimezone(zone).date()
    while True:
        at = datetime.combine(day, AT, zone).astimezone(UTC)
        if at > now and (rhythm == "daily" or day.weekday() == 0):
            return at
        day += timedelta(days=1)


def period_of(rhythm: Rhythm, time_zone: str, now: datetime) -> tuple[By, date]:
    """What a mail of now is about, by its first day: yesterday, or the week before this one."""
    today = now.astimezone(ZoneInfo(time_zone)).date()
    if rhythm == "daily":
        return "day", today - timedelta(days=1)
    return "week", today - timedelta(days=today.weekday() + 7)


def before(by: By, first: date) -> date:
    """The first day of what a period is compared with: the same weekday, or the week, before."""
    return first - timedelta(days=7)

"""When a promise slips: what hour is told instead, and whether it is told now. Pure.

Once when the queue says so, again when it slips by more than an hour more, three times at most, and not at night.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from comptoir.network.promise import Paces, ready_by

SLACK: Final = timedelta(minutes=15)
AGAIN: Final = timedelta(minutes=60)
MOST: Final = 3
FROM_HOUR: Final = 8
TO_HOUR: Final = 21
NARROW: Final = timedelta(minutes=10)
"""A range below this is one hour: nobody plans by it."""
LAST_STEP: Final = 10
"""Minutes from "all picked" to the shelf."""


class Foreseen(msgspec.Struct, frozen=True):
    """When it will be ready: from `at`, and by `until` where nobody can be sure."""

    at: datetime
    until: datetime


def foresee(
    windows: Sequence[tuple[int, int]], lead_minutes: int, status: str, before: int, capacity_per_hour: int, now: datetime,
    paused_until: datetime | None = None, paces: Paces = (),
) -> Foreseen:  # fmt: skip
    """The hour by the store's queue: `before` works are to be picked first. The more wait, the wider the range."""
    lead = (
        LAST_STEP if status == "picked" else lead_minutes if status in ("open", "accepted") else -(-lead_minutes // 2)
    )
    queue = 0 if status in ("picking", "picked") else before
    at = ready_by(windows, lead, queue, capacity_per_hour, now, paused_until, paces)
    until = ready_by(windows, lead + lead // 3, queue + (queue + 1) // 2, capacity_per_hour, now, paused_until, paces)
    return Foreseen(at, until if until - at > NARROW else at)


def to_tell(promise_at: datetime, foreseen: Foreseen, told: Sequence[datetime], time_zone: str, now: datetime) -> bool:
    """Is the customer to be told this hour now? `told` are the hours that were told before, oldest first."""
    if len(told) >= MOST or not (awake(time_zone, now) or same_night(promise_at, time_zone, now)):
        return False
    return is_news(promise_at, foreseen, told) or (not told and now > promise_at)


def is_news(promise_at: datetime, foreseen: Foreseen, told: Sequence[datetime]) -> bool:
    """Is this hour so much later than what the customer last heard that they are told, at the next hour at which a phone may ring?"""
    if len(told) >= MOST:
        return False
    return foreseen.at - told[-1] > AGAIN if told else foreseen.at - promise_at > SLACK


def awake(time_zone: str, now: datetime) -> bool:
    """Is it a time of day at which a phone may ring?"""
    return FROM_HOUR <= now.astimezone(ZoneInfo(time_zone)).hour < TO_HOUR


def same_night(promise_at: datetime, time_zone: str, now: datetime) -> bool:
    """Was it promised for this very night?"""
    here, promised = now.astimezone(ZoneInfo(time_zone)), promise_at.astimezone(ZoneInfo(time_zone))
    if awake(time_zone, now) or awake(time_zone, promise_at):
        return False
    # A night belongs to the day on which it began.
    return (here - timedelta(hours=FROM_HOUR)).date() == (promised - timedelta(hours=FROM_HOUR)).date()

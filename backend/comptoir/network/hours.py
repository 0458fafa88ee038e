"""When a location is open. Pure: weekday hours, exceptions and an IANA zone in; moments in UTC out.

Hours are minutes after midnight in store time, as on the door. The night the clocks change, a door that opens at 9:30
opens at 9:30 by the new clock; a minute that does not exist is read an hour later, one that comes twice is its first.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from comptoir.kit.errors import Invalid

Hours = Sequence[tuple[int, int, int]]
"""Rows of (weekday from Monday 0, opens, closes); two rows on a day with a lunch break."""

Exceptions = Mapping[date, tuple[int, int] | None]
"""Days on which (opens, closes) replace the weekday's hours; None is closed all day."""

DAYPARTS = (0, 11 * 60, 14 * 60, 17 * 60)
"""Where the parts of a store's day begin, in minutes after its midnight: morning, midday, afternoon, evening."""

MOST_DAYS = 400

EPOCH_DAY = date(1970, 1, 1).toordinal()


def open_minutes(
    hours: Hours, exceptions: Exceptions, zone: str, from_: datetime, days: int
) -> tuple[tuple[int, int], ...]:
    """Open windows that end after `from_`, as (from, to) in minutes since 1970 UTC, ascending, never overlapping.

    Covers the store's day that holds `from_` and those after it, `days` in all (1 to 400). Invalid `unknown_time_zone`.
    """
    if not 1 <= days <= MOST_DAYS:
        raise ValueError("days must be between 1 and 400")
    week: list[list[tuple[int, int]]] = [[] for _ in range(7)]
    for weekday, opens, closes in sorted(hours):
        week[weekday].append((opens, closes))
    first = from_.astimezone(zone_of(zone)).date()
    after = from_.timestamp() / 60
    found: list[tuple[int, int]] = []
    end = -(2**62)
    for ahead in range(days):
        day = first + timedelta(days=ahead)
        if day in exceptions:
            replaced = exceptions[day]
            spans = [] if replaced is None else [replaced]
        else:
            spans = week[day.weekday()]
        for opens, closes in spans:
            start = max(_minute(zone, day, opens), end)
            stop = _minute(zone, day, closes)
            if stop > start and stop > after:
                found.append((start, stop))
                end = stop
    return tuple(found)


def dayparts(zone: str, from_: datetime, days: int) -> tuple[tuple[int, int], ...]:
    """When each part of the day begins, as (minute since 1970 UTC, part 0 to 3), ascending, from the store's day that holds `from_`."""
    first = from_.astimezone(zone_of(zone)).date()
    return tuple(
        (_minute(zone, first + timedelta(days=ahead), begins), part)
        for ahead in range(days)
        for part, begins in enumerate(DAYPARTS)
    )


def open_windows(
    hours: Hours, exceptions: Exceptions, zone: str, from_: datetime, days: int
) -> tuple[tuple[datetime, datetime], ...]:
    """`open_minutes` as moments in UTC."""
    return tuple((moment(a), moment(b)) for a, b in open_minutes(hours, exceptions, zone, from_, days))


def collect_until(
    windows: Sequence[tuple[datetime, datetime]], staged_at: datetime, hold_days: int, zone: str = "UTC"
) -> datetime:
    """The last closing time of the `hold_days`-th open day after the day of staging, in UTC.

    A day is the store's: `zone` tells where it ends. Windows that reach less far give their last closing time; with no
    window after the day of staging, as many plain days are given.
    """
    store = zone_of(zone)
    staged_on = staged_at.astimezone(store).date()
    closing: dict[date, datetime] = {}
    for opens, closes in windows:
        day = opens.astimezone(store).date()
        if day > staged_on:
            if day not in closing and len(closing) == hold_days:
                break
            closing[day] = closes
    if not closing:
        return staged_at + timedelta(days=hold_days)
    return max(closing.values())


def open_at(windows: Sequence[tuple[datetime, datetime]], at: datetime) -> bool:
    """Is the door open at this moment?"""
    return any(opens <= at < closes for opens, closes in windows)


def opens_today(windows: Sequence[tuple[int, int]], zone: str, now: datetime) -> bool:
    """Is the door open now, or will it be before the store's midnight? Windows in minutes since 1970."""
    store = zone_of(zone)
    today = now.astimezone(store).date()
    midnight = datetime(today.year, today.month, today.day, tzinfo=store) + timedelta(days=1)
    from_, until = now.timestamp() / 60, midnight.timestamp() / 60
    return any(opens < until and closes > from_ for opens, closes in windows)


def hours_of(rows: Sequence[Sequence[int]], exceptions: Sequence[str]) -> tuple[Hours, Exceptions]:
    """Hours as the database gives them: [weekday, opens, closes], and "2026-12-24 570 1020" texts (-1 -1: closed)."""
    replaced: dict[date, tuple[int, int] | None] = {}
    for text in exceptions:
        day, opens, closes = text.split()
        replaced[date.fromisoformat(day)] = None if opens == "-1" else (int(opens), int(closes))
    return [(w, o, c) for w, o, c in rows], replaced


def moment(minute: int) -> datetime:
    """Minutes since 1970 as an aware time in UTC."""
    return datetime.fromtimestamp(minute * 60, UTC)


@lru_cache(maxsize=256)
def zone_of(name: str) -> ZoneInfo:
    """The IANA zone; Invalid `unknown_time_zone` when there is none of that name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Invalid("unknown_time_zone", time_zone=name) from None


@lru_cache(maxsize=50_000)
def _offsets(zone: str, day: date) -> tuple[int, int]:
    """Minutes that store time is ahead of UTC when this day begins and when it ends."""
    store = zone_of(zone)
    midnight = datetime(day.year, day.month, day.day, tzinfo=store)
    ahead = midnight.utcoffset(), (midnight + timedelta(days=1)).utcoffset()
    return _minutes(ahead[0]), _minutes(ahead[1])


def _minute(zone: str, day: date, minute: int) -> int:
    """A minute after the store's midnight as minutes since 1970 UTC; 1440 is the next midnight."""
    local = (day.toordinal() - EPOCH_DAY) * 1440 + minute
    begins, ends = _offsets(zone, day)
    if begins == ends:
        return local - begins
    at = datetime(day.year, day.month, day.day, tzinfo=zone_of(zone)) + timedelta(minutes=minute)
    return local - _minutes(at.utcoffset())


def _minutes(ahead: timedelta | None) -> int:
    assert ahead is not None
    return ahead // timedelta(minutes=1)

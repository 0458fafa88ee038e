"""What past hours teach: a store's pace in each part of the day, and who comes in when. Pure.

Only hours in which enough was waiting from beginning to end say how quick a store is: an idle hour says that nobody ordered.
Weeks fade: an hour counts half as much as one that is a week younger, and four weeks back nothing counts.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

WEEKS: Final = 4
DAYS: Final = 7 * WEEKS
HALF_LIFE_DAYS: Final = 7.0
FEW_HOURS: Final = 3.0
"""Busy open hours below which a part of the day is not judged."""
PRESSING: Final = 0.25
"""Hours of work that must be waiting when an hour begins and when it ends, so that it says how quick the store is."""
AHEAD_HOURS: Final = 4
"""Works promised within so many hours press; who lies for tomorrow hurries nobody."""
LAST_HOURS: Final = 3
"""Hours of today that say whether the team is quicker or slower than it usually is."""
PATIENCE: Final = 8.0
"""Works that must have been missed before today's pace is believed by half."""
LASTS: Final = 240
"""Minutes for which today's pace is believed to last, at most to the end of the day."""
WEEK: Final = 7 * 24 * 60


class PastHour(msgspec.Struct, frozen=True):
    """One clock hour of one store from `minute` on: works that came in, works and lines that were picked, minutes it was open.

    `pressing` waited when it began and `pressing_after` when it ended; None where nobody looked.
    """

    minute: int
    part: int
    received: int
    works: int
    lines: int
    open_minutes: int
    pressing: int | None
    pressing_after: int | None


class Pace(msgspec.Struct, frozen=True):
    """Works and lines in an open hour of one part of the day, and from how many busy open hours that is known."""

    part: int
    works_per_hour: float
    lines_per_hour: float
    hours: float


def learn_paces(past: Iterable[PastHour], now: int, capacity_per_hour: int) -> tuple[Pace, ...]:
    """A store's pace by part of the day, where enough busy hours are known; never above the capacity that was set."""
    sums: dict[int, list[float]] = {}
    enough = PRESSING * capacity_per_hour
    for hour in past:
        age = (now - hour.minute) / 1440
        if not 0 < age <= DAYS or not hour.open_minutes or hour.pressing is None or hour.pressing_after is None:
            continue
        if min(hour.pressing, hour.pressing_after) < enough:
            continue
        weight = 0.5 ** (age / HALF_LIFE_DAYS)
        open_hours = hour.open_minutes / 60
        found = sums.setdefault(hour.part, [0.0, 0.0, 0.0, 0.0])
        for i, amount in enumerate((weight * hour.works, weight * hour.lines, weight * open_hours, open_hours)):
            found[i] += amount
    return tuple(
        Pace(part, min(works / weighed, capacity_per_hour), lines / weighed, hours)
        for part, (works, lines, weighed, hours) in sorted(sums.items())
        if hours >= FEW_HOURS and works > 0
    )


def expect(
    received: Mapping[int, int], known: Iterable[int], from_: int, to: int
) -> tuple[tuple[int, int, float], ...]:
    """Who is expected between two minutes, as (from, to, works): the mean of the same hour of the last weeks, nobody where none is known.

    `received` is works by the minute their hour began; `known` are hours that were looked at, with or without any.
    """
    looked = frozenset(known)
    found = []
    for hour in range(from_ // 60 * 60, to, 60):
        weeks = [hour - WEEK * back for back in range(1, WEEKS + 1) if hour - WEEK * back in looked]
        if weeks and (total := sum(received.get(week, 0) for week in weeks)):
            found.append((hour, hour + 60, total / len(weeks)))
    return tuple(found)


def through(
    paces: Sequence[Pace], parts: Sequence[tuple[int, int]], capacity_per_hour: int
) -> tuple[tuple[int, float], ...]:
    """Learned paces laid over the parts of coming days (`hours.dayparts`); a part that is not known goes at the capacity."""
    if not paces:
        return ()
    known = {pace.part: pace.works_per_hour for pace in paces}
    return tuple((minute, known.get(part, float(capacity_per_hour))) for minute, part in parts)


def today(
    past: Iterable[PastHour], now: int, paces: Sequence[Pace], capacity_per_hour: int,
    planned: Sequence[tuple[int, int, float]] = (),
) -> float:  # fmt: skip
    """How much slower than usual the team is in the last hours, as a factor of its pace from a third to one and a half.

    An hour for which another capacity was planned (from, to, works per hour) is compared with as much of what is usual.
    The hour that has begun counts with the minutes it was open until `now`; its `pressing_after` is what waits now.
    """
    known = {pace.part: pace.works_per_hour for pace in paces}
    enough = PRESSING * capacity_per_hour
    done = usual = 0.0
    for hour in past:
        if not now - LAST_HOURS * 60 <= hour.minute < now or not hour.open_minutes:
            continue
        if min(hour.pressing or 0, hour.pressing_after or 0) < enough:
            continue
        done += hour.works
        share = next((instead / capacity_per_hour for from_, to, instead in planned if from_ <= hour.minute < to), 1.0)
        usual += known.get(hour.part, float(capacity_per_hour)) * hour.open_minutes / 60 * share
    return min(1.5, max(1 / 3, (done + PATIENCE) / (usual + PATIENCE)))


def lasting(factor: float, now: int, midnight: int, capacity_per_hour: int) -> tuple[tuple[int, int, float], ...]:
    """Today's factor as a plan for the coming hours (`promise.paced`)."""
    return ((now, min(now + LASTS, midnight), capacity_per_hour * factor),)

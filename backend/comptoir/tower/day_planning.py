"""A store's day by hour: who is expected, what is due, how many people that takes, how many are planned; and what a plan changes. Pure.

One person's pace is the team's: works picked in busy hours, divided by the hours that people were signed in. Nobody's own is known here.
A plan becomes the capacity of its hours (`spans`): people times that pace, as a share of what the usual team does, of the store's capacity.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from math import ceil
from typing import Annotated, Final
from uuid import UUID

import msgspec

from comptoir.kit.errors import Invalid
from comptoir.kit.words import Slug
from comptoir.network import planned
from comptoir.network.hours import zone_of
from comptoir.network.promise import ready_by, ready_minute
from comptoir.tower.forecasting import Forecast, Store
from comptoir.tower.learning import FEW_HOURS, PRESSING, PastHour

DAYS: Final = 7
"""Days that can be planned, today the first."""
UNPLANNED: Final = -1
NOBODY_PLANNED: Final = (UNPLANNED,) * 24
STEP: Final = 15
SHARE: Final = 3
"""Where no pace is known: the capacity is what so many people do."""
LEAST_EACH: Final = 0.5
MOST_EACH: Final = 200.0

People = Annotated[int, msgspec.Meta(ge=UNPLANNED, le=50)]


class SaveDayPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """People by hour of the store's clock, -1 where nothing is planned. `number` is the version that was seen, 0 for none;
    with `seen_late` it is kept only if about as many orders would be late as was shown."""

    id: UUID
    location: Slug
    day: date
    number: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
    each_per_hour: Annotated[float, msgspec.Meta(ge=LEAST_EACH, le=MOST_EACH)]
    people: Annotated[tuple[People, ...], msgspec.Meta(min_length=24, max_length=24)]
    seen_late: Annotated[int, msgspec.Meta(ge=0)] | None = None


class UndoDayPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The version before this one holds again; `number` is the newest that was seen."""

    id: UUID
    location: Slug
    day: date
    number: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]


class Promise(msgspec.Struct, frozen=True):
    """When an order of a minute would be promised, without the plan and with it."""

    at: int
    before: datetime
    after: datetime


class PlanEffect(msgspec.Struct, frozen=True):
    """What a plan changes on its day: orders late by its end, when all on file is ready, what customers of each hour are promised."""

    late_before: int
    late_after: int
    done_before: int
    done_after: int
    promises: tuple[Promise, ...]


class DayPlanKept(msgspec.Struct, frozen=True):
    """A version of a day's plan, and what it changes."""

    location: str
    day: date
    number: int
    effect: PlanEffect


class PlanHour(msgspec.Struct, frozen=True):
    """One clock hour in which the store is open, from `minute` on (`clock` on the store's wall): works expected to come in, works on file that are due,
    people that both take, people planned (None: as usual), the capacity in works."""

    minute: int
    open_minutes: int
    expected: float
    due: int
    needed: int
    people: int | None
    capacity: int
    clock: int

    @property
    def short(self) -> bool:
        return self.people is not None and self.people < self.needed


class Day(msgspec.Struct, frozen=True):
    """A store's day as minutes since 1970: from midnight to midnight, and its open windows. `clock` is what the store's clock shows in
    each of its hours as they pass: the night the clocks change one of them is missing, or there twice."""

    day: date
    begins: int
    ends: int
    windows: tuple[tuple[int, int], ...]
    clock: tuple[int, ...] = tuple(range(24))

    def clock_at(self, minute: int) -> int:
        """The hour that the store's clock shows at a minute of the day."""
        return self.clock[(minute - self.begins) // 60]

    @property
    def opens(self) -> int:
        return self.windows[0][0] if self.windows else self.begins

    @property
    def closes(self) -> int:
        return self.windows[-1][1] if self.windows else self.ends

    @property
    def hours(self) -> tuple[int, ...]:
        """The clock hours in which it is open."""
        return tuple(
            dict.fromkeys(hour for from_, to in self.windows for hour in range(from_ // 60 * 60, to, 60))
        )  # fmt: skip


def check_day(day: date, zone: str, now: datetime) -> None:
    """Invalid `plan_day_wrong` for a day that is over or too far ahead."""
    today = now.astimezone(zone_of(zone)).date()
    if not today <= day < today + timedelta(days=DAYS):
        raise Invalid("plan_day_wrong", field="day", days=DAYS)


def day_of(day: date, zone: str, windows: Iterable[tuple[int, int]]) -> Day:
    """The day with its part of the store's windows."""
    begins, ends = (
        int(datetime.combine(one, time.min, zone_of(zone)).timestamp()) // 60 for one in (day, day + timedelta(days=1))
    )
    inside = tuple((max(from_, begins), min(to, ends)) for from_, to in windows if from_ < ends and to > begins)
    clock = tuple(
        datetime.fromtimestamp(minute * 60, zone_of(zone)).hour for minute in range(begins, ends, 60)
    )  # fmt: skip
    return Day(day, begins, ends, inside, clock)


def learn_each(past: Iterable[PastHour], people: Mapping[int, int], capacity_per_hour: int) -> float | None:
    """Works of one person in an hour, from hours in which enough was waiting; None where too few are known.

    `people` is how many were signed in on the store's devices by the minute an hour began.
    """
    enough = PRESSING * capacity_per_hour
    works = hours = open_hours = 0.0
    for hour in past:
        here = people.get(hour.minute, 0)
        if not here or not hour.open_minutes or min(hour.pressing or 0, hour.pressing_after or 0) < enough:
            continue
        works += hour.works
        hours += here * hour.open_minutes / 60
        open_hours += hour.open_minutes / 60
    if open_hours < FEW_HOURS or not works:
        return None
    return min(MOST_EACH, max(LEAST_EACH, round(works / hours, 1)))


def usual_each(capacity_per_hour: int) -> float:
    """What is taken for one person's pace where none is known: a third of the capacity."""
    return min(MOST_EACH, max(LEAST_EACH, round(capacity_per_hour / SHARE, 1)))


def spans(
    people: Sequence[int], each_per_hour: float, day: Day, capacity_per_hour: int, learned: Sequence[tuple[int, float]] = ()
) -> tuple[planned.Span, ...]:  # fmt: skip
    """A plan as the capacity of its hours, neighbors with the same one joined.

    The usual team does the learned pace of that part of the day, which the capacity stands for; so many people of `each_per_hour`
    are a share of it, and what is reckoned with this capacity goes at people times pace.
    """
    found: list[planned.Span] = []
    for minute in range(day.begins, day.ends, 60):
        here = people[day.clock_at(minute)]
        if here == UNPLANNED:
            continue
        at = bisect_right(learned, (minute, float("inf"))) - 1
        pace = min(learned[at][1], capacity_per_hour) if at >= 0 else float(capacity_per_hour)
        per_hour = round(capacity_per_hour * here * each_per_hour / pace, 2) if pace > 0 else 0.0
        if found and found[-1][1] == minute and found[-1][2] == per_hour:
            found[-1] = (found[-1][0], minute + 60, per_hour)
        else:
            found.append((minute, minute + 60, per_hour))
    return tuple(found)


def by_hour(
    day: Day, store: Store, plans: planned.Plans, expected: Iterable[tuple[int, int, float]], people: Sequence[int],
    each_per_hour: float, at: int, since: int,
) -> tuple[PlanHour, ...]:  # fmt: skip
    """The open hours of a day that are not over at `at`, with what each takes. What is late already is due at once; who is
    expected from `since` on, while the door is still closed, is there when it opens.
    """
    hours = tuple(hour for hour in day.hours if hour + 60 > at)
    if not hours:
        return ()
    comes = dict.fromkeys(hours, 0.0)
    due = dict.fromkeys(hours, 0)
    takes = dict.fromkeys(hours, 0.0)
    for from_, to, works in expected:
        ends = min(to, day.closes)
        for minute in range(max(from_, since), ends, STEP):
            part = works * min(STEP, ends - minute) / (to - from_)
            comes[_within(hours, minute)] += part
            ready = ready_minute(store.windows, store.lead_minutes, 0, store.capacity_per_hour, minute)
            if ready <= day.closes:
                takes[_within(hours, ready - 1)] += part
    for promise, count in (*store.waiting, *store.begun):
        if promise < day.ends:
            hour = _within(hours, max(promise - 1, at))
            due[hour] += count
            takes[hour] += count
    found = []
    for hour in hours:
        minutes = sum(max(0, min(to, hour + 60) - max(from_, hour)) for from_, to in day.windows)
        clock = day.clock_at(hour)
        here = people[clock] if people[clock] != UNPLANNED else None
        able = each_per_hour * minutes / 60
        found.append(
            PlanHour(
                hour, minutes, comes[hour], due[hour], ceil(takes[hour] / able - 1e-9) if able else 0, here,
                plans.at(store.capacity_per_hour, hour), clock,
            )
        )  # fmt: skip
    return tuple(found)


def _within(hours: Sequence[int], minute: int) -> int:
    """The open hour that a minute falls into, else the last one before it, else the first."""
    return hours[max(0, bisect_right(hours, minute) - 1)]


def waits_at(store: Store, seen: Forecast, minute: int) -> int:
    """Works that will wait at a minute by a forecast: on file, and come in since, less what is done by then."""
    known = sum(count for works in (store.waiting, store.begun) for _, count in works)
    came = sum(
        works * max(0, min(to, minute) - max(from_, seen.at)) / (to - from_) for from_, to, works in store.expected
    )
    done = sum(
        hour.done
        * min(1.0, max(0.0, (minute - max(hour.minute, seen.at)) / (hour.minute + 60 - max(hour.minute, seen.at))))
        for hour in seen.hours
        if hour.minute < minute and hour.minute + 60 > seen.at
    )
    return max(0, ceil(known + came - done - 1e-9))


def promise_at(store: Store, seen: Forecast, minute: int) -> datetime:
    """What a customer who orders at a minute is promised: the house's one way of promising, with what waits then and what is planned."""
    paused = datetime.fromtimestamp(store.paused_until * 60, UTC) if store.paused_until else None
    at = datetime.fromtimestamp(minute * 60, UTC)
    queue = waits_at(store, seen, minute)
    return ready_by(
        store.windows, store.lead_minutes, queue, store.capacity_per_hour, at, paused, store.offers
    )  # fmt: skip


def last_order(store: Store, seen: Forecast, visit: int) -> int | None:
    """The last minute (of five) at which an order would still be promised by a carrier's visit; None where it is too late."""
    for minute in range(visit // 5 * 5, max(seen.at, visit - 24 * 60) - 1, -5):
        if minute >= seen.at and promise_at(store, seen, minute) <= datetime.fromtimestamp(visit * 60, UTC):
            return minute
    return None


def effect_of(
    day: Day, before: tuple[Store, Forecast], after: tuple[Store, Forecast]
) -> PlanEffect:  # fmt: skip
    """Two forecasts of the same day, without a plan's change and with it."""
    at = before[1].at
    asked = [max(hour, at, day.opens) for hour in day.hours if hour + 60 > at]
    return PlanEffect(
        late_before=round(before[1].late_by(day.ends)), late_after=round(after[1].late_by(day.ends)),
        done_before=before[1].done_at, done_after=after[1].done_at,
        promises=tuple(Promise(minute, promise_at(*before, minute), promise_at(*after, minute)) for minute in asked),
    )  # fmt: skip

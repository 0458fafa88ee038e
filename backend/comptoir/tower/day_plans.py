"""A manager plans a store's day: people by hour become its capacity, the forecast says what that changes; the version before can be taken back.

One transaction each. The page rehearses the very command, and it stands only if about as many orders will be late as was shown.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from comptoir.flows import auditing
from comptoir.kit.actor import Actor, Role
from comptoir.kit.db import Connection, Tx
from comptoir.kit.errors import Conflict
from comptoir.kit.runner import Flow
from comptoir.network import planned
from comptoir.network import sql as network_sql
from comptoir.network.hours import hours_of, open_minutes
from comptoir.network.promise import ready_minute
from comptoir.tower import day_plan_sql as sql
from comptoir.tower import queries
from comptoir.tower.day_planning import (
    DAYS,
    NOBODY_PLANNED,
    UNPLANNED,
    Day,
    DayPlanKept,
    PlanHour,
    SaveDayPlan,
    UndoDayPlan,
    by_hour,
    check_day,
    day_of,
    effect_of,
    learn_each,
    spans,
    usual_each,
)
from comptoir.tower.effect import SLACK_LATE, SLACK_SHARE
from comptoir.tower.forecasting import Forecast, Store, forecast
from comptoir.tower.learning import DAYS as LEARNED_DAYS
from comptoir.tower.learning import WEEK, WEEKS, PastHour, expect
from comptoir.tower.queries import Backlog, Place
from comptoir.tower.standing import store_of
from comptoir.tower.watching import minute_of, moment, read_facts

MAY: Final[tuple[Role, ...]] = ("store_manager", "regional_manager", "head_office", "integrator")


class Standing(msgspec.Struct, frozen=True):
    """A store on one of its days, as it is forecast from `seen.at` on: now, or when it opens on that day.

    `expected` is who comes in from `since` on, the last closing for a day that is still to come.
    """

    place: Place
    day: Day
    store: Store
    plans: planned.Plans
    seen: Forecast
    expected: tuple[tuple[int, int, float], ...]
    since: int
    parcels: tuple[tuple[int, int], ...] = ()
    """(promise, parcels that nobody has begun), ascending."""

    @property
    def read(self) -> tuple[Store, Forecast]:
        return self.store, self.seen


class Plan(msgspec.Struct, frozen=True):
    """What is typed, or what stands: one person's works in an hour, people by hour of the store's clock."""

    each: float
    people: tuple[int, ...]


class PlannedDay(msgspec.Struct, frozen=True):
    """A store's day with the plan that stands, its versions (the newest first), and one person's pace where the team's is known."""

    here: Standing
    versions: list[sql.Version]
    learned: float | None
    plan: Plan

    @property
    def number(self) -> int:
        """The newest version, 0 for none."""
        return self.versions[0].number if self.versions else 0

    def hours(self, plan: Plan, now: datetime) -> tuple[PlanHour, ...]:
        """What is left of the day with the people of a plan."""
        here, at = self.here, max(minute_of(now), self.here.day.begins)
        return by_hour(here.day, here.store, here.plans, here.expected, plan.people, plan.each, at, here.since)


async def read_day(connection: Connection, location: str, day: date, now: datetime) -> PlannedDay:
    """A day of a store that is known to exist. Invalid `plan_day_wrong`."""
    here = await stand(connection, location, day, now)
    versions = await sql.versions(connection, location, day)
    since = now - timedelta(days=LEARNED_DAYS)
    past = (await queries.read_hours(connection, (location,), since, now)).get(location, [])
    people = await sql.people_there(connection, location, since, now)
    learned = learn_each(past, people, here.place.capacity_per_hour)
    plan = Plan(learned or usual_each(here.place.capacity_per_hour), NOBODY_PLANNED)
    if versions and any(one != UNPLANNED for one in versions[0].people):
        plan = Plan(versions[0].each_per_hour, tuple(versions[0].people))
    return PlannedDay(here, versions, learned, plan)


async def save(tx: Tx, command: SaveDayPlan, actor: Actor, now: datetime) -> DayPlanKept:
    """NotFound `location_not_found`; Invalid `plan_day_wrong`; Conflict `changed_meanwhile`, `effect_changed`."""
    actor.needs(*MAY)
    return await _put(
        tx, command.id, command.location, command.day, command.number, command.each_per_hour, command.people, "saved",
        actor, now, command.seen_late,
    )  # fmt: skip


async def undo(tx: Tx, command: UndoDayPlan, actor: Actor, now: datetime) -> DayPlanKept:
    """The version before holds again, as a version of its own; before the first one nothing was planned. Refusals as for `save`."""
    actor.needs(*MAY)
    known = await sql.versions(tx.connection, command.location, command.day) if actor.reaches(command.location) else []
    before = next((one for one in known if one.number == command.number - 1), None)
    each = before.each_per_hour if before else known[-1].each_per_hour if known else 1.0
    people = before.people if before else NOBODY_PLANNED
    return await _put(
        tx, command.id, command.location, command.day, command.number, each, people, "undone", actor, now, None
    )  # fmt: skip


async def _put(
    tx: Tx, id: UUID, place: str, day: date, number: int, each: float, people: Sequence[int], how: str, actor: Actor,
    now: datetime, seen_late: int | None,
) -> DayPlanKept:  # fmt: skip
    await network_sql.lock_location(tx, place, actor.locations)
    before = await stand(tx.connection, place, day, now)
    versions = await sql.versions(tx.connection, place, day)
    if (versions[0].number if versions else 0) != number:
        raise Conflict("changed_meanwhile")
    key = f"{place}/{day}"
    stood = await auditing.standing(tx, "day_plan", key)
    await sql.insert(tx, place, day, number + 1, each, people, how, actor.who)
    hours = spans(people, each, before.day, before.place.capacity_per_hour, before.store.learned)
    await sql.put_hours(tx, place, moment(before.day.begins), moment(before.day.ends), hours, id)
    after = await stand(tx.connection, place, day, now)
    effect = effect_of(before.day, before.read, after.read)
    if seen_late is not None and abs(effect.late_after - seen_late) > max(SLACK_LATE, SLACK_SHARE * seen_late):
        raise Conflict("effect_changed", works=0, late=effect.late_after)
    await auditing.keep(tx, actor, f"day_plan.{how}", "day_plan", key, stood, place, day=day.isoformat())
    tx.touched.add(place)
    return DayPlanKept(place, day, number + 1, effect)


async def stand(connection: Connection, location: str, day: date, now: datetime) -> Standing:
    """A store that is known to exist, on a day, as its rows stand in this transaction. Invalid `plan_day_wrong`."""
    place = (await queries.read_places(connection, (location,)))[0]
    check_day(day, place.time_zone, now)
    facts = await read_facts(connection, (location,), now)
    backlog = (await queries.read_backlogs(connection, (location,))).get(location, Backlog())
    plain = store_of(place, backlog, facts, minute_of(now))
    at = minute_of(now)
    hours, exceptions = hours_of(place.hours, place.exceptions)
    windows = open_minutes(hours, exceptions, place.time_zone, now - timedelta(days=1), DAYS + 2)
    here = day_of(day, place.time_zone, windows)
    later = here.begins > at
    since = max((to for _, to in windows if at < to <= here.begins), default=at) if later else at
    weeks = [
        moment(hour) - timedelta(minutes=WEEK * back)
        for hour in range(since // 60 * 60, here.ends, 60)
        for back in range(1, WEEKS + 1)
    ]
    known = (await queries.read_same_hours(connection, (location,), weeks)).get(location, {})
    expected = expect(known, known, since, here.ends)
    plans = planned.read(place.plans)
    parcels = tuple((minute, n) for minute, n in zip(backlog.minutes, backlog.ship, strict=True) if n)
    if not later:
        return Standing(place, here, plain, plans, forecast(plain, at), expected, at, parcels)
    # What is promised before that day is done by then; who came in since the last closing waits at the door.
    at = here.opens
    of_day = msgspec.structs.replace(facts, same_hours={location: known}, past={location: list[PastHour]()})
    store = store_of(place, _from(backlog, here.begins), of_day, at)
    early = round(sum(works * (min(to, at) - from_) / (to - from_) for from_, to, works in expected if from_ < at))
    if early:
        ready = ready_minute(store.windows, store.lead_minutes, 0, store.capacity_per_hour, at)
        store = msgspec.structs.replace(store, waiting=tuple(sorted((*store.waiting, (ready, early)))))
    return Standing(place, here, store, plans, forecast(store, at), expected, since, parcels)


def _from(backlog: Backlog, minute: int) -> Backlog:
    """What is promised from a minute on, and nobody has it in hand any more."""
    first = next((i for i, promise in enumerate(backlog.minutes) if promise >= minute), len(backlog.minutes))
    none = [0] * (len(backlog.minutes) - first)
    return Backlog(backlog.minutes[first:], backlog.waiting[first:], none, none, none, backlog.ship[first:])


FLOWS: Mapping[type, Flow] = {SaveDayPlan: save, UndoDayPlan: undo}

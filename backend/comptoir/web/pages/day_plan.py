"""A store's day: by hour who comes and what is due, people needed and planned, carriers, goods, bags, counts; planned here, and printed."""

from datetime import date, datetime, timedelta
from typing import Any, Final

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, URLEncodedBody

from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import Connection, borrowed
from comptoir.kit.errors import Invalid, NotFound, Refusal
from comptoir.kit.ids import new_id
from comptoir.kit.words import Slug
from comptoir.network.hours import zone_of
from comptoir.screens import day_plan as screen
from comptoir.shipping.collection_queries import calendars
from comptoir.tower import queries
from comptoir.tower.day_planning import (
    DAYS,
    LEAST_EACH,
    MOST_EACH,
    UNPLANNED,
    DayPlanKept,
    SaveDayPlan,
    UndoDayPlan,
    last_order,
    promise_at,
)
from comptoir.tower.day_plans import Plan, Standing, read_day
from comptoir.tower.watching import minute_of, moment
from comptoir.web.guards import MANAGERS, by
from comptoir.web.pages.page import Page
from comptoir.web.pages.typed import Typed

Answer = Response[Any]
TheHouse = NamedDependency[House]
TheActor = NamedDependency[Actor]
ThePage = NamedDependency[Page]
Now = NamedDependency[datetime]
MOST_PEOPLE: Final = 50


class Visit(msgspec.Struct, frozen=True):
    """A carrier's visit, parcels that leave by then, and until when an order is still promised for it."""

    carrier: str
    at: datetime
    parcels: int
    last_order: datetime | None


@get("/manager/stores/{store:str}/plan", opt=by(*MANAGERS))
async def plan(
    house: TheHouse, actor: TheActor, page: ThePage, now: Now, store: FromPath[Slug], day: FromQuery[date | None] = None,
    done: FromQuery[bool] = False,
) -> Answer:  # fmt: skip
    """The day as it stands. NotFound `location_not_found`; Invalid `plan_day_wrong`."""
    return await _page(house, actor, page, now, store, day, done=done)


@post("/manager/stores/{store:str}/plan", opt=by(*MANAGERS), status_code=200)
async def change(
    house: TheHouse,
    actor: TheActor,
    page: ThePage,
    now: Now,
    store: FromPath[Slug],
    data: URLEncodedBody[dict[str, Any]],
) -> Answer:
    """What the plan that is typed would change; kept once that was shown and is still about so."""
    if not actor.reaches(store):
        raise NotFound("location_not_found")
    typed = Typed(data)
    day = _day(typed)
    id = typed.id()
    try:
        typed_plan = _read(typed)
        command = SaveDayPlan(id, store, day, typed.whole("number", 0, 999_999), typed_plan.each, typed_plan.people)
    except Invalid as wrong:
        return await _page(house, actor, page, now, store, day, typed=typed, refusal=wrong)
    keep = typed.text("seen_late") != ""
    try:
        if keep:
            late = typed.whole("seen_late", 0, 999_999)
            await house.runner.perform(msgspec.structs.replace(command, seen_late=late), actor)
            return page.go(f"/manager/stores/{store}/plan?day={day}&done=true")
        shown = (await house.runner.rehearse(command, actor)).read(DayPlanKept)
        return await _page(house, actor, page, now, store, day, typed=typed, plan=typed_plan, shown=shown)
    except Refusal as refusal:
        if refusal.status not in (409, 422):
            raise
        shown = None
        if refusal.code == "effect_changed":
            shown = (await house.runner.rehearse(msgspec.structs.replace(command, id=new_id()), actor)).read(
                DayPlanKept
            )
        return await _page(
            house, actor, page, now, store, day, typed=typed, plan=typed_plan, shown=shown, refusal=refusal
        )  # fmt: skip


@post("/manager/stores/{store:str}/plan/undo", opt=by(*MANAGERS), status_code=200)
async def undo(
    house: TheHouse,
    actor: TheActor,
    page: ThePage,
    now: Now,
    store: FromPath[Slug],
    data: URLEncodedBody[dict[str, Any]],
) -> Answer:
    """The version before holds again."""
    if not actor.reaches(store):
        raise NotFound("location_not_found")
    typed = Typed(data)
    day = _day(typed)
    try:
        number = typed.whole("number", 1, 999_999)
        await house.runner.perform(UndoDayPlan(typed.id(), store, day, number), actor)
    except Refusal as refusal:
        if refusal.status not in (409, 422):
            raise
        return await _page(house, actor, page, now, store, day, refusal=refusal)
    return page.go(f"/manager/stores/{store}/plan?day={day}&done=true")


def _day(typed: Typed) -> date:
    try:
        return date.fromisoformat(typed.text("day"))
    except ValueError:
        raise Invalid("plan_day_wrong", field="day", days=DAYS) from None


def _read(typed: Typed) -> Plan:
    """Invalid `number_wrong` with the field's name."""
    text = typed.text("each").replace(",", ".").replace(" ", "").replace("\u202f", "")
    try:
        each = round(float(text), 1)
    except ValueError:
        each = 0.0
    if not LEAST_EACH <= each <= MOST_EACH:
        raise Invalid("number_wrong", field="each", least=LEAST_EACH, most=MOST_EACH)
    people = tuple(
        typed.whole(f"people_{n}", 0, MOST_PEOPLE) if typed.text(f"people_{n}") else UNPLANNED for n in range(24)
    )  # fmt: skip
    return Plan(each, people)


async def _page(
    house: House, actor: Actor, page: Page, now: datetime, store: str, day: date | None, *, typed: Typed | None = None,
    plan: Plan | None = None, shown: DayPlanKept | None = None, refusal: Refusal | None = None, done: bool = False,
) -> Answer:  # fmt: skip
    if not actor.reaches(store):
        raise NotFound("location_not_found")
    async with borrowed(house.pool) as connection:
        places = await queries.read_places(connection, (store,))
        if not places:
            raise NotFound("location_not_found")
        today = now.astimezone(zone_of(places[0].time_zone)).date()
        day = day or today
        planned = await read_day(connection, store, day, now)
        here = planned.here
        around = await screen.read(connection, store, day, moment(here.day.begins), moment(here.day.ends), now)
        visits = await _visits(connection, here, now)
    chosen = plan or planned.plan
    return page.html(
        "manager/day_plan.html", status=refusal.status if refusal else 200, here=here, place=here.place, day=day, today=today,
        days=[today + timedelta(days=n) for n in range(DAYS)], hours=planned.hours(chosen, now), plan=chosen, versions=planned.versions, learned=planned.learned,
        around=around, visits=visits, shown=shown, refusal=refusal, typed=typed, done=done,
        wrong=refusal.facts.get("field", "") if refusal else "", moment=moment, late=round(here.seen.late_by(here.day.ends)),
        overdue=here.seen.overdue if day == today else 0, now_promise=promise_at(here.store, here.seen, here.seen.at),
        id=new_id(), undo_id=new_id(), unplanned=UNPLANNED, now=now, time_zone=here.place.time_zone,
    )  # fmt: skip


async def _visits(connection: Connection, here: Standing, now: datetime) -> list[Visit]:
    """Carriers of the day that have not been here yet, by time."""
    begins, ends = moment(here.day.begins), moment(here.day.ends)
    found = []
    for calendar in await calendars(connection, (here.place.id,), here.day.day):
        for at in calendar.times(max(begins, now), ends - timedelta(minutes=1)):
            minute = minute_of(at)
            parcels = sum(n for promise, n in here.parcels if promise <= minute)
            last = last_order(here.store, here.seen, minute)
            found.append(Visit(calendar.carrier, at, parcels, moment(last) if last is not None else None))
    return sorted(found, key=lambda one: (one.at, one.carrier))


ROUTES: list[BaseRouteHandler] = [plan, change, undo]

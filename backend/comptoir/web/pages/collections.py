"""When carriers come to a store: each carrier's week, and the days that differ."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, URLEncodedBody

from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import Invalid, NotFound, Refusal
from comptoir.kit.ids import new_id
from comptoir.kit.words import Codename, Maybe, Slug
from comptoir.network import queries as network
from comptoir.shipping.collection_queries import calendars
from comptoir.shipping.collections import SaveCollections, SetCollectionDay, read_times
from comptoir.web.guards import MANAGERS, by
from comptoir.web.pages.page import Page
from comptoir.web.pages.session import Answer

Times = Annotated[str, msgspec.Meta(max_length=80)]


class WeekForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Times per day as people write them: "11:30, 17:30"; empty: nobody comes."""

    id: UUID
    carrier: Codename
    monday: Times = ""
    tuesday: Times = ""
    wednesday: Times = ""
    thursday: Times = ""
    friday: Times = ""
    saturday: Times = ""
    sunday: Times = ""


class DayForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One day that differs; without a time nobody comes. `drop`: like the others again."""

    id: UUID
    carrier: Codename
    day: date
    time: Annotated[str, msgspec.Meta(max_length=8)] = ""
    reason: Maybe = ""
    drop: bool = False


@get("/manager/stores/{location:str}/collections", opt=by(*MANAGERS))
async def of_store(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    now: NamedDependency[datetime], location: FromPath[Slug],
) -> Answer:  # fmt: skip
    """The carriers of a store and when they come."""
    return await _form(house, actor, page, now, location)


@post("/manager/stores/{location:str}/collections", opt=by(*MANAGERS), status_code=200)
async def save_week(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    now: NamedDependency[datetime], location: FromPath[Slug], data: URLEncodedBody[WeekForm],
) -> Answer:  # fmt: skip
    """One carrier's week."""
    days = (data.monday, data.tuesday, data.wednesday, data.thursday, data.friday, data.saturday, data.sunday)
    try:
        week = tuple((weekday, minute) for weekday, text in enumerate(days) for minute in read_times(text))
        await house.runner.perform(SaveCollections(data.id, location, data.carrier, week), actor)
    except Invalid as refusal:
        return await _form(house, actor, page, now, location, refusal, data)
    return page.go(f"/manager/stores/{location}/collections")


@post("/manager/stores/{location:str}/collections/day", opt=by(*MANAGERS), status_code=200)
async def set_day(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    now: NamedDependency[datetime], location: FromPath[Slug], data: URLEncodedBody[DayForm],
) -> Answer:  # fmt: skip
    """One day that is not like its weekday."""
    try:
        times = read_times(data.time)
        if len(times) > 1:
            raise Invalid("hours_wrong")
        minute = times[0] if times else None
        command = SetCollectionDay(data.id, location, data.carrier, data.day, minute, data.reason, data.drop)
        await house.runner.perform(command, actor)
    except Invalid as refusal:
        return await _form(house, actor, page, now, location, refusal)
    return page.go(f"/manager/stores/{location}/collections")


async def _form(
    house: House, actor: Actor, page: Page, now: datetime, location: str, refusal: Refusal | None = None,
    typed: WeekForm | None = None,
) -> Answer:  # fmt: skip
    async with borrowed(house.pool) as database:
        names = {id: name for id, name, _ in await network.list_names(database, actor.locations)}
        found = await calendars(database, (location,), now.date())
    if location not in names:
        raise NotFound("location_not_found")
    weeks = {}
    for one in found:
        weeks[one.carrier] = [
            ", ".join(_clock(minute) for weekday, minute in one.week if weekday == day) for day in range(7)
        ]
    return page.html(
        "admin/collections.html", status=refusal.status if refusal else 200, location=location, store=names[location],
        found=found, weeks=weeks, refusal=refusal, typed=typed, new_id=new_id, clock_of=_clock,
    )  # fmt: skip


def _clock(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02}"


ROUTES: list[BaseRouteHandler] = [of_store, save_week, set_day]

"""Announcements: what devices of stores show and on how many it was read, live; a new one; one with its devices, corrected, ended."""

from datetime import UTC, datetime, time, timedelta
from typing import Any, Final, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, URLEncodedBody
from litestar.response import Stream

from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import Invalid, Malformed, NotFound, Refusal
from comptoir.kit.ids import new_id
from comptoir.kit.words import Slug
from comptoir.network import queries as network
from comptoir.network.hours import zone_of
from comptoir.screens import announcements as screen
from comptoir.staff.announcing import MOST_LETTERS, Announce, CorrectAnnouncement, EndAnnouncement
from comptoir.web.guards import MANAGERS, by
from comptoir.web.live import Live
from comptoir.web.pages.manager import still_theirs, told
from comptoir.web.pages.page import Page
from comptoir.web.pages.typed import Typed

Answer = Response[Any]
TheHouse = NamedDependency[House]
TheActor = NamedDependency[Actor]
ThePage = NamedDependency[Page]
HERE: Final = "/manager/announcements"
EVENING: Final = time(20, 0)
ALL: Final = "*"
REGION: Final = "r:"
"""What stands before a region's id: all of its stores."""


@get(HERE, opt=by(*MANAGERS))
async def announcements(
    house: TheHouse, actor: TheActor, page: ThePage, which: FromQuery[Literal["open", "past"]] = "open"
) -> Answer:
    """What the devices of the actor's stores show; or what is over."""
    now = house.clock()
    async with borrowed(house.pool) as connection:
        rows = (
            await screen.list_open(connection, actor, now)
            if which == "open"
            else await screen.list_past(connection, actor, now)
        )
    return page.html("manager/announcements.html", rows=rows, which=which, now=now)


@get(HERE + "/stream", opt=by(*MANAGERS))
async def stream(house: TheHouse, actor: TheActor, page: ThePage, live: NamedDependency[Live]) -> Stream:
    """The open ones again whenever somebody has read one; until the sign-in ends or reaches other stores."""

    async def draw() -> dict[str, str]:
        now = house.clock()
        async with borrowed(house.pool) as connection:
            rows = await screen.list_open(connection, actor, now)
        return {"announcement-list": page.text("manager/_announcements.html", rows=rows, now=now)}

    key = ("announcements", actor.locations, page.lang, id(house))
    return told(live, actor.locations, key, draw, still_theirs(house, actor, page))


@get(HERE + "/new", opt=by(*MANAGERS))
async def new(house: TheHouse, actor: TheActor, page: ThePage, store: FromQuery[Slug | None] = None) -> Answer:
    """An empty form; with a store it is chosen already. NotFound `location_not_found` for somebody else's."""
    if store is not None and not actor.reaches(store):
        raise NotFound("location_not_found")
    return await _form(house, actor, page, chosen=(store,) if store else ())


@post(HERE, opt=by(*MANAGERS), status_code=200)
async def make(house: TheHouse, actor: TheActor, page: ThePage, data: URLEncodedBody[dict[str, Any]]) -> Answer:
    """Announced; or the form again with what was typed, and why not."""
    typed = Typed(data)
    id = typed.id()
    try:
        places = typed.many("stores")
        async with borrowed(house.pool) as connection:
            if any(one == ALL or one.startswith(REGION) for one in places):
                reached = await network.list_names(connection, actor.locations)
                places = tuple(place for place, _, region in reached if {ALL, place, f"{REGION}{region}"} & set(places))
            zone = await screen.zone_of_first(connection, actor, places)
        if not places:
            raise Invalid("announcement_no_store", field="stores")
        command = Announce(id, typed.text("text"), _until(typed, zone), places, bool(typed.text("urgent")))
        await house.runner.perform(_bounded(command), actor)
    except Refusal as refusal:
        if refusal.status not in (409, 422):
            raise
        return await _form(house, actor, page, typed.many("stores"), typed, refusal)
    return page.go(f"{HERE}/{id}?done=made")


@get(HERE + "/{announcement:uuid}", opt=by(*MANAGERS))
async def one(
    announcement: FromPath[UUID], house: TheHouse, actor: TheActor, page: ThePage,
    done: FromQuery[Literal["", "made", "corrected", "ended"]] = "",
) -> Answer:  # fmt: skip
    """One with the devices that it was read on, and those that it was not. NotFound `announcement_not_found`."""
    return await _one(house, actor, page, announcement, done=done)


@post(HERE + "/{announcement:uuid}/correct", opt=by(*MANAGERS), status_code=200)
async def correct(
    announcement: FromPath[UUID], house: TheHouse, actor: TheActor, page: ThePage, data: URLEncodedBody[dict[str, Any]]
) -> Answer:
    """Other words, another end; or the page again with why not."""
    typed = Typed(data)
    id = typed.id()
    view, _ = await _find(house, actor, announcement)
    try:
        version, until = typed.whole("version", 1, 999_999_999), _until(typed, view.time_zone)
        command = CorrectAnnouncement(id, announcement, version, typed.text("text"), until, bool(typed.text("urgent")))
        await house.runner.perform(_bounded(command), actor)
    except Refusal as refusal:
        if refusal.status not in (403, 409, 422):
            raise
        return await _one(house, actor, page, announcement, typed=typed, refusal=refusal)
    return page.go(f"{HERE}/{announcement}?done=corrected")


@post(HERE + "/{announcement:uuid}/end", opt=by(*MANAGERS), status_code=200)
async def end(
    announcement: FromPath[UUID], house: TheHouse, actor: TheActor, page: ThePage, data: URLEncodedBody[dict[str, Any]]
) -> Answer:
    """Devices show it no more."""
    id = Typed(data).id()
    try:
        await house.runner.perform(EndAnnouncement(id, announcement), actor)
    except Refusal as refusal:
        if refusal.status not in (403, 409):
            raise
        return await _one(house, actor, page, announcement, refusal=refusal)
    return page.go(f"{HERE}/{announcement}?done=ended")


def _bounded(command: Announce | CorrectAnnouncement) -> Announce | CorrectAnnouncement:
    """The same as the wire would take it. Malformed for signs that no screen shows."""
    try:
        checked: Announce | CorrectAnnouncement = msgspec.convert(msgspec.to_builtins(command), type(command))
    except msgspec.ValidationError:
        raise Malformed("malformed", where="$") from None
    return checked


def _until(typed: Typed, zone: str) -> datetime:
    until = typed.moment("until", zone_of(zone))
    if until is None:
        raise Invalid("announcement_until_wrong", field="until")
    return until


async def _find(house: House, actor: Actor, announcement: UUID) -> tuple[screen.Announcement, list[screen.DeviceRead]]:
    async with borrowed(house.pool) as connection:
        found = await screen.find(connection, actor, announcement)
    if found is None:
        raise NotFound("announcement_not_found")
    return found


async def _one(
    house: House, actor: Actor, page: Page, announcement: UUID, *, done: str = "", typed: Typed | None = None,
    refusal: Refusal | None = None,
) -> Answer:  # fmt: skip
    view, devices = await _find(house, actor, announcement)
    return page.html(
        "manager/announcement.html", status=refusal.status if refusal else 200, one=view, devices=devices, done=done,
        typed=typed, refusal=refusal, wrong=refusal.facts.get("field", "") if refusal else "", most=MOST_LETTERS,
        now=house.clock(), time_zone=view.time_zone, new_id=new_id, **_fields(view.until, view.time_zone, typed),
    )  # fmt: skip


async def _form(
    house: House, actor: Actor, page: Page, chosen: tuple[str, ...] = (), typed: Typed | None = None,
    refusal: Refusal | None = None,
) -> Answer:  # fmt: skip
    async with borrowed(house.pool) as connection:
        places = await network.list_names(connection, actor.locations)
        zone = await screen.zone_of_first(connection, actor, chosen)
        names = dict(await network.list_regions(connection))
    regions = [(f"{REGION}{one}", names[one]) for one in dict.fromkeys(region for _, _, region in places if region)]
    if len(places) == 1:
        chosen = (places[0][0],)
    return page.html(
        "manager/announcement_new.html", status=refusal.status if refusal else 200, places=places, chosen=chosen, regions=sorted(regions, key=lambda one: one[1]) if len(regions) > 1 else [],
        typed=typed, refusal=refusal, wrong=refusal.facts.get("field", "") if refusal else "", most=MOST_LETTERS,
        id=new_id(), **_fields(evening(house.clock(), zone_of(zone)), zone, typed),
    )  # fmt: skip


def _fields(until: datetime, zone: str, typed: Typed | None) -> dict[str, Any]:
    """The end as two fields say it."""
    here = until.astimezone(zone_of(zone))
    return {
        "until_day": typed.text("until_day") if typed else here.date().isoformat(),
        "until_time": typed.text("until_time") if typed else f"{here:%H:%M}",
    }


def evening(now: datetime, zone: ZoneInfo) -> datetime:
    """This evening, or the next one where that is near."""
    here = now.astimezone(zone)
    day = here.date() + timedelta(days=1 if here.time() >= time(EVENING.hour - 1) else 0)
    return datetime.combine(day, EVENING, zone).astimezone(UTC)


ROUTES: list[BaseRouteHandler] = [announcements, stream, new, make, one, correct, end]

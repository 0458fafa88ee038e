"""The stores one reaches and their settings: hours and exceptions, pace, days a parcel waits, a pause when a store cannot take more."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, URLEncodedBody

from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import Invalid, Malformed, Refusal
from comptoir.kit.ids import new_id
from comptoir.kit.words import Maybe, Note, Slug, Word
from comptoir.network import changing, queries
from comptoir.web.guards import MANAGERS, by
from comptoir.web.pages.audit import past_of
from comptoir.web.pages.page import Page
from comptoir.web.pages.people import AskForm
from comptoir.web.pages.session import Answer

PAGE = 100
_HOURS = re.compile(r"([0-9]{1,2})[:h]([0-9]{2})\s*[-–]\s*([0-9]{1,2})[:h]([0-9]{2})\Z")
DayText = Annotated[str, msgspec.Meta(max_length=60)]
Whole = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]


class StoreForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the store offers and how fast it is."""

    id: UUID
    version: Whole
    capacity_per_hour: Whole
    pick_lead_minutes: Whole
    hold_days: Whole
    services: Annotated[list[str], msgspec.Meta(max_length=2)] | str = []
    phone: Maybe = ""
    directions: Maybe = ""
    cart_orders: Annotated[int, msgspec.Meta(ge=1, le=12)] = 8
    totes: Annotated[list[str], msgspec.Meta(max_length=1)] | str = []


class HoursForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The week as text, "9:00-12:30, 14:00-19:30"; empty is closed."""

    id: UUID
    version: Whole
    monday: DayText = ""
    tuesday: DayText = ""
    wednesday: DayText = ""
    thursday: DayText = ""
    friday: DayText = ""
    saturday: DayText = ""
    sunday: DayText = ""


class ExceptionForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One day's own hours; empty is closed."""

    id: UUID
    day: date
    reason: Word
    hours: DayText = ""


class DayForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One day."""

    id: UUID
    day: date


class PauseForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """For how many minutes, and why."""

    id: UUID
    minutes: Annotated[int, msgspec.Meta(ge=1, le=44_640)]
    reason: Annotated[Note, msgspec.Meta(min_length=1)]
    from_: Annotated[str, msgspec.Meta(max_length=40)] = msgspec.field(name="from", default="")


def spans(text: str) -> list[tuple[int, int]]:
    """Openings in minutes after midnight of "9:00-12:30, 14:00-19:30". Invalid `hours_wrong`."""
    found = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        match = _HOURS.match(part)
        if match is None:
            raise Invalid("hours_wrong")
        opens_h, opens_m, closes_h, closes_m = map(int, match.groups())
        if opens_h > 23 or closes_h > 24 or opens_m > 59 or closes_m > 59:
            raise Invalid("hours_wrong")
        found.append((opens_h * 60 + opens_m, closes_h * 60 + closes_m))
    return found


def asked(kind: type[Any], **fields: Any) -> Any:
    """A command of what a form says. Malformed where a field is none."""
    try:
        return msgspec.convert(fields, kind)
    except msgspec.ValidationError as wrong:
        raise Malformed("malformed", wrong=str(wrong)) from None


@get("/manager/stores", opt=by(*MANAGERS))
async def stores(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    now: NamedDependency[datetime], after: FromQuery[Slug | None] = None,
) -> Answer:  # fmt: skip
    """The places the manager reaches, each with what is open and late in it."""
    async with borrowed(house.pool) as database:
        places = await queries.list_locations(database, actor.locations, now.date(), after or "", PAGE)
    following = places[-1].id if len(places) == PAGE else None
    stands = {one.place.id: one for one in await house.tower.stores(actor)}
    return page.html("admin/stores.html", places=places, stands=stands, following=following, now=now)


@get("/manager/stores/{location:str}/settings", opt=by(*MANAGERS))
async def settings(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    now: NamedDependency[datetime], location: FromPath[Slug],
) -> Answer:  # fmt: skip
    """One store's settings with their forms."""
    return await store_page(house, actor, page, now, location)


@post("/manager/stores/{location:str}", opt=by(*MANAGERS), status_code=200)
async def save_store(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    now: NamedDependency[datetime], location: FromPath[Slug], data: URLEncodedBody[StoreForm],
) -> Answer:  # fmt: skip
    """What it offers and how fast it is."""
    fields = msgspec.structs.asdict(data)
    fields["services"] = (data.services,) if isinstance(data.services, str) else tuple(data.services)
    fields["scan_totes"] = bool(fields.pop("totes"))
    command = asked(changing.SaveStore, location=location, **fields)
    return await performed(house, actor, page, now, location, command)


@post("/manager/stores/{location:str}/hours", opt=by(*MANAGERS), status_code=200)
async def save_hours(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    now: NamedDependency[datetime], location: FromPath[Slug], data: URLEncodedBody[HoursForm],
) -> Answer:  # fmt: skip
    """The week."""
    days = (data.monday, data.tuesday, data.wednesday, data.thursday, data.friday, data.saturday, data.sunday)
    hours = tuple((weekday, *span) for weekday, text in enumerate(days) for span in spans(text))
    command = asked(changing.SaveHours, id=data.id, location=location, version=data.version, hours=hours)
    return await performed(house, actor, page, now, location, command)


@post("/manager/stores/{location:str}/exceptions", opt=by(*MANAGERS), status_code=200)
async def set_exception(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    now: NamedDependency[datetime], location: FromPath[Slug], data: URLEncodedBody[ExceptionForm],
) -> Answer:  # fmt: skip
    """One day with hours of its own."""
    found = spans(data.hours)
    if len(found) > 1:
        raise Invalid("hours_wrong")
    opens, closes = found[0] if found else (None, None)
    command = asked(
        changing.SetException,
        id=data.id,
        location=location,
        day=data.day,
        opens=opens,
        closes=closes,
        reason=data.reason,
    )
    return await performed(house, actor, page, now, location, command)


@post("/manager/stores/{location:str}/exceptions/drop", opt=by(*MANAGERS), status_code=200)
async def drop_exception(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    now: NamedDependency[datetime], location: FromPath[Slug], data: URLEncodedBody[DayForm],
) -> Answer:  # fmt: skip
    """One day like every other again."""
    command = changing.DropException(data.id, location, data.day)
    return await performed(house, actor, page, now, location, command)


@post("/manager/stores/{location:str}/pause", opt=by(*MANAGERS), status_code=200)
async def pause(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    now: NamedDependency[datetime], location: FromPath[Slug], data: URLEncodedBody[PauseForm],
) -> Answer:  # fmt: skip
    """No new work for so many minutes; counted from when the form was shown, so that sending it twice is one pause."""
    begins = _moment(data.from_) or now
    command = changing.PauseStore(data.id, location, begins + timedelta(minutes=data.minutes), data.reason)
    return await performed(house, actor, page, now, location, command)


@post("/manager/stores/{location:str}/resume", opt=by(*MANAGERS), status_code=200)
async def resume(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    now: NamedDependency[datetime], location: FromPath[Slug], data: URLEncodedBody[AskForm],
) -> Answer:  # fmt: skip
    """New work may come in again."""
    return await performed(house, actor, page, now, location, changing.ResumeStore(data.id, location))


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise Malformed("malformed", where="from") from None
    if read.tzinfo is None or not 2000 <= read.year <= 2100:
        raise Malformed("malformed", where="from")
    return read.astimezone(UTC)


async def performed(
    house: House, actor: Actor, page: Page, now: datetime, location: str, command: Any, said: tuple[str, str] = ("", "")
) -> Answer:
    """Do it and show the store; a refusal stands on top of the store as it is now, with what was `said` of the desk."""
    try:
        await house.runner.perform(command, actor)
    except Refusal as refusal:
        if refusal.status == 404:
            raise
        return await store_page(house, actor, page, now, location, refusal, said)
    return page.go(f"/manager/stores/{location}/settings")


async def store_page(
    house: House,
    actor: Actor,
    page: Page,
    now: datetime,
    location: str,
    refusal: Refusal | None = None,
    said: tuple[str, str] = ("", ""),
) -> Answer:
    """One store with its forms; NotFound when it is not the actor's."""
    async with borrowed(house.pool) as database:
        place = await queries.find_location(database, location, actor.locations, now.date())
        desk = await queries.find_desk_picture(database, location, actor.locations)
        past = await past_of(database, actor, "stores", location)
    week: list[str] = []
    for weekday in range(7):
        spans_of_day = [one for one in place.hours if one.weekday == weekday]
        week.append(", ".join(f"{_clock(one.opens)}-{_clock(one.closes)}" for one in spans_of_day))
    return page.html(
        "admin/store.html", status=refusal.status if refusal else 200, place=place, past=past, desk=desk, said=said, week=week, refusal=refusal, now=now,
        time_zone=place.time_zone, ids=[new_id() for _ in range(8)], clock_of=_clock,
    )  # fmt: skip


def _clock(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02}"


ROUTES: list[BaseRouteHandler] = [
    stores, settings, save_store, save_hours, set_exception, drop_exception, pause, resume,
]  # fmt: skip

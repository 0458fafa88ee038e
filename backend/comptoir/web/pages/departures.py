"""Departures: which drivers come today, the scan of every parcel onto its pile, and what left with whom."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, URLEncodedBody

from comptoir.errands.papers import manifest_paper
from comptoir.flows.unpaid import unpaid_of
from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import NotFound, Refusal
from comptoir.kit.ids import new_id
from comptoir.kit.words import Codename
from comptoir.printing.model import AskPrint
from comptoir.screens import departures
from comptoir.shipping.collection_queries import calendars
from comptoir.shipping.handing import UNDO_FOR, CloseManifest, ReopenManifest, UnloadParcel
from comptoir.shipping.manifest_queries import one_manifest
from comptoir.web.guards import COUNTER, by
from comptoir.web.pages.handing import store_of
from comptoir.web.pages.page import Page
from comptoir.web.pages.people import AskForm
from comptoir.web.pages.printing import answer_with

Answer = Response[Any]
LATE_FOR: Final = timedelta(minutes=45)
"""A driver is waited for that long after their time, and may come that much before it."""


class CloseForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The driver leaves; `stay` parcels were named as staying here."""

    id: UUID
    stay: Annotated[int, msgspec.Meta(ge=0, le=100_000)] = 0


class UnloadForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: UUID
    parcel: UUID


@get("/departures", opt=by(*COUNTER))
async def list_lanes(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    now: NamedDependency[datetime],
) -> Answer:  # fmt: skip
    """Today's drivers, the next one first."""
    view = await _read(house, store_of(actor), now)
    return page.html("associate/departures.html", view=view, now=now, time_zone=view.time_zone)


@get("/departures/{lane:str}", opt=by(*COUNTER))
async def one_lane(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    now: NamedDependency[datetime], lane: FromPath[Codename],
) -> Answer:  # fmt: skip
    """One driver's parcels; every scan of a label puts one on the pile."""
    return await _lane(house, actor, page, now, lane)


@get("/departures/{lane:str}/close", opt=by(*COUNTER))
async def ask_close(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    now: NamedDependency[datetime], lane: FromPath[Codename],
) -> Answer:  # fmt: skip
    """What goes and what stays, by name, before the driver leaves."""
    return await _close_page(house, actor, page, now, lane)


@post("/departures/{lane:str}/close", opt=by(*COUNTER), status_code=200)
async def close(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    now: NamedDependency[datetime], lane: FromPath[Codename], data: URLEncodedBody[CloseForm],
) -> Answer:  # fmt: skip
    """They left; the list for the driver goes to the store's printer, where there is one."""
    store = store_of(actor)
    try:
        done = await house.runner.perform(CloseManifest(data.id, store, lane, data.stay), actor)
        found = done.read()
        await house.runner.perform(
            AskPrint(new_id(), store, "manifest", UUID(found["id"]), found["number"], "pdf"), actor
        )
    except Refusal as refusal:
        if refusal.status == 404:
            raise
        return await _close_page(house, actor, page, now, lane, refusal)
    return page.go(f"/departures/left/{found['id']}")


@post("/departures/{lane:str}/unload", opt=by(*COUNTER), status_code=200)
async def unload(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    lane: FromPath[Codename], data: URLEncodedBody[UnloadForm],
) -> Answer:  # fmt: skip
    """One parcel stays here after all."""
    await house.runner.perform(UnloadParcel(data.id, store_of(actor), data.parcel), actor)
    return page.go(f"/departures/{lane}")


@get("/departures/left/{manifest:uuid}", opt=by(*COUNTER))
async def left(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    now: NamedDependency[datetime], manifest: FromPath[UUID],
) -> Answer:  # fmt: skip
    """What went with this driver; for two minutes it can be taken back."""
    return await _left(house, actor, page, now, manifest)


@post("/departures/left/{manifest:uuid}/undo", opt=by(*COUNTER), status_code=200)
async def undo(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    now: NamedDependency[datetime], manifest: FromPath[UUID], data: URLEncodedBody[AskForm],
) -> Answer:  # fmt: skip
    """The pile is open again, as it was."""
    try:
        await house.runner.perform(ReopenManifest(data.id, manifest), actor)
    except Refusal as refusal:
        if refusal.status == 404:
            raise
        return await _left(house, actor, page, now, manifest, refusal)
    async with borrowed(house.pool) as connection:
        sheet = await one_manifest(connection, manifest, actor.locations)
    return page.go(f"/departures/{sheet.lane}")


@get("/departures/left/{manifest:uuid}/paper", opt=by(*COUNTER))
async def paper(house: NamedDependency[House], actor: NamedDependency[Actor], manifest: FromPath[UUID]) -> Answer:
    """The carrier's own list where it made one, else ours: for the driver to sign."""
    async with borrowed(house.pool) as connection:
        sheet = await one_manifest(connection, manifest, actor.locations)
        found = await manifest_paper(connection, manifest)
    if found is None:
        raise NotFound("manifest_not_found")
    return answer_with(found, sheet.number)


async def _read(house: House, store: str, now: datetime) -> departures.Departures:
    """The lanes with the next time of each today, soonest first; a driver whom nobody waits for is not shown."""
    async with borrowed(house.pool) as connection:
        view = await departures.read(connection, store, now)
        known = {one.carrier: one for one in await calendars(connection, (store,), now.date())}
    lanes = []
    for lane in view.lanes:
        calendar = known.get(lane.carrier)
        times = calendar.times(now - LATE_FOR, _end_of_day(now, view.time_zone)) if calendar else []
        # A driver who is late is still the next one, until somebody left.
        gone = max((left.closed_at for left in view.left if left.lane == lane.lane), default=None)
        times = [at for at in times if at >= now or gone is None or gone < at - LATE_FOR]
        lanes.append(msgspec.structs.replace(lane, next=times[0] if times else None))
    lanes.sort(key=lambda lane: (lane.next is None, lane.next or now, lane.name))
    return msgspec.structs.replace(view, lanes=lanes)


def _end_of_day(now: datetime, zone: str) -> datetime:
    return now.astimezone(ZoneInfo(zone)).replace(hour=23, minute=59, second=59)


async def _lane(
    house: House, actor: Actor, page: Page, now: datetime, lane: str, refusal: Refusal | None = None
) -> Answer:
    store = store_of(actor)
    view = await _read(house, store, now)
    async with borrowed(house.pool) as connection:
        parcels = await departures.parcels_here(connection, store)
        void = await departures.void_on_pile(connection, store, lane)
        gone = await unpaid_of(connection, [parcel.order for parcel in parcels], now)
    mine = [parcel for parcel in parcels if parcel.lane == lane]
    this = next((one for one in view.lanes if one.lane == lane), None)
    name = this.name if this else next((one.name for one in view.left if one.lane == lane), lane)
    data = {
        "lane": lane,
        "parcels": [
            {
                "id": one.id,
                "number": one.number,
                "lane": one.lane,
                "name": one.name,
                "who": one.who,
                "loaded": one.loaded,
                "unpaid": one.order in gone,
            }
            for one in parcels
        ],
    }
    return page.html(
        "associate/departure.html", status=refusal.status if refusal else 200, view=view, lane=lane, carrier=name, this=this,
        parcels=[one for one in mine if one.order not in gone], unpaid=[one for one in mine if one.order in gone], void=void, data=data, refusal=refusal, now=now, time_zone=view.time_zone, new_id=new_id,
    )  # fmt: skip


async def _close_page(
    house: House, actor: Actor, page: Page, now: datetime, lane: str, refusal: Refusal | None = None
) -> Answer:
    store = store_of(actor)
    view = await _read(house, store, now)
    async with borrowed(house.pool) as connection:
        parcels = [one for one in await departures.parcels_here(connection, store) if one.lane == lane]
        void = await departures.void_on_pile(connection, store, lane)
        gone = await unpaid_of(connection, [one.order for one in parcels], now)
    going, staying = [one for one in parcels if one.loaded], [one for one in parcels if not one.loaded]
    name = parcels[0].name if parcels else lane
    return page.html(
        "associate/departure_close.html", status=refusal.status if refusal else 200, lane=lane, carrier=name, going=going,
        staying=staying, void=void, unpaid=[one for one in parcels if one.order in gone], new_id=new_id, refusal=refusal, now=now, time_zone=view.time_zone, id=new_id(),
    )  # fmt: skip


async def _left(
    house: House, actor: Actor, page: Page, now: datetime, manifest: UUID, refusal: Refusal | None = None
) -> Answer:
    async with borrowed(house.pool) as connection:
        sheet = await one_manifest(connection, manifest, actor.locations)
    until = sheet.closed_at + UNDO_FOR if sheet.closed_at else now
    return page.html(
        "associate/departure_left.html", status=refusal.status if refusal else 200, sheet=sheet, refusal=refusal, now=now,
        until=until, left=int((until - now).total_seconds()), time_zone=sheet.time_zone, id=new_id(),
    )  # fmt: skip


ROUTES: list[BaseRouteHandler] = [list_lanes, one_lane, ask_close, close, unload, left, undo, paper]

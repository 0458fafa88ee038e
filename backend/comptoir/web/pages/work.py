"""The associate's screens: the store's list, live; packs; put-backs; one scan box for every code."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any, Final
from urllib.parse import quote
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, URLEncodedBody
from litestar.response import Stream

from comptoir.fulfillment import waving
from comptoir.fulfillment.arriving import TakeArrival
from comptoir.fulfillment.model import PackStarted, StartPack
from comptoir.house import House
from comptoir.kit import codes
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import Conflict, NotFound
from comptoir.kit.ids import new_id
from comptoir.screens import (
    announcements,
    counter,
    gone_work,
    next_pack,
    receiving,
    return_desk,
    shelf_work,
    signed_in,
    transfers,
    work_list,
)
from comptoir.screens import pack as pack_screen
from comptoir.screens.announcements import Shown
from comptoir.screens.next_pack import NextPack
from comptoir.screens.work_list import WorkList
from comptoir.web.guards import COUNTER, by
from comptoir.web.live import Live
from comptoir.web.pages.handing import by_pass, store_of
from comptoir.web.pages.page import Page
from comptoir.web.pages.paying import balance_page
from comptoir.web.requests import DoorRequest
from comptoir.web.sync.kept_announcements import told

Answer = Response[Any]


class Board(msgspec.Struct, frozen=True):
    """The list as it was read and rendered once, and what the start button of each device is made of."""

    html: str
    view: WorkList
    following: NextPack
    announced: list[Shown]


DEBOUNCE_SECONDS: Final = 0.03
"""Changes that come together are read and rendered once for all open pages of a store."""

_boards: dict[tuple[str, str, str], asyncio.Task[Board]] = {}


@get("/work", opt=by(*COUNTER))
async def work(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    page: NamedDependency[Page],
    now: NamedDependency[datetime],
) -> Answer:
    """The ranked list: who waits, what is due, what comes after."""
    async with borrowed(house.pool) as connection:
        view = await work_list.read(connection, store_of(actor))
        following = await next_pack.read(connection, store_of(actor), now)
        announced = told(await announcements.of_store(connection, store_of(actor), now), actor, now)
    offer = following.offer(actor.device, now)
    return page.html(
        "associate/work.html", view=view, offer=offer, now=now, time_zone=view.time_zone, start_id=new_id(),
        announced=announced,
    )  # fmt: skip


@get("/work/stream", opt=by(*COUNTER))
async def stream(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    page: NamedDependency[Page],
    live: NamedDependency[Live],
    again: FromQuery[bool] = False,
) -> Stream:
    """The list again whenever it changed, at once for a page that comes back (`again`); read and rendered once per store and language.

    The buttons below it are each device's own: what lies ready on it is offered to it first; so is what was read on it.
    """
    store = store_of(actor)

    async def drawn() -> str:
        shared = await board(house, store, page)
        now = house.clock()
        offer = shared.following.offer(actor.device, now)
        acts = page.text(
            "associate/_own_acts.html",
            view=shared.view,
            offer=offer,
            now=now,
            start_id=new_id(),
            announced=told(shared.announced, actor, now),
        )
        return "data: " + (shared.html + acts).replace("\n", "\ndata: ") + "\n\n"

    async def fragments() -> AsyncIterator[str]:
        async with live.watch((store,)) as watcher:
            yield ": open\n\n"
            if again:
                yield await drawn()
            while not watcher.closed:
                if await watcher.changed():
                    yield await drawn()
                else:
                    yield ": still here\n\n"

    return Stream(
        fragments(), media_type="text/event-stream", headers={"cache-control": "no-store", "x-accel-buffering": "no"}
    )


async def board(house: House, store: str, page: Page) -> Board:
    """The list as a fragment; whoever asks while one is about to be read shares it."""
    key = (store, page.lang, str(id(house)))
    task = _boards.get(key)
    if task is None:
        task = _boards[key] = asyncio.create_task(_draw(house, store, page, key))
    return await asyncio.shield(task)


async def _draw(house: House, store: str, page: Page, key: tuple[str, str, str]) -> Board:
    try:
        await asyncio.sleep(DEBOUNCE_SECONDS)
    finally:
        _boards.pop(key, None)
    now = house.clock()
    async with borrowed(house.pool) as connection:
        view = await work_list.read(connection, store)
        following = await next_pack.read(connection, store, now)
        announced = await announcements.of_store(connection, store, now)
    html = page.text("associate/_board.html", view=view, now=now, time_zone=view.time_zone)
    return Board(html, view, following, announced)


class StartForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Take on one work, or the best next cart."""

    id: UUID
    work: UUID | None = None
    next: Annotated[int, msgspec.Meta(ge=1, le=20)] = waving.MOST


@post("/packs", opt=by(*COUNTER), status_code=200)
async def start_pack(
    data: URLEncodedBody[StartForm],
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    page: NamedDependency[Page],
) -> Answer:
    """Lease work to this person and open it."""
    command = StartPack(data.id, store_of(actor), (data.work,) if data.work else (), 0 if data.work else data.next)
    started = (await house.runner.perform(command, actor)).read(PackStarted)
    return page.go(f"/packs/{started.id}")


@get("/packs/{pack:uuid}", opt=by(*COUNTER))
async def show_pack(
    pack: FromPath[UUID],
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    page: NamedDependency[Page],
    now: NamedDependency[datetime],
) -> Answer:
    """The pick: everything the handheld needs is in the page."""
    found = await pack_screen.read_many(house.pool, [pack], actor, now)
    if not found:
        raise NotFound("pack_not_found")
    if found[0]["closed"] or not found[0]["works"]:
        return page.go("/work")
    async with borrowed(house.pool) as connection:
        around = await signed_in.read(connection, actor, found[0]["location"])
    view = {**found[0], "sign_in_id": str(actor.sign_in)}
    return page.html("associate/pick.html", pack=view, person=around.person, location=around.location)


@get("/work/{work_id:uuid}", opt=by(*COUNTER))
async def one_work(
    work_id: FromPath[UUID],
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    page: NamedDependency[Page],
    now: NamedDependency[datetime],
) -> Answer:
    """One row of the list: go on with it, take it, or see who has it; of a work that has left the list, what became of it."""
    async with borrowed(house.pool) as connection:
        view = await work_list.read(connection, store_of(actor))
        lines = await work_list.lines(connection, work_id, store_of(actor))
    row = next((w for w in view.works if w.id == work_id), None)
    if row is None:
        async with borrowed(house.pool) as connection:
            labeled = await shelf_work.by_label(connection, store_of(actor), str(work_id))
            gone = await gone_work.find(connection, work_id, store_of(actor))
        if labeled is not None and labeled.at_the_table:
            return page.go(f"/packing/{work_id}")
        if gone is None:
            raise NotFound("work_not_found")
        return page.html("associate/gone_work.html", work=gone, now=now, time_zone=gone.time_zone)
    if row.to_pack:
        return page.go(f"/packing/{work_id}")
    if row.pack is not None and str(row.staff) == actor.who:
        return page.go(f"/packs/{row.pack}")
    return page.html(
        "associate/one_work.html", view=view, row=row, lines=lines, now=now, time_zone=view.time_zone, start_id=new_id()
    )


@get("/put-backs", opt=by(*COUNTER))
async def put_backs(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    page: NamedDependency[Page],
    now: NamedDependency[datetime],
) -> Answer:
    """Goods to carry back to their shelves, in walk order; a scan counts."""
    async with borrowed(house.pool) as connection:
        rows = await shelf_work.put_backs(connection, store_of(actor))
    data = {
        "sign_in_id": str(actor.sign_in),
        "server_time": now.isoformat(),
        "rows": [{"id": str(r.id), "name": r.name, "left": r.left, "codes": [*r.codes, r.sku]} for r in rows],
    }
    return page.html("associate/put_backs.html", rows=rows, data=data)


class ScanForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whatever a scanner read, on whatever screen."""

    code: Annotated[str, msgspec.Meta(max_length=512)]


@get("/scan", opt=by(*COUNTER))
async def scan_box(page: NamedDependency[Page]) -> Answer:
    """One box for any code."""
    return page.html("associate/scan.html", article=None, asked="")


@post("/scan", opt=by(*COUNTER), status_code=200)
async def scan(
    data: URLEncodedBody[ScanForm],
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    page: NamedDependency[Page],
    request: DoorRequest,
) -> Answer:
    """Any known code opens the right job: pass and bag the counter, a label its work, a tote its parcel, a return's number the return, an article its facts, a credit its balance, a badge the change of person."""
    scanned = codes.parse(data.code)
    if scanned.kind == "pass":
        return await by_pass(scanned.code, request, house, actor, page)
    if scanned.kind == "credit":
        return await balance_page(scanned.code, house, actor, page)
    if scanned.kind == "badge":
        return page.html("associate/change.html", badge=scanned.code)
    async with borrowed(house.pool) as connection:
        if scanned.kind == "bag":
            order = await counter.by_bag(connection, store_of(actor), scanned.code.removeprefix("B:"))
            if order is not None:
                return page.go(f"/counter/orders/{order}")
        if scanned.kind == "work":
            work = await shelf_work.by_label(connection, store_of(actor), scanned.code.removeprefix("W:"))
            if work is not None and work.at_the_table:
                return page.go(f"/packing/{work.id}")
            if work is not None:
                listed = work.kind != "pickup" or work.status in ("open", "accepted", "picking", "picked")
                return page.go(f"/work/{work.id}" if listed else f"/counter/orders/{work.order}")
        if scanned.kind == "tote":
            parcel = await shelf_work.by_tote(connection, store_of(actor), int(scanned.code[2:]), actor.who)
            if parcel is not None:
                return page.go(f"/work/{parcel}")
        if scanned.kind in ("sku", "sscc"):
            named = [scanned.code, data.code.strip()]
            if brought := await receiving.find(connection, store_of(actor), named):
                return page.go(f"/receiving/{brought[0]}" + (f"?carton={brought[1]}" if brought[1] else ""))
            if sent := await transfers.by_carton(connection, store_of(actor), named):
                return page.go(f"/transfers/{sent}?carton={quote(scanned.code)}")
        if scanned.kind == "sku":
            returned = await return_desk.rma_of(connection, store_of(actor), [scanned.code.upper()])
            if returned is not None:
                return page.go(f"/returns/{returned}")
        found = (
            await shelf_work.article(connection, store_of(actor), scanned.code, [scanned.code, data.code.strip()])
            if scanned.kind in ("gtin", "sku") or scanned.reason == "in_store"
            else None
        )
    return page.html("associate/scan.html", article=found, asked=data.code.strip()[:40], status=200 if found else 404)


@post("/arrivals/{arrival:uuid}/take", opt=by(*COUNTER), status_code=200)
async def take(
    arrival: FromPath[UUID], house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page]
) -> Answer:
    """This associate looks after the customer, and goes to what the customer came for."""
    async with borrowed(house.pool) as connection:
        order = await counter.by_arrival(connection, store_of(actor), arrival)
    if order is None:
        raise NotFound("arrival_not_found")
    try:
        await house.runner.perform(TakeArrival(new_id(), arrival), actor)
    except Conflict as conflict:
        if conflict.code not in ("arrival_taken", "arrival_over"):
            raise
    return page.go(f"/counter/orders/{order}")


@get("/more", opt=by(*COUNTER))
async def more(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page], now: NamedDependency[datetime]
) -> Answer:  # fmt: skip
    """What is not work: change of person, scanner test, sound, theme."""
    async with borrowed(house.pool) as connection:
        view = await work_list.read(connection, store_of(actor))
        around = await signed_in.read(connection, actor, store_of(actor))
        announced = await announcements.of_store(connection, store_of(actor), now)
    return page.html("associate/more.html", view=view, person=around.person, announced=announced)


ROUTES: list[BaseRouteHandler] = [
    work,
    stream,
    start_pack,
    show_pack,
    one_work,
    put_backs,
    scan_box,
    scan,
    take,
    more,
]

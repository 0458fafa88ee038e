"""What a manager watches: the region as one live table of stores, and each store's list behind its row, to read only."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from typing import Any, Final

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath
from litestar.response import Stream

from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import NotFound
from comptoir.screens import exceptions, region, work_list
from comptoir.web.guards import MANAGERS, by
from comptoir.web.live import PING, Live
from comptoir.web.pages.page import Page

Answer = Response[Any]
Draw = Callable[[], Awaitable[str]]
AT_MOST_EVERY: Final = 1.0
"""Seconds between two updates of an open page: whoever watches the same stores in the same language shares each one."""

_drawing: dict[tuple[object, ...], asyncio.Task[str]] = {}


@get("/manager", opt=by(*MANAGERS))
async def now_page(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    page: NamedDependency[Page],
    now: NamedDependency[datetime],
) -> Answer:
    """Every store of the manager's, the most troubled first."""
    async with borrowed(house.pool) as connection:
        view = await region.read(connection, actor, now)
    return page.html("manager/now.html", view=view, now=now, time_zone=view.time_zone, partial=False)


@get("/manager/stream", opt=by(*MANAGERS))
async def now_stream(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    page: NamedDependency[Page],
    live: NamedDependency[Live],
) -> Stream:
    """The table again when something changed, at most once a second; promises run out by themselves, so it also breathes."""

    async def draw() -> str:
        now = house.clock()
        async with borrowed(house.pool) as connection:
            view = await region.read(connection, actor, now)
        return page.text("manager/_now.html", view=view, now=now, time_zone=view.time_zone, partial=True)

    return told(live, actor.locations, ("now", actor.locations, page.lang, id(house)), draw)


@get("/manager/stores/{store:str}/live", opt=by(*MANAGERS))
async def store_page(
    store: FromPath[str],
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    page: NamedDependency[Page],
    now: NamedDependency[datetime],
) -> Answer:
    """One store's list, to read: who waits, what is due and who took it. NotFound `location_not_found`."""
    view, cases = await of_store(house, actor, store)
    return page.html("manager/store.html", view=view, cases=cases, now=now, time_zone=view.time_zone, partial=False)


@get("/manager/stores/{store:str}/live/stream", opt=by(*MANAGERS))
async def store_stream(
    store: FromPath[str],
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    page: NamedDependency[Page],
    live: NamedDependency[Live],
) -> Stream:
    """The store's list again whenever it changed, at most once a second."""
    await of_store(house, actor, store)

    async def draw() -> str:
        view, cases = await of_store(house, actor, store)
        return page.text(
            "manager/_store.html", view=view, cases=cases, now=house.clock(), time_zone=view.time_zone, partial=True
        )

    return told(live, (store,), ("store", store, page.lang, id(house)), draw)


async def of_store(house: House, actor: Actor, store: str) -> tuple[work_list.WorkList, list[exceptions.Case]]:
    """A store's list and its open exceptions. NotFound `location_not_found` when it is not the actor's."""
    if not actor.reaches(store):
        raise NotFound("location_not_found")
    async with borrowed(house.pool) as connection:
        return await work_list.read(connection, store), await exceptions.read(connection, (store,))


def told(live: Live, places: tuple[str, ...] | None, key: tuple[object, ...], draw: Draw) -> Stream:
    """Server-sent fragments of what `draw` gives, when a place changed and every 20 seconds; only when they differ."""

    async def fragments() -> AsyncIterator[bytes]:
        async with live.watch(places) as watcher:
            yield b": open\n\n"
            last = ""
            while not watcher.closed:
                await watcher.changed()
                if watcher.closed:
                    return
                html = await shared(key, draw)
                if html != last:
                    yield b"data: " + html.encode().replace(b"\n", b"\ndata: ") + b"\n\n"
                    last = html
                else:
                    yield PING

    return Stream(
        fragments(), media_type="text/event-stream", headers={"cache-control": "no-store", "x-accel-buffering": "no"}
    )


async def shared(key: tuple[object, ...], draw: Draw) -> str:
    """One read and one rendering for all who ask within a second for the same stores in the same language."""
    task = _drawing.get(key)
    if task is None:
        task = _drawing[key] = asyncio.create_task(_drawn(key, draw))
    return await asyncio.shield(task)


async def _drawn(key: tuple[object, ...], draw: Draw) -> str:
    try:
        await asyncio.sleep(AT_MOST_EVERY)
    finally:
        _drawing.pop(key, None)
    return await draw()


ROUTES: list[BaseRouteHandler] = [now_page, now_stream, store_page, store_stream]

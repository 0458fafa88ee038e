"""What a manager watches: all their stores on one live page. How a live page is sent what changed."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any, Final
from zlib import crc32

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromQuery
from litestar.response import Stream
from markupsafe import Markup

from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.staff.queries import still_reaches
from comptoir.tower import showing
from comptoir.web.guards import MANAGERS, by
from comptoir.web.live import Live
from comptoir.web.pages.page import Page

Answer = Response[Any]
Marks = FromQuery[Annotated[str, msgspec.Meta(max_length=200)]]
Drawn = str | dict[str, str]
Draw = Callable[[], Awaitable[Drawn]]
Still = Callable[[], Awaitable[bool]]
AT_MOST_EVERY: Final = 1.0
"""Seconds between two updates of an open page: whoever watches the same stores in the same language shares each one."""

ASKED_EVERY: Final = 15.0
"""Seconds between two questions whether the reader of a Now page may still see it: a thousand of them are open, and each is one for the database."""

GATHER: Final = 0.05
"""Seconds in which changes gather before the first of them is drawn."""
BEAT: Final = b"event: beat\ndata: .\nid: 1\n\n"
"""Nothing changed, and the page knows that it would have heard. An id is sent back by whoever comes back."""
MOST_KEYS: Final = 5_000
PARTS: Final = {
    "now-tiles": "manager/_now_tiles.html",
    "now-said": "manager/_now_said.html",
    "now-load": "manager/_now_load.html",
    "now-todo": "manager/_now_todo.html",
    "now-map": "manager/_now_map.html",
    "hour": "manager/_hour.html",
}
"""Parts of the Now page: the id of an element, and what is drawn into it."""

_drawing: dict[tuple[object, ...], asyncio.Task[Drawn]] = {}
_last: dict[tuple[object, ...], float] = {}


@get("/manager", opt=by(*MANAGERS))
async def now_page(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    page: NamedDependency[Page],
    now: NamedDependency[datetime],
) -> Answer:
    """The actor's stores: readings, what will break, load by hour, what to decide."""
    view = await seen(house, actor, now)
    parts = drawn_parts(page, view, now)
    whole = {name: Markup(html) for name, html in parts.items()}
    return page.html("manager/now.html", view=view, now=now, time_zone=view.time_zone, parts=whole, marks=marks(parts))


@get("/manager/stream", opt=by(*MANAGERS))
async def now_stream(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    page: NamedDependency[Page],
    live: NamedDependency[Live],
    since: Marks = "",
) -> Stream:
    """The parts that changed, at most once a second; promises run out by themselves, so it also breathes. `since` marks what the page was made of."""

    async def draw() -> dict[str, str]:
        now = house.clock()
        return drawn_parts(page, await seen(house, actor, now, newest=True), now)

    key = ("now", actor.locations, page.lang, id(house))
    return told(live, actor.locations, key, draw, seldom(still_theirs(house, actor, page)), first(page, since))


def drawn_parts(page: Page, view: showing.Now, now: datetime) -> dict[str, str]:
    """The parts of the Now page as HTML, by the id of their element."""
    return {part: page.text(name, view=view, now=now, time_zone=view.time_zone) for part, name in PARTS.items()}


def first(page: Page, since: str) -> str:
    """What the page itself was made of, where its stream begins; whoever comes back after a break has seen more since."""
    return "" if page.request.headers.get("last-event-id") else since


def marks(parts: dict[str, str]) -> str:
    """What a page was made of, short: a stream that begins behind it need not send it again."""
    return ".".join(f"{crc32(html.encode()):08x}" for html in parts.values())


async def seen(
    house: House, actor: Actor, now: datetime, todo: int = showing.TODO, *, newest: bool = False
) -> showing.Now:
    """The Now page of the actor's stores in figures, with so many things to decide."""
    stores = await house.tower.stores(actor, newest=newest)
    tower = house.tower
    return showing.show(
        stores, tower.cases, tower.means, tower.facts.errors_of_sums, now, tower.facts.paces, todo, tower.past(actor)
    )


def told(
    live: Live,
    places: tuple[str, ...] | None,
    key: tuple[object, ...],
    draw: Draw,
    still: Still | None = None,
    since: str = "",
) -> Stream:
    """Server-sent fragments of what `draw` gives, at first, when a place changed and every 20 seconds; only what differs.

    A text goes out whole; of parts by the id of their element, those that changed, at first those that differ from the `marks` in `since`. Where `still` is given, it is asked before each update: a
    stream whose reader may no longer see all of it ends, and the page comes back as who they are now.
    """

    async def fragments() -> AsyncIterator[bytes]:
        async with live.watch(places) as watcher:
            yield b": open\n\n"
            last: dict[str, str] = {}
            # At once: between a page and its stream something may have happened that nobody tells any more.
            while not watcher.closed:
                drawn = await shared(key, draw)
                if still is not None and not await still():
                    return
                parts = drawn if isinstance(drawn, dict) else {"": drawn}
                html = changed(last or known(parts, since), parts)
                if html:
                    yield b"data: " + html.encode().replace(b"\n", b"\ndata: ") + b"\nid: 1\n\n"
                    last = parts
                else:
                    last = parts
                    yield BEAT
                await watcher.changed()

    return Stream(
        fragments(), media_type="text/event-stream", headers={"cache-control": "no-store", "x-accel-buffering": "no"}
    )


def still_theirs(house: House, actor: Actor, page: Page) -> Still:
    """Whether the reader of a page is signed in as they were, for the same stores."""
    session = page.session
    assert session is not None

    async def still() -> bool:
        async with borrowed(house.pool) as connection:
            return await still_reaches(connection, session.sign_in, actor.locations, house.clock())

    return still


def seldom(still: Still) -> Still:
    """The same, asked every quarter of a minute at most and believed in between."""
    asked = time.monotonic()

    async def believed() -> bool:
        nonlocal asked
        if time.monotonic() - asked < ASKED_EVERY:
            return True
        asked = time.monotonic()
        return await still()

    return believed


def known(parts: dict[str, str], since: str) -> dict[str, str]:
    """Those parts that a page was made of, by its marks."""
    said = dict(zip(parts, since.split("."), strict=False))
    return {name: html for name, html in parts.items() if said.get(name) == marks({name: html})}


def changed(last: dict[str, str], parts: dict[str, str]) -> str:
    """What an open page is sent: each part that it does not have, into the element of that id."""
    return "\n".join(
        f'<hx-partial hx-target="#{name}" hx-swap="innerMorph">{html}</hx-partial>' if name else html
        for name, html in parts.items()
        if last.get(name) != html
    )


async def shared(key: tuple[object, ...], draw: Draw) -> Drawn:
    """One read and one rendering for all who ask within a second for the same stores in the same language."""
    task = _drawing.get(key)
    if task is None:
        task = _drawing[key] = asyncio.create_task(_drawn(key, draw))
    return await asyncio.shield(task)


async def _drawn(key: tuple[object, ...], draw: Draw) -> Drawn:
    """At once where nobody asked within the last second; else when that second is over."""
    loop = asyncio.get_running_loop()
    try:
        wait = _last.get(key, 0.0) + AT_MOST_EVERY - loop.time()
        await asyncio.sleep(max(GATHER, wait))
    finally:
        _drawing.pop(key, None)
    if len(_last) > MOST_KEYS:
        _last.clear()
    _last[key] = loop.time()
    return await draw()


ROUTES: list[BaseRouteHandler] = [now_page, now_stream]

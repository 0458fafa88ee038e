"""Tells the open pages of this process that a place changed; the database's NOTIFY carries keys only, pages read again.

One LISTEN connection per process. When it is lost everybody is told to read again once it is back: a wake-up that was
missed must never be the reason why a page stays old.
"""

import asyncio
import logging
import signal
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from types import FrameType
from typing import TYPE_CHECKING, Any, Final

import asyncpg

from comptoir.kit.db import AWAY

if TYPE_CHECKING:
    from comptoir.house import House

log = logging.getLogger("comptoir.live")

CHANNEL: Final = "comptoir"
EVERYWHERE: Final = "*"
WATCHERS: Final = 5000
RETRY_SECONDS: Final = (0.5, 1, 2, 5, 10)
PING_SECONDS: Final = 20.0


class Watcher:
    """One open page: the places it shows (None = all) and whether one of them changed since it last looked."""

    def __init__(self, places: frozenset[str] | None) -> None:
        self.places = places
        self._changed = asyncio.Event()
        self.closed = False

    def concerns(self, keys: frozenset[str]) -> bool:
        return EVERYWHERE in keys or self.places is None or not self.places.isdisjoint(keys)

    def wake(self) -> None:
        self._changed.set()

    async def changed(self, timeout: float = PING_SECONDS) -> bool:
        """Wait for a change; False when nothing happened for `timeout` seconds (send a ping) or the house closes."""
        try:
            async with asyncio.timeout(timeout):
                await self._changed.wait()
        except TimeoutError:
            return False
        self._changed.clear()
        return not self.closed


class Live:
    """The watchers of one process and the task that listens for them."""

    def __init__(self, house: "House") -> None:
        self.house = house
        self.closing = False
        self._watchers: set[Watcher] = set()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._listen(), name="live")

    def end_streams(self) -> None:
        """Let every open stream end; browsers come back by themselves, to whichever process serves then."""
        self.closing = True
        for watcher in self._watchers:
            watcher.closed = True
            watcher.wake()

    async def close(self) -> None:
        """Let every open stream end, and listen no more."""
        self.end_streams()
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    @asynccontextmanager
    async def watch(self, places: tuple[str, ...] | None) -> AsyncIterator[Watcher]:
        """A watcher of these places (None = all) for as long as a page is open."""
        watcher = Watcher(None if places is None else frozenset(places))
        watcher.closed = self.closing or len(self._watchers) >= WATCHERS
        self._watchers.add(watcher)
        try:
            yield watcher
        finally:
            self._watchers.discard(watcher)

    def tell(self, keys: frozenset[str]) -> None:
        """Wake whoever shows one of these places; what is kept of them is old."""
        self.house.tower.touched(keys)
        for watcher in self._watchers:
            if watcher.concerns(keys):
                watcher.wake()

    def _heard(self, _connection: Any, _pid: int, _channel: str, payload: object) -> None:
        self.tell(frozenset(str(payload).split(",")))

    async def _listen(self) -> None:
        lost = 0
        while True:
            try:
                await self._listen_once()
                lost = 0
            except (OSError, asyncpg.PostgresError, *AWAY) as away:
                log.warning("live updates stopped: %s", type(away).__name__)
            await asyncio.sleep(RETRY_SECONDS[min(lost, len(RETRY_SECONDS) - 1)])
            lost += 1

    async def _listen_once(self) -> None:
        async with self.house.pool.acquire() as connection:
            gone = asyncio.Event()
            connection.add_termination_listener(lambda _connection: gone.set())
            await connection.add_listener(CHANNEL, self._heard)
            self.house.tower.heard(True)
            self.tell(frozenset((EVERYWHERE,)))
            try:
                await gone.wait()
            finally:
                self.house.tower.heard(False)
                if not connection.is_closed():
                    await connection.remove_listener(CHANNEL, self._heard)


def end_streams_first(live: Live) -> None:
    """A server that is told to stop waits for its open answers: streams must end before it waits, not after."""
    loop = asyncio.get_running_loop()
    if threading.current_thread() is not threading.main_thread():
        return
    for number in (signal.SIGTERM, signal.SIGINT):
        before = signal.getsignal(number)
        if callable(before) and before is not signal.default_int_handler:
            signal.signal(number, _both(live, loop, before))


def _both(
    live: Live, loop: asyncio.AbstractEventLoop, before: Callable[[int, FrameType | None], Any]
) -> Callable[..., None]:
    def told_to_stop(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(live.end_streams)
        before(number, frame)

    return told_to_stop


def event(name: str, html: str) -> bytes:
    """One server-sent event; each line of the fragment is a data line."""
    lines = "".join(f"data: {line}\n" for line in html.splitlines() or [""])
    return f"event: {name}\n{lines}\n".encode()


PING: Final = b": ping\n\n"


async def stream(
    live: Live, places: tuple[str, ...] | None, fragments: Callable[[], Awaitable[list[tuple[str, str]]]]
) -> AsyncIterator[bytes]:
    """Server-sent events of a page: `fragments()` gives (event name, HTML) pairs, now and after every change."""
    async with live.watch(places) as watcher:
        yield b"retry: 2000\n\n"
        told: dict[str, str] = {}
        while not watcher.closed:
            for name, html in await fragments():
                if told.get(name) != html:
                    told[name] = html
                    yield event(name, html)
            while not watcher.closed and not await watcher.changed():
                yield PING

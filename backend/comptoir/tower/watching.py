"""Every store as it stands, kept in the memory of a web process, so that a page of 200 stores reads nothing and waits for nothing.

A store that somebody touched (the database's NOTIFY names it) is read again alone; what no notification tells is read again every
few seconds while somebody looks, and everything twice a minute. A small network is simply read each time. Kept and read figures are the same by test.
"""

import asyncio
import contextlib
import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from comptoir.kit.actor import Actor
from comptoir.kit.clock import Clock
from comptoir.kit.db import Connection, Pool, borrowed
from comptoir.shipping.collection_queries import calendars
from comptoir.tower import queries
from comptoir.tower.forecasting import HOURS
from comptoir.tower.learning import WEEK, WEEKS
from comptoir.tower.lines import BACK, Past, Readings, together
from comptoir.tower.queries import Backlog, OpenCase, Place
from comptoir.tower.standing import PAST_HOURS, Facts, StoreNow, store_now

log = logging.getLogger(__name__)

SMALL: Final = 4_000
"""Open works up to which all is read each time."""
FACTS_FOR: Final = timedelta(seconds=60)
FRESH_FOR: Final = timedelta(seconds=5)
"""After so long all stores are read again while somebody looks, but for their works."""
WORKS_FOR: Final = timedelta(seconds=30)
"""After so long the works of all stores are read again: what happens to them is told, so this only mends what was missed."""
AT_ONCE: Final = 40
"""Touched stores that an open page waits for; more are read in the background, within a second."""
LOOKED_AT: Final = timedelta(seconds=60)
ROUND: Final = 0.3
SOON_HOURS: Final = 4
EVERYWHERE: Final = "*"
Figures = dict[str, dict[str, tuple[Any, ...]]]


class Kept(msgspec.Struct):
    """What was read of one store, and how it stands by that."""

    place: Place
    backlog: Backlog
    figures: dict[str, tuple[Any, ...]]
    now: StoreNow


class Watch:
    """All stores of one process. `small` is how many open works are read directly each time."""

    def __init__(self, pool: Pool, clock: Clock, small: int = SMALL) -> None:
        self.pool, self.clock, self.small = pool, clock, small
        self.listening = False
        self.facts = Facts()
        self.cases: list[OpenCase] = []
        self.means: dict[str, int] = {}
        self._readings: Readings = {}
        self._pasts: dict[tuple[str, ...] | None, Past] = {}
        self._kept: dict[str, Kept] = {}
        self._dirty: set[str] = set()
        self._works = 0
        self._begun = 0
        self._works_at: datetime | None = None
        self._read_at: datetime | None = None
        self._facts_at: datetime | None = None
        self._looked_at: datetime | None = None
        self._lock = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    def touched(self, keys: Iterable[str]) -> None:
        """These places changed ("*": perhaps all did)."""
        self._dirty.update(keys)

    def heard(self, listening: bool) -> None:
        """Whether changes are told to this process; while they are not, nothing kept is believed."""
        self.listening = listening
        self._dirty.add(EVERYWHERE)

    async def stores(self, actor: Actor, *, newest: bool = False) -> list[StoreNow]:
        """The actor's stores as they stand, by name; in a large network perhaps as they stood a moment ago, unless `newest` is asked for."""
        now = self.clock()
        self._looked_at = now
        if self._must_read_all(now):
            await self._read(None)
        elif newest:
            if self._lock.locked():
                # Whoever reads just now may have taken on what the caller was told of.
                async with self._lock:
                    pass
            if self._dirty and len(self._dirty) <= AT_ONCE:
                await self._read(tuple(self._dirty))
        self._keep_going()
        return [one.now for one in self._kept.values() if actor.reaches(one.place.id)]

    def past(self, actor: Actor) -> Past:
        """What the actor's stores came to in the last hours; added up once a minute for all who reach the same."""
        if actor.locations not in self._pasts:
            self._pasts[actor.locations] = together(self._readings, actor.locations)
        return self._pasts[actor.locations]

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def _must_read_all(self, now: datetime) -> bool:
        if self._read_at is None or not self.listening or not timedelta(0) <= now - self._read_at < LOOKED_AT:
            return True
        return self._works <= self.small

    def _keep_going(self) -> None:
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._go_on(), name="tower")

    async def _go_on(self) -> None:
        """Several times a second while somebody looks: what was touched; every few seconds: all."""
        while self._looked_at is not None and self.clock() - self._looked_at < LOOKED_AT:
            await asyncio.sleep(ROUND)
            now = self.clock()
            old = self._read_at is None or now - self._read_at >= FRESH_FOR or EVERYWHERE in self._dirty
            works = self._works_at is None or now - self._works_at >= WORKS_FOR
            try:
                if old or self._dirty:
                    await self._read(None if old else tuple(self._dirty), works=works)
            except Exception:
                # A database that is away shows on every page; this one catches up by itself.
                log.warning("the tower could not be refreshed", exc_info=True)
                await asyncio.sleep(2)

    async def _read(self, wanted: Sequence[str] | None, *, works: bool = True) -> None:
        """Some stores or all; of all perhaps without the works of those that nobody touched."""
        before = self._begun
        async with self._lock:
            if wanted is None and self._begun > before:
                # Somebody else began to read all after this was asked for, and has.
                return
            now = self.clock()
            told, self._dirty = self._dirty, set()
            if EVERYWHERE in told:
                wanted, works = None, True
            elif wanted is not None:
                # All that is old by now: what was touched while this waited is forgotten once it is taken over here.
                wanted = tuple(told)
                if not told:
                    return
            some = wanted if wanted is not None else None if works else tuple(told)
            if wanted is None:
                self._begun += 1
            try:
                async with borrowed(self.pool) as connection:
                    facts, fresh = await self._slow(connection, now) if wanted is None else (self.facts, False)
                    places = [one.place for one in self._kept.values()]
                    if wanted is None:
                        places = await queries.read_places(connection, None)
                    backlogs = await queries.read_backlogs(connection, some)
                    figures = await read_figures(connection, wanted, now)
                    if wanted is None:
                        cases = await queries.read_cases(connection, None)
            except BaseException:
                self._dirty |= told
                raise
            self.facts = facts
            await self._take(places, backlogs, figures, minute_of(now), (wanted, some), fresh)
            if wanted is None:
                self.cases, self._read_at = cases, now
                if works:
                    self._works_at = now
                await self._read_means(now)

    async def _take(
        self, places: Sequence[Place], backlogs: Mapping[str, Backlog], figures: Figures, at: int,
        read: tuple[Sequence[str] | None, Sequence[str] | None], fresh: bool,
    ) -> None:  # fmt: skip
        """Keep what was read: figures of `read`'s first stores, works of its second (None: all)."""
        wanted, some = read
        kept: dict[str, Kept] = {}
        for place in places:
            before = self._kept.get(place.id)
            if before is not None and not fresh and wanted is not None and place.id not in wanted:
                kept[place.id] = before
                continue
            known = before is None or some is None or place.id in some
            backlog = backlogs.get(place.id, Backlog()) if known or before is None else before.backlog
            told = {name: rows[place.id] for name, rows in figures.items() if place.id in rows}
            same = before is not None and before.now.at == at and before.place == place and before.backlog == backlog
            if before is not None and same and not fresh:
                if before.figures == told:
                    kept[place.id] = before
                    continue
                # The works are the same, and so is their forecast.
                stands = store_now(place, backlog, self.facts, at, told, before.now.outlook)
            else:
                stands = store_now(place, backlog, self.facts, at, told)
            kept[place.id] = Kept(place, backlog, told, stands)
            # Whoever asks meanwhile is answered.
            await asyncio.sleep(0)
        self._kept = kept
        self._works = sum(one.now.open for one in kept.values())

    async def _slow(self, connection: Connection, now: datetime) -> tuple[Facts, bool]:
        if self._facts_at is not None and timedelta(0) <= now - self._facts_at < FACTS_FOR and self.listening:
            return self.facts, False
        self._facts_at = now
        self._readings = await queries.read_readings(connection, now - timedelta(minutes=BACK))
        self._pasts = {}
        return await read_facts(connection, None, now), True

    async def _read_means(self, now: datetime) -> None:
        """What an order is worth on average where promises break: a bounded number of stores."""
        hit = sorted(self._kept.values(), key=lambda one: -one.now.late - one.now.at_risk)[:24]
        stores = [one.place.id for one in hit if one.now.late or one.now.at_risk]
        if stores:
            async with borrowed(self.pool) as connection:
                self.means = await queries.read_mean_orders(connection, stores, now + timedelta(hours=SOON_HOURS))


async def read_facts(connection: Connection, locations: Sequence[str] | None, now: datetime) -> Facts:
    """Paces, errors, past hours, the same hours of past weeks, carriers' next visits."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    weeks = [
        hour + timedelta(hours=ahead) - timedelta(minutes=WEEK * back)
        for ahead in range(HOURS + 1)
        for back in range(1, WEEKS + 1)
    ]
    visits: dict[str, list[tuple[str, int]]] = {}
    wanted = None if locations is None else tuple(locations)
    for calendar in await calendars(connection, wanted, now.date()):
        for at in calendar.times(now, now + timedelta(hours=SOON_HOURS)):
            visits.setdefault(calendar.location, []).append((calendar.carrier, minute_of(at)))
    return Facts(
        paces=await queries.read_paces(connection, locations),
        same_hours=await queries.read_same_hours(connection, locations, weeks),
        errors=await queries.read_errors(connection),
        past=await queries.read_hours(connection, locations, hour - timedelta(hours=PAST_HOURS), now),
        collections={store: sorted(times, key=lambda one: one[1]) for store, times in visits.items()},
    )


async def read_figures(connection: Connection, locations: Sequence[str] | None, now: datetime) -> Figures:
    """What a store's people see beside its works, by the name of the reading."""
    return {
        "waiting": await queries.read_waiting(connection, locations),
        "shelves": await queries.read_shelves(connection, locations, now + timedelta(hours=24)),
        "cases": await queries.read_case_counts(connection, locations),
        "untold": await queries.read_untold(connection, locations),
        "silent": await queries.read_silent(connection, locations, now),
        "unheard": await queries.read_unheard(connection, locations, now),
    }


async def read_direct(connection: Connection, actor: Actor, now: datetime) -> list[StoreNow]:
    """The actor's stores, read from the books alone: what the kept figures must be equal to."""
    facts = await read_facts(connection, actor.locations, now)
    backlogs = await queries.read_backlogs(connection, actor.locations)
    figures = await read_figures(connection, actor.locations, now)
    return [
        store_now(
            place,
            backlogs.get(place.id, Backlog()),
            facts,
            minute_of(now),
            {name: rows[place.id] for name, rows in figures.items() if place.id in rows},
        )
        for place in await queries.read_places(connection, actor.locations)
    ]


def minute_of(now: datetime) -> int:
    """Whole minutes since 1970, the one that has begun."""
    return int(now.timestamp() // 60)


def moment(minute: int) -> datetime:
    return datetime.fromtimestamp(minute * 60, UTC)

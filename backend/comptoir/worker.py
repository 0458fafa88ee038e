"""The worker: turns events into deliveries, makes them in order, takes in webhooks, and runs what comes round.

It keeps nothing of its own. The database says what is to be done; LISTEN only says that it is worth looking now.
"""

import asyncio
import contextlib
import importlib
import logging
import os
import random
import signal
import threading
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

import msgspec

from comptoir.house import House, open_house
from comptoir.kit import outbox
from comptoir.kit.db import borrowed
from comptoir.kit.errors import Outage
from comptoir.kit.jobs import Job, run_alone
from comptoir.kit.listen import listen
from comptoir.kit.outbox import Claimed, Listener
from comptoir.kit.throttle import sweep
from comptoir.settings import Settings
from comptoir.wiring import HEARD_WHILE, JOBS, LISTENERS, WIRED, WIRED_SETS

log = logging.getLogger("comptoir.worker")

told_to_end = threading.Event()
"""Set when the process was told to end before its worker listened for it."""

LOOK_EVERY = 2.0
"""Seconds after which the worker looks even when nothing was heard."""

AT_ONCE = 3
"""Deliveries of different streams that are made side by side; below the pool's size, so that jobs find a connection."""

JOBS_AT_ONCE = 8
"""Each job has one connection for its lock and works on another: more at once would hold every connection and wait for one."""

CONNECTIONS = 2 * JOBS_AT_ONCE + AT_ONCE + 1


def jobs_at_once(connections: int) -> int:
    """How many jobs a pool of so many connections serves, two for each, beside the deliveries and the worker's own look."""
    return max(1, min(JOBS_AT_ONCE, (connections - AT_ONCE - 1) // 2))


class Worker:
    """One worker of a house; `run` until `stop` is set. Several may run beside each other."""

    def __init__(self, house: House, dsn: str, wired: Mapping[str, Listener], jobs: tuple[Job, ...] = ()) -> None:
        self.house, self.dsn, self.wired, self.jobs = house, dsn, wired, jobs
        self.stop = asyncio.Event()
        self.worth_a_look = asyncio.Event()
        self.turns = asyncio.Semaphore(jobs_at_once(house.pool.get_max_size()))

    async def run(self) -> None:
        """Work until `stop`; what is under way then ends first."""
        ear = asyncio.create_task(listen(self.dsn, lambda keys: self.worth_a_look.set()))
        loops = [asyncio.create_task(self._look()), *(asyncio.create_task(self._come_round(job)) for job in self.jobs)]
        try:
            await self.stop.wait()
            self.worth_a_look.set()
            await asyncio.wait(loops, timeout=8)
        finally:
            for task in (ear, *loops):
                task.cancel()
            await asyncio.gather(ear, *loops, return_exceptions=True)

    async def drain(self) -> int:
        """Fan out and deliver all that is due now; how many deliveries were tried."""
        pool, clock = self.house.pool, self.house.clock
        while await outbox.fan_out(pool, LISTENERS, clock(), heard_while=HEARD_WHILE) == outbox.SET:
            pass
        tried, in_sets = await self._make_sets()
        while claimed := await outbox.claim(self.house.pool, self.house.clock(), without=in_sets):
            for at in range(0, len(claimed), AT_ONCE):
                await asyncio.gather(*(self._make(one) for one in claimed[at : at + AT_ONCE]))
            tried += len(claimed)
            if self.stop.is_set():
                break
        return tried

    async def _make_sets(self) -> tuple[int, list[str]]:
        """Serve the listeners that take many deliveries at once; how many were made, and who needs none of them one by one.

        Where a set fails, its deliveries are made one by one, so that what cannot be done holds up nothing else.
        """
        made, served = 0, []
        for name, listener in WIRED_SETS.items():
            try:
                while done := await outbox.deliver_set(self.house.pool, name, listener, self.house.clock()):
                    made += done
                    if self.stop.is_set():
                        break
                served.append(name)
            except Outage:
                raise
            except Exception:
                log.exception("a set of deliveries to %s failed; they are made one by one", name)
        return made, served

    async def _look(self) -> None:
        wait = LOOK_EVERY
        while not self.stop.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.worth_a_look.wait(), await self._until_due(wait))
            self.worth_a_look.clear()
            try:
                await self.drain()
                wait = LOOK_EVERY
            except Outage:
                wait = min(30.0, wait * 2)
                log.warning("the database is away; looking again in %.0f s", wait)
            except Exception:
                wait = min(30.0, wait * 2)
                log.exception("a round of deliveries was cut short")

    async def _until_due(self, most: float) -> float:
        """Seconds until the next delivery is due, at most `most`."""
        try:
            async with borrowed(self.house.pool) as connection:
                due = await outbox.next_due(connection)
        except Outage:
            return most
        left = (due - self.house.clock()) / timedelta(seconds=1) if due else most
        return max(0.05, min(most, left))

    async def _make(self, claimed: Claimed) -> None:
        listener = self.wired.get(claimed.listener)
        try:
            if listener is None:
                raise LookupError(claimed.listener)
            await outbox.deliver(self.house.pool, claimed, listener, self.house.clock())
        except Outage:
            raise
        except Exception as fault:
            dead = await outbox.fail(self.house.pool, claimed, fault, self.house.clock())
            log.error(
                "delivery %s %s/%s failed at try %s%s", claimed.listener, claimed.stream, claimed.seq, claimed.attempts,
                ", given up" if dead else "", exc_info=fault,
            )  # fmt: skip

    async def _come_round(self, job: Job) -> None:
        while not self.stop.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.stop.wait(), job.every_seconds * random.uniform(0.8, 1.2))
                return
            try:
                async with self.turns:
                    if self.stop.is_set():
                        return
                    await run_alone(self.house.pool, job)
            except Outage as outage:
                log.warning("job %s waits: %s", job.name, outage.code)
            except Exception:
                log.exception("job %s was cut short", job.name)


def wired_jobs(house: House) -> tuple[Job, ...]:
    """The jobs of `wiring.JOBS`, each bound to this house."""

    def bound(place: str) -> Callable[[], Awaitable[object]]:
        module, _, function = place.partition(":")
        run: Callable[[House], Awaitable[object]] = getattr(importlib.import_module(module), function)
        return lambda: run(house)

    return tuple(Job(name, every, bound(place)) for name, (place, every) in JOBS.items())


async def sweep_throttle(house: House) -> None:
    """Counts of attempts are of no use once their window is a day old; a bounded number goes each time."""
    async with borrowed(house.pool) as connection:
        await sweep(connection, house.clock() - timedelta(days=1))


async def serve(settings: Settings, dsn: str) -> None:
    """Open the house and work until SIGTERM or SIGINT."""
    house = await open_house(msgspec.structs.replace(settings, pool_size=max(settings.pool_size, CONNECTIONS)), dsn)
    try:
        worker = Worker(house, dsn, WIRED, wired_jobs(house))
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, worker.stop.set)
        if told_to_end.is_set():
            worker.stop.set()
        await worker.run()
    finally:
        await house.close()


def main() -> int:
    """Run one worker on DATABASE_URL until it is told to end; 0 then."""
    settings = Settings.from_env(os.environ)
    logging.basicConfig(level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s %(message)s")
    asyncio.run(serve(settings, os.environ["DATABASE_URL"]))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

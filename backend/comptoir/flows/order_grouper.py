"""Takes orders one by one and places them in groups: whatever queued while earlier groups were in flight.

A lone order waits for nothing; a rush costs one commit per group. A second group goes beside the first once it is as
large, and of a rush each takes its half, so that one is planned while the other is written. The queue is bounded. A sender
that goes away does not stop its order: it was accepted the moment it was queued, and asking again gives the same answer.
"""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from comptoir.flows.place_orders import Candidate, Done, place_group, prepare
from comptoir.flows.reading_outlook import read_all, read_next
from comptoir.kit.actor import Actor
from comptoir.kit.clock import Clock
from comptoir.kit.db import Pool, Tx, in_transaction, keys_of
from comptoir.kit.errors import Outage, Refusal
from comptoir.kit.ids import Seal
from comptoir.kit.text import decode
from comptoir.orders.model import ChannelFacts, PlaceOrder
from comptoir.sourcing.outlook import Outlook

GROUP = 64
HALVED_FROM = 16
"""Orders in flight and waiting from which on they go in two groups; a smaller group would cost its database more than it wins."""
QUEUE = 2_000
FLUSHERS = 2
WAKE_SECONDS = 0.05

Tell = Callable[[Candidate], None]
"""Takes an order back when its outcome is known. Must not raise: it is one of a group."""

log = logging.getLogger(__name__)


class OrderGrouper:
    """One per web process; the database guards between processes."""

    def __init__(self, pool: Pool, clock: Clock, seal: Seal, outlook: Outlook) -> None:
        self.pool, self.clock, self.seal, self.outlook = pool, clock, seal, outlook
        self.waiting: deque[tuple[Candidate, Tell]] = deque()
        self.flushing: set[asyncio.Task[None]] = set()
        self.in_flight = 0
        self._changed: set[str] = set()
        self._waking: asyncio.Task[None] | None = None
        self._wakes: set[asyncio.Task[None]] = set()
        """Wake-ups that have not ended: the next one may wait while the last one is still being sent."""

    async def submit(self, command: PlaceOrder, actor: Actor, channel: ChannelFacts | None = None) -> Done:
        """Place one order; the refusals of capture, sourcing and stock, or Outage when the queue is full."""
        candidate = Candidate(command, actor, channel)
        try:
            prepare(candidate, self.outlook, self.clock())
        except Refusal:
            # An order already on file answers as it did, even if today it would be refused.
            if (again := await self._on_file(candidate)) is not None:
                return again
            raise
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def tell(_: Candidate) -> None:
            if not done.cancelled():
                done.set_result(None)

        self._queue(candidate, tell)
        # A sender that goes away cancels this future and nothing else: its order is in the queue and will be placed.
        await done
        if isinstance(candidate.outcome, Refusal):
            raise candidate.outcome
        assert candidate.outcome is not None
        return candidate.outcome

    def enter(self, command: PlaceOrder, actor: Actor, tell: Tell) -> None:
        """Queue one order of our API; `tell` gets it back with its outcome, which may be a refusal.

        Raises a Refusal when it cannot be queued; then nothing was done, not even a look whether it is on file.
        """
        candidate = Candidate(command, actor, None)
        prepare(candidate, self.outlook, self.clock())
        self._queue(candidate, tell)

    def _queue(self, candidate: Candidate, tell: Tell) -> None:
        if len(self.waiting) >= QUEUE:
            raise Outage("queue_full", retry_after=1)
        self.waiting.append((candidate, tell))
        self._flush()

    async def close(self) -> None:
        """Let what is in flight end."""
        while self.flushing:
            await asyncio.gather(*self.flushing, return_exceptions=True)
        while self._wakes:
            await asyncio.gather(*self._wakes)

    async def _on_file(self, candidate: Candidate) -> Done | None:
        row = await self.pool.fetchrow(
            "SELECT fingerprint, answer FROM sales_order WHERE id = $1", candidate.command.id
        )
        return Done(row["answer"], again=True) if row and row["fingerprint"] == candidate.fingerprint else None

    def _flush(self) -> None:
        """Start a group, unless two are in flight or the one in flight is larger: larger groups cost less per order."""
        if not self.waiting or len(self.flushing) >= FLUSHERS or len(self.waiting) < self.in_flight:
            return
        # Started on the next turn of the loop, so that requests read in this turn share the group.
        task = asyncio.get_running_loop().create_task(self._run())
        self.flushing.add(task)
        task.add_done_callback(self._landed)

    def _landed(self, task: asyncio.Task[None]) -> None:
        self.flushing.discard(task)
        self._flush()

    def _share(self) -> int:
        """How many the next group takes: of a rush half of all there are. Senders answered together ask again together, for ever."""
        there = len(self.waiting) + self.in_flight
        return there if there < HALVED_FROM else min(GROUP, -(-there // FLUSHERS))

    def _next_group(self) -> list[tuple[Candidate, Tell]]:
        group: list[tuple[Candidate, Tell]] = []
        ids = set()
        later = []
        most = self._share()
        while self.waiting and len(group) < most:
            candidate, tell = self.waiting.popleft()
            # The same id twice in one group is one command: the second waits for the next group and finds it on file.
            if candidate.command.id in ids:
                later.append((candidate, tell))
                continue
            ids.add(candidate.command.id)
            group.append((candidate, tell))
        self.waiting.extendleft(reversed(later))
        return group

    async def _run(self) -> None:
        group = self._next_group()
        if not group:
            # Another one, started in the same turn, took it.
            return
        self.in_flight += len(group)
        try:
            await self._place([candidate for candidate, _ in group])
        finally:
            self.in_flight -= len(group)
        for candidate, tell in group:
            tell(candidate)

    async def _place(self, group: Sequence[Candidate]) -> None:
        """Place a group; whatever fails for anything but a refusal is tried alone, so that one bad order fails alone."""
        try:
            missed = await self._in_transaction(group, exact=False)
        except Exception as fault:
            if len(group) == 1:
                group[0].outcome = fault if isinstance(fault, Refusal) else self._outage(fault)
                return
            for candidate in group:
                await self._place([candidate])
            return
        for candidate in missed:
            try:
                await self._in_transaction([candidate], exact=True)
            except Exception as fault:
                candidate.outcome = fault if isinstance(fault, Refusal) else self._outage(fault)

    def _outage(self, fault: Exception) -> Refusal:
        log.error("an order could not be placed: %s", type(fault).__name__, exc_info=fault)
        return Outage("order_not_placed", retry_after=1)

    async def _in_transaction(self, group: Sequence[Candidate], *, exact: bool) -> list[Candidate]:
        now = self.clock()
        touched: set[str] = set()

        async def work(tx: Tx) -> list[Candidate]:
            nonlocal touched
            touched = tx.touched
            return await place_group(tx, group, self.outlook, self.seal, now, exact=exact)

        # Not inside: NOTIFY holds one lock of the whole database until its commit is on disk, so that two groups could
        # never commit at the same time.
        missed = await in_transaction(self.pool, group[0].actor.who, now, work, wake=False)
        self._changed |= touched
        if self._waking is None and self._changed:
            self._waking = asyncio.get_running_loop().create_task(self._wake())
            self._wakes.add(self._waking)
            self._waking.add_done_callback(self._wakes.discard)
        return missed

    async def _wake(self) -> None:
        """Tell the open pages and the worker what changed in the last moment; a wake-up that is lost is made up by their own polling."""
        await asyncio.sleep(WAKE_SECONDS)
        keys, self._changed, self._waking = keys_of(self._changed), set(), None
        try:
            await self.pool.execute("SELECT pg_notify('comptoir', $1)", keys)
        except Exception:
            log.warning("listeners could not be woken", exc_info=True)


class OutlookKeeper:
    """Keeps the outlook fresh in the background: places and queues every two seconds, stock in turns."""

    def __init__(self, pool: Pool, clock: Clock, outlook: Outlook, every_seconds: float = 2.0) -> None:
        self.pool, self.clock, self.outlook, self.every = pool, clock, outlook, every_seconds
        self.task: asyncio.Task[None] | None = None
        self.after = ("", "")

    async def load(self) -> None:
        """Read everything once, before the first order."""
        await read_all(self.pool, self.outlook, self.clock())

    def start(self) -> None:
        self.task = asyncio.get_running_loop().create_task(self._keep())

    async def stop(self) -> None:
        if self.task:
            self.task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self.task

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(self.every)
            try:
                self.after = await read_next(self.pool, self.outlook, self.clock(), self.after)
            except Exception:
                # A database that is away shows on every order; the outlook is only a hint and catches up by itself.
                log.warning("the outlook could not be refreshed", exc_info=True)


async def place_many(
    grouper: OrderGrouper, parts: Sequence[msgspec.Raw], actor: Actor, problem: Callable[[Refusal], Any]
) -> list[dict[str, Any]]:
    """Place several orders, each on its own: {id, status, order | problem} in the order sent; never all or nothing."""

    async def one(part: msgspec.Raw) -> dict[str, Any]:
        sent: Any = None
        try:
            command = decode(bytes(part), PlaceOrder)
            sent = command.id
            done = await grouper.submit(command, actor)
            return {"id": sent, "status": 200 if done.again else 201, "order": msgspec.Raw(done.answer)}
        except Refusal as refusal:
            if sent is None:
                with contextlib.suppress(msgspec.DecodeError):
                    sent = str(msgspec.json.decode(part).get("id", ""))[:64] or None
            return {"id": sent, "status": refusal.status, "problem": problem(refusal)}

    return list(await asyncio.gather(*(one(part) for part in parts)))

"""The figures of reports follow what happens: events say which orders changed, history can be counted anew beside them, stock is read by the hour."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final
from uuid import UUID

import msgspec

from comptoir.kit.actor import SYSTEM
from comptoir.kit.clock import Clock
from comptoir.kit.db import Pool, Tx, borrowed, in_transaction
from comptoir.kit.errors import Conflict
from comptoir.kit.outbox import Told
from comptoir.reporting import sql
from comptoir.reporting import stock_sql as reading

if TYPE_CHECKING:
    from comptoir.house import House

TOLD: Final = (
    "order.placed", "order.canceled", "order.held", "order.released", "order.sourced_again", "order.short_decided", "order.line_mapped",
    "payment.told", "payment.captured", "payment.refunded", "payment.released", "payment.failed",
    "customer.arrived", "customer.moved", "fulfillment.hand_over_refused",
    "fulfillment.started", "fulfillment.picked", "fulfillment.closed", "fulfillment.staged", "fulfillment.unstaged", "fulfillment.packed",
    "fulfillment.labeled", "fulfillment.unpacked", "fulfillment.short", "fulfillment.declined", "fulfillment.moved", "fulfillment.expired",
    "fulfillment.handed_over", "fulfillment.hand_over_undone", "fulfillment.sent_home", "fulfillment.transfer_planned",
    "fulfillment.transfer_left", "fulfillment.transfer_arrived",
    "shipping.label_bought", "shipping.label_voided", "shipping.number_typed", "shipping.handed_to_carrier", "shipping.taken_back",
    "shipping.left", "shipping.in_transit", "shipping.delivered", "shipping.failed", "shipping.returned", "fulfillment.exception_resolved",
    "return.settled", "return.put_away", "return.gone", "return.given_back", "return.canceled", "return.declined", "return.inspected",
    "return.lost", "return.found",
)  # fmt: skip
"""Events after which something that is measured may be otherwise; the stream says whose."""

LONGEST_SECONDS: Final = 2.0
"""So long a worker counts on in one round."""

TRIES: Final = 16
WAIT_SECONDS: Final = 0.25
"""A worker's round is over in less than all these waits; another person's command is not."""

AT_ONCE: Final = 200
"""Subjects that one transaction of a rebuilding looks at: a fraction of a second, so the shop never waits longer than that."""

FORGET: Final = 5000
READ_AFTER: Final = timedelta(minutes=50)

Progress = Callable[[int, int], None]
"""`progress(done, of_all)`, in orders and returns."""


class Rebuilt(msgspec.Struct, frozen=True):
    """The new build's number and how many orders and returns it counts."""

    build: int
    subjects: int


async def keep_figures(tx: Tx, streams: Sequence[UUID]) -> None:
    """Something happened to these orders and returns: what they add to the figures is brought up to date, wherever figures are kept."""
    await sql.refresh(tx, streams, await sql.builds(tx))


async def keep_one(tx: Tx, told: Told) -> None:
    """The same for one event alone."""
    await keep_figures(tx, [told.stream])


async def rebuild(pool: Pool, clock: Clock, progress: Progress | None = None) -> Rebuilt:
    """Count all of history anew, beside the figures that pages read, and put the new ones in their place at the end.

    The shop goes on meanwhile: an event is counted in both builds. Broken off, a worker goes on with it. Conflict
    `rebuild_running` when somebody else is at it.
    """
    async with _alone(pool):
        build = await in_transaction(pool, SYSTEM.who, clock(), sql.begin_build)
        while build.part:
            build = await in_transaction(pool, SYSTEM.who, clock(), partial(sql.count_on, build=build, limit=AT_ONCE))
            if progress:
                progress(build.done, build.of_all)
        await in_transaction(pool, SYSTEM.who, clock(), partial(sql.swap_in, build=build.number))
        while await in_transaction(pool, SYSTEM.who, clock(), lambda tx: sql.sweep(tx, FORGET)):
            pass
        return Rebuilt(build.number, build.done)


async def count_anew(house: "House") -> int:
    """After an update by which a measure means something else, history is counted by itself, slice by slice for some seconds of
    each round; what a person's command left unfinished too. How many orders and returns were counted."""
    loop = asyncio.get_running_loop()
    began, counted = loop.time(), 0
    while loop.time() - began < LONGEST_SECONDS:
        done = await in_transaction(house.pool, SYSTEM.who, house.clock(), _slice)
        if done is None:
            break
        counted += done
    return counted


async def _slice(tx: Tx) -> int | None:
    """One slice of the build that is to be made, begun where there is none; None when nothing is to be made, or another makes it."""
    if not await tx.value("SELECT pg_try_advisory_xact_lock($1)", sql.MAKING):
        return None
    build = await sql.unfinished(tx)
    if build is None:
        if not await sql.is_outdated(tx):
            return None
        build = await sql.begin_build(tx)
    counted = await sql.count_on(tx, build, AT_ONCE)
    if not counted.part:
        await sql.swap_in(tx, build.number)
    return counted.done - build.done


@asynccontextmanager
async def _alone(pool: Pool) -> AsyncIterator[None]:
    async with borrowed(pool) as connection:
        for at in range(TRIES):
            if await connection.fetchval("SELECT pg_try_advisory_lock($1)", sql.MAKING):
                break
            if at + 1 == TRIES:
                raise Conflict("rebuild_running")
            await asyncio.sleep(WAIT_SECONDS)
        try:
            yield
        finally:
            await connection.execute("SELECT pg_advisory_unlock($1)", sql.MAKING)


async def forget_figures(house: "House") -> int:
    """What an old build left behind goes, a bounded number at a time."""
    return await in_transaction(house.pool, SYSTEM.who, house.clock(), lambda tx: sql.sweep(tx, FORGET))


async def read_stock(house: "House") -> int:
    """Read what lies in every place, by the hour; the last reading of a day stands for it. How many rows were written."""
    now = house.clock()

    async def work(tx: Tx) -> int:
        if not await reading.is_due(tx, now - READ_AFTER):
            return 0
        return await reading.read_levels(tx)

    return await in_transaction(house.pool, SYSTEM.who, now, work)

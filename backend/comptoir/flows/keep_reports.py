"""The figures of reports follow what happens: events say which orders changed, history can be counted anew beside them, stock is read by the hour."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
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
)  # fmt: skip
"""Events after which something that is measured may be otherwise; the stream says whose."""

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

    The shop goes on meanwhile: an event is counted in both builds. Conflict `rebuild_running` when another one is at it.
    """
    async with _alone(pool):
        build = await in_transaction(pool, SYSTEM.who, clock(), sql.begin_build)
        of_all = await pool.fetchval(
            "SELECT (SELECT count(*) FROM sales_order) + (SELECT count(*) FROM rma WHERE order_id IS NULL)"
        )
        done = 0
        for table in ("sales_order", "rma"):
            last: UUID | None = None
            while subjects := await in_transaction(pool, SYSTEM.who, clock(), _batch(table, last, build)):
                last, done = subjects[-1], done + len(subjects)
                if progress:
                    progress(done, max(of_all, done))
        await in_transaction(pool, SYSTEM.who, clock(), lambda tx: sql.swap_in(tx, build, done))
        while await in_transaction(pool, SYSTEM.who, clock(), lambda tx: sql.sweep(tx, FORGET)):
            pass
        return Rebuilt(build, done)


def _batch(table: str, last: UUID | None, build: int) -> Callable[[Tx], Awaitable[list[UUID]]]:
    async def work(tx: Tx) -> list[UUID]:
        subjects = await sql.after(tx, table, last, AT_ONCE)
        if subjects:
            await sql.builds(tx)
            await sql.refresh(tx, subjects, (build,))
        return subjects

    return work


@asynccontextmanager
async def _alone(pool: Pool) -> AsyncIterator[None]:
    async with borrowed(pool) as connection:
        if not await connection.fetchval("SELECT pg_try_advisory_lock($1)", sql.MAKING):
            raise Conflict("rebuild_running")
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

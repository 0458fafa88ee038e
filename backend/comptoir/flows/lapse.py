"""What time ends: payments that never came, goods that nobody collected, leases that ran out. Run by the worker, bounded."""

from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from comptoir.flows.become_ready import open_days_of
from comptoir.flows.cancel_order import cancel_order
from comptoir.flows.given_lines import give_lines, shares_of
from comptoir.flows.keep_progress import keep_progress
from comptoir.flows.resolve_short import ResolveShort
from comptoir.fulfillment import sql as work_sql
from comptoir.fulfillment.keeping import rescue_until
from comptoir.fulfillment.lifecycles import Action, Status
from comptoir.fulfillment.model import Moved
from comptoir.kit import throttle
from comptoir.kit.actor import SYSTEM
from comptoir.kit.db import Event, Tx, borrowed, in_transaction
from comptoir.kit.errors import Conflict
from comptoir.kit.ids import new_id
from comptoir.orders import sql
from comptoir.orders.canceling import share_of
from comptoir.orders.model import CancelOrder
from comptoir.stock import sql as stock_sql

if TYPE_CHECKING:
    from comptoir.house import House

AT_ONCE = 100


async def expire_pickups(house: "House") -> int:
    """No-shows. Whoever's window has closed is told what they can still do; goods that lie there after that go back. How many."""
    now = house.clock()
    missed = await house.pool.fetch(_MISSED, now, AT_ONCE)
    for row in missed:
        await in_transaction(house.pool, SYSTEM.who, now, of_work(miss, row, now))
    over = await house.pool.fetch(_OVER, now, AT_ONCE)
    for row in over:
        await in_transaction(house.pool, SYSTEM.who, now, of_work(expire, row, now))
    return len(missed) + len(over)


# Whoever is told can act: by day, as the store has it. A window that closes later, or a worker that comes back at night, waits for the morning.
_MISSED = (
    "SELECT w.id, w.order_id FROM work w JOIN location l ON l.id = w.location WHERE w.status = 'staged' AND w.collect_until < $1"
    " AND w.rescue_until IS NULL AND extract(hour FROM $1 AT TIME ZONE l.time_zone) BETWEEN 8 AND 20 ORDER BY w.collect_until LIMIT $2"
)
_OVER = "SELECT id, order_id FROM work WHERE status = 'staged' AND rescue_until < $1 ORDER BY rescue_until LIMIT $2"

End = Callable[[Tx, UUID, UUID, datetime], Awaitable[None]]


def of_work(end: End, row: Any, now: datetime) -> Callable[[Tx], Awaitable[None]]:
    """One step with one work, waiting for its transaction."""
    return lambda tx: end(tx, row["order_id"], row["id"], now)


async def miss(tx: Tx, order: UUID, work_id: UUID, now: datetime) -> None:
    """The window has closed and nobody came: one open day more, and the customer is told what they can choose meanwhile."""
    await sql.lock(tx, order)
    (work,) = await work_sql.lock(tx, [work_id], None)
    if work.status != Status.STAGED or work.collect_until is None or work.collect_until >= now:
        return
    store, windows = await open_days_of(tx, work.location, work.collect_until)
    # Where the worker itself was away for days, the day more begins when the customer hears of it.
    until = rescue_until(max(work.collect_until, now), windows, store["time_zone"])
    if await tx.value(
        "UPDATE work SET rescue_until = $2 WHERE id = $1 AND rescue_until IS NULL RETURNING true", work.id, until
    ):
        tx.tell(Event("fulfillment.missed", order, {"until": until}, work.location, work.id))


async def expire(tx: Tx, order: UUID, work_id: UUID, now: datetime) -> None:
    """Nobody came, nobody asked for more time: put-back work, the refund intended, told truthfully."""
    await sql.lock(tx, order)
    (work,) = await work_sql.lock(tx, [work_id], None)
    rescue = await tx.value("SELECT rescue_until FROM work WHERE id = $1", work_id)
    if work.status != Status.STAGED or rescue is None or rescue >= now:
        return
    needs = {(n["line"], n["part"]): n for n in await sql.requirements(tx, order)}
    shares = await shares_of(tx, order)
    worth: Counter[int] = Counter()
    count: Counter[int] = Counter()
    for line in work.lines:
        if line.staged:
            await work_sql.move_units(tx, work.id, [Moved(line.line, "staged", "canceled", line.staged)])
            await sql.move_units(tx, order, [(line.order_line, line.part, 0, 0, -line.staged, line.staged)])
            await stock_sql.release_reservations(tx, order, line.order_line, line.part, work.location, line.staged)
            await work_sql.insert_put_back(
                tx,
                work.location,
                line.sku,
                line.staged,
                "not_collected",
                promised=True,
                order=order,
                work=work.id,
                line=line.line,
            )
            need = needs[line.order_line, line.part]
            share = shares[line.order_line, line.part]
            worth[line.order_line] += share_of(share, need["quantity"], need["canceled"], line.staged)
            count[line.order_line] += line.staged
    await work_sql.advance(tx, work.id, work.after(Action.EXPIRE))
    refund, amount = await give_lines(tx, order, worth, count, "not_collected", work.id, now)
    tx.tell(Event("fulfillment.expired", order, {"refund": refund, "amount_minor": amount}, work.location, work.id))
    await keep_progress(tx, order)


_UNANSWERED = """
SELECT e.order_id, (e.body->>'line')::int AS line FROM exception e
WHERE e.kind = 'short_choice' AND e.resolved_at IS NULL AND (e.body->>'until')::timestamptz < $1
GROUP BY 1, 2 ORDER BY min(e.made_at) LIMIT $2
"""


async def settle_unanswered(house: "House") -> int:
    """Nobody chose in time: the money goes back, as the message said it would. How many lines."""
    now = house.clock()
    rows = await house.pool.fetch(_UNANSWERED, now, AT_ONCE)
    done = 0
    for row in rows:
        try:
            await house.runner.perform(ResolveShort(new_id(), row["order_id"], row["line"], "refund"), SYSTEM)
            done += 1
        except Conflict:
            # Somebody was quicker: a manager, the customer, or the goods turned up.
            await house.pool.execute(_FORGET_UNTIL, row["order_id"], row["line"], now)
    return done


_FORGET_UNTIL = (
    "UPDATE exception SET body = body - 'until' WHERE order_id = $1 AND kind = 'short_choice' AND (body->>'line')::int = $2"
    " AND resolved_at IS NULL AND (body->>'until')::timestamptz < $3"
)


async def lapse_payments(house: "House") -> int:
    """Orders whose payment did not come in time: their soft holds end, the order is canceled. Whoever has half of the time left is told."""
    now = house.clock()
    due = await house.pool.fetch(_PAYMENT_DUE, now, AT_ONCE)
    for row in due:
        await in_transaction(house.pool, SYSTEM.who, now, lambda tx, row=row: tell_due(tx, row["order_id"], now))  # type: ignore[misc]
    rows = await house.pool.fetch(
        "SELECT order_id FROM order_hold WHERE reason = 'payment' AND released_at IS NULL AND until < $1 ORDER BY until LIMIT $2",
        now,
        AT_ONCE,
    )
    for row in rows:
        await in_transaction(house.pool, SYSTEM.who, now, lambda tx, row=row: lapse(tx, row["order_id"], now))  # type: ignore[misc]
    return len(rows)


_PAYMENT_DUE = (
    "SELECT h.order_id FROM order_hold h WHERE h.reason = 'payment' AND h.released_at IS NULL AND h.until > $1"
    " AND h.placed_at + (h.until - h.placed_at) / 2 < $1"
    " AND NOT EXISTS (SELECT FROM event e WHERE e.stream = h.order_id AND e.kind = 'order.payment_due') ORDER BY h.until LIMIT $2"
)


async def tell_due(tx: Tx, order: UUID, now: datetime) -> None:
    """Still unpaid, and not said yet."""
    await sql.lock(tx, order)
    if await tx.value(_DUE_STILL, order, now):
        tx.tell(Event("order.payment_due", order))


_DUE_STILL = (
    "SELECT true FROM order_hold WHERE order_id = $1 AND reason = 'payment' AND released_at IS NULL AND until > $2"
    " AND NOT EXISTS (SELECT FROM event WHERE stream = $1 AND kind = 'order.payment_due')"
)


async def lapse(tx: Tx, order: UUID, now: datetime) -> None:
    """Nobody paid in time. A payment that came at the same moment wins: it has released the hold under the order's lock."""
    await sql.lock(tx, order)
    if await tx.value(_STILL_UNPAID, order, now):
        await cancel_order(tx, CancelOrder(new_id(), order, "payment_not_received"), SYSTEM, now)


_STILL_UNPAID = (
    "SELECT true FROM order_hold WHERE order_id = $1 AND reason = 'payment' AND released_at IS NULL AND until < $2"
)


async def end_leases(house: "House") -> int:
    """Packs whose lease ran out are closed; their works are free for a colleague, what is picked stays picked."""
    now = house.clock()
    done = await house.pool.execute(
        "WITH ended AS (UPDATE pack SET closed_at = $1 WHERE closed_at IS NULL AND lease_until < $1 RETURNING id)"
        " UPDATE work SET pack = NULL, taken_by = NULL WHERE pack IN (SELECT id FROM ended)", now)  # fmt: skip
    return int(done.split()[-1])


async def forget_tries(house: "House") -> int:
    """Counts of attempts that no limit looks at any more."""
    async with borrowed(house.pool) as connection:
        return int((await throttle.sweep(connection, house.clock() - timedelta(days=2))).split()[-1])

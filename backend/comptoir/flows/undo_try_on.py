"""A hand-over is undone, and what was tried on at it lies in the bag again: its return ends, and nothing is given for it.

That can be while the goods still wait to be put away, the credit is whole, nobody has begun the other goods or paid for them, and the
money waits. Otherwise the undo is refused and says why: then what left comes back as a return of its own.
"""

from datetime import datetime
from uuid import UUID

from comptoir.flows.cancel_order import cancel_order
from comptoir.flows.open_return import about
from comptoir.fulfillment import resolving_sql
from comptoir.fulfillment import sql as work_sql
from comptoir.fulfillment.lifecycles import Status as WorkStatus
from comptoir.kit import outbox
from comptoir.kit.actor import SYSTEM
from comptoir.kit.db import Event, Tx
from comptoir.kit.errors import Conflict
from comptoir.kit.ids import new_id
from comptoir.orders import sql as orders_sql
from comptoir.orders.model import CancelOrder
from comptoir.payments import sql as payments_sql
from comptoir.returns import rma_sql as sql
from comptoir.returns.lifecycle import RETURN, UNIT, Action, Step, UnitState
from comptoir.returns.model import Return
from comptoir.stock import sql as stock_sql
from comptoir.stock.model import return_gone

NOT_BEGUN = (WorkStatus.OPEN, WorkStatus.ACCEPTED)

_EXCHANGE = (
    "SELECT x.id, x.progress, EXISTS (SELECT FROM payment p WHERE p.order_id = x.id AND p.provider <> 'exchange'"
    "  AND p.state NOT IN ('pending', 'voided', 'failed')) AS paid"
    " FROM payment q JOIN sales_order x ON x.id = q.order_id WHERE q.reference = $1 AND q.provider = 'exchange'"
)


async def undo_try_on(tx: Tx, hand_over: UUID, now: datetime) -> None:
    """End the returns of what was tried on; the order is locked. Conflict `refused_goods_put_back`, `credit_was_used`, `exchange_begun`,
    `exchange_paid`, `money_begun`."""
    for rma in await sql.tied_to(tx, hand_over):
        # Whoever puts a unit away at this very moment holds it alone: then it lies on its shelf, and the undo is refused.
        await sql.lock_units(tx, rma)
        await _end(tx, await sql.lock(tx, rma), now)


async def _end(tx: Tx, found: Return, now: datetime) -> None:
    if any(unit.state in (UnitState.PLACED, UnitState.GONE) for unit in found.units):
        raise Conflict("refused_goods_put_back")
    if not found.counting:
        return
    after = RETURN.after(Action.UNDO, found.status)
    for unit in found.counting:
        UNIT.after(Step.UNDO, unit.state)
    await _end_exchange(tx, found, now)
    await _end_credit(tx, found.id)
    await _end_money(tx, found)
    await stock_sql.post(
        tx,
        [
            return_gone(unit.sku, unit.location or "", 1, found.number, order_id=found.order, happened_at=now)
            for unit in found.counting
        ],
    )
    await sql.forget_given(tx, found.id)
    await sql.set_units(tx, found.id, [unit.n for unit in found.counting], UnitState.CANCELED)
    await sql.advance(tx, found.id, after, ended_at=now)
    cases = await tx.rows(
        "SELECT id FROM exception WHERE kind = 'return_to_decide' AND body->>'return' = $1 AND resolved_at IS NULL",
        str(found.id),
    )
    for case in cases:
        await resolving_sql.close(tx, case["id"], "undone", tx.who, tx.now)
    stream = found.order or found.id
    told = await tx.rows(
        "SELECT seq FROM event WHERE stream = $1 AND kind = 'return.settled' AND body->>'rma' = $2",
        stream,
        str(found.id),
    )
    await outbox.withdraw(tx, stream, [row["seq"] for row in told])
    tx.tell(Event("return.canceled", stream, about(found), found.location))


async def _end_exchange(tx: Tx, found: Return, now: datetime) -> None:
    row = await tx.row(_EXCHANGE, found.number)
    if row is None:
        return
    await orders_sql.lock(tx, row["id"])
    works = await work_sql.lock_of_order(tx, row["id"], None)
    if any(work.status not in NOT_BEGUN or work.total("picked") for work in works):
        raise Conflict("exchange_begun")
    if row["paid"]:
        raise Conflict("exchange_paid")
    # What came back pays for nothing any more: there is nothing to give back for it.
    await tx.run("DELETE FROM payment WHERE order_id = $1 AND provider = 'exchange'", row["id"])
    await payments_sql.void_pending(tx, row["id"])
    await cancel_order(tx, CancelOrder(new_id(), row["id"], "hand-over undone"), SYSTEM, now)


async def _end_credit(tx: Tx, rma: UUID) -> None:
    if await tx.value(
        "SELECT true FROM credit_use u JOIN store_credit c ON c.id = u.credit WHERE c.rma = $1 LIMIT 1", rma
    ):
        raise Conflict("credit_was_used")
    await tx.run("DELETE FROM store_credit WHERE rma = $1", rma)


async def _end_money(tx: Tx, found: Return) -> None:
    if await tx.value(
        "SELECT true FROM payment_intention WHERE cause = $1 AND state <> 'withdrawn' AND (state <> 'intended' OR begun_at IS NOT NULL"
        " OR order_id <> $2) LIMIT 1",
        found.id, found.order,
    ):  # fmt: skip
        raise Conflict("money_begun")
    await payments_sql.withdraw(tx, found.id)

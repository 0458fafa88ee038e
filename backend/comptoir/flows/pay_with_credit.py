"""What is still awaited for other goods is paid with a credit: by the customer on their page, or at the desk. What it does not reach for stays awaited."""

from datetime import datetime

import msgspec

from comptoir.flows.release_hold import ReleaseHoldFlow
from comptoir.flows.use_credit import CREDIT
from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.kit.errors import Conflict
from comptoir.orders import sql as orders_sql
from comptoir.payments import link_sql
from comptoir.payments import sql as payments_sql
from comptoir.payments.links import PAY_LINK
from comptoir.payments.recording import Payment
from comptoir.returns import credit_sql
from comptoir.returns.credit_sql import Credit
from comptoir.returns.model import PayWithCredit


class PaidWithCredit(msgspec.Struct, frozen=True):
    """What the credit paid, what is left of it, and what is still awaited."""

    paid_minor: int
    left_minor: int
    due_minor: int


class PayWithCreditFlow:
    """Needs the release of holds: an order that is paid goes to its store."""

    def __init__(self, release: ReleaseHoldFlow) -> None:
        self.release = release

    async def __call__(self, tx: Tx, command: PayWithCredit, actor: Actor, now: datetime) -> PaidWithCredit:
        """NotFound `order_not_found`, `credit_not_found`; Conflict `nothing_awaited`, `credit_empty`, `credit_other_currency`."""
        if actor.role == "customer":
            actor.needs_order(command.order)
        else:
            actor.needs("associate", "store_manager", "head_office", "integrator", "system")
        order = await orders_sql.lock(tx, command.order, actor.locations)
        awaited = next(
            (
                one
                for one in await payments_sql.lock_payments(tx, command.order)
                if one.state == "pending" and one.provider == PAY_LINK
            ),
            None,
        )
        held = await orders_sql.open_holds(tx, command.order)
        if awaited is None or "payment" not in held:
            raise Conflict("nothing_awaited")
        credit = await credit_sql.lock(tx, command.code)
        minor = most_of(credit, awaited.amount_minor, order["currency"].strip())
        reference = await self._reference(tx, command, awaited)
        left = await credit_sql.change(tx, credit, minor, reference, command.order)
        await payments_sql.keep(tx, command.order, Payment(reference, CREDIT, "captured", minor, minor))
        tx.tell(Event("payment.told", command.order, {"state": "captured", "amount_minor": minor}))
        # A link over the old amount must not be paid any more; who pays it all the same gets that back.
        await link_sql.close_of(tx, command.order)
        due = awaited.amount_minor - minor
        if due:
            await payments_sql.await_less(tx, command.order, awaited.reference, due)
            await link_sql.wish_again(tx, command.order, awaited.reference, due)
        else:
            await payments_sql.void_pending(tx, command.order)
            await orders_sql.release_hold(tx, command.order, "payment", actor.who, "paid", now)
            await self.release.go_on(tx, command.order, now)
        return PaidWithCredit(minor, left, due)

    async def _reference(self, tx: Tx, command: PayWithCredit, awaited: Payment) -> str:
        """A name of its own for each time: two credits may pay for one order."""
        base = awaited.reference.removesuffix("-DUE") + "-CREDIT"
        taken = {row[0] for row in await tx.rows("SELECT reference FROM payment WHERE order_id = $1", command.order)}
        return next(name for n in range(1, 1000) if (name := base if n == 1 else f"{base}-{n}") not in taken)


def most_of(credit: Credit, minor: int, currency: str) -> int:
    """What of `minor` a credit can pay. Conflict `credit_empty`, `credit_other_currency`."""
    if credit.currency != currency:
        raise Conflict("credit_other_currency", currency=credit.currency)
    if not credit.left_minor:
        raise Conflict("credit_empty")
    return min(credit.left_minor, minor)

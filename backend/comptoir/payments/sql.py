"""The payments' writes: records as told by the channel, and a ledger of intentions that others carry out."""

from datetime import datetime
from uuid import UUID

from comptoir.kit.bulk import Bulk
from comptoir.kit.db import Tx
from comptoir.kit.ids import new_id
from comptoir.payments.recording import OVER, Payment

PAYMENTS = Bulk(
    "payment",
    order_id="uuid",
    reference="text",
    provider="text",
    state="text",
    amount_minor="bigint",
    captured_minor="bigint",
    expires_at="timestamptz",
)


async def intend(
    tx: Tx,
    order: UUID,
    kind: str,
    amount_minor: int,
    reason: str,
    made_by: str,
    due_at: datetime,
    cause: UUID | None = None,
) -> UUID | None:
    """Write down that money is to move: capture, void or refund, who does it and when. Nothing is sent (None for 0)."""
    if amount_minor <= 0:
        return None
    made = new_id()
    await tx.run(
        "INSERT INTO payment_intention (id, order_id, kind, amount_minor, reason, made_by, due_at, intended_at, intended_who, cause)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        made, order, kind, amount_minor, reason, made_by, due_at, tx.now, tx.who, cause,
    )  # fmt: skip
    return made


async def withdraw(tx: Tx, cause: UUID) -> None:
    """What was intended because of `cause` and has not been sent is not to be done any more."""
    await tx.run("UPDATE payment_intention SET state = 'withdrawn' WHERE cause = $1 AND state = 'intended'", cause)


async def refund_or_void(
    tx: Tx, order: UUID, amount_minor: int, reason: str, cause: UUID | None, due_at: datetime
) -> str | None:
    """Intend to give `amount_minor` back: a refund of what was captured, then a void of what was only authorized.

    Never more of either than there is less what is already intended (I4), over all payments of the order. The kind
    intended (refund, where both are), or None when nothing is due.
    """
    payments = [payment for payment in await lock_payments(tx, order) if payment.state not in ("pending", *OVER)]
    channel = await tx.value("SELECT channel FROM sales_order WHERE id = $1", order)
    captured = sum(payment.captured_minor for payment in payments)
    authorized = sum(payment.amount_minor for payment in payments if not payment.captured_minor)
    already = {row[0]: row[1] for row in await tx.rows(_GIVEN_BY_KIND, order)}
    back = min(amount_minor, captured - already.get("refund", 0))
    void = min(amount_minor - max(0, back), authorized - already.get("void", 0))
    refunded = await intend(tx, order, "refund", back, reason, channel, due_at, cause)
    voided = await intend(tx, order, "void", void, reason, channel, due_at, cause)
    return "refund" if refunded else "void" if voided else None


_GIVEN_BY_KIND = (
    "SELECT kind, sum(amount_minor)::bigint FROM payment_intention WHERE order_id = $1"
    " AND kind IN ('refund', 'void') AND state NOT IN ('withdrawn', 'failed') GROUP BY kind"
)


async def lock_payments(tx: Tx, order: UUID) -> list[Payment]:
    """An order's payments, locked."""
    rows = await tx.rows(
        "SELECT reference, provider, state, amount_minor, captured_minor FROM payment WHERE order_id = $1"
        " ORDER BY reference FOR NO KEY UPDATE",
        order,
    )
    return [Payment(*row) for row in rows]


async def keep(tx: Tx, order: UUID, payment: Payment) -> None:
    """Write a payment as it is now; one that is known loses its time limit."""
    await tx.run(
        "INSERT INTO payment (order_id, reference, provider, state, amount_minor, captured_minor)"
        " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (order_id, reference) DO UPDATE SET provider = excluded.provider,"
        " state = excluded.state, amount_minor = excluded.amount_minor, captured_minor = excluded.captured_minor,"
        " expires_at = NULL",
        order, payment.reference, payment.provider, payment.state, payment.amount_minor, payment.captured_minor,
    )  # fmt: skip


async def void_pending(tx: Tx, order: UUID) -> None:
    """The order is paid by others: what was still expected does not come any more."""
    await tx.run("UPDATE payment SET state = 'voided' WHERE order_id = $1 AND state = 'pending'", order)


async def given(tx: Tx, order: UUID) -> int:
    """What is already intended to be given back, or has been."""
    return int(
        await tx.value(
            "SELECT coalesce(sum(amount_minor), 0)::bigint FROM payment_intention WHERE order_id = $1"
            " AND kind IN ('refund', 'void') AND state NOT IN ('withdrawn', 'failed')",
            order,
        )
    )

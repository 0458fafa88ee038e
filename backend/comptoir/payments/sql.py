"""The payments' writes: records as told by the channel, and a ledger of intentions that others carry out."""

from datetime import datetime
from uuid import UUID

import msgspec

from comptoir.kit.bulk import Bulk
from comptoir.kit.db import Tx
from comptoir.kit.ids import new_id
from comptoir.payments.recording import Payment

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


NOT_BEGUN = (
    "(i.begun_at IS NULL OR NOT EXISTS (SELECT FROM payment_part p WHERE p.intention = i.id AND p.state <> 'by_hand'))"
)
"""No provider has been asked for it: it may still be withdrawn."""


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
    """What was intended because of `cause` and nobody has begun is not to be done any more."""
    await tx.run(
        f"UPDATE payment_intention i SET state = 'withdrawn' WHERE cause = $1 AND state = 'intended' AND {NOT_BEGUN}",
        cause,
    )


async def refund_or_void(
    tx: Tx, order: UUID, amount_minor: int, reason: str, cause: UUID | None, due_at: datetime
) -> str | None:
    """Intend to give `amount_minor` back: a refund of what was captured, then a void of what was only authorized.

    Never more of either than there is less what is already intended (I4), over all payments of the order; what failed is still
    owed, so it counts. The kind intended (refund, where both are), or None when nothing is due.
    """
    given = await give_back(tx, order, amount_minor, reason, cause, due_at)
    return "refund" if given.refund_minor else "void" if given.void_minor else None


class GivenBack(msgspec.Struct, frozen=True):
    """What is intended to be given back, by how."""

    refund_minor: int = 0
    void_minor: int = 0

    @property
    def total_minor(self) -> int:
        return self.refund_minor + self.void_minor


async def give_back(
    tx: Tx, order: UUID, amount_minor: int, reason: str, cause: UUID | None, due_at: datetime
) -> GivenBack:
    """The same, and how much of it there is money for.

    What an exchange paid with lies where it was once captured: it is given back from there. A capture that is still only
    intended becomes smaller; one that is on its way stays, and what it takes cannot be voided.
    """
    rows = await tx.rows(_MONEY, order)
    channel = await tx.value("SELECT channel FROM sales_order WHERE id = $1", order)
    own = [row for row in rows if row["source"] is None]
    captured = sum(row["captured_minor"] for row in own)
    authorized = sum(row["amount_minor"] for row in own if not row["captured_minor"])
    already = {row[0]: row[1] for row in await tx.rows(_GIVEN_BY_KIND, order)}
    sent, waiting = (await tx.row(_CAPTURES, order)) or (0, 0)
    back = max(0, min(amount_minor, captured - already.get("refund", 0)))
    open_minor = authorized - already.get("void", 0) - (sent if authorized else 0)
    void = max(0, min(amount_minor - back, open_minor))
    await intend(tx, order, "refund", back, reason, channel, due_at, cause)
    await intend(tx, order, "void", void, reason, channel, due_at, cause)
    if void and void + waiting > open_minor:
        await _capture_less(tx, order, void + waiting - open_minor)
    for row in rows:
        rest = min(amount_minor - back - void, row["amount_minor"] - row["refunded_minor"])
        if row["source"] is not None and rest > 0:
            await tx.value("SELECT 1 FROM sales_order WHERE id = $1 FOR NO KEY UPDATE", row["source"])
            there = await give_back(tx, row["source"], rest, reason, cause, due_at)
            await tx.run(
                "UPDATE payment SET refunded_minor = refunded_minor + $3 WHERE order_id = $1 AND reference = $2",
                order, row["reference"], there.total_minor,
            )  # fmt: skip
            back, void = back + there.refund_minor, void + there.void_minor
    return GivenBack(back, void)


async def _capture_less(tx: Tx, order: UUID, minor: int) -> None:
    """Captures that nobody has begun are made smaller, the newest first: what is given back is not taken at all."""
    for row in await tx.rows(
        "SELECT id, amount_minor FROM payment_intention i WHERE order_id = $1 AND kind = 'capture' AND state = 'intended'"
        f" AND {NOT_BEGUN} ORDER BY intended_at DESC, id DESC FOR UPDATE",
        order,
    ):
        less = min(minor, row["amount_minor"])
        minor -= less
        if less == row["amount_minor"]:
            await tx.run("UPDATE payment_intention SET state = 'withdrawn' WHERE id = $1", row["id"])
        elif less:
            await tx.run("UPDATE payment_intention SET amount_minor = amount_minor - $2 WHERE id = $1", row["id"], less)


async def trim_captures(tx: Tx, order: UUID, open_minor: int) -> None:
    """Captures that nobody has begun ask for no more than may still be captured."""
    _, waiting = (await tx.row(_CAPTURES, order)) or (0, 0)
    await _capture_less(tx, order, max(0, waiting - open_minor))


async def left_to_capture(tx: Tx, order: UUID) -> int:
    """What is authorized, and neither to be captured already nor to be let go."""
    return int(
        await tx.value(
            "SELECT (SELECT coalesce(sum(amount_minor), 0) FROM payment WHERE order_id = $1 AND state = 'authorized' AND provider <> 'exchange')"
            " - (SELECT coalesce(sum(amount_minor), 0) FROM payment_intention WHERE order_id = $1 AND kind IN ('capture', 'void')"
            "   AND state NOT IN ('withdrawn', 'confirmed'))",
            order,
        )
    )


async def await_again(tx: Tx, order: UUID, reference: str, provider: str, amount_minor: int, until: datetime) -> None:
    """Money is expected anew, under a reference of its own."""
    await tx.run(
        "INSERT INTO payment (order_id, reference, provider, state, amount_minor, expires_at) VALUES ($1, $2, $3, 'pending', $4, $5)"
        " ON CONFLICT (order_id, reference) DO UPDATE SET state = 'pending', amount_minor = excluded.amount_minor, expires_at = excluded.expires_at"
        " WHERE payment.state IN ('pending', 'voided', 'failed')",
        order, reference, provider, amount_minor, until,
    )  # fmt: skip


async def has_capture(tx: Tx, order: UUID) -> bool:
    """Whether something of the order is captured, or is to be."""
    return bool(
        await tx.value(
            "SELECT EXISTS (SELECT FROM payment_intention WHERE order_id = $1 AND kind = 'capture' AND state <> 'withdrawn')",
            order,
        )
    )


async def left_to_give(tx: Tx, order: UUID) -> int:
    """What of the order's money could still be given back: captured or authorized, less what is intended already."""
    rows = await tx.rows(_MONEY, order)
    own = sum(row["captured_minor"] or row["amount_minor"] for row in rows if row["source"] is None)
    exchanged = sum(row["amount_minor"] - row["refunded_minor"] for row in rows if row["source"] is not None)
    already = sum(row[1] for row in await tx.rows(_GIVEN_BY_KIND, order))
    return int(own + exchanged - already)


# Where a payment's money lies: what came back of another order paid for this one.
_MONEY = """
SELECT p.reference, p.amount_minor, p.captured_minor, p.refunded_minor,
  CASE p.provider WHEN 'exchange' THEN (SELECT r.order_id FROM rma r WHERE r.number = p.reference) END AS source
FROM payment p WHERE p.order_id = $1 AND p.state NOT IN ('pending', 'voided', 'failed') ORDER BY p.reference FOR NO KEY UPDATE OF p
"""
# Captures that somebody has begun, and those that wait; one that was made is in the payment's own figures.
_CAPTURES = (
    f"SELECT coalesce(sum(amount_minor) FILTER (WHERE i.state = 'sent' OR NOT {NOT_BEGUN}), 0)::bigint,"
    f" coalesce(sum(amount_minor) FILTER (WHERE i.state = 'intended' AND {NOT_BEGUN}), 0)::bigint"
    " FROM payment_intention i WHERE order_id = $1 AND kind = 'capture' AND state IN ('intended', 'sent', 'failed')"
)
_GIVEN_BY_KIND = (
    "SELECT kind, sum(amount_minor)::bigint FROM payment_intention WHERE order_id = $1"
    " AND kind IN ('refund', 'void') AND state <> 'withdrawn' GROUP BY kind"
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
        "INSERT INTO payment (order_id, reference, provider, state, amount_minor, captured_minor, captured_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (order_id, reference) DO UPDATE SET provider = excluded.provider,"
        " state = excluded.state, amount_minor = excluded.amount_minor, captured_minor = excluded.captured_minor,"
        " captured_at = coalesce(payment.captured_at, excluded.captured_at), expires_at = NULL",
        order, payment.reference, payment.provider, payment.state, payment.amount_minor, payment.captured_minor,
        tx.now if payment.captured_minor else None,
    )  # fmt: skip


async def void_pending(tx: Tx, order: UUID) -> None:
    """The order is paid by others: what was still expected does not come any more."""
    await tx.run("UPDATE payment SET state = 'voided' WHERE order_id = $1 AND state = 'pending'", order)


ENDED = (
    "state = 'authorized' AND provider <> 'exchange' AND capture_before <= $2 AND NOT EXISTS (SELECT FROM payment_intention i"
    " WHERE i.order_id = payment.order_id AND i.kind = 'capture' AND i.state IN ('intended', 'sent'))"
)
"""An authorization whose end has passed by its provider's word, and that nobody is capturing; $2 is now."""


async def let_go_ended(tx: Tx, order: UUID, now: datetime) -> None:
    """What was authorized and has ended is not counted on any more."""
    await tx.run(f"UPDATE payment SET state = 'voided' WHERE order_id = $1 AND {ENDED}", order, now)


async def await_less(tx: Tx, order: UUID, reference: str, minor: int) -> None:
    """Of what is still expected something was paid otherwise: so much is left to expect."""
    await tx.run(
        "UPDATE payment SET amount_minor = $3 WHERE order_id = $1 AND reference = $2 AND state = 'pending'",
        order, reference, minor,
    )  # fmt: skip


async def given(tx: Tx, order: UUID) -> int:
    """What is already intended to be given back, or has been; of an exchange also where its money lies."""
    return int(
        await tx.value(
            "SELECT (SELECT coalesce(sum(amount_minor), 0) FROM payment_intention WHERE order_id = $1"
            " AND kind IN ('refund', 'void') AND state <> 'withdrawn')::bigint"
            " + (SELECT coalesce(sum(refunded_minor), 0) FROM payment WHERE order_id = $1 AND provider = 'exchange')::bigint",
            order,
        )
    )

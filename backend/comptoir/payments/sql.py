"""The payments' writes: records as told by the channel, and a ledger of intentions that others carry out."""

from datetime import datetime
from uuid import UUID

from comptoir.kit.bulk import Bulk
from comptoir.kit.db import Tx
from comptoir.kit.ids import new_id

PAYMENTS = Bulk("payment", order_id="uuid", reference="text", provider="text", state="text", amount_minor="bigint", captured_minor="bigint", expires_at="timestamptz")


async def intend(
    tx: Tx, order: UUID, kind: str, amount_minor: int, reason: str, made_by: str, due_at: datetime, cause: UUID | None = None
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


async def refund_or_void(tx: Tx, order: UUID, amount_minor: int, reason: str, cause: UUID | None, due_at: datetime) -> str | None:
    """Intend to give `amount_minor` back: a refund of what was captured, else a void of what was only authorized.

    Never more than what was captured less what is already intended (I4). The kind intended, or None when nothing is due.
    """
    row = await tx.row(
        "SELECT p.state, p.amount_minor, p.captured_minor, s.channel, coalesce((SELECT sum(i.amount_minor) FROM payment_intention i"
        " WHERE i.order_id = p.order_id AND i.kind IN ('refund', 'void') AND i.state NOT IN ('withdrawn', 'failed')), 0)::bigint AS given"
        " FROM payment p JOIN sales_order s ON s.id = p.order_id WHERE p.order_id = $1 ORDER BY p.reference LIMIT 1 FOR NO KEY UPDATE OF p",
        order,
    )  # fmt: skip
    if row is None or row["state"] in ("pending", "voided", "failed"):
        return None
    kind = "refund" if row["captured_minor"] else "void"
    most = (row["captured_minor"] or row["amount_minor"]) - row["given"]
    made = await intend(tx, order, kind, min(amount_minor, most), reason, row["channel"], due_at, cause)
    return kind if made else None

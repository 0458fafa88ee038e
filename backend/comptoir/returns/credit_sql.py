"""Credits and what sales took off them: a credit's row is locked before anything is read of its uses."""

from typing import Any, Final
from uuid import UUID

import msgspec

from comptoir.kit.db import Connection, Event, Tx
from comptoir.kit.errors import Conflict, NotFound
from comptoir.kit.ids import digest, new_id
from comptoir.returns.credit import spelled

_CREDIT: Final = (
    "SELECT id, rma, order_id, amount_minor, left_minor, trim(currency) AS currency, issued_at FROM store_credit WHERE "
)


class Credit(msgspec.Struct, frozen=True):
    """A credit as it stands; `order_id` is the order whose return it was given for."""

    id: UUID
    rma: UUID
    order_id: UUID | None
    amount_minor: int
    left_minor: int
    currency: str
    issued_at: Any = None


async def find(connection: Connection, code: str) -> Credit:
    """NotFound `credit_not_found`."""
    row = await connection.fetchrow(_CREDIT + "code_hash = $1", digest(spelled(code)))
    if row is None:
        raise NotFound("credit_not_found")
    return Credit(**dict(row))


async def lock(tx: Tx, code: str) -> Credit:
    """The same, locked."""
    row = await tx.row(_CREDIT + "code_hash = $1 FOR NO KEY UPDATE", digest(spelled(code)))
    if row is None:
        raise NotFound("credit_not_found")
    return Credit(**dict(row))


async def lock_used_for(tx: Tx, order: UUID, reference: str) -> Credit | None:
    """The credit that paid for this order under this reference, locked; None when the payment is nobody's credit of ours."""
    row = await tx.row(
        _CREDIT + "id = (SELECT credit FROM credit_use WHERE order_id = $1 AND reference = $2 LIMIT 1) FOR NO KEY UPDATE",
        order, reference,
    )  # fmt: skip
    return Credit(**dict(row)) if row else None


async def open_uses(tx: Tx, credit: UUID, reference: str) -> int:
    """What was taken under a reference and belongs to no order of ours: it may be given back, or pay for one."""
    return int(
        await tx.value(
            "SELECT coalesce(sum(amount_minor), 0)::bigint FROM credit_use WHERE credit = $1 AND reference = $2 AND order_id IS NULL",
            credit, reference,
        )
    )  # fmt: skip


async def change(tx: Tx, credit: Credit, minor: int, reference: str, order: UUID | None = None) -> int:
    """Take so much off a locked credit, below zero give it back; what is left. Conflict `credit_too_small`, with what is left."""
    left = credit.left_minor - minor
    if left < 0:
        raise Conflict("credit_too_small", left_minor=credit.left_minor)
    if not minor:
        return left
    await tx.run("UPDATE store_credit SET left_minor = $2 WHERE id = $1", credit.id, left)
    await tx.run(
        "INSERT INTO credit_use (id, credit, reference, order_id, amount_minor, at, who) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        new_id(), credit.id, reference, order, minor, tx.now, tx.who,
    )  # fmt: skip
    body = {"credit": credit.id, "amount_minor": minor, "left_minor": left, "reference": reference}
    tx.tell(Event("return.credit_used", credit.order_id or credit.rma, body))
    return left


async def used_under(tx: Tx, references: list[str]) -> dict[str, tuple[int, str]]:
    """What is taken under each reference for no order yet, and in which currency; the credits are locked from here on."""
    await tx.rows(
        "SELECT 1 FROM store_credit WHERE id IN (SELECT credit FROM credit_use WHERE reference = ANY($1::text[]) AND order_id IS NULL)"
        " ORDER BY id FOR NO KEY UPDATE",
        references,
    )
    rows = await tx.rows(
        "SELECT u.reference, sum(u.amount_minor)::bigint AS minor, min(trim(c.currency)) AS currency FROM credit_use u JOIN store_credit c ON c.id = u.credit"
        " WHERE u.reference = ANY($1::text[]) AND u.order_id IS NULL GROUP BY 1 HAVING count(DISTINCT c.id) = 1",
        references,
    )
    return {row["reference"]: (int(row["minor"]), row["currency"]) for row in rows}


async def belongs_to(tx: Tx, reference: str, order: UUID) -> None:
    """What was taken under this reference pays for this order from now on."""
    await tx.run("UPDATE credit_use SET order_id = $2 WHERE reference = $1 AND order_id IS NULL", reference, order)

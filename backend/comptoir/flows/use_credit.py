"""Credit that was given for a return is used: a till or a shop takes an amount off it, or gives it back when its sale is undone."""

from datetime import datetime
from uuid import UUID

import msgspec

from comptoir.kit.actor import Actor
from comptoir.kit.db import Connection, Event, Tx
from comptoir.kit.errors import Conflict, NotFound
from comptoir.kit.ids import digest
from comptoir.returns.model import UseCredit


class CreditStands(msgspec.Struct, frozen=True):
    """What a credit was and what is left of it."""

    credit: UUID
    amount_minor: int
    left_minor: int
    currency: str


_SQL = "SELECT id, rma, order_id, amount_minor, left_minor, trim(currency) AS currency FROM store_credit WHERE code_hash = $1"


async def use_credit(tx: Tx, command: UseCredit, actor: Actor, now: datetime) -> CreditStands:
    """Take `amount_minor` off, under the reference of the sale; below zero: the sale was undone. The same command counts once.

    NotFound `credit_not_found`; Conflict `credit_too_small` with what is left, `credit_too_full` for more than was taken under the reference.
    """
    actor.needs("associate", "store_manager", "head_office", "integrator", "system")
    row = await tx.row(_SQL + " FOR NO KEY UPDATE", digest(spelled(command.code)))
    if row is None:
        raise NotFound("credit_not_found")
    if command.amount_minor > row["left_minor"]:
        raise Conflict("credit_too_small", left_minor=row["left_minor"])
    if command.amount_minor < 0:
        taken = await tx.value(
            "SELECT coalesce(sum((body->>'amount_minor')::bigint), 0) FROM event WHERE stream = $1 AND kind = 'return.credit_used'"
            " AND body->>'credit' = $2 AND body->>'reference' = $3",
            row["order_id"] or row["rma"], str(row["id"]), command.reference,
        )  # fmt: skip
        if -command.amount_minor > taken:
            raise Conflict("credit_too_full", taken_minor=int(taken))
    left = row["left_minor"] - command.amount_minor
    await tx.run("UPDATE store_credit SET left_minor = $2 WHERE id = $1", row["id"], left)
    body = {
        "credit": row["id"],
        "amount_minor": command.amount_minor,
        "left_minor": left,
        "reference": command.reference,
    }
    tx.tell(Event("return.credit_used", row["order_id"] or row["rma"], body))
    return CreditStands(row["id"], row["amount_minor"], left, row["currency"])


async def find_credit(connection: Connection, code: str, actor: Actor) -> CreditStands:
    """What is left of a credit. NotFound `credit_not_found`."""
    actor.needs("associate", "store_manager", "head_office", "integrator", "system")
    row = await connection.fetchrow(_SQL, digest(spelled(code)))
    if row is None:
        raise NotFound("credit_not_found")
    return CreditStands(row["id"], row["amount_minor"], row["left_minor"], row["currency"])


def spelled(code: str) -> str:
    """A code as it was made: people type spaces and small letters."""
    return "".join(code.split()).upper()

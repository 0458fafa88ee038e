"""Payments that are looked at, and what a look found."""

from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from comptoir.kit.db import Tx
from comptoir.kit.ids import new_id
from comptoir.payments.executing import CALL_LIMIT, Part
from comptoir.payments.hearing import AGAIN, OwnPart
from comptoir.payments.sql import NOT_BEGUN

OURS: Final = ("exchange", "store_credit")
"""Providers that nobody else could be asked about."""

_ACCOUNT: Final = (
    "(SELECT CASE a.kind WHEN 'manual' THEN NULL ELSE a.id END FROM payment_account a WHERE a.active"
    " AND (a.channel IS NULL OR a.channel = o.channel) AND (a.provider IS NULL OR a.provider = p.provider)"
    " ORDER BY a.channel IS NULL, a.provider IS NULL, a.id LIMIT 1)"
)


class ToLook(NamedTuple):
    """A payment that somebody is to be asked about; `account` None: nobody can be."""

    order_id: UUID
    reference: str
    provider: str
    state: str
    shop_order: str
    account: str | None


async def claim(tx: Tx, most: int) -> list[ToLook]:
    """Payments that are due to be looked at, ours until the call's limit; those only authorized every twelve hours by themselves."""
    await tx.run(
        "UPDATE payment SET look_at = $1 WHERE (order_id, reference) IN (SELECT order_id, reference FROM payment WHERE state = 'authorized'"
        " AND (looked_at IS NULL OR looked_at < $2) AND look_at IS NULL AND provider <> ALL($4::text[])"
        " AND EXISTS (SELECT FROM payment_account WHERE active AND kind <> 'manual') LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED)",
        tx.now, tx.now - AGAIN, most, list(OURS),
    )  # fmt: skip
    rows = await tx.rows(
        "WITH next AS (SELECT order_id, reference FROM payment WHERE look_at <= $1 ORDER BY look_at LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED)"
        " UPDATE payment p SET look_at = $3 FROM next n JOIN sales_order o ON o.id = n.order_id WHERE p.order_id = n.order_id AND p.reference = n.reference"
        f" RETURNING p.order_id, p.reference, p.provider, p.state, coalesce(o.external_id, ''), {_ACCOUNT}",
        tx.now, most, tx.now + CALL_LIMIT,
    )  # fmt: skip
    return [ToLook(*row) for row in rows]


async def looked(tx: Tx, order: UUID, reference: str, again: timedelta | None = None) -> None:
    """It was looked at; once more after so long, if at all."""
    await tx.run(
        "UPDATE payment SET looked_at = $3, look_at = $4 WHERE order_id = $1 AND reference = $2",
        order, reference, tx.now, None if again is None else tx.now + again,
    )  # fmt: skip


async def look_at_named(tx: Tx, references: list[str]) -> None:
    """A provider speaks of these payments."""
    await tx.run(
        "UPDATE payment SET look_at = $2 WHERE starts_with(reference, 'pi_') AND reference = ANY($1::text[])"
        " AND state IN ('pending', 'authorized', 'captured')",
        references, tx.now,
    )  # fmt: skip


async def look_at_order(tx: Tx, order: UUID) -> None:
    """A shop says that its order has changed."""
    await tx.run(
        "UPDATE payment SET look_at = $2 WHERE order_id = $1 AND state IN ('authorized', 'captured') AND captured_minor < amount_minor"
        " AND provider <> ALL($3::text[])",
        order, tx.now, list(OURS),
    )  # fmt: skip


async def lock_payment(tx: Tx, order: UUID, reference: str) -> Any:
    """A payment's row, its order locked before it; None when it is gone. `others`: payments of the order beside it."""
    await tx.run("SELECT FROM sales_order WHERE id = $1 FOR NO KEY UPDATE", order)
    return await tx.row(
        "SELECT p.state, p.amount_minor, p.captured_minor, p.provider, o.channel, (SELECT count(*) FROM payment q WHERE q.order_id = p.order_id"
        "   AND q.reference <> p.reference AND q.state NOT IN ('pending', 'voided', 'failed') AND q.provider <> ALL($3::text[]))::int AS others"
        " FROM payment p JOIN sales_order o ON o.id = p.order_id WHERE p.order_id = $1 AND p.reference = $2 FOR NO KEY UPDATE OF p",
        order, reference, list(OURS),
    )  # fmt: skip


async def own_parts(tx: Tx, order: UUID, reference: str) -> list[OwnPart]:
    """Captures and voids of ours on a payment that are still wanted and have not gone, oldest first."""
    rows = await tx.rows(
        "SELECT p.id, p.kind, p.amount_minor, p.state FROM payment_part p JOIN payment_intention i ON i.id = p.intention AND i.state <> 'withdrawn'"
        " WHERE p.order_id = $1 AND p.reference = $2 AND p.kind <> 'refund' AND p.state NOT IN ('sent', 'confirmed') ORDER BY p.made_at, p.n, p.id",
        order, reference,
    )  # fmt: skip
    return [OwnPart(*row) for row in rows]


async def ends_at(tx: Tx, order: UUID, reference: str, capture_before: datetime | None) -> None:
    """Until when the provider lets it be captured."""
    await tx.run(
        "UPDATE payment SET capture_before = $3 WHERE order_id = $1 AND reference = $2",
        order,
        reference,
        capture_before,
    )


async def insert_beside(tx: Tx, order: UUID, reference: str, account: str, made_by: str, minor: int) -> Part:
    """A capture that somebody else made: an intention that nobody had, done already, with its one part."""
    made = new_id()
    await tx.run(
        "INSERT INTO payment_intention (id, order_id, kind, amount_minor, reason, made_by, due_at, intended_at, intended_who, state, begun_at, sent_at, settled_at)"
        " VALUES ($1, $2, 'capture', $3, 'captured_elsewhere', $4, $5, $5, $6, 'confirmed', $5, $5, $5)",
        made, order, minor, made_by, tx.now, tx.who,
    )  # fmt: skip
    await tx.run(
        "INSERT INTO payment_part (id, intention, n, order_id, reference, kind, amount_minor, account, state, key, made_at, provider_ref, problem, sent_at, settled_at, settled_by)"
        " VALUES ($1, $1, 1, $2, $3, 'capture', $4, $5, 'confirmed', $1, $6, $3, 'captured_elsewhere', $6, $6, $7)",
        made, order, reference, minor, account, tx.now, tx.who,
    )  # fmt: skip
    return Part(made, made, order, reference, "capture", minor, account, "confirmed", made, 0, tx.now)


async def let_go(tx: Tx, order: UUID, reference: str) -> None:
    """The authorization is gone."""
    await tx.run(
        "UPDATE payment SET state = 'voided' WHERE order_id = $1 AND reference = $2 AND captured_minor = 0 AND state = 'authorized'",
        order, reference,
    )  # fmt: skip


async def still_authorized(tx: Tx, order: UUID, reference: str, there_minor: int) -> int:
    """What of the order's money may still be captured: so much of this payment, all of the others that are only authorized."""
    others = await tx.value(
        "SELECT coalesce(sum(amount_minor), 0)::bigint FROM payment WHERE order_id = $1 AND reference <> $2 AND state = 'authorized' AND provider <> ALL($3::text[])",
        order, reference, list(OURS),
    )  # fmt: skip
    return there_minor + int(others)


async def voids_waiting(tx: Tx, order: UUID) -> list[Any]:
    """What was to be let go and has not been: not begun, or refused; the newest first, locked."""
    return await tx.rows(
        "SELECT id, amount_minor, reason, made_by, due_at, cause, state FROM payment_intention i WHERE order_id = $1 AND kind = 'void'"
        f" AND (state = 'failed' OR (state = 'intended' AND {NOT_BEGUN})) ORDER BY intended_at DESC, id DESC FOR NO KEY UPDATE",
        order,
    )


async def withdraw_one(tx: Tx, intention: UUID) -> None:
    await tx.run("UPDATE payment_intention SET state = 'withdrawn' WHERE id = $1", intention)

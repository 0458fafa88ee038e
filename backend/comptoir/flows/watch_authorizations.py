"""Money that is only authorized and will be gone before its goods leave: a case with one action, capture now; once it is gone, ask to pay again.

A payment's `capture_before` is its provider's word. Whatever leaves in time by its promise is captured with its hand-over, as always.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import msgspec

from comptoir.flows.given_lines import shares_of
from comptoir.flows.release_hold import hold_for_payment
from comptoir.fulfillment import resolving_sql
from comptoir.fulfillment import sql as work_sql
from comptoir.fulfillment.lifecycles import LIVE
from comptoir.kit.actor import SYSTEM, Actor
from comptoir.kit.db import Event, Tx, in_transaction
from comptoir.kit.errors import Conflict, Invalid
from comptoir.kit.runner import Flow
from comptoir.orders import sql as orders_sql
from comptoir.payments import link_sql, recording
from comptoir.payments import sql as payments_sql
from comptoir.payments.authorizing import AHEAD, ENDING, GONE, KINDS, PAY_AGAIN, SURE, TO_PAY, KeepAuthorization
from comptoir.payments.links import PAY_LINK
from comptoir.staff.sql import insert_audit

if TYPE_CHECKING:
    from comptoir.house import House

AT_ONCE: Final = 100

# A parcel that is promised in time is not waited for; a customer may come as late as they like.
_NOT_IN_TIME: Final = """(EXISTS (SELECT FROM work w WHERE w.order_id = p.order_id AND w.status = ANY($3::text[])
    AND (w.kind <> 'ship' OR w.promise_at < $1 OR w.promise_at > p.capture_before - $4::interval OR p.capture_before < $1 + $4::interval))
  OR EXISTS (SELECT FROM requirement r WHERE r.order_id = p.order_id AND r.unsourced + r.held > 0))"""
_ENDING: Final = f"""
SELECT p.order_id, p.reference FROM payment p JOIN sales_order o ON o.id = p.order_id AND o.canceled_at IS NULL
WHERE p.state = 'authorized' AND p.capture_before > $1 AND p.capture_before <= $2 AND {_NOT_IN_TIME}
  AND NOT EXISTS (SELECT FROM payment_intention i WHERE i.order_id = p.order_id AND i.kind = 'capture' AND i.state IN ('intended', 'sent', 'failed'))
  AND NOT EXISTS (SELECT FROM exception e WHERE e.order_id = p.order_id AND e.kind = '{ENDING}' AND e.body->>'reference' = p.reference)
ORDER BY p.capture_before LIMIT $5
"""
# Asked to pay again, and nobody did, while the goods were too far on to be held back.
_UNPAID: Final = f"""
SELECT p.order_id, p.reference FROM payment p WHERE p.state = 'pending' AND p.provider = '{PAY_LINK}' AND p.expires_at <= $1 AND p.expires_at > $1 - interval '7 days'
  AND p.reference LIKE '%{PAY_AGAIN}' AND EXISTS (SELECT FROM work w WHERE w.order_id = p.order_id AND w.status = ANY($2::text[]))
  AND NOT EXISTS (SELECT FROM order_hold h WHERE h.order_id = p.order_id AND h.reason = 'payment' AND h.released_at IS NULL)
  AND NOT EXISTS (SELECT FROM exception e WHERE e.order_id = p.order_id AND e.kind = '{GONE}' AND e.made_at >= p.expires_at) LIMIT $3
"""
_OVER: Final = """
UPDATE exception e SET resolved_at = $1, resolved_by = 'system', resolution = 'put_right' WHERE e.kind = ANY($2::text[]) AND e.resolved_at IS NULL
  AND (NOT EXISTS (SELECT FROM work w WHERE w.order_id = e.order_id AND w.status = ANY($3::text[]))
      AND NOT EXISTS (SELECT FROM requirement r WHERE r.order_id = e.order_id AND r.unsourced + r.held > 0)
    OR EXISTS (SELECT FROM payment p WHERE p.order_id = e.order_id AND p.state IN ('captured', 'part_refunded', 'refunded')
      AND (p.reference = e.body->>'reference' OR p.captured_at > e.made_at))
    OR e.kind = $4 AND EXISTS (SELECT FROM payment p WHERE p.order_id = e.order_id AND p.reference = e.body->>'reference' AND p.state = 'voided'))
"""
_CASE: Final = """
SELECT p.amount_minor, p.capture_before, trim(o.currency) AS currency, coalesce(
  (SELECT w.location FROM work w WHERE w.order_id = p.order_id AND w.status = ANY($3::text[]) ORDER BY w.created_at, w.id LIMIT 1),
  (SELECT l.location FROM order_line l WHERE l.order_id = p.order_id AND l.location IS NOT NULL ORDER BY l.line LIMIT 1),
  (SELECT l.id FROM location l ORDER BY l.kind <> 'warehouse', l.id LIMIT 1)) AS location,
  EXISTS (SELECT FROM work w WHERE w.order_id = p.order_id AND w.status = ANY($3::text[]))
    OR EXISTS (SELECT FROM requirement r WHERE r.order_id = p.order_id AND r.unsourced + r.held > 0) AS wanted
FROM payment p JOIN sales_order o ON o.id = p.order_id WHERE p.order_id = $1 AND p.reference = $2
"""


class AuthorizationKept(msgspec.Struct, frozen=True):
    """What was done about a case: an amount to be captured now, or one that the customer is asked for, until when."""

    exception: UUID
    order: UUID
    captured_minor: int = 0
    asked_minor: int = 0
    until: datetime | None = None


async def watch_authorizations(house: "House") -> int:
    """New cases of authorizations that end before their goods leave; those that ended by themselves are closed. How many new ones."""
    now, live = house.clock(), [status.value for status in LIVE]
    await in_transaction(house.pool, SYSTEM.who, now, lambda tx: tx.run(_OVER, now, list(KINDS), live, ENDING))
    rows = await house.pool.fetch(_ENDING, now, now + AHEAD, live, SURE, AT_ONCE)
    unpaid = await house.pool.fetch(_UNPAID, now, live, AT_ONCE)
    for found, kind in ((rows, ENDING), (unpaid, GONE)):
        for row in found:
            await in_transaction(house.pool, SYSTEM.who, now, telling(row, kind))
    return len(rows) + len(unpaid)


def telling(row: Any, kind: str) -> Callable[[Tx], Awaitable[None]]:
    """One case, waiting for its transaction."""

    async def tell(tx: Tx) -> None:
        await orders_sql.lock(tx, row["order_id"])
        await case_of(tx, row["order_id"], row["reference"], kind)

    return tell


async def case_of(tx: Tx, order: UUID, reference: str, kind: str) -> None:
    """A case about a payment, once; none for an order of which nothing is to be handed over any more. The order is locked."""
    row = await tx.row(_CASE, order, reference, [status.value for status in LIVE])
    if row is None or not row["wanted"] or row["location"] is None:
        return
    if await tx.value(
        "SELECT true FROM exception WHERE order_id = $1 AND kind = $2 AND body->>'reference' = $3 AND resolved_at IS NULL", order, kind, reference
    ):  # fmt: skip
        return
    await work_sql.insert_exception(
        tx, row["location"], kind, "store_manager", order=order,
        body={"reference": reference, "amount_minor": row["amount_minor"], "currency": row["currency"], "until": row["capture_before"]},
    )  # fmt: skip


async def keep_authorization(tx: Tx, command: KeepAuthorization, actor: Actor, now: datetime) -> AuthorizationKept:
    """The one action of such a case; where it has settled itself meanwhile, it is only closed.

    NotFound `exception_not_found`; Conflict `exception_resolved`; Invalid `other_answer` for another kind of case.
    """
    actor.needs("store_manager", "regional_manager", "head_office")
    order = await resolving_sql.order_of(tx, command.exception, actor)
    if order is not None:
        await orders_sql.lock(tx, order)
    row = await resolving_sql.lock(tx, command.exception, actor)
    if row["resolved_at"] is not None:
        raise Conflict("exception_resolved")
    if row["kind"] not in KINDS or order is None:
        raise Invalid("other_answer")
    if row["kind"] == ENDING:
        done = AuthorizationKept(command.exception, order, captured_minor=await _capture(tx, order, command.id))
    else:
        minor, until = await _ask(tx, order, actor, now)
        done = AuthorizationKept(command.exception, order, asked_minor=minor, until=until)
    await resolving_sql.close(tx, command.exception, "put_right", actor.who, now)
    await insert_audit(
        tx, actor, "authorization.kept", str(command.exception), location=row["location"], kind=row["kind"],
        captured_minor=done.captured_minor, asked_minor=done.asked_minor,
    )  # fmt: skip
    tx.tell(
        Event(
            "fulfillment.exception_resolved", order, {"kind": row["kind"], "resolution": "put_right"}, row["location"]
        )
    )
    return done


async def _capture(tx: Tx, order: UUID, cause: UUID) -> int:
    """All that is authorized and not to be let go is captured at once; later goods of the order find it captured."""
    minor = await payments_sql.left_to_capture(tx, order)
    if minor <= 0:
        return 0
    channel = await tx.value("SELECT channel FROM sales_order WHERE id = $1", order)
    await payments_sql.intend(tx, order, "capture", minor, "before_it_ends", channel, tx.now, cause)
    return minor


async def _ask(tx: Tx, order: UUID, actor: Actor, now: datetime) -> tuple[int, datetime | None]:
    """What is not paid any more is awaited again: held back where nobody has begun, by a link where one can be made."""
    row = await tx.row("SELECT number, total_minor FROM sales_order WHERE id = $1", order)
    assert row is not None
    shares = await shares_of(tx, order)
    needs = await orders_sql.requirements(tx, order)
    canceled = sum(shares[need["line"], need["part"]] * need["canceled"] // need["quantity"] for need in needs)
    payments = await payments_sql.lock_payments(tx, order)
    due = row["total_minor"] - canceled - sum(recording.paid_of(payment) for payment in payments)
    if due <= 0:
        return 0, None
    until, reference = now + TO_PAY, row["number"] + PAY_AGAIN
    await payments_sql.await_again(tx, order, reference, PAY_LINK, due, until)
    if await hold_for_payment(tx, order, actor, until, now):
        await link_sql.wish_again(tx, order, reference, due)
    tx.tell(Event("order.payment_due", order, {"again": True}))
    return due, until


FLOWS: Mapping[type, Flow] = {KeepAuthorization: keep_authorization}
"""What people do about money that is about to be gone."""

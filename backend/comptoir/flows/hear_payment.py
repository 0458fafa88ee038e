"""What a provider captured or let go without us is on file here, once, in whatever order it is heard; the rest of the order's money follows.

`errands.look_at_payments` asks; what is heard by an event, a shop's word or a comparison of days only says when.
"""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from comptoir.flows.execute_payment import confirm_part, tell_captured
from comptoir.flows.watch_authorizations import case_of
from comptoir.kit.actor import Actor
from comptoir.kit.db import Tx
from comptoir.kit.errors import NotFound
from comptoir.kit.runner import Flow
from comptoir.payments import executing_sql
from comptoir.payments import hearing_sql as sql
from comptoir.payments import sql as payments_sql
from comptoir.payments.authorizing import GONE
from comptoir.payments.hearing import LATER, Kept, PaymentHeard, RecordHeard, hear


async def record_heard(tx: Tx, command: RecordHeard, actor: Actor, now: datetime) -> PaymentHeard:
    """NotFound `order_not_found` for a payment that is not there."""
    row = await sql.lock_payment(tx, command.order, command.reference)
    if row is None:
        raise NotFound("order_not_found")
    payment = Kept(row["state"], row["amount_minor"], row["captured_minor"])
    there = command.there
    if command.whole and row["others"]:
        # A shop's order says one sum; which of several payments it is of, nobody knows.
        await sql.looked(tx, command.order, command.reference)
        return PaymentHeard(command.order, command.reference, payment.state, payment.captured_minor)
    parts = await sql.own_parts(tx, command.order, command.reference)
    heard = hear(payment, parts, there)
    await sql.looked(tx, command.order, command.reference, LATER if heard.later else None)
    await sql.ends_at(tx, command.order, command.reference, there.capture_before)
    if heard.later:
        return PaymentHeard(command.order, command.reference, payment.state, payment.captured_minor, later=True)
    for part in heard.settled:
        await confirm_part(tx, part, command.reference)
    if heard.beside_minor:
        made = await sql.insert_beside(
            tx, command.order, command.reference, command.account, row["channel"], heard.beside_minor
        )
        await executing_sql.move_money(tx, made, 1)
        tell_captured(tx, command.order, made.intention, heard.beside_minor)
    if heard.gone:
        await sql.let_go(tx, command.order, command.reference)
    if heard.added_minor or heard.gone:
        await follow(tx, command.order, command.reference, there.authorized_minor)
    if heard.gone and not any(part.kind == "void" for part in parts):
        await case_of(tx, command.order, command.reference, GONE)
    state = await sql.lock_payment(tx, command.order, command.reference)
    return PaymentHeard(command.order, command.reference, state["state"], state["captured_minor"], heard.added_minor)


async def follow(tx: Tx, order: UUID, reference: str, there_minor: int) -> None:
    """Of what was to be captured or let go only as much is left as is still authorized; what was captured is given back instead."""
    open_minor = await sql.still_authorized(tx, order, reference, there_minor)
    await payments_sql.trim_captures(tx, order, open_minor)
    voids = await sql.voids_waiting(tx, order)
    too_much = sum(row["amount_minor"] for row in voids) - open_minor
    for row in voids:
        less = min(too_much, row["amount_minor"])
        if less <= 0:
            break
        too_much -= less
        await sql.withdraw_one(tx, row["id"])
        rest = row["amount_minor"] - less
        await payments_sql.intend(tx, order, "void", rest, row["reason"], row["made_by"], row["due_at"], row["cause"])
        # Gives back what is captured, and never more than is left of that.
        await payments_sql.give_back(tx, order, less, row["reason"], row["cause"], tx.now)


FLOWS: Mapping[type, Flow] = {RecordHeard: record_heard}
"""What providers did without us."""

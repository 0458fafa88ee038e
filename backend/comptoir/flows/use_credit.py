"""Credit that was given for a return is used: a till or a shop takes an amount off it, or gives it back when its sale is undone.

An order that says it was paid with credit has to name such a use: `PlaceOrder.payment.reference` is the use's own, the amounts are the same,
and no other order had it.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from comptoir.kit.actor import Actor
from comptoir.kit.db import Connection, Tx
from comptoir.kit.errors import Conflict, Invalid, Refusal
from comptoir.orders.model import PlaceOrder
from comptoir.returns import credit_sql as sql
from comptoir.returns.model import UseCredit

CREDIT: Final = "store_credit"
"""The provider of a payment that a credit of ours made."""


class CreditStands(msgspec.Struct, frozen=True):
    """What a credit was and what is left of it. It has no end date."""

    credit: UUID
    amount_minor: int
    left_minor: int
    currency: str


async def use_credit(tx: Tx, command: UseCredit, actor: Actor, now: datetime) -> CreditStands:
    """Take `amount_minor` off, under the reference of the sale; below zero: the sale was undone. The same command counts once.

    NotFound `credit_not_found`; Conflict `credit_too_small` with what is left, `credit_too_full` for more than was taken under the reference
    and pays for no order of ours: an order's money goes back with its return or cancellation.
    """
    actor.needs("associate", "store_manager", "head_office", "integrator", "system")
    credit = await sql.lock(tx, command.code)
    if command.amount_minor < 0:
        taken = await sql.open_uses(tx, credit.id, command.reference)
        if -command.amount_minor > taken:
            raise Conflict("credit_too_full", taken_minor=taken)
    left = await sql.change(tx, credit, command.amount_minor, command.reference)
    return CreditStands(credit.id, credit.amount_minor, left, credit.currency)


async def find_credit(connection: Connection, code: str, actor: Actor) -> CreditStands:
    """What is left of a credit. NotFound `credit_not_found`."""
    actor.needs("associate", "store_manager", "head_office", "integrator", "system")
    found = await sql.find(connection, code)
    return CreditStands(found.id, found.amount_minor, found.left_minor, found.currency)


async def unpaid_by_credit(tx: Tx, orders: Iterable[PlaceOrder]) -> dict[UUID, Refusal]:
    """Of new orders that say a credit paid: those of which that is not so, and why. Credits are locked before stock.

    Invalid `credit_not_captured` for money that is only authorized: a credit is taken or not; Conflict `credit_not_used`.
    """
    said = [one for one in orders if one.payment.provider == CREDIT and one.payment.state != "pending"]
    if not said:
        return {}
    used = await sql.used_under(tx, [one.payment.reference for one in said])
    wrong: dict[UUID, Refusal] = {}
    for one in said:
        fault = fault_of(one.payment.state, one.payment.amount_minor, one.currency, used.get(one.payment.reference))
        if fault is not None:
            wrong[one.id] = fault
        else:
            # Two orders in one breath cannot both have it.
            used.pop(one.payment.reference)
    return wrong


def fault_of(state: str, amount_minor: int, currency: str, used: tuple[int, str] | None) -> Refusal | None:
    """Why a payment that is said to be a credit's is none; `used`: (minor, currency) taken under its reference for no order yet."""
    if state != "captured":
        return Invalid("credit_not_captured")
    if used is None or used != (amount_minor, currency):
        return Conflict("credit_not_used", used_minor=used[0] if used else 0)
    return None


async def take_for_order(tx: Tx, order: UUID, reference: str, state: str, amount_minor: int, currency: str) -> None:
    """A payment of an order on file is told to be a credit's: the use pays for it from now on. Refused as in `fault_of`."""
    used = await sql.used_under(tx, [reference])
    fault = fault_of(state, amount_minor, currency, used.get(reference))
    if fault is not None:
        raise fault
    await sql.belongs_to(tx, reference, order)

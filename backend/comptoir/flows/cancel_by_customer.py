"""The customer cancels the order behind their link, or some of it, after naming the order's e-mail or phone."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec

from comptoir.flows.cancel_order import OrderCanceled, cancel_order
from comptoir.kit.actor import Actor
from comptoir.kit.db import Tx
from comptoir.kit.errors import Conflict, Invalid, NotFound
from comptoir.kit.ids import same
from comptoir.orders.model import CancelOrder, LineQuantity

GONE = ("part_fulfilled", "fulfilled", "closed", "canceled")


class CancelByCustomer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of it, or some units of some lines. `contact` is what the customer typed; a link alone does not move money."""

    id: UUID
    order: UUID
    contact: Annotated[str, msgspec.Meta(max_length=254)]
    lines: Annotated[tuple[LineQuantity, ...], msgspec.Meta(max_length=100)] = ()


async def cancel_by_customer(tx: Tx, command: CancelByCustomer, actor: Actor, now: datetime) -> OrderCanceled:
    """Cancel it. Invalid `contact_differs`; Conflict `too_late_to_cancel` once something left the building."""
    if actor.role != "customer":
        raise NotFound("order_not_found")
    actor.needs_order(command.order)
    row = await tx.row(
        "SELECT o.progress, c.email, c.phone FROM sales_order o JOIN customer c ON c.id = o.customer WHERE o.id ="
        " $1 FOR NO KEY UPDATE OF o",
        command.order,
    )
    if row is None:
        raise NotFound("order_not_found")
    if not is_contact(command.contact, row["email"], row["phone"]):
        raise Invalid("contact_differs")
    if row["progress"] in GONE:
        raise Conflict("too_late_to_cancel")
    return await cancel_order(tx, CancelOrder(command.id, command.order, "customer", command.lines), actor, now)


def is_contact(typed: str, email: str | None, phone: str | None) -> bool:
    """Is this the order's e-mail (in any case) or phone (in any spelling: the last nine digits count)?"""
    plain = typed.strip().casefold()
    if email and same(plain, email.strip().casefold()):
        return True
    digits, known = (
        "".join(char for char in text if char.isdecimal() and char.isascii())[-9:] for text in (typed, phone or "")
    )
    return len(known) == 9 and "@" not in typed and same(digits, known)

"""A customer's data is erased: names and addresses leave every order of theirs, the invoices stay as the law asks.

The orders pass to a customer without a name, so that who buys again later under the same id begins anew. The customer asks behind
the order's link; for who writes or calls, head office does the same and says how it was asked and who looked that it is them.
"""

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal
from uuid import UUID

import msgspec

from comptoir.flows.cancel_by_customer import is_contact
from comptoir.kit.actor import SYSTEM, Actor
from comptoir.kit.db import Event, Tx, in_transaction
from comptoir.kit.errors import Conflict, Invalid, NotFound, Outage
from comptoir.kit.ids import new_id
from comptoir.staff.sql import insert_audit

if TYPE_CHECKING:
    from comptoir.house import House

log = logging.getLogger(__name__)

KEPT: Final = timedelta(days=5 * 365 + 2)
"""After the last order: as long as a claim from a contract may come. Invoices stay longer, and are not touched here."""
AT_ONCE: Final = 100
OVER: Final = ("fulfilled", "closed", "canceled")
Asked = Literal["letter", "call", "email", "store", "authority"]
"""How somebody asked for their data: chosen and not written, for what is written here is kept when the rest is erased."""
Identity = Literal["own_address", "called_back", "knew_order", "document_seen"]
"""How it was made sure that it is them: the kind of check alone, no number and no copy of anything."""


class EraseCustomer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Erase who bought this order. A link alone erases nothing: `contact` is what the customer typed; `asked` and `identity` are
    what head office says of a customer who wrote or called."""

    id: UUID
    order: UUID
    contact: Annotated[str, msgspec.Meta(max_length=254)] = ""
    asked: Asked | None = None
    identity: Identity | None = None


class GiveCustomerData(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Head office is about to give a customer the file of what is kept of them; that it did is kept."""

    id: UUID
    order: UUID
    asked: Asked | None = None
    identity: Identity | None = None


class Erased(msgspec.Struct, frozen=True):
    """Orders that name nobody any more."""

    orders: int


_WHOSE: Final = """
SELECT c.id, c.email, c.phone, c.language, c.erased_at FROM sales_order o JOIN customer c ON c.id = o.customer WHERE o.id = $1 FOR NO KEY UPDATE OF c
"""
_ORDERS: Final = """
SELECT o.id, o.progress,
  EXISTS (SELECT FROM payment_intention i WHERE i.order_id = o.id AND i.kind IN ('refund', 'void') AND i.state IN ('intended', 'sent', 'failed')) AS money,
  EXISTS (SELECT FROM return_request r WHERE r.order_id = o.id AND r.state = 'noticed')
    OR EXISTS (SELECT FROM rma m WHERE m.order_id = o.id AND m.status IN ('requested', 'received', 'inspected')) AS returning
FROM sales_order o WHERE o.customer = $1 ORDER BY o.id FOR NO KEY UPDATE OF o
"""
# What stands elsewhere with a name in it, each by order. A parcel's address and a company are rows of their own.
_ELSEWHERE: Final = (
    "DELETE FROM order_address WHERE order_id = ANY($1)",
    "DELETE FROM order_company WHERE order_id = ANY($1)",
    "DELETE FROM push_subscription WHERE order_id = ANY($1)",
    "DELETE FROM webhook_inbox WHERE order_id = ANY($1) AND state IN ('done', 'stale')",
    "DELETE FROM collector WHERE order_id = ANY($1)",
    "DELETE FROM label_file WHERE attempt IN (SELECT id FROM label_attempt WHERE order_id = ANY($1))",
    "UPDATE label_attempt SET words = NULL, void_words = NULL, reason = '' WHERE order_id = ANY($1)",
    # A carrier's own slip may name every addressee; ours is drawn again from what is kept, and names none.
    "UPDATE manifest SET slip = NULL, slip_state = 'none' WHERE slip_state = 'made' AND id IN"
    " (SELECT m.manifest FROM manifest_parcel m JOIN parcel p ON p.id = m.parcel WHERE p.order_id = ANY($1))",
    "DELETE FROM return_draft WHERE order_id = ANY($1)",
    "DELETE FROM return_photo WHERE order_id = ANY($1)",
    "UPDATE return_label SET sender = NULL, words = NULL, void_words = NULL, content = NULL, media_type = NULL WHERE order_id = ANY($1)",
    "UPDATE order_delivery SET gift_note = NULL WHERE order_id = ANY($1) AND gift_note IS NOT NULL",
    "UPDATE tracking_event SET words = '', place = '' WHERE parcel IN (SELECT t.parcel FROM tracking t WHERE t.order_id = ANY($1)) AND words || place <> ''",
    "UPDATE tracking SET place = '' WHERE order_id = ANY($1) AND place <> ''",
    "UPDATE change_request SET body = '{}' WHERE order_id = ANY($1) AND kind = 'delivery'",
    "UPDATE rating SET comment = '' WHERE order_id = ANY($1) AND comment <> ''",
    "UPDATE arrival SET place = '' WHERE order_id = ANY($1) AND place <> ''",
    "UPDATE hand_over SET collector = NULL WHERE order_id = ANY($1) AND collector IS NOT NULL",
    "UPDATE order_hold SET note = NULL WHERE order_id = ANY($1) AND note IS NOT NULL",
    "UPDATE order_hold SET detail = '' WHERE order_id = ANY($1) AND reason IN ('manual', 'fraud') AND detail <> ''",
    "UPDATE return_request SET reply_to = NULL WHERE order_id = ANY($1) AND reply_to IS NOT NULL",
    "UPDATE rma_unit SET note = NULL, less_why = NULL WHERE order_id = ANY($1) AND (note IS NOT NULL OR less_why IS NOT NULL)",
    "UPDATE rma SET by_permission = '' WHERE order_id = ANY($1) AND by_permission <> ''",
    "UPDATE device_event SET body = body - 'collector' WHERE kind = 'hand_over' AND body ? 'collector'"
    " AND id IN (SELECT h.id FROM hand_over h WHERE h.order_id = ANY($1))",
)


async def erase_customer(tx: Tx, command: EraseCustomer, actor: Actor, now: datetime) -> Erased:
    """Raises NotFound; Forbidden; Invalid `contact_differs`, `check_missing`; Conflict `erase_order_open`, `erase_money_due`,
    `erase_return_open`, `customer_erased`."""
    who = await whose(tx, command.order, actor)
    told: dict[str, Any] = {}
    if actor.role == "customer":
        if not is_contact(command.contact, who["email"], who["phone"]):
            raise Invalid("contact_differs")
    else:
        told = checked(command.asked, command.identity)
    rows = await tx.rows(_ORDERS, who["id"])
    if reason := why_not([(row["progress"], row["money"], row["returning"]) for row in rows]):
        refuse(reason)
    if told:
        await insert_audit(tx, actor, "customer.erased", str(command.order), orders=len(rows), **told)
    return await forget(tx, who["id"], command.id, who["language"], [row["id"] for row in rows], now, told)


async def give_customer_data(tx: Tx, command: GiveCustomerData, actor: Actor, now: datetime) -> None:
    """Raises NotFound; Forbidden; Invalid `check_missing`; Conflict `customer_erased`."""
    actor.needs("head_office")
    await whose(tx, command.order, actor)
    told = checked(command.asked, command.identity)
    await insert_audit(tx, actor, "customer.data_given", str(command.order), **told)
    tx.tell(Event("customer.data_given", command.order, told))


async def whose(tx: Tx, order: UUID, actor: Actor) -> Any:
    """The customer of an order, locked, for themselves or for head office."""
    if actor.role != "customer":
        actor.needs("head_office")
    actor.needs_order(order)
    who = await tx.row(_WHOSE, order)
    if who is None:
        raise NotFound("order_not_found")
    if who["erased_at"] is not None:
        raise Conflict("customer_erased")
    return who


def checked(asked: Asked | None, identity: Identity | None) -> dict[str, Any]:
    """What is kept of how it was asked and checked. Invalid `check_missing` where one of them was not said."""
    if asked is None or identity is None:
        raise Invalid("check_missing")
    return {"asked": asked, "identity": identity}


async def forget(
    tx: Tx, customer: UUID, nobody: UUID, language: str, orders: list[UUID], now: datetime, told: dict[str, Any]
) -> Erased:
    """These orders, all of the customer's, pass to `nobody`; whatever names somebody is emptied. `told` goes into the event."""
    for sql in _ELSEWHERE:
        await tx.run(sql, orders)
    await tx.run(
        "INSERT INTO customer (id, first_name, last_name, language, erased_at) VALUES ($1, '', '', $2, $3)",
        nobody, language, now,
    )  # fmt: skip
    # The generation ends what was derived for the old link; the customer without a name ends the link itself.
    await tx.run(
        "UPDATE sales_order SET customer = $2, collector = NULL, link_generation = link_generation + 1, version = version + 1 WHERE id = ANY($1)",
        orders, nobody,
    )  # fmt: skip
    await tx.run("DELETE FROM customer_preference WHERE customer = $1", customer)
    # The row itself stays, empty: an order that comes in at this moment may have seen it.
    await tx.run(
        "UPDATE customer SET first_name = '', last_name = '', email = NULL, phone = NULL, consents = '{}' WHERE id = $1",
        customer,
    )
    for order in orders:
        tx.tell(Event("customer.erased", order, told))
    return Erased(len(orders))


def why_not(orders: list[tuple[str, bool, bool]]) -> str | None:
    """What stands in the way, first things first. `orders`: (progress, money is due back, a return is running)."""
    if any(progress not in OVER for progress, _, _ in orders):
        return "erase_order_open"
    if any(money for _, money, _ in orders):
        return "erase_money_due"
    return "erase_return_open" if any(returning for _, _, returning in orders) else None


def refuse(reason: str) -> None:
    """The refusal by its name."""
    if reason == "erase_order_open":
        raise Conflict("erase_order_open")
    if reason == "erase_money_due":
        raise Conflict("erase_money_due")
    raise Conflict("erase_return_open")


# Whoever has something open is not asked for at all: a hundred of them would stand before everybody else for years.
_OLD: Final = """
SELECT c.id, c.language FROM sales_order o JOIN customer c ON c.id = o.customer
WHERE o.received_at < $1 AND c.erased_at IS NULL AND NOT EXISTS (SELECT FROM sales_order l WHERE l.customer = c.id
    AND (l.received_at >= $1 OR l.progress NOT IN ('fulfilled', 'closed', 'canceled')
      OR EXISTS (SELECT FROM payment_intention i WHERE i.order_id = l.id AND i.kind IN ('refund', 'void') AND i.state IN ('intended', 'sent', 'failed'))
      OR EXISTS (SELECT FROM return_request r WHERE r.order_id = l.id AND r.state = 'noticed')
      OR EXISTS (SELECT FROM rma m WHERE m.order_id = l.id AND m.status IN ('requested', 'received', 'inspected'))))
GROUP BY c.id ORDER BY min(o.received_at), c.id LIMIT $2
"""


async def forget_old(house: "House") -> int:
    """Customers whose last order is old are forgotten without being asked. How many were; what is still owed waits."""
    now = house.clock()
    rows = await house.pool.fetch(_OLD, now - KEPT, AT_ONCE)
    gone = 0
    for row in rows:
        try:
            gone += await in_transaction(house.pool, SYSTEM.who, now, forgetting(row["id"], row["language"], now))
        except Outage:
            raise
        except Exception as fault:
            # One that cannot be forgotten stands in nobody else's way; what a fault says may name them.
            log.error("customer %s could not be forgotten: %s", row["id"], type(fault).__name__)
    return gone


def forgetting(customer: UUID, language: str, now: datetime) -> Callable[[Tx], Awaitable[bool]]:
    """One customer, waiting for their transaction; False where something is still open."""

    async def work(tx: Tx) -> bool:
        rows = await tx.rows(_ORDERS, customer)
        recent = await tx.value("SELECT true FROM sales_order WHERE customer = $1 AND received_at >= $2", customer, now - KEPT)  # fmt: skip
        if recent or not rows or why_not([(row["progress"], row["money"], row["returning"]) for row in rows]):
            return False
        await forget(tx, customer, new_id(), language, [row["id"] for row in rows], now, {})
        return True

    return work

"""Other goods in place of those that came back: an order like any other, sourced, promised, and paid with what the return gives."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

import msgspec

from comptoir.flows.place_orders import Candidate, place_group, prepare
from comptoir.flows.use_credit import CREDIT
from comptoir.kit.actor import SYSTEM
from comptoir.kit.db import Tx
from comptoir.kit.errors import Invalid, Refusal
from comptoir.kit.ids import Seal
from comptoir.orders.model import Address, CustomerDetails, OrderedLine, OrderPlaced, PaymentDetails, PlaceOrder
from comptoir.payments import link_sql
from comptoir.returns.exchanging import Listed, Share, Taking
from comptoir.returns.model import Return
from comptoir.sourcing.outlook import Outlook

EXCHANGES: Final = UUID("5b0f6c42-9a53-5d0e-8f3e-2f2a1c7d9b10")
"""Namespace of the orders that exchanges become, made from the return's id."""

TO_PAY: Final = timedelta(hours=48)
"""How long other goods that cost more are kept for whoever pays the difference."""

_LISTED = "SELECT sku, name, style, price_minor, vat_rate_bp FROM sku WHERE sku = ANY($1::text[])"
_BUYER = """
SELECT o.language, trim(o.currency) AS currency, o.customer, c.first_name, c.last_name, c.email, c.phone,
  a.name, a.street, a.street2, a.postcode, a.city, a.country, a.phone AS to_phone
FROM sales_order o JOIN customer c ON c.id = o.customer LEFT JOIN order_address a ON a.order_id = o.id WHERE o.id = $1
"""


class Exchanged(msgspec.Struct, frozen=True):
    """The order of the other goods; `due_reference` names the payment that is still awaited for it, `by_link` by a link of its provider."""

    order: UUID
    number: str
    due_reference: str | None
    by_link: bool = False


def credit_reference(number: str) -> str:
    """Under what a credit pays for the exchange of this return."""
    return f"{number}-CREDIT"


async def listed(tx: Tx, skus: Sequence[str]) -> dict[str, Listed]:
    """Articles as they are sold today."""
    return {row["sku"]: msgspec.convert(dict(row), Listed) for row in await tx.rows(_LISTED, sorted(set(skus)))}


async def place_exchange(
    tx: Tx, outlook: Outlook, seal: Seal, found: Return, taking: Sequence[Taking], share: Share, *, recipient: str,
    till_reference: str | None, now: datetime, by_credit_minor: int = 0,
) -> Exchanged:  # fmt: skip
    """Place it on exact, locked figures. Shortage when the goods are not there; Invalid `recipient_needed`, `no_pickup_there`."""
    row = await tx.row(_BUYER, found.order) if found.order else None
    command = compose(found, row, taking, recipient, now)
    due = share.due_minor - by_credit_minor
    reference = f"{found.number}-DUE"
    if due and till_reference is None:
        pending = PaymentDetails("pay_link", reference, "pending", due, now + TO_PAY)
        command = msgspec.structs.replace(command, payment=pending)
    candidate = Candidate(command, SYSTEM, None)
    prepare(candidate, outlook, now)
    await place_group(tx, [candidate], outlook, seal, now, exact=True)
    if isinstance(candidate.outcome, Refusal):
        raise candidate.outcome
    assert candidate.outcome is not None
    placed = msgspec.json.decode(candidate.outcome.answer, type=OrderPlaced)
    by_link = False
    if due and till_reference is None:
        by_link = await link_sql.wish(tx, command.id, reference, due, now + TO_PAY) is not None
    await pay(tx, command.id, found.number, share.used_minor, due, till_reference, by_credit_minor)
    return Exchanged(command.id, placed.number, reference if due and till_reference is None else None, by_link)


def compose(found: Return, row: Any, taking: Sequence[Taking], recipient: str, now: datetime) -> PlaceOrder:
    """The exchange as an order. Invalid `recipient_needed` where nobody's name may stand on it."""
    ships = any(one.ship for one in taking)
    buyer = None if found.gift or row is None or not row["first_name"] else row
    if buyer is None and (not recipient.strip() or ships):
        raise Invalid("recipient_needed")
    first, _, last = recipient.strip().partition(" ")
    person = (
        CustomerDetails(buyer["first_name"], buyer["last_name"], buyer["customer"], buyer["email"], buyer["phone"])
        if buyer is not None
        else CustomerDetails(first, last.strip() or first)
    )
    to = None
    if ships and buyer is not None:
        if buyer["street"] is None:
            raise Invalid("address_missing")
        to = Address(
            buyer["name"], buyer["street"], buyer["street2"], buyer["postcode"], buyer["city"], buyer["country"], buyer["to_phone"]
        )  # fmt: skip
    total = sum(one.total_minor for one in taking)
    return PlaceOrder(
        id=uuid5(EXCHANGES, str(found.id)), placed_at=now, customer=person, currency=row["currency"] if row else "EUR",
        language=row["language"] if row and row["language"] == "en" else "fr", ship_to=to,
        lines=tuple(
            OrderedLine(
                one.quantity, one.unit_price_minor, one.vat_rate_bp, one.vat_minor, one.total_minor,
                "ship" if one.ship else "pickup", one.sku, None if one.ship else found.location, one.discount_minor, one.title,
            )
            for one in taking
        ),
        payment=PaymentDetails("exchange", found.number, "captured", total), total_minor=total,
        vat_minor=sum(one.vat_minor for one in taking), collector=recipient.strip(),
    )  # fmt: skip


async def pay(
    tx: Tx,
    order: UUID,
    number: str,
    used_minor: int,
    due_minor: int,
    till_reference: str | None,
    by_credit_minor: int = 0,
) -> None:
    """What the return gives is a payment under its number; the difference, where the till took it, is one under its receipt; a credit's too."""
    await tx.run("DELETE FROM payment WHERE order_id = $1 AND provider = 'exchange'", order)
    paid = [("exchange", number, used_minor), (CREDIT, credit_reference(number), by_credit_minor)]
    if due_minor and till_reference is not None:
        paid.append(("till", till_reference, due_minor))
    for provider, reference, minor in paid:
        # Under the return's number it stands also where what came back is worth nothing: by it the two find each other.
        if minor or provider == "exchange":
            await tx.run(
                "INSERT INTO payment (order_id, reference, provider, state, amount_minor, captured_minor)"
                " VALUES ($1, $2, $3, 'captured', $4, $4)",
                order, reference, provider, minor,
            )  # fmt: skip

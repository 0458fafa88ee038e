"""A Shopify order in our words. Pure. Topics: orders/create, orders/updated, orders/paid, orders/cancelled.

Amounts are in the shop's currency; with `taxes_included` they contain the VAT, else it stands beside them. Nothing is
read from `payment_details`: card data has no place here.
"""

from collections.abc import Set
from typing import Literal

from comptoir.channels.composing import (
    MOST_LINES,
    UNPAID_WAITS,
    Remarks,
    address,
    checked,
    language_of,
    person_named,
    place_named,
    reach,
)
from comptoir.channels.model import ChannelCancel, ChannelOrder, Ignored, Meaning, Untranslatable, customer_id, order_id
from comptoir.channels.reading import (
    Object,
    basis_points,
    code,
    currency_of,
    identifier,
    inner,
    minor,
    moment,
    objects,
    quantity,
    read_object,
    words,
)
from comptoir.kit.money import split, vat_on, vat_within
from comptoir.orders.model import ChannelFacts, CustomerDetails, OrderedLine, PaymentDetails, PlaceOrder

ORDERS = frozenset(
    {
        "orders/create",
        "orders/updated",
        "orders/paid",
        "orders/edited",
        "orders/cancelled",
        "orders/partially_fulfilled",
    }
)
PRIVACY = frozenset({"customers/data_request", "customers/redact", "shop/redact"})
State = Literal["pending", "authorized", "captured"]
PENDING: State = "pending"
STATES: dict[str, State] = {
    "paid": "captured",
    "partially_refunded": "captured",
    "authorized": "authorized",
}


def translate(channel: str, topic: str, body: bytes, places: Set[str]) -> Meaning:
    """See `channels.model.Translate`."""
    if topic in PRIVACY:
        raise Untranslatable("privacy_request", topic)
    if topic not in ORDERS:
        return Ignored("topic not used")
    sent = read_object(body)
    external_id = identifier(sent.get("id"), "id")
    updated_at = moment(sent.get("updated_at"), "updated_at")
    if sent.get("cancelled_at") is not None:
        moment(sent["cancelled_at"], "cancelled_at")
        return ChannelCancel(
            order_id(channel, external_id), external_id, updated_at, words(sent.get("cancel_reason"), 40)
        )
    if "line_items" not in sent:
        raise Untranslatable("not_an_order", "line_items")
    if sent.get("fulfillment_status") == "fulfilled":
        return Ignored("fulfilled in the shop")
    return _order(channel, external_id, sent, places)


def _order(channel: str, external_id: str, sent: Object, places: Set[str]) -> Meaning:
    currency = currency_of(sent.get("currency"))
    remarks = Remarks()
    inside = sent.get("taxes_included") is True
    shipping = objects(sent.get("shipping_lines"), 20, "shipping_lines")
    location = _pickup(sent, shipping, places, remarks)
    lines = _lines(sent, currency, inside, location, remarks)
    if not lines:
        return Ignored("nothing to fulfill")
    if sent.get("test") is True:
        remarks.holds.append("test order of the shop")
    number = words(sent.get("name"), 40) or external_id
    buyer, billing, delivery = (
        inner(sent.get("customer")),
        inner(sent.get("billing_address")),
        inner(sent.get("shipping_address")),
    )
    people = [buyer, billing, delivery]
    first, last = person_named(people, number)
    mail, phone = reach([sent, *people, inner(buyer.get("default_address"))], remarks)
    to = address(delivery or billing, "address1", "address2", "zip", "country_code", remarks)
    total = minor(sent.get("total_price"), currency, "total_price")
    consent = buyer.get("email_marketing_consent")
    agreed = sent.get("buyer_accepts_marketing") is True or inner(consent).get("state") == "subscribed"
    order = PlaceOrder(
        id=order_id(channel, external_id),
        placed_at=moment(sent.get("processed_at") or sent.get("created_at"), "created_at"),
        customer=CustomerDetails(
            id=customer_id(
                channel, identifier(buyer["id"], "customer.id") if buyer.get("id") else f"of order {external_id}"
            ),
            first_name=first,
            last_name=last,
            email=mail,
            phone=phone,
            consents=("marketing",) if agreed else (),
        ),
        lines=lines,
        payment=_payment(sent, external_id, total),
        total_minor=total,
        vat_minor=minor(sent.get("total_tax"), currency, "total_tax"),
        shipping_minor=sum(_after_discounts(one, currency) for one in shipping),
        shipping_vat_minor=sum(_tax(one, currency) for one in shipping),
        currency=currency,
        language=language_of(sent.get("customer_locale")),
        ship_to=to if location is None else None,
        if_short="hold",
        prices_include_vat=inside,
        hold=remarks.hold,
    )
    facts = ChannelFacts(channel, external_id, number, moment(sent.get("updated_at"), "updated_at"))
    return ChannelOrder(checked(order), facts, tuple(remarks.notes))


def _lines(
    sent: Object, currency: str, inside: bool, location: str | None, remarks: Remarks
) -> tuple[OrderedLine, ...]:
    kept = [
        one
        for one in objects(sent.get("line_items"), MOST_LINES, "line_items")
        if quantity(one.get("quantity"), "quantity")
    ]
    spread = _spread_discount(sent, kept, currency)
    sole_rate = _sole_rate(sent)
    lines = []
    for one, discount in zip(kept, spread, strict=True):
        price, units = minor(one.get("price"), currency, "line_items.price"), one["quantity"]
        total = price * units - discount
        taxes = objects(one.get("tax_lines"), 20, "line_items.tax_lines")
        if taxes:
            rate = sum(basis_points(tax.get("rate"), 1, "tax_lines.rate") for tax in taxes)
            vat = _tax(one, currency)
        else:
            # Old bodies state the tax once for the order; a line's own is what that one rate gives.
            rate = sole_rate if one.get("taxable", True) is not False else 0
            vat = (vat_within if inside else vat_on)(max(0, total), rate)
        if one.get("requires_shipping") is False:
            remarks.note("a line needs no shipping")
        lines.append(
            OrderedLine(
                quantity=units,
                unit_price_minor=price,
                discount_minor=discount,
                total_minor=total,
                vat_rate_bp=rate,
                vat_minor=vat,
                method="ship" if location is None else "pickup",
                location=location,
                title=words(one.get("name")) or words(one.get("title")),
                external_sku=words(one.get("sku")) or _variant(one),
            )
        )
    return tuple(lines)


def _variant(line: Object) -> str:
    """A line without a SKU is known by its variant, or its product."""
    for word, key in (("variant", "variant_id"), ("product", "product_id")):
        if line.get(key):
            return f"{word}:{identifier(line[key], key)}"
    return ""


def _spread_discount(sent: Object, lines: list[Object], currency: str) -> list[int]:
    """Each line's discount: its allocations; in old bodies its own total, or its share of the order's."""
    if any("discount_allocations" in one for one in lines):
        return [_allocated(one, currency) for one in lines]
    own = [minor(one.get("total_discount") or "0", currency, "total_discount") for one in lines]
    whole = minor(sent.get("total_discounts") or "0", currency, "total_discounts")
    if any(own) or whole <= 0:
        return own
    return split(whole, [minor(one.get("price"), currency, "price") * one["quantity"] for one in lines])


def _allocated(line: Object, currency: str) -> int:
    allocations = objects(line.get("discount_allocations"), 50, "discount_allocations")
    return sum(minor(one.get("amount"), currency, "discount_allocations.amount") for one in allocations)


def _after_discounts(line: Object, currency: str) -> int:
    return minor(line.get("price"), currency, "shipping_lines.price") - _allocated(line, currency)


def _tax(line: Object, currency: str) -> int:
    return sum(
        minor(one.get("price"), currency, "tax_lines.price") for one in objects(line.get("tax_lines"), 20, "tax_lines")
    )


def _sole_rate(sent: Object) -> int:
    """The order's tax rate if it has exactly one; with several, nobody can say which line has which."""
    taxes = objects(sent.get("tax_lines"), 20, "tax_lines")
    return basis_points(taxes[0].get("rate"), 1, "tax_lines.rate") if len(taxes) == 1 else 0


def _pickup(sent: Object, shipping: list[Object], places: Set[str], remarks: Remarks) -> str | None:
    """The store that collects: an order attribute `pickup_location`, else the shipping method's code or title."""
    named = [
        words(one.get("value"))
        for one in objects(sent.get("note_attributes"), 100, "note_attributes")
        if words(one.get("name")).lower() in ("pickup_location", "pickup-location-id")
    ]
    asked = next(filter(None, named), "")
    for text in (asked, *(words(one.get(key)) for one in shipping for key in ("code", "title"))):
        if place := place_named(text, places):
            return place
    asked = asked or next(
        (words(one.get("code")) for one in shipping if words(one.get("code")).lower().startswith("pickup")), ""
    )
    if asked:
        remarks.holds.append(f"unknown place of collection: {asked}")
    return None


def _payment(sent: Object, external_id: str, total: int) -> PaymentDetails:
    names = sent.get("payment_gateway_names")
    gateway = sent.get("gateway") or (names[0] if isinstance(names, list) and names else None)
    state = STATES.get(words(sent.get("financial_status")), PENDING)
    waits = moment(sent.get("updated_at"), "updated_at") + UNPAID_WAITS if state == "pending" else None
    return PaymentDetails(code(gateway, "shopify"), f"order {external_id}", state, total, waits)

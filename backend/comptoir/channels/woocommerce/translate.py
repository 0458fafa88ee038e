"""A WooCommerce order in our words. Pure. Topics: order.created, order.updated, order.restored, order.deleted.

WooCommerce sends every amount without VAT and the VAT beside it. Where the shop enters prices with VAT, the two are put
together again, so that what we keep is what the customer saw. Fees stand with the shipping: both are not goods.
"""

from collections.abc import Mapping, Set

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
    rate_behind,
    read_object,
    words,
)
from comptoir.orders.model import ChannelFacts, CustomerDetails, OrderedLine, PaymentDetails, PlaceOrder

ORDERS = frozenset({"order.created", "order.updated", "order.restored"})
GONE = frozenset({"cancelled", "refunded", "trash"})
UNPAID = frozenset({"pending", "on-hold", "failed"})
DRAFTS = frozenset({"auto-draft", "checkout-draft", "draft"})
PICKUP_METHODS = frozenset({"local_pickup", "pickup_location"})
PICKUP_KEYS = ("pickup_location_id", "_pickup_location_id", "pickup_location", "_pickup_location")


def translate(channel: str, topic: str, body: bytes, places: Set[str]) -> Meaning:
    """See `channels.model.Translate`."""
    if topic == "order.deleted":
        return _deleted(channel, read_object(body))
    if topic not in ORDERS:
        return Ignored("topic not used")
    sent = read_object(body)
    external_id = identifier(sent.get("id"), "id")
    updated_at = moment(sent.get("date_modified_gmt"), "date_modified_gmt")
    status = words(sent.get("status"), 40)
    if "line_items" not in sent or not status:
        raise Untranslatable("not_an_order", "status" if "line_items" in sent else "line_items")
    if status in GONE:
        return ChannelCancel(order_id(channel, external_id), external_id, updated_at, status)
    if status in DRAFTS:
        return Ignored("not yet an order")
    if status == "completed":
        return Ignored("fulfilled in the shop")
    return _order(channel, external_id, status, sent, places)


def _deleted(channel: str, sent: Object) -> Meaning:
    # Only this exact shape: the topic is not signed, and a product's body names an id as well.
    if set(sent) != {"id"}:
        raise Untranslatable("not_a_deletion")
    external_id = identifier(sent["id"], "id")
    return ChannelCancel(order_id(channel, external_id), external_id, None, "deleted")


def _order(channel: str, external_id: str, status: str, sent: Object, places: Set[str]) -> Meaning:
    currency = currency_of(sent.get("currency"))
    remarks = Remarks()
    inside = sent.get("prices_include_tax") is True
    shipping = objects(sent.get("shipping_lines"), 20, "shipping_lines")
    location = _pickup(sent, shipping, places, remarks)
    lines = _lines(sent, currency, inside, location)
    if not lines:
        return Ignored("nothing to fulfill")
    billing, delivery = inner(sent.get("billing")), inner(sent.get("shipping"))
    number = words(sent.get("number"), 40) or external_id
    first, last = person_named([billing, delivery], number)
    mail, phone = reach([billing, delivery], remarks)
    buyer = sent.get("customer_id")
    carriage, carriage_vat = _carriage(shipping, currency)
    fees, fees_vat = _carriage(objects(sent.get("fee_lines"), 50, "fee_lines"), currency)
    if fees or fees_vat:
        remarks.note("fees counted as shipping")
    to = address(delivery, "address_1", "address_2", "postcode", "country", remarks)
    to = to or address(billing, "address_1", "address_2", "postcode", "country", remarks)
    total = minor(sent.get("total"), currency, "total")
    order = PlaceOrder(
        id=order_id(channel, external_id),
        placed_at=moment(sent.get("date_created_gmt"), "date_created_gmt"),
        customer=CustomerDetails(
            id=customer_id(channel, identifier(buyer, "customer_id") if buyer else f"of order {external_id}"),
            first_name=first,
            last_name=last,
            email=mail,
            phone=phone,
        ),
        lines=lines,
        payment=_payment(sent, status, external_id, total),
        total_minor=total,
        vat_minor=minor(sent.get("total_tax"), currency, "total_tax"),
        shipping_minor=carriage + fees + (carriage_vat + fees_vat if inside else 0),
        shipping_vat_minor=carriage_vat + fees_vat,
        currency=currency,
        language=language_of(_meta(sent).get("wpml_language")),
        ship_to=to if location is None else None,
        if_short="hold",
        prices_include_vat=inside,
        hold=remarks.hold,
    )
    facts = ChannelFacts(channel, external_id, number, moment(sent.get("date_modified_gmt"), "date_modified_gmt"))
    return ChannelOrder(checked(order), facts, tuple(remarks.notes))


def _lines(sent: Object, currency: str, inside: bool, location: str | None) -> tuple[OrderedLine, ...]:
    percent = _percents(sent)
    lines = []
    for one in objects(sent.get("line_items"), MOST_LINES, "line_items"):
        units = quantity(one.get("quantity"), "line_items.quantity")
        if not units:
            continue
        before, before_vat, net, vat = (
            minor(one.get(key) or "0", currency, f"line_items.{key}")
            for key in ("subtotal", "subtotal_tax", "total", "total_tax")
        )
        paid, listed = (net + vat, before + before_vat) if inside else (net, before)
        # No price per unit is sent in money. Where the sum does not divide, the odd cents stand as discount.
        unit = -(-max(listed, paid) // units)
        lines.append(
            OrderedLine(
                quantity=units,
                unit_price_minor=unit,
                discount_minor=unit * units - paid,
                total_minor=paid,
                vat_minor=vat,
                vat_rate_bp=_rate(one, percent, vat, net),
                method="ship" if location is None else "pickup",
                location=location,
                title=words(one.get("name")),
                external_sku=words(one.get("sku")) or _product(one),
            )
        )
    return tuple(lines)


def _product(line: Object) -> str:
    """A line without a SKU is known by its variation, or its product."""
    for word, key in (("variation", "variation_id"), ("product", "product_id")):
        if line.get(key):
            return f"{word}:{identifier(line[key], key)}"
    return ""


def _percents(sent: Object) -> dict[str, int]:
    """Tax rates by rate id, in basis points, where the shop's version sends them."""
    taxes = objects(sent.get("tax_lines"), 50, "tax_lines")
    return {
        words(one.get("rate_id")): basis_points(one["rate_percent"], 100, "tax_lines.rate_percent")
        for one in taxes
        if one.get("rate_percent") is not None
    }


def _rate(line: Object, percent: Mapping[str, int], vat: int, net: int) -> int:
    """The rates that were charged on the line, added; else the rate that the amounts imply."""
    charged = [
        words(tax.get("id"))
        for tax in objects(line.get("taxes"), 20, "taxes")
        if tax.get("total") not in (None, "", "0")
    ]
    if vat and charged and all(one in percent for one in charged):
        return min(10_000, sum(percent[one] for one in charged))
    return rate_behind(vat, net)


def _carriage(lines: list[Object], currency: str) -> tuple[int, int]:
    """The sum of these lines without VAT, and their VAT."""
    return (
        sum(minor(one.get("total") or "0", currency, "shipping_lines.total") for one in lines),
        sum(minor(one.get("total_tax") or "0", currency, "shipping_lines.total_tax") for one in lines),
    )


def _meta(source: Object) -> dict[str, str]:
    return {
        words(one.get("key")): words(one.get("value")) for one in objects(source.get("meta_data"), 500, "meta_data")
    }


def _pickup(sent: Object, shipping: list[Object], places: Set[str], remarks: Remarks) -> str | None:
    """The store that collects: named by a collection method's meta data, instance or title."""
    asked = ""
    for one in shipping:
        method, meta, title = words(one.get("method_id")), _meta(one), words(one.get("method_title"))
        method, _, instance = method.partition(":")
        collects = method in PICKUP_METHODS or title.lower().startswith("pickup:")
        if not collects and method not in places:
            continue
        named = [*(meta[key] for key in PICKUP_KEYS if meta.get(key)), instance, title, method]
        for text in (*named, *(text for key in PICKUP_KEYS if (text := _meta(sent).get(key, "")))):
            if place := place_named(text, places):
                return place
        asked = next(filter(None, named), "") or method
    if asked:
        remarks.holds.append(f"unknown place of collection: {asked}")
    return None


def _payment(sent: Object, status: str, external_id: str, total: int) -> PaymentDetails:
    paid = sent.get("date_paid_gmt") is not None and status not in UNPAID
    waits = None if paid else moment(sent.get("date_modified_gmt"), "date_modified_gmt") + UNPAID_WAITS
    return PaymentDetails(
        code(sent.get("payment_method"), "woocommerce"),
        code(sent.get("transaction_id"), f"order {external_id}"),
        "captured" if paid else "pending",
        total,
        waits,
    )

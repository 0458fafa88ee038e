"""A Shopify order in our words: amounts, VAT, discounts, people, places, and what is never read."""

import json
from typing import Any

import msgspec
import pytest

from comptoir.channels.model import ChannelCancel, ChannelOrder, Ignored, Untranslatable, order_id
from comptoir.channels.shopify.translate import translate
from comptoir.orders.capture import review
from tests.connectors.shop import ShopifyShop

PLACES = frozenset({"lyon-part-dieu", "paris-marais"})
STRAIGHT = ShopifyShop().body("straight")
HELD = ShopifyShop().body("held")


def said(body: dict[str, Any], topic: str = "orders/create") -> Any:
    return translate("shopify-orme", topic, json.dumps(body).encode(), PLACES)


def order_of(body: dict[str, Any]) -> Any:
    meaning = said(body)
    assert isinstance(meaning, ChannelOrder)
    return meaning.order


def first_line(**changes: Any) -> dict[str, Any]:
    return STRAIGHT | {"line_items": [STRAIGHT["line_items"][0] | changes, STRAIGHT["line_items"][1]]}


def test_amounts_are_whole_cents_with_the_vat_inside() -> None:
    order = order_of(STRAIGHT)
    assert [(n.unit_price_minor, n.discount_minor, n.total_minor, n.vat_minor, n.vat_rate_bp) for n in order.lines] == [
        (12900, 0, 12900, 2150, 2000),
        (2900, 580, 5220, 870, 2000),
    ]
    assert (order.shipping_minor, order.shipping_vat_minor, order.total_minor, order.vat_minor) == (
        490,
        82,
        18610,
        3102,
    )
    assert order.prices_include_vat


def test_our_own_euro_order_has_nothing_that_would_hold_it_but_its_skus() -> None:
    assert [r.reason for r in review(order_of(STRAIGHT), {}, {}, strict=False).reasons] == ["unknown_item"]


def test_an_old_body_takes_its_one_rate_from_the_order() -> None:
    order = order_of(HELD)
    assert [(line.total_minor, line.vat_rate_bp, line.vat_minor) for line in order.lines] == [(19900, 600, 1194)] * 3
    assert (order.total_minor, order.vat_minor, order.prices_include_vat) == (40994, 1194, False)


def test_three_lines_of_199_against_a_subtotal_of_398_are_held_as_totals() -> None:
    assert [r.reason for r in review(order_of(HELD), {}, {}, strict=False).reasons] == ["totals", "unknown_item"]


def test_an_order_discount_of_an_old_body_is_shared_out_over_its_lines() -> None:
    lines = [
        {"name": "A", "sku": "A", "quantity": 1, "price": "10.00"},
        {"name": "B", "sku": "B", "quantity": 1, "price": "20.00"},
    ]
    order = order_of(HELD | {"total_discounts": "1.00", "line_items": lines})
    assert [line.discount_minor for line in order.lines] == [33, 67]


def test_yen_have_no_cents_and_dinars_have_three_digits() -> None:
    yen = order_of(first_line(price="12900") | {"currency": "JPY", "total_price": "18610"})
    dinar = order_of(first_line(price="12.345") | {"currency": "KWD"})
    assert (yen.lines[0].unit_price_minor, yen.total_minor) == (12900, 18610)
    assert dinar.lines[0].unit_price_minor == 12345


def test_the_title_is_plain_text() -> None:
    assert order_of(STRAIGHT).lines[0].title == "Derby Hélène – noir, 36"
    assert order_of(first_line(name="<b>Derby</b> &amp; <script>x</script>")).lines[0].title == "Derby & x"


def test_nothing_is_read_from_the_payment_details() -> None:
    meaning = msgspec.json.encode(said(STRAIGHT)).decode()
    assert "9753" not in meaning
    assert "975311" not in meaning
    assert said(STRAIGHT) == said({k: v for k, v in STRAIGHT.items() if k != "payment_details"})


@pytest.mark.parametrize(
    ("financial_status", "state"),
    [("paid", "captured"), ("partially_refunded", "captured"), ("authorized", "authorized"), ("pending", "pending"),
     ("partially_paid", "pending"), ("refunded", "pending"), ("voided", "pending"), (None, "pending")],
)  # fmt: skip
def test_the_payment_is_what_the_shop_says(financial_status: str | None, state: str) -> None:
    payment = order_of(STRAIGHT | {"financial_status": financial_status}).payment
    assert (payment.state, payment.amount_minor, payment.provider) == (state, 18610, "shopify_payments")
    assert (payment.expires_at is not None) == (state == "pending")


def test_an_odd_phone_is_cleaned_and_an_impossible_one_left_out_with_a_note() -> None:
    odd = said(STRAIGHT | {"customer": STRAIGHT["customer"] | {"phone": "tél. +33 6 39 98 00 07 (soir)"}})
    assert odd.order.customer.phone == "+33 6 39 98 00 07"
    nobody = {"phone": "none", "email": "@"}
    people = {key: STRAIGHT[key] | nobody for key in ("customer", "billing_address", "shipping_address")}
    gone = said(STRAIGHT | people | {"email": "no mail"})
    assert (gone.order.customer.phone, gone.order.customer.email) == (None, None)
    assert gone.notes == ("email left out", "phone left out")


def test_a_customer_without_a_name_gets_the_orders_number() -> None:
    bare = {k: v for k, v in STRAIGHT.items() if k not in ("customer", "billing_address", "shipping_address")}
    person = order_of(bare).customer
    assert (person.first_name, person.last_name) == ("Client", "#OR-2041")


def test_the_same_customer_has_the_same_id_in_every_order() -> None:
    assert order_of(STRAIGHT).customer.id == order_of(STRAIGHT | {"id": 1}).customer.id
    assert order_of(STRAIGHT).id != order_of(STRAIGHT | {"id": 1}).id


@pytest.mark.parametrize(
    ("locale", "language"), [("fr-FR", "fr"), ("fr", "fr"), (None, "fr"), ("en-GB", "en"), ("de-DE", "en")]
)
def test_the_language_follows_the_shop(locale: str | None, language: str) -> None:
    assert order_of(STRAIGHT | {"customer_locale": locale}).language == language


def test_the_parcel_goes_to_the_delivery_address_with_the_company() -> None:
    to = order_of(STRAIGHT).ship_to
    assert (to.name, to.street, to.street2, to.postcode, to.city, to.country) == (
        "Emma Clarke, Atelier Nord", "19 rue Vendôme", "3e étage", "69006", "Lyon", "FR",
    )  # fmt: skip


@pytest.mark.parametrize("code", ["pickup:lyon-part-dieu", "lyon-part-dieu", "Lyon Part-Dieu"])
def test_a_shipping_method_that_names_a_store_makes_a_pickup(code: str) -> None:
    order = order_of(STRAIGHT | {"shipping_lines": [STRAIGHT["shipping_lines"][0] | {"code": code}]})
    assert {(line.method, line.location) for line in order.lines} == {("pickup", "lyon-part-dieu")}
    assert order.ship_to is None


def test_an_order_attribute_can_name_the_store_too() -> None:
    order = order_of(STRAIGHT | {"note_attributes": [{"name": "pickup_location", "value": "paris-marais"}]})
    assert order.lines[0].location == "paris-marais"


def test_a_canceled_order_is_a_cancellation_whatever_the_topic_says() -> None:
    canceled = STRAIGHT | {"cancelled_at": "2026-11-20T12:00:00+01:00"}
    assert isinstance(said(canceled, "orders/create"), ChannelCancel)
    assert isinstance(said(STRAIGHT, "orders/cancelled"), ChannelOrder)


def test_the_order_id_is_made_of_channel_and_number() -> None:
    assert order_of(STRAIGHT).id == order_id("shopify-orme", "6100200300400") != order_id("other-shop", "6100200300400")


def test_a_line_without_a_sku_is_known_by_its_variant() -> None:
    assert order_of(first_line(sku="")).lines[0].external_sku == "variant:7001"


def test_a_test_order_is_held_for_a_person() -> None:
    assert order_of(STRAIGHT | {"test": True}).hold == "test order of the shop"


def test_what_the_shop_has_fulfilled_itself_is_left_alone() -> None:
    assert isinstance(said(STRAIGHT | {"fulfillment_status": "fulfilled"}), Ignored)
    assert isinstance(said(STRAIGHT, "products/update"), Ignored)


def test_a_privacy_request_goes_to_a_person() -> None:
    with pytest.raises(Untranslatable, match="privacy_request"):
        said({"shop_id": 1}, "customers/redact")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"id": None}, "no_id"), ({"id": True}, "no_id"), ({"currency": "euro"}, "no_currency"),
        ({"total_price": "1e3"}, "not_an_amount"), ({"total_price": 10**20}, "not_an_amount"),
        ({"total_price": "-5.00"}, "out_of_bounds"), ({"total_price": None}, "not_an_amount"),
        ({"updated_at": "yesterday"}, "not_a_moment"), ({"updated_at": "0001-01-01T00:00:00+14:00"}, "not_a_moment"),
        ({"line_items": {}}, "not_a_list"), ({"line_items": [STRAIGHT["line_items"][0]] * 101}, "too_many"),
        ({"line_items": [STRAIGHT["line_items"][0] | {"quantity": -1}]}, "not_a_quantity"),
        ({"line_items": [STRAIGHT["line_items"][0] | {"quantity": 1.5}]}, "not_a_quantity"),
        ({"line_items": [STRAIGHT["line_items"][0] | {"tax_lines": [{"rate": 7, "price": "1.00"}]}]}, "not_a_rate"),
    ],
)  # fmt: skip
def test_what_cannot_be_an_order_is_told_by_field(change: dict[str, Any], problem: str) -> None:
    with pytest.raises(Untranslatable, match=problem):
        said(STRAIGHT | change)

"""A WooCommerce order in our words: amounts put together again, rates, fees, statuses, places."""

import json
from typing import Any

import pytest

from comptoir.channels.model import ChannelCancel, ChannelOrder, Ignored, Untranslatable
from comptoir.channels.woocommerce.translate import translate
from comptoir.orders.capture import review
from tests.connectors.shop import WooShop

PLACES = frozenset({"lyon-part-dieu"})
STRAIGHT = WooShop().body("straight")
HELD = WooShop().body("held")


def said(body: dict[str, Any], topic: str = "order.created") -> Any:
    return translate("woo-orme", topic, json.dumps(body).encode(), PLACES)


def order_of(body: dict[str, Any]) -> Any:
    meaning = said(body)
    assert isinstance(meaning, ChannelOrder)
    return meaning.order


def test_prices_entered_with_vat_are_put_together_again() -> None:
    order = order_of(STRAIGHT)
    assert [(n.unit_price_minor, n.discount_minor, n.total_minor, n.vat_minor, n.vat_rate_bp) for n in order.lines] == [
        (12900, 0, 12900, 2150, 2000),
        (2900, 0, 5800, 967, 2000),
    ]
    assert (order.shipping_minor, order.shipping_vat_minor, order.total_minor, order.vat_minor) == (
        490,
        82,
        19190,
        3199,
    )


def test_our_own_euro_order_has_nothing_that_would_hold_it_but_its_skus() -> None:
    assert [r.reason for r in review(order_of(STRAIGHT), {}, {}, strict=False).reasons] == ["unknown_item"]


def test_prices_without_vat_stay_without_and_the_rate_is_found_in_the_amounts() -> None:
    order = order_of(HELD)
    assert [(n.unit_price_minor, n.total_minor, n.vat_minor, n.vat_rate_bp) for n in order.lines] == [
        (300, 600, 45, 750),
        (1200, 1200, 90, 750),
    ]
    assert [r.reason for r in review(order, {}, {}, strict=False).reasons] == ["unknown_item"]


def test_a_coupon_is_the_lines_discount() -> None:
    line = STRAIGHT["line_items"][0] | {"total": "96.75", "total_tax": "19.35"}
    found = order_of(STRAIGHT | {"line_items": [line]}).lines[0]
    assert (found.unit_price_minor, found.discount_minor, found.total_minor) == (12900, 1290, 11610)


def test_a_sum_that_does_not_divide_by_its_units_still_adds_up() -> None:
    line = HELD["line_items"][0] | {
        "quantity": 3,
        "subtotal": "10.00",
        "total": "10.00",
        "subtotal_tax": "0",
        "total_tax": "0",
    }
    found = order_of(HELD | {"line_items": [line]}).lines[0]
    assert (found.unit_price_minor, found.discount_minor, found.total_minor) == (334, 2, 1000)


def test_a_fee_stands_with_the_shipping_and_is_noted() -> None:
    meaning = said(STRAIGHT | {"fee_lines": [{"name": "Emballage", "total": "2.50", "total_tax": "0.50"}]})
    assert (meaning.order.shipping_minor, meaning.notes) == (790, ("fees counted as shipping",))


def test_entities_in_a_name_are_decoded() -> None:
    assert order_of(STRAIGHT).lines[0].title == "Derby Hélène – noir, 36"


def test_dates_without_a_zone_are_utc() -> None:
    meaning = said(STRAIGHT)
    assert meaning.facts.updated_at.isoformat() == "2026-11-20T10:58:41+00:00"
    assert meaning.order.placed_at.isoformat() == "2026-11-20T10:58:40+00:00"


@pytest.mark.parametrize("status", ["cancelled", "refunded", "trash"])
def test_a_status_that_ends_the_order_is_a_cancellation(status: str) -> None:
    meaning = said(STRAIGHT | {"status": status}, "order.updated")
    assert isinstance(meaning, ChannelCancel)
    assert meaning.reason == status


@pytest.mark.parametrize("status", ["pending", "on-hold", "failed"])
def test_an_order_whose_money_has_not_come_is_an_order_that_waits(status: str) -> None:
    # The same order is "failed" after a refused card and "processing" when the next card works.
    assert order_of(STRAIGHT | {"status": status}).payment.state == "pending"


def test_cash_on_delivery_is_not_paid() -> None:
    assert order_of(STRAIGHT | {"payment_method": "cod", "date_paid_gmt": None}).payment.state == "pending"


@pytest.mark.parametrize("status", ["completed", "checkout-draft", "auto-draft"])
def test_what_is_over_or_not_yet_begun_is_left_alone(status: str) -> None:
    assert isinstance(said(STRAIGHT | {"status": status}), Ignored)


def test_a_deleted_order_is_canceled_for_good() -> None:
    meaning = said({"id": 5120}, "order.deleted")
    assert isinstance(meaning, ChannelCancel)
    assert meaning.updated_at is None


def test_a_signed_product_body_under_the_topic_of_a_deletion_cancels_nothing() -> None:
    with pytest.raises(Untranslatable, match="not_a_deletion"):
        said({"id": 5120, "name": "Derby"}, "order.deleted")


def test_a_line_without_a_sku_is_known_by_its_product_or_variation() -> None:
    lines = [HELD["line_items"][0], HELD["line_items"][1] | {"sku": ""}]
    assert [line.external_sku for line in order_of(HELD | {"line_items": lines}).lines] == [
        "product:93",
        "variation:23",
    ]


@pytest.mark.parametrize(
    "shipping",
    [
        {"method_id": "local_pickup", "method_title": "Lyon Part-Dieu"},
        {
            "method_id": "local_pickup",
            "method_title": "Retrait",
            "meta_data": [{"key": "pickup_location", "value": "Lyon Part-Dieu"}],
        },
        {"method_id": "pickup_location:lyon-part-dieu", "method_title": "Retrait"},
        {"method_id": "flat_rate", "method_title": "pickup:lyon-part-dieu"},
    ],
)
def test_a_collection_method_names_its_store(shipping: dict[str, Any]) -> None:
    order = order_of(STRAIGHT | {"shipping_lines": [shipping | {"total": "0.00", "total_tax": "0.00"}]})
    assert {(line.method, line.location) for line in order.lines} == {("pickup", "lyon-part-dieu")}


def test_a_collection_method_without_a_known_store_holds_the_order() -> None:
    order = order_of(
        STRAIGHT | {"shipping_lines": [{"method_id": "local_pickup", "method_title": "Au dépôt", "total": "0"}]}
    )
    assert order.hold == "unknown place of collection: Au dépôt"


def test_an_empty_delivery_address_means_the_billing_address() -> None:
    empty = dict.fromkeys(STRAIGHT["shipping"], "")
    assert order_of(STRAIGHT | {"shipping": empty}).ship_to.street == "12 rue de Bonnel"


def test_a_missing_country_is_not_guessed_silently() -> None:
    body = STRAIGHT | {"shipping": STRAIGHT["shipping"] | {"country": ""}}
    assert order_of(body).hold == "country missing"

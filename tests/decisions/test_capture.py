"""Is this order acceptable? Ours to the cent; a channel's kept as sent and held for a person."""

from typing import Any

import msgspec
import pytest

from comptoir.kit.errors import Invalid
from comptoir.orders.capture import Part, Reason, Review, requirements, review
from comptoir.orders.model import Address, PlaceOrder
from tests.world import BOWL, CUP, DERBY, SKUS, TABLE_SET, Line, order, shipped

KNOWN = dict.fromkeys(SKUS)
KITS = {TABLE_SET: [Part(BOWL, 2, 5400), Part(CUP, 2, 4600)]}


def ours(placed: PlaceOrder) -> Review:
    return review(placed, KITS, KNOWN, strict=True)


def channels(placed: PlaceOrder) -> tuple[Reason, ...]:
    return review(placed, KITS, KNOWN, strict=False).reasons


def changed(placed: PlaceOrder, line: int | None = None, **fields: Any) -> PlaceOrder:
    if line is None:
        return msgspec.structs.replace(placed, **fields)
    lines = list(placed.lines)
    lines[line - 1] = msgspec.structs.replace(lines[line - 1], **fields)
    return msgspec.structs.replace(placed, lines=tuple(lines))


def test_a_right_order_has_nothing_that_holds_it() -> None:
    assert ours(order(Line(DERBY, 2), shipped(BOWL))).reasons == ()


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (changed(order(), 1, total_minor=12901), "line_total_differs"),
        (changed(order(), 1, vat_minor=2100), "vat_differs"),
        (changed(order(), vat_minor=2151), "vat_differs"),
        (changed(order(), total_minor=12899), "totals_differ"),
        (changed(order(), 1, sku="NO-SUCH-SKU"), "unknown_sku"),
        (changed(order(), 1, location=None), "pickup_needs_location"),
        (changed(order(shipped()), ship_to=None), "address_missing"),
        (changed(order(), payment=msgspec.structs.replace(order().payment, amount_minor=12800)), "payment_differs"),
        (changed(order(), payment=msgspec.structs.replace(order().payment, state="at_store")), "at_store_not_offered"),
    ],
)
def test_our_own_order_is_refused_when_it_does_not_add_up(wrong: PlaceOrder, code: str) -> None:
    with pytest.raises(Invalid, match=code):
        ours(wrong)


def test_a_channels_order_off_by_one_cent_a_line_is_taken() -> None:
    assert channels(changed(order(), 1, total_minor=12901)) == ()


def test_a_channels_order_off_by_more_is_held_as_totals() -> None:
    held = channels(
        changed(order(), total_minor=9900, payment=msgspec.structs.replace(order().payment, amount_minor=9900))
    )
    assert [reason.reason for reason in held] == ["totals"]


def test_a_channels_unknown_article_is_held_and_the_rest_is_needed() -> None:
    found = review(changed(order(Line(), Line(BOWL)), 1, sku=None, title="Mystery"), KITS, KNOWN, strict=False)
    assert found.reasons == (Reason("unknown_item", "Mystery"),)
    assert [need.sku for need in found.requirements] == [BOWL]


def test_an_unpaid_order_is_held_for_its_payment() -> None:
    assert [reason.reason for reason in ours(order(paid="pending")).reasons] == ["payment"]


def test_a_persons_wish_to_hold_is_kept_with_its_words() -> None:
    assert ours(order(hold="call first")).reasons == (Reason("manual", "call first"),)


@pytest.mark.parametrize(
    ("address", "fault"),
    [
        (Address("Inès", "5 rue Garibaldi", "", "69003", "Lyon"), None),
        (Address("Inès", "", "", "69003", "Lyon"), "street"),
        (Address("Inès", "5 rue Garibaldi", "", "6900", "Lyon"), "postcode"),
        (Address("Inès", "5 rue Garibaldi", "", "", "Lyon"), "postcode"),
        (Address("Inès", "5 rue Garibaldi", "", "69003", " "), "city"),
        (Address("Ann", "1 Main St", "", "", "Dublin", "IE"), None),
    ],
)
def test_an_address_that_a_carrier_would_send_back_holds_the_order(address: Address, fault: str | None) -> None:
    reasons = ours(changed(order(shipped()), ship_to=address)).reasons
    assert reasons == ((Reason("address", fault),) if fault else ())


def test_a_kit_becomes_its_parts_and_their_prices_come_to_the_lines_total() -> None:
    needs = requirements(order(Line(TABLE_SET, 3, discount_minor=1)).lines, KITS, KNOWN)
    assert [(need.sku, need.quantity) for need in needs] == [(BOWL, 6), (CUP, 6)]
    assert sum(need.share_minor for need in needs) == 3 * 4800 - 1


def test_two_findings_of_one_reason_are_one_hold() -> None:
    wrong = changed(changed(order(Line(), Line(BOWL)), 1, sku="A-1", title="First"), 2, sku="B-2", title="Second")
    assert channels(wrong) == (Reason("unknown_item", "First, Second"),) or len(channels(wrong)) == 1

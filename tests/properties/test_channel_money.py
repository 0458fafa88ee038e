"""Amounts as shops write them: every minor unit survives; sums off by more than a unit per line are seen."""

import contextlib
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comptoir.channels.model import Untranslatable
from comptoir.channels.reading import MOST_MINOR, decimals, minor, phone, rate_behind, read_object, words
from comptoir.channels.shopify.translate import translate as shopify
from comptoir.channels.woocommerce.translate import translate as woocommerce
from comptoir.kit.money import vat_on
from comptoir.orders.capture import review
from comptoir.orders.model import CustomerDetails, OrderedLine, PaymentDetails, PlaceOrder

CURRENCIES = st.sampled_from(["EUR", "USD", "JPY", "KWD", "XPF", "TND"])


@given(st.integers(-MOST_MINOR, MOST_MINOR), CURRENCIES)
def test_an_amount_written_with_its_decimals_comes_back_whole(amount: int, currency: str) -> None:
    written = format(Decimal(amount).scaleb(-decimals(currency)), "f")
    if abs(Decimal(written)) < 10**12:
        assert minor(written, currency, "total") == amount


@given(st.integers(0, 10**9), st.integers(0, 6))
def test_zeros_after_the_cents_change_nothing(amount: int, zeros: int) -> None:
    assert minor(f"{amount // 100}.{amount % 100:02d}{'0' * zeros}", "EUR", "total") == amount


@given(st.text(max_size=30))
def test_any_text_is_an_amount_or_is_refused(text: str) -> None:
    with contextlib.suppress(Untranslatable):
        assert isinstance(minor(text, "EUR", "total"), int)


@given(st.integers(1, 10**7), st.integers(1, 10_000))
def test_the_rate_found_behind_an_amount_gives_that_amount(net: int, rate: int) -> None:
    vat = vat_on(net, rate)
    assert vat_on(net, rate_behind(vat, net)) == vat or net > 10_000


@given(
    st.binary(max_size=300),
    st.sampled_from(["orders/create", "order.created", "order.deleted", "customers/redact", ""]),
)
def test_no_bytes_crash_a_translation(body: bytes, topic: str) -> None:
    for translate in (shopify, woocommerce):
        with contextlib.suppress(Untranslatable):
            assert translate("shop", topic, body, frozenset())


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inside: st.lists(inside) | st.dictionaries(st.text(), inside),
    )
)
def test_a_person_reads_one_bounded_line_of_plain_text_whatever_was_sent(value: object) -> None:
    text = words(value)
    assert len(text) <= 120
    assert text.isprintable() or not any(ord(c) < 32 for c in text)
    assert phone(value) is None or len(str(phone(value))) <= 32


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(0, 100_000)), min_size=1, max_size=8), st.integers(-20, 20))
def test_a_total_off_by_one_unit_per_line_is_noted_and_more_is_held(lines: list[tuple[int, int]], off: int) -> None:
    ordered = tuple(OrderedLine(units, price, 0, 0, units * price, "ship", sku="A") for units, price in lines)
    total = max(0, sum(line.total_minor for line in ordered) + off)
    order = PlaceOrder(
        id=UUID(int=1),
        placed_at=datetime(2026, 11, 20, tzinfo=UTC),
        customer=CustomerDetails("Inès", "Aubry"),
        lines=ordered,
        payment=PaymentDetails("shop", "order 1", "captured", total),
        total_minor=total,
        vat_minor=0,
    )
    held = "totals" in [reason.reason for reason in review(order, {}, {"A": None}, strict=False).reasons]
    assert held == (abs(total - sum(line.total_minor for line in ordered)) > len(ordered))


@pytest.mark.parametrize("body", [b'{"a": Infinity}', b'{"a": -Infinity}', b'{"a": NaN}'])
def test_a_body_with_a_number_that_is_none_is_not_json(body: bytes) -> None:
    with pytest.raises(Untranslatable, match="not_json"):
        read_object(body)

"""An invoice's figures: base and VAT come to the price paid, per rate and in all, whatever the prices (V6)."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comptoir.invoices.reckoning import portion, rate_of, reckon, unit_net_e4

RATES = (2000, 1000, 550, 210, 850, 1300, 90, 0)
LINES = st.lists(st.tuples(st.sampled_from(RATES), st.integers(0, 5_000_00)), min_size=1, max_size=30)


def test_three_cents_at_twenty_percent_are_one_of_vat_and_two_of_base() -> None:
    found = reckon([(2000, 3)])
    assert (found.vat_minor, found.base_minor, found.bases) == (1, 2, (2,))


def test_two_rates_are_reckoned_apart_and_the_higher_stands_first() -> None:
    found = reckon([(550, 2450), (2000, 24300), (2000, 8900)])
    assert [(rate.rate_bp, rate.base_minor, rate.vat_minor) for rate in found.rates] == [
        (2000, 27667, 5533), (550, 2322, 128),
    ]  # fmt: skip


@given(LINES)
def test_the_price_paid_is_kept_to_the_cent(lines: list[tuple[int, int]]) -> None:
    found = reckon(lines)
    assert found.base_minor + found.vat_minor == found.gross_minor == sum(gross for _, gross in lines)
    assert sum(found.bases) == found.base_minor


@given(LINES)
def test_the_vat_of_a_rate_is_its_share_of_the_gross_rounded_half_up(lines: list[tuple[int, int]]) -> None:
    for rate in reckon(lines).rates:
        exact = Fraction(rate.gross_minor * rate.rate_bp, 10_000 + rate.rate_bp)
        assert -Fraction(1, 2) < rate.vat_minor - exact <= Fraction(1, 2)
        assert rate.gross_minor == sum(gross for bp, gross in lines if bp == rate.rate_bp)


@given(LINES)
def test_no_line_is_a_cent_or_more_from_its_exact_base(lines: list[tuple[int, int]]) -> None:
    found = reckon(lines)
    base: dict[int, Fraction] = {
        rate.rate_bp: Fraction(rate.base_minor, rate.gross_minor) if rate.gross_minor else Fraction(0)
        for rate in found.rates
    }
    assert all(
        abs(got - gross * base[rate]) < 1 and 0 <= got <= gross
        for got, (rate, gross) in zip(found.bases, lines, strict=True)
    )


@given(st.integers(0, 10**7), st.lists(st.integers(1, 9), min_size=1, max_size=9))
def test_however_units_are_invoiced_they_come_to_the_price_of_all(gross: int, counts: list[int]) -> None:
    of, before, total = sum(counts), 0, 0
    for units in counts:
        total += portion(gross, of, before, units)
        before += units
    assert total == gross


@given(st.sampled_from(RATES[:4]), st.integers(1000, 10**6))
def test_the_rate_of_shipping_is_read_off_its_vat(rate: int, gross: int) -> None:
    vat = reckon([(rate, gross)]).vat_minor
    assert rate_of(gross, vat, RATES[:4]) == rate


@pytest.mark.parametrize(("gross", "rate", "net"), [(12900, 2000, 1075000), (2450, 550, 232227), (890, 0, 89000)])
def test_a_unit_price_without_vat_has_four_decimals(gross: int, rate: int, net: int) -> None:
    assert unit_net_e4(gross, rate) == net

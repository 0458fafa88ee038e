"""Cents: one place that rounds, sums that come to the whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comptoir.kit.money import half_up, split, vat_on, vat_within


@pytest.mark.parametrize(
    ("gross", "rate", "vat"),
    [(12900, 2000, 2150), (1290, 2000, 215), (100, 550, 5), (1, 2000, 0), (3, 2000, 1), (0, 2000, 0)],
)
def test_the_vat_inside_a_price_is_rounded_half_up(gross: int, rate: int, vat: int) -> None:
    assert vat_within(gross, rate) == vat


def test_the_vat_on_a_price_is_rounded_half_up() -> None:
    assert (vat_on(1250, 2000), vat_on(1, 5000), vat_on(1, 4999)) == (250, 1, 0)


def test_a_half_cent_goes_up() -> None:
    assert (half_up(5, 10), half_up(4, 10), half_up(15, 10)) == (1, 0, 2)


def test_the_spare_cents_go_to_the_largest_remainders() -> None:
    assert split(100, [1, 1, 1]) == [34, 33, 33]
    assert split(5400, [2542, 4237, 3221]) == [1373, 2288, 1739]


def test_without_weights_everybody_gets_the_same() -> None:
    assert split(10, [0, 0]) == [5, 5]


@given(st.integers(0, 10**12), st.lists(st.integers(0, 10_000), min_size=1, max_size=30))
def test_parts_always_come_to_the_whole(total: int, weights: list[int]) -> None:
    parts = split(total, weights)
    assert sum(parts) == total
    assert all(part >= 0 for part in parts)


@given(st.integers(0, 10**12), st.integers(0, 10_000))
def test_net_and_vat_come_to_the_price(gross: int, rate: int) -> None:
    vat = vat_within(gross, rate)
    assert 0 <= vat <= gross
    assert abs(vat_on(gross - vat, rate) - vat) <= 1

"""How much of what is canceled, and what it is worth."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comptoir.kit.errors import Conflict, Invalid
from comptoir.orders.canceling import parts_to_cancel, share_of

PAIR = (1, 1, 3, 1)
"""Line 1 wants three units, one is canceled."""


def test_the_whole_order_is_what_is_left_of_it() -> None:
    assert parts_to_cancel([PAIR, (2, 1, 5, 0)], {}, {1: 3, 2: 5}) == {(1, 1): 2, (2, 1): 5}


def test_units_of_a_plain_line_are_units() -> None:
    assert parts_to_cancel([PAIR], {1: 2}, {1: 3}) == {(1, 1): 2}


def test_more_than_is_left_is_refused_with_what_is_left() -> None:
    with pytest.raises(Conflict) as refused:
        parts_to_cancel([PAIR], {1: 3}, {1: 3})
    assert (refused.value.code, refused.value.facts["left"]) == ("more_than_ordered", 2)


def test_a_line_that_the_order_does_not_have_is_refused() -> None:
    with pytest.raises(Invalid, match="unknown_line"):
        parts_to_cancel([PAIR], {7: 1}, {1: 3})


@pytest.mark.parametrize(
    ("kits", "bowls", "cups", "canceled"),
    [(1, 2, 2, {(1, 1): 2, (1, 2): 2}), (2, 4, 2, {(1, 1): 2, (1, 2): 1}), (3, 3, 9, {(1, 1): 1, (1, 2): 3})],
)
def test_one_kit_takes_its_own_share_of_every_part(
    kits: int, bowls: int, cups: int, canceled: dict[tuple[int, int], int]
) -> None:
    assert parts_to_cancel([(1, 1, bowls, 0), (1, 2, cups, 0)], {1: 1}, {1: kits}) == canceled


def test_a_kit_of_one_part_takes_all_of_it() -> None:
    assert parts_to_cancel([(1, 1, 6, 0)], {1: 1}, {1: 1}) == {(1, 1): 6}


@given(st.integers(0, 10**9), st.lists(st.integers(1, 50), min_size=1, max_size=20))
def test_units_canceled_bit_by_bit_are_worth_the_whole_share(share: int, steps: list[int]) -> None:
    quantity, before, worth = sum(steps), 0, 0
    for units in steps:
        worth += share_of(share, quantity, before, units)
        before += units
    assert worth == share

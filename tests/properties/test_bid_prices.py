"""Bid prices beside the same future solved twice, with a unit more and a unit less: the chain that is read off one solution is exact."""

from random import Random

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from comptoir.sourcing import bid_prices
from comptoir.sourcing.bid_prices import Market, at_least, closed_form, solve

SITES, PLACES = 4, 3


def future(random: Random) -> tuple[list[int], list[int], list[int], list[list[int]], list[int], int]:
    return (
        [random.randint(0, 3) for _ in range(SITES)], [random.randint(0, 3) for _ in range(SITES)], [random.randint(0, 3) for _ in range(PLACES)],
        [[random.randint(300, 2_000) for _ in range(PLACES)] for _ in range(SITES)], [random.randint(500, 4_000) for _ in range(SITES)], random.randint(2_000, 6_000),
    )  # fmt: skip


def least(
    supply: list[int], own: list[int], parcels: list[int], carriage: list[list[int]], margin: list[int], missing: int
) -> float:
    """What the future costs, every unit a column and every customer a row."""
    units = [site for site, count in enumerate(supply) for _ in range(count)]
    rows = []
    for place, count in enumerate(parcels):
        rows += [[carriage[site][place] for site in units] + [missing] * 99] * count
    for site, count in enumerate(own):
        rows += [[0 if unit == site else 10**6 for unit in units] + [margin[site]] * 99] * count
    if not rows:
        return 0.0
    cost = np.array(rows, dtype=float)
    return float(cost[linear_sum_assignment(cost)].sum())


@pytest.mark.parametrize("seed", range(15))
def test_the_cost_of_one_unit_fewer_is_what_solving_again_says(seed: int) -> None:
    random = Random(seed)
    for _ in range(20):
        supply, own, parcels, carriage, margin, missing = future(random)
        found = bid_prices._lost(
            np.array(supply), np.array(own), np.array(parcels), np.array(carriage, dtype=float), np.zeros(SITES), np.array(margin, dtype=float), float(missing)
        )  # fmt: skip
        for site in range(SITES):
            if supply[site]:
                fewer = [count - (at == site) for at, count in enumerate(supply)]
                again = least(fewer, own, parcels, carriage, margin, missing) - least(
                    supply, own, parcels, carriage, margin, missing
                )
                assert found[site] == pytest.approx(again)


def test_with_no_parcels_expected_the_solution_is_the_closed_form() -> None:
    market = Market(
        "A", [1, 2, 5, 0], [0.4, 3.0, 0.1, 2.0], [0.0], [[500]] * 4, [0, 0, 300, 0], [4_000, 4_000, 4_000, 4_000], 6_000
    )
    assert solve(market, 1) == closed_form(market) == [1_319, 3_203, 0, 0]


def test_the_chance_of_a_poisson_count() -> None:
    assert at_least(0, 2.0) == 1.0
    assert at_least(1, 2.0) == pytest.approx(0.8647, abs=1e-4)
    assert at_least(3, 0.0) == 0.0

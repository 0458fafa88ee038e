"""Bid prices beside the same future solved twice, with a unit more and a unit less: the chain that is read off one solution is exact."""

import subprocess
import sys
from random import Random

import msgspec
import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from comptoir.sourcing import bid_prices
from comptoir.sourcing.bid_prices import at_least, closed_form, futures_of, publish, solve
from comptoir.sourcing.market import (
    Expected,
    Market,
    among_what_is_there,
    in_stock,
    market_of,
    open_part,
    phantoms,
    top_down,
)
from comptoir.sourcing.snapshot import Late, Rates, Service, Site, Snapshot

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
            np.array([supply]), np.array([own]), np.array([parcels]), np.array(carriage, dtype=float), np.zeros(SITES), np.array(margin, dtype=float), float(missing)
        )[0]  # fmt: skip
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
    doubted = msgspec.structs.replace(market, phantoms=[[1.0], [0.5, 0.4, 0.1], [0.2, 0.8], [1.0]])
    # Of two units in the books one may be missing, and a unit that nobody finds is not given: (0.5 x 3,203 + 0.4 x 3,801) / 0.9.
    assert closed_form(doubted) == [1_319, 3_469, 0, 0]
    drawn = solve(doubted, 1, futures=2_000)
    assert drawn[1] == pytest.approx(3_469, abs=1)


def test_the_chance_of_a_poisson_count() -> None:
    assert at_least(0, 2.0) == 1.0
    assert at_least(1, 2.0) == pytest.approx(0.8647, abs=1e-4)
    assert at_least(3, 0.0) == 0.0


def test_a_unit_that_nobody_leaves_with_is_more_and_more_likely_not_there() -> None:
    assert phantoms(0, 3, 0.1, 2.0) == [1.0]
    assert phantoms(2, 2, 0.1, 0.0) == pytest.approx([0.81, 0.18, 0.01])
    # One of the last unit of five being lost is likelier than of a single one.
    assert phantoms(1, 5, 0.1, 0.0)[1] > phantoms(1, 1, 0.1, 0.0)[1] == pytest.approx(0.1)
    growing = [phantoms(1, 1, 0.1, quiet)[1] for quiet in (0.0, 1.0, 3.0, 9.0)]
    assert growing == sorted(growing)
    assert growing[-1] > 0.99
    # Beside drawing it: shelves where one in ten is lost, three were there, nobody came for the two that the books still have.
    random, seen = Random(1), [0, 0, 0]
    for _ in range(40_000):
        lost = sum(random.random() < 0.1 for _ in range(3))
        if lost <= 2 and (lost == 2 or random.random() < 0.5):
            seen[lost] += 1
    drawn = [count / sum(seen) for count in seen]
    assert phantoms(2, 3, 0.1, 0.6931) == pytest.approx(drawn, abs=0.01)


def test_customers_walk_in_while_a_place_is_open() -> None:
    week = tuple((day * 1440 + 570, day * 1440 + 1170) for day in range(6))
    whole = (0, 7 * 1440)
    assert open_part(week, 0, whole[1], whole) == 1.0
    # On Wednesday at noon 315 of that day's 600 minutes are over; after Saturday's closing nobody comes.
    assert open_part(week, 2 * 1440 + 885, whole[1], whole) == pytest.approx((285 + 3 * 600) / 3_600)
    assert open_part(week, 5 * 1440 + 1170, whole[1], whole) == 0.0
    assert open_part(((20_000, 20_600),), 0, whole[1], whole) == 0.0
    # A place without hours is always open.
    assert open_part((), 1440, whole[1], whole) == pytest.approx(6 / 7)


def test_thin_demand_has_more_futures_drawn() -> None:
    thin = Market("A", [1, 2], [0.4, 0.2], [2.0], [[500], [600]], [0, 0], [4_000, 4_000], 6_000)
    busy = msgspec.structs.replace(thin, parcels=[80.0])
    busiest = msgspec.structs.replace(thin, parcels=[900.0])
    assert [futures_of(market) for market in (thin, busy, busiest)] == [24, 12, 6]
    # Of many futures any draw says about the same; of few it does not.
    few, many = (np.std([solve(thin, seed, count)[0] for seed in range(20)]) for count in (2, 128))
    assert 3 * many < few


def test_futures_are_drawn_evenly_and_with_the_right_means() -> None:
    random = np.random.default_rng(1)
    even = bid_prices._evenly(random, 3, 8)
    assert (np.sort(np.floor(even * 8), axis=1) == np.arange(8)).all()
    means = np.array([0.0, 0.3, 4.0, 900.0])
    counts = bid_prices._counts(means, bid_prices._evenly(random, 4, 4_000))
    assert counts.mean(axis=1) == pytest.approx(means, rel=0.01)
    assert counts.var(axis=1) == pytest.approx(means, rel=0.02)
    assert [round(4_000 * at_least(5, 4.0)), 0] == pytest.approx([(counts[2] >= 5).sum(), counts[0].sum()], abs=2)


def test_totals_are_kept_when_forecasts_are_told_anew() -> None:
    told = top_down([[4.0, 0.0], [2.0, 2.0]])
    assert told == [[3.0, 1.0], [3.0, 1.0]]
    assert top_down([[0.0, 0.0]]) == [[0.0, 0.0]]
    # Both SKUs are looked for in both places; the second place has only the second one, and a third place has nothing.
    assert among_what_is_there([[3.0, 1.0, 1.0], [3.0, 2.0, 1.0]], [[1, 0, 0], [4, 1, 0]]) == [
        [3.0, 0.0, 0.0],
        [3.0, 3.0, 0.0],
    ]


def test_prices_of_a_snapshot_are_published_as_it_takes_them() -> None:
    sites = [Site("shop", 100, 140), Site("warehouse", 40, 60)]
    rates = Rates((Service("home", 2, ((500, 800), (700, 1_000))),), (500, 2_000), {"69": [0, 1], "75": [1, 0]})
    snapshot = Snapshot(sites, rates, Late(), [])
    snapshot.supply["A"] = [1, 9]
    snapshot.set_prices(markdown={"A": [0, 300]})
    expected = Expected("A", 800, [0.9, 0.0], [0.1, 0.0], {"69": 2.0, "75": 1.0}, 4_000, 500, 6_000)
    market = market_of(expected, snapshot, [[0.9, 0.1], [1.0]])
    assert market.carriage == [[1_040, 1_240], [1_100, 900]]
    assert market.margin_minor == [3_650, 0]
    assert market.markdown_minor == [300, 0]
    prices = publish([market, msgspec.structs.replace(market, sku="B")])
    assert prices == publish([market]) | publish([msgspec.structs.replace(market, sku="B")])
    assert prices["A"][0] > 1_000 > prices["A"][1]
    snapshot.set_prices(scarcity=prices)
    assert snapshot.unit("A")[0] == [prices["A"][0], prices["A"][1] + 300]


def test_a_line_in_company_rides_along_where_the_rest_is_likely_sent_too() -> None:
    sites = [Site("shop", 100, 140), Site("warehouse", 40, 60)]
    rates = Rates((Service("home", 2, ((500,), (700,))),), (500,), {"69": [0, 1]})
    snapshot = Snapshot(sites, rates, Late(), [])
    snapshot.supply |= {"A": [1, 1], "B": [0, 5], "C": [3, 9]}
    assert in_stock({"A": 1.0, "B": 3.0, "C": 4.0, "D": 2.0}, snapshot) == [0.5, 0.8]
    expected = Expected("A", 300, [0.0, 0.0], [0.0, 0.0], {"69": 2.0}, 4_000, 500, 6_000, company=0.75)
    market = market_of(expected, snapshot, together=[0.5, 0.8], kept={})
    assert market.parcels == [0.5, 1.5]
    assert market.carriage == [[740, 420], [800, 192]]
    # Alone it is sent from the shop; in company the warehouse's unit saves a parcel, so that one is worth more.
    plain = solve(market_of(expected, snapshot), 1)
    assert solve(market, 1)[1] - plain[1] > solve(market, 1)[0] - plain[0]


def test_who_only_takes_orders_loads_none_of_the_libraries_that_solve() -> None:
    asked = "import sys, comptoir.sourcing.deciding, comptoir.sourcing.market, comptoir.sourcing.bid_prices as prices; "
    asked += "prices.closed_form(prices.Market('A', [1], [0.5], [], [[]], [0], [900], 900)); "
    asked += "print(sorted({'numpy', 'scipy'} & set(sys.modules)))"
    told = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True, timeout=60)
    assert told.stdout == "[]\n"

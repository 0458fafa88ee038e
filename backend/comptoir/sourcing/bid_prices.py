"""What the last units are worth elsewhere: the bid price of a unit at a site, so that an order takes it where it is missed least.

    bid price = what the expected rest of the selling period would cost with one unit fewer there, minus what it costs as it is

Two ways. `closed_form`: the margin of a customer of its own times how likely the site's own customers want every unit it has. `solve`: a handful of
futures is drawn (parcels by destination, own customers by site), each is served at least cost as an assignment problem, and the cost of
losing one unit at each site is read off that solution exactly, as the cheapest chain of units that would move up. Units that only the books
know are drawn as well. Pure; the libraries
that it needs are loaded by the process that solves, never by one that takes orders.
"""

from collections.abc import Iterable
from math import exp
from typing import Any, Final
from zlib import crc32

from comptoir.sourcing.market import Market

FUTURES: Final = 6


def publish(markets: Iterable[Market], futures: int = FUTURES) -> dict[str, list[int]]:
    """{SKU: its bid price at each site}, as `Snapshot.set_prices` takes it. Each SKU for itself: solve those whose units moved.

    The same markets have the same prices in every process: what is drawn for a SKU follows from its name.
    """
    return {market.sku: solve(market, crc32(market.sku.encode()), futures) for market in markets}


def closed_form(market: Market) -> list[int]:
    """P(own customers want every unit that is there) x margin, for each site, in minor units."""
    return [round(price) for price in _known(market)]


def _known(market: Market) -> list[float]:
    return [
        margin * sum(chance * at_least(units - absent, mean) for absent, chance in enumerate(market.doubt(at)))
        if units
        else 0.0
        for at, (units, mean, margin) in enumerate(zip(market.supply, market.own, market.margin_minor, strict=True))
    ]


def at_least(units: int, mean: float) -> float:
    """The chance that a Poisson count with this mean reaches `units`."""
    if mean <= 0:
        return 0.0 if units > 0 else 1.0
    term, below = exp(-mean), 0.0
    for count in range(units):
        below += term
        term *= mean / (count + 1)
    return max(0.0, 1.0 - below)


def solve(market: Market, seed: int, futures: int = FUTURES) -> list[int]:
    """The bid price at each site, in minor units, never below zero nor above what a missing unit costs."""
    import numpy as np

    random = np.random.default_rng(seed)
    sites = len(market.supply)
    recorded = np.asarray(market.supply, dtype=np.int64)
    carriage = np.asarray(market.carriage, dtype=np.float64) - np.asarray(market.markdown_minor)[:, None]
    stay = -np.asarray(market.markdown_minor, dtype=np.float64)
    own, parcels = np.asarray(market.own), np.asarray(market.parcels)
    margin = np.asarray(market.margin_minor, dtype=np.float64)
    doubts = [(at, np.cumsum(doubt)) for at in range(sites) if recorded[at] and len(doubt := market.doubt(at)) > 1]
    total = np.zeros(sites)
    for _ in range(futures):
        supply = recorded.copy()
        for (at, chances), drawn in zip(doubts, random.random(len(doubts)), strict=True):
            supply[at] -= min(int(np.searchsorted(chances, drawn, side="right")), len(chances) - 1)
        shop = random.poisson(own)
        total += _lost(
            supply,
            shop,
            random.poisson(parcels),
            carriage,
            stay,
            margin,
            float(market.missing_minor),
        )
        # What the closed form knows exactly need not be estimated: only the difference to it is left to the draw.
        total -= np.where((shop >= supply) & (supply > 0), margin, 0.0)
    known = np.asarray(_known(market))
    return [int(price) for price in np.clip(np.rint(known + total / futures), 0, market.missing_minor)]


def _lost(supply: Any, own_customers: Any, parcels: Any, carriage: Any, stay: Any, margin: Any, missing: float) -> Any:
    """What losing one unit at each site costs in one future: arrays in, an array by site out."""
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    sites = len(supply)
    units = np.repeat(np.arange(sites), supply)
    to = np.repeat(np.arange(len(parcels)), parcels)
    # A shop's own customers take their own units: only as many of them as there are units can matter.
    shop = np.repeat(np.arange(sites), np.minimum(own_customers, supply))
    demand = len(to) + len(shop)
    if not demand or not len(units):
        return np.zeros(sites)
    far = 1e9
    cost = np.full((demand, len(units) + demand), far)
    cost[: len(to), : len(units)] = carriage[np.ix_(units, to)].T
    own = shop[:, None] == units[None, :]
    cost[len(to) :, : len(units)][own] = np.broadcast_to(stay[units], own.shape)[own]
    rows = np.arange(demand)
    cost[rows, len(units) + rows] = np.concatenate([np.full(len(to), missing), margin[shop]])
    chosen = linear_sum_assignment(cost)[1]
    # Kinds of demand: each destination, then each site's own customers.
    kind = np.concatenate([to, len(parcels) + shop])
    kinds = len(parcels) + sites
    price = np.full((sites, kinds), far)
    price[:, : len(parcels)] = carriage
    price[np.arange(sites), len(parcels) + np.arange(sites)] = stay
    unserved = np.concatenate([np.full(len(parcels), missing), margin])
    served = chosen < len(units)
    serves = np.zeros((sites, kinds), dtype=bool)
    serves[units[chosen[served]], kind[served]] = True
    used = np.bincount(units[chosen[served]], minlength=sites)
    spare = used < supply
    # The cheapest chain: the unit's customer is served by another site, whose customer is served by a third, until one has a unit to spare
    # or somebody goes away.
    lost = np.where(spare, 0.0, far)
    for _ in range(sites + 1):
        instead = np.minimum(unserved, (price + lost[:, None]).min(axis=0))
        given_up = np.where(serves, instead[None, :] - price, far).min(axis=1)
        better = np.minimum(lost, given_up)
        if np.array_equal(better, lost):
            break
        lost = better
    return np.where(supply > 0, np.minimum(lost, np.maximum(margin, missing)), 0.0)

"""What the last units are worth elsewhere: the bid price of a unit at a site, so that an order takes it where it is missed least.

    bid price = what the expected rest of the selling period would cost with one unit fewer there, minus what it costs as it is

Two ways. `closed_form`: the margin of a customer of its own times how likely the site's own customers want every unit it has. `solve`: a handful of
futures is drawn (parcels by destination, own customers by site), each is served at least cost as an assignment problem, and the cost of
losing one unit at each site is read off that solution exactly, as the cheapest chain of units that would move up. Pure; the libraries
that it needs are loaded by the process that solves, never by one that takes orders.
"""

from collections.abc import Sequence
from math import exp
from typing import Any

import msgspec


class Market(msgspec.Struct, frozen=True):
    """One SKU at one moment. Rows are by site; `carriage` by site, then by destination, labor included.

    `own` are the units that a site's own customers are still expected to want, whether they walk in or collect, `parcels` those by destination;
    `margin_minor` is what an own customer costs who finds nothing, by site, `missing_minor` what a parcel's unit costs that nobody can give;
    `markdown_minor` what a unit loses that stays.
    """

    sku: str
    supply: Sequence[int]
    own: Sequence[float]
    parcels: Sequence[float]
    carriage: Sequence[Sequence[int]]
    markdown_minor: Sequence[int]
    margin_minor: Sequence[int]
    missing_minor: int


def closed_form(market: Market) -> list[int]:
    """P(own customers want every unit) x margin, for each site, in minor units."""
    return [
        round(margin * at_least(units, mean)) if units else 0
        for units, mean, margin in zip(market.supply, market.own, market.margin_minor, strict=True)
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


def solve(market: Market, seed: int, futures: int = 6) -> list[int]:
    """The bid price at each site, in minor units, never below zero nor above what a missing unit costs."""
    import numpy as np

    random = np.random.default_rng(seed)
    sites = len(market.supply)
    supply = np.asarray(market.supply, dtype=np.int64)
    carriage = np.asarray(market.carriage, dtype=np.float64) - np.asarray(market.markdown_minor)[:, None]
    stay = -np.asarray(market.markdown_minor, dtype=np.float64)
    own, parcels = np.asarray(market.own), np.asarray(market.parcels)
    margin = np.asarray(market.margin_minor, dtype=np.float64)
    total = np.zeros(sites)
    for _ in range(futures):
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
    known = np.asarray(closed_form(market))
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

"""What the last units are worth elsewhere: the bid price of a unit at a site, so that an order takes it where it is missed least.

    bid price = what the expected rest of the selling period would cost with one unit fewer there, minus what it costs as it is

Two ways. `closed_form`: the margin of a customer of its own times how likely the site's own customers want every unit it has. `solve`: some
futures are drawn (parcels by destination, own customers by site), each is served at least cost as an assignment problem, and the cost of
losing one unit at each site is read off that solution exactly, as the cheapest chain of units that would move up. Units that only the books
know are drawn as well. Pure; the libraries
that it needs are loaded by the process that solves, never by one that takes orders.
"""

from collections.abc import Iterable
from math import exp
from typing import Any, Final
from zlib import crc32

from comptoir.sourcing.market import Market

FUTURES: Final = (6, 24)
"""So many are drawn at least, where much is expected and each says much, and so many at most, where little is."""
DRAWN_PARCELS: Final = 960
"""So many parcels are drawn in all of a SKU's futures, about."""


def publish(markets: Iterable[Market], futures: int | None = None) -> dict[str, list[int]]:
    """{SKU: its bid price at each site}, as `Snapshot.set_prices` takes it. Each SKU for itself: solve those whose units moved.

    The same markets have the same prices in every process: what is drawn for a SKU follows from its name.
    """
    return {
        market.sku: solve(market, crc32(market.sku.encode()), futures_of(market) if futures is None else futures)
        for market in markets
    }


def futures_of(market: Market) -> int:
    """How many are drawn: thin demand needs more of them, and each takes less time to solve."""
    fewest, most = FUTURES
    return max(fewest, min(most, int(DRAWN_PARCELS / max(1.0, sum(market.parcels)))))


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


def solve(market: Market, seed: int, futures: int = FUTURES[1]) -> list[int]:
    """The bid price at each site, in minor units, never below zero nor above what a missing unit costs."""
    import numpy as np

    random = np.random.default_rng(seed)
    # Only where something lies can a unit be missed: the other sites are left out.
    there = [at for at, units in enumerate(market.supply) if units]
    if not there:
        return [0] * len(market.supply)
    recorded = np.asarray([market.supply[at] for at in there], dtype=np.int64)
    stay = -np.asarray([market.markdown_minor[at] for at in there], dtype=np.float64)
    carriage = np.asarray([market.carriage[at] for at in there], dtype=np.float64) + stay[:, None]
    own, parcels = np.asarray([market.own[at] for at in there]), np.asarray(market.parcels)
    margin = np.asarray([market.margin_minor[at] for at in there], dtype=np.float64)
    doubts = [(row, np.cumsum(doubt)) for row, at in enumerate(there) if len(doubt := market.doubt(at)) > 1]
    supply = np.tile(recorded, (futures, 1))
    for (row, chances), drawn in zip(doubts, _evenly(random, len(doubts), futures), strict=True):
        supply[:, row] -= np.minimum(np.searchsorted(chances, drawn, side="right"), len(chances) - 1)
    shop = _counts(own, _evenly(random, len(own), futures)).T
    total = float(parcels.sum())
    sent = np.zeros((futures, len(parcels)), dtype=np.int64)
    if total:
        sent = random.multinomial(_counts(np.asarray([total]), _evenly(random, 1, futures))[0], parcels / total)
    lost = _lost(supply, shop, sent, carriage, stay, margin, float(market.missing_minor))
    # What the closed form knows exactly need not be estimated: only the difference to it is left to the draw.
    drawn_more = lost - np.where((shop >= supply) & (supply > 0), margin, 0.0)
    known = _known(market)
    prices = [0] * len(market.supply)
    for at, more in zip(there, drawn_more.mean(axis=0), strict=True):
        prices[at] = min(max(round(known[at] + more), 0), market.missing_minor)
    return prices


def _evenly(random: Any, rows: int, futures: int) -> Any:
    """Draws from 0 to 1 by row and future: in each row one in each equal part, so that few futures together are as the many would be."""
    import numpy as np

    parts = random.permuted(np.tile(np.arange(futures), (rows, 1)), axis=1)
    return (parts + random.random((rows, futures))) / futures


def _counts(means: Any, drawn: Any) -> Any:
    """Poisson counts with these means, one row each, at these draws from 0 to 1."""
    import numpy as np

    highest = float(means.max(initial=0.0))
    count = np.arange(1, int(highest + 8 * highest**0.5) + 12)
    with np.errstate(divide="ignore"):
        logs = np.log(means)[:, None] * count - np.cumsum(np.log(count)) - means[:, None]
    upto = np.cumsum(np.concatenate([np.exp(-means)[:, None], np.exp(logs)], axis=1), axis=1)
    return np.stack([np.searchsorted(row, at) for row, at in zip(upto, drawn, strict=True)])


def _lost(supply: Any, own_customers: Any, parcels: Any, carriage: Any, stay: Any, margin: Any, missing: float) -> Any:
    """What losing one unit at each site costs: arrays by future and site (parcels: and destination) in, one by future and site out."""
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    futures, sites = supply.shape
    every = np.arange(sites)
    wanted = np.flatnonzero(parcels.any(axis=0))
    carriage, parcels = carriage[:, wanted], parcels[:, wanted]
    # A shop's own customers take its own units: only as many of them as there are units can matter, and a unit that one of them
    # would have had costs a parcel what that customer is worth. So parcels alone are assigned.
    shop = np.minimum(own_customers, supply)
    given = np.zeros((futures, sites), dtype=np.int64)
    pairs: list[Any] = []
    for future in range(futures):
        to = np.repeat(np.arange(len(wanted)), parcels[future])
        useful = np.minimum(supply[future], len(to))
        units = np.repeat(every, useful)
        if not len(units):
            continue
        place = np.arange(len(units)) - np.repeat(np.cumsum(useful) - useful, useful)
        taken = np.where(place >= (supply[future] - shop[future])[units], (margin - stay)[units], 0.0)
        cost = (carriage[units] + taken[:, None]).T[to]
        if len(units) < len(to) or cost.max() >= missing:
            # Beside the units, for each parcel the choice to stay away.
            cost = np.concatenate([cost, np.full((len(to), len(to)), missing)], axis=1)
        chosen = linear_sum_assignment(cost)[1]
        served = chosen < len(units)
        by = units[chosen[served]]
        given[future] = np.bincount(by, minlength=sites)
        pairs.append((np.full(len(by), future), by, to[served]))
    own_served = np.minimum(shop, supply - given)
    # The cheapest chain: the unit's customer is served by another site, whose customer is served by a third, until one has a unit to spare
    # or somebody goes away, a shop's own customer for good.
    far = 1e9
    lost = np.where(given + own_served < supply, 0.0, np.where(own_served > 0, margin - stay, far))
    if pairs:
        in_future, by, to = (np.concatenate(column) for column in zip(*pairs, strict=True))
        from_others, as_it_is = carriage.T[to], carriage[by, to]
    for _ in range(sites + 1 if pairs else 0):
        better = lost.copy()
        instead = np.minimum(missing, (from_others + lost[in_future]).min(axis=1))
        np.minimum.at(better, (in_future, by), instead - as_it_is)
        if np.array_equal(better, lost):
            break
        lost = better
    return np.where(supply > 0, np.minimum(lost, np.maximum(margin, missing)), 0.0)

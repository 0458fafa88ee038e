"""What is known of one SKU when its last units are priced: what lies where, what the books may be wrong about, who is still expected to want it.

Pure and light: made in any process, solved by one that has the libraries (`bid_prices`).
"""

from collections.abc import Mapping, Sequence
from math import exp
from typing import Final

import msgspec

from comptoir.sourcing.snapshot import Snapshot

TOGETHER: Final = 0.7
"""How often a site sends the rest of an order that it has: what a line in company may count on. From the benchmark's weeks."""


class Market(msgspec.Struct, frozen=True):
    """One SKU at one moment. Rows are by site; `carriage` by site, then by destination, labor included.

    `own` are the units that a site's own customers are still expected to want, whether they walk in or collect, `parcels` those by destination;
    `margin_minor` is what an own customer costs who finds nothing, by site, `missing_minor` what a parcel's unit costs that nobody can give;
    `markdown_minor` what a unit loses that stays. `phantoms`, if known, by site: how likely 0, 1, 2 ... units of the supply are not there.
    """

    sku: str
    supply: Sequence[int]
    own: Sequence[float]
    parcels: Sequence[float]
    carriage: Sequence[Sequence[int]]
    markdown_minor: Sequence[int]
    margin_minor: Sequence[int]
    missing_minor: int
    phantoms: Sequence[Sequence[float]] = ()

    def doubt(self, at: int) -> Sequence[float]:
        """How likely 0, 1, ... units are not there, given that one is: a unit that nobody finds is not given away."""
        chances = self.phantoms[at][: self.supply[at]] if self.phantoms else ()
        some = sum(chances)
        return [chance / some for chance in chances] if some > 0 else (1.0,)


class Expected(msgspec.Struct, frozen=True):
    """What a planner expects of one SKU until the end of its time: units that walk in and that are collected, by site, and parcels by destination.

    `margin_minor` is lost with a customer who walked in, `instead_minor` what a parcel costs for one who wanted to collect, `missing_minor` what a
    unit costs that nobody can send. `company` is the part of the parcels' units that are wanted together with others.
    """

    sku: str
    grams: int
    walk_in: Sequence[float]
    collected: Sequence[float]
    parcels: Mapping[str, float]
    margin_minor: int
    instead_minor: int
    missing_minor: int
    company: float = 0.0


def market_of(
    expected: Expected, snapshot: Snapshot, phantoms: Sequence[Sequence[float]] = (),
    kept: dict[int, list[list[int]]] | None = None, together: Sequence[float] = (),
) -> Market:  # fmt: skip
    """A SKU as it stands in the snapshot. `together`: how likely each site sends the rest of an order as well, so that a line rides along.

    `kept` keeps prices of carriage, by step of weight, from one SKU to the next with the same destinations.
    """
    step, sites = snapshot.rates.step(expected.grams), len(snapshot.sites)
    carriage = None if kept is None else kept.get(step)
    if carriage is None:
        carriage = least_carriage(snapshot, tuple(expected.parcels), step)
        if together:
            for row, site, likely in zip(carriage, snapshot.sites, together, strict=True):
                row += [round((1 - likely) * price + likely * site.pick_minor) for price in row]
        if kept is not None:
            kept[step] = carriage
    own, margins = [], []
    for walk_in, collected in zip(expected.walk_in, expected.collected, strict=True):
        both = walk_in + collected
        own.append(both)
        lost = walk_in * expected.margin_minor + collected * expected.instead_minor
        margins.append(round(lost / both) if both else 0)
    parcels = list(expected.parcels.values())
    if together:
        # As further destinations: the same ones, for lines that may ride along.
        alone = [units * (1 - expected.company) for units in parcels]
        parcels = [*alone, *(units * expected.company for units in parcels)]
    forgone = snapshot.markdown.get(expected.sku) or [0] * sites
    return Market(
        expected.sku, snapshot.supply.get(expected.sku) or [0] * sites, own, parcels, carriage,
        [max(forgone) - units for units in forgone], margins, expected.missing_minor, phantoms,
    )  # fmt: skip


def least_carriage(snapshot: Snapshot, destinations: Sequence[str], step: int) -> list[list[int]]:
    """By site, then by destination: a parcel of one line by the cheapest service, packed and picked."""
    rates = snapshot.rates
    return [
        [
            min(service.prices[rates.zone(to, at)][step] for service in rates.services) + site.pack_minor + site.pick_minor
            for to in destinations
        ]
        for at, site in enumerate(snapshot.sites)
    ]  # fmt: skip


def in_stock(wanted: Mapping[str, float], snapshot: Snapshot) -> list[float]:
    """By site: the part of what is wanted, {SKU: units}, whose SKU is there. What another line of an order finds."""
    found = [0.0] * len(snapshot.sites)
    for sku, units in wanted.items():
        for at, there in enumerate(snapshot.supply.get(sku, ())):
            if there:
                found[at] += units
    whole = sum(wanted.values())
    return [units / whole if whole else 0.0 for units in found]


def open_part(windows: Sequence[tuple[int, int]], begins: int, ends: int, period: tuple[int, int]) -> float:
    """The part of a period's open minutes that lies from `begins` to `ends`: customers walk in while a place is open.

    A place without hours is always open; one that is closed for the whole period has none.
    """
    always = ((min(begins, period[0]), max(ends, period[1])),)
    part, whole = (
        sum(max(0, min(closes, until) - max(opens, since)) for opens, closes in windows or always)
        for since, until in ((begins, ends), period)
    )
    return part / whole if whole else 0.0


def top_down(table: Sequence[Sequence[float]]) -> list[list[float]]:
    """Expected units by SKU and place, each told anew as its SKU's total by its place's share of everything.

    Few sales tell little of one SKU in one place, while totals are sure; what is special to a pair is given up for that.
    """
    totals = [sum(row) for row in table]
    shares = [sum(column) for column in zip(*table, strict=True)]
    whole = sum(totals)
    return [[total * share / whole if whole else 0.0 for share in shares] for total in totals]


def among_what_is_there(
    table: Sequence[Sequence[float]], supply: Sequence[Sequence[int]], most: float = 4.0
) -> list[list[float]]:
    """Units expected to be collected, by SKU and place, told anew for what is there: customers choose among what a place is said to have.

    What was expected of SKUs that it lacks goes to those that it has, each at most `most` times its own.
    """
    factors = []
    for column, units in zip(zip(*table, strict=True), zip(*supply, strict=True), strict=True):
        there = sum(figure for figure, count in zip(column, units, strict=True) if count)
        factors.append(min(most, sum(column) / there) if there else 0.0)
    return [
        [figure * factor if count else 0.0 for figure, factor, count in zip(row, factors, units, strict=True)]
        for row, units in zip(table, supply, strict=True)
    ]


def phantoms(units: int, counted: int, share: float, quiet: float) -> list[float]:
    """How likely 0, 1, ... all of the `units` in the books are not on the shelf.

    Of the `counted` units that were once put there, each was lost with the chance `share`. Whoever leaves with one proves that they were not all
    gone; `quiet` are the units that were expected to leave since that last happened, and did not.
    """
    if not units:
        return [1.0]
    still = exp(-quiet)
    weight = (1.0 - share) ** counted
    found = [weight * still]
    for lost in range(1, units + 1):
        weight *= (counted - lost + 1) / lost * share / (1.0 - share)
        found.append(weight * (1.0 if lost == units else still))
    total = sum(found)
    return [chance / total for chance in found]

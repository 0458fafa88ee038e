"""The policies that are compared, all of them by the functions that run in production."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

from comptoir.bench.sourcing import constants as c
from comptoir.bench.sourcing.week import Refresh, Router, Week
from comptoir.sourcing.bid_prices import closed_form, publish
from comptoir.sourcing.market import (
    TOGETHER,
    Expected,
    Market,
    among_what_is_there,
    in_stock,
    market_of,
    open_part,
    phantoms,
    top_down,
)
from comptoir.sourcing.routing import Ask, Plan, Terms, route
from comptoir.sourcing.ruled import Group, route_by_rules
from comptoir.sourcing.snapshot import Snapshot

INSTEAD: Final = 700
"""What a parcel costs that is sent to somebody who wanted to collect, about."""
COLLECTED: Final = 0.8
"""Of what is to be collected, the part that is."""
MORE_PARCELS: Final = 1.2
"""Parcels' lines over those that were ordered as such: what could not be collected, what was refused. Both about, from seeds 101 to 106."""
COMPANY: Final = 0.7
"""Of parcels' units, those that come with others: production counts it in its orders."""
END: Final = c.DAYS * c.DAY
WHOLE_MINUTES: Final = 360
TERMS: Final = Terms(most_parcels=3, keep=1)
STORES: Final = frozenset({"store"})
WAREHOUSES: Final = frozenset({"warehouse"})
LISTS: Final[Mapping[str, tuple[Group, ...]]] = {
    "nearest": (Group("distance"), Group("distance", divides=True)),
    "cheapest": (Group("carriage"), Group("carriage", divides=True)),
    "rules": (
        Group("distance", WAREHOUSES), Group("balance", STORES, within_zone=0, buffer=1), Group("balance", STORES, within_zone=2, buffer=1),
        Group("distance"), Group("distance", divides=True),
    ),
}  # fmt: skip
"""Rules as they are usually set up (who collects has been served by their own store): a warehouse, else a near store that has more than enough,
else such a one farther away, else anybody, else several."""


def by_list(groups: tuple[Group, ...]) -> Router:
    return lambda ask, snapshot: route_by_rules(ask, snapshot, groups, TERMS)


def by_cost(ask: Ask, snapshot: Snapshot) -> Plan:
    return route(ask, snapshot, TERMS)[0]


def markdown_only(week: Week) -> None:
    """Once: what a unit would lose where it lies is no secret."""
    if week.now == 0:
        instance = week.instance
        week.snapshot.set_prices(
            markdown={
                article.sku: [most - loss for loss in row]
                for article, row, most in zip(
                    instance.articles, instance.markdown_minor, week.most_markdown, strict=True
                )
            }
        )


@lru_cache(maxsize=3)
def week_of(forecast: tuple[tuple[float, ...], ...]) -> list[list[float]]:
    """A planner's week, told from totals."""
    return top_down(forecast)


def markets(week: Week, articles: Iterable[int] | None = None) -> list[Market]:
    """Articles (all of them when none are named) as they stand, with what a planner still expects of the week.

    Parcels and what is to be collected are ordered at all hours; customers walk in while a shop is open.
    """
    instance, snapshot = week.instance, week.snapshot
    left = max(0, END - week.now) / END
    walk_in_left = [open_part(node.windows, week.now, END, (0, END)) for node in instance.nodes]
    walk_ins = week_of(instance.walk_in_forecast)
    collected, by_parcel = (
        [[units * left for units in row] for row in week_of(table)]
        for table in (instance.collected_forecast, instance.parcel_forecast)
    )
    collected = among_what_is_there(collected, [snapshot.supply[article.sku] for article in instance.articles])
    wanted = {article.sku: sum(row) for article, row in zip(instance.articles, by_parcel, strict=True)}
    together = [likely * TOGETHER for likely in in_stock(wanted, snapshot)]
    kept: dict[int, list[list[int]]] = {}
    made = []
    for a in range(len(instance.articles)) if articles is None else articles:
        article = instance.articles[a]
        expected = Expected(
            article.sku, article.weight_grams, [units * part for units, part in zip(walk_ins[a], walk_in_left, strict=True)],
            [units * COLLECTED for units in collected[a]],
            {str(city): units * MORE_PARCELS for city, units in enumerate(by_parcel[a])},
            article.margin_minor, INSTEAD, article.margin_minor + c.CANCEL, COMPANY,
        )  # fmt: skip
        made.append(market_of(expected, snapshot, doubts(week, a), kept, together))
    return made


def to_price(week: Week) -> list[int]:
    """Articles whose prices are due, as the worker has them: all of them every six hours, in between those whose units moved."""
    whole = week.now % WHOLE_MINUTES == 0
    due = []
    for a, article in enumerate(week.instance.articles):
        row = week.snapshot.supply[article.sku]
        if whole or week.priced.get(a) != row:
            week.priced[a] = list(row)
            due.append(a)
    return due


def doubts(week: Week, article: int) -> list[list[float]]:
    """What the books of each place may be wrong about: by what is lost in such places on average, and how long nobody has left with one."""
    made = []
    for n, node in enumerate(week.instance.nodes):
        units = week.recorded[article][n]
        if (article, n) in week.counted or not units:
            made.append([1.0])
            continue
        quiet = week.instance.walk_in_forecast[article][n] * open_part(
            node.windows, week.last_left[article][n], week.now, (0, END)
        )
        share = c.WAREHOUSE_PHANTOM if node.warehouse else c.PHANTOM
        made.append(phantoms(units, week.instance.recorded[article][n], share, quiet))
    return made


def walk_in_prices(week: Week) -> None:
    markdown_only(week)
    week.snapshot.set_prices(scarcity={market.sku: closed_form(market) for market in markets(week, to_price(week))})


def bid_prices(week: Week) -> None:
    markdown_only(week)
    week.snapshot.set_prices(scarcity=publish(markets(week, to_price(week))))


def policies() -> dict[str, tuple[Router, Refresh | None, bool]]:
    """By name, from the plainest to the best: as a week takes them. Lists have no money to weigh moves by: they look for the lines concerned alone."""
    made: dict[str, tuple[Router, Refresh | None, bool]] = {
        name: (by_list(groups), None, False) for name, groups in LISTS.items()
    }
    made["without scarcity"] = (by_cost, markdown_only, True)
    made["full cost"] = (by_cost, walk_in_prices, True)
    made["bid prices"] = (by_cost, bid_prices, True)
    return made

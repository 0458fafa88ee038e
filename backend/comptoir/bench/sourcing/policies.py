"""The policies that are compared, all of them by the functions that run in production."""

from collections.abc import Mapping
from typing import Final

from comptoir.bench.sourcing import constants as c
from comptoir.bench.sourcing.week import Refresh, Router, Week
from comptoir.sourcing.bid_prices import Market, closed_form, solve
from comptoir.sourcing.routing import Ask, Plan, Terms, route
from comptoir.sourcing.ruled import Group, route_by_rules
from comptoir.sourcing.snapshot import Snapshot

INSTEAD: Final = 700
"""What a parcel costs that is sent to somebody who wanted to collect, about."""
TERMS: Final = Terms(most_parcels=3, keep=1)
STORES: Final = frozenset({"store"})
WAREHOUSES: Final = frozenset({"warehouse"})
LISTS: Final[Mapping[str, tuple[Group, ...]]] = {
    "nearest": (Group("distance"), Group("distance", divides=True)),
    "cheapest": (Group("carriage"), Group("carriage", divides=True)),
    "rules": (
        Group("balance", STORES, within_zone=0, buffer=1), Group("distance", WAREHOUSES), Group("distance", STORES, within_zone=1, buffer=1),
        Group("distance"), Group("distance", divides=True),
    ),
}  # fmt: skip
"""Rules as they are usually set up: a near store that has more than enough, else a warehouse, else a store farther away, else anybody."""


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


def markets(week: Week) -> list[Market]:
    """Each article as it stands, with what a planner still expects of the week."""
    instance, snapshot = week.instance, week.snapshot
    left = max(0, c.DAYS * c.DAY - week.now) / (c.DAYS * c.DAY)
    cities = range(len(instance.cities))
    made = []
    for a, article in enumerate(instance.articles):
        step = snapshot.rates.step(article.weight_grams)
        cheapest = [
            [
                min(service.prices[instance.zones[city][n]][step] for service in snapshot.rates.services)
                + node.pick_minor
                + node.pack_minor
                for city in cities
            ]
            for n, node in enumerate(instance.nodes)
        ]
        own, margins = [], []
        for walk_in, collected in zip(instance.walk_in_forecast[a], instance.collected_forecast[a], strict=True):
            both = walk_in + collected
            own.append(both * left)
            # Who collects and finds nothing gets a parcel; who walked in is lost.
            margins.append(round((walk_in * article.margin_minor + collected * INSTEAD) / both) if both else 0)
        made.append(
            Market(
                article.sku, snapshot.supply[article.sku], own, [mean * left for mean in instance.parcel_forecast[a]],
                cheapest, instance.markdown_minor[a], margins, article.margin_minor + c.CANCEL,
            )
        )  # fmt: skip
    return made


def walk_in_prices(week: Week) -> None:
    markdown_only(week)
    week.snapshot.set_prices(scarcity={market.sku: closed_form(market) for market in markets(week)})


def bid_prices(week: Week) -> None:
    markdown_only(week)
    week.snapshot.set_prices(
        scarcity={market.sku: solve(market, number) for number, market in enumerate(markets(week))}
    )


def policies() -> dict[str, tuple[Router, Refresh | None]]:
    """By name, from the plainest to the best."""
    made: dict[str, tuple[Router, Refresh | None]] = {name: (by_list(groups), None) for name, groups in LISTS.items()}
    made["full cost"] = (by_cost, markdown_only)
    made["walk-in prices"] = (by_cost, walk_in_prices)
    made["bid prices"] = (by_cost, bid_prices)
    return made

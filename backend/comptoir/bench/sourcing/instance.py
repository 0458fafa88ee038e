"""One week of a retailer that never was: places, articles, what lies where and what only seems to, orders, walk-in customers.

Everything is drawn from one seed, in one order, by the standard library's generator: the same seed is the same week on every machine.
Minutes count from Monday 0:00 of the first week.
"""

from bisect import bisect_right
from itertools import accumulate
from math import exp
from random import Random
from typing import Final

import msgspec

from comptoir.bench.sourcing import constants as c
from comptoir.network.geography import distance_km

DRAWS: Final = 40
"""So often somebody who collects looks for an article that the shop has."""
DENSE: Final = 7
"""With more stores than are named, each further one stands near a named one: so many hundredths of a degree to each side at most."""


class Node(msgspec.Struct, frozen=True):
    """A place with stock. `windows` are its open minutes of two weeks; `cut_off` its carrier's last collection of an open day."""

    id: str
    warehouse: bool
    latitude: float
    longitude: float
    weight: float
    windows: tuple[tuple[int, int], ...]
    cut_off: int
    lines_per_hour: int
    pick_minor: int
    pack_minor: int
    phantom: float


class Article(msgspec.Struct, frozen=True):
    """What is sold. `popularity` is its share of all demand."""

    sku: str
    price_minor: int
    weight_grams: int
    risk: float
    seasonal: bool
    popularity: float

    @property
    def margin_minor(self) -> int:
        return round(self.price_minor * c.MARGIN)


class Line(msgspec.Struct, frozen=True):
    article: int
    quantity: int


class Order(msgspec.Struct, frozen=True):
    """`pickup` is the node that the customer chose, None for a parcel; `due_days` the open days it was promised within."""

    number: int
    at: int
    city: int
    lines: tuple[Line, ...]
    pickup: int | None
    due_days: int


class WalkIn(msgspec.Struct, frozen=True):
    """Somebody in a shop who wants one unit, and takes it when it is there."""

    at: int
    node: int
    article: int


class Instance(msgspec.Struct, frozen=True):
    """A week. Tables are by article, then by node: `recorded` is what the books say, `real` what is on the shelves.

    `walk_in_forecast` and `collected_forecast` are units a week by article and node, `parcel_forecast` units a week by article and city, all as a
    planner would have them: off by the noise. `markdown_minor` is what a unit loses if it is left where it lies.
    """

    seed: int
    nodes: tuple[Node, ...]
    articles: tuple[Article, ...]
    cities: tuple[tuple[str, float, float, float], ...]
    zones: tuple[tuple[int, ...], ...]
    """By city, then by node."""
    recorded: tuple[tuple[int, ...], ...]
    real: tuple[tuple[int, ...], ...]
    markdown_minor: tuple[tuple[int, ...], ...]
    walk_in_forecast: tuple[tuple[float, ...], ...]
    collected_forecast: tuple[tuple[float, ...], ...]
    parcel_forecast: tuple[tuple[float, ...], ...]
    orders: tuple[Order, ...]
    walk_ins: tuple[WalkIn, ...]


class Drawn:
    """Draws from fixed weights."""

    def __init__(self, weights: list[float]) -> None:
        self.sums = list(accumulate(weights))

    def one(self, random: Random) -> int:
        return bisect_right(self.sums, random.random() * self.sums[-1])


def generate(
    seed: int, *, stores: int = len(c.STORES), skus: int = c.SKUS, orders: int = c.ORDERS, labor: float = 1.0, markdown: float = 1.0
) -> Instance:  # fmt: skip
    """The week of a seed. `labor` and `markdown` scale those costs and change nothing else that is drawn."""
    random = Random(seed)
    nodes = nodes_of(random, stores, labor)
    articles = articles_of(random, skus)
    walk_in_units = round(c.WALK_INS * orders / c.ORDERS)
    place = Drawn([node.weight for node in nodes])
    wanted = Drawn([article.popularity for article in articles])
    online_units = orders * sum(n * share for n, share in c.LINES) * (1 + c.TWO_UNITS)
    recorded, real = stock_of(random, nodes, articles, online_units, walk_in_units)
    cities = c.CITIES
    zones = tuple(
        tuple(bisect_right(c.ZONES_KM, distance_km((lat, lon), (node.latitude, node.longitude))) for node in nodes)
        for _, lat, lon, _ in cities
    )
    placed = orders_of(random, nodes, zones, wanted, recorded, orders, len(articles))
    walk_ins = walk_ins_of(random, nodes, place, wanted, walk_in_units)
    weights, people = [node.weight for node in nodes], [city[3] for city in cities]
    walk_in_forecast = tuple(
        tuple(noisy(random, walk_in_units * article.popularity * weight / sum(weights)) for weight in weights)
        for article in articles
    )
    collected = [0.0 for _ in nodes]
    by_parcel = [0.0 for _ in cities]
    for city, row in enumerate(zones):
        share = online_units * people[city] / sum(people)
        near = [n for n, zone in enumerate(row) if zone == 0 and not nodes[n].warehouse]
        by_parcel[city] = share * (1 - c.PICKUP) if near else share
        for n in near:
            collected[n] += share * c.PICKUP * nodes[n].weight / sum(nodes[other].weight for other in near)
    collected_forecast, parcel_forecast = (
        tuple(tuple(noisy(random, article.popularity * units) for units in row) for article in articles)
        for row in (collected, by_parcel)
    )
    return Instance(
        seed, nodes, articles, cities, zones, recorded, real, markdowns_of(nodes, articles, recorded, walk_in_units, markdown),
        walk_in_forecast, collected_forecast, parcel_forecast, placed, walk_ins,
    )  # fmt: skip


def nodes_of(random: Random, stores: int, labor: float) -> tuple[Node, ...]:
    def windows(week: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
        days = ((day * c.DAY, *week[day % 7]) for day in range(c.FINISH_DAYS))
        return tuple((start + opens, start + closes) for start, opens, closes in days if closes > opens)

    made = [
        Node(
            name, True, lat, lon, 0.0, windows(c.WAREHOUSE_HOURS), c.WAREHOUSE_CUT_OFF, c.WAREHOUSE_LINES_PER_HOUR,
            round(c.PICK_LINE[1] * labor), round(c.PACK_PARCEL[1] * labor), c.WAREHOUSE_PHANTOM,
        )
        for name, lat, lon in c.WAREHOUSES
    ]  # fmt: skip
    for number in range(stores):
        name, lat, lon, weight = c.STORES[number % len(c.STORES)]
        again = number // len(c.STORES)
        if again:
            name = f"{name}-{again + 1}"
            lat += random.uniform(-DENSE, DENSE) / 100
            lon += random.uniform(-DENSE, DENSE) / 100
        made.append(
            Node(
                name, False, lat, lon, float(weight), windows(c.STORE_HOURS), c.STORE_CUT_OFF, random.randint(*c.STORE_LINES_PER_HOUR),
                round(c.PICK_LINE[0] * labor), round(c.PACK_PARCEL[0] * labor),
                min(0.3, max(0.01, random.gauss(c.PHANTOM, c.PHANTOM_SPREAD))),
            )
        )  # fmt: skip
    return tuple(made)


def articles_of(random: Random, skus: int) -> tuple[Article, ...]:
    ranks = [1 / (rank + 1) ** c.ZIPF for rank in range(skus)]
    return tuple(
        Article(
            f"A-{rank + 1:04}", round(random.uniform(*c.PRICE) / 100) * 100, random.randint(*c.WEIGHT),
            random.choice(c.RISK), random.random() < c.SEASONAL, ranks[rank] / sum(ranks),
        )
        for rank in range(skus)
    )  # fmt: skip


def stock_of(
    random: Random, nodes: tuple[Node, ...], articles: tuple[Article, ...], online_units: float, walk_in_units: int
) -> tuple[tuple[tuple[int, ...], ...], tuple[tuple[int, ...], ...]]:
    """(recorded, real), in whole units: an article's stock, a part of it in warehouses, the rest where stores carry it."""
    recorded, real = [], []
    warehouses = sum(node.warehouse for node in nodes)
    for article in articles:
        units = round((online_units + walk_in_units) * article.popularity * random.uniform(*c.STOCK))
        in_stores = round(units * (1 - c.WAREHOUSE_SHARE))
        shares = [
            node.weight * exp(random.gauss(0, c.MISPLACED)) if not node.warehouse and random.random() < c.CARRIED else 0.0
            for node in nodes
        ]  # fmt: skip
        row = [(units - in_stores) // warehouses if node.warehouse else 0 for node in nodes]
        if any(shares):
            stores = Drawn(shares)
            for _ in range(in_stores):
                row[stores.one(random)] += 1
        recorded.append(tuple(row))
        real.append(
            tuple(
                sum(random.random() >= min(0.9, node.phantom * article.risk) for _ in range(count))
                for node, count in zip(nodes, row, strict=True)
            )
        )
    return tuple(recorded), tuple(real)


def orders_of(
    random: Random, nodes: tuple[Node, ...], zones: tuple[tuple[int, ...], ...], wanted: Drawn,
    recorded: tuple[tuple[int, ...], ...], orders: int, skus: int,
) -> tuple[Order, ...]:  # fmt: skip
    """In order of time. Whoever collects does so in a store of their own city, a large one more often."""
    hours, sizes = Drawn(list(c.HOURLY)), Drawn([share for _, share in c.LINES])
    dues, cities = Drawn([share for _, share in c.PROMISES]), Drawn([city[3] for city in c.CITIES])
    times = sorted(
        random.randrange(c.LAST_ORDER_DAY + 1) * c.DAY + hours.one(random) * 60 + random.randrange(60)
        for _ in range(orders)
    )
    made = []
    for number, at in enumerate(times):
        city = cities.one(random)
        pickup = None
        if random.random() < c.PICKUP:
            pickup = max(
                (n for n, zone in enumerate(zones[city]) if zone == 0 and not nodes[n].warehouse),
                key=lambda n: random.random() ** (1 / nodes[n].weight), default=None,
            )  # fmt: skip

        def drawn(family: int | None, pickup: int | None = pickup) -> tuple[int, int]:
            """An article and how many; whoever collects chooses among what the shop is said to have."""
            for _ in range(DRAWS):
                near = family is not None and random.random() < c.AFFINITY
                article = min(skus - 1, (family or 0) + random.randrange(10)) if near else wanted.one(random)
                quantity = 1 + (random.random() < c.TWO_UNITS)
                if pickup is None or recorded[article][pickup] >= quantity:
                    break
            return article, quantity

        article, quantity = drawn(None)
        chosen = {article: quantity}
        for _ in range(c.LINES[sizes.one(random)][0] - 1):
            other, quantity = drawn(article - article % 10)
            chosen.setdefault(other, quantity)
        due = c.PROMISES[dues.one(random)][0]
        made.append(Order(number, at, city, tuple(Line(a, q) for a, q in chosen.items()), pickup, due))
    return tuple(made)


def walk_ins_of(random: Random, nodes: tuple[Node, ...], place: Drawn, wanted: Drawn, units: int) -> tuple[WalkIn, ...]:
    """In order of time, in open minutes of the first week."""
    made = []
    for _ in range(units):
        node = place.one(random)
        opens, closes = random.choice([window for window in nodes[node].windows if window[1] <= c.DAYS * c.DAY])
        made.append(WalkIn(random.randrange(opens, closes), node, wanted.one(random)))
    return tuple(sorted(made, key=lambda one: (one.at, one.node, one.article)))


def markdowns_of(
    nodes: tuple[Node, ...], articles: tuple[Article, ...], recorded: tuple[tuple[int, ...], ...], walk_in_units: int, scale: float
) -> tuple[tuple[int, ...], ...]:  # fmt: skip
    """By the weeks that a place's own customers would need for what lies there; nothing is marked down in a warehouse."""
    weights = sum(node.weight for node in nodes)

    def depth(weeks: float) -> float:
        return next(share for from_weeks, share in c.MARKDOWN if weeks >= from_weeks)

    return tuple(
        tuple(
            0
            if node.warehouse or not article.seasonal or not units
            else round(article.price_minor * scale * depth(units / (walk_in_units * article.popularity * node.weight / weights)))
            for node, units in zip(nodes, row, strict=True)
        )
        for article, row in zip(articles, recorded, strict=True)
    )  # fmt: skip


def noisy(random: Random, mean: float) -> float:
    """A forecast of it: right on average, off by the noise."""
    return mean * exp(random.gauss(0, c.FORECAST_NOISE) - c.FORECAST_NOISE**2 / 2)

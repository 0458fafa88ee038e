"""The bound beside every sequence of decisions: on tiny weeks no week that can be played costs less."""

from collections.abc import Callable, Iterator
from itertools import product
from random import Random

import msgspec

from comptoir.bench.sourcing import constants as c
from comptoir.bench.sourcing.bound import clairvoyant
from comptoir.bench.sourcing.instance import Instance, Line, Order, WalkIn, generate
from comptoir.bench.sourcing.policies import policies
from comptoir.bench.sourcing.week import Costs, Piece, Router, Week
from comptoir.sourcing.routing import Ask, Plan, plan_of
from comptoir.sourcing.snapshot import Snapshot

MOST_WEEKS = 250
"""A week with more sequences of decisions than this is left out."""


def tiny(seed: int) -> Instance:
    """Two shops and a warehouse, two articles of which little is there, a handful of people who want them in the same days."""
    random = Random(seed)
    made = generate(seed, stores=2, skus=2, orders=3)
    nodes = made.nodes[1:]
    recorded = tuple(tuple(random.choice((0, 1, 1, 2)) for _ in nodes) for _ in range(2))
    real = tuple(tuple(units - (units > 0 and random.random() < 0.25) for units in row) for row in recorded)
    shops = [n for n, node in enumerate(nodes) if not node.warehouse]
    orders = tuple(
        Order(
            number, at, random.randrange(2), tuple(Line(a, random.choice((1, 1, 2))) for a in random.sample(range(2), random.choice((1, 1, 2)))),
            random.choice((None, None, *shops)), random.choice((1, 4)),
        )
        for number, at in enumerate(sorted(random.randrange(2 * c.DAY) for _ in range(3)))
    )  # fmt: skip
    walk_ins = sorted(
        (random.choice((0, 1)) * c.DAY + random.randrange(570, 1_170), random.choice(shops), random.randrange(2))
        for _ in range(random.randrange(5))
    )
    return msgspec.structs.replace(
        made, nodes=nodes, recorded=recorded, real=real, orders=orders,
        zones=tuple(row[1:] for row in made.zones), walk_ins=tuple(WalkIn(*one) for one in walk_ins),
        markdown_minor=tuple(tuple(0 if node.warehouse else random.choice((0, 0, 900)) for node in nodes) for _ in range(2)),
        walk_in_forecast=((1.0,) * 3,) * 2, collected_forecast=((0.5,) * 3,) * 2,
    )  # fmt: skip


def every_plan(ask: Ask, snapshot: Snapshot) -> list[Plan]:
    """Each unit from each place that is said to have it, or from none."""
    units = [want for want in ask.wants for _ in range(want.quantity)]
    found = {}
    for choice in product([None, *range(len(snapshot.sites))], repeat=len(units)):
        given: dict[int, dict[int, int]] = {}
        for want, at in zip(units, choice, strict=True):
            if at is not None:
                row = given.setdefault(at, {})
                row[want.key] = row.get(want.key, 0) + 1
        wants = {want.key: want for want in ask.wants}
        if all(
            snapshot.supply[wants[key].sku][at] >= count and at not in wants[key].tried
            for at, row in given.items()
            for key, count in row.items()
        ):
            gives = tuple(sorted((at, tuple(sorted(row.items()))) for at, row in given.items()))
            found[gives] = plan_of(ask, snapshot, gives)
    return list(found.values())


class Anyhow(Week):
    """Lets the rest of an order go along, and joins parcels, whenever `choose` says so: it need not pay."""

    def __init__(self, instance: Instance, router: Router, choose: Callable[[int], int]) -> None:
        super().__init__(instance, router, by_money=True)
        self.choose = choose

    def rest_goes_along(self, node: int, found: list[Piece], refused: list[Piece]) -> bool:
        return self.free_to_go(node, found) and bool(self.choose(2))

    def look_elsewhere(self, article: int, node: int) -> None:
        if self.choose(2):
            super().look_elsewhere(article, node)

    def join(self, order: Order) -> None:
        works = self.to_join(order)
        if len(works) > 1 and self.choose(2):
            self.costs.joined += 1
            self.move(works, self.plan_together(works))


def every_week(instance: Instance, moves: bool = False) -> Iterator[Costs]:
    """The cost of each week that decisions can make of it; with `moves`, also of those that move what was decided."""
    script: list[int] = []
    for _ in range(MOST_WEEKS):
        asked: list[int] = []

        def choose(count: int, asked: list[int] = asked) -> int:
            if len(asked) == len(script):
                script.append(0)
            asked.append(count)
            return script[len(asked) - 1]

        def decide(ask: Ask, snapshot: Snapshot, choose: Callable[[int], int] = choose) -> Plan:
            plans = every_plan(ask, snapshot)
            return plans[choose(len(plans))]

        yield (Anyhow(instance, decide, choose) if moves else Week(instance, decide)).run()
        while script and script[-1] == asked[len(script) - 1] - 1:
            script.pop()
        if not script:
            return
        script[-1] += 1
    raise TooMany


class TooMany(Exception):
    """More sequences than are looked at."""


def test_no_sequence_of_decisions_costs_less_than_the_bound() -> None:
    looked, near = 0, 0
    for seed in range(30):
        instance = tiny(seed)
        try:
            costs = [week.total for week in every_week(instance)]
        except TooMany:
            continue
        looked += 1
        bound, least = clairvoyant(instance), min(costs)
        assert bound.relaxed <= bound.total + 0.5
        assert bound.total <= least + 0.5, seed
        near += bound.total >= 0.97 * least
        for name in ("rules", "bid prices"):
            assert least <= Week(instance, *policies()[name]).run().total
    assert looked > 20
    assert near > looked * 0.8


def test_no_sequence_of_decisions_that_moves_work_costs_less_either() -> None:
    looked, followed, joined, yielded = 0, 0, 0, 0
    for seed in range(100, 200):
        instance = doubtful(seed)
        try:
            weeks = list(every_week(instance, moves=True))
        except TooMany:
            continue
        moved = [week for week in weeks if week.followed or week.joined or week.yielded]
        if not moved:
            continue
        looked += 1
        followed += any(week.followed for week in moved)
        joined += any(week.joined for week in moved)
        yielded += any(week.yielded for week in moved)
        assert clairvoyant(instance).total <= min(week.total for week in weeks) + 0.5, seed
    assert looked > 25 and followed > 20 and joined > 5 and yielded, (looked, followed, joined, yielded)


def doubtful(seed: int) -> Instance:
    """A tiny week with two orders, of which the first wants both articles as a parcel; half of the shelves lack what their books say."""
    random = Random(seed)
    made = tiny(seed)
    first, second = made.orders[:2]
    orders = (
        msgspec.structs.replace(first, lines=(Line(0, 1), Line(1, 1)), pickup=None),
        msgspec.structs.replace(second, lines=second.lines[:1]),
    )
    recorded = tuple(tuple(random.choice((0, 1, 1)) for _ in row) for row in made.recorded)
    real = tuple(tuple(units - (units > 0 and random.random() < 0.4) for units in row) for row in recorded)
    return msgspec.structs.replace(made, orders=orders, recorded=recorded, real=real)

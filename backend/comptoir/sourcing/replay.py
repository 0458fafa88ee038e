"""Past orders decided again, under two policies side by side, each with a stock and queues of its own. Pure: a stream in, two sums out.

What is played: every order asks `decide` at the minute at which it came in; what it is given leaves the stock, and its works wait in their
places' queues, which drain at each place's pace in its open minutes. Units that the tills sold, that came in or were counted away, move in
both stocks alike. What is not played: refusals, shorts, cancellations, holds, pauses. A place that had too little when the order really came
may have had more hands, too: the figures compare two policies and are no forecast.

Money is in minor units, by each policy's own figures; preferences are no money and stand apart.
"""

import heapq
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import accumulate, groupby
from typing import Final
from uuid import UUID

import msgspec

from comptoir.sourcing.calendar import HOME
from comptoir.sourcing.deciding import Decision, Wish, decide
from comptoir.sourcing.model import Article, Place
from comptoir.sourcing.outlook import Outlook
from comptoir.sourcing.policy import Policy
from comptoir.sourcing.routing import Cost
from comptoir.sourcing.why import Weighed, shipped

EXAMPLES: Final = 10
QUEUE_MINUTES: Final = 5
"""How often queues are looked at; a promise is rounded to as much."""


class PastOrder(msgspec.Struct, frozen=True):
    """An order as it came in."""

    id: UUID
    at: datetime
    wish: Wish


class PastMove(msgspec.Struct, frozen=True):
    """Units that came or went without these orders: sold at a till, received, counted. Negative: they went."""

    at: datetime
    sku: str
    location: str
    units: int


class Scene(msgspec.Struct, frozen=True):
    """Where it is played: places with open windows over the whole period, articles, units available when it begins, and what units cost."""

    places: Sequence[Place]
    articles: Mapping[str, Article]
    stock: Sequence[tuple[str, str, int]]
    prices: Sequence[tuple[str, str, int, int, int]] = ()


class Sums(msgspec.Struct):
    """What one policy came to. `late` are parcels that arrive after the day that the same policy promised; `wanted` and `missing` are units."""

    orders: int = 0
    sent: int = 0
    """Orders with something to send."""
    parcels: int = 0
    split: int = 0
    """Orders of more than one parcel."""
    late: int = 0
    wanted: int = 0
    missing: int = 0
    canceled: int = 0
    """Orders of which nothing was given."""
    held: int = 0
    """Orders that a rule shows to a person first."""
    carriage: int = 0
    late_minor: int = 0
    labor: int = 0
    scarcity: int = 0
    markdown: int = 0
    decline: int = 0
    missing_minor: int = 0
    preference: int = 0

    @property
    def total(self) -> int:
        """Everything that is held to be money."""
        return (
            self.carriage + self.late_minor + self.labor + self.scarcity + self.markdown + self.decline + self.missing_minor
        )  # fmt: skip


class Load(msgspec.Struct):
    """What one place had to send under each: orders, units."""

    location: str
    a_orders: int = 0
    a_units: int = 0
    b_orders: int = 0
    b_units: int = 0


Sent = tuple[tuple[str, int], ...]
"""(location, units), and ("", units) for what nobody gave."""


class Example(msgspec.Struct, frozen=True):
    """An order that the two divide differently, and what each plan costs by the policy that made it."""

    order: UUID
    at: datetime
    a: Sent
    b: Sent
    a_minor: int
    b_minor: int


class Result(msgspec.Struct, frozen=True):
    """Both sums; how many orders are sent otherwise; places, most loaded first; the examples with the largest difference."""

    a: Sums
    b: Sums
    differing: int
    loads: tuple[Load, ...]
    examples: tuple[Example, ...]
    moves: int = 0
    """Till sales, receipts and counts that were played beside the orders."""


class Queue:
    """Works that wait at one place: each takes its share of an open hour, one after the other."""

    def __init__(self, place: Place) -> None:
        self.starts = [opens for opens, _ in place.windows]
        self.windows = place.windows
        self.before = [0, *accumulate(closes - opens for opens, closes in place.windows)]
        self.each = 60 / place.capacity_per_hour
        self.done = 0.0

    def open_until(self, minute: int) -> int:
        """Open minutes from the first window to this one; a place without hours works round the clock."""
        if not self.windows:
            return minute
        at = bisect_right(self.starts, minute)
        if at == 0:
            return 0
        opens, closes = self.windows[at - 1]
        return self.before[at - 1] + min(minute, closes) - opens

    def add(self, minute: int) -> None:
        self.done = max(self.done, self.open_until(minute)) + self.each

    def waiting(self, minute: int) -> int:
        left = self.done - self.open_until(minute)
        return 0 if left <= 0 else -int(-left // self.each)


class Side:
    """One policy at work: its own stock, its own queues."""

    def __init__(self, scene: Scene, policy: Policy) -> None:
        self.outlook = Outlook()
        # A pause of today is none of then.
        self.outlook.set_places([msgspec.structs.replace(place, paused_until=None) for place in scene.places])
        self.outlook.known = scene.articles
        self.outlook.set_policy(1, policy)
        self.outlook.set_supply(scene.stock)
        self.outlook.set_prices(scene.prices)
        self.outlook.queue[:] = [0] * len(scene.places)
        self.queues = [Queue(place) for place in scene.places]
        self.sums = Sums()
        self._looked = -QUEUE_MINUTES
        self._day = 0

    def move(self, sku: str, location: str, units: int) -> None:
        """Units come or go; an article that no order asks for, and a place that nobody knows any more, are left out."""
        at, row = self.outlook.index.get(location), self.outlook.supply.get(sku)
        if at is not None and row is not None:
            row[at] += units

    def decide(self, order: PastOrder) -> Decision:
        """The plan, with its units taken and its works queued."""
        self._look(order.at)
        decision = decide(order.wish, self.outlook, order.at)
        minute = int(order.at.timestamp() // 60)
        for share in decision.plan.shares:
            self.move(share.sku, share.place, -share.quantity)
        for place in {share.place for share in decision.plan.shares}:
            at = self.outlook.index[place]
            self.queues[at].add(minute)
            self.outlook.queue[at] = self.queues[at].waiting(minute)
        self._count(order, decision)
        return decision

    def _look(self, at: datetime) -> None:
        minute = int(at.timestamp() // 60)
        if minute - self._looked >= QUEUE_MINUTES:
            self._looked = minute
            self.outlook.queue[:] = [queue.waiting(minute) for queue in self.queues]
        day = at.astimezone(HOME).toordinal()
        if day != self._day:
            self._day, self.outlook.given = day, {}

    def _count(self, order: PastOrder, decision: Decision) -> None:
        sums, plan = self.sums, decision.plan
        sums.orders += 1
        sums.wanted += sum(need.quantity for need in order.wish.needs)
        sums.missing += sum(units for _, _, units in plan.missing)
        sums.canceled += not plan.shares
        sums.held += bool(decision.holds)
        if decision.why is None:
            return
        taken = decision.why.taken
        sums.sent += 1
        sums.parcels += len(taken.parcels)
        sums.split += len(taken.parcels) > 1
        sums.missing_minor += taken.missing_minor
        for parcel in taken.parcels:
            self.outlook.given[parcel.location] = self.outlook.given.get(parcel.location, 0) + 1
            sums.late += parcel.arrives is None or parcel.arrives > decision.why.due
            cost = parcel.cost
            sums.carriage += cost.carriage
            sums.late_minor += cost.late
            sums.labor += cost.labor
            sums.scarcity += cost.scarcity
            sums.markdown += cost.markdown
            sums.decline += cost.decline
            sums.preference += cost.preference


class Replay:
    """Two policies on one stream, which is played in pieces; `result` may be asked at any time."""

    def __init__(self, scene: Scene, a: Policy, b: Policy) -> None:
        self.a, self.b = Side(scene, a), Side(scene, b)
        self.done = self.differing = self.moved = 0
        self._loads: dict[str, Load] = {}
        self._examples: list[tuple[int, int, Example]] = []

    def play(self, orders: Sequence[PastOrder], moves: Sequence[PastMove] = ()) -> int:
        """The next piece, both in order of time; how many orders are done in all."""
        stream: Iterator[PastOrder | PastMove] = heapq.merge(moves, orders, key=lambda one: one.at)
        for one in stream:
            if isinstance(one, PastMove):
                self.moved += 1
                for side in (self.a, self.b):
                    side.move(one.sku, one.location, one.units)
            else:
                self._play(one)
        return self.done

    def _play(self, order: PastOrder) -> None:
        a, b = self.a.decide(order), self.b.decide(order)
        self.done += 1
        for decision, orders, units in ((a, "a_orders", "a_units"), (b, "b_orders", "b_units")):
            for location, shares in groupby(sorted(decision.plan.shares, key=lambda s: s.place), key=lambda s: s.place):
                load = self._loads.setdefault(location, Load(location))
                setattr(load, orders, getattr(load, orders) + 1)
                setattr(load, units, getattr(load, units) + sum(share.quantity for share in shares))
        if a.why is None or b.why is None:
            return
        taken_a, taken_b = a.why.taken, b.why.taken
        if shipped(taken_a) != shipped(taken_b):
            self.differing += 1
            a_minor, b_minor = money(taken_a), money(taken_b)
            example = Example(order.id, order.at, taken_a.sent(), taken_b.sent(), a_minor, b_minor)
            heapq.heappush(self._examples, (abs(b_minor - a_minor), -self.done, example))
            if len(self._examples) > EXAMPLES:
                heapq.heappop(self._examples)

    def result(self) -> Result:
        """What it came to so far."""
        loads = sorted(self._loads.values(), key=lambda load: (-max(load.a_orders, load.b_orders), load.location))
        examples = tuple(example for _, _, example in sorted(self._examples, key=lambda one: (-one[0], -one[1])))
        return Result(self.a.sums, self.b.sums, self.differing, tuple(loads), examples, self.moved)


def money(plan: Weighed) -> int:
    """What a plan costs without preferences, which nobody pays."""
    return plan.missing_minor + sum(paid(parcel.cost) for parcel in plan.parcels)


def paid(cost: Cost) -> int:
    return cost.total - cost.preference

"""A week is played: orders come in and are routed, teams pick in the order of arrival, walk-in customers take from the same shelves.

What is found out at the shelf is found out late: a unit that only the books know makes a line be declined, corrects the books and sends
that line to another place. The same things happen to every policy: who is absent-minded when is decided by the order, not by chance.
A policy that weighs in money may let the rest of the order go with such a line, and join parcels that nobody has begun.
"""

from collections.abc import Callable
from heapq import heappop, heappush
from math import ceil
from time import perf_counter_ns, thread_time_ns
from zlib import crc32

import msgspec

from comptoir.bench.sourcing import constants as c
from comptoir.bench.sourcing.instance import Instance, Order
from comptoir.network.geography import distance_km
from comptoir.network.promise import ready_minute
from comptoir.sourcing.again import WORTH_MOVING_MINOR, follows
from comptoir.sourcing.routing import Ask, Plan, Want, parcel_of
from comptoir.sourcing.snapshot import FAR_AWAY, Late, Rates, Service, Site, Snapshot

Router = Callable[[Ask, Snapshot], Plan]
Refresh = Callable[["Week"], None]
REFRESH_MINUTES = 60


class Piece(msgspec.Struct):
    """Units of one line on their way. `tried` are nodes that have refused it, `since` the minute at which its node got it."""

    order: Order
    line: int
    quantity: int
    due: int
    tried: tuple[int, ...] = ()
    since: int = 0


class Work(msgspec.Struct, eq=False):
    """A parcel that a node has not picked yet, or lines that will be collected there. `begins`: the minute at which hands are at it."""

    node: int
    pieces: list[Piece]
    pickup: bool
    begins: int
    moved: bool = False


class Costs(msgspec.Struct):
    """What the week cost, in cents, and what happened, counted."""

    carriage: int = 0
    late: int = 0
    labor: int = 0
    markdown: int = 0
    declined: int = 0
    canceled: int = 0
    walk_in: int = 0
    orders: int = 0
    parcels: int = 0
    late_parcels: int = 0
    divided: int = 0
    declined_lines: int = 0
    canceled_lines: int = 0
    lost_walk_ins: int = 0
    followed: int = 0
    joined: int = 0
    yielded: int = 0

    @property
    def total(self) -> int:
        return self.carriage + self.late + self.labor + self.markdown + self.declined + self.canceled + self.walk_in


class Week:
    """The state of the world: what the books say (`recorded`), what is there (`real`), what is promised (`reserved`)."""

    def __init__(
        self, instance: Instance, router: Router, refresh: Refresh | None = None, by_money: bool = False
    ) -> None:
        self.instance, self.router, self.refresh, self.by_money = instance, router, refresh, by_money
        self.costs = Costs()
        self.spent_ns: list[int] = []
        """On each decision, by the clock."""
        self.worked_ns: list[int] = []
        """The same of the processor: what the clock would say on a machine with nothing else to do."""
        self.now = 0
        nodes = instance.nodes
        self.recorded = [list(row) for row in instance.recorded]
        self.real = [list(row) for row in instance.real]
        self.reserved = [[0] * len(nodes) for _ in instance.articles]
        self.taken_online = [[0] * len(nodes) for _ in instance.articles]
        self.next_free = [0] * len(nodes)
        self.last_left = [[0] * len(nodes) for _ in instance.articles]
        """Minute at which a unit was last seen leaving."""
        self.counted: set[tuple[int, int]] = set()
        """(article, node) where somebody who looked in vain has counted."""
        self.collected: set[tuple[int, int]] = set()
        """(order, line) of what was found in the shop where it was to be collected."""
        self.waiting: dict[int, list[Work]] = {}
        """By order, its parcels that nobody has picked yet."""
        self.lacking: list[tuple[int, int]] = []
        """(article, node) where more is promised than the books have."""
        self.turned_away: dict[tuple[int, int], int] = {}
        """(article, node) -> the last minute at which somebody could not collect it there."""
        self.priced: dict[int, list[int]] = {}
        """By article, the units that its prices were last worked out for."""
        self.index = {article.sku: a for a, article in enumerate(instance.articles)}
        self.most_markdown = [max(row) for row in instance.markdown_minor]
        self.snapshot = snapshot_of(instance)
        self.events: list[tuple[int, int, Callable[[], None]]] = []
        self._count = 0

    def run(self) -> Costs:
        """Play it to the end; what it cost."""
        for order in self.instance.orders:
            self.at(order.at, lambda order=order: self.place(order))  # type: ignore[misc]
        for one in self.instance.walk_ins:
            self.at(one.at, lambda one=one: self.walk_in(one.article, one.node))  # type: ignore[misc]
        if self.refresh is not None:
            for minute in range(0, c.DAYS * c.DAY, REFRESH_MINUTES):
                self.at(minute, self.reprice, first=True)
        while self.events:
            self.now, _, event = heappop(self.events)
            self.snapshot.now = self.now
            event()
            while self.lacking:
                self.look_elsewhere(*self.lacking.pop())
        return self.costs

    def at(self, minute: int, event: Callable[[], None], *, first: bool = False) -> None:
        self._count += 1
        heappush(self.events, (minute, -1 if first else self._count, event))

    def reprice(self) -> None:
        assert self.refresh is not None
        self.refresh(self)

    # ------------------------------------------------------------------ orders

    def place(self, order: Order) -> None:
        self.costs.orders += 1
        due = self.snapshot.arrivals[order.due_days][order.at // c.DAY]
        pieces = [Piece(order, n, line.quantity, due) for n, line in enumerate(order.lines)]
        there: list[Piece] = []
        if order.pickup is not None:
            node = order.pickup
            there = [piece for piece in pieces if self.snapshot.supply[self.sku(piece)][node] >= piece.quantity]
            for piece in pieces:
                if piece not in there:
                    self.turned_away[self.article(piece), node] = self.now
            if there:
                self.give(node, there, pickup=True)
        rest = [piece for piece in pieces if piece not in there]
        if rest:
            self.source(rest)

    def source(self, pieces: list[Piece]) -> None:
        """Route these pieces of one order, reserve what the plan says, cancel what nobody has."""
        ask = self.ask(pieces)
        began, working = perf_counter_ns(), thread_time_ns()
        plan = self.router(ask, self.snapshot)
        self.worked_ns.append(thread_time_ns() - working)
        self.spent_ns.append(perf_counter_ns() - began)
        self.costs.divided += len(plan.parcels) > 1
        self.carry_out(plan, pieces)

    def ask(self, pieces: list[Piece], never: int | None = None) -> Ask:
        """The question that these pieces of one order ask; the node `never` is not asked."""
        asked = [self.instance.articles[self.article(piece)] for piece in pieces]
        no = frozenset() if never is None else frozenset((never,))
        return Ask(
            tuple(
                Want(
                    n, article.sku, piece.quantity, article.weight_grams,
                    article.margin_minor + c.CANCEL // piece.quantity, no.union(piece.tried),
                )
                for n, (piece, article) in enumerate(zip(pieces, asked, strict=True))
            ),
            str(pieces[0].order.city),
            pieces[0].due,
        )  # fmt: skip

    def carry_out(self, plan: Plan, pieces: list[Piece]) -> None:
        for parcel in plan.parcels:
            gives = [msgspec.structs.replace(pieces[key], quantity=units) for key, units in parcel.gives]
            self.give(parcel.at, gives)
        for key, units in plan.missing:
            self.cancel(pieces[key], units)

    def give(self, node: int, pieces: list[Piece], *, pickup: bool = False) -> None:
        """A place gets work: it stands at the end of the team's list."""
        for piece in pieces:
            a = self.article(piece)
            self.reserved[a][node] += piece.quantity
            piece.since = self.now
            self.told(a, node)
        place = self.instance.nodes[node]
        self.snapshot.queue[node] += len(pieces)
        begins = max(self.now, self.next_free[node])
        done = ready_minute(place.windows, ceil(60 * len(pieces) / place.lines_per_hour), 0, 60, begins)
        self.next_free[node] = done
        work = Work(node, pieces, pickup, ready_minute(place.windows, 0, 0, 60, begins))
        if not pickup:
            self.waiting.setdefault(pieces[0].order.number, []).append(work)
        self.at(done, lambda: None if work.moved else self.pick(work))

    def ends(self, work: Work) -> None:
        """It is on nobody's list any more, and promises nothing."""
        self.snapshot.queue[work.node] -= len(work.pieces)
        if not work.pickup:
            self.waiting[work.pieces[0].order.number].remove(work)
        for piece in work.pieces:
            a = self.article(piece)
            self.reserved[a][work.node] -= piece.quantity
            self.told(a, work.node)

    def pick(self, work: Work) -> None:
        """At the shelf. What is not there, or is refused, goes to somebody else; the rest is packed and leaves, or goes with it."""
        node, found, refused = work.node, [], []
        self.ends(work)
        place = self.instance.nodes[node]
        for piece in work.pieces:
            a = self.article(piece)
            there = self.real[a][node] >= piece.quantity
            if not there:
                # Who looked has counted: the books say what is there.
                self.recorded[a][node] = self.real[a][node]
                self.counted.add((a, node))
            if there and not absent_minded(piece, node):
                self.real[a][node] -= piece.quantity
                self.recorded[a][node] -= piece.quantity
                found.append(piece)
            else:
                refused.append(piece)
            self.told(a, node)
        self.costs.labor += place.pick_minor * len(found)
        self.costs.declined += c.DECLINE * len(refused)
        self.costs.declined_lines += len(refused)
        for piece in refused:
            piece.tried = (*piece.tried, node)
        again = [[piece] for piece in refused]
        if self.by_money and found and refused and not work.pickup and self.rest_goes_along(node, found, refused):
            for piece in found:
                a = self.article(piece)
                self.real[a][node] += piece.quantity
                self.recorded[a][node] += piece.quantity
                piece.tried = (*piece.tried, node)
                self.told(a, node)
            self.costs.labor += place.pick_minor * len(found)
            self.costs.followed += 1
            again, found = [[*found, *refused]], []
        if found:
            self.leave(work, found)
        for pieces in again:
            lasting = [piece for piece in pieces if len(piece.tried) < c.TRIES]
            for piece in pieces:
                if piece not in lasting:
                    self.cancel(piece, piece.quantity)
            if lasting:
                self.source(lasting)
        if self.by_money and refused:
            self.join(work.pieces[0].order)

    def leave(self, work: Work, pieces: list[Piece]) -> None:
        """Packed and gone, to the counter or to the carrier."""
        node = work.node
        for piece in pieces:
            a = self.article(piece)
            self.last_left[a][node] = self.now
            if work.pickup:
                self.collected.add((piece.order.number, piece.line))
            else:
                self.taken_online[a][node] += piece.quantity
            forgone = self.most_markdown[a] - self.instance.markdown_minor[a][node]
            self.costs.markdown += forgone * piece.quantity
        self.costs.labor += self.instance.nodes[node].pack_minor
        if not work.pickup:
            self.ship(node, pieces)

    # ------------------------------------------------------------------ the rest of an order

    def free_to_go(self, node: int, pieces: list[Piece]) -> bool:
        """Whether nobody who wanted to collect such a unit was sent away while it was promised here: then the bound holds for who moves it."""
        return all(self.turned_away.get((self.article(piece), node), -1) < piece.since for piece in pieces)

    def rest_goes_along(self, node: int, found: list[Piece], refused: list[Piece]) -> bool:
        """Whether what was found goes back on its shelf, because the whole costs less from elsewhere than two parcels."""
        if not self.free_to_go(node, found):
            return False
        snapshot = self.snapshot
        in_hand = self.instance.nodes[node].pick_minor * len(found)
        ask = self.ask(found)
        with snapshot.in_hand(node):
            stays = parcel_of(ask, snapshot, node, ask.wants).cost.total
        lost = self.router(self.ask(refused), snapshot).total
        together = self.router(self.ask([*found, *refused], node), snapshot).total
        return follows(lost, stays, together, in_hand)

    def look_elsewhere(self, article: int, node: int) -> None:
        """The newest parcels that nobody has begun and that the books have no units for any more go to whoever has all of them."""
        works = [
            work
            for order in self.waiting.values()
            for work in order
            if work.node == node and work.begins > self.now and any(self.article(piece) == article for piece in work.pieces)
        ]  # fmt: skip
        for work in sorted(works, key=lambda work: -work.pieces[0].since):
            if self.recorded[article][node] >= self.reserved[article][node]:
                return
            if self.free_to_go(node, work.pieces):
                plan = self.router(self.ask(work.pieces, node), self.snapshot)
                if not plan.missing:
                    self.costs.yielded += 1
                    self.move([work], plan)

    def join(self, order: Order) -> None:
        """Parcels of an order that nobody has begun are planned once more together, and moved when that saves enough."""
        works = self.to_join(order)
        if len(works) < 2:
            return
        apart = sum(
            parcel_of(ask, self.snapshot, work.node, ask.wants).cost.total
            for work, ask in ((work, self.ask(work.pieces)) for work in works)
        )
        plan = self.plan_together(works)
        if not plan.missing and plan.total + WORTH_MOVING_MINOR <= apart:
            self.costs.joined += 1
            self.move(works, plan)

    def to_join(self, order: Order) -> list[Work]:
        return [
            work
            for work in self.waiting.get(order.number, ())
            if work.begins > self.now and self.free_to_go(work.node, work.pieces)
        ]

    def plan_together(self, works: list[Work]) -> Plan:
        """The plan for all their pieces, as if these works promised nothing."""
        rows: dict[str, list[int]] = {}
        for work in works:
            for piece in work.pieces:
                a, sku = self.article(piece), self.sku(piece)
                row = rows.setdefault(sku, list(self.snapshot.supply[sku]))
                row[work.node] = max(0, self.recorded[a][work.node] - self.reserved[a][work.node] + piece.quantity)
        with self.snapshot.instead(rows):
            return self.router(self.ask([piece for work in works for piece in work.pieces]), self.snapshot)

    def move(self, works: list[Work], plan: Plan) -> None:
        """These works are over before they began, and what was planned for their pieces is given."""
        pieces = [piece for work in works for piece in work.pieces]
        for work in works:
            work.moved = True
            self.ends(work)
        self.carry_out(plan, pieces)

    # ------------------------------------------------------------------ parcels

    def ship(self, node: int, pieces: list[Piece]) -> None:
        """By the service that costs least, lateness included; every policy has the same clerk."""
        snapshot, order = self.snapshot, pieces[0].order
        grams = sum(self.instance.articles[self.article(piece)].weight_grams * piece.quantity for piece in pieces)
        ready = self.now + c.PICK_LEAD
        day = next((day for minute, day in snapshot.sites[node].collections if minute >= ready), FAR_AWAY)
        step, zone = snapshot.rates.step(grams), snapshot.rates.zone(str(order.city), node)
        prices = []
        for service in snapshot.rates.services:
            arrives = snapshot.arrivals[service.days][day] if day < FAR_AWAY else pieces[0].due + c.FINISH_DAYS
            late = snapshot.late.cost(arrives - pieces[0].due)
            prices.append((service.prices[zone][step] + late, late))
        paid, late = min(prices)
        self.costs.carriage += paid - late
        self.costs.late += late
        self.costs.late_parcels += late > 0
        self.costs.parcels += 1

    def cancel(self, piece: Piece, units: int) -> None:
        self.costs.canceled += self.instance.articles[self.article(piece)].margin_minor * units + c.CANCEL
        self.costs.canceled_lines += 1

    # ------------------------------------------------------------------ shops

    def walk_in(self, article: int, node: int) -> None:
        """Takes what is on the shelf, promised to somebody or not. Lost because of us when a parcel took a unit there before; who collects chose that shop."""
        if self.real[article][node] > 0:
            self.real[article][node] -= 1
            self.recorded[article][node] = max(0, self.recorded[article][node] - 1)
            self.last_left[article][node] = self.now
            self.told(article, node)
        elif self.taken_online[article][node] > 0:
            self.taken_online[article][node] -= 1
            self.costs.walk_in += self.instance.articles[article].margin_minor
            self.costs.lost_walk_ins += 1

    # ------------------------------------------------------------------ small things

    def article(self, piece: Piece) -> int:
        return piece.order.lines[piece.line].article

    def sku(self, piece: Piece) -> str:
        return self.instance.articles[self.article(piece)].sku

    def told(self, article: int, node: int) -> None:
        """What may be promised there now."""
        if self.by_money and self.recorded[article][node] < self.reserved[article][node]:
            self.lacking.append((article, node))
        self.snapshot.supply[self.instance.articles[article].sku][node] = max(
            0, self.recorded[article][node] - self.reserved[article][node]
        )


def absent_minded(piece: Piece, node: int) -> bool:
    """Whether this team declines this line for a reason of its own: the same line and place always the same."""
    return crc32(f"{piece.order.number} {piece.line} {node}".encode()) % 10_000 < c.STAFF_DECLINES * 10_000


def snapshot_of(instance: Instance) -> Snapshot:
    """What a router is shown: everything but what nobody knows yet."""
    nodes = instance.nodes
    sites = [
        Site(
            node.id, node.pick_minor, node.pack_minor, c.PICK_LEAD, node.lines_per_hour, node.windows,
            tuple((opens // c.DAY * c.DAY + node.cut_off, opens // c.DAY) for opens, _ in node.windows),
            frozenset({"warehouse" if node.warehouse else "store"}),
        )
        for node in nodes
    ]  # fmt: skip
    services = tuple(
        Service(name, days, tuple(tuple(price + more for more in steps) for price in prices))
        for name, days, prices, steps in c.SERVICES
    )
    rates = Rates(
        services, c.WEIGHT_STEPS, {str(n): row for n, row in enumerate(instance.zones)}, 4,
        {
            str(n): [round(distance_km((lat, lon), (node.latitude, node.longitude))) for node in nodes]
            for n, (_, lat, lon, _) in enumerate(instance.cities)
        },
    )  # fmt: skip
    made = Snapshot(sites, rates, Late(c.LATE_FIRST_DAY, c.LATE_EACH_DAY), arrivals())
    for article, row in zip(instance.articles, instance.recorded, strict=True):
        made.supply[article.sku] = list(row)
    return made


def arrivals() -> list[list[int]]:
    """By days on the way, then by day of leaving: the day of arrival; nobody delivers on Sundays."""
    made = []
    for days in range(8):
        row = []
        for day in range(2 * c.FINISH_DAYS):
            arrives = day
            for _ in range(days):
                arrives += 1
                while arrives % 7 == 6:
                    arrives += 1
            row.append(arrives)
        made.append(row)
    return made

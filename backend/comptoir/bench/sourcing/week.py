"""A week is played: orders come in and are routed, teams pick in the order of arrival, walk-in customers take from the same shelves.

What is found out at the shelf is found out late: a unit that only the books know makes a line be declined, corrects the books and sends
that line to another place. The same things happen to every policy: who is absent-minded when is decided by the order, not by chance.
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
from comptoir.sourcing.routing import Ask, Plan, Want
from comptoir.sourcing.snapshot import FAR_AWAY, Late, Rates, Service, Site, Snapshot

Router = Callable[[Ask, Snapshot], Plan]
Refresh = Callable[["Week"], None]
REFRESH_MINUTES = 60


class Piece(msgspec.Struct):
    """Units of one line on their way. `tried` are nodes that have refused it."""

    order: Order
    line: int
    quantity: int
    due: int
    tried: tuple[int, ...] = ()


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

    @property
    def total(self) -> int:
        return self.carriage + self.late + self.labor + self.markdown + self.declined + self.canceled + self.walk_in


class Week:
    """The state of the world: what the books say (`recorded`), what is there (`real`), what is promised (`reserved`)."""

    def __init__(self, instance: Instance, router: Router, refresh: Refresh | None = None) -> None:
        self.instance, self.router, self.refresh = instance, router, refresh
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
            if there:
                self.give(node, there, pickup=True)
        rest = [piece for piece in pieces if piece not in there]
        if rest:
            self.source(rest)

    def source(self, pieces: list[Piece]) -> None:
        """Route these pieces of one order, reserve what the plan says, cancel what nobody has."""
        articles = self.instance.articles
        asked = [articles[self.article(piece)] for piece in pieces]
        ask = Ask(
            tuple(
                Want(
                    n, article.sku, piece.quantity, article.weight_grams,
                    article.margin_minor + c.CANCEL // piece.quantity, frozenset(piece.tried),
                )
                for n, (piece, article) in enumerate(zip(pieces, asked, strict=True))
            ),
            str(pieces[0].order.city),
            pieces[0].due,
        )  # fmt: skip
        began, working = perf_counter_ns(), thread_time_ns()
        plan = self.router(ask, self.snapshot)
        self.worked_ns.append(thread_time_ns() - working)
        self.spent_ns.append(perf_counter_ns() - began)
        self.costs.divided += len(plan.parcels) > 1
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
            self.told(a, node)
        place = self.instance.nodes[node]
        self.snapshot.queue[node] += len(pieces)
        begins = max(self.now, self.next_free[node])
        done = ready_minute(place.windows, ceil(60 * len(pieces) / place.lines_per_hour), 0, 60, begins)
        self.next_free[node] = done
        self.at(done, lambda: self.pick(node, pieces, pickup))

    def pick(self, node: int, pieces: list[Piece], pickup: bool) -> None:
        """At the shelf. What is not there, or is refused, goes to somebody else; the rest is packed and leaves."""
        self.snapshot.queue[node] -= len(pieces)
        place, found, refused = self.instance.nodes[node], [], []
        for piece in pieces:
            a = self.article(piece)
            self.reserved[a][node] -= piece.quantity
            there = self.real[a][node] >= piece.quantity
            if not there:
                # Who looked has counted: the books say what is there.
                self.recorded[a][node] = self.real[a][node]
                self.counted.add((a, node))
            if there and not absent_minded(piece, node):
                self.real[a][node] -= piece.quantity
                self.recorded[a][node] -= piece.quantity
                self.last_left[a][node] = self.now
                if pickup:
                    self.collected.add((piece.order.number, piece.line))
                else:
                    self.taken_online[a][node] += piece.quantity
                forgone = self.most_markdown[a] - self.instance.markdown_minor[a][node]
                self.costs.markdown += forgone * piece.quantity
                self.costs.labor += place.pick_minor
                found.append(piece)
            else:
                refused.append(piece)
            self.told(a, node)
        if found:
            self.costs.labor += place.pack_minor
            if not pickup:
                self.ship(node, found)
        for piece in refused:
            self.costs.declined += c.DECLINE
            self.costs.declined_lines += 1
            piece.tried = (*piece.tried, node)
            if len(piece.tried) >= c.TRIES:
                self.cancel(piece, piece.quantity)
            else:
                self.source([piece])

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

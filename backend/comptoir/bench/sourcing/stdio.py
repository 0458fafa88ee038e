"""`comptoir route --stdio`: the production functions for anybody's instances, one JSON object a line in, one a line out.

The first line is a snapshot; then come orders and events, one at a time. An order is answered with its plan, which is reserved at once; an
event changes what the next plan looks at; a decline is answered with the plan of what was declined. What cannot be read is answered with
`error` and changes nothing. The format, with an example: docs/routing-lines.md.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any

import msgspec

from comptoir.sourcing.again import follows
from comptoir.sourcing.bid_prices import closed_form, publish
from comptoir.sourcing.market import Expected, Market, market_of
from comptoir.sourcing.routing import Ask, Cost, Plan, Terms, Want, parcel_of, route
from comptoir.sourcing.snapshot import Late, Rates, Service, Site, Snapshot

MOST_LINES = 10_000_000
WEEK_DAYS = 7
FARTHEST_DAYS = 40
HORIZON_DAYS = 400


class Location(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    pick_minor: int = 0
    pack_minor: int = 0
    lead_minutes: int = 0
    capacity_per_hour: int = 60
    windows: tuple[tuple[int, int], ...] = ()
    collections: tuple[tuple[int, int], ...] = ()
    queue: int = 0


class Article(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    sku: str
    grams: int = 0
    missing_minor: int = 1_000_000
    margin_minor: int = 0


class Carried(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    services: tuple[Service, ...]
    steps: tuple[int, ...]
    zones: dict[str, tuple[int, ...]] = {}
    elsewhere: int = 0


class Forecast(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Units that are still expected of a SKU: by location from its own customers, by destination in parcels."""

    own: dict[str, float] = {}
    parcels: dict[str, float] = {}


class Opening(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The first line. Tables by SKU, then by location; what is not named is zero."""

    locations: tuple[Location, ...]
    skus: tuple[Article, ...]
    stock: dict[str, dict[str, int]]
    rates: Carried
    late: Late = Late()
    closed_weekdays: tuple[int, ...] = (6,)
    scarcity: dict[str, dict[str, int]] = {}
    markdown: dict[str, dict[str, int]] = {}
    decline: dict[str, dict[str, int]] = {}
    forecast: dict[str, Forecast] = {}
    most_parcels: int = 5
    may_leave_out: bool = False
    moving_minor: int | None = None
    now: int = 0


class OrderLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    sku: str
    quantity: int


class Order(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    to: str
    due: int
    lines: tuple[OrderLine, ...]


class Sale(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    sku: str
    location: str
    units: int = 1


class Picked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    order: str
    location: str


class Declined(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    order: str
    location: str
    sku: str
    quantity: int


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line after the first: exactly one of these."""

    order: Order | None = None
    sale: Sale | None = None
    picked: Picked | None = None
    declined: Declined | None = None
    tick: int | None = None


class Unreadable(Exception):
    """What was wrong with a line, in words."""


class Desk:
    """The snapshot and what was promised from it."""

    def __init__(self, opening: Opening) -> None:
        self.opening = opening
        self.index = {location.id: at for at, location in enumerate(opening.locations)}
        self.articles = {article.sku: article for article in opening.skus}
        sites = [
            Site(
                one.id, one.pick_minor, one.pack_minor, one.lead_minutes, one.capacity_per_hour, one.windows, one.collections
            )
            for one in opening.locations
        ]  # fmt: skip
        carried = opening.rates
        if any(len(row) != len(sites) for row in carried.zones.values()):
            raise Unreadable("each destination names one zone for every location")
        rates = Rates(carried.services, carried.steps, dict(carried.zones), carried.elsewhere)
        self.snapshot = Snapshot(sites, rates, opening.late, arrivals(frozenset(opening.closed_weekdays)))
        self.snapshot.now = opening.now
        self.snapshot.queue = [one.queue for one in opening.locations]
        self.snapshot.supply = self.table(opening.stock)
        self.snapshot.set_prices(
            scarcity=self.table(opening.scarcity),
            markdown=self.table(opening.markdown),
            decline=self.table(opening.decline),
        )
        self.terms = Terms(most_parcels=opening.most_parcels, may_leave_out=opening.may_leave_out)
        self.orders: dict[str, Order] = {}
        self.tried: dict[tuple[str, str], frozenset[int]] = {}
        self.given: dict[tuple[str, int], dict[str, int]] = {}
        """Units by SKU that wait at a location for an order."""
        self.reprice()

    def table(self, given: Mapping[str, Mapping[str, int]]) -> dict[str, list[int]]:
        made = {}
        for sku, figures in given.items():
            row = [0] * len(self.index)
            for location, figure in figures.items():
                row[self.at(location)] = figure
            made[sku] = row
        return made

    def at(self, location: str) -> int:
        if location not in self.index:
            raise Unreadable(f"there is no location {location!r}")
        return self.index[location]

    def reprice(self) -> None:
        """Prices of the last units, where the snapshot names a forecast and no price of its own."""
        prices: dict[str, list[int]] = {}
        for sku, forecast in self.opening.forecast.items():
            if sku in self.opening.scarcity or sku not in self.articles or sku not in self.snapshot.supply:
                continue
            market = self.market(self.articles[sku], forecast)
            prices |= publish([market]) if forecast.parcels else {sku: closed_form(market)}
        self.snapshot.set_prices(scarcity=prices)

    def market(self, article: Article, forecast: Forecast) -> Market:
        own = [forecast.own.get(location, 0.0) for location in self.index]
        expected = Expected(
            article.sku, article.grams, own, [0.0] * len(own), forecast.parcels,
            article.margin_minor, article.missing_minor, article.missing_minor,
        )  # fmt: skip
        return market_of(expected, self.snapshot)

    def take(self, line: Line) -> dict[str, Any]:
        """What one line is answered with."""
        if sum(part is not None for part in (line.order, line.sale, line.picked, line.declined, line.tick)) != 1:
            raise Unreadable("a line is one of order, sale, picked, declined, tick")
        if line.order is not None:
            return self.place(line.order)
        if line.declined is not None:
            return self.refuse(line.declined)
        if line.sale is not None:
            row, at = self.row(line.sale.sku), self.at(line.sale.location)
            row[at] = max(0, row[at] - line.sale.units)
        elif line.picked is not None:
            at = self.at(line.picked.location)
            self.snapshot.queue[at] = max(0, self.snapshot.queue[at] - 1)
            self.given.pop((line.picked.order, at), None)
        elif line.tick is not None:
            if line.tick < self.snapshot.now:
                raise Unreadable("time does not go back")
            self.snapshot.now = line.tick
        return {"taken": True}

    def row(self, sku: str) -> list[int]:
        if sku not in self.articles:
            raise Unreadable(f"there is no SKU {sku!r}")
        return self.snapshot.supply.setdefault(sku, [0] * len(self.index))

    def place(self, order: Order) -> dict[str, Any]:
        if order.id in self.orders:
            raise Unreadable(f"order {order.id!r} was asked before")
        if not order.lines or any(one.quantity < 1 or one.sku not in self.articles for one in order.lines):
            raise Unreadable("an order has lines of known SKUs, each of one unit at least")
        self.orders[order.id] = order
        return self.answer(order, order.lines)

    def refuse(self, declined: Declined) -> dict[str, Any]:
        """The books were wrong there: nothing is left of it, and that line goes elsewhere; where moving is allowed, the rest with it if that pays."""
        order = self.orders.get(declined.order)
        if order is None:
            raise Unreadable(f"no order {declined.order!r} was asked")
        at = self.at(declined.location)
        self.row(declined.sku)[at] = 0
        key = (order.id, declined.sku)
        self.tried[key] = self.tried.get(key, frozenset()) | {at}
        lost = OrderLine(declined.sku, declined.quantity)
        rest = self.given.get((order.id, at), {})
        left = rest.pop(declined.sku, 0) - declined.quantity
        if left > 0:
            # Some of it is there: that stays, and so does everything else.
            rest[declined.sku] = left
            return self.answer(order, (lost,))
        along = tuple(OrderLine(sku, units) for sku, units in rest.items())
        if not self.goes_along(order, lost, along, at):
            return self.answer(order, (lost,))
        del self.given[order.id, at]
        self.snapshot.queue[at] = max(0, self.snapshot.queue[at] - 1)
        told = self.answer(order, (lost, *along), at)
        for one in along:
            self.snapshot.supply[one.sku][at] += one.quantity
        return told | {
            "along": {"location": declined.location, "lines": [{"sku": one.sku, "quantity": one.quantity} for one in along]}
        }  # fmt: skip

    def goes_along(self, order: Order, lost: OrderLine, rest: Sequence[OrderLine], at: int) -> bool:
        if self.opening.moving_minor is None or not rest:
            return False
        snapshot = self.snapshot
        stays = self.ask(order, rest)
        in_hand = snapshot.sites[at].pick_minor * len(rest)
        with snapshot.in_hand(at):
            kept = parcel_of(stays, snapshot, at, stays.wants).cost.total
        alone = route(self.ask(order, (lost,)), snapshot, self.terms)[0].total
        together = route(self.ask(order, (lost, *rest), at), snapshot, self.terms)[0]
        return not together.missing and follows(alone, kept, together.total, in_hand, self.opening.moving_minor)

    def ask(self, order: Order, lines: Sequence[OrderLine], never: int | None = None) -> Ask:
        """The question; the location `never` is not asked for any of it."""
        no = frozenset[int]() if never is None else frozenset((never,))
        wants = tuple(
            Want(
                key, one.sku, one.quantity, self.articles[one.sku].grams, self.articles[one.sku].missing_minor,
                no | self.tried.get((order.id, one.sku), frozenset()),
            )
            for key, one in enumerate(lines)
        )  # fmt: skip
        return Ask(wants, order.to, order.due)

    def answer(self, order: Order, lines: Sequence[OrderLine], never: int | None = None) -> dict[str, Any]:
        plans = route(self.ask(order, lines, never), self.snapshot, self.terms)
        best = plans[0]
        for parcel in best.parcels:
            self.snapshot.queue[parcel.at] += 1
            waits = self.given.setdefault((order.id, parcel.at), {})
            for key, units in parcel.gives:
                sku = lines[key].sku
                self.snapshot.supply[sku][parcel.at] -= units
                waits[sku] = waits.get(sku, 0) + units
        told = self.told(order, lines, best)
        return told | {"why": [self.told(order, lines, plan) for plan in plans[1:]]}

    def told(self, order: Order, lines: Sequence[OrderLine], plan: Plan) -> dict[str, Any]:
        return {
            "order": order.id,
            "parcels": [
                {
                    "location": self.snapshot.sites[parcel.at].id,
                    "lines": [{"sku": lines[key].sku, "quantity": units} for key, units in parcel.gives],
                    "service": parcel.service,
                    "cost": {name: getattr(parcel.cost, name) for name in Cost.__struct_fields__},
                }
                for parcel in plan.parcels
            ],
            "missing": [{"sku": lines[key].sku, "quantity": units} for key, units in plan.missing],
            "cost": plan.total,
        }


def arrivals(closed: frozenset[int]) -> list[list[int]]:
    """By days on the way, then by day of leaving; day 0 is a Monday, `closed` the weekdays on which nobody delivers."""
    if len(closed) >= WEEK_DAYS:
        raise Unreadable("somebody must deliver on some day")
    made = [list(range(HORIZON_DAYS))]
    for _ in range(FARTHEST_DAYS):
        row = []
        for before in made[-1]:
            day = before + 1
            while day % WEEK_DAYS in closed:
                day += 1
            row.append(day)
        made.append(row)
    return made


def answers(lines: Iterator[bytes]) -> Iterator[bytes]:
    """One answer for every line."""
    desk: Desk | None = None
    for number, line in zip(range(MOST_LINES), lines, strict=False):
        try:
            if desk is None:
                desk = Desk(msgspec.json.decode(line, type=Opening))
                yield msgspec.json.encode({"ready": len(desk.index)})
            else:
                yield msgspec.json.encode(desk.take(msgspec.json.decode(line, type=Line)))
        except (Unreadable, msgspec.DecodeError) as fault:
            yield msgspec.json.encode({"error": str(fault), "line": number + 1})
            if desk is None:
                return


def run(source: IO[bytes] | None = None, out: IO[bytes] | None = None) -> int:
    """1 when the first line was no snapshot."""
    target, told = out or sys.stdout.buffer, b""
    for told in answers(iter((source or sys.stdin.buffer).readline, b"")):
        target.write(told + b"\n")
        target.flush()
    return int(told.startswith(b'{"error"') and b'"line":1}' in told)

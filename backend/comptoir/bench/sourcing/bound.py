"""What nobody can beat: a week's least cost for one who knows every order, every walk-in customer, every shelf and every refusal.

A program of whole parcels: each column is lines of one order from one place. Whatever happens in a week that is played gives figures for the
columns that keep every row and cost no more, so the least cost of the program is below any policy's.
`docs/decisions/sourcing-benchmark.md` has the argument for each kind of row; tests/properties/test_bound.py tries it beside every sequence of decisions.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import pairwise, product
from math import ceil
from typing import Any, Final

import msgspec

from comptoir.bench.sourcing import constants as c
from comptoir.bench.sourcing.instance import Instance, Order
from comptoir.bench.sourcing.week import Piece, absent_minded, snapshot_of
from comptoir.network.promise import ready_minute
from comptoir.sourcing.snapshot import FAR_AWAY

GAP: Final = 1e-3
"""So near the least cost the search may stop; what is told is below it either way."""

Entries = list[tuple[int, float]]
"""(column, figure) of one row."""


class Bound(msgspec.Struct, frozen=True):
    """Cents: of whole parcels, and where parcels may be cut into fractions; and how large the program was."""

    total: float
    relaxed: float
    columns: int
    rows: int


class Use(msgspec.Struct, frozen=True):
    """A column takes units of a line at a place, which are this part of it, at the earliest at this minute."""

    column: int
    units: int
    part: float
    earliest: int
    order: int
    parcel: bool


class Collecting(msgspec.Struct, frozen=True):
    """A line that is to be collected somewhere. `hopeless`: it is not there, or that team will refuse it."""

    order: int
    at: int
    units: int
    hopeless: bool


Spot = tuple[int, int]
"""(article, place)."""


class Program:
    """Columns from nothing to `most`, rows at most or exactly a figure."""

    def __init__(self) -> None:
        self.costs: list[float] = []
        self.most: list[float] = []
        self.whole: list[bool] = []
        self.at_most: list[tuple[Entries, float]] = []
        self.exactly: list[tuple[Entries, float]] = []

    def column(self, cost: float, most: float = 1.0, *, whole: bool = False) -> int:
        self.costs.append(float(cost))
        self.most.append(most)
        self.whole.append(whole)
        return len(self.costs) - 1

    def solve(self, whole: bool, seconds: float) -> tuple[float, float]:
        """(whole, relaxed); twice the relaxed one if whole parcels are not asked for."""
        import numpy as np
        from scipy.optimize import Bounds, LinearConstraint, linprog, milp
        from scipy.sparse import coo_array

        def table(rows: list[tuple[Entries, float]]) -> tuple[Any, Any]:
            places = [(row, column, figure) for row, (entries, _) in enumerate(rows) for column, figure in entries]
            row, column, figure = zip(*places, strict=True) if places else ((), (), ())
            size = (len(rows), len(self.costs))
            return coo_array((figure, (row, column)), shape=size).tocsr(), np.asarray([most for _, most in rows])

        costs, most = np.asarray(self.costs), np.asarray(self.most)
        less, limits = table(self.at_most)
        same, figures = table(self.exactly)
        solved = linprog(
            costs, A_ub=less, b_ub=limits, A_eq=same, b_eq=figures,
            bounds=np.column_stack([np.zeros(len(costs)), most]), method="highs",
        )  # fmt: skip
        if solved.status != 0:
            raise RuntimeError(f"the bound could not be solved: {solved.message}")
        relaxed = float(solved.fun)
        if not whole:
            return relaxed, relaxed
        rounds = milp(
            costs, integrality=np.asarray(self.whole, dtype=int), bounds=Bounds(np.zeros(len(costs)), most),
            constraints=[LinearConstraint(same, figures, figures), LinearConstraint(less, -np.inf, limits)],
            options={"mip_rel_gap": GAP, "time_limit": seconds},
        )  # fmt: skip
        below = rounds.mip_dual_bound
        return (relaxed if below is None else max(relaxed, float(below))), relaxed


def clairvoyant(instance: Instance, *, whole: bool = True, seconds: float = 600.0) -> Bound:
    """The bound of a week: about a minute with whole parcels, some seconds with fractions of them (up to 2 % lower)."""
    program = Program()
    walk_ins: dict[Spot, list[int]] = {}
    for one in instance.walk_ins:
        walk_ins.setdefault((one.article, one.node), []).append(one.at)
    uses: dict[Spot, list[Use]] = {}
    collecting: dict[Spot, list[Collecting]] = {}
    snapshot = snapshot_of(instance)
    for order in instance.orders:
        served: list[Entries] = [[] for _ in order.lines]
        for node in range(len(instance.nodes)):
            chosen = list(parcels(instance, order, node, snapshot.sites[node].collections, snapshot.arrivals, walk_ins))
            for units, earliest, cost in chosen:
                # A part of a line may come twice from one place: once at first, once when another place has refused its part.
                times = min(line.quantity // count for line, count in zip(order.lines, units, strict=True) if count)
                column = program.column(cost, float(times), whole=True)
                for n, (line, count) in enumerate(zip(order.lines, units, strict=True)):
                    if count:
                        served[n].append((column, float(count)))
                        spot = (line.article, node)
                        uses.setdefault(spot, []).append(
                            Use(column, count, count / line.quantity, earliest, order.number, True)
                        )
        for n, line in enumerate(order.lines):
            margin = instance.articles[line.article].margin_minor
            for count in range(1, line.quantity + 1):
                most = float(line.quantity // count)
                served[n].append((program.column(margin * count + c.CANCEL, most, whole=True), float(count)))
        if order.pickup is not None:
            collect(instance, order, order.pickup, program, served, uses, collecting, walk_ins)
        program.exactly += [
            (entries, float(line.quantity)) for entries, line in zip(served, order.lines, strict=True)
        ]  # fmt: skip
    for spot, taking in uses.items():
        shelf(instance, program, spot, taking, walk_ins.get(spot, []), collecting.get(spot, []))
    for spot, lines in collecting.items():
        refused(instance, program, spot, uses.get(spot, []), walk_ins.get(spot, []), lines)
    total, relaxed = program.solve(whole, seconds)
    return Bound(total, relaxed, len(program.costs), len(program.at_most) + len(program.exactly))


def left_at(instance: Instance, spot: Spot, minute: int, walk_ins: dict[Spot, list[int]]) -> int:
    """No more can be there at this minute: who walked in before it took theirs."""
    return instance.real[spot[0]][spot[1]] - bisect_left(walk_ins.get(spot, ()), minute)


def parcels(
    instance: Instance, order: Order, node: int, collections: Sequence[tuple[int, int]], arrivals: Sequence[Sequence[int]],
    walk_ins: dict[Spot, list[int]],
) -> Iterator[tuple[tuple[int, ...], int, float]]:  # fmt: skip
    """(units of each line, earliest minute at the shelf, cost) of each parcel that this place could send of this order."""
    zone, due = instance.zones[order.city][node], arrivals[order.due_days][order.at // c.DAY]
    most = [
        0
        if absent_minded(Piece(order, n, line.quantity, due), node)
        else min(line.quantity, instance.real[line.article][node])
        for n, line in enumerate(order.lines)
    ]
    if not any(most):
        return
    for units in product(*(range(count + 1) for count in most)):
        given = [(line, count) for line, count in zip(order.lines, units, strict=True) if count]
        if not given:
            continue
        earliest = soonest(instance, order, node, len(given))
        if any(left_at(instance, (line.article, node), earliest, walk_ins) < count for line, count in given):
            continue
        cost = shelf_cost(instance, node, [(line.article, count) for line, count in given])
        grams = sum(instance.articles[line.article].weight_grams * count for line, count in given)
        step = min(bisect_left(c.WEIGHT_STEPS, grams), len(c.WEIGHT_STEPS) - 1)
        day = next((day for minute, day in collections if minute >= earliest + c.PICK_LEAD), FAR_AWAY)
        # What leaves after the calendar's end counts as so late in the week; it may be less than what a late day's service costs.
        latest = due + c.FINISH_DAYS
        prices = []
        for _, days, by_zone, more in c.SERVICES:
            late = min(arrivals[days][day], latest) - due if day < FAR_AWAY else c.FINISH_DAYS
            prices.append(by_zone[zone] + more[step] + (c.LATE_FIRST_DAY + (late - 1) * c.LATE_EACH_DAY) * (late > 0))
        yield units, earliest, float(cost + min(prices))


def soonest(instance: Instance, order: Order, node: int, lines: int) -> int:
    """The earliest minute at which so many lines are taken from the shelf: nobody else waits there."""
    place = instance.nodes[node]
    return ready_minute(place.windows, ceil(60 * lines / place.lines_per_hour), 0, 60, order.at)


def shelf_cost(instance: Instance, node: int, taken: Sequence[tuple[int, int]]) -> int:
    """Packing, picking, and the markdown that lies elsewhere."""
    place = instance.nodes[node]
    forgone = sum(
        (max(instance.markdown_minor[article]) - instance.markdown_minor[article][node]) * units
        for article, units in taken
    )
    return place.pack_minor + place.pick_minor * len(taken) + forgone


def collect(
    instance: Instance, order: Order, node: int, program: Program, served: list[Entries], uses: dict[Spot, list[Use]],
    collecting: dict[Spot, list[Collecting]], walk_ins: dict[Spot, list[int]],
) -> None:  # fmt: skip
    """Columns of lines that are collected together, and what each line may expect."""
    good = []
    for n, line in enumerate(order.lines):
        spot = (line.article, node)
        hopeless = instance.real[line.article][node] < line.quantity
        hopeless = hopeless or absent_minded(Piece(order, n, line.quantity, 0), node)
        collecting.setdefault(spot, []).append(Collecting(order.number, order.at, line.quantity, hopeless))
        if not hopeless:
            good.append(n)
    for chosen in range(1, 1 << len(good)):
        lines = [n for bit, n in enumerate(good) if chosen >> bit & 1]
        earliest = soonest(instance, order, node, len(lines))
        taken = [(order.lines[n].article, order.lines[n].quantity) for n in lines]
        if any(left_at(instance, (article, node), earliest, walk_ins) < units for article, units in taken):
            continue
        column = program.column(shelf_cost(instance, node, taken), whole=True)
        for n, (article, units) in zip(lines, taken, strict=True):
            served[n].append((column, float(units)))
            uses.setdefault((article, node), []).append(Use(column, units, 1.0, earliest, order.number, False))


def shelf(
    instance: Instance, program: Program, spot: Spot, taking: list[Use], walk_ins: list[int], collecting: list[Collecting]
) -> None:  # fmt: skip
    """What is taken was there, beside those who walked in before; and a parcel's unit that a walk-in customer would have had costs the margin."""
    article, node = spot
    there, count = instance.real[article][node], len(walk_ins)
    everything = [(use.column, float(use.units)) for use in taking]
    # `before[j]`: something is taken after customer j came, so that one and all before found what they wanted.
    groups: dict[tuple[int, int], Entries] = {}
    for use in taking:
        came = bisect_left(walk_ins, use.earliest)
        if came:
            groups.setdefault((came, use.order), []).append((use.column, use.part))
    before = [program.column(0, whole=True) for _ in range(max((came for came, _ in groups), default=0))]
    for earlier, later in pairwise(before):
        program.at_most.append(([(later, 1.0), (earlier, -1.0)], 0.0))
    for (came, _), parts in groups.items():
        program.at_most.append(([*parts, (before[came - 1], -1.0)], 0.0))
    program.at_most.append((everything + [(column, 1.0) for column in before], float(there)))
    # The same for fractions, which the columns above let through.
    for j in range(len(before)):
        late = [(use.column, float(use.units)) for use in taking if use.earliest > walk_ins[j]]
        if sum(units for _, units in late) > there - j - 1:
            program.at_most.append((late, float(there - j - 1)))
    sent = [(use.column, float(use.units)) for use in taking if use.parcel]
    if not sent or not count:
        return
    lost = program.column(instance.articles[article].margin_minor, float(count))
    spare = max(0, there - count)
    given = [(use.column, float(use.units)) for use in taking if not use.parcel]
    most = min(there, sum(line.units for line in collecting if not line.hopeless))
    if not spare or not given:
        program.at_most.append(([*sent, (lost, -1.0)], float(spare)))
    elif most <= spare:
        program.at_most.append(([*sent, *given, (lost, -1.0)], float(spare)))
    else:
        free, none = program.column(0, float(spare)), program.column(0, whole=True)
        program.at_most.append(([*sent, (lost, -1.0), (free, -1.0)], 0.0))
        program.at_most.append(([(free, 1.0), (none, float(spare))], float(spare)))
        program.at_most.append(([(free, 1.0), *given, (none, -float(most))], float(spare)))


def refused(
    instance: Instance, program: Program, spot: Spot, taking: list[Use], walk_ins: list[int], lines: list[Collecting]
) -> None:
    """Who can collect does, unless parcels or refusals at that shelf were in the way; who cannot is refused, unless parcels were."""
    article, node = spot
    there, recorded = instance.real[article][node], instance.recorded[article][node]
    widest = max(line.quantity for order in instance.orders for line in order.lines if line.article == article)
    declined: int | None = None
    never, hopeless, need = False, False, 0
    for place, line in enumerate(lines):
        sent = [(use.column, float(use.units)) for use in taking if use.parcel and use.order < line.order]
        good = sum(other.units for other in lines[:place] if not other.hopeless)
        if line.hopeless:
            waits = recorded - line.units + 1
            if waits > there:
                never = True
            came = bisect_left(walk_ins, line.at + 1)
            if waits - came - good > 0:
                hopeless, need = True, max(need, waits - came - good)
            continue
        bad = sum(other.units for other in lines[:place] if other.hopeless)
        slack = there - len(walk_ins) - good - bad - line.units + 1
        if slack < 1:
            continue
        if declined is None:
            declined = program.column(c.DECLINE, float(len(instance.orders)))
        mine = [(use.column, -float(slack)) for use in taking if not use.parcel and use.order == line.order]
        row = [*mine, *((column, -units) for column, units in sent), (declined, -float(widest))]
        program.at_most.append((row, -float(slack)))
    if not never and not hopeless:
        return
    row = [(program.column(c.DECLINE), -1.0)]
    if declined is not None:
        row.append((declined, -1.0))
    if not never:
        row += [(use.column, -use.units / need) for use in taking if use.parcel]
    program.at_most.append((row, -1.0))

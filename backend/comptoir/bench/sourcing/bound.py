"""What nobody can beat: the week's least cost for one who knows every order, every walk-in customer and what is really on the shelves.

First the week is played with no parcel at all: whoever finds nothing in a shop then finds nothing under any policy, so those lines are
parcels for everybody. The rest is a linear program: it lets work be done without queues and refusals, lets an order be cut into
fractions, and forgets the hour at which a unit is taken; so it costs no more than a plan that could be carried out.
"""

from math import ceil

import msgspec

from comptoir.bench.sourcing import constants as c
from comptoir.bench.sourcing.instance import Instance, Order
from comptoir.bench.sourcing.week import Week, snapshot_of
from comptoir.network.promise import ready_minute
from comptoir.sourcing.routing import Ask, Plan
from comptoir.sourcing.snapshot import FAR_AWAY, Snapshot


class Bound(msgspec.Struct, frozen=True):
    """Cents, and how large the program was."""

    total: float
    columns: int
    rows: int


def clairvoyant(instance: Instance) -> Bound:
    """The bound of a week. Some seconds."""
    import numpy as np
    from scipy.optimize import linprog
    from scipy.sparse import coo_array

    snapshot = snapshot_of(instance)
    alone = Week(instance, nobody)
    alone.run()
    collected = [[0] * len(instance.nodes) for _ in instance.articles]
    costs: list[float] = []
    upper: list[float] = []
    line_rows: list[int] = []
    line_columns: list[int] = []
    stock: dict[tuple[int, int], list[tuple[int, int]]] = {}
    lines, given = 0, 0.0
    for order in instance.orders:
        left = [n for n in range(len(order.lines)) if (order.number, n) not in alone.collected]
        if order.pickup is not None and len(left) < len(order.lines):
            place = instance.nodes[order.pickup]
            given += place.pack_minor + place.pick_minor * (len(order.lines) - len(left))
            for n, line in enumerate(order.lines):
                if n not in left:
                    collected[line.article][order.pickup] += line.quantity
        count = len(left)
        for chosen in range(1, 1 << count):
            parts = [n for n in range(count) if chosen >> n & 1]
            for node, cost in parcels(instance, snapshot, order, [left[n] for n in parts]):
                column = len(costs)
                costs.append(cost)
                upper.append(1.0)
                for n in parts:
                    line_rows.append(lines + n)
                    line_columns.append(column)
                    line = order.lines[left[n]]
                    stock.setdefault((line.article, node), []).append((column, line.quantity))
        for n in range(count):
            line = order.lines[left[n]]
            line_rows.append(lines + n)
            line_columns.append(len(costs))
            costs.append(instance.articles[line.article].margin_minor * line.quantity + c.CANCEL)
            upper.append(1.0)
        lines += count
    rows, columns, figures, most = [], [], [], []
    nodes = instance.nodes
    least_parcel = max(
        0,
        min(price for _, _, prices, _ in c.SERVICES for price in prices)
        + min(node.pack_minor + node.pick_minor for node in nodes)
        - max(node.pack_minor + node.pick_minor for node in nodes),
    )
    for row, ((article, node), taken) in enumerate(stock.items()):
        free, came = alone.real[article][node], collected[article][node]
        shop = instance.real[article][node] - free - came
        for column, quantity in taken:
            rows.append(row)
            columns.append(column)
            figures.append(float(quantity))
        # A customer of the shop who finds nothing because a parcel took the unit: one who collects gets a parcel instead, one who walked in is lost.
        for price, people in ((least_parcel, came), (instance.articles[article].margin_minor, shop)):
            rows.append(row)
            columns.append(len(costs))
            figures.append(-1.0)
            costs.append(float(price))
            upper.append(float(people))
        most.append(float(free))
    size = len(costs)
    solved = linprog(
        np.asarray(costs),
        A_ub=coo_array((figures, (rows, columns)), shape=(len(most), size)).tocsr(), b_ub=np.asarray(most),
        A_eq=coo_array((np.ones(len(line_rows)), (line_rows, line_columns)), shape=(lines, size)).tocsr(), b_eq=np.ones(lines),
        bounds=np.column_stack([np.zeros(size), np.asarray(upper)]), method="highs",
    )  # fmt: skip
    if solved.status != 0:
        raise RuntimeError(f"the bound could not be solved: {solved.message}")
    return Bound(float(solved.fun) + given, size, lines + len(most))


def nobody(ask: Ask, snapshot: Snapshot) -> Plan:
    """Sends no parcel."""
    return Plan((), tuple((want.key, want.quantity) for want in ask.wants))


def parcels(instance: Instance, snapshot: Snapshot, order: Order, parts: list[int]) -> list[tuple[int, float]]:
    """(node, cost) of each place that really has these lines: nobody waits there, and nothing is found missing."""
    made = []
    lines = [order.lines[n] for n in parts]
    grams = sum(instance.articles[line.article].weight_grams * line.quantity for line in lines)
    step, due = snapshot.rates.step(grams), snapshot.arrivals[order.due_days][order.at // c.DAY]
    for node, place in enumerate(instance.nodes):
        if any(instance.real[line.article][node] < line.quantity for line in lines):
            continue
        cost = place.pack_minor + place.pick_minor * len(lines)
        for line in lines:
            row = instance.markdown_minor[line.article]
            cost += (max(row) - row[node]) * line.quantity
        done = ready_minute(place.windows, ceil(60 * len(lines) / place.lines_per_hour), 0, 60, order.at) + c.PICK_LEAD
        day = next((day for minute, day in snapshot.sites[node].collections if minute >= done), FAR_AWAY)
        zone = snapshot.rates.zone(str(order.city), node)
        cost += min(
            service.prices[zone][step] + snapshot.late.cost(snapshot.arrivals[service.days][day] - due)
            for service in snapshot.rates.services
        )
        made.append((node, float(cost)))
    return made

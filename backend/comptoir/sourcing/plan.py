"""Choose who fulfills an order. Pure: needs, places in order of cost and what they have in; a plan out.

One parcel beats two: the first place in the order that has everything gets everything. Otherwise the place that covers
most units takes what it has, and so on with the rest; a quantity is split between places only when no place has it whole.
"""

from collections.abc import Callable, Sequence

from comptoir.sourcing.model import Need, Plan, Share

MOST_PARCELS = 5
"""More than this many parcels for one order is refused as missing rather than shipped in crumbs."""

Available = Callable[[str, int], int]
"""Units of a SKU that the place with this index may promise."""


def plan(
    needs: Sequence[Need], ranking: Sequence[int], ids: Sequence[str], index: dict[str, int], available: Available
) -> Plan:
    """Plan all needs of one order; `ranking` lists indexes of places that ship, cheapest first."""
    shares: list[Share] = []
    missing: list[tuple[int, int, int]] = []
    taken: dict[tuple[str, int], int] = {}
    to_ship = []
    for need in needs:
        if need.place is None:
            to_ship.append(need)
            continue
        at = index.get(need.place, -1)
        have = available(need.sku, at) - taken.get((need.sku, at), 0) if at >= 0 else 0
        give = min(max(have, 0), need.quantity)
        if give:
            taken[need.sku, at] = taken.get((need.sku, at), 0) + give
            shares.append(Share(need.line, need.part, need.sku, need.place, give))
        if give < need.quantity:
            missing.append((need.line, need.part, need.quantity - give))
    if to_ship:
        ship(to_ship, ranking, ids, available, taken, shares, missing)
    return Plan(tuple(shares), tuple(missing))


def ship(
    needs: Sequence[Need], ranking: Sequence[int], ids: Sequence[str], available: Available,
    taken: dict[tuple[str, int], int], shares: list[Share], missing: list[tuple[int, int, int]],
) -> None:  # fmt: skip
    wanted: dict[str, int] = {}
    for need in needs:
        wanted[need.sku] = wanted.get(need.sku, 0) + need.quantity
    pairs = list(wanted.items())
    if not taken:
        for at in ranking:
            for sku, quantity in pairs:
                if available(sku, at) < quantity:
                    break
            else:
                place = ids[at]
                shares.extend([Share(n.line, n.part, n.sku, place, n.quantity) for n in needs])
                return
    left = {(n.line, n.part): n.quantity for n in needs}
    for _ in range(MOST_PARCELS):
        best, best_cover = -1, 0
        for at in ranking:
            stock = {sku: available(sku, at) - taken.get((sku, at), 0) for sku in wanted}
            cover = 0
            for n in needs:
                give = min(left[n.line, n.part], max(0, stock[n.sku]))
                stock[n.sku] -= give
                cover += give
            if cover > best_cover:
                best, best_cover = at, cover
        if best < 0:
            break
        for n in needs:
            give = min(left[n.line, n.part], max(0, available(n.sku, best) - taken.get((n.sku, best), 0)))
            if give:
                taken[n.sku, best] = taken.get((n.sku, best), 0) + give
                left[n.line, n.part] -= give
                shares.append(Share(n.line, n.part, n.sku, ids[best], give))
        if not any(left.values()):
            return
    missing.extend((line, part, units) for (line, part), units in left.items() if units)

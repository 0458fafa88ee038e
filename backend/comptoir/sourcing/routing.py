"""The best plan for one order, in money. Pure: a question and a snapshot in, the best plans with their cost vectors out.

    cost of a parcel = carriage + lateness + packing and picking + for each unit (scarcity + markdown forgone + expected refusal)

Every way to divide up to six lines over sites is looked at, exactly: sites share nothing but the order, so the cheapest site of each
set of lines is found on its own and the cheapest division is put together from those. Sites are gone through from the cheapest parcel up
and left as soon as no later one can win. Above six lines the cheapest parcel per line is taken first until six are left.
"""

from bisect import insort
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Final

import msgspec

from comptoir.sourcing.snapshot import Snapshot

EXACT_LINES: Final = 6
"""Up to so many lines every division is looked at; 2 ** 6 sets of lines."""
NEVER: Final = 1 << 50
NOBODY: Final[frozenset[int]] = frozenset()


class Want(msgspec.Struct, frozen=True):
    """Units of one SKU that an order needs. `missing_minor`: what each unit costs that finds no place. `tried`: sites that are asked no more for it."""

    key: int
    sku: str
    quantity: int
    grams: int
    missing_minor: int
    tried: frozenset[int] = NOBODY


class Ask(msgspec.Struct, frozen=True):
    """One order's question: what, where to, and the day it was promised for."""

    wants: tuple[Want, ...]
    to: str
    due: int


class Cost(msgspec.Struct, frozen=True):
    """What a parcel costs and why, in minor units; nothing is hidden in one figure."""

    carriage: int = 0
    late: int = 0
    labor: int = 0
    scarcity: int = 0
    markdown: int = 0
    decline: int = 0
    preference: int = 0

    @property
    def total(self) -> int:
        return (
            self.carriage + self.late + self.labor + self.scarcity + self.markdown + self.decline + self.preference
        )  # fmt: skip


class Parcel(msgspec.Struct, frozen=True):
    """What one site gives: (key of the want, units) each, the service it would go by, and its cost."""

    at: int
    gives: tuple[tuple[int, int], ...]
    service: str
    cost: Cost


class Plan(msgspec.Struct, frozen=True):
    """Parcels, what found no place as (key, units), and what that costs."""

    parcels: tuple[Parcel, ...]
    missing: tuple[tuple[int, int], ...] = ()
    missing_minor: int = 0

    @property
    def total(self) -> int:
        total = self.missing_minor
        for parcel in self.parcels:
            total += parcel.cost.total
        return total


class Terms(msgspec.Struct, frozen=True):
    """What a policy allows. `barred`: sites that a rule takes out, with the rule. `may_leave_out`: what costs more than its absence stays away."""

    barred: Mapping[int, str] = {}
    most_parcels: int = 5
    may_leave_out: bool = False
    keep: int = 3
    """How many plans are told, the best one among them."""


def route(ask: Ask, snapshot: Snapshot, terms: Terms | None = None) -> tuple[Plan, ...]:
    """The best plans, cheapest first; at least one, if only to say that everything is missing."""
    return _Search(ask, snapshot, terms or ANY).run()


_COST: Final = itemgetter(0)
Found = list[tuple[int, int]]
"""(cost, site), cheapest first."""
Parts = tuple[tuple[int, int], ...]
"""Parcels as (lines, site)."""
ANY: Final = Terms()


class _Search:
    """One question being answered. Sets of lines are bits of a number."""

    def __init__(self, ask: Ask, snapshot: Snapshot, terms: Terms) -> None:
        self.ask, self.snapshot, self.terms = ask, snapshot, terms
        self.wants: Sequence[Want] = ask.wants
        self.found: dict[int, Found] = {}
        self.step, self.least = 0, 0
        """The step of weight of all wants together, and what they cost at least beside their parcels."""

    def run(self) -> tuple[Plan, ...]:
        singles: Found = []
        if 0 < len(self.wants) <= EXACT_LINES:
            singles = self._best((1 << len(self.wants)) - 1)
        if not singles:
            self.wants = self._divided()
            self.found.clear()
        count = len(self.wants)
        if count == 0:
            return (self._plan(()),)
        whole = (1 << count) - 1
        if count > EXACT_LINES:
            return (self._plan(self._greedy(whole)),)
        if singles and self._is_best(singles[0][0]):
            return self._whole(singles)
        singles = singles or self._best(whole)
        ways: list[tuple[int, Parts]] = [(cost, ((whole, at),)) for cost, at in singles]
        if count > 1 and self.terms.most_parcels > 1 and (not singles or singles[0][0] > self._least_of_two()):
            ways += self._divisions(whole)
        if not ways:
            division = self._greedy(whole)
            ways.append((self._cost(whole, division), division))
        if self.terms.may_leave_out and min(ways, key=_COST)[0] > self._absence(whole):
            ways.append((self._absence(whole), ()))
        ways.sort(key=_COST)
        return tuple(self._plan(parcels) for _, parcels in ways[: self.terms.keep])

    def _divided(self) -> list[Want]:
        """Wants that some site can give whole: what no single one has is divided, largest part first; what nobody has is left out."""
        made = []
        for want in self.ask.wants:
            row = self.snapshot.supply.get(want.sku)
            rest = want.quantity
            free = (
                sorted(
                    (units for at, units in enumerate(row) if units > 0 and at not in want.tried and at not in self.terms.barred),
                    reverse=True,
                )
                if row
                else []
            )  # fmt: skip
            if free and free[0] >= rest:
                made.append(want)
                continue
            for units in free[: self.terms.most_parcels]:
                part = min(units, rest)
                made.append(msgspec.structs.replace(want, quantity=part))
                rest -= part
                if not rest:
                    break
        return made

    def _best(self, lines: int) -> Found:
        """The cheapest sites that have all of these lines."""
        kept = self.found.get(lines)
        if kept is not None:
            return kept
        snapshot, barred, keep = self.snapshot, self.terms.barred, self.terms.keep
        whole = lines == (1 << len(self.wants)) - 1
        wants = self.wants if whole else [want for bit, want in enumerate(self.wants) if lines >> bit & 1]
        needs: dict[str, int] = {}
        asked, grams = NOBODY, 0
        for want in wants:
            needs[want.sku] = needs.get(want.sku, 0) + want.quantity
            grams += want.grams * want.quantity
            if want.tried:
                asked |= want.tried
        supply = snapshot.supply
        rows: list[tuple[list[int], int]] = []
        for sku, quantity in needs.items():
            has = supply.get(sku)
            if has is None:
                self.found[lines] = []
                return []
            rows.append((has, quantity))
        units = [(*snapshot.unit(sku), quantity) for sku, quantity in needs.items()] if snapshot.has_prices else []
        step = snapshot.rates.step(grams)
        count = len(wants)
        rest = snapshot.least_pick * count
        for _, least, quantity in units:
            rest += least * quantity
        if whole:
            self.step, self.least = step, rest
        found: Found = []
        worst = NEVER
        for base, at in snapshot.ranked(self.ask.to, step):
            if base + rest >= worst:
                break
            if at in asked or at in barred:
                continue
            for row, quantity in rows:
                if row[at] < quantity:
                    break
            else:
                site = snapshot.sites[at]
                carriage, late, _ = snapshot.carriage(self.ask.to, at, step, self.ask.due)
                cost = carriage + late + site.pack_minor + site.preference_minor + site.pick_minor * count
                for each, _, quantity in units:
                    cost += each[at] * quantity
                if cost < worst:
                    # Behind what costs the same: that was nearer.
                    insort(found, (cost, at), key=_COST)
                    if len(found) > keep:
                        found.pop()
                    if len(found) == keep:
                        worst = found[-1][0]
        self.found[lines] = found
        return found

    def _is_best(self, cost: int) -> bool:
        """The common case: one parcel holds everything at this cost, and no division could cost less."""
        alone = len(self.wants) == 1 or self.terms.most_parcels < 2
        return not self.terms.may_leave_out and (alone or cost <= self._least_of_two())

    def _least_of_two(self) -> int:
        """No division costs less: two parcels at the least price there is, and every line at its least."""
        ranked = self.snapshot.ranked(self.ask.to, 0)
        return 2 * ranked[0][0] + self.least if ranked else NEVER

    def _whole(self, sites: Found) -> tuple[Plan, ...]:
        """The plans in which one of these sites gives everything."""
        snapshot, wants = self.snapshot, self.wants
        gives = tuple([(want.key, want.quantity) for want in wants])
        return tuple([
            Plan((_parcel(self.ask, snapshot, at, wants, gives, self.step),)) for _, at in sites[: self.terms.keep]
        ])  # fmt: skip

    def _absence(self, lines: int) -> int:
        return sum(want.missing_minor * want.quantity for bit, want in enumerate(self.wants) if lines >> bit & 1)

    def _divisions(self, whole: int) -> list[tuple[int, Parts]]:
        """The cheapest division into at most so many parcels, and the same with one parcel from its second site.

        `best[k][lines]` is (cost, parts): the cheapest way to give these lines by at most k parcels, a line that nobody has left out.
        """
        single: dict[int, tuple[int, Parts]] = {0: (0, ())}
        for lines in range(1, whole + 1):
            sites = self._best(lines)
            if sites:
                single[lines] = (sites[0][0], ((lines, sites[0][1]),))
            if lines & (lines - 1) == 0 and (
                not sites or (self.terms.may_leave_out and self._absence(lines) < sites[0][0])
            ):
                single[lines] = (self._absence(lines), ())
        best = dict(single)
        for _ in range(min(self.terms.most_parcels, len(self.wants)) - 1):
            last = dict(best)
            for lines in range(1, whole + 1):
                low = lines & -lines
                part = lines
                while part:
                    if part & low and part != lines and part in single and lines ^ part in last:
                        cost = single[part][0] + last[lines ^ part][0]
                        if lines not in best or cost < best[lines][0]:
                            best[lines] = (cost, single[part][1] + last[lines ^ part][1])
                    part = (part - 1) & lines
        if whole not in best or not self._holds(best[whole][1]):
            division = self._greedy(whole)
            return [(self._cost(whole, division), division)]
        cost, parts = best[whole]
        if len(parts) == 1 and parts[0][0] == whole:
            return []
        ways: list[tuple[int, Parts]] = [(cost, parts)]
        for place, (lines, _) in enumerate(parts):
            for other_cost, other in self._best(lines)[1:2]:
                changed = (*parts[:place], (lines, other), *parts[place + 1 :])
                if self._holds(changed):
                    ways.append((cost - self._best(lines)[0][0] + other_cost, changed))
        return ways

    def _holds(self, parts: Parts) -> bool:
        """Whether no site gives more of a SKU than it has, when a want was divided and both parts chose the same."""
        given: dict[tuple[str, int], int] = {}
        for lines, at in parts:
            for bit, want in enumerate(self.wants):
                if lines >> bit & 1:
                    key = (want.sku, at)
                    given[key] = given.get(key, 0) + want.quantity
        return all(units <= self.snapshot.supply[sku][at] for (sku, at), units in given.items())

    def _cost(self, whole: int, parts: Parts) -> int:
        left = whole
        for lines, _ in parts:
            left &= ~lines
        return sum(self._parcel(lines, at).cost.total for lines, at in parts) + self._absence(left)

    def _greedy(self, whole: int) -> Parts:
        """The cheapest parcel per line first, until nothing is left that anybody has or the parcels are used up."""
        left, parts = whole, []
        taken: dict[tuple[str, int], int] = {}
        for _ in range(self.terms.most_parcels):
            best: tuple[float, int, int] | None = None
            for _, at in self.snapshot.ranked(self.ask.to, 0):
                if at in self.terms.barred:
                    continue
                lines, given = 0, dict(taken)
                for bit, want in enumerate(self.wants):
                    key = (want.sku, at)
                    has = self.snapshot.supply[want.sku][at] - given.get(key, 0)
                    if left >> bit & 1 and at not in want.tried and has >= want.quantity:
                        lines |= 1 << bit
                        given[key] = given.get(key, 0) + want.quantity
                if lines:
                    each = self._parcel(lines, at).cost.total / lines.bit_count()
                    if best is None or each < best[0]:
                        best = (each, lines, at)
            if best is None:
                break
            _, lines, at = best
            parts.append((lines, at))
            left &= ~lines
            for bit, want in enumerate(self.wants):
                if lines >> bit & 1:
                    taken[want.sku, at] = taken.get((want.sku, at), 0) + want.quantity
            if not left:
                break
        return tuple(parts)

    def _parcel(self, lines: int, at: int) -> Parcel:
        wants = [want for bit, want in enumerate(self.wants) if lines >> bit & 1]
        return parcel_of(self.ask, self.snapshot, at, wants)

    def _plan(self, parts: Parts) -> Plan:
        """Parcels of one site are one; what was given to nobody is missing."""
        by_site: dict[int, list[tuple[int, int]]] = {}
        for lines, at in parts:
            by_site.setdefault(at, []).extend(
                (want.key, want.quantity) for bit, want in enumerate(self.wants) if lines >> bit & 1
            )
        return plan_of(self.ask, self.snapshot, list(by_site.items()))


def parcel_of(ask: Ask, snapshot: Snapshot, at: int, wants: Sequence[Want]) -> Parcel:
    """The parcel of these wants from a site, with its cost vector. `quantity` of each is what this site gives."""
    step = snapshot.rates.step(sum(want.grams * want.quantity for want in wants))
    return _parcel(ask, snapshot, at, wants, tuple((want.key, want.quantity) for want in wants), step)


def _parcel(
    ask: Ask, snapshot: Snapshot, at: int, wants: Sequence[Want], gives: tuple[tuple[int, int], ...], step: int
) -> Parcel:
    site = snapshot.sites[at]
    carriage, late, service = snapshot.carriage(ask.to, at, step, ask.due)
    cost = Cost(
        carriage, late, site.pack_minor + site.pick_minor * len(wants),
        _of(snapshot.scarcity, at, wants), _of(snapshot.markdown, at, wants), _of(snapshot.decline, at, wants),
        site.preference_minor,
    )  # fmt: skip
    return Parcel(at, gives, service, cost)


def _of(table: Mapping[str, Sequence[int]], at: int, wants: Sequence[Want]) -> int:
    """What these wants cost at a site by one table of prices."""
    total = 0
    if table:
        for want in wants:
            row = table.get(want.sku)
            if row is not None:
                total += row[at] * want.quantity
    return total


def plan_of(ask: Ask, snapshot: Snapshot, given: Sequence[tuple[int, Sequence[tuple[int, int]]]]) -> Plan:
    """The plan in which each site gives (key, units); what nobody gives is missing, at its price."""
    wants = {want.key: want for want in ask.wants}
    left = {want.key: want.quantity for want in ask.wants}
    parcels = []
    for at, gives in given:
        parts: dict[int, int] = {}
        for key, units in gives:
            parts[key] = parts.get(key, 0) + units
            left[key] -= units
        parcels.append(
            parcel_of(
                ask, snapshot, at, [msgspec.structs.replace(wants[key], quantity=units) for key, units in parts.items()]
            )
        )
    missing = tuple((key, units) for key, units in sorted(left.items()) if units)
    return Plan(tuple(parcels), missing, sum(wants[key].missing_minor * units for key, units in missing))

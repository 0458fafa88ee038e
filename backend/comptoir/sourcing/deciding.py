"""Who fulfills an order: rules take locations out, costs choose among the rest, and the decision keeps its reasons. Pure.

Units that the customer collects come from the store that the customer chose, and from no other. Everything else is routed
(`routing`, or `ruled` where the policy says lists). The caller reserves what comes out on rows that it has locked.
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from typing import Final

import msgspec

from comptoir.network.geography import distance_km
from comptoir.sourcing.calendar import HOME
from comptoir.sourcing.model import Need, Plan, Share
from comptoir.sourcing.outlook import Outlook
from comptoir.sourcing.policy import Policy, Rule, matches
from comptoir.sourcing.routing import NOBODY, Ask, Parcel, Terms, Want, parcel_of, plan_of, route
from comptoir.sourcing.routing import Plan as Routed
from comptoir.sourcing.ruled import route_by_rules
from comptoir.sourcing.snapshot import FAR_AWAY
from comptoir.sourcing.why import Nearest, Shadow, Weighed, WeighedParcel, Why

KEPT: Final = 3
"""Plans that the why remembers."""

Rows = Mapping[str, list[int]]
"""Units by SKU, one figure for each place: what is looked at instead of the outlook's."""


class Wish(msgspec.Struct, frozen=True):
    """One order's question. `tried`: (line, part) -> places that are asked no more. `placed_at`: when the customer was promised a day; None: now."""

    needs: tuple[Need, ...]
    country: str = "FR"
    postcode: str = ""
    channel: str = "api"
    service: str = "standard"
    buyer: str = "private"
    tried: Mapping[tuple[int, int], frozenset[str]] = {}
    occasion: str = "placed"
    may_wait: bool = False
    """Whether units may be left out because sending them costs too much; only for who can be told so, and not for ever."""
    placed_at: datetime | None = None


class Decision(msgspec.Struct, frozen=True):
    """The plan; the why of what is sent, None when nothing is; rules that want a person first."""

    plan: Plan
    why: Why | None = None
    holds: tuple[str, ...] = ()


def decide(wish: Wish, outlook: Outlook, now: datetime, rows: Rows | None = None) -> Decision:
    """Plan one order on the outlook, or on `rows` where those are given."""
    shares: list[Share] = []
    missing: list[tuple[int, int, int]] = []
    taken: dict[tuple[str, int], int] = {}
    to_ship: list[Need] = []
    seen = rows or {}
    for need in wish.needs:
        if need.place is None:
            to_ship.append(need)
            continue
        at = outlook.index.get(need.place, -1)
        row = seen.get(need.sku) or outlook.supply.get(need.sku)
        have = row[at] - taken.get((need.sku, at), 0) if row and at >= 0 else 0
        give = min(max(have, 0), need.quantity)
        if give:
            taken[need.sku, at] = taken.get((need.sku, at), 0) + give
            shares.append(Share(need.line, need.part, need.sku, need.place, give))
        if give < need.quantity:
            left = need.quantity - give
            source = _source_for(need, left, outlook, seen, taken, now) if outlook.policy.transfer_days else None
            if source is None:
                missing.append((need.line, need.part, left))
            else:
                taken[need.sku, source] = taken.get((need.sku, source), 0) + left
                shares.append(Share(need.line, need.part, need.sku, outlook.ids[source], left, need.place))
    if not to_ship:
        return Decision(Plan(tuple(shares), tuple(missing)))
    if taken:
        # A unit that is collected is not sent as well.
        rest = {sku: list(seen.get(sku) or outlook.supply[sku]) for sku, _ in taken}
        for (sku, at), units in taken.items():
            rest[sku][at] -= units
        seen = {**seen, **rest}
    weighing = _Weighing(wish, to_ship, outlook, outlook.policy, now)
    if seen:
        with weighing.snapshot.instead(seen):
            plans, why = weighing.run(outlook.policy_number)
    else:
        plans, why = weighing.run(outlook.policy_number)
    if outlook.shadow is not None:
        why = _tried(why, wish, to_ship, outlook, seen, now, weighing)
    for parcel in plans.parcels:
        for key, units in parcel.gives:
            need = to_ship[key]
            shares.append(Share(need.line, need.part, need.sku, outlook.ids[parcel.at], units))
    missing.extend((to_ship[key].line, to_ship[key].part, units) for key, units in plans.missing)
    return Decision(Plan(tuple(shares), tuple(missing)), why, weighing.holds)


def _source_for(
    need: Need, units: int, outlook: Outlook, seen: Rows, taken: Mapping[tuple[str, int], int], now: datetime
) -> int | None:  # fmt: skip
    """The nearest place that sends and has all of these units for another store; none where nobody has."""
    at = outlook.index.get(need.place or "", -1)
    row = seen.get(need.sku) or outlook.supply.get(need.sku)
    if at < 0 or not row:
        return None
    here = outlook.places[at]
    able = [
        place
        for place in outlook.places
        if place.ship
        and place.index != at
        and not place.paused(now)
        and row[place.index] - taken.get((need.sku, place.index), 0) >= units
    ]
    far = {
        place.index: distance_km((here.latitude, here.longitude), (place.latitude, place.longitude)) for place in able
    }
    return min(far, key=lambda index: (far[index], index), default=None)


def price(
    wish: Wish, outlook: Outlook, now: datetime, given: Mapping[str, Sequence[tuple[int, int, int]]], in_hand: bool = False
) -> int:  # fmt: skip
    """What it costs by the policy in force when these places give (line, part, units) each. `in_hand`: it is picked, so it waits for nothing there."""
    if not in_hand:
        return _given(wish, outlook, now, given).total
    with ExitStack() as stack:
        for place in given:
            stack.enter_context(outlook.snapshot(now, outlook.policy).in_hand(outlook.index[place]))
        return _given(wish, outlook, now, given).total


def paid(
    wish: Wish, outlook: Outlook, now: datetime, given: Mapping[str, Sequence[tuple[int, int, int]]]
) -> int:  # fmt: skip
    """The part of it that is paid to carriers and hands; what sourcing only reckons with is left out."""
    return sum(
        parcel.cost.carriage + parcel.cost.labor for parcel in _given(wish, outlook, now, given).parcels
    )  # fmt: skip


def _given(
    wish: Wish, outlook: Outlook, now: datetime, given: Mapping[str, Sequence[tuple[int, int, int]]]
) -> Routed:  # fmt: skip
    weighing = _Weighing(wish, wish.needs, outlook, outlook.policy, now)
    keys = {(need.line, need.part): key for key, need in enumerate(wish.needs)}
    parts = [
        (outlook.index[place], [(keys[line, part], units) for line, part, units in gives])
        for place, gives in given.items()
    ]
    return plan_of(weighing.ask, weighing.snapshot, parts)


def _tried(
    why: Why, wish: Wish, needs: Sequence[Need], outlook: Outlook, seen: Rows, now: datetime, weighing: "_Weighing"
) -> Why:
    """The same question asked of the policy that is only tried."""
    assert outlook.shadow is not None
    number, policy = outlook.shadow
    other = _Weighing(wish, needs, outlook, policy, now)
    with other.snapshot.instead(seen):
        plan, its = other.run(number)
    given = [(parcel.at, parcel.gives) for parcel in plan.parcels]
    cost = plan_of(weighing.ask, weighing.snapshot, given).total
    return msgspec.structs.replace(why, shadow=Shadow(number, its.taken, cost))


class _Weighing:
    """One question under one policy."""

    def __init__(self, wish: Wish, needs: Sequence[Need], outlook: Outlook, policy: Policy, now: datetime) -> None:
        self.wish, self.needs, self.outlook, self.policy, self.now = wish, needs, outlook, policy, now
        self.snapshot = outlook.snapshot(now, policy)
        self.area = outlook.area(wish.country, wish.postcode, self.snapshot, policy)
        self.zones, self.kilometers = self.snapshot.rates.zones[self.area], self.snapshot.rates.kilometers[self.area]
        """By place, as the parcel would travel."""
        self.rules = self._rules() if policy.rules else []
        self.holds = tuple(rule.name for rule in self.rules if rule.hold)
        delivery = policy.deliveries.get(wish.service) or policy.deliveries["standard"]
        self.calendar = outlook.calendar(now)
        self.due = self.calendar.due(wish.placed_at or now, delivery.days, delivery.before)
        self.barred = self._barred()
        self.ask = Ask(tuple(self._wants()), self.area, self.due)
        self.sending: Routed | None = None

    def _rules(self) -> list[Rule]:
        wish, now = self.wish, self.now
        categories = frozenset(self.outlook.article(need.sku).category for need in self.needs)
        weekday = now.astimezone(HOME).weekday()
        return [
            rule
            for rule in self.policy.rules
            if matches(
                rule.when, channel=wish.channel, service=wish.service, buyer=wish.buyer, categories=categories,
                weekday=weekday, now=now,
            )
        ]  # fmt: skip

    def _barred(self) -> Mapping[int, str]:
        """Places that send nothing of this order, with the rule or the word that took them out."""
        outlook = self.outlook
        found = outlook.closed(self.area, self.snapshot, self.policy, self.now)
        if not self.rules:
            return found
        found = dict(found)
        for rule in self.rules:
            if not rule.when.categories:
                self._bar(rule, found)
            if rule.daily_limit is not None:
                for at, place in enumerate(outlook.places):
                    if outlook.given.get(place.id, 0) >= rule.daily_limit:
                        found.setdefault(at, rule.name)
        return found

    def _bar(self, rule: Rule, found: dict[int, str]) -> None:
        # A rule that names only places that are gone would let nobody send: it is passed over.
        only, never = self.outlook.names.intersection(rule.only), frozenset(rule.never)
        if not only and not never:
            return
        for at, site in enumerate(self.snapshot.sites):
            if (only and only.isdisjoint(site.groups)) or not never.isdisjoint(site.groups):
                found.setdefault(at, rule.name)

    def _wants(self) -> list[Want]:
        made = []
        by_category = [rule for rule in self.rules if rule.when.categories]
        index = self.outlook.index
        for key, need in enumerate(self.needs):
            article = self.outlook.article(need.sku)
            asked = self.wish.tried.get((need.line, need.part)) if self.wish.tried else None
            tried = frozenset(index[place] for place in asked if place in index) if asked else NOBODY
            for rule in by_category:
                if article.category in rule.when.categories:
                    barred: dict[int, str] = {}
                    self._bar(rule, barred)
                    tried |= frozenset(barred)
            missing = article.price_minor * self.policy.missing_bp // 10_000 + self.policy.missing_minor
            made.append(Want(key, need.sku, need.quantity, article.grams, missing, tried))
        return made

    def run(self, number: int) -> tuple[Routed, Why]:
        """The plan that is taken, and why."""
        buffer = max([rule.buffer for rule in self.rules]) if self.rules else 0
        kept = self.snapshot.supply
        rows = {
            want.sku: [max(0, units - buffer) for units in kept[want.sku]]
            for want in (self.ask.wants if buffer else ())
            if want.sku in kept
        }
        if not rows:
            plans = self._plans()
            return plans[0], self._why(plans, number)
        with self.snapshot.instead(rows):
            plans = self._plans()
            why = self._why(plans, number)
        return plans[0], why

    def _plans(self) -> list[Routed]:
        """Group after group of the fallbacks, until everything is given; the last group's answer stands."""
        found: list[Routed] = []
        for barred in self._tiers():
            found = self._weigh(barred)
            if not found[0].missing:
                break
        return found

    def _tiers(self) -> list[Mapping[int, str]]:
        if not self.rules:
            return [self.barred]
        chain = next((rule for rule in self.rules if rule.fallbacks), None)
        groups = (
            [there for group in chain.fallbacks if (there := self.outlook.names.intersection(group))] if chain else []
        )
        if chain is None or not groups:
            return [self.barred]
        tiers: list[Mapping[int, str]] = []
        allowed = frozenset[str]()
        for group in groups:
            allowed |= group
            barred = dict(self.barred)
            for at, site in enumerate(self.snapshot.sites):
                if allowed.isdisjoint(site.groups):
                    barred.setdefault(at, chain.name)
            tiers.append(barred)
        return tiers

    def _weigh(self, barred: Mapping[int, str]) -> list[Routed]:
        most = self.policy.most_parcels
        if self.rules:
            most = min([rule.most_parcels for rule in self.rules if rule.most_parcels], default=most)
        if self.policy.mode == "rules":
            lists = [group for group in self.policy.lists if not group.of or group.of & self.outlook.names]
            if lists:
                return [route_by_rules(self.ask, self.snapshot, lists, Terms(barred, most))]
        plans = list(route(self.ask, self.snapshot, Terms(barred, most, keep=KEPT)))
        if self.policy.wait_days and self.wish.may_wait:
            plans = self._or_wait(plans, Terms(barred, most, may_leave_out=True, keep=KEPT))
        least = max([rule.least_part_minor for rule in self.rules]) if self.rules else 0
        if least and len(plans[0].parcels) > 1:
            # A division with too small a part is taken only when nothing else gives everything.
            worthy = [plan for plan in plans if len(plan.parcels) < 2 or min(map(self._worth, plan.parcels)) >= least]
            if worthy and not worthy[0].missing:
                plans = worthy + [plan for plan in plans if plan not in worthy]
        return plans

    def _or_wait(self, plans: list[Routed], terms: Terms) -> list[Routed]:
        """The plans in which what is dearer to send than to miss waits, if they cost less; what they were weighed against is remembered."""
        waiting = list(route(self.ask, self.snapshot, terms))
        if waiting[0].total >= plans[0].total:
            return plans
        self.sending = plans[0]
        return waiting

    def _worth(self, parcel: Parcel) -> int:
        return sum(self.outlook.article(self.needs[key].sku).price_minor * units for key, units in parcel.gives)

    def _why(self, plans: Sequence[Routed], number: int) -> Why:
        calendar = self.calendar
        told = tuple(map(self._weighed, plans))
        barred: dict[str, list[str]] = {}
        for at, rule in self.barred.items():
            barred.setdefault(rule, []).append(self.outlook.ids[at])
        at = plans[0].parcels[0].at if plans[0].parcels else 0
        due = self.snapshot.arrivals[self._days_more(at)][self.due]
        return Why(
            self.now, self.wish.occasion, number, self.policy.mode, self.area, calendar.date_of(due), told,
            {rule: tuple(places) for rule, places in barred.items()},
            tuple(rule.name for rule in self.rules), self._nearest(plans[0], told),
            sending=self._weighed(self.sending) if self.sending is not None else None,
        )  # fmt: skip

    def _weighed(self, plan: Routed) -> Weighed:
        parcels = tuple(map(self._weighed_parcel, plan.parcels))
        if not plan.missing:
            return Weighed(parcels, (), 0, plan.total)
        missing = []
        for key, units in plan.missing:
            need = self.needs[key]
            missing.append((need.line, need.part, need.sku, units))
        return Weighed(parcels, tuple(missing), plan.missing_minor, plan.total)

    def _weighed_parcel(self, parcel: Parcel) -> WeighedParcel:
        snapshot, at, needs, supply = self.snapshot, parcel.at, self.needs, self.snapshot.supply
        lines = []
        for key, units in parcel.gives:
            need = needs[key]
            sku = need.sku
            lines.append((need.line, need.part, sku, units, supply[sku][at]))
        day = snapshot.leaves(at)
        days = snapshot.days[parcel.service] + self._days_more(at)
        arrives = self.calendar.dates[snapshot.arrivals[days][day]] if day < FAR_AWAY else None
        return WeighedParcel(
            self.outlook.ids[at], tuple(lines), parcel.service, self.kilometers[at], arrives, parcel.cost
        )

    def _days_more(self, at: int) -> int:
        """Days that the way to there takes longer: what is promised and what is expected move by them alike, so lateness does not."""
        return self.policy.tariff.zones[self.zones[at]].days_more if self.zones else 0

    def _nearest(self, plan: Routed, told: Sequence[Weighed]) -> Nearest | None:
        """The nearest place that is not in the plan, and what kept it out."""
        chosen = {parcel.at for parcel in plan.parcels}
        nearest, kilometers = self.snapshot.nearest(self.area), self.kilometers
        if nearest and chosen == {nearest[0]}:
            return None
        for at in nearest:
            if at not in chosen:
                break
        else:
            return None
        far = kilometers[at]
        if chosen and far > min([kilometers[one] for one in chosen]):
            # The chosen one is the nearest itself: nothing to explain.
            return None
        name = self.outlook.ids[at]
        if at in self.barred:
            return Nearest(name, far, rule=self.barred[at])
        for want in self.ask.wants:
            row = self.snapshot.supply.get(want.sku)
            if at in want.tried:
                return Nearest(name, far, rule="tried")
            if row is None or row[at] < want.quantity:
                return Nearest(name, far, short_sku=want.sku)
        for other in told:
            if len(other.parcels) == 1 and other.parcels[0].location == name and not other.missing:
                return Nearest(name, far, plan=other)
        parcel = parcel_of(self.ask, self.snapshot, at, self.ask.wants)
        return Nearest(name, far, plan=self._weighed(Routed((parcel,))))

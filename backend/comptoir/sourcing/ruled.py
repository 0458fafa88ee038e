"""Lists of rules instead of costs: ordered groups of sites, each with a filter and an order, as other order managers have them.

For whoever wants to begin with the rules they know, and to compare. The first group that has a site with the whole order decides; the last
one may divide it. What it chooses carries its cost vector all the same.
"""

from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec

from comptoir.sourcing.routing import Ask, Plan, Terms, Want, plan_of
from comptoir.sourcing.snapshot import Snapshot

Sort = Literal["distance", "carriage", "balance"]
"""Nearest first; cheapest carriage, packing and picking first; or most stock of what is asked first."""

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
"""A location's id, its kind (`store`, `warehouse`) or its region's id."""


class Group(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Sites that are asked together. `of`: names of which a site bears one, none for all; `within_zone`: no farther than this zone.

    `buffer` units stay at each site; `divides`: what no site has whole is taken from one after the other.
    """

    sort: Sort = "distance"
    of: frozenset[Name] = frozenset()
    within_zone: Annotated[int, msgspec.Meta(ge=0, le=40)] | None = None
    buffer: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 0
    divides: bool = False


def route_by_rules(ask: Ask, snapshot: Snapshot, groups: Sequence[Group], terms: Terms | None = None) -> Plan:
    """The plan of the first group that has one; the last one's may leave units missing."""
    allowed = terms or Terms()
    for group in groups:
        sites = sorted_sites(ask, snapshot, group, allowed)
        for at in sites:
            if all(free(want, snapshot, at, group) >= want.quantity for want in ask.wants):
                return plan_of(ask, snapshot, [(at, [(want.key, want.quantity) for want in ask.wants])])
        if group.divides:
            return plan_of(ask, snapshot, divided(ask, snapshot, group, sites, allowed.most_parcels))
    return plan_of(ask, snapshot, [])


def sorted_sites(ask: Ask, snapshot: Snapshot, group: Group, terms: Terms) -> list[int]:
    rates = snapshot.rates
    sites = [
        at
        for at, site in enumerate(snapshot.sites)
        if at not in terms.barred
        and (not group.of or site.groups & group.of)
        and (group.within_zone is None or rates.zone(ask.to, at) <= group.within_zone)
    ]
    if group.sort == "carriage":
        step = rates.step(sum(want.grams * want.quantity for want in ask.wants))
        prices = {
            at: snapshot.carriage(ask.to, at, step, ask.due)[0]
            + snapshot.sites[at].pack_minor
            + snapshot.sites[at].pick_minor * len(ask.wants)
            for at in sites
        }
        return sorted(sites, key=lambda at: (prices[at], at))
    if group.sort == "balance":
        return sorted(sites, key=lambda at: (-sum(free(want, snapshot, at, group) for want in ask.wants), at))
    near = rates.kilometers.get(ask.to) or rates.zones.get(ask.to) or [0] * len(snapshot.sites)
    return sorted(sites, key=lambda at: (near[at], at))


def free(want: Want, snapshot: Snapshot, at: int, group: Group) -> int:
    """Units that this rule may take there."""
    row = snapshot.supply.get(want.sku)
    return 0 if row is None or at in want.tried else max(0, row[at] - group.buffer)


def divided(
    ask: Ask, snapshot: Snapshot, group: Group, sites: Sequence[int], most_parcels: int
) -> list[tuple[int, list[tuple[int, int]]]]:
    """From one site after the other what it has, whoever has most lines whole first, equal ones in the rule's order."""
    left = {want.key: want.quantity for want in ask.wants}
    given: list[tuple[int, list[tuple[int, int]]]] = []
    for _ in range(most_parcels):
        best, best_units = -1, 0
        for at in sites:
            units = sum(min(left[want.key], free(want, snapshot, at, group)) for want in ask.wants)
            if units > best_units and at not in (used for used, _ in given):
                best, best_units = at, units
        if best < 0:
            break
        gives = [(want.key, min(left[want.key], free(want, snapshot, best, group))) for want in ask.wants]
        given.append((best, [(key, units) for key, units in gives if units]))
        for key, units in gives:
            left[key] -= units
        if not any(left.values()):
            break
    return given

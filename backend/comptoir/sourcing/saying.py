"""A decision in sentences: which, and with which figures. Pure; the words are the locale's (`why.toml`), every figure is the kept vector's.

A figure's name ends in `_minor` for money, a place's in `place`, a day's in `day`; whoever shows them formats by that.
"""

from typing import Any

import msgspec

from comptoir.sourcing.routing import Cost
from comptoir.sourcing.why import Weighed, WeighedParcel, Why

PARTS = Cost.__struct_fields__
"""Of a cost vector, in the order in which they are told."""


class Said(msgspec.Struct, frozen=True):
    """One sentence: its key under `why.`, what goes into it, and the parts of a cost vector that are told as a list."""

    key: str
    facts: dict[str, Any]
    parts: tuple[tuple[str, int], ...] = ()


def sentences(why: Why) -> list[Said]:
    """What was done, what it was weighed against, and what kept the nearest place out."""
    taken = why.taken
    told = _waiting(why.sending, taken) if why.sending is not None else [*_taken(taken), *_missing(taken)]
    if len(why.plans) > 1 and taken.parcels:
        told += _against(taken, why.plans[1], why)
    told += _nearest(why)
    for rule, places in why.barred.items():
        told.append(Said("barred", {"rule": rule, "n": len(places)}))
    if why.shadow is not None:
        facts = {
            "policy": why.shadow.policy,
            "total_minor": why.shadow.plan.total,
            "in_force_minor": why.shadow.cost_in_force,
            "n": len(why.shadow.plan.parcels),
        }
        same = places_of(why.shadow.plan) == places_of(taken)
        told.append(
            Said("tried_same" if same else "tried", facts | ({} if same else {"places": places_of(why.shadow.plan)}))
        )
    return told


def places_of(plan: Weighed) -> tuple[str, ...]:
    return tuple(parcel.location for parcel in plan.parcels)


def parts_of(cost: Cost) -> tuple[tuple[str, int], ...]:
    """The figures of a vector that are not nothing."""
    return tuple((name, figure) for name in PARTS if (figure := getattr(cost, name)))


def _taken(plan: Weighed) -> list[Said]:
    if not plan.parcels:
        return [Said("nobody", {})]
    if len(plan.parcels) == 1:
        return [_parcel("one", plan.parcels[0])]
    several = Said("several", {"n": len(plan.parcels), "total_minor": sum(one.cost.total for one in plan.parcels)})
    return [several, *(_parcel("parcel", one) for one in plan.parcels)]


def _parcel(key: str, parcel: WeighedParcel) -> Said:
    facts: dict[str, Any] = {
        "place": parcel.location,
        "total_minor": parcel.cost.total,
        "n": sum(line[3] for line in parcel.lines),
    }
    if parcel.arrives is None:
        return Said(key + "_unscheduled", facts, parts_of(parcel.cost))
    return Said(key, facts | {"day": parcel.arrives}, parts_of(parcel.cost))


def _waiting(sending: Weighed, taken: Weighed) -> list[Said]:
    """What waits: what sending it would cost, and what waiting is held to cost."""
    left = sum(units for *_, units in taken.missing)
    nowhere = sum(units for *_, units in sending.missing)
    facts = {
        "n": left - nowhere,
        "places": places_of(sending),
        "total_minor": sending.total,
        "waiting_minor": taken.total,
    }
    told = [*(_taken(taken) if taken.parcels else []), Said("waits", facts)]
    return [*told, *_missing(sending)]


def _missing(plan: Weighed) -> list[Said]:
    return [Said("missing", {"n": sum(units for *_, units in plan.missing)})] if plan.missing else []


def _against(taken: Weighed, other: Weighed, why: Why) -> list[Said]:
    """The next best plan, and the part of its vector that weighs most against it."""
    more = other.total - taken.total
    facts: dict[str, Any] = {"places": places_of(other), "more_minor": more, "n": len(other.parcels)}
    told: list[Said] = []
    if not other.parcels:
        return told
    part, amount = most_against(taken, other)
    if amount > 0:
        told.append(Said("next_because", facts | {"part": part, "amount_minor": amount}))
    else:
        told.append(Said("next" if more else "next_same", facts))
    for parcel in other.parcels:
        if parcel.cost.scarcity:
            least = min(line[4] for line in parcel.lines)
            told.append(Said("scarce", {"place": parcel.location, "n": least, "scarcity_minor": parcel.cost.scarcity}))
        if parcel.cost.late and parcel.arrives is not None:
            told.append(
                Said(
                    "late",
                    {
                        "place": parcel.location,
                        "day": parcel.arrives,
                        "due_day": why.due,
                        "late_minor": parcel.cost.late,
                    },
                )
            )
    return told


def most_against(taken: Weighed, other: Weighed) -> tuple[str, int]:
    """The part of the cost in which the other plan is dearest beside the one that was taken, and by how much."""
    differences = {
        name: sum(getattr(p.cost, name) for p in other.parcels) - sum(getattr(p.cost, name) for p in taken.parcels)
        for name in PARTS
    }
    differences["missing"] = other.missing_minor - taken.missing_minor
    part = max(differences, key=lambda name: differences[name])
    return part, differences[part]


def _nearest(why: Why) -> list[Said]:
    near = why.nearest
    if near is None:
        return []
    facts: dict[str, Any] = {"place": near.location, "kilometers": near.kilometers}
    if near.rule:
        return [Said("nearest_barred", facts | {"rule": near.rule})]
    if near.short_sku:
        return [Said("nearest_short", facts | {"sku": near.short_sku})]
    assert near.plan is not None
    if len(why.plans) > 1 and places_of(why.plans[1]) == (near.location,):
        return []
    if near.plan.total <= why.taken.total:
        # Where order lines are divided, the nearest may be cheaper alone and still not be in the cheapest division.
        key = "nearest_part" if len(why.taken.parcels) > 1 else "nearest_same"
        return [Said(key, facts | {"total_minor": near.plan.total})]
    part, amount = most_against(why.taken, near.plan)
    return [
        Said(
            "nearest_dearer",
            facts | {"more_minor": near.plan.total - why.taken.total, "part": part, "amount_minor": amount},
        )
    ]

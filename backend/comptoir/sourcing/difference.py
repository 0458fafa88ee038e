"""What changes from one policy to another, one change at a time, to be told in words before it is saved. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

import msgspec

from comptoir.sourcing.policy import Policy, Tariff

Unit = Literal["minor", "signed", "bp", "days", "clock", "count", "word", "places", ""]


class Change(msgspec.Struct, frozen=True):
    """`what` is a figure's name, `about` whose it is (a place, a rule, a service, or a service and a zone); before and after in their `unit`."""

    what: str
    about: tuple[str, ...] = ()
    before: Any = None
    after: Any = None
    unit: Unit = ""


def changes(old: Policy, new: Policy) -> tuple[Change, ...]:
    """Every change, the weightiest kinds first; nothing when the two say the same."""
    return tuple(_changes(old, new))


def _changes(old: Policy, new: Policy) -> Iterator[Change]:
    if old.mode != new.mode:
        yield Change("mode", (), old.mode, new.mode, "word")
    yield from _rules(old, new)
    if old.lists != new.lists:
        yield Change("lists", (), len(old.lists), len(new.lists), "count")
    for name, before, after in _beside(old.preferences, new.preferences):
        if (before or 0) != (after or 0):
            yield Change("preference", (name,), before or 0, after or 0, "signed")
    yield from _rates(old.tariff, new.tariff)
    for kind, was, will in _beside(old.labor, new.labor):
        for figure in ("pick_minor", "pack_minor"):
            before, after = (getattr(one, figure) if one else None for one in (was, will))
            if before != after:
                yield Change(figure, (kind,), before, after, "minor")
    for figure in ("first_day_minor", "each_day_minor"):
        if getattr(old.late, figure) != getattr(new.late, figure):
            yield Change(figure, (), getattr(old.late, figure), getattr(new.late, figure), "minor")
    figures: tuple[tuple[str, Unit], ...] = (
        ("missing_minor", "minor"), ("missing_bp", "bp"), ("decline_minor", "minor"), ("moving_minor", "minor"), ("most_parcels", "count"), ("collection_minute", "clock"),
        ("transfer_days", "days"), ("wait_days", "days"), ("horizon_days", "days"),
    )  # fmt: skip
    for figure, unit in figures:
        if getattr(old, figure) != getattr(new, figure):
            yield Change(figure, (), getattr(old, figure), getattr(new, figure), unit)
    for service, was, will in _beside(old.deliveries, new.deliveries):
        if was is None or will is None:
            yield Change("delivery_new" if was is None else "delivery_gone", (service,))
            continue
        if was.days != will.days:
            yield Change("delivery_days", (service,), was.days, will.days, "days")
        if was.before != will.before:
            yield Change("delivery_before", (service,), was.before, will.before, "clock")


def _rules(old: Policy, new: Policy) -> Iterator[Change]:
    was, will = {rule.name: rule for rule in old.rules}, {rule.name: rule for rule in new.rules}
    for name, rule in will.items():
        if name not in was:
            yield Change("rule_new", (name,))
        elif was[name] != rule:
            yield Change("rule_changed", (name,))
    yield from (Change("rule_gone", (name,)) for name in was if name not in will)
    kept = [name for name in was if name in will]
    if kept != [name for name in will if name in was]:
        yield Change("rule_order")


def _rates(old: Tariff, new: Tariff) -> Iterator[Change]:
    if old.zones != new.zones:
        yield Change("zones", (), len(old.zones), len(new.zones), "count")
    if old.steps != new.steps:
        yield Change("steps", (), len(old.steps), len(new.steps), "count")
    was, will = {one.id: one for one in old.services}, {one.id: one for one in new.services}
    for service, before, after in _beside(was, will):
        if before is None or after is None:
            yield Change("service_new" if before is None else "service_gone", (service,))
            continue
        if before.days != after.days:
            yield Change("service_days", (service,), before.days, after.days, "days")
        if before.prices == after.prices:
            continue
        if (old.zones, old.steps) != (new.zones, new.steps):
            yield Change("prices", (service,))
            continue
        for zone, row, other in zip(new.zones, before.prices, after.prices, strict=False):
            if row == other:
                continue
            if row is None or other is None:
                yield Change("zone_served" if row is None else "zone_left", (service, zone.id))
            else:
                moved = [(a, b) for a, b in zip(row, other, strict=False) if a != b]
                # The step with the largest change speaks for the row.
                a, b = max(moved, key=lambda pair: abs(pair[1] - pair[0])) if moved else (0, 0)
                yield Change("price", (service, zone.id, str(len(moved))), a, b, "minor")


def _beside(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    names: Sequence[str] = sorted({*old, *new})
    for name in names:
        yield name, old.get(name), new.get(name)

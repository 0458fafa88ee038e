"""What changes from one policy of returns to another, one change at a time, to be told in words before it is saved. Pure."""

from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from comptoir.returns.policy import Policy

Unit = Literal["minor", "days", "count", "yes", ""]


class Change(msgspec.Struct, frozen=True):
    """`what` is a figure's or a list's name, `about` whose it is (a rule, a channel); before and after in their `unit`, if they are told."""

    what: str
    about: str = ""
    before: Any = None
    after: Any = None
    unit: Unit = ""


FIGURES: tuple[tuple[str, Unit], ...] = (
    ("associate_minor", "minor"), ("refund_days", "days"), ("standard_delivery_minor", "minor"), ("cost_told", "yes"), ("worth_told", "yes"),
)  # fmt: skip
NO_RECEIPT: tuple[tuple[str, Unit], ...] = (
    ("most_minor", "minor"), ("most_times", "count"), ("most_sum_minor", "minor"), ("days", "days"),
)  # fmt: skip
LISTS = ("defect_gives", "signals", "sealed", "uninformed", "dispositions", "ways", "delivery_rates")


def changes(old: Policy, new: Policy) -> tuple[Change, ...]:
    """Every change, goodwill first; nothing when the two say the same."""
    return tuple(_changes(old, new))


def _changes(old: Policy, new: Policy) -> Iterator[Change]:
    was, will = {rule.name: rule for rule in old.goodwill}, {rule.name: rule for rule in new.goodwill}
    for name, rule in will.items():
        if name not in was:
            yield Change("rule_new", name)
        elif was[name] != rule:
            yield Change("rule_changed", name)
    yield from (Change("rule_gone", name) for name in was if name not in will)
    if [name for name in was if name in will] != [name for name in will if name in was]:
        yield Change("rule_order")
    for figure, unit in FIGURES:
        if getattr(old, figure) != getattr(new, figure):
            yield Change(figure, "", getattr(old, figure), getattr(new, figure), unit)
    for figure, unit in NO_RECEIPT:
        before, after = getattr(old.no_receipt, figure), getattr(new.no_receipt, figure)
        if before != after:
            yield Change(f"no_receipt_{figure}", "", before, after, unit)
    if old.no_receipt.named != new.no_receipt.named:
        yield Change("no_receipt_named", "", old.no_receipt.named, new.no_receipt.named, "yes")
    if old.no_receipt.gives != new.no_receipt.gives:
        yield Change("no_receipt_gives")
    for channel in sorted(old.contracts.keys() | new.contracts.keys()):
        if old.contracts.get(channel, "distance") != new.contracts.get(channel, "distance"):
            yield Change("contract", channel)
    for part in LISTS:
        if getattr(old, part) != getattr(new, part):
            yield Change(part)

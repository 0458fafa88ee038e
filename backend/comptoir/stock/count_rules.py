"""Rules of counting, as one document: which difference needs nobody, which one another person counts again, how often an article is due. Pure."""

from collections.abc import Iterable
from typing import Annotated, Final, Literal

import msgspec

from comptoir.kit.errors import Invalid

KIND: Final = "counting"
"""Of its documents (`kit/policies.py`)."""
Class = Literal["a", "b", "c"]
CLASSES: Final[tuple[Class, ...]] = ("a", "b", "c")
Units = Annotated[int, msgspec.Meta(ge=0, le=10_000)]
Minor = Annotated[int, msgspec.Meta(ge=0, le=100_000_000)]
Percent = Annotated[int, msgspec.Meta(ge=0, le=100)]
Days = Annotated[int, msgspec.Meta(ge=1, le=730)]


class CountRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of it. Money is in minor units.

    A difference of at most `free_units`, or of at most `free_percent` of what was expected, needs nobody's approval, if it is worth no more
    than `free_minor` (0: whatever it is worth) and is not large. From `large_units` or `large_minor` on another person counts before the manager is asked.
    Of what lies in a store, the dearest articles that make up `a_percent` of its worth are class A, those up to `b_percent` class B, all
    others class C; each class is due so many days after its last count. `most`: articles on a store's list of one day.
    """

    free_units: Units = 2
    free_percent: Percent = 10
    free_minor: Minor = 0
    large_units: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 10
    large_minor: Annotated[int, msgspec.Meta(ge=1, le=100_000_000)] = 150_000
    a_percent: Percent = 80
    b_percent: Percent = 95
    a_days: Days = 30
    b_days: Days = 60
    c_days: Days = 120
    most: Annotated[int, msgspec.Meta(ge=1, le=50)] = 20

    def days(self, of: Class) -> int:
        """How many days after its last count an article of a class is due."""
        return {"a": self.a_days, "b": self.b_days, "c": self.c_days}[of]


DEFAULT: Final = CountRules()
"""What holds until head office has saved its own."""


def check(rules: CountRules) -> None:
    """Invalid `count_rules_order` with the field that contradicts the one before it."""
    for field, right in (
        ("large_units", rules.large_units > rules.free_units),
        ("large_minor", rules.large_minor > rules.free_minor),
        ("b_percent", rules.b_percent >= rules.a_percent),
        ("b_days", rules.b_days >= rules.a_days),
        ("c_days", rules.c_days >= rules.b_days),
    ):
        if not right:
            raise Invalid("count_rules_order", field=field)


def classes(worth: Iterable[tuple[str, int]], rules: CountRules = DEFAULT) -> dict[str, Class]:
    """The class of each article by (SKU, what lies there is worth): the dearest first, equal ones by SKU."""
    rows = sorted(((max(0, minor), sku) for sku, minor in worth), key=lambda row: (-row[0], row[1]))
    total = sum(minor for minor, _ in rows)
    found: dict[str, Class] = {}
    before = 0
    for minor, sku in rows:
        if minor and before * 100 < rules.a_percent * total:
            found[sku] = "a"
        elif minor and before * 100 < rules.b_percent * total:
            found[sku] = "b"
        else:
            found[sku] = "c"
        before += minor
    return found


def needs_nobody(counted: int, expected: int, price_minor: int, rules: CountRules = DEFAULT) -> bool:
    """May this difference be approved without a person? A large one never: ten per cent of much is much."""
    difference = abs(counted - expected)
    if needs_another(counted, expected, price_minor, rules):
        return False
    if rules.free_minor and difference * price_minor > rules.free_minor:
        return False
    return difference <= rules.free_units or difference * 100 <= rules.free_percent * abs(expected)


def needs_another(counted: int, expected: int, price_minor: int, rules: CountRules = DEFAULT) -> bool:
    """Is this difference so large that nobody alone should have counted it?"""
    difference = abs(counted - expected)
    return difference >= rules.large_units or difference * price_minor >= rules.large_minor


class Past(msgspec.Struct, frozen=True):
    """A figure that somebody told first of a count."""

    counted: int
    expected: int
    price_minor: int
    moved: bool = False


class Ways(msgspec.Struct, frozen=True):
    """Where figures go: in the books at once, to another person, to the store manager."""

    free: int = 0
    again: int = 0
    decided: int = 0


def ways(past: Iterable[Past], rules: CountRules) -> Ways:
    """What becomes of these figures under these rules."""
    free = again = decided = 0
    for one in past:
        told = (one.counted, one.expected, one.price_minor, rules)
        if one.counted == one.expected or (needs_nobody(*told) and not one.moved):
            free += 1
        elif needs_another(*told):
            again += 1
        else:
            decided += 1
    return Ways(free, again, decided)

"""What may travel how: dangerous goods, limited quantities and size, as tables that a person can read. Pure.

A way is how a service carries: by road to a door, by road to a parcel shop, or by air on some of the way. The table holds
what the rules of transport (ADR chapter 3.4 for limited quantities, special provision 188 for small lithium batteries) leave
to a shop, and is stricter where carriers commonly are: parcel shops and air take equipment with its battery in it, and no
more. What a contract says otherwise stands in the account's settings, `goods`: class -> yes or no.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from comptoir.catalog.model import Dangerous
from comptoir.shipping.model import Mend, Piece, Size

Way = Literal["road", "relay", "air"]
Mark = Literal["limited_quantity", "lithium_battery"]


class Rule(msgspec.Struct, frozen=True):
    """One class: by which ways, how much one piece may hold (Wh or ml), how many pieces go without a mark, which mark."""

    ways: frozenset[Way]
    most: int
    unmarked: int
    mark: Mark | None


def _rule(ways: str, most: int, unmarked: int, mark: Mark | None) -> Rule:
    return Rule(frozenset(w for w in ("road", "relay", "air") if w in ways.split()), most, unmarked, mark)


# class                        ways                 most of one   without a mark   mark
RULES: Mapping[Dangerous, Rule] = {
    "lithium_in_equipment":   _rule("road relay air", 100,           2,             "lithium_battery"),
    "lithium_with_equipment": _rule("road",           100,           0,             "lithium_battery"),
    "lithium_alone":          _rule("road",           100,           0,             "lithium_battery"),
    "aerosol":                _rule("road",           1000,          0,             "limited_quantity"),
    "perfume":                _rule("road",           5000,          0,             "limited_quantity"),
    "flammable_liquid":       _rule("road",           1000,          0,             "limited_quantity"),
    "corrosive":              _rule("road",           1000,          0,             "limited_quantity"),
    "lighter":                _rule("",               0,             0,             None),
}  # fmt: skip

MOST_GRAMS_LIMITED = 30_000
"""A parcel with goods in limited quantities weighs no more than this."""

APART: frozenset[frozenset[Dangerous]] = frozenset(
    frozenset(pair)
    for pair in (("corrosive", "flammable_liquid"), ("corrosive", "perfume"), ("corrosive", "aerosol"),
                 ("corrosive", "lithium_alone"), ("corrosive", "lithium_with_equipment"), ("corrosive", "lithium_in_equipment"))
)  # fmt: skip
"""Classes that must not lie in one parcel."""


class Limits(msgspec.Struct, frozen=True):
    """What a service takes at most: grams, the longest side, and the three sides together or length and girth, in millimeters."""

    grams: int
    longest_mm: int | None = None
    sides_mm: int | None = None
    girth_mm: int | None = None


class Verdict(msgspec.Struct, frozen=True):
    """Whether a parcel may go that way. `why` is a code for a sentence, `sku` the piece it is about; `marks` go on the box."""

    allowed: bool
    why: str | None = None
    sku: str | None = None
    mend: Mend | None = None
    marks: tuple[Mark, ...] = ()


def together(a: Dangerous | None, b: Dangerous | None) -> bool:
    """Whether two pieces may lie in one parcel."""
    return a is None or b is None or frozenset((a, b)) not in APART


def judge(
    pieces: Sequence[Piece], grams: int, size: Size | None, way: Way, limits: Limits | None = None,
    agreed: Mapping[str, bool] | None = None,
) -> Verdict:  # fmt: skip
    """May a parcel with these pieces, this weight and this size go that way? `agreed`: what the contract says of a class."""
    if (over := oversize(grams, size, limits)) is not None:
        return Verdict(False, over, None, "weight" if over == "too_heavy" else "goods")
    marks: list[Mark] = []
    for kind in sorted({piece.dangerous for piece in pieces if piece.dangerous}):
        rule, of_kind = RULES[kind], [piece for piece in pieces if piece.dangerous == kind]
        says = (agreed or {}).get(kind)
        if says is False or (says is None and way not in rule.ways):
            return Verdict(False, f"no_{way}" if rule.ways else "never", of_kind[0].sku, "goods")
        for piece in of_kind:
            if piece.amount is None:
                return Verdict(False, "amount_unknown", piece.sku, "goods")
            if piece.amount > rule.most:
                return Verdict(False, "amount_too_much", piece.sku, "goods")
        if rule.mark == "limited_quantity" and grams > MOST_GRAMS_LIMITED:
            return Verdict(False, "limited_too_heavy", of_kind[0].sku, "weight")
        if rule.mark and len(of_kind) > rule.unmarked:
            marks.append(rule.mark)
    for i, piece in enumerate(pieces):
        if any(not together(piece.dangerous, other.dangerous) for other in pieces[:i]):
            return Verdict(False, "apart", piece.sku, "goods")
    return Verdict(True, marks=tuple(dict.fromkeys(marks)))


def oversize(grams: int, size: Size | None, limits: Limits | None) -> str | None:
    """What is too much for a service: `too_heavy`, `too_long`, `too_big`; None when it fits or nobody knows the size."""
    if limits is None:
        return None
    if grams > limits.grams:
        return "too_heavy"
    if size is None:
        return None
    if limits.longest_mm is not None and size.longest > limits.longest_mm:
        return "too_long"
    sides = size.length_mm + size.width_mm + size.height_mm
    if limits.sides_mm is not None and sides > limits.sides_mm:
        return "too_big"
    if limits.girth_mm is not None and size.longest + size.girth > limits.girth_mm:
        return "too_big"
    return None

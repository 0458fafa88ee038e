"""What a count at the door means, and where a delivery differs from what was ordered. Pure; rules of reports are total."""

from collections.abc import Iterable, Mapping

import msgspec

from comptoir.kit.errors import Conflict, Invalid
from comptoir.kit.gs1 import right
from comptoir.receiving.lifecycle import AWAITED, Status
from comptoir.receiving.model import Carton, Decision, DifferenceStatus, Kind, Line, Purchase, Wish


class Counted(msgspec.Struct, frozen=True):
    """Units that go into the books (below zero: come out of them again), and the code of what somebody must look at."""

    units: int
    problem: str | None = None


class Differs(msgspec.Struct, frozen=True):
    """Units of one article by which a delivery differs."""

    kind: Kind
    sku: str
    units: int


def merge(wishes: Iterable[Wish]) -> dict[str, int]:
    """Units by article; the same article named twice is one line."""
    asked: dict[str, int] = {}
    for wish in wishes:
        asked[wish.sku] = asked.get(wish.sku, 0) + wish.quantity
    return asked


def unpack(cartons: Iterable[Carton]) -> list[tuple[str, str, int]]:
    """(SSCC, SKU, units) of an announcement. Invalid `carton_twice`, `carton_unreadable` where the check digit is wrong."""
    rows: dict[tuple[str, str], int] = {}
    seen: set[str] = set()
    for carton in cartons:
        if carton.sscc in seen:
            raise Invalid("carton_twice", carton=carton.sscc)
        if not right(carton.sscc):
            raise Invalid("carton_unreadable", carton=carton.sscc)
        seen.add(carton.sscc)
        for sku, units in merge(carton.lines).items():
            rows[carton.sscc, sku] = units
    return [(sscc, sku, units) for (sscc, sku), units in rows.items()]


def count(status: Status, there: int, units: int) -> Counted:
    """`units` of an article have come, or were counted too often; `there` is what this delivery has of it in that state.

    Nothing is refused: goods of an order that has ended are counted, and somebody looks (`goods_not_awaited`); of a
    correction as much is taken back as this delivery has counted (`correction_too_late` for the rest).
    """
    problem = None if status in AWAITED else "goods_not_awaited"
    if units >= 0:
        return Counted(units, problem)
    back = -min(-units, there)
    return Counted(back, "correction_too_late" if back != units else problem)


def differences(purchase: Purchase, *, last: bool) -> list[Differs]:
    """How what was counted so far differs from what was ordered; what is missing counts only once nothing more will come."""
    found = []
    for line in purchase.lines:
        if line.damaged:
            found.append(Differs("damaged", line.sku, line.damaged))
        if line.over:
            found.append(Differs("over" if line.ordered else "unexpected", line.sku, line.over))
        if last and line.short:
            found.append(Differs("short", line.sku, line.short))
    return found


def changes(found: Iterable[Differs], known: Mapping[tuple[Kind, str], int]) -> list[Differs]:
    """What is to be told anew, given the units that were told before by (kind, article); below zero: told before, and gone."""
    now = {(each.kind, each.sku): each.units for each in found}
    steps = {key: now.get(key, 0) - known.get(key, 0) for key in sorted(now.keys() | known.keys())}
    return [Differs(kind, sku, step) for (kind, sku), step in steps.items() if step]


AFTER: Mapping[tuple[DifferenceStatus, Decision], DifferenceStatus] = {
    ("open", "accept"): "accepted",
    ("open", "claim"): "claimed",
    ("open", "recount"): "recount",
    ("claimed", "settle"): "settled",
    ("claimed", "accept"): "accepted",
}
"""What may be decided about a difference, and what it is then."""


def decide(status: DifferenceStatus, kind: Kind, decision: Decision) -> DifferenceStatus:
    """Conflict `difference_decided` when somebody was quicker; Invalid `nothing_to_count` for a code that is no article of ours."""
    after = AFTER.get((status, decision))
    if after is None:
        raise Conflict("difference_decided", status=status)
    if decision == "recount" and kind == "unknown_code":
        raise Invalid("nothing_to_count")
    return after


def blank(purchase: Purchase, sku: str) -> Line:
    """The line of an article that nobody ordered."""
    return Line(max((line.line for line in purchase.lines), default=0) + 1, sku, 0)

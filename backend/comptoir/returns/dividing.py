"""One choice for all units of a return, or each its own; and how the money that is given falls to those choices. Pure, to the cent."""

from collections.abc import Mapping, Sequence

import msgspec

from comptoir.kit.errors import Invalid, NotFound
from comptoir.returns.model import Settling, Unit, Wish
from comptoir.returns.refunding import DELIVERY


class Divided(msgspec.Struct, frozen=True):
    """What of the given money goes which way, before other goods are paid with it."""

    refund_minor: int
    exchange_minor: int
    credit_minor: int


def wishes_of(settling: Settling, units: Sequence[Unit]) -> dict[int, Wish]:
    """What is given for each unit that counts. NotFound `unit_not_found` for one that does not; Invalid `chosen_twice`."""
    wishes: dict[int, Wish] = {unit.n: settling.wish for unit in units}
    named = [one.n for one in settling.apart]
    for one in settling.apart:
        if one.n not in wishes:
            raise NotFound("unit_not_found", n=one.n)
        if named.count(one.n) > 1:
            raise Invalid("chosen_twice", n=one.n)
        wishes[one.n] = one.wish
    return wishes


def ways_of(wishes: Mapping[int, Wish]) -> tuple[Wish, ...]:
    """Every way that is taken, each once: money, other goods, credit."""
    every: tuple[Wish, ...] = ("refund", "exchange", "credit")
    return tuple(one for one in every if one in wishes.values())


def divide(units: Mapping[int, int], lines: Mapping[int, int], wishes: Mapping[int, Wish]) -> Divided:
    """`units`: what is given for each, `lines`: line -> the same by the order's lines, 0 the delivery.

    The delivery goes back as money where any unit does (L221-24), else it adds to other goods, else to the credit.
    """
    sums: dict[Wish, int] = {"refund": 0, "exchange": 0, "credit": 0}
    for n, minor in units.items():
        sums[wishes[n]] += minor
    ways = ways_of(wishes)
    if ways:
        sums[ways[0]] += lines.get(DELIVERY, 0)
    return Divided(sums["refund"], sums["exchange"], sums["credit"])

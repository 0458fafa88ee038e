"""What of an order's money a return gives back. Pure, integers in minor units, VAT included, to the cent.

    unit n from the end   = share x (q - n) / q - share x (q - n - 1) / q,  rounded down: all units come to the share
    canceled units count from the front of a need, returned ones from its end: the two never meet in one cent
    delivery              = least of what was paid and the standard fee, less what keeping the rest would have cost

Source: law.md W8, W9 (L221-24).
"""

from collections.abc import Mapping, Sequence

import msgspec

from comptoir.kit.money import split
from comptoir.returns.withdrawal import delivery_back_minor

DELIVERY = 0
"""The line number under which the delivery's money is kept."""


class Fee(msgspec.Struct, frozen=True):
    """The delivery of an order: paid, already given back, and what the standard one would have cost (None: that was the one)."""

    paid_minor: int
    given_minor: int = 0
    standard_minor: int | None = None


def unit_minor(share_minor: int, quantity: int, nth: int) -> int:
    """What one unit of a need cost: the `nth` from the end, counted from 0."""
    return share_minor * (quantity - nth) // quantity - share_minor * (quantity - nth - 1) // quantity


def gross_shares(total_minor: int, vat_beside_minor: int, shares: Sequence[int]) -> list[int]:
    """What each part of a line cost. Some shops add VAT at the end: then it belongs to what was paid, in proportion."""
    return list(shares) if not vat_beside_minor else split(total_minor + vat_beside_minor, shares)


class Staying(msgspec.Struct, frozen=True):
    """A need of which `left` units of `quantity` stay with the customer; its share is VAT included, its weight one unit's."""

    share_minor: int
    quantity: int
    left: int
    grams: int = 0


def worth_of(staying: Sequence[Staying]) -> tuple[int, int]:
    """What the kept units cost and weigh: (minor, grams). What was canceled and what comes back is in neither."""
    kept = [one for one in staying if one.left > 0]
    return sum(one.share_minor * one.left // one.quantity for one in kept), sum(one.grams * one.left for one in kept)


def free_places(taken: Sequence[int], reached: int, units: int) -> list[int] | None:
    """Which units of a need come back: so many places, counted from the end, that no other return has. None when there are too few.

    `reached` units came to the customer. A place that a return gave up is taken again.
    """
    used = set(taken)
    free = [nth for nth in range(reached) if nth not in used][:units]
    return free if len(free) == units and len(used) + units <= reached else None


def delivery_minor(fee: Fee, *, kept: bool, kept_fee_minor: int | None = None) -> int:
    """What of the delivery is given back now. `kept`: the customer keeps something that was delivered.

    `kept_fee_minor` is what the delivery of the kept lines alone would have cost; unknown, it is what was paid. However much
    stays, no more is given back than if nothing did: in whatever steps all of it comes, the steps come to the same.
    """
    standard = fee.paid_minor if fee.standard_minor is None else fee.standard_minor
    most = delivery_back_minor(fee.paid_minor, standard)
    if not kept:
        return max(0, most - fee.given_minor)
    owed = fee.paid_minor - (fee.paid_minor if kept_fee_minor is None else kept_fee_minor)
    return max(0, min(owed, most) - fee.given_minor)


def within(wanted: Mapping[int, int], left_minor: int) -> dict[int, int]:
    """The same amounts by line, and never more than is left of the order's money; what is too much goes from the last line first."""
    given: dict[int, int] = {}
    for line in sorted(wanted):
        given[line] = min(wanted[line], max(0, left_minor))
        left_minor -= given[line]
    return given

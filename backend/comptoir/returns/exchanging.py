"""What other goods cost in place of those that came back. Pure; money in minor units, VAT included.

the same style at the same price of today   what was paid for the unit that came back: another size costs nothing more
everything else                             today's price
"""

from collections.abc import Mapping, Sequence

import msgspec

from comptoir.kit.errors import Invalid
from comptoir.kit.money import vat_within
from comptoir.returns.model import Replacement


class Listed(msgspec.Struct, frozen=True):
    """An article as it is sold today."""

    sku: str
    name: str
    style: str
    price_minor: int
    vat_rate_bp: int


class Taking(msgspec.Struct, frozen=True):
    """One line of what is taken instead; `total_minor` = quantity x unit price - discount."""

    sku: str
    title: str
    quantity: int
    ship: bool
    unit_price_minor: int
    discount_minor: int
    total_minor: int
    vat_rate_bp: int
    vat_minor: int


class Share(msgspec.Struct, frozen=True):
    """How the value of what came back is used: for other goods, what they cost more, what is left of it."""

    used_minor: int
    due_minor: int
    rest_minor: int


def price(wanted: Sequence[Replacement], listed: Mapping[str, Listed], back: Sequence[tuple[str, int]]) -> list[Taking]:
    """The lines of the exchange. `back`: (SKU, paid) of each unit that came back. Invalid `unknown_sku`, `nothing_to_exchange`."""
    if not wanted:
        raise Invalid("nothing_to_exchange")
    unknown = [(n, one.sku) for n, one in enumerate(wanted, 1) if one.sku not in listed]
    if unknown:
        raise Invalid("unknown_sku", lines=[{"line": n, "sku": sku} for n, sku in unknown])
    paid: dict[tuple[str, int], list[int]] = {}
    for sku, minor in back:
        if sku in listed:
            paid.setdefault((listed[sku].style, listed[sku].price_minor), []).append(minor)
    made = []
    for one in wanted:
        article = listed[one.sku]
        even = paid.get((article.style, article.price_minor), [])
        total = sum(min(article.price_minor, even.pop(0)) if even else article.price_minor for _ in range(one.quantity))
        made.append(
            Taking(
                one.sku, article.name, one.quantity, one.ship, article.price_minor,
                article.price_minor * one.quantity - total, total, article.vat_rate_bp, vat_within(total, article.vat_rate_bp),
            )
        )  # fmt: skip
    return made


def share(given_minor: int, taking: Sequence[Taking]) -> Share:
    """What of the given value pays the other goods, what is still due for them, what is left over."""
    total = sum(one.total_minor for one in taking)
    used = min(given_minor, total)
    return Share(used, total - used, given_minor - used)

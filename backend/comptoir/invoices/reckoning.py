"""An invoice's figures out of prices that include VAT. Pure, and to the cent: base + VAT is the price paid.

    per rate:  vat = half up(gross x r / (100 + r)),  base = gross - vat;   lines share the base by largest remainder

Source: law.md V6. One method for every document; base x rate may miss the VAT by a cent, the price paid is never changed.
"""

from collections.abc import Sequence
from typing import TypeAlias

import msgspec

from comptoir.invoices.model import RateSum
from comptoir.kit.money import half_up, split, vat_within

Taxed: TypeAlias = tuple[int, int]
"""(rate in basis points, gross in minor units) of one line."""


class Reckoned(msgspec.Struct, frozen=True):
    """The base of every line in the order given, and the sums per rate, highest rate first."""

    bases: tuple[int, ...]
    rates: tuple[RateSum, ...]

    @property
    def base_minor(self) -> int:
        return sum(rate.base_minor for rate in self.rates)

    @property
    def vat_minor(self) -> int:
        return sum(rate.vat_minor for rate in self.rates)

    @property
    def gross_minor(self) -> int:
        return sum(rate.gross_minor for rate in self.rates)


def reckon(lines: Sequence[Taxed]) -> Reckoned:
    """Base and VAT of all lines; nothing of the gross is lost or added."""
    bases = [0] * len(lines)
    rates = []
    for rate in sorted({rate for rate, _ in lines}, reverse=True):
        at = [i for i, line in enumerate(lines) if line[0] == rate]
        gross = sum(lines[i][1] for i in at)
        vat = vat_within(gross, rate)
        rates.append(RateSum(rate, gross - vat, vat, gross))
        for i, base in zip(at, split(gross - vat, [lines[i][1] for i in at]), strict=True):
            bases[i] = base
    return Reckoned(tuple(bases), tuple(rates))


def portion(gross_minor: int, of: int, before: int, units: int) -> int:
    """The price of `units` out of `of` when `before` of them were counted already; all of them come to the gross."""
    return gross_minor * (before + units) // of - gross_minor * before // of


def unit_net_e4(unit_gross_minor: int, rate_bp: int) -> int:
    """A unit's price without VAT, with two decimals more than the minor unit, half up."""
    return half_up(unit_gross_minor * 100 * 10_000, 10_000 + rate_bp)


def net_of(gross_minor: int, rate_bp: int) -> int:
    """An amount without the VAT inside it, half up."""
    return gross_minor - vat_within(gross_minor, rate_bp)


def rate_of(gross_minor: int, vat_minor: int, rates: Sequence[int]) -> int:
    """The rate among `rates` whose VAT within the gross is nearest to what was told; the higher one of two."""
    return min(rates, key=lambda rate: (abs(vat_within(gross_minor, rate) - vat_minor), -rate))

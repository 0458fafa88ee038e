"""Money is integers in minor units; this is the only place that rounds."""

from collections.abc import Sequence


def half_up(numerator: int, denominator: int) -> int:
    """A quotient of non-negative integers, rounded half up."""
    return (2 * numerator + denominator) // (2 * denominator)


def vat_within(gross_minor: int, rate_bp: int) -> int:
    """The VAT inside a price that includes it: gross x r / (1 + r), half up to the cent. Source: law.md V6."""
    return half_up(gross_minor * rate_bp, 10_000 + rate_bp)


def vat_on(net_minor: int, rate_bp: int) -> int:
    """The VAT on a price without it, half up to the cent."""
    return half_up(net_minor * rate_bp, 10_000)


def split(total_minor: int, weights: Sequence[int]) -> list[int]:
    """Parts in proportion to the weights that sum to the whole; the largest remainders get the spare cents."""
    whole = sum(weights)
    if whole == 0:
        weights, whole = [1] * len(weights), len(weights)
    parts = [total_minor * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(total_minor * weights[i] % whole), i))
    for i in by_remainder[: total_minor - sum(parts)]:
        parts[i] += 1
    return parts

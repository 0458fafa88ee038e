"""How much of what is canceled. Pure: a line's units become its parts' units."""

from collections.abc import Mapping, Sequence
from math import gcd

from comptoir.kit.errors import Conflict, Invalid


def parts_to_cancel(needs: Sequence[tuple[int, int, int, int]], lines: Mapping[int, int]) -> dict[tuple[int, int], int]:
    """Units to cancel per (line, part).

    `needs` are (line, part, quantity, already canceled); `lines` maps line to units of the line, empty for the whole
    order. A kit's parts go down together, in proportion. Invalid `unknown_line`, Conflict `more_than_ordered`.
    """
    if not lines:
        return {(line, part): quantity - canceled for line, part, quantity, canceled in needs}
    by_line: dict[int, list[tuple[int, int, int]]] = {}
    for line, part, quantity, canceled in needs:
        by_line.setdefault(line, []).append((part, quantity, canceled))
    wanted: dict[tuple[int, int], int] = {}
    for line, units in lines.items():
        parts = by_line.get(line)
        if not parts:
            raise Invalid("unknown_line", line=line)
        whole = greatest_divisor([quantity for _, quantity, _ in parts])
        for part, quantity, canceled in parts:
            each = quantity // whole if len(parts) > 1 else 1
            if units * each > quantity - canceled:
                raise Conflict("more_than_ordered", line=line, left=(quantity - canceled) // each)
            wanted[line, part] = units * each
    return wanted


def greatest_divisor(numbers: Sequence[int]) -> int:
    """The largest number of whole kits that these part quantities can be."""
    return gcd(*numbers)

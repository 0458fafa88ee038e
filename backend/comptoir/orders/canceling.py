"""How much of what is canceled. Pure: a line's units become its parts' units."""

from collections.abc import Mapping, Sequence
from typing import Final

from comptoir.kit.errors import Conflict, Invalid

RECALLED: Final = "recall"
"""The reason of units that a recall takes out of an order."""


def parts_to_cancel(
    needs: Sequence[tuple[int, int, int, int]], lines: Mapping[int, int], ordered: Mapping[int, int]
) -> dict[tuple[int, int], int]:
    """Units to cancel per (line, part).

    `needs` are (line, part, quantity, already canceled); `lines` maps line to units of the line, empty for the whole
    order; `ordered` maps line to what was ordered of it, so that a kit's parts go down together, in proportion.
    Invalid `unknown_line`, Conflict `more_than_ordered`.
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
        for part, quantity, canceled in parts:
            each = quantity // ordered[line]
            if units * each > quantity - canceled:
                raise Conflict("more_than_ordered", line=line, left=(quantity - canceled) // each)
            wanted[line, part] = units * each
    return wanted


def stoppable(
    needs: Sequence[tuple[int, int, int, int, int]], ordered: Mapping[int, int]
) -> tuple[dict[int, int], bool]:
    """Of lines that need a recalled article: units to cancel per line, and whether nothing of the order is left then.

    `needs` are (line, part, quantity, already canceled, units of the article that have not left); a kit goes as a whole.
    """
    wanted: dict[int, int] = {}
    for line, _, quantity, _, stays in needs:
        each = quantity // ordered[line]
        wanted[line] = max(wanted.get(line, 0), -(-stays // each))
    for line, _, quantity, canceled, _ in needs:
        wanted[line] = min(wanted[line], (quantity - canceled) // (quantity // ordered[line]))
    whole = all(
        wanted[line] * (quantity // ordered[line]) == quantity - canceled for line, _, quantity, canceled, _ in needs
    )
    return {line: units for line, units in wanted.items() if units}, whole


def share_of(share_minor: int, quantity: int, before: int, units: int) -> int:
    """The price of `units` more when `before` were canceled already; over all units it comes to the share, to the cent."""
    return share_minor * (before + units) // quantity - share_minor * before // quantity

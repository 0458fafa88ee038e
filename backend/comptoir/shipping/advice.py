"""What a packer is told before the first scan: which boxes, and what to mind about the goods. Pure."""

from collections.abc import Sequence

import msgspec

from comptoir.shipping.boxing import Suggested, suggest
from comptoir.shipping.goods_rules import Way, judge
from comptoir.shipping.model import Box, Piece

MOST_PIECES = 60
"""More pieces than that are a pallet, and no box of a store."""


class Advice(msgspec.Struct, frozen=True):
    """Parcels as proposed, and sentences' codes about the goods with the SKU each is about, once each."""

    parcels: tuple[Suggested, ...]
    hints: tuple[tuple[str, str], ...]


def advise(pieces: Sequence[Piece], boxes: Sequence[Box], way: Way) -> Advice:
    """For all that is still to be packed. The hints hold for any service that goes that way; a contract may say otherwise."""
    parcels = suggest(pieces, boxes) if len(pieces) <= MOST_PIECES else ()
    hints: dict[tuple[str, str], None] = {}
    for piece in pieces:
        verdict = judge([piece], piece.grams, piece.size, way)
        if not verdict.allowed and verdict.why:
            hints[verdict.why, piece.sku] = None
        for mark in verdict.marks:
            hints[f"mark_{mark}", piece.sku] = None
        if piece.fragile:
            hints["fragile", piece.sku] = None
        if piece.ships_alone:
            hints["ships_alone", piece.sku] = None
    counted = [piece for piece in pieces if piece.dangerous == "lithium_in_equipment"]
    if counted and judge(counted, 0, None, way).marks:
        hints["mark_lithium_battery", counted[0].sku] = None
    return Advice(parcels, tuple(hints))

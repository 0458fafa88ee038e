"""Which box: the smallest one in which the pieces fit, turned as they may be; else several; else none of ours. Pure.

A piece is a cuboid that may lie in six ways. In some packing of pieces that fit, every piece touches a wall or another
piece at its left, its front and its bottom; so only the corners that walls and placed pieces make are tried, in every
order and every way of lying, for as many steps as `STEPS` allows. Up to four pieces that is every packing there is; of
more, the search ends early and answers no: a box that is named always holds them, and now and then a smaller one would.
"""

from collections.abc import Iterable, Sequence
from itertools import permutations
from typing import Literal

import msgspec

from comptoir.shipping.goods_rules import together
from comptoir.shipping.model import Box, Piece, Size

CUSHION_MM = 20
"""Paper around a fragile piece, on every side."""

STEPS = 6000
"""Placements that are tried for one box: some tens of milliseconds at the most."""

MOST_PARCELS = 20

Placed = tuple[int, int, int, int, int, int]
"""x, y, z of the near corner, and of the far one."""

Why = Literal["fits", "alone", "too_big", "too_heavy", "not_measured", "no_boxes"]


class Suggested(msgspec.Struct, frozen=True):
    """One parcel as it is proposed: pieces by SKU, its box or none (the piece goes as it is), and the whole weight in grams.

    `why`: it fits; it goes alone in its own carton; nothing of ours is big enough, or strong enough; or nobody has measured
    a piece in it, so that somebody must look.
    """

    box: str | None
    skus: tuple[str, ...]
    grams: int
    size: Size | None
    why: Why


def suggest(pieces: Sequence[Piece], boxes: Sequence[Box]) -> tuple[Suggested, ...]:
    """Parcels for these pieces, the fewest that a greedy packing finds; each piece is in exactly one of them."""
    alone = [piece for piece in pieces if piece.ships_alone]
    rest = sorted((piece for piece in pieces if not piece.ships_alone), key=_bulk, reverse=True)
    found = [_as_it_is(piece, "alone") for piece in alone]
    by_size = sorted(boxes, key=lambda box: (box.size.volume, box.max_grams, box.id))
    while rest and len(found) < MOST_PARCELS:
        taken, box = _fullest(rest, by_size)
        if box is None:
            worst = rest[0]
            why: Why = "not_measured" if worst.size is None else "no_boxes" if not boxes else _too(worst, by_size)
            found.append(_as_it_is(worst, why))
            taken = [worst]
        else:
            why = "not_measured" if any(piece.size is None for piece in taken) else "fits"
            skus = tuple(sorted(piece.sku for piece in taken))
            grams = box.tare_grams + sum(piece.grams for piece in taken)
            found.append(Suggested(box.id, skus, grams, box.size, why))
        for piece in taken:
            rest.remove(piece)
    return (*found, *(_as_it_is(piece, "no_boxes") for piece in rest))


def _fullest(pieces: Sequence[Piece], boxes: Sequence[Box]) -> tuple[list[Piece], Box | None]:
    """The next parcel: the smallest box for all of them, else as many of them, big ones first, as one box of ours takes."""
    if (box := smallest(pieces, boxes)) is not None:
        return list(pieces), box
    taken: list[Piece] = []
    held: Box | None = None
    for piece in pieces:
        if (box := smallest([*taken, piece], boxes)) is not None:
            taken, held = [*taken, piece], box
        elif not taken:
            return [], None
    return taken, held


def smallest(pieces: Sequence[Piece], boxes: Iterable[Box]) -> Box | None:
    """The first of the boxes, given smallest first, that holds all pieces; None when none does."""
    if any(not together(a.dangerous, b.dangerous) for i, a in enumerate(pieces) for b in pieces[:i]):
        return None
    grams = sum(piece.grams for piece in pieces)
    fragile = any(piece.fragile for piece in pieces)
    sizes = [_room_of(piece) for piece in pieces if piece.size is not None]
    for box in boxes:
        if grams <= box.max_grams and not (fragile and box.kind == "bag") and fits(sizes, box.size):
            return box
    return None


def fits(sizes: Sequence[Size], box: Size) -> bool:
    """Whether cuboids of these sizes lie in the box together; True is certain, False may come early above four pieces."""
    if sum(size.volume for size in sizes) > box.volume:
        return False
    if any(not _fits_alone(size, box) for size in sizes):
        return False
    biggest_first = sorted(sizes, key=lambda size: (size.volume, size.longest), reverse=True)
    left = [STEPS]
    if len(sizes) > 4:
        return _place(biggest_first, [], box, left)
    return any(_place(order, [], box, left) for order in dict.fromkeys(permutations(biggest_first)))


def _place(left_over: Sequence[Size], placed: list[Placed], box: Size, steps: list[int]) -> bool:
    if not left_over:
        return True
    xs, ys, zs = ({0, *(there[axis] for there in placed)} for axis in (3, 4, 5))
    for length, width, height in _ways(left_over[0]):
        for z in sorted(z for z in zs if z + height <= box.height_mm):
            for y in sorted(y for y in ys if y + width <= box.width_mm):
                for x in sorted(x for x in xs if x + length <= box.length_mm):
                    steps[0] -= 1
                    if steps[0] < 0:
                        return False
                    new = (x, y, z, x + length, y + width, z + height)
                    if not any(_overlap(new, there) for there in placed) and _place(
                        left_over[1:], [*placed, new], box, steps
                    ):
                        return True
    return False


def _overlap(a: Placed, b: Placed) -> bool:
    return a[0] < b[3] and b[0] < a[3] and a[1] < b[4] and b[1] < a[4] and a[2] < b[5] and b[2] < a[5]


def _ways(size: Size) -> list[tuple[int, ...]]:
    """The ways it may lie, flat ones first."""
    sides = sorted((size.length_mm, size.width_mm, size.height_mm))
    return list(dict.fromkeys((way[2], way[1], way[0]) for way in permutations(sides)))


def _fits_alone(size: Size, box: Size) -> bool:
    ours = sorted((size.length_mm, size.width_mm, size.height_mm))
    return all(a <= b for a, b in zip(ours, sorted((box.length_mm, box.width_mm, box.height_mm)), strict=True))


def _room_of(piece: Piece) -> Size:
    assert piece.size is not None
    more = 2 * CUSHION_MM if piece.fragile else 0
    return Size(piece.size.length_mm + more, piece.size.width_mm + more, piece.size.height_mm + more)


def _bulk(piece: Piece) -> tuple[int, int, str]:
    return (piece.size.volume if piece.size else 0, piece.grams, piece.sku)


def _too(piece: Piece, boxes: Sequence[Box]) -> Why:
    return "too_heavy" if any(_fits_alone(_room_of(piece), box.size) for box in boxes) else "too_big"


def _as_it_is(piece: Piece, why: Why) -> Suggested:
    return Suggested(None, (piece.sku,), max(1, piece.grams), piece.size, why)

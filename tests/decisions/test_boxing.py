"""The box that is named holds the pieces, and is the smallest of ours that does."""

import random

import pytest

from comptoir.shipping.boxing import fits, suggest
from comptoir.shipping.goods_rules import RULES, Limits, judge
from comptoir.shipping.model import Box, Piece, Size

SMALL = Box("s", {"fr": "S", "en": "S"}, Size(200, 150, 100), 80, 3000)
MEDIUM = Box("m", {"fr": "M", "en": "M"}, Size(350, 250, 150), 180, 8000)
LARGE = Box("l", {"fr": "L", "en": "L"}, Size(600, 400, 300), 420, 20_000)
BAG = Box("bag", {"fr": "P", "en": "B"}, Size(240, 180, 60), 30, 1000, "bag")
OURS = (LARGE, SMALL, MEDIUM, BAG)


def piece(sku: str, length: int, width: int, height: int, grams: int = 500, **facts: object) -> Piece:
    return Piece(sku, grams, Size(length, width, height), **facts)  # type: ignore[arg-type]


def told(*pieces: Piece) -> list[tuple[str | None, int, str]]:
    return [(one.box, len(one.skus), one.why) for one in suggest(pieces, OURS)]


def test_the_smallest_box_that_holds_the_pieces_however_they_are_turned_is_named() -> None:
    assert told(piece("mug", 90, 110, 90)) == [("s", 1, "fits")]
    assert told(piece("scarf", 60, 170, 230)) == [("bag", 1, "fits")]
    # A tall thing lies down; two pairs of shoes fill the medium box to the millimeter.
    assert told(piece("vase", 90, 90, 340)) == [("m", 1, "fits")]
    assert told(piece("shoes", 350, 125, 150), piece("boots", 150, 350, 125)) == [("m", 2, "fits")]


def test_weight_and_fragile_goods_ask_for_more_than_room() -> None:
    assert told(piece("lead", 50, 50, 50, grams=3100)) == [("m", 1, "fits")]
    assert told(piece("bowl", 170, 120, 50, fragile=True)) == [("m", 1, "fits")]
    assert told(piece("plate", 200, 100, 10)) == [("bag", 1, "fits")]
    assert told(piece("plate", 150, 100, 10, fragile=True)) == [("s", 1, "fits")]


def test_what_ships_alone_is_too_big_or_unmeasured_gets_a_parcel_of_its_own_and_says_why() -> None:
    assert told(piece("stool", 300, 300, 100, ships_alone=True), piece("mug", 90, 110, 90)) == [
        (None, 1, "alone"), ("s", 1, "fits"),
    ]  # fmt: skip
    assert told(piece("rug", 1600, 300, 300)) == [(None, 1, "too_big")]
    assert told(piece("anvil", 200, 200, 200, grams=25_000)) == [(None, 1, "too_heavy")]
    assert told(Piece("unknown", 400), piece("mug", 90, 110, 90)) == [("s", 2, "not_measured")]
    assert [one.why for one in suggest([piece("mug", 90, 110, 90)], ())] == ["no_boxes"]


def test_what_does_not_fit_together_is_split_and_every_piece_is_in_one_parcel() -> None:
    many = [piece(f"case-{n}", 300, 300, 200, grams=4000) for n in range(7)]
    found = suggest(many, OURS)
    assert sorted(sku for one in found for sku in one.skus) == sorted(one.sku for one in many)
    assert [len(one.skus) for one in found] == [4, 3]
    assert all(one.grams <= LARGE.max_grams + LARGE.tare_grams for one in found)
    acid = piece("acid", 60, 60, 120, dangerous="corrosive", amount=500)
    assert told(acid, piece("thinner", 60, 60, 120, dangerous="flammable_liquid", amount=500)) == [
        ("bag", 1, "fits"), ("bag", 1, "fits"),
    ]  # fmt: skip


def guillotine(rng: random.Random, size: Size, cuts: int) -> list[Size]:
    """Cuboids that fill a box, by cutting it again and again."""
    parts = [(size.length_mm, size.width_mm, size.height_mm)]
    for _ in range(cuts):
        part = parts.pop(rng.randrange(len(parts)))
        axis = max(range(3), key=lambda side: part[side])
        at = rng.randint(1, part[axis] - 1)
        parts += [tuple(at if n == axis else side for n, side in enumerate(part)),  # type: ignore[list-item]
                  tuple(part[axis] - at if n == axis else side for n, side in enumerate(part))]  # fmt: skip
    return [Size(*rng.sample(part, 3)) for part in parts]


@pytest.mark.parametrize("pieces", [2, 3, 4])
def test_up_to_four_pieces_that_fill_a_box_are_found_to_fit_and_one_more_sliver_is_not(pieces: int) -> None:
    rng = random.Random(pieces)
    for _ in range(25):
        parts = guillotine(rng, MEDIUM.size, pieces - 1)
        assert fits(parts, MEDIUM.size)
        assert not fits([*parts[:-1], Size(351, 1, 1)], MEDIUM.size)


PERFUME = piece("perfume", 40, 40, 90, dangerous="perfume", amount=100)
PHONE = piece("phone", 160, 80, 20, dangerous="lithium_in_equipment", amount=15)


@pytest.mark.parametrize(
    ("pieces", "way", "why", "marks"),
    [
        ((PERFUME,), "road", None, ("limited_quantity",)),
        ((PERFUME,), "relay", "no_relay", ()),
        ((PERFUME,), "air", "no_air", ()),
        ((PHONE, PHONE), "air", None, ()),
        ((PHONE, PHONE, PHONE), "road", None, ("lithium_battery",)),
        ((piece("bike", 10, 10, 10, dangerous="lithium_in_equipment", amount=400),), "road", "amount_too_much", ()),
        ((piece("spare", 10, 10, 10, dangerous="lithium_alone", amount=40),), "road", None, ("lithium_battery",)),
        ((piece("spray", 10, 10, 10, dangerous="aerosol"),), "road", "amount_unknown", ()),
        ((piece("lighter", 10, 10, 10, dangerous="lighter", amount=5),), "road", "never", ()),
    ],
)
def test_dangerous_goods_go_where_the_table_lets_them_with_the_marks_it_asks_for(
    pieces: tuple[Piece, ...], way: str, why: str | None, marks: tuple[str, ...]
) -> None:
    found = judge(pieces, 1200, None, way)  # type: ignore[arg-type]
    assert (found.allowed, found.why, found.marks) == (why is None, why, marks)


def test_a_contract_says_yes_or_no_where_the_table_says_otherwise_and_every_class_has_a_rule() -> None:
    assert judge([PERFUME], 900, None, "relay", agreed={"perfume": True}).allowed
    assert judge([PHONE], 900, None, "road", agreed={"lithium_in_equipment": False}).why == "no_road"
    assert judge([PERFUME], 30_500, None, "road").why == "limited_too_heavy"
    assert len(RULES) == 8


@pytest.mark.parametrize(
    ("grams", "size", "why"),
    [(30_001, None, "too_heavy"), (900, Size(1250, 100, 100), "too_long"), (900, Size(800, 500, 300), "too_big"),
     (900, Size(1000, 250, 250), None), (900, None, None)],
)  # fmt: skip
def test_what_a_service_does_not_take_is_said_by_weight_side_and_sum(
    grams: int, size: Size | None, why: str | None
) -> None:
    assert judge([], grams, size, "road", Limits(30_000, 1200, 1500)).why == why

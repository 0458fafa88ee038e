"""Which line of the rules of safety stock holds, why, what a file may say, and which documents cannot be."""

import pytest

from comptoir.kit.errors import Invalid
from comptoir.stock import safety_sheet
from comptoir.stock.safety import (
    Article,
    Changed,
    Known,
    Line,
    Place,
    Rules,
    Why,
    changes,
    check,
    kept_back,
    put,
    ruled,
    why,
    without,
)

SHOE, BOOT, CUP = Article("SHOE", "shoes"), Article("BOOT", "shoes"), Article("CUP")
LYON, LILLE, DEPOT = Place("lyon", "store", "sud"), Place("lille", "store", "nord"), Place("depot", "warehouse", "sud")
NOWHERE = Place("new", "store")
ALL = Rules((
    Line(1), Line(2, kind="warehouse"), Line(3, region="sud"), Line(4, region="sud", kind="store"), Line(5, location="lyon"),
    Line(6, category="shoes"), Line(7, category="shoes", region="nord"), Line(0, sku="BOOT"), Line(9, sku="BOOT", location="lille"),
))  # fmt: skip
KNOWN = Known({"SHOE", "BOOT"}, {"shoes"}, {"lyon", "lille"}, {"sud", "nord"})


@pytest.mark.parametrize(
    ("article", "place", "units"),
    [
        (CUP, LYON, 5), (CUP, Place("aix", "store", "sud"), 4), (CUP, DEPOT, 3), (CUP, Place("hub", "warehouse", "nord"), 2),
        (CUP, Place("hub", "warehouse"), 2), (CUP, LILLE, 1), (CUP, NOWHERE, 1), (SHOE, LYON, 6), (SHOE, LILLE, 7), (SHOE, NOWHERE, 6),
        (BOOT, LYON, 0), (BOOT, LILLE, 9), (BOOT, DEPOT, 0),
    ],
)  # fmt: skip
def test_the_most_specific_line_holds_and_the_article_goes_before_the_place(
    article: Article, place: Place, units: int
) -> None:
    matching = [
        one for one in ALL.lines
        if one.sku in ("", article.sku) and one.category in ("", article.category) and one.location in ("", place.id)
        and one.region in ("", place.region) and one.kind in ("", place.kind)
    ]  # fmt: skip
    assert ruled(ALL, article, place) == max(matching, key=lambda one: one.weight) == Line(units, *_key(units))
    assert kept_back(ALL, article, place, None) == units
    assert kept_back(ALL, article, place, 12) == 12


def _key(units: int) -> tuple[str, ...]:
    return next(one.key for one in ALL.lines if one.units == units)


def test_why_units_are_kept_back_is_told_by_what_keeps_them() -> None:
    assert why(ALL, CUP, LYON, None, 0) is None
    assert why(ALL, CUP, LYON, 3, 3) == Why(3, own=True)
    assert why(ALL, CUP, LYON, None, 5) == Why(5, line=Line(5, location="lyon"))
    assert why(ALL, CUP, LYON, None, 8) == Why(8)


@pytest.mark.parametrize(
    ("lines", "code", "reason"),
    [
        ((Line(1, sku="SHOE", category="shoes"),), "safety_line_wrong", "safety_article_or_category"),
        ((Line(1, location="lyon", kind="store"),), "safety_line_wrong", "safety_place_or_region"),
        ((Line(1, sku="SHIP"),), "safety_line_wrong", "unknown_sku"),
        ((Line(1, category="ships"),), "safety_line_wrong", "unknown_category"),
        ((Line(1, location="paris"),), "safety_line_wrong", "unknown_location"),
        ((Line(1, region="est"),), "safety_line_wrong", "unknown_region"),
        ((Line(1), Line(2, kind="store"), Line(3)), "safety_line_twice", None),
    ],
)
def test_a_document_that_names_what_is_not_there_or_says_a_thing_twice_is_refused(
    lines: tuple[Line, ...], code: str, reason: str | None
) -> None:
    with pytest.raises(Invalid) as refused:
        check(Rules(lines), KNOWN)
    assert (refused.value.code, refused.value.facts.get("why")) == (code, reason)


def test_a_line_takes_the_place_of_the_one_that_speaks_of_the_same() -> None:
    one = put(put(Rules(), Line(1, sku="SHOE")), Line(2))
    two = put(one, Line(5, sku="SHOE"))
    assert two.lines == (Line(2), Line(5, sku="SHOE"))
    three = without(two, Line(2).key)
    assert three.lines == (Line(5, sku="SHOE"),)
    assert changes(one, three) == (Changed(Line(5, sku="SHOE"), 1, 5), Changed(Line(2), 2, None))


def test_a_file_comes_back_as_it_left_and_of_a_bad_one_every_wrong_line_is_told() -> None:
    rules = Rules(
        (Line(3, sku="SHOE", location="lyon"), Line(0, category="shoes", region="sud", kind="store"), Line(1))
    )
    assert safety_sheet.read(safety_sheet.write(rules, "fr"), KNOWN) == rules
    bad = b"sku;units;kind\nSHOE;2;\nSHIP;2;\nSHOE;-1;\nSHOE;3;\n;1;shop\n"
    with pytest.raises(Invalid, match="bad_rows") as refused:
        safety_sheet.read(bad, KNOWN)
    told = [(one["line"], one["reason"]) for one in refused.value.facts["rows"]]
    assert told == [(3, "unknown_sku"), (4, "not_a_number"), (5, "comes_twice"), (6, "not_a_choice")]
    with pytest.raises(Invalid, match="column_missing"):
        safety_sheet.read(b"sku;kept\nSHOE;2\n", KNOWN)

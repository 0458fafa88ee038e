"""Why things come back: what every shop begins with, and what head office makes of it."""

import pytest

from comptoir.kit.errors import Refusal
from comptoir.returns.reasons import BUILT_IN, MOST, Reason, check, find, is_defect, moved, offered, overlaid


def test_head_offices_words_lie_over_the_built_in_ones_and_hidden_reasons_stay_readable() -> None:
    mine = Reason("too_small", "Taille trop petite", "A size too small", 95, used=False)
    added = Reason("gift_twice", "Reçu en double", "Got it twice", 35)
    reasons = overlaid([mine, added])
    assert [one.code for one in reasons][:3] == ["too_large", "not_liked", "gift_twice"]
    assert len(reasons) == len(BUILT_IN) + 1
    assert find(reasons, "too_small").says("en") == "A size too small"
    assert "too_small" not in {one.code for one in offered(reasons)}
    assert "not_collected" in {one.code for one in offered(reasons)}
    assert "not_collected" not in {one.code for one in offered(reasons, to_customer=True)}
    assert all(one.fr != one.en for one in BUILT_IN)


def test_a_reason_goes_up_and_down_among_all_and_no_further() -> None:
    reasons = overlaid([])
    assert [one.code for one in overlaid(moved(reasons, "too_large", up=True))][:3] == [
        "too_large", "too_small", "not_liked",
    ]  # fmt: skip
    assert [one.code for one in overlaid(moved(reasons, "too_large", up=False))][:3] == [
        "too_small", "not_liked", "too_large",
    ]  # fmt: skip
    assert moved(reasons, reasons[0].code, up=True) == moved(reasons, reasons[-1].code, up=False) == ()


def test_a_code_is_taken_once_and_somebody_who_says_nothing_always_can() -> None:
    many = overlaid(Reason(f"own_{n}", "x", "y", 1) for n in range(MOST))
    for wanted, new, among, code in [
        (BUILT_IN[0], True, BUILT_IN, "reason_there"),
        (Reason("another", "a", "b", 1), True, many, "too_many_reasons"),
        (Reason("another", "a", "b", 1), False, BUILT_IN, "unknown_reason"),
        (Reason("no_reason", "a", "b", 1, used=False), False, BUILT_IN, "reason_needed"),
    ]:
        with pytest.raises(Refusal) as refused:
            check(among, wanted, new=new)
        assert refused.value.code == code
    check(BUILT_IN, Reason("another", "a", "b", 1), new=True)


def test_a_recalled_article_comes_back_as_a_defect_for_as_long_as_the_law_answers_for_it() -> None:
    assert is_defect(find(BUILT_IN, "recalled"))
    assert not is_defect(find(BUILT_IN, "too_late"))

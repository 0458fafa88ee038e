"""Until when somebody may withdraw, and when the money is due: the worked cases of the law, and their edges."""

from datetime import date, timedelta

import pytest

from comptoir.kit.errors import Refusal
from comptoir.network.holidays import ALSACE_MOSELLE, easter, holidays, place_of
from comptoir.returns.model import Noticed, check, units_left
from comptoir.returns.withdrawal import (
    delivery_back_minor,
    in_time,
    last_day,
    late_increase,
    refund_due,
)  # fmt: skip


@pytest.mark.parametrize(
    ("received", "last"),
    [
        ([date(2026, 11, 5)], date(2026, 11, 19)),  # a plain Thursday
        ([date(2026, 11, 14)], date(2026, 11, 30)),  # the 28th is a Saturday
        ([date(2026, 12, 11)], date(2026, 12, 28)),  # Christmas, then a weekend
        ([date(2026, 4, 24)], date(2026, 5, 11)),  # 8 May, then a weekend
        ([date(2026, 11, 2), date(2026, 11, 9)], date(2026, 11, 23)),  # the last good of the order
        ([date(2026, 3, 23)], date(2026, 4, 7)),  # Easter Monday
        ([date(2026, 11, 5), None], None),  # something is still to come
        ([], None),
    ],
)
def test_the_period_ends_on_the_last_working_day_it_may(received: list[date | None], last: date | None) -> None:
    assert last_day(received) == last


def test_alsace_and_moselle_have_two_holidays_more_and_overseas_one() -> None:
    assert last_day([date(2026, 3, 20)]) == date(2026, 4, 3)  # Good Friday
    assert last_day([date(2026, 3, 20)], places=[ALSACE_MOSELLE]) == date(2026, 4, 7)
    assert last_day([date(2026, 3, 20)], places={"", ALSACE_MOSELLE}) == date(2026, 4, 7)
    assert last_day([date(2027, 12, 6)], places=["974"]) == date(2027, 12, 21)
    codes = ("57000", "67100", "68200", "69003", "97400", "97110", "")
    assert [place_of(code) for code in codes] == [*[ALSACE_MOSELLE] * 3, "", "974", "971", ""]


def test_whoever_was_not_told_has_a_year_more_and_fourteen_days_from_being_told() -> None:
    day = date(2026, 11, 5)
    assert last_day([day], told=False) == date(2027, 11, 19)
    assert last_day([day], told=False, told_on=date(2027, 2, 1)) == date(2027, 2, 15)
    assert last_day([day], told=False, told_on=date(2026, 11, 6)) == date(2026, 11, 20)
    assert last_day([day], told=False, told_on=day - timedelta(days=9)) == date(2026, 11, 19)
    assert last_day([day], told=False, told_on=date(2028, 1, 3)) == date(2027, 11, 19)


def test_the_last_day_counts_whole_and_before_the_goods_come_every_day_does() -> None:
    assert in_time(date(2026, 11, 19), date(2026, 11, 19))
    assert not in_time(date(2026, 11, 19), date(2026, 11, 20))
    assert in_time(None, date(2030, 1, 1))


def test_holidays_are_eleven_and_easter_falls_where_it_falls() -> None:
    assert [easter(year) for year in (2024, 2025, 2026, 2027, 2038)] == [
        date(2024, 3, 31), date(2025, 4, 20), date(2026, 4, 5), date(2027, 3, 28), date(2038, 4, 25),
    ]  # fmt: skip
    assert len(holidays(2026)) == 11
    assert {date(2026, 5, 14), date(2026, 5, 25)} < holidays(2026)


@pytest.mark.parametrize(
    ("proof", "goods", "due"),
    [
        (date(2026, 11, 12), date(2026, 11, 30), date(2026, 11, 24)),
        (None, date(2026, 11, 27), date(2026, 11, 27)),
        (date(2026, 11, 26), date(2026, 11, 27), date(2026, 11, 26)),
        (None, None, None),
    ],
)
def test_the_refund_may_wait_for_the_goods_or_the_proof_and_for_nothing_else(
    proof: date | None, goods: date | None, due: date | None
) -> None:
    assert refund_due(date(2026, 11, 10), goods, proof) == due


def test_nothing_is_waited_for_where_the_customer_never_had_the_goods() -> None:
    assert refund_due(date(2026, 11, 10), None, None, kept=False) == date(2026, 11, 24)


def test_the_surplus_of_a_dearer_delivery_is_kept() -> None:
    assert [delivery_back_minor(paid, 490) for paid in (990, 490, 0)] == [490, 490, 0]


def test_a_late_refund_grows_by_steps() -> None:
    days = (0, 10, 11, 20, 25, 60, 61, 90, 91, 121, 5000)
    assert [late_increase(day) for day in days] == [0, 0, 5, 5, 10, 20, 50, 50, 55, 60, 100]


def test_units_are_withdrawn_from_once() -> None:
    left = units_left({1: (1, 0), 2: (3, 1)}, [Noticed(2, 1)])
    assert left == {1: 1, 2: 1}
    check((Noticed(1, 1), Noticed(2, 1)), left)
    for asked, code in [
        ((), "nothing_chosen"),
        ((Noticed(9, 1),), "unknown_line"),
        ((Noticed(2, 2),), "already_noticed"),
        ((Noticed(1, 1), Noticed(1, 1)), "already_noticed"),
    ]:
        with pytest.raises(Refusal) as refused:
            check(asked, left)
        assert refused.value.code == code

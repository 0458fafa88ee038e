"""Opening windows: weekday hours and exceptions in store time become moments, through every change of the clocks."""

from datetime import UTC, date, datetime, timedelta

import pytest

from comptoir.kit.errors import Invalid
from comptoir.network.geography import DEPARTEMENTS, distance_km, point_of
from comptoir.network.hours import collect_until, hours_of, open_at, open_minutes, open_windows

EVERY_DAY = [(day, 570, 1200) for day in range(7)]


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


def test_a_door_that_opens_at_half_past_nine_does_so_on_both_sides_of_the_autumn_change() -> None:
    found = open_windows(EVERY_DAY, {}, "Europe/Paris", utc(2026, 10, 24, 0), 2)
    assert found == (
        (utc(2026, 10, 24, 7, 30), utc(2026, 10, 24, 18, 0)),
        (utc(2026, 10, 25, 8, 30), utc(2026, 10, 25, 19, 0)),
    )


def test_a_door_that_opens_at_half_past_nine_does_so_on_both_sides_of_the_spring_change() -> None:
    found = open_windows(EVERY_DAY, {}, "Europe/Paris", utc(2027, 3, 27, 0), 2)
    assert found == (
        (utc(2027, 3, 27, 8, 30), utc(2027, 3, 27, 19, 0)),
        (utc(2027, 3, 28, 7, 30), utc(2027, 3, 28, 18, 0)),
    )


def test_a_night_shift_over_the_autumn_change_is_an_hour_longer() -> None:
    (opens, closes) = open_windows([(6, 0, 360)], {}, "Europe/Paris", utc(2026, 10, 24, 23), 1)[0]
    assert closes - opens == timedelta(hours=7)


def test_a_night_shift_over_the_spring_change_is_an_hour_shorter() -> None:
    (opens, closes) = open_windows([(6, 0, 360)], {}, "Europe/Paris", utc(2027, 3, 28, 0), 1)[0]
    assert closes - opens == timedelta(hours=5)


def test_a_window_inside_the_hour_that_does_not_exist_is_left_out() -> None:
    assert open_windows([(6, 150, 180)], {}, "Europe/Paris", utc(2027, 3, 28, 0), 1) == ()


def test_a_day_that_ends_at_midnight_meets_the_next_one() -> None:
    found = open_minutes([(0, 0, 1440), (1, 0, 1440)], {}, "Europe/Paris", utc(2026, 11, 2, 12), 2)
    assert found[0][1] == found[1][0]


def test_an_exception_replaces_the_hours_of_its_day() -> None:
    found = open_windows(EVERY_DAY, {date(2026, 12, 24): (570, 1020)}, "Europe/Paris", utc(2026, 12, 24, 3), 1)
    assert found == ((utc(2026, 12, 24, 8, 30), utc(2026, 12, 24, 16, 0)),)


def test_an_exception_without_hours_closes_the_day() -> None:
    found = open_windows(EVERY_DAY, {date(2026, 12, 25): None}, "Europe/Paris", utc(2026, 12, 25, 3), 2)
    assert [opens.day for opens, _ in found] == [26]


def test_a_window_that_is_over_is_left_out_and_one_that_runs_is_whole() -> None:
    evening = open_windows(EVERY_DAY, {}, "Europe/Paris", utc(2026, 11, 2, 20), 1)
    noon = open_windows(EVERY_DAY, {}, "Europe/Paris", utc(2026, 11, 2, 11), 1)
    assert (evening, noon[0][0]) == ((), utc(2026, 11, 2, 8, 30))


def test_the_day_is_the_day_of_the_store_and_not_of_greenwich() -> None:
    found = open_windows([(0, 540, 1080)], {}, "Indian/Reunion", utc(2026, 11, 1, 21), 1)
    assert found == ((utc(2026, 11, 2, 5), utc(2026, 11, 2, 14)),)


def test_hours_that_overlap_are_counted_once() -> None:
    found = open_minutes([(0, 540, 720), (0, 700, 800)], {}, "UTC", utc(2026, 11, 2), 1)
    assert sum(b - a for a, b in found) == 260


def test_a_zone_that_does_not_exist_is_refused() -> None:
    with pytest.raises(Invalid, match="unknown_time_zone"):
        open_windows(EVERY_DAY, {}, "Europe/Atlantis", utc(2026, 11, 2), 1)


def test_hours_are_read_as_the_database_gives_them() -> None:
    hours, exceptions = hours_of([[0, 570, 1200]], ["2026-12-24 570 1020", "2026-12-25 -1 -1"])
    assert (list(hours), dict(exceptions)) == (
        [(0, 570, 1200)],
        {date(2026, 12, 24): (570, 1020), date(2026, 12, 25): None},
    )


def test_a_bag_waits_until_the_last_closing_of_its_last_open_day() -> None:
    lunch = [(day, *span) for day in range(5) for span in ((600, 750), (840, 1140))]
    staged = utc(2026, 11, 5, 16)
    windows = open_windows(lunch, {}, "Europe/Paris", staged, 30)
    assert collect_until(windows, staged, 3, "Europe/Paris") == utc(2026, 11, 10, 18)


def test_days_on_which_the_store_is_closed_do_not_count_for_the_customer() -> None:
    staged = utc(2026, 12, 23, 10)
    closed = {date(2026, 12, 24): None, date(2026, 12, 25): None}
    windows = open_windows(EVERY_DAY, closed, "Europe/Paris", staged, 30)
    assert collect_until(windows, staged, 1, "Europe/Paris") == utc(2026, 12, 26, 19)


def test_a_store_without_hours_keeps_a_bag_for_plain_days() -> None:
    assert collect_until((), utc(2026, 11, 5, 16), 7) == utc(2026, 11, 12, 16)


def test_a_door_is_open_from_its_opening_and_shut_at_its_closing() -> None:
    windows = open_windows(EVERY_DAY, {}, "UTC", utc(2026, 11, 2), 1)
    assert [open_at(windows, utc(2026, 11, 2, h, m)) for h, m in ((9, 29), (9, 30), (19, 59), (20, 0))] == [
        False, True, True, False,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("postcode", "expected"),
    [("20000", "2A"), ("20137", "2A"), ("20200", "2B"), ("97110", "971"), ("97410", "974"), ("69003", "69")]
)  # fmt: skip
def test_a_postcode_lies_in_its_departement(postcode: str, expected: str) -> None:
    assert point_of("FR", postcode) == DEPARTEMENTS[expected]


def test_every_departement_of_the_mainland_has_a_point_in_france() -> None:
    mainland = [point for number, point in DEPARTEMENTS.items() if len(number) == 2]
    assert all(41 < lat < 51.2 and -5.2 < lon < 9.7 for lat, lon in mainland)


def test_lyon_to_paris_is_about_four_hundred_kilometers() -> None:
    assert round(distance_km((45.76, 4.86), (48.86, 2.35)), -1) == 390


def test_a_postcode_nobody_knows_is_the_middle_of_its_country() -> None:
    assert (point_of("FR", ""), point_of("DE", "10115"), point_of("XX", "1")) == (
        (46.60, 2.45), (51.11, 10.39), (46.60, 2.45),
    )  # fmt: skip

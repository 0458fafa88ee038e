"""The promise: one function, plain cases."""

from datetime import UTC, datetime, timedelta

from comptoir.network.hours import open_minutes
from comptoir.network.promise import ready_by

WEEK = [(day, 9 * 60, 19 * 60) for day in range(6)]


def windows(now: datetime) -> tuple[tuple[int, int], ...]:
    return open_minutes(WEEK, {}, "Europe/Paris", now - timedelta(days=1), 22)


def paris(day: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
    """A moment of November 2026, when Paris is one hour ahead of UTC; the 2nd is a Monday."""
    return datetime(2026, 11, day, hour - 1, minute, second, tzinfo=UTC)


def test_a_quiet_open_store_is_ready_after_its_lead_time() -> None:
    now = paris(2, 10)
    assert ready_by(windows(now), 60, 0, 12, now) == paris(2, 11)


def test_what_waits_before_it_is_worked_off_at_the_pace_of_the_store() -> None:
    now = paris(2, 10)
    assert ready_by(windows(now), 60, 6, 12, now) == paris(2, 11, 30)


def test_a_promise_is_rounded_up_to_five_minutes() -> None:
    now = paris(2, 10, 1, 1)
    assert ready_by(windows(now), 60, 0, 12, now) == paris(2, 11, 5)


def test_before_the_door_opens_counting_starts_with_the_opening() -> None:
    now = paris(2, 3)
    assert ready_by(windows(now), 60, 0, 12, now) == paris(2, 10)


def test_what_is_not_done_at_closing_goes_on_the_next_open_day() -> None:
    now = paris(7, 18, 30)
    assert ready_by(windows(now), 60, 0, 12, now) == paris(9, 9, 30)


def test_work_that_ends_with_the_closing_is_promised_for_it() -> None:
    now = paris(2, 18)
    assert ready_by(windows(now), 60, 0, 12, now) == paris(2, 19)


def test_an_order_at_the_minute_of_closing_waits_for_the_morning() -> None:
    now = paris(2, 19)
    assert ready_by(windows(now), 60, 0, 12, now) == paris(3, 10)


def test_a_paused_store_counts_from_the_end_of_its_pause() -> None:
    now = paris(2, 10)
    assert ready_by(windows(now), 60, 0, 12, now, paris(2, 14)) == paris(2, 15)


def test_a_pause_that_is_over_changes_nothing() -> None:
    now = paris(2, 10)
    assert ready_by(windows(now), 60, 0, 12, now, paris(2, 9, 30)) == paris(2, 11)


def test_a_long_queue_spreads_over_days() -> None:
    now = paris(2, 10)
    assert ready_by(windows(now), 30, 240, 12, now) == paris(4, 10, 30)


def test_a_place_without_hours_works_round_the_clock() -> None:
    now = paris(2, 23)
    assert ready_by((), 60, 0, 12, now) == paris(2, 23) + timedelta(hours=1)


def test_a_lunch_break_is_not_counted() -> None:
    day = [(0, 10 * 60, 12 * 60 + 30), (0, 14 * 60, 19 * 60)]
    now = paris(2, 12)
    assert ready_by(open_minutes(day, {}, "Europe/Paris", now, 7), 60, 0, 12, now) == paris(2, 14, 30)


def test_more_open_time_never_makes_a_promise_later() -> None:
    now = paris(2, 10)
    longer = [(day, 9 * 60, 20 * 60) for day in range(7)]
    for queue in range(0, 400, 7):
        late = ready_by(windows(now), 45, queue, 7, now)
        early = ready_by(open_minutes(longer, {}, "Europe/Paris", now - timedelta(days=1), 22), 45, queue, 7, now)
        assert early <= late

"""A later hour is told once in time, again only when it slips a lot, never in the middle of the night."""

from datetime import UTC, datetime, timedelta

import pytest

from comptoir.fulfillment.foreseeing import Foreseen, foresee, same_night, to_tell
from comptoir.network.hours import open_minutes

PARIS = "Europe/Paris"
NOON = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)
"""Noon in Paris, a Friday."""
WINDOWS = open_minutes([(day, 600, 1170) for day in range(6)], {}, PARIS, NOON - timedelta(days=1), 5)


def minutes(n: int) -> timedelta:
    return timedelta(minutes=n)


def exact(n: int) -> Foreseen:
    return Foreseen(NOON + minutes(n), NOON + minutes(n))


def test_the_queue_before_it_and_the_stores_pace_give_the_hour() -> None:
    assert foresee(WINDOWS, 30, "open", 0, 12, NOON) == exact(30)
    assert foresee(WINDOWS, 30, "open", 24, 12, NOON) == Foreseen(NOON + minutes(150), NOON + minutes(220))
    assert foresee(WINDOWS, 30, "picking", 24, 12, NOON) == exact(15)
    assert foresee(WINDOWS, 30, "picked", 24, 12, NOON) == exact(10)


def test_what_does_not_fit_into_today_is_for_the_next_open_day() -> None:
    evening = datetime(2026, 11, 20, 18, 10, tzinfo=UTC)  # twenty minutes before the door closes
    assert foresee(WINDOWS, 30, "open", 0, 12, evening).at == datetime(2026, 11, 21, 9, 10, tzinfo=UTC)


def test_a_store_that_pauses_begins_afterwards() -> None:
    assert foresee(WINDOWS, 30, "open", 0, 12, NOON, NOON + minutes(60)) == exact(90)


@pytest.mark.parametrize(
    ("promised", "foreseen", "told", "due"),
    [
        (60, 60, [], False),
        (60, 75, [], False),  # a quarter of an hour is nothing to write about
        (60, 80, [], True),
        (-1, 10, [], True),  # it has passed, and it is not ready
        (60, 200, [80], True),
        (60, 140, [80], False),
        (60, 600, [80, 200, 300], False),  # three times is enough
    ],
)
def test_a_slip_is_told_once_and_again_when_it_grows(promised: int, foreseen: int, told: list[int], due: bool) -> None:
    before = [NOON + minutes(n) for n in told]
    assert to_tell(NOON + minutes(promised), exact(foreseen), before, PARIS, NOON) is due


@pytest.mark.parametrize(
    ("now", "promised", "due"),
    [
        ("2026-11-20T20:30", "2026-11-21T11:00", False),  # half past nine in the evening, for the next noon
        ("2026-11-21T04:00", "2026-11-21T09:00", False),
        ("2026-11-20T20:30", "2026-11-20T21:00", True),  # promised for ten, this very night
        ("2026-11-20T23:30", "2026-11-20T21:30", True),
        ("2026-11-20T20:30", "2026-11-21T21:00", False),  # for the next night
        ("2026-11-21T07:00", "2026-11-20T21:00", True),  # eight in the morning: phones may ring again
    ],
)
def test_nobody_is_woken_for_another_day(now: str, promised: str, due: bool) -> None:
    at, until = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (now, promised))
    late = Foreseen(until + timedelta(hours=5), until + timedelta(hours=5))
    assert to_tell(until, late, [], PARIS, at) is due


def test_a_night_is_one_night_across_midnight() -> None:
    night = [datetime(2026, 11, 20, 20, 30, tzinfo=UTC) + timedelta(hours=n) for n in range(10)]
    assert all(same_night(night[0], PARIS, at) for at in night)
    assert not same_night(night[0], PARIS, night[0] + timedelta(hours=24))

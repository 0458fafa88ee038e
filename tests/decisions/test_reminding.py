"""Nobody is reminded at night, on top of "ready", or twice of the same thing."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comptoir.fulfillment.reminding import reminder_due

READY = datetime(2026, 11, 16, 10, 0, tzinfo=UTC)  # a Monday, 11:00 in Lyon
UNTIL = datetime(2026, 11, 23, 18, 30, tzinfo=UTC)  # the Monday after, 19:30
NIGHT = datetime(2026, 11, 22, 23, 0, tzinfo=UTC)  # the night to that Monday: one can come on Sunday at the latest


def at(day: int, hour: int) -> datetime:
    """A day of November and an hour in Lyon."""
    return datetime(2026, 11, day, hour, 0, tzinfo=UTC) - timedelta(hours=1)


@pytest.mark.parametrize(
    ("now", "told", "due"),
    [
        (at(16, 15), set(), None),
        (at(17, 10), set(), None),
        (at(20, 8), set(), None),
        (at(20, 10), set(), "reminder"),
        (at(20, 18), set(), "reminder"),
        (at(20, 19), set(), None),
        (at(20, 10), {"reminder"}, None),
        (at(22, 10), set(), "reminder"),
        (at(23, 8), set(), None),
        (at(23, 9), {"reminder"}, "last_day"),
        (at(23, 9), set(), "last_day"),
        (at(23, 12), {"last_day"}, None),
        (at(24, 12), set(), None),
    ],
)
def test_half_of_the_time_and_the_last_day(now: datetime, told: set[str], due: str | None) -> None:
    assert reminder_due(READY, UNTIL, frozenset(told), "Europe/Paris", now) == due


def test_what_ends_with_the_night_has_its_last_day_before_it() -> None:
    assert reminder_due(READY, NIGHT, frozenset(), "Europe/Paris", at(22, 9)) == "last_day"
    assert reminder_due(READY, NIGHT, frozenset(), "Europe/Paris", at(21, 12)) == "reminder"


def test_hours_are_the_stores_own() -> None:
    assert reminder_due(READY, UNTIL, frozenset(), "Indian/Reunion", at(20, 8)) == "reminder"
    assert reminder_due(READY, UNTIL, frozenset(), "Indian/Reunion", at(20, 17)) is None


@given(
    kept=st.integers(1, 24 * 20),
    hours=st.lists(st.integers(0, 24 * 21), min_size=1, max_size=60),
)
def test_at_most_one_of_each_and_none_after_the_end(kept: int, hours: list[int]) -> None:
    until, told = READY + timedelta(hours=kept), set[str]()
    for hour in sorted(hours):
        now = READY + timedelta(hours=hour)
        due = reminder_due(READY, until, frozenset(told), "Europe/Paris", now)
        if due:
            assert due not in told
            assert now < until
            assert not (due == "reminder" and "last_day" in told)
            told.add(due)

"""When work is taken from a store that leaves it lying: in open time, and never before there is a reason."""

from datetime import UTC, datetime, timedelta

from comptoir.sourcing.again import accept_by, after_open, open_between, to_leave

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
DAY = int(MONDAY.timestamp()) // 60
HOURS = tuple((DAY + 1440 * day + 540, DAY + 1440 * day + 1080) for day in range(3))
"""Nine to eighteen."""


def at(hours: float) -> datetime:
    return MONDAY + timedelta(hours=hours)


def test_a_store_has_two_open_hours_or_until_the_promise() -> None:
    assert accept_by(at(10), at(16), HOURS) == at(12)
    assert accept_by(at(10), at(11), HOURS) == at(11)
    assert accept_by(at(17), at(24 + 12), HOURS) == at(24 + 10)
    assert accept_by(at(20), at(24 + 12), HOURS) == at(24 + 11)
    assert accept_by(at(20), at(36), ()) == at(22)


def test_open_minutes_are_counted_over_closed_ones_and_beyond_the_last_window() -> None:
    assert open_between(HOURS, DAY, DAY + 1440) == 540
    assert after_open(HOURS, DAY + 1440 * 2 + 1070, 30) == DAY + 1440 * 2 + 1080 + 20
    assert after_open(HOURS, DAY + 1440 * 9, 30) == DAY + 1440 * 9 + 30


def test_work_stays_while_there_is_no_reason_to_move_it() -> None:
    given = {"given_at": at(9), "promise_at": at(12), "windows": HOURS}
    assert to_leave(**given, ready_at=at(12), paused=False, now=at(10)) is None  # type: ignore[arg-type]
    assert to_leave(**given, ready_at=at(13), paused=False, now=at(10)) is None  # type: ignore[arg-type]
    assert to_leave(**given, ready_at=at(11), paused=True, now=at(10)) is None  # type: ignore[arg-type]
    assert to_leave(**given, ready_at=at(15), paused=False, now=at(10)) == "overloaded"  # type: ignore[arg-type]
    assert to_leave(**given, ready_at=at(13), paused=True, now=at(10)) == "paused"  # type: ignore[arg-type]
    assert to_leave(**given, ready_at=at(12), paused=False, now=at(11)) == "not_accepted"  # type: ignore[arg-type]

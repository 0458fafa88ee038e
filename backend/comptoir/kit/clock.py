"""One clock, injected: rules are told the time, and no SQL asks for it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]
"""Gives the time as an aware datetime in UTC."""


def wall_clock() -> datetime:
    return datetime.now(UTC)


class SetClock:
    """A clock that stands still until it is moved: for tests, seeds and demonstrations."""

    def __init__(self, at: datetime) -> None:
        if at.tzinfo is None:
            raise ValueError("a clock needs an aware time")
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def advance(self, **by: float) -> None:
        self.at += timedelta(**by)

"""When will it be ready? One function for the availability API, the order and the store's list. Pure and quick.

    ready by = now + (what waits before it, at the store's pace + the pick lead time), counted in open time

While the store is closed or paused nothing is counted; the answer is rounded up to five minutes.
"""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime

STEP = 5
"""Minutes a promise is rounded up to: nobody believes 14:03."""

FAR = 1 << 60


def ready_by(
    windows: Sequence[tuple[int, int]], lead_minutes: int, queue: int, capacity_per_hour: int, now: datetime,
    paused_until: datetime | None = None,
) -> datetime:  # fmt: skip
    """The moment work that comes in now will be ready, in UTC.

    `windows` are open times as (from, to) in minutes since 1970, ascending (`hours.open_minutes`); `queue` is works
    that wait before this one; `capacity_per_hour` is works per open hour; `paused_until` counts as closed until then.
    What reaches beyond the last window is counted on from its end, and a place without hours works round the clock.
    """
    at = _minute_from(now)
    if paused_until is not None and paused_until > now:
        at = _minute_from(paused_until)
    done = ready_minute(windows, lead_minutes, queue, capacity_per_hour, at)
    return datetime.fromtimestamp(-(-done // STEP) * STEP * 60, UTC)


def ready_minute(
    windows: Sequence[tuple[int, int]], lead_minutes: int, queue: int, capacity_per_hour: int, at: int
) -> int:
    """The same in whole minutes and not rounded: what sourcing reckons with is what the customer is promised."""
    need = lead_minutes - (-60 * queue // capacity_per_hour)
    i = bisect_right(windows, (at, FAR)) - 1
    if i < 0 or windows[i][1] <= at:
        i += 1
    while i < len(windows):
        opens, closes = windows[i]
        if opens > at:
            at = opens
        left = closes - at
        if need <= left:
            break
        need -= left
        at = closes
        i += 1
    return at + need


def _minute_from(at: datetime) -> int:
    """The first whole minute that is not before this moment."""
    return int(-(-at.timestamp() // 60))

"""When work is taken from a location and looked for elsewhere, and when a person must decide. Pure.

A location that was tried for a line is not asked again for it, and after `MOST_TRIES` locations nobody is: so nothing bounces for ever.
"""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

Reason = Literal["declined", "short", "not_accepted", "paused", "overloaded", "consolidated", "over_promised"]
"""Why units are looked for elsewhere."""

MOST_TRIES: Final = 5
ACCEPT_MINUTES: Final = 120
"""Open minutes in which somebody begins with new work, or says no."""
TOO_LATE: Final = timedelta(hours=2)
"""A queue that makes work so much later than promised is reason to look elsewhere; less is left to the store."""
WORTH_MOVING_MINOR: Final = 200
"""What a plan must save before work is taken from a store for it, unless the policy says otherwise (`Policy.moving_minor`)."""


def accept_by(given_at: datetime, promise_at: datetime, windows: Sequence[tuple[int, int]]) -> datetime:
    """Until when a location may leave work lying: two open hours, or until it should be ready, whichever comes first.

    `windows` are the location's open minutes since 1970, ascending; none: it is always open.
    """
    begun, promised = int(given_at.timestamp() // 60), int(promise_at.timestamp() // 60)
    patience = min(ACCEPT_MINUTES, max(1, open_between(windows, begun, promised)))
    return datetime.fromtimestamp(after_open(windows, begun, patience) * 60, UTC)


def open_between(windows: Sequence[tuple[int, int]], start: int, end: int) -> int:
    """Open minutes from one minute to another."""
    if not windows:
        return max(0, end - start)
    return sum(max(0, min(closes, end) - max(opens, start)) for opens, closes in windows)


def after_open(windows: Sequence[tuple[int, int]], start: int, minutes: int) -> int:
    """The minute at which so many open minutes have passed; beyond the last window they are counted on."""
    at = start
    for opens, closes in windows[max(0, bisect_right(windows, (start, start)) - 1) :]:
        if closes <= at:
            continue
        at = max(at, opens)
        if closes - at >= minutes:
            return at + minutes
        minutes -= closes - at
        at = closes
    return at + minutes


def to_leave(
    *,
    given_at: datetime,
    promise_at: datetime,
    ready_at: datetime,
    paused: bool,
    windows: Sequence[tuple[int, int]],
    now: datetime,
) -> Reason | None:
    """Why work that nobody has begun should go elsewhere, if it should. `ready_at`: when the location will have it ready by its own queue."""
    if paused and ready_at > promise_at:
        return "paused"
    if now >= accept_by(given_at, promise_at, windows):
        return "not_accepted"
    if ready_at > promise_at + TOO_LATE:
        return "overloaded"
    return None


def follows(lost: int, stays: int, together: int, in_hand: int, worth: int = WORTH_MOVING_MINOR) -> bool:
    """Whether the rest of a parcel goes with the units that its location does not give. All in minor units.

    `lost` is what those units cost from elsewhere alone, `stays` the rest as a parcel from here, `together` the whole from elsewhere, `in_hand` what
    picking the rest has cost, in `stays` though it is spent; to put it back costs as much again. `worth` is what it must save at least.
    """
    return together + in_hand + worth < lost + stays - in_hand

"""When will it be ready? One function for the availability API, the order and the store's list. Pure and quick.

    ready by = now + (what waits before it, at the store's pace + the pick lead time), counted in open time

While the store is closed or paused nothing is counted; the answer is rounded up to five minutes. The pace is the store's
capacity, or `paces` where it differs through the day; `doable` asks the same the other way round.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import pairwise

STEP = 5
"""Minutes a promise is rounded up to: nobody believes 14:03."""

FAR = 1 << 60

Paces = Sequence[tuple[int, int, float]]
"""Open time as (from, to, works per hour), minutes since 1970, ascending, never overlapping (`paced`)."""


def ready_by(
    windows: Sequence[tuple[int, int]], lead_minutes: int, queue: int, capacity_per_hour: int, now: datetime,
    paused_until: datetime | None = None, paces: Paces = (),
) -> datetime:  # fmt: skip
    """The moment work that comes in now will be ready, in UTC.

    `windows` are open times as (from, to) in minutes since 1970, ascending (`hours.open_minutes`); `queue` is works
    that wait before this one; `capacity_per_hour` is works per open hour, `paces` where other hours have another one;
    `paused_until` counts as closed until then.
    What reaches beyond the last window is counted on from its end, and a place without hours works round the clock.
    """
    at = _minute_from(now)
    if paused_until is not None and paused_until > now:
        at = _minute_from(paused_until)
    done = ready_minute(windows, lead_minutes, queue, capacity_per_hour, at, paces)
    return datetime.fromtimestamp(-(-done // STEP) * STEP * 60, UTC)


def ready_minute(
    windows: Sequence[tuple[int, int]], lead_minutes: int, queue: int, capacity_per_hour: int, at: int, paces: Paces = ()
) -> int:  # fmt: skip
    """The same in whole minutes and not rounded: what sourcing reckons with is what the customer is promised.

    With `paces` the queue is worked off at these, and at the capacity where they end.
    """
    if paces:
        need, left = lead_minutes, queue * 60.0
        for opens, closes, per_hour in paces[max(0, bisect_right(paces, (at, FAR, 0.0)) - 1) :]:
            if left <= 0:
                break
            if closes <= at:
                continue
            at = max(at, opens)
            minutes = -int(-left // per_hour) if per_hour > 0 else FAR
            if minutes <= closes - at:
                at, left = at + minutes, 0.0
            else:
                left -= (closes - at) * per_hour
                at = closes
        need += -int(-left // capacity_per_hour) if left > 0 else 0
        if queue and need == 0:
            return at
    else:
        need = lead_minutes - (-60 * queue // capacity_per_hour)
    i = bisect_right(windows, (at, FAR)) - 1
    if i < 0 or windows[i][1] <= at:
        i += 1
    while i < len(windows):
        opens, closes = windows[i]
        if opens > at:
            at = opens
        left_open = closes - at
        if need <= left_open:
            break
        need -= left_open
        at = closes
        i += 1
    return at + need


def doable(paces: Paces, from_: int, to: int) -> float:
    """Works that are done between two minutes as long as there are any: how `ready_minute` empties a queue, read backwards."""
    done = 0.0
    for opens, closes, per_hour in paces[max(0, bisect_right(paces, (from_, FAR, 0.0)) - 1) :]:
        if opens >= to:
            break
        done += max(0, min(closes, to) - max(opens, from_)) * per_hour
    return done / 60


def paced(
    windows: Sequence[tuple[int, int]], capacity_per_hour: float, learned: Sequence[tuple[int, float]] = (),
    planned: Iterable[tuple[int, int, float]] = (), extra: Iterable[tuple[int, int, float]] = (),
) -> tuple[tuple[int, int, float], ...]:  # fmt: skip
    """Open windows cut wherever the pace changes.

    `learned` is (from minute, works per hour) ascending, each until the next: it slows a store down and never lifts it above
    its capacity. `planned` is (from, to, works per hour): the capacity of that time instead, and what was learned is scaled
    with it. `extra` is (from, to, works per hour) on top: more hands.
    """
    plans, more = tuple(planned), tuple(extra)
    cuts = sorted({at for at, _ in learned} | {at for span in (*plans, *more) for at in span[:2]})
    found: list[tuple[int, int, float]] = []
    for opens, closes in windows:
        edges = (opens, *cuts[bisect_right(cuts, opens) : bisect_right(cuts, closes - 1)], closes)
        for begins, ends in pairwise(edges):
            at = bisect_right(learned, (begins, float(FAR))) - 1
            pace = min(learned[at][1], capacity_per_hour) if at >= 0 else capacity_per_hour
            for from_, to, per_hour in plans:
                if from_ <= begins < to:
                    pace *= per_hour / capacity_per_hour
            pace += sum(per_hour for from_, to, per_hour in more if from_ <= begins < to)
            if found and found[-1][1] == begins and found[-1][2] == pace:
                found[-1] = (found[-1][0], ends, pace)
            else:
                found.append((begins, ends, pace))
    return tuple(found)


def _minute_from(at: datetime) -> int:
    """The first whole minute that is not before this moment."""
    return int(-(-at.timestamp() // 60))

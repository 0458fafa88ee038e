"""Days of a store that never was: who orders when, how long each pick takes, who is on a break. What forecasts are tried on.

Drawn once from a seed and then played: the same day can be played again with some of its works gone, more hands or a pause, and
what differs is the change alone. Nothing here knows how a forecast is made.

* Orders come in at random (Poisson) by a profile with two peaks, scaled by the weekday and by a factor of the day's own
  (log-normal, a fifth wide); a seventh come while the store is closed. One in six asks for a later hour.
* A pick takes a log-normal time around its lines; each picker has a pace of their own, everybody is slower where customers fill
  the shop (a third at the evening peak), and now and then something takes four times as long.
* Pickers come at opening, one or two of them later; each has a long break around noon and a short one; one day in eight somebody
  is missing, which nobody tells the forecast. Works are taken by promise; a few are not.
* The shop promises by `network/promise.py` and the capacity that head office set, which is a little too high.
"""

import heapq
import random
from collections.abc import Collection, Iterable
from typing import Final

import msgspec

from comptoir.network.hours import DAYPARTS
from comptoir.network.promise import Paces, ready_minute
from comptoir.tower.forecasting import Store
from comptoir.tower.learning import AHEAD_HOURS, PastHour

OPENS: Final = 9 * 60
CLOSES: Final = 19 * 60
DAY: Final = 1440
LEAD: Final = 60
STEP: Final = 5
PROFILE: Final = (0.7, 1.0, 1.2, 1.1, 0.8, 0.8, 1.0, 1.2, 1.4, 0.8)
"""Orders in each open hour, as parts of the mean."""
WEEKDAYS: Final = (0.9, 0.85, 0.95, 1.0, 1.1, 1.35, 0.85)
CROWDED: Final = (1.0, 1.1, 1.05, 1.3)
"""How much longer picks take in each part of the day."""


class Character(msgspec.Struct, frozen=True):
    """What one store is like: pickers, minutes that a pick takes, orders in a mean open hour, what head office believes it can do."""

    pickers: int
    minutes: float
    per_hour: float
    capacity_per_hour: int


STORES: Final = (
    Character(2, 9.0, 6.8, 11),
    Character(3, 10.0, 9.0, 14),
    Character(5, 8.0, 19.5, 30),
    Character(1, 8.0, 3.5, 6),
)


class Drawn(msgspec.Struct, frozen=True):
    """One order of a day: when it comes in, how much later than possible it is wanted, its lines, and how long it will take."""

    number: int
    at: int
    later: int
    lines: int
    minutes: float
    to_shelf: int
    skipped: float


class Shift(msgspec.Struct, frozen=True):
    """One picker: when they work, as (from, to) minutes, and their pace."""

    spans: tuple[tuple[int, int], ...]
    pace: float


class Day(msgspec.Struct, frozen=True):
    """What chance decided before the day began. `begins` is its midnight, in minutes."""

    begins: int
    character: Character
    orders: tuple[Drawn, ...]
    shifts: tuple[Shift, ...]

    @property
    def window(self) -> tuple[int, int]:
        return self.begins + OPENS, self.begins + CLOSES


class Done(msgspec.Struct, frozen=True):
    """One work as it went; what was not reached has None."""

    number: int
    at: int
    promise: int
    lines: int
    begun: int | None = None
    picked: int | None = None
    ready: int | None = None


def draw(character: Character, number: int, seed: int) -> Day:
    """The day of that number (0 is a Monday), always the same for the same seed."""
    chance = random.Random(f"{seed} {number} {character}")
    begins = number * DAY
    level = character.per_hour * WEEKDAYS[number % 7] * chance.lognormvariate(-0.02, 0.2)
    times = [
        begins + OPENS + hour * 60 + chance.random() * 60
        for hour, share in enumerate(PROFILE)
        for _ in range(_poisson(chance, level * share))
    ]
    times += [begins + chance.random() * OPENS for _ in range(_poisson(chance, level * 10 / 7))]
    orders = []
    for i, at in enumerate(sorted(times)):
        lines = 1 + _poisson(chance, 1.1)
        minutes = character.minutes * (0.55 + 0.22 * lines) * chance.lognormvariate(-0.08, 0.4)
        minutes *= 4 if chance.random() < 0.03 else 1
        later = chance.randrange(60, 420) if chance.random() < 1 / 6 else 0
        orders.append(
            Drawn(i, int(at), later, lines, minutes, max(2, round(chance.lognormvariate(1.9, 0.5))), chance.random())
        )
    shifts = []
    for picker in range(character.pickers):
        if picker and chance.random() < 1 / 8:
            continue
        starts = begins + OPENS + (chance.choice((0, 60, 120)) if picker % 3 == 1 else 0)
        noon = begins + chance.randrange(11 * 60 + 30, 14 * 60)
        rest = begins + chance.randrange(16 * 60, 17 * 60 + 30)
        breaks = ((noon, noon + chance.randrange(35, 60)), (rest, rest + chance.randrange(8, 20)))
        shifts.append(Shift(_without(starts, begins + CLOSES, breaks), chance.lognormvariate(0, 0.12)))
    return Day(begins, character, tuple(orders), tuple(shifts))


def play(
    day: Day, left: tuple[Done, ...] = (), *, gone: Collection[int] = (), gone_at: int = 0, paces: Paces = ()
) -> tuple[Done, ...]:
    """The day as it went, minute by minute, in the order in which orders came in. `left` are yesterday's works that were not ready;
    with `paces` the shop promises by these instead of by its capacity.

    Orders named in `gone` leave the store at the minute `gone_at`, unless somebody has begun them by then.
    """
    windows = ahead(day)
    opens, closes = windows[0]
    works: dict[int, Done] = {}
    drawn = {order.number: order for order in day.orders}
    waiting: list[tuple[int, int]] = []
    for i, one in enumerate(left):
        number = -1 - i
        works[number] = msgspec.structs.replace(one, number=number)
        waiting.append((one.promise, number))
    waiting.sort()
    free = [(shift.spans[0][0], i, 0) for i, shift in enumerate(day.shifts)]
    heapq.heapify(free)
    coming = iter((*day.orders, None))
    order = next(coming)
    while free or order is not None:
        at = free[0][0] if free else closes
        if order is not None and order.at <= at:
            queue = sum(1 for _, number in waiting if not (number in gone and gone_at <= order.at))
            soonest = ready_minute(windows, LEAD, queue, day.character.capacity_per_hour, order.at, paces)
            promise = -(-soonest // STEP) * STEP
            if order.later and opens <= promise + order.later < closes:
                promise += order.later
            works[order.number] = Done(order.number, order.at, promise, order.lines)
            heapq.heappush(waiting, (promise, order.number))
            order = next(coming)
            continue
        if not free:
            break
        _, picker, span = heapq.heappop(free)
        spans = day.shifts[picker].spans
        while span < len(spans) and spans[span][1] <= at:
            span += 1
        if span == len(spans):
            continue
        if at < spans[span][0]:
            heapq.heappush(free, (spans[span][0], picker, span))
            continue
        taken = _take(waiting, drawn, gone if gone_at <= at else ())
        if taken is None:
            # Nothing to do: look again when the next order comes in.
            if order is not None:
                heapq.heappush(free, (max(at + 1, order.at), picker, span))
            continue
        how = drawn.get(taken)
        minutes = how.minutes if how else day.character.minutes
        crowded = CROWDED[sum(1 for part in DAYPARTS if part <= at - day.begins) - 1]
        picked = at + max(2, round(minutes * crowded * day.shifts[picker].pace))
        ready = picked + (how.to_shelf if how else 7)
        works[taken] = msgspec.structs.replace(works[taken], begun=at, picked=picked, ready=ready)
        heapq.heappush(free, (picked, picker, span))
    return tuple(works[number] for number in sorted(works))


def ahead(day: Day) -> tuple[tuple[int, int], ...]:
    """The day's open window and those of the thirteen days after it: what promises are made with."""
    opens, closes = day.window
    return tuple((opens + DAY * i, closes + DAY * i) for i in range(14))


def standing(day: Day, played: tuple[Done, ...], at: int) -> Store:
    """The store as its books stand at a minute: what a forecast may see, before anything was learned."""
    here = [work for work in played if work.at <= at and (work.ready is None or work.ready > at)]
    opens, closes = day.window
    return Store(
        location="store",
        windows=tuple((opens + DAY * i, closes + DAY * i) for i in range(-1, 7)),
        capacity_per_hour=day.character.capacity_per_hour,
        lead_minutes=LEAD,
        waiting=_counted(work for work in here if work.begun is None or work.begun > at),
        begun=_counted(
            work for work in here if work.begun is not None and work.begun <= at and (work.picked or 0) > at
        ),
        laid=_counted(work for work in here if work.picked is not None and work.picked <= at),
    )


def broken(played: tuple[Done, ...], at: int, until: int) -> int:
    """Works on file by `until` whose promise fell in (at, until] and that were not ready by it."""
    return sum(
        1
        for work in played
        if at < work.promise <= until and work.at <= until and (work.ready is None or work.ready > work.promise)
    )


def past_hours(day: Day, played: tuple[Done, ...], now: int | None = None) -> list[PastHour]:
    """The day's hours as the books keep them, up to a moment or to midnight."""
    until = day.begins + DAY if now is None else now
    opens, closes = day.window
    found = []
    for minute in range(day.begins, until, 60):
        ends = min(minute + 60, until)
        part = sum(1 for begins in DAYPARTS if begins <= minute - day.begins) - 1
        picked = [work for work in played if minute <= (work.picked or 0) < ends]
        found.append(
            PastHour(
                minute=minute,
                part=part,
                received=sum(minute <= work.at < ends for work in played),
                works=len(picked),
                lines=sum(work.lines for work in picked),
                open_minutes=max(0, min(closes, ends) - max(opens, minute)),
                pressing=_pressing(played, minute),
                pressing_after=_pressing(played, ends),
            )
        )
    return found


def unready(played: tuple[Done, ...]) -> tuple[Done, ...]:
    """What the next day begins with."""
    return tuple(work for work in played if work.ready is None)


def _pressing(played: tuple[Done, ...], at: int) -> int:
    return sum(
        1
        for work in played
        if work.at <= at and (work.picked is None or work.picked > at) and work.promise <= at + AHEAD_HOURS * 60
    )


def _counted(works: Iterable[Done]) -> tuple[tuple[int, int], ...]:
    counts: dict[int, int] = {}
    for work in works:
        counts[work.promise] = counts.get(work.promise, 0) + 1
    return tuple(sorted(counts.items()))


def _take(waiting: list[tuple[int, int]], drawn: dict[int, Drawn], gone: Collection[int]) -> int | None:
    """The work promised first; one in fifteen is passed over once for the next."""
    while waiting:
        promise, number = heapq.heappop(waiting)
        if number in gone:
            continue
        how = drawn.get(number)
        if how and how.skipped < 1 / 15 and waiting:
            _, second = heapq.heappop(waiting)
            heapq.heappush(waiting, (promise, number))
            drawn[number] = msgspec.structs.replace(how, skipped=1.0)
            if second in gone:
                continue
            return second
        return number
    return None


def _without(begins: int, ends: int, breaks: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
    spans, at = [], begins
    for from_, to in breaks:
        if from_ > at:
            spans.append((at, min(from_, ends)))
        at = max(at, to)
    if at < ends:
        spans.append((at, ends))
    return tuple(spans)


def _poisson(chance: random.Random, mean: float) -> int:
    """A Poisson number by counting exponential waits; means here are small."""
    count, left = 0, chance.expovariate(1.0)
    while left < mean:
        count += 1
        left += chance.expovariate(1.0)
    return count

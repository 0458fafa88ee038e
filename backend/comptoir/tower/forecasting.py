"""Where promises will break: a store's open works in the order of their promise, at its pace, through its open hours. Pure and quick.

Works are taken by promise, as handhelds list them. Who is expected to come in stands behind whoever was promised earlier, with the
promise that the shop would give then. All amounts are works and may be fractions; moments are minutes since 1970, UTC.
What is late already is counted apart: `late` holds promises that are still to break.
"""

from bisect import bisect_right, insort
from collections.abc import Iterable, Sequence
from functools import lru_cache
from math import ceil, sqrt
from typing import Final

import msgspec

from comptoir.network.planned import believed
from comptoir.network.promise import FAR, Paces, doable, paced, ready_minute

HOURS: Final = 12
"""How far a forecast looks, in whole hours from the one that has begun."""
HORIZONS: Final = (1, 2, 4, 8)
"""Hours ahead at which forecasts are kept and compared with what came."""
SOON: Final = 240
"""Minutes from the beginning of the hour that has begun: what breaks within them is decided about now."""
HANDS: Final = 5
"""Minutes before which nothing that nobody has begun can be picked."""
LAST_STEP: Final = 10
"""Minutes from the last scan to the shelf."""
SLOW: Final = 0.8
FAST: Final = 1.25
"""How much slower and quicker a store may turn out: what a figure hangs on is how much it moves between the two."""
STEP: Final = 15
"""Minutes in which those who are expected come in together."""
NOTHING: Final = 1e-9


class Store(msgspec.Struct, frozen=True):
    """All that a forecast of one store knows: change a field, and it answers what would be then.

    `waiting`, `begun` and `laid` are (promise, works), ascending: nobody has them, somebody picks them, picked and not on the
    shelf yet. `expected` is (from, to, works that come in). `learned`, `planned` and `extra` are as in `promise.paced`.
    """

    location: str
    windows: tuple[tuple[int, int], ...]
    capacity_per_hour: int
    lead_minutes: int
    waiting: tuple[tuple[int, int], ...] = ()
    begun: tuple[tuple[int, int], ...] = ()
    laid: tuple[tuple[int, int], ...] = ()
    expected: tuple[tuple[int, int, float], ...] = ()
    learned: tuple[tuple[int, float], ...] = ()
    planned: tuple[tuple[int, int, float], ...] = ()
    extra: tuple[tuple[int, int, float], ...] = ()
    paused_until: int | None = None
    """Nobody new comes in before; what is there goes on."""
    offered: tuple[tuple[int, int, float], ...] = ()
    """Capacities of some time that promises are made with: those of `planned` that somebody planned."""
    promises_learned: bool = False
    """Promises are made with the learned pace."""

    @property
    def offers(self) -> tuple[tuple[int, int, float], ...]:
        """Open time with the capacity that promises are made with, where something is planned or they reckon with what was learned;
        else the capacity holds."""
        if not self.offered and not self.extra and not self.promises_learned:
            return ()
        learned = believed(self.learned, self.capacity_per_hour) if self.promises_learned else ()
        return _paced(self.windows or ((0, FAR),), self.capacity_per_hour, learned, self.offered, self.extra)

    @property
    def on_file(self) -> int:
        return sum(count for works in (self.waiting, self.begun, self.laid) for _, count in works)

    @property
    def paces(self) -> tuple[tuple[int, int, float], ...]:
        """Open time with its pace; a place without hours works round the clock."""
        return _paced(self.windows or ((0, FAR),), self.capacity_per_hour, self.learned, self.planned, self.extra)


_paced = lru_cache(maxsize=2_000)(paced)
"""A forecast is asked for three times with the same hours."""


class Hour(msgspec.Struct, frozen=True):
    """What is left of one clock hour from `minute`: works that must be done in it, how many the team can do, how many it will."""

    minute: int
    need: float
    can: float
    done: float = 0.0

    @property
    def load(self) -> float:
        """Works that fill the hour: those that will be done, or more where more must be."""
        return max(self.need, self.done)

    @property
    def percent(self) -> int | None:
        """Load in per cent; None for an hour in which nobody works."""
        return round(100 * self.load / self.can) if self.can else None


class Forecast(msgspec.Struct, frozen=True):
    """One store from `at` on. `late` is (promise, works that will miss it), ascending; `overdue` are past theirs already.

    `done_at` is when all that is on file is ready; `finishes` the minute at which the last work of each entry of `waiting` is,
    where each was asked for.
    """

    at: int
    late: tuple[tuple[int, float], ...]
    overdue: int
    done_at: int
    hours: tuple[Hour, ...]
    finishes: tuple[int, ...] = ()

    def late_by(self, minute: int) -> float:
        """Works whose promise breaks between now and a minute."""
        return sum(count for promise, count in self.late if promise <= minute)


def forecast(store: Store, at: int, *, pace: float = 1.0, each: bool = False) -> Forecast:
    """What becomes of a store's works from the minute `at` on, `HOURS` hours far. `pace` makes all hands slower or quicker."""
    paces = store.paces
    if pace != 1.0:
        paces = tuple((opens, closes, per_hour * pace) for opens, closes, per_hour in paces)
    first, until = at // 60 * 60, at // 60 * 60 + 60 * HOURS
    # [promise, turn, not before, works left, entry of `waiting`]: the turn keeps equal promises in order.
    queue: list[list[float]] = [[promise, 0, at, count, -1] for promise, count in store.begun]
    queue += [[promise, i + 1, at + HANDS, count, i] for i, (promise, count) in enumerate(store.waiting)]
    queue.sort()
    late: dict[int, float] = {}
    known = (*store.waiting, *store.begun, *store.laid)
    overdue = sum(count for promise, count in known if promise < at)
    waits = sum(entry[3] for entry in queue)
    for promise, count in store.laid:
        if at <= promise < at + LAST_STEP:
            late[promise] = late.get(promise, 0.0) + count
    finishes = [at] * len(store.waiting)
    done_at = at + LAST_STEP if store.laid else at
    newcomers = _newcomers(store, at, until)
    came, head, hours = 0, 0, []
    offers = store.offers
    span = max(0, bisect_right(paces, (at, until, 0.0)) - 1)
    for minute in range(first, until, 60):
        ends = minute + 60
        need = _due(queue, head, ends)
        can = done = 0.0
        while span < len(paces) and paces[span][1] <= max(at, minute):
            span += 1
        steps = _steps(paces, span, max(at, minute), ends, STEP if came < len(newcomers) else 60)
        for from_, to, per_hour in steps:
            while came < len(newcomers) and newcomers[came][0] < to:
                arrives, works = newcomers[came]
                came += 1
                promise = ready_minute(
                    store.windows, store.lead_minutes, ceil(waits), store.capacity_per_hour, arrives, offers
                )  # fmt: skip
                waits += works
                insort(queue, [promise, len(queue), arrives + HANDS, works, -1], lo=head)
                if promise < ends:
                    need += works
            able = (to - from_) * per_hour / 60
            can += able
            used = 0.0
            while head < len(queue) and able - used > NOTHING:
                entry = queue[head]
                promise_at, _, not_before, left, index = entry
                take = min(left, able - used)
                begins = max(from_ + (to - from_) * used / able, not_before) + LAST_STEP
                used += take
                done += take
                waits -= take
                ready = max(from_ + (to - from_) * used / able, not_before) + LAST_STEP
                if at <= promise_at < ready:
                    share = 1.0 if promise_at <= begins else (ready - promise_at) / (ready - begins)
                    late[int(promise_at)] = late.get(int(promise_at), 0.0) + take * share
                if left - take > NOTHING:
                    entry[3] = left - take
                else:
                    head += 1
                    if entry[2] <= at + HANDS:
                        done_at = max(done_at, ceil(ready))
                    if index >= 0:
                        finishes[int(index)] = ceil(ready - NOTHING)
        hours.append(Hour(minute, need, can, done))
    waits = 0.0
    left_over = queue[head:]
    for entry in left_over:
        promise_at, _, not_before, left, index = entry
        waits += left
        if at <= promise_at < until:
            late[int(promise_at)] = late.get(int(promise_at), 0.0) + left
        if each and index >= 0:
            finishes[int(index)] = _after(store, paces, waits, until)
    if any(entry[2] <= at + HANDS for entry in left_over):
        done_at = _after(store, paces, waits, until)
    return Forecast(
        at, tuple(sorted(late.items())), overdue, done_at, tuple(hours), tuple(finishes) if each else ()
    )  # fmt: skip


def _after(store: Store, paces: Paces, works: float, at: int) -> int:
    return ready_minute(store.windows, 0, ceil(works), store.capacity_per_hour, at, paces) + LAST_STEP


def _due(queue: Sequence[Sequence[float]], head: int, until: int) -> float:
    need = 0.0
    for i in range(head, len(queue)):
        if queue[i][0] >= until:
            break
        need += queue[i][3]
    return need


def _newcomers(store: Store, at: int, until: int) -> list[tuple[int, float]]:
    """(minute, works) of those who are expected, a few minutes' together; nobody while the store is paused."""
    found = []
    start = max(at, store.paused_until or at)
    for from_, to, works in store.expected:
        begins, ends = max(from_, start), min(to, until)
        if ends <= begins or works <= 0:
            continue
        per_minute = works / (to - from_)
        for step in range(begins, ends, STEP):
            length = min(STEP, ends - step)
            found.append((step + length // 2, per_minute * length))
    return found


def _steps(paces: Paces, span: int, from_: int, to: int, step: int) -> Iterable[tuple[int, int, float]]:
    for i in range(span, len(paces)):
        opens, closes, per_hour = paces[i]
        if opens >= to:
            return
        begins, ends = max(opens, from_), min(closes, to)
        if per_hour <= 0:
            continue
        while begins < ends:
            stop = min(ends, begins // step * step + step)
            yield begins, stop, per_hour
            begins = stop


class Error(msgspec.Struct, frozen=True):
    """What forecasts of one horizon were off by: 10 and 90 % of them in units of their scale, and half of them by at most `usual` works.

    `calm` is what 90 % of those stayed under that saw nothing coming.
    """

    low: float = -1.0
    high: float = 1.5
    calm: float = 0.0
    usual: float | None = None
    seen: int = 0


Errors = dict[int, Error]
"""By horizon in hours; what is not there is taken as an `Error()`."""


class Figure(msgspec.Struct, frozen=True):
    """Works that will be late by a minute: most likely, and between which of ten eight lie. `scale` is what errors are counted in."""

    late: float
    low: float
    high: float
    scale: float = 0.0

    @property
    def words(self) -> tuple[int, int, int]:
        """Whole works: most likely, at least, at most."""
        return round(self.late), round(self.low), round(self.high)


class Outlook(msgspec.Struct, frozen=True):
    """A store's forecast, and what it would be with slower and with quicker hands."""

    store: Store
    likely: Forecast
    slow: Forecast
    fast: Forecast

    def scale(self, minute: int) -> float:
        """How many works more or less it may be by a minute: half of what lies between quick and slow, one at least; 0 where nothing is near."""
        slow = self.slow.late_by(minute)
        if slow < 0.5:
            return 0.0
        return max(1.0, (slow - self.fast.late_by(minute)) / 2, sqrt(self.likely.late_by(minute)) / 2)


def outlook(store: Store, at: int) -> Outlook:
    """A store's forecast with its slow and its quick twin. Where nothing is late with slow hands nothing is with any."""
    slow = forecast(store, at, pace=SLOW)
    likely = forecast(store, at, each=True)
    if not slow.late:
        return Outlook(store, likely, slow, likely)
    return Outlook(store, likely, slow, forecast(store, at, pace=FAST) if likely.late else likely)


def figure(outlooks: Iterable[Outlook], minute: int, errors: Errors) -> Figure:
    """How many works of these stores will be late by a minute. `errors` are those of such sums, or of single stores for one."""
    late, squares, most, at = 0.0, 0.0, 0.0, minute
    for one in outlooks:
        at = one.likely.at
        late += one.likely.late_by(minute)
        squares += one.scale(minute) ** 2
        most += promised(one.store, at, minute)
    return ranged(late, sqrt(squares), errors.get(horizon(minute - at), Error()), most)


def ranged(late: float, scale: float, error: Error, most: float = float("inf")) -> Figure:
    """A figure with the range that past errors give it; never below nothing, never above what was promised."""
    if scale <= 0:
        return Figure(late, max(0.0, min(late, late + error.low)), max(late, error.calm), 0.0)
    low = max(0.0, min(late, late + error.low * scale))
    return Figure(late, low, min(max(late, late + error.high * scale), max(most, late)), scale)


def soon(at: int) -> int:
    """The minute until which what breaks is decided about now."""
    return at // 60 * 60 + SOON


def horizon(minutes: int) -> int:
    """The horizon whose errors speak for a figure so many minutes ahead: the next longer one."""
    return next((hours for hours in HORIZONS if minutes <= hours * 60), HORIZONS[-1])


def learn(pasts: Sequence[tuple[float, float, float]]) -> Error:
    """What past forecasts of one horizon teach: (said, its scale, what came) each. Below 20 that saw something, what comes along stays."""
    came = Error()
    tight = sorted((actual - said) / scale for said, scale, actual in pasts if scale > 0)
    calm = sorted(actual for _, scale, actual in pasts if scale <= 0)
    off = sorted(abs(actual - said) for said, scale, actual in pasts if scale > 0)
    return Error(
        low=_part(tight, 0.1, down=True) if len(tight) >= 20 else came.low,
        high=_part(tight, 0.9) if len(tight) >= 20 else came.high,
        calm=_part(calm, 0.9) if calm else came.calm,
        usual=_part(off, 0.5) if off else None,
        seen=len(tight),
    )


def _part(values: Sequence[float], share: float, *, down: bool = False) -> float:
    """The value below which a share of all lie, the one more careful where it falls between two."""
    n = len(values)
    return values[max(0, int(share * (n + 1)) - 1)] if down else values[min(n - 1, ceil(share * (n + 1)) - 1)]


def promised(store: Store, at: int, minute: int) -> float:
    """Works promised between two minutes, and those expected by the second: no more can be late."""
    known = sum(count for promise, count in (*store.waiting, *store.begun, *store.laid) if at <= promise <= minute)
    return known + sum(works for from_, _, works in store.expected if from_ < minute)


def could_do(store: Store, from_: int, to: int) -> float:
    """Works that the store can do between two minutes as long as there are any."""
    return doable(store.paces, from_, to)

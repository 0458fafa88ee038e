"""How a store stands at a minute: what it has to do, who waits in it, and its forecast. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from math import sqrt
from typing import Any, ClassVar, Final

import msgspec

from comptoir.network import planned
from comptoir.network.hours import dayparts, hours_of, open_minutes, zone_of
from comptoir.network.promise import FAR, ready_minute
from comptoir.tower.forecasting import (
    HOURS,
    LAST_STEP,
    Error,
    Errors,
    Figure,
    Outlook,
    Store,
    could_do,
    horizon,
    outlook,
    promised,
    ranged,
    soon,
)
from comptoir.tower.learning import AHEAD_HOURS, Pace, PastHour, expect, lasting, through, today
from comptoir.tower.queries import Backlog, Place

DAYS: Final = 5
"""Days of open hours that a forecast is given: what is late beyond them is late."""
SHUT: Final = 8 * 1440
"""Minutes after which a store opens that is closed on all these days: nobody knows when, and no act reaches so far."""
PAST_HOURS: Final = 6
"""Past hours that are shown and that today's pace is read from."""
NOBODY: Final = 999
"""Load in per cent where there is work and nobody to do it."""
ANY: Final = ""
SUMS: Final = "+"


class Here(msgspec.Struct, frozen=True):
    """Customers in the store: how many, since when, how many nobody serves yet, and since when these wait."""

    waiting: int = 0
    since: datetime | None = None
    untaken: int = 0
    untaken_since: datetime | None = None


class Silent(msgspec.Struct, frozen=True):
    """Devices with work in hand that are not heard of: how many, since when the first, its name, lines in their hands."""

    devices: int = 0
    since: datetime | None = None
    name: str = ""
    lines: int = 0


class Unheard(msgspec.Struct, frozen=True):
    """No device of the store was heard of for some time: how many it has, and when the last one was."""

    devices: int = 0
    since: datetime | None = None


class Pickup(msgspec.Struct, frozen=True):
    """A carrier's next visit (minute), parcels that will not be picked by then, and when these are promised."""

    carrier: str
    at: int
    missing: int = 0
    promises: tuple[int, ...] = ()


class Said(msgspec.Struct, frozen=True):
    """What a forecast says of a store by a whole hour: works late, the scale of its errors, works promised until then."""

    minute: int
    late: float
    scale: float
    promised: float


class StoreNow(msgspec.Struct, frozen=True):
    """One store at a minute, reckoned once for all who look at it.

    Works: `open` to pick, to stage or to pack; `late`, their promise has passed; `due` within the hour; `risks` on file that will
    soon be late, by their promise. `loads` is load in per cent by the minute its hour begins (None: closed), `peak` the highest of
    those to come; `said` the forecast by each of the next whole hours, `soon` the last of them with its range.
    """

    place: Place
    at: int
    backlog: Backlog
    outlook: Outlook
    soon: Figure
    said: tuple[Said, ...]
    open: int
    late: int
    due: int
    risks: dict[int, int]
    at_risk: int
    loads: dict[int, int | None]
    peak: int
    past: tuple[PastHour, ...] = ()
    here: Here = Here()
    silent: Silent = Silent()
    unheard: Unheard | None = None
    pickups: tuple[Pickup, ...] = ()
    pickups_missed: int = 0
    staged: int = 0
    lapsing: int = 0
    cases: int = 0
    untold: int = 0

    BUCKETS: ClassVar = ("late", "half", "hour", "two", "today", "later")
    """Works by the time that is left: late, half an hour, one, two, until midnight, later."""

    def edges(self, midnight: int) -> tuple[int, ...]:
        """The minutes between which each bucket lies, from its own to just before the next."""
        return (0, self.at, self.at + 30, self.at + 60, self.at + 120, max(midnight, self.at + 121), 1 << 40)

    def buckets(self, midnight: int) -> tuple[tuple[str, int], ...]:
        """How many works each bucket holds."""
        edges = self.edges(midnight)
        return tuple(
            (name, _promised(self.backlog, edges[i], edges[i + 1] - 1)) for i, name in enumerate(self.BUCKETS)
        )  # fmt: skip

    def open_at(self, at: datetime) -> bool:
        """Whether its doors are open at a moment; a place without hours never closes, and of what lies beyond the days looked at nothing is known."""
        minute, windows = int(at.timestamp() // 60), self.outlook.store.windows
        if not windows or self.shut:
            return not windows
        return minute >= self.at + DAYS * 1440 or any(opens <= minute <= closes for opens, closes in windows)

    def promised_by(self, until: int) -> int:
        """Works that are late or promised by a minute."""
        return _promised(self.backlog, 0, until)

    @property
    def unheard_minutes(self) -> int:
        """Open minutes in which no device was heard of; 0 where one was, while it is closed, and where there is none."""
        if self.unheard is None or self.unheard.since is None:
            return 0
        seen = int(self.unheard.since.timestamp() // 60)
        windows = self.outlook.store.windows
        return silent_for(windows, self.at, seen) if windows else self.at - seen

    @property
    def shut(self) -> bool:
        """Closed today and all the coming days that were looked at."""
        windows = self.outlook.store.windows
        return bool(windows) and windows[0][0] >= self.at + SHUT

    @property
    def resting(self) -> bool:
        """Closed for all of the coming hours that a page shows."""
        return all(load is None for minute, load in self.loads.items() if minute + 60 > self.at)

    def next_open(self, at: datetime) -> datetime:
        """The moment itself where it is open then; else the first at which something new is ready there after it opens."""
        if self.open_at(at):
            return at
        store = self.outlook.store
        ready = ready_minute(store.windows, store.lead_minutes, 0, store.capacity_per_hour, int(at.timestamp() // 60))
        return datetime.fromtimestamp(-(-ready // 5) * 300, UTC)

    def risk_spans(self) -> list[tuple[int, int, bool]]:
        """(From, to, begun) of the promises that `at_risk` counts: those that nobody has begun, next to one another in one span, and those in hand."""
        slow = {promise for promise, _ in _too_slow(self.outlook, self.at)}
        spans: list[tuple[int, int, bool]] = []
        follows = False
        for promise, _ in self.outlook.store.waiting:
            if promise in slow:
                from_ = spans.pop()[0] if follows else promise
                spans.append((from_, promise + 1, False))
            follows = promise in slow
        return [*spans, (self.at, self.at + LAST_STEP, True)]

    @property
    def planned(self) -> tuple[tuple[str, float, int], ...]:
        """What acts planned and what holds now or later, as (`capacity` or `hands`, works per hour, until which minute); the newest first."""
        return tuple(
            (kind, per_hour, to) for kind, per_hour, _, to in planned.of_acts(self.place.plans) if to > self.at
        )

    @property
    def waiting(self) -> int:
        return self.here.waiting

    @property
    def silent_devices(self) -> int:
        return self.silent.devices

    @property
    def calm(self) -> bool:
        return not (
            self.late or self.at_risk or self.waiting or self.cases or self.untold or self.silent_devices or self.pickups_missed
        )  # fmt: skip


def silent_for(windows: Sequence[tuple[int, int]], at: int, seen: int) -> int:
    """Minutes of this open window in which no device of the store was heard of; 0 while it is closed."""
    opened = next((opens for opens, closes in windows if opens <= at < closes), None)
    return 0 if opened is None else max(0, at - max(opened, seen))


class Facts(msgspec.Struct, frozen=True):
    """What changes slowly and is read for all stores at once."""

    paces: Mapping[str, tuple[Pace, ...]] = {}
    same_hours: Mapping[str, Mapping[int, int]] = {}
    errors: Mapping[str, Errors] = {}
    past: Mapping[str, Sequence[PastHour]] = {}
    collections: Mapping[str, Sequence[tuple[str, int]]] = {}
    """Location -> (carrier, minute) of the next hours, ascending."""

    def errors_of(self, location: str) -> Errors:
        """A store's own errors where enough is known of it, else those of any store."""
        return dict(self.errors.get(location) or self.errors.get(ANY, {}))

    @property
    def errors_of_sums(self) -> Errors:
        return dict(self.errors.get(SUMS) or self.errors.get(ANY, {}))


def store_of(place: Place, backlog: Backlog, facts: Facts, at: int) -> Store:
    """All that the forecast of one store knows."""
    now = datetime.fromtimestamp(at * 60, UTC)
    start = now - timedelta(days=1)
    hours, exceptions = hours_of(place.hours, place.exceptions)
    paces = facts.paces.get(place.id, ())
    known = facts.same_hours.get(place.id, {})
    past = _until_now(facts.past.get(place.id, ()), backlog, at)
    plans = planned.read(place.plans)
    instead = planned.instead(plans)
    factor = today(past, at, paces, place.capacity_per_hour, instead)
    minutes = backlog.minutes
    windows = open_minutes(hours, exceptions, place.time_zone, start, DAYS + 2)
    if not windows and (hours or exceptions):
        # It has hours, and none of them in these days: it opens some day, and does not work round the clock.
        windows = ((at + SHUT, FAR),)
    return Store(
        location=place.id,
        windows=windows,
        capacity_per_hour=place.capacity_per_hour,
        lead_minutes=place.pick_lead_minutes,
        waiting=_some(minutes, backlog.waiting),
        begun=_some(minutes, backlog.begun),
        laid=_some(minutes, backlog.laid),
        expected=expect(known, known, at, at + HOURS * 60),
        learned=through(paces, dayparts(place.time_zone, start, DAYS + 2), place.capacity_per_hour),
        planned=instead
        + (() if factor == 1 else lasting(factor, at, _midnight(place.time_zone, now), place.capacity_per_hour)),
        extra=plans.hands,
        offered=instead,
        promises_learned=bool(plans.learned),
        paused_until=int(place.paused_until.timestamp() // 60) if place.paused_until else None,
    )


def store_now(
    place: Place, backlog: Backlog, facts: Facts, at: int, figures: Mapping[str, tuple[Any, ...]] | None = None,
    seen: Outlook | None = None,
) -> StoreNow:  # fmt: skip
    """One store with its forecast; `figures` are rows by the name of their reading, `seen` a forecast that still holds."""
    told = figures or {}
    view = seen or outlook(store_of(place, backlog, facts, at), at)
    past = tuple(_until_now(facts.past.get(place.id, ()), backlog, at))
    staged = told.get("shelves", (0, 0))
    risks = risks_of(view, at)
    loads = loads_of(view, past, at)
    said = tuple(_said(view, minute) for minute in range(at // 60 * 60 + 60, soon(at) + 1, 60))
    pickups = pickups_of(backlog, view, facts.collections.get(place.id, ()))
    return StoreNow(
        place=place,
        at=at,
        backlog=backlog,
        outlook=view,
        soon=ranged_sum(said[-1:], at, facts.errors_of(place.id)),
        said=said,
        open=backlog.works,
        late=_promised(backlog, 0, at - 1),
        due=_promised(backlog, at, at + 60),
        risks=risks,
        at_risk=sum(risks.values()),
        loads=loads,
        peak=max((load or 0 for minute, load in loads.items() if minute >= at // 60 * 60), default=0),
        past=past,
        here=Here(*told.get("waiting", ())),
        silent=Silent(*told.get("silent", ())),
        unheard=Unheard(*told["unheard"]) if "unheard" in told else None,
        pickups=pickups,
        pickups_missed=sum(one.missing for one in pickups),
        staged=staged[0],
        lapsing=staged[1],
        cases=told.get("cases", (0,))[0],
        untold=told.get("untold", (0,))[0],
    )


def ranged_sum(said: Sequence[Said], at: int, errors: Errors) -> Figure:
    """What one store or several will have late by the same whole hour, with the range that `errors` give."""
    minute = said[0].minute
    scale = sqrt(sum(one.scale**2 for one in said))
    error = errors.get(horizon(minute - at), Error())
    return ranged(sum(one.late for one in said), scale, error, sum(one.promised for one in said))


def risks_of(view: Outlook, at: int) -> dict[int, int]:
    """Works on file that will soon be late, by their promise; those of one promise are at risk together."""
    found = dict(_too_slow(view, at))
    for promise, count in (*view.store.begun, *view.store.laid):
        if at <= promise < at + LAST_STEP:
            found[promise] = found.get(promise, 0) + count
    return found


def _too_slow(view: Outlook, at: int) -> list[tuple[int, int]]:
    """(promise, works) that nobody has begun and that will soon miss it."""
    done = zip(view.store.waiting, view.likely.finishes, strict=True)
    return [(promise, count) for (promise, count), ready in done if at <= promise <= soon(at) and ready > promise]


def loads_of(view: Outlook, past: Sequence[PastHour], at: int) -> dict[int, int | None]:
    """Load by the minute its hour begins, in per cent: what was picked of what could be; then what fills the hour of what can be done in it."""
    store, this = view.store, at // 60 * 60
    found: dict[int, int | None] = {}
    for hour in past:
        if hour.minute < this:
            able = store.capacity_per_hour * hour.open_minutes / 60
            found[hour.minute] = round(100 * hour.works / able) if able else None
    done = sum(hour.works for hour in past if hour.minute == this)
    for ahead in view.likely.hours:
        if ahead.minute == this:
            able = could_do(store, this, this + 60)
            found[this] = round(100 * (done + ahead.load) / able) if able else None
        else:
            found[ahead.minute] = ahead.percent
        if found[ahead.minute] is None and _open_in(store, max(at, ahead.minute), ahead.minute + 60):
            # Open, and nobody is planned: not closed.
            found[ahead.minute] = NOBODY if ahead.need else 0
    return found


def _open_in(store: Store, from_: int, to: int) -> bool:
    return not store.windows or any(opens < to and closes > from_ for opens, closes in store.windows)


def pickups_of(backlog: Backlog, seen: Outlook, visits: Iterable[tuple[str, int]]) -> tuple[Pickup, ...]:
    """Parcels promised by a carrier's next visit that will not be picked by then. One visit per carrier, the next one."""
    found: dict[str, Pickup] = {}
    done = {promise: ready for (promise, _), ready in zip(seen.store.waiting, seen.likely.finishes, strict=True)}
    for carrier, at in visits:
        if carrier in found or at < seen.likely.at:
            continue
        missed = [
            (promise, ship)
            for promise, ship in zip(backlog.minutes, backlog.ship, strict=True)
            if ship and promise <= at and done.get(promise, 0) > at
        ]
        found[carrier] = Pickup(carrier, at, sum(ship for _, ship in missed), tuple(promise for promise, _ in missed))
    return tuple(sorted(found.values(), key=lambda one: one.at))


def _said(view: Outlook, minute: int) -> Said:
    return Said(minute, view.likely.late_by(minute), view.scale(minute), promised(view.store, view.likely.at, minute))


def _promised(back: Backlog, from_: int, to: int) -> int:
    columns = zip(back.minutes, back.waiting, back.begun, back.laid, back.packing, strict=True)
    return sum(sum(counts) for minute, *counts in columns if from_ <= minute <= to)


def pressing(backlog: Backlog, at: int) -> int:
    """Works to pick that are promised soon: what hurries a team."""
    return sum(
        waiting + begun
        for minute, waiting, begun in zip(backlog.minutes, backlog.waiting, backlog.begun, strict=True)
        if minute <= at + AHEAD_HOURS * 60
    )


def _until_now(past: Sequence[PastHour], backlog: Backlog, at: int) -> list[PastHour]:
    """Past hours; the one that has begun ends now."""
    found = list(past)
    if found and found[-1].minute == at // 60 * 60:
        last = found[-1]
        found[-1] = msgspec.structs.replace(
            last, open_minutes=min(last.open_minutes, at - last.minute), pressing_after=pressing(backlog, at)
        )
    return found


def _some(minutes: Sequence[int], counts: Sequence[int]) -> tuple[tuple[int, int], ...]:
    return tuple((minute, count) for minute, count in zip(minutes, counts, strict=True) if count)


def _midnight(zone: str, now: datetime) -> int:
    here = now.astimezone(zone_of(zone))
    tomorrow = here.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None) + timedelta(days=1)
    return int(tomorrow.replace(tzinfo=zone_of(zone)).timestamp()) // 60

"""How a store stands at a minute: what it has to do, who waits in it, and its forecast. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from comptoir.network.hours import dayparts, hours_of, open_minutes, zone_of
from comptoir.network.promise import doable
from comptoir.tower.forecasting import (
    HOURS,
    LAST_STEP,
    Errors,
    Figure,
    Outlook,
    Store,
    figure,
    outlook,
    soon,
)
from comptoir.tower.learning import AHEAD_HOURS, Pace, PastHour, expect, lasting, through, today
from comptoir.tower.queries import Backlog, Place

DAYS: Final = 5
"""Days of open hours that a forecast is given: what is late beyond them is late."""
PAST_HOURS: Final = 6
"""Past hours that are shown and that today's pace is read from."""
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


class Pickup(msgspec.Struct, frozen=True):
    """A carrier's next visit (minute), parcels that will not be picked by then, and when these are promised."""

    carrier: str
    at: int
    missing: int = 0
    promises: tuple[int, ...] = ()


class StoreNow(msgspec.Struct, frozen=True):
    """One store at a minute. `cells` are its hours: past, the one that has begun, and those to come."""

    place: Place
    at: int
    backlog: Backlog
    outlook: Outlook
    errors: Errors
    past: tuple[PastHour, ...] = ()
    here: Here = Here()
    silent: Silent = Silent()
    pickups: tuple[Pickup, ...] = ()
    staged: int = 0
    lapsing: int = 0
    cases: int = 0
    untold: int = 0

    @property
    def open(self) -> int:
        """Works to pick, to stage or to pack."""
        return self.backlog.works

    @property
    def late(self) -> int:
        """Works whose promise has passed."""
        return self._promised(0, self.at - 1)

    def due(self, minutes: int = 60) -> int:
        """Works promised within so many minutes."""
        return self._promised(self.at, self.at + minutes)

    @property
    def at_risk(self) -> int:
        """Works on file whose promise will soon break, by the forecast."""
        return sum(count for count in self.risks.values())

    @property
    def risks(self) -> dict[int, int]:
        """Works on file that will soon be late, by their promise; those of one promise are at risk together."""
        store, likely, until = self.outlook.store, self.outlook.likely, soon(self.at)
        found: dict[int, int] = {}
        for (promise, count), done in zip(store.waiting, likely.finishes, strict=True):
            if self.at <= promise <= until and done > promise:
                found[promise] = found.get(promise, 0) + count
        for promise, count in (*store.begun, *store.laid):
            if self.at <= promise < self.at + LAST_STEP:
                found[promise] = found.get(promise, 0) + count
        return found

    @property
    def pickups_missed(self) -> int:
        return sum(one.missing for one in self.pickups)

    @property
    def received(self) -> int:
        """Works that came in since the hour began."""
        return self.past[-1].received if self.past and self.past[-1].minute == self.at // 60 * 60 else 0

    @property
    def calm(self) -> bool:
        return not (
            self.late or self.at_risk or self.here.waiting or self.cases or self.untold or self.silent.devices or self.pickups_missed
        )  # fmt: skip

    def late_by(self, minute: int) -> Figure:
        """Works that will be late by a minute, with the range of this store's own errors."""
        return figure((self.outlook,), minute, self.errors)

    def loads(self) -> dict[int, int | None]:
        """Load by the minute its hour begins, in per cent: what was picked of what could be; then what must be done of what can be."""
        store = self.outlook.store
        paces = store.paces
        this = self.at // 60 * 60
        done = {hour.minute: hour.works for hour in self.past}
        found: dict[int, int | None] = {}
        for hour in self.past:
            if hour.minute < this:
                able = store.capacity_per_hour * hour.open_minutes / 60
                found[hour.minute] = round(100 * hour.works / able) if able else None
        for ahead in self.outlook.likely.hours:
            if ahead.minute == this:
                able = doable(paces, this, this + 60)
                found[this] = round(100 * (done.get(this, 0) + ahead.need) / able) if able else None
            else:
                found[ahead.minute] = ahead.percent
        return found

    def _promised(self, from_: int, to: int) -> int:
        back = self.backlog
        columns = zip(back.minutes, back.waiting, back.begun, back.laid, back.packing, strict=True)
        return sum(sum(counts) for minute, *counts in columns if from_ <= minute <= to)


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
    factor = today(past, at, paces, place.capacity_per_hour)
    minutes = backlog.minutes
    return Store(
        location=place.id,
        windows=open_minutes(hours, exceptions, place.time_zone, start, DAYS + 2),
        capacity_per_hour=place.capacity_per_hour,
        lead_minutes=place.pick_lead_minutes,
        waiting=_some(minutes, backlog.waiting),
        begun=_some(minutes, backlog.begun),
        laid=_some(minutes, backlog.laid),
        expected=expect(known, known, at, at + HOURS * 60),
        learned=through(paces, dayparts(place.time_zone, start, DAYS + 2), place.capacity_per_hour),
        planned=() if factor == 1 else lasting(factor, at, _midnight(place.time_zone, now), place.capacity_per_hour),
        paused_until=int(place.paused_until.timestamp() // 60) if place.paused_until else None,
    )


def store_now(
    place: Place, backlog: Backlog, facts: Facts, at: int, figures: Mapping[str, tuple[Any, ...]] | None = None,
    seen: Outlook | None = None,
) -> StoreNow:  # fmt: skip
    """One store with its forecast; `figures` are rows by the name of their reading, `seen` a forecast that still holds."""
    told = figures or {}
    outlook_ = seen or outlook(store_of(place, backlog, facts, at), at)
    staged = told.get("shelves", (0, 0))
    return StoreNow(
        place=place,
        at=at,
        backlog=backlog,
        outlook=outlook_,
        errors=facts.errors_of(place.id),
        past=tuple(_until_now(facts.past.get(place.id, ()), backlog, at)),
        here=Here(*told.get("waiting", ())),
        silent=Silent(*told.get("silent", ())),
        pickups=pickups_of(backlog, outlook_, facts.collections.get(place.id, ())),
        staged=staged[0],
        lapsing=staged[1],
        cases=told.get("cases", (0,))[0],
        untold=told.get("untold", (0,))[0],
    )


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

"""Forecasts tried on days that never were: what was said at each hour, what came, and whether the range held what it claims.

Each store is learned from as production does it: pace by part of the day and who comes in from the hours before, errors from the
forecasts before. Nothing of the day that is forecast is known but what its books hold at that minute.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from statistics import mean, median
from typing import Any, Final

import msgspec

from comptoir.bench import days
from comptoir.network.hours import DAYPARTS
from comptoir.network.planned import believed
from comptoir.network.promise import paced
from comptoir.tower.effect import leaving
from comptoir.tower.forecasting import HORIZONS, Errors, Figure, Store, figure, learn, outlook, soon
from comptoir.tower.learning import DAYS, PastHour, expect, lasting, learn_paces, through, today

CLAIMED: Final = 0.8
KEPT: Final = 14
"""Days of forecasts that errors are learned from."""


class Said(msgspec.Struct, frozen=True):
    """One forecast: of which store (number), made when, for how many hours ahead, and what came."""

    store: int
    day: int
    at: int
    hours: int
    figure: Figure
    came: int

    @property
    def inside(self) -> bool:
        _, low, high = self.figure.words
        return low <= self.came <= high


class History(msgspec.Struct):
    """One store's past, as its books keep it."""

    hours: list[PastHour] = []
    left: tuple[days.Done, ...] = ()


def learned_store(day: days.Day, played: tuple[days.Done, ...], history: History, at: int) -> Store:
    """The store at a minute, with all that its past teaches."""
    capacity = day.character.capacity_per_hour
    paces = learn_paces(history.hours, day.begins, capacity)
    parts = [(day.begins + 1440 * i + begins, part) for i in range(7) for part, begins in enumerate(DAYPARTS)]
    factor = today(days.past_hours(day, played, at), at, paces, capacity)
    received = {hour.minute: hour.received for hour in history.hours}
    return msgspec.structs.replace(
        days.standing(day, played, at),
        planned=lasting(factor, at, day.begins + 1440, capacity),
        learned=through(paces, parts, capacity),
        expected=expect(received, received, at, day.begins + 1440),
    )


def try_out(
    test_days: int, seed: int, stores: Sequence[days.Character] = days.STORES, warm_up: int = DAYS
) -> list[Said]:
    """Every forecast of the test days, after so many days of learning."""
    pasts = [History() for _ in stores]
    kept: list[Said] = []
    for number in range(warm_up + test_days):
        errors = errors_of([one for one in kept if number - KEPT <= one.day < number])
        for i, character in enumerate(stores):
            day = days.draw(character, number, seed)
            played = days.play(day, pasts[i].left)
            # The last days of the warm-up fill the errors; before that there is nothing to learn a pace from.
            if number >= warm_up - KEPT:
                opens, closes = day.window
                for at in range(opens, closes, 60):
                    seen = [outlook(learned_store(day, played, pasts[i], at), at)]
                    for hours in HORIZONS:
                        if at + hours * 60 > closes:
                            continue
                        found = figure(seen, at + hours * 60, errors)
                        came = days.broken(played, at, at + hours * 60)
                        kept.append(Said(i, number, at, hours, found, came))
            pasts[i].hours += days.past_hours(day, played)
            pasts[i].left = days.unready(played)
            pasts[i].hours = [hour for hour in pasts[i].hours if hour.minute >= day.begins - DAYS * 1440]
    return [one for one in kept if one.day >= warm_up]


def errors_of(said: Sequence[Said]) -> Errors:
    """What these forecasts teach, by horizon; all stores together."""
    return {
        hours: learn([(one.figure.late, one.figure.scale, one.came) for one in said if one.hours == hours])
        for hours in HORIZONS
    }


def summary(said: Sequence[Said]) -> list[dict[str, Any]]:
    """Per horizon: forecasts, those that saw something coming, how far off, and how many the range held."""
    rows = []
    for hours in HORIZONS:
        mine = [one for one in said if one.hours == hours]
        tight = [one for one in mine if one.figure.scale > 0]
        by_day: dict[tuple[int, int], list[bool]] = {}
        for one in tight:
            by_day.setdefault((one.store, one.day), []).append(one.inside)
        rows.append({
            "horizon_h": hours, "forecasts": len(mine), "saw_something": len(tight),
            "said": round(mean(one.figure.late for one in tight), 1) if tight else 0,
            "came": round(mean(one.came for one in tight), 1) if tight else 0,
            "usually_off": round(median(abs(one.came - one.figure.late) for one in tight), 1) if tight else 0,
            "width": round(mean(one.figure.high - one.figure.low for one in tight), 1) if tight else 0,
            "inside": round(mean(one.inside for one in tight), 3) if tight else 1,
            "inside_all": round(mean(one.inside for one in mine), 3),
            "days_inside": round(mean(mean(held) for held in by_day.values()), 3) if by_day else 1,
            "claimed": CLAIMED,
        })  # fmt: skip
    return rows


class Promised(msgspec.Struct, frozen=True):
    """Orders of the test days, how many were not ready by their promise, and how long they were promised to wait: minutes, the median."""

    by: str
    orders: int
    broken: int
    wait: float

    @property
    def broken_percent(self) -> float:
        return round(100 * self.broken / self.orders, 1)


def try_promises(
    test_days: int, seed: int, stores: Sequence[days.Character] = days.STORES, warm_up: int = DAYS
) -> list[Promised]:
    """The same orders promised by the capacity that was set, and by the pace that four weeks have taught."""
    return [_promised(by, test_days, seed, stores, warm_up) for by in ("capacity", "pace")]


def _promised(by: str, test_days: int, seed: int, stores: Sequence[days.Character], warm_up: int) -> Promised:
    broken, waits = 0, []
    for character in stores:
        history, capacity = History(), character.capacity_per_hour
        for number in range(warm_up + test_days):
            day = days.draw(character, number, seed)
            learned = learn_paces(history.hours, day.begins, capacity)
            parts = [(day.begins + 1440 * i + begins, part) for i in range(14) for part, begins in enumerate(DAYPARTS)]
            use = by == "pace" and number >= warm_up and learned
            paces = (
                paced(days.ahead(day), capacity, believed(through(learned, parts, capacity), capacity)) if use else ()
            )
            played = days.play(day, history.left, paces=paces)
            if number >= warm_up:
                mine = [work for work in played if work.number >= 0]
                broken += sum(work.ready is None or work.ready > work.promise for work in mine)
                waits += [work.promise - work.at for work in mine]
            history.hours += days.past_hours(day, played)
            history.left = days.unready(played)
            history.hours = [hour for hour in history.hours if hour.minute >= day.begins - DAYS * 1440]
    return Promised(by, len(waits), broken, median(waits))


class Moved(msgspec.Struct, frozen=True):
    """Works that were moved away at a moment: late works without and with it, as said and as they came."""

    works: int
    without: Figure
    with_: Figure
    came_without: int
    came_with: int

    @property
    def inside(self) -> bool:
        _, low, high = self.with_.words
        return low <= self.came_with <= high


def try_moving(
    test_days: int, seed: int, stores: Sequence[days.Character] = days.STORES, warm_up: int = DAYS
) -> list[Moved]:
    """On each test day, at three hours: the works promised first that nobody has begun leave the store, a third of them; the same day
    is played with and without them. Only what saw something coming is counted."""
    found: list[Moved] = []
    for character in stores:
        history = History()
        kept: list[Said] = []
        for number in range(warm_up + test_days):
            day = days.draw(character, number, seed)
            played = days.play(day, history.left)
            opens, closes = day.window
            if number >= warm_up - KEPT:
                errors = errors_of([one for one in kept if number - KEPT <= one.day < number])
                for at in range(opens + 60, closes - 240 + 1, 60):
                    store = learned_store(day, played, history, at)
                    until = soon(at)
                    hours = HORIZONS[HORIZONS.index(4)]
                    before = figure([outlook(store, at)], until, errors)
                    came = days.broken(played, at, until)
                    kept.append(Said(0, number, at, hours, before, came))
                    if number >= warm_up and (at - opens) % 120 == 60 and before.scale > 0:
                        found += _moved(day, played, history, store, at, before, came, errors)
            history.hours += days.past_hours(day, played)
            history.left = days.unready(played)
            history.hours = [hour for hour in history.hours if hour.minute >= day.begins - DAYS * 1440]
    return found


def _moved(
    day: days.Day, played: tuple[days.Done, ...], history: History, store: Store, at: int, before: Figure, came: int,
    errors: Errors,
) -> list[Moved]:  # fmt: skip
    waiting = sorted(
        (work.promise, work.number)
        for work in played
        if work.number >= 0 and work.at <= at and (work.begun is None or work.begun > at)
    )
    gone = waiting[: len(waiting) // 3]
    if not gone:
        return []
    works: dict[int, int] = {}
    for promise, _ in gone:
        works[promise] = works.get(promise, 0) + 1
    after = figure([outlook(leaving(store, works), at)], soon(at), errors)
    numbers = {number for _, number in gone}
    again = days.play(day, history.left, gone=numbers, gone_at=at)
    stayed = tuple(work for work in again if work.number not in numbers)
    return [Moved(len(gone), before, after, came, days.broken(stayed, at, soon(at)))]


def run(argv: Sequence[str] | None = None) -> int:
    """`comptoir backtest`: a table, then one JSON line."""
    parser = argparse.ArgumentParser(prog="comptoir backtest", description=__doc__)
    parser.add_argument("--days", type=int, default=20, help="days that are forecast, 1 to 365 (default 20)")
    parser.add_argument("--seed", type=int, default=1, help="other days (default 1)")
    parser.add_argument(
        "--promises", action="store_true", help="promises by the capacity beside promises by the pace instead"
    )
    parser.add_argument("--json", action="store_true", help="print the JSON line alone")
    asked = parser.parse_args(argv)
    if not 1 <= asked.days <= 365:
        parser.error("--days is between 1 and 365")
    if asked.promises:
        rows = [
            {"by": one.by, "orders": one.orders, "broken_percent": one.broken_percent, "median_wait_min": one.wait}
            for one in try_promises(asked.days, asked.seed)
        ]
    else:
        rows = summary(try_out(asked.days, asked.seed))
    if not asked.json:
        widths = {name: max(len(name), 6) for name in rows[0]}
        sys.stdout.write("  ".join(name.rjust(width) for name, width in widths.items()) + "\n")
        for row in rows:
            sys.stdout.write("  ".join(str(row[name]).rjust(width) for name, width in widths.items()) + "\n")
    sys.stdout.write(json.dumps({"days": asked.days, "seed": asked.seed, "runs": rows}, separators=(",", ":")) + "\n")
    return 0

"""The carrier's calendar: days counted from a Monday, on which of them parcels travel, and when each place is collected from. Pure."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from comptoir.network.holidays import holidays

AHEAD: Final = 120
"""Days of the calendar; a parcel that is promised beyond them is not late."""
MOST_DAYS: Final = 41
HOME: Final = ZoneInfo("Europe/Paris")


class Calendar:
    """Begins on the Monday of the week before a day. Sundays and the public holidays of France are no days of a carrier."""

    def __init__(self, today: date) -> None:
        self.first = today - timedelta(days=today.weekday() + 7)
        self.dates = [self.first + timedelta(days=day) for day in range(AHEAD)]
        self.works = [self._works(self.first + timedelta(days=day)) for day in range(AHEAD)]
        rows = [list(range(AHEAD))]
        for _ in range(MOST_DAYS):
            rows.append([self._next(day) for day in rows[-1]])
        self.arrivals: Sequence[Sequence[int]] = rows
        """By days on the way, then by day of leaving."""
        self._minute = -1
        self._due: dict[tuple[int, int], int] = {}
        """What was reckoned in this minute."""

    @staticmethod
    def _works(day: date) -> bool:
        return day.weekday() < 6 and day not in holidays(day.year)

    def _next(self, day: int) -> int:
        day += 1
        while day < AHEAD and not self.works[day]:
            day += 1
        return day if day < AHEAD else AHEAD - 1

    def day_of(self, at: date) -> int:
        """The number of a day; days before the calendar are its first, days beyond it its last."""
        return min(max((at - self.first).days, 0), AHEAD - 1)

    def date_of(self, day: int) -> date:
        return self.dates[day]

    def due(self, now: datetime, days: int, before: int) -> int:
        """The day for which an order of this moment is promised: so many working days on, from tomorrow's when it comes after `before`."""
        minute = int(now.timestamp()) // 60
        if minute != self._minute:
            self._minute = minute
            self._due.clear()
        found = self._due.get((days, before))
        if found is None:
            found = self._due[days, before] = self._due_day(now, days, before)
        return found

    def _due_day(self, now: datetime, days: int, before: int) -> int:
        local = now.astimezone(HOME)
        day = self.day_of(local.date())
        if local.hour * 60 + local.minute >= before or not self.works[day]:
            day = self._next(day)
        return self.arrivals[min(days, MOST_DAYS)][day]

    def collections(
        self, windows: Sequence[tuple[int, int]], zone: str, minute: int, own: Sequence[tuple[int, date]] | None = None
    ) -> tuple[tuple[int, int], ...]:
        """When a carrier comes, as (minute since 1970, day). `own`: the place's times as (minute since 1970, date), else on each working day at `minute`."""
        if own is not None:
            return tuple((at, self.day_of(day)) for at, day in own)
        there = ZoneInfo(zone)
        found: dict[int, tuple[int, int]] = {}
        for opens, closes in windows or self._all_day(there):
            at = datetime.fromtimestamp(opens * 60, UTC).astimezone(there).date()
            day = (at - self.first).days
            if not 0 <= day < AHEAD or not self.works[day]:
                continue
            comes = _minute(at, minute, there)
            # Two windows on a day (a lunch break): the carrier comes once, in the last one that it finds begun.
            if comes > opens:
                found[day] = (min(comes, closes), day)
        return tuple(found.values())

    def _all_day(self, zone: ZoneInfo) -> Iterator[tuple[int, int]]:
        """The days of a place without hours."""
        for day in range(AHEAD):
            at = _minute(self.date_of(day), 0, zone)
            yield at, at + 24 * 60


def _minute(day: date, minute: int, zone: ZoneInfo) -> int:
    """Minutes since 1970 of a minute after midnight there."""
    return int(datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=zone).timestamp()) // 60

"""Which days are no working days in France. Pure; civil days."""

from datetime import date, timedelta
from functools import lru_cache
from typing import Final

FIXED: Final = ((1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25))
AFTER_EASTER: Final = (1, 39, 50)
"""Days after Easter Sunday: Easter Monday, Ascension, Whit Monday."""
LOCAL_DEPARTMENTS: Final = ("57", "67", "68")
"""Moselle and Alsace: Good Friday and 26 December too."""


@lru_cache(maxsize=400)
def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar."""
    a, b, c = year % 19, year // 100, year % 100
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    k = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    m = (a + 11 * h + 22 * k) // 451
    month, day = divmod(h + k - 7 * m + 114, 31)
    return date(year, month, day + 1)


@lru_cache(maxsize=400)
def holidays(year: int, local: bool = False) -> frozenset[date]:
    """The public holidays of a year in France; `local` with those of Alsace and Moselle."""
    sunday = easter(year)
    found = {date(year, month, day) for month, day in FIXED}
    found.update(sunday + timedelta(days=days) for days in AFTER_EASTER)
    if local:
        found.update((sunday - timedelta(days=2), date(year, 12, 26)))
    return frozenset(found)


def has_local_holidays(postcode: str) -> bool:
    return postcode.startswith(LOCAL_DEPARTMENTS)


def working_day(day: date, local: bool = False) -> date:
    """This day, or the next one that is neither Saturday, Sunday nor a public holiday."""
    while day.weekday() >= 5 or day in holidays(day.year, local):
        day += timedelta(days=1)
    return day

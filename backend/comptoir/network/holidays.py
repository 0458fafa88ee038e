"""Which days are no working days in France, with those that only some places have. Pure; civil days."""

from datetime import date, timedelta
from functools import lru_cache
from typing import Final

FIXED: Final = ((1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25))
AFTER_EASTER: Final = (1, 39, 50)
"""Days after Easter Sunday: Easter Monday, Ascension, Whit Monday."""
EVERYWHERE: Final = ""
ALSACE_MOSELLE: Final = "alsace-moselle"
"""Good Friday and 26 December too."""
ABOLITION: Final = {
    "971": (5, 27), "972": (5, 22), "973": (6, 10), "974": (12, 20), "976": (4, 27), "977": (10, 9), "978": (5, 28),
}  # fmt: skip
"""Overseas, by the first digits of the postcode: the day on which the abolition of slavery is remembered (décret 83-1003)."""
_DEPARTMENTS: Final = dict.fromkeys(("57", "67", "68"), ALSACE_MOSELLE) | {code: code for code in ABOLITION}


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
def holidays(year: int, place: str = EVERYWHERE) -> frozenset[date]:
    """The public holidays of a year in France, with those of a place (`place_of`)."""
    sunday = easter(year)
    found = {date(year, month, day) for month, day in FIXED}
    found.update(sunday + timedelta(days=days) for days in AFTER_EASTER)
    if place == ALSACE_MOSELLE:
        found.update((sunday - timedelta(days=2), date(year, 12, 26)))
    elif place in ABOLITION:
        found.add(date(year, *ABOLITION[place]))
    return frozenset(found)


def place_of(postcode: str) -> str:
    """Whose holidays hold there besides those of all France."""
    return _DEPARTMENTS.get(postcode[:2]) or _DEPARTMENTS.get(postcode[:3], EVERYWHERE)


def working_day(day: date, place: str = EVERYWHERE) -> date:
    """This day, or the next one that is neither Saturday, Sunday nor a public holiday."""
    while day.weekday() >= 5 or day in holidays(day.year, place):
        day += timedelta(days=1)
    return day

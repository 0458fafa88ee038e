"""The legal dates of a withdrawal: until when a consumer may withdraw, and what is paid back until when. Pure; civil days.

Consumer code L221-18 to L221-24 and L242-4. What the law may change stands with the day from which it holds.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

FIRST_DAYS: Final = timedelta(days=14)
REFUND_DAYS: Final = timedelta(days=14)
RETURN_DAYS: Final = timedelta(days=14)
FUNCTION_SINCE: Final = date(2026, 6, 19)
"""From this day on a shop on the web must offer the function."""

FIXED: Final = ((1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25))
AFTER_EASTER: Final = (1, 39, 50)
"""Days after Easter Sunday: Easter Monday, Ascension, Whit Monday."""
LOCAL_DEPARTMENTS: Final = ("57", "67", "68")
"""Moselle and Alsace: Good Friday and 26 December too."""

LATE_REFUND: Final = ((10, 0), (20, 5), (30, 10), (60, 20), (90, 50))
"""Up to so many days late, so much percent more; 0 is the legal interest. Then five points for each month begun."""


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


def last_day(
    received: Sequence[date | None], *, told: bool = True, told_on: date | None = None, local: bool = False
) -> date | None:
    """The last day of the period, to its 24:00; None while something of the order is still to come.

    `received` has a day for each part of the order that is not canceled; the last one counts, and is not counted itself.
    `told` False: the consumer was not informed of the right, or only on `told_on`.
    """
    days = [day for day in received if day is not None]
    if not days or len(days) < len(received):
        return None
    first = working_day(max(days) + FIRST_DAYS, local)
    if told:
        return first
    latest = working_day(a_year_after(first), local)
    return latest if told_on is None else min(latest, max(first, working_day(told_on + FIRST_DAYS, local)))


def a_year_after(day: date) -> date:
    try:
        return day.replace(year=day.year + 1)
    except ValueError:  # 29 February
        return date(day.year + 1, 3, 1)


def in_time(last: date | None, today: date) -> bool:
    """May a notice still be given? Before the goods came it always may."""
    return last is None or today <= last


def refund_due(noticed: date, goods_back: date | None, proof: date | None, *, kept: bool = True) -> date | None:
    """The last day for the refund; None while neither goods nor a proof of their dispatch are there.

    `kept` is False when the consumer never had the goods: there is nothing to wait for.
    """
    latest = noticed + REFUND_DAYS
    there = [day for day in (goods_back, proof) if day is not None]
    if not kept:
        return latest
    return max(latest, min(there)) if there else None


def delivery_back_minor(paid_minor: int, standard_minor: int) -> int:
    """What of the delivery is paid back when everything is withdrawn: never more than the standard one would have cost."""
    return min(paid_minor, standard_minor)


def late_increase(days_late: int) -> int:
    """Percent on top of a refund that is so many days late; 0 within the first ten, where the legal interest is due."""
    for until, percent in LATE_REFUND:
        if days_late <= until:
            return percent
    return min(100, LATE_REFUND[-1][1] + 5 * -(-(days_late - LATE_REFUND[-1][0]) // 30))

"""The legal dates of a withdrawal: until when a consumer may withdraw, and what is paid back until when. Pure; civil days.

Consumer code L221-18 to L221-24 and L242-4. What the law may change stands with the day from which it holds.
"""

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import Final

from comptoir.network.holidays import EVERYWHERE, working_day

FIRST_DAYS: Final = timedelta(days=14)
REFUND_DAYS: Final = timedelta(days=14)
RETURN_DAYS: Final = timedelta(days=14)
FUNCTION_SINCE: Final = date(2026, 6, 19)
"""From this day on a shop on the web must offer the function."""

LATE_REFUND: Final = ((10, 0), (20, 5), (30, 10), (60, 20), (90, 50))
"""Up to so many days late, so much percent more; 0 is the legal interest. Then five points for each month begun."""


def last_day(
    received: Sequence[date | None], *, told: bool = True, told_on: date | None = None,
    places: Collection[str] = (EVERYWHERE,),
) -> date | None:  # fmt: skip
    """The last day of the period, to its 24:00; None while something of the order is still to come.

    `received` has a day for each part of the order that is not canceled; the last one counts, and is not counted itself.
    `told` False: the consumer was not informed of the right, or only on `told_on`. `places`: whose holidays hold where the
    goods were received (`holidays.place_of`); of several the one that leaves most time.
    """
    days = [day for day in received if day is not None]
    if not days or len(days) < len(received):
        return None

    def working(day: date) -> date:
        return max(working_day(day, place) for place in places or (EVERYWHERE,))

    first = working(max(days) + FIRST_DAYS)
    if told:
        return first
    latest = working(years_after(first, 1))
    return latest if told_on is None else min(latest, max(first, working(told_on + FIRST_DAYS)))


def years_after(day: date, years: int) -> date:
    """The same day so many years later; 1 March where there is no 29 February."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


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

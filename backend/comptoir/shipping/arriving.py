"""Whether a parcel arrives by its promise: days until a carrier comes, days that it takes, days that are left. Pure; civil days of the store.

A carrier's day is any but Sundays and public holidays, as in `handing.due_on`.
"""

from datetime import date, timedelta

import msgspec

from comptoir.network.holidays import holidays


class Spoken(msgspec.Struct, frozen=True):
    """How one offer was chosen among those that were compared; money in minor units, `days` until it arrives (None: not known)."""

    account: str
    service: str
    because: str
    minor: int | None = None
    days: int | None = None


def carrier_days(since: date, until: date) -> int:
    """Days on which carriers drive after `since`, up to and with `until`; 0 when that is over."""
    days = (since + timedelta(days=n) for n in range(1, (until - since).days + 1))
    return sum(day.weekday() != 6 and day not in holidays(day.year) for day in days)

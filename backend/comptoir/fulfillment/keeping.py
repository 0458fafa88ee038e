"""How long goods wait for whoever does not come: longer on request, and one open day more before the money goes back. Pure.

Windows are a location's open spans in UTC (`network.hours.open_windows`); an open day is a day of the store.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from comptoir.fulfillment.lifecycles import Status
from comptoir.kit.errors import Conflict
from comptoir.network.hours import collect_until

MOST_TIMES: Final = 2
MORE_DAYS: Final = 3
RESCUE_DAYS: Final = 1

Windows = Sequence[tuple[datetime, datetime]]


class KeepLonger(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The customer cannot come in time: keep it three open days more."""

    id: UUID
    order: UUID
    work: UUID


class Kept(msgspec.Struct, frozen=True):
    """Until when it is kept now, and how often that may be asked for still."""

    until: datetime
    left: int


def may_keep_longer(status: str, until: datetime | None, times: int) -> bool:
    """Goods that lie on the shelf, twice at most."""
    return status == Status.STAGED and until is not None and times < MOST_TIMES


def longer(until: datetime | None, times: int, status: str, windows: Windows, zone: str, now: datetime) -> datetime:
    """The new end: closing time of the third open day after the old one, or after today where that has passed.

    Conflict `not_staged`, `kept_long_enough`.
    """
    if status != Status.STAGED or until is None:
        raise Conflict("not_staged")
    if times >= MOST_TIMES:
        raise Conflict("kept_long_enough", times=MOST_TIMES)
    return collect_until(windows, max(until, now), MORE_DAYS, zone)


def rescue_until(until: datetime, windows: Windows, zone: str) -> datetime:
    """When goods that nobody collected go back at last: closing time of the next open day after their last one."""
    return collect_until(windows, until, RESCUE_DAYS, zone)

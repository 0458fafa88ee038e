"""Units are missing: what the customer may choose, what happens without an answer, and when. Pure."""

from datetime import datetime, timedelta
from typing import Annotated, Final, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from comptoir.kit.errors import Conflict, Invalid
from comptoir.kit.words import Code, Slug

Choice = Literal["refund", "wait", "store", "substitute"]

UNTIL_HOUR: Final = 20
"""Store time, on the day after: nobody has to decide at night, and everybody has an evening."""
WAITS: Final = timedelta(days=7)


class ChooseForShort(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The customer's answer for one line. `location` for another store, `sku` for something else in its place."""

    id: UUID
    order: UUID
    line: Annotated[int, msgspec.Meta(ge=1, le=200)]
    choice: Choice
    location: Slug | None = None
    sku: Code | None = None


class Chosen(msgspec.Struct, frozen=True):
    """What was chosen; `until` when it waits for something."""

    choice: Choice
    until: datetime | None = None


def answer_until(at: datetime, time_zone: str) -> datetime:
    """Until when the customer may choose about what was missing at `at`: eight in the evening of the next day."""
    zone = ZoneInfo(time_zone)
    day = at.astimezone(zone).date() + timedelta(days=1)
    return datetime(day.year, day.month, day.day, UNTIL_HOUR, tzinfo=zone).astimezone(at.tzinfo)


def may_choose(open_units: int, until: datetime | None, waited: bool, command: ChooseForShort, now: datetime) -> None:
    """Conflict `nothing_missing`, `choice_over`, `waited_already`; Invalid `location_missing`, `article_missing`."""
    if not open_units:
        raise Conflict("nothing_missing")
    if until is not None and until <= now:
        raise Conflict("choice_over")
    if command.choice == "wait" and waited:
        raise Conflict("waited_already")
    if command.choice == "store" and command.location is None:
        raise Invalid("location_missing")
    if command.choice == "substitute" and command.sku is None:
        raise Invalid("article_missing")

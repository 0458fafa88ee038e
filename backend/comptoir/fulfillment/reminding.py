"""When somebody whose goods lie ready is reminded: once when half of the time is over, once on the last day. Pure.

Never at night and never on top of "ready": whoever was told in the morning is not told again in the afternoon.
"""

from datetime import datetime, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

Reminder = Literal["reminder", "last_day"]

FROM_HOUR: Final = 9
TO_HOUR: Final = 19
"""Store time: from nine in the morning to seven in the evening."""
LEAST: Final = timedelta(hours=20)
"""Between "ready" and the first reminder."""


def reminder_due(
    staged_at: datetime, collect_until: datetime, told: frozenset[str], time_zone: str, now: datetime
) -> Reminder | None:
    """What the customer is to be reminded of now, or None. `told` names what was said already."""
    zone = ZoneInfo(time_zone)
    here, last = now.astimezone(zone), collect_until.astimezone(zone)
    if not FROM_HOUR <= here.hour < TO_HOUR or now >= collect_until or now < staged_at + LEAST:
        return None
    # What closes with the night is for its evening before: the day on which one can still come.
    last_day = (last - timedelta(hours=FROM_HOUR)).date()
    if here.date() >= last_day:
        return "last_day" if "last_day" not in told else None
    if now >= staged_at + (collect_until - staged_at) / 2 and not told & {"reminder", "last_day"}:
        return "reminder"
    return None

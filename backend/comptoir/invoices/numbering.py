"""Numbers of documents: `ORM-F-2026-000001`. Pure; the counter behind them is advanced in `sql.py` with the document's row.

The prefix is the legal entity's own, so that a number names one document among all of them.
"""

import re
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

ALLOWED: Final = re.compile(r"[A-Za-z0-9+_-]{1,35}")
"""What the French reform lets a number be made of (law.md V3), but the slash: numbers stand in addresses."""


def number_of(prefix: str, series: str, year: int, n: int) -> str:
    """The n-th number of a series in a year. ValueError when the prefix holds what no number may."""
    number = f"{prefix}-{series}-{year}-{n:06d}"
    if not ALLOWED.fullmatch(number):
        raise ValueError(f"not a document number: {number}")
    return number


def day_of(moment: datetime, time_zone: str) -> date:
    """The day where the legal entity is. Of now: its year is the series' year, and it dates the document unless a later day was drawn."""
    return moment.astimezone(ZoneInfo(time_zone)).date()

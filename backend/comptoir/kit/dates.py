"""Days and moments in words, as CLDR patterns say them, with what French does and the patterns do not: the first of a month is "1er"."""

import re
from datetime import date, datetime
from typing import Final

from babel.dates import format_date, format_datetime

_DAY: Final = re.compile(r"\bd\b")
LONG: Final = "long"


def date_words(value: date, pattern: str, language: str) -> str:
    """A day, or a moment in the zone that it carries, by a pattern: "EEEE d MMMM", "d MMM", "long"; "mardi 1er décembre", "Tuesday 1 December"."""
    if language.startswith("fr") and value.day == 1:
        pattern = _DAY.sub("d'er'", "d MMMM y" if pattern == LONG else pattern)
    if isinstance(value, datetime):
        return str(format_datetime(value, pattern, tzinfo=None, locale=language))
    return str(format_date(value, pattern, locale=language))

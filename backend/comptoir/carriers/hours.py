"""Opening hours of relays, as carriers write them, in our one shape: weekday, minutes after midnight."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from comptoir.network.model import Opening

_SPAN: Final = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")


def spans_of(days: Sequence[str]) -> tuple[Opening, ...]:
    """From seven texts, Monday first: `09:00-12:00 14:00-18:00`; `00:00-00:00` is closed."""
    return tuple(_openings((day, ":".join(span[:2]), ":".join(span[2:])) for day, text in enumerate(days) for span in _SPAN.findall(text)))  # fmt: skip


def fours_of(days: Sequence[Sequence[str]]) -> tuple[Opening, ...]:
    """From seven times four `HHMM`, Monday first: opens, closes, opens again, closes again; `0000` to `0000` is closed."""
    return tuple(_openings((day, four[i], four[i + 1]) for day, four in enumerate(days) for i in range(0, len(four) - 1, 2)))  # fmt: skip


def _openings(spans: Iterable[tuple[int, str, str]]) -> Iterator[Opening]:
    for day, opens, closes in spans:
        first, last = _minutes(opens), _minutes(closes)
        if first is not None and last is not None and first < last:
            yield Opening(day, first, last)


def _minutes(text: str) -> int | None:
    digits = text.replace(":", "").strip()
    if not re.fullmatch(r"[0-9]{3,4}", digits):
        return None
    hour, minute = int(digits[:-2]), int(digits[-2:])
    return hour * 60 + minute if (hour < 24 and minute < 60) or (hour, minute) == (24, 0) else None

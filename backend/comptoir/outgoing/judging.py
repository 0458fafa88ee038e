"""What an endpoint's answer means, when a delivery is tried again and when an endpoint is let be. Pure."""

from datetime import datetime, timedelta
from typing import Final, Literal

import msgspec

Meaning = Literal["taken", "again", "gone"]
FIRST_WAIT: Final = timedelta(seconds=5)
LONGEST_WAIT: Final = timedelta(hours=6)
KEPT_TRYING: Final = timedelta(days=3)
"""After so long a delivery is given up."""
PAUSED_AFTER: Final = timedelta(days=2)
"""An endpoint that took nothing for so long is paused, and a person told: what waits is still there for a day."""
TROUBLED: Final = 5
"""Failures in a row after which an endpoint is tried with one delivery at a time, and rests between two."""
LONGEST_REST: Final = timedelta(minutes=10)
LONGEST_ASKED: Final = timedelta(hours=1)
"""Whatever an endpoint asks for, it is asked again after this."""


class Answer(msgspec.Struct, frozen=True):
    """What came of one try. `code` names it in one word; `wait_seconds` is what the endpoint asked for."""

    meaning: Meaning
    code: str
    status: int | None = None
    wait_seconds: float = 0.0
    took_ms: int = 0


def meaning_of(status: int, wait_seconds: float) -> Answer:
    """2xx took it; 410 wants no more; anything else is tried again, a redirect too: it is not followed."""
    if 200 <= status < 300:
        return Answer("taken", "ok", status)
    if status == 410:
        return Answer("gone", "gone", status)
    code = "redirect" if 300 <= status < 400 else "busy" if status == 429 else f"http_{status}"
    return Answer("again", code, status, wait_seconds if status in (429, 503) else 0.0)


def doubled(first: timedelta, times: int, most: timedelta) -> timedelta:
    """`first`, doubled so many times, at most `most`."""
    grown: int = 2 ** min(max(times, 0), 30)
    return min(first * grown, most)


def next_try(answer: Answer, tries: int, made_at: datetime, now: datetime, share: float) -> datetime | None:
    """When a delivery that was tried `tries` times is tried again; None when it is given up.

    Twice as long each time, from five seconds to six hours, give or take a quarter: `share` from 0 to 1 says how much.
    """
    wait = doubled(FIRST_WAIT, tries - 1, LONGEST_WAIT) * (0.75 + share / 2)
    asked = min(timedelta(seconds=answer.wait_seconds), LONGEST_ASKED)
    at = now + max(wait, asked)
    return None if at > made_at + KEPT_TRYING else at


def rest_of(answer: Answer, failures: int) -> timedelta:
    """How long an endpoint that failed so often in a row is left alone; zero while it may only have stumbled."""
    asked = min(timedelta(seconds=answer.wait_seconds), LONGEST_ASKED)
    if failures < TROUBLED:
        return asked
    return max(asked, doubled(FIRST_WAIT, failures - TROUBLED, LONGEST_REST))


def is_paused(answer: Answer, failing_since: datetime, now: datetime) -> str | None:
    """Why an endpoint is let be: `gone` when it said so, `failing` when it took nothing for two days; else None."""
    if answer.meaning == "gone":
        return "gone"
    return "failing" if now - failing_since >= PAUSED_AFTER else None

"""By which media a message goes, in which order, and how long it is of use. Pure."""

from datetime import datetime, timedelta
from typing import Final

import msgspec

from comptoir.notifications.model import Draft, Medium, OrderFacts


class Course(msgspec.Struct, frozen=True):
    """The media in their order, and the time after which the words help nobody any more."""

    media: tuple[Medium, ...]
    useful: timedelta


_NOW: Final[tuple[Medium, ...]] = ("push", "sms", "email")
_TO_KEEP: Final[tuple[Medium, ...]] = ("email", "sms")
COURSES: Final[dict[str, Course]] = {
    # What calls somebody to the store reaches the hand that holds the phone; what is kept belongs into a mailbox.
    "ready": Course(_NOW, timedelta(days=3)),
    "reminder": Course(_NOW, timedelta(days=1)),
    "last_day": Course(_NOW, timedelta(hours=10)),
    "short": Course(_NOW, timedelta(days=1)),
    "delayed": Course(_NOW, timedelta(hours=4)),
    "withdrawal_received": Course(_TO_KEEP, timedelta(days=5)),
    "early": Course(("push", "sms"), timedelta(minutes=30)),
    "confirmed": Course(_TO_KEEP, timedelta(days=2)),
    "held": Course(_TO_KEEP, timedelta(days=2)),
    "handed_over": Course(_TO_KEEP, timedelta(days=3)),
    "link": Course(_TO_KEEP, timedelta(hours=2)),
    "canceled": Course(_TO_KEEP, timedelta(days=5)),
    "lapsed": Course(_TO_KEEP, timedelta(days=5)),
    "expired": Course(_TO_KEEP, timedelta(days=5)),
}


def reachable(facts: OrderFacts) -> frozenset[Medium]:
    """The media by which this customer can be reached at all."""
    reach: set[Medium] = set()
    if facts.has_push:
        reach.add("push")
    if facts.has_phone:
        reach.add("sms")
    if facts.has_email:
        reach.add("email")
    return frozenset(reach)


def plan_for(draft: Draft, facts: OrderFacts) -> tuple[Medium, ...]:
    """The media this message will go through, first to last; empty when there is no way to the customer."""
    reach = {"email"} if draft.elsewhere else reachable(facts)
    return tuple(medium for medium in COURSES[draft.template].media if medium in reach and draft.by in (None, medium))


def useful_until(draft: Draft, now: datetime) -> datetime:
    """After this nothing new is tried. Goods that wait are not called for after their last day."""
    until = now + COURSES[draft.template].useful
    kept = draft.work.collect_until if draft.template in ("ready", "reminder", "last_day") and draft.work else None
    return max(now + timedelta(hours=1), min(until, kept)) if kept else until

"""By which media a message goes, in which order, and how long it is of use. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import msgspec

from comptoir.notifications.model import Draft, Medium, OrderFacts, Topic


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
    "missed": Course(_NOW, timedelta(hours=20)),
    "short": Course(_NOW, timedelta(days=1)),
    "change_settled": Course(_NOW, timedelta(days=2)),
    "collector": Course(("sms", "email"), timedelta(days=2)),
    "delayed": Course(_NOW, timedelta(hours=4)),
    "running_late": Course(_NOW, timedelta(hours=2)),
    "withdrawal_received": Course(_TO_KEEP, timedelta(days=5)),
    "early": Course(("push", "sms"), timedelta(minutes=30)),
    "confirmed": Course(_TO_KEEP, timedelta(days=2)),
    "shipped": Course(_TO_KEEP, timedelta(days=2)),
    "parcel_ready": Course(_NOW, timedelta(days=3)),
    "parcel_delivered": Course(("push", "email"), timedelta(days=2)),
    "parcel_delayed": Course(_NOW, timedelta(days=1)),
    "parcel_failed": Course(_NOW, timedelta(days=1)),
    "parcel_returned": Course(_NOW, timedelta(days=3)),
    "relay_closed": Course(_NOW, timedelta(days=1)),
    # Whoever has it is reached by whatever reaches them, and it is worth saying for a month.
    "recall": Course(("email", "sms", "push"), timedelta(days=30)),
    "recall_stopped": Course(("email", "sms", "push"), timedelta(days=5)),
    "held": Course(_TO_KEEP, timedelta(days=2)),
    "payment_due": Course(_TO_KEEP, timedelta(hours=1)),
    "handed_over": Course(_TO_KEEP, timedelta(days=3)),
    "link": Course(_TO_KEEP, timedelta(hours=2)),
    "canceled": Course(_TO_KEEP, timedelta(days=5)),
    "lapsed": Course(_TO_KEEP, timedelta(days=5)),
    "expired": Course(_TO_KEEP, timedelta(days=5)),
    "return_requested": Course(_TO_KEEP, timedelta(days=3)),
    "return_label_failed": Course(_NOW, timedelta(days=3)),
    "return_received": Course(_TO_KEEP, timedelta(days=3)),
    "credit_given": Course(_TO_KEEP, timedelta(days=5)),
    "refund_sent": Course(_TO_KEEP, timedelta(days=5)),
    # A question is worth no SMS, and is no longer asked in the evening.
    "survey": Course(("push", "email"), timedelta(hours=3)),
}
TOPIC_OF: Final[dict[str, Topic]] = {
    "ready": "ready", "reminder": "ready", "last_day": "ready", "missed": "ready", "delayed": "ready", "running_late": "ready", "early": "ready",
    "short": "changes", "held": "changes", "payment_due": "changes", "canceled": "changes", "lapsed": "changes", "expired": "changes", "refund_sent": "changes", "credit_given": "changes", "return_label_failed": "changes", "change_settled": "changes",
    "parcel_ready": "ready", "parcel_delayed": "changes", "parcel_failed": "changes", "parcel_returned": "changes", "relay_closed": "changes", "shipped": "papers", "parcel_delivered": "papers",
    "confirmed": "papers", "handed_over": "papers", "return_requested": "papers", "return_received": "papers", "survey": "survey",
}  # fmt: skip
"""A recall is on no topic: nobody can switch it off. The link is on none either: it is sent to whoever asks for it, by the way they name. Whoever collects has no switches: they were asked by one way."""
NEEDED: Final[frozenset[Topic]] = frozenset({"ready", "changes"})
"""Without these the contract cannot be kept: by SMS or e-mail they reach the customer, whatever is switched off."""
WRITTEN: Final[frozenset[Medium]] = frozenset({"sms", "email"})
"""A browser forgets; a number and an address do not."""


CALLS: Final = ("ready", "reminder", "last_day", "collector")
"""What calls somebody to goods that are kept until a moment."""


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
    if draft.to == "collector":
        return (facts.collector_by,) if facts.collector_by else ()
    reach: frozenset[Medium] = frozenset({"email"}) if draft.elsewhere else reachable(facts)
    media = media_of(draft.template, reach, facts.off)
    return tuple(medium for medium in media if draft.by in (None, medium))


def media_of(template: str, reach: frozenset[Medium], off: Mapping[Topic, tuple[Medium, ...]]) -> tuple[Medium, ...]:
    """The media of a template that reach the customer and are wanted, in their order."""
    topic = TOPIC_OF.get(template)
    left = reach - frozenset(off.get(topic, ())) if topic else reach
    if topic in NEEDED and not left & WRITTEN:
        # The number that was to remain is gone meanwhile: rather an unwanted e-mail than goods that nobody knows of.
        left = reach
    return tuple(medium for medium in COURSES[template].media if medium in left)


def why_no_way(draft: Draft, facts: OrderFacts) -> str:
    """Why a message has no medium."""
    reach = reachable(facts)
    if not reach or draft.by is not None:
        return "no_phone_no_email"
    return "unwanted" if media_of(draft.template, reach, {}) else "no_fitting_medium"


def useful_until(draft: Draft, now: datetime) -> datetime:
    """After this nothing new is tried. Goods that wait are not called for after their last day."""
    until = now + COURSES[draft.template].useful
    if draft.template in ("missed", "payment_due") and draft.until:
        return draft.until
    kept = draft.work.collect_until if draft.template in CALLS and draft.work else None
    return max(now + timedelta(hours=1), min(until, kept)) if kept else until

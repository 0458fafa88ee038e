"""What carriers tell of parcels, and what it means for the work, the customer and the store. Pure.

told -> one status per parcel, never backwards (`carriers.following`) -> the work's steps, messages, alerts
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec

from comptoir.kit.words import Codename, Instant

Status = Literal[
    "pending", "picked_up", "in_transit", "out_for_delivery", "ready_for_pickup", "delivered", "delivery_failed",
    "delivery_delayed", "on_hold", "return_to_sender", "cancelled", "unknown",
]  # fmt: skip
Source = Literal["poll", "push", "person"]
FINAL: Final = ("delivered", "return_to_sender", "cancelled")
MOVING: Final = ("picked_up", "in_transit", "out_for_delivery", "ready_for_pickup", "delivery_delayed", "on_hold")
TOLD: Final[dict[str, str]] = {
    "ready_for_pickup": "shipping.ready_at_relay", "delivered": "shipping.delivered", "delivery_failed": "shipping.failed",
    "delivery_delayed": "shipping.delayed", "return_to_sender": "shipping.returned",
}  # fmt: skip
"""A parcel's new status -> the event that says so; the other statuses are seen on pages and told to nobody."""

LOST_AFTER: Final = timedelta(days=5)
"""Without a sign of life for so long somebody must ask; a parcel that waits at a relay is not lost, it waits."""
RELAY_LOST_AFTER: Final = timedelta(days=16)
GIVEN_UP_AFTER: Final = timedelta(days=60)
"""Older than this a parcel is not asked for any more: its case is with a person."""

MOST_EVENTS: Final = 500


class HeardEvent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that a carrier told, with the status that its table gives the code."""

    code: Annotated[str, msgspec.Meta(max_length=64)]
    status: Status
    at: Instant | None = None
    place: Annotated[str, msgspec.Meta(max_length=200)] = ""
    words: Annotated[str, msgspec.Meta(max_length=500)] = ""


class HearTracking(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was heard of one number, in any order, told before or not."""

    id: UUID
    carrier: Codename
    number: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    events: Annotated[tuple[HeardEvent, ...], msgspec.Meta(max_length=MOST_EVENTS)]
    source: Source = "poll"


class Heard(msgspec.Struct, frozen=True):
    """The answer: how many events were new, and where the parcel stands. `known` False: no parcel of ours."""

    known: bool
    new: int = 0
    status: Status = "pending"


class Tracked(msgspec.Struct, frozen=True):
    """One parcel that left, as it stands."""

    parcel: UUID
    location: str
    order_id: UUID
    work: UUID
    carrier: str
    number: str
    handed_at: datetime
    due_on: date
    status: Status
    moved_at: datetime
    account: str | None = None
    status_at: datetime | None = None
    code: str = ""


WorkTarget = Literal["in_transit", "delivered", "delivery_failed", "returned_to_sender"]


def work_target(statuses: Iterable[Status]) -> WorkTarget | None:
    """Where the work is whose parcels stand so: the least far of them says; None before any has moved.

    One that its carrier has canceled travels nowhere: the others say.
    """
    found = [status for status in statuses if status != "cancelled"]
    if all(status in ("pending", "unknown") for status in found):
        return None
    if all(status == "delivered" for status in found):
        return "delivered"
    if "delivery_failed" in found:
        return "delivery_failed"
    if all(status in FINAL for status in found) and "return_to_sender" in found:
        return "returned_to_sender"
    return "in_transit"


def next_ask(status: Status, handed_at: datetime, now: datetime) -> datetime | None:
    """When its carrier is asked again: often where something is about to happen, seldom when it is old, never once it is over."""
    age = now - handed_at
    if status in FINAL or age > GIVEN_UP_AFTER:
        return None
    minutes = {"pending": 120, "unknown": 240, "out_for_delivery": 30, "ready_for_pickup": 240, "on_hold": 240}.get(
        status, 90
    )
    if age > timedelta(days=7):
        minutes *= 2
    if age > timedelta(days=20):
        minutes *= 6
    return now + timedelta(minutes=minutes)


def is_late(one: Tracked, today: date) -> bool:
    """The day that the customer may expect is over, and the parcel is neither there nor at its relay."""
    return one.status not in (*FINAL, "ready_for_pickup") and today > one.due_on


def is_lost(one: Tracked, now: datetime) -> bool:
    """Nothing was heard of it for days."""
    patience = RELAY_LOST_AFTER if one.status == "ready_for_pickup" else LOST_AFTER
    return one.status not in FINAL and now - one.moved_at > patience


def by_account(due: Sequence[Tracked], at_once: int) -> list[list[Tracked]]:
    """Parcels of one account in calls of at most so many numbers."""
    size = max(1, at_once)
    return [list(due[at : at + size]) for at in range(0, len(due), size)]

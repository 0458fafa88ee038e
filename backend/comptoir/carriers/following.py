"""Which of two things heard about a parcel stands. Pure: events come late, twice and out of order.

pending --> picked_up --> on its way, in any order, by time --> delivered | return_to_sender | cancelled: for good
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from comptoir.carriers.model import TrackingEvent, TrackingStatus

STAGE: Final[dict[TrackingStatus, int]] = {
    "unknown": 0, "pending": 1, "picked_up": 2,
    "in_transit": 3, "out_for_delivery": 3, "ready_for_pickup": 3, "delivery_failed": 3, "delivery_delayed": 3, "on_hold": 3,
    "delivered": 4, "return_to_sender": 4, "cancelled": 4,
}  # fmt: skip
"""How far a status is; a lower stage never replaces a higher one, whatever its time says."""
WEIGHT: Final[tuple[TrackingStatus, ...]] = (
    "unknown", "pending", "picked_up", "in_transit", "out_for_delivery", "ready_for_pickup", "delivery_delayed", "delivery_failed", "on_hold",
    "delivered", "return_to_sender", "cancelled",
)  # fmt: skip
"""Of two told for the same moment the one that says more stands: it is further down."""
FINAL: Final = frozenset(status for status, stage in STAGE.items() if stage == 4)
_NEVER: Final = datetime.min.replace(tzinfo=UTC)


def later(old: TrackingEvent | None, new: TrackingEvent) -> TrackingEvent:
    """The event that stands: the higher stage, within a stage the later time. The first final one that was heard of stays."""
    if old is None:
        return new
    if STAGE[old.status] != STAGE[new.status]:
        return old if STAGE[old.status] > STAGE[new.status] else new
    if old.status in FINAL:
        return old
    return new if _order(new) > _order(old) else old


def standing(events: Iterable[TrackingEvent]) -> TrackingEvent | None:
    """What a whole history comes to, in whatever order it is given; None for no event."""
    found: TrackingEvent | None = None
    for event in sorted(events, key=_order):
        found = later(found, event)
    return found


def contradicts(old: TrackingEvent, new: TrackingEvent) -> bool:
    """Whether a final status met a later event that tells something else: it stays, and a person should know."""
    after = old.at is None or new.at is None or new.at > old.at
    return old.status in FINAL and new.status not in ("unknown", old.status) and after


def _order(event: TrackingEvent) -> tuple[datetime, int, str]:
    return event.at or _NEVER, WEIGHT.index(event.status), event.code

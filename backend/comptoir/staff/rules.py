"""Staff decisions. Pure: how long a wrong PIN makes one wait, who may change whom, what a role needs.

Wrong guesses count per person on a device, and per person over all devices. They cost time, never the door: the wait is
bounded, a badge and every colleague still get in, and a manager lifts it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from comptoir.kit.actor import Actor, Role
from comptoir.kit.errors import Forbidden, Invalid

FREE_ON_A_DEVICE: Final = 5
FREE_EVERYWHERE: Final = 10
MEMORY: Final = timedelta(hours=24)
"""Failures older than this are forgotten."""

WAITS: Final = tuple(timedelta(minutes=m) for m in (1, 5, 15, 30, 60))
"""After the free tries: 1 minute, then 5, 15, 30, and an hour each time. At most 5 + 4 + 23 tries in a day on a device."""

ON_A_DEVICE_ENDS: Final = timedelta(hours=12)
IN_A_BROWSER_ENDS: Final = timedelta(hours=10)
CODE_ENDS: Final = timedelta(minutes=15)

RANKS: Final[dict[Role, int]] = {"associate": 1, "store_manager": 2, "regional_manager": 3, "head_office": 4}


def wait_until(failures: Sequence[datetime], free: int, now: datetime) -> datetime | None:
    """Until when the next try has to wait after these failures; None when it may be made now."""
    recent = sorted(at for at in failures if now - at < MEMORY)
    if len(recent) < free:
        return None
    until = recent[-1] + WAITS[min(len(recent) - free, len(WAITS) - 1)]
    return until if until > now else None


def may_change(actor: Actor, role: Role, locations: Sequence[str]) -> None:
    """Refuse to make or change somebody of one's own rank or above, or of a place that one does not reach.

    Forbidden `role_lacks_right`. Head office may change everybody.
    """
    if actor.role == "head_office":
        return
    if RANKS.get(role, 9) >= RANKS.get(actor.role, 0) or not locations:
        raise Forbidden("role_lacks_right", role=actor.role)
    if not all(actor.reaches(place) for place in locations):
        raise Forbidden("role_lacks_right", role=actor.role)


def check_person(role: Role, email: str | None, region: str | None, locations: Sequence[str]) -> None:
    """What a role needs: a store for those who work in one, a region, an e-mail to sign in with.

    Invalid `person_needs_store`, `person_needs_region`, `person_needs_email`.
    """
    if role in ("associate", "store_manager") and not locations:
        raise Invalid("person_needs_store")
    if role == "regional_manager" and not region:
        raise Invalid("person_needs_region")
    if role in ("regional_manager", "head_office") and not email:
        raise Invalid("person_needs_email")

"""May these units be promised? Pure: a locked level in, a reservation or a refusal out; no clock and no database."""

from datetime import datetime

import msgspec

from comptoir.kit.errors import Conflict
from comptoir.stock.model import Level


class Reservation(msgspec.Struct, frozen=True):
    """Units promised at a location, and what was available at that moment (I1)."""

    location: str
    sku: str
    quantity: int
    available_when_promised: int


class Shortage(Conflict):
    """Fewer units are available than were asked for; facts: sku, location, wanted, available."""

    default_code = "shortage"


def reserve(level: Level, quantity: int, now: datetime) -> Reservation:
    """Promise `quantity` units, whole or not at all; splitting is sourcing's business."""
    assert quantity > 0
    available = level.available(now)
    if quantity > available:
        raise Shortage(sku=level.sku, location=level.location, wanted=quantity, available=available)
    return Reservation(level.location, level.sku, quantity, available)

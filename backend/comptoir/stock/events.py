"""What stock tells: facts that somebody else must act on."""

from collections.abc import Iterable
from uuid import UUID, uuid5

from comptoir.kit.db import Event
from comptoir.stock.model import Level, Movement

STREAMS = UUID("5d0f1c62-4be3-5a55-9c0e-5f5f0d2b7a10")
"""Namespace of the event streams of stock rows and SKUs."""


def stream_of(*parts: str) -> UUID:
    """The stream of one (SKU, location), or of one SKU."""
    return uuid5(STREAMS, "|".join(parts))


def over_promised(before: dict[tuple[str, str], Level], movements: Iterable[Movement]) -> list[Event]:
    """`stock.over_promised` for each row of which more became promised than is there; the world took units away."""
    sums: dict[tuple[str, str], int] = {}
    for movement in movements:
        key = (movement.sku, movement.location)
        sums[key] = sums.get(key, 0) + movement.on_hand - movement.reserved
    told = []
    for (sku, location), change in sorted(sums.items()):
        level = before.get((sku, location))
        was = level.reserved - level.on_hand if level else 0
        if was - change > max(0, was):
            told.append(
                Event(
                    "stock.over_promised",
                    stream_of(sku, location),
                    {"sku": sku, "units": was - change},
                    location=location,
                )
            )
    return told


def counted(count: UUID, sku: str, location: str, difference: int, status: str) -> Event:
    """A count came in, or was decided."""
    return Event(
        f"stock.count_{status}", count, {"count": str(count), "sku": sku, "difference": difference}, location=location
    )


def blocked(sku: str, reason: str | None) -> Event:
    """A SKU was blocked everywhere, or is free again."""
    kind = "stock.sku_blocked" if reason else "stock.sku_unblocked"
    return Event(kind, stream_of(sku), {"sku": sku, "reason": reason or ""})

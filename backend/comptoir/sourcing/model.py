"""The words of sourcing: places, articles, needs, and a plan that says which place gives what."""

from datetime import datetime

import msgspec


class Place(msgspec.Struct, frozen=True):
    """A location as sourcing sees it. `windows` are its open times as (from, to) in minutes since 1970, UTC, ascending."""

    id: str
    index: int
    pickup: bool
    ship: bool
    time_zone: str
    latitude: float
    longitude: float
    lead_minutes: int
    capacity_per_hour: int
    hold_days: int
    parcel_cost_minor: int
    paused_until: datetime | None
    windows: tuple[tuple[int, int], ...]
    kind: str = "store"
    region: str = ""
    paces: tuple[tuple[int, int, float], ...] = ()
    """Open time with the works of an hour of it (`promise.paced`), where something is planned; else the capacity holds."""

    def paused(self, now: datetime) -> bool:
        return self.paused_until is not None and self.paused_until > now


class Article(msgspec.Struct, frozen=True):
    """What sourcing knows of a SKU: its weight, its price (with VAT, each), the category that rules speak of."""

    minimum_age: int | None = None
    grams: int = 0
    price_minor: int = 0
    category: str = ""


class Need(msgspec.Struct, frozen=True):
    """Units of one requirement; `place` is set when the customer chose the store."""

    line: int
    part: int
    sku: str
    quantity: int
    place: str | None


class Share(msgspec.Struct, frozen=True):
    """What one location gives to one requirement."""

    line: int
    part: int
    sku: str
    place: str
    quantity: int
    to: str | None = None
    """The store that a transfer brings it to, where the customer collects and the goods lie elsewhere."""


class Plan(msgspec.Struct, frozen=True):
    """Shares for an order, and how many units of which (line, part) found no place."""

    shares: tuple[Share, ...]
    missing: tuple[tuple[int, int, int], ...] = ()

"""Places as the Stores page and the API show them."""

from datetime import date, datetime
from typing import Literal

import msgspec


class Opening(msgspec.Struct, frozen=True):
    """Open on a weekday (Monday 0) from minute to minute after midnight, store time."""

    weekday: int
    opens: int
    closes: int


class OpeningException(msgspec.Struct, frozen=True):
    """A day with hours of its own; None = closed all day."""

    day: date
    opens: int | None
    closes: int | None
    reason: str


class DeskPicture(msgspec.Struct, frozen=True):
    """A picture of where the pickup desk is, by the name it is asked for, its size in pixels, and what it shows in words."""

    name: str
    width: int
    height: int
    says_fr: str
    says_en: str

    def says(self, language: str) -> str:
        """The sentence for a reader."""
        return self.says_en if language == "en" else self.says_fr


class Location(msgspec.Struct, frozen=True):
    """A store or warehouse with what it offers, when, and how fast."""

    id: str
    name: str
    kind: Literal["store", "warehouse"]
    region: str | None
    street: str
    postcode: str
    city: str
    country: str
    directions: str
    phone: str
    latitude: float
    longitude: float
    time_zone: str
    services: tuple[str, ...]
    capacity_per_hour: int
    pick_lead_minutes: int
    hold_days: int
    paused_until: datetime | None
    paused_reason: str | None
    version: int
    cart_orders: int
    scan_totes: bool
    hours: tuple[Opening, ...] = ()
    exceptions: tuple[OpeningException, ...] = ()
    legal_entity: str = ""
    closed_at: datetime | None = None
    takes_returns: bool = True
    shelves: int = 0
    """Places for bags that wait."""

    def paused(self, now: datetime) -> bool:
        """Whether new work is kept away from this place at a moment."""
        return self.paused_until is not None and self.paused_until > now


class RegionRow(msgspec.Struct, frozen=True):
    """A region in the list, with its open places and its managers counted."""

    id: str
    name: str
    version: int
    places: int
    managers: int


class EntityRow(msgspec.Struct, frozen=True):
    """A company that sells, as it stands on documents; `capital_minor` in cents."""

    id: str
    name: str
    siren: str
    vat_number: str
    address: str
    document_prefix: str
    country: str
    rcs: str
    capital_minor: int | None
    time_zone: str
    version: int
    places: int

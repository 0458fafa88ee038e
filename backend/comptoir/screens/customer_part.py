"""A part of an order as its customer sees it: what one place does for it, in which state, and where that is."""

from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from comptoir.fulfillment.keeping import may_keep_longer
from comptoir.network.hours import hours_of, open_windows
from comptoir.network.model import DeskPicture
from comptoir.network.zones import zone_of
from comptoir.returns.eligibility import Receipt

SHIP_STATES = {
    "open": "ship_noted",
    "accepted": "ship_noted",
    "picking": "ship_preparing",
    "picked": "ship_preparing",
    "packed": "ship_packed",
    "labeled": "ship_packed",
    "handed_to_carrier": "ship_sent",
    "in_transit": "ship_sent",
    "delivered": "delivered",
    "delivery_failed": "ship_failed",
    "returned_to_sender": "ship_back",
    "closed": "delivered",
    "canceled": "canceled",
}


class Arrival(msgspec.Struct, frozen=True):
    """The customer waits; `taken_by` is the first name of who looks after them."""

    at: datetime
    place: str
    taken_by: str | None
    ahead: int = 0
    """How many others wait longer and nobody looks after them yet."""


class HandOver(msgspec.Struct, frozen=True):
    at: datetime
    by: str | None


class Store(msgspec.Struct, frozen=True):
    """Where it is made ready. Hours and exceptions as `network.hours.hours_of` reads them."""

    id: str
    name: str
    kind: str
    street: str
    postcode: str
    city: str
    directions: str
    phone: str
    latitude: float
    longitude: float
    time_zone: str
    hours: tuple[tuple[int, int, int], ...]
    exceptions: tuple[str, ...]
    desk: DeskPicture | None = None

    def days(self, now: datetime) -> list[tuple[date, list[tuple[datetime, datetime]]]]:
        """Today and tomorrow in store time, each with its open spans (none: closed)."""
        hours, exceptions = hours_of(self.hours, self.exceptions)
        zone = ZoneInfo(self.time_zone)
        today = now.astimezone(zone).date()
        midnight = datetime(today.year, today.month, today.day, tzinfo=zone)
        spans = open_windows(hours, exceptions, self.time_zone, midnight, 2)
        return [
            (day, [s for s in spans if s[0].astimezone(zone).date() == day])
            for day in (today, today + timedelta(days=1))
        ]


class Part(msgspec.Struct, frozen=True):
    """What one place does for the order; units that are neither canceled nor missing."""

    kind: str
    status: str
    promise_at: datetime
    collect_until: datetime | None
    staged_at: datetime | None
    units: int
    staged: int
    handed_over: int
    store: Store
    pass_generation: int | None = None
    arrival: Arrival | None = None
    hand_over: HandOver | None = None
    told_at: datetime | None = None
    told_until: datetime | None = None
    id: UUID | None = None
    rescue_until: datetime | None = None
    kept_longer: int = 0
    delivered_at: datetime | None = None
    """When the last of its parcels was delivered."""
    sent_to: tuple[str, str] | None = None
    """Country and postcode of a parcel."""

    @property
    def may_keep_longer(self) -> bool:
        """Its customer may ask for more time."""
        return self.kind == "pickup" and may_keep_longer(self.status, self.collect_until, self.kept_longer)

    @property
    def state(self) -> str:
        """One word for where this part is, as the customer would tell it; the sentences are named after it."""
        if self.kind == "ship":
            return SHIP_STATES.get(self.status, "ship_noted")
        if self.status == "closed":
            return "handed_over" if self.hand_over else "expired"
        if self.status in ("canceled", "expired", "handed_over"):
            return self.status
        if self.arrival is not None:
            if self.status != "staged":
                return "early"
            return "coming" if self.arrival.taken_by else "here"
        if self.status == "staged":
            return "missed" if self.rescue_until else "ready"
        if self.staged:
            return "part_ready"
        return "preparing" if self.status in ("picking", "picked") else "noted"

    @property
    def delayed(self) -> bool:
        """A later hour than the promised one was told."""
        return self.told_at is not None and self.told_at > self.promise_at

    @property
    def receipt(self) -> Receipt:
        """When the customer got it, and whose clock and holidays hold there."""
        at = self.hand_over.at if self.hand_over else self.delivered_at
        if self.sent_to is None or self.hand_over:
            return Receipt(at, self.store.time_zone, self.store.postcode)
        country, postcode = self.sent_to
        return Receipt(at, zone_of(country, postcode), postcode if country == "FR" else "")

    @property
    def waits(self) -> bool:
        """Something of it may still be collected."""
        return self.kind == "pickup" and self.state not in ("canceled", "expired", "handed_over")

    @property
    def shows_desk(self) -> bool:
        """Something lies there to be collected: whoever comes looks for the desk."""
        return self.waits and self.staged > 0 and self.store.desk is not None

    @property
    def shows_pass(self) -> bool:
        return self.waits and self.pass_generation is not None and self.staged > 0

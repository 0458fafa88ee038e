"""How the orders of the demo world are told: who ordered what, when, and what hands did next.

A script is a description. The loader plays it through the real flows with a clock set to each step's time, so that
stock, states and evidence are the flows' own.
"""

from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import Literal
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import msgspec

from comptoir.world.articles import ARTICLE
from comptoir.world.shelves import SHELF
from comptoir.world.stores import TIME_ZONE

NAMESPACE = UUID("6f726d65-0000-7000-8000-636f6d70746f")
CUSTOMER_ACTS = "customer"


class Act(StrEnum):
    """What somebody does to an order after it was placed."""

    PAY = "pay"  # the shop tells that the payment came
    HOLD = "hold"  # a person holds the order
    RELEASE_HOLD = "release_hold"  # a person accepts what held it; `reason` names the hold
    CANCEL = "cancel"  # the whole order
    CANCEL_LINE = "cancel_line"  # `quantity` units of `sku`
    START = "start"  # start a pack of this one work
    PICK = "pick"  # `quantity` scans of `sku`
    SHORT = "short"  # `quantity` units of `sku` are not there; `reason` not_found, damaged or not_sellable
    LOOK_AGAIN = "look_again"  # the line of `sku` waits 15 minutes
    COLLEAGUE = "colleague"  # pause; a colleague goes on
    STAGE = "stage"  # bag `tag` on `place`
    ARRIVE = "arrive"  # the customer says "I am here"; `place` is where
    TAKE = "take"  # an associate takes the waiting customer
    HAND_OVER = "hand_over"  # pass and bags scanned
    REFUSE_LINE = "refuse_line"  # at the counter the customer leaves `quantity` units of `sku`
    REFUSE_AGE = "refuse_age"  # the collector is not old enough: the goods stay
    UNDO_HAND_OVER = "undo_hand_over"
    PUT_BACK = "put_back"  # `quantity` units of `sku` are on their shelf again
    MISS = "miss"  # the time to collect is over
    EXPIRE = "expire"  # nobody came


class Want(msgspec.Struct, frozen=True):
    """One line of an order; `external_sku` is a channel's own code for something we do not know."""

    sku: str | None
    quantity: int = 1
    method: str = "pickup"
    location: str | None = None
    external_sku: str = ""


class Step(msgspec.Struct, frozen=True):
    """One act: `by` is an associate's or manager's key, an integrator's, or `customer`."""

    at: datetime
    act: Act
    by: str
    sku: str = ""
    quantity: int = 0
    reason: str = ""
    tag: str = ""
    place: str = ""


class Script(msgspec.Struct, frozen=True, kw_only=True):
    """One order from the shop to its end. `ends` is the state its (pickup, else ship) work or the order is left in."""

    key: str
    about: str
    customer: str
    placed_at: datetime
    lines: tuple[Want, ...]
    ends: str
    steps: tuple[Step, ...] = ()
    channel: str = "web"
    payment: Literal["captured", "pending"] = "captured"
    holds: tuple[str, ...] = ()
    collector: str = ""
    discount_minor: int = 0
    shipping_minor: int = 0
    address_complete: bool = True
    total_off_minor: int = 0

    @property
    def id(self) -> UUID:
        """The order's id: the same script is the same order, whenever it is loaded."""
        return uuid5(NAMESPACE, f"{self.key}|{self.placed_at.isoformat()}")

    @property
    def pickup_location(self) -> str | None:
        """The store of its pickup lines."""
        return next((line.location for line in self.lines if line.method == "pickup"), None)


def local(day: date, clock: str) -> datetime:
    """The moment when a clock in the stores shows `clock` ("07:50") on `day`, in UTC."""
    return datetime.combine(day, time.fromisoformat(clock), ZoneInfo(TIME_ZONE)).astimezone(UTC)


def until(scripts: tuple[Script, ...], moment: datetime) -> tuple[Script, ...]:
    """What had happened by `moment`: later orders and later steps are left out. `ends` holds for uncut scripts only."""
    return tuple(
        msgspec.structs.replace(script, steps=tuple(step for step in script.steps if step.at <= moment))
        for script in scripts
        if script.placed_at <= moment
    )


def in_order(scripts: tuple[Script, ...]) -> tuple[Script, ...]:
    """By the time they were placed, as the loader plays them."""
    return tuple(sorted(scripts, key=lambda script: (script.placed_at, script.key)))


class Shelves:
    """What the scripts may still ask of each shelf, so that every promise in them can be kept."""

    def __init__(self) -> None:
        self._asked: dict[tuple[str, str], int] = {}

    def ask(self, location: str, sku: str, quantity: int) -> bool:
        """Count these units as asked for; False, and nothing counted, when the shelf has too few to promise."""
        wanted = [(part.sku, part.quantity * quantity) for part in ARTICLE[sku].components] or [(sku, quantity)]
        for part, units in wanted:
            shelf = SHELF.get((location, part))
            free = shelf.on_hand - shelf.safety_stock if shelf and not ARTICLE[part].blocked else 0
            if self._asked.get((location, part), 0) + units > free:
                return False
        for part, units in wanted:
            self._asked[location, part] = self._asked.get((location, part), 0) + units
        return True

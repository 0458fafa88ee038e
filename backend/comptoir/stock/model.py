"""Stock levels and the facts that move them. Every figure is in units.

available to promise = on hand - reserved - safety stock, never below zero, and zero while a short waits for its count
"""

from datetime import datetime
from enum import StrEnum
from typing import TypedDict, Unpack
from uuid import UUID

import msgspec


class Level(msgspec.Struct, frozen=True):
    """What one location holds of one SKU. `set_aside` is the part of `reserved` that is already off the shelf."""

    sku: str
    location: str
    on_hand: int
    reserved: int
    set_aside: int = 0
    unsellable: int = 0
    safety_stock: int = 0
    no_promise_until: datetime | None = None
    blocked: bool = False

    def available(self, now: datetime) -> int:
        """Units that may be promised now; a blocked (recalled) SKU has none."""
        if self.blocked or (self.no_promise_until is not None and self.no_promise_until > now):
            return 0
        return max(0, self.on_hand - self.reserved - self.safety_stock)


class Fact(StrEnum):
    """Why figures moved; the ledger keeps this word."""

    RESERVE = "reserve"
    RELEASE = "release"
    PICK = "pick"
    PICK_UNDONE = "pick_undone"
    PUT_BACK = "put_back"
    SHORT_NOT_FOUND = "short_not_found"
    SHORT_DAMAGED = "short_damaged"
    SHORT_UNDONE = "short_undone"
    HAND_OVER = "hand_over"
    HAND_OVER_UNDONE = "hand_over_undone"
    CARRIER_TOOK = "carrier_took"
    CARRIER_TOOK_UNDONE = "carrier_took_undone"
    TILL_SALE = "till_sale"
    TILL_RETURN = "till_return"
    RECEIPT = "receipt"
    ADJUSTMENT = "adjustment"
    TRANSFER_SHIPPED = "transfer_shipped"
    TRANSFER_RECEIVED = "transfer_received"
    TRANSFER_MISSING = "transfer_missing"
    TRANSFER_OVER = "transfer_over"
    RETURN_INSPECTED = "return_inspected"
    RETURN_SHELVED = "return_shelved"
    RETURN_GONE = "return_gone"
    SNAPSHOT = "snapshot"
    COUNT = "count"
    REPAIR = "repair"


class Movement(msgspec.Struct, frozen=True):
    """One ledger line: signed deltas of the four figures of one (SKU, location)."""

    sku: str
    location: str
    fact: Fact
    on_hand: int = 0
    reserved: int = 0
    set_aside: int = 0
    unsellable: int = 0
    reason: str | None = None
    order_id: UUID | None = None
    work: UUID | None = None
    happened_at: datetime | None = None
    id: UUID | None = None


class Of(TypedDict, total=False):
    """What a movement belongs to: its order and work, and when hands did it."""

    order_id: UUID | None
    work: UUID | None
    happened_at: datetime | None


def picked(sku: str, location: str, units: int, **of: Unpack[Of]) -> Movement:
    """Units came off the shelf for a promise."""
    return Movement(sku, location, Fact.PICK, set_aside=units, **of)


def pick_undone(sku: str, location: str, units: int, **of: Unpack[Of]) -> Movement:
    """Units went back on the shelf, still promised."""
    return Movement(sku, location, Fact.PICK_UNDONE, set_aside=-units, **of)


def released(sku: str, location: str, units: int, **of: Unpack[Of]) -> Movement:
    """A promise of units that were never picked is undone."""
    return Movement(sku, location, Fact.RELEASE, reserved=-units, **of)


def put_back(sku: str, location: str, units: int, **of: Unpack[Of]) -> Movement:
    """Units that nobody will collect lie on their shelf again."""
    return Movement(sku, location, Fact.PUT_BACK, reserved=-units, set_aside=-units, **of)


def kept_aside(sku: str, location: str, units: int, **of: Unpack[Of]) -> Movement:
    """Recalled units that come back from a work stay in the building and do not go on their shelf."""
    return Movement(sku, location, Fact.ADJUSTMENT, on_hand=-units, unsellable=units, reason="recalled", **of)


def short(sku: str, location: str, units: int, *, damaged: bool, **of: Unpack[Of]) -> Movement:
    """Promised units are not there, or cannot be sold; either way the promise on them is gone."""
    fact = Fact.SHORT_DAMAGED if damaged else Fact.SHORT_NOT_FOUND
    return Movement(sku, location, fact, on_hand=-units, reserved=-units, unsellable=units if damaged else 0, **of)


def short_undone(sku: str, location: str, units: int, *, damaged: bool, **of: Unpack[Of]) -> Movement:
    return Movement(
        sku, location, Fact.SHORT_UNDONE, on_hand=units, reserved=units, unsellable=-units if damaged else 0, **of
    )


def handed_over(sku: str, location: str, units: int, **of: Unpack[Of]) -> Movement:
    """Goods left the store: on hand, reserved and set aside go down together."""
    return Movement(sku, location, Fact.HAND_OVER, on_hand=-units, reserved=-units, set_aside=-units, **of)


def hand_over_undone(sku: str, location: str, units: int, **of: Unpack[Of]) -> Movement:
    return Movement(sku, location, Fact.HAND_OVER_UNDONE, on_hand=units, reserved=units, set_aside=units, **of)


# The ledger names a transfer by its number, in the place of a reason.


def transfer_shipped(sku: str, location: str, units: int, number: str, **of: Unpack[Of]) -> Movement:
    """Goods left for another place: on hand, reserved and set aside go down together. On their way they are nobody's."""
    return Movement(
        sku, location, Fact.TRANSFER_SHIPPED, on_hand=-units, reserved=-units, set_aside=-units, reason=number, **of
    )


def transfer_received(sku: str, location: str, units: int, number: str, **of: Unpack[Of]) -> Movement:
    """Goods that were on their way have come (below zero: were counted one too often)."""
    return Movement(sku, location, Fact.TRANSFER_RECEIVED, on_hand=units, reason=number, **of)


def came_damaged(sku: str, location: str, units: int, number: str, **of: Unpack[Of]) -> Movement:
    """Goods that were just taken in cannot be sold (below zero: can after all): in the building, not on hand."""
    return Movement(sku, location, Fact.ADJUSTMENT, on_hand=-units, unsellable=units, reason=number, **of)


def transfer_over(sku: str, location: str, units: int, number: str, **of: Unpack[Of]) -> Movement:
    """Goods have come that were not on their way."""
    return Movement(sku, location, Fact.TRANSFER_OVER, on_hand=units, reason=number, **of)


def transfer_missing(sku: str, location: str, units: int, number: str, **of: Unpack[Of]) -> Movement:
    """Goods that were taken in with the papers are not there (below zero: turned up after all)."""
    return Movement(sku, location, Fact.TRANSFER_MISSING, on_hand=-units, reason=number, **of)


def goods_received(
    sku: str, location: str, units: int, number: str, id: UUID, *, damaged: bool, happened_at: datetime
) -> Movement:
    """A supplier's goods have come (below zero: were counted one too often); what is damaged is in the building and not for sale."""
    return Movement(
        sku, location, Fact.RECEIPT, on_hand=0 if damaged else units, unsellable=units if damaged else 0, reason=number,
        happened_at=happened_at, id=id,
    )  # fmt: skip


def carrier_took(sku: str, location: str, units: int, **of: Unpack[Of]) -> Movement:
    """A parcel left with its carrier: on hand, reserved and set aside go down together."""
    return Movement(sku, location, Fact.CARRIER_TOOK, on_hand=-units, reserved=-units, set_aside=-units, **of)


def carrier_took_undone(sku: str, location: str, units: int, **of: Unpack[Of]) -> Movement:
    return Movement(sku, location, Fact.CARRIER_TOOK_UNDONE, on_hand=units, reserved=units, set_aside=units, **of)


# The ledger names a return by its number, in the place of a reason.


def return_inspected(sku: str, location: str, units: int, number: str, **of: Unpack[Of]) -> Movement:
    """Units that came back are in the building; nobody may be promised one before it is on its shelf."""
    return Movement(sku, location, Fact.RETURN_INSPECTED, unsellable=units, reason=number, **of)


def return_shelved(sku: str, location: str, units: int, number: str, **of: Unpack[Of]) -> Movement:
    """Units that came back were scanned onto their shelf: for sale again."""
    return Movement(sku, location, Fact.RETURN_SHELVED, on_hand=units, unsellable=-units, reason=number, **of)


def return_gone(sku: str, location: str, units: int, number: str, **of: Unpack[Of]) -> Movement:
    """Units that came back left again: destroyed, sent away, or given back to the customer."""
    return Movement(sku, location, Fact.RETURN_GONE, unsellable=-units, reason=number, **of)

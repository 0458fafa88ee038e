"""The words of shipping: boxes, parcels, the labels that were asked for, and how an order wants to be sent.

Measures are millimeters and grams, whole numbers; money is in minor units.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

import msgspec

from comptoir.catalog.model import Dangerous
from comptoir.kit.lifecycle import Lifecycle


class State(StrEnum):
    """Where a parcel is as long as it is ours; what the carrier says of it afterwards stands beside."""

    OPEN = "open"
    PACKED = "packed"
    LABELED = "labeled"
    HANDED_TO_CARRIER = "handed_to_carrier"
    CANCELED = "canceled"


class Step(StrEnum):
    PUT_IN = "put_in"
    CLOSE = "close"
    REOPEN = "reopen"
    LABEL = "label"
    VOID_LABEL = "void_label"
    GIVE_TO_CARRIER = "give_to_carrier"
    CANCEL = "cancel"


PARCEL: Lifecycle[State, Step] = Lifecycle(
    "parcel",
    {
        (State.OPEN, Step.PUT_IN): State.OPEN,
        (State.OPEN, Step.CLOSE): State.PACKED,
        (State.PACKED, Step.REOPEN): State.OPEN,
        (State.PACKED, Step.LABEL): State.LABELED,
        (State.LABELED, Step.VOID_LABEL): State.PACKED,
        (State.LABELED, Step.GIVE_TO_CARRIER): State.HANDED_TO_CARRIER,
        (State.OPEN, Step.CANCEL): State.CANCELED,
        (State.PACKED, Step.CANCEL): State.CANCELED,
        (State.CANCELED, Step.PUT_IN): State.OPEN,
    },
)


class Size(msgspec.Struct, frozen=True, order=True):
    """Length, width, height in millimeters, in whatever order the thing lies."""

    length_mm: int
    width_mm: int
    height_mm: int

    @property
    def volume(self) -> int:
        return self.length_mm * self.width_mm * self.height_mm

    @property
    def longest(self) -> int:
        return max(self.length_mm, self.width_mm, self.height_mm)

    @property
    def girth(self) -> int:
        """Around it, across its longest side."""
        return 2 * (self.length_mm + self.width_mm + self.height_mm - self.longest)


class Piece(msgspec.Struct, frozen=True):
    """What packing must know of one unit. Without a size nobody has measured it; amounts are Wh of a battery, else ml."""

    sku: str
    grams: int
    size: Size | None = None
    dangerous: Dangerous | None = None
    amount: int | None = None
    fragile: bool = False
    ships_alone: bool = False


class Box(msgspec.Struct, frozen=True):
    """What a store packs in. The size is the inside's; `max_grams` is what may be inside, the box's own weight left out."""

    id: str
    name: Mapping[str, str]
    size: Size
    tare_grams: int
    max_grams: int
    kind: Literal["box", "bag"] = "box"


DeliveryKind = Literal["home", "relay", "express"]


class Delivery(msgspec.Struct, frozen=True):
    """How the customer wants it sent; `carrier` and `service` only where they chose one."""

    kind: DeliveryKind = "home"
    carrier: str | None = None
    service: str | None = None
    relay_id: str | None = None
    relay_name: str | None = None
    gift: bool = False
    gift_note: str | None = None


class ParcelLine(msgspec.Struct, frozen=True):
    """Units of one work line in a parcel."""

    line: int
    sku: str
    quantity: int


class Parcel(msgspec.Struct, frozen=True):
    """One box, bag or piece that travels on its own; `number` counts within its work."""

    id: UUID
    work: UUID
    location: str
    order_id: UUID
    number: int
    state: State
    box: str | None
    size: Size | None
    weight_grams: int | None
    label: UUID | None
    version: int
    lines: tuple[ParcelLine, ...] = ()

    @property
    def units(self) -> int:
        return sum(line.quantity for line in self.lines)

    def holds(self, line: int) -> int:
        return next((there.quantity for there in self.lines if there.line == line), 0)

    def after(self, step: Step) -> State:
        return PARCEL.after(step, self.state)

    def allows(self, step: Step) -> bool:
        return PARCEL.allows(step, self.state)


class LabelState(StrEnum):
    """What became of a label that was asked for. The first three and `unknown` are still open questions."""

    INTENDED = "intended"
    """Written down; the carrier has not heard of it, or said "not now" before taking it."""
    CALLING = "calling"
    """The carrier is being asked at this moment. When nobody comes back with the answer, it is `unknown`."""
    BOUGHT = "bought"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    """The carrier may have made a label, and we do not know: never asked for again blindly."""
    GIVEN_UP = "given_up"
    """A person looked at the carrier's, found no label, and lets it be bought anew."""
    VOIDED = "voided"
    UNUSED = "unused"
    """A label of the way back that was bought for nothing: nobody used it, and its carrier did not take it back."""
    MANUAL = "manual"
    """A person typed a number that the carrier gave them by another way."""


LIVE_LABELS = (LabelState.INTENDED, LabelState.CALLING, LabelState.BOUGHT, LabelState.UNKNOWN, LabelState.MANUAL)
"""A parcel has at most one of these; the database holds it."""

Mend = Literal["address", "weight", "relay", "service", "goods", "account", "carrier"]
"""What has to be put right before another try: where the page sends whoever can do it."""


class Attempt(msgspec.Struct, frozen=True):
    """A label that was asked for. `id` is the carrier's idempotency key, `reference` what the label says of ours."""

    id: UUID
    parcel: UUID
    n: int
    work: UUID
    location: str
    order_id: UUID
    account: str | None
    carrier: str
    service: str
    relay_id: str | None
    state: LabelState
    reference: str
    tracking_number: str | None
    shipment_ref: str | None
    cost_minor: int | None
    currency: str
    problem: str | None
    mend: Mend | None
    words: str | None
    tries: int
    next_at: datetime | None
    called_at: datetime | None
    void_state: str | None = None
    void_tries: int = 0


class Account(msgspec.Struct, frozen=True):
    """A contract with a carrier; `services` maps a kind of delivery to the carrier's service. No secrets in here."""

    id: str
    carrier: str
    name: str
    services: Mapping[str, str]
    settings: Mapping[str, Any]
    label_format: Literal["pdf_a4", "pdf_10x15", "zpl_203", "zpl_300"]
    refused: bool = False

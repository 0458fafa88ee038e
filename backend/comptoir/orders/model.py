"""The words of an order, and the commands that make and change one. Prices are integers in minor units."""

from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from comptoir.kit.words import (
    Code,
    Codename,
    Country,
    Currency,
    Email,
    Instant,
    Maybe,
    Minor,
    Note,
    Phone,
    Postcode,
    Siren,
    Slug,
    Units,
    VatNumber,
    Word,
)

Language = Literal["fr", "en"]
Method = Literal["pickup", "ship"]
HoldReason = Literal["payment", "address", "totals", "unknown_item", "short", "manual", "fraud"]


class Progress(StrEnum):
    """How far an order is; computed by `summary.progress`, stored in the same transaction."""

    RECEIVED = "received"
    HELD = "held"
    ACCEPTED = "accepted"
    IN_PROGRESS = "in_progress"
    PART_FULFILLED = "part_fulfilled"
    FULFILLED = "fulfilled"
    CLOSED = "closed"
    CANCELED = "canceled"


class Company(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The business that buys: its invoice carries the numbers, and its figures as data (Factur-X)."""

    name: Word
    siren: Siren | None = None
    vat_number: VatNumber | None = None


class CustomerDetails(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who buys. `id` is the sender's own and may be left out; consents name what the person agreed to."""

    first_name: Word
    last_name: Word
    id: UUID | None = None
    email: Email | None = None
    phone: Phone | None = None
    consents: Annotated[tuple[Slug, ...], msgspec.Meta(max_length=20)] = ()
    # Left out where there is none, so that an order that was sent before this field was known is still the same order.
    company: Company | msgspec.UnsetType = msgspec.UNSET


class RelayPoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The pick-up point that was chosen with the order, as its carrier names it. Looked at again when the label is bought."""

    carrier: Codename
    id: Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]*\Z")]
    name: Word
    street: Maybe = ""
    postcode: Postcode = ""
    city: Maybe = ""
    country: Country = "FR"


class Address(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a parcel goes. Empty parts are kept and hold the order as `address`."""

    name: Maybe = ""
    street: Maybe = ""
    street2: Maybe = ""
    postcode: Postcode = ""
    city: Maybe = ""
    country: Country = "FR"
    phone: Phone | None = None
    # Left out for a parcel that goes to the door, so that an order that was sent before this field was known is still the same order.
    relay: RelayPoint | msgspec.UnsetType = msgspec.UNSET


class OrderedLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line. `total_minor` = quantity x unit price - discount; `vat_minor` is inside it (or beside it, see the order)."""

    quantity: Units
    unit_price_minor: Minor
    vat_rate_bp: Annotated[int, msgspec.Meta(ge=0, le=10_000)]
    vat_minor: Minor
    total_minor: Minor
    method: Method
    sku: Code | None = None
    location: Slug | None = None
    discount_minor: Minor = 0
    title: Maybe = ""
    external_sku: Maybe = ""


class PaymentDetails(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A reference to a payment made elsewhere. Card data has no field here, on purpose."""

    provider: Code
    reference: Code
    state: Literal["pending", "authorized", "captured", "at_store"]
    amount_minor: Minor
    expires_at: Instant | None = None


class PlaceOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Place an order. `id` is made by the sender: it is the order's id, and makes sending twice harmless."""

    id: UUID
    placed_at: Instant
    customer: CustomerDetails
    lines: Annotated[tuple[OrderedLine, ...], msgspec.Meta(min_length=1, max_length=100)]
    payment: PaymentDetails
    total_minor: Minor
    vat_minor: Minor
    shipping_minor: Minor = 0
    shipping_vat_minor: Minor = 0
    currency: Currency = "EUR"
    language: Language = "fr"
    ship_to: Address | None = None
    collector: Maybe = ""
    if_short: Literal["refuse", "hold"] = "refuse"
    prices_include_vat: bool = True
    hold: Note | None = None
    # The delivery service that was bought (`standard` when nothing is said); left out, it is the order it always was.
    service: Slug | msgspec.UnsetType = msgspec.UNSET


class ChannelFacts(msgspec.Struct, frozen=True):
    """What a sales channel adds to an order it sends; set by the channel's translation, never by the API's body."""

    channel: str
    external_id: str
    external_number: str
    updated_at: Instant


class PlacedLine(msgspec.Struct, frozen=True):
    line: int
    sku: str | None
    quantity: int


class PlacedWork(msgspec.Struct, frozen=True, omit_defaults=True):
    """Work a location was given; `promise_at` is when it will be ready (or leave), `time_zone` is the location's.

    `brought_to` is the store where it is collected, when the goods come from `location` by transfer.
    """

    id: UUID
    location: str
    kind: Method
    promise_at: Instant
    time_zone: str
    lines: tuple[PlacedLine, ...]
    brought_to: str | None = None


class OrderPlaced(msgspec.Struct, frozen=True):
    """The answer to `PlaceOrder`, the same however often it is asked. `link` opens the customer's page."""

    id: UUID
    number: str
    progress: Progress
    held: tuple[HoldReason, ...]
    total_minor: int
    currency: str
    link: str
    works: tuple[PlacedWork, ...]


class ReleaseHold(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A person accepts what held the order; when nothing holds it any more, its work is given out."""

    id: UUID
    order: UUID
    reason: HoldReason
    note: Note = ""


class PlaceHold(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A person, or a rule by its key, holds an order whose work nobody has started."""

    id: UUID
    order: UUID
    note: Note
    # Left out where it is not fraud, so that a hold that was sent before reasons were known is still the same hold.
    reason: Literal["manual", "fraud"] | msgspec.UnsetType = msgspec.UNSET


class RetrySourcing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Look again for all that no place had; nothing changes when there is still not enough."""

    id: UUID
    order: UUID


class CorrectAddress(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the parcels really go; with it the hold `address` is gone."""

    id: UUID
    order: UUID
    to: Address
    note: Note = ""


class LineQuantity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    line: Annotated[int, msgspec.Meta(ge=1, le=200)]
    quantity: Units


class CancelOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Cancel the whole order (`lines` empty) or some units of some lines, during picking too."""

    id: UUID
    order: UUID
    reason: Note
    lines: Annotated[tuple[LineQuantity, ...], msgspec.Meta(max_length=100)] = ()


class MapUnknownLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A person says which SKU a channel's unknown line is; `remember` keeps it for the next order of that channel."""

    id: UUID
    order: UUID
    line: Annotated[int, msgspec.Meta(ge=1, le=200)]
    sku: Code
    remember: bool = True

"""What every carrier of parcels takes and gives, and the outcomes that a caller must tell apart.

How a label is bought: write down that it is wanted (an `intend_` flow), call, write down the answer (a `record_` flow).

    match await carrier.create_label(shipment, LabelFormat.PDF_10X15, key):
        case Labeled(label):        keep label.content and label.sha256; the parcel is label.numbers[0]
        case NumberWanted(label):   no API: a person types the number; `label`, if any, is our own address label
        case Refused(reasons):      show them beside the fields they name; nothing was made; mend and try again
        case Busy(code, wait):      certainly nothing was made; the same call again after `wait` seconds is safe
        case Unknown(code, numbers): a parcel may exist. Never call again by yourself: a person looks, or `reprint`
        case AccountRefused():      nothing was made; head office mends credentials or contract; stop calling meanwhile
        case NotOffered():          this carrier has no such thing; `capabilities` says so beforehand

Whatever an adapter raises counts as `Unknown`. Nothing here is to be logged but codes and our own references.
Lengths are millimetres, weights grams, money integer minor units, times aware UTC, countries ISO 3166 alpha-2.
"""

import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Final, Literal, Protocol
from uuid import UUID

import msgspec

from comptoir.network.model import Opening

TrackingStatus = Literal[
    "pending", "picked_up", "in_transit", "out_for_delivery", "ready_for_pickup", "delivered", "delivery_failed",
    "delivery_delayed", "on_hold", "return_to_sender", "cancelled", "unknown",
]  # fmt: skip
"""Where a parcel is, in one vocabulary for all carriers. `unknown`: the carrier used a code that our table does not have."""

ServiceKind = Literal["home", "relay", "express", "return"]
Field = Literal[
    "recipient", "recipient.name", "recipient.street", "recipient.postcode", "recipient.city", "recipient.country",
    "recipient.phone", "recipient.email", "sender", "relay", "service", "parcel", "parcel.weight_g", "parcel.size",
    "value", "contents", "instructions", "ship_on", "format", "other",
]  # fmt: skip
"""The part of a shipment that a refusal is about; `other` when the carrier does not say."""


class Address(msgspec.Struct, frozen=True):
    """Who and where, as on a label: `name` is the person, `phone` E.164 (`+33612345678`), `state` for countries that need one."""

    name: str
    street: str
    postcode: str
    city: str
    country: str = "FR"
    company: str = ""
    street2: str = ""
    state: str = ""
    phone: str = ""
    email: str = ""
    door_code: str = ""


class ParcelMeasures(msgspec.Struct, frozen=True):
    """The packed parcel: millimetres and grams, goods and box together."""

    length_mm: int
    width_mm: int
    height_mm: int
    weight_g: int


class ContentLine(msgspec.Struct, frozen=True):
    """One kind of article in the parcel, for customs: value and weight are those of one piece."""

    description: str
    quantity: int
    value_minor: int
    weight_g: int
    hs_code: str = ""
    origin: str = ""
    sku: str = ""


class Shipment(msgspec.Struct, frozen=True):
    """One parcel to be carried. `reference` is ours and unique per parcel, `order_number` is what the customer knows.

    `service` is a code of `Capabilities.services`; `relay` a `Relay.id` (needed for services of kind `relay`), in `recipient.country`.
    `value_minor` is what the goods are worth; `insured_minor` what the carrier is asked to insure (0: nothing).
    `carriage_minor` is what the customer paid for carriage, in the same currency. `ship_on` is the day of hand-over.
    """

    reference: str
    order_number: str
    sender: Address
    recipient: Address
    service: str
    parcel: ParcelMeasures
    ship_on: date
    relay: str = ""
    value_minor: int = 0
    insured_minor: int = 0
    carriage_minor: int = 0
    currency: str = "EUR"
    contents: tuple[ContentLine, ...] = ()
    instructions: str = ""
    language: Literal["fr", "en"] = "fr"


class LabelFormat(StrEnum):
    """What a label is printed on: A4 for an office printer, 10 x 15 cm (A6) and ZPL for label printers by their resolution."""

    PDF_A4 = "pdf_a4"
    PDF_10X15 = "pdf_10x15"
    ZPL_203 = "zpl_203"
    ZPL_300 = "zpl_300"

    @property
    def media_type(self) -> str:
        return PDF if self in (LabelFormat.PDF_A4, LabelFormat.PDF_10X15) else ZPL


PDF: Final = "application/pdf"
ZPL: Final = "application/vnd.zpl"


class Document(msgspec.Struct, frozen=True):
    """A paper that came along or was asked for (customs form, hand-over slip), as bytes with their SHA-256 in hex."""

    kind: Literal["customs", "manifest"]
    content: bytes
    media_type: str
    sha256: str


class Label(msgspec.Struct, frozen=True):
    """A label as the carrier gave it, complete. `numbers`: the tracking number first, then the partner's, if any.

    `cost_minor` is None where the carrier does not tell a price (it bills later). `shipment` is what `void` and `reprint` take.
    """

    numbers: tuple[str, ...]
    content: bytes
    media_type: str
    sha256: str
    format: LabelFormat
    cost_minor: int | None = None
    currency: str = "EUR"
    documents: tuple[Document, ...] = ()
    shipment: str = ""


def label_of(numbers: tuple[str, ...], content: bytes, format: LabelFormat, *, cost_minor: int | None = None, currency: str = "EUR", documents: tuple[Document, ...] = ()) -> Label:  # fmt: skip
    """A label with its media type and hash filled in; the shipment goes by its first number."""
    shipment = numbers[0] if numbers else ""
    return Label(
        numbers, content, format.media_type, sha256(content), format, cost_minor, currency, documents, shipment
    )


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class RatePart(msgspec.Struct, frozen=True):
    """A share of a price and what it is for: `base`, `fuel`, `oversize`, `island`, ..."""

    code: str
    minor: int


class Rate(msgspec.Struct, frozen=True):
    """What one service would cost before VAT, and how many working days it takes at most (None: not told)."""

    carrier: str
    service: str
    minor: int
    currency: str = "EUR"
    days: int | None = None
    parts: tuple[RatePart, ...] = ()


class Closure(msgspec.Struct, frozen=True):
    """A relay is shut from the first to the last day, both included."""

    first: date
    last: date


class Relay(msgspec.Struct, frozen=True):
    """A place where a customer collects a parcel. `hours` are local; `distance_m` and `most_weight_g` None when not told.

    `kinds`: `shop`, `locker`, `post_office`, or the carrier's own word in lower case.
    """

    id: str
    name: str
    address: Address
    latitude: float
    longitude: float
    hours: tuple[Opening, ...] = ()
    distance_m: int | None = None
    kinds: tuple[str, ...] = ()
    most_weight_g: int | None = None
    closures: tuple[Closure, ...] = ()


class RelayQuery(msgspec.Struct, frozen=True):
    """Relays near an address, or near a point when both coordinates are given, that take such a parcel on that day."""

    country: str
    postcode: str
    city: str
    ship_on: date
    street: str = ""
    weight_g: int = 1000
    service: str = ""
    latitude: float | None = None
    longitude: float | None = None
    radius_m: int = 20_000
    limit: int = 10


class TrackingEvent(msgspec.Struct, frozen=True):
    """One thing that happened to a parcel. `code` is the carrier's own, kept also when `status` is `unknown`.

    `at` is None only where the carrier gives no time; `where` and `text` are its words.
    """

    number: str
    code: str
    status: TrackingStatus
    at: datetime | None
    where: str = ""
    text: str = ""


class Tracked(msgspec.Struct, frozen=True):
    """Events of the numbers asked for, oldest first per number; `absent` are numbers that the carrier does not know (yet),
    `again` those it could not answer for this time, after `wait_seconds`."""

    events: tuple[TrackingEvent, ...] = ()
    absent: tuple[str, ...] = ()
    again: tuple[str, ...] = ()
    wait_seconds: float = 0.0


class Service(msgspec.Struct, frozen=True):
    """One product of a carrier. `countries` empty: not restricted by us; lengths and weights are its limits, 0 when unknown."""

    code: str
    kind: ServiceKind
    name: str
    countries: tuple[str, ...] = ()
    signed: bool = False
    most_weight_g: int = 0


class Capabilities(msgspec.Struct, frozen=True):
    """What a carrier offers through us. `track_at_once`: numbers that cost one request; `manifest_at_once`: parcels on one slip."""

    services: tuple[Service, ...] = ()
    formats: tuple[LabelFormat, ...] = ()
    rates: bool = False
    labels: bool = False
    reprint: bool = False
    void: bool = False
    relays: bool = False
    manifest: bool = False
    manifest_at_once: int = 0
    tracking: bool = False
    track_at_once: int = 1


class Labeled(msgspec.Struct, frozen=True, tag="labeled"):
    """The parcel exists at the carrier and its label is whole. `notes` are warnings in the carrier's words."""

    label: Label
    notes: tuple[str, ...] = ()


class NumberWanted(msgspec.Struct, frozen=True, tag="number_wanted"):
    """This carrier is not called: a person types the tracking number. `label` is an address label of our own, without a number."""

    label: Label | None = None


class Reason(msgspec.Struct, frozen=True):
    """Why something was refused: the field to mend, the carrier's code, its words (they may hold personal data: show, never log)."""

    field: Field
    code: str
    words: str = ""


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """Nothing was made, and a person can mend it: at least one reason."""

    reasons: tuple[Reason, ...]


class Busy(msgspec.Struct, frozen=True, tag="busy"):
    """Certainly nothing was made: never connected, 429, or 503 before acceptance. For a question (rates, relays, tracking) it
    also says that no answer came. The same call again is safe after `wait_seconds` (0: the caller's own patience)."""

    code: str
    wait_seconds: float = 0.0


class Unknown(msgspec.Struct, frozen=True, tag="unknown"):
    """The request went out and nobody knows what became of it: cut off, timed out, a label that is broken or unreadable.

    Never repeated blindly. `numbers` are the parcels that the carrier did name; `reprint` may fetch their label.
    """

    code: str
    numbers: tuple[str, ...] = ()


class AccountRefused(msgspec.Struct, frozen=True, tag="account_refused"):
    """Nothing was made: credentials or contract are refused. Head office must act; calling again before that changes nothing."""

    code: str
    words: str = ""


class NotOffered(msgspec.Struct, frozen=True, tag="not_offered"):
    """The carrier has no such thing; nothing was sent."""


class Rated(msgspec.Struct, frozen=True, tag="rated"):
    """Prices of every service that carries this parcel, in no order; empty: none does."""

    rates: tuple[Rate, ...]


class Relays(msgspec.Struct, frozen=True, tag="relays"):
    """Relays, nearest first."""

    relays: tuple[Relay, ...]


class Voided(msgspec.Struct, frozen=True, tag="voided"):
    """The label is void and will not be billed."""


class Manifest(msgspec.Struct, frozen=True, tag="manifest"):
    """The slip that driver and store sign: its number (empty when the carrier does not say), the paper, the parcels on it."""

    number: str
    document: Document
    parcels: tuple[str, ...]


LabelAnswer = Labeled | NumberWanted | Refused | Busy | Unknown | AccountRefused | NotOffered
RateAnswer = Rated | Refused | Busy | AccountRefused | NotOffered
VoidAnswer = Voided | Refused | Busy | Unknown | AccountRefused | NotOffered
TrackAnswer = Tracked | Busy | AccountRefused | NotOffered
RelayAnswer = Relays | Refused | Busy | AccountRefused | NotOffered
ManifestAnswer = Manifest | Refused | Busy | Unknown | AccountRefused | NotOffered


class Carrier(Protocol):
    """One carrier with one account. Every call answers within the adapter's own time limit and never raises for what a carrier does."""

    @property
    def name(self) -> str: ...

    @property
    def capabilities(self) -> Capabilities: ...

    async def rates(self, shipment: Shipment) -> RateAnswer:
        """Prices for this parcel over all services (`shipment.service` is not read)."""

    async def create_label(self, shipment: Shipment, format: LabelFormat, key: UUID) -> LabelAnswer:
        """Buy a label, once. `key` is the attempt's own id, sent where a carrier takes one against doubles; elsewhere a parcel
        whose answer was lost is found by `shipment.reference`."""

    async def reprint(self, shipment: str, format: LabelFormat) -> LabelAnswer:
        """The label of a parcel that exists; buys nothing, may be repeated."""

    async def void(self, shipment: str) -> VoidAnswer:
        """Give a label back before the carrier has the parcel."""

    async def track(self, numbers: Sequence[str]) -> TrackAnswer:
        """What happened to these parcels, whole histories."""

    async def relays(self, query: RelayQuery) -> RelayAnswer: ...

    async def manifest(self, numbers: Sequence[str]) -> ManifestAnswer:
        """The hand-over slip for parcels that have a label."""

    async def close(self) -> None:
        """Give connections back."""

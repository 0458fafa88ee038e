"""What a message is made from and what the ledger keeps. A kept body holds no name, no link and no letters: marks stand
in their places and are filled in when it is shown or sent, so that the ledger opens no door and forgetting a customer
needs no search through texts.
"""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

Medium = Literal["push", "sms", "email", "none"]
Recipient = Literal["customer", "collector"]
Topic = Literal["ready", "changes", "papers", "survey"]
"""What a customer may have wishes about: goods that wait, changes of the order, receipts and documents, how it was."""

MessageStatus = Literal["due", "sent", "delivered", "seen", "failed", "suppressed"]
"""`sent`: a provider took it and nobody knows more. `failed`: no medium is left, a person must act (red). Never ahead of the facts (I10)."""

FIRST_NAME = "[[first name]]"
BUYER = "[[buyer]]"
LINK = "[[link]]"


def credit_mark(rma: UUID) -> str:
    """Stands where the code of a return's credit goes."""
    return f"[[credit {rma}]]"


def letters_mark(location: str) -> str:
    """Stands where the six letters of the pass at `location` go."""
    return f"[[letters {location}]]"


class Subscription(msgspec.Struct, frozen=True):
    """A browser's address at its push service, and the keys for which a push is encrypted."""

    id: UUID
    endpoint: str
    p256dh: str
    auth: str

    def __repr__(self) -> str:
        return f"Subscription({self.id})"


class Place(msgspec.Struct, frozen=True):
    """A store as a message names it; `hours` and `exceptions` as `network.hours.hours_of` reads them."""

    id: str
    name: str
    street: str
    postcode: str
    city: str
    directions: str
    time_zone: str
    hours: tuple[tuple[int, int, int], ...] = ()
    exceptions: tuple[str, ...] = ()


class WorkFacts(msgspec.Struct, frozen=True):
    """One part of the order, where it is made and how far it is; units that still belong to it."""

    id: UUID
    kind: str
    status: str
    promise_at: datetime
    collect_until: datetime | None
    units: int
    place: Place
    told_at: datetime | None = None
    told_until: datetime | None = None


class ParcelFacts(msgspec.Struct, frozen=True):
    """One parcel that left, as its carrier last told; `relay` is where it waits or will, name and address."""

    id: UUID
    carrier: str
    number: str
    status: str
    due_on: date
    relay: str = ""


class RecallFacts(msgspec.Struct, frozen=True):
    """A recall of an article of the order: what it is, what is dangerous, in both languages, what may be chosen, whom to ask."""

    id: UUID
    number: str
    sku: str
    hazard_fr: str
    hazard_en: str
    remedies: tuple[str, ...]
    contact: str
    lots: tuple[str, ...] = ()


class OrderFacts(msgspec.Struct, frozen=True):
    """What is true of an order when its message is written. Names, phone and e-mail stay where they are."""

    id: UUID
    number: str
    language: str
    currency: str
    progress: str
    refund_by: str
    has_phone: bool
    has_email: bool
    erased: bool
    articles: dict[str, str]
    works: tuple[WorkFacts, ...]
    lapsed: bool = False
    refused: int = 0
    told_of_part: bool = False
    has_push: bool = False
    pay_until: datetime | None = None
    """How long goods are kept without being paid, where the order waits for its payment."""
    collector_by: Medium | None = None
    """How somebody else who collects is reached; None: nobody else was named."""
    off: dict[Topic, tuple[Medium, ...]] = {}
    """The media that the customer has switched off, by topic."""
    titles: dict[str, str] = {}
    parcels: tuple[ParcelFacts, ...] = ()
    told_parcel_late: bool = False
    recalls: tuple[RecallFacts, ...] = ()
    """Of articles of this order, the newest first."""
    told_relay: bool = False
    """Asked for another relay since the one on file was chosen."""

    def recall(self, id: object) -> RecallFacts | None:
        return next((one for one in self.recalls if str(one.id) == str(id)), None)

    def work(self, id: str | UUID | None) -> WorkFacts | None:
        return next((work for work in self.works if str(work.id) == str(id)), None)


class Draft(msgspec.Struct, frozen=True):
    """A message to be written: its template and what is put into it, or why it is not sent."""

    template: str
    suppressed: str | None = None
    work: WorkFacts | None = None
    amount_minor: int = 0
    refund: str | None = None
    whole: bool = True
    part: bool = False
    article: str = ""
    quantity: int = 0
    refused: int = 0
    until: datetime | None = None
    what: str = ""
    done: bool = False
    to: Recipient = "customer"
    lines: tuple[tuple[str, int], ...] = ()
    at: datetime | None = None
    elsewhere: bool = False
    """To the address that was typed with a notice, instead of the one on file."""
    parcels: tuple[ParcelFacts, ...] = ()
    by: Medium | None = None
    """The one medium that it goes by, where somebody asked for it there."""
    number: str = ""
    """Of a return."""
    credit: UUID | None = None
    """The return that a credit was given for."""
    recall: RecallFacts | None = None


class Message(msgspec.Struct, frozen=True):
    """One row of the ledger."""

    id: UUID
    stream: UUID
    seq: int
    order_id: UUID
    template: str
    medium: Medium
    language: str
    subject: str
    body: str
    status: MessageStatus
    reason: str | None
    made_at: datetime
    plan: tuple[Medium, ...] = ()
    useful_until: datetime | None = None
    recipient: Recipient = "customer"
    sms: str = ""
    push: str = ""
    """Words of these media alone; empty means the body."""

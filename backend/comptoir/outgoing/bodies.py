"""What a webhook says: one struct for each kind of event, filled from the event's own facts; ids and figures, never a name or an address.

An event's body may hold more than is told: only the fields that stand here leave the house.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from comptoir.kit.outbox import Told

TEST: Final = "webhook.test"
"""Sent when a person asks for it; nothing happened."""


class Nothing(msgspec.Struct, frozen=True):
    """The kind says it all; `subject` and `work` say what it is about."""


class WorkTold(msgspec.Struct, frozen=True):
    """One location's part of an order."""

    id: UUID
    kind: str
    location: str


class OrderPlaced(msgspec.Struct, frozen=True):
    """An order was accepted; `held` names why it waits, `works` who fulfills it. An endpoint for some locations hears of their works alone."""

    number: str
    held: tuple[str, ...] = ()
    works: tuple[WorkTold, ...] = ()


class OrderHeld(msgspec.Struct, frozen=True):
    """An order waits: `payment`, `address`, `totals`, `unknown_item`, `short`, `fraud` or `manual`."""

    reason: str


class OrderReleased(msgspec.Struct, frozen=True):
    """Nothing holds it any more; the works that were given out."""

    works: tuple[UUID, ...] = ()


class OrderCanceled(msgspec.Struct, frozen=True):
    """Units will not come. `amount_minor` (cents) is what is intended to go back, not what has."""

    whole: bool = False
    lines: tuple[int, ...] = ()
    refund: str | None = None
    amount_minor: int = 0


class OrderSourcedAgain(msgspec.Struct, frozen=True, rename={"from_": "from"}):
    """Units that one place could not give were promised elsewhere; `to` None where no place had them."""

    from_: str
    reason: str
    units: int
    to: str | None = None


class Parcels(msgspec.Struct, frozen=True):
    """How many parcels a work has."""

    parcels: int


class Staged(msgspec.Struct, frozen=True):
    """It waits on the pickup shelf; `part` when only some of it does. `collect_until` is the end of the window."""

    part: bool = False
    collect_until: datetime | None = None


class HandedOver(msgspec.Struct, frozen=True):
    """Goods left the store. It can be taken back for two minutes; `fulfillment.hand_over_settled` comes after them."""

    hand_over: UUID
    works: tuple[UUID, ...] = ()
    refused: bool = False
    """Whether the customer refused some of it at the counter."""


class HandOver(msgspec.Struct, frozen=True):
    """Which hand-over."""

    hand_over: UUID


class Short(msgspec.Struct, frozen=True):
    """The shelf had fewer than promised; `until` is when it is settled without the customer's word."""

    line: int
    sku: str
    quantity: int
    reason: str
    until: datetime | None = None


class Declined(msgspec.Struct, frozen=True):
    """A location said no to a work."""

    reason: str
    units: int


class Moved(msgspec.Struct, frozen=True):
    """The work goes on at another location, as another work."""

    work: UUID
    to: str
    units: int


class Until(msgspec.Struct, frozen=True):
    """Until when."""

    until: datetime | None = None


class Expired(msgspec.Struct, frozen=True):
    """Nobody came; what is intended to go back."""

    refund: str | None = None
    amount_minor: int = 0


class Delayed(msgspec.Struct, frozen=True, rename={"from_": "from"}):
    """The customer was told another hour: from the old to the new one."""

    from_: datetime
    to: datetime


class Arrived(msgspec.Struct, frozen=True):
    """The customer is at the store; `early` when the goods are not ready yet."""

    arrival: UUID
    early: bool = False


class Parcel(msgspec.Struct, frozen=True):
    """Which parcel."""

    parcel: UUID


class Left(msgspec.Struct, frozen=True):
    """Parcels that the driver took with one manifest."""

    manifest: UUID
    parcels: tuple[UUID, ...] = ()


class LabelBought(msgspec.Struct, frozen=True):
    """A parcel has its number at the carrier."""

    parcel: UUID
    carrier: str
    tracking_number: str


class ReturnTold(msgspec.Struct, frozen=True):
    """Which return, and how many units where the event counts them."""

    rma: UUID
    number: str
    units: int | None = None


class ReturnSettled(msgspec.Struct, frozen=True):
    """What a return gives: money intended to go back, a credit, another order in exchange, or of each some; `kept_minor`: what is kept for
    accessories that were missing. Cents."""

    rma: UUID
    number: str
    units: int
    amount_minor: int
    refund_minor: int = 0
    credit_minor: int = 0
    kept_minor: int = 0
    exchange: UUID | None = None


class Money(msgspec.Struct, frozen=True):
    """An intention of money has gone; `settled` once the provider has confirmed it. Cents."""

    intention: UUID
    amount_minor: int
    settled: bool = False


class MoneyFailed(msgspec.Struct, frozen=True):
    """An intention of money did not go; a person looks at it."""

    intention: UUID
    kind: str
    amount_minor: int


class PaymentTold(msgspec.Struct, frozen=True):
    """A channel told of a payment. Cents."""

    state: str
    amount_minor: int


class Issued(msgspec.Struct, frozen=True):
    """The document's number."""

    number: str


class TransferTold(msgspec.Struct, frozen=True):
    """Goods between two locations."""

    to: str
    units: int


class TransferClosed(msgspec.Struct, frozen=True):
    """Received; units that were missing, over, or came damaged."""

    missing: int = 0
    over: int = 0
    damaged: int = 0


class TransferSettled(msgspec.Struct, frozen=True):
    """Missing units were accounted for: `found` there, `lost`, or `stayed` where they came from."""

    sku: str
    kind: str
    units: int


class TransferRequested(msgspec.Struct, frozen=True, rename={"from_": "from"}):
    """A location asks for units; `from` None where no place in particular is asked."""

    units: int
    from_: str | None = None


class TransferGranted(msgspec.Struct, frozen=True):
    """The transfer that carries what was granted; `changed` when it is less than was asked for."""

    transfer: UUID
    units: int
    changed: bool = False


class Units(msgspec.Struct, frozen=True):
    """Units of a purchase order."""

    units: int


class GoodsAnnounced(msgspec.Struct, frozen=True):
    """What a supplier says is on its way."""

    cartons: int
    units: int


class GoodsReceived(msgspec.Struct, frozen=True):
    """A delivery was counted; units of the whole order so far. With `last` nothing more is expected."""

    receipt: str
    good: int
    damaged: int = 0
    over: int = 0
    short: int = 0
    last: bool = False


class DifferenceDecided(msgspec.Struct, frozen=True):
    """What was decided about a difference: `accepted`, `claimed`, `recount` or `settled`."""

    difference: UUID
    kind: str
    units: int
    status: str
    sku: str | None = None


class OverPromised(msgspec.Struct, frozen=True):
    """More is promised than is there."""

    sku: str
    units: int


class Counted(msgspec.Struct, frozen=True):
    """A count was believed; the units by which the figure changed."""

    count: UUID
    sku: str
    difference: int


class Blocked(msgspec.Struct, frozen=True):
    """The article is sold, picked and handed over nowhere, or is free again."""

    sku: str


class RecallTold(msgspec.Struct, frozen=True):
    """An article is dangerous and leaves every shelf, or that has ended."""

    recall: UUID
    number: str
    sku: str


class RecallPlaceDone(msgspec.Struct, frozen=True):
    """A place has looked for a recalled article: units it found, and those the books have beside."""

    recall: UUID
    number: str
    sku: str
    units: int
    missing: int


class Tested(msgspec.Struct, frozen=True):
    """A person at head office tries the endpoint."""

    endpoint: UUID


KINDS: Final[dict[str, type[msgspec.Struct]]] = {
    "order.placed": OrderPlaced, "order.held": OrderHeld, "order.released": OrderReleased, "order.canceled": OrderCanceled,
    "order.sourced_again": OrderSourcedAgain, "order.address_corrected": Nothing,
    "fulfillment.started": Nothing, "fulfillment.picked": Nothing, "fulfillment.packed": Parcels, "fulfillment.labeled": Parcels,
    "fulfillment.staged": Staged, "fulfillment.unstaged": Nothing, "fulfillment.handed_over": HandedOver,
    "fulfillment.hand_over_undone": HandOver, "fulfillment.hand_over_settled": HandOver, "fulfillment.short": Short,
    "fulfillment.declined": Declined, "fulfillment.moved": Moved, "fulfillment.missed": Until, "fulfillment.expired": Expired,
    "fulfillment.delayed": Delayed, "fulfillment.late_told": Nothing, "fulfillment.kept_longer": Until,
    "customer.arrived": Arrived,
    "shipping.label_bought": LabelBought, "shipping.left": Left, "shipping.in_transit": Parcel, "shipping.ready_at_relay": Parcel,
    "shipping.delivered": Parcel, "shipping.failed": Parcel, "shipping.delayed": Parcel, "shipping.returned": Parcel,
    "return.opened": ReturnTold, "return.received": ReturnTold, "return.inspected": ReturnTold, "return.settled": ReturnSettled,
    "return.given_back": ReturnTold, "return.declined": ReturnTold, "return.canceled": ReturnTold, "return.put_away": ReturnTold,
    "payment.told": PaymentTold, "payment.captured": Money, "payment.refunded": Money, "payment.released": Money,
    "payment.failed": MoneyFailed, "invoice.issued": Issued, "invoice.credited": Issued,
    "transfer.created": TransferTold, "transfer.shipped": TransferTold, "transfer.closed": TransferClosed, "transfer.canceled": Nothing,
    "transfer.settled": TransferSettled, "transfer.requested": TransferRequested, "transfer.request_granted": TransferGranted,
    "transfer.request_declined": Nothing,
    "receiving.ordered": Units, "receiving.announced": GoodsAnnounced, "receiving.received": GoodsReceived,
    "receiving.canceled": Nothing, "receiving.decided": DifferenceDecided,
    "stock.over_promised": OverPromised, "stock.count_approved": Counted, "stock.sku_blocked": Blocked, "stock.sku_unblocked": Blocked,
    "stock.recall_opened": RecallTold, "stock.recall_place_done": RecallPlaceDone, "stock.recall_closed": RecallTold,
}  # fmt: skip
"""Every kind that an endpoint may choose -> what its `data` holds."""


TOLD_AS: Final[dict[str, type[msgspec.Struct]]] = {TEST: Tested, **KINDS}
"""Every kind that is ever sent."""


class Envelope(msgspec.Struct, frozen=True):
    """A webhook's body. `subject` is what the event is about (the order's id, mostly) and `sequence` its number there.

    Two deliveries of one subject come in the order of their sequence; a number may be left out, never turned round.
    `timestamp` is when it happened; when it was sent is in the header `webhook-timestamp`.
    """

    type: str
    timestamp: datetime
    subject: UUID
    sequence: int
    data: msgspec.Struct
    location: str | None = None
    work: UUID | None = None


def places_of(told: Told) -> frozenset[str]:
    """The locations that an event is about; empty when it is about none in particular."""
    named = {told.location, told.body.get("to"), told.body.get("from")}
    works = told.body.get("works")
    if isinstance(works, list):
        named.update(one.get("location") for one in works if isinstance(one, dict))
    return frozenset(place for place in named if isinstance(place, str))


def body_of(told: Told, locations: Sequence[str] | None) -> bytes:
    """The JSON that is sent and signed, for an endpoint that hears of these locations (None: of all)."""
    data = msgspec.convert(told.body, KINDS[told.kind], strict=False)
    if isinstance(data, OrderPlaced) and locations is not None:
        data = msgspec.structs.replace(data, works=tuple(one for one in data.works if one.location in locations))
    return msgspec.json.encode(Envelope(told.kind, told.at, told.stream, told.seq, data, told.location, told.work))


def test_body(endpoint: UUID, at: datetime) -> bytes:
    """What a trial says."""
    return msgspec.json.encode(Envelope(TEST, at, endpoint, 0, Tested(endpoint)))


def schema() -> dict[str, Any]:
    """JSON schemas of all bodies by their kind's name, for the API's description."""
    _, components = msgspec.json.schema_components(
        [Envelope, *dict.fromkeys(TOLD_AS.values())], ref_template="#/components/schemas/{name}"
    )
    return {"kinds": {name: kind.__name__ for name, kind in TOLD_AS.items()}, "schemas": components}

"""The label of a parcel on its way back: who could carry it, what its customer pays, where it is. Pure.

a carrier's account has services `return_relay` (left at a relay), `return_post` (left at a counter of the carrier) and
`return_post_abroad` (the same in another country of the one market)
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec

from comptoir.kit.words import Country, Postcode, Word
from comptoir.network.markets import Crossing
from comptoir.shipping.choosing import Chosen, choose
from comptoir.shipping.labels import Answer
from comptoir.shipping.links import carrier_name
from comptoir.shipping.model import Account, Delivery, LabelState, Piece
from comptoir.shipping.services import offer_of
from comptoir.shipping.tracking import FINAL, Status

Method = Literal["relay", "postal"]
KIND: Final[dict[Method, str]] = {"relay": "return_relay", "postal": "return_post"}
ABROAD: Final = "return_post_abroad"
PACKING_GRAMS: Final = 200
"""What whoever sends something back puts around it."""

LEAST_GRAMS: Final = 250
GIVEN_UP_AFTER: Final = timedelta(days=60)
GOOD_FOR: Final = timedelta(days=60)
"""A label of the way back is as old as that at most (Colissimo's own term, taken for every carrier); then it is no label any more."""

LOST_AFTER: Final = timedelta(days=7)
"""On its way without a sign for so long somebody must ask."""
UNSCANNED_AFTER: Final = timedelta(days=3)
"""Its carrier has delivered it and nobody here has scanned it."""
WAITS: Final = timedelta(days=7)
CLAIM_WAITS: Final = timedelta(days=21)
"""How long a person who waits, or has asked the carrier to search, is left in peace."""

Ended = Literal["canceled", "expired"]


class Sender(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who sends, where the order has no address of its own: it was collected in a store."""

    name: Word
    street: Word
    postcode: Annotated[Postcode, msgspec.Meta(min_length=2)]
    city: Word
    country: Country = "FR"


class WayBack(msgspec.Struct, frozen=True):
    """A label that could be had."""

    method: Method
    account: str
    carrier: str
    service: str

    @property
    def name(self) -> str:
        """The carrier as people call it."""
        return carrier_name(self.carrier)


class ReturnLabel(msgspec.Struct, frozen=True):
    """A label of the way back as it stands. `id` is the carrier's idempotency key."""

    id: UUID
    rma: UUID
    order_id: UUID
    n: int
    method: Method
    location: str
    account: str
    carrier: str
    service: str
    state: LabelState
    reference: str
    tries: int
    tracking_number: str | None = None
    shipment_ref: str | None = None
    problem: str | None = None
    status: Status = "pending"
    status_at: datetime | None = None
    code: str = ""
    settled_at: datetime | None = None
    sent_at: datetime | None = None
    void_state: str | None = None
    void_tries: int = 0


class RecordReturnLabel(msgspec.Struct, frozen=True):
    """What a carrier answered to a call for a label of the way back; the file, where it gave one."""

    id: UUID
    label: UUID
    answer: Answer
    content: bytes = b""
    media_type: str = ""


class RecordReturnVoid(msgspec.Struct, frozen=True):
    """What a carrier answered to having a label back: `confirmed`, `refused`, `busy`."""

    id: UUID
    label: UUID
    word: str
    words: str = ""
    wait_seconds: float = 0.0


class ReturnLabelStands(msgspec.Struct, frozen=True):
    """A label of the way back after a command."""

    label: UUID
    state: LabelState
    tracking_number: str | None = None


def kinds_over(border: Crossing) -> dict[Method, str]:
    """The service of an account that each way needs: no label crosses customs, and a parcel shop abroad takes none of ours."""
    if border == "customs":
        return {}
    return KIND if border == "none" else {"postal": ABROAD}


def ways_back(accounts: Sequence[Account], pieces: Sequence[Piece], grams: int, border: Crossing) -> list[WayBack]:
    """One way of each method that takes these goods, chosen among the accounts as for a parcel that leaves."""
    found: list[WayBack] = []
    for method, kind in kinds_over(border).items():
        offers = [offer_of(one, one.services[kind], grams) for one in accounts if one.services.get(kind)]
        if method == "relay":
            offers = [msgspec.structs.replace(one, way="relay") for one in offers]
        chosen = choose(Delivery(), pieces, grams, None, offers)
        if isinstance(chosen, Chosen):
            account = chosen.offer.account
            found.append(WayBack(method, account.id, account.carrier, chosen.offer.service))
    return found


def weight_of(grams: int) -> int:
    """What a parcel of so many grams of goods weighs at most likely, in grams."""
    return max(LEAST_GRAMS, grams + PACKING_GRAMS)


def reference(number: str, n: int) -> str:
    """Ours on the label: `R-7KQ2MX-1`."""
    return f"{number}-{n}"


def next_ask(status: Status, since: datetime, now: datetime) -> datetime | None:
    """When its carrier is asked again: seldom, for nobody is promised an hour; never once it is over."""
    if status in FINAL or now - since > GIVEN_UP_AFTER:
        return None
    return now + timedelta(hours=12 if status in ("pending", "unknown") else 4)


def next_look(status: Status, at: datetime | None, sent: bool, now: datetime) -> datetime | None:
    """When a person has to ask for a parcel that was sent, if nothing new is heard, whatever its carrier said last; None while it was not."""
    if not sent:
        return None
    return (min(at, now) if at else now) + (UNSCANNED_AFTER if status == "delivered" else LOST_AFTER)


MOVING: Final = (
    "picked_up",
    "in_transit",
    "out_for_delivery",
    "ready_for_pickup",
    "delivery_delayed",
    "delivery_failed",
    "on_hold",
    "delivered",
)
"""The carrier has it: what the law calls the proof that it was sent."""


def may_ask_again(live: ReturnLabel | None) -> bool:
    """Whether another label may be asked for. One in doubt is given up: a label of the way back that nobody uses costs nothing."""
    return live is None or live.state == LabelState.UNKNOWN

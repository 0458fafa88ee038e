"""What a shop's newer word means for an order on file. Pure: the order and the word in, one outcome out."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from comptoir.kit.words import Instant, Maybe, Minor
from comptoir.orders.model import PaymentDetails

Outcome = Literal["waiting", "stale", "noted", "paid", "canceled", "changed", "revived"]
"""waiting: canceled before the order came; changed, revived: a person must look; noted: nothing to do."""

FURTHER = {"failed": 0, "pending": 0, "authorized": 1, "captured": 2, "part_refunded": 3, "refunded": 3, "voided": 3}


class FollowChannel(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The shop says how its order stands. `updated_at` is the shop's own time; None means for good.

    `payment` and `total_minor` are what the shop has now; a cancellation carries neither.
    """

    id: UUID
    order: UUID
    channel: str
    external_id: str
    updated_at: Instant | None
    canceled: bool = False
    reason: Maybe = ""
    payment: PaymentDetails | None = None
    total_minor: Minor | None = None


class OnFile(msgspec.Struct, frozen=True):
    """What we have: the shop's time of the order, its payment, whether it is canceled, and by the shop."""

    updated_at: datetime
    total_minor: int
    canceled: bool
    payment_state: str
    shop_canceled: bool
    shop_canceled_at: datetime | None


def outcome_of(order: OnFile | None, said: FollowChannel) -> Outcome:
    """The newer word wins. Of two of the same moment, a cancellation wins, and "paid" wins over "not paid yet"."""
    if order is None:
        return "waiting"
    if said.updated_at is not None and order.updated_at > said.updated_at:
        return "stale"
    if said.canceled or (order.shop_canceled and not newer(said.updated_at, order.shop_canceled_at)):
        return "noted" if order.canceled else "canceled"
    if order.canceled:
        return "revived" if order.shop_canceled else "noted"
    if said.total_minor is not None and said.total_minor != order.total_minor:
        return "changed"
    if said.payment is not None and FURTHER[said.payment.state] > FURTHER[order.payment_state]:
        return "paid"
    return "noted"


def newer(one: datetime | None, other: datetime | None) -> bool:
    """Whether `one` lies after `other`; nothing lies after a word that was for good."""
    return other is not None and (one is None or one > other)

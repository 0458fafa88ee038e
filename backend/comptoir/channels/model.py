"""What a shop's message can mean: an order, the cancellation of one, nothing we use, or something we cannot read."""

from collections.abc import Callable, Set
from datetime import datetime
from typing import Literal
from uuid import UUID, uuid5

import msgspec

from comptoir.orders.model import ChannelFacts, PlaceOrder

Kind = Literal["shopify", "woocommerce"]

SHOPS = UUID("5a0f7b1e-2c44-5e1b-9b7d-6f0c3a5e8d21")
"""Namespace of the channels' own namespaces; never changes, or every order would be taken for a new one."""


class ChannelOrder(msgspec.Struct, frozen=True):
    """An order as the shop has it now. Its lines name the shop's codes; which SKU they are is looked up later.

    `notes` say what was left out or rounded, by field name; they never repeat what the customer wrote.
    """

    order: PlaceOrder
    facts: ChannelFacts
    notes: tuple[str, ...] = ()


class ChannelCancel(msgspec.Struct, frozen=True):
    """The shop has canceled an order. `updated_at` None means for good: the order is gone there."""

    order: UUID
    external_id: str
    updated_at: datetime | None
    reason: str


class Ignored(msgspec.Struct, frozen=True):
    """A message that asks nothing of us; `reason` says why."""

    reason: str


class Untranslatable(Exception):
    """A message that a person must look at: `problem` is a code, `field` the place in the body."""

    def __init__(self, problem: str, field: str = "") -> None:
        self.problem = problem
        self.field = field
        super().__init__(f"{problem}: {field}" if field else problem)


Meaning = ChannelOrder | ChannelCancel | Ignored

Translate = Callable[[str, str, bytes, Set[str]], Meaning]
"""`translate(channel, topic, body, places)`: pure. `places` are the ids of stores where orders can be collected.

The topic stands in a header that no signature covers, so it only picks the kind of message; what happened to the order
is read from the body alone. Raises Untranslatable.
"""


def order_id(channel: str, external_id: str) -> UUID:
    """Our id of a shop's order: the same however often, and in whatever message, the shop names it."""
    return uuid5(uuid5(SHOPS, channel), external_id)


def customer_id(channel: str, external_id: str) -> UUID:
    """Our id of a shop's customer."""
    return uuid5(uuid5(SHOPS, channel), f"customer {external_id}")


def event_id(channel: str, *words: str) -> UUID:
    """An id for what a message makes us do, so that doing it again has no second effect."""
    return uuid5(uuid5(SHOPS, channel), "\n".join(("event", *words)))

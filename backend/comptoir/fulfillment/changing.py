"""What a customer asks of the store and a person decides about: home delivery, another store, something else in its place. Pure.

Asked is not done. The order stays as it is until somebody at the store has answered.
"""

from typing import Annotated, Literal
from uuid import UUID

import msgspec

from comptoir.kit.errors import Conflict, Invalid
from comptoir.kit.words import Code, Maybe, Postcode, Slug, Word

ChangeKind = Literal["delivery", "store", "substitute"]
CHANGE_ASKED = "change_asked"
"""The exception's kind."""

ANSWERS = ("change_done", "change_declined", "change_by_transfer", "change_by_parcel")
"""What a person can answer; the last ones to a wish for another store and for home delivery, and they are carried out at once."""


class DeliverTo(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where it is to go instead."""

    street: Word
    postcode: Annotated[Postcode, msgspec.Meta(min_length=2)]
    city: Word
    street2: Maybe = ""


class AskChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Exactly one of `to` (delivery), `location` (another store) and `sku` (with `line`: instead of what is missing)."""

    id: UUID
    order: UUID
    kind: ChangeKind
    line: Annotated[int, msgspec.Meta(ge=1, le=200)] | None = None
    to: DeliverTo | None = None
    location: Slug | None = None
    sku: Code | None = None


class WithdrawChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The customer does not ask any more."""

    id: UUID
    order: UUID
    request: UUID


class ChangeAsked(msgspec.Struct, frozen=True):
    """What was asked for, at which store, and what it costs if it is done."""

    request: UUID
    location: str
    price_minor: int


def may_ask(command: AskChange, waits: bool, asked_already: bool, delivery_minor: int | None) -> int:
    """What it costs. Conflict `nothing_to_change`, `asked_already`, `not_offered`; Invalid `address_missing` and the like."""
    if not waits:
        raise Conflict("nothing_to_change")
    if asked_already:
        raise Conflict("asked_already")
    if command.kind == "delivery":
        if command.to is None:
            raise Invalid("address_missing")
        if delivery_minor is None:
            raise Conflict("not_offered")
        # Whoever gets a part sent because the shelf was empty does not pay for our mistake.
        return 0 if command.line is not None else delivery_minor
    if command.kind == "store" and command.location is None:
        raise Invalid("location_missing")
    if command.kind == "substitute" and (command.sku is None or command.line is None):
        raise Invalid("article_missing")
    return 0

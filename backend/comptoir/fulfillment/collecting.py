"""Somebody else collects: named by whoever bought, reached by one number or address, with a link that opens the pass alone."""

from typing import Annotated, Final
from uuid import UUID

import msgspec

from comptoir.kit.errors import Conflict, Invalid
from comptoir.kit.ids import Seal
from comptoir.kit.words import Email, Word

Mobile = Annotated[str, msgspec.Meta(pattern=r"^\+[1-9][0-9]{6,14}\Z")]
"""A number as E.164 writes it."""

MOST_NAMED: Final = 3
"""How often somebody may be named for one order: each naming sends a message to whoever was named."""


class NameCollector(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """This person collects; exactly one of `phone` and `email`."""

    id: UUID
    order: UUID
    name: Word
    phone: Mobile | None = None
    email: Email | None = None


class ForgetCollector(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whoever bought collects after all."""

    id: UUID
    order: UUID


class CollectorChanged(msgspec.Struct, frozen=True):
    """Who collects now (None: whoever bought), and how many passes were made anew."""

    name: str | None
    passes: int


def may_be_named(waits: bool, named_before: int, command: NameCollector) -> None:
    """Conflict `nothing_to_collect`, `named_often_enough`; Invalid `one_contact`."""
    if not waits:
        raise Conflict("nothing_to_collect")
    if named_before >= MOST_NAMED:
        raise Conflict("named_often_enough", times=MOST_NAMED)
    if (command.phone is None) == (command.email is None):
        raise Invalid("one_contact")


def collector_token(seal: Seal, order: UUID, generation: int) -> str:
    """The 26 characters of the collector's link. A new generation ends the old."""
    return seal.token("collector", order.bytes, generation)

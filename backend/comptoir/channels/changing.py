"""What head office decides about a channel, and the rules for it. Pure."""

import re
from typing import Annotated, Final
from uuid import UUID

import msgspec

from comptoir.invoices.model import Setting
from comptoir.kit.errors import Invalid
from comptoir.kit.words import Slug

MOST_MINOR: Final = 100_000
"""No delivery costs a customer more; whoever types more has slipped by a digit."""

_PRICE: Final = re.compile(r"([0-9]{1,4})(?:[.,]([0-9]{1,2}))?\Z", re.ASCII)


class SaveChannel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who makes the invoices and when; what a delivery asked for later costs, in minor units with tax. None: not offered."""

    id: UUID
    channel: Slug
    version: Annotated[int, msgspec.Meta(ge=1, le=1_000_000_000)]
    invoices: Setting
    delivery_minor: Annotated[int, msgspec.Meta(ge=0, le=MOST_MINOR)] | None = None


class ChannelChanged(msgspec.Struct, frozen=True):
    """The answer: which channel, and its version now."""

    channel: str
    version: int


def read_price(text: str) -> int | None:
    """ "4,90", "4.9 €" or "5" in minor units of a currency of two decimals; empty is None. Invalid `price_wrong`."""
    bare = text.replace("€", "").strip()
    if not bare:
        return None
    match = _PRICE.match(bare)
    if match is None:
        raise Invalid("price_wrong")
    minor = int(match[1]) * 100 + int((match[2] or "0").ljust(2, "0"))
    if minor > MOST_MINOR:
        raise Invalid("price_wrong")
    return minor

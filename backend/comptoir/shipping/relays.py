"""A customer chooses where a carrier leaves their parcel, until a label says it. Pure."""

from datetime import date, timedelta
from typing import Annotated, Final
from uuid import UUID

import msgspec

from comptoir.kit.errors import Conflict
from comptoir.kit.words import Codename, Country, Maybe, Postcode, Word

MOST_SHOWN: Final = 10
ARRIVES_WITHIN: Final = timedelta(days=6)
"""A relay that is shut while the parcel would arrive is not offered."""


class RelayChosen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A relay as its carrier names it."""

    carrier: Codename
    id: Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9 ._-]+\Z")]
    name: Word
    street: Maybe = ""
    postcode: Postcode = ""
    city: Maybe = ""
    country: Country = "FR"


class ChooseRelay(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Sent to this relay; without one, to the customer's door."""

    id: UUID
    order: UUID
    relay: RelayChosen | None = None


class TellNotReceived(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The carrier says delivered, and the customer does not have it."""

    id: UUID
    order: UUID
    parcel: UUID


class DeliveryChosen(msgspec.Struct, frozen=True):
    kind: str


def may_choose(*, ships: bool, labeled: bool) -> None:
    """Conflict `nothing_to_send` for an order without parcels to come, `label_made` once a label says where it goes."""
    if labeled:
        raise Conflict("label_made")
    if not ships:
        raise Conflict("nothing_to_send")


def is_open_on_arrival(closures: tuple[tuple[date, date], ...], today: date) -> bool:
    """Nothing shuts it from tomorrow until the parcel would be there."""
    return not any(first <= today + ARRIVES_WITHIN and last > today for first, last in closures)

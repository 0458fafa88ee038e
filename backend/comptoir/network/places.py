"""What is asked for when places come and go: stores and warehouses, the regions they belong to, the companies that sell there. Pure."""

from typing import Annotated, Final, Literal
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from comptoir.kit.errors import Invalid
from comptoir.kit.words import Country, Maybe, Note, Postcode, Siren, Slug, VatNumber, Word

Version = Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)]
Degrees = Annotated[float, msgspec.Meta(ge=-180, le=180)]
ZoneName = Annotated[str, msgspec.Meta(min_length=3, max_length=60, pattern=r"^[A-Za-z0-9_+/-]+\Z")]
Prefix = Annotated[str, msgspec.Meta(min_length=1, max_length=8, pattern=r"^[A-Z0-9]+\Z")]
RESERVED: Final = frozenset({"new", "none", "regions", "companies", "files", "store", "warehouse"})
"""Words that stand where an id stands in an address or in a rule."""
MOST_SHELVES: Final = 60


class Described(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a place is and where: the same for a new one and for one that changes. Without coordinates its postcode's middle is taken."""

    name: Word
    kind: Literal["store", "warehouse"]
    region: Slug | None
    legal_entity: Slug
    street: Word
    postcode: Postcode
    city: Word
    country: Country = "FR"
    time_zone: ZoneName = "Europe/Paris"
    latitude: Degrees | None = None
    longitude: Degrees | None = None
    shelves: Annotated[int, msgspec.Meta(ge=0, le=MOST_SHELVES)] = 12
    """Places for bags that wait, R 1 to R n; those that are there already stay."""
    takes_returns: bool = True


class CreateStore(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A place is new: closed every day and offering nothing until somebody says its hours and services."""

    id: UUID
    location: Slug
    about: Described


class DescribeStore(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A place is called, lies, or belongs otherwise, as it stood at `version`."""

    id: UUID
    location: Slug
    version: Version
    about: Described


class CloseStore(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """It sells and sends nothing any more; what happened there stays readable, what stock is there can be transferred."""

    id: UUID
    location: Slug
    version: Version
    reason: Annotated[Note, msgspec.Meta(min_length=1)]


class ReopenStore(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """It is back; its services are chosen anew."""

    id: UUID
    location: Slug
    version: Version


class SaveRegion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Stores that one manager watches; version 0 makes it."""

    id: UUID
    region: Slug
    version: Version
    name: Word


class SaveEntity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who sells: what stands on its documents, and the prefix of their numbers; version 0 makes it."""

    id: UUID
    entity: Slug
    version: Version
    name: Word
    siren: Siren
    vat_number: VatNumber
    address: Annotated[str, msgspec.Meta(min_length=5, max_length=240)]
    document_prefix: Prefix
    country: Country = "FR"
    rcs: Maybe = ""
    capital_minor: Annotated[int, msgspec.Meta(ge=0, le=10**13)] | None = None
    time_zone: ZoneName = "Europe/Paris"


class PlaceChanged(msgspec.Struct, frozen=True):
    """The answer: which place, region or company, and its version now."""

    place: str
    version: int


def check_id(text: str) -> None:
    """Invalid `place_id_reserved` for a word that an address or a rule needs."""
    if text in RESERVED:
        raise Invalid("place_id_reserved", place=text)


def check_zone(name: str) -> None:
    """Invalid `unknown_time_zone`."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Invalid("unknown_time_zone", zone=name) from None


def check_siren(siren: str, country: str) -> None:
    """Invalid `siren_wrong` where a French company's number fails its own check digit (Luhn)."""
    if country != "FR":
        return
    digits = [int(one) for one in siren]
    doubled = [sum(divmod(2 * one, 10)) if at % 2 else one for at, one in enumerate(digits)]
    if sum(doubled) % 10:
        raise Invalid("siren_wrong")

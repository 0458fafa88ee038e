"""What head office decides about boxes and carriers' accounts, and the rules for it. Pure."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, get_args
from uuid import UUID

import msgspec

from comptoir.kit.errors import Invalid
from comptoir.kit.words import Code, Codename, Slug, Word

Version = Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)]
Millimeters = Annotated[int, msgspec.Meta(ge=1, le=10_000)]
Grams = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
Typed = Annotated[str, msgspec.Meta(max_length=200, pattern=r"^[^\x00-\x1f\x7f\ud800-\udfff]*\Z")]
LabelFormat = Literal["pdf_a4", "pdf_10x15", "zpl_203", "zpl_300"]
Kind = Literal["home", "relay", "express", "return_post", "return_post_abroad", "return_relay"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

NEVER_TYPED: Final = frozenset({"base", "tracking_base", "labels", "soap", "pages", "label_hosts"})
"""Where a carrier is reached: whoever could type it would send addresses and passwords wherever they like."""

RESERVED: Final = "new"
"""No account has this id: it is the page of a new one."""


class SaveBox(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A box as it is to be from now on; `version` 0 makes it. Inside measures; without a location every store has it."""

    id: UUID
    box: Slug
    version: Version
    name_fr: Word
    name_en: Word
    kind: Literal["box", "bag"]
    length_mm: Millimeters
    width_mm: Millimeters
    height_mm: Millimeters
    tare_grams: Annotated[int, msgspec.Meta(ge=0, le=100_000)]
    max_grams: Grams
    location: Slug | None = None
    active: bool = True


class SaveAccount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A contract as it is to be from now on; `version` 0 makes it. `locations` None: every store.

    `settings` are what a person typed (empty: taken away), `tariff` the price list or None; everything else that is on file stays.
    """

    id: UUID
    account: Slug
    version: Version
    carrier: Codename
    name: Word
    services: Mapping[Kind, Code]
    settings: Mapping[Codename, Typed]
    tariff: Mapping[str, Any] | None
    label_format: LabelFormat
    locations: tuple[Slug, ...] | None = None
    active: bool = True


class SettingSaved(msgspec.Struct, frozen=True):
    """The answer: which box or account, and its version now."""

    setting: str
    version: int


def check_account(command: SaveAccount) -> None:
    """Invalid `account_id_taken`, `account_wrong` for what nobody may type, `account_no_store`."""
    if command.account == RESERVED:
        raise Invalid("account_id_taken", account=command.account)
    if NEVER_TYPED & set(command.settings) or "tariff" in command.settings:
        raise Invalid("account_wrong", wrong="address")
    if command.locations is not None and not command.locations:
        raise Invalid("account_no_store")


def merged(before: Mapping[str, Any], command: SaveAccount) -> dict[str, Any]:
    """The settings that are on file afterwards."""
    kept = {name: value for name, value in before.items() if name != "tariff"} | dict(command.settings)
    found = {name: value for name, value in kept.items() if value != ""}
    return found if command.tariff is None else {**found, "tariff": dict(command.tariff)}

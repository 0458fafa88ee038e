"""What can be alarming, and what people say about it: kinds, rules, commands."""

from collections.abc import Mapping
from typing import Annotated, Final, Literal, get_args
from uuid import UUID

import msgspec

from comptoir.kit.words import Note, Slug

KindName = Literal[
    "late", "slipping", "load", "pickup", "silent", "shorts", "stock", "ledger", "messages", "money", "label", "channel", "carrier", "account",
    "provider", "reports",
]  # fmt: skip
Told = Literal["store_manager", "regional_manager", "head_office", "nobody"]
Above = Literal["store_manager", "regional_manager", "head_office"]
AlertMedium = Literal["push", "email"]
MEDIA: Final[tuple[AlertMedium, ...]] = get_args(AlertMedium)


class Kind(msgspec.Struct, frozen=True):
    """One thing that is read: of a store or of the whole house, what its threshold may be, and what a unit above it costs.

    `harm` is in cents and ranks alerts on the page; it is a rule of the house, as those of `tower/deciding.py` are.
    """

    name: KindName
    of: Literal["store", "house"]
    default: int
    most: int
    harm: int
    page: str
    glyph: str


KINDS: Final[Mapping[str, Kind]] = {
    one.name: one
    for one in (
        Kind("late", "store", 5, 10_000, 1_000, "/manager/stores/{place}/act", "tri"),
        Kind("slipping", "store", 60, 1_440, 100, "/manager/works?which=risk&store={place}", "half"),
        Kind("load", "store", 150, 1_000, 50, "/manager/stores/{place}/act?do=capacity", "clock"),
        Kind("pickup", "store", 3, 1_000, 1_000, "/manager/works?which=pickups&store={place}", "truck"),
        Kind("silent", "store", 45, 1_440, 50, "/manager/devices?store={place}", "silent"),
        Kind("shorts", "store", 300, 10_000, 10, "/manager/stores/{place}#short-head", "nofind"),
        Kind("stock", "store", 3, 10_000, 1_000, "/manager/stock/control?what=over&store={place}", "count"),
        Kind("ledger", "store", 1, 10_000, 2_000, "/manager/stock/ledger?store={place}", "question"),
        Kind("messages", "store", 3, 10_000, 500, "/manager/orders?which=untold&store={place}", "mail"),
        Kind("money", "store", 1, 10_000, 5_000, "/manager/exceptions?store={place}", "card"),
        Kind("label", "store", 30, 1_440, 100, "/manager/stores/{place}/list?what=unlabeled", "parcel"),
        Kind("channel", "house", 15, 1_440, 500, "/manager/channels", "share"),
        Kind("carrier", "house", 1, 1_000, 2_000, "/manager/carriers", "truck"),
        Kind("account", "house", 1, 1_000, 5_000, "/manager/money", "card"),
        Kind("provider", "house", 5, 1_000, 500, "/manager/orders?which=untold", "mail"),
        Kind("reports", "house", 1, 1_000, 200, "/manager/trends/mails", "mail"),
    )
}
"""Units: works, minutes, per cent, parcels, minutes, per cent of the usual, units, articles, orders, cases,
minutes, minutes, refusals, refusals, tries in a row, reports."""

Minute = Annotated[int, msgspec.Meta(ge=0, le=1440)]


class AlertRule(msgspec.Struct, frozen=True):
    """From how much on, where, and who is told by which way. Quiet hours are minutes of the store's day; they may pass midnight."""

    id: UUID
    kind: KindName
    threshold: int
    region: str | None = None
    location: str | None = None
    tells: Told = "store_manager"
    person: UUID | None = None
    media: tuple[AlertMedium, ...] = ()
    quiet_from: int | None = None
    quiet_until: int | None = None
    escalate_after: int | None = None
    escalate_to: Above | None = None
    active: bool = True
    version: int = 1


class SaveRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rule as it is to be; version 0 makes it."""

    id: UUID
    rule: UUID
    version: int
    kind: KindName
    threshold: Annotated[int, msgspec.Meta(ge=1, le=100_000)]
    region: Slug | None
    location: Slug | None
    tells: Told
    person: UUID | None
    media: tuple[AlertMedium, ...]
    quiet_from: Minute | None
    quiet_until: Minute | None
    escalate_after: Annotated[int, msgspec.Meta(ge=1, le=1440)] | None
    escalate_to: Above | None
    active: bool


class RuleSaved(msgspec.Struct, frozen=True):
    rule: UUID
    version: int


class AcknowledgeAlert(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody is at it, and says in a word how."""

    id: UUID
    alert: UUID
    word: Annotated[Note, msgspec.Meta(min_length=1)]


class SnoozeAlert(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Nobody is told of it for so long; if it lasts, they are told again."""

    id: UUID
    alert: UUID
    minutes: Annotated[int, msgspec.Meta(ge=5, le=1440)]


class AlertChanged(msgspec.Struct, frozen=True):
    alert: UUID

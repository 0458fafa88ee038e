"""What people ask for and errands tell about parcels and labels. Each may be sent again; none has a second effect."""

from typing import Annotated
from uuid import UUID

import msgspec

from comptoir.kit.words import Code, Note, Word
from comptoir.shipping.arriving import Spoken
from comptoir.shipping.labels import Answer

Reason = Annotated[Note, msgspec.Meta(min_length=1)]
Number = Annotated[str, msgspec.Meta(min_length=4, max_length=40, pattern=r"^[A-Za-z0-9][A-Za-z0-9 -]*\Z")]
"""A tracking number as a carrier prints it."""


class Unpack(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Open a closed parcel again, to change what is in it, its box or its weight; before its label, or once that is void."""

    id: UUID
    parcel: UUID


class AskLabel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Buy a label for a closed parcel: again after a refusal, or with another account than the rules would take."""

    id: UUID
    parcel: UUID
    account: Code | None = None
    service: Code | None = None


class TypeNumber(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The carrier is away, or its label was made elsewhere: the number as printed, whose it is, and why it was typed."""

    id: UUID
    parcel: UUID
    carrier: Word
    tracking_number: Number
    reason: Reason


class GiveUpLabel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A person looked at the carrier's and found no label for our reference: it may be bought anew."""

    id: UUID
    label: UUID
    reason: Reason


class VoidLabel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Throw a label away before the carrier has the parcel; the paper is torn up, and the carrier is told."""

    id: UUID
    label: UUID
    reason: Reason


class SettleChoice(msgspec.Struct, frozen=True):
    """Who carries a parcel, once the prices of all who could were compared."""

    id: UUID
    label: UUID
    taken: Spoken


class RecordLabel(msgspec.Struct, frozen=True):
    """What a carrier answered to a call for a label; the file, where it gave one."""

    id: UUID
    label: UUID
    answer: Answer
    content: bytes = b""
    media_type: str = ""


class RecordVoid(msgspec.Struct, frozen=True):
    """What a carrier answered when a label was given back: `confirmed`, `refused`, `busy`, `unknown`."""

    id: UUID
    label: UUID
    word: str
    words: str = ""
    wait_seconds: float = 0.0


class LabelStands(msgspec.Struct, frozen=True):
    """A label after a command: its state, and the parcel's."""

    label: UUID | None
    parcel: UUID
    state: str | None
    parcel_state: str
    tracking_number: str | None = None

"""What is asked for when people, devices and keys are changed. Secrets come in as digests: no command ever holds one."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec

from comptoir.kit.words import Email, Maybe, Note, Slug, Word

StaffRole = Literal["associate", "store_manager", "regional_manager", "head_office"]
Places = Annotated[tuple[Slug, ...], msgspec.Meta(max_length=200)]


class SavePerson(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Make somebody (version 0), or change them as they stood at `version`."""

    id: UUID
    staff: UUID
    version: int
    first_name: Word
    last_name: Word
    email: Email | None
    role: StaffRole
    region: Slug | None
    locations: Places
    language: Literal["fr", "en"]


class SetPin(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Give somebody a new PIN; a wait for the old one is lifted."""

    id: UUID
    staff: UUID
    pin_hash: str


class SetBadge(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Give somebody a new badge; the old one opens nothing any more."""

    id: UUID
    staff: UUID
    badge_hash: bytes


class SetPassword(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Give a manager a new password; they are signed out everywhere."""

    id: UUID
    staff: UUID
    password_hash: str


class LiftWait(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Let somebody try their PIN again now."""

    id: UUID
    staff: UUID


class DisablePerson(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody works here no more: signed out everywhere, nothing opens."""

    id: UUID
    staff: UUID
    reason: Note


class EnablePerson(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody is back."""

    id: UUID
    staff: UUID


class ShowCode(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A code for one new device of a store."""

    id: UUID
    location: Slug
    code_hash: bytes


class RevokeDevice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A device is lost or retired: it opens nothing, whoever is signed in on it is out."""

    id: UUID
    device: UUID


class MakeKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A key for another system; `locations` None means everywhere."""

    id: UUID
    name: Word
    scopes: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=20)]
    locations: Places | None
    key_hash: bytes
    hint: Maybe


class RevokeKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A key opens nothing any more."""

    id: UUID
    key: UUID


class Changed(msgspec.Struct, frozen=True):
    """The answer: what was changed, and the version it has now where it has one."""

    id: UUID
    version: int = 0

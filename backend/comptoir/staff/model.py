"""People, devices, sign-ins and keys, as the doors see them."""

from datetime import datetime
from uuid import UUID

import msgspec

from comptoir.kit.actor import Actor, Role


class Manager(msgspec.Struct, frozen=True):
    """Somebody who manages, away from any browser, and where mail reaches them."""

    actor: Actor
    email: str


class Session(msgspec.Struct, frozen=True):
    """Somebody signed in: who, on which device, and the places their role reaches (None = all)."""

    sign_in: UUID
    staff: UUID
    role: Role
    first_name: str
    last_name: str
    language: str
    device: UUID | None
    device_location: str | None
    location_name: str | None
    locations: tuple[str, ...] | None
    seen_at: datetime
    app_version: str = ""

    @property
    def initials(self) -> str:
        return f"{self.first_name[:1]}{self.last_name[:1]}".upper()


class EnrolledDevice(msgspec.Struct, frozen=True):
    """A browser that is a device of one store."""

    id: UUID
    location: str
    name: str
    location_name: str
    time_zone: str
    last_seen_at: datetime | None
    app_version: str = ""


class Key(msgspec.Struct, frozen=True):
    """Another system's key: what it may do and where (None = everywhere)."""

    id: UUID
    name: str
    scopes: frozenset[str]
    locations: tuple[str, ...] | None
    last_used_at: datetime | None


class Colleague(msgspec.Struct, frozen=True):
    """A name on the sign-in screen of a shared device."""

    id: UUID
    first_name: str
    last_name: str
    has_pin: bool

    @property
    def initials(self) -> str:
        return f"{self.first_name[:1]}{self.last_name[:1]}".upper()

    @property
    def name(self) -> str:
        """First name and initial: enough to find oneself, no more than colleagues know."""
        return f"{self.first_name} {self.last_name[:1]}."


class StandingPerson(msgspec.Struct, frozen=True):
    """Somebody as they stand before a change."""

    id: UUID
    role: Role
    version: int
    email: str | None
    disabled_at: datetime | None
    locations: tuple[str, ...]


class PersonRow(msgspec.Struct, frozen=True):
    """Somebody in the list and on the form of the Team page."""

    id: UUID
    first_name: str
    last_name: str
    email: str | None
    role: Role
    region: str | None
    language: str
    version: int
    has_pin: bool
    has_badge: bool
    has_password: bool
    disabled_at: datetime | None
    locations: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"

    @property
    def initials(self) -> str:
        return f"{self.first_name[:1]}{self.last_name[:1]}".upper()


class KeyRow(msgspec.Struct, frozen=True):
    """A key in the list of the Keys page; `hint` is its last characters."""

    id: UUID
    name: str
    hint: str
    scopes: tuple[str, ...]
    locations: tuple[str, ...] | None
    made_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None

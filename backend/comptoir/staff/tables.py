"""Tables of who: people, devices, sign-ins, keys, and what was changed by whom. Made by the migrations, compared by a test."""

from typing import Any

from piccolo.columns import JSONB, UUID, Array, Boolean, Bytea, ForeignKey, Integer, Text, Timestamptz
from piccolo.columns.base import OnDelete
from piccolo.columns.reference import LazyTableReference
from piccolo.table import Table


class Person(Table, tablename="staff"):
    """Somebody who works here."""

    id = UUID(primary_key=True, required=True)
    first_name = Text(required=True)
    last_name = Text(required=True)
    email = Text(null=True, default=None, unique=True)
    role = Text(required=True)
    region: ForeignKey[Any] = ForeignKey(
        LazyTableReference("Region", app_name="comptoir"), on_delete=OnDelete.restrict, null=True, default=None
    )
    language = Text(default="fr")
    pin_hash = Text(null=True, default=None)
    badge_hash = Bytea(null=True, default=None, unique=True)
    password_hash = Text(null=True, default=None)
    disabled_at = Timestamptz(null=True, default=None)
    version = Integer(default=1)


class StaffLocation(Table, tablename="staff_location"):
    """The stores somebody works in."""

    staff = ForeignKey(Person, on_delete=OnDelete.cascade, primary_key=True, null=False)
    location: ForeignKey[Any] = ForeignKey(
        LazyTableReference("Location", app_name="comptoir"), on_delete=OnDelete.cascade, primary_key=True, null=False
    )


class Enrollment(Table, tablename="enrollment"):
    """A code that turns one browser into a device of the store, once."""

    code_hash = Bytea(primary_key=True, required=True)
    location: ForeignKey[Any] = ForeignKey(
        LazyTableReference("Location", app_name="comptoir"), on_delete=OnDelete.cascade, null=False
    )
    made_by = UUID(required=True)
    made_at = Timestamptz(required=True)
    expires_at = Timestamptz(required=True)
    used_at = Timestamptz(null=True, default=None)


class Device(Table, tablename="device"):
    """A handheld or tablet of one store."""

    id = UUID(primary_key=True, required=True)
    location: ForeignKey[Any] = ForeignKey(
        LazyTableReference("Location", app_name="comptoir"), on_delete=OnDelete.restrict, null=False
    )
    name = Text(required=True)
    credential_hash = Bytea(required=True, unique=True)
    enrolled_at = Timestamptz(required=True)
    enrolled_by = UUID(null=True, default=None)
    last_seen_at = Timestamptz(null=True, default=None)
    revoked_at = Timestamptz(null=True, default=None)
    clock_off_seconds = Integer(null=True, default=None)
    app_version = Text(default="")
    app_version_at = Timestamptz(null=True, default=None)


class SignIn(Table, tablename="sign_in"):
    """One person on one device or in one browser, from when to when."""

    id = UUID(primary_key=True, required=True)
    staff = ForeignKey(Person, on_delete=OnDelete.restrict, null=False)
    device = ForeignKey(Device, on_delete=OnDelete.restrict, null=True, default=None)
    token_hash = Bytea(required=True, unique=True)
    started_at = Timestamptz(required=True)
    seen_at = Timestamptz(required=True)
    ends_at = Timestamptz(required=True)
    ended_at = Timestamptz(null=True, default=None)
    means = Text(required=True)


class ApiKey(Table, tablename="api_key"):
    """A key of an integrator: its digest, verbs and places."""

    id = UUID(primary_key=True, required=True)
    name = Text(required=True)
    key_hash = Bytea(required=True, unique=True)
    hint = Text(required=True)
    scopes = Array(base_column=Text(), required=True)
    locations = Array(base_column=Text(), null=True, default=None)
    made_at = Timestamptz(required=True)
    made_by = UUID(null=True, default=None)
    last_used_at = Timestamptz(null=True, default=None)
    revoked_at = Timestamptz(null=True, default=None)


class Announcement(Table, tablename="announcement"):
    """What a manager tells the devices of stores, until when; `edition` counts changes of its words."""

    id = UUID(primary_key=True, required=True)
    text = Text(required=True)
    urgent = Boolean(required=True)
    until_at = Timestamptz(required=True)
    version = Integer(default=1)
    edition = Integer(default=1)
    made_at = Timestamptz(required=True)
    made_by = Text(required=True)
    changed_at = Timestamptz(required=True)
    ended_at = Timestamptz(null=True, default=None)
    ended_by = Text(null=True, default=None)


class AnnouncementStore(Table, tablename="announcement_store"):
    """A store whose devices show it."""

    announcement = ForeignKey(Announcement, on_delete=OnDelete.cascade, primary_key=True, null=False)
    location: ForeignKey[Any] = ForeignKey(
        LazyTableReference("Location", app_name="comptoir"), on_delete=OnDelete.cascade, primary_key=True, null=False
    )


class AnnouncementReceipt(Table, tablename="announcement_receipt"):
    """A device on which somebody has read these words; never who."""

    announcement = ForeignKey(Announcement, on_delete=OnDelete.cascade, primary_key=True, null=False)
    edition = Integer(primary_key=True, required=True)
    device = ForeignKey(Device, on_delete=OnDelete.cascade, primary_key=True, null=False)
    location: ForeignKey[Any] = ForeignKey(
        LazyTableReference("Location", app_name="comptoir"), on_delete=OnDelete.cascade, null=False
    )
    at = Timestamptz(required=True)
    received_at = Timestamptz(required=True)


class Audit(Table, tablename="audit"):
    """Who changed what people set up; append-only."""

    id = UUID(primary_key=True, required=True)
    at = Timestamptz(required=True)
    who = Text(required=True)
    role = Text(required=True)
    device = UUID(null=True, default=None)
    action = Text(required=True)
    subject = Text(required=True)
    location = Text(null=True, default=None)
    reason = Text(default="")
    body = JSONB(default="{}")

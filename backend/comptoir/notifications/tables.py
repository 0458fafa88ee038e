"""Tables of the ledger of rendered messages, and of web push. Made by the migrations, compared by a test."""

from typing import Any

from piccolo.columns import UUID, Array, Bytea, ForeignKey, Integer, SmallInt, Text, Timestamptz
from piccolo.columns.base import OnDelete
from piccolo.columns.reference import LazyTableReference
from piccolo.table import Table


class Message(Table, tablename="message"):
    """A message to a customer, rendered: marks instead of names and codes."""

    id = UUID(primary_key=True, required=True)
    stream = UUID(required=True)
    seq = Integer(required=True)
    order_id = UUID(required=True)
    template = Text(required=True)
    medium = Text(required=True)
    language = Text(required=True)
    subject = Text(required=True)
    body = Text(required=True)
    status = Text(required=True)
    reason = Text(null=True, default=None)
    made_at = Timestamptz(required=True)
    plan = Array(base_column=Text(), required=True)
    next_at = Timestamptz(null=True, default=None)
    claimed_until = Timestamptz(null=True, default=None)
    useful_until = Timestamptz(null=True, default=None)
    settled_at = Timestamptz(null=True, default=None)
    tries_before = Integer(required=True)
    settled_by = Text(null=True, default=None)
    recipient = Text(default="customer")
    sms = Text(default="")
    push = Text(default="")


class MessageTry(Table, tablename="message_try"):
    """One try on one medium; its primary key is (message, n)."""

    message = ForeignKey(references=Message, on_delete=OnDelete.cascade, primary_key=True, null=False)
    n = Integer(primary_key=True, required=True)
    medium = Text(required=True)
    provider = Text(required=True)
    begun_at = Timestamptz(required=True)
    ended_at = Timestamptz(null=True, default=None)
    outcome = Text(null=True, default=None)
    code = Text(required=True)
    provider_ref = Text(null=True, default=None)
    not_before = Timestamptz(null=True, default=None)
    receipt = Text(null=True, default=None)
    receipt_at = Timestamptz(null=True, default=None)


class OptOut(Table, tablename="opt_out"):
    """Somebody who wants nothing more on a medium; its primary key is (medium, mark)."""

    medium = Text(primary_key=True, required=True)
    mark = Bytea(primary_key=True, required=True)
    made_at = Timestamptz(required=True)
    how = Text(required=True)


class CustomerPreference(Table, tablename="customer_preference"):
    """A medium that a customer has switched off for a topic; its primary key is all three."""

    customer = UUID(primary_key=True, required=True)
    topic = Text(primary_key=True, required=True)
    medium = Text(primary_key=True, required=True)
    made_at = Timestamptz(required=True)


class Rating(Table, tablename="rating"):
    """How the hand-over of an order was, as its customer says: 3 good, 2 so so, 1 not good."""

    order_id = UUID(primary_key=True, required=True)
    location = Text(required=True)
    score = SmallInt(required=True)
    comment = Text(default="")
    at = Timestamptz(required=True)


class PushSubscription(Table, tablename="push_subscription"):
    """A browser that may be told something: a device of a store, a manager's, or a customer's for one order."""

    id = UUID(primary_key=True, required=True)
    endpoint = Text(required=True)
    p256dh = Text(required=True)
    auth = Text(required=True)
    device: ForeignKey[Any] = ForeignKey(
        LazyTableReference("Device", app_name="comptoir"),
        on_delete=OnDelete.cascade,
        null=True,
        default=None,
        unique=True,
    )
    order_id = UUID(null=True, default=None)
    staff: ForeignKey[Any] = ForeignKey(
        LazyTableReference("Person", app_name="comptoir"), on_delete=OnDelete.cascade, null=True, default=None
    )
    language = Text(required=True)
    made_at = Timestamptz(required=True)
    last_seen_at = Timestamptz(required=True)
    last_ok_at = Timestamptz(null=True, default=None)
    shown_at = Timestamptz(null=True, default=None)
    failed_at = Timestamptz(null=True, default=None)
    failure = Text(default="")


class PushNote(Table, tablename="push_note"):
    """What a device was to be told, and what became of it."""

    id = UUID(primary_key=True, required=True)
    device: ForeignKey[Any] = ForeignKey(
        LazyTableReference("Device", app_name="comptoir"), on_delete=OnDelete.cascade, null=False
    )
    key = Text(required=True)
    topic = Text(required=True)
    kind = Text(required=True)
    title = Text(required=True)
    body = Text(required=True)
    path = Text(required=True)
    made_at = Timestamptz(required=True)
    useful_until = Timestamptz(required=True)
    next_at = Timestamptz(null=True, default=None)
    claimed_until = Timestamptz(null=True, default=None)
    tries = Integer(default=0)
    status = Text(required=True)
    code = Text(default="")
    settled_at = Timestamptz(null=True, default=None)
    shown_at = Timestamptz(null=True, default=None)


class MessageTextVersion(Table, tablename="message_text_version"):
    """One version of a text of messages; its primary key is (occasion, language, version)."""

    occasion = Text(primary_key=True, required=True)
    language = Text(primary_key=True, required=True)
    version = Integer(primary_key=True, required=True)
    how = Text(required=True)
    restored = Integer(null=True, default=None)
    subject = Text(required=True)
    body = Text(required=True)
    who = Text(required=True)
    made_at = Timestamptz(required=True)
    sms = Text(default="")
    push = Text(default="")

"""Tables of sales channels, their webhooks and article codes. Made by the migrations, compared by a test."""

from typing import Any

from piccolo.columns import UUID, BigInt, Bytea, Date, ForeignKey, Integer, Text, Timestamptz
from piccolo.columns.base import OnDelete
from piccolo.columns.column_types import Char
from piccolo.columns.reference import LazyTableReference
from piccolo.table import Table


class Channel(Table, tablename="channel"):
    """Where orders come from."""

    id = Text(primary_key=True, required=True)
    kind = Text(required=True)
    name = Text(required=True)
    currency = Char(length=3, default="EUR")
    invoices = Text(default="at_hand_over")
    payment_made_by = Text(default="channel")
    delivery_minor = BigInt(null=True, default=None)
    disabled_at = Timestamptz(null=True, default=None)
    version = Integer(default=1)


class WebhookInbox(Table, tablename="webhook_inbox"):
    """A verified delivery of a shop, until it is worked off."""

    channel = Text(primary_key=True, required=True)
    delivery_id = Text(primary_key=True, required=True)
    topic = Text(required=True)
    body = Bytea(required=True)
    received_at = Timestamptz(required=True)
    state = Text(default="open")
    attempts = Integer(default=0)
    next_at = Timestamptz(required=True)
    problem = Text(null=True, default=None)
    done_at = Timestamptz(null=True, default=None)
    order_id = UUID(null=True, default=None)


class WebhookRefused(Table, tablename="webhook_refused"):
    """How many deliveries had a wrong signature, by day."""

    channel = Text(primary_key=True, required=True)
    day = Date(primary_key=True, required=True)
    number = Integer(db_column_name="count", required=True)


class ChannelSku(Table, tablename="channel_sku"):
    """A shop's code for one of our SKUs."""

    channel = Text(primary_key=True, required=True)
    external_sku = Text(primary_key=True, required=True)
    sku: ForeignKey[Any] = ForeignKey(
        LazyTableReference("SkuRow", app_name="comptoir"), on_delete=OnDelete.cascade, null=False
    )


class ChannelCancel(Table, tablename="channel_cancel"):
    """A cancellation a shop sent, kept apart: it may arrive before its order."""

    order_id = UUID(primary_key=True, required=True)
    channel = Text(required=True)
    external_id = Text(required=True)
    updated_at = Timestamptz(null=True, default=None)
    reason = Text(default="")
    noted_at = Timestamptz(required=True)

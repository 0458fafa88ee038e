"""Reads about channels: one by its id, and the messages that a person must look at."""

from datetime import datetime

import msgspec

from comptoir.channels.model import Kind
from comptoir.invoices.model import Setting
from comptoir.kit.actor import Actor
from comptoir.kit.db import Connection


class Shop(msgspec.Struct, frozen=True):
    """A channel that sends webhooks."""

    id: str
    kind: Kind
    name: str


class Channel(msgspec.Struct, frozen=True):
    """A channel with what head office decided about it, and whether it is alive."""

    id: str
    kind: Kind
    name: str
    version: int
    invoices: Setting
    delivery_minor: int | None
    currency: str
    disabled_at: datetime | None
    last_order_at: datetime | None  # within seven days
    orders_of_week: int
    failed: int


class FailedDelivery(msgspec.Struct, frozen=True):
    """A signed message that could not be worked off. Its body stays in the inbox; it is not shown here."""

    channel: str
    channel_name: str
    delivery_id: str
    topic: str
    problem: str
    attempts: int
    received_at: datetime
    bytes: int


async def find_shop(connection: Connection, channel: str) -> Shop | None:
    """The channel of this id, unless it is disabled or sends no webhooks."""
    row = await connection.fetchrow(
        "SELECT id, kind, name FROM channel WHERE id = $1 AND kind <> 'api' AND disabled_at IS NULL", channel
    )
    return Shop(*row) if row else None


async def list_channels(connection: Connection, now: datetime, channel: str | None = None) -> list[Channel]:
    """Every channel, or the one of this id, by name, with the orders of its last seven days."""
    # By when orders came in: there is an index of it. One by channel would cost every order of a Saturday for a page of head office.
    rows = await connection.fetch(
        "SELECT c.id, c.kind, c.name, c.version, c.invoices, c.delivery_minor, c.currency, c.disabled_at, week.last_at, coalesce(week.orders, 0),"
        " (SELECT count(*)::int FROM webhook_inbox w WHERE w.channel = c.id AND w.state = 'failed')"
        " FROM channel c LEFT JOIN (SELECT o.channel, max(o.received_at) AS last_at, count(*)::int AS orders FROM sales_order o"
        " WHERE o.received_at > $1::timestamptz - interval '7 days' GROUP BY o.channel) week ON week.channel = c.id"
        " WHERE $2::text IS NULL OR c.id = $2 ORDER BY c.name, c.id LIMIT 200",
        now, channel,
    )  # fmt: skip
    return [Channel(*row) for row in rows]


async def list_failed_deliveries(
    connection: Connection, actor: Actor, before: datetime | None = None, limit: int = 50
) -> list[FailedDelivery]:
    """Messages that need a person, newest first, those received before a moment; head office only."""
    actor.needs("head_office", "system")
    rows = await connection.fetch(
        "SELECT w.channel, c.name, w.delivery_id, w.topic, coalesce(w.problem, ''), w.attempts, w.received_at,"
        " length(w.body)"
        " FROM webhook_inbox w JOIN channel c ON c.id = w.channel WHERE w.state = 'failed'"
        " AND ($1::timestamptz IS NULL OR w.received_at < $1) ORDER BY w.received_at DESC, w.delivery_id LIMIT $2",
        before, min(limit, 200),
    )  # fmt: skip
    return [FailedDelivery(*row) for row in rows]

"""Reads about channels: one by its id, and the messages that a person must look at."""

from datetime import datetime

import msgspec

from comptoir.channels.model import Kind
from comptoir.kit.actor import Actor
from comptoir.kit.db import Connection


class Shop(msgspec.Struct, frozen=True):
    """A channel that sends webhooks."""

    id: str
    kind: Kind
    name: str


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

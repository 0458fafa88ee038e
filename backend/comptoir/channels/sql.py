"""The inbox of signed messages and the counter of refused ones; which SKU a shop's code is."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from comptoir.kit.codes import gtin14
from comptoir.kit.db import Connection, Pool, Tx, borrowed
from comptoir.kit.errors import Conflict, NotFound

LEASE = timedelta(seconds=60)
"""How long a claimed message is left to its worker before another may try."""


class Letter(msgspec.Struct, frozen=True):
    """One message to be worked off: which shop, its topic, the bytes that were signed, the tries so far."""

    channel: str
    kind: str
    delivery_id: str
    topic: str
    body: bytes
    attempts: int
    received_at: datetime


async def keep(connection: Connection, channel: str, delivery_id: str, topic: str, body: bytes, now: datetime) -> bool:
    """Put a message into the inbox; False when this delivery is there already."""
    done = await connection.execute(
        "INSERT INTO webhook_inbox (channel, delivery_id, topic, body, received_at, next_at)"
        " VALUES ($1, $2, $3, $4, $5, $5) ON CONFLICT DO NOTHING",
        channel, delivery_id, topic, body, now,
    )  # fmt: skip
    return done == "INSERT 0 1"


async def count_refused(connection: Connection, channel: str, now: datetime) -> None:
    """One more message that the shop did not sign. Nothing else is kept of it."""
    await connection.execute(
        "INSERT INTO webhook_refused (channel, day, count) VALUES ($1, $2, 1)"
        " ON CONFLICT (channel, day) DO UPDATE SET count = webhook_refused.count + 1",
        channel, now.date(),
    )  # fmt: skip


async def claim(pool: Pool, now: datetime, limit: int) -> list[Letter]:
    """Up to `limit` open messages, oldest first, each left to us for a lease; other workers skip them."""
    async with borrowed(pool) as connection:
        rows = await connection.fetch(
            "WITH mine AS (SELECT channel, delivery_id FROM webhook_inbox WHERE state = 'open' AND next_at <= $1"
            " ORDER BY received_at LIMIT $2 FOR UPDATE SKIP LOCKED)"
            " UPDATE webhook_inbox w SET attempts = w.attempts + 1, next_at = $3 FROM mine m, channel c"
            " WHERE w.channel = m.channel AND w.delivery_id = m.delivery_id AND c.id = w.channel"
            " RETURNING w.channel, c.kind, w.delivery_id, w.topic, w.body, w.attempts, w.received_at",
            now, limit, now + LEASE,
        )  # fmt: skip
    return sorted((Letter(*row) for row in rows), key=lambda letter: (letter.received_at, letter.delivery_id))


async def settle(
    pool: Pool, letter: Letter, state: str, problem: str | None, order: UUID | None, now: datetime
) -> None:
    """The message is done, stale or failed. Its body has done its work then; only a failed one is kept to be read."""
    async with borrowed(pool) as connection:
        await connection.execute(
            "UPDATE webhook_inbox SET state = $3, problem = $4, order_id = $5, done_at = $6,"
            " body = CASE WHEN $3 = 'failed' THEN body ELSE ''::bytea END WHERE channel = $1 AND delivery_id = $2",
            letter.channel, letter.delivery_id, state, problem, order, now,
        )  # fmt: skip


async def put_off(pool: Pool, letter: Letter, problem: str, until: datetime) -> None:
    """Try again later; nothing is wrong with the message itself."""
    async with borrowed(pool) as connection:
        await connection.execute(
            "UPDATE webhook_inbox SET next_at = $3, problem = $4 WHERE channel = $1 AND delivery_id = $2"
            " AND state = 'open'",
            letter.channel, letter.delivery_id, until, problem,
        )  # fmt: skip


async def reopen(connection: Connection, channel: str, delivery_id: str, now: datetime) -> bool:
    """A person wants a failed message to be tried once more; False when it is not a failed one."""
    done = await connection.execute(
        "UPDATE webhook_inbox SET state = 'open', attempts = 0, next_at = $3, problem = NULL, done_at = NULL"
        " WHERE channel = $1 AND delivery_id = $2 AND state = 'failed'",
        channel, delivery_id, now,
    )  # fmt: skip
    return done == "UPDATE 1"


async def skus_of(pool: Pool, channel: str, codes: Sequence[str]) -> dict[str, str]:
    """Shop's code -> our SKU: as a person mapped it, else the same code, else a barcode; unknown ones are left out."""
    wanted = sorted({code for code in codes if code})
    async with borrowed(pool) as connection:
        rows = await connection.fetch(
            "SELECT e.code, coalesce(c.sku, s.sku, b.sku) FROM unnest($2::text[], $3::text[]) AS e (code, scanned)"
            " LEFT JOIN channel_sku c ON c.channel = $1 AND c.external_sku = e.code"
            " LEFT JOIN sku s ON s.sku = e.code LEFT JOIN barcode b ON b.code = e.scanned"
            " WHERE coalesce(c.sku, s.sku, b.sku) IS NOT NULL",
            channel, wanted, [gtin14(code) or code for code in wanted],
        )  # fmt: skip
    return {row[0]: row[1] for row in rows}


async def is_on_file(pool: Pool, order: UUID) -> bool:
    async with borrowed(pool) as connection:
        return bool(await connection.fetchval("SELECT true FROM sales_order WHERE id = $1", order))


async def sweep_inbox(pool: Pool, before: datetime) -> int:
    """Delete messages received before a moment, at most 5,000 at a time; how many went."""
    async with borrowed(pool) as connection:
        done = await connection.execute(
            "DELETE FROM webhook_inbox WHERE ctid = ANY (ARRAY(SELECT ctid FROM webhook_inbox"
            " WHERE received_at < $1 AND state <> 'open' LIMIT 5000))",
            before,
        )
    return int(done.rpartition(" ")[2])


async def lock_channel(tx: Tx, channel: str, version: int) -> None:
    """Lock a channel as it stood at `version`. NotFound `channel_not_found`, Conflict `changed_meanwhile`."""
    held = await tx.value("SELECT version FROM channel WHERE id = $1 FOR UPDATE", channel)
    if held is None:
        raise NotFound("channel_not_found")
    if held != version:
        raise Conflict("changed_meanwhile")


async def put_decisions(tx: Tx, channel: str, invoices: str, delivery_minor: int | None) -> int:
    """Who makes the invoices and when, what a later delivery costs; the channel's new version."""
    version: int = await tx.value(
        "UPDATE channel SET invoices = $2, delivery_minor = $3, version = version + 1 WHERE id = $1 RETURNING version",
        channel, invoices, delivery_minor,
    )  # fmt: skip
    return version

"""Browsers that may be told something, and the notes for a store's devices: written, claimed, ended, shown."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from comptoir.kit.db import Connection, Pool, Tx, borrowed
from comptoir.notifications.model import Subscription

MOST_PER_ORDER = 5
"""Browsers in which one order is followed; one more takes the place of the oldest."""


class Keys(msgspec.Struct, frozen=True):
    """What a browser says of itself. `old`: the address it had before, as far as it knows."""

    endpoint: str
    p256dh: str
    auth: str
    old: str | None = None


class Note(msgspec.Struct, frozen=True):
    """Words for one device. `key` names the fact: the same fact is told once."""

    id: UUID
    device: UUID
    key: str
    kind: str
    topic: str
    title: str
    body: str
    path: str
    useful_until: datetime


class DueNote(msgspec.Struct, frozen=True):
    """A note whose time has come, and the browser it goes to; none when notifications were switched off meanwhile."""

    id: UUID
    device: UUID
    kind: str
    topic: str
    title: str
    body: str
    path: str
    useful_until: datetime
    tries: int
    language: str
    browser: Subscription | None


class OwnState(msgspec.Struct, frozen=True):
    """What a device is told of its own notifications."""

    language: str
    last_ok_at: datetime | None
    shown_at: datetime | None
    failed_at: datetime | None
    failure: str


async def keep_device(tx: Tx, id: UUID, device: UUID, keys: Keys, language: str) -> None:
    """The device is told at this address from now on. The same again only says that it still is; another takes its place."""
    await tx.run(
        "DELETE FROM push_subscription WHERE order_id IS NULL AND ((device = $1) <> (endpoint = $2) OR endpoint = $3)"
        " AND NOT (device = $1 AND endpoint = $2)",
        device, keys.endpoint, keys.old,
    )  # fmt: skip
    await tx.run(
        "INSERT INTO push_subscription (id, endpoint, p256dh, auth, device, language, made_at, last_seen_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $7)"
        " ON CONFLICT (endpoint, order_id) DO UPDATE SET p256dh = $3, auth = $4, device = $5, staff = NULL, language = $6, last_seen_at = $7",
        id, keys.endpoint, keys.p256dh, keys.auth, device, language, tx.now,
    )  # fmt: skip


async def keep_customer(tx: Tx, id: UUID, order: UUID, keys: Keys, language: str) -> None:
    """The customer wants to hear of this order in this browser."""
    await tx.run(
        "INSERT INTO push_subscription (id, endpoint, p256dh, auth, order_id, language, made_at, last_seen_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $7)"
        " ON CONFLICT (endpoint, order_id) DO UPDATE SET p256dh = $3, auth = $4, language = $6, last_seen_at = $7",
        id, keys.endpoint, keys.p256dh, keys.auth, order, language, tx.now,
    )  # fmt: skip
    await tx.run(
        "DELETE FROM push_subscription WHERE order_id = $1 AND (endpoint = $3 OR id IN (SELECT id FROM push_subscription WHERE order_id = $1"
        " ORDER BY last_seen_at DESC, id DESC OFFSET $2))",
        order, MOST_PER_ORDER, keys.old if keys.old != keys.endpoint else None,
    )  # fmt: skip


async def follow(tx: Tx, keys: Keys) -> bool:
    """A browser has another address by itself: whatever was told at the old one is told at the new one. False when it is not known."""
    await tx.run(
        "UPDATE push_subscription u SET endpoint = $2, p256dh = $3, auth = $4, last_seen_at = $5, failed_at = NULL, failure = ''"
        " WHERE endpoint = $1 AND NOT EXISTS (SELECT FROM push_subscription n WHERE n.endpoint = $2 AND n.order_id IS NOT DISTINCT FROM u.order_id)",
        keys.old, keys.endpoint, keys.p256dh, keys.auth, tx.now,
    )  # fmt: skip
    return bool(await tx.value("SELECT EXISTS (SELECT FROM push_subscription WHERE endpoint = $1)", keys.endpoint))


async def stop_device(pool: Pool, device: UUID) -> None:
    """The device is told nothing any more."""
    async with borrowed(pool) as connection:
        await connection.execute("DELETE FROM push_subscription WHERE device = $1", device)


async def stop_customer(pool: Pool, order: UUID, endpoint: str) -> None:
    """This browser is told nothing of the order any more."""
    async with borrowed(pool) as connection:
        await connection.execute("DELETE FROM push_subscription WHERE order_id = $1 AND endpoint = $2", order, endpoint)


async def forget(pool: Pool, gone: Sequence[UUID]) -> None:
    """Addresses that the push services know no more."""
    async with borrowed(pool) as connection:
        # One browser's address may stand in several rows: for the device, for two orders.
        await connection.execute(
            "DELETE FROM push_subscription WHERE endpoint IN (SELECT endpoint FROM push_subscription WHERE id = ANY($1::uuid[]))",
            list(gone),
        )


async def state_of(pool: Pool, device: UUID) -> OwnState | None:
    """What is known of a device's notifications; None when they are off."""
    async with borrowed(pool) as connection:
        row = await connection.fetchrow(
            "SELECT language, last_ok_at, shown_at, failed_at, failure FROM push_subscription WHERE device = $1", device
        )
    return msgspec.convert(dict(row), OwnState) if row else None


class NoteState(msgspec.Struct, frozen=True):
    """How far a note is, and why it is no further."""

    status: str
    code: str
    shown_at: datetime | None


async def note_of(pool: Pool, note: UUID, device: UUID) -> NoteState | None:
    """A device's own note."""
    async with borrowed(pool) as connection:
        row = await connection.fetchrow(
            "SELECT status, code, shown_at FROM push_note WHERE id = $1 AND device = $2", note, device
        )
    return msgspec.convert(dict(row), NoteState) if row else None


async def write(tx: Tx, note: Note) -> bool:
    """Keep a note that is due now; False when this fact was told already. Unsent notes of its topic are replaced by it."""
    done = await tx.value(
        "INSERT INTO push_note (id, device, key, kind, topic, title, body, path, made_at, useful_until, next_at, status)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $9, 'due') ON CONFLICT (device, key) DO NOTHING RETURNING true",
        note.id, note.device, note.key, note.kind, note.topic, note.title, note.body, note.path, tx.now, note.useful_until,
    )  # fmt: skip
    if done:
        await tx.run(
            "UPDATE push_note SET status = 'dropped', code = 'replaced', next_at = NULL, settled_at = $4"
            " WHERE device = $1 AND topic = $2 AND id <> $3 AND status = 'due' AND claimed_until IS NULL",
            note.device, note.topic, note.id, tx.now,
        )  # fmt: skip
    return bool(done)


async def claim(pool: Pool, now: datetime, limit: int, until: datetime) -> list[DueNote]:
    """Lease up to `limit` notes that are due."""
    async with borrowed(pool) as connection:
        rows = await connection.fetch(
            "WITH next AS (SELECT id FROM push_note WHERE next_at <= $1 AND (claimed_until IS NULL OR claimed_until <= $1)"
            "   ORDER BY next_at, id LIMIT $2 FOR UPDATE SKIP LOCKED),"
            " ours AS (UPDATE push_note n SET claimed_until = $3, tries = n.tries + 1 FROM next x WHERE n.id = x.id RETURNING n.*)"
            " SELECT o.id, o.device, o.kind, o.topic, o.title, o.body, o.path, o.useful_until, o.tries, coalesce(u.language, 'fr') AS language,"
            " u.id AS browser, u.endpoint, u.p256dh, u.auth"
            " FROM ours o JOIN device d ON d.id = o.device LEFT JOIN push_subscription u ON u.device = o.device AND d.revoked_at IS NULL",
            now, limit, until,
        )  # fmt: skip
    return [_due(dict(row)) for row in rows]


def _due(row: dict[str, Any]) -> DueNote:
    id, endpoint, p256dh, auth = (row.pop(name) for name in ("browser", "endpoint", "p256dh", "auth"))
    return DueNote(**row, browser=Subscription(id, endpoint, p256dh, auth) if id else None)


async def again(pool: Pool, note: UUID, code: str, at: datetime) -> None:
    """It is tried again at a later moment."""
    async with borrowed(pool) as connection:
        await connection.execute(
            "UPDATE push_note SET next_at = $2, code = $3, claimed_until = NULL WHERE id = $1 AND status = 'due'",
            note, at, code,
        )  # fmt: skip


async def settle(pool: Pool, note: UUID, status: str, code: str, now: datetime) -> None:
    """A note's last word, unless its device was quicker and has shown it."""
    async with borrowed(pool) as connection:
        await connection.execute(
            "UPDATE push_note SET status = $2, code = $3, next_at = NULL, claimed_until = NULL, settled_at = $4 WHERE id = $1 AND status = 'due'",
            note, status, code, now,
        )  # fmt: skip


async def noted(pool: Pool, browser: UUID, taken: bool, code: str, now: datetime) -> None:
    """What came of the last push to a browser."""
    async with borrowed(pool) as connection:
        await connection.execute(
            "UPDATE push_subscription SET last_ok_at = CASE WHEN $2 THEN $4 ELSE last_ok_at END,"
            " failed_at = CASE WHEN $2 THEN NULL ELSE $4::timestamptz END, failure = $3 WHERE id = $1",
            browser, taken, code, now,
        )  # fmt: skip


async def keep_manager(tx: Tx, id: UUID, staff: UUID, keys: Keys, language: str) -> None:
    """The manager who is signed in hears of alerts in this browser; whoever did before in the same one does no more."""
    await tx.run(
        "DELETE FROM push_subscription WHERE staff IS NOT NULL AND endpoint = $1 AND endpoint <> $2",
        keys.old,
        keys.endpoint,
    )
    await tx.run(
        "INSERT INTO push_subscription (id, endpoint, p256dh, auth, staff, language, made_at, last_seen_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $7)"
        " ON CONFLICT (endpoint, order_id) DO UPDATE SET p256dh = $3, auth = $4, staff = $5, device = NULL, language = $6, last_seen_at = $7",
        id, keys.endpoint, keys.p256dh, keys.auth, staff, language, tx.now,
    )  # fmt: skip


async def stop_manager(pool: Pool, staff: UUID, endpoint: str) -> None:
    """This browser is told nothing of alerts any more."""
    async with borrowed(pool) as connection:
        await connection.execute("DELETE FROM push_subscription WHERE staff = $1 AND endpoint = $2", staff, endpoint)


async def is_told(pool: Pool, staff: UUID, endpoint: str) -> bool:
    """Is this manager told of alerts in this browser?"""
    async with borrowed(pool) as connection:
        return bool(
            await connection.fetchval(
                "SELECT EXISTS (SELECT FROM push_subscription WHERE staff = $1 AND endpoint = $2)", staff, endpoint
            )
        )


async def _alert_shown(connection: Connection, ref: UUID, now: datetime) -> datetime | None:
    notice = await connection.fetchrow(
        "UPDATE alert_notice SET state = 'shown', shown_at = coalesce(shown_at, $2), settled_at = coalesce(settled_at, $2), next_at = NULL"
        " WHERE id = $1 AND medium = 'push' AND tries > 0 RETURNING staff, shown_at",
        ref, now,
    )  # fmt: skip
    if notice is None:
        return None
    await connection.execute(
        "UPDATE push_subscription SET shown_at = greatest(shown_at, $2), failed_at = NULL, failure = '' WHERE staff = $1",
        notice["staff"], notice["shown_at"],
    )  # fmt: skip
    at: datetime = notice["shown_at"]
    return at


async def shown(pool: Pool, ref: UUID, now: datetime) -> datetime | None:
    """A browser has shown what `ref` names: a device's note, or a customer's message. When it was first shown; None for neither."""
    async with borrowed(pool) as connection, connection.transaction():
        note = await connection.fetchrow(
            "UPDATE push_note SET status = 'shown', shown_at = coalesce(shown_at, $2), settled_at = coalesce(settled_at, $2), next_at = NULL,"
            " claimed_until = NULL WHERE id = $1 RETURNING device, shown_at",
            ref, now,
        )  # fmt: skip
        if note:
            await connection.execute(
                "UPDATE push_subscription SET shown_at = greatest(shown_at, $2), failed_at = NULL, failure = '' WHERE device = $1",
                note["device"], note["shown_at"],
            )  # fmt: skip
            at: datetime = note["shown_at"]
            return at
        told = await connection.fetchval(
            "UPDATE message_try SET receipt = coalesce(receipt, 'delivered'), receipt_at = coalesce(receipt_at, $2)"
            " WHERE message = $1 AND medium = 'push' AND (outcome IS NULL OR outcome IN ('accepted', 'unknown')) RETURNING message",
            ref, now,
        )  # fmt: skip
        if told is None:
            return await _alert_shown(connection, ref, now)
        await connection.execute(
            "UPDATE message SET next_at = $2, settled_at = NULL, reason = NULL, status = 'sent' WHERE id = $1 AND status IN ('due', 'sent', 'failed')",
            ref, now,
        )  # fmt: skip
    return now

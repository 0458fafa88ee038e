"""Rows of people, devices, sign-ins and keys, written."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from comptoir.kit.actor import Actor
from comptoir.kit.db import Connection, Tx
from comptoir.kit.ids import new_id


async def touch_sign_in(connection: Connection, sign_in: UUID, device: UUID | None, now: datetime) -> None:
    """Note that a person, and the device they use, were here."""
    await connection.execute("UPDATE sign_in SET seen_at = $2 WHERE id = $1 AND seen_at < $2", sign_in, now)
    if device is not None:
        await touch_device(connection, device, now)


async def touch_device(connection: Connection, device: UUID, now: datetime) -> None:
    """Note that a device was here."""
    await connection.execute(
        "UPDATE device SET last_seen_at = $2 WHERE id = $1 AND coalesce(last_seen_at, '-infinity') < $2", device, now
    )


async def touch_key(connection: Connection, key: UUID, now: datetime) -> None:
    """Note that a key was used."""
    await connection.execute(
        "UPDATE api_key SET last_used_at = $2 WHERE id = $1 AND coalesce(last_used_at, '-infinity') < $2", key, now
    )


async def insert_sign_in(
    tx: Tx, sign_in: UUID, staff: UUID, device: UUID | None, token_hash: bytes, means: str, ends_at: datetime
) -> None:
    """Somebody is signed in from now on."""
    await tx.run(
        "INSERT INTO sign_in (id, staff, device, token_hash, started_at, seen_at, ends_at, means) VALUES ($1, $2, $3, $4, $5, $5, $6, $7)",
        sign_in, staff, device, token_hash, tx.now, ends_at, means,
    )  # fmt: skip


async def end_sign_in(tx: Tx, token_hash: bytes) -> None:
    """The sign-in of a token ends now; an unknown token ends nothing."""
    await tx.run("UPDATE sign_in SET ended_at = $2 WHERE token_hash = $1 AND ended_at IS NULL", token_hash, tx.now)


async def end_sign_ins_of(tx: Tx, staff: UUID) -> None:
    """Everywhere this person is signed in, they are no longer."""
    await tx.run("UPDATE sign_in SET ended_at = $2 WHERE staff = $1 AND ended_at IS NULL", staff, tx.now)


async def advance_hash(tx: Tx, staff: UUID, column: str, made_anew: str) -> None:
    """Replace a weak hash of a PIN or password by one of today's strength."""
    assert column in ("pin_hash", "password_hash")
    await tx.run(f"UPDATE staff SET {column} = $2 WHERE id = $1", staff, made_anew)


async def insert_audit(
    tx: Tx, actor: Actor, action: str, subject: str, location: str | None = None, reason: str = "", **body: Any
) -> None:
    """Who changed what, kept for ever; ids and figures, never names or secrets."""
    await tx.run(
        "INSERT INTO audit (id, at, who, role, device, action, subject, location, reason, body)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::jsonb)",
        new_id(), tx.now, actor.who, actor.role, actor.device, action, subject, location, reason,
        msgspec.json.encode(body).decode(),
    )  # fmt: skip


async def take_enrollment(tx: Tx, code_hash: bytes) -> str | None:
    """Use a code up: the store it was made for, or None when it is unknown, used or too old."""
    found: str | None = await tx.value(
        "UPDATE enrollment SET used_at = $2 WHERE code_hash = $1 AND used_at IS NULL AND expires_at > $2 RETURNING location",
        code_hash, tx.now,
    )  # fmt: skip
    return found


async def insert_device(tx: Tx, device: UUID, location: str, credential_hash: bytes) -> str:
    """A browser becomes a device of a store; gives the name it got: two letters of the town and the next number."""
    await tx.run("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"device:{location}")
    name: str = await tx.value(
        "INSERT INTO device (id, location, name, credential_hash, enrolled_at, enrolled_by, last_seen_at)"
        " SELECT $1, l.id, upper(left(regexp_replace(l.city, '[^A-Za-z]', '', 'g') || 'XX', 2)) || '-' ||"
        "   lpad((1 + (SELECT count(*) FROM device d WHERE d.location = l.id))::text, 2, '0'), $3, $4, NULL, $4"
        " FROM location l WHERE l.id = $2 RETURNING name",
        device, location, credential_hash, tx.now,
    )  # fmt: skip
    return name

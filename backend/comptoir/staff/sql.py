"""Rows of people, devices, sign-ins and keys, written."""

from datetime import datetime
from uuid import UUID

from comptoir.kit.db import Connection


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

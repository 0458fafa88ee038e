"""Rows of people, devices, sign-ins and keys, written."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from comptoir.kit import simple
from comptoir.kit.actor import Actor
from comptoir.kit.db import Connection, Tx
from comptoir.kit.errors import Conflict, Invalid, NotFound
from comptoir.kit.ids import new_id
from comptoir.staff.changing import MakeKey, SavePerson, ShowCode
from comptoir.staff.model import StandingPerson
from comptoir.staff.tables import ApiKey, Enrollment


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


async def tell_version(connection: Connection, device: UUID, version: str, now: datetime) -> None:
    """Note which version of the app a device runs from now on."""
    await connection.execute(
        "UPDATE device SET app_version = $2, app_version_at = $3 WHERE id = $1 AND app_version <> $2",
        device,
        version,
        now,
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


async def lock_person(tx: Tx, staff: UUID, locations: Sequence[str] | None) -> StandingPerson:
    """Somebody as they stand, locked; NotFound `person_not_found` when they belong to no place the actor reaches."""
    row = await tx.row(
        "SELECT s.id, s.role, s.version, s.email, s.disabled_at,"
        " ARRAY(SELECT w.location FROM staff_location w WHERE w.staff = s.id ORDER BY w.location LIMIT 200) AS locations"
        " FROM staff s WHERE s.id = $1"
        " AND ($2::text[] IS NULL OR EXISTS (SELECT 1 FROM staff_location w WHERE w.staff = s.id AND w.location = ANY($2)))"
        " FOR NO KEY UPDATE OF s",
        staff, None if locations is None else list(locations),
    )  # fmt: skip
    if row is None:
        raise NotFound("person_not_found")
    return StandingPerson(**dict(row) | {"locations": tuple(row["locations"])})


async def put_person(tx: Tx, command: SavePerson) -> int:
    """Write somebody and the stores they work in; gives the new version.

    Conflict `changed_meanwhile` when the version is another one by now, `email_in_use`; Invalid `location_unknown`,
    `region_unknown`.
    """
    taken = await tx.value("SELECT true FROM staff WHERE email = $1 AND id <> $2", command.email, command.staff)
    if command.email is not None and taken:
        raise Conflict("email_in_use")
    known = await tx.value("SELECT count(*) FROM location WHERE id = ANY($1::text[])", list(command.locations))
    if known != len(set(command.locations)):
        raise Invalid("location_unknown")
    if command.region is not None and not await tx.value("SELECT true FROM region WHERE id = $1", command.region):
        raise Invalid("region_unknown")
    version: int | None = await tx.value(
        "INSERT INTO staff (id, first_name, last_name, email, role, region, language) VALUES ($1, $2, $3, $4, $5, $6, $7)"
        " ON CONFLICT (id) DO UPDATE SET first_name = excluded.first_name, last_name = excluded.last_name, email = excluded.email,"
        "   role = excluded.role, region = excluded.region, language = excluded.language, version = staff.version + 1"
        "   WHERE staff.version = $8 RETURNING version",
        command.staff, command.first_name, command.last_name, command.email, command.role, command.region,
        command.language, command.version,
    )  # fmt: skip
    if version is None:
        raise Conflict("changed_meanwhile")
    await tx.run("DELETE FROM staff_location WHERE staff = $1", command.staff)
    await tx.run(
        "INSERT INTO staff_location (staff, location) SELECT $1, l.id FROM location l WHERE l.id = ANY($2::text[])",
        command.staff, list(command.locations),
    )  # fmt: skip
    return version


async def set_secret(tx: Tx, staff: UUID, column: str, value: str | bytes) -> int:
    """Replace a PIN's, badge's or password's digest; gives the new version."""
    assert column in ("pin_hash", "badge_hash", "password_hash")
    version: int = await tx.value(
        f"UPDATE staff SET {column} = $2, version = version + 1 WHERE id = $1 RETURNING version", staff, value
    )
    return version


async def set_disabled(tx: Tx, staff: UUID, disabled: bool) -> int:
    """Close or open the door for somebody; gives the new version."""
    version: int = await tx.value(
        "UPDATE staff SET disabled_at = CASE WHEN $2 THEN coalesce(disabled_at, $3::timestamptz) END, version = version + 1"
        " WHERE id = $1 RETURNING version",
        staff, disabled, tx.now,
    )  # fmt: skip
    return version


async def insert_enrollment(tx: Tx, command: ShowCode, who: UUID, expires_at: datetime) -> None:
    """A code's digest waits for one device until it expires."""
    code = Enrollment(
        code_hash=command.code_hash, location=command.location, made_by=who, made_at=tx.now, expires_at=expires_at
    )
    await simple.run(tx.connection, Enrollment.insert(code))


async def revoke_device(tx: Tx, device: UUID, locations: Sequence[str] | None) -> str:
    """The device is none any more, who is signed in on it is out; gives its store. NotFound `device_not_found`."""
    location: str | None = await tx.value(
        "UPDATE device SET revoked_at = coalesce(revoked_at, $2)"
        " WHERE id = $1 AND ($3::text[] IS NULL OR location = ANY($3)) RETURNING location",
        device, tx.now, None if locations is None else list(locations),
    )  # fmt: skip
    if location is None:
        raise NotFound("device_not_found")
    await tx.run("UPDATE sign_in SET ended_at = $2 WHERE device = $1 AND ended_at IS NULL", device, tx.now)
    return location


async def insert_key(tx: Tx, command: MakeKey, who: UUID) -> None:
    """A key's digest, its verbs and places."""
    key = ApiKey(
        id=command.id, name=command.name, key_hash=command.key_hash, hint=command.hint, scopes=sorted(command.scopes),
        locations=None if command.locations is None else list(command.locations), made_at=tx.now, made_by=who,
    )  # fmt: skip
    await simple.run(tx.connection, ApiKey.insert(key))


async def revoke_key(tx: Tx, key: UUID) -> None:
    """The key opens nothing any more. NotFound `key_not_found`."""
    found = await tx.value(
        "UPDATE api_key SET revoked_at = coalesce(revoked_at, $2) WHERE id = $1 RETURNING true", key, tx.now
    )
    if not found:
        raise NotFound("key_not_found")

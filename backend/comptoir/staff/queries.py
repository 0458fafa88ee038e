"""Who is behind a cookie or a key; one statement each, nothing found means nobody."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from comptoir.kit.actor import Actor
from comptoir.kit.db import Connection
from comptoir.kit.errors import NotFound
from comptoir.staff.model import Colleague, EnrolledDevice, Key, KeyRow, Manager, PersonRow, Session

_REACH = (
    "CASE WHEN s.role = 'head_office' THEN NULL"
    " WHEN i.device IS NOT NULL THEN ARRAY[d.location]"
    " WHEN s.role = 'regional_manager' THEN ARRAY(SELECT l.id FROM location l WHERE l.region = s.region ORDER BY l.id LIMIT 2000)"
    " ELSE ARRAY(SELECT w.location FROM staff_location w WHERE w.staff = s.id ORDER BY w.location LIMIT 200) END"
)


async def find_session(
    connection: Connection, token_hash: bytes, device_hash: bytes | None, now: datetime, idle_since: datetime
) -> Session | None:
    """The live sign-in of a token: not ended, not too old, not idle, person not disabled, device still this one."""
    row = await connection.fetchrow(
        f"SELECT i.id AS sign_in, s.id AS staff, s.role, s.first_name, s.last_name, s.language, i.device, coalesce(d.app_version, '') AS app_version, d.location AS device_location, l.name AS location_name,"
        f" {_REACH} AS locations, i.seen_at"
        " FROM sign_in i JOIN staff s ON s.id = i.staff LEFT JOIN device d ON d.id = i.device LEFT JOIN location l ON l.id = d.location"
        " WHERE i.token_hash = $1 AND i.ended_at IS NULL AND i.ends_at > $3 AND i.seen_at > $4 AND s.disabled_at IS NULL"
        " AND (i.device IS NULL OR (d.revoked_at IS NULL AND d.credential_hash = $2))",
        token_hash, device_hash, now, idle_since,
    )  # fmt: skip
    if row is None:
        return None
    held = dict(row)
    return Session(**held | {"locations": None if held["locations"] is None else tuple(held["locations"])})


async def still_reaches(connection: Connection, sign_in: UUID, locations: Sequence[str] | None, now: datetime) -> bool:
    """Is this sign-in live, and does it reach these places (None: all) and no others? For what stays open long after it was asked for."""
    row = await connection.fetchrow(
        f"SELECT {_REACH} AS locations FROM sign_in i JOIN staff s ON s.id = i.staff LEFT JOIN device d ON d.id = i.device"
        " WHERE i.id = $1 AND i.ended_at IS NULL AND i.ends_at > $2 AND s.disabled_at IS NULL AND (i.device IS NULL OR d.revoked_at IS NULL)",
        sign_in, now,
    )  # fmt: skip
    if row is None or row["locations"] is None or locations is None:
        return row is not None and row["locations"] is None and locations is None
    return set(row["locations"]) == set(locations)


async def find_manager(connection: Connection, staff: UUID) -> Manager | None:
    """A manager as they are now, with the places they reach when nobody is at a device; None when they are gone or manage nothing."""
    row = await connection.fetchrow(
        "SELECT s.id, s.role, s.email, s.language, CASE WHEN s.role = 'head_office' THEN NULL"
        " WHEN s.role = 'regional_manager' THEN ARRAY(SELECT l.id FROM location l WHERE l.region = s.region ORDER BY l.id LIMIT 2000)"
        " ELSE ARRAY(SELECT w.location FROM staff_location w WHERE w.staff = s.id ORDER BY w.location LIMIT 200) END AS locations"
        " FROM staff s WHERE s.id = $1 AND s.disabled_at IS NULL AND s.email IS NOT NULL AND s.role IN ('store_manager', 'regional_manager', 'head_office')",
        staff,
    )
    if row is None:
        return None
    places = None if row["locations"] is None else tuple(row["locations"])
    return Manager(Actor(str(row["id"]), row["role"], places, via="worker", language=row["language"]), row["email"])


async def find_device(connection: Connection, credential_hash: bytes) -> EnrolledDevice | None:
    """The device of a credential, unless it was revoked."""
    row = await connection.fetchrow(
        "SELECT d.id, d.location, d.name, l.name AS location_name, l.time_zone, d.last_seen_at, d.app_version"
        " FROM device d JOIN location l ON l.id = d.location WHERE d.credential_hash = $1 AND d.revoked_at IS NULL",
        credential_hash,
    )
    return None if row is None else EnrolledDevice(**dict(row))


async def find_key(connection: Connection, key_hash: bytes) -> Key | None:
    """The key of a digest, unless it was revoked."""
    row = await connection.fetchrow(
        "SELECT id, name, scopes, locations, last_used_at FROM api_key WHERE key_hash = $1 AND revoked_at IS NULL",
        key_hash,
    )
    if row is None:
        return None
    places = row["locations"]
    return Key(
        row["id"], row["name"], frozenset(row["scopes"]), None if places is None else tuple(places), row["last_used_at"]
    )


async def find_colleagues(connection: Connection, location: str, limit: int = 60) -> list[Colleague]:
    """Who may sign in at a store, those who did so last first."""
    rows = await connection.fetch(
        "SELECT s.id, s.first_name, s.last_name, s.pin_hash IS NOT NULL AS has_pin FROM staff_location w JOIN staff s ON s.id = w.staff"
        " LEFT JOIN LATERAL (SELECT max(i.started_at) AS at FROM sign_in i JOIN device d ON d.id = i.device"
        "   WHERE i.staff = s.id AND d.location = $1) last ON true"
        " WHERE w.location = $1 AND s.disabled_at IS NULL AND s.role IN ('associate', 'store_manager')"
        " ORDER BY last.at DESC NULLS LAST, s.first_name, s.last_name LIMIT $2",
        location, limit,
    )  # fmt: skip
    return [Colleague(**dict(row)) for row in rows]


async def find_managers(connection: Connection, location: str, limit: int = 20) -> list[Colleague]:
    """Who may allow at a store what the rules do not, by a PIN."""
    rows = await connection.fetch(
        "SELECT s.id, s.first_name, s.last_name, true AS has_pin FROM staff_location w JOIN staff s ON s.id = w.staff"
        " WHERE w.location = $1 AND s.disabled_at IS NULL AND s.role = 'store_manager' AND s.pin_hash IS NOT NULL"
        " ORDER BY s.first_name, s.last_name LIMIT $2",
        location, limit,
    )  # fmt: skip
    return [Colleague(**dict(row)) for row in rows]


async def may_append_as(connection: Connection, sign_in: UUID, device: UUID, at: datetime) -> UUID | None:
    """The person of a sign-in that was live on this device at the event's time; for reports that arrive late."""
    found: UUID | None = await connection.fetchval(
        "SELECT staff FROM sign_in WHERE id = $1 AND device = $2 AND started_at <= $3 + interval '2 minutes'"
        " AND coalesce(ended_at, ends_at) >= $3 - interval '2 minutes'",
        sign_in, device, at,
    )  # fmt: skip
    return found


async def find_pin(connection: Connection, staff: UUID, location: str) -> str | None:
    """The PIN hash of somebody who may sign in at a store; None when there is none, whatever the reason."""
    found: str | None = await connection.fetchval(
        "SELECT s.pin_hash FROM staff s JOIN staff_location w ON w.staff = s.id"
        " WHERE s.id = $1 AND w.location = $2 AND s.disabled_at IS NULL AND s.role IN ('associate', 'store_manager')",
        staff, location,
    )  # fmt: skip
    return found


async def find_by_badge(connection: Connection, badge_hash: bytes, location: str) -> UUID | None:
    """Whose badge this is, among those who may sign in at a store."""
    found: UUID | None = await connection.fetchval(
        "SELECT s.id FROM staff s JOIN staff_location w ON w.staff = s.id"
        " WHERE s.badge_hash = $1 AND w.location = $2 AND s.disabled_at IS NULL AND s.role IN ('associate', 'store_manager')",
        badge_hash, location,
    )  # fmt: skip
    return found


async def find_by_email(connection: Connection, email: str) -> tuple[UUID, str] | None:
    """(id, password hash) of a manager who signs in by e-mail; associates never do."""
    row = await connection.fetchrow(
        "SELECT id, password_hash FROM staff WHERE email = $1 AND password_hash IS NOT NULL AND disabled_at IS NULL"
        " AND role <> 'associate'",
        email,
    )
    return None if row is None else (row["id"], row["password_hash"])


_PERSON = (
    "SELECT s.id, s.first_name, s.last_name, s.email, s.role, s.region, s.language, s.version, s.pin_hash IS NOT NULL AS has_pin,"
    " s.badge_hash IS NOT NULL AS has_badge, s.password_hash IS NOT NULL AS has_password, s.disabled_at,"
    " ARRAY(SELECT w.location FROM staff_location w WHERE w.staff = s.id ORDER BY w.location LIMIT 200) AS locations FROM staff s"
)
_WITHIN = (
    "($1::text[] IS NULL OR EXISTS (SELECT 1 FROM staff_location w WHERE w.staff = s.id AND w.location = ANY($1)))"
)


def _person(row: Any) -> PersonRow:
    return PersonRow(**dict(row) | {"locations": tuple(row["locations"])})


async def list_people(
    connection: Connection, locations: Sequence[str] | None, after: tuple[str, UUID] | None, limit: int = 100
) -> list[PersonRow]:
    """Who works at these places (None = everybody), by last name; `after` is the last name and id of the row before."""
    name, last = after or ("", UUID(int=0))
    rows = await connection.fetch(
        f"{_PERSON} WHERE {_WITHIN} AND (s.last_name, s.id) > ($2, $3) ORDER BY s.last_name, s.id LIMIT $4",
        None if locations is None else list(locations), name, last, limit,
    )  # fmt: skip
    return [_person(row) for row in rows]


async def find_person(connection: Connection, staff: UUID, locations: Sequence[str] | None) -> PersonRow:
    """One person. NotFound `person_not_found`, also when they work where the actor does not reach."""
    row = await connection.fetchrow(
        f"{_PERSON} WHERE {_WITHIN} AND s.id = $2", None if locations is None else list(locations), staff
    )
    if row is None:
        raise NotFound("person_not_found")
    return _person(row)


async def list_keys(connection: Connection, limit: int = 200) -> list[KeyRow]:
    """Every key, revoked ones last, newest first."""
    rows = await connection.fetch(
        "SELECT id, name, hint, scopes, locations, made_at, last_used_at, revoked_at FROM api_key"
        " ORDER BY revoked_at IS NOT NULL, made_at DESC, id LIMIT $1",
        limit,
    )
    return [
        KeyRow(**dict(row) | {
            "scopes": tuple(row["scopes"]), "locations": None if row["locations"] is None else tuple(row["locations"]),
        })
        for row in rows
    ]  # fmt: skip

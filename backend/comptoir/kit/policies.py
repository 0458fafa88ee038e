"""Policies: what head office decides, kept as numbered documents that never change. Which one holds is a matter of dates."""

from datetime import datetime

import msgspec

from comptoir.kit.actor import Actor
from comptoir.kit.db import Connection, Tx
from comptoir.kit.errors import Conflict, Forbidden, NotFound


def needs_everywhere(actor: Actor) -> None:
    """Head office, or a system of its own that reaches every place: what a policy says holds everywhere.

    Forbidden `role_lacks_right`, `scope_missing`, `policy_everywhere`.
    """
    actor.needs("head_office", "integrator", "system")
    actor.needs_scope("policies:write")
    if actor.locations is not None:
        raise Forbidden("policy_everywhere")


class Version(msgspec.Struct, frozen=True):
    """One saved document, as JSON text. Active from the day on which it begins until a later one does; `tried`: silently, beside the one in force."""

    number: int
    body: str
    note: str
    made_by: str
    made_at: datetime
    active_from: datetime | None
    tried_from: datetime | None
    tried_until: datetime | None


_VERSION = "number, body::text AS body, note, made_by, made_at, active_from, tried_from, tried_until"


async def find_active(connection: Connection, kind: str, now: datetime) -> Version | None:
    """The document in force at a moment."""
    row = await connection.fetchrow(
        f"SELECT {_VERSION} FROM policy WHERE kind = $1 AND active_from <= $2 ORDER BY active_from DESC, number DESC LIMIT 1",
        kind, now,
    )  # fmt: skip
    return Version(**row) if row else None


async def find_earlier(connection: Connection, kind: str, than: Version) -> Version | None:
    """The document that was in force before one that is or was."""
    row = await connection.fetchrow(
        f"SELECT {_VERSION} FROM policy WHERE kind = $1 AND (active_from, number) < ($2, $3) ORDER BY active_from DESC, number DESC LIMIT 1",
        kind, than.active_from, than.number,
    )  # fmt: skip
    return Version(**row) if row else None


async def find_tried(connection: Connection, kind: str, now: datetime) -> Version | None:
    """The document that is tried beside it, if any; the latest begun."""
    row = await connection.fetchrow(
        f"SELECT {_VERSION} FROM policy WHERE kind = $1 AND tried_from <= $2 AND (tried_until IS NULL OR tried_until > $2)"
        " ORDER BY tried_from DESC, number DESC LIMIT 1",
        kind, now,
    )  # fmt: skip
    return Version(**row) if row else None


async def find_version(connection: Connection, kind: str, number: int) -> Version:
    """One saved document. NotFound `policy_not_found`."""
    row = await connection.fetchrow(f"SELECT {_VERSION} FROM policy WHERE kind = $1 AND number = $2", kind, number)
    if row is None:
        raise NotFound("policy_not_found", number=number)
    return Version(**row)


async def list_versions(connection: Connection, kind: str, limit: int = 100) -> list[Version]:
    """The saved documents, newest first."""
    rows = await connection.fetch(
        f"SELECT {_VERSION} FROM policy WHERE kind = $1 ORDER BY number DESC LIMIT $2", kind, limit
    )
    return [Version(**row) for row in rows]


async def save(tx: Tx, kind: str, body: bytes, note: str, who: str, after: int) -> int:
    """Save the next version. Conflict `policy_changed` when `after` is not the newest: two people do not overwrite one another."""
    await tx.run("SELECT pg_advisory_xact_lock(hashtext('policy ' || $1))", kind)
    newest = await tx.value("SELECT coalesce(max(number), 0) FROM policy WHERE kind = $1", kind)
    if newest != after:
        raise Conflict("policy_changed", newest=newest)
    await tx.run(
        "INSERT INTO policy (kind, number, body, note, made_by, made_at) VALUES ($1, $2, $3::text::jsonb, $4, $5, $6)",
        kind, newest + 1, body.decode(), note, who, tx.now,
    )  # fmt: skip
    return int(newest) + 1


async def activate(tx: Tx, kind: str, number: int, since: datetime) -> None:
    """Let a version hold from a moment on, now or later. NotFound `policy_not_found`; Conflict `policy_was_active` for one that has held: save it anew."""
    row = await tx.row("SELECT active_from FROM policy WHERE kind = $1 AND number = $2 FOR UPDATE", kind, number)
    if row is None:
        raise NotFound("policy_not_found", number=number)
    if row["active_from"] is not None and row["active_from"] <= tx.now:
        raise Conflict("policy_was_active")
    await tx.run("UPDATE policy SET active_from = $3 WHERE kind = $1 AND number = $2", kind, number, since)


async def try_silently(tx: Tx, kind: str, number: int | None, until: datetime | None) -> None:
    """Try one version beside the one in force, and no other; None ends it. NotFound `policy_not_found`."""
    await tx.run(
        "UPDATE policy SET tried_from = CASE WHEN tried_from < $2 THEN tried_from END, tried_until = CASE WHEN tried_from < $2 THEN $2 END"
        " WHERE kind = $1 AND tried_from IS NOT NULL AND (tried_until IS NULL OR tried_until > $2)",
        kind, tx.now,
    )  # fmt: skip
    if number is None:
        return
    found = await tx.value(
        "UPDATE policy SET tried_from = $3, tried_until = $4 WHERE kind = $1 AND number = $2 RETURNING number",
        kind, number, tx.now, until,
    )  # fmt: skip
    if found is None:
        raise NotFound("policy_not_found", number=number)


async def unplan(tx: Tx, kind: str, number: int) -> None:
    """Take back that a version is to hold from a later moment on. NotFound `policy_not_found`; Conflict `policy_was_active` once it has begun."""
    row = await tx.row("SELECT active_from FROM policy WHERE kind = $1 AND number = $2 FOR UPDATE", kind, number)
    if row is None:
        raise NotFound("policy_not_found", number=number)
    if row["active_from"] is not None and row["active_from"] <= tx.now:
        raise Conflict("policy_was_active")
    await tx.run("UPDATE policy SET active_from = NULL WHERE kind = $1 AND number = $2", kind, number)


class Draft(msgspec.Struct, frozen=True):
    """What one person is writing, as JSON text: begun from version `base` (0: what comes along), to be saved over `after`."""

    base: int
    after: int
    body: str
    version: int
    changed_at: datetime


async def find_draft(connection: Connection, kind: str, who: str) -> Draft | None:
    """What this person is writing, if anything."""
    row = await connection.fetchrow(
        "SELECT base, after, body::text AS body, version, changed_at FROM policy_draft WHERE kind = $1 AND who = $2",
        kind, who,
    )  # fmt: skip
    return Draft(**row) if row else None


async def begin_draft(tx: Tx, kind: str, who: str, base: int, body: bytes) -> int:
    """Begin anew, over whatever this person was writing; its version. It will be saved over the newest version that there is now."""
    return int(
        await tx.value(
            "INSERT INTO policy_draft (kind, who, base, after, body, version, changed_at)"
            " VALUES ($1, $2, $3, (SELECT coalesce(max(number), 0) FROM policy WHERE kind = $1), $4::text::jsonb, 1, $5)"
            " ON CONFLICT (kind, who) DO UPDATE SET base = excluded.base, after = excluded.after, body = excluded.body,"
            " version = policy_draft.version + 1, changed_at = excluded.changed_at RETURNING version",
            kind, who, base, body.decode(), tx.now,
        )
    )  # fmt: skip


async def keep_draft(tx: Tx, kind: str, who: str, body: bytes, version: int) -> int:
    """What it says now; its new version. Conflict `draft_changed` when another window was quicker, or there is none any more."""
    made = await tx.value(
        "UPDATE policy_draft SET body = $3::text::jsonb, version = version + 1, changed_at = $5"
        " WHERE kind = $1 AND who = $2 AND version = $4 RETURNING version",
        kind, who, body.decode(), version, tx.now,
    )  # fmt: skip
    if made is None:
        raise Conflict("draft_changed")
    return int(made)


async def rebase_draft(tx: Tx, kind: str, who: str) -> None:
    """It is to be saved over the newest version all the same: whoever writes has seen that one."""
    await tx.run(
        "UPDATE policy_draft SET after = (SELECT coalesce(max(number), 0) FROM policy WHERE kind = $1), version = version + 1"
        " WHERE kind = $1 AND who = $2",
        kind, who,
    )  # fmt: skip


async def drop_draft(tx: Tx, kind: str, who: str) -> None:
    """Nothing is being written any more."""
    await tx.run("DELETE FROM policy_draft WHERE kind = $1 AND who = $2", kind, who)

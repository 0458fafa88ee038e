"""Who gets which report, and the mails of it: a mail's row is there before anybody is called, one for each period."""

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID, uuid5

import msgspec

from comptoir.kit.db import Connection, Tx
from comptoir.reporting.subscribing import LEASE, TRIES, Rhythm, SubscribeReport

AT_ONCE: Final = 12
MAILS: Final = UUID("6d0f8a52-54a1-5f0e-9d0a-3a5b7a0c2f11")
"""Namespace of mails: one subscription has one mail of a period, whoever makes it."""


class Subscription(msgspec.Struct, frozen=True):
    """One report that somebody gets, with the last mail of it. `location` None: all of theirs."""

    id: UUID
    report: str
    rhythm: Rhythm
    location: str | None
    location_name: str | None
    time_zone: str
    language: str
    next_at: datetime | None
    ended_because: str
    period: date | None
    state: str | None
    code: str | None
    settled_at: datetime | None


class DueMail(msgspec.Struct, frozen=True):
    """A mail that is to be made, for whom, about which period; `tries` with this one."""

    id: UUID
    subscription: UUID
    staff: UUID
    report: str
    rhythm: Rhythm
    location: str | None
    time_zone: str
    language: str
    period: date
    tries: int


_MINE: Final = """
SELECT s.id, s.report, s.rhythm, s.location, l.name AS location_name, s.time_zone, s.language, s.next_at, s.ended_because, m.period, m.state, m.code, m.settled_at
FROM report_subscription s LEFT JOIN location l ON l.id = s.location
LEFT JOIN LATERAL (SELECT * FROM report_mail m WHERE m.subscription = s.id ORDER BY m.period DESC LIMIT 1) m ON true
WHERE s.staff = $1 AND (s.ended_at IS NULL OR s.ended_because <> 'stopped') ORDER BY s.made_at LIMIT 100
"""


async def list_mine(connection: Connection, staff: UUID) -> list[Subscription]:
    """What this person gets, and what ended without their doing."""
    return [msgspec.convert(dict(row), Subscription) for row in await connection.fetch(_MINE, staff)]


class Missed(msgspec.Struct, frozen=True):
    """Somebody's report that was given up: whose, of which place (None: all of theirs), why, since when."""

    subscription: UUID
    staff: UUID
    person: str
    report: str
    location_name: str | None
    time_zone: str
    code: str
    settled_at: datetime


async def list_missed(connection: Connection) -> list[Missed]:
    """Everybody's whose last mail was given up, the newest first."""
    rows = await connection.fetch(
        "SELECT s.id AS subscription, s.staff, p.first_name || ' ' || p.last_name AS person, s.report, l.name AS location_name, s.time_zone, m.code, m.settled_at"
        " FROM report_subscription s JOIN staff p ON p.id = s.staff LEFT JOIN location l ON l.id = s.location"
        " CROSS JOIN LATERAL (SELECT * FROM report_mail m WHERE m.subscription = s.id ORDER BY m.period DESC LIMIT 1) m"
        " WHERE s.ended_at IS NULL AND m.state = 'failed' ORDER BY m.settled_at DESC, s.id LIMIT 100"
    )
    return [msgspec.convert(dict(row), Missed) for row in rows]


async def find(connection: Connection, id: UUID) -> Any | None:
    """One subscription by its id: report, language, ended_at."""
    row: Any | None = await connection.fetchrow(
        "SELECT id, staff, report, rhythm, language, ended_at FROM report_subscription WHERE id = $1", id
    )
    return row


async def lock_standing(tx: Tx, staff: UUID) -> list[Any]:
    """What somebody gets now; their row is locked, so that two clicks make one subscription."""
    await tx.run("SELECT FROM staff WHERE id = $1 FOR NO KEY UPDATE", staff)
    return list(
        await tx.rows(
            "SELECT id, report, rhythm, location, next_at FROM report_subscription WHERE staff = $1 AND ended_at IS NULL",
            staff,
        )
    )


async def insert(
    tx: Tx, command: SubscribeReport, staff: UUID, time_zone: str, language: str, next_at: datetime
) -> None:
    await tx.run(
        "INSERT INTO report_subscription (id, staff, report, rhythm, location, time_zone, language, made_at, next_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        command.id, staff, command.report, command.rhythm, command.location, time_zone, language, tx.now, next_at,
    )  # fmt: skip


async def end(tx: Tx, id: UUID, because: str) -> None:
    """It is over, and what was still to be sent of it is not."""
    await tx.run(
        "UPDATE report_subscription SET ended_at = $2, ended_because = $3, next_at = NULL WHERE id = $1 AND ended_at IS NULL",
        id,
        tx.now,
        because,
    )
    await tx.run(
        "UPDATE report_mail SET state = 'dropped', code = $3, next_at = NULL, settled_at = $2 WHERE subscription = $1 AND state = 'due'",
        id, tx.now, because,
    )  # fmt: skip


async def lock_due(tx: Tx) -> list[Any]:
    """Subscriptions whose hour has come, locked."""
    return list(
        await tx.rows(
            "SELECT id, rhythm, time_zone FROM report_subscription WHERE next_at <= $1 ORDER BY next_at, id LIMIT $2 FOR UPDATE SKIP LOCKED",
            tx.now, AT_ONCE,
        )
    )  # fmt: skip


async def plan(tx: Tx, subscription: UUID, period: date, next_at: datetime) -> None:
    """A mail of this period, if there is none yet; and when the next one is due."""
    await tx.run(
        "INSERT INTO report_mail (id, subscription, period, state, made_at, next_at) VALUES ($1, $2, $3, 'due', $4, $4) ON CONFLICT DO NOTHING",
        uuid5(MAILS, f"{subscription} {period}"), subscription, period, tx.now,
    )  # fmt: skip
    await tx.run("UPDATE report_subscription SET next_at = $2 WHERE id = $1", subscription, next_at)


async def claim(tx: Tx) -> list[DueMail]:
    """Mails that are due, ours for some minutes; a try counts from here, so that one whose worker dies while writing it ends too.
    One whose caller never came back may have left: it is not sent again."""
    await tx.run(
        "UPDATE report_mail SET state = 'unknown', code = 'lost', next_at = NULL, settled_at = $1 WHERE state = 'calling' AND next_at <= $1",
        tx.now,
    )
    await tx.run(
        "UPDATE report_mail SET state = 'failed', code = 'not_written', next_at = NULL, settled_at = $1"
        " WHERE state = 'due' AND next_at <= $1 AND tries >= $2",
        tx.now, TRIES,
    )  # fmt: skip
    rows = await tx.rows(
        "WITH next AS (SELECT id FROM report_mail WHERE state = 'due' AND next_at <= $1 ORDER BY next_at, id LIMIT $2 FOR UPDATE SKIP LOCKED)"
        " UPDATE report_mail m SET next_at = $3, tries = m.tries + 1 FROM next n, report_subscription s WHERE m.id = n.id AND s.id = m.subscription"
        " RETURNING m.id, m.subscription, s.staff, s.report, s.rhythm, s.location, s.time_zone, s.language, m.period, m.tries",
        tx.now, AT_ONCE, tx.now + LEASE,
    )  # fmt: skip
    return [msgspec.convert(dict(row), DueMail) for row in rows]


async def begin(tx: Tx, id: UUID) -> bool:
    """The mail is about to leave; False when somebody else has it, or it was stopped meanwhile."""
    begun = await tx.value(
        "UPDATE report_mail SET state = 'calling', next_at = $2 WHERE id = $1 AND state = 'due' RETURNING true",
        id,
        tx.now + LEASE,
    )
    return bool(begun)


async def settle(tx: Tx, id: UUID, state: str, code: str, next_at: datetime | None) -> None:
    """What came of it; `next_at` when it is to be tried again."""
    await tx.run(
        "UPDATE report_mail SET state = $2, code = $3, next_at = $4, settled_at = CASE WHEN $4::timestamptz IS NULL THEN $5::timestamptz END"
        " WHERE id = $1 AND state IN ('calling', 'due')",
        id, state, code, next_at, tx.now,
    )  # fmt: skip

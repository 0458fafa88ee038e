"""Rows of alerts: read under lock, raised once, changed with a step for each change, and the messages about them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec

from comptoir.alerting.judging import Reading, Standing
from comptoir.alerting.model import AlertRule, SaveRule
from comptoir.alerting.rules import overlaid
from comptoir.kit.db import Connection, Tx
from comptoir.kit.ids import new_id

AT_ONCE: Final = 20
MOST_TOLD: Final = 50
MOST_OPEN: Final = 5_000
LEASE: Final = timedelta(minutes=4)
_RULE: Final = (
    "r.id, r.kind, r.threshold, r.region, r.location, r.tells, r.person, r.media, r.quiet_from, r.quiet_until, r.escalate_after,"
    " r.escalate_to, r.active, r.version"
)

_WOKE: Final = "(SELECT max(t.at) FROM alert_step t WHERE t.alert = a.id AND t.what = 'woke')"


class DueNotice(msgspec.Struct, frozen=True):
    """A message about an alert that is to be sent."""

    id: UUID
    alert: UUID
    staff: UUID
    medium: str
    tries: int
    what: str
    kind: str
    name: str
    value: int
    threshold: int
    location: str | None
    place: str
    time_zone: str
    raised_at: datetime
    ended: bool
    acknowledged: bool
    snoozed: bool


def rule_of(row: Any) -> AlertRule:
    return msgspec.convert(dict(row), AlertRule)


async def read_rules(connection: Connection) -> list[AlertRule]:
    """All rules, those that come along among them; the ones that are off too: what they cover is meant to be silent."""
    rows = await connection.fetch(f"SELECT {_RULE} FROM alert_rule r LIMIT {MOST_OPEN}")
    return overlaid(rule_of(row) for row in rows)


async def read_standing(connection: Connection) -> list[Standing]:
    rows = await connection.fetch(
        "SELECT id, rule, kind, subject, location, value, raised_at, calm_since, acknowledged_at, snoozed_until, escalated_at,"
        f" {_WOKE} AS woke_at FROM alert a WHERE ended_at IS NULL ORDER BY raised_at LIMIT {MOST_OPEN}"
    )
    return [msgspec.convert(dict(row), Standing) for row in rows]


async def keep_readings(tx: Tx, readings: Sequence[Reading]) -> None:
    """The highest of this hour of each thing."""
    await tx.run(
        "INSERT INTO alert_reading (kind, subject, hour, location, high) SELECT DISTINCT ON (kind, subject) kind, subject, $1, location, high"
        " FROM unnest($2::text[], $3::text[], $4::text[], $5::int[]) AS n (kind, subject, location, high) ORDER BY kind, subject, high DESC"
        " ON CONFLICT (kind, subject, hour) DO UPDATE SET high = excluded.high WHERE excluded.high > alert_reading.high",
        tx.now.replace(minute=0, second=0, microsecond=0), [one.kind for one in readings], [one.subject for one in readings],
        [one.location for one in readings], [one.value for one in readings],
    )  # fmt: skip


async def raise_alert(tx: Tx, rule: AlertRule, reading: Reading) -> UUID | None:
    """A new alert; None when it is open already."""
    made: UUID | None = await tx.value(
        "INSERT INTO alert (id, rule, kind, subject, location, name, threshold, value, highest, raised_at, value_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9, $9) ON CONFLICT (rule, subject) WHERE ended_at IS NULL DO NOTHING RETURNING id",
        new_id(), rule.id, rule.kind, reading.subject, reading.location, reading.name, rule.threshold, reading.value, tx.now,
    )  # fmt: skip
    return made


async def put_value(tx: Tx, alert: UUID, value: int, calm_since: datetime | None) -> None:
    await tx.run(
        "UPDATE alert SET value = $2, highest = greatest(highest, $2), value_at = $3, calm_since = $4 WHERE id = $1 AND ended_at IS NULL",
        alert, value, tx.now, calm_since,
    )  # fmt: skip


async def end_alert(tx: Tx, alert: UUID, value: int, because: str) -> bool:
    done = await tx.value(
        "UPDATE alert SET ended_at = $2, ended_because = $3, value = $4, value_at = $2, snoozed_until = NULL WHERE id = $1 AND ended_at IS NULL RETURNING true",
        alert, tx.now, because, value,
    )  # fmt: skip
    return bool(done)


async def wake(tx: Tx, alert: UUID) -> bool:
    """The snooze is over, and it lasts: whoever had said that they are at it is asked again, and may again not answer."""
    done = await tx.value(
        "UPDATE alert SET snoozed_until = NULL, acknowledged_at = NULL, acknowledged_by = NULL, escalated_at = NULL WHERE id = $1"
        " AND ended_at IS NULL AND snoozed_until <= $2 RETURNING true",
        alert, tx.now,
    )  # fmt: skip
    return bool(done)


async def escalate(tx: Tx, alert: UUID) -> bool:
    done = await tx.value(
        "UPDATE alert SET escalated_at = $2 WHERE id = $1 AND ended_at IS NULL AND escalated_at IS NULL AND acknowledged_at IS NULL"
        " AND snoozed_until IS NULL RETURNING true",
        alert, tx.now,
    )  # fmt: skip
    return bool(done)


async def lock(tx: Tx, alert: UUID) -> Any | None:
    """Where an alert is, since when, when people were last asked, until when and its value, locked."""
    return await tx.row(
        f"SELECT id, location, raised_at, coalesce({_WOKE}, raised_at) AS told_at, ended_at, value, acknowledged_at FROM alert a"
        " WHERE id = $1 FOR UPDATE",
        alert,
    )


async def acknowledge(tx: Tx, alert: UUID, who: str, word: str) -> None:
    await tx.run(
        "UPDATE alert SET acknowledged_at = $2, acknowledged_by = $3, word = $4, snoozed_until = NULL WHERE id = $1",
        alert, tx.now, who, word,
    )  # fmt: skip


async def snooze(tx: Tx, alert: UUID, until: datetime) -> None:
    await tx.run("UPDATE alert SET snoozed_until = $2 WHERE id = $1", alert, until)


async def add_step(tx: Tx, alert: UUID, what: str, who: str, value: int, word: str = "") -> int:
    """The next change of an alert; its number."""
    return int(
        await tx.value(
            "INSERT INTO alert_step (alert, n, what, at, who, value, word)"
            " SELECT $1, coalesce(max(n), 0) + 1, $2, $3, $4, $5, $6 FROM alert_step WHERE alert = $1 RETURNING n",
            alert, what, tx.now, who, value, word,
        )
    )  # fmt: skip


async def add_notices(
    tx: Tx,
    alert: UUID,
    n: int,
    role: str,
    person: UUID | None,
    location: str | None,
    media: Sequence[str],
    at: datetime,
) -> int:
    """One message for each person who reaches the place and each way. Who has no such way gets a row that says so; who has no browser is
    written to, where they have an address."""
    rows = await tx.rows(
        "SELECT s.id, s.email IS NOT NULL AS email, EXISTS (SELECT FROM push_subscription u WHERE u.staff = s.id) AS push FROM staff s"
        " WHERE s.disabled_at IS NULL AND (s.role = $1 OR s.id = $2) AND (s.role = 'head_office' OR ($3::text IS NOT NULL AND ("
        "   (s.role = 'regional_manager' AND s.region = (SELECT l.region FROM location l WHERE l.id = $3))"
        "   OR (s.role = 'store_manager' AND EXISTS (SELECT FROM staff_location w WHERE w.staff = s.id AND w.location = $3)))))"
        f" ORDER BY s.id LIMIT {MOST_TOLD}",
        role, person, location,
    )  # fmt: skip
    for row in rows:
        instead = ("email",) if "push" in media and "email" not in media and row["email"] and not row["push"] else ()
        for medium in (*media, *instead):
            can = bool(row[medium])
            await tx.run(
                "INSERT INTO alert_notice (id, alert, n, staff, medium, state, code, made_at, next_at, settled_at)"
                " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING",
                new_id(), alert, n, row["id"], medium, "due" if can else "suppressed", "" if can else f"no_{medium}", tx.now,
                at if can else None, None if can else tx.now,
            )  # fmt: skip
    return len(rows)


async def time_zone_of(tx: Tx, location: str | None) -> str:
    """Quiet hours of what is no store's are those of the seller."""
    return str(
        await tx.value(
            "SELECT coalesce((SELECT time_zone FROM location WHERE id = $1), (SELECT time_zone FROM legal_entity ORDER BY id LIMIT 1), 'Europe/Paris')",
            location,
        )
    )


async def claim(tx: Tx) -> list[DueNotice]:
    """Messages that are due, ours for some minutes. One whose caller never came back may have left: it is not sent again."""
    await tx.run(
        "UPDATE alert_notice SET state = 'unknown', code = 'lost', next_at = NULL, settled_at = $1 WHERE state = 'calling' AND next_at <= $1",
        tx.now,
    )
    rows = await tx.rows(
        "WITH next AS (SELECT id FROM alert_notice WHERE state = 'due' AND next_at <= $1 ORDER BY next_at, id LIMIT $2 FOR UPDATE SKIP LOCKED)"
        " UPDATE alert_notice m SET next_at = $3 FROM next n, alert a LEFT JOIN location l ON l.id = a.location WHERE m.id = n.id AND a.id = m.alert"
        " RETURNING m.id, m.alert, m.staff, m.medium, m.tries, (SELECT s.what FROM alert_step s WHERE s.alert = a.id AND s.n = m.n) AS what, a.kind,"
        " a.name, a.value, a.threshold, a.location, coalesce(l.name, '') AS place, coalesce(l.time_zone, 'Europe/Paris') AS time_zone, a.raised_at,"
        " a.ended_at IS NOT NULL AS ended, a.acknowledged_at IS NOT NULL AS acknowledged, a.snoozed_until IS NOT NULL AS snoozed",
        tx.now, AT_ONCE, tx.now + LEASE,
    )  # fmt: skip
    return [msgspec.convert(dict(row), DueNotice) for row in rows]


async def begin(tx: Tx, notice: UUID) -> bool:
    """It is about to leave; False when somebody else has it."""
    begun = await tx.value(
        "UPDATE alert_notice SET state = 'calling', tries = tries + 1, next_at = $2 WHERE id = $1 AND state = 'due' RETURNING true",
        notice, tx.now + LEASE,
    )  # fmt: skip
    return bool(begun)


async def settle(tx: Tx, notice: UUID, state: str, code: str, again: datetime | None = None) -> None:
    """What came of it; `again` when it is to be tried once more."""
    await tx.run(
        "UPDATE alert_notice SET state = $2, code = $3, next_at = $4, settled_at = CASE WHEN $4::timestamptz IS NULL THEN $5::timestamptz END"
        " WHERE id = $1 AND state IN ('due', 'calling')",
        notice, state, code, again, tx.now,
    )  # fmt: skip


async def write_instead(tx: Tx, notice: UUID) -> None:
    """A notification that reached no browser becomes a mail, unless one is on its way to this person already."""
    await tx.run(
        "INSERT INTO alert_notice (id, alert, n, staff, medium, state, made_at, next_at) SELECT $2, m.alert, m.n, m.staff, 'email', 'due', $3, $3"
        " FROM alert_notice m JOIN staff s ON s.id = m.staff WHERE m.id = $1 AND m.medium = 'push' AND s.email IS NOT NULL ON CONFLICT DO NOTHING",
        notice, new_id(), tx.now,
    )  # fmt: skip


async def browsers_of(connection: Connection, staff: UUID) -> list[Any]:
    return list(
        await connection.fetch(
            "SELECT id, endpoint, p256dh, auth FROM push_subscription WHERE staff = $1 ORDER BY last_seen_at DESC LIMIT 5",
            staff,
        )
    )


async def lock_rule(tx: Tx, rule: UUID) -> AlertRule | None:
    row = await tx.row(f"SELECT {_RULE} FROM alert_rule r WHERE r.id = $1 FOR UPDATE", rule)
    return rule_of(row) if row else None


async def save_rule(tx: Tx, rule: SaveRule, who: str) -> None:
    """Make it, or put it in the place of the one of that id."""
    await tx.run(
        "INSERT INTO alert_rule (id, kind, threshold, region, location, tells, person, media, quiet_from, quiet_until, escalate_after, escalate_to,"
        " active, changed_at, changed_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"
        " ON CONFLICT (id) DO UPDATE SET threshold = $3, region = $4, location = $5, tells = $6, person = $7, media = $8, quiet_from = $9, quiet_until = $10,"
        " escalate_after = $11, escalate_to = $12, active = $13, changed_at = $14, changed_by = $15, version = alert_rule.version + 1",
        rule.rule, rule.kind, rule.threshold, rule.region, rule.location, rule.tells, rule.person, list(rule.media), rule.quiet_from,
        rule.quiet_until, rule.escalate_after, rule.escalate_to, rule.active, tx.now, who,
    )  # fmt: skip


async def region_of(tx: Tx, staff: UUID) -> str | None:
    """The region of a regional manager."""
    found: str | None = await tx.value("SELECT region FROM staff WHERE id = $1", staff)
    return found


async def region_exists(tx: Tx, region: str) -> bool:
    return bool(await tx.value("SELECT EXISTS (SELECT FROM region WHERE id = $1)", region))


async def location_exists(tx: Tx, location: str) -> bool:
    return bool(await tx.value("SELECT EXISTS (SELECT FROM location WHERE id = $1)", location))


async def manages(tx: Tx, person: UUID) -> bool:
    """Is there a manager of this id?"""
    return bool(
        await tx.value(
            "SELECT EXISTS (SELECT FROM staff WHERE id = $1 AND disabled_at IS NULL AND role IN ('store_manager', 'regional_manager', 'head_office'))",
            person,
        )
    )


async def forget(tx: Tx, before: datetime, ended_before: datetime) -> None:
    """Readings after five weeks, alerts after a year; a bounded number each time."""
    await tx.run("DELETE FROM alert_reading WHERE hour < $1", before)
    await tx.run(
        "DELETE FROM alert WHERE id IN (SELECT id FROM alert WHERE ended_at < $1 ORDER BY ended_at LIMIT 2000)",
        ended_before,
    )

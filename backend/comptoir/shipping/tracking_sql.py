"""The writes of tracking: parcels found, events kept once, where each stands, who is asked next."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from comptoir.kit.db import Pool, Tx
from comptoir.kit.ids import new_id_texts
from comptoir.shipping.tracking import FINAL, HeardEvent, HearTracking, Source, Status, Tracked

LEASE: Final = timedelta(minutes=5)
_TRACKED = (
    "parcel, location, order_id, work, carrier, account, number, handed_at, due_on, status, status_at, code, moved_at"
)
_OVER = list(FINAL)


async def find(tx: Tx, command: HearTracking) -> Tracked | None:
    """The newest parcel of a carrier with this number; not locked."""
    row = await tx.row(
        f"SELECT {_TRACKED} FROM tracking WHERE number = $1 AND (carrier = $2 OR account = $2) ORDER BY handed_at DESC LIMIT 1",
        command.number, command.carrier,
    )  # fmt: skip
    return None if row is None else msgspec.convert(dict(row), Tracked)


async def lock(tx: Tx, parcel: UUID) -> Tracked | None:
    row = await tx.row(f"SELECT {_TRACKED} FROM tracking WHERE parcel = $1 FOR NO KEY UPDATE", parcel)
    return None if row is None else msgspec.convert(dict(row), Tracked)


async def keep_events(tx: Tx, one: Tracked, events: Sequence[HeardEvent], source: Source) -> list[HeardEvent]:
    """Those that nobody had told before, in the order given."""
    if not events:
        return []
    rows = await tx.rows(
        "INSERT INTO tracking_event (id, parcel, location, number, code, status, at, place, words, source, heard_at)"
        " SELECT i, $1, $2, $3, c, s, a, p, w, $4, $5"
        " FROM unnest($6::uuid[], $7::text[], $8::text[], $9::timestamptz[], $10::text[], $11::text[]) AS n (i, c, s, a, p, w)"
        " ON CONFLICT DO NOTHING RETURNING code, at, place",
        one.parcel, one.location, one.number, source, tx.now, new_id_texts(len(events)), [e.code for e in events],
        [e.status for e in events], [e.at for e in events], [e.place for e in events], [e.words for e in events],
    )  # fmt: skip
    new = {tuple(row) for row in rows}
    return [event for event in events if (event.code, event.at, event.place) in new]


async def keep_standing(
    tx: Tx, one: Tracked, status: Status, at: datetime | None, code: str, place: str, next_at: datetime | None
) -> None:
    """Where the parcel stands from now on; a sign of life, whatever it says."""
    await tx.run(
        "UPDATE tracking SET status = $2, status_at = $3, code = $4, place = $5, heard_at = $6::timestamptz, moved_at = $6::timestamptz,"
        " next_at = $7, claimed_until = NULL, tries = 0,"
        " delivered_at = CASE WHEN $2 = 'delivered' THEN coalesce($3, $6::timestamptz) END WHERE parcel = $1",
        one.parcel, status, at, code, place, tx.now, next_at,
    )  # fmt: skip


async def statuses_of_work(tx: Tx, work: UUID) -> list[Status]:
    """Of all parcels of a work that left."""
    return [row[0] for row in await tx.rows("SELECT status FROM tracking WHERE work = $1", work)]


async def units_of(tx: Tx, parcel: UUID) -> list[tuple[int, int]]:
    """(line, units) of a parcel."""
    rows = await tx.rows("SELECT line, quantity FROM parcel_line WHERE parcel = $1 ORDER BY line", parcel)
    return [(row[0], row[1]) for row in rows]


async def is_told(tx: Tx, kind: str, key: str, value: str) -> bool:
    """Whether an open case of this kind says so already."""
    found = await tx.value(
        "SELECT true FROM exception WHERE kind = $1 AND resolved_at IS NULL AND body ->> $2 = $3 LIMIT 1",
        kind,
        key,
        value,
    )
    return found is not None


async def claim(pool: Pool, now: datetime, limit: int) -> list[Tracked]:
    """Parcels whose carrier is to be asked, for five minutes this worker's."""
    rows = await pool.fetch(
        "WITH next AS (SELECT parcel FROM tracking WHERE next_at <= $1 AND account IS NOT NULL AND (claimed_until IS NULL OR claimed_until <= $1)"
        " ORDER BY next_at LIMIT $2 FOR UPDATE SKIP LOCKED)"
        f" UPDATE tracking t SET claimed_until = $3 FROM next n WHERE n.parcel = t.parcel RETURNING {_of('t')}",
        now, limit, now + LEASE,
    )  # fmt: skip
    return sorted(
        (msgspec.convert(dict(row), Tracked) for row in rows), key=lambda one: (one.account or "", one.number)
    )


def _of(name: str) -> str:
    return ", ".join(f"{name}.{column}" for column in _TRACKED.split(", "))


async def put_off(pool: Pool, parcels: Sequence[UUID], until: datetime) -> None:
    """Their carrier was not asked, or did not answer: asked again then."""
    await pool.execute(
        "UPDATE tracking SET next_at = $2, claimed_until = NULL, tries = tries + 1 WHERE parcel = ANY($1::uuid[]) AND next_at IS NOT NULL",
        list(parcels), until,
    )  # fmt: skip


async def asked(pool: Pool, parcel: UUID, next_at: datetime | None, now: datetime) -> None:
    """The carrier answered; unless something new gave it another time already, it is asked again then."""
    await pool.execute(
        "UPDATE tracking SET next_at = $2, heard_at = $3, tries = 0, claimed_until = NULL WHERE parcel = $1 AND claimed_until IS NOT NULL",
        parcel, next_at, now,
    )  # fmt: skip


async def lock_overdue(
    tx: Tx, silent_before: datetime, silent_at_relay: datetime, limit: int
) -> list[tuple[Tracked, bool, bool]]:
    """Parcels that are late by their store's own day, or lost, and of which nobody was told: (parcel, told late, told lost)."""
    rows = await tx.rows(
        f"SELECT {_TRACKED}, told_late_at IS NOT NULL AS late, told_lost_at IS NOT NULL AS lost FROM tracking"
        " WHERE status <> ALL($4::text[]) AND ((told_late_at IS NULL AND status <> 'ready_for_pickup'"
        " AND due_on < (SELECT ($1::timestamptz AT TIME ZONE l.time_zone)::date FROM location l WHERE l.id = tracking.location))"
        " OR (told_lost_at IS NULL AND moved_at < CASE WHEN status = 'ready_for_pickup' THEN $5::timestamptz ELSE $2::timestamptz END))"
        " ORDER BY due_on, parcel LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED",
        tx.now, silent_before, limit, _OVER, silent_at_relay,
    )  # fmt: skip
    return [
        (
            msgspec.convert({key: value for key, value in row.items() if key not in ("late", "lost")}, Tracked),
            row["late"],
            row["lost"],
        )
        for row in rows
    ]


async def set_told(tx: Tx, parcel: UUID, *, late: bool, lost: bool) -> None:
    await tx.run(
        "UPDATE tracking SET told_late_at = CASE WHEN $2 THEN $4::timestamptz ELSE told_late_at END,"
        " told_lost_at = CASE WHEN $3 THEN $4::timestamptz ELSE told_lost_at END WHERE parcel = $1",
        parcel, late, lost, tx.now,
    )  # fmt: skip

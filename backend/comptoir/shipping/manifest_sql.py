"""Manifests: parcels found by their label, loaded, closed, taken back. Orders and works are locked before parcels."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec

from comptoir.kit.db import Pool, Tx
from comptoir.kit.errors import NotFound
from comptoir.kit.ids import new_id
from comptoir.shipping.collections import SaveCollections, SetCollectionDay
from comptoir.shipping.handing import Waiting, same_label

REMEMBERED: Final = timedelta(days=10)
"""A label of a parcel that left longer ago is nobody's any more: carriers use numbers again."""

_WAITING = """
SELECT p.id, p.work, p.order_id, p.state, p.label, coalesce(a.tracking_number, '') AS number, a.carrier, coalesce(a.account, a.carrier) AS lane, a.account,
  coalesce(p.weight_grams, 0) AS weight_grams, (p.label IS DISTINCT FROM a.id OR a.state NOT IN ('bought', 'manual')) AS voided, m.manifest,
  coalesce(d.kind, 'home') AS delivery
FROM parcel p JOIN label_attempt a ON a.parcel = p.id AND a.tracking_number IS NOT NULL
LEFT JOIN manifest_parcel m ON m.parcel = p.id AND m.label = a.id LEFT JOIN order_delivery d ON d.order_id = p.order_id
"""


def _read(row: Any) -> Waiting:
    return msgspec.convert(dict(row), Waiting)


async def find_scanned(tx: Tx, location: str, code: str) -> Waiting | None:
    """The parcel whose label this is, at this store; of several labels of one parcel the one that is on it comes first."""
    rows = await tx.rows(
        f"{_WAITING} WHERE p.location = $1 AND (p.state IN ('open', 'packed', 'labeled') OR p.handed_at > $3)"
        " AND strpos(upper(regexp_replace($2, '\\s', '', 'g')), upper(replace(a.tracking_number, ' ', ''))) > 0"
        " ORDER BY (p.label IS NOT DISTINCT FROM a.id) DESC, length(a.tracking_number) DESC, a.intended_at DESC LIMIT 5",
        location, code, tx.now - REMEMBERED,
    )  # fmt: skip
    return next((found for found in map(_read, rows) if same_label(code, found.number)), None)


async def loaded_on(tx: Tx, manifest: UUID) -> list[Waiting]:
    """The parcels of a manifest with the label that each has now, locked in id order."""
    await tx.rows(
        "SELECT 1 FROM parcel WHERE id IN (SELECT parcel FROM manifest_parcel WHERE manifest = $1) ORDER BY id FOR NO KEY UPDATE",
        manifest,
    )
    rows = await tx.rows(f"{_WAITING} WHERE m.manifest = $1 AND a.id = m.label ORDER BY p.id", manifest)
    return [_read(row) for row in rows]


async def count_staying(tx: Tx, location: str, lane: str) -> int:
    """Labeled parcels of a lane that are on no manifest."""
    found: int = await tx.value(
        "SELECT count(*) FROM parcel p JOIN label_attempt a ON a.id = p.label WHERE p.location = $1 AND p.state = 'labeled'"
        " AND coalesce(a.account, a.carrier) = $2 AND NOT EXISTS (SELECT FROM manifest_parcel m WHERE m.parcel = p.id AND m.label = p.label)",
        location, lane,
    )  # fmt: skip
    return found


async def open_manifest(tx: Tx, location: str, parcel: Waiting) -> UUID:
    """The lane's open manifest, locked; made when there is none."""
    while True:
        found: UUID | None = await tx.value(
            "SELECT id FROM manifest WHERE location = $1 AND lane = $2 AND state = 'open' FOR NO KEY UPDATE",
            location,
            parcel.lane,
        )
        if found is not None:
            return found
        await tx.run(
            "INSERT INTO manifest (id, location, carrier, lane, account, number, opened_at, opened_by)"
            " VALUES ($1, $2, $3, $4, $5, 'D-' || nextval('manifest_number'), $6, $7) ON CONFLICT DO NOTHING",
            new_id(), location, parcel.carrier, parcel.lane, parcel.account, tx.now, tx.who,
        )  # fmt: skip


async def add_parcel(
    tx: Tx, manifest: UUID, location: str, parcel: Waiting, who: str, at: datetime, device: UUID | None
) -> None:
    await tx.run(
        "INSERT INTO manifest_parcel (manifest, parcel, location, label, tracking_number, weight_grams, scanned_at, scanned_by, device)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (parcel) DO UPDATE SET manifest = excluded.manifest, label = excluded.label,"
        " tracking_number = excluded.tracking_number, scanned_at = excluded.scanned_at, scanned_by = excluded.scanned_by"
        " WHERE manifest_parcel.label <> excluded.label",
        manifest, parcel.id, location, parcel.label, parcel.number, parcel.weight_grams, at, who, device,
    )  # fmt: skip


async def take_off(tx: Tx, location: str, parcel: UUID) -> bool:
    """A parcel leaves an open manifest; False when it is on none."""
    done = await tx.run(
        "DELETE FROM manifest_parcel mp USING manifest m WHERE m.id = mp.manifest AND m.state = 'open' AND mp.parcel = $2"
        " AND mp.location = $1",
        location, parcel,
    )  # fmt: skip
    return done != "DELETE 0"


async def find_lane(tx: Tx, location: str, lane: str) -> UUID | None:
    """The lane's open manifest; None when nothing was ever loaded. Not locked: orders are locked before it."""
    found: UUID | None = await tx.value(
        "SELECT id FROM manifest WHERE location = $1 AND lane = $2 AND state = 'open'", location, lane
    )
    return found


async def orders_on(tx: Tx, manifest: UUID) -> list[UUID]:
    """The orders of a manifest's parcels."""
    rows = await tx.rows(
        "SELECT DISTINCT p.order_id FROM manifest_parcel m JOIN parcel p ON p.id = m.parcel WHERE m.manifest = $1",
        manifest,
    )
    return sorted(row[0] for row in rows)


async def lock_manifest(tx: Tx, manifest: UUID, locations: tuple[str, ...] | None) -> Any:
    """NotFound `manifest_not_found` when it is none of these stores'."""
    row = await tx.row(
        "SELECT * FROM manifest WHERE id = $1 AND ($2::text[] IS NULL OR location = ANY($2)) FOR NO KEY UPDATE",
        manifest,
        None if locations is None else list(locations),
    )
    if row is None:
        raise NotFound("manifest_not_found")
    return row


async def close(tx: Tx, manifest: UUID, stayed: int, wants_slip: bool) -> None:
    await tx.run(
        "UPDATE manifest SET state = 'closed', closed_at = $2::timestamptz, closed_by = $3, stayed = $4,"
        " slip_state = CASE WHEN $5 THEN 'intended' ELSE 'none' END, slip_next_at = CASE WHEN $5 THEN $2::timestamptz END, slip_tries = 0 WHERE id = $1",
        manifest, tx.now, tx.who, stayed, wants_slip,
    )  # fmt: skip


async def reopen(tx: Tx, manifest: UUID) -> None:
    await tx.run(
        "UPDATE manifest SET state = 'open', closed_at = NULL, closed_by = NULL, reopened = reopened + 1, slip_state = 'none',"
        " slip_next_at = NULL, slip_number = NULL, slip = NULL, slip_code = '' WHERE id = $1",
        manifest,
    )


async def lines_of(tx: Tx, parcels: Sequence[UUID]) -> list[Any]:
    """(parcel, work, line, sku, quantity) of these parcels, in a steady order."""
    return await tx.rows(
        "SELECT parcel, work, line, sku, quantity FROM parcel_line WHERE parcel = ANY($1::uuid[]) ORDER BY work, line, parcel",
        list(parcels),
    )


async def set_handed(tx: Tx, parcels: Sequence[UUID], at: datetime | None) -> None:
    """They left at this moment; None: they are back."""
    await tx.run(
        "UPDATE parcel SET state = CASE WHEN $2::timestamptz IS NULL THEN 'labeled' ELSE 'handed_to_carrier' END, handed_at = $2::timestamptz,"
        " version = version + 1 WHERE id = ANY($1::uuid[])",
        list(parcels), at,
    )  # fmt: skip


async def left_at_work(tx: Tx, works: Sequence[UUID]) -> set[UUID]:
    """Works of which a parcel or a unit is still in the store."""
    rows = await tx.rows(
        "SELECT w.id FROM work w WHERE w.id = ANY($1::uuid[]) AND (EXISTS (SELECT FROM parcel p WHERE p.work = w.id"
        " AND p.state IN ('open', 'packed', 'labeled')) OR EXISTS (SELECT FROM work_line l WHERE l.work = w.id"
        " AND l.reserved + l.picked + l.staged > 0))",
        list(works),
    )  # fmt: skip
    return {row[0] for row in rows}


async def begin_tracking(tx: Tx, parcel: Waiting, location: str, at: datetime, due_on: date, next_at: datetime) -> None:
    """From now on its carrier is asked about it."""
    await tx.run(
        "INSERT INTO tracking (parcel, location, order_id, work, carrier, account, number, handed_at, due_on, moved_at, next_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $8, $10) ON CONFLICT (parcel) DO UPDATE SET handed_at = excluded.handed_at,"
        " due_on = excluded.due_on, moved_at = excluded.moved_at, next_at = excluded.next_at, carrier = excluded.carrier,"
        " account = excluded.account, number = excluded.number",
        parcel.id, location, parcel.order_id, parcel.work, parcel.carrier, parcel.account, parcel.number, at, due_on, next_at,
    )  # fmt: skip


async def end_tracking(tx: Tx, parcels: Sequence[UUID]) -> int:
    """They are back in the store. How many of them their carrier had moved already, of which the rows stay."""
    gone: int = await tx.value(
        "WITH gone AS (DELETE FROM tracking WHERE parcel = ANY($1::uuid[]) AND status IN ('pending', 'unknown') RETURNING 1)"
        " SELECT count(*) FROM gone",
        list(parcels),
    )
    return len(parcels) - gone


async def put_week(tx: Tx, command: SaveCollections) -> None:
    await tx.run("DELETE FROM collection WHERE location = $1 AND carrier = $2", command.location, command.carrier)
    week = sorted(set(command.week))
    await tx.run(
        "INSERT INTO collection (location, carrier, weekday, minute) SELECT $1, $2, * FROM unnest($3::smallint[], $4::int[])",
        command.location, command.carrier, [row[0] for row in week], [row[1] for row in week],
    )  # fmt: skip


async def put_day(tx: Tx, command: SetCollectionDay) -> None:
    key = (command.location, command.carrier, command.day)
    await tx.run("DELETE FROM collection_exception WHERE location = $1 AND carrier = $2 AND day = $3", *key)
    if not command.drop:
        await tx.run(
            "INSERT INTO collection_exception (location, carrier, day, minute, reason) VALUES ($1, $2, $3, $4, $5)",
            *key, command.minute, command.reason,
        )  # fmt: skip


class WantedSlip(msgspec.Struct, frozen=True):
    """A manifest whose carrier is to be asked for its own slip."""

    id: UUID
    account: str
    tries: int
    numbers: list[str]


async def claim_slips(pool: Pool, now: datetime, limit: int) -> list[WantedSlip]:
    """Slips that are due, for two minutes this worker's; a call whose worker died is made again, it makes no parcel."""
    rows = await pool.fetch(
        "WITH next AS (SELECT id FROM manifest WHERE slip_next_at <= $1 ORDER BY slip_next_at LIMIT $2 FOR UPDATE SKIP LOCKED)"
        " UPDATE manifest m SET slip_state = 'calling', slip_tries = slip_tries + 1, slip_next_at = $3 FROM next n WHERE n.id = m.id"
        " RETURNING m.id, coalesce(m.account, '') AS account, m.slip_tries AS tries,"
        " ARRAY(SELECT p.tracking_number FROM manifest_parcel p WHERE p.manifest = m.id ORDER BY p.scanned_at, p.parcel) AS numbers",
        now, limit, now + timedelta(minutes=2),
    )  # fmt: skip
    return [msgspec.convert(dict(row), WantedSlip) for row in rows]


async def keep_slip(
    pool: Pool, manifest: UUID, state: str, number: str = "", content: bytes | None = None, code: str = ""
) -> None:
    """What became of it; a manifest that was taken back meanwhile keeps none."""
    await pool.execute(
        "UPDATE manifest SET slip_state = $2, slip_next_at = NULL, slip_number = nullif($3, ''), slip = $4, slip_code = $5"
        " WHERE id = $1 AND slip_state = 'calling'",
        manifest, state, number, content, code[:60],
    )  # fmt: skip


async def slip_later(pool: Pool, manifest: UUID, at: datetime, code: str) -> None:
    await pool.execute(
        "UPDATE manifest SET slip_state = 'intended', slip_next_at = $2, slip_code = $3 WHERE id = $1 AND slip_state = 'calling'",
        manifest, at, code[:60],
    )  # fmt: skip

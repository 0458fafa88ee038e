"""The fulfillment's writes and locks. Orders are locked before works, works before stock levels."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from comptoir.fulfillment.handover import Bag
from comptoir.fulfillment.lifecycles import Status
from comptoir.fulfillment.model import Moved, Work, WorkLine
from comptoir.kit.bulk import Bulk
from comptoir.kit.db import Tx
from comptoir.kit.errors import NotFound
from comptoir.kit.ids import new_id

WORKS = Bulk(
    "work", id="uuid", location="text", order_id="uuid", order_number="text", kind="text", status="text", promise_at="timestamptz", units="int",
    created_at="timestamptz",
)  # fmt: skip
WORK_LINES = Bulk(
    "work_line", work="uuid", location="text", line="smallint", order_id="uuid", order_line="smallint", part="smallint", sku="text", quantity="int",
    reserved="int",
)  # fmt: skip

_WORK = "id, location, order_id, order_number, kind, status, promise_at, taken_by, pack, collect_until, ended_because"
_LINE = "work, line, order_line, part, sku, quantity, reserved, picked, staged, in_transit, handed_over, delivered, shorted, canceled"
STATES = ("reserved", "picked", "staged", "in_transit", "handed_over", "delivered", "shorted", "canceled")


async def orders_of(tx: Tx, works: Iterable[UUID], locations: tuple[str, ...] | None) -> dict[UUID, UUID]:
    """The orders of these works, as far as the actor's locations reach: work -> order."""
    rows = await tx.rows(
        "SELECT id, order_id FROM work WHERE id = ANY($1::uuid[]) AND ($2::text[] IS NULL OR location = ANY($2))",
        list(set(works)),
        locations,
    )
    return {row[0]: row[1] for row in rows}


async def lock(tx: Tx, works: Iterable[UUID], locations: tuple[str, ...] | None) -> list[Work]:
    """Lock works (in id order) with their lines; NotFound when one is not there or not within `locations`."""
    wanted = sorted(set(works))
    rows = await tx.rows(
        f"SELECT {_WORK} FROM work WHERE id = ANY($1::uuid[]) AND ($2::text[] IS NULL OR location = ANY($2)) ORDER BY id FOR NO KEY UPDATE",
        wanted, locations,
    )  # fmt: skip
    if len(rows) < len(wanted):
        raise NotFound("work_not_found")
    return await with_lines(tx, rows)


async def lock_of_order(tx: Tx, order: UUID, locations: tuple[str, ...] | None) -> list[Work]:
    """Lock all works of an order that the locations reach."""
    rows = await tx.rows(
        f"SELECT {_WORK} FROM work WHERE order_id = $1 AND ($2::text[] IS NULL OR location = ANY($2)) ORDER BY id FOR NO KEY UPDATE",
        order,
        locations,
    )
    return await with_lines(tx, rows)


async def with_lines(tx: Tx, rows: Sequence[Any]) -> list[Work]:
    lines: dict[UUID, list[WorkLine]] = {row["id"]: [] for row in rows}
    for row in await tx.rows(
        f"SELECT {_LINE} FROM work_line WHERE work = ANY($1::uuid[]) ORDER BY work, line", list(lines)
    ):
        lines[row["work"]].append(WorkLine(*row))
    return [msgspec.convert({**dict(row), "lines": tuple(lines[row["id"]])}, Work) for row in rows]


async def move_units(tx: Tx, work: UUID, moved: Sequence[Moved]) -> None:
    """Move units of lines between states; the CHECKs hold that no state goes below zero and the sum stays."""
    for move in moved:
        assert move.source in STATES
        assert move.to in STATES
        await tx.run(
            f"UPDATE work_line SET {move.source} = {move.source} - $3, {move.to} = {move.to} + $3, parked_until = NULL WHERE work = $1 AND line = $2",
            work, move.line, move.units,
        )  # fmt: skip


_STAMPS = {
    Status.PICKING: "started_at",
    Status.PICKED: "picked_at",
    Status.STAGED: "staged_at",
    Status.HANDED_OVER: "handed_over_at",
}


async def advance(tx: Tx, work: UUID, status: Status) -> None:
    """Set the status and, the first time, when it was reached."""
    stamp = _STAMPS.get(status)
    also = f", {stamp} = coalesce({stamp}, $3)" if stamp else ", started_at = coalesce(started_at, $3)"
    await tx.run(f"UPDATE work SET status = $2, version = version + 1{also} WHERE id = $1", work, status.value, tx.now)


async def park(tx: Tx, work: UUID, line: int, until: datetime | None) -> None:
    await tx.run("UPDATE work_line SET parked_until = $3 WHERE work = $1 AND line = $2", work, line, until)


async def flag_others(tx: Tx, location: str, sku: str, work: UUID, why: str) -> None:
    """Other open work at this location that needs the SKU is shown with a warning.

    Called before stock is locked, as works are; work that somebody changes at this very moment is passed over, because
    waiting for it could block the two for good.
    """
    await tx.run(
        "UPDATE work SET flagged = $4 WHERE id IN (SELECT w.id FROM work w WHERE w.id IN (SELECT l.work FROM work_line l"
        " WHERE l.location = $1 AND l.sku = $2 AND l.reserved > 0 AND l.work <> $3) ORDER BY w.id FOR NO KEY UPDATE SKIP LOCKED)",
        location, sku, work, why,
    )  # fmt: skip


async def flag_changed(tx: Tx, work: UUID) -> None:
    """Somebody has this work in hand, and less is wanted of it now: its row says so. A recall's warning stays."""
    await tx.run(
        "UPDATE work SET flagged = 'changed', version = version + 1"
        " WHERE id = $1 AND pack IS NOT NULL AND flagged IS DISTINCT FROM 'recalled'", work,
    )  # fmt: skip


_TOUCHED = "status IN ('open', 'accepted', 'picking', 'picked', 'staged', 'packed', 'labeled')"


async def flag_recalled(tx: Tx, sku: str) -> None:
    """Every open work that still holds or needs the SKU, in every store, is shown with a warning."""
    rows = await tx.rows(
        f"UPDATE work SET flagged = 'recalled' FROM (SELECT id FROM work WHERE {_TOUCHED} AND EXISTS (SELECT FROM work_line l"
        " WHERE l.work = work.id AND l.sku = $1 AND l.reserved + l.picked + l.staged > 0) ORDER BY id FOR NO KEY UPDATE) AS w"
        " WHERE work.id = w.id RETURNING work.location",
        sku,
    )  # fmt: skip
    tx.touched.update(row[0] for row in rows)


async def unflag_recalled(tx: Tx, sku: str) -> None:
    """The recall is over: the warnings go, except where another recalled SKU is in the same work."""
    rows = await tx.rows(
        "UPDATE work SET flagged = NULL FROM (SELECT id FROM work WHERE flagged = 'recalled'"
        " AND EXISTS (SELECT FROM work_line l WHERE l.work = work.id AND l.sku = $1)"
        " AND NOT EXISTS (SELECT FROM work_line l JOIN sku s ON s.sku = l.sku WHERE l.work = work.id AND l.sku <> $1"
        " AND s.blocked_reason IS NOT NULL) ORDER BY id FOR NO KEY UPDATE) AS w WHERE work.id = w.id RETURNING work.location",
        sku,
    )  # fmt: skip
    tx.touched.update(row[0] for row in rows)


async def is_told(tx: Tx, work: UUID, kind: str, sku: str) -> bool:
    """Whether an open exception of this kind names the work and the SKU already."""
    found = await tx.value(
        "SELECT true FROM exception WHERE work = $1 AND kind = $2 AND sku = $3 AND resolved_at IS NULL LIMIT 1",
        work,
        kind,
        sku,
    )
    return found is not None


async def bags_of(tx: Tx, works: Sequence[UUID]) -> list[Bag]:
    """Bags of these works that are still on a shelf."""
    rows = await tx.rows(
        "SELECT tag, work, place FROM bag WHERE work = ANY($1::uuid[]) AND gone_at IS NULL ORDER BY tag", list(works)
    )
    return [Bag(*row) for row in rows]


async def put_bag(tx: Tx, work: UUID, location: str, tag: str, place: str, at: datetime) -> str:
    """Tie a tag to a work and a place: `new`, `moved` (same work), or `in_use` (another work has the tag: left alone)."""
    row = await tx.row(
        "SELECT id, work FROM bag WHERE location = $1 AND tag = $2 AND gone_at IS NULL FOR NO KEY UPDATE", location, tag
    )
    if row is None:
        await tx.run(
            "INSERT INTO bag (id, work, location, tag, place, staged_at, staged_by) VALUES ($1, $2, $3, $4, $5, $6, $7)",
            new_id(), work, location, tag, place, at, tx.who,
        )  # fmt: skip
        return "new"
    if row["work"] != work:
        return "in_use"
    await tx.run("UPDATE bag SET place = $2 WHERE id = $1", row["id"], place)
    return "moved"


async def insert_put_back(
    tx: Tx, location: str, sku: str, units: int, reason: str, *, promised: bool, order: UUID | None = None, work: UUID | None = None,
    line: int | None = None, cause: UUID | None = None,
) -> UUID:  # fmt: skip
    """Work for somebody: carry these units back to their shelf. `promised` units still count as reserved and set aside."""
    made = new_id()
    await tx.run(
        "INSERT INTO put_back (id, location, sku, quantity, reason, promised, order_id, work, line, cause, bag, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10,"
        " (SELECT min(tag) FROM bag WHERE work = $8 AND gone_at IS NULL), $11)",
        made, location, sku, units, reason, promised, order, work, line, cause, tx.now,
    )  # fmt: skip
    tx.touched.add(location)
    return made


async def close_exception(tx: Tx, exception: Any, resolution: str) -> None:
    """What it was about is put right by the hands themselves."""
    await tx.run(
        "UPDATE exception SET resolved_at = $2, resolved_by = $3, resolution = $4 WHERE id = $1 AND resolved_at IS NULL",
        exception if isinstance(exception, UUID) else UUID(str(exception)), tx.now, tx.who, resolution,
    )  # fmt: skip


async def find_bag_gaps(tx: Tx, work: UUID, line: int) -> list[tuple[UUID, int]]:
    """Open cases of a staged bag that lacks units of a line, the oldest first: (case, units)."""
    rows = await tx.rows(
        "SELECT id, quantity FROM exception WHERE work = $1 AND kind = 'staged_meanwhile' AND body ->> 'line' = $2 AND resolved_at IS NULL"
        " ORDER BY made_at, id FOR UPDATE",
        work, str(line),
    )  # fmt: skip
    return [(row["id"], row["quantity"]) for row in rows]


async def shrink_exception(tx: Tx, exception: UUID, quantity: int) -> None:
    """Part of what it was about is put right."""
    await tx.run("UPDATE exception SET quantity = $2 WHERE id = $1", exception, quantity)


async def insert_exception(
    tx: Tx, location: str, kind: str, role: str, *, order: UUID | None = None, work: UUID | None = None, sku: str | None = None,
    quantity: int | None = None, body: dict[str, Any] | None = None,
) -> UUID:  # fmt: skip
    """Visible work for a named role, because a report could not simply be applied."""
    made = new_id()
    await tx.run(
        "INSERT INTO exception (id, location, kind, role, order_id, work, sku, quantity, body, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::jsonb, $10)",
        made, location, kind, role, order, work, sku, quantity, msgspec.json.encode(body or {}).decode(), tx.now,
    )  # fmt: skip
    tx.touched.add(location)
    return made

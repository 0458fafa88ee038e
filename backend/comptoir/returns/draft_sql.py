"""Drafts of returns and their pictures, kept and forgotten."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from comptoir.kit.db import Tx
from comptoir.returns.drafting import Draft, DraftLine, KeepDraft, KeepPhoto, WayChosen

DRAFT: Final = """
SELECT d.id, d.order_id, d.notice, d.lines, d.way, ARRAY(SELECT p.line FROM return_photo p WHERE p.rma = d.id ORDER BY p.line) AS photos
FROM return_draft d WHERE d.id = $1 AND d.order_id = $2
"""


def read(row: Any) -> Draft:
    """A row of `DRAFT` as the struct."""
    way = msgspec.json.decode(row["way"], type=WayChosen) if row["way"] else None
    lines = msgspec.json.decode(row["lines"], type=tuple[DraftLine, ...])
    return Draft(row["id"], row["order_id"], row["notice"], lines, way, tuple(row["photos"]))


async def lock(tx: Tx, draft: UUID, order: UUID) -> Draft | None:
    """Of this order alone."""
    row = await tx.row(DRAFT + " FOR NO KEY UPDATE OF d", draft, order)
    return read(row) if row else None


async def keep(tx: Tx, command: KeepDraft) -> bool:
    """As it is now. False when the id is another order's draft, or a return already."""
    lines = msgspec.json.encode(command.lines).decode()
    way = None if command.way is None else msgspec.json.encode(command.way).decode()
    kept = await tx.value(
        "INSERT INTO return_draft AS d (id, order_id, notice, lines, way, changed_at) SELECT $1, $2, $3, $4::jsonb, $5::jsonb, $6"
        " WHERE NOT EXISTS (SELECT FROM rma WHERE id = $1)"
        " ON CONFLICT (id) DO UPDATE SET notice = excluded.notice, lines = excluded.lines, way = excluded.way, changed_at = excluded.changed_at"
        " WHERE d.order_id = excluded.order_id RETURNING true",
        command.draft, command.order, command.notice, lines, way, tx.now,
    )  # fmt: skip
    await tx.run(
        "DELETE FROM return_photo WHERE rma = $1 AND line <> ALL($2::int[])", command.draft, [one.line for one in command.lines]
    )  # fmt: skip
    return bool(kept)


async def put_photo(tx: Tx, command: KeepPhoto) -> None:
    """The picture of a line, in place of the one before."""
    await tx.run("DELETE FROM return_photo WHERE rma = $1 AND line = $2", command.draft, command.line)
    await tx.run(
        "INSERT INTO return_photo (id, rma, order_id, line, bytes, width, height, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        command.id, command.draft, command.order, command.line, command.picture, command.width, command.height, tx.now,
    )  # fmt: skip


async def photos_of(tx: Tx, rma: UUID) -> dict[int, UUID]:
    """Line -> its picture's id."""
    return {row["line"]: row["id"] for row in await tx.rows("SELECT line, id FROM return_photo WHERE rma = $1", rma)}


async def drop(tx: Tx, draft: UUID) -> None:
    """It was sent: what it said stands in the return now. Its pictures go on with it."""
    await tx.run("DELETE FROM return_draft WHERE id = $1", draft)


async def forget(tx: Tx, before: datetime, limit: int) -> int:
    """Drafts that nobody touched since then, with their pictures; how many."""
    rows = await tx.rows(
        "DELETE FROM return_draft WHERE id IN (SELECT id FROM return_draft WHERE changed_at < $1 ORDER BY changed_at LIMIT $2) RETURNING id",
        before, limit,
    )  # fmt: skip
    gone = [row["id"] for row in rows]
    await tx.run("DELETE FROM return_photo WHERE rma = ANY($1::uuid[])", gone)
    return len(gone)


async def set_way(tx: Tx, rma: UUID, method: str, location: str | None) -> None:
    """A return that comes another way."""
    await tx.run("UPDATE rma SET method = $2, location = $3 WHERE id = $1", rma, method, location)

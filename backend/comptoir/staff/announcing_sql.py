"""Rows of announcements, written: their words, their stores, which devices have read them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from comptoir.kit.db import Tx


async def lock_places(tx: Tx, places: Sequence[str]) -> list[str]:
    """Those of these places that there are, locked in their order: of two who announce at once the second one counts what the first did."""
    rows = await tx.rows("SELECT id FROM location WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE", list(places))
    return [row[0] for row in rows]


async def full(tx: Tx, places: Sequence[str], most: int) -> str | None:
    """The name of one of these places that shows as many as it may; None when there is room in all."""
    found: str | None = await tx.value(
        "SELECT min(l.name) FROM (SELECT s.location FROM announcement a JOIN announcement_store s ON s.announcement = a.id"
        " WHERE a.ended_at IS NULL AND a.until_at > $2 AND s.location = ANY($1) GROUP BY 1 HAVING count(*) >= $3) q JOIN location l ON l.id = q.location",
        list(places), tx.now, most,
    )  # fmt: skip
    return found


async def insert(
    tx: Tx, announcement: UUID, text: str, urgent: bool, until: datetime, who: str, places: Sequence[str]
) -> None:
    await tx.run(
        "INSERT INTO announcement (id, text, urgent, until_at, made_at, made_by, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $5)",
        announcement, text, urgent, until, tx.now, who,
    )  # fmt: skip
    await tx.run(
        "INSERT INTO announcement_store (announcement, location) SELECT $1, unnest($2::text[])",
        announcement, list(places),
    )  # fmt: skip


async def lock(tx: Tx, announcement: UUID) -> tuple[Any, list[str]] | None:
    """The row and its stores; None where there is none."""
    row = await tx.row("SELECT * FROM announcement WHERE id = $1 FOR NO KEY UPDATE", announcement)
    if row is None:
        return None
    places = await tx.rows(
        "SELECT location FROM announcement_store WHERE announcement = $1 ORDER BY location", announcement
    )
    return row, [place[0] for place in places]


async def change(tx: Tx, announcement: UUID, text: str, urgent: bool, until: datetime) -> tuple[int, int]:
    """Write it; gives its new version and the edition of its words."""
    row = await tx.row(
        "UPDATE announcement SET text = $2, urgent = $3, until_at = $4, changed_at = $5, version = version + 1,"
        " edition = edition + (text <> $2 OR urgent <> $3)::int WHERE id = $1 RETURNING version, edition",
        announcement, text, urgent, until, tx.now,
    )  # fmt: skip
    assert row is not None
    return row[0], row[1]


async def end(tx: Tx, announcement: UUID, who: str) -> None:
    await tx.run("UPDATE announcement SET ended_at = $2, ended_by = $3 WHERE id = $1", announcement, tx.now, who)


async def edition_at(tx: Tx, announcement: UUID, locations: Sequence[str] | None) -> int | None:
    """The newest edition of an announcement to one of these places; None where it is none of theirs."""
    found: int | None = await tx.value(
        "SELECT a.edition FROM announcement a WHERE a.id = $1 AND EXISTS (SELECT FROM announcement_store s WHERE s.announcement = a.id"
        " AND ($2::text[] IS NULL OR s.location = ANY($2)))",
        announcement, None if locations is None else list(locations),
    )  # fmt: skip
    return found


async def keep_receipt(
    tx: Tx, announcement: UUID, edition: int, device: UUID, location: str, at: datetime
) -> None:  # fmt: skip
    """This device has shown it to somebody who said so; once."""
    await tx.run(
        "INSERT INTO announcement_receipt (announcement, edition, device, location, at, received_at) VALUES ($1, $2, $3, $4, $5, $6)"
        " ON CONFLICT DO NOTHING",
        announcement, edition, device, location, at, tx.now,
    )  # fmt: skip

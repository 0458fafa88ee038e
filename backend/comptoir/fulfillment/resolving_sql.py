"""The rows of exceptions: found, locked, closed."""

from datetime import datetime
from typing import Any
from uuid import UUID

from comptoir.fulfillment.resolving import COMING_BACK, SILENT
from comptoir.kit.actor import Actor
from comptoir.kit.db import Tx
from comptoir.kit.errors import NotFound


async def lock(tx: Tx, exception: UUID, actor: Actor) -> Any:
    """The exception's row, locked. NotFound `exception_not_found` when it is none of the actor's."""
    row = await tx.row(
        "SELECT id, location, kind, order_id, resolved_at, (body->>'rma')::uuid AS rma FROM exception"
        " WHERE id = $1 AND ($2::text[] IS NULL OR location = ANY($2)) FOR NO KEY UPDATE",
        exception, list(actor.locations) if actor.locations is not None else None,
    )  # fmt: skip
    if row is None:
        raise NotFound("exception_not_found")
    return row


async def order_of(tx: Tx, exception: UUID, actor: Actor) -> UUID | None:
    """The order that an exception is about. NotFound `exception_not_found` when it is none of the actor's."""
    row = await tx.row(
        "SELECT order_id FROM exception WHERE id = $1 AND ($2::text[] IS NULL OR location = ANY($2))",
        exception, list(actor.locations) if actor.locations is not None else None,
    )  # fmt: skip
    if row is None:
        raise NotFound("exception_not_found")
    found: UUID | None = row["order_id"]
    return found


async def close(tx: Tx, exception: UUID, resolution: str, who: str, now: datetime) -> None:
    """Nobody needs to look at it any more."""
    await tx.run(
        "UPDATE exception SET resolved_at = $2, resolved_by = $3, resolution = $4 WHERE id = $1 AND resolved_at IS NULL",
        exception, now, who, resolution,
    )  # fmt: skip


async def close_of_return(tx: Tx, rma: UUID, resolution: str) -> list[str]:
    """Whatever is open about a return whose parcel is here, or will not come; the kinds."""
    rows = await tx.rows(
        "UPDATE exception SET resolved_at = $2, resolved_by = $3, resolution = $4 WHERE body->>'rma' = $1 AND kind = ANY($5::text[])"
        " AND resolved_at IS NULL RETURNING kind",
        str(rma), tx.now, tx.who, resolution, [*SILENT, COMING_BACK],
    )  # fmt: skip
    return [row["kind"] for row in rows]


async def close_decided(tx: Tx, rma: UUID) -> bool:
    """What was to decide about goods of this return is decided: the case of it is closed, where there is one."""
    return bool(
        await tx.value(
            "UPDATE exception SET resolved_at = $2, resolved_by = $3, resolution = 'put_right' WHERE body->>'return' = $1"
            " AND kind = 'return_to_decide' AND resolved_at IS NULL RETURNING true",
            str(rma), tx.now, tx.who,
        )
    )  # fmt: skip

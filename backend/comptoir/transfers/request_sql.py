"""The writes and locks of requests. A request is locked before the transfer that it becomes."""

from collections.abc import Mapping
from uuid import UUID

import msgspec

from comptoir.kit.actor import Actor
from comptoir.kit.bulk import Bulk
from comptoir.kit.db import Tx
from comptoir.kit.errors import NotFound
from comptoir.transfers.requesting import Asked, AskTransfer, Request

LINES = Bulk("transfer_request_line", request="uuid", line="smallint", sku="text", asked="int")


async def insert(tx: Tx, command: AskTransfer, asked: Mapping[str, int]) -> None:
    """A new request with its lines."""
    await tx.run(
        "INSERT INTO transfer_request (id, number, to_location, from_location, note, status, created_at, created_by)"
        " VALUES ($1, 'D-' || nextval('transfer_request_number'), $2, $3, $4, 'asked', $5, $6)",
        command.id, command.to, command.from_, command.note, tx.now, tx.who,
    )  # fmt: skip
    await LINES.insert(tx, [(command.id, line, sku, units) for line, (sku, units) in enumerate(asked.items(), 1)])


async def lock(tx: Tx, request: UUID, actor: Actor) -> Request:
    """Lock a request with its lines. NotFound `request_not_found` when neither of its ends is the actor's."""
    row = await tx.row(
        "SELECT id, number, to_location, from_location, status, note FROM transfer_request WHERE id = $1"
        " AND ($2::text[] IS NULL OR to_location = ANY($2) OR from_location = ANY($2)) FOR NO KEY UPDATE",
        request, None if actor.locations is None else list(actor.locations),
    )  # fmt: skip
    if row is None:
        raise NotFound("request_not_found")
    lines = await tx.rows(
        "SELECT line, sku, asked FROM transfer_request_line WHERE request = $1 ORDER BY line", request
    )
    return msgspec.convert({**dict(row), "lines": tuple(Asked(*line) for line in lines)}, Request)


async def answer(tx: Tx, request: Request, status: str, note: str, transfer: UUID | None, source: str | None) -> None:
    """Keep the answer, by whom and when; the place that sends is named on it from now on."""
    await tx.run(
        "UPDATE transfer_request SET status = $2, answer = $3, transfer = $4, from_location = coalesce($5, from_location), answered_at = $6, answered_by = $7 WHERE id = $1",
        request.id, status, note, transfer, source, tx.now, tx.who,
    )  # fmt: skip
    tx.touched |= {request.to_location} | ({source} if source else set())


async def note_granted(tx: Tx, request: UUID, given: Mapping[str, int]) -> None:
    """How many units of each article are given."""
    await tx.run(
        "UPDATE transfer_request_line l SET granted = g.units FROM unnest($2::text[], $3::int[]) AS g (sku, units) WHERE l.request = $1 AND l.sku = g.sku",
        request, list(given), list(given.values()),
    )  # fmt: skip

"""Writes and reads of return requests, under the order's lock."""

from datetime import date, datetime
from uuid import UUID

import msgspec

from comptoir.kit.db import Tx
from comptoir.returns.model import Notice, Noticed, Withdraw


async def noticed(tx: Tx, order: UUID) -> list[Noticed]:
    """Units of the order that notices name already."""
    rows = await tx.rows("SELECT lines FROM return_request WHERE order_id = $1 ORDER BY noticed_at, id", order)
    return [one for row in rows for one in msgspec.json.decode(row["lines"], type=list[Noticed])]


async def insert(tx: Tx, command: Withdraw, until: date | None, who: str, now: datetime) -> Notice:
    await tx.run(
        "INSERT INTO return_request (id, order_id, kind, lines, noticed_at, legal_until, who, reply_to)"
        " VALUES ($1, $2, 'withdrawal', $3::jsonb, $4, $5, $6, $7)",
        command.id, command.order, msgspec.json.encode(command.lines).decode(), now, until, who, command.reply_to,
    )  # fmt: skip
    return Notice(command.id, now, command.lines, until)

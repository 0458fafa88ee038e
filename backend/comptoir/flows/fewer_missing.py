"""Some of an order's missing units are missing no more: the open choices about them speak of fewer."""

from typing import Final
from uuid import UUID

from comptoir.fulfillment import sql
from comptoir.kit.db import Tx

_CHOICES: Final = (
    "SELECT id, quantity FROM exception WHERE order_id = $1 AND kind = 'short_choice' AND (body->>'line')::int = $2 AND sku = $3"
    " AND resolved_at IS NULL ORDER BY made_at, id"
)


async def fewer_missing(tx: Tx, order: UUID, line: int, sku: str, units: int, resolution: str) -> None:
    """Take so many units of an article off the choices about its line, oldest first; one with none left is closed. The order is locked."""
    for choice in await tx.rows(_CHOICES, order, line, sku) if units > 0 else ():
        taken = min(units, choice["quantity"] or 0)
        units -= taken
        if taken and taken == choice["quantity"]:
            await sql.close_exception(tx, choice["id"], resolution)
        elif taken:
            await tx.run("UPDATE exception SET quantity = quantity - $2 WHERE id = $1", choice["id"], taken)

"""What came of a transfer that somebody must look at: one open case per transfer, article and kind, with its units."""

from datetime import datetime
from typing import Any

from comptoir.fulfillment import sql as work_sql
from comptoir.fulfillment.model import Outcome, PickForTransfer, Receive
from comptoir.kit.actor import Actor
from comptoir.kit.db import Tx
from comptoir.transfers.model import Transfer

_OPEN = (
    "UPDATE exception SET quantity = quantity + $5 WHERE id = (SELECT id FROM exception WHERE location = $1 AND kind = $2"
    " AND sku IS NOT DISTINCT FROM $3 AND body->>'transfer' = $4 AND resolved_at IS NULL ORDER BY made_at LIMIT 1) RETURNING true"
)


async def tell_case(
    tx: Tx, transfer: Transfer, location: str, kind: str, sku: str | None, units: int, body: dict[str, Any]
) -> None:
    """The manager there hears of it; more of the same goes into the case that is open."""
    if await tx.value(_OPEN, location, kind, sku, str(transfer.id), units):
        return
    await work_sql.insert_exception(
        tx, location, kind, "store_manager", order=transfer.order, sku=sku, quantity=units,
        body={"transfer": transfer.id, "number": transfer.number} | body,
    )  # fmt: skip


async def end_case(tx: Tx, transfer: Transfer, kind: str, sku: str, resolution: str) -> None:
    """Nobody needs to look at this article of the transfer any more."""
    await tx.run(
        "UPDATE exception SET resolved_at = $5, resolved_by = $6, resolution = $7 WHERE kind = $1 AND location = $2 AND sku = $3"
        " AND body->>'transfer' = $4 AND resolved_at IS NULL",
        kind, transfer.to_location, sku, str(transfer.id), tx.now, tx.who, resolution,
    )  # fmt: skip
    tx.touched.add(transfer.to_location)


async def tell_misfit(
    tx: Tx, transfer: Transfer, location: str, kind: str, report: PickForTransfer | Receive, actor: Actor, at: datetime,
    sku: str | None = None,
) -> Outcome:  # fmt: skip
    """A report that changes no figure: kept as a case."""
    told = {"who": actor.who, "at": at} | ({} if sku else {"code": report.code[:64]})
    await tell_case(tx, transfer, location, kind, sku, report.quantity, told)
    return Outcome("applied_with_exception", kind, None, {"transfer": transfer.id, "sku": sku})

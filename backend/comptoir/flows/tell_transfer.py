"""What came of a transfer that somebody must look at: one open case per transfer, article and kind, with its units."""

from datetime import datetime
from typing import Any

from comptoir.fulfillment import sql as work_sql
from comptoir.fulfillment.model import Outcome, PickForTransfer, Receive
from comptoir.kit.actor import Actor
from comptoir.kit.db import Tx
from comptoir.transfers.model import Transfer

_OPEN = (
    "UPDATE exception SET quantity = greatest(0, quantity + $5) WHERE id = (SELECT id FROM exception WHERE location = $1 AND kind = $2"
    " AND sku IS NOT DISTINCT FROM $3 AND body->>'transfer' = $4 AND resolved_at IS NULL ORDER BY made_at LIMIT 1) RETURNING quantity"
)


async def tell_case(
    tx: Tx, transfer: Transfer, location: str, kind: str, sku: str | None, units: int, body: dict[str, Any]
) -> None:
    """The manager there hears of it; more of the same goes into the case that is open, and what was taken back again (below zero) out of it."""
    left = await tx.value(_OPEN, location, kind, sku, str(transfer.id), units)
    if left is not None:
        if left <= 0:
            await end_case(tx, transfer, kind, sku, "undone", location)
        return
    if units <= 0:
        return
    await work_sql.insert_exception(
        tx, location, kind, "store_manager", order=transfer.order, sku=sku, quantity=units,
        body={"transfer": transfer.id, "number": transfer.number} | body,
    )  # fmt: skip


async def end_case(
    tx: Tx, transfer: Transfer, kind: str, sku: str | None, resolution: str, location: str | None = None
) -> None:
    """Nobody needs to look at this article of the transfer any more; at its destination, where nothing else is said."""
    place = location or transfer.to_location
    await tx.run(
        "UPDATE exception SET resolved_at = $5, resolved_by = $6, resolution = $7 WHERE kind = $1 AND location = $2 AND sku IS NOT DISTINCT FROM $3"
        " AND body->>'transfer' = $4 AND resolved_at IS NULL",
        kind, place, sku, str(transfer.id), tx.now, tx.who, resolution,
    )  # fmt: skip
    tx.touched.add(place)


async def tell_misfit(
    tx: Tx, transfer: Transfer, location: str, kind: str, report: PickForTransfer | Receive, actor: Actor, at: datetime,
    sku: str | None = None,
) -> Outcome:  # fmt: skip
    """A report that changes no figure: kept as a case."""
    told = {"who": actor.who, "at": at} | ({} if sku else {"code": report.code[:64]})
    # A correction that comes too late is looked at for the units that it named.
    units = abs(report.quantity) if kind == "correction_too_late" else report.quantity
    await tell_case(tx, transfer, location, kind, sku, units, told)
    return Outcome("applied_with_exception", kind, None, {"transfer": transfer.id, "sku": sku})

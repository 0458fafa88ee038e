"""Serial numbers of goods that were taken in with no network are compared once they arrive: nobody at that desk could be told."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from comptoir.kit.db import Tx
from comptoir.returns.policy import Signals
from comptoir.returns.signals import Brought, Counted, Signal, signals

SILENT: Final = Signals(0, 0, 0, 0)

_BACK: Final = """
SELECT DISTINCT u.serial, r.number FROM unnest($1::text[], $2::text[]) AS b (sku, serial)
JOIN rma_unit u ON u.sku = b.sku AND u.serial = b.serial JOIN rma r ON r.id = u.rma
WHERE b.serial <> '' AND r.id IS DISTINCT FROM $3 AND u.state NOT IN ('given_back', 'missing', 'canceled') ORDER BY 1, 2
"""
_PICKED: Final = """
SELECT (e.body->>'line')::int AS line, e.body->>'code' AS code FROM device_event e
WHERE e.kind = 'pick' AND length(e.body->>'code') > 20 AND NOT e.undone
  AND e.body->>'work' IN (SELECT w.id::text FROM work w WHERE w.order_id = $1)
"""


async def serials_that_differ(
    tx: Tx, order: UUID | None, rma: UUID | None, brought: Sequence[Brought]
) -> tuple[Signal, ...]:
    """Every serial number that came back before, or is not the one that was picked for the order; `rma` is this return."""
    known = [one for one in brought if one.serial.strip()]
    if not known:
        return ()
    back = await tx.rows(_BACK, [one.sku for one in known], [one.serial.strip() for one in known], rma)
    picked = await tx.rows(_PICKED, order) if order is not None else []
    counted = Counted(
        serials=tuple((row["serial"], row["number"]) for row in back),
        picked=tuple((row["line"], row["code"]) for row in picked),
    )
    return signals(counted, known, SILENT)

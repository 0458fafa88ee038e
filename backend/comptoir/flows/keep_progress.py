"""How far the order is, computed from where its units are and stored in the same transaction."""

from uuid import UUID

from comptoir.kit.db import Tx
from comptoir.orders import sql
from comptoir.orders.model import Progress
from comptoir.orders.summary import progress

COUNTS = """
SELECT r.unsourced, r.held, r.canceled, w.*, EXISTS (SELECT FROM order_hold h WHERE h.order_id = $1 AND h.released_at IS NULL) AS is_held,
  EXISTS (SELECT FROM work WHERE order_id = $1 AND started_at IS NOT NULL) AS is_started
FROM (SELECT coalesce(sum(unsourced), 0)::int AS unsourced, coalesce(sum(held), 0)::int AS held, coalesce(sum(canceled), 0)::int AS canceled
      FROM requirement WHERE order_id = $1) r,
     (SELECT coalesce(sum(reserved), 0)::int AS reserved, coalesce(sum(picked), 0)::int AS picked, coalesce(sum(staged), 0)::int AS staged,
        coalesce(sum(in_transit) FILTER (WHERE NOT carried), 0)::int AS in_transit, coalesce(sum(in_transit) FILTER (WHERE carried), 0)::int AS coming, coalesce(sum(handed_over), 0)::int AS handed_over, coalesce(sum(delivered), 0)::int AS delivered
      FROM (SELECT l.*, EXISTS (SELECT FROM work k WHERE k.id = l.work AND k.kind = 'transfer') AS carried FROM work_line l WHERE l.order_id = $1) l) w
"""


async def keep_progress(tx: Tx, order: UUID) -> Progress:
    """Store the order's progress; the order's row is locked by this transaction."""
    row = await tx.row(COUNTS, order)
    assert row is not None
    counts = dict(row)
    held, started = counts.pop("is_held"), counts.pop("is_started")
    found = progress(counts, held=held, started=started)
    await sql.set_progress(tx, order, found.value)
    return found

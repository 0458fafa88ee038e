"""Reserved units become a location's work, with the hour at which it will be ready."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from comptoir.fulfillment import sql
from comptoir.kit.db import Tx
from comptoir.kit.ids import new_id
from comptoir.network.promise import ready_by
from comptoir.sourcing.outlook import Outlook

Given = tuple[int, int, str, str, int]
"""Order line, part, SKU, location, units."""


async def give_work(
    tx: Tx, outlook: Outlook, order: UUID, number: str, location: str, method: str, shares: Sequence[Given], now: datetime
) -> UUID:  # fmt: skip
    """Make one open work of these units, all of one location. Its id."""
    at = outlook.index[location]
    place = outlook.places[at]
    promised = ready_by(
        place.windows, place.lead_minutes, outlook.queue[at], place.capacity_per_hour, now, place.paused_until
    )
    outlook.queue[at] += 1
    work = new_id()
    await sql.WORKS.insert(
        tx, [(work, location, order, number, method, "open", promised, sum(share[4] for share in shares), now)]
    )
    await sql.WORK_LINES.insert(
        tx, [(work, location, i, order, s[0], s[1], s[2], s[4], s[4]) for i, s in enumerate(shares, 1)]
    )
    tx.touched.add(location)
    return work

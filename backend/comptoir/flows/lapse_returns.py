"""Returns that were announced and never came end by themselves, so that their units are free for another day. Run by the worker, bounded."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from comptoir.flows.give_back import cancel_return
from comptoir.kit.actor import SYSTEM
from comptoir.kit.db import Tx, in_transaction
from comptoir.kit.errors import Conflict
from comptoir.kit.ids import new_id
from comptoir.returns.model import CancelReturn

if TYPE_CHECKING:
    from datetime import datetime

    from comptoir.house import House

LASTS: Final = timedelta(days=90)
"""Longer than any parcel is on its way. It ends the announcement and no right: whoever comes later is judged as on that day."""
AT_ONCE: Final = 100
# What its carrier has is a person's to decide about, whatever its age.
_NEVER_CAME: Final = (
    "SELECT r.id FROM rma r WHERE r.status = 'requested' AND r.opened_at < $1 AND r.origin <> 'to_sender' AND NOT EXISTS"
    " (SELECT FROM return_label l WHERE l.rma = r.id AND l.state = 'bought' AND l.sent_at IS NOT NULL) ORDER BY r.opened_at LIMIT $2"
)


async def lapse_returns(house: "House") -> int:
    """How many ended."""
    now = house.clock()
    rows = await house.pool.fetch(_NEVER_CAME, now - LASTS, AT_ONCE)
    for row in rows:
        await in_transaction(house.pool, SYSTEM.who, now, ending(row["id"], now))
    return len(rows)


def ending(rma: Any, now: "datetime") -> Callable[[Tx], Awaitable[None]]:
    """One return, waiting for its transaction; one that came meanwhile goes on."""

    async def end(tx: Tx) -> None:
        try:
            await cancel_return(tx, CancelReturn(id=new_id(), rma=rma), SYSTEM, now)
        except Conflict:
            return

    return end

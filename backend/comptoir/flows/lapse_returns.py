"""What time ends of returns: announcements of goods that never came, and pictures that nobody needs any more. Run by the worker, bounded."""

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
PICTURES_LAST: Final = timedelta(days=90)
"""A picture is kept so long after its return is over, or was never begun: as long as somebody may ask what was seen."""
OPEN_PICTURES_LAST: Final = timedelta(days=365)
"""Of a return that is never settled, so long after it was taken: what nobody decided in a year is not decided by a picture."""
AT_ONCE: Final = 100
# What its carrier has is a person's to decide about, whatever its age.
_NEVER_CAME: Final = (
    "SELECT r.id FROM rma r WHERE r.status = 'requested' AND r.opened_at < $1 AND r.origin <> 'to_sender' AND NOT EXISTS"
    " (SELECT FROM return_label l WHERE l.rma = r.id AND l.state = 'bought' AND l.sent_at IS NOT NULL) ORDER BY r.opened_at LIMIT $2"
)


# Pictures hang on a draft or on a return by one id; an associate may take some and never settle anything.
_OLD_PICTURES: Final = """
DELETE FROM return_photo WHERE id IN (
  SELECT p.id FROM return_photo p LEFT JOIN rma r ON r.id = p.rma
  WHERE p.made_at < $1 AND NOT EXISTS (SELECT FROM return_draft d WHERE d.id = p.rma)
    AND (r.id IS NULL OR p.made_at < $2
      OR (r.status IN ('settled', 'declined', 'canceled') AND coalesce(r.settled_at, r.ended_at, r.opened_at) < $1))
  ORDER BY p.made_at LIMIT $3 FOR UPDATE OF p SKIP LOCKED)
"""


async def clear_pictures(house: "House") -> int:
    """Pictures of what came back go once they prove nothing any more (GDPR, storage limitation); how many went."""
    now = house.clock()
    done = await house.pool.execute(_OLD_PICTURES, now - PICTURES_LAST, now - OPEN_PICTURES_LAST, AT_ONCE)
    return int(done.split()[-1])


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

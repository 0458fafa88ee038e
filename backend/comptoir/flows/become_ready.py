"""Everything that will come of a pickup work is on the shelf: it can be collected, and until when is known."""

from datetime import datetime, timedelta
from typing import Any

from comptoir.fulfillment.keeping import Windows
from comptoir.fulfillment.model import Work
from comptoir.kit.db import Event, Tx
from comptoir.network import queries
from comptoir.network.hours import collect_until, hours_of, open_windows

AHEAD_DAYS = 120
"""How far ahead opening hours are looked at: the longest collection window is 60 open days."""


UNDO_FOR = timedelta(seconds=8)
"""How long a bag just put away can be taken back with one tap; the customer hears of it after that."""


async def become_ready(tx: Tx, work: Work, at: datetime) -> None:
    """Set the end of the collection window by the store's open days, and tell that the work is ready."""
    store, windows = await open_days_of(tx, work.location, at)
    until = collect_until(windows, at, store["hold_days"], store["time_zone"])
    await tx.run("UPDATE work SET collect_until = $2, rescue_until = NULL WHERE id = $1", work.id, until)
    tx.tell(
        Event(
            "fulfillment.staged",
            work.order_id,
            {"part": False, "collect_until": until},
            work.location,
            work.id,
            at + UNDO_FOR,
        )
    )


async def open_days_of(tx: Tx, location: str, from_: datetime) -> tuple[Any, Windows]:
    """A store's `hold_days` and `time_zone`, and its open spans for the next 120 days."""
    store = await queries.find_collecting(tx.connection, location)
    hours, exceptions = hours_of(store["hours"], store["exceptions"])
    return store, open_windows(hours, exceptions, store["time_zone"], from_, AHEAD_DAYS)

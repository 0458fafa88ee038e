"""An event that others may hear of becomes one delivery for each endpoint that wants it, in the transaction that says so."""

from comptoir.kit.db import Tx
from comptoir.kit.outbox import Told
from comptoir.outgoing import sql
from comptoir.outgoing.bodies import KINDS, places_of

TOLD_TO_OTHERS = tuple(KINDS)


async def write_deliveries(tx: Tx, told: Told) -> None:
    """Nothing is called here: `sending` does that."""
    wanted = await sql.wanting(tx, told.kind, sorted(places_of(told)))
    if wanted:
        await sql.insert_deliveries(tx, told, wanted)

"""What no place had is looked for once more, everywhere; while there is still not enough, the order waits as it did."""

from datetime import datetime

from comptoir.flows.release_hold import HoldReleased, ReleaseHoldFlow
from comptoir.kit.actor import Actor
from comptoir.kit.db import Tx
from comptoir.kit.errors import Conflict
from comptoir.orders import sql
from comptoir.orders.model import RetrySourcing


class RetrySourcingFlow:
    """All or nothing: a part of what is missing leaves the order where it is, for a person to decide about."""

    def __init__(self, release: ReleaseHoldFlow) -> None:
        self.release = release

    async def __call__(self, tx: Tx, command: RetrySourcing, actor: Actor, now: datetime) -> HoldReleased:
        """Conflict `nothing_missing`, `held_for_more` (something else holds it), `still_short`. A choice that was open about it is settled."""
        await sql.lock(tx, command.order, actor.locations)
        was_held = await sql.release_hold(tx, command.order, "short", actor.who, "sourced again", now)
        held = await sql.open_holds(tx, command.order)
        if held:
            raise Conflict("held_for_more", held=held)
        missing = [need for need in await sql.requirements(tx, command.order) if need["unsourced"]]
        if not missing and not was_held:
            raise Conflict("nothing_missing")
        await sql.move_units(
            tx, command.order, [(n["line"], n["part"], -n["unsourced"], n["unsourced"], 0, 0) for n in missing]
        )
        done = await self.release.go_on(tx, command.order, now, "order.released" if was_held else "order.sourced_again")
        if done.unsourced:
            raise Conflict("still_short", units=done.unsourced)
        await tx.run(SETTLE_CHOICES, command.order, now, actor.who)
        return done


SETTLE_CHOICES = (
    "UPDATE exception SET resolved_at = $2, resolved_by = $3, resolution = 'sourced' WHERE order_id = $1 AND kind = 'short_choice'"
    " AND resolved_at IS NULL"
)

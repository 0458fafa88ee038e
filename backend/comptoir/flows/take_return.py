"""The ten seconds at the counter: opened or found, received, inspected and settled, in one transaction or not at all."""

from datetime import datetime

import msgspec

from comptoir.flows.inspect_return import inspect
from comptoir.flows.open_return import lock_return, open_units
from comptoir.flows.receive_return import receive
from comptoir.flows.settle_return import SettleReturnFlow
from comptoir.kit.actor import Actor
from comptoir.kit.db import Tx
from comptoir.kit.errors import Conflict, Invalid, NotFound
from comptoir.returns.lifecycle import Status, UnitState
from comptoir.returns.model import Apart, Coming, FinishReturn, Looked, OpenReturn, ReturnSettled, TakeReturn
from comptoir.returns.signals import person_mark


class TakeReturnFlow:
    """Needs what settles a return."""

    def __init__(self, settle: SettleReturnFlow) -> None:
        self.settle = settle

    async def take(
        self, tx: Tx, command: TakeReturn, actor: Actor, now: datetime, *, due: datetime | None = None
    ) -> ReturnSettled:
        """Units in hand, named by order line or by article. Refused as a whole by what `open_return` and `settle_return` refuse;
        Invalid `contact_wrong` for a `brought_by` that is neither a phone number nor an e-mail address."""
        actor.needs("associate", "store_manager", "head_office", "integrator", "system")
        if not actor.reaches(command.location):
            raise NotFound("location_not_found")
        if await tx.value("SELECT NOT takes_returns FROM location WHERE id = $1", command.location):
            raise Conflict("no_returns_here")
        tx.touched.add(command.location)
        opened = OpenReturn(
            id=command.id, order=command.order, origin=command.origin, wish=command.settling.wish, location=command.location, gift=command.gift,
            notice=command.notice, permission=command.permission,
            units=tuple(Coming(t.reason, t.quantity, t.line, t.part, t.sku, t.note, t.photo) for t in command.units),
        )  # fmt: skip
        mark = person_mark(self.settle.seal, command.brought_by) if command.order is None else None
        if command.brought_by and command.order is None and mark is None:
            raise Invalid("contact_wrong")
        found, units = await open_units(tx, opened, actor, now, person=mark)
        found = await receive(tx, found, command.location, (), now)
        named = [(n, command.units[unit.asked]) for n, unit in enumerate(units, 1)]
        looks = [
            Looked(n, taken.condition, taken.disposition, None, taken.lacks, taken.serial, absent=taken.absent)
            for n, taken in named
        ]
        found = await inspect(tx, found, command.location, looks, now)
        apart = tuple(Apart(n, taken.wish) for n, taken in named if taken.wish is not None)
        settling = msgspec.structs.replace(command.settling, apart=(*command.settling.apart, *apart))
        return await self.settle.settle(tx, found, settling, command.permission, actor, now, due=due)

    async def finish(self, tx: Tx, command: FinishReturn, actor: Actor, now: datetime) -> ReturnSettled:
        """A return that was announced from home: every unit of it is looked at or missing."""
        actor.needs("associate", "store_manager", "head_office", "integrator", "system")
        found = await lock_return(tx, command.rma, actor, command.location)
        missing = tuple(n for n in command.missing if found.unit(n).state != UnitState.MISSING)
        # What somebody looked at before is here: it may be looked at again.
        if found.status != Status.INSPECTED or missing:
            found = await receive(tx, found, command.location, missing, now)
        if command.units:
            found = await inspect(tx, found, command.location, command.units, now)
        return await self.settle.settle(tx, found, command.settling, command.permission, actor, now)

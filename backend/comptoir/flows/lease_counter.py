"""One device of a store may hand over with no network: it is given the counter, keeps it at every contact, or takes it."""

from collections.abc import Sequence
from datetime import datetime

from comptoir.fulfillment import offline_counter_sql as sql
from comptoir.fulfillment.offline_counter import Lease, Letters, TakeCounter
from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.kit.errors import NotFound, Unknown


async def lease_counter(tx: Tx, location: str, actor: Actor, now: datetime) -> Lease:
    """The counter for another hour, where it is free, expired or this device's own; else who holds it and until when."""
    if actor.device is None or not actor.reaches(location):
        raise NotFound("location_not_found")
    return await sql.give(tx, location, actor.device, now)


async def take_counter(tx: Tx, command: TakeCounter, actor: Actor, now: datetime) -> Lease:
    """Take the counter onto this device, whoever held it; that one hears of it at its next contact.

    Until then it may still hand over: a second hand-over of the same goods is the store manager's exception.
    Raises NotFound `location_not_found`, Unknown `device_needed` outside a store's device.
    """
    actor.needs("associate", "store_manager")
    if not actor.reaches(command.location):
        raise NotFound("location_not_found")
    if actor.device is None:
        raise Unknown("device_needed")
    before = await sql.holder(tx, command.location, actor.device, now)
    lease = await sql.give(tx, command.location, actor.device, now, take_over=True)
    if before is not None and not before.mine:
        tx.tell(
            Event(
                "fulfillment.counter_taken",
                command.id,
                {"from": before.holder, "to": lease.holder, "who": actor.who},
                command.location,
            )
        )
    tx.touched.add(command.location)
    return lease


async def keep_letters(tx: Tx, location: str, made: Sequence[tuple[Letters, bytes]], actor: Actor) -> None:
    """What letters are checked against, worked out once; NotFound `location_not_found` for another store's."""
    if not actor.reaches(location):
        raise NotFound("location_not_found")
    await sql.keep_letters(tx, location, made)

"""A store's hours, pace, pauses and the picture of its desk change; open pages hear of it, and so does the sourcing of the next orders."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from comptoir.flows import auditing
from comptoir.kit.actor import Actor
from comptoir.kit.db import Tx
from comptoir.kit.errors import Conflict
from comptoir.kit.runner import Flow
from comptoir.network import changing, places_sql, sql
from comptoir.network.changing import (
    DropDeskPicture,
    DropException,
    PauseStore,
    PromisedPaceSet,
    ResumeStore,
    SaveHours,
    SaveStore,
    SetDeskPicture,
    SetException,
    SetPromisedPace,
    StoreChanged,
)


async def save_store(tx: Tx, command: SaveStore, actor: Actor, now: datetime) -> StoreChanged:
    """What the store offers and how fast it is. Conflict `store_closed` for services of one that is."""
    before = await _lock(tx, command.location, actor, command.version)
    if command.services and await places_sql.is_closed(tx, command.location):
        raise Conflict("store_closed")
    version = await sql.put_figures(tx, command)
    return await _changed(tx, command.location, actor, before, "store.saved", version)


async def save_hours(tx: Tx, command: SaveHours, actor: Actor, now: datetime) -> StoreChanged:
    """The store's week."""
    changing.check_hours(command.hours)
    before = await _lock(tx, command.location, actor, command.version)
    version = await sql.put_hours(tx, command)
    return await _changed(tx, command.location, actor, before, "store.hours_saved", version)


async def set_exception(tx: Tx, command: SetException, actor: Actor, now: datetime) -> StoreChanged:
    """One day with hours of its own."""
    changing.check_exception(command.day, command.opens, command.closes)
    before = await _lock(tx, command.location, actor)
    version = await sql.put_exception(tx, command)
    return await _changed(tx, command.location, actor, before, "store.exception_set", version, command.reason)


async def drop_exception(tx: Tx, command: DropException, actor: Actor, now: datetime) -> StoreChanged:
    """One day like every other again."""
    before = await _lock(tx, command.location, actor)
    version = await sql.drop_exception(tx, command.location, command.day)
    return await _changed(tx, command.location, actor, before, "store.exception_dropped", version)


async def set_promised_pace(tx: Tx, command: SetPromisedPace, actor: Actor, now: datetime) -> PromisedPaceSet:
    """What the promises of places reckon with; of what changes, each place has its own line in the audit. NotFound `location_not_found`."""
    actor.needs("store_manager", "regional_manager", "head_office")
    wanted = dict.fromkeys(command.capacity, False) | dict.fromkeys(command.learned, True)
    changed: dict[bool, list[str]] = {True: [], False: []}
    # In one order, so that two who choose at once wait for each other.
    for location in sorted(wanted):
        await sql.lock_location(tx, location, actor.locations)
        before = await auditing.standing(tx, "store", location)
        if await sql.set_promised_pace(tx, location, learned=wanted[location]):
            await auditing.keep(tx, actor, "store.promised_pace", "store", location, before, location)
            tx.touched.add(location)
            changed[wanted[location]].append(location)
    return PromisedPaceSet(tuple(changed[True]), tuple(changed[False]))


async def pause_store(tx: Tx, command: PauseStore, actor: Actor, now: datetime) -> StoreChanged:
    """No new work until then; what is there already goes on."""
    changing.check_pause(command.until, now)
    before = await _lock(tx, command.location, actor)
    version = await sql.set_pause(tx, command.location, command.until, command.reason)
    return await _changed(tx, command.location, actor, before, "store.paused", version, command.reason)


async def resume_store(tx: Tx, command: ResumeStore, actor: Actor, now: datetime) -> StoreChanged:
    """New work may come in again."""
    before = await _lock(tx, command.location, actor)
    version = await sql.set_pause(tx, command.location, None, None)
    return await _changed(tx, command.location, actor, before, "store.resumed", version)


async def set_desk_picture(tx: Tx, command: SetDeskPicture, actor: Actor, now: datetime) -> StoreChanged:
    """Customers see where the pickup desk is. Invalid `picture_missing` when there is none to say something of."""
    before = await _lock(tx, command.location, actor, command.version)
    version = await sql.put_desk_picture(tx, command)
    return await _changed(tx, command.location, actor, before, "store.desk_picture_set", version)


async def drop_desk_picture(tx: Tx, command: DropDeskPicture, actor: Actor, now: datetime) -> StoreChanged:
    """Customers see no picture of the desk any more."""
    before = await _lock(tx, command.location, actor, command.version)
    version = await sql.drop_desk_picture(tx, command.location)
    return await _changed(tx, command.location, actor, before, "store.desk_picture_dropped", version)


Standing = dict[str, Any] | None


async def _lock(tx: Tx, location: str, actor: Actor, version: int | None = None) -> Standing:
    """Lock the store; how it stands, for the audit."""
    actor.needs("store_manager", "regional_manager", "head_office")
    await sql.lock_location(tx, location, actor.locations, version)
    return await auditing.standing(tx, "store", location)


async def _changed(
    tx: Tx, location: str, actor: Actor, before: Standing, action: str, version: int, reason: str = ""
) -> StoreChanged:
    await auditing.keep(tx, actor, action, "store", location, before, location, reason)
    await sql.wake_pages(tx, location)
    return StoreChanged(location, version)


FLOWS: Mapping[type, Flow] = {
    SaveStore: save_store, SaveHours: save_hours, SetException: set_exception, DropException: drop_exception,
    SetPromisedPace: set_promised_pace, PauseStore: pause_store, ResumeStore: resume_store, SetDeskPicture: set_desk_picture,
    DropDeskPicture: drop_desk_picture,
}  # fmt: skip

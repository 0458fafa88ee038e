"""Stores and warehouses come, move and close; regions and companies are named. Head office alone; each change is kept in the audit."""

from collections.abc import Mapping
from datetime import datetime

from comptoir.flows import auditing
from comptoir.kit.actor import Actor
from comptoir.kit.db import Tx
from comptoir.kit.errors import Conflict
from comptoir.kit.runner import Flow
from comptoir.network import places, places_sql, sql
from comptoir.network.places import (
    CloseStore,
    CreateStore,
    DescribeStore,
    PlaceChanged,
    ReopenStore,
    SaveEntity,
    SaveRegion,
)
from comptoir.stock import safety_sql


async def create_store(tx: Tx, command: CreateStore, actor: Actor, now: datetime) -> PlaceChanged:
    """A place that offers nothing yet. Conflict `place_there`; Invalid `place_id_reserved`, `unknown_time_zone`, `region_unknown`, `entity_unknown`."""
    actor.needs("head_office")
    places.check_id(command.location)
    places.check_zone(command.about.time_zone)
    version = await places_sql.insert_store(tx, command)
    await auditing.keep(tx, actor, "store.created", "store", command.location, None, command.location)
    return PlaceChanged(command.location, version)


async def describe_store(tx: Tx, command: DescribeStore, actor: Actor, now: datetime) -> PlaceChanged:
    """Another name, address, region or company. Conflict `changed_meanwhile`."""
    actor.needs("head_office")
    places.check_zone(command.about.time_zone)
    await sql.lock_location(tx, command.location, actor.locations, command.version)
    before = await auditing.standing(tx, "store", command.location)
    version = await places_sql.describe_store(tx, command)
    if before is not None and (before["region"], before["kind"]) != (command.about.region, command.about.kind):
        await safety_sql.walk_again(tx)
    await auditing.keep(tx, actor, "store.described", "store", command.location, before, command.location)
    await sql.wake_pages(tx, command.location)
    return PlaceChanged(command.location, version)


async def close_store(tx: Tx, command: CloseStore, actor: Actor, now: datetime) -> PlaceChanged:
    """Conflict `store_not_done` while works, bags or goods on the way are left there."""
    actor.needs("head_office")
    await sql.lock_location(tx, command.location, actor.locations, command.version)
    left = await places_sql.still_to_do(tx, command.location)
    if left:
        raise Conflict("store_not_done", left=left)
    before = await auditing.standing(tx, "store", command.location)
    version = await places_sql.set_closed(tx, command.location, now)
    await auditing.keep(tx, actor, "store.closed", "store", command.location, before, command.location, command.reason)
    await sql.wake_pages(tx, command.location)
    return PlaceChanged(command.location, version)


async def reopen_store(tx: Tx, command: ReopenStore, actor: Actor, now: datetime) -> PlaceChanged:
    """It is there again, and offers nothing until its services are chosen."""
    actor.needs("head_office")
    await sql.lock_location(tx, command.location, actor.locations, command.version)
    before = await auditing.standing(tx, "store", command.location)
    version = await places_sql.set_closed(tx, command.location, None)
    await auditing.keep(tx, actor, "store.reopened", "store", command.location, before, command.location)
    await sql.wake_pages(tx, command.location)
    return PlaceChanged(command.location, version)


async def save_region(tx: Tx, command: SaveRegion, actor: Actor, now: datetime) -> PlaceChanged:
    """New or renamed."""
    actor.needs("head_office")
    places.check_id(command.region)
    before = await auditing.standing(tx, "region", command.region)
    version = await places_sql.put_region(tx, command)
    await auditing.keep(tx, actor, "region.saved", "region", command.region, before)
    return PlaceChanged(command.region, version)


async def save_entity(tx: Tx, command: SaveEntity, actor: Actor, now: datetime) -> PlaceChanged:
    """New or different; documents that are made stay as they are. Invalid `siren_wrong`; Conflict `prefix_taken`, `prefix_used`."""
    actor.needs("head_office")
    places.check_id(command.entity)
    places.check_siren(command.siren, command.country)
    places.check_zone(command.time_zone)
    before = await auditing.standing(tx, "entity", command.entity)
    version = await places_sql.put_entity(tx, command)
    await auditing.keep(tx, actor, "entity.saved", "entity", command.entity, before)
    return PlaceChanged(command.entity, version)


FLOWS: Mapping[type, Flow] = {
    CreateStore: create_store, DescribeStore: describe_store, CloseStore: close_store, ReopenStore: reopen_store,
    SaveRegion: save_region, SaveEntity: save_entity,
}  # fmt: skip

"""When a carrier comes to a store: a manager says, and the departure page and sourcing go by it."""

from collections.abc import Mapping
from datetime import datetime

from comptoir.flows import auditing
from comptoir.kit.actor import Actor
from comptoir.kit.db import Tx
from comptoir.kit.errors import NotFound
from comptoir.kit.runner import Flow
from comptoir.shipping import manifest_sql as sql
from comptoir.shipping.collections import CollectionsSaved, SaveCollections, SetCollectionDay, check_day


async def save_collections(tx: Tx, command: SaveCollections, actor: Actor, now: datetime) -> CollectionsSaved:
    """The whole week of one carrier."""
    await _may(tx, command.location, actor)
    key = f"{command.location}/{command.carrier}"
    before = await auditing.standing(tx, "collections", key)
    await sql.put_week(tx, command)
    await auditing.keep(tx, actor, "collections.saved", "collections", key, before, command.location)
    return CollectionsSaved(command.location, command.carrier)


async def set_collection_day(tx: Tx, command: SetCollectionDay, actor: Actor, now: datetime) -> CollectionsSaved:
    """One day that differs, or that is like the others again."""
    await _may(tx, command.location, actor)
    check_day(command.day)
    key = f"{command.location}/{command.carrier}"
    before = await auditing.standing(tx, "collections", key)
    await sql.put_day(tx, command)
    await auditing.keep(tx, actor, "collections.day", "collections", key, before, command.location, command.reason)
    return CollectionsSaved(command.location, command.carrier)


async def _may(tx: Tx, location: str, actor: Actor) -> None:
    actor.needs("store_manager", "regional_manager", "head_office")
    if not actor.reaches(location) or not await tx.value("SELECT true FROM location WHERE id = $1", location):
        raise NotFound("location_not_found")
    tx.touched.add(location)


FLOWS: Mapping[type, Flow] = {SaveCollections: save_collections, SetCollectionDay: set_collection_day}

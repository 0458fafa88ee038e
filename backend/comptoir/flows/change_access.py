"""Devices and keys: what is not a person and still may come in. Each change is kept in the audit."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from comptoir.flows import auditing
from comptoir.kit.actor import Actor
from comptoir.kit.db import Tx
from comptoir.kit.errors import NotFound
from comptoir.kit.runner import Flow
from comptoir.staff import rules, sql
from comptoir.staff.changing import Changed, MakeKey, RevokeDevice, RevokeKey, ShowCode


async def show_code(tx: Tx, command: ShowCode, actor: Actor, now: datetime) -> Changed:
    """A manager shows a code; the first browser that types it within fifteen minutes becomes a device of the store."""
    actor.needs("store_manager", "regional_manager", "head_office")
    if not actor.reaches(command.location):
        raise NotFound("location_not_found")
    await sql.insert_enrollment(tx, command, UUID(actor.who), now + rules.CODE_ENDS)
    await auditing.note(tx, actor, "device.code_shown", command.location, command.location)
    return Changed(command.id)


async def revoke_device(tx: Tx, command: RevokeDevice, actor: Actor, now: datetime) -> Changed:
    """A lost or retired device opens nothing."""
    actor.needs("store_manager", "regional_manager", "head_office")
    before = await auditing.standing(tx, "device", command.device)
    location = await sql.revoke_device(tx, command.device, actor.locations)
    await auditing.keep(tx, actor, "device.revoked", "device", command.device, before, location)
    return Changed(command.device)


async def make_key(tx: Tx, command: MakeKey, actor: Actor, now: datetime) -> Changed:
    """Head office lets another system in; the key itself was shown once and is kept nowhere."""
    actor.needs("head_office")
    await sql.insert_key(tx, command, UUID(actor.who))
    await auditing.keep(tx, actor, "key.made", "key", command.id, None)
    return Changed(command.id)


async def revoke_key(tx: Tx, command: RevokeKey, actor: Actor, now: datetime) -> Changed:
    """Another system is out, within two seconds."""
    actor.needs("head_office")
    before = await auditing.standing(tx, "key", command.key)
    await sql.revoke_key(tx, command.key)
    await auditing.keep(tx, actor, "key.revoked", "key", command.key, before)
    return Changed(command.key)


FLOWS: Mapping[type, Flow] = {
    ShowCode: show_code, RevokeDevice: revoke_device, MakeKey: make_key, RevokeKey: revoke_key,
}  # fmt: skip

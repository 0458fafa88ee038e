"""People come, change and go; their PINs, badges and passwords are made anew. Each change is kept in the audit."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from comptoir.flows import auditing
from comptoir.kit import throttle
from comptoir.kit.actor import Actor
from comptoir.kit.db import Tx
from comptoir.kit.runner import Flow
from comptoir.staff import rules, sql
from comptoir.staff.changing import (
    Changed,
    DisablePerson,
    EnablePerson,
    LiftWait,
    SavePerson,
    SetBadge,
    SetPassword,
    SetPin,
)
from comptoir.staff.model import StandingPerson


async def save_person(tx: Tx, command: SavePerson, actor: Actor, now: datetime) -> Changed:
    """Make or change somebody; a manager does so below their own rank and within their own places."""
    rules.check_person(command.role, command.email, command.region, command.locations)
    before = await auditing.standing(tx, "person", command.staff)
    if command.version:
        standing = await sql.lock_person(tx, command.staff, actor.locations)
        rules.may_change(actor, standing.role, standing.locations)
    rules.may_change(actor, command.role, command.locations)
    version = await sql.put_person(tx, command)
    await auditing.keep(tx, actor, "person.saved", "person", command.staff, before, _place(command.locations))
    return Changed(command.staff, version)


async def set_pin(tx: Tx, command: SetPin, actor: Actor, now: datetime) -> Changed:
    """A new PIN; whoever waits for the old one need not wait any more."""
    before = await auditing.standing(tx, "person", command.staff)
    standing = await _changeable(tx, command.staff, actor)
    version = await sql.set_secret(tx, command.staff, "pin_hash", command.pin_hash)
    await _forget_tries(tx, command.staff)
    await auditing.keep(tx, actor, "person.pin_set", "person", command.staff, before, _place(standing.locations))
    return Changed(command.staff, version)


async def set_badge(tx: Tx, command: SetBadge, actor: Actor, now: datetime) -> Changed:
    """A new badge; the old one opens nothing any more."""
    before = await auditing.standing(tx, "person", command.staff)
    standing = await _changeable(tx, command.staff, actor)
    version = await sql.set_secret(tx, command.staff, "badge_hash", command.badge_hash)
    await auditing.keep(tx, actor, "person.badge_set", "person", command.staff, before, _place(standing.locations))
    return Changed(command.staff, version)


async def set_password(tx: Tx, command: SetPassword, actor: Actor, now: datetime) -> Changed:
    """A new password; its holder signs in again everywhere."""
    before = await auditing.standing(tx, "person", command.staff)
    standing = await _changeable(tx, command.staff, actor)
    version = await sql.set_secret(tx, command.staff, "password_hash", command.password_hash)
    await sql.end_sign_ins_of(tx, command.staff)
    await auditing.keep(tx, actor, "person.password_set", "person", command.staff, before, _place(standing.locations))
    return Changed(command.staff, version)


async def lift_wait(tx: Tx, command: LiftWait, actor: Actor, now: datetime) -> Changed:
    """A manager vouches for somebody who mistyped: they may try again now."""
    before = await auditing.standing(tx, "person", command.staff)
    standing = await _changeable(tx, command.staff, actor)
    await _forget_tries(tx, command.staff)
    await auditing.keep(tx, actor, "person.wait_lifted", "person", command.staff, before, _place(standing.locations))
    return Changed(command.staff, standing.version)


async def disable_person(tx: Tx, command: DisablePerson, actor: Actor, now: datetime) -> Changed:
    """Nothing opens for them any more, and they are out wherever they were signed in."""
    before = await auditing.standing(tx, "person", command.staff)
    standing = await _changeable(tx, command.staff, actor)
    version = await sql.set_disabled(tx, command.staff, True)
    await sql.end_sign_ins_of(tx, command.staff)
    await auditing.keep(
        tx, actor, "person.disabled", "person", command.staff, before, _place(standing.locations), command.reason
    )
    return Changed(command.staff, version)


async def enable_person(tx: Tx, command: EnablePerson, actor: Actor, now: datetime) -> Changed:
    """They are back, with the PIN and badge they had."""
    before = await auditing.standing(tx, "person", command.staff)
    standing = await _changeable(tx, command.staff, actor)
    version = await sql.set_disabled(tx, command.staff, False)
    await auditing.keep(tx, actor, "person.enabled", "person", command.staff, before, _place(standing.locations))
    return Changed(command.staff, version)


async def _changeable(tx: Tx, staff: UUID, actor: Actor) -> StandingPerson:
    standing = await sql.lock_person(tx, staff, actor.locations)
    rules.may_change(actor, standing.role, standing.locations)
    return standing


async def _forget_tries(tx: Tx, staff: UUID) -> None:
    for beginning in (f"pin:{staff}:", f"pin-all:{staff}:"):
        await throttle.forget_like(tx.connection, beginning)


def _place(locations: tuple[str, ...]) -> str | None:
    return locations[0] if len(locations) == 1 else None


FLOWS: Mapping[type, Flow] = {
    SavePerson: save_person,
    SetPin: set_pin,
    SetBadge: set_badge,
    SetPassword: set_password,
    LiftWait: lift_wait,
    DisablePerson: disable_person,
    EnablePerson: enable_person,
}

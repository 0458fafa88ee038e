"""Managers change rules of their scope, say that they are at an alert, or put it off for a while."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from comptoir.alerting import sql
from comptoir.alerting.keeping import HOUSE
from comptoir.alerting.model import (
    KINDS,
    AcknowledgeAlert,
    AlertChanged,
    AlertRule,
    RuleSaved,
    SaveRule,
    SnoozeAlert,
)
from comptoir.alerting.rules import BUILT_IN, IDS
from comptoir.flows import auditing
from comptoir.kit.actor import Actor
from comptoir.kit.db import Tx
from comptoir.kit.errors import Conflict, Invalid, NotFound
from comptoir.kit.runner import Flow

KINDS_OF: Final = {rule.id: rule.kind for rule in BUILT_IN}
"""What the rules that come along are about; only head office changes them."""


async def save_rule(tx: Tx, command: SaveRule, actor: Actor, now: datetime) -> RuleSaved:
    """NotFound `alert_rule_not_found`, `location_not_found`; Conflict `changed_meanwhile`; Invalid `alert_rule_wrong` with its field."""
    actor.needs("regional_manager", "head_office")
    kind = KINDS[command.kind]
    if command.threshold > kind.most:
        raise Invalid("alert_rule_wrong", field="threshold")
    if (command.quiet_from is None) != (command.quiet_until is None):
        raise Invalid("alert_rule_wrong", field="quiet_from")
    if (command.escalate_after is None) != (command.escalate_to is None):
        raise Invalid("alert_rule_wrong", field="escalate_after")
    if kind.of == "house" and (command.region or command.location):
        raise Invalid("alert_rule_wrong", field="scope")
    # What is no store's is seen by head office alone.
    if kind.of == "house" and command.tells not in ("head_office", "nobody"):
        raise Invalid("alert_rule_wrong", field="tells")
    if kind.of == "house" and command.escalate_to not in ("head_office", None):
        raise Invalid("alert_rule_wrong", field="escalate_after")
    before = await sql.lock_rule(tx, command.rule)
    if command.rule in IDS and (actor.locations is not None or command.kind != KINDS_OF[command.rule]):
        raise NotFound("alert_rule_not_found")
    if before is not None:
        await _mine(tx, before, actor)
        if before.version != command.version or before.kind != command.kind:
            raise Conflict("changed_meanwhile")
    elif command.version:
        raise NotFound("alert_rule_not_found")
    if command.location is not None and not await sql.location_exists(tx, command.location):
        raise NotFound("location_not_found")
    if command.region is not None and not await sql.region_exists(tx, command.region):
        raise NotFound("location_not_found")
    if command.person is not None and not await sql.manages(tx, command.person):
        raise Invalid("alert_rule_wrong", field="person")
    await _mine(tx, command, actor)
    stood = await auditing.standing(tx, "alert_rule", command.rule)
    await sql.save_rule(tx, command, actor.who)
    await auditing.keep(tx, actor, "alert_rule.saved", "alert_rule", command.rule, stood, command.location)
    return RuleSaved(command.rule, command.version + 1)


async def _mine(tx: Tx, rule: SaveRule | AlertRule, actor: Actor) -> None:
    """A region's manager sees to rules of that region and its stores. NotFound otherwise."""
    if actor.locations is None:
        return
    if rule.location is not None and actor.reaches(rule.location):
        return
    if rule.location is None and rule.region is not None and rule.region == await sql.region_of(tx, UUID(actor.who)):
        return
    raise NotFound("alert_rule_not_found")


async def acknowledge(tx: Tx, command: AcknowledgeAlert, actor: Actor, now: datetime) -> AlertChanged:
    """NotFound `alert_not_found`; Conflict `alert_ended`."""
    standing = await _open(tx, command.alert, actor)
    await sql.acknowledge(tx, command.alert, actor.who, command.word)
    await sql.add_step(tx, command.alert, "acknowledged", actor.who, standing["value"], command.word)
    return AlertChanged(command.alert)


async def snooze(tx: Tx, command: SnoozeAlert, actor: Actor, now: datetime) -> AlertChanged:
    """NotFound `alert_not_found`; Conflict `alert_ended`."""
    standing = await _open(tx, command.alert, actor)
    await sql.snooze(tx, command.alert, now + timedelta(minutes=command.minutes))
    await sql.add_step(tx, command.alert, "snoozed", actor.who, standing["value"], str(command.minutes))
    return AlertChanged(command.alert)


async def _open(tx: Tx, alert: UUID, actor: Actor) -> Any:
    actor.needs("store_manager", "regional_manager", "head_office")
    standing = await sql.lock(tx, alert)
    if standing is None or not (
        actor.locations is None or (standing["location"] is not None and actor.reaches(standing["location"]))
    ):
        raise NotFound("alert_not_found")
    if standing["ended_at"] is not None:
        raise Conflict("alert_ended")
    tx.touched.add(standing["location"] or HOUSE)
    return standing


FLOWS: Mapping[type, Flow] = {SaveRule: save_rule, AcknowledgeAlert: acknowledge, SnoozeAlert: snooze}

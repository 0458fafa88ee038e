"""Head office writes rules of safety stock, sees what they would change, and lets a version hold. A version never changes.

A version holds from its moment on for levels that are made then; those that there are follow within seconds (`keep_safety.py`). Nothing that
is promised is touched: a larger figure stops new promises only, a smaller one frees units.
"""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from comptoir.flows import auditing
from comptoir.flows.reading_stock_rules import safety_numbered, safety_of
from comptoir.kit import policies
from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.kit.errors import Conflict
from comptoir.kit.policies import Version
from comptoir.kit.runner import Flow
from comptoir.stock import safety_sql
from comptoir.stock.ruling import (
    STREAM,
    ActivateSafety,
    BeginSafetyDraft,
    DropSafetyDraft,
    ForeseeSafety,
    KeepSafetyDraft,
    RebaseSafetyDraft,
    SafetyChanged,
    SafetyDraftKept,
    SafetyEffect,
    SaveSafetyDraft,
    SaveSafetyRules,
    UnplanSafety,
    since_of,
)
from comptoir.stock.safety import KIND, Rules, check

NO_VERSION = 0
"""Lines that are only looked at stand under this number until they are taken back."""


async def begin_safety_draft(tx: Tx, command: BeginSafetyDraft, actor: Actor, now: datetime) -> SafetyDraftKept:
    """Write from a version on. NotFound `policy_not_found`."""
    actor.needs("head_office")
    body = msgspec.json.encode(await safety_numbered(tx.connection, command.base))
    return SafetyDraftKept(await policies.begin_draft(tx, KIND, actor.who, command.base, body))


async def keep_safety_draft(tx: Tx, command: KeepSafetyDraft, actor: Actor, now: datetime) -> SafetyDraftKept:
    """What it says now. Invalid as `safety.check` says; Conflict `draft_changed`."""
    actor.needs("head_office")
    check(command.body, await safety_sql.known_names(tx.connection, command.body.lines))
    body = msgspec.json.encode(command.body)
    return SafetyDraftKept(await policies.keep_draft(tx, KIND, actor.who, body, command.version))


async def rebase_safety_draft(tx: Tx, command: RebaseSafetyDraft, actor: Actor, now: datetime) -> SafetyDraftKept:
    """Its writer has seen the version that came in between."""
    actor.needs("head_office")
    await policies.rebase_draft(tx, KIND, actor.who)
    return SafetyDraftKept(0)


async def drop_safety_draft(tx: Tx, command: DropSafetyDraft, actor: Actor, now: datetime) -> SafetyDraftKept:
    """Nothing is written any more."""
    actor.needs("head_office")
    await policies.drop_draft(tx, KIND, actor.who)
    return SafetyDraftKept(0)


async def foresee_safety(tx: Tx, command: ForeseeSafety, actor: Actor, now: datetime) -> SafetyEffect:
    """What these rules would change at once; whoever asks takes it back (`Runner.rehearse`). Invalid as `safety.check` says."""
    policies.needs_everywhere(actor)
    check(command.body, await safety_sql.known_names(tx.connection, command.body.lines))
    await safety_sql.put_lines(tx, NO_VERSION, command.body)
    return await safety_sql.effect(tx, NO_VERSION)


async def save_safety_draft(tx: Tx, command: SaveSafetyDraft, actor: Actor, now: datetime) -> SafetyChanged:
    """The draft becomes the next version and holds from a moment on. Conflict `draft_changed`, `policy_changed`; Invalid as `safety.check` says."""
    actor.needs("head_office")
    since = since_of(command.since, now)
    draft = await policies.find_draft(tx.connection, KIND, actor.who)
    if draft is None or draft.version != command.version:
        raise Conflict("draft_changed")
    was = await policies.find_active(tx.connection, KIND, now)
    number = await _save(tx, actor, safety_of(draft.body), command.note, draft.after)
    await policies.drop_draft(tx, KIND, actor.who)
    return await _activated(tx, actor, number, since, was)


async def save_safety_rules(tx: Tx, command: SaveSafetyRules, actor: Actor, now: datetime) -> SafetyChanged:
    """A document of another system becomes the next version. Conflict `policy_changed`; Invalid as `safety.check` says."""
    policies.needs_everywhere(actor)
    return SafetyChanged(await _save(tx, actor, command.body, command.note, command.after))


async def _save(tx: Tx, actor: Actor, rules: Rules, note: str, after: int) -> int:
    check(rules, await safety_sql.known_names(tx.connection, rules.lines))
    number = await policies.save(tx, KIND, msgspec.json.encode(rules), note.strip(), actor.who, after)
    await safety_sql.put_lines(tx, number, rules)
    await _told(tx, actor, "safety_saved", number)
    return number


async def activate_safety(tx: Tx, command: ActivateSafety, actor: Actor, now: datetime) -> SafetyChanged:
    """A saved version holds from now or from later on. Conflict `policy_was_active` for one that has held; NotFound `policy_not_found`."""
    policies.needs_everywhere(actor)
    was = await policies.find_active(tx.connection, KIND, now)
    return await _activated(tx, actor, command.number, since_of(command.since, now), was)


async def unplan_safety(tx: Tx, command: UnplanSafety, actor: Actor, now: datetime) -> SafetyChanged:
    """It will not begin. Conflict `policy_was_active` once it has."""
    policies.needs_everywhere(actor)
    await policies.unplan(tx, KIND, command.number)
    await _told(tx, actor, "safety_unplanned", command.number)
    return SafetyChanged(command.number)


async def _activated(tx: Tx, actor: Actor, number: int, since: datetime, was: Version | None) -> SafetyChanged:
    await policies.activate(tx, KIND, number, since)
    await _told(tx, actor, "safety_activated", number, was, since=since.isoformat())
    return SafetyChanged(number, since)


async def _told(tx: Tx, actor: Actor, what: str, number: int, was: Version | None = None, **more: str) -> None:
    tx.tell(Event(f"stock.{what}", STREAM, {"number": number, **more}))
    moved = [
        ("version", None if was is None else was.number, number),
        *((name, None, value) for name, value in more.items()),
    ]
    await auditing.note(tx, actor, f"stock.{what}", str(number), changes=moved)


FLOWS: Mapping[type, Flow] = {
    BeginSafetyDraft: begin_safety_draft, KeepSafetyDraft: keep_safety_draft, RebaseSafetyDraft: rebase_safety_draft, DropSafetyDraft: drop_safety_draft,
    ForeseeSafety: foresee_safety, SaveSafetyDraft: save_safety_draft, SaveSafetyRules: save_safety_rules,
    ActivateSafety: activate_safety, UnplanSafety: unplan_safety,
}  # fmt: skip

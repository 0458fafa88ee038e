"""Head office writes, saves, activates and tries policies of sourcing. A version never changes; what was decided by it stays decided."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from comptoir.flows import auditing
from comptoir.flows.reading_outlook import policy_of, read_body
from comptoir.kit import policies
from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.kit.errors import Conflict
from comptoir.kit.policies import Version
from comptoir.kit.runner import Flow
from comptoir.network.queries import list_kinds_of_names
from comptoir.sourcing import changing
from comptoir.sourcing.changing import (
    STREAM,
    ActivatePolicy,
    BeginDraft,
    DraftKept,
    DropDraft,
    KeepDraft,
    PolicyChanged,
    RebaseDraft,
    SaveDraft,
    SavePolicy,
    TryPolicy,
    UnplanPolicy,
)
from comptoir.sourcing.policy import DEFAULT, KIND, Policy, check


async def save_policy(tx: Tx, command: SavePolicy, actor: Actor, now: datetime) -> PolicyChanged:
    """The next version. Invalid as `policy.check` says; Conflict `policy_changed` when `after` is not the newest."""
    policies.needs_everywhere(actor)
    return await _save(tx, command.body, command.note, command.after, actor)


async def activate_policy(tx: Tx, command: ActivatePolicy, actor: Actor, now: datetime) -> PolicyChanged:
    """It holds from now or from later on. What it names must still be there. Conflict `policy_was_active`."""
    policies.needs_everywhere(actor)
    since = changing.since_of(command.since, now)
    await _still_right(tx, command.number)
    was = await policies.find_active(tx.connection, KIND, now)
    await policies.activate(tx, KIND, command.number, since)
    await _told(tx, actor, "policy_activated", command.number, was, since=since.isoformat())
    return PolicyChanged(command.number, since=since)


async def unplan_policy(tx: Tx, command: UnplanPolicy, actor: Actor, now: datetime) -> PolicyChanged:
    """It will not begin. Conflict `policy_was_active` once it has."""
    policies.needs_everywhere(actor)
    await policies.unplan(tx, KIND, command.number)
    await _told(tx, actor, "policy_unplanned", command.number)
    return PolicyChanged(command.number)


async def try_policy(tx: Tx, command: TryPolicy, actor: Actor, now: datetime) -> PolicyChanged:
    """It decides silently beside the one in force, instead of whatever was tried before."""
    policies.needs_everywhere(actor)
    changing.check_until(command.until, now)
    if command.number is not None:
        await _still_right(tx, command.number)
    await policies.try_silently(tx, KIND, command.number, command.until)
    if command.number is None:
        await _told(tx, actor, "policy_trial_ended", 0)
    else:
        until = command.until.isoformat() if command.until else None
        await _told(tx, actor, "policy_tried", command.number, until=until)
    return PolicyChanged(command.number or 0, since=now, until=command.until)


async def begin_draft(tx: Tx, command: BeginDraft, actor: Actor, now: datetime) -> DraftKept:
    """Write from a version on. NotFound `policy_not_found`; Conflict `policy_unreadable`."""
    actor.needs("head_office")
    body = msgspec.json.encode(DEFAULT)
    if command.base:
        body = msgspec.json.encode(policy_of(await policies.find_version(tx.connection, KIND, command.base)))
    return DraftKept(await policies.begin_draft(tx, KIND, actor.who, command.base, body))


async def keep_draft(tx: Tx, command: KeepDraft, actor: Actor, now: datetime) -> DraftKept:
    """What it says now: nothing is checked before it is saved, so that it may be wrong for a while. Conflict `draft_changed`."""
    actor.needs("head_office")
    body = msgspec.json.encode(command.body)
    return DraftKept(await policies.keep_draft(tx, KIND, actor.who, body, command.version))


async def rebase_draft(tx: Tx, command: RebaseDraft, actor: Actor, now: datetime) -> DraftKept:
    """Its writer has seen the version that came in between."""
    actor.needs("head_office")
    await policies.rebase_draft(tx, KIND, actor.who)
    return DraftKept(0)


async def save_draft(tx: Tx, command: SaveDraft, actor: Actor, now: datetime) -> PolicyChanged:
    """The draft becomes the next version, as it was read. Conflict `draft_changed`, `policy_changed`; Invalid as `policy.check` says."""
    actor.needs("head_office")
    draft = await policies.find_draft(tx.connection, KIND, actor.who)
    if draft is None or draft.version != command.version:
        raise Conflict("draft_changed")
    saved = await _save(tx, read_body(draft.body), command.note, draft.after, actor)
    await policies.drop_draft(tx, KIND, actor.who)
    return saved


async def drop_draft(tx: Tx, command: DropDraft, actor: Actor, now: datetime) -> DraftKept:
    """Nothing is written any more."""
    actor.needs("head_office")
    await policies.drop_draft(tx, KIND, actor.who)
    return DraftKept(0)


async def _save(tx: Tx, body: Policy, note: str, after: int, actor: Actor) -> PolicyChanged:
    check(body, await list_kinds_of_names(tx.connection))
    number = await policies.save(tx, KIND, msgspec.json.encode(body), note.strip(), actor.who, after)
    await _told(tx, actor, "policy_saved", number)
    return PolicyChanged(number)


async def _still_right(tx: Tx, number: int) -> None:
    """A location may have gone since a version was saved."""
    version = await policies.find_version(tx.connection, KIND, number)
    check(policy_of(version), await list_kinds_of_names(tx.connection))


async def _told(tx: Tx, actor: Actor, what: str, number: int, was: Version | None = None, **more: str | None) -> None:
    tx.tell(Event(f"sourcing.{what}", STREAM, {"number": number, **more}))
    moved = [
        ("version", None if was is None else was.number, number),
        *((name, None, value) for name, value in more.items() if value),
    ]
    await auditing.note(tx, actor, f"sourcing.{what}", str(number), changes=moved)


FLOWS: Mapping[type, Flow] = {
    SavePolicy: save_policy, ActivatePolicy: activate_policy, UnplanPolicy: unplan_policy, TryPolicy: try_policy,
    BeginDraft: begin_draft, KeepDraft: keep_draft, RebaseDraft: rebase_draft, SaveDraft: save_draft, DropDraft: drop_draft,
}  # fmt: skip

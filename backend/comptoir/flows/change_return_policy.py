"""Head office writes, saves and activates policies of returns. A version never changes."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from comptoir.flows import auditing
from comptoir.flows.reading_returns import policy_of
from comptoir.kit import policies
from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.kit.errors import Conflict
from comptoir.kit.policies import Version
from comptoir.kit.runner import Flow
from comptoir.returns.changing import (
    STREAM,
    ActivateReturnPolicy,
    BeginReturnDraft,
    DropReturnDraft,
    KeepReturnDraft,
    RebaseReturnDraft,
    ReturnDraftKept,
    ReturnPolicyChanged,
    SaveReturnDraft,
    SaveReturnPolicy,
    UnplanReturnPolicy,
    since_of,
)
from comptoir.returns.policy import DEFAULT, KIND, Policy, check
from comptoir.returns.queries import list_reasons


async def begin_return_draft(tx: Tx, command: BeginReturnDraft, actor: Actor, now: datetime) -> ReturnDraftKept:
    """Write from a version on. NotFound `policy_not_found`."""
    actor.needs("head_office")
    body = msgspec.json.encode(DEFAULT)
    if command.base:
        body = (await policies.find_version(tx.connection, KIND, command.base)).body.encode()
    return ReturnDraftKept(await policies.begin_draft(tx, KIND, actor.who, command.base, body))


async def keep_return_draft(tx: Tx, command: KeepReturnDraft, actor: Actor, now: datetime) -> ReturnDraftKept:
    """What it says now: nothing is checked before it is saved, so that it may be wrong for a while. Conflict `draft_changed`."""
    actor.needs("head_office")
    body = msgspec.json.encode(command.body)
    return ReturnDraftKept(await policies.keep_draft(tx, KIND, actor.who, body, command.version))


async def rebase_return_draft(tx: Tx, command: RebaseReturnDraft, actor: Actor, now: datetime) -> ReturnDraftKept:
    """Its writer has seen the version that came in between."""
    actor.needs("head_office")
    await policies.rebase_draft(tx, KIND, actor.who)
    return ReturnDraftKept(0)


async def save_return_draft(tx: Tx, command: SaveReturnDraft, actor: Actor, now: datetime) -> ReturnPolicyChanged:
    """The draft becomes the next version, as it was read. Conflict `draft_changed`, `policy_changed`; Invalid as `policy.check` says."""
    actor.needs("head_office")
    draft = await policies.find_draft(tx.connection, KIND, actor.who)
    if draft is None or draft.version != command.version:
        raise Conflict("draft_changed")
    body = msgspec.json.decode(draft.body, type=Policy)
    await _still_right(tx, body)
    note = command.note.strip()
    number = await policies.save(tx, KIND, msgspec.json.encode(body), note, actor.who, draft.after)
    await policies.drop_draft(tx, KIND, actor.who)
    await _told(tx, actor, "policy_saved", number)
    return ReturnPolicyChanged(number)


async def save_return_policy(tx: Tx, command: SaveReturnPolicy, actor: Actor, now: datetime) -> ReturnPolicyChanged:
    """The next version, as another system proposes it. Invalid as `policy.check` says; Conflict `policy_changed` when `after` is not the newest."""
    policies.needs_everywhere(actor)
    await _still_right(tx, command.body)
    note = command.note.strip()
    number = await policies.save(tx, KIND, msgspec.json.encode(command.body), note, actor.who, command.after)
    await _told(tx, actor, "policy_saved", number)
    return ReturnPolicyChanged(number)


async def drop_return_draft(tx: Tx, command: DropReturnDraft, actor: Actor, now: datetime) -> ReturnDraftKept:
    """Nothing is written any more."""
    actor.needs("head_office")
    await policies.drop_draft(tx, KIND, actor.who)
    return ReturnDraftKept(0)


async def activate_return_policy(
    tx: Tx, command: ActivateReturnPolicy, actor: Actor, now: datetime
) -> ReturnPolicyChanged:
    """It holds from now or from later on. Conflict `policy_was_active`; Invalid as `policy.check` says."""
    policies.needs_everywhere(actor)
    since = since_of(command.since, now)
    await _still_right(tx, policy_of(await policies.find_version(tx.connection, KIND, command.number)))
    was = await policies.find_active(tx.connection, KIND, now)
    await policies.activate(tx, KIND, command.number, since)
    await _told(tx, actor, "policy_activated", command.number, was, since=since.isoformat())
    return ReturnPolicyChanged(command.number, since)


async def unplan_return_policy(tx: Tx, command: UnplanReturnPolicy, actor: Actor, now: datetime) -> ReturnPolicyChanged:
    """It will not begin. Conflict `policy_was_active` once it has."""
    policies.needs_everywhere(actor)
    await policies.unplan(tx, KIND, command.number)
    await _told(tx, actor, "policy_unplanned", command.number)
    return ReturnPolicyChanged(command.number)


async def _still_right(tx: Tx, policy: Policy) -> None:
    check(policy, [one.code for one in await list_reasons(tx.connection)])


async def _told(tx: Tx, actor: Actor, what: str, number: int, was: Version | None = None, **more: str | None) -> None:
    tx.tell(Event(f"returns.{what}", STREAM, {"number": number, **more}))
    moved = [
        ("version", None if was is None else was.number, number),
        *((name, None, value) for name, value in more.items() if value),
    ]
    await auditing.note(tx, actor, f"returns.{what}", str(number), changes=moved)


FLOWS: Mapping[type, Flow] = {
    BeginReturnDraft: begin_return_draft, KeepReturnDraft: keep_return_draft, RebaseReturnDraft: rebase_return_draft,
    SaveReturnDraft: save_return_draft, SaveReturnPolicy: save_return_policy, DropReturnDraft: drop_return_draft, ActivateReturnPolicy: activate_return_policy,
    UnplanReturnPolicy: unplan_return_policy,
}  # fmt: skip

"""Head office says which counted difference needs whom, and how often an article is due. Each version holds from its moment on; it never changes."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from comptoir.flows import auditing
from comptoir.flows.reading_stock_rules import read_counting
from comptoir.kit import policies
from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.kit.differences import changes
from comptoir.kit.runner import Flow
from comptoir.stock.count_rules import KIND, check
from comptoir.stock.ruling import COUNTING_STREAM, CountRulesChanged, SaveCountRules, UnplanCountRules, since_of


async def save_count_rules(tx: Tx, command: SaveCountRules, actor: Actor, now: datetime) -> CountRulesChanged:
    """The next version, from now or from later on. Conflict `policy_changed`; Invalid `count_rules_order`, `policy_too_far`."""
    actor.needs("head_office")
    check(command.body)
    since = since_of(command.since, now)
    _, before = await read_counting(tx.connection, now)
    body = msgspec.json.encode(command.body)
    number = await policies.save(tx, KIND, body, command.note.strip(), actor.who, command.after)
    await policies.activate(tx, KIND, number, since)
    moved = changes(msgspec.to_builtins(before), msgspec.to_builtins(command.body))
    await _told(tx, actor, "count_rules_saved", number, [*moved, ("since", None, since.isoformat())])
    return CountRulesChanged(number, since)


async def unplan_count_rules(tx: Tx, command: UnplanCountRules, actor: Actor, now: datetime) -> CountRulesChanged:
    """It will not begin. Conflict `policy_was_active` once it has."""
    actor.needs("head_office")
    await policies.unplan(tx, KIND, command.number)
    await _told(tx, actor, "count_rules_unplanned", command.number, [])
    return CountRulesChanged(command.number)


async def _told(tx: Tx, actor: Actor, what: str, number: int, moved: object) -> None:
    tx.tell(Event(f"stock.{what}", COUNTING_STREAM, {"number": number}))
    await auditing.note(tx, actor, f"stock.{what}", str(number), changes=moved)


FLOWS: Mapping[type, Flow] = {SaveCountRules: save_count_rules, UnplanCountRules: unplan_count_rules}

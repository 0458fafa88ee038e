"""Acts on a store as a whole: a pause, its end, another capacity for some hours, more hands. The store's row is locked."""

from datetime import datetime
from typing import Any
from uuid import UUID

from comptoir.flows import auditing
from comptoir.kit.actor import Actor
from comptoir.kit.db import Tx
from comptoir.kit.errors import Conflict
from comptoir.kit.ids import new_id
from comptoir.network import sql as network_sql
from comptoir.tower import acting_sql
from comptoir.tower.acts import Act, Capacity, Pause, Pickers, Resume, Usual
from comptoir.tower.playing import Played
from comptoir.tower.standing import StoreNow


async def pause(tx: Tx, command: Act, what: Pause, actor: Actor, stood: StoreNow, now: datetime) -> Played:
    """No new work until then."""
    return await _set_pause(tx, command, actor, what.until, "store.paused")


async def resume(tx: Tx, command: Act, what: Resume, actor: Actor, stood: StoreNow, now: datetime) -> Played:
    """New work again. Conflict `not_paused`."""
    if stood.place.paused_until is None or stood.place.paused_until <= now:
        raise Conflict("not_paused")
    return await _set_pause(tx, command, actor, None, "store.resumed")


async def _set_pause(tx: Tx, command: Act, actor: Actor, until: datetime | None, action: str) -> Played:
    place = command.location
    stood = await auditing.standing(tx, "store", place)
    before = await tx.row("SELECT paused_until, paused_reason FROM location WHERE id = $1", place)
    assert before is not None
    await network_sql.set_pause(tx, place, until, (command.why or None) if until else None)
    await auditing.keep(tx, actor, action, "store", place, stood, place, command.why)
    return Played(before={"until": before[0], "reason": before[1], "set": until})


async def capacity(tx: Tx, command: Act, what: Capacity, actor: Actor, stood: StoreNow, now: datetime) -> Played:
    """Another capacity until then; its own holds again by itself."""
    await acting_sql.plan(tx, new_id(), command.location, "capacity", now, what.until, float(what.per_hour), command.id)
    return Played()


async def pickers(tx: Tx, command: Act, what: Pickers, actor: Actor, stood: StoreNow, now: datetime) -> Played:
    """More hands for some hours."""
    begins = max(now, what.from_ or now)
    per_hour = float(what.people * what.per_hour)
    await acting_sql.plan(tx, new_id(), command.location, "hands", begins, what.until, per_hour, command.id)
    minutes = int((what.until - begins).total_seconds() // 60)
    return Played(person_minutes=minutes * what.people)


async def usual(tx: Tx, command: Act, what: Usual, actor: Actor, stood: StoreNow, now: datetime) -> Played:
    """The plans of acts end. Conflict `as_usual` where there are none."""
    ended = await acting_sql.end_plans(tx, command.location, now)
    if not ended:
        raise Conflict("as_usual")
    return Played(before={"plans": ended})


async def undo_usual(tx: Tx, before: dict[str, Any]) -> None:
    """The plans that were, but for those whose own act was taken back meanwhile."""
    await acting_sql.plans_again(tx, before["plans"])


async def undo_pause(tx: Tx, action: UUID, place: str, before: dict[str, Any], actor: Actor) -> bool:
    """The pause that was, if nobody changed it since: another act for the same hour counts, it was meant to hold."""
    current = await tx.value("SELECT paused_until FROM location WHERE id = $1", place)
    if current != _moment(before["set"]) or await acting_sql.followed(tx, action):
        return False
    stood = await auditing.standing(tx, "store", place)
    until = _moment(before["until"])
    await network_sql.set_pause(tx, place, until, before["reason"])
    await auditing.keep(tx, actor, "store.paused" if until else "store.resumed", "store", place, stood, place)
    return True


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None

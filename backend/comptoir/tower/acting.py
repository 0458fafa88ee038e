"""A manager acts: it is played, the forecast says what comes of it, and it stands only if that is about what was shown. And it is taken back.

One transaction each. The store's row is locked first: of two managers who act at once the second one meets the new state.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from comptoir.kit.actor import Actor
from comptoir.kit.db import Tx
from comptoir.kit.errors import Conflict, Forbidden, NotFound
from comptoir.kit.runner import Flow
from comptoir.network import sql as network_sql
from comptoir.sourcing.outlook import Outlook
from comptoir.tower import acting_sql, queries
from comptoir.tower.act_on_customers import extend, tell, undo_extend, undo_tell
from comptoir.tower.act_on_parcels import move, undo_move
from comptoir.tower.act_on_store import capacity, pause, pickers, resume, undo_pause, undo_usual, usual
from comptoir.tower.acts import (
    UNDO_FOR,
    Act,
    Capacity,
    Extend,
    Move,
    Pause,
    Pickers,
    Resume,
    Tell,
    UndoAct,
    Usual,
    check,
    kind_of,
    may_take_back,
)
from comptoir.tower.effect import Effect, compare, differs, without
from comptoir.tower.playing import Played
from comptoir.tower.queries import Backlog
from comptoir.tower.standing import Facts, StoreNow, store_now
from comptoir.tower.watching import minute_of, moment, read_facts


class Acted(msgspec.Struct, frozen=True):
    """What was done, what comes of it, and until when it is taken back."""

    action: UUID
    location: str
    kind: str
    effect: Effect
    undo_until: datetime


class Undone(msgspec.Struct, frozen=True):
    """How many parts are as they were before, and (order number, reason) of those that stay."""

    action: UUID
    location: str
    back: int
    stayed: tuple[tuple[str, str], ...] = ()


class ActFlow:
    """Needs the outlook to choose where parcels go."""

    def __init__(self, outlook: Outlook) -> None:
        self.outlook = outlook

    async def __call__(self, tx: Tx, command: Act, actor: Actor, now: datetime) -> Acted:
        """NotFound `location_not_found`; Conflict `effect_changed` when something else would be done than was shown, and those of the act."""
        actor.needs("store_manager", "regional_manager", "head_office", "integrator")
        if isinstance(command.what, Move):
            actor.needs("regional_manager", "head_office", "integrator")
        check(command.what, now)
        place = command.location
        await network_sql.lock_location(tx, place, actor.locations)
        facts = await read_facts(tx.connection, (place,), now)
        stood = (await _read(tx, (place,), facts, now))[0]
        played = await self._play(tx, command, actor, stood, now)
        tx.touched.add(place)
        found = await _effect(tx, place, facts, stood, played, now)
        if command.seen is not None and differs(command.seen, found):
            raise Conflict("effect_changed", works=found.works, late=found.after.late)
        until = now + UNDO_FOR
        await acting_sql.keep(
            tx, command.id, place, kind_of(command.what), actor.who, command.why, now, until,
            _json(command.what), _json(found), _json(played.before), [one.location for one in found.stores], moment(found.by),
        )  # fmt: skip
        await acting_sql.PARTS.insert(
            tx, [(command.id, one.work, one.order, one.made, one.to, _json(one.before)) for one in played.parts]
        )
        return Acted(command.id, place, kind_of(command.what), found, until)

    async def _play(self, tx: Tx, command: Act, actor: Actor, stood: StoreNow, now: datetime) -> Played:
        what = command.what
        if isinstance(what, Move):
            return await move(tx, self.outlook, command, what, actor, now)
        if isinstance(what, Extend):
            return await extend(tx, command, what, actor, stood, now)
        if isinstance(what, Tell):
            return await tell(tx, command, what, actor, stood, now)
        if isinstance(what, Pause):
            return await pause(tx, command, what, actor, stood, now)
        if isinstance(what, Resume):
            return await resume(tx, command, what, actor, stood, now)
        if isinstance(what, Capacity):
            return await capacity(tx, command, what, actor, stood, now)
        if isinstance(what, Usual):
            return await usual(tx, command, what, actor, stood, now)
        assert isinstance(what, Pickers)
        return await pickers(tx, command, what, actor, stood, now)


async def _read(
    tx: Tx, locations: Sequence[str], facts: Facts, now: datetime, less: Mapping[str, list[int]] | None = None
) -> list[StoreNow]:  # fmt: skip
    """These stores as their rows stand in this transaction, in this order; `less`: without parcels that came to them in it."""
    places = {place.id: place for place in await queries.read_places(tx.connection, locations)}
    backlogs = await queries.read_backlogs(tx.connection, locations)
    found = []
    for location in locations:
        backlog = backlogs.get(location, Backlog())
        if less and location in less:
            backlog = without(backlog, less[location])
        found.append(store_now(places[location], backlog, facts, minute_of(now)))
    return found


async def _effect(tx: Tx, place: str, facts: Facts, stood: StoreNow, played: Played, now: datetime) -> Effect:
    """The forecast of every store that the act changes, without and with it."""
    came: dict[str, list[int]] = {}
    for there, minute in played.moved:
        came.setdefault(there, []).append(minute)
    others = tuple(sorted(came, key=lambda one: (-len(came[one]), one)))
    if others:
        facts = await read_facts(tx.connection, (place, *others), now)
    before = [stood, *(await _read(tx, others, facts, now, came) if others else [])]
    after = await _read(tx, (place, *others), facts, now)
    names = {one.place.id: one.place.name for one in after}
    by_phone, by_mail, nobody = await acting_sql.reach_of(tx, played.told) if played.told else (0, 0, 0)
    return msgspec.structs.replace(
        compare(before, after, facts.errors_of_sums, now), works=len(played.parts),
        to=tuple((one, names[one], len(came[one])) for one in others), stays=played.stays,
        cost_minor=played.cost_minor, person_minutes=played.person_minutes, messages=by_phone + by_mail,
        by_phone=by_phone, by_mail=by_mail, unreachable=nobody,
    )  # fmt: skip


async def undo_act(tx: Tx, command: UndoAct, actor: Actor, now: datetime) -> Undone:
    """Everything stands as before, part by part.

    NotFound `action_not_found`; Forbidden `act_beyond_reach`; Conflict `act_already_undone`, `act_undo_over`, `act_followed`.
    """
    actor.needs("store_manager", "regional_manager", "head_office", "integrator")
    place = await acting_sql.place_of(tx, command.action, actor.locations)
    if place is None:
        raise NotFound("action_not_found")
    await network_sql.lock_location(tx, place, actor.locations)
    row = await acting_sql.lock_action(tx, command.action, actor.locations)
    if not may_take_back(row["kind"], row["stores"], actor):
        raise Forbidden("act_beyond_reach")
    if row["undone_at"] is not None:
        raise Conflict("act_already_undone")
    if now >= row["undo_until"]:
        raise Conflict("act_undo_over")
    parts = [
        dict(part) | {"before": msgspec.json.decode(part["before"])}
        for part in await acting_sql.parts(tx, command.action)
    ]
    back, stayed = 0, list[tuple[str, str]]()
    if row["kind"] == "move":
        back, stayed = await undo_move(tx, parts, place, now)
    elif row["kind"] == "extend":
        back, stayed = await undo_extend(tx, parts, str(command.action))
    elif row["kind"] == "tell":
        back = await undo_tell(tx, parts, str(command.action))
    elif row["kind"] in ("pause", "resume"):
        if not await undo_pause(tx, command.action, place, msgspec.json.decode(row["before"]), actor):
            raise Conflict("act_followed")
    elif row["kind"] == "usual":
        await undo_usual(tx, msgspec.json.decode(row["before"]))
    else:
        await acting_sql.drop_plans(tx, command.action)
    tx.touched.add(place)
    await acting_sql.undone(tx, command.action, now, actor.who, _json(stayed))
    return Undone(command.action, place, back, tuple(stayed))


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def flows(outlook: Outlook) -> Mapping[type, Flow]:
    """The flows of acts."""
    return {Act: ActFlow(outlook), UndoAct: undo_act}

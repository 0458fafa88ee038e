"""Parcels that nobody has begun go to other stores, each whole and with its promise; sourcing chooses where. And back, while nobody has begun there."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from comptoir.flows.keep_progress import keep_progress
from comptoir.flows.move_to_store import leave, move_work_to
from comptoir.flows.source_again import lost_of
from comptoir.flows.source_units import look, wish_of
from comptoir.fulfillment import moving
from comptoir.fulfillment import sql as work_sql
from comptoir.fulfillment.lifecycles import Status
from comptoir.fulfillment.model import Moved, Work
from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.kit.errors import Conflict, NotFound
from comptoir.sourcing.deciding import paid
from comptoir.sourcing.model import Need
from comptoir.sourcing.outlook import Outlook
from comptoir.stock import sql as stock_sql
from comptoir.stock.model import Fact, Level, Movement, released
from comptoir.tower import acting_sql
from comptoir.tower.acts import MOST_WORKS, Act, Move
from comptoir.tower.playing import Part, Played

IN_TOUCH: Final = timedelta(minutes=2)
"""A device that is heard of within it has not begun without our knowing."""
SPARE: Final = 2
"""So many times the works that are asked for are looked at, where some cannot go."""


async def move(tx: Tx, outlook: Outlook, command: Act, what: Move, actor: Actor, now: datetime) -> Played:
    """NotFound `location_not_found` for a store of others; Conflict `nowhere_to_move`, `nothing_to_move`."""
    allowed = allowed_stores(outlook, command.location, what.to, actor)
    rows = await acting_sql.parcels(tx, command.location, now - IN_TOUCH, min(SPARE * what.works, MOST_WORKS))
    await acting_sql.lock_orders(tx, [row["order_id"] for row in rows])
    works = {one.id: one for one in await work_sql.lock(tx, [row["id"] for row in rows], (command.location,))}
    still = await acting_sql.untouched(tx, list(works), now - IN_TOUCH)
    began = await acting_sql.began(tx, list(works))
    levels = await stock_sql.lock_everywhere(tx, [line.sku for work in works.values() for line in work.lines])
    barred = frozenset(outlook.ids) - allowed
    parts: list[Part] = []
    moved: list[tuple[str, int]] = []
    stays = {"begun": 0, "no_store": 0}
    cost = 0
    # Each one finds the queues that those before it have made longer; customers who order meanwhile do not.
    tried = outlook.apart()
    for row in rows:
        if len(parts) == what.works:
            break
        work = works[row["id"]]
        if work.id not in still:
            stays["begun"] += 1
            continue
        there, dearer = await _place_for(tx, tried, work, barred, now)
        if there is None:
            stays["no_store"] += 1
            continue
        lines = moving.move(work, there)
        made, _ = await move_work_to(tx, work, there, lines, levels, work.promise_at, now)
        parts.append(Part(work.id, work.order_id, {"status": work.status.value, "began": began[work.id]}, made, there))
        moved.append((there, int(work.promise_at.timestamp() // 60)))
        cost += dearer
        tried.queue[tried.index[there]] += 1
    if not parts:
        raise Conflict("nothing_to_move", **stays)
    told = _why(what.works - len(parts), stays)
    return Played(parts=tuple(parts), moved=tuple(moved), stays=told, cost_minor=cost)


def _why(left: int, stays: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    """Why so many of those that were asked for stay; more were looked at than were asked for."""
    found = []
    for reason, count in (*stays.items(), ("fewer", left)):
        some = min(count, left)
        if some:
            found.append((reason, some))
            left -= some
    return tuple(found)


def allowed_stores(outlook: Outlook, location: str, to: Sequence[str], actor: Actor) -> frozenset[str]:
    """Where work may go: what was named, or all that the actor reaches. NotFound for one of others, Conflict `nowhere_to_move`."""
    if any(there not in outlook.index or not actor.reaches(there) for there in to):
        raise NotFound("location_not_found")
    allowed = frozenset(to or (place for place in outlook.ids if actor.reaches(place))) - {location}
    if not allowed:
        raise Conflict("nowhere_to_move")
    return allowed


async def _place_for(
    tx: Tx, outlook: Outlook, work: Work, barred: frozenset[str], now: datetime
) -> tuple[str | None, int]:  # fmt: skip
    """The one place that sourcing would give all of it to, and what is paid more than from here."""
    needs = [Need(one.line, one.part, one.sku, one.units, None) for one in lost_of(work)]
    tried = {(need.line, need.part): barred for need in needs}
    plan = (await look(tx, outlook, work.order_id, needs, now, "moved", tried)).decision.plan
    places = {share.place for share in plan.shares}
    if plan.missing or len(places) != 1:
        return None, 0
    there = places.pop()
    wish = await wish_of(tx, work.order_id, needs, "moved")
    gives = [(need.line, need.part, need.quantity) for need in needs]
    here = paid(wish, outlook, now, {work.location: gives}) if work.location in outlook.index else 0
    return there, paid(wish, outlook, now, {there: gives}) - here


async def undo_move(tx: Tx, parts: Iterable[Any], place: str, now: datetime) -> tuple[int, list[tuple[str, str]]]:
    """How many are back as they were; (order number, reason) of those that stay: `begun` there, `ended` meanwhile, or `units_gone` here."""
    rows = list(parts)
    await acting_sql.lock_orders(tx, [row["order_id"] for row in rows])
    ids = [work for row in rows for work in (row["work"], row["made"])]
    works = {one.id: one for one in await work_sql.lock(tx, ids, None)}
    free = await acting_sql.untouched(tx, [row["made"] for row in rows], now - IN_TOUCH)
    levels = await stock_sql.lock_everywhere(tx, [line.sku for work in works.values() for line in work.lines])
    back = 0
    stayed: list[tuple[str, str]] = []
    for row in rows:
        old, made = works[row["work"]], works[row["made"]]
        if old.status != Status.CANCELED or old.ended_because != "moved" or made.status == Status.CANCELED:
            stayed.append((old.order_number, "ended"))
        elif made.id not in free:
            stayed.append((old.order_number, "begun"))
        elif not _fits(old, levels):
            stayed.append((old.order_number, "units_gone"))
        else:
            await _back(tx, old, made, row["before"], levels)
            back += 1
    tx.touched.add(place)
    return back, stayed


def _fits(work: Work, levels: dict[tuple[str, str], Level]) -> bool:
    """Are its units still here and promised to nobody else?"""
    wanted: dict[str, int] = {}
    for line in work.lines:
        wanted[line.sku] = wanted.get(line.sku, 0) + line.canceled
    found = {sku: levels.get((sku, work.location)) for sku in wanted}
    return all(level is not None and level.on_hand - level.reserved >= wanted[sku] for sku, level in found.items())


async def _back(tx: Tx, old: Work, made: Work, before: Any, levels: dict[tuple[str, str], Level]) -> None:
    gone = [
        released(line.sku, made.location, line.reserved, order_id=made.order_id, work=made.id) for line in made.lines
    ]
    if made.pack is None:
        await stock_sql.post(tx, gone)
        await acting_sql.drop_made(tx, made)
    else:
        # A device has it: what it may still report of it has to find it.
        await leave(tx, made, [(line, line.reserved) for line in made.lines])
    taken: list[Movement] = []
    again: list[Moved] = []
    for line in old.lines:
        units = line.canceled
        if not units:
            continue
        again.append(Moved(line.line, "canceled", "reserved", units))
        await stock_sql.renew_reservations(tx, old.order_id, line.order_line, line.part, old.location, units)
        taken.append(Movement(line.sku, old.location, Fact.RESERVE, reserved=units, order_id=old.order_id, work=old.id))
    await stock_sql.post(tx, taken)
    for movement in (*gone, *taken):
        level = levels[movement.sku, movement.location]
        reserved = level.reserved + movement.reserved
        levels[movement.sku, movement.location] = msgspec.structs.replace(level, reserved=reserved)
    await work_sql.move_units(tx, old.id, again)
    began = before["began"]
    await acting_sql.work_as_it_was(tx, old.id, before["status"], datetime.fromisoformat(began) if began else None)
    tx.touched.add(made.location)
    units = sum(line.reserved for line in made.lines)
    body = {"work": old.id, "to": old.location, "units": units, "put_back": 0}
    tx.tell(Event("fulfillment.moved", old.order_id, body, made.location, made.id))
    await keep_progress(tx, old.order_id)

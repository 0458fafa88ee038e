"""Head office gives work to another store: promised there, released here; what hands have picked here already goes back."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from comptoir.flows.keep_progress import keep_progress
from comptoir.flows.move_work import moved_on
from comptoir.fulfillment import moving
from comptoir.fulfillment import sql as work_sql
from comptoir.fulfillment.lifecycles import Status
from comptoir.fulfillment.model import Moved, Work, WorkLine
from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.kit.errors import Conflict, NotFound
from comptoir.kit.ids import new_id
from comptoir.kit.words import Slug
from comptoir.network.promise import ready_by
from comptoir.orders import sql
from comptoir.sourcing.outlook import Outlook
from comptoir.stock import promise
from comptoir.stock import sql as stock_sql
from comptoir.stock.model import Fact, Level, Movement, released


class MoveToStore(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """This work is to be done at `location` instead."""

    id: UUID
    order: UUID
    work: UUID
    location: Slug


class MovedToStore(msgspec.Struct, frozen=True):
    """The new work and when it will be ready; units that wait to be put back at the old store."""

    work: UUID
    location: str
    promise_at: datetime
    put_backs: int


class MoveToStoreFlow:
    """Needs the outlook to know when the other store can have it ready."""

    def __init__(self, outlook: Outlook) -> None:
        self.outlook = outlook

    async def __call__(self, tx: Tx, command: MoveToStore, actor: Actor, now: datetime) -> MovedToStore:
        """Conflict `customers_store`, `not_movable`, `store_paused`; Shortage when the other store has too few of an article."""
        actor.needs("regional_manager", "head_office")
        await sql.lock(tx, command.order, actor.locations)
        works = await work_sql.lock_of_order(tx, command.order, actor.locations)
        work = next((one for one in works if one.id == command.work), None)
        at = self.outlook.index.get(command.location)
        if work is None or at is None or not actor.reaches(command.location):
            raise NotFound("work_not_found" if work is None else "location_not_found")
        lines = moving.move(work, command.location)
        place = self.outlook.places[at]
        if not place.ship or place.paused(now):
            raise Conflict("store_paused", location=command.location)
        levels = await stock_sql.lock(
            tx, [(line.sku, where) for line, _ in lines for where in (work.location, command.location)]
        )
        promised = ready_by(
            place.windows,
            place.lead_minutes,
            self.outlook.queue[at],
            place.capacity_per_hour,
            now,
            place.paused_until,
            place.paces,
        )
        made, put_backs = await move_work_to(tx, work, command.location, lines, levels, promised, now)
        return MovedToStore(made, command.location, promised, put_backs)


async def move_work_to(
    tx: Tx, work: Work, there: str, lines: list[tuple[WorkLine, int]], levels: dict[tuple[str, str], Level],
    promised: datetime, now: datetime,
) -> tuple[UUID, int]:  # fmt: skip
    """The lines of a locked work become another place's, promised for `promised`. The work that was made, and units to put back here."""
    made = new_id()
    await promise_there(tx, work, there, lines, levels, made, promised, now)
    put_backs = await leave(tx, work, lines)
    tx.touched.add(there)
    tx.tell(
        Event(
            "fulfillment.moved", work.order_id,
            {"work": made, "to": there, "units": sum(units for _, units in lines), "put_back": put_backs},
            work.location, work.id,
        )
    )  # fmt: skip
    await keep_progress(tx, work.order_id)
    return made, put_backs


async def leave(tx: Tx, work: Work, lines: list[tuple[WorkLine, int]]) -> int:
    """These lines of a locked work are not its place's any more. Units to put back there."""
    put_backs = await _give_up(tx, work, lines)
    await moved_on(tx, work, Status.CANCELED)
    # Work that nobody had begun here has still not been begun anywhere.
    await tx.run(
        "UPDATE work SET ended_because = 'moved', started_at = CASE WHEN $2 THEN NULL ELSE started_at END WHERE id = $1",
        work.id, work.status in (Status.OPEN, Status.ACCEPTED),
    )  # fmt: skip
    return put_backs


async def promise_there(
    tx: Tx, work: Work, there: str, lines: list[tuple[WorkLine, int]], levels: dict[tuple[str, str], Level], made: UUID,
    promised: datetime, now: datetime,
) -> None:  # fmt: skip
    """Reserve every unit at the other store, and give it the work. `levels` are locked, and follow."""
    rows: list[tuple[Any, ...]] = []
    movements, work_lines = [], []
    for number, (line, units) in enumerate(lines, 1):
        level = levels.get((line.sku, there))
        if level is None:
            raise promise.Shortage(sku=line.sku, location=there, wanted=units, available=0)
        taken = promise.reserve(level, units, now)
        levels[line.sku, there] = msgspec.structs.replace(level, reserved=level.reserved + units)
        available = taken.available_when_promised
        rows.append((there, line.sku, work.order_id, line.order_line, line.part, units, available, None, now))
        movements.append(Movement(line.sku, there, Fact.RESERVE, reserved=units, order_id=work.order_id, work=made))
        work_lines.append((made, there, number, work.order_id, line.order_line, line.part, line.sku, units, units))
    units_of_all = sum(units for _, units in lines)
    await stock_sql.insert_reservations(tx, rows)
    await stock_sql.post(tx, movements)
    await work_sql.WORKS.insert(
        tx, [(made, there, work.order_id, work.order_number, work.kind, "open", promised, units_of_all, now)]
    )
    await work_sql.WORK_LINES.insert(tx, work_lines)


async def _give_up(tx: Tx, work: Work, lines: list[tuple[WorkLine, int]]) -> int:
    """Here it is over: untouched units are free again, picked ones wait to be put back. Units to put back."""
    movements: list[Movement] = []
    back = 0
    for line, units in lines:
        moved = []
        for state in ("reserved", "picked"):
            some = getattr(line, state)
            if not some:
                continue
            moved.append(Moved(line.line, state, "canceled", some))
            if state == "reserved":
                movements.append(released(line.sku, work.location, some, order_id=work.order_id, work=work.id))
            else:
                await work_sql.insert_put_back(
                    tx, work.location, line.sku, some, "moved", promised=True, order=work.order_id, work=work.id,
                    line=line.line,
                )  # fmt: skip
                back += some
        await stock_sql.release_reservations(tx, work.order_id, line.order_line, line.part, work.location, units)
        await work_sql.move_units(tx, work.id, moved)
    await stock_sql.post(tx, movements)
    return back

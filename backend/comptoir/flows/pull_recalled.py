"""Hands take a recalled article out of sale, unit by unit, and say when they have looked everywhere. Told by devices, late or not, and by
managers and systems of places that have none."""

from datetime import datetime
from typing import Any
from uuid import UUID

from comptoir.flows.put_back import put_away, undo_put_back
from comptoir.fulfillment import sql as work_sql
from comptoir.fulfillment.model import Outcome, RecallDone, RecallPull
from comptoir.kit import codes
from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.kit.errors import Conflict, NotFound
from comptoir.stock import counting_sql
from comptoir.stock import recalling_sql as sql
from comptoir.stock import sql as stock_sql
from comptoir.stock.events import stream_of
from comptoir.stock.recalling import Place, PlaceLooked, Recall, RecallTold, Source, moved, pull

MISSING = "recall_missing"
_BAGS = (
    "SELECT * FROM put_back WHERE location = $1 AND sku = $2 AND done < quantity AND withdrawn_at IS NULL ORDER BY made_at, id"
    " FOR NO KEY UPDATE"
)


async def pull_reported(tx: Tx, report: RecallPull, actor: Actor, at: datetime) -> Outcome:
    """Count units that were taken out. Of a recall that has ended they are kept apart all the same, and the manager looks: `recall_over`."""
    location = (actor.locations or ("",))[0]
    recall = await sql.hold_open(tx, report.recall)
    place = await sql.lock_place(tx, recall, location, actor)
    lot = codes.parse(report.code).lot if report.code else ""
    done = await _take_out(tx, recall, place, report.quantity, location, lot, actor, at)
    await _keep_missing(tx, recall, location, actor, at)
    tx.touched.add(location)
    effect = {"kind": "recall_pull", "recall": recall.id, "location": location, "lot": lot, "done": done}
    facts = {"recall": str(recall.id), "found": place.found + report.quantity}
    if recall.status != "open":
        await work_sql.insert_exception(
            tx, location, "recall_over", "store_manager", sku=recall.sku, quantity=report.quantity,
            body={"number": recall.number, "who": actor.who, "at": at},
        )  # fmt: skip
        return Outcome("applied_with_exception", "recall_over", None, facts, effect)
    return Outcome("applied", None, None, facts, effect)


async def _take_out(
    tx: Tx, recall: Recall, place: Place, units: int, location: str, lot: str, actor: Actor, at: datetime
) -> list[dict[str, Any]]:
    """From where the books have them; what an undo must know."""
    bags = [row for row in await tx.rows(_BAGS, location, recall.sku) if recall.status == "open"]
    level = (await stock_sql.lock(tx, [(recall.sku, location)])).get((recall.sku, location))
    # A surplus that is still to be carried back lies in no shelf either.
    loose = sum(row["quantity"] - row["done"] for row in bags if not row["promised"])
    shelf = level.on_hand - level.set_aside - loose if level else 0
    there = sum(row["quantity"] - row["done"] for row in bags)
    done: list[dict[str, Any]] = []
    for one in pull(shelf, there, place.apart_left, units):
        if one.source == "bag":
            done += await _out_of_bags(tx, bags, one.units, actor, at)
        else:
            await take(tx, recall, location, one.source, one.units, at, lot)
            done.append({"source": one.source, "units": one.units})
    return done


async def take(tx: Tx, recall: Recall, location: str, source: Source, units: int, at: datetime, lot: str = "") -> None:
    """Units go out of sale, or back (below zero)."""
    line = await sql.note_units(tx, recall.id, location, units, source, at, lot)
    if (movement := moved(recall, location, source, units, line, at)) is not None:
        await stock_sql.post(tx, [movement])


async def _out_of_bags(tx: Tx, bags: list[Any], units: int, actor: Actor, at: datetime) -> list[dict[str, Any]]:
    """Units that were picked for orders that are stopped: carrying them back is done with it."""
    done = []
    for row in bags:
        some = min(units, row["quantity"] - row["done"])
        if some:
            done.append({"source": "bag", "units": some, "put_back": await put_away(tx, row, some, actor, at)})
            units -= some
    return done


async def undo_pull(tx: Tx, effect: dict[str, Any], actor: Actor, at: datetime) -> Outcome:
    """The units are where they were. What somebody has decided about meanwhile stays out, and the place is counted."""
    recall = await sql.hold_open(tx, UUID(str(effect["recall"])))
    location = str(effect["location"])
    place = await sql.lock_place(tx, recall, location, actor)
    units = sum(one["units"] for one in effect["done"])
    tx.touched.add(location)
    if recall.status != "open" or place.found - place.decided < units:
        await counting_sql.ask(tx, location, recall.sku, "recall", actor.who, tx.now)
        return Outcome("applied_with_exception", "recall_decided")
    for one in effect["done"]:
        if one["source"] == "bag":
            await undo_put_back(tx, one["put_back"], actor, at)
        else:
            await take(tx, recall, location, one["source"], -one["units"], at, str(effect.get("lot", "")))
    await _keep_missing(tx, recall, location, actor, at)
    return Outcome("applied", None, None, {"recall": str(recall.id), "found": place.found - units})


async def done_reported(tx: Tx, report: RecallDone, actor: Actor, at: datetime) -> Outcome:
    """Hands have looked everywhere. What the books have and nobody found is counted, and the manager is told: `recall_missing`."""
    location = (actor.locations or ("",))[0]
    recall = await sql.hold_open(tx, report.recall)
    place = await sql.lock_place(tx, recall, location, actor)
    tx.touched.add(location)
    facts = {"recall": str(recall.id), "found": place.found, "missing": place.to_find}
    if recall.status != "open":
        return Outcome("applied", None, None, facts)
    await _end(tx, recall, location, place, actor, at)
    if place.to_find:
        return Outcome("applied_with_exception", MISSING, None, facts)
    return Outcome("applied", None, None, facts)


async def place_looked(tx: Tx, command: PlaceLooked, actor: Actor, now: datetime) -> RecallTold:
    """NotFound `recall_not_found` (also for a place of others), `unknown_location`; Conflict `recall_over`."""
    actor.needs("store_manager", "regional_manager", "head_office", "integrator", "system")
    recall = await sql.hold_open(tx, command.recall)
    if recall.status != "open":
        raise Conflict("recall_over", number=recall.number)
    if not await tx.value("SELECT true FROM location WHERE id = $1", command.location):
        raise NotFound("unknown_location", location=command.location)
    place = await sql.lock_place(tx, recall, command.location, actor)
    if command.found:
        await _take_out(tx, recall, place, command.found, command.location, "", actor, now)
        (place,) = await sql.places(tx, recall, command.location)
    await _end(tx, recall, command.location, place, actor, now)
    tx.touched.add(command.location)
    return RecallTold(recall.id, recall.number, recall.sku, recall.status)


async def _end(tx: Tx, recall: Recall, location: str, place: Place, actor: Actor, at: datetime) -> None:
    """The place is through; what the books have and nobody found is counted and told. Others hear of it the first time."""
    await sql.end_place(tx, recall.id, location, place.to_find, at)
    await _ask_about(tx, recall, location, place.to_find, actor, at)
    if not place.done:
        body = {
            "recall": recall.id,
            "number": recall.number,
            "sku": recall.sku,
            "units": place.found,
            "missing": place.to_find,
        }
        tx.tell(Event("stock.recall_place_done", stream_of(recall.sku, location), body, location))


async def _keep_missing(tx: Tx, recall: Recall, location: str, actor: Actor, at: datetime) -> None:
    """Something is found, or put back, after the place had said that it is through: fewer are missing, or more."""
    (place,) = await sql.places(tx, recall, location)
    if place.done:
        await sql.end_place(tx, recall.id, location, place.to_find, at)
        await _ask_about(tx, recall, location, place.to_find, actor, at)


async def _ask_about(tx: Tx, recall: Recall, location: str, missing: int, actor: Actor, at: datetime) -> None:
    """One open case per recall and place, with the units that are missing now; none once nothing is."""
    case = await tx.row(
        "SELECT id, quantity FROM exception WHERE location = $1 AND kind = $2 AND sku = $3 AND resolved_at IS NULL ORDER BY made_at LIMIT 1",
        location, MISSING, recall.sku,
    )  # fmt: skip
    if case is not None and not missing:
        await work_sql.close_exception(tx, case["id"], "found")
    elif case is not None:
        await work_sql.shrink_exception(tx, case["id"], missing)
    elif missing:
        await counting_sql.ask(tx, location, recall.sku, "recall", actor.who, tx.now)
        await work_sql.insert_exception(
            tx, location, MISSING, "store_manager", sku=recall.sku, quantity=missing,
            body={"number": recall.number, "who": actor.who, "at": at},
        )  # fmt: skip

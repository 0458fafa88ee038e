"""A store counts one SKU: asked for, counted, approved at once or by the manager, and the ledger is put right."""

from datetime import datetime

import msgspec

from comptoir.flows.reading_stock_rules import read_counting
from comptoir.kit.actor import Actor
from comptoir.kit.db import Tx
from comptoir.kit.errors import Conflict, Forbidden, Invalid, NotFound
from comptoir.kit.reason_rows import list_reasons
from comptoir.kit.reasons import find as find_reason
from comptoir.stock import counting, counting_sql, feed_sql, shelf_sql, sql
from comptoir.stock.count_reasons import COUNT as REASONS
from comptoir.stock.counting import (
    COUNT,
    ApproveCount,
    AskCount,
    AskCountAgain,
    CancelCount,
    CountAction,
    CountOutcome,
    CountsDirected,
    CountStatus,
    DirectCounts,
    StockCount,
    SubmitCount,
)
from comptoir.stock.directing import direct
from comptoir.stock.events import counted, over_promised
from comptoir.stock.feed import AHEAD, take_back_late
from comptoir.stock.model import Fact


async def ask_count(tx: Tx, command: AskCount, actor: Actor, now: datetime) -> CountOutcome:
    """Ask for a count. NotFound `unknown_location`, `unknown_sku`; Invalid `kit_has_no_stock`."""
    known = await feed_sql.find_known(tx, actor, [command.sku], (), [command.location])
    if command.location not in known.locations:
        raise NotFound("unknown_location", location=command.location)
    if command.sku not in known.skus:
        raise NotFound("unknown_sku", sku=command.sku)
    if await counting_sql.counted_as(tx, command.sku) != [command.sku]:
        raise Invalid("kit_has_no_stock", sku=command.sku)
    found = await counting_sql.ask(tx, command.location, command.sku, command.reason, actor.who, now)
    tx.touched.add(command.location)
    return counting.outcome(await counting_sql.find(tx, found, actor))


async def direct_counts(tx: Tx, command: DirectCounts, actor: Actor, now: datetime) -> CountsDirected:
    """Ask a store for what matters most there. NotFound `unknown_location`. Asked again it fills up to `most` open counts."""
    known = await feed_sql.find_known(tx, actor, (), (), [command.location])
    if command.location not in known.locations:
        raise NotFound("unknown_location", location=command.location)
    await counting_sql.lock_location(tx, command.location)
    _, rules = await read_counting(tx.connection, now)
    room = (command.most or rules.most) - await counting_sql.count_open(tx, command.location)
    asked = 0
    if room > 0:
        rows = await counting_sql.list_candidates(tx, command.location, now)
        asked = await counting_sql.ask_directed(tx, command.location, direct(rows, now, room, rules), actor.who, now)
    tx.touched.add(command.location)
    return CountsDirected(asked, await counting_sql.count_open(tx, command.location))


async def submit_count(tx: Tx, command: SubmitCount, actor: Actor, now: datetime) -> CountOutcome:
    """Take a figure. Small differences are settled at once. Conflict `not_now` when the count is over already,
    `count_by_another` when this person's own figure is to be checked, `shelf_of_another` while another device counts its shelf; Invalid `parts_do_not_sum`.
    """
    count = await counting_sql.find(tx, command.count, actor)
    at = command.counted_at or now
    if at > now + AHEAD:
        raise Invalid("in_the_future", counted_at=at.isoformat())
    # Nobody has counted what is picked a minute from now.
    at = min(at, now)
    if command.parts and sum(command.parts) != command.quantity:
        raise Invalid("parts_do_not_sum")
    if count.status is CountStatus.RECOUNT and count.not_by == actor.who:
        raise Conflict("count_by_another")
    if await shelf_sql.held_by_another(tx, count.id, actor.device):
        raise Conflict("shelf_of_another")
    return await _take_figure(tx, count, command, at, actor, now)


async def submit_count_reported(
    tx: Tx, command: SubmitCount, actor: Actor, now: datetime
) -> tuple[CountOutcome, str | None]:
    """What hands have counted, told by a device, late or not: a figure for a count that is over opens a new one.

    With it a problem, or None: `count_by_another` when one person counted twice what another should check (the figure is kept
    and changes nothing), `counted_meanwhile` when a later figure is in the books already, `shelf_of_another` when its shelf is not
    this device's (any more).
    """
    count = await counting_sql.find(tx, command.count, actor)
    at = min(command.counted_at or now, now)
    if command.parts and sum(command.parts) != command.quantity:
        command = msgspec.structs.replace(command, parts=())
    if not COUNT.allows(CountAction.SUBMIT, count.status) and count.status is not CountStatus.SUBMITTED:
        if count.status is CountStatus.APPROVED and count.counted_at is not None and count.counted_at >= at:
            # Somebody counted later than these hands did: the later figure stands, and this one is on file.
            await _note_figure(tx, count, command, at, actor)
            return counting.outcome(count), "counted_meanwhile"
        reopened = await counting_sql.ask(tx, count.location, count.sku, "counted_again", actor.who, now)
        count = await counting_sql.find(tx, reopened, actor)
    if await shelf_sql.held_by_another(tx, count.id, actor.device):
        await _note_figure(tx, count, command, at, actor)
        return counting.outcome(count), "shelf_of_another"
    if count.status is CountStatus.RECOUNT and count.not_by == actor.who:
        await _note_figure(tx, count, command, at, actor)
        return counting.outcome(count), "count_by_another"
    if count.status is CountStatus.SUBMITTED:
        count = msgspec.structs.replace(count, status=CountStatus.RECOUNT)
    return await _take_figure(tx, count, command, at, actor, now), None


async def _note_figure(tx: Tx, count: StockCount, command: SubmitCount, at: datetime, actor: Actor) -> int:
    """Write the figure down beside what the ledger says of its moment, which is returned."""
    await feed_sql.lock_rows(tx, [(count.sku, count.location)])
    expected = await counting_sql.expected_at(tx, count.sku, count.location, at)
    await counting_sql.keep_figure(tx, count, command, expected, at, actor.who)
    return expected


async def _take_figure(
    tx: Tx, count: StockCount, command: SubmitCount, at: datetime, actor: Actor, now: datetime
) -> CountOutcome:
    expected = await _note_figure(tx, count, command, at, actor)
    found = await counting_sql.judged(tx, count, command, expected, at, actor.who)
    _, rules = await read_counting(tx.connection, now)
    status = counting.submit(count.status, found, rules)
    count = msgspec.structs.replace(
        count, status=status, counted=command.quantity, expected=expected, counted_at=at, counted_by=actor.who, moved=found.moved,
        not_by=actor.who if status is CountStatus.RECOUNT else None,
    )  # fmt: skip
    return await _keep(tx, count, now)


async def approve_count(tx: Tx, command: ApproveCount, actor: Actor, now: datetime) -> CountOutcome:
    """The store manager believes it: the difference of the moment of counting goes into the ledger.

    Invalid `unknown_reason`; Forbidden `count_is_yours` for a large difference that nobody but the person who approves has counted.
    """
    actor.needs("store_manager", "head_office", "integrator")
    count = await counting_sql.find(tx, command.count, actor)
    if count.not_by == actor.who and actor.role != "integrator":
        raise Forbidden("count_is_yours")
    if command.because is not None:
        find_reason(await list_reasons(tx.connection, REASONS), command.because)
    status = COUNT.after(CountAction.APPROVE, count.status)
    if count.counted_at is None:
        raise Conflict("not_now", status=count.status.value)
    await feed_sql.lock_rows(tx, [(count.sku, count.location)])
    # A till sale from before the count may have arrived since: what was expected is asked of the ledger once more.
    expected = await counting_sql.expected_at(tx, count.sku, count.location, count.counted_at)
    count = msgspec.structs.replace(
        count, status=status, expected=expected, not_by=None, decided_because=command.because or ""
    )
    return await _keep(tx, count, now)


async def ask_count_again(tx: Tx, command: AskCountAgain, actor: Actor, now: datetime) -> CountOutcome:
    """The store manager does not believe it."""
    actor.needs("store_manager", "head_office", "integrator")
    count = await counting_sql.find(tx, command.count, actor)
    status = COUNT.after(CountAction.ASK_AGAIN, count.status)
    return await _keep(tx, msgspec.structs.replace(count, status=status, not_by=None), now)


async def cancel_count(tx: Tx, command: CancelCount, actor: Actor, now: datetime) -> CountOutcome:
    """Nobody needs it any more."""
    actor.needs("store_manager", "head_office", "integrator")
    count = await counting_sql.find(tx, command.count, actor)
    status = COUNT.after(CountAction.CANCEL, count.status)
    return await _keep(tx, msgspec.structs.replace(count, status=status), now)


async def _keep(tx: Tx, count: StockCount, now: datetime) -> CountOutcome:
    await counting_sql.keep(tx, count, now)
    tx.tell(counted(count.id, count.sku, count.location, count.difference or 0, count.status.value))
    if count.status is CountStatus.APPROVED:
        await _settle(tx, count, now)
    return counting.outcome(count)


async def _settle(tx: Tx, count: StockCount, now: datetime) -> None:
    """Into the ledger. Where units were missed after these hands had counted, somebody counts once more.

    A figure of the till or of another count that holds for a later moment stands: this one was seen by it, as a late movement is.
    """
    assert count.counted_at is not None
    key = (count.sku, count.location)
    levels = await sql.lock(tx, [key])
    movements = [counting.settle(count)]
    at, fact = (await feed_sql.find_anchors(tx, [key])).get(key, (count.counted_at, Fact.COUNT))
    if at > count.counted_at and (taken_back := take_back_late(movements[0], at, fact)) is not None:
        movements.append(taken_back)
    await sql.post(tx, movements)
    if not await counting_sql.note_counted(tx, count.sku, count.location, count.counted_at):
        await counting_sql.ask(tx, count.location, count.sku, "short", tx.who, now)
    tx.tell(*over_promised(levels, movements))

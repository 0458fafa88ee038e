"""A store counts one SKU: asked for, counted, approved at once or by the manager, and the ledger is put right."""

from datetime import datetime

import msgspec

from comptoir.kit.actor import Actor
from comptoir.kit.db import Tx
from comptoir.kit.errors import Invalid, NotFound
from comptoir.stock import counting, counting_sql, feed_sql, sql
from comptoir.stock.counting import (
    COUNT,
    ApproveCount,
    AskCount,
    AskCountAgain,
    CancelCount,
    CountAction,
    CountOutcome,
    CountStatus,
    StockCount,
    SubmitCount,
)
from comptoir.stock.events import counted, over_promised
from comptoir.stock.feed import AHEAD


async def ask_count(tx: Tx, command: AskCount, actor: Actor, now: datetime) -> CountOutcome:
    """Ask for a count. NotFound `unknown_location`, `unknown_sku`."""
    known = await feed_sql.find_known(tx, actor, [command.sku], (), [command.location])
    if command.location not in known.locations:
        raise NotFound("unknown_location", location=command.location)
    if command.sku not in known.skus:
        raise NotFound("unknown_sku", sku=command.sku)
    found = await counting_sql.ask(tx, command.location, command.sku, command.reason, actor.who, now)
    tx.touched.add(command.location)
    return counting.outcome(await counting_sql.find(tx, found, actor))


async def submit_count(tx: Tx, command: SubmitCount, actor: Actor, now: datetime) -> CountOutcome:
    """Take a figure. Small differences are settled at once. Conflict `not_now` when the count is over already."""
    count = await counting_sql.find(tx, command.count, actor)
    at = command.counted_at or now
    if at > now + AHEAD:
        raise Invalid("in_the_future", counted_at=at.isoformat())
    await feed_sql.lock_rows(tx, [(count.sku, count.location)])
    expected = await counting_sql.expected_at(tx, count.sku, count.location, at)
    count = msgspec.structs.replace(
        count, status=counting.submit(count.status, command.quantity, expected), counted=command.quantity,
        expected=expected, counted_at=at, counted_by=actor.who,
    )  # fmt: skip
    if count.status is CountStatus.APPROVED:
        await _settle(tx, count, expected)
    return await _keep(tx, count, now)


async def submit_count_reported(tx: Tx, command: SubmitCount, actor: Actor, now: datetime) -> CountOutcome:
    """What hands have counted, told by a device, late or not: a figure for a count that is over opens a new one."""
    count = await counting_sql.find(tx, command.count, actor)
    if not COUNT.allows(CountAction.SUBMIT, count.status) and count.status is not CountStatus.SUBMITTED:
        reopened = await counting_sql.ask(tx, count.location, count.sku, "counted_again", actor.who, now)
        count = await counting_sql.find(tx, reopened, actor)
    if count.status is CountStatus.SUBMITTED:
        await counting_sql.keep(tx, msgspec.structs.replace(count, status=CountStatus.RECOUNT), now)
    at = min(command.counted_at or now, now)
    return await submit_count(tx, msgspec.structs.replace(command, count=count.id, counted_at=at), actor, now)


async def approve_count(tx: Tx, command: ApproveCount, actor: Actor, now: datetime) -> CountOutcome:
    """The store manager believes it: the difference of the moment of counting goes into the ledger."""
    actor.needs("store_manager", "head_office", "integrator")
    count = await counting_sql.find(tx, command.count, actor)
    status = COUNT.after(CountAction.APPROVE, count.status)
    assert count.counted_at is not None
    await feed_sql.lock_rows(tx, [(count.sku, count.location)])
    # A till sale from before the count may have arrived since: what was expected is asked of the ledger once more.
    expected = await counting_sql.expected_at(tx, count.sku, count.location, count.counted_at)
    count = msgspec.structs.replace(count, status=status, expected=expected)
    await _settle(tx, count, expected)
    return await _keep(tx, count, now)


async def ask_count_again(tx: Tx, command: AskCountAgain, actor: Actor, now: datetime) -> CountOutcome:
    """The store manager does not believe it."""
    actor.needs("store_manager", "head_office", "integrator")
    count = await counting_sql.find(tx, command.count, actor)
    status = COUNT.after(CountAction.ASK_AGAIN, count.status)
    return await _keep(tx, msgspec.structs.replace(count, status=status), now)


async def cancel_count(tx: Tx, command: CancelCount, actor: Actor, now: datetime) -> CountOutcome:
    """Nobody needs it any more."""
    actor.needs("store_manager", "head_office", "integrator")
    count = await counting_sql.find(tx, command.count, actor)
    status = COUNT.after(CountAction.CANCEL, count.status)
    return await _keep(tx, msgspec.structs.replace(count, status=status), now)


async def _settle(tx: Tx, count: StockCount, expected: int) -> None:
    levels = await sql.lock(tx, [(count.sku, count.location)])
    movement = counting.settle(count, expected)
    await sql.post(tx, [movement])
    assert count.counted_at is not None
    await counting_sql.note_counted(tx, count.sku, count.location, count.counted_at)
    tx.tell(*over_promised(levels, [movement]))


async def _keep(tx: Tx, count: StockCount, now: datetime) -> CountOutcome:
    await counting_sql.keep(tx, count, now)
    tx.tell(counted(count.id, count.sku, count.location, count.difference or 0, count.status.value))
    return counting.outcome(count)

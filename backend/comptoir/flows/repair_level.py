"""Head office puts right a level that is not the sum of its ledger, or promises what no work has. Not undone: the figures before were wrong."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from comptoir.flows import auditing
from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.kit.differences import changes
from comptoir.kit.errors import Conflict, NotFound
from comptoir.kit.runner import Flow
from comptoir.stock import counting_sql, feed_sql, repairing, repairing_sql, sql
from comptoir.stock.events import over_promised, stream_of
from comptoir.stock.model import Fact, Movement
from comptoir.stock.repairing import LevelRepaired, RepairLevel

COUNT_BECAUSE = "level_repaired"


async def repair_level(tx: Tx, command: RepairLevel, actor: Actor, now: datetime) -> LevelRepaired:
    """One row, one commit, one reason.

    NotFound `unknown_location`, `unknown_sku`; Conflict `level_agrees` when nothing is wrong (any more), `difference_changed` when it is
    another difference than was shown.
    """
    actor.needs("head_office")
    known = await feed_sql.find_known(tx, actor, [command.sku], (), [command.location])
    if command.location not in known.locations:
        raise NotFound("unknown_location", location=command.location)
    if command.sku not in known.skus:
        raise NotFound("unknown_sku", sku=command.sku)
    key = (command.sku, command.location)
    before = (await feed_sql.lock_rows(tx, [key]))[key]
    accounts = await repairing_sql.find(tx, *key)
    found = repairing.repair(accounts)
    if (found.level, found.ledger) != (command.level, command.ledger):
        raise Conflict("difference_changed")
    await repairing_sql.put_right(tx, *key, accounts.right)
    await sql.append(tx, [repairing.booked(*key, found, command.reason)])
    if found.count_wanted:
        await counting_sql.ask(tx, command.location, command.sku, COUNT_BECAUSE, actor.who, now)
    moved = Movement(*key, Fact.REPAIR, on_hand=found.level.on_hand, reserved=found.level.reserved)
    tx.tell(
        Event("stock.level_repaired", stream_of(*key), {"sku": command.sku, **msgspec.structs.asdict(found.level)}, command.location),
        *over_promised({key: before}, [moved]),
    )  # fmt: skip
    told = changes(msgspec.to_builtins(accounts.level), msgspec.to_builtins(accounts.right))
    await auditing.note(
        tx, actor, "sku.level_repaired", command.sku, command.location, command.reason, changes=told
    )  # fmt: skip
    return repairing.told(before, accounts, found, now)


FLOWS: Mapping[type, Flow] = {RepairLevel: repair_level}

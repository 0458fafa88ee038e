"""A location lacks a part of a parcel: the rest goes along when the whole costs less from elsewhere than two parcels."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from comptoir.flows.keep_progress import keep_progress
from comptoir.flows.move_to_store import leave
from comptoir.flows.source_again import Found, Lost, give, tell
from comptoir.flows.source_units import Looked, look, look_at_levels, reserve, wish_of
from comptoir.fulfillment.model import Work, WorkLine
from comptoir.fulfillment.moving import MOVABLE
from comptoir.kit.db import Tx
from comptoir.orders import sql
from comptoir.sourcing.again import MOST_TRIES, follows
from comptoir.sourcing.deciding import price
from comptoir.sourcing.model import Need
from comptoir.sourcing.outlook import Outlook
from comptoir.sourcing.sql import note_tries, tried

FRESH: Final = timedelta(minutes=2)
"""What a device tells later than this after it happened moves nothing else: its hands have been at the rest since."""


def may_go(work: Work, outlook: Outlook, at: datetime, now: datetime) -> list[tuple[WorkLine, int]]:
    """The lines of a work with their units that could go along, reserved or picked; none when the rest stays in any case."""
    if work.kind != "ship" or work.status not in MOVABLE or work.total("staged") or now - at > FRESH:
        return []
    if outlook.policy.mode != "cost" or work.location not in outlook.index:
        return []
    return [(line, line.reserved + line.picked) for line in work.lines if line.reserved + line.picked]


async def send_along(
    tx: Tx, outlook: Outlook, work: Work, rest: Sequence[tuple[WorkLine, int]], lost: Sequence[Lost], reason: str, now: datetime
) -> Found | None:  # fmt: skip
    """Take the rest from the work together with what it lacks, if that costs less; None, and nothing is done, when the rest stays.

    `work` is locked and without the `lost` units, which are unsourced; the levels of all its SKUs are locked everywhere.
    """
    if not rest or await sql.open_holds(tx, work.order_id):
        return None
    looked = await cheaper_together(tx, outlook, work, rest, lost, reason, now)
    if looked is None:
        return None
    await note_tries(tx, work.order_id, [(one.line, one.part, one.sku) for one in lost], work.location, reason)
    await leave(tx, work, list(rest))
    for line, units in rest:
        await sql.move_units(tx, work.order_id, [(line.order_line, line.part, units, 0, -units, 0)])
    again = await look_at_levels(tx, looked)
    await reserve(tx, work.order_id, again, now)
    works = await give(tx, outlook, work.order_id, work.order_number, again, now)
    await tell(tx, work.order_id, work.location, reason, looked.decision.plan.shares)
    await keep_progress(tx, work.order_id)
    return Found(works)


async def cheaper_together(
    tx: Tx, outlook: Outlook, work: Work, rest: Sequence[tuple[WorkLine, int]], lost: Sequence[Lost], reason: str, now: datetime
) -> Looked | None:  # fmt: skip
    """The plan for all of it without this location, if somebody can give all and it pays."""
    before = await tried(tx, work.order_id)
    here = frozenset((work.location,))
    gone = {(one.line, one.part): one.units for one in lost}
    stays = {(line.order_line, line.part): 0 for line, _ in rest}
    for line, units in rest:
        stays[line.order_line, line.part] += units
    tries = {key: before.get(key, frozenset()) | here for key in (*gone, *stays)}
    if max(len(tries[key]) for key in gone) >= MOST_TRIES:
        return None
    skus = {(one.line, one.part): one.sku for one in lost} | {
        (line.order_line, line.part): line.sku for line, _ in rest
    }

    def needs(units: dict[tuple[int, int], int]) -> list[Need]:
        return [Need(*key, skus[key], count, None) for key, count in units.items()]

    whole = {key: gone.get(key, 0) + stays.get(key, 0) for key in tries}
    together = await look(tx, outlook, work.order_id, needs(whole), now, reason, tries)
    if together.decision.plan.missing or together.decision.why is None:
        return None
    alone = await look(tx, outlook, work.order_id, needs(gone), now, reason, tries)
    if alone.decision.plan.missing or alone.decision.why is None:
        return None
    wish = await wish_of(tx, work.order_id, needs(stays), reason, before)
    site = outlook.snapshot(now, outlook.policy).sites[outlook.index[work.location]]
    in_hand = site.pick_minor * sum(1 for line, _ in rest if line.picked)
    kept = price(wish, outlook, now, {work.location: [(*key, units) for key, units in stays.items()]}, in_hand=True)
    if not follows(
        alone.decision.why.taken.total, kept, together.decision.why.taken.total, in_hand, outlook.policy.moving_minor
    ):
        return None
    return together

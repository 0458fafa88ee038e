"""What was to be collected is sent home instead: the store's work becomes a parcel's, the shelf gives it back, the pass is dead.

What the shelf did not have goes home from wherever it is. The price that the customer agreed to stands on their request; money is another step.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from comptoir.flows.bring_to_store import end_carried
from comptoir.flows.keep_progress import keep_progress
from comptoir.flows.source_again import Lost, source_again
from comptoir.flows.stage import told_as_staged
from comptoir.fulfillment import carrying
from comptoir.fulfillment import sql as work_sql
from comptoir.fulfillment.changing import DeliverTo
from comptoir.fulfillment.lifecycles import LIVE
from comptoir.fulfillment.model import Work
from comptoir.kit import outbox
from comptoir.kit.db import Event, Tx
from comptoir.kit.errors import Conflict, Invalid
from comptoir.orders import sql
from comptoir.sourcing.outlook import Outlook

_WISH = "SELECT kind, line, body::text AS body FROM change_request WHERE id = $1 AND state = 'open'"


async def carry_out(tx: Tx, outlook: Outlook, case: Any, request: UUID | None, now: datetime) -> None:
    """Do what a wish for home delivery asks; its order is locked.

    Invalid `other_answer` when it is another wish; Conflict `not_movable` when nothing of it can be sent any more, `nothing_missing`,
    `still_short` when no place has what is missing.
    """
    wish = await tx.row(_WISH, request)
    if wish is None or wish["kind"] != "delivery":
        raise Invalid("other_answer")
    order: UUID = case["order_id"]
    await _keep_address(tx, order, msgspec.json.decode(wish["body"], type=DeliverTo, strict=False))
    if wish["line"] is not None:
        await _send_missing(tx, outlook, order, wish["line"], case["location"], now)
        return
    works = await work_sql.lock_of_order(tx, order, None)
    brought = {row[0] for row in await tx.rows(_BROUGHT, order, case["location"])}
    to_turn = [
        w for w in works
        if w.status in LIVE and ((w.kind == "pickup" and w.location == case["location"]) or w.id in brought)
    ]  # fmt: skip
    # What is on the road arrives as pickup work: sent home after that, and never half of it before.
    on_the_road = any(w.id in brought and w.total("in_transit") for w in works)
    if not to_turn or on_the_road or not all(_sends(outlook, w.location) for w in to_turn):
        raise Conflict("not_movable", order_number=works[0].order_number if works else "")
    for work in to_turn:
        await _turn(tx, work)
    await keep_progress(tx, order)


_BROUGHT = "SELECT work FROM transfer WHERE order_id = $1 AND to_location = $2 AND work IS NOT NULL"


def _sends(outlook: Outlook, location: str) -> bool:
    at = outlook.index.get(location)
    return at is not None and outlook.places[at].ship


_ADDRESS = """
INSERT INTO order_address (order_id, name, street, street2, postcode, city, country, phone)
SELECT o.id, c.first_name || ' ' || c.last_name, $2, $3, $4, $5, 'FR', c.phone FROM sales_order o JOIN customer c ON c.id = o.customer WHERE o.id = $1
ON CONFLICT (order_id) DO UPDATE SET street = excluded.street, street2 = excluded.street2, postcode = excluded.postcode, city = excluded.city
"""


async def _keep_address(tx: Tx, order: UUID, to: DeliverTo) -> None:
    await tx.run(_ADDRESS, order, to.street, to.street2, to.postcode, to.city)


async def _turn(tx: Tx, work: Work) -> None:
    """This work is a parcel's from now on: what lay ready is only picked again, and whoever has it in hand goes on with it."""
    unstaged = carrying.unstaged(work)
    await work_sql.move_units(tx, work.id, unstaged)
    if unstaged:
        await tx.run("UPDATE bag SET gone_at = $2 WHERE work = $1 AND gone_at IS NULL", work.id, tx.now)
        await outbox.withdraw(tx, work.order_id, await told_as_staged(tx, work))
        tx.tell(Event("fulfillment.unstaged", work.order_id, {}, work.location, work.id))
    await tx.run(
        "UPDATE work SET kind = 'ship', status = CASE status WHEN 'staged' THEN 'picked' ELSE status END, version = version + 1, flagged = NULL,"
        " staged_at = NULL, collect_until = NULL, rescue_until = NULL WHERE id = $1", work.id,
    )  # fmt: skip
    await tx.run("DELETE FROM pickup_pass WHERE order_id = $1 AND location = $2", work.order_id, work.location)
    await tx.run(
        "UPDATE arrival SET done_at = $3 WHERE order_id = $1 AND location = $2 AND done_at IS NULL",
        work.order_id, work.location, tx.now,
    )  # fmt: skip
    await tx.run(
        "UPDATE order_line SET method = 'ship', location = NULL WHERE order_id = $1 AND line = ANY($2::smallint[])",
        work.order_id, sorted({line.order_line for line in work.lines}),
    )  # fmt: skip
    if work.kind == "transfer":
        # It goes to the customer from where it lies, and to no store before.
        await end_carried(tx, work)
    tx.touched.add(work.location)
    tx.tell(Event("fulfillment.sent_home", work.order_id, {}, work.location, work.id))


async def _send_missing(tx: Tx, outlook: Outlook, order: UUID, line: int, location: str, now: datetime) -> None:
    """What the shelf did not have is sent from a place that has all of it."""
    needs = [need for need in await sql.requirements(tx, order) if need["line"] == line and need["unsourced"]]
    if not needs:
        raise Conflict("nothing_missing")
    number = await tx.value("SELECT number FROM sales_order WHERE id = $1", order)
    lost = [Lost(need["line"], need["part"], need["sku"], need["unsourced"]) for need in needs]
    found = await source_again(tx, outlook, order, number, lost, location, "short", now, ask=False)
    if found.missing:
        raise Conflict("still_short", units=sum(units for *_, units in found.missing))
    await tx.run(_ALL_SENT, order, line)
    await tx.run(
        "UPDATE exception SET resolved_at = $3, resolved_by = 'system', resolution = 'sourced' WHERE order_id = $1 AND kind = 'short_choice'"
        " AND (body->>'line')::int = $2 AND resolved_at IS NULL", order, line, now,
    )  # fmt: skip


# A line of which a part is collected stays one that is collected.
_ALL_SENT = """
UPDATE order_line l SET method = 'ship', location = NULL WHERE l.order_id = $1 AND l.line = $2 AND NOT EXISTS (
  SELECT FROM work_line x JOIN work w ON w.id = x.work WHERE x.order_id = $1 AND x.order_line = $2 AND w.kind <> 'ship'
    AND x.quantity > x.shorted + x.canceled)
"""

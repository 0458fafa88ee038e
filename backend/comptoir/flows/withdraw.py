"""A customer withdraws from the contract: the notice is kept with its hour, and a receipt is owed. Nothing moves but the word."""

from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.kit.errors import Conflict, NotFound
from comptoir.network.holidays import place_of
from comptoir.orders import sql as orders_sql
from comptoir.returns import sql
from comptoir.returns.model import Notice, Withdraw, check, units_left
from comptoir.returns.withdrawal import in_time, last_day

# Parts that ended without reaching the customer say nothing about the period. A parcel counts from the day its carrier said it was
# delivered, the last one of a work; a carrier that never says so keeps the period open, which is to the customer's good.
_PARTS = """
SELECT w.status IN ('handed_over', 'closed') AS gone, l.time_zone, l.postcode,
  coalesce(
    (SELECT max(v.at) FROM hand_over v WHERE v.order_id = w.order_id AND w.id = ANY(v.works) AND v.undone_at IS NULL),
    (SELECT max(t.delivered_at) FROM tracking t WHERE t.work = w.id AND w.status IN ('delivered', 'closed')
      HAVING bool_and(t.status = 'delivered'))) AS at
FROM work w JOIN location l ON l.id = w.location
WHERE w.order_id = $1 AND w.status NOT IN ('rejected', 'canceled', 'expired', 'returned_to_sender')
"""
# An article without this right is no line that could be named.
_LINES = """
SELECT l.line, l.quantity, l.canceled FROM order_line l LEFT JOIN sku s ON s.sku = l.sku
WHERE l.order_id = $1 AND s.withdrawal_excluded IS NULL
"""
_WAITING = "SELECT EXISTS (SELECT FROM requirement WHERE order_id = $1 AND unsourced + held > 0)"


async def withdraw(tx: Tx, command: Withdraw, actor: Actor, now: datetime) -> Notice:
    """Raises Invalid `nothing_chosen`, `unknown_line`; Conflict `already_noticed`, `withdrawal_over`, `withdrawal_not_for_companies`."""
    if actor.who != f"customer:{command.order}":
        raise NotFound("order_not_found")
    await orders_sql.lock(tx, command.order)
    if await tx.value("SELECT true FROM order_company WHERE order_id = $1", command.order):
        raise Conflict("withdrawal_not_for_companies")
    rows = await tx.rows(_LINES, command.order)
    ordered = {row["line"]: (row["quantity"], row["canceled"]) for row in rows}
    check(command.lines, units_left(ordered, await sql.noticed(tx, command.order)))
    until, today = await period(tx, command.order, now)
    if not in_time(until, today):
        raise Conflict("withdrawal_over")
    notice = await sql.insert(tx, command, until, actor.who, now)
    body = {"request": str(command.id), "lines": [[one.line, one.quantity] for one in command.lines]}
    tx.tell(Event("return.withdrawal_noticed", command.order, body | {"elsewhere": command.reply_to is not None}))
    return notice


async def period(tx: Tx, order: UUID, now: datetime) -> tuple[date | None, date]:
    """(last day of the period, today), both where the goods were received."""
    parts = [row for row in await tx.rows(_PARTS, order) if row["at"] or not row["gone"]]
    received = [part["at"] and part["at"].astimezone(ZoneInfo(part["time_zone"])).date() for part in parts]
    if await tx.value(_WAITING, order):
        received.append(None)
    zone = ZoneInfo(parts[0]["time_zone"] if parts else "Europe/Paris")
    places = {place_of(part["postcode"]) for part in parts}
    return last_day(received, places=places), now.astimezone(zone).date()

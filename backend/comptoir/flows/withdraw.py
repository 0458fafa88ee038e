"""A customer withdraws from the contract: the notice is kept with its hour, and a receipt is owed. Nothing moves but the word."""

from datetime import date, datetime
from uuid import UUID

from comptoir.flows.reading_returns import read_bought, read_policy
from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.kit.errors import Conflict, NotFound
from comptoir.orders import sql as orders_sql
from comptoir.returns import eligibility, sql
from comptoir.returns.model import Notice, Withdraw, check, units_left
from comptoir.returns.withdrawal import in_time

# An article without this right is no line that could be named.
_LINES = """
SELECT l.line, l.quantity, l.canceled FROM order_line l LEFT JOIN sku s ON s.sku = l.sku
WHERE l.order_id = $1 AND s.withdrawal_excluded IS NULL
"""


async def withdraw(tx: Tx, command: Withdraw, actor: Actor, now: datetime) -> Notice:
    """Raises Invalid `nothing_chosen`, `unknown_line`; Conflict `already_noticed`, `withdrawal_over`, `withdrawal_not_for_companies`, `withdrawal_not_at_distance`."""
    if actor.who != f"customer:{command.order}":
        raise NotFound("order_not_found")
    await orders_sql.lock(tx, command.order)
    if await tx.value("SELECT true FROM order_company WHERE order_id = $1", command.order):
        raise Conflict("withdrawal_not_for_companies")
    bought = await read_bought(tx.connection, command.order)
    _, policy = await read_policy(tx.connection, now)
    if eligibility.contract_of(bought, policy) != "distance":
        raise Conflict("withdrawal_not_at_distance")
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
    bought = await read_bought(tx.connection, order)
    _, policy = await read_policy(tx.connection, now)
    until, _ = eligibility.period(bought, policy)
    return until, eligibility.day_in(now, eligibility.zone_of(bought))

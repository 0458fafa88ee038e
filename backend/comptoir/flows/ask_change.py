"""The customer asks for a change: kept as an intention that the store's manager answers; the order itself stays as it is."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from comptoir.fulfillment import changing, resolving_sql
from comptoir.fulfillment import sql as work_sql
from comptoir.fulfillment.changing import CHANGE_ASKED, AskChange, ChangeAsked, WithdrawChange
from comptoir.fulfillment.lifecycles import LIVE
from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.kit.errors import Invalid, NotFound
from comptoir.orders import sql


async def ask_change(tx: Tx, command: AskChange, actor: Actor, now: datetime) -> ChangeAsked:
    """NotFound (not yours); Conflict `nothing_to_change`, `asked_already`, `not_offered`; Invalid what is missing or unknown."""
    actor.needs_order(command.order)
    order = await sql.lock(tx, command.order, actor.locations)
    works = await work_sql.lock_of_order(tx, command.order, None)
    missing = command.line and await tx.value(
        "SELECT sum(unsourced)::int FROM requirement WHERE order_id = $1 AND line = $2", command.order, command.line
    )
    waiting = [work for work in works if work.status in LIVE and work.kind == "pickup"]
    asked = await tx.value(
        "SELECT true FROM change_request WHERE order_id = $1 AND coalesce(line, 0) = coalesce($2::int, 0) AND state = 'open'",
        command.order, command.line,
    )  # fmt: skip
    fee = await tx.value("SELECT delivery_minor FROM channel WHERE id = $1", order["channel"])
    price = changing.may_ask(command, bool(missing if command.line else waiting), bool(asked), fee)
    home = str((waiting or works)[0].location if works else await tx.value(_PLACE_OF_LINE, command.order, command.line))
    body = await _body(tx, command, home)
    exception = await work_sql.insert_exception(
        tx, home, CHANGE_ASKED, "store_manager", order=command.order, work=waiting[0].id if waiting else None, sku=command.sku,
        body={"request": str(command.id), "what": command.kind, "who": actor.who} | ({"store": body["name"]} if "name" in body else {}),
    )  # fmt: skip
    await tx.run(
        "INSERT INTO change_request (id, order_id, location, kind, line, body, price_minor, exception, asked_at)"
        " VALUES ($1, $2, $3, $4, $5, $6::jsonb, $7, $8, $9)",
        command.id, command.order, home, command.kind, command.line, msgspec.json.encode(body).decode(), price, exception, now,
    )  # fmt: skip
    if command.line is not None:
        # A person answers now: what happens without an answer of the customer's is off.
        await tx.run(_NO_DEFAULT, command.order, command.line)
    tx.tell(Event("customer.change_asked", command.order, {"what": command.kind, "line": command.line}, home))
    return ChangeAsked(command.id, home, price)


async def _body(tx: Tx, command: AskChange, home: str) -> dict[str, Any]:
    """What is asked for, in what the store's people read. The address is personal and lives in this row alone."""
    if command.to is not None and command.kind == "delivery":
        kept: dict[str, Any] = msgspec.to_builtins(command.to)
        return kept
    if command.kind == "store":
        name = await tx.value(
            "SELECT name FROM location WHERE id = $1 AND id <> $2 AND kind = 'store' AND 'pickup' = ANY(services)",
            command.location, home,
        )  # fmt: skip
        if name is None:
            raise Invalid("unknown_location", location=command.location)
        return {"location": command.location, "name": name}
    name = await tx.value(
        "SELECT concat_ws(', ', s.name, nullif(s.variant, ''), nullif(s.deciding, '')) FROM sku s JOIN requirement r ON r.order_id = $2 AND r.line = $3"
        " JOIN sku m ON m.sku = r.sku WHERE s.sku = $1 AND s.style = m.style AND s.sku <> m.sku AND s.blocked_reason IS NULL LIMIT 1",
        command.sku, command.order, command.line,
    )  # fmt: skip
    if name is None:
        raise Invalid("unknown_sku", sku=command.sku)
    return {"sku": command.sku, "name": name}


_PLACE_OF_LINE = (
    "SELECT location FROM exception WHERE order_id = $1 AND (body->>'line')::int = $2 AND kind = 'short_choice' LIMIT 1"
)
_NO_DEFAULT = (
    "UPDATE exception SET body = body - 'until' WHERE order_id = $1 AND kind = 'short_choice' AND (body->>'line')::int = $2"
    " AND resolved_at IS NULL"
)


async def withdraw_change(tx: Tx, command: WithdrawChange, actor: Actor, now: datetime) -> ChangeAsked:
    """The customer does not ask any more. What was answered meanwhile stays answered: saying it then changes nothing."""
    actor.needs_order(command.order)
    await sql.lock(tx, command.order, actor.locations)
    row = await tx.row(
        "SELECT id, location, price_minor, exception FROM change_request WHERE id = $1 AND order_id = $2",
        command.request, command.order,
    )  # fmt: skip
    if row is None:
        raise NotFound("request_not_found")
    if await settle_request(tx, row["id"], "withdrawn", actor, now):
        await resolving_sql.close(tx, row["exception"], "withdrawn", actor.who, now)
        tx.touched.add(row["location"])
        tx.tell(Event("customer.change_withdrawn", command.order, {}, row["location"]))
    return ChangeAsked(row["id"], row["location"], row["price_minor"])


async def settle_request(tx: Tx, request: UUID, state: str, actor: Actor, now: datetime) -> bool:
    """Answer a request; False when it had its answer."""
    done = await tx.value(
        "UPDATE change_request SET state = $2, settled_at = $3, settled_by = $4 WHERE id = $1 AND state = 'open' RETURNING true",
        request, state, now, actor.who,
    )  # fmt: skip
    return bool(done)


async def request_of(tx: Tx, exception: UUID) -> tuple[UUID, str] | None:
    """The request that an exception asks a person about, and its kind."""
    row = await tx.row("SELECT id, kind FROM change_request WHERE exception = $1", exception)
    return (row["id"], row["kind"]) if row else None

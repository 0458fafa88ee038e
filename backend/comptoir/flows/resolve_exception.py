"""A manager has looked at what a report could not settle, and says what came of it."""

from datetime import datetime

from comptoir.flows.ask_change import request_of, settle_request
from comptoir.fulfillment import resolving, resolving_sql
from comptoir.fulfillment.changing import CHANGE_ASKED
from comptoir.fulfillment.resolving import ExceptionResolved, ResolveException
from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.staff.sql import insert_audit


async def resolve_exception(tx: Tx, command: ResolveException, actor: Actor, now: datetime) -> ExceptionResolved:
    """NotFound `exception_not_found`; Conflict `exception_resolved`, `choose_on_order`; Forbidden `role_lacks_right`."""
    actor.needs("store_manager", "regional_manager", "head_office")
    row = await resolving_sql.lock(tx, command.exception, actor)
    resolving.resolve(row["kind"], row["resolved_at"] is not None, command.resolution)
    await resolving_sql.close(tx, command.exception, command.resolution, actor.who, now)
    asked = await request_of(tx, command.exception) if row["kind"] == CHANGE_ASKED else None
    if asked is not None:
        done = command.resolution == "change_done"
        await settle_request(tx, asked[0], "done" if done else "declined", actor, now)
        told = {"what": asked[1], "done": done}
        tx.tell(Event("customer.change_settled", row["order_id"], told, row["location"]))
    await insert_audit(
        tx, actor, "exception.resolve", str(command.exception), location=row["location"], reason=command.note,
        kind=row["kind"], resolution=command.resolution,
    )  # fmt: skip
    tx.tell(
        Event(
            "fulfillment.exception_resolved", row["order_id"] or command.exception,
            {"kind": row["kind"], "resolution": command.resolution}, row["location"],
        )
    )  # fmt: skip
    return ExceptionResolved(command.exception, command.resolution, row["order_id"])

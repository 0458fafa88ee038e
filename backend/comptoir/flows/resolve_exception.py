"""A manager has looked at what a report could not settle, and says what came of it."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from comptoir.flows.ask_change import request_of, settle_request
from comptoir.flows.bring_to_store import bring_to_store
from comptoir.flows.give_work import brought_by
from comptoir.flows.lost_return import refund_lost
from comptoir.flows.send_home import carry_out
from comptoir.flows.settle_return import SettleReturnFlow
from comptoir.fulfillment import resolving, resolving_sql
from comptoir.fulfillment import sql as work_sql
from comptoir.fulfillment.changing import CHANGE_ASKED
from comptoir.fulfillment.lifecycles import LIVE
from comptoir.fulfillment.resolving import (
    ABOUT_RETURNS,
    BY_PARCEL,
    BY_TRANSFER,
    CLAIM,
    DECLINED,
    REFUND,
    ExceptionResolved,
    ResolveException,
)
from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.kit.errors import Conflict, Invalid, NotFound
from comptoir.network.promise import ready_by
from comptoir.orders import sql as orders_sql
from comptoir.shipping import way_back_sql
from comptoir.shipping.way_back import CLAIM_WAITS, WAITS
from comptoir.sourcing.outlook import Outlook
from comptoir.staff.sql import insert_audit

ON_THE_ROAD = timedelta(days=2)
"""How long goods take from store to store where head office has not said (`transfer_days` of the sourcing policy)."""


class ResolveExceptionFlow:
    """Needs the outlook to know when another store will have it ready, and how a return is settled for one that is lost."""

    def __init__(self, outlook: Outlook, settle: SettleReturnFlow) -> None:
        self.outlook, self.settle = outlook, settle

    async def __call__(self, tx: Tx, command: ResolveException, actor: Actor, now: datetime) -> ExceptionResolved:
        """NotFound `exception_not_found`; Conflict `exception_resolved`, `choose_on_order`, `not_movable`, `store_paused`;
        Forbidden `role_lacks_right`.
        """
        actor.needs("store_manager", "regional_manager", "head_office")
        by_transfer, by_parcel = command.resolution == BY_TRANSFER, command.resolution == BY_PARCEL
        # Whatever moves an order's units locks the order first.
        order = (
            await resolving_sql.order_of(tx, command.exception, actor)
            if by_transfer or by_parcel or command.resolution in ABOUT_RETURNS
            else None
        )
        if order is not None:
            await orders_sql.lock(tx, order)
        row = await resolving_sql.lock(tx, command.exception, actor)
        resolving.resolve(row["kind"], row["resolved_at"] is not None, command.resolution)
        asked = await request_of(tx, command.exception) if row["kind"] == CHANGE_ASKED else None
        if by_transfer:
            await self._bring(tx, row, asked[0] if asked else None, now)
        if by_parcel:
            await carry_out(tx, self.outlook, row, asked[0] if asked else None, now)
        if command.resolution in ABOUT_RETURNS:
            await self._about_return(tx, row, command, actor, now)
        await resolving_sql.close(tx, command.exception, command.resolution, actor.who, now)
        if asked is not None:
            done = command.resolution != DECLINED
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

    async def _about_return(self, tx: Tx, case: Any, command: ResolveException, actor: Actor, now: datetime) -> None:
        """Waited for, searched for by its carrier, or given up for lost and refunded."""
        if case["rma"] is None:
            raise Invalid("other_answer")
        if command.resolution == REFUND:
            await refund_lost(tx, self.settle, case["rma"], command.note, actor, now)
        else:
            await way_back_sql.look_again(
                tx, case["rma"], now + (CLAIM_WAITS if command.resolution == CLAIM else WAITS)
            )

    async def _bring(self, tx: Tx, case: Any, request: UUID | None, now: datetime) -> None:
        """What lies here for the customer goes to the store that they asked for."""
        wish = await tx.row(
            "SELECT kind, line, body->>'location' AS location FROM change_request WHERE id = $1 AND state = 'open'",
            request,
        )
        if wish is None or wish["kind"] != "store" or wish["line"] is not None:
            raise Invalid("other_answer")
        at = self.outlook.index.get(wish["location"])
        if at is None:
            raise NotFound("location_not_found")
        place = self.outlook.places[at]
        if not place.pickup or place.paused(now):
            raise Conflict("store_paused", location=wish["location"])
        days = self.outlook.policy.transfer_days
        ready = (
            brought_by(self.outlook, place.id, now)
            if days
            else ready_by(
                place.windows, place.lead_minutes, self.outlook.queue[at], place.capacity_per_hour, now + ON_THE_ROAD,
                place.paused_until, place.paces,
            )
        )  # fmt: skip
        works = await work_sql.lock_of_order(tx, case["order_id"], None)
        here = [
            work for work in works
            if work.kind == "pickup" and work.location == case["location"] and work.status in LIVE
        ]  # fmt: skip
        # What another place is still to bring here would stay behind.
        coming = any(w.kind == "transfer" and (w.status in LIVE or w.total("in_transit")) for w in works)
        if not here or coming:
            raise Conflict("not_movable")
        for work in here:
            await bring_to_store(tx, work, wish["location"], ready)

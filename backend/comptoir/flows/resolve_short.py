"""A person decides about units that the shelf did not have: give the money back, or promise them again at the same store."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from comptoir.flows.cancel_order import cancel_order
from comptoir.flows.keep_progress import keep_progress
from comptoir.fulfillment import sql as work_sql
from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.kit.errors import Conflict
from comptoir.kit.ids import new_id
from comptoir.network.promise import ready_by
from comptoir.orders import sql
from comptoir.orders.model import CancelOrder, LineQuantity
from comptoir.sourcing.outlook import Outlook
from comptoir.stock import promise
from comptoir.stock import sql as stock_sql
from comptoir.stock.model import Fact, Movement


class ResolveShort(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`refund` cancels the missing units; `retry` promises them again at `location` (the customer's store by default)."""

    id: UUID
    order: UUID
    line: int
    choice: Literal["refund", "retry"]
    location: str | None = None


class ShortResolved(msgspec.Struct, frozen=True):
    order: UUID
    choice: str
    units: int


class ResolveShortFlow:
    def __init__(self, outlook: Outlook) -> None:
        self.outlook = outlook

    async def __call__(self, tx: Tx, command: ResolveShort, actor: Actor, now: datetime) -> ShortResolved:
        """Conflict `nothing_missing` when no unit of the line waits; Shortage when the store has too few to promise again."""
        order = await sql.lock(tx, command.order, actor.locations)
        works = await work_sql.lock_of_order(tx, command.order, actor.locations)
        chosen = await tx.value(
            "SELECT location FROM order_line WHERE order_id = $1 AND line = $2", command.order, command.line
        )
        # Where the customer collects: goods that come from elsewhere were never that store's own.
        home = (
            next((work.location for work in works if work.kind != "transfer"), None)
            or chosen
            or (works[0].location if works else None)
        )
        if not works and not (chosen and actor.reaches(chosen)) and actor.locations is not None:
            raise Conflict("nothing_missing")
        needs = [n for n in await sql.requirements(tx, command.order) if n["line"] == command.line and n["unsourced"]]
        if not needs:
            raise Conflict("nothing_missing")
        units = sum(n["unsourced"] for n in needs)
        if command.choice == "refund":
            line = await tx.row(
                "SELECT quantity, canceled FROM order_line WHERE order_id = $1 AND line = $2",
                command.order,
                command.line,
            )
            assert line is not None
            missing = max(-(-n["unsourced"] * line["quantity"] // n["quantity"]) for n in needs)
            await cancel_order(
                tx, CancelOrder(new_id(), command.order, "short", (LineQuantity(command.line, missing),)), actor, now
            )
        else:
            await self._retry(tx, command, order["number"], home, needs, now)
        await tx.run(
            "UPDATE exception SET resolved_at = $3, resolved_by = $4, resolution = $5 WHERE order_id = $1 AND kind = 'short_choice'"
            " AND (body->>'line')::int = $2 AND resolved_at IS NULL",
            command.order, command.line, now, actor.who, command.choice,
        )  # fmt: skip
        await keep_progress(tx, command.order)
        tx.tell(Event("order.short_decided", command.order, {"line": command.line, "choice": command.choice}, home))
        return ShortResolved(command.order, command.choice, units)

    async def _retry(
        self, tx: Tx, command: ResolveShort, number: str, home: str | None, needs: list[dict[str, int]], now: datetime
    ) -> None:
        location = command.location or home
        at = self.outlook.index.get(location) if location else None
        if location is None or at is None:
            raise Conflict("unknown_location", location=location)
        place = self.outlook.places[at]
        method = await tx.value(
            "SELECT method FROM order_line WHERE order_id = $1 AND line = $2", command.order, command.line
        )
        levels = await stock_sql.lock(tx, [(str(n["sku"]), location) for n in needs])
        rows, movements, lines = [], [], []
        work = new_id()
        for i, need in enumerate(needs, 1):
            level = levels.get((str(need["sku"]), location))
            if level is None:
                raise promise.Shortage(sku=need["sku"], location=location, wanted=need["unsourced"], available=0)
            # The shelf was counted or the goods were found: a person answers for it, so the pause after the short does not bind.
            taken = promise.reserve(msgspec.structs.replace(level, no_promise_until=None), need["unsourced"], now)
            rows.append(
                (
                    location,
                    need["sku"],
                    command.order,
                    need["line"],
                    need["part"],
                    need["unsourced"],
                    taken.available_when_promised,
                    None,
                    now,
                )
            )
            movements.append(
                Movement(
                    str(need["sku"]),
                    location,
                    Fact.RESERVE,
                    reserved=need["unsourced"],
                    order_id=command.order,
                    work=work,
                )
            )
            lines.append(
                (
                    work,
                    location,
                    i,
                    command.order,
                    need["line"],
                    need["part"],
                    need["sku"],
                    need["unsourced"],
                    need["unsourced"],
                )
            )
        await stock_sql.insert_reservations(tx, rows)
        await stock_sql.post(tx, movements)
        promised = ready_by(
            place.windows,
            place.lead_minutes,
            self.outlook.queue[at],
            place.capacity_per_hour,
            now,
            place.paused_until,
            place.paces,
        )
        await work_sql.WORKS.insert(
            tx,
            [
                (
                    work,
                    location,
                    command.order,
                    number,
                    method,
                    "open",
                    promised,
                    sum(n["unsourced"] for n in needs),
                    now,
                )
            ],
        )
        await work_sql.WORK_LINES.insert(tx, lines)
        await sql.move_units(
            tx, command.order, [(n["line"], n["part"], -n["unsourced"], 0, n["unsourced"], 0) for n in needs]
        )
        tx.touched.add(location)

"""A person accepts what held the order; when nothing holds it any more, its work is given to the stores. And the reverse."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from comptoir.flows.bring_to_store import end_carried
from comptoir.flows.give_work import bring, give_work
from comptoir.flows.keep_progress import keep_progress
from comptoir.flows.source_again import ask_person
from comptoir.flows.source_units import source
from comptoir.fulfillment import sql as work_sql
from comptoir.fulfillment.allowed import GONE, may_wait
from comptoir.fulfillment.model import Work
from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.kit.errors import Conflict
from comptoir.orders import sql
from comptoir.orders.model import HoldReason, PlaceHold, Progress, ReleaseHold
from comptoir.sourcing.model import Need
from comptoir.sourcing.outlook import Outlook
from comptoir.sourcing.sql import tried


class HoldReleased(msgspec.Struct, frozen=True):
    """What still holds the order, if anything; the works it was given if nothing does; units that no place has."""

    order: UUID
    progress: Progress
    held: tuple[str, ...]
    works: tuple[UUID, ...]
    unsourced: int


class ReleaseHoldFlow:
    """Needs the outlook to rank places for what is not reserved yet."""

    def __init__(self, outlook: Outlook) -> None:
        self.outlook = outlook

    async def __call__(self, tx: Tx, command: ReleaseHold, actor: Actor, now: datetime) -> HoldReleased:
        """Release one hold; Conflict `not_held` when it does not hold the order, `unknown_items_left` until lines are mapped."""
        await sql.lock(tx, command.order, actor.locations)
        if command.reason == "unknown_item" and await tx.value(UNKNOWN_LEFT, command.order):
            raise Conflict("unknown_items_left")
        if not await sql.release_hold(tx, command.order, command.reason, actor.who, command.note, now):
            raise Conflict("not_held", reason=command.reason)
        return await self.go_on(tx, command.order, now)

    async def go_on(self, tx: Tx, order: UUID, now: datetime, told: str = "order.released") -> HoldReleased:
        """Give out the work of an order that nothing holds, and tell it; the order's row is locked."""
        held = await sql.open_holds(tx, order)
        works: list[UUID] = []
        if not held:
            works = await self._give_work(tx, order, now)
            tx.tell(Event(told, order, {"works": works}))
            await self._say_what_is_missing(tx, order)
        progress = await keep_progress(tx, order)
        unsourced = await tx.value(
            "SELECT coalesce(sum(unsourced), 0)::int FROM requirement WHERE order_id = $1", order
        )
        return HoldReleased(order, progress, tuple(held), tuple(works), unsourced)

    async def _say_what_is_missing(self, tx: Tx, order: UUID) -> None:
        """Units that no place has are somebody's to decide about; nothing lies unsourced without being on a list."""
        for row in await tx.rows(UNSAID, order):
            place = row["location"] or next((one.id for one in self.outlook.places if one.ship), None)
            if place is not None:
                await ask_person(tx, order, place, row["line"], row["sku"], row["unsourced"], "released")

    async def _give_work(self, tx: Tx, order: UUID, now: datetime) -> list[UUID]:
        needs = [n for n in await sql.requirements(tx, order) if n["held"]]
        lines = {
            row["line"]: row
            for row in await tx.rows("SELECT line, method, location FROM order_line WHERE order_id = $1", order)
        }
        reserved = await tx.rows(RESERVED_OF_HELD, order)
        shares: list[tuple[int, int, str, str, int]] = [tuple(row) for row in reserved]
        missing = []
        for need in needs:
            have = sum(s[4] for s in shares if (s[0], s[1]) == (need["line"], need["part"]))
            if have < need["held"]:
                line = lines[need["line"]]
                missing.append(
                    Need(
                        need["line"],
                        need["part"],
                        need["sku"],
                        need["held"] - have,
                        line["location"] if line["method"] == "pickup" else None,
                    )
                )
        shares += await self._reserve(tx, order, missing, now)
        got: dict[tuple[int, int], int] = {}
        by_place: dict[tuple[str, str], list[tuple[int, int, str, str, int]]] = {}
        for share in shares:
            got[share[0], share[1]] = got.get((share[0], share[1]), 0) + share[4]
            by_place.setdefault((share[3], lines[share[0]]["method"]), []).append(share)
        await sql.move_units(tx, order, [
            (n["line"], n["part"], n["held"] - got.get((n["line"], n["part"]), 0), -n["held"], got.get((n["line"], n["part"]), 0), 0) for n in needs])  # fmt: skip
        await tx.run("UPDATE reservation SET soft_until = NULL WHERE order_id = $1 AND soft_until IS NOT NULL", order)
        return await self._works(tx, order, by_place, now)

    async def _reserve(
        self, tx: Tx, order: UUID, missing: list[Need], now: datetime
    ) -> list[tuple[int, int, str, str, int]]:
        """Reserve on exact, locked figures what was not reserved when the order came in."""
        if not missing:
            return []
        found = await source(tx, self.outlook, order, missing, now, "released", await tried(tx, order))
        return [(s.line, s.part, s.sku, s.place, s.quantity) for s in found.plan.shares]

    async def _works(
        self, tx: Tx, order: UUID, by_place: dict[tuple[str, str], list[tuple[int, int, str, str, int]]], now: datetime
    ) -> list[UUID]:
        number = await tx.value("SELECT number FROM sales_order WHERE id = $1", order)
        chosen = {row[0]: row[1] for row in await tx.rows(CHOSEN_STORES, order)}
        made = []
        for (location, method), shares in by_place.items():
            by_store: dict[str | None, list[tuple[int, int, str, str, int]]] = {}
            for share in shares:
                store = chosen.get(share[0])
                by_store.setdefault(store if store != location else None, []).append(share)
            for store, some in by_store.items():
                made.append(await give_work(tx, self.outlook, order, number, location, method, some, now))
                if store is not None:
                    await bring(tx, self.outlook, made[-1], store, now)
        return made


# What is reserved for units that no work has been given yet; a promise kept by work that goes on is that work's.
RESERVED_OF_HELD = """
SELECT r.line, r.part, r.sku, r.location, (r.units - coalesce(w.units, 0))::int AS units
FROM (SELECT line, part, sku, location, sum(quantity - released) AS units FROM reservation WHERE order_id = $1 GROUP BY 1, 2, 3, 4) r
LEFT JOIN (SELECT order_line, part, location, sum(quantity - shorted - canceled) AS units FROM work_line WHERE order_id = $1 GROUP BY 1, 2, 3) w
  ON w.order_line = r.line AND w.part = r.part AND w.location = r.location
WHERE r.units > coalesce(w.units, 0) ORDER BY r.line, r.part, r.location
"""
CHOSEN_STORES = (
    "SELECT line, location FROM order_line WHERE order_id = $1 AND method = 'pickup' AND location IS NOT NULL"
)
UNSAID = """
SELECT r.line, r.sku, r.unsourced, coalesce(l.location, (SELECT w.location FROM work w WHERE w.order_id = r.order_id ORDER BY w.created_at, w.id LIMIT 1)) AS location
FROM requirement r JOIN order_line l ON l.order_id = r.order_id AND l.line = r.line WHERE r.order_id = $1 AND r.unsourced > 0
  AND NOT EXISTS (SELECT FROM exception e WHERE e.order_id = r.order_id AND e.kind = 'short_choice' AND e.resolved_at IS NULL AND (e.body->>'line')::int = r.line)
ORDER BY r.line, r.part
"""
UNKNOWN_LEFT = "SELECT true FROM order_line l WHERE l.order_id = $1 AND l.canceled < l.quantity AND NOT EXISTS (SELECT FROM requirement r WHERE r.order_id = l.order_id AND r.line = l.line) LIMIT 1"


async def place_hold(tx: Tx, command: PlaceHold, actor: Actor, now: datetime) -> HoldReleased:
    """Hold an order whose work nobody has started: its units stay reserved, the stores see no work."""
    await sql.lock(tx, command.order, actor.locations)
    works = await work_sql.lock_of_order(tx, command.order, None)
    if not may_wait((work.kind, work.status) for work in works):
        raise Conflict("already_started")
    await _take_back(tx, command.order, works)
    reason: HoldReason = "manual" if command.reason is msgspec.UNSET else command.reason
    await sql.insert_hold(tx, command.order, reason, command.note, actor.who, now)
    tx.tell(Event("order.held", command.order, {"reason": reason}))
    progress = await keep_progress(tx, command.order)
    return HoldReleased(command.order, progress, (reason,), (), 0)


async def hold_for_payment(tx: Tx, order: UUID, actor: Actor, until: datetime, now: datetime) -> bool:
    """Keep the order's units until it is paid, where nobody has begun with them; False where somebody has. The order is locked."""
    if "payment" in await sql.open_holds(tx, order):
        await sql.extend_hold(tx, order, "payment", until)
        return True
    works = await work_sql.lock_of_order(tx, order, None)
    if any(work.status not in GONE for work in works):
        if not may_wait((work.kind, work.status) for work in works):
            return False
        await _take_back(tx, order, works)
    await sql.insert_hold(tx, order, "payment", "authorization gone", actor.who, now)
    await sql.extend_hold(tx, order, "payment", until)
    tx.tell(Event("order.held", order, {"reason": "payment"}))
    await keep_progress(tx, order)
    return True


async def _take_back(tx: Tx, order: UUID, works: Sequence[Work]) -> None:
    """Work that nobody has begun is given to nobody; its units stay reserved for the order."""
    live = [work for work in works if work.status not in GONE]
    needs = {(n["line"], n["part"]): n["at_work"] for n in await sql.requirements(tx, order)}
    # Work that was canceled stays on file: its put-backs and bags still speak of it.
    given = [work.id for work in live]
    for work in live:
        if work.kind == "transfer":
            await end_carried(tx, work)
    await tx.run("DELETE FROM work_line WHERE work = ANY($1::uuid[])", given)
    await tx.run("DELETE FROM work WHERE id = ANY($1::uuid[])", given)
    await sql.move_units(tx, order, [(line, part, 0, units, -units, 0) for (line, part), units in needs.items()])
    tx.touched.update(w.location for w in works)

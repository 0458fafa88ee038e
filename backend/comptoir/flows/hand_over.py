"""The customer leaves with the goods, refuses some of them, or brings all of it back within two minutes."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from comptoir.catalog.queries import find_cautions
from comptoir.flows.given_lines import forget_lines, give_lines, shares_of
from comptoir.flows.keep_progress import keep_progress
from comptoir.flows.move_work import moved_on
from comptoir.flows.regain import Regained, find_aside, regain
from comptoir.flows.undo_try_on import undo_try_on
from comptoir.flows.unpaid import unpaid_minor
from comptoir.fulfillment import handover, sql
from comptoir.fulfillment.handover import UNDO_FOR, Cautions, Given, Leaving, Proof
from comptoir.fulfillment.lifecycles import Status
from comptoir.fulfillment.model import HandOver, Moved, Outcome, UndoHandOver, Work
from comptoir.kit import outbox
from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.kit.errors import Conflict, NotFound
from comptoir.kit.ids import Seal, digest, same
from comptoir.orders import sql as orders_sql
from comptoir.orders.canceling import share_of
from comptoir.payments import sql as payments_sql
from comptoir.returns import rma_sql as returns_sql
from comptoir.stock import sql as stock_sql
from comptoir.stock.model import hand_over_undone, handed_over


class HandedOver(msgspec.Struct, frozen=True):
    """Evidence of a hand-over, and until when it can be undone."""

    id: UUID
    order: UUID
    works: tuple[UUID, ...]
    undo_until: datetime


class HandOverFlow:
    """Needs the seal to check a pass's letters."""

    def __init__(self, seal: Seal) -> None:
        self.seal = seal

    async def request(self, tx: Tx, command: "RequestHandOver", actor: Actor, now: datetime) -> HandedOver:
        """Asked for by a person or the API: refused when it is not in order. Conflict `payment_gone` for what nobody pays any more,
        unless somebody says why it leaves all the same: then a manager hears of it."""
        asked = command.hand_over
        works = await self._lock(tx, asked, actor)
        bags = await sql.bags_of(tx, [w.id for w in works])
        proof = await self._proof(tx, asked, works)
        leaving = handover.hand_over(works, bags, asked, proof, await cautions_of(tx, works))
        due = await unpaid_minor(tx.connection, asked.order, now)
        if due and not asked.override_reason:
            raise Conflict("payment_gone", due_minor=due)
        if due:
            said = {"who": actor.who, "at": now, "why": asked.override_reason, "due_minor": due}
            await sql.insert_exception(
                tx,
                works[0].location,
                "handed_over_unpaid",
                "store_manager",
                order=asked.order,
                work=works[0].id,
                body=said,
            )
        return await leave(tx, command.id, asked, leaving, proof, actor, now)

    async def reported(self, tx: Tx, report: HandOver, actor: Actor, at: datetime, event: UUID) -> Outcome:
        """Told by a device: hands have done it. What is not in order becomes a manager's exception.

        A device that had no network tells late, and is judged at its own time `at`: goods that were canceled meanwhile have
        left all the same, and nobody has to put them back.
        """
        works = await self._lock(tx, report, actor)
        bags = await sql.bags_of(tx, [w.id for w in works])
        proof = await self._proof(tx, report, works)
        cautions = await cautions_of(tx, works)
        aside = await find_aside(tx, works)
        leaving = handover.hand_over_reported(works, bags, report, proof, cautions, aside, at)
        if leaving.works and await unpaid_minor(tx.connection, report.order, at):
            leaving = msgspec.structs.replace(leaving, problems=(*leaving.problems, "handed_over_unpaid"))
        first = works[0]
        effect: dict[str, Any] = {"kind": "hand_over", "work": first.id}
        said = {
            "bags": report.bags, "who": actor.who, "at": at, "event": event, "device": actor.device, "proof": proof.kind,
            "offline": report.offline, "checked": report.checked, "goods": goods_of(works, leaving),
        }  # fmt: skip
        effect["exceptions"] = [
            await sql.insert_exception(
                tx, first.location, problem, "store_manager", order=report.order, work=first.id, body=said
            )
            for problem in leaving.problems
        ]
        regained = await regain(tx, works, leaving.gone, at)
        if regained:
            # They are staged again, as they were when they left.
            works = await self._lock(tx, report, actor)
            effect["regained"] = regained
            leaving = left_again(works, leaving, regained, report)
        facts: dict[str, object] = {}
        if leaving.works:
            done = await leave(tx, event, report, leaving, proof, actor, at)
            facts = {"hand_over": done.id, "undo_until": done.undo_until}
        outcome: Literal["applied", "applied_with_exception"] = (
            "applied_with_exception" if leaving.problems else "applied"
        )
        problem = leaving.problems[0] if leaving.problems else None
        return Outcome(outcome, problem, first.id, facts, effect | facts)

    async def _lock(self, tx: Tx, asked: HandOver, actor: Actor) -> list[Work]:
        await orders_sql.lock(tx, asked.order)
        works = await sql.lock(tx, asked.works, actor.locations)
        if any(work.order_id != asked.order for work in works):
            raise NotFound("work_not_found")
        return works

    async def _proof(self, tx: Tx, asked: HandOver, works: Sequence[Work]) -> Proof:
        row = await tx.row(
            "SELECT qr_hash, letters_hash FROM pickup_pass WHERE order_id = $1 AND location = $2",
            asked.order,
            works[0].location,
        )
        if row and asked.pass_ and same(digest(asked.pass_.removeprefix("P1:").upper()), row["qr_hash"]):
            return Proof("pass")
        if row and asked.letters:
            letters = "".join(asked.letters.split()).upper()
            if same(self.seal.keyed_digest("letters", works[0].location, letters), row["letters_hash"]):
                return Proof("letters")
        if asked.identity_checked:
            return Proof("identity")
        return Proof("override" if asked.override_reason else None)


class RequestHandOver(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: UUID
    hand_over: HandOver


def goods_of(works: Sequence[Work], leaving: Leaving) -> list[dict[str, Any]]:
    """What a manager looks for: the units that left, or, where nothing could leave any more, what the works were for."""
    left = [{"sku": g.sku, "units": g.handed} for g in leaving.given if g.handed]
    left += [{"sku": units.sku, "units": units.units} for units in leaving.gone]
    return left or [{"sku": line.sku, "units": line.quantity} for work in works for line in work.lines]


def left_again(works: Sequence[Work], leaving: Leaving, regained: Sequence[Regained], report: HandOver) -> Leaving:
    """What leaves once canceled units are staged again: those, whatever was staged before, and nothing refused among them."""
    ids = {work.id for work in leaving.works} | {units.work for units in regained}
    staged = [work for work in works if work.id in ids]
    ended = {units.work for units in regained if units.ended != Status.STAGED}
    # What was refused of work that had ended stays where it was: to be put back.
    refused = tuple(r for r in report.refused if r.work not in ended)
    return Leaving(
        handover.given(staged, msgspec.structs.replace(report, refused=refused)), tuple(staged), leaving.problems
    )


async def cautions_of(tx: Tx, works: Sequence[Work]) -> Cautions:
    """Ages to check and recalls among the articles of these works."""
    return Cautions(*await find_cautions(tx.connection, [line.sku for work in works for line in work.lines]))


async def leave(
    tx: Tx, made: UUID, asked: HandOver, leaving: Leaving, proof: Proof, actor: Actor, at: datetime
) -> HandedOver:
    """Write the hand-over: units, stock, evidence, refused goods, what is due in two minutes."""
    location = leaving.works[0].location
    ids = tuple(work.id for work in leaving.works)
    await tx.run(
        "INSERT INTO hand_over (id, order_id, location, works, who, device, at, recorded_at, proof, collector, identity_checked, age_checked, override_reason, offline)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        made, asked.order, location, list(ids), actor.who, actor.device, at, tx.now, proof.kind or "override", asked.collector or None,
        asked.identity_checked, asked.age_checked, asked.override_reason or None, asked.offline,
    )  # fmt: skip
    movements = []
    for given in leaving.given:
        await sql.move_units(
            tx,
            given.work,
            [
                m
                for m in (
                    Moved(given.line, "staged", "handed_over", given.handed),
                    Moved(given.line, "staged", "canceled", given.refused),
                )
                if m.units
            ],
        )
        await tx.run(
            "INSERT INTO hand_over_line (hand_over, work, line, location, sku, quantity, refused, refuse_reason) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            made, given.work, given.line, location, given.sku, given.handed + given.refused, given.refused, given.reason or None,
        )  # fmt: skip
        if given.handed:
            movements.append(
                handed_over(given.sku, location, given.handed, order_id=asked.order, work=given.work, happened_at=at)
            )
        if given.refused:
            await orders_sql.move_units(
                tx, asked.order, [(given.order_line, given.part, 0, 0, -given.refused, given.refused)]
            )
            await stock_sql.release_reservations(tx, asked.order, given.order_line, given.part, location, given.refused)
            await sql.insert_put_back(
                tx,
                location,
                given.sku,
                given.refused,
                "refused_at_counter",
                promised=True,
                order=asked.order,
                work=given.work,
                line=given.line,
                cause=made,
            )
    await stock_sql.post(tx, movements)
    for work in leaving.works:
        everything_refused = not any(g.handed for g in leaving.given if g.work == work.id)
        await moved_on(tx, work, Status.CANCELED if everything_refused else Status.HANDED_OVER)
    await tx.run("UPDATE bag SET gone_at = $2 WHERE work = ANY($1::uuid[]) AND gone_at IS NULL", list(ids), at)
    await tx.run(
        "UPDATE arrival SET done_at = $3 WHERE order_id = $1 AND location = $2 AND done_at IS NULL",
        asked.order,
        location,
        at,
    )
    await money(tx, asked.order, leaving.given, made, at)
    tx.tell(
        Event(
            "fulfillment.handed_over",
            asked.order,
            {"hand_over": made, "works": ids, "refused": any(g.refused for g in leaving.given)},
            location,
            ids[0],
        ),
        Event(
            "fulfillment.hand_over_settled",
            asked.order,
            {"hand_over": made},
            location,
            ids[0],
            due_at=handover.settles_at(at, tx.now),
        ),
    )
    await keep_progress(tx, asked.order)
    return HandedOver(made, asked.order, ids, at + UNDO_FOR)


async def money(tx: Tx, order: UUID, given: Sequence[Given], cause: UUID, at: datetime) -> None:
    """Intend what is owed once the two minutes are over: capture what was only authorized, refund what was refused.

    The delivery's fee is captured with the first goods that go.
    """
    shares = await shares_of(tx, order)
    needs = {(n["line"], n["part"]): n for n in await orders_sql.requirements(tx, order)}
    refused: Counter[tuple[int, int]] = Counter()
    left: Counter[tuple[int, int]] = Counter()
    for one in given:
        refused[one.order_line, one.part] += one.refused
        left[one.order_line, one.part] += one.handed
    due = handover.settles_at(at, tx.now)
    handed = sum(shares[of] * units // needs[of]["quantity"] for of, units in left.items() if of in needs)
    row = await tx.row(_TO_CAPTURE, order)
    if row is not None and row["authorized"]:
        fee = 0 if not handed or await payments_sql.has_capture(tx, order) else row["shipping_minor"]
        # Part of an order may be paid already: with what came back of another one.
        wanted = min(handed + fee, row["authorized"] - row["taking"])
        await payments_sql.intend(tx, order, "capture", wanted, "handed_over", row["channel"], due, cause)
    worth: Counter[int] = Counter()
    count: Counter[int] = Counter()
    for of, units in refused.items():
        if units and (need := needs.get(of)):
            worth[of[0]] += share_of(shares[of], need["quantity"], need["canceled"] - units, units)
            count[of[0]] += units
    if worth:
        await give_lines(tx, order, worth, count, "refused_at_counter", cause, due)


_TO_CAPTURE = """
SELECT s.channel, s.shipping_minor + CASE WHEN s.total_minor = s.goods_minor - s.discount_minor + s.shipping_minor THEN 0
    ELSE greatest(0, s.vat_minor - (SELECT sum(l.vat_minor) FROM order_line l WHERE l.order_id = s.id)) END AS shipping_minor,
  (SELECT coalesce(sum(p.amount_minor), 0) FROM payment p WHERE p.order_id = s.id AND p.state = 'authorized')::bigint AS authorized,
  (SELECT coalesce(sum(i.amount_minor), 0) FROM payment_intention i WHERE i.order_id = s.id AND i.kind = 'capture' AND i.state NOT IN ('withdrawn', 'confirmed'))::bigint AS taking
FROM sales_order s WHERE s.id = $1
"""

# A tag that another bag carries by now, and a customer who has come again since, stay as they are.
_BAGS_BACK = (
    "UPDATE bag b SET gone_at = NULL WHERE b.work = ANY($1::uuid[]) AND b.gone_at = $2"
    " AND NOT EXISTS (SELECT FROM bag o WHERE o.location = b.location AND o.tag = b.tag AND o.gone_at IS NULL)"
)
_ARRIVAL_BACK = (
    "UPDATE arrival a SET done_at = NULL WHERE a.order_id = $1 AND a.location = $2 AND a.done_at = $3"
    " AND NOT EXISTS (SELECT FROM arrival o WHERE o.order_id = $1 AND o.location = $2 AND o.done_at IS NULL)"
)


async def undo_hand_over(tx: Tx, command: UndoHandOver, actor: Actor, now: datetime) -> HandedOver:
    """Everything stands as before: stock, bags, state, the waiting customer; what was due in two minutes is withdrawn."""
    row = await tx.row(
        "SELECT * FROM hand_over WHERE id = $1 AND ($2::text[] IS NULL OR location = ANY($2))",
        command.hand_over,
        actor.locations,
    )
    if row is None:
        raise NotFound("hand_over_not_found")
    order, location, at = row["order_id"], row["location"], row["at"]
    await orders_sql.lock(tx, order)
    works = await sql.lock(tx, row["works"], actor.locations)
    if await tx.value("SELECT undone_at IS NOT NULL FROM hand_over WHERE id = $1 FOR NO KEY UPDATE", command.hand_over):
        raise Conflict("already_undone")
    handover.undo(works, at, now)
    if await returns_sql.came_back(tx, order, but=command.hand_over):
        raise Conflict("already_returned")
    await undo_try_on(tx, command.hand_over, now)
    lines = await tx.rows(
        "SELECT work, line, sku, quantity, refused FROM hand_over_line WHERE hand_over = $1 ORDER BY work, line",
        command.hand_over,
    )
    by_work = {work.id: work for work in works}
    # Locked: goods that somebody puts back at this very moment are on their shelf or in hand, never both.
    refused_goods = await tx.rows(
        "SELECT done FROM put_back WHERE cause = $1 ORDER BY id FOR NO KEY UPDATE", command.hand_over
    )
    if any(row["done"] for row in refused_goods):
        raise Conflict("refused_goods_put_back")
    movements = []
    for line in lines:
        handed = line["quantity"] - line["refused"]
        at_work = by_work[line["work"]].line(line["line"])
        assert at_work is not None
        await sql.move_units(
            tx,
            line["work"],
            [
                m
                for m in (
                    Moved(line["line"], "handed_over", "staged", handed),
                    Moved(line["line"], "canceled", "staged", line["refused"]),
                )
                if m.units
            ],
        )
        if handed:
            movements.append(
                hand_over_undone(line["sku"], location, handed, order_id=order, work=line["work"], happened_at=now)
            )
        if line["refused"]:
            await orders_sql.move_units(
                tx, order, [(at_work.order_line, at_work.part, 0, 0, line["refused"], -line["refused"])]
            )
            await stock_sql.renew_reservations(tx, order, at_work.order_line, at_work.part, location, line["refused"])
    await stock_sql.post(tx, movements)
    for work in works:
        await sql.advance(tx, work.id, Status.STAGED)
    await tx.run("UPDATE work SET handed_over_at = NULL WHERE id = ANY($1::uuid[])", list(row["works"]))
    await tx.run(_BAGS_BACK, list(row["works"]), at)
    await tx.run(_ARRIVAL_BACK, order, location, at)
    await tx.run("UPDATE put_back SET withdrawn_at = $2 WHERE cause = $1", command.hand_over, now)
    await tx.run(
        "UPDATE hand_over SET undone_at = $2, undone_by = $3, undo_reason = $4 WHERE id = $1",
        command.hand_over,
        now,
        actor.who,
        command.reason,
    )
    await forget_lines(tx, order, command.hand_over)
    settled = [
        r[0] for r in await tx.rows(
            "SELECT seq FROM event WHERE stream = $1 AND kind = 'fulfillment.hand_over_settled' AND body->>'hand_over' = $2", order, str(command.hand_over))
    ]  # fmt: skip
    await outbox.withdraw(tx, order, settled)
    tx.tell(Event("fulfillment.hand_over_undone", order, {"hand_over": command.hand_over}, location, works[0].id))
    await keep_progress(tx, order)
    return HandedOver(command.hand_over, order, tuple(row["works"]), at + UNDO_FOR)

"""The bag is on its shelf: the customer can be told, because the server has it as staged."""

from datetime import datetime
from typing import Any

from comptoir.flows.become_ready import UNDO_FOR
from comptoir.flows.keep_progress import keep_progress
from comptoir.flows.move_work import locked_work, moved_on
from comptoir.fulfillment import passes, sql, staging
from comptoir.fulfillment.model import Outcome, Stage, Work
from comptoir.kit import outbox
from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.kit.ids import Seal


async def undo_stage(tx: Tx, effect: dict[str, Any], actor: Actor, at: datetime) -> Outcome:
    """The bag is in hand again: its tag is free, and a message that has not left yet does not leave."""
    if "bag" not in effect:
        # The bag had only made a case for the manager: it is in hand again, and the case is closed.
        if effect.get("exception"):
            await sql.close_exception(tx, effect["exception"], "undone")
        return Outcome("applied")
    work = await locked_work(tx, effect["work"], actor)
    bags = await sql.bags_of(tx, [work.id])
    handled = staging.undo_stage(work, sum(bag.tag != effect["bag"] for bag in bags))
    if handled.problem:
        await sql.insert_exception(
            tx, work.location, handled.problem, "store_manager", order=work.order_id, work=work.id,
            body={"bag": effect["bag"], "who": actor.who, "at": at},
        )  # fmt: skip
        return Outcome("applied_with_exception", handled.problem, work.id)
    await tx.run("DELETE FROM bag WHERE work = $1 AND tag = $2 AND gone_at IS NULL", work.id, effect["bag"])
    await sql.move_units(tx, work.id, handled.moved)
    if handled.moved:
        await outbox.withdraw(tx, work.order_id, await told_as_staged(tx, work))
        await tx.run(
            "UPDATE work SET collect_until = NULL, rescue_until = NULL, staged_at = NULL WHERE id = $1", work.id
        )
        tx.tell(Event("fulfillment.unstaged", work.order_id, {}, work.location, work.id))
    await moved_on(tx, work, handled.status, at)
    await keep_progress(tx, work.order_id)
    return Outcome("applied", None, work.id)


async def carry_back(tx: Tx, work: Work, tag: str) -> bool:
    """The order ended while its goods were put into this bag: they are put-back work, which now names the bag. Whether there is any."""
    done = await tx.run(
        "UPDATE put_back SET bag = $2 WHERE work = $1 AND done < quantity AND withdrawn_at IS NULL", work.id, tag
    )
    tx.touched.add(work.location)
    return done != "UPDATE 0"


async def told_as_staged(tx: Tx, work: Work) -> list[int]:
    """The events that say this work is ready and still stand."""
    rows = await tx.rows(
        "SELECT seq FROM event WHERE stream = $1 AND work = $2 AND kind = 'fulfillment.staged' AND withdrawn_at IS NULL",
        work.order_id,
        work.id,
    )
    return [row[0] for row in rows]


class StageReported:
    """Needs the seal for the pass."""

    def __init__(self, seal: Seal) -> None:
        self.seal = seal

    async def __call__(self, tx: Tx, report: Stage, actor: Actor, at: datetime) -> Outcome:
        """Tie the bag to the work and its place; everything picked is staged, and ready once nothing is left to find."""
        work = await locked_work(tx, report.work, actor)
        handled = staging.stage_reported(work)
        tag, place = report.bag.removeprefix("B:"), report.place.removeprefix("L:")
        problem = handled.problem
        if problem is None and await sql.put_bag(tx, work.id, work.location, tag, place, at) == "in_use":
            problem = "bag_in_use"
        if problem == "ended_meanwhile" and await carry_back(tx, work, tag):
            return Outcome("applied_with_exception", problem, work.id, effect={"kind": "stage"})
        if problem:
            exception = await sql.insert_exception(
                tx,
                work.location,
                problem,
                "store_manager",
                order=work.order_id,
                work=work.id,
                body={"bag": tag, "place": place, "who": actor.who, "at": at},
            )
            return Outcome("applied_with_exception", problem, work.id, effect={"kind": "stage", "exception": exception})
        await sql.move_units(tx, work.id, handled.moved)
        if handled.moved:
            await self._pass(tx, work)
            if handled.status is None:
                tx.tell(
                    Event("fulfillment.staged", work.order_id, {"part": True}, work.location, work.id, at + UNDO_FOR)
                )
        await moved_on(tx, work, handled.status, at)
        await keep_progress(tx, work.order_id)
        return Outcome("applied", None, work.id, effect={"kind": "stage", "work": work.id, "bag": tag})

    async def _pass(self, tx: Tx, work: Work) -> None:
        """One pass per (order, store); it opens all of the customer's staged work there."""
        qr_hash, letters_hash = passes.hashes(self.seal, work.order_id, work.location, 0)
        await tx.run(
            "INSERT INTO pickup_pass (order_id, location, generation, qr_hash, letters_hash, made_at) VALUES ($1, $2, 0, $3, $4, $5) ON CONFLICT DO NOTHING",
            work.order_id, work.location, qr_hash, letters_hash, tx.now,
        )  # fmt: skip

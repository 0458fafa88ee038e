"""The bag is on its shelf: the customer can be told, because the server has it as staged."""

from datetime import datetime

from comptoir.flows.keep_progress import keep_progress
from comptoir.flows.move_work import locked_work, moved_on
from comptoir.fulfillment import passes, sql, staging
from comptoir.fulfillment.model import Outcome, Stage, Work
from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.kit.ids import Seal


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
        if problem:
            exception = await sql.insert_exception(
                tx, work.location, problem, "store_manager", order=work.order_id, work=work.id, body={"bag": tag, "place": place}
            )
            return Outcome("applied_with_exception", problem, work.id, effect={"kind": "stage", "exception": exception})
        await sql.move_units(tx, work.id, handled.moved)
        if handled.moved:
            await self._pass(tx, work)
            if handled.status is None:
                tx.tell(Event("fulfillment.staged", work.order_id, {"part": True}, work.location, work.id))
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

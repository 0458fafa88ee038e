"""What a device tells of counting: figures, and things that lie where nobody looked for them. Conflicts are the manager's cases."""

from datetime import datetime, timedelta
from uuid import UUID

from comptoir.flows.count_stock import submit_count_reported
from comptoir.flows.tell_misfit import article_of
from comptoir.fulfillment import sql as work_sql
from comptoir.fulfillment.model import Count, CountFound, Outcome
from comptoir.kit.actor import Actor
from comptoir.kit.db import Tx
from comptoir.stock import counting_sql, shelf_sql
from comptoir.stock.counting import CountStatus, SubmitCount


async def count_reported(tx: Tx, report: Count, actor: Actor, at: datetime, event: UUID) -> Outcome:
    """Take a figure as it was counted. Exception `count_by_another`, `counted_meanwhile`, `shelf_of_another`: it is on file and moves nothing."""
    at -= timedelta(seconds=report.ago)
    command = SubmitCount(event, report.count, report.quantity, at, report.parts, report.seconds)
    count, problem = await submit_count_reported(tx, command, actor, tx.now)
    tx.touched.add(count.location)
    effect = {"status": count.status}
    if problem is None:
        # Whoever counted learns that a colleague counts it again, and never by how much it differs.
        facts = {"count": str(report.count), "again": count.status is CountStatus.RECOUNT}
        return Outcome("applied", None, None, facts, effect)
    shelf = await shelf_sql.shelf_of(tx, count.id) if problem == "shelf_of_another" else None
    if shelf is None or not await shelf_sql.case_open(tx, shelf):
        await work_sql.insert_exception(
            tx, count.location, problem, "store_manager", sku=count.sku, quantity=report.quantity,
            body={"count": count.id, "who": actor.who, "at": at, **({"shelf": shelf} if shelf else {})},
        )  # fmt: skip
    return Outcome("applied_with_exception", problem, None, {"count": str(report.count)}, effect)


async def found_reported(tx: Tx, report: CountFound, actor: Actor, at: datetime) -> Outcome:
    """Something that nobody looked for: an article is asked to be counted here, a code that nobody knows is the manager's case."""
    location = (actor.locations or ("",))[0]
    sku = await article_of(tx, report.code)
    tx.touched.add(location)
    if sku is not None:
        for each in await counting_sql.counted_as(tx, sku):
            await counting_sql.ask(tx, location, each, "found_elsewhere", actor.who, tx.now)
        name = await tx.value("SELECT trim(name || ' ' || deciding) FROM sku WHERE sku = $1", sku)
        return Outcome("applied", None, None, {"name": name})
    await work_sql.insert_exception(
        tx, location, "unknown_in_count", "store_manager", sku=report.near,
        body={"code": report.code[:80], "who": actor.who, "at": at},
    )  # fmt: skip
    return Outcome("applied_with_exception", "unknown_in_count")

"""Writes of simulations: asked, claimed one at a time, told how far they are, ended."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from comptoir.kit.db import Connection, Tx
from comptoir.kit.errors import Conflict, NotFound
from comptoir.sourcing.changing import StartSimulation
from comptoir.sourcing.replay import Result

KEPT: Final = timedelta(days=180)
MOST_BEGUN: Final = 3
"""A simulation that is cut short so often is what cuts it short."""


class Claimed(msgspec.Struct, frozen=True):
    """A simulation that this worker plays now."""

    id: UUID
    policy_a: int
    policy_b: int
    since: datetime
    until: datetime
    total: int


async def count_open(tx: Tx) -> int:
    """How many wait or run. Askers come in one after the other, so that none slips past the limit."""
    await tx.run("SELECT pg_advisory_xact_lock(hashtext('simulations'))")
    return int(await tx.value("SELECT count(*) FROM simulation WHERE state IN ('waiting', 'running')"))


async def insert(tx: Tx, command: StartSimulation, total: int) -> None:
    """Let it wait for its turn; what ended half a year ago is forgotten."""
    await tx.run("DELETE FROM simulation WHERE ended_at < $1", tx.now - KEPT)
    await tx.run(
        "INSERT INTO simulation (id, policy_a, policy_b, since, until, total, made_by, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        command.id, command.a, command.b, command.since, command.until, total, tx.who, tx.now,
    )  # fmt: skip


async def cancel(tx: Tx, simulation: UUID) -> None:
    """NotFound `simulation_not_found`; Conflict `simulation_over` when it is done, failed or canceled already."""
    state = await tx.value("SELECT state FROM simulation WHERE id = $1 FOR UPDATE", simulation)
    if state is None:
        raise NotFound("simulation_not_found")
    if state not in ("waiting", "running"):
        raise Conflict("simulation_over")
    await tx.run("UPDATE simulation SET state = 'canceled', ended_at = $2 WHERE id = $1", simulation, tx.now)


async def claim(tx: Tx) -> Claimed | None:
    """The oldest one that waits, or that was cut short: nobody else is at it, for the job holds the one lock. It begins anew."""
    await tx.run(
        "UPDATE simulation SET state = 'failed', reason = 'cut_short', ended_at = $1 WHERE state = 'running' AND begun >= $2",
        tx.now, MOST_BEGUN,
    )  # fmt: skip
    row = await tx.row(
        "UPDATE simulation SET state = 'running', begun = begun + 1, done = 0 WHERE id = ("
        " SELECT id FROM simulation WHERE state IN ('waiting', 'running') ORDER BY made_at, id LIMIT 1 FOR UPDATE)"
        " RETURNING id, policy_a, policy_b, since, until, total"
    )
    return Claimed(**row) if row else None


async def tell_progress(connection: Connection, simulation: UUID, done: int) -> bool:
    """How many orders are played; False when nobody wants it any more."""
    said = await connection.execute(
        "UPDATE simulation SET done = least($2, total) WHERE id = $1 AND state = 'running'", simulation, done
    )
    return bool(said == "UPDATE 1")


async def end(tx: Tx, simulation: UUID, result: Result | None, reason: str = "") -> None:
    """Done with its result, or failed for a reason; a canceled one stays canceled."""
    body = msgspec.json.encode(result).decode() if result else None
    await tx.run(
        "UPDATE simulation SET state = $2, result = $3::text::jsonb, reason = $4, done = CASE WHEN $2 = 'done' THEN total ELSE done END,"
        " ended_at = $5 WHERE id = $1 AND state = 'running'",
        simulation, "done" if result else "failed", body, reason, tx.now,
    )  # fmt: skip

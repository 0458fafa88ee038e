"""Past orders replayed under two policies: asked by head office, played by the worker one simulation after the other, never in its loop's way.

Pieces of orders are played in a thread, so deliveries and other jobs go on between them; how far it is stands in its row after each piece.
A worker that ends leaves the row as it is: the next one begins it anew.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from comptoir.flows.reading_outlook import policy_of
from comptoir.flows.reading_past import read_pieces, read_scene
from comptoir.kit import policies
from comptoir.kit.actor import SYSTEM, Actor
from comptoir.kit.db import Event, Pool, Tx, borrowed, in_transaction
from comptoir.kit.errors import Conflict, Invalid, Outage
from comptoir.kit.runner import Flow
from comptoir.sourcing import changing, simulation_sql
from comptoir.sourcing.changing import CancelSimulation, SimulationAsked, StartSimulation
from comptoir.sourcing.policy import DEFAULT, KIND, Policy
from comptoir.sourcing.replay import Replay, Result

if TYPE_CHECKING:
    from comptoir.house import House

LONGEST: Final = timedelta(minutes=4)
"""Below the time for which a job may hold its lock."""
_COUNT: Final = (
    "SELECT count(*) FROM (SELECT FROM sales_order WHERE received_at >= $1 AND received_at < $2 LIMIT $3) AS found"
)


async def start_simulation(tx: Tx, command: StartSimulation, actor: Actor, now: datetime) -> SimulationAsked:
    """Let it wait for its turn. Invalid `simulation_period`, `simulation_empty`, `simulation_too_many`; Conflict `simulations_waiting`."""
    actor.needs("head_office")
    changing.check_period(command.since, command.until, now)
    for number in (command.a, command.b):
        await find_policy(tx, number)
    orders = await tx.value(_COUNT, command.since, command.until, changing.MOST_ORDERS + 1)
    if not orders:
        raise Invalid("simulation_empty")
    if orders > changing.MOST_ORDERS:
        raise Invalid("simulation_too_many")
    if await simulation_sql.count_open(tx) >= changing.MOST_WAITING:
        raise Conflict("simulations_waiting")
    await simulation_sql.insert(tx, command, orders)
    body = {"number": command.a, "other": command.b, "orders": orders}
    tx.tell(Event("sourcing.simulation_asked", command.id, body))
    return SimulationAsked(command.id, orders)


async def cancel_simulation(tx: Tx, command: CancelSimulation, actor: Actor, now: datetime) -> SimulationAsked:
    """Stop it, now or before it begins. NotFound `simulation_not_found`; Conflict `simulation_over`."""
    actor.needs("head_office")
    await simulation_sql.cancel(tx, command.simulation)
    return SimulationAsked(command.simulation)


async def find_policy(tx: Tx, number: int) -> Policy:
    """A version, or what comes along for 0. NotFound `policy_not_found`."""
    return policy_of(await policies.find_version(tx.connection, KIND, number)) if number else DEFAULT


async def simulate(house: "House") -> bool:
    """Play the simulation whose turn it is; whether there was one. A job of the worker: what waits behind it comes in the next round."""
    now = house.clock()
    claimed = await in_transaction(house.pool, SYSTEM.who, now, simulation_sql.claim)
    if claimed is None:
        return False
    try:
        result, reason = await _play(house, claimed, now + LONGEST)
    except Outage:
        raise
    except Exception:
        await in_transaction(house.pool, SYSTEM.who, house.clock(), _ending(claimed, None, "fault"))
        raise
    if result is not None or reason:
        await in_transaction(house.pool, SYSTEM.who, house.clock(), _ending(claimed, result, reason))
    return True


def _ending(claimed: simulation_sql.Claimed, result: Result | None, reason: str) -> Callable[[Tx], Awaitable[None]]:
    return lambda tx: simulation_sql.end(tx, claimed.id, result, reason)


async def _play(house: "House", claimed: simulation_sql.Claimed, latest: datetime) -> tuple[Result | None, str]:
    """The result, or why there is none; neither when it was canceled meanwhile."""
    async with borrowed(house.pool) as connection:
        a, b = [
            policy_of(await policies.find_version(connection, KIND, number)) if number else DEFAULT
            for number in (claimed.policy_a, claimed.policy_b)
        ]
    scene = await read_scene(house.pool, claimed.since, claimed.until)
    replay = await asyncio.to_thread(Replay, scene, a, b)
    async for orders, moves in read_pieces(house.pool, claimed.since, claimed.until):
        done = await asyncio.to_thread(replay.play, orders, moves)
        if not await _wanted(house.pool, claimed, done):
            return None, ""
        if house.clock() > latest:
            return None, "too_long"
    return replay.result(), ""


async def _wanted(pool: Pool, claimed: simulation_sql.Claimed, done: int) -> bool:
    async with borrowed(pool) as connection:
        return await simulation_sql.tell_progress(connection, claimed.id, done)


FLOWS: Mapping[type, Flow] = {StartSimulation: start_simulation, CancelSimulation: cancel_simulation}

"""Past orders replayed under two policies: from the books of then, bounded, one at a time, and begun anew after a worker's end."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from comptoir.flows.reading_past import read_scene
from comptoir.flows.simulate import simulate
from comptoir.kit.actor import Actor
from comptoir.kit.errors import Refusal
from comptoir.kit.ids import new_id
from comptoir.sourcing.changing import CancelSimulation, SavePolicy, StartSimulation
from comptoir.sourcing.policy import DEFAULT, Rule
from comptoir.sourcing.replay import Result
from tests.conftest import Database
from tests.doors import MIDDAY
from tests.pages.manager_door import Desk, opened
from tests.people import ODILE, PART_DIEU, VIEUX_LILLE

pytestmark = pytest.mark.anyio
OFFICE = Actor(str(ODILE.id), "head_office", None)
DAY = timedelta(days=1)


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    async with opened(database) as desk:
        yield desk


async def refusal(desk: Desk, command: Any) -> str:
    with pytest.raises(Refusal) as refused:
        await desk.app.house.runner.perform(command, OFFICE)
    return refused.value.code


async def sent(desk: Desk, postcode: str, minutes: int) -> None:
    """An order of a pair and two vases that is to be sent, so many minutes after the first."""
    desk.app.clock.at = MIDDAY + timedelta(minutes=minutes)
    order, _ = await desk.order(None, kind="ship")
    await desk.connection.execute("UPDATE sales_order SET received_at = $2 WHERE id = $1", order, desk.app.clock.at)
    await desk.connection.execute("UPDATE order_line SET method = 'ship', location = NULL WHERE order_id = $1", order)
    await desk.connection.execute(
        "INSERT INTO order_address (order_id, name, street, postcode, city, country) VALUES ($1, 'I', 'r', $2, 'V', 'FR')", order, postcode
    )  # fmt: skip


async def test_a_simulation_plays_the_orders_of_a_period_on_the_stock_of_its_beginning(desk: Desk) -> None:
    house, connection = desk.app.house, desk.connection
    since = MIDDAY + timedelta(minutes=1)
    for n, postcode in enumerate(("69003", "59800", "69001")):
        await sent(desk, postcode, 10 * (n + 1))
    await desk.move("LISON-38", PART_DIEU, "till_sale", -3)
    now = desk.app.clock.at = MIDDAY + DAY
    # What was promised and sold since is there again.
    scene = await read_scene(house.pool, since, now)
    assert {(sku, place): units for sku, place, units in scene.stock} == {
        (sku, place): 10 for sku in ("LISON-38", "AMPHORE-24") for place in (PART_DIEU, VIEUX_LILLE)
    }
    lyon = msgspec.structs.replace(DEFAULT, rules=(Rule("Tout de Lyon", only=(PART_DIEU,)),))
    await house.runner.perform(SavePolicy(new_id(), 0, lyon), OFFICE)
    for a, b, period in ((0, 9, (since, now)), (0, 1, (now, now + DAY)), (0, 1, (since - DAY, since - DAY / 2))):
        wrong = await refusal(desk, StartSimulation(new_id(), a, b, *period))
        assert wrong in ("policy_not_found", "simulation_period", "simulation_empty")
    command = StartSimulation(new_id(), 0, 1, since, now)
    for _ in range(2):
        assert (await house.runner.perform(command, OFFICE)).read()["orders"] == 3
    # A worker died at it once before.
    await connection.execute("UPDATE simulation SET state = 'running', begun = 1, done = 2")
    assert await simulate(house) and not await simulate(house)
    row = await connection.fetchrow("SELECT state, done, total, begun, result::text AS result FROM simulation")
    assert tuple(row)[:4] == ("done", 3, 3, 2)
    result = msgspec.json.decode(row["result"], type=Result)
    loads = {load.location: (load.a_orders, load.b_orders) for load in result.loads}
    # Both lie at one place on the tests' map, so the first of equal ones sends.
    assert loads == {VIEUX_LILLE: (3, 0), PART_DIEU: (0, 3)}
    assert (result.differing, result.a.missing, result.b.missing, result.moves) == (3, 0, 0, 1)
    assert await refusal(desk, CancelSimulation(new_id(), command.id)) == "simulation_over"


async def test_simulations_wait_in_a_bounded_line_and_whoever_is_stopped_never_runs(desk: Desk) -> None:
    house, connection = desk.app.house, desk.connection
    await desk.order(kind="ship")
    desk.app.clock.at = MIDDAY + DAY
    commands = [StartSimulation(new_id(), 0, 0, MIDDAY - DAY, MIDDAY + DAY) for _ in range(11)]
    for command in commands[:10]:
        await house.runner.perform(command, OFFICE)
    assert await refusal(desk, commands[10]) == "simulations_waiting"
    for command in commands[:9]:
        await house.runner.perform(CancelSimulation(new_id(), command.id), OFFICE)
    await connection.execute("UPDATE simulation SET state = 'running', begun = 3 WHERE id = $1", commands[9].id)
    assert not await simulate(house)
    rows = await connection.fetch("SELECT state, reason, count(*) FROM simulation GROUP BY 1, 2 ORDER BY 1")
    assert [tuple(row) for row in rows] == [("canceled", "", 9), ("failed", "cut_short", 1)]

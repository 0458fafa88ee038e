"""A day's plan changes what the next customer is promised, once, and two managers at once do not overwrite each other."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from comptoir.kit.actor import Actor
from comptoir.kit.errors import Conflict, Forbidden, NotFound
from comptoir.kit.ids import new_id
from comptoir.network.changing import SetPromisedPace
from comptoir.orders.model import CancelOrder
from comptoir.tower.acts import Act, Capacity
from comptoir.tower.day_planning import UNPLANNED, DayPlanKept, SaveDayPlan, UndoDayPlan
from tests.hands import Shop
from tests.world import LYON, order

pytestmark = pytest.mark.anyio
HELENE = Actor("helene", "store_manager", (LYON,))
HOUR = timedelta(hours=1)


def save(shop: Shop, number: int = 0, **hours: int) -> SaveDayPlan:
    """People by hour of the store's clock; it is noon."""
    people = tuple(hours.get(f"h{n}", UNPLANNED) for n in range(24))
    return SaveDayPlan(new_id(), LYON, shop.now.date(), number, 8.0, people)


async def plan(shop: Shop, command: Any, who: Actor = HELENE) -> DayPlanKept:
    kept: DayPlanKept = await shop.perform(command, who, DayPlanKept)
    await shop.keeper.load()
    return kept


async def promised(shop: Shop) -> Any:
    """When an order of this minute would be ready, over the minutes it was placed at."""
    placed = await shop.place(order())
    work: UUID = placed.works[0].id
    at = await shop.connection.fetchval("SELECT promise_at FROM work WHERE id = $1", work)
    await shop.perform(CancelOrder(new_id(), placed.id, "changed_mind"))
    await shop.keeper.load()
    return at


async def test_an_hour_with_nobody_is_passed_over_an_act_goes_before_it_and_the_version_before_comes_back(
    shop: Shop,
) -> None:
    await shop.receive(30)
    first, second = await shop.place(order()), await shop.place(order())
    assert {first.works[0].location, second.works[0].location} == {LYON}
    await shop.keeper.load()
    plain = await promised(shop)
    kept = await plan(shop, save(shop, h12=0))
    assert kept.number == 1
    assert kept.effect.promises[0].after - kept.effect.promises[0].before == HOUR
    assert await promised(shop) - plain == HOUR
    await shop.perform(Act(new_id(), LYON, Capacity(10_000, shop.now + 2 * HOUR)), HELENE)
    await shop.keeper.load()
    assert await promised(shop) <= plain
    await shop.connection.execute("DELETE FROM store_plan WHERE NOT of_day")
    undone = await plan(shop, UndoDayPlan(new_id(), LYON, shop.now.date(), 1))
    assert undone.number == 2
    assert await promised(shop) == plain
    again = await plan(shop, UndoDayPlan(new_id(), LYON, shop.now.date(), 2))
    assert (again.number, await promised(shop) - plain) == (3, HOUR)


async def test_promises_reckon_with_the_learned_pace_where_a_manager_says_so_and_with_the_capacity_again(
    shop: Shop,
) -> None:
    await shop.receive(30)
    for _ in range(4):
        await shop.place(order())
    await shop.connection.execute(
        "INSERT INTO store_pace SELECT id, part, capacity_per_hour / 2.0, 1, 9, $1 FROM location, generate_series(0, 3) part", shop.now
    )  # fmt: skip
    await shop.keeper.load()
    plain = await promised(shop)
    for learned, capacity, later in (((LYON,), (), True), ((LYON,), (), True), ((), (LYON,), False)):
        await shop.perform(SetPromisedPace(new_id(), learned, capacity), HELENE)
        await shop.keeper.load()
        assert (await promised(shop) > plain) is later, (learned, capacity)
    told = await shop.connection.fetch("SELECT location, action FROM audit WHERE action = 'store.promised_pace'")
    assert [tuple(row) for row in told] == [(LYON, "store.promised_pace")] * 2, "what was so already is no change"
    for who, refused in (
        (Actor("karim", "store_manager", ("elsewhere",)), NotFound), (Actor("sam", "associate", (LYON,)), Forbidden),
    ):  # fmt: skip
        with pytest.raises(refused):
            await shop.perform(SetPromisedPace(new_id(), (LYON,), ()), who)
    with pytest.raises(NotFound):
        await shop.perform(SetPromisedPace(new_id(), (LYON, "elsewhere"), ()), HELENE)
    assert await promised(shop) == plain, "all of it or nothing"


async def test_of_two_managers_at_once_the_second_is_told_and_nobody_plans_what_is_not_theirs(shop: Shop) -> None:
    both = await asyncio.gather(
        *(shop.perform(save(shop, h14=n), HELENE) for n in (1, 2)), return_exceptions=True
    )  # fmt: skip
    assert sorted(type(one).__name__ for one in both) == ["Conflict", "dict"]
    assert await shop.count("day_plan") == 1
    command = save(shop, 1, h14=3)
    assert (await plan(shop, command)).number == (await plan(shop, command)).number == 2, "sent twice, kept once"
    for who, refused in (
        (Actor("karim", "store_manager", ("elsewhere",)), NotFound), (Actor("sam", "associate", (LYON,)), Forbidden),
    ):  # fmt: skip
        for given in (save(shop, 2), UndoDayPlan(new_id(), LYON, shop.now.date(), 2)):
            with pytest.raises(refused):
                await shop.perform(given, who)
    with pytest.raises(Conflict, match="changed_meanwhile"):
        await shop.perform(UndoDayPlan(new_id(), LYON, shop.now.date(), 1), HELENE)

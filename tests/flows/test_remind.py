"""The job reminds whoever's goods lie ready, once of each thing, and never of goods that left."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from comptoir.flows.remind import remind
from tests.hands import Shop, staged
from tests.world import order

pytestmark = pytest.mark.anyio


@pytest.fixture
async def ready(shop: Shop) -> tuple[UUID, UUID]:
    await shop.receive(4)
    return await staged(shop, await shop.handheld(), order())


async def told(shop: Shop) -> list[Any]:
    rows = await shop.connection.fetch(
        "SELECT body->>'what' AS what FROM event WHERE kind = 'fulfillment.reminded' ORDER BY seq"
    )
    return [row["what"] for row in rows]


async def test_two_workers_remind_once_half_way_and_once_on_the_last_day(shop: Shop, ready: tuple[UUID, UUID]) -> None:
    until = await shop.connection.fetchval("SELECT collect_until FROM work WHERE id = $1", ready[1])
    while shop.clock() < until + timedelta(days=1):
        await asyncio.gather(remind(shop), remind(shop))  # type: ignore[arg-type]
        shop.clock.advance(hours=1)
    assert await told(shop) == ["reminder", "last_day"]


async def test_goods_that_left_are_nothing_to_be_reminded_of(shop: Shop, ready: tuple[UUID, UUID]) -> None:
    hand = await shop.handheld(number=2)
    await hand.hand_over(*ready)
    for _ in range(24 * 9):
        await remind(shop)  # type: ignore[arg-type]
        shop.clock.advance(hours=1)
    assert await told(shop) == []

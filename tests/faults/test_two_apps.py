"""Two web processes, one stock: whoever asks whichever, what is promised is there, and what is there is promised."""

import asyncio
from collections import Counter
from pathlib import Path

import httpx
import msgspec
import pytest

from tests.faults.app_process import KEY, SENT_WITH, running
from tests.hands import Shop
from tests.people import make_key
from tests.world import FRIDAY, order

pytestmark = pytest.mark.anyio

BUYERS = 60
UNITS = 20


async def test_twenty_units_and_sixty_buyers_at_once_are_twenty_orders_and_forty_who_are_told(
    shop: Shop, world: str, tmp_path: Path
) -> None:
    await shop.receive(UNITS)
    await make_key(shop.connection, FRIDAY, KEY, "orders:write")
    with running(world, tmp_path, 2) as apps:
        async with httpx.AsyncClient(
            headers=SENT_WITH, timeout=60, limits=httpx.Limits(max_connections=BUYERS)
        ) as client:
            answers = await asyncio.gather(
                *(
                    client.post(f"{apps[i % 2].url}/api/v1/orders", content=msgspec.json.encode(order()))
                    for i in range(BUYERS)
                )
            )
    assert Counter(answer.status_code for answer in answers) == {201: UNITS, 409: BUYERS - UNITS}
    assert {answer.json()["type"] for answer in answers if answer.status_code == 409} == {"/problems/shortage"}
    assert await shop.figures() == (UNITS, UNITS, 0, 0)
    assert await shop.count("sales_order") == UNITS


async def test_fifty_posts_of_one_order_are_one_order_and_one_answer(shop: Shop, world: str, tmp_path: Path) -> None:
    await shop.receive(60)
    await make_key(shop.connection, FRIDAY, KEY, "orders:write")
    body = msgspec.json.encode(order())
    with running(world, tmp_path, 2) as apps:
        async with httpx.AsyncClient(headers=SENT_WITH, timeout=60, limits=httpx.Limits(max_connections=50)) as client:
            answers = await asyncio.gather(
                *(client.post(f"{apps[i % 2].url}/api/v1/orders", content=body) for i in range(50))
            )
            changed = await client.post(f"{apps[0].url}/api/v1/orders", content=body.replace(b'"stripe"', b'"adyen"'))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 200: 49}
    assert len({answer.content for answer in answers}) == 1
    assert (changed.status_code, changed.json()["type"]) == (409, "/problems/id_reused")
    assert await shop.figures() == (60, 1, 0, 0)
    assert await shop.count("sales_order") == 1

"""The app is killed in the middle of many orders, again and again: nothing answered is lost, nothing is doubled.

Of a thousand orders with COMPTOIR_LONG=1, of fewer without.
"""

import asyncio
import os
from pathlib import Path

import httpx
import msgspec
import pytest

from comptoir.kit.ids import new_ids
from tests.faults.app_process import KEY, SENT_WITH, App, running
from tests.hands import Shop
from tests.people import make_key
from tests.world import BOWL, DERBY, FRIDAY, LYON, WAREHOUSE, Line, order, shipped

pytestmark = pytest.mark.anyio

ORDERS = 1000 if os.environ.get("COMPTOIR_LONG") else 250
CLIENTS = 16
KILLED_AFTER = tuple(ORDERS * percent // 100 for percent in (15, 48, 80))
"""Answers after which the process is killed."""


class Rush:
    """Many clients sending their orders once each; which were answered, and with what."""

    def __init__(self, app: App) -> None:
        self.app, self.kills = app, list(KILLED_AFTER)
        self.bodies = [
            msgspec.json.encode(order(*([Line(DERBY)] if i % 2 else [shipped(BOWL), Line(DERBY)]), id=order_id))
            for i, order_id in enumerate(new_ids(ORDERS))
        ]
        self.answers: dict[int, httpx.Response] = {}

    async def send(self, numbers: list[int], *, killing: bool) -> None:
        """Send these; a connection that breaks leaves its order unanswered."""
        left = list(reversed(numbers))

        async def client() -> None:
            async with httpx.AsyncClient(headers=SENT_WITH, timeout=60, verify=False) as http:
                while left:
                    number = left.pop()
                    try:
                        self.answers[number] = await http.post(
                            f"{self.app.url}/api/v1/orders", content=self.bodies[number]
                        )
                    except httpx.TransportError:
                        continue
                    if killing and self.kills and len(self.answers) >= self.kills[0]:
                        self.kills.pop(0)
                        self.app.kill()
                        self.app.start()

        await asyncio.gather(*(client() for _ in range(CLIENTS)))


async def test_every_answered_order_is_there_and_sending_all_again_doubles_nothing(
    shop: Shop, world: str, tmp_path: Path
) -> None:
    await shop.receive(2 * ORDERS, DERBY)
    await shop.receive(ORDERS, BOWL, WAREHOUSE)
    await make_key(shop.connection, FRIDAY, KEY, "orders:write")
    with running(world, tmp_path) as apps:
        rush = Rush(apps[0])
        await rush.send(list(range(ORDERS)), killing=True)
        first = dict(rush.answers)
        assert {answer.status_code for answer in first.values()} <= {200, 201}
        assert len(first) < ORDERS, "no order was in flight when the app was killed"
        on_file = {str(row[0]) for row in await shop.connection.fetch("SELECT id FROM sales_order")}
        assert {answer.json()["id"] for answer in first.values()} <= on_file
        assert await shop.breaches() == []
        await rush.send(list(range(ORDERS)), killing=False)
    assert {answer.status_code for answer in rush.answers.values()} <= {200, 201}
    assert len(rush.answers) == ORDERS
    assert all(rush.answers[number].content == answer.content for number, answer in first.items())
    assert await shop.count("sales_order") == ORDERS
    assert await shop.figures(DERBY, LYON) == (2 * ORDERS, ORDERS, 0, 0)
    assert await shop.figures(BOWL, WAREHOUSE) == (ORDERS, ORDERS // 2, 0, 0)
    assert await shop.connection.fetchval("SELECT sum(quantity) FROM reservation") == ORDERS + ORDERS // 2

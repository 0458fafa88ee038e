"""A payment told over the API: strict body, the right scope, the order of the key's own places."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest

from comptoir.kit.ids import new_id
from tests.conftest import Database
from tests.doors import MIDDAY
from tests.pages.manager_door import Desk, opened
from tests.people import VIEUX_LILLE, make_key

pytestmark = pytest.mark.anyio
SECRET = "a key of the tests, long enough"


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    async with opened(database) as desk:
        yield desk


async def unpaid(desk: Desk) -> UUID:
    """An order of 163.00 whose payment `pay-1` is awaited."""
    order, _ = await desk.order(None, progress="held")
    await desk.connection.execute("UPDATE payment SET state = 'pending', captured_minor = 0")
    await desk.connection.execute("INSERT INTO order_hold VALUES ($1, 'payment', '', $2, 'system')", order, MIDDAY)
    return order


async def tell(desk: Desk, order: UUID, **body: Any) -> httpx.Response:
    told = {"id": str(new_id()), "reference": "pay-1", "state": "captured", "amount_minor": 16_300} | body
    return await desk.app.client.post(
        f"/api/v1/orders/{order}/payments", json=told, headers={"authorization": f"Bearer {SECRET}"}
    )


async def test_a_payment_releases_the_order(desk: Desk) -> None:
    await make_key(desk.connection, MIDDAY, SECRET, "orders:write")
    order = await unpaid(desk)
    answer = await tell(desk, order)
    assert (answer.status_code, answer.json()["held"], len(answer.json()["works"])) == (200, [], 1)


async def test_the_same_id_gives_the_same_answer(desk: Desk) -> None:
    await make_key(desk.connection, MIDDAY, SECRET, "orders:write")
    order, id = await unpaid(desk), str(new_id())
    assert (await tell(desk, order, id=id)).json() == (await tell(desk, order, id=id)).json()
    assert (await tell(desk, order, id=id, amount_minor=1)).status_code == 409


@pytest.mark.parametrize(
    "body", [{"card_number": "4111111111111111"}, {"amount_minor": 0}, {"amount_minor": "16300"}, {"state": "refunded"}]
)
async def test_what_cannot_be_a_payment_is_malformed(desk: Desk, body: dict[str, Any]) -> None:
    await make_key(desk.connection, MIDDAY, SECRET, "orders:write")
    assert (await tell(desk, await unpaid(desk), **body)).status_code == 400


async def test_too_much_is_against_the_rule_and_says_how_much_was_expected(desk: Desk) -> None:
    await make_key(desk.connection, MIDDAY, SECRET, "orders:write")
    answer = await tell(desk, await unpaid(desk), amount_minor=16_301)
    assert (answer.status_code, answer.json()["expected_minor"]) == (422, 16_300)


async def test_a_key_that_only_reads_may_not(desk: Desk) -> None:
    await make_key(desk.connection, MIDDAY, SECRET, "orders:read")
    assert (await tell(desk, await unpaid(desk))).status_code == 403


async def test_a_key_of_another_store_finds_no_such_order(desk: Desk) -> None:
    await make_key(desk.connection, MIDDAY, SECRET, "orders:write", locations=[VIEUX_LILLE])
    assert (await tell(desk, await unpaid(desk))).status_code == 404

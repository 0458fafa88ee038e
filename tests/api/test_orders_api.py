"""POST /api/v1/orders by its contract, through the framework and through the short way before it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pytest

from tests.conftest import Database
from tests.doors import Served, connected, served
from tests.people import make_key
from tests.world import BOWL, DERBY, FRIDAY, LYON, Line, order, settle, shipped

pytestmark = pytest.mark.anyio
SECRET = "a key for orders"


class Door:
    """A client of the API that is one of the two ways in."""

    def __init__(self, client: httpx.AsyncClient, world: Served) -> None:
        self.client, self.world = client, world

    async def post(self, body: Any, **headers: str) -> httpx.Response:
        content = body if isinstance(body, bytes) else msgspec.json.encode(body)
        return await self.client.post(
            "/api/v1/orders",
            content=content,
            headers={"authorization": f"Bearer {SECRET}", "content-type": "application/json"} | headers,
        )

    async def count(self) -> int:
        found: int = await self.world.house.pool.fetchval("SELECT count(*) FROM sales_order")
        return found


@pytest.fixture(params=["framework", "short way"])
async def door(database: Database, request: pytest.FixtureRequest) -> AsyncIterator[Door]:
    await settle(database.dsn, FRIDAY)
    await database.connection.execute(
        "INSERT INTO stock_level (sku, location, on_hand) SELECT sku, location.id, 10 FROM sku, location WHERE NOT is_kit"
    )
    await make_key(database.connection, FRIDAY, SECRET, "orders:write", "orders:read")
    async with served(database.dsn, at=FRIDAY) as world:
        if request.param == "framework":
            yield Door(world.client, world)
            return
        async with connected(world, SECRET) as client:
            yield Door(client, world)


async def test_an_order_is_created_once_and_gives_the_same_answer_again(door: Door) -> None:
    body = order(Line(DERBY, 2))
    first, again = await door.post(body), await door.post(body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.content == again.content
    assert first.json()["progress"] == "accepted"
    assert first.headers["content-security-policy"].startswith("default-src 'none'")
    assert await door.count() == 1


async def test_fifty_posts_of_one_order_at_once_are_one_order_and_one_answer(door: Door) -> None:
    body = order(Line(DERBY))
    answers = await asyncio.gather(*(door.post(body) for _ in range(50)))
    assert {answer.content for answer in answers} == {answers[0].content}
    assert sorted(answer.status_code for answer in answers) == [200] * 49 + [201]
    assert await door.count() == 1


async def test_the_same_id_with_another_body_is_refused(door: Door) -> None:
    body = order(Line(DERBY))
    assert (await door.post(body)).status_code == 201
    other = await door.post(order(Line(BOWL), id=body.id))
    assert (other.status_code, other.json()["type"]) == (409, "/problems/id_reused")


async def test_sums_are_strict_to_the_cent(door: Door) -> None:
    body = order(Line(DERBY))
    wrong = await door.post(msgspec.structs.replace(body, total_minor=body.total_minor + 1))
    assert (wrong.status_code, wrong.json()["type"]) == (422, "/problems/totals_differ")
    assert await door.count() == 0


async def test_too_few_units_are_refused_by_default_and_held_on_request(door: Door) -> None:
    refused = await door.post(order(Line(DERBY, 9000)))
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/shortage")
    held = await door.post(order(Line(DERBY, 9000), if_short="hold"))
    assert (held.status_code, held.json()["held"], held.json()["works"]) == (201, ["short"], [])


async def test_paying_at_the_store_is_refused_and_says_so(door: Door) -> None:
    body = msgspec.to_builtins(order(Line(DERBY)))
    body["payment"]["state"] = "at_store"
    answer = await door.post(body)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/at_store_not_offered")


async def test_one_order_can_mix_pickup_and_shipping(door: Door) -> None:
    answer = (await door.post(order(Line(DERBY), shipped(BOWL)))).json()
    assert sorted(work["kind"] for work in answer["works"]) == ["pickup", "ship"]


async def test_an_order_may_name_the_pick_up_point_that_it_goes_to(door: Door) -> None:
    body = msgspec.to_builtins(order(shipped(BOWL)))
    relay = {
        "carrier": "mondial_relay",
        "id": "012345",
        "name": "Tabac de la Gare",
        "postcode": "69003",
        "city": "Lyon",
    }
    body["ship_to"]["relay"] = relay
    for status in (201, 200):
        assert (await door.post(body)).status_code == status
    kept = await door.world.house.pool.fetchrow(
        "SELECT kind, carrier, relay_id, relay_name, relay_city FROM order_delivery"
    )
    assert tuple(kept or ()) == ("relay", "mondial_relay", "012345", "Tabac de la Gare", "Lyon")
    assert (
        await door.post(body | {"id": str(uuid4()), "ship_to": body["ship_to"] | {"relay": relay | {"id": "../1"}}})
    ).status_code == 400


async def test_an_array_gives_each_order_its_own_result_in_the_order_sent(door: Door) -> None:
    good, bad = order(Line(DERBY)), order(Line(DERBY, 9000))
    answer = await door.post([msgspec.to_builtins(good), msgspec.to_builtins(bad), {"id": str(uuid4()), "nonsense": 1}])
    assert answer.status_code == 200
    assert [result["status"] for result in answer.json()["results"]] == [201, 409, 400]
    assert answer.json()["results"][0]["id"] == str(good.id)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b"[" * 200_000, 400),
        (b'{"id": 1}', 400),
        (b"null", 400),
        (b'"order"', 400),
        (b"[]", 400),
    ],
)
async def test_a_body_that_is_no_order_is_told_so(door: Door, body: bytes, status: int) -> None:
    answer = await door.post(body)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


async def test_an_unknown_field_and_a_time_without_zone_are_refused(door: Door) -> None:
    body = msgspec.to_builtins(order(Line(DERBY)))
    assert (await door.post(body | {"discount_code": "x"})).status_code == 400
    assert (await door.post(body | {"placed_at": "2026-11-20T11:00:00"})).status_code == 400
    assert await door.count() == 0


async def test_a_control_character_in_a_name_is_refused(door: Door) -> None:
    body = msgspec.to_builtins(order(Line(DERBY)))
    body["customer"]["first_name"] = "In\u0000ès"
    assert (await door.post(body)).status_code == 400
    assert await door.count() == 0


async def test_a_wrong_key_and_a_missing_scope_are_refused(door: Door) -> None:
    await make_key(door.world.house.pool, FRIDAY, "only reads", "orders:read")
    assert (await door.post(order(Line(DERBY)), authorization="Bearer nobody")).status_code == 401
    assert (await door.post(order(Line(DERBY)), authorization="Bearer only reads")).status_code == 403
    assert await door.count() == 0


async def test_a_key_for_one_store_cannot_order_at_another(door: Door) -> None:
    await make_key(door.world.house.pool, FRIDAY, "confluence only", "orders:write", locations=["lyon-confluence"])
    answer = await door.post(order(Line(DERBY, at=LYON)), authorization="Bearer confluence only")
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/unknown_location")


async def test_orders_are_listed_newest_first_by_pages_that_link_on(door: Door) -> None:
    placed = [(await door.post(order(Line(DERBY)))).json()["number"] for _ in range(3)]
    headers = {"authorization": f"Bearer {SECRET}"}
    first = await door.client.get("/api/v1/orders?limit=2", headers=headers)
    following = first.headers["link"].partition(">")[0].lstrip("<")
    second = await door.client.get(following, headers=headers)
    assert sorted(row["number"] for row in first.json()["orders"] + second.json()["orders"]) == sorted(placed)
    assert len(second.json()["orders"]) == 1


async def test_an_order_is_read_whole_with_an_etag(door: Door) -> None:
    placed = (await door.post(order(Line(DERBY)))).json()
    headers = {"authorization": f"Bearer {SECRET}"}
    answer = await door.client.get(f"/api/v1/orders/{placed['id']}", headers=headers)
    assert answer.json()["works"][0]["lines"][0]["reserved"] == 1
    unchanged = await door.client.get(
        f"/api/v1/orders/{placed['id']}", headers=headers | {"if-none-match": answer.headers["etag"]}
    )
    assert unchanged.status_code == 304


async def test_an_order_is_canceled_once_and_its_units_are_free_again(door: Door) -> None:
    placed = (await door.post(order(Line(DERBY, 2)))).json()
    headers = {"authorization": f"Bearer {SECRET}"}
    body = {"id": str(uuid4()), "reason": "changed mind"}
    first = await door.client.post(f"/api/v1/orders/{placed['id']}/cancellation", json=body, headers=headers)
    again = await door.client.post(f"/api/v1/orders/{placed['id']}/cancellation", json=body, headers=headers)
    assert first.status_code == again.status_code == 200
    assert first.content == again.content
    assert (first.json()["progress"], first.json()["refund"]) == ("canceled", "refund")
    reserved = await door.world.house.pool.fetchval("SELECT sum(reserved) FROM stock_level WHERE sku = $1", DERBY)
    assert reserved == 0

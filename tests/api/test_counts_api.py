"""Counts, whole shelves and rules of safety stock as other systems ask for them, page by page, each wish once, each key in its places."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from comptoir.flows.keep_safety import walk
from comptoir.kit.ids import new_id
from tests.api.test_stock_api import SCOPES, movement, shop, stock
from tests.conftest import Database
from tests.people import make_key
from tests.stock_room import CREAM, DERBY, LILLE, LYON, NOON, VASE

pytestmark = pytest.mark.anyio
HERE = "/api/v1/stock"


async def post(client: httpx.AsyncClient, path: str, status: int = 200, **body: Any) -> Any:
    """Send the same wish twice; the answer, which is the same both times."""
    wish = {"id": str(new_id())} | body
    first, again = [await client.post(HERE + path, json=wish) for _ in range(2)]
    assert (first.status_code, again.status_code) == (status, 200), first.text
    assert first.json() == again.json()
    return first.json()


async def problem(client: httpx.AsyncClient, path: str, **body: Any) -> str:
    answer = await client.post(HERE + path, json={"id": str(new_id())} | body)
    return str(answer.json()["type"].removeprefix("/problems/"))


def next_of(answer: httpx.Response) -> str:
    return answer.headers["link"].partition(">")[0].removeprefix("<")


async def pages(client: httpx.AsyncClient, path: str, name: str) -> list[Any]:
    """Everything of a list, one row a page."""
    found: list[Any] = []
    answer = await client.get(HERE + path)
    while answer.json()[name]:
        found += answer.json()[name]
        if "link" not in answer.headers:
            break
        answer = await client.get(next_of(answer))
    return found


async def test_counts_are_asked_for_listed_page_by_page_and_decided_with_a_reason(database: Database) -> None:
    async with shop(database) as (app, client):
        await stock(client, movement(9), movement(40, sku=CREAM), movement(9, sku=VASE))
        count = (await post(client, "/counts", location=LYON, sku=DERBY))["id"]
        app.clock.advance(minutes=1)
        assert (await post(client, "/counts/direction", location=LYON, most=3)) == {"asked": 2, "open": 3}
        listed = await pages(client, f"/counts?location={LYON}&limit=1", "counts")
        assert (listed[0]["sku"], {row["sku"] for row in listed[1:]}) == (DERBY, {CREAM, VASE})
        assert listed[0]["actions"] == ["submit", "cancel"]
        assert (await post(client, f"/counts/{count}/figure", quantity=2))["status"] == "submitted"
        assert await problem(client, f"/counts/{count}/approval", because="because") == "unknown_reason"
        told = await post(client, f"/counts/{count}/approval", because="receipt_wrong")
        assert (told["status"], told["expected"]) == ("approved", 9)
        one = (await client.get(f"{HERE}/counts/{count}")).json()
        assert (one["because"], one["actions"], [f["quantity"] for f in one["figures"]]) == ("receipt_wrong", [], [2])
        done = await client.get(f"{HERE}/counts", params={"location": LYON, "status": "approved"})
        assert [row["id"] for row in done.json()["counts"]] == [count]
        for query in (
            {"location": LYON, "status": "lost"},
            {"location": LYON, "after": "x"},
            {"location": LYON, "limit": 101},
        ):
            assert (await client.get(f"{HERE}/counts", params=query)).status_code == 400


async def test_a_shelf_is_asked_for_over_the_api_and_a_key_of_another_store_finds_nothing(database: Database) -> None:
    async with shop(database) as (app, client):
        for place in (LYON, LILLE):
            for sku, bay in ((DERBY, "1"), (CREAM, "2")):
                await database.connection.execute("INSERT INTO shelf_place VALUES ($1, $2, 'K', $3, '1')", place, sku, bay)  # fmt: skip
        bays = (await client.get(f"{HERE}/shelves/{LYON}")).json()["shelves"]
        assert [(one["aisle"], one["bay"], one["articles"]) for one in bays] == [("K", "1", 1), ("K", "2", 1)]
        one = (await post(client, "/shelf-counts", 201, location=LYON, aisle="K", bay="1"))["id"]
        app.clock.advance(minutes=1)
        other = (await post(client, "/shelf-counts", 201, location=LILLE, aisle="K"))["id"]
        assert await problem(client, "/shelf-counts", location=LYON, aisle="K") == "shelf_being_counted"
        assert [row["id"] for row in await pages(client, "/shelf-counts?limit=1", "shelf_counts")] == [other, one]
        view = (await client.get(f"{HERE}/shelf-counts/{one}")).json()
        assert [(row["sku"], row["status"]) for row in view["lines"]] == [(DERBY, "asked")]
        assert not {"device", "holder", "ended_by"} & set(view)
        assert await problem(client, f"/shelf-counts/{one}/release", reason="Batterie") == "shelf_free"
        client.headers["authorization"] = "Bearer lyon-only"
        assert [row["id"] for row in await pages(client, "/shelf-counts?limit=1", "shelf_counts")] == [one]
        for path in (f"/shelf-counts/{other}", f"/shelves/{LILLE}", f"/counts?location={LILLE}"):
            assert (await client.get(HERE + path)).status_code == 404
        assert await problem(client, f"/shelf-counts/{other}/cancellation") == "shelf_not_found"
        assert (await post(client, f"/shelf-counts/{one}/cancellation"))["status"] == "canceled"
        assert await problem(client, f"/shelf-counts/{one}/cancellation") == "shelf_over"


async def test_rules_of_safety_stock_are_looked_at_saved_and_hold_from_their_moment_on(database: Database) -> None:
    async with shop(database) as (app, client):
        await make_key(database.connection, NOON, "office", *SCOPES, "policies:read", "policies:write")
        await make_key(database.connection, NOON, "here", "policies:read", "policies:write", locations=[LYON])
        client.headers["authorization"] = "Bearer office"
        await stock(client, movement(9), movement(9, sku=VASE))
        body = {"lines": [{"units": 2, "sku": DERBY}, {"units": 1, "kind": "store"}]}
        told = await post(client, "/safety-rules/effect", body=body)
        assert (told["stops"], told["levels"], told["articles"][0]["sku"]) == (3, 2, DERBY)
        for wrong, code in ((DERBY, "safety_line_twice"), ("NOBODY", "safety_line_wrong")):
            lines = [{"units": units, "sku": wrong} for units in (1, 2)]
            assert await problem(client, "/safety-rules/effect", body={"lines": lines}) == code
        assert (await client.get(f"{HERE}/safety-rules")).json()["versions"] == []
        assert (await post(client, "/safety-rules", after=0, body=body, note="Fêtes"))["number"] == 1
        assert await problem(client, "/safety-rules", after=0, body=body) == "policy_changed"
        assert await problem(client, "/safety-rules", after=1, body={"lines": [{"units": 2, "sku": "NOBODY"}]}) == "safety_line_wrong"  # fmt: skip
        lines = await pages(client, "/safety-rules/1?limit=1", "lines")
        assert [(one["units"], one["sku"], one["kind"]) for one in lines] == [(2, DERBY, ""), (1, "", "store")]
        later = (NOON + timedelta(days=1)).isoformat()
        assert (await post(client, "/safety-rules/1/activation", since=later))["since"] == "2026-11-21T11:00:00Z"
        assert (await client.get(f"{HERE}/safety-rules")).json()["next"] == 1
        await post(client, "/safety-rules/1/activation/withdrawal")
        await post(client, "/safety-rules/1/activation")
        assert await problem(client, "/safety-rules/1/activation/withdrawal") == "policy_was_active"
        await walk(app.house.pool, app.clock)
        standing = (await client.get(f"{HERE}/safety-rules")).json()
        assert (standing["active"], standing["settled"]) == (1, True)
        levels = (await client.get(f"{HERE}/levels/{LYON}")).json()["levels"]
        assert {row["sku"]: row["available"] for row in levels} == {DERBY: 7, VASE: 8}
        client.headers["authorization"] = "Bearer here"
        assert await problem(client, "/safety-rules", after=1, body=body) == "policy_everywhere"
        assert await problem(client, "/safety-rules/effect", body=body) == "policy_everywhere"
        assert (await client.get(f"{HERE}/safety-rules/9")).status_code == 404

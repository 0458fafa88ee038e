"""Returns over the API: announced, taken at a counter, read with their money, repeated without harm, refused with a word."""

from typing import Any

import httpx
import pytest

from comptoir.kit.ids import new_id
from tests.conftest import Database
from tests.doors import MIDDAY
from tests.pages.manager_door import opened
from tests.people import PART_DIEU, VIEUX_LILLE, make_key

pytestmark = pytest.mark.anyio
SECRET, NORTH = "a key of the tests, long enough", "a key of Lille alone, long enough"


async def test_a_return_is_taken_once_read_with_its_money_and_refused_with_a_word(database: Database) -> None:
    async with opened(database) as desk:
        await make_key(
            desk.connection,
            MIDDAY,
            SECRET,
            "orders:read",
            "orders:write",
            "stock:write",
            "catalog:read",
            "catalog:write",
        )
        await make_key(desk.connection, MIDDAY, NORTH, "orders:read", locations=[VIEUX_LILLE])
        order, _ = await desk.order("handed_over")
        client = desk.app.client

        async def post(path: str, **body: Any) -> httpx.Response:
            headers = {"authorization": f"Bearer {SECRET}"}
            return await client.post(f"/api/v1/returns{path}", json={"id": str(new_id())} | body, headers=headers)

        async def get(path: str, key: str = SECRET) -> httpx.Response:
            return await client.get(f"/api/v1/returns{path}", headers={"authorization": f"Bearer {key}"})

        unit = {"line": 2, "reason": "too_small", "condition": "as_new"}
        body = {"id": str(new_id()), "order": str(order), "location": PART_DIEU, "units": [unit]}
        first, again = await post("/counter", **body), await post("/counter", **body)
        assert (first.status_code, again.status_code, first.content == again.content) == (201, 200, True)
        taken = first.json()
        one = (await get("/" + taken["id"])).json()
        assert (one["number"], one["status"], one["actions"]) == (taken["number"], "settled", ["put_away"])
        assert [(money["kind"], money["amount_minor"], money["state"]) for money in one["money"]] == [
            (taken["refund"], taken["refund_minor"], "intended")
        ]
        assert (await get("/" + taken["id"], NORTH)).status_code == 404
        placed = await post("/put-away", location=PART_DIEU, code="AMPHORE-24")
        assert (placed.status_code, placed.json()["state"]) == (200, "placed")
        coming = {"order": str(order), "units": [{"line": 2}], "location": PART_DIEU}
        announced = (await post("", **coming)).json()
        here = "/" + announced["id"]
        assert announced["actions"] == ["receive", "inspect", "cancel", "decline"]
        assert (await post(here + "/settlement")).json()["type"] == "/problems/not_now"
        steps = [
            (await post(here + "/receipt", location=PART_DIEU)).json()["status"],
            (await post(here + "/inspection", location=PART_DIEU, units=[{"n": 1, "condition": "opened"}])).json()["status"],
            (await post(here + "/declination", why="worn")).json()["status"],
        ]  # fmt: skip
        assert steps == ["received", "inspected", "declined"]
        listed = (await get(f"?order={order}")).json()["returns"]
        assert [row["status"] for row in listed] == ["declined", "settled"]
        # An accessory is said of the article, is missing, lowers where the unit goes and is kept back; the rest is credit.
        asked = f"/api/v1/catalog/skus/{taken['units'][0]['sku']}/accessories"
        said = {
            "id": str(new_id()),
            "accessories": [{"code": "dust_bag", "fr": "housse", "en": "dust bag", "keep_minor": 700}],
        }
        bearer = {"authorization": f"Bearer {SECRET}"}
        put = await client.put(asked, json=said, headers=bearer)
        assert (put.status_code, put.content) == (200, (await client.put(asked, json=said, headers=bearer)).content)
        assert [one["code"] for one in (await client.get(asked, headers=bearer)).json()["asked"]] == ["dust_bag"]
        assert (await client.get("/api/v1/catalog/skus/NOBODY/accessories", headers=bearer)).status_code == 404
        both = ("/api/v1/catalog/categories/Not%20One/accessories", "/api/v1/catalog/categories/shoes/accessories")
        assert [
            (await client.put(to, json=said | {"id": str(new_id())}, headers=bearer)).status_code for to in both
        ] == [422, 200]
        mixed = {
            "units": [unit | {"absent": ["dust_bag"], "wish": "credit"}],
            "order": str(order),
            "location": PART_DIEU,
        }
        cut = (await post("/counter", **mixed)).json()
        assert (cut["kept_minor"], cut["refund_minor"], cut["credit_minor"]) == (
            700,
            0,
            cut["units"][0]["paid_minor"] - 700,
        )
        read = (await get("/" + cut["id"])).json()["units"][0]
        assert (read["wish"], read["disposition"], read["absent"][0]["en"]) == ("credit", "mark_down", "dust bag")
        wrong = [
            (await post("", **coming | more)).status_code
            for more in ({"units": []}, {"units": [{"line": 9}]}, {"order": str(new_id())}, {"color": "red"}, {"location": "nowhere"})
        ]  # fmt: skip
        assert wrong == [400, 422, 404, 400, 404]

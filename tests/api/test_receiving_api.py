"""Receiving and requests over the API: what an ERP orders, announces, receives, decides; each of it once, and only of its places."""

from typing import Any

import httpx
import pytest

from comptoir.kit.ids import new_id
from tests.conftest import Database
from tests.doors import MIDDAY
from tests.pages.manager_door import Desk, opened
from tests.people import PART_DIEU, VIEUX_LILLE, make_key

pytestmark = pytest.mark.anyio
PAIR, JAR = "LISON-38", "AMPHORE-24"
SSCC = "003456789012345670"


class Erp:
    """The retailer's own system, with a key."""

    def __init__(self, desk: Desk, secret: str) -> None:
        self.client, self.key = desk.app.client, {"authorization": f"Bearer {secret}"}

    async def post(self, path: str, **body: Any) -> httpx.Response:
        return await self.client.post(f"/api/v1{path}", json={"id": str(new_id())} | body, headers=self.key)

    async def get(self, path: str) -> Any:
        return (await self.client.get(f"/api/v1{path}", headers=self.key)).json()


async def test_an_order_is_made_announced_received_with_differences_and_decided_about(database: Database) -> None:
    async with opened(database) as desk:
        await make_key(desk.connection, MIDDAY, "erp", "stock:read", "stock:write")
        await make_key(desk.connection, MIDDAY, "lille", "stock:read", "stock:write", locations=[VIEUX_LILLE])
        erp, lille = Erp(desk, "erp"), Erp(desk, "lille")
        wish = {"id": str(new_id()), "number": "PO-1", "location": PART_DIEU, "supplier": "Roux", "expected_on": "2026-11-24",
                "lines": [{"sku": PAIR, "quantity": 4}, {"sku": JAR, "quantity": 1}]}  # fmt: skip
        made, again = await erp.post("/purchase-orders", **wish), await erp.post("/purchase-orders", **wish)
        assert (made.status_code, again.status_code, made.json()) == (201, 200, again.json())
        wrong = ({"number": "PO-1"}, {"number": "PO-2", "lines": [{"sku": "X", "quantity": 1}]}, {"location": "nowhere", "number": "PO-2"}, {"expected_on": "soon"})  # fmt: skip
        refused = [
            (await erp.post("/purchase-orders", **wish | {"id": str(new_id())} | more)).status_code for more in wrong
        ]
        assert refused == [409, 404, 404, 400]
        here = f"/purchase-orders/{made.json()['id']}"
        carton = {"sscc": SSCC, "lines": [{"sku": PAIR, "quantity": 4}]}
        bad = await erp.post(f"{here}/shipping-notices", number="AV-1", cartons=[carton | {"sscc": SSCC[:-1] + "1"}])
        told = await erp.post(f"{here}/shipping-notices", number="AV-1", cartons=[carton])
        assert (bad.status_code, told.json()["cartons"], told.json()["units"]) == (422, 1, 4)
        lines = [{"sku": PAIR, "quantity": 2, "damaged": 1}, {"sku": JAR, "quantity": 3}]
        done = (await erp.post(f"{here}/receipts", lines=lines, close=True, last=True)).json()
        assert (done["status"], done["good"], done["damaged"], done["over"], done["short"]) == ("closed", 5, 1, 2, 1)
        assert (await erp.post(f"{here}/receipts", lines=lines)).status_code == 409
        one = await erp.get(here)
        assert [(line["good"], line["short"]) for line in one["lines"]] == [(2, 1), (3, 0)]
        assert (one["cartons"][0]["quantity"], len(one["receipts"]), one["actions"]) == (4, 1, ["receive"])
        differ = (await erp.get("/receiving-differences"))["differences"]
        assert sorted((each["kind"], each["units"]) for each in differ) == [("damaged", 1), ("over", 2), ("short", 1)]
        # A page at a time, each once; and of one order, or of what was decided, alone.
        address, seen = "/receiving-differences?limit=1", []
        while address:
            page = await erp.client.get(f"/api/v1{address}", headers=erp.key)
            seen += [each["id"] for each in page.json()["differences"]]
            address = page.headers.get("link", "").partition("/api/v1")[2].partition(">")[0]
        assert seen == [each["id"] for each in sorted(differ, key=lambda each: (each["made_at"], each["id"]))]
        for more, count in ((f"purchase={made.json()['id']}", 3), (f"purchase={new_id()}", 0), ("status=accepted", 0)):
            assert len((await erp.get(f"/receiving-differences?{more}"))["differences"]) == count
        # Another place's key sees and moves nothing of it.
        assert ((await lille.get("/purchase-orders"))["purchase_orders"], (await lille.get("/receiving-differences"))["differences"]) == ([], [])  # fmt: skip
        claim = f"/receiving-differences/{differ[0]['id']}/decision"
        steps = [(lille, here + "/cancellation", {}), (lille, claim, {"decision": "claim"}), (erp, claim, {"decision": "claim"}),
                 (erp, claim, {"decision": "recount"}), (erp, claim, {"decision": "settle", "note": "avoir"})]  # fmt: skip
        assert [(await who.post(path, **body)).status_code for who, path, body in steps] == [404, 404, 200, 409, 200]
        file = f"number,supplier,location,sku,quantity\nPO-7,Mas,{PART_DIEU},{PAIR},3\n"
        csv = {**erp.key, "content-type": "text/csv"}
        sent = [await erp.client.post("/api/v1/purchase-orders/import", content=file, headers=csv) for _ in range(2)]
        assert (sent[0].json(), sent[1].status_code) == ({"orders": 1, "units": 3}, 422)
        assert [row["number"] for row in (await erp.get("/purchase-orders?status=open"))["purchase_orders"]] == ["PO-7"]


async def test_a_place_asks_another_grants_fewer_and_what_was_missing_is_settled(database: Database) -> None:
    async with opened(database) as desk:
        await make_key(desk.connection, MIDDAY, "lyon", "stock:read", "stock:write", locations=[PART_DIEU])
        await make_key(desk.connection, MIDDAY, "lille", "stock:read", "stock:write", locations=[VIEUX_LILLE])
        lyon, lille = Erp(desk, "lyon"), Erp(desk, "lille")
        wish = {"to": VIEUX_LILLE, "from": PART_DIEU, "lines": [{"sku": PAIR, "quantity": 5}]}
        asked, no = [(await lille.post("/transfer-requests", **wish)).json() for _ in range(2)]
        assert (asked["status"], asked["asked"], len((await lyon.get("/transfer-requests"))["requests"])) == ("asked", 5, 2)  # fmt: skip
        here = f"/transfer-requests/{asked['id']}"
        assert (await lille.post(f"{here}/grant")).status_code == 404
        granted = (await lyon.post(f"{here}/grant", lines=[{"sku": PAIR, "quantity": 3}])).json()
        assert (granted["status"], granted["granted"]) == ("accepted", 3)
        assert (await lyon.post(f"/transfer-requests/{no['id']}/refusal", note="vendu")).json()["status"] == "declined"
        assert (await lille.post(f"/transfer-requests/{no['id']}/cancellation")).status_code == 409
        line = (await lille.get(here))["lines"][0]
        assert (line["asked"], line["granted"]) == (5, 3)
        way = f"/transfers/{granted['transfer']}"
        await lyon.post(f"{way}/shipment", lines=[{"sku": PAIR, "quantity": 3}])
        await lille.post(f"{way}/receipt", lines=[{"sku": PAIR, "quantity": 1}], close=True)
        settle = {"sku": PAIR, "units": 1}
        steps = [(lille, "stayed", 1), (lyon, "stayed", 1), (lille, "found", 1), (lille, "lost", 1)]
        codes = [(await who.post(f"{way}/settlements", kind=kind, **settle)).status_code for who, kind, _ in steps]
        assert codes == [404, 200, 200, 422]
        levels = [(await who.get(f"/stock/levels/{place}"))["levels"] for who, place in ((lyon, PART_DIEU), (lille, VIEUX_LILLE))]  # fmt: skip
        assert [next(level["on_hand"] for level in each if level["sku"] == PAIR) for each in levels] == [8, 12]

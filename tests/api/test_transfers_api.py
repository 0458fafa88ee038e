"""Transfers over the API: what the shop's own systems make, send, receive, cancel and read."""

from typing import Any

import httpx
import pytest

from comptoir.kit.ids import new_id
from tests.conftest import Database
from tests.doors import MIDDAY
from tests.pages.manager_door import opened
from tests.people import PART_DIEU, VIEUX_LILLE, make_key

pytestmark = pytest.mark.anyio
SECRET = "a key of the tests, long enough"
AUTHORIZED = {"authorization": f"Bearer {SECRET}"}
PAIR = "LISON-38"


async def test_a_transfer_is_made_once_sent_received_with_a_difference_and_read_whole(database: Database) -> None:
    async with opened(database) as desk:
        await make_key(desk.connection, MIDDAY, SECRET, "stock:read", "stock:write")
        client = desk.app.client

        async def post(path: str, **body: Any) -> httpx.Response:
            return await client.post(f"/api/v1/transfers{path}", json={"id": str(new_id())} | body, headers=AUTHORIZED)

        async def get(path: str) -> Any:
            return (await client.get(f"/api/v1/transfers{path}", headers=AUTHORIZED)).json()

        wish = {"from": PART_DIEU, "to": VIEUX_LILLE, "lines": [{"sku": PAIR, "quantity": 3}], "id": str(new_id())}
        made, again = await post("", **wish), await post("", **wish)
        assert (made.status_code, again.status_code, made.json()) == (201, 200, again.json())
        assert made.json()["actions"] == ["pick", "ship", "cancel"]
        here = "/" + made.json()["id"]
        refusals = [
            (await post("", **wish | {"id": str(new_id())} | more)).status_code
            for more in (
                {"lines": [{"sku": PAIR, "quantity": 99}]}, {"lines": []}, {"to": PART_DIEU}, {"to": "nowhere"}, {"color": "red"},
            )
        ]  # fmt: skip
        assert refusals == [409, 400, 422, 404, 400]
        sent = (await post(f"{here}/shipment", lines=[{"sku": PAIR, "quantity": 2}])).json()
        assert (sent["status"], sent["in_transit"]) == ("shipped", 2)
        assert (await post(f"{here}/cancellation")).status_code == 409
        done = (await post(f"{here}/receipt", lines=[{"sku": PAIR, "quantity": 1}], close=True)).json()
        assert (done["status"], done["received"], done["missing"]) == ("closed", 1, 1)
        one = await get(here)
        assert [(line["sku"], line["received"], line["missing"], line["released"]) for line in one["lines"]] == [
            (PAIR, 1, 1, 1)
        ]
        assert [row["number"] for row in (await get(f"?status=closed&location={VIEUX_LILLE}"))["transfers"]] == [
            one["number"]
        ]
        assert (await get("?status=created"))["transfers"] == []

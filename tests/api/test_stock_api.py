"""Stock, catalog and availability as other systems call them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest

from comptoir.kit.ids import new_id
from tests.conftest import Database
from tests.doors import Served, served
from tests.people import make_key
from tests.stock_room import CREAM, DERBY, DERBY_CODE, KIT, LILLE, LYON, NOON, VASE, furnish

pytestmark = pytest.mark.anyio

SCOPES = ("stock:read", "stock:write", "catalog:read", "catalog:write", "availability:read")


@asynccontextmanager
async def shop(database: Database) -> AsyncIterator[tuple[Served, httpx.AsyncClient]]:
    """The app on a furnished database, called with a key that may do everything here."""
    await furnish(database.connection)
    await make_key(database.connection, NOON, "everything", *SCOPES)
    await make_key(database.connection, NOON, "lyon-only", *SCOPES, locations=[LYON])
    await make_key(database.connection, NOON, "nothing", "orders:read")
    async with served(database.dsn, at=NOON) as app:
        app.client.headers["authorization"] = "Bearer everything"
        yield app, app.client


def movement(
    quantity: int, fact: str = "receipt", sku: str = DERBY, location: str = LYON, **more: Any
) -> dict[str, Any]:
    return {
        "id": str(new_id()), "location": location, "sku": sku, "fact": fact, "quantity": quantity,
        "happened_at": "2026-11-20T10:00:00Z",
    } | more  # fmt: skip


async def stock(client: httpx.AsyncClient, *lines: dict[str, Any]) -> httpx.Response:
    return await client.post("/api/v1/stock/movements", json={"movements": list(lines)})


async def test_a_till_posts_lines_and_reads_their_outcomes(database: Database) -> None:
    async with shop(database) as (_, client):
        line = movement(3)
        first, again = await stock(client, line, movement(1, sku="NOBODY")), await stock(client, line)
        assert [r["status"] for r in first.json()["results"]] == ["applied", "problem"]
        assert first.json()["results"][1]["problem"]["type"] == "/problems/unknown_sku"
        assert [r["status"] for r in again.json()["results"]] == ["again"]


@pytest.mark.parametrize(
    "body",
    [
        {"movements": []},
        {"movements": [{"id": "x"}]},
        {"movements": [movement(1) | {"happened_at": "2026-11-20T10:00:00"}]},
        {"movements": [movement(1) | {"surprise": 1}]},
        {"movements": [movement(1, sku="A\u0000B")]},
        {"movements": [movement(10**9)]},
        {"movements": [movement(1)] * 501},
    ],
)
async def test_a_report_that_cannot_be_decoded_is_refused(database: Database, body: Any) -> None:
    async with shop(database) as (_, client):
        answer = await client.post("/api/v1/stock/movements", json=body)
        assert (answer.status_code, await database.connection.fetchval("SELECT count(*) FROM stock_movement")) == (
            400,
            0,
        )


async def test_a_snapshot_tells_what_became_of_each_figure(database: Database) -> None:
    async with shop(database) as (_, client):
        await stock(client, movement(3))
        body = {
            "location": LYON,
            "as_of": "2026-11-20T10:30:00Z",
            "levels": [{"sku": DERBY, "on_hand": 5}, {"sku": "NOBODY", "on_hand": 1}],
        }
        answer = await client.put("/api/v1/stock/snapshot", json=body)
        first, second = answer.json()["results"]
        assert (first["status"], first["difference"], second["problem"]["code"]) == ("applied", 2, "unknown_sku")


async def test_a_key_without_the_verb_or_the_store_does_not_get_in(database: Database) -> None:
    async with shop(database) as (_, client):
        client.headers["authorization"] = "Bearer nothing"
        assert (await stock(client, movement(1))).status_code == 403
        client.headers["authorization"] = "Bearer lyon-only"
        assert (await client.get(f"/api/v1/stock/levels/{LILLE}")).status_code == 404
        assert (await client.get(f"/api/v1/stock/levels/{LYON}")).status_code == 200


async def test_levels_and_the_ledger_are_read_page_by_page(database: Database) -> None:
    async with shop(database) as (_, client):
        await stock(client, movement(3), movement(2), movement(4, sku=CREAM))
        page = await client.get(f"/api/v1/stock/levels/{LYON}", params={"limit": 1})
        rest = await client.get(page.headers["link"].split(">")[0][1:])
        assert [level["sku"] for level in page.json()["levels"] + rest.json()["levels"]] == [CREAM, DERBY]
        page = await client.get(f"/api/v1/stock/levels/{LYON}/movements", params={"sku": DERBY, "limit": 1})
        rest = await client.get(page.headers["link"].split(">")[0][1:])
        assert sorted(line["on_hand"] for line in page.json()["movements"] + rest.json()["movements"]) == [2, 3]


async def test_a_file_of_figures_is_applied_or_its_bad_rows_are_named(database: Database) -> None:
    async with shop(database) as (_, client):
        csv = {"content-type": "text/csv"}
        bad = f"location;sku;on_hand\n{LYON};{DERBY};5\n{LYON};{DERBY};x\n"
        answer = await client.post("/api/v1/stock/import", content=bad, headers=csv)
        assert (answer.status_code, answer.json()["rows"]) == (
            422,
            [{"line": 3, "reason": "not_a_number", "value": "x"}],
        )
        good = f"location;sku;on_hand\n{LYON};{DERBY};5\n"
        answer = await client.post("/api/v1/stock/import", content=good, headers=csv)
        assert (answer.status_code, answer.json()["applied"]) == (200, 1)
        assert (await client.post("/api/v1/stock/import", content=good)).status_code == 415


async def test_a_count_goes_through_the_api(database: Database) -> None:
    async with shop(database) as (_, client):
        await stock(client, movement(9))
        asked = await client.post("/api/v1/stock/counts", json={"id": str(new_id()), "location": LYON, "sku": DERBY})
        count = asked.json()["id"]
        waiting = await client.get("/api/v1/stock/counts", params={"location": LYON})
        assert [row["id"] for row in waiting.json()["counts"]] == [count]
        figure = await client.post(f"/api/v1/stock/counts/{count}/figure", json={"id": str(new_id()), "quantity": 2})
        assert figure.json()["status"] == "submitted"
        wish = {"id": str(new_id())}
        assert (await client.post(f"/api/v1/stock/counts/{count}/approval", json=wish)).json()["status"] == "approved"
        assert (await client.post(f"/api/v1/stock/counts/{count}/approval", json=wish)).json()["status"] == "approved"
        late = await client.post(f"/api/v1/stock/counts/{count}/cancellation", json={"id": str(new_id())})
        assert late.status_code == 409


async def test_a_scanned_code_tells_the_article_and_when_it_was_last_seen(database: Database) -> None:
    async with shop(database) as (_, client):
        await stock(client, movement(9), movement(1, "till_sale"))
        found = (await client.get(f"/api/v1/stock/scan/{LYON}", params={"code": DERBY_CODE})).json()
        assert (found["sku"], found["available"], found["sold_at"]) == (DERBY, 8, "2026-11-20T10:00:00Z")
        assert (await client.get(f"/api/v1/stock/scan/{LYON}", params={"code": "999"})).status_code == 404


async def test_one_sku_is_shown_over_the_stores_nearest_first(database: Database) -> None:
    async with shop(database) as (_, client):
        await stock(client, movement(30), movement(2, location=LILLE))
        answer = await client.get(
            "/api/v1/availability/pickup", params={"sku": DERBY, "postcode": "75011", "quantity": 3}
        )
        near, far = answer.json()["stores"]
        assert (near["location"], near["available"], near["enough"]) == (LILLE, 2, False)
        assert (far["location"], far["available"], far["enough"], far["open_today"]) == (LYON, 20, True, True)
        assert (far["ready_by"], far["time_zone"]) == ("2026-11-20T12:00:00Z", "Europe/Paris")
        same = await client.get(answer.request.url, headers={"if-none-match": answer.headers["etag"]})
        assert same.status_code == 304


async def test_a_sale_is_seen_by_the_next_answer(database: Database) -> None:
    async with shop(database) as (_, client):
        params = {"sku": DERBY, "lat": "45.76", "lon": "4.85", "limit": "1"}
        seen = []
        for _ in range(3):
            await stock(client, movement(1))
            seen.append(
                (await client.get("/api/v1/availability/pickup", params=params)).json()["stores"][0]["available"]
            )
        assert seen == [1, 2, 3]


async def test_a_kit_is_available_as_often_as_its_scarcest_part(database: Database) -> None:
    async with shop(database) as (_, client):
        await stock(client, movement(5), movement(7, sku=CREAM), movement(5, location=LILLE))
        stores = (await client.get("/api/v1/availability/pickup", params={"sku": KIT, "postcode": "69003"})).json()[
            "stores"
        ]
        assert [(store["location"], store["available"]) for store in stores] == [(LYON, 3), (LILLE, 0)]
        here = await client.get(f"/api/v1/availability/location/{LYON}", params={"sku": [KIT, DERBY, "NOBODY", CREAM]})
        assert [held["available"] for held in here.json()["skus"]] == [3, 5, None, 7]
        there = await client.get(f"/api/v1/availability/location/{LILLE}", params={"sku": [KIT, DERBY]})
        assert [held["available"] for held in there.json()["skus"]] == [0, 5]


async def test_what_is_kept_back_is_not_shown_as_available(database: Database) -> None:
    async with shop(database) as (_, client):
        await stock(client, movement(5), movement(5, sku=CREAM))
        await database.connection.execute("UPDATE stock_level SET safety_stock = 2, reserved = 1 WHERE sku = $1", DERBY)
        await database.connection.execute(
            "UPDATE stock_level SET no_promise_until = $2 WHERE sku = $1", CREAM, NOON + timedelta(hours=1)
        )
        here = await client.get(f"/api/v1/availability/location/{LYON}", params={"sku": [DERBY, CREAM]})
        assert [held["available"] for held in here.json()["skus"]] == [2, 0]


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({"sku": DERBY}, 422),
        ({"sku": DERBY, "postcode": "00000"}, 422),
        ({"sku": DERBY, "postcode": "69003", "country": "fr"}, 400),
        ({"sku": "NOBODY", "postcode": "69003"}, 404),
        ({"postcode": "69003"}, 400),
        ({"sku": DERBY, "lat": "45"}, 400),
        ({"sku": DERBY, "lat": "nan", "lon": "4"}, 400),
        ({"sku": DERBY, "lat": "91", "lon": "4"}, 400),
        ({"sku": DERBY, "postcode": "69003", "limit": "0"}, 400),
        ({"sku": DERBY, "postcode": "69003", "quantity": "0"}, 400),
        ({"sku": "A\u0000", "postcode": "69003"}, 400),
    ],
)
async def test_a_question_that_makes_no_sense_gets_a_clear_answer(
    database: Database, params: dict[str, str], status: int
) -> None:
    async with shop(database) as (_, client):
        assert (await client.get("/api/v1/availability/pickup", params=params)).status_code == status


ARTICLE = {
    "name": "Derby Hélène", "variant": "Noir, 40", "style": "DERBY-HELENE", "price_minor": 14900, "vat_rate_bp": 2000,
    "barcodes": [{"code": "96385074"}, {"code": "ORME-17", "kind": "internal"}],
}  # fmt: skip


async def test_an_article_is_made_read_changed_and_found_by_any_of_its_barcodes(database: Database) -> None:
    async with shop(database) as (_, client):
        made = await client.put("/api/v1/catalog/skus/DERBY-40", json=ARTICLE)
        assert (made.status_code, made.headers["etag"]) == (200, '"1"')
        assert [b["code"] for b in made.json()["barcodes"]] == ["00000096385074", "ORME-17"]
        changed = await client.put(
            "/api/v1/catalog/skus/DERBY-40", json=ARTICLE | {"price_minor": 1}, headers={"if-match": '"1"'}
        )
        assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
        same = await client.put(
            "/api/v1/catalog/skus/DERBY-40", json=ARTICLE | {"price_minor": 1}, headers={"if-match": '"1"'}
        )
        assert (same.status_code, same.headers["etag"]) == (200, '"2"')
        stale = await client.put("/api/v1/catalog/skus/DERBY-40", json=ARTICLE, headers={"if-match": '"1"'})
        assert (stale.status_code, stale.json()["version"]) == (409, 2)
        for code in ("96385074", "00000096385074", "ORME-17", "DERBY-40"):
            assert (await client.get(f"/api/v1/catalog/codes/{code}")).json()["sku"] == "DERBY-40"
        assert (await client.get("/api/v1/catalog/skus/DERBY-40", headers={"if-none-match": '"2"'})).status_code == 304


async def test_the_catalog_is_read_page_by_page(database: Database) -> None:
    async with shop(database) as (_, client):
        page = await client.get("/api/v1/catalog/skus", params={"limit": 2})
        rest = await client.get(page.headers["link"].split(">")[0][1:])
        assert [article["sku"] for article in page.json()["skus"] + rest.json()["skus"]] == [CREAM, KIT, DERBY, VASE]


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"barcodes": [{"code": "96385075"}]}, 422, "bad_barcode"),
        ({"barcodes": [{"code": "96385074"}, {"code": "0000096385074"}]}, 422, "barcode_twice"),
        ({"barcodes": [{"code": DERBY_CODE}]}, 409, "barcode_taken"),
        ({"parts": [{"sku": KIT, "quantity": 1, "price_share_bp": 10000}]}, 422, "part_is_kit"),
        ({"parts": [{"sku": "NOBODY", "quantity": 1, "price_share_bp": 10000}]}, 422, "part_unknown"),
        ({"parts": [{"sku": DERBY, "quantity": 1, "price_share_bp": 9000}]}, 422, "shares_differ"),
        ({"price_minor": 10**12}, 400, "malformed"),
    ],
)
async def test_an_article_that_breaks_a_rule_is_refused(
    database: Database, change: dict[str, Any], status: int, code: str
) -> None:
    async with shop(database) as (_, client):
        answer = await client.put("/api/v1/catalog/skus/DERBY-40", json=ARTICLE | change)
        assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{code}")


async def test_a_blocked_article_is_nowhere_available_until_it_is_freed(database: Database) -> None:
    async with shop(database) as (_, client):
        await stock(client, movement(5), movement(6, sku=CREAM))

        async def free() -> list[int]:
            here = await client.get(f"/api/v1/availability/location/{LYON}", params={"sku": [DERBY, KIT]})
            return [held["available"] for held in here.json()["skus"]]

        command = {"id": str(new_id()), "reason": "Recall 2026-114"}
        blocked = await client.post(f"/api/v1/catalog/skus/{DERBY}/block", json=command)
        again = await client.post(f"/api/v1/catalog/skus/{DERBY}/block", json=command)
        assert (blocked.json()["blocked_reason"], again.json() == blocked.json(), await free()) == (
            "Recall 2026-114",
            True,
            [0, 0],
        )
        await client.post(f"/api/v1/catalog/skus/{DERBY}/unblock", json={"id": str(new_id())})
        assert await free() == [5, 3]
        assert await database.connection.fetchval("SELECT count(*) FROM audit WHERE subject = $1", DERBY) == 2

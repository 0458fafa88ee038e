"""Invoices behind every door: the order's own for its customer, those of their orders for managers and keys, the same bytes for all."""

import hashlib
from collections.abc import AsyncIterator
from uuid import UUID

import httpx
import msgspec
import pytest

from comptoir.kit.actor import Actor
from comptoir.kit.errors import NotFound
from comptoir.kit.ids import Seal
from comptoir.web.documents import file_for
from comptoir.wiring import WIRED
from comptoir.worker import Worker
from tests import people
from tests.conftest import Database
from tests.doors import Served, new_browser, served
from tests.world import CONFLUENCE, DERBY, FRIDAY, LYON, Line, order, settle

pytestmark = pytest.mark.anyio
KEY, WRITES = {"authorization": "Bearer reads"}, {"authorization": "Bearer writes"}
NUMBERS = ("OR-F-2026-000001", "OR-F-2026-000002")


@pytest.fixture
async def door(database: Database) -> AsyncIterator[Served]:
    """Two orders of one derby each, both invoiced at confirmation."""
    await settle(database.dsn, FRIDAY)
    await database.connection.execute(
        "INSERT INTO stock_level (sku, location, on_hand) SELECT sku, location.id, 10 FROM sku, location WHERE NOT is_kit;"
        "UPDATE channel SET invoices = 'at_confirmation'"
    )
    await people.make_key(database.connection, FRIDAY, "reads", "orders:read")
    await people.make_key(database.connection, FRIDAY, "writes", "orders:write")
    async with served(database.dsn, at=FRIDAY) as world:
        for sold in (order(Line(DERBY)), order(Line(DERBY))):
            await place(world, msgspec.json.encode(sold))
        yield world


async def place(world: Served, body: bytes) -> None:
    sent = await world.client.post(
        "/api/v1/orders", content=body, headers=WRITES | {"content-type": "application/json"}
    )
    assert sent.status_code == 201
    await Worker(world.house, "", WIRED).drain()


async def orders(door: Served) -> list[str]:
    rows = await door.house.pool.fetch("SELECT order_id FROM document ORDER BY number")
    return [str(row[0]) for row in rows]


def is_pdf(answer: httpx.Response) -> bool:
    return (answer.status_code, answer.headers["content-type"], answer.content[:5]) == (
        200,
        "application/pdf",
        b"%PDF-",
    )


async def test_a_key_lists_an_orders_documents_and_reads_each_as_it_was_drawn(door: Served) -> None:
    first, _ = await orders(door)
    listed = (await door.client.get(f"/api/v1/orders/{first}/documents", headers=KEY)).json()["documents"]
    assert [(row["number"], row["kind"], row["total_minor"], row["vat_minor"]) for row in listed] == [
        (NUMBERS[0], "invoice", 12900, 2150),
    ]  # fmt: skip
    one, again = [await door.client.get(f"/api/v1/documents/{NUMBERS[0]}", headers=KEY) for _ in range(2)]
    assert is_pdf(one)
    assert one.content == again.content
    assert one.headers["etag"] == f'"{hashlib.sha256(one.content).hexdigest()}"'


async def test_a_number_that_nobody_drew_is_not_found(door: Served) -> None:
    answer = await door.client.get("/api/v1/documents/OR-F-2026-000099", headers=KEY)
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/document_not_found")
    assert (await door.client.get(f"/api/v1/documents/{NUMBERS[0]}", headers=WRITES)).status_code == 403


async def test_a_customer_has_the_documents_of_the_order_and_of_no_other(door: Served, database: Database) -> None:
    first, _ = await orders(door)
    link = "/o/" + Seal(door.house.settings.secret).token("order", UUID(first).bytes, 0)
    browser = new_browser(door)
    page = (await browser.get(link)).text
    assert f'href="{link}/documents/{NUMBERS[0]}"' in page
    assert NUMBERS[1] not in page
    assert is_pdf(await browser.get(f"{link}/documents/{NUMBERS[0]}"))
    for wrong in (f"{link}/documents/{NUMBERS[1]}", f"{link}/documents/x", f"/o/{'0' * 26}/documents/{NUMBERS[0]}"):
        assert (await browser.get(wrong)).status_code == 404


async def test_a_manager_has_the_documents_of_orders_of_their_stores_only(door: Served) -> None:
    mine, others = (Actor("somebody", "store_manager", (place,)) for place in (LYON, CONFLUENCE))
    assert (await file_for(door.house, NUMBERS[0], mine)).bytes.startswith(b"%PDF-")
    with pytest.raises(NotFound, match="document_not_found"):
        await file_for(door.house, NUMBERS[0], others)


async def test_a_file_stays_as_it_was_when_the_seller_changes(door: Served) -> None:
    first = await door.client.get(f"/api/v1/documents/{NUMBERS[0]}", headers=KEY)
    await door.house.pool.execute("UPDATE legal_entity SET name = 'Another'")
    assert (await door.client.get(f"/api/v1/documents/{NUMBERS[0]}", headers=KEY)).content == first.content

"""An order is found by whatever somebody has of it, says why it was found, and is found by nobody else's eyes."""

import re
from collections.abc import AsyncIterator
from uuid import UUID

import asyncpg
import pytest

from comptoir.fulfillment.passes import hashes, pass_letters, pass_token
from comptoir.kit.actor import Actor
from comptoir.kit.ids import new_id
from comptoir.screens import order_search
from tests.conftest import Database
from tests.doors import MIDDAY
from tests.pages.manager_door import Desk, opened, words
from tests.people import HELENE, MARC, ODILE, PART_DIEU

pytestmark = pytest.mark.anyio
ROWS = re.compile(r'href="/manager/orders/([0-9a-f-]{36})"')
GREAT = ("customer", "sales_order", "order_line", "requirement", "work", "stock_movement", "label_attempt", "document", "pickup_pass", "order_address")  # fmt: skip


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    async with opened(database) as desk:
        yield desk


async def with_everything(desk: Desk) -> UUID:
    """An order that has a number of its shop, a collector, a bag, a pass, an invoice, a parcel and a promise."""
    order, work = await desk.order("staged")
    ask, seal = desk.connection.execute, desk.app.house.seal
    await ask("UPDATE sales_order SET external_number = '#1042', collector = 'Zoë Le Goff' WHERE id = $1", order)
    await ask("UPDATE customer SET last_name = 'Aubry-Béranger' WHERE first_name = 'Inès'")
    await ask("UPDATE stock_movement SET order_id = $1 WHERE sku = 'LISON-38' AND fact = 'reserve'", order)
    await ask("INSERT INTO barcode (code, sku, kind) VALUES ('03760000000017', 'LISON-38', 'ean')")
    await ask("INSERT INTO bag (id, work, location, tag, place, staged_at, staged_by) VALUES ($1, $2, $3, 'T-118', 'R7', $4, 'x')", new_id(), work, PART_DIEU, MIDDAY)  # fmt: skip
    qr, letters = hashes(seal, order, PART_DIEU, 0)
    await ask("INSERT INTO pickup_pass VALUES ($1, $2, 0, $3, $4, $5)", order, PART_DIEU, qr, letters, MIDDAY)
    entity = await desk.connection.fetchval("SELECT id FROM legal_entity LIMIT 1")
    await ask("INSERT INTO document VALUES ('OR-2026-7', $1, 'F', 2026, 7, 'invoice', $2, 1, NULL, '2026-11-20', $3, 'EUR', 1, 2, '{}')", entity, order, MIDDAY)  # fmt: skip
    parcel = new_id()
    await ask("INSERT INTO parcel (id, work, location, order_id, number, opened_at, opened_by) VALUES ($1, $2, $3, $4, 1, $5, 'x')", parcel, work, PART_DIEU, order, MIDDAY)  # fmt: skip
    await ask(
        "INSERT INTO label_attempt (id, parcel, n, work, location, order_id, carrier, service, state, reference, tracking_number, intended_at, intended_by, settled_at)"
        " VALUES ($1, $2, 1, $3, $4, $5, 'colissimo', 'DOM', 'manual', 'CMP-77K', '6A12345678901', $6, 'x', $6)",
        new_id(), parcel, work, PART_DIEU, order, MIDDAY,
    )  # fmt: skip
    return order


async def test_an_order_is_found_by_anything_and_says_why(desk: Desk) -> None:
    order = await with_everything(desk)
    desk.app.clock.advance(minutes=1)
    await desk.connection.execute("UPDATE customer SET phone = NULL, email = NULL, first_name = 'Paul', last_name = 'Roux' WHERE id IN (SELECT customer FROM sales_order WHERE id = $1)", (await desk.order())[0])  # fmt: skip
    seal = desk.app.house.seal
    asked = {
        "#1042": "numéro de la boutique #1042", "1042": "numéro de la boutique #1042", "ines aubry": "", "AUBRY BERANGER": "", "béra": None,
        "zoe le g": "retiré par Zoë Le Goff", "06 12 34 56 78": "téléphone", "+33 (0)6.12.34.56.78": "téléphone",
        "0033612345678": "téléphone", "INES@example.com": "e-mail", "lison-38": "contient Basket Lison", "3760000000017": "contient Basket Lison",
        "T-118": "sac T-118", "B:T-118": "sac T-118", "or-2026-7": "document OR-2026-7", "6A 1234 5678 901": "suivi 6A12345678901",
        "CMP-77K": "étiquette CMP-77K", "P1:" + pass_token(seal, order, PART_DIEU, 0): "bon de retrait", "06 12": None, "T-11": None,
    }  # fmt: skip
    letters = pass_letters(seal, order, PART_DIEU, 0)
    async with await desk.browser(ODILE) as browser:
        for text, why in asked.items():
            answer = await browser.get("/manager/orders", params={"q": text})
            assert (text, ROWS.findall(answer.text)) == (text, [] if why is None else [str(order)])
            assert (why or "") in words(answer), text
        # Letters are the counter's: head office does not find by them.
        assert ROWS.findall((await browser.get("/manager/orders", params={"q": letters})).text) == []
    async with await desk.browser(HELENE) as browser:
        assert ROWS.findall((await browser.get("/manager/orders", params={"q": letters})).text) == [str(order)]
    async with await desk.browser(MARC) as browser:
        for text in asked:
            assert ROWS.findall((await browser.get("/manager/orders", params={"q": text})).text) == [], text


async def test_no_way_of_looking_reads_a_great_table_whole(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the choice left to it, a planner reads small tables whole; without, it shows which ways have no index."""
    said: list[str] = []
    fetch = asyncpg.Connection.fetch

    async def explain(
        connection: "asyncpg.Connection[asyncpg.Record]", sql: str, *args: object
    ) -> list[asyncpg.Record]:
        said.extend(row[0] for row in await fetch(connection, f"EXPLAIN {sql}", *args))
        return []

    await desk.connection.execute("SET enable_seqscan = off")
    monkeypatch.setattr(asyncpg.Connection, "fetch", explain)
    for places in (None, (PART_DIEU,)):
        actor = Actor(str(ODILE.id), "head_office", places)
        await order_search.read(desk.connection, actor, "all", order_search.understood("aubry"), None, 50)
    plan = "\n".join(said)
    assert "customer_last_first" in plan
    assert [table for table in GREAT if re.search(rf"Seq Scan on {table}\b", plan)] == []

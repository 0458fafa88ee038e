"""Head office serves a customer who wrote or called: told before, done once by the customer's own rule, kept with how it was asked."""

from collections.abc import AsyncIterator
from uuid import UUID

import httpx
import pytest

from comptoir.kit.ids import new_id
from tests.conftest import Database
from tests.doors import MIDDAY
from tests.pages.manager_door import Desk, hidden, opened, words
from tests.people import HELENE, INES, ODILE

pytestmark = pytest.mark.anyio


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    async with opened(database) as desk:
        yield desk


async def over(desk: Desk) -> UUID:
    """An order that is over, invoiced, with what names somebody in many places."""
    order, _ = await desk.order("handed_over", progress="fulfilled")
    await desk.connection.execute(
        f"UPDATE sales_order SET collector = 'Louis Aubry' WHERE id = '{order}';"
        f"INSERT INTO order_address VALUES ('{order}', 'Inès Aubry', '1 rue Secrète', '', '69003', 'Lyon', 'FR', '0612345678');"
        f"INSERT INTO order_hold (order_id, reason, detail, placed_at, placed_by, released_at)"
        f" VALUES ('{order}', 'manual', 'Rappeler Mme Aubry', now(), 'x', now());"
        f"INSERT INTO document (number, legal_entity, series, year, n, kind, order_id, cause_seq, issued_on, made_at, currency, vat_minor, total_minor, content)"
        f" VALUES ('OR-2026-1', 'orme', 'F', 2026, 1, 'invoice', '{order}', 1, '2026-11-05', now(), 'EUR', 2717, 16300, '{{\"buyer\": \"Inès Aubry\"}}')"
    )
    return order


async def send(browser: httpx.AsyncClient, order: UUID, what: str, form: dict[str, str]) -> httpx.Response:
    return await browser.post(f"/manager/orders/{order}/customer/{what}", data=form, headers={"sec-fetch-site": "same-origin"})  # fmt: skip


def form_of(page: httpx.Response, **more: str) -> dict[str, str]:
    return {"id": hidden(page, "id"), "file_id": hidden(page, "file_id")} | more


CHECKED = {"asked": "letter", "identity": "called_back"}


async def test_a_letter_is_answered_by_erasing_once_and_what_stays_is_told_before_and_after(desk: Desk) -> None:
    order = await over(desk)
    async with await desk.browser(ODILE) as browser:
        page = await browser.get(f"/manager/orders/{order}/customer")
        for said in ("Le nom", "1 adresse", "Qui retire, sur 1 commande", "1 note d’un collègue", "Facture OR-2026-1", "jusqu’au 31 décembre 2036"):  # fmt: skip
            assert said in words(page), said
        assert "entreprise" not in words(page)
        unsaid = await send(browser, order, "erase", form_of(page, asked="letter"))
        assert (unsaid.status_code, "Rien n’a été fait" in words(unsaid), 'value="letter" checked' in unsaid.text) == (422, True, True)  # fmt: skip
        form = form_of(page, **CHECKED)
        for _ in range(2):
            done = await send(browser, order, "erase", form)
            assert (done.status_code, done.headers["location"]) == (303, f"/manager/orders/{order}")
        told = words(await browser.get(f"/manager/orders/{order}"))
        late = await send(browser, order, "erase", form | {"id": str(new_id())})
        gone = await send(browser, order, "file", form)
    assert (late.status_code, gone.status_code) == (409, 409)
    assert "Restent les articles, les montants et les dates. 1 document garde le nom jusqu’au 31 décembre 2036" in told
    assert "effacées à sa demande (par lettre, rappelé au numéro de la commande)" in told
    assert not any(word in told for word in ("Aubry", "Secrète", "612345678", "ines@example.com"))
    tables = await desk.connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT IN ('document', 'staff')")  # fmt: skip
    for (table,) in tables:
        kept = str(await desk.connection.fetchval(f"SELECT coalesce(jsonb_agg(to_jsonb(t))::text, '') FROM {table} t"))
        assert not any(word in kept for word in ("Aubry", "Secrète", "612345678")), table
    rows = await desk.connection.fetch("SELECT who, action, subject, body->>'identity' FROM audit WHERE action LIKE 'customer.%'")  # fmt: skip
    assert [tuple(row) for row in rows] == [(str(ODILE.id), "customer.erased", str(order), "called_back")]
    assert await desk.connection.fetchval("SELECT count(*) FROM event WHERE kind = 'customer.erased'") == 1


async def test_what_is_under_way_stops_it_by_name_and_the_file_is_given_all_the_same(desk: Desk) -> None:
    order, _ = await desk.order("staged")
    other = await over(desk)
    await desk.connection.execute("UPDATE sales_order SET customer = (SELECT customer FROM sales_order WHERE id = $1) WHERE id = $2", order, other)  # fmt: skip
    async with await desk.browser(ODILE) as browser:
        page = await browser.get(f"/manager/orders/{other}/customer")
        assert "En cours : attendez la remise, ou annulez-la avec le client." in words(page)
        assert f'href="/manager/orders/{order}"' in page.text
        assert "customer/erase" not in page.text
        assert (await send(browser, other, "erase", form_of(page, **CHECKED))).status_code == 409
        await desk.connection.execute("UPDATE sales_order SET progress = 'canceled' WHERE id = $1", order)
        await desk.connection.execute(
            "INSERT INTO return_request (id, order_id, kind, lines, noticed_at, who) VALUES ($1, $2, 'withdrawal', '[]', $3, 'x')",
            new_id(), order, MIDDAY,
        )  # fmt: skip
        assert "Un retour est en cours : attendez sa fin." in words(await browser.get(f"/manager/orders/{other}/customer"))  # fmt: skip
        given = [await send(browser, other, "file", form_of(page, **CHECKED)) for _ in range(2)]
        assert (await browser.get(f"/manager/orders/{new_id()}/customer")).status_code == 404
    assert [one.headers["content-type"] for one in given] == ["application/json"] * 2
    assert (len(given[0].json()["orders"]), given[0].json()["customer"]["last_name"]) == (2, "Aubry")
    assert await desk.connection.fetchval("SELECT array_agg(action) FROM audit") == ["customer.data_given"]
    assert await desk.connection.fetchval("SELECT count(*) FROM customer WHERE erased_at IS NOT NULL") == 0


async def test_stores_and_regions_neither_see_the_way_there_nor_go_it(desk: Desk) -> None:
    order = await over(desk)
    form = {"id": str(new_id()), "file_id": str(new_id())} | CHECKED
    for person in (HELENE, INES):
        async with await desk.browser(person) as browser:
            page = await browser.get(f"/manager/orders/{order}")
            assert (page.status_code, "/customer" in page.text) == (200, False)
            assert (await browser.get(f"/manager/orders/{order}/customer")).status_code == 403
            assert [(await send(browser, order, what, form)).status_code for what in ("erase", "file")] == [403, 403]
    assert await desk.connection.fetchval("SELECT count(*) FROM audit") == 0

"""Queues of held orders tell what each lacks; one act for many acts on each by itself, once, and says what became of it."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from comptoir.kit.ids import new_id
from tests.conftest import Database
from tests.doors import MIDDAY
from tests.pages.manager_door import UUID_TEXT, Desk, hidden, opened, words
from tests.people import HELENE, MARC, ODILE, PART_DIEU

pytestmark = pytest.mark.anyio


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    async with opened(database) as desk:
        yield desk


async def held(desk: Desk, reason: str, detail: str = "", **given: str) -> UUID:
    order, _ = await desk.order(None, progress="held", **given)
    await desk.connection.execute(
        "INSERT INTO order_hold (order_id, reason, detail, placed_at, placed_by) VALUES ($1, $2, $3, $4, $5)",
        order, reason, detail, MIDDAY, str(HELENE.id),
    )  # fmt: skip
    return order


async def unknown(desk: Desk) -> UUID:
    order = await held(desk, "unknown_item", "VITRINE-77")
    await desk.connection.execute("DELETE FROM requirement WHERE order_id = $1 AND line = 2", order)
    await desk.connection.execute("UPDATE order_line SET sku = NULL, external_sku = 'VITRINE-77', title = 'Vase' WHERE order_id = $1 AND line = 2", order)  # fmt: skip
    return order


async def progress(desk: Desk, *orders: UUID) -> list[str]:
    return [str(await desk.connection.fetchval("SELECT progress FROM sales_order WHERE id = $1", o)) for o in orders]


async def test_every_queue_says_in_words_what_its_orders_lack(desk: Desk) -> None:
    await desk.connection.execute("UPDATE stock_level SET on_hand = on_hand - 10 WHERE sku = 'AMPHORE-24'")
    said = {
        "payment": "paiement attendu", "address": "aucune adresse", "totals": "totaux différents", "unknown_item": "Choisir, pour 1 commande",
        "short": "il manque 2 × Vase Amphore", "fraud": "Hélène : deux noms", "manual": "Hélène : rappeler",
    }  # fmt: skip
    for reason in said:
        if reason == "unknown_item":
            await unknown(desk)
        else:
            await held(desk, reason, {"fraud": "deux noms", "manual": "rappeler"}.get(reason, ""))
    async with await desk.browser(ODILE) as browser:
        overview = words(await browser.get("/manager/holds"))
        for reason, lacks in said.items():
            page = words(await browser.get(f"/manager/holds/{reason}"))
            assert lacks in page, reason
            assert not UUID_TEXT.search(page)
            table = await browser.get(f"/manager/holds/{reason}/csv")
            assert table.text.count("\n") == 2 and "Aubry" not in table.text
        assert "Fraude soupçonnée 1 commande" in overview
        assert (await browser.get("/manager/holds/nothing")).status_code == 404
    async with await desk.browser(MARC) as browser:
        assert "Rien n’est retenu" in words(await browser.get("/manager/holds"))


async def test_many_orders_are_released_each_by_itself_and_once(desk: Desk) -> None:
    two = [await held(desk, "manual"), await held(desk, "manual")]
    stale, paid_late = await held(desk, "manual"), await held(desk, "manual")
    await desk.connection.execute("INSERT INTO order_hold (order_id, reason, placed_at, placed_by) VALUES ($1, 'payment', $2, 'system')", paid_late, MIDDAY)  # fmt: skip
    every = [*two, stale, paid_late]
    async with await desk.browser(HELENE) as browser:
        ask = {"act": "release", "order": [str(order) for order in every]}
        page = await browser.get("/manager/holds/manual/confirm", params=ask)
        assert "Les magasins reçoivent le travail de 3 commandes" in words(page)
        assert "1 commande reste retenue pour autre chose" in words(page)
        assert await progress(desk, *every) == ["held"] * 4
        form = {name: hidden(page, name, "/manual") for name in ("id", "act", "orders")} | {"note": "vu"}
        await desk.connection.execute("UPDATE sales_order SET version = version + 1 WHERE id = $1", stale)
        first = words(await browser.post("/manager/holds/manual", data=form))
        again = words(await browser.post("/manager/holds/manual", data=form))
    assert first == again
    assert "3 commandes libérées 1 n’a pas changé" in first
    assert "a changé entre-temps" in first and "encore retenue : paiement attendu" in first
    assert await progress(desk, *every) == ["accepted", "accepted", "held", "held"]
    assert await desk.connection.fetchval("SELECT count(*) FROM work WHERE location = $1", PART_DIEU) == 2
    async with await desk.browser(MARC) as browser:
        form |= {"id": str(new_id())}
        assert "4 n’ont pas changé" in words(await browser.post("/manager/holds/manual", data=form))


async def test_many_orders_are_canceled_with_the_money_told_before(desk: Desk) -> None:
    two = [await held(desk, "fraud"), await held(desk, "fraud")]
    async with await desk.browser(ODILE) as browser:
        ask = {"act": "cancel", "order": [str(order) for order in two]}
        page = await browser.get("/manager/holds/fraud/confirm", params=ask)
        assert "326,00 € à rembourser" in words(page).replace("\xa0", " ").replace("\u202f", " ")
        assert 'value="suspected_fraud" selected' in page.text
        form = {name: hidden(page, name, "/fraud") for name in ("id", "act", "orders")} | {"reason": "suspected_fraud"}
        assert "2 commandes annulées" in words(await browser.post("/manager/holds/fraud", data=form))
        none = await browser.get("/manager/holds/fraud/confirm", params={"act": "cancel"})
        assert none.status_code == 422 and "Cochez au moins une commande" in words(none)
    assert await progress(desk, *two) == ["canceled", "canceled"]
    # Without work an order is head office's to cancel: a store's manager is not offered what would be refused.
    await held(desk, "fraud")
    async with await desk.browser(HELENE) as browser:
        page = words(await browser.get("/manager/holds/fraud"))
        assert "Libérer…" in page and "Annuler…" not in page


async def test_stock_is_looked_for_again_and_who_finds_none_waits_as_before(desk: Desk) -> None:
    rich, poor = await held(desk, "short"), await held(desk, "short")
    await desk.connection.execute("UPDATE order_line SET quantity = 50 WHERE order_id = $1 AND line = 2", poor)
    await desk.connection.execute("UPDATE requirement SET quantity = 50, held = 50 WHERE order_id = $1 AND line = 2", poor)  # fmt: skip
    async with await desk.browser(ODILE) as browser:
        ask = {"act": "retry", "order": [str(rich), str(poor)]}
        page = await browser.get("/manager/holds/short/confirm", params=ask)
        assert "1 commande semble avoir tout son stock" in words(page)
        form = {name: hidden(page, name, "/short") for name in ("id", "act", "orders")}
        done = words(await browser.post("/manager/holds/short", data=form))
    assert "1 commande a trouvé son stock" in done and "Aucun lieu n’a encore tout" in done
    assert await progress(desk, rich, poor) == ["accepted", "held"]


async def test_a_shops_unknown_code_is_said_once_for_all_its_orders(desk: Desk) -> None:
    two = [await unknown(desk), await unknown(desk)]
    where = {"channel": "api", "code": "VITRINE-77"}
    async with await desk.browser(ODILE) as browser:
        page = await browser.get("/manager/holds/unknown_item/article", params=where | {"q": "amphore"})
        assert "2 commandes" in words(page)
        form = {name: hidden(page, name, "/article") for name in ("id", "lines", "sku")}
        for _ in range(2):
            done = words(await browser.post("/manager/holds/unknown_item/article", data=form))
            assert "2 articles reconnus" in done
        assert (await browser.get("/manager/holds/unknown_item/article", params=where)).status_code == 404
    assert await progress(desk, *two) == ["accepted", "accepted"]

"""The Stock page shows figures and their ledger, decides about counts, blocks, and takes in a file whole or not at all."""

from collections.abc import AsyncIterator
from uuid import UUID

import httpx
import pytest

from comptoir.kit.ids import new_id
from tests.conftest import Database
from tests.doors import MIDDAY
from tests.pages.manager_door import Desk, hidden, opened, words
from tests.people import HELENE, INES, ODILE, PART_DIEU, VIEUX_LILLE

pytestmark = pytest.mark.anyio
GOOD = f"location;sku;on_hand\n{PART_DIEU};LISON-38;7\n{VIEUX_LILLE};LISON-38;10\n"
BAD = f"location;sku;on_hand\n{PART_DIEU};LISON-38;7\n{PART_DIEU};NO-SUCH;1\n{PART_DIEU};AMPHORE-24;many\n"


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    async with opened(database) as desk:
        yield desk


async def on_hand(desk: Desk, sku: str = "LISON-38", place: str = PART_DIEU) -> int:
    query = "SELECT on_hand FROM stock_level WHERE sku = $1 AND location = $2"
    return int(await desk.connection.fetchval(query, sku, place))


async def count(desk: Desk, counted: int) -> UUID:
    """A count of the pair in Lyon that waits for a decision; 10 were expected."""
    made = new_id()
    await desk.connection.execute(
        "INSERT INTO stock_count (id, location, sku, status, reason, asked_at, asked_by, counted, expected, counted_at, counted_by)"
        " VALUES ($1, $2, 'LISON-38', 'submitted', 'short', $3, 'system', $4, 10, $3, 'system')",
        made, PART_DIEU, MIDDAY, counted,
    )  # fmt: skip
    return made


async def send(browser: httpx.AsyncClient, file: str) -> httpx.Response:
    page = await browser.get("/manager/stock")
    form = {"id": hidden(page, "id", "/stock/import"), "as_of": hidden(page, "as_of")}
    return await browser.post(
        "/manager/stock/import", data=form, files={"file": ("stock.csv", file.encode(), "text/csv")}
    )


async def test_an_article_is_found_by_words_of_its_name(desk: Desk) -> None:
    async with await desk.browser(INES) as browser:
        page = words(await browser.get("/manager/stock", params={"q": "lison blanc"}))
    assert "Basket Lison" in page
    assert "Vase Amphore" not in page


async def test_an_article_shows_ones_own_stores_and_what_moved_it(desk: Desk) -> None:
    order, _ = await desk.order()
    async with await desk.browser(INES) as browser:
        page = words(await browser.get("/manager/stock/article", params={"sku": "LISON-38"}))
    assert "Promis à un client" in page
    assert "+1 promis" in page
    assert "Lille" not in page
    assert str(order) not in page


async def test_an_article_that_nobody_knows_is_not_found(desk: Desk) -> None:
    async with await desk.browser(ODILE) as browser:
        assert (await browser.get("/manager/stock/article", params={"sku": "NO-SUCH"})).status_code == 404


async def test_head_office_blocks_and_unblocks_everywhere(desk: Desk) -> None:
    async with await desk.browser(ODILE) as browser:
        page = await browser.get("/manager/stock/article", params={"sku": "LISON-38"})
        form = {"id": hidden(page, "id", "/stock/block"), "sku": "LISON-38", "reason": "Rappel de semelle"}
        assert (await browser.post("/manager/stock/block", data=form)).status_code == 303
        page = await browser.get("/manager/stock/article", params={"sku": "LISON-38"})
        assert "Bloqué partout : Rappel de semelle" in words(page)
        form = {"id": hidden(page, "id", "/stock/unblock"), "sku": "LISON-38", "note": ""}
        assert (await browser.post("/manager/stock/unblock", data=form)).status_code == 303
    assert await desk.connection.fetchval("SELECT blocked_reason FROM sku WHERE sku = 'LISON-38'") is None


async def test_a_store_manager_may_not_block(desk: Desk) -> None:
    form = {"id": str(new_id()), "sku": "LISON-38", "reason": "x"}
    async with await desk.browser(HELENE) as browser:
        assert (await browser.post("/manager/stock/block", data=form)).status_code == 403


async def test_a_count_that_is_believed_moves_the_ledger(desk: Desk) -> None:
    made = await count(desk, 3)
    async with await desk.browser(HELENE) as browser:
        page = await browser.get("/manager/stock")
        assert "3 comptés, 10 attendus" in words(page)
        form = {"id": hidden(page, "id", f"{made}/approve"), "because": "stolen"}
        for _ in range(2):
            assert (await browser.post(f"/manager/stock/counts/{made}/approve", data=form)).status_code == 303
        assert (
            await browser.post(f"/manager/stock/counts/{made}/approve", data={"id": str(new_id())})
        ).status_code == 400
        assert "Vol" in words(await browser.get("/manager/stock/article", params={"sku": "LISON-38"}))
    assert await on_hand(desk) == 3
    assert await desk.connection.fetchval("SELECT reason FROM stock_movement WHERE fact = 'count'") == "stolen"


async def test_a_count_that_is_not_believed_is_counted_again(desk: Desk) -> None:
    made = await count(desk, 3)
    async with await desk.browser(HELENE) as browser:
        form = {"id": str(new_id())}
        assert (await browser.post(f"/manager/stock/counts/{made}/again", data=form)).status_code == 303
        assert await desk.connection.fetchval("SELECT status FROM stock_count") == "recount"
        # A large difference that she alone has counted is not hers to believe.
        await desk.connection.execute("UPDATE stock_count SET counted_by = $1, not_by = $1", str(HELENE.id))
        page = await browser.get("/manager/stock")
        assert "vous seul l’avez compté" in words(page) and "/approve" not in page.text
        told = await browser.post(f"/manager/stock/counts/{made}/approve", data=form | {"id": str(new_id()), "because": "stolen"})  # fmt: skip
        assert told.status_code == 403 and "demandez à un collègue" in words(told)
    async with await desk.browser(ODILE) as browser:
        assert f"{made}/approve" in (await browser.get("/manager/stock")).text
    assert await on_hand(desk) == 10


async def test_a_regional_manager_reads_counts_and_decides_none(desk: Desk) -> None:
    made = await count(desk, 3)
    async with await desk.browser(INES) as browser:
        assert "/approve" not in (await browser.get("/manager/stock")).text
        form = {"id": str(new_id()), "because": "stolen"}
        assert (await browser.post(f"/manager/stock/counts/{made}/approve", data=form)).status_code == 403


async def test_a_good_file_is_taken_in(desk: Desk) -> None:
    async with await desk.browser(ODILE) as browser:
        answer = await send(browser, GOOD)
    assert answer.status_code == 200
    assert "2 lignes lues : 1 corrigées, 1 identiques" in words(answer)
    assert await on_hand(desk) == 7


async def test_a_bad_file_is_told_line_by_line_and_nothing_of_it_is_taken(desk: Desk) -> None:
    async with await desk.browser(ODILE) as browser:
        answer = await send(browser, BAD)
        page = words(answer)
    assert answer.status_code == 422
    assert "Ligne 4 Ce n’est pas un nombre entier many" in page
    assert await on_hand(desk) == 10


async def test_a_file_that_is_none_is_refused_in_words(desk: Desk) -> None:
    async with await desk.browser(ODILE) as browser:
        answer = await send(browser, "a;b\n1;2\n")
    assert "la colonne location manque" in words(answer)


async def test_shop_messages_that_failed_are_listed_for_head_office(desk: Desk) -> None:
    await desk.connection.execute("INSERT INTO channel (id, kind, name) VALUES ('woo', 'woocommerce', 'Orme sur Woo')")
    await desk.connection.execute(
        "INSERT INTO webhook_inbox (channel, delivery_id, topic, body, received_at, state, attempts, next_at, problem)"
        " VALUES ('woo', '1', 'order.created', '{}', $1, 'failed', 3, $1, 'not_json')",
        MIDDAY,
    )
    async with await desk.browser(ODILE) as browser:
        page = words(await browser.get("/manager/stock"))
    assert "Orme sur Woo" in page
    assert "3 essais" in page

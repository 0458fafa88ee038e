"""The region page counts what is open, late, at risk and waiting, in the manager's own stores, the most troubled first."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest

from comptoir.kit.actor import Actor
from comptoir.kit.ids import new_id
from comptoir.tower.standing import StoreNow
from comptoir.tower.watching import read_direct
from comptoir.web.live import Live
from comptoir.web.pages import manager
from comptoir.web.pages.manager_more import MENU
from tests.conftest import Database
from tests.doors import MIDDAY
from tests.pages.manager_door import Desk, opened, words
from tests.people import HELENE, HUGO, INES, LEA, MARC, ODILE, PART_DIEU, VIEUX_LILLE, Person

pytestmark = pytest.mark.anyio
EVERYWHERE = Actor("test", "head_office", None)


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    async with opened(database) as desk:
        yield desk


async def of(desk: Desk, store: str) -> StoreNow:
    found = await read_direct(desk.connection, EVERYWHERE, desk.app.clock())
    return next(row for row in found if row.place.id == store)


def stores_in(answer: httpx.Response) -> list[str]:
    return re.findall(r'<tr id="s-([a-z-]+)"', answer.text)


@pytest.mark.parametrize(
    ("person", "stores"),
    [
        (ODILE, {PART_DIEU, VIEUX_LILLE}),
        (INES, {PART_DIEU}),
        (MARC, {VIEUX_LILLE}),
        (HELENE, {PART_DIEU}),
        (HUGO, {VIEUX_LILLE}),
    ],
)
async def test_everybody_sees_their_own_stores(desk: Desk, person: Person, stores: set[str]) -> None:
    async with await desk.browser(person) as browser:
        answer = await browser.get("/manager")
    assert (answer.status_code, set(stores_in(answer))) == (200, stores)


async def test_an_associate_is_refused(desk: Desk) -> None:
    async with await desk.browser(LEA, PART_DIEU) as browser:
        assert (await browser.get("/manager")).status_code == 403


async def test_a_work_whose_promise_has_passed_is_late(desk: Desk) -> None:
    _, work = await desk.order()
    await desk.promise(work, MIDDAY - timedelta(minutes=1))
    found = await of(desk, PART_DIEU)
    assert (found.open, found.late, found.at_risk) == (1, 1, 0)


async def test_a_work_promised_within_a_quarter_of_an_hour_is_at_risk(desk: Desk) -> None:
    _, work = await desk.order()
    await desk.promise(work, MIDDAY + timedelta(minutes=14))
    assert (await of(desk, PART_DIEU)).at_risk == 1


async def test_a_work_that_the_store_cannot_reach_in_time_is_at_risk(desk: Desk) -> None:
    await desk.connection.execute("UPDATE location SET capacity_per_hour = 2 WHERE id = $1", PART_DIEU)
    for minutes in (60, 61, 62):
        _, work = await desk.order()
        await desk.promise(work, MIDDAY + timedelta(minutes=minutes))
    # Two in an hour and ten minutes to the shelf: the first is there in 40 minutes, the second in 70, the third in 100.
    found = await of(desk, PART_DIEU)
    assert (found.open, found.late, found.at_risk, found.due) == (3, 0, 2, 1)
    assert {minute - found.at for minute in found.risks} == {61, 62}


async def test_waiting_customers_are_counted_with_the_longest_wait(desk: Desk) -> None:
    for minutes in (3, 7):
        order, _ = await desk.order("staged")
        await desk.connection.execute(
            "INSERT INTO arrival (id, order_id, location, at) VALUES ($1, $2, $3, $4)",
            new_id(), order, PART_DIEU, MIDDAY - timedelta(minutes=minutes),
        )  # fmt: skip
    async with await desk.browser(INES) as browser:
        page = words(await browser.get("/manager"))
    found = await of(desk, PART_DIEU)
    assert (found.here.waiting, found.staged, found.open) == (2, 2, 0)
    assert "le plus long, 7:00, Lyon" in page


async def test_the_most_troubled_store_comes_first(desk: Desk) -> None:
    for _ in range(2):
        await desk.order(location=PART_DIEU)
    _, late = await desk.order(location=VIEUX_LILLE)
    async with await desk.browser(ODILE) as browser:
        assert stores_in(await browser.get("/manager"))[0] == PART_DIEU
        await desk.promise(late, MIDDAY - timedelta(minutes=1))
        assert stores_in(await browser.get("/manager"))[0] == VIEUX_LILLE


async def test_the_page_speaks_english_to_who_reads_english(desk: Desk) -> None:
    await desk.connection.execute("UPDATE staff SET language = 'en' WHERE id = $1", ODILE.id)
    async with await desk.browser(ODILE) as browser:
        page = words(await browser.get("/manager"))
    assert "Customers here" in page
    assert "2 stores" in page


async def test_another_regions_store_is_not_found(desk: Desk) -> None:
    async with await desk.browser(INES) as browser:
        assert (await browser.get(f"/manager/stores/{PART_DIEU}")).status_code == 200
        moved = await browser.get(f"/manager/stores/{PART_DIEU}/live")
        assert (moved.status_code, moved.headers["location"]) == (303, f"/manager/stores/{PART_DIEU}")
        for rest in ("", "/live", "/stream", "/list", "/settings", "/act"):
            assert (await browser.get(f"/manager/stores/{VIEUX_LILLE}{rest}")).status_code == 404, rest
        assert (await browser.get(f"/manager/devices?store={VIEUX_LILLE}")).status_code == 404


async def test_what_the_rail_does_not_name_stands_under_more_for_whoever_may_open_it(desk: Desk) -> None:
    entries = [one for _, group in MENU for one in group]
    for person, office in ((ODILE, True), (HELENE, False)):
        async with await desk.browser(person) as browser:
            page = await browser.get("/manager/more")
            shown = [one for one in entries if f'href="{one.href}"' in page.text]
            assert shown == [one for one in entries if office or not one.office]
            for one in entries:
                assert (await browser.get(one.href)).status_code == (200 if one in shown else 403), one.href
            rail = page.text.split('<nav class="rail"')[1].split("</nav>")[0]
            assert rail.count("<a href=") == 5
            assert (f'href="/manager/stores/{PART_DIEU}"' in rail) is not office, "one store: straight to it"


async def test_a_stores_list_is_to_read_and_leads_to_orders(desk: Desk) -> None:
    order, work = await desk.order()
    await desk.connection.execute("UPDATE work SET taken_by = $2 WHERE id = $1", work, LEA.id)
    async with await desk.browser(INES) as browser:
        answer = await browser.get(f"/manager/stores/{PART_DIEU}")
    assert "Léa s’en occupe" in words(answer)
    assert f'href="/manager/orders/{order}"' in answer.text
    assert "<form" not in answer.text


async def test_whoever_watches_the_same_stores_shares_each_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manager, "AT_MOST_EVERY", 0.01)
    drawn = 0

    async def draw() -> str:
        nonlocal drawn
        drawn += 1
        return str(drawn)

    told = await asyncio.gather(*(manager.shared(("test",), draw) for _ in range(20)))
    assert (set(told), drawn) == ({"1"}, 1)


async def test_the_stream_tells_a_new_order(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manager, "AT_MOST_EVERY", 0.01)

    async def draw() -> str:
        return f"{(await of(desk, PART_DIEU)).open} open"

    live = Live(desk.app.house)
    stream = manager.told(live, (PART_DIEU,), ("stream test",), draw)
    parts = aiter(stream.iterator)
    assert await anext(parts) == b": open\n\n"
    assert await anext(parts) == b"data: 0 open\nid: 1\n\n"
    await desk.order()
    live.tell(frozenset((PART_DIEU,)))
    assert await anext(parts) == b"data: 1 open\nid: 1\n\n"

"""A store shows where its pickup desk is: sent by its managers, seen by whoever has something to collect there."""

import io
from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest
from PIL import Image

from tests.conftest import Database
from tests.flows.orders_on_file import SEAL
from tests.pages.manager_door import Desk, hidden, opened, words
from tests.people import HELENE, HUGO, LEA, PART_DIEU

pytestmark = pytest.mark.anyio
HERE = f"/manager/stores/{PART_DIEU}"
SAYS = {"says_fr": "Au fond, derrière les caisses", "says_en": "At the back, behind the tills"}


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    async with opened(database) as desk:
        yield desk


def photo(color: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (1200, 900), color).save(out, "JPEG")
    return out.getvalue()


async def send(browser: httpx.AsyncClient, sent: bytes | None, form: dict[str, str]) -> httpx.Response:
    files = {"file": ("desk.jpg", sent, "image/jpeg")} if sent is not None else {"file": ("", b"", "application/octet-stream")}  # fmt: skip
    return await browser.post(f"{HERE}/desk", data=form, files=files, headers={"sec-fetch-site": "same-origin"})


async def form_of(browser: httpx.AsyncClient, **more: str) -> dict[str, str]:
    page = await browser.get(f"{HERE}/settings")
    return {"id": hidden(page, "id", "/desk"), "version": hidden(page, "version", "/desk")} | SAYS | more


async def test_the_picture_is_set_once_replaced_reworded_and_removed_and_every_change_is_kept(desk: Desk) -> None:
    async with await desk.browser(HELENE) as browser:
        form = await form_of(browser)
        for _ in range(2):
            assert (await send(browser, photo("green"), form)).status_code == 303
        first = await desk.connection.fetchrow("SELECT * FROM desk_picture")
        assert (first["location"], first["width"], first["height"], first["says_en"]) == (PART_DIEU, 800, 600, SAYS["says_en"])  # fmt: skip
        given = await browser.get(f"/desks/{first['name']}.webp")
        assert (given.content, given.headers["content-type"], "immutable" in given.headers["cache-control"]) == (first["bytes"], "image/webp", True)  # fmt: skip
        stale = await send(browser, photo("red"), form | {"id": str(uuid4())})
        assert (stale.status_code, SAYS["says_fr"] in stale.text) == (409, True)
        assert (await send(browser, photo("red"), await form_of(browser))).status_code == 303
        assert (await browser.get(f"/desks/{first['name']}.webp")).status_code == 404
        assert (await send(browser, None, await form_of(browser, says_en="By the lift"))).status_code == 303
        second = await desk.connection.fetchrow("SELECT * FROM desk_picture")
        assert (second["says_en"], second["name"] != first["name"]) == ("By the lift", True)
        gone = {key: value for key, value in (await form_of(browser)).items() if key in ("id", "version")}
        for _ in range(2):
            assert (await browser.post(f"{HERE}/desk/drop", data=gone | {"id": gone["id"]})).status_code == 303
    kept = await desk.connection.fetch("SELECT action, who FROM audit ORDER BY at, id")
    assert [row["action"] for row in kept] == ["store.desk_picture_set"] * 3 + ["store.desk_picture_dropped"]
    assert {row["who"] for row in kept} == {str(HELENE.id)}
    assert await desk.connection.fetchval("SELECT version FROM location WHERE id = $1", PART_DIEU) == 5


async def test_what_is_no_picture_or_has_no_words_changes_nothing_and_says_why(desk: Desk) -> None:
    async with await desk.browser(HELENE) as browser:
        for sent, more, said in (
            (b"no picture", {}, "Ce n’est pas une image"),
            (photo("red"), {"says_en": "  "}, "Phrase manquante"),
            (None, {}, "Image manquante"),
            (b"\xff\xd8" + bytes(12_000_001), {}, "Image trop lourde"),
        ):
            answer = await send(browser, sent, await form_of(browser, **more))
            assert (answer.status_code, said in words(answer), SAYS["says_fr"] in answer.text) == (422, True, True)
        for wrong in ({"kind": "x"}, {"version": "no"}, {"file": "text"}):
            assert (await browser.post(f"{HERE}/desk", data=SAYS | {"id": str(uuid4()), "version": "1"} | wrong, files={"x": ("", b"")} if "file" not in wrong else None)).status_code == 400  # fmt: skip
    for person, on, status in ((HUGO, None, 404), (LEA, PART_DIEU, 403)):
        async with await desk.browser(person, on) as browser:
            assert (
                await send(browser, photo("red"), SAYS | {"id": str(uuid4()), "version": "1"})
            ).status_code == status
            assert (await browser.post(f"{HERE}/desk/drop", data={"id": str(uuid4()), "version": "1"})).status_code == status  # fmt: skip
    assert await desk.connection.fetchval("SELECT count(*) FROM desk_picture") == 0
    assert await desk.connection.fetchval("SELECT count(*) FROM audit") == 0


async def test_who_has_something_to_collect_sees_it_late_and_reads_it_in_their_language(desk: Desk) -> None:
    orders = {status: (await desk.order(status, language="en"))[0] for status in ("open", "staged", "handed_over")}
    async with await desk.browser(HELENE) as browser:
        assert (await send(browser, photo("green"), await form_of(browser))).status_code == 303
        name = await desk.connection.fetchval("SELECT name FROM desk_picture")
        pages = {status: await browser.get("/o/" + SEAL.token("order", order.bytes, 0)) for status, order in orders.items()}  # fmt: skip
    ready = pages.pop("staged").text
    assert f'<img src="/desks/{name}.webp" alt="" width="800" height="600" loading="lazy"' in ready
    assert SAYS["says_en"] in ready
    assert len(ready.encode()) <= 15_000
    assert [name in page.text for page in pages.values()] == [False, False]

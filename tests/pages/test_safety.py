"""Head office writes rules of safety stock and of counts on pages without a script, sees their effect before, and a stock page says why units stay."""

from collections.abc import AsyncIterator

import msgspec
import pytest

from comptoir.flows.keep_safety import walk
from comptoir.flows.reading_stock_rules import read_counting
from comptoir.kit.ids import new_id
from comptoir.stock.count_rules import CountRules
from comptoir.stock.safety import Line, Rules
from tests.conftest import Database
from tests.pages.manager_door import Desk, hidden, opened, words
from tests.pages.test_policies import press, send
from tests.people import INES, ODILE, PART_DIEU

pytestmark = pytest.mark.anyio
HERE, DRAFT, COUNTS = "/manager/safety", "/manager/safety/draft", "/manager/count-rules"


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    async with opened(database) as desk:
        await desk.connection.execute("UPDATE sku SET category = 'vases' WHERE sku = 'AMPHORE-24'")
        yield desk


async def draft_of(desk: Desk) -> Rules:
    body = await desk.connection.fetchval("SELECT body::text FROM policy_draft WHERE kind = 'safety'")
    return msgspec.json.decode(body, type=Rules)


async def test_rules_are_written_looked_at_saved_and_told_where_they_hold(desk: Desk) -> None:
    office = await desk.browser(ODILE)
    assert (await office.get(DRAFT)).status_code == 404
    assert "Aucune règle" in words(await office.get(HERE))
    assert (await press(office, f"{HERE}/versions/0/draft")).headers["location"] == DRAFT

    async def add(**typed: str) -> int:
        version = hidden(await office.get(DRAFT), "version", f"{DRAFT}/add")
        return (await press(office, f"{DRAFT}/add", version=version, **typed)).status_code

    assert await add(units="2", category="vases", where="kind:store") == 303
    assert await add(units="1", where=f"place:{PART_DIEU}") == 303
    assert await add(units="3", sku="LISON-38, AMPHORE-24") == 303
    assert await add(units="4", sku="LISON-38") == 303
    for wrong in ({"units": "x"}, {"units": "1", "sku": "NOBODY"}, {"units": "1", "sku": "LISON-38", "category": "vases"},
                  {"units": "1", "where": "region:nowhere"}, {"units": "1", "where": "place:NOT A PLACE"}):  # fmt: skip
        assert await add(**wrong) == 422, wrong
    assert (await draft_of(desk)).lines == (
        Line(3, sku="AMPHORE-24"), Line(4, sku="LISON-38"), Line(1, location=PART_DIEU), Line(2, category="vases", kind="store"),
    )  # fmt: skip
    shown = await office.get(DRAFT)
    assert "cessent d’être promises" in words(shown) and "magasins" in words(shown)
    # The table leaves as a file and comes back as it was; a bad one changes nothing and names its lines.
    table = (await office.get(f"{DRAFT}/csv")).content
    version = hidden(shown, "version", f"{DRAFT}/file")
    before = await draft_of(desk)
    bad = await office.post(f"{DRAFT}/file", data={"id": str(new_id()), "version": version}, files={"file": ("x.csv", b"sku;units\nNOBODY;1\n")})  # fmt: skip
    assert bad.status_code == 422 and "NOBODY" in bad.text and await draft_of(desk) == before
    form = {"id": str(new_id()), "version": version}
    assert (await office.post(f"{DRAFT}/file", data=form, files={"file": ("x.csv", table)})).status_code == 303
    assert await draft_of(desk) == before
    version = hidden(await office.get(DRAFT), "version", f"{DRAFT}/remove")
    assert (await press(office, f"{DRAFT}/remove", version=version, sku="LISON-38")).status_code == 303
    assert (await press(office, f"{DRAFT}/remove", version=version, location=PART_DIEU)).status_code == 409
    saved = await send(office, DRAFT, note="Noël", when="now")
    assert saved.headers["location"] == f"{HERE}/versions/1?done=activated"
    assert "Noël" in words(await office.get(f"{HERE}/versions/1"))
    assert (await office.get(f"{HERE}/versions/1/csv")).text.count("\n") == 4
    await walk(desk.app.house.pool, desk.app.clock)
    page = words(await office.get("/manager/stock/article", params={"sku": "AMPHORE-24"}))
    assert "3 gardées : règle « cet article, partout »" in page
    page = words(await office.get("/manager/stock/article", params={"sku": "LISON-38"}))
    assert f"1 gardée : règle « Tous les articles, {await name(desk)} »" in page
    # A later version waits, is looked at, and can be taken back.
    await press(office, f"{HERE}/versions/1/draft")
    later = await send(office, DRAFT, when="later", since_day="2027-01-02", since_time="06:00")
    assert later.headers["location"] == f"{HERE}/versions/2?done=planned"
    assert "entre en vigueur" in words(await office.get(f"{HERE}/versions/2"))
    assert (await press(office, f"{HERE}/versions/2/unplan")).status_code == 303
    assert (await press(office, f"{HERE}/versions/2/activate", when="later")).status_code == 422
    ines = await desk.browser(INES)
    assert [(await ines.get(path)).status_code for path in (HERE, DRAFT, COUNTS)] == [403, 403, 403]


async def name(desk: Desk) -> str:
    found: str = await desk.connection.fetchval("SELECT name FROM location WHERE id = $1", PART_DIEU)
    return found


async def test_rules_of_counts_are_saved_from_what_the_page_shows_and_reasons_are_head_offices(desk: Desk) -> None:
    office = await desk.browser(ODILE)
    assert (await send(office, COUNTS, act="save")).headers["location"] == f"{COUNTS}?done=saved"
    assert await read_counting(desk.connection, desk.app.clock()) == (1, CountRules())
    for field, value in (("free_units", "x"), ("b_days", "5"), ("large_minor", "cher"), ("large_units", "2")):
        wrong = await send(office, COUNTS, act="save", **{field: value})
        assert wrong.status_code == 422 and f'name="{field}"' in wrong.text and 'aria-invalid="true"' in wrong.text, (
            field
        )
    looked = await send(office, COUNTS, act="look", free_units="5")
    assert looked.status_code == 200
    assert (await read_counting(desk.connection, desk.app.clock()))[0] == 1
    done = await send(office, COUNTS, act="save", free_units="5", free_minor="99,50", note="Plus large")
    assert done.status_code == 303
    number, rules = await read_counting(desk.connection, desk.app.clock())
    assert (number, rules.free_units, rules.free_minor) == (2, 5, 9950)
    assert (await send(office, COUNTS, act="save", after="1")).status_code == 409
    assert "count_rules_saved" in {row[0].split(".")[1] for row in await desk.connection.fetch("SELECT action FROM audit WHERE action LIKE 'stock.%'")}  # fmt: skip
    reason = {"code": "lent", "fr": "Prêté", "en": "Lent", "used": "1"}
    assert (await press(office, "/manager/reasons/count/new", **reason)).status_code == 303
    assert "Valider un comptage" in words(await office.get("/manager/reasons"))

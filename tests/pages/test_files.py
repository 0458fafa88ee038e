"""Tables leave and come back as files: shown first, taken whole or not at all, the same file twice changes nothing, nobody beyond their places."""

import csv
import html
import io
import re
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from comptoir.flows.word_reasons import BOOKS
from comptoir.kit.reason_rows import list_reasons
from tests.conftest import Database
from tests.pages.manager_door import Desk, hidden, opened, words
from tests.people import HELENE, INES, ODILE, PART_DIEU, VIEUX_LILLE

pytestmark = pytest.mark.anyio
HERE = "/manager/files"
Table = list[dict[str, str]]


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    async with opened(database) as desk:
        yield desk


async def out(browser: httpx.AsyncClient, kind: str, query: str = "") -> Table:
    answer = await browser.get(f"{HERE}/{kind}/csv{query}")
    assert answer.status_code == 200 and answer.content.startswith(b"\xef\xbb\xbf"), kind
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))


def sheet(rows: Table, delimiter: str = ";", encoding: str = "utf-8-sig") -> bytes:
    text = io.StringIO()
    lines = csv.DictWriter(text, list(rows[0]), delimiter=delimiter)
    lines.writeheader()
    lines.writerows(rows)
    return text.getvalue().encode(encoding)


async def show(browser: httpx.AsyncClient, kind: str, body: bytes) -> httpx.Response:
    return await browser.post(f"{HERE}/{kind}", files={"file": (f"{kind}.csv", body, "text/csv")})


async def confirm(browser: httpx.AsyncClient, kind: str, shown: httpx.Response) -> httpx.Response:
    """The button below a preview, as a browser presses it: line ends become CRLF."""
    found = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", shown.text, re.S)
    assert found, words(shown)
    text = html.unescape(found[1]).replace("\r\n", "\n").replace("\n", "\r\n")
    form = {"id": hidden(shown, "id", "/confirm"), "mark": hidden(shown, "mark", "/confirm"), "text": text}
    return await browser.post(f"{HERE}/{kind}/confirm", data=form)


async def take(browser: httpx.AsyncClient, kind: str, rows: Table, **how: str) -> str:
    shown = await show(browser, kind, sheet(rows, **how))
    assert shown.status_code == 200, words(shown)
    done = await confirm(browser, kind, shown)
    assert done.status_code == 200, words(done)
    return words(done)


async def test_every_table_comes_back_unchanged_and_a_change_is_shown_then_done_once(desk: Desk) -> None:
    office = await desk.browser(ODILE)
    one = desk.connection.fetchval
    await desk.connection.execute("UPDATE location SET name = '=HYPERLINK(1)' WHERE id = $1", VIEUX_LILLE)
    await desk.connection.execute("INSERT INTO shelf_place VALUES ($1, 'LISON-38', 'A', '1', '2')", PART_DIEU)
    await desk.connection.execute(
        "INSERT INTO accessory VALUES ('category', 'shoes', 'box', 'boîte', 'box', 250, 1, true, now(), 'test')"
    )
    kinds = ("stores", "hours", "people", "articles", "accessories", "reasons", "shelves", "safety")
    tables = {kind: await out(office, kind) for kind in kinds}
    assert tables["articles"][0]["price"].endswith(",00"), "as a French spreadsheet reads an amount"
    for kind, rows in tables.items():
        for how in ({}, {"delimiter": ",", "encoding": "utf-8"}, {"encoding": "cp1252"}):
            shown = await show(office, kind, sheet(rows, **how))
            assert shown.status_code == 200 and "rien à faire" in words(shown), (kind, words(shown)[-300:])
    stores = [row for row in tables["stores"] if row["location"] == PART_DIEU]
    new = stores[0] | {
        "location": "angers-ralliement",
        "name": "Angers",
        "postcode": "49100",
        "latitude": "",
        "longitude": "",
        "takes_returns": "non",
    }
    stores[0] |= {"capacity_per_hour": "55", "services": "ship, pickup"}
    before = await one("SELECT capacity_per_hour FROM location WHERE id = $1", PART_DIEU)
    shown = await show(office, "stores", sheet([*stores, new]))
    assert f"capacity_per_hour {before} → devient 55" in words(shown) and "1 nouvelle" in words(shown)
    assert await one("SELECT capacity_per_hour FROM location WHERE id = $1", PART_DIEU) == before
    for _ in range(2):
        assert (await confirm(office, "stores", shown)).status_code == 200
    row = await desk.connection.fetchrow("SELECT * FROM location WHERE id = 'angers-ralliement'")
    assert row and (row["takes_returns"], round(row["latitude"]), row["closed_at"]) == (False, 47, None)
    assert await one("SELECT capacity_per_hour FROM location WHERE id = $1", PART_DIEU) == 55
    assert "rien à faire" in words(await show(office, "stores", sheet([*stores, new])))
    hours = [
        {"location": "angers-ralliement", "day": "monday", "hours": "9h00-12h30, 14h00-19h30", "reason": ""},
        {"location": "angers-ralliement", "day": "24/12/2026", "hours": "9:00-17:00", "reason": "Veille de Noël"},
    ]  # fmt: skip
    assert "C’est fait" in await take(office, "hours", hours)
    assert (
        await one(
            "SELECT string_agg(opens || '-' || closes, ' ' ORDER BY opens) FROM opening_hours WHERE location = 'angers-ralliement'"
        )
        == "540-750 840-1170"
    )
    people = [
        {
            "person": "",
            "first_name": "Zoé",
            "last_name": "D’Été",
            "email": "",
            "role": "associate",
            "region": "",
            "language": "fr",
            "locations": "angers-ralliement",
        }
    ]
    await take(office, "people", people, delimiter=",", encoding="cp1252")
    assert "rien à faire" in words(await show(office, "people", sheet(people)))
    assert await one("SELECT pin_hash IS NULL FROM staff WHERE last_name = 'D’Été'") is True
    article = tables["articles"][0] | {"price": "12,5", "barcodes": "4006381333931 internal:ORME-7"}
    await take(office, "articles", [article])
    assert await one("SELECT price_minor FROM sku WHERE sku = $1", article["sku"]) == 1250
    assert (
        await one("SELECT string_agg(code, ' ' ORDER BY code) FROM barcode WHERE sku = $1", article["sku"])
        == "04006381333931 ORME-7"
    )
    strap = {
        "kind": "sku",
        "key": "AMPHORE-24",
        "code": "strap",
        "fr": "sangle",
        "en": "strap",
        "keep": "12,5",
        "place": "1",
        "used": "oui",
    }
    await take(office, "accessories", [strap, tables["accessories"][0] | {"used": "non"}])
    assert await one("SELECT keep_minor FROM accessory WHERE key = 'AMPHORE-24'") == 1250
    assert await one("SELECT used FROM accessory WHERE key = 'shoes'") is False
    for wrong, why in (
        ({"key": "NOBODY"}, "Article inconnu"),
        ({"code": "other"}, "Nom réservé"),
        ({"code": "Str ap"}, ""),
    ):
        assert why in words(await show(office, "accessories", sheet([strap | wrong])))
    reasons = {(row["subject"], row["code"]): row for row in tables["reasons"]}
    assert {subject for subject, _ in reasons} == set(BOOKS)
    fell = {
        "subject": "short",
        "code": "fell_down",
        "fr": "Étagère tombée",
        "en": "Shelf fell",
        "place": "45",
        "faulty": "non",
        "photo": "non",
        "used": "oui",
        "acts_as": "damaged",
    }
    await take(office, "reasons", [reasons["return", "too_small"] | {"en": "Too tight", "place": "15"}, fell])
    kept_reasons = {
        (one.code, one.en, one.place)
        for book in ("return", "short")
        for one in await list_reasons(desk.connection, BOOKS[book])
    }  # type: ignore[index]
    assert {("too_small", "Too tight", 15), ("fell_down", "Shelf fell", 45)} <= kept_reasons
    for wrong, why in (
        ({"acts_as": "magic"}, "acts_as"), ({"subject": "weather"}, "Peut y être : return, decline"), ({"code": "Fell down"}, "a-z 0-9 _"), ({"used": "perhaps"}, "yes, no"),
        ({"place": "12000"}, "0…9999"),
    ):  # fmt: skip
        refused = await show(office, "reasons", sheet([fell | {"code": "other_one"} | wrong]))
        assert refused.status_code == 422 and (why in words(refused) or why == "acts_as"), (wrong, words(refused))
    hidden_one = reasons["return", "no_reason"] | {"used": "non"}
    assert (await show(office, "reasons", sheet([hidden_one]))).status_code == 422, "it is always offered"
    await take(
        office, "shelves", [{"location": PART_DIEU, "sku": "AMPHORE-24", "aisle": "B", "bay": "12", "level": "3"}]
    )
    await take(office, "safety", [{"location": PART_DIEU, "sku": "AMPHORE-24", "safety_stock": "3"}])
    assert await one("SELECT safety_stock FROM stock_level WHERE location = $1 AND sku = 'AMPHORE-24'", PART_DIEU) == 3
    kept = [
        row["action"]
        for row in await desk.connection.fetch("SELECT action FROM audit WHERE action LIKE 'import.%' ORDER BY at, id")
    ]
    assert kept == [
        "import.stores",
        "import.hours",
        "import.people",
        "import.articles",
        "import.accessories",
        "import.reasons",
        "import.shelves",
        "import.safety",
    ]
    # Each line's change is kept for itself: where, from what to what.
    moved = await desk.connection.fetch(
        "SELECT subject, location, body->'changes' AS changes FROM audit WHERE action IN ('shelf.imported', 'safety.imported', 'reason.saved') ORDER BY action, subject"
    )
    assert [row["subject"] for row in moved] == [
        "return.too_small", "short.fell_down", f"{PART_DIEU}.AMPHORE-24", f"{PART_DIEU}.AMPHORE-24",
    ]  # fmt: skip
    assert moved[2]["location"] == PART_DIEU and moved[2]["changes"] == '[["safety_stock", null, "3"]]'
    assert (
        await one(
            "SELECT count(*) FROM audit WHERE action IN ('store.created', 'store.saved', 'sku.imported', 'person.saved')"
        )
        == 5
    )


async def test_a_file_with_one_bad_line_changes_nothing_and_says_where(desk: Desk) -> None:
    office = await desk.browser(ODILE)
    rows = await out(office, "stores")
    good = rows[0] | {"capacity_per_hour": "77"}
    for change, column in (
        ({"capacity_per_hour": "beaucoup"}, "capacity_per_hour"), ({"services": "pickup magic"}, "services"), ({"name": ""}, "name"),
        ({"legal_entity": "nobody"}, "Société inconnue"), ({"location": good["location"]}, "figure deux fois"), ({"location": "new"}, "Identifiant réservé"),
        ({"takes_returns": "perhaps"}, "takes_returns"), ({"time_zone": "Mars/Base"}, "Fuseau inconnu"),
    ):  # fmt: skip
        answer = await show(office, "stores", sheet([good, rows[1] | change]))
        assert answer.status_code == 422 and column in words(answer) and "textarea" not in answer.text, change
    for body, column in (
        (b"name\nx\n", "location"), (b"location;colour\nx;y\n", "colour"), (b"location;name\nx;y;z\n", "3"), (b"location;name\n\x00", ""),
        (b'location;name\n"x;y\n', ""), (b"", "location"),
    ):  # fmt: skip
        answer = await show(office, "stores", body)
        assert answer.status_code == 422 and column in words(answer), body
    assert (await office.get(f"{HERE}/nothing/csv")).status_code == 404
    assert (await show(office, "safety", b"location;sku;safety_stock\nnowhere;X;1\n")).status_code == 422
    missing = await show(office, "shelves", f"location;sku;aisle;bay;level\n{PART_DIEU};NONE-1;A;1;1\n".encode())
    assert missing.status_code == 422
    assert await desk.connection.fetchval("SELECT count(*) FROM location WHERE capacity_per_hour = 77") == 0
    shown = await show(office, "stores", sheet([good]))
    await desk.connection.execute("UPDATE location SET capacity_per_hour = 61 WHERE id = $1", good["location"])
    outdated = await confirm(office, "stores", shown)
    assert outdated.status_code == 409 and "61" in words(outdated)
    assert (await confirm(office, "stores", outdated)).status_code == 200
    assert (
        await desk.connection.fetchval("SELECT capacity_per_hour FROM location WHERE id = $1", good["location"]) == 77
    )


async def test_a_manager_fetches_and_sends_in_what_is_of_their_places_alone(desk: Desk) -> None:
    for person in (HELENE, INES):
        browser = await desk.browser(person)
        for kind in ("hours", "people"):
            rows: Any = await out(browser, kind)
            assert rows and VIEUX_LILLE not in " ".join(text for row in rows for text in row.values())
        for kind in ("stores", "articles", "safety"):
            assert (await browser.get(f"{HERE}/{kind}/csv")).status_code == 403
            assert (await show(browser, kind, b"location\nx\n")).status_code == 403
        assert (await browser.get(f"{HERE}/hours/csv?location={VIEUX_LILLE}")).status_code == 404
        foreign = [{"location": VIEUX_LILLE, "day": "monday", "hours": "9:00-10:00", "reason": ""}]
        assert (await show(browser, "hours", sheet(foreign))).status_code == 422
        shelf = [{"location": VIEUX_LILLE, "sku": "LISON-38", "aisle": "Z", "bay": "", "level": ""}]
        assert (await show(browser, "shelves", sheet(shelf))).status_code == 422
        boss = {
            "person": "", "first_name": "X", "last_name": str(uuid4()), "email": "", "role": "head_office", "region": "", "language": "fr", "locations": PART_DIEU
        }  # fmt: skip
        assert (await show(browser, "people", sheet([boss]))).status_code in (403, 422)
    assert await desk.connection.fetchval("SELECT count(*) FROM shelf_place WHERE aisle = 'Z'") == 0

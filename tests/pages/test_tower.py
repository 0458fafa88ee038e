"""The tower: what it keeps is what the books say, what it says is compared with what came, and nobody sees another region."""

import random
import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from comptoir.alerting.measuring import measure
from comptoir.kit.actor import Actor
from comptoir.kit.ids import new_id
from comptoir.tower import keeping, queries
from comptoir.tower.deciding import decide
from comptoir.tower.watching import Watch, read_direct
from comptoir.web.live import Live
from comptoir.web.pages import manager
from tests.conftest import Database
from tests.doors import MIDDAY
from tests.pages.manager_door import Desk, lines_of, opened, words
from tests.people import INES, LEA, MARC, ODILE, PART_DIEU, VIEUX_LILLE

pytestmark = pytest.mark.anyio
EVERYWHERE = Actor("test", "head_office", None)
HOUR = timedelta(hours=1)


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    async with opened(database) as desk:
        yield desk


async def late_order(desk: Desk, location: str = PART_DIEU, minutes: int = 5) -> None:
    _, work = await desk.order(location=location)
    await desk.promise(work, MIDDAY - timedelta(minutes=minutes))


async def test_what_is_kept_equals_the_books_whatever_happens_and_only_touched_stores_are_read(desk: Desk) -> None:
    watch = Watch(desk.app.house.pool, desk.app.clock, small=0)
    watch.heard(True)
    draw = random.Random(3)
    works = []
    try:
        assert await watch.stores(EVERYWHERE, newest=True) == await read_direct(
            desk.connection, EVERYWHERE, desk.app.clock()
        )
        for _ in range(12):
            place = draw.choice((PART_DIEU, VIEUX_LILLE))
            if works and draw.random() < 0.5:
                work, place = draw.choice(works)
                status = draw.choice(("picking", "picked", "staged", "canceled"))
                await desk.connection.execute("UPDATE work SET status = $2 WHERE id = $1", work, status)
            else:
                _, work = await desk.order(location=place)
                await desk.promise(work, MIDDAY + timedelta(minutes=draw.randrange(-30, 300)))
                works.append((work, place))
            watch.touched((place,))
            if draw.random() < 0.5:
                await watch._read(None, works=False)
            assert await watch.stores(EVERYWHERE, newest=True) == await read_direct(
                desk.connection, EVERYWHERE, desk.app.clock()
            )
        await late_order(desk, VIEUX_LILLE)
        before = await watch.stores(EVERYWHERE, newest=True)
        watch.touched((PART_DIEU,))
        assert await watch.stores(EVERYWHERE, newest=True) == before, "a store that nobody touched was read"
        # Touched while somebody waits to read another: not forgotten.
        watch.touched((PART_DIEU, VIEUX_LILLE))
        await watch._read((PART_DIEU,))
        assert await watch.stores(EVERYWHERE, newest=True) == await read_direct(
            desk.connection, EVERYWHERE, desk.app.clock()
        )
        watch.heard(False)
        assert await watch.stores(EVERYWHERE, newest=True) == await read_direct(
            desk.connection, EVERYWHERE, desk.app.clock()
        )
    finally:
        await watch.close()


async def test_a_region_sees_its_stores_alone_in_page_lists_file_and_stream(desk: Desk) -> None:
    for place in (PART_DIEU, VIEUX_LILLE):
        await late_order(desk, place)
        order, work = await desk.order(location=place)
        await desk.case("short_choice", order, work, place)
    for person, mine, other in ((INES, "Lyon", "Lille"), (MARC, "Lille", "Lyon")):
        foreign = VIEUX_LILLE if person is INES else PART_DIEU
        async with await desk.browser(person) as browser:
            for path in ("/manager", "/manager/load", "/manager/works?which=late", "/manager/load/csv"):
                page = await browser.get(path)
                told = page.text if path.endswith("csv") else words(page)
                assert mine in told and other not in told, path
            assert (await browser.get(f"/manager/works?which=late&store={foreign}")).status_code == 404
            region = await desk.connection.fetchval("SELECT region FROM location WHERE id = $1", foreign)
            empty = await browser.get(f"/manager/load/csv?region={region}")
            assert len(empty.text.splitlines()) == 1
    async with await desk.browser(LEA, PART_DIEU) as browser:
        for path in ("/manager/load", "/manager/works", "/manager/load/csv"):
            assert (await browser.get(path)).status_code == 403


async def test_each_reading_leads_to_the_list_that_it_counts(desk: Desk) -> None:
    await desk.connection.execute("UPDATE location SET capacity_per_hour = 1 WHERE id = $1", PART_DIEU)
    for minutes in (-20, -10, 30, 50, 130):
        _, work = await desk.order()
        await desk.promise(work, MIDDAY + timedelta(minutes=minutes))
    order, _ = await desk.order("staged")
    await desk.connection.execute(
        "INSERT INTO arrival (id, order_id, location, at) VALUES ($1, $2, $3, $4)",
        new_id(), order, PART_DIEU, MIDDAY - timedelta(minutes=9),
    )  # fmt: skip
    # In hand already, for the same minute as one that nobody has begun and that will be late: not at risk.
    _, picking = await desk.order("picking")
    await desk.promise(picking, MIDDAY + timedelta(minutes=130))
    found = next(s for s in await desk.app.house.tower.stores(EVERYWHERE) if s.place.id == PART_DIEU)
    async with await desk.browser(ODILE) as browser:
        for which, count in (
            ("due", found.due), ("late", found.late), ("risk", found.at_risk), ("waiting", found.here.waiting), ("pickups", 0),
        ):  # fmt: skip
            page = await browser.get(f"/manager/works?which={which}")
            assert page.text.count('<li><a class="item"') == count, which
        assert (found.due, found.late, found.at_risk, found.here.waiting) == (2, 2, 3, 1), "not those in hand"
        assert (await browser.get("/manager/works?which=nothing")).status_code == 400
        table = lines_of(await browser.get("/manager/load/csv"))
        line = next(row for row in table if row["store"] == PART_DIEU)
        assert (line["late"], line["at_risk"], line["open"], line["waiting"]) == ("2", "3", "6", "1")
    kinds = [item.kind for item in decide((found,), (), {PART_DIEU: 16_300}, MIDDAY)]
    assert kinds == ["late", "waiting"]


async def test_the_dearest_comes_first_and_a_case_whose_goods_may_be_gone_weighs_its_whole_order(desk: Desk) -> None:
    await late_order(desk)
    order, work = await desk.order()
    await desk.case("short_choice", order, work)
    await desk.case("money_stuck", order, work)
    await desk.case("handed_over_twice", order, work, VIEUX_LILLE)
    cases = await queries.read_cases(desk.connection, (PART_DIEU,))
    items = decide(await desk.app.house.tower.stores(EVERYWHERE), cases, {PART_DIEU: 16_300}, MIDDAY)
    said = [(item.kind, item.case.kind if item.case else "", item.harm) for item in items]
    assert said == [("case", "money_stuck", 16_300), ("case", "short_choice", 2_630), ("late", "", 2_630)]
    assert len(await queries.read_cases(desk.connection, (VIEUX_LILLE,))) == 1
    # However dear the others are, each store has its own among what is weighed.
    first = await queries.read_cases(desk.connection, None, 1)
    assert {case.location for case in first} == {PART_DIEU, VIEUX_LILLE} and len(first) == 2


async def test_a_silent_device_and_a_carrier_that_comes_too_soon_are_seen(desk: Desk) -> None:
    now = desk.app.clock()
    _, work = await desk.order(kind="ship")
    await desk.promise(work, now + timedelta(minutes=45))
    await desk.connection.execute("UPDATE location SET capacity_per_hour = 1 WHERE id = $1", PART_DIEU)
    local = 12 * 60 + 50
    await desk.connection.execute(
        "INSERT INTO collection (location, carrier, weekday, minute) VALUES ($1, 'colissimo', 4, $2)", PART_DIEU, local
    )
    found = next(s for s in await read_direct(desk.connection, EVERYWHERE, now) if s.place.id == PART_DIEU)
    assert [(one.carrier, one.missing) for one in found.pickups] == [("colissimo", 1)]
    device = await desk.connection.fetchval("SELECT id FROM device WHERE location = $1 ORDER BY id LIMIT 1", PART_DIEU)
    pack = new_id()
    await desk.connection.execute(
        "INSERT INTO pack (id, location, device, staff, made_at, lease_until) VALUES ($1, $2, $3, $4, $5, $5)",
        pack, PART_DIEU, device, LEA.id, now,
    )  # fmt: skip
    await desk.connection.execute("UPDATE work SET pack = $2, status = 'picking' WHERE id = $1", work, pack)
    for minutes, silent in ((5, 0), (35, 1)):
        await desk.connection.execute(
            "UPDATE device SET last_seen_at = $2 WHERE id = $1", device, now - timedelta(minutes=minutes)
        )
        found = next(s for s in await read_direct(desk.connection, EVERYWHERE, now) if s.place.id == PART_DIEU)
        assert (found.silent.devices, found.silent.lines) == (silent, 2 * silent)
    async with await desk.browser(INES) as browser:
        page = words(await browser.get("/manager"))
    assert "muet depuis 35 min" in page and "2 lignes prises" in page


async def test_work_without_a_device_is_something_to_decide_until_one_is_heard_of(desk: Desk) -> None:
    now = desk.app.clock()
    await desk.connection.execute("UPDATE device SET last_seen_at = $1", now)

    async def said() -> tuple[list[tuple[str, int, int]], int]:
        """What there is to decide about devices, and the open minutes of an alert."""
        found = next(
            s for s in await read_direct(desk.connection, EVERYWHERE, desk.app.clock()) if s.place.id == PART_DIEU
        )
        items = [(item.kind, item.n, item.more) for item in decide((found,), (), {}, desk.app.clock())]
        readings, _ = await measure(desk.connection, desk.app.clock())
        silent = [one.value for one in readings if (one.kind, one.location) == ("silent", PART_DIEU)]
        return items, sum(silent)

    await desk.connection.execute("UPDATE device SET revoked_at = $1 WHERE location = $2", now, PART_DIEU)
    assert await said() == ([], 0), "nothing to do, and nobody is missed"
    for _ in range(2):
        _, work = await desk.order()
        await desk.promise(work, now + timedelta(days=1))
    open_for = (await said())[1]
    assert await said() == ([("unlinked", 2, 0)], open_for) and open_for > 60
    async with await desk.browser(INES) as browser:
        page = await browser.get("/manager")
        assert "2 commandes à préparer et aucun appareil" in words(page) and "Relier un appareil" in words(page)
        assert f"/manager/devices?store={PART_DIEU}" in page.text
        # Heard of a while ago; closed; heard of again.
        for minutes, expected in ((44, []), (50, [("unheard", 2, 50)]), (5, [])):
            await desk.connection.execute(
                "UPDATE device SET revoked_at = NULL, last_seen_at = $1 WHERE location = $2",
                now - timedelta(minutes=minutes),
                PART_DIEU,
            )
            assert await said() == (expected, minutes)
        await desk.connection.execute(
            "UPDATE device SET last_seen_at = $1 WHERE location = $2", now - timedelta(minutes=50), PART_DIEU
        )
        assert "aucun appareil vu depuis 50 min" in words(await browser.get("/manager"))
    await desk.connection.execute(
        "DELETE FROM opening_hours WHERE location = $1 AND weekday = $2", PART_DIEU, now.weekday()
    )
    assert await said() == ([], 0)


async def test_hours_are_kept_paces_learned_and_forecasts_compared_with_what_came(desk: Desk) -> None:
    house = desk.app.house
    for minutes in (20, 30, 200):
        _, work = await desk.order()
        await desk.promise(work, MIDDAY + timedelta(minutes=minutes))
    await desk.connection.execute("UPDATE location SET capacity_per_hour = 1 WHERE id = $1", PART_DIEU)
    await keeping.keep_hours(house)
    await keeping.keep_hours(house)
    kept = await desk.connection.fetchrow(
        "SELECT received, works, pressing, part FROM store_hour WHERE location = $1 AND hour = $2", PART_DIEU, MIDDAY
    )
    assert kept is not None and tuple(kept) == (3, 0, 3, 1)
    await keeping.keep_forecasts(house)
    await keeping.keep_forecasts(house)
    said = await desk.connection.fetch("SELECT scope, late, came FROM forecast_kept WHERE hours = 1 ORDER BY scope")
    assert {row["scope"] for row in said} >= {"*", PART_DIEU} and all(row["came"] is None for row in said)
    assert {row["scope"]: round(row["late"]) for row in said}[PART_DIEU] == 2
    # One of the two is on its shelf in time, the other is not; a third is canceled before anybody waits for it.
    first, second, _ = [row["id"] for row in await desk.connection.fetch("SELECT id FROM work ORDER BY promise_at")]
    await desk.connection.execute(
        "UPDATE work SET status = 'staged', picked_at = $2, staged_at = $2 WHERE id = $1", first, MIDDAY + 0.25 * HOUR
    )
    desk.app.clock.advance(minutes=61)
    await desk.connection.execute(
        "UPDATE work SET status = 'handed_over', picked_at = $2, staged_at = $3, handed_over_at = $3 WHERE id = $1",
        second, MIDDAY + 0.25 * HOUR, MIDDAY + 0.75 * HOUR,
    )  # fmt: skip
    assert await keeping.judge(house, desk.app.clock()) > 0
    assert await keeping.judge(house, desk.app.clock()) == 0
    came = await desk.connection.fetch("SELECT scope, came FROM forecast_kept WHERE hours = 1 AND came > 0")
    region = await desk.connection.fetchval("SELECT 'region:' || region FROM location WHERE id = $1", PART_DIEU)
    assert {row["scope"]: row["came"] for row in came} == {"*": 1, PART_DIEU: 1, region: 1}
    await keeping.keep_hours(house)
    picked = "SELECT works, lines FROM store_hour WHERE location = $1 AND hour = $2"
    assert tuple(await desk.connection.fetchrow(picked, PART_DIEU, MIDDAY) or ()) == (2, 4)
    await desk.connection.execute("DELETE FROM store_hour")
    await desk.connection.execute(
        "INSERT INTO store_hour SELECT $1, $2::timestamptz - n * interval '1 hour', 1, 4, 6, 9, 60, 9 FROM generate_series(1, 9) n",
        PART_DIEU, MIDDAY,
    )  # fmt: skip
    await desk.connection.execute("UPDATE location SET capacity_per_hour = 12 WHERE id = $1", PART_DIEU)
    assert await keeping.learn_from_hours(house) == 1
    paces = await queries.read_paces(desk.connection, None)
    assert [(pace.part, round(pace.works_per_hour)) for pace in paces[PART_DIEU]] == [(1, 6)]
    errors = await queries.read_errors(desk.connection)
    assert errors[""][1].usual is not None and set(errors) == {"", "+"}
    async with await desk.browser(ODILE) as browser:
        assert "le plus souvent à" in words(await browser.get("/manager"))


async def test_readings_are_kept_each_quarter_and_drawn_as_lines_of_ones_own_stores(desk: Desk) -> None:
    house = desk.app.house
    for place, count in ((PART_DIEU, 2), (VIEUX_LILLE, 5)):
        for _ in range(count):
            await late_order(desk, place)
    for _ in range(4):
        assert await keeping.keep_readings(house) == 2
        assert await keeping.keep_readings(house) == 0, "once a quarter, however often the worker asks"
        desk.app.clock.advance(minutes=15)
    await late_order(desk)
    kept = await desk.connection.fetch("SELECT location, late FROM tower_reading ORDER BY at, location LIMIT 2")
    assert [tuple(row) for row in kept] == [(VIEUX_LILLE, 5), (PART_DIEU, 2)]
    for person, said in ((INES, "de 2 à 3"), (ODILE, "de 7 à 8"), (MARC, "de 5 à 5")):
        async with await desk.browser(person) as browser:
            page = await browser.get("/manager")
            assert f"six dernières heures\u00a0: {said}, le plus à" in page.text
    desk.app.clock.advance(minutes=60 * 49)
    assert await keeping.keep_readings(house) == 2
    assert await desk.connection.fetchval("SELECT count(*) FROM tower_reading") == 2


async def test_an_open_page_is_sent_only_the_parts_that_changed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manager, "AT_MOST_EVERY", 0.01)
    parts = {"a": "one", "b": "two"}
    assert manager.changed({}, parts).count("<hx-partial") == 2
    assert manager.changed({"a": "one"}, parts) == '<hx-partial hx-target="#b" hx-swap="innerMorph">two</hx-partial>'
    assert manager.changed(parts, parts) == ""
    async with await desk.browser(INES) as browser:
        page = (await browser.get("/manager")).text
    for part in manager.PARTS:
        assert f'id="{part}"' in page
    # A stream that begins behind a page sends what is new since, and a beat where nothing is.
    live, since = Live(desk.app.house), re.search(r"/manager/stream\?since=([0-9a-f.]+)", page)
    assert since and len(since[1].split(".")) == len(manager.PARTS)

    async def draw() -> dict[str, str]:
        return dict(parts)

    stream = aiter(manager.told(live, None, ("since",), draw, since=manager.marks({"a": "one", "b": "old"})).iterator)
    assert await anext(stream) == b": open\n\n"
    assert await anext(stream) == b'data: <hx-partial hx-target="#b" hx-swap="innerMorph">two</hx-partial>\nid: 1\n\n'
    live.tell(frozenset(("*",)))
    assert await anext(stream) == manager.BEAT
    other = aiter(manager.told(live, None, ("since 2",), draw, since=manager.marks(parts)).iterator)
    assert [await anext(other), await anext(other)] == [b": open\n\n", manager.BEAT]
    parts["a"] = "three"
    live.tell(frozenset(("*",)))
    assert b"three" in await anext(other)

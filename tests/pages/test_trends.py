"""Trends: the figures that managers look back on, of their own stores alone, each with the orders behind it."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from comptoir.flows import keep_reports
from comptoir.kit.db import Connection, Tx
from comptoir.reporting import article_queries, drawing
from comptoir.reporting import queries as trends
from comptoir.reporting.measures import bucket_of
from comptoir.reporting.reports import REPORTS, spans
from comptoir.reporting.saying import say
from comptoir.reporting.sql import periods
from tests.conftest import Database
from tests.doors import MIDDAY
from tests.pages.manager_door import lines_of, opened, words
from tests.people import HELENE, MARC, ODILE, PART_DIEU, VIEUX_LILLE, make_key

pytestmark = pytest.mark.anyio
TODAY = MIDDAY.date()


async def weeks_of(connection: Connection) -> None:
    """Sixty days of two stores that nobody mistakes for one another, as events would have made them, in all three grains."""
    sums: dict[tuple[str, str, str, date, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for back in range(60):
        day = TODAY - timedelta(days=back)
        for place, late, seconds in ((PART_DIEU, 1, 600), (VIEUX_LILLE, 5, 3000)):
            for measure, key, *figures in (
                ("received", "14", 10, 20, 0), ("ready", "pickup", 10, 10 - late, 0), ("prepared", f"{bucket_of(seconds):02}", 10, 10 * seconds, 0),
                ("sold", "api|EUR", 10, 129_00 * late, 490), ("short", "damaged", late, 0, 0), ("short_sku", "LISON-38", late, 0, 0),
                ("found", "", 20 - late, 0, 0), ("found_sku", "LISON-38", 3 * late, 0, 0), ("found_sku", "AMPHORE-24", 9, 0, 0),
            ):  # fmt: skip
                for grain, first in periods(day).items():
                    row = sums[grain, measure, place, first, key]
                    row[:] = [have + more for have, more in zip(row, figures, strict=True)]
    await connection.copy_records_to_table("report_figure", records=[(0, *key, *row) for key, row in sums.items()])


async def test_everybody_sees_the_stores_that_are_theirs_in_pages_files_and_lists_and_nothing_of_another(
    database: Database,
) -> None:
    async with opened(database) as desk:
        await weeks_of(desk.connection)
        for person, sees, never in ((HELENE, "90", "Lille"), (MARC, "50", "Lyon")):
            browser = await desk.browser(person)
            glance = words(await browser.get("/manager/trends"))
            assert f"Prêt à l’heure {sees} %" in glance
            foreign = VIEUX_LILLE if never == "Lille" else PART_DIEU
            own = PART_DIEU if never == "Lille" else VIEUX_LILLE
            for report in REPORTS if person is HELENE else ("on-time", "stock"):
                page = await browser.get(f"/manager/trends/{report}")
                assert page.status_code == 200 and never not in page.text
                file = await browser.get(f"/manager/trends/{report}/csv")
                assert foreign not in file.text
            for address in (
                f"/manager/trends/on-time?of=s:{foreign}", f"/manager/trends/on-time/csv?of=s:{foreign}", f"/manager/trends?of=s:{foreign}",
                f"/manager/trends/on-time/orders?store={foreign}&first={TODAY}&last={TODAY}", f"/manager/trends/on-time?of=r:{'nord' if own == PART_DIEU else 'sud'}",
            ):  # fmt: skip
                assert (await browser.get(address)).status_code == 404, address
        office = await desk.browser(ODILE)
        page = await office.get("/manager/trends/on-time")
        assert ">Lyon<" in page.text and ">Lille<" in page.text
        # Thirty of a hundred are late where nobody is far from the median: the worse store stands first.
        assert page.text.index(f"s%3A{VIEUX_LILLE}") < page.text.index(f"s%3A{PART_DIEU}")
        assert "70\u202f%" in page.text
        for wrong in ("/manager/trends/people", "/manager/trends/on-time?by=year", "/manager/trends/on-time?of=x:y"):
            assert (await office.get(wrong)).status_code in (400, 404), wrong
        for odd in (
            "?until=2026-99-99",
            "?until=1900-01-01",
            "?until=2999-01-01",
            "?by=week",
            "?by=month&until=2026-01-31",
            "?currency=CHF",
        ):
            assert (await office.get(f"/manager/trends/sales{odd}")).status_code == 200, odd


async def test_the_file_says_what_the_page_says_and_the_chart_has_its_numbers_in_a_table(database: Database) -> None:
    async with opened(database) as desk:
        await weeks_of(desk.connection)
        boss = await desk.browser(HELENE)
        page = await boss.get("/manager/trends/sales?by=week")
        rows = lines_of(await boss.get("/manager/trends/sales/csv?by=week"))
        assert [row["from"] for row in rows] == [
            str(first) for first in spans("week", TODAY) if first >= periods(TODAY - timedelta(days=59))["w"]
        ]
        assert (
            rows[-2]["goods"] == "903,00"
            and rows[-2]["currency"] == "EUR"
            and {row["store"] for row in rows} == {PART_DIEU}
        )
        whole = sum(float(row["goods"].replace(",", ".")) for row in rows)
        assert " ".join(say(round(whole * 100), "money", "fr").split()) in words(page)
        fill = words(await boss.get("/manager/trends/fill"))
        assert ("95\u202f%" in fill and "Abîmé" in fill and "Derby Lison" in fill) or "Lison" in fill


async def test_a_figure_leads_to_its_orders_and_a_table_of_figures_is_all_that_pages_read(database: Database) -> None:
    async with opened(database) as desk:
        order, work = await desk.order("open")
        now = desk.app.clock()
        await desk.connection.execute(
            "UPDATE work SET status = 'staged', started_at = $2, staged_at = $2 WHERE id = $1", work, now
        )
        await desk.connection.execute(
            "INSERT INTO event (stream, seq, kind, location, work, who, at, due_at, body) VALUES ($1, 90, 'fulfillment.staged', $2, $3, 'x', $4, $4, '{}')",
            order,
            PART_DIEU,
            work,
            now,
        )
        async with desk.app.house.pool.acquire() as connection, connection.transaction():
            await keep_reports.keep_figures(Tx(connection, "system", now), [order])
        boss = await desk.browser(HELENE)
        page = await boss.get(f"/manager/trends/on-time?of=s:{PART_DIEU}")
        listed = f"/manager/trends/on-time/orders?store={PART_DIEU}&amp;first={TODAY}&amp;last={TODAY}"
        assert listed in page.text
        behind = await boss.get(listed.replace("&amp;", "&"))
        number = await desk.connection.fetchval("SELECT number FROM sales_order WHERE id = $1", order)
        assert number in behind.text and str(order) in behind.text and "à l’heure" in behind.text
        await plans(desk.connection)


async def test_each_article_that_was_missing_says_its_part_of_what_was_looked_for_down_to_the_store(
    database: Database,
) -> None:
    async with opened(database) as desk:
        await weeks_of(desk.connection)
        await desk.connection.execute(
            "INSERT INTO report_figure SELECT 0, g, m, $1, $2, 'AMPHORE-24', n, 0, 0 FROM unnest(ARRAY['d', 'w', 'm']::char(1)[]) g,"
            " (VALUES ('short_sku', 150), ('found_sku', 0)) AS v (m, n) ON CONFLICT (build, grain, measure, location, day, key) DO UPDATE SET a = report_figure.a + excluded.a",
            PART_DIEU, TODAY,
        )  # fmt: skip
        office = await desk.browser(ODILE)
        path = "/manager/trends/fill/articles"
        # 28 days: Lison misses one and five a day of four and twenty, Amphore 150 at once of 28 times 18 and these.
        page = await office.get(path)
        assert "168 672 25 %" in words(page) and "150 654 23 %" in words(page)
        assert page.text.index("LISON-38") < page.text.index("AMPHORE-24")
        by_rate = await office.get(f"{path}?of=s:{PART_DIEU}&order=rate")
        assert by_rate.text.index("AMPHORE-24") < by_rate.text.index("LISON-38")
        rows = lines_of(await office.get(f"{path}/csv"))
        assert [(row["sku"], row["asked"], row["short"], row["short_rate"]) for row in rows] == [
            ("LISON-38", "672", "168", "0,2500"),
            ("AMPHORE-24", "654", "150", "0,2294"),
        ]
        one = await office.get("/manager/trends/fill/article?sku=LISON-38")
        assert "Lille 140 560 25" in words(one) and "Lyon 28 112 25" in words(one)
        assert f"/manager/trends/fill/orders?store={VIEUX_LILLE}&amp;first=" in one.text
        marc = await desk.browser(MARC)
        theirs = await marc.get(path)
        assert "AMPHORE" not in theirs.text and "140 560" in words(theirs)
        assert "Lyon" not in words(await marc.get("/manager/trends/fill/article?sku=LISON-38"))
        for foreign in (f"{path}?of=s:{PART_DIEU}", f"{path}/csv?of=s:{PART_DIEU}", "/manager/trends/sales/articles"):
            assert (await marc.get(foreign)).status_code == 404, foreign


async def test_orders_that_head_office_canceled_are_counted_by_its_own_reasons_in_its_own_words(
    database: Database,
) -> None:
    async with opened(database) as desk:
        now = desk.app.clock()
        await desk.connection.execute(
            "INSERT INTO reason (subject, code, fr, en, place, changed_at, changed_who) VALUES ('cancel', 'strike', 'Grève', 'Strike', 60, $1, 'x'),"
            " ('cancel', 'mistake', 'Faute de frappe', 'Slip', 50, $1, 'x')", now,
        )  # fmt: skip
        orders = []
        for reason in ("strike", "mistake", "duplicate", "because I say so"):
            order, _ = await desk.order("open")
            orders.append(order)
            await desk.connection.execute(
                "UPDATE sales_order SET canceled_at = $2, cancel_reason = $3 WHERE id = $1", order, now, reason
            )
        async with desk.app.house.pool.acquire() as connection, connection.transaction():
            await keep_reports.keep_figures(Tx(connection, "system", now), orders)
        keys = await desk.connection.fetch("SELECT DISTINCT key FROM report_figure WHERE measure = 'canceled'")
        assert {row["key"] for row in keys} == {"strike", "mistake", "duplicate", "other"}
        boss = await desk.browser(HELENE)
        page = words(await boss.get("/manager/trends/cancellations"))
        for said in ("Grève 1 25", "Faute de frappe 1 25", "Commande en double 1 25", "Autre raison 1 25"):
            assert said in page, (said, page)
        behind = f"/manager/trends/cancellations/orders?store={PART_DIEU}&first={TODAY}&last={TODAY}&key=strike"
        assert "Grève" in words(await boss.get(behind))


async def test_a_sum_is_whole_however_many_figures_it_is_made_of(database: Database) -> None:
    async with opened(database) as desk:
        await desk.connection.execute(
            "INSERT INTO report_figure SELECT 0, 'd', g.measure, $1, $2::date - d.n, g.key || k.n, 1, 0, 0 FROM generate_series(0, 27) AS d (n),"
            " generate_series(1, 3600) AS k (n), (VALUES ('short_sku', 'S-')) AS g (measure, key)", PART_DIEU, TODAY,
        )  # fmt: skip
        await desk.connection.execute(
            "INSERT INTO report_figure SELECT 0, 'd', g.measure, $1, $2::date - d.n, g.key, g.a, 0, 0 FROM generate_series(0, 27) AS d (n),"
            " (VALUES ('short', 'damaged', 3600), ('found', '', 3600)) AS g (measure, key, a)", PART_DIEU, TODAY,
        )  # fmt: skip
        boss = await desk.browser(HELENE)
        fill = words(await boss.get("/manager/trends/fill"))
        assert "Trouvés 50 %" in fill and "201 600" in fill and "100 800" in fill, fill
        lines = (await boss.get("/manager/trends/fill/csv")).content.decode("utf-8-sig").splitlines()
        assert len(lines) == 29


async def plans(connection: Any) -> None:
    """No statement of the pages reads what happened; the figures themselves are read by their key."""
    asked: list[tuple[str, tuple[Any, ...]]] = [
        (trends._FIGURES, ("d", ["ready"], [PART_DIEU], TODAY, TODAY, [PART_DIEU])),
        (trends._CELLS, ("d", ["ready"], [PART_DIEU], TODAY, TODAY, [], False)),
        (trends._WEEKS, (["ready"], [PART_DIEU], TODAY, TODAY)),
        (trends._STOCK, ([PART_DIEU], [TODAY], [TODAY])),
        (trends._ORDERS, (PART_DIEU, TODAY, TODAY, ["ready"], None)),
        (article_queries._ARTICLES, ("d", [PART_DIEU], TODAY, TODAY, False, 50, 0)),
        (article_queries._STORES, ("d", "LISON-38", [PART_DIEU], TODAY, TODAY)),
    ]
    async with connection.transaction():
        await connection.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        for sql, given in asked:
            plan = "\n".join(row[0] for row in await connection.fetch(f"EXPLAIN {sql}", *given))
            assert " on event" not in plan and " on work" not in plan and "Seq Scan on report_figure" not in plan, plan
            assert "Seq Scan on report_share" not in plan and "Seq Scan on report_stock" not in plan, plan


async def test_the_api_tells_the_same_for_the_places_of_its_key(database: Database) -> None:
    async with opened(database) as desk:
        await weeks_of(desk.connection)
        await make_key(desk.connection, MIDDAY, "lyon", "reports:read", locations=[PART_DIEU])
        await make_key(desk.connection, MIDDAY, "all", "reports:read")
        await make_key(desk.connection, MIDDAY, "blind", "orders:read")
        client = desk.app.client

        async def ask(path: str, key: str) -> Any:
            return await client.get(f"/api/v1/reports/{path}", headers={"authorization": f"Bearer {key}"})

        lyon = (await ask("on-time", "lyon")).json()
        assert lyon["whole"] == {"on_time": 0.9, "orders": 280, "late": 28} and [
            one["location"] for one in lyon["stores"]
        ] == [PART_DIEU]
        assert len(lyon["periods"]) == 28 and lyon["median"] is None
        both = (await ask("prepare?by=month", "all")).json()
        assert {one["location"] for one in both["stores"]} == {PART_DIEU, VIEUX_LILLE} and both["median"][
            "orders"
        ] == 600
        assert [(await ask(path, key)).status_code for path, key in (
            (f"on-time?location={VIEUX_LILLE}", "lyon"), ("nobody", "all"), ("on-time", "blind"), ("on-time?until=soon", "all"), ("on-time?by=year", "all"),
        )] == [404, 404, 403, 400, 400]  # fmt: skip


def test_today_is_that_of_the_places_asked_for_and_of_places_far_apart_the_later_one() -> None:
    def place(zone: str) -> trends.Place:
        return trends.Place(zone, zone, zone, None, "", "store", True)

    paris, reunion, guadeloupe = map(place, ("Europe/Paris", "Indian/Reunion", "America/Guadeloupe"))
    late, early = datetime(2026, 11, 23, 21, tzinfo=UTC), datetime(2026, 11, 24, 2, tzinfo=UTC)
    assert [trends.today_of([one], late).day for one in (paris, reunion, guadeloupe)] == [23, 24, 23]
    assert [trends.today_of([one], early).day for one in (paris, reunion, guadeloupe)] == [24, 24, 23]
    assert trends.today_of([guadeloupe, paris, reunion], late).day == 24
    # The hours of summer time: 23:30 in Paris is one hour further from UTC.
    assert [trends.today_of([paris], datetime(2026, month, 1, 22, 30, tzinfo=UTC)).day for month in (1, 7)] == [1, 2]


def test_no_number_of_a_chart_stands_on_another_and_what_a_phone_shows_a_desk_shows() -> None:
    values = [float(at) for at in range(100, 128)]
    drawn = drawing.chart(values, [str(at) for at in range(1, 29)], "count", "fr", 110.0)
    for width, seen in ((drawing.NARROW, {"always"}), (drawing.WIDE, {"always", "wide"})):
        shown = [bar for bar in drawn.bars if bar.number_seen in seen]
        assert len(shown) >= 5
        for left, right in pairwise(shown):
            assert (right.middle - left.middle) / 100 * width >= len(left.number) * drawing.LETTER
    assert drawn.bars[-1].number_seen == "always" and drawn.line is not None
    assert drawing.chart([None, None], ["a", "b"], "share", "en").bars[0].height == 0
    # The highest is written wherever it stands, beside days on which nothing was.
    lone = drawing.chart([0.0] * 26 + [2.0, 0.0], [str(at) for at in range(28)], "count", "fr")
    assert [(at, bar.number, bar.number_seen) for at, bar in enumerate(lone.bars) if bar.number] == [
        (26, "2", "always")
    ]
    assert [say(value, shown, "fr") for value, shown in ((None, "share"), (0.999, "share"), (45, "time"), (3000, "time"), (12000, "time"), (200000, "time"), (2.14, "days"))] == [
        "–", "99,9\u202f%", "45 s", "50 min", "3 h 20", "2 j 8 h", "2,1 j",
    ]  # fmt: skip
    assert [len(spans(by, date(2026, 3, 31))) for by in ("day", "week", "month")] == [28, 13, 13]  # type: ignore[arg-type]
    assert spans("month", date(2026, 3, 31))[0] == date(2025, 3, 1)

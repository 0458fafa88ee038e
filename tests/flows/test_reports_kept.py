"""Figures of reports follow events, once each and on the day they belong to, and are counted anew while the shop goes on."""

import hashlib
import re
from datetime import timedelta
from typing import Any

import pytest

from comptoir import wiring
from comptoir.flows import keep_reports
from comptoir.flows.execute_payment import begin_due
from comptoir.flows.keep_reports import rebuild
from comptoir.fulfillment.model import UndoHandOver
from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import in_transaction
from comptoir.kit.errors import Conflict
from comptoir.kit.ids import new_id
from comptoir.orders.model import CancelOrder
from comptoir.payments.commands import SettleByHand
from comptoir.reporting import measures
from comptoir.reporting.measures import median, quantile
from comptoir.reporting.queries import counting
from comptoir.shipping.handing import CloseManifest
from comptoir.shipping.tracking import HeardEvent, HearTracking
from comptoir.worker import Worker
from tests.flows.parcels_in_hand import at_the_table
from tests.hands import Shop, staged
from tests.properties.test_reports import HEARS, catch_up, figures
from tests.world import BOWL, DERBY, LYON, Line, order

pytestmark = pytest.mark.anyio
OFFICE = Actor("office", "head_office", None)


async def of(shop: Shop, measure: str) -> dict[tuple[str, str], tuple[int, int, int]]:
    """(day, key) -> figures of a measure at Lyon."""
    await catch_up(shop.pool, shop.clock)
    return {(str(key[2]), key[3]): row for key, row in (await figures(shop.connection)).items() if key[0] == measure}


async def test_what_is_told_late_changes_the_day_it_belongs_to_and_an_undo_takes_it_away_again(shop: Shop) -> None:
    await shop.receive(5)
    hand = await shop.handheld()
    sold, work = await staged(shop, hand, order(Line(DERBY, 2)))
    late = hand.event("hand_over", order=sold, works=[work], bags=["B:101"], **{"pass": shop.pass_of(sold)})
    shop.clock.advance(hours=20)
    assert await of(shop, "sold") == {}
    # The device had no network until the next morning.
    (told,) = (await hand.send(late)).outcomes
    assert told.outcome == "applied"
    ((day, key),) = await of(shop, "sold")
    assert (day, key) == ("2026-11-20", "api|EUR")
    # A delivery that comes again, as after a worker's death, changes nothing.
    before = await figures(shop.connection)
    await shop.connection.execute("UPDATE delivery SET state = 'open' WHERE listener = 'reports'")
    assert await catch_up(shop.pool, shop.clock) > 3
    assert await figures(shop.connection) == before
    again, other = await staged(shop, hand, order(Line(DERBY)), "B:102")
    await hand.hand_over(again, other, "B:102")
    assert sum(row[0] for row in (await of(shop, "sold")).values()) == 3
    made = await shop.connection.fetchval("SELECT id FROM hand_over WHERE order_id = $1", again)
    await shop.perform(UndoHandOver(new_id(), made), hand.person)
    assert await of(shop, "sold") == {
        ("2026-11-20", "api|EUR"): before["sold", LYON, shop.now.date() - timedelta(days=1), key]
    }


async def test_history_is_counted_anew_while_orders_come_in_and_nothing_is_lost_or_counted_twice(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keep_reports, "AT_ONCE", 2)
    monkeypatch.setattr(keep_reports, "WAIT_SECONDS", 0.001)
    await shop.receive(40)
    placed = [await shop.place(order(Line(DERBY))) for _ in range(5)]
    await catch_up(shop.pool, shop.clock)
    before = await figures(shop.connection)
    hand = await shop.handheld()
    seen: list[tuple[int, int]] = []
    meanwhile: list[Any] = []

    def progress(done: int, of_all: int) -> None:
        seen.append((done, of_all))

    begin = keep_reports.sql.after

    async def after(tx: Any, table: str, last: Any, limit: int) -> Any:
        # Orders of both halves change, and new ones come, while the old figures go on being read.
        meanwhile.append(await shop.place(order(Line(DERBY))) if len(meanwhile) < 4 else None)
        if len(meanwhile) == 2:
            for one in (placed[0], placed[4]):
                await hand.start(one.works[0].id)
                await hand.pick(one.works[0].id)
                await hand.stage(one.works[0].id, f"B:10{one.number[-1]}")
            shop.clock.advance(minutes=1)
        if len(meanwhile) == 3:
            with pytest.raises(Conflict, match="rebuild_running"):
                await rebuild(shop.pool, shop.clock)
        assert {key[0] for key in await figures(shop.connection)} >= {key[0] for key in before}
        return await begin(tx, table, last, limit)

    monkeypatch.setattr(keep_reports.sql, "after", after)
    done = await rebuild(shop.pool, shop.clock, progress)
    monkeypatch.setattr(keep_reports.sql, "after", begin)
    assert seen[0][0] == 2 and seen[-1][0] == done.subjects >= 5
    await catch_up(shop.pool, shop.clock)
    live = await figures(shop.connection)
    assert sum(row[0] for key, row in live.items() if key[0] == "ready") == 2
    assert sum(row[0] for key, row in live.items() if key[0] == "received") == await shop.count("sales_order")
    await rebuild(shop.pool, shop.clock)
    assert await figures(shop.connection) == live
    assert await shop.connection.fetchval("SELECT count(DISTINCT build) FROM report_share") == 1


async def test_events_of_the_time_of_a_rebuilding_count_in_both_builds(shop: Shop) -> None:
    await shop.receive(9)
    await shop.place(order(Line(DERBY)))
    await catch_up(shop.pool, shop.clock)
    build = await in_transaction(shop.pool, "system", shop.now, keep_reports.sql.begin_build)
    later = await shop.place(order(Line(DERBY)))
    await catch_up(shop.pool, shop.clock)
    rows = await shop.connection.fetch(
        "SELECT build, sum(a)::int AS orders FROM report_figure WHERE measure = 'received' AND grain = 'd' GROUP BY 1"
    )
    assert {row["build"]: row["orders"] for row in rows} == {0: 2, build.number: 1}
    # Broken off there, it is gone on with by a worker; another command begins anew, and nothing of the first stays.
    assert await keep_reports.forget_figures(shop) == 0  # type: ignore[arg-type]
    assert await keep_reports.count_anew(shop) == 2  # type: ignore[arg-type]
    done = await rebuild(shop.pool, shop.clock)
    assert done.build > build.number and done.subjects == 2 and later.number
    assert await shop.connection.fetchval("SELECT count(*) FROM report_figure WHERE build <> $1", done.build) == 0


async def test_an_update_by_which_a_measure_means_something_else_counts_history_anew_by_itself(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shop.receive(9)
    for _ in range(5):
        await shop.place(order(Line(DERBY)))
    await catch_up(shop.pool, shop.clock)
    live = await figures(shop.connection)
    assert await keep_reports.count_anew(shop) == 0  # type: ignore[arg-type]
    # As the migration leaves it where orders were counted by the first meaning; and what an old version added is wrong now.
    assert await shop.connection.execute("UPDATE report_build SET meaning = 1") == "UPDATE 1"
    await shop.connection.execute("UPDATE report_figure SET a = a + 7")
    monkeypatch.setattr(keep_reports, "AT_ONCE", 2)
    monkeypatch.setattr(keep_reports, "LONGEST_SECONDS", 0.0001)
    told = [await counting(shop.connection)]
    for _ in range(3):
        assert await keep_reports.count_anew(shop) in (1, 2)  # type: ignore[arg-type]
        told.append(await counting(shop.connection))
    # An order of the time between two slices counts as well, and a command finds a worker's round over.
    await shop.place(order(Line(DERBY)))
    assert await figures(shop.connection) != live
    while await counting(shop.connection):
        await keep_reports.count_anew(shop)  # type: ignore[arg-type]
    await catch_up(shop.pool, shop.clock)
    assert [one and (one.done, one.of_all) for one in told] == [(0, 0), (2, 5), (4, 5), (5, 5)]
    now = await figures(shop.connection)
    assert sum(row[0] for key, row in now.items() if key[0] == "received") == 6
    await rebuild(shop.pool, shop.clock)
    assert await figures(shop.connection) == now
    while await keep_reports.forget_figures(shop):  # type: ignore[arg-type]
        pass
    assert await shop.connection.fetchval("SELECT count(DISTINCT build) FROM report_figure") == 1


def test_whoever_changes_what_is_counted_says_that_history_has_to_be_counted_anew() -> None:
    counted = " ".join(keep_reports.sql._SHARES.split()) + repr(
        (measures.EDGES, measures.MOST_DAYS, measures.CANCEL_REASONS)
    )
    digest = hashlib.sha256(counted.encode()).hexdigest()[:16]
    assert (measures.MEANING, digest) == (2, "294d7c67b956fa84"), "raise MEANING, then write the new digest here"


async def test_a_set_that_fails_is_made_one_by_one_and_one_bad_order_holds_up_no_other(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shop.receive(9)
    bad = await shop.place(order(Line(DERBY)))
    await shop.place(order(Line(DERBY)))
    true = keep_reports.sql.refresh

    async def refresh(tx: Any, subjects: Any, into: Any) -> None:
        if bad.id in subjects:
            raise ValueError("not this one")
        await true(tx, subjects, into)

    monkeypatch.setattr(keep_reports.sql, "refresh", refresh)
    monkeypatch.setattr("comptoir.worker.LISTENERS", HEARS)
    worker = Worker(shop, "", {"reports": keep_reports.keep_one})  # type: ignore[arg-type]
    await worker.drain()
    states = await shop.connection.fetch(
        "SELECT stream = $1 AS bad, state, last_error FROM delivery WHERE listener = 'reports'", bad.id
    )
    assert {(row["bad"], row["state"], row["last_error"]) for row in states} == {
        (True, "open", "ValueError"),
        (False, "done", None),
    }
    monkeypatch.setattr(keep_reports.sql, "refresh", true)
    shop.clock.advance(minutes=2)
    await worker.drain()
    assert sum(row[0] for row in (await of(shop, "received")).values()) == 2
    assert set(keep_reports.TOLD) <= wiring.LISTENERS.keys() and isinstance(House, type)


async def test_parcels_refunds_and_units_come_to_the_ledger_and_the_payments_to_the_cent(shop: Shop) -> None:
    table = await at_the_table(shop)
    made, work, parcel = await table.packed()
    await table.buy()
    await table.hand.tell("load_parcel", lane="colissimo-orme", code="8R00001")
    shop.clock.advance(minutes=30)
    await shop.perform(CloseManifest(new_id(), LYON, "colissimo-orme", 0), table.hand.person)
    total = await shop.connection.fetchval("SELECT total_minor FROM sales_order WHERE id = $1", made)
    assert [row[1] + row[2] for row in (await of(shop, "sold")).values()] == [total]
    assert list((await of(shop, "shipped")).values()) == [(1, 0, 0)]
    shop.clock.advance(hours=47)
    await shop.perform(HearTracking(new_id(), "colissimo", "8R00001", (HeardEvent("DI1", "delivered", shop.now),)))
    # The parcel's arrival belongs to the day on which it left.
    assert await of(shop, "shipped") == {("2026-11-20", "colissimo"): (1, 1, 1)}
    assert await of(shop, "travelled") == {("2026-11-20", "colissimo|02"): (1, 2, 0)}
    await shop.receive(3, BOWL)
    other = order(Line(BOWL, 2))
    await shop.place(other)
    await shop.perform(CancelOrder(new_id(), other.id, "mistake"), OFFICE)
    intention = await shop.connection.fetchval(
        "SELECT id FROM payment_intention WHERE order_id = $1 AND kind = 'refund'", other.id
    )
    assert await of(shop, "refunded") == {}
    await in_transaction(shop.pool, "system", shop.now, begin_due)
    await shop.perform(SettleByHand(new_id(), intention, "cash 12"), OFFICE)
    refunded = await of(shop, "refunded")
    assert list(refunded.values()) == [(1, other.total_minor, 0)]
    assert await shop.connection.fetchval("SELECT sum(refunded_minor)::bigint FROM payment") == other.total_minor
    assert await of(shop, "canceled") == {("2026-11-22", "mistake"): (1, 0, 0)}
    assert work and parcel


async def test_a_reading_of_stock_is_what_the_ledger_says_at_selling_prices_and_stands_for_its_day(shop: Shop) -> None:
    await shop.receive(6)
    await shop.receive(2, BOWL)
    assert await keep_reports.read_stock(shop) == 1  # type: ignore[arg-type]
    await shop.till(4)
    assert await keep_reports.read_stock(shop) == 0  # type: ignore[arg-type]
    shop.clock.advance(hours=1)
    await keep_reports.read_stock(shop)  # type: ignore[arg-type]
    rows = await shop.connection.fetch("SELECT day, band, units, value_minor FROM report_stock ORDER BY band")
    ledger = await shop.connection.fetchval("SELECT sum(on_hand)::int FROM stock_movement")
    value = await shop.connection.fetchval(
        "SELECT sum(v.on_hand * k.price_minor)::int FROM stock_level v JOIN sku k USING (sku)"
    )
    assert {row["day"] for row in rows} == {shop.now.date()} and sum(row["units"] for row in rows) == ledger == 4
    assert sum(row["value_minor"] for row in rows) == value
    assert [(row["band"], row["units"]) for row in rows] == [("0030", 2), ("9999", 2)]
    # What is handed over for an order is sold too.
    bought, work = await staged(shop, await shop.handheld(), order(Line(BOWL)))
    await (await shop.handheld(number=2)).hand_over(bought, work)
    shop.clock.advance(hours=1)
    await keep_reports.read_stock(shop)  # type: ignore[arg-type]
    rows = await shop.connection.fetch("SELECT band, units FROM report_stock")
    assert [tuple(row) for row in rows] == [("0030", 3)]


def test_a_median_is_found_between_the_edges_of_its_bucket() -> None:
    sums = {"waited": {"05": (10, 0, 0), "07": (10, 0, 0)}}
    assert (quantile(sums, "waited", 0.25), quantile(sums, "waited", 0.5), quantile(sums, "waited", 0.75)) == (
        210,
        240,
        360,
    )
    assert quantile({}, "waited", 0.5) is None
    assert (median([3, None, 1, 2]), median([1, 2]), median([None])) == (2, 1.5, None)


async def test_an_orders_share_is_read_by_its_indexes_and_never_out_of_whole_tables(shop: Shop) -> None:
    async with shop.connection.transaction():
        await shop.connection.execute("SET LOCAL enable_seqscan = off")
        rows = await shop.connection.fetch(f"EXPLAIN {keep_reports.sql._SHARES}", *keep_reports.sql.asked([]))
    plan = "\n".join(row[0] for row in rows)
    assert re.findall(r"Seq Scan on (?!location\b)\w+", plan) == [], plan

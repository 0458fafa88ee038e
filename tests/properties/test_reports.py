"""Whatever happens, in whatever order: the figures of reports are what history counted anew says, what the rows say, and what left the ledger."""

import random
from collections import Counter, defaultdict
from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test

from comptoir.flows import keep_reports
from comptoir.flows.try_on import TryOn
from comptoir.fulfillment.model import HandOver, TriedOn, UndoHandOver
from comptoir.kit import ids, outbox
from comptoir.kit.actor import Actor
from comptoir.kit.clock import SetClock
from comptoir.kit.ids import new_id
from comptoir.reporting.measures import bucket_of
from comptoir.returns.model import Settling
from comptoir.stock.adjusting import AdjustStock
from tests.properties import test_journeys, test_sent_journeys
from tests.properties.test_journeys import Journeys, Rig
from tests.settled import forget

Row = tuple[str, str, date, str, int, int, int]
HEARS = dict.fromkeys(keep_reports.TOLD, ("reports",))
HAPPENED: Counter[str] = Counter()
"""What happened that other journeys have not: a history without it would prove less than it says."""
COUNTED: Counter[str] = Counter()
"""Figures that came up in the run, by measure: an empty comparison would prove nothing."""


async def catch_up(pool: Any, clock: SetClock) -> int:
    """Deliver what reports are told, in sets of odd sizes; how many deliveries."""
    while await outbox.fan_out(pool, HEARS, clock()):
        pass
    made = 0
    while done := await outbox.deliver_set(pool, "reports", keep_reports.keep_figures, clock(), 7):
        made += done
    return made


async def figures(connection: Any, grain: str = "d") -> dict[tuple[Any, ...], tuple[int, int, int]]:
    """(measure, place, day, key) -> a, b, c as pages read them."""
    rows = await connection.fetch(
        "SELECT measure, location, day, key, a, b, c FROM report_figure WHERE grain = $1 AND build = (SELECT coalesce(max(number)"
        " FILTER (WHERE swapped_at IS NOT NULL), 0) FROM report_build)", grain,
    )  # fmt: skip
    return {tuple(row)[:4]: tuple(row)[4:] for row in rows}


# Said again in their own words, measure by measure and over all orders at once, apart from the statement that is tried.
DIRECT = {
    "received": "SELECT location, created_at AS at, extract(hour FROM created_at AT TIME ZONE 'Europe/Paris')::int AS key, units AS b FROM work"
    " WHERE status <> 'rejected' AND (ended_because IS NULL OR ended_because NOT IN ('moved', 'declined'))",
    "accepted": "SELECT location, started_at AS at, extract(epoch FROM started_at - created_at)::int AS seconds FROM work"
    " WHERE started_at IS NOT NULL AND (picked_at IS NULL OR picked_at > created_at) AND status <> 'rejected' AND (ended_because IS NULL OR ended_because NOT IN ('moved', 'declined'))",
    "ready": "SELECT location, staged_at AS at, kind AS key, (promise_at >= staged_at)::int AS b FROM work WHERE kind = 'pickup' AND staged_at IS NOT NULL",
    "prepared": "SELECT location, staged_at AS at, extract(epoch FROM staged_at - created_at)::int AS seconds FROM work WHERE kind = 'pickup' AND staged_at IS NOT NULL",
    "collected": "SELECT location, handed_over_at AS at, extract(epoch FROM handed_over_at - staged_at)::int AS seconds FROM work WHERE handed_over_at IS NOT NULL AND staged_at IS NOT NULL",
    "waited": "SELECT location, done_at AS at, extract(epoch FROM done_at - at)::int AS seconds FROM arrival WHERE done_at IS NOT NULL",
    "short": "SELECT p.location, p.at, p.reason AS key, p.quantity AS a FROM short_pick p JOIN work w ON w.id = p.work WHERE p.undone_at IS NULL AND w.status NOT IN ('open', 'accepted', 'picking', 'picked')",
    "found_sku": "SELECT m.location, m.happened_at AS at, m.sku AS key, m.set_aside AS a FROM stock_movement m JOIN work w ON w.id = m.work"
    " WHERE m.fact IN ('pick', 'pick_undone') AND w.status NOT IN ('open', 'accepted', 'picking', 'picked')",
    "canceled": "SELECT (SELECT w.location FROM work w WHERE w.order_id = s.id ORDER BY (w.status = 'rejected' OR coalesce(w.ended_because IN ('moved', 'declined'), false)), w.created_at, w.id LIMIT 1) AS location,"
    " canceled_at AS at, CASE WHEN cancel_reason IN ('customer', 'payment_not_received', 'short') THEN cancel_reason ELSE 'other' END AS key FROM sales_order s WHERE canceled_at IS NOT NULL",
    "returned": "SELECT m.location, m.settled_at AS at, u.reason || '|EUR' AS key, CASE WHEN u.state = 'lost' THEN 0 ELSE 1 END AS a, u.refund_minor AS b,"
    " u.kept_minor AS c FROM rma m JOIN rma_unit u ON u.rma = m.id WHERE m.settled_at IS NOT NULL AND u.state IN ('here', 'placed', 'gone', 'lost')",
}  # fmt: skip


async def by_the_rows(connection: Any) -> dict[tuple[Any, ...], tuple[int, int, int]]:
    """The same figures asked of the rows, one plain question per measure."""
    sums: dict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0, 0, 0])
    for measure, question in DIRECT.items():
        rows = await connection.fetch(
            f"SELECT q.*, (q.at AT TIME ZONE 'Europe/Paris')::date AS day FROM ({question}) q"
        )
        for row in map(dict, rows):
            key = f"{bucket_of(row['seconds']):02}" if "seconds" in row else row.get("key", "")
            key = f"{key:02}" if isinstance(key, int) else key
            one = sums[measure, row["location"] or "", row["day"], key]
            one[0] += row.get("a", 1)
            one[1] += row.get("b", row.get("seconds", 0))
            one[2] += row.get("c", 0)
    return {key: tuple(values) for key, values in sums.items() if any(values)}  # type: ignore[misc]


async def must_agree(connection: Any, pool: Any, clock: SetClock) -> None:
    """Live, counted anew, asked of the rows, and the ledger and the payments."""
    await catch_up(pool, clock)
    live = await figures(connection)
    COUNTED.update(measure for measure, *_ in live)
    # Where the eight seconds of a tap *Annuler* run, the bag is on its shelf and nobody has been told yet.
    waiting = await connection.fetchval("SELECT count(*) FROM delivery WHERE listener = 'reports' AND state = 'open'")
    if waiting:
        clock.advance(minutes=5)
        await catch_up(pool, clock)
        live = await figures(connection)
    direct = await by_the_rows(connection)
    assert {key: row for key, row in live.items() if key[0] in DIRECT} == direct
    # Units that left are the ledger's, place by place; what was picked too.
    for measure, facts, figure in (
        ("sold", "('hand_over', 'hand_over_undone', 'carrier_took', 'carrier_took_undone')", "-m.on_hand"),
        ("found", "('pick', 'pick_undone')", "m.set_aside"),
    ):
        over = "" if measure == "sold" else " AND w.status NOT IN ('open', 'accepted', 'picking', 'picked')"
        ledger = await connection.fetch(
            f"SELECT m.location, sum({figure})::bigint FROM stock_movement m JOIN work w ON w.id = m.work WHERE m.fact IN {facts}{over} GROUP BY 1 HAVING sum({figure}) <> 0"
        )
        ours: Counter[str] = Counter()
        for (name, place, *_), (units, *_) in live.items():
            if name == measure:
                ours[place] += units
        assert {place: units for place, units in ours.items() if units} == dict(map(tuple, ledger))
    money = await connection.fetchrow(
        "SELECT coalesce(sum(captured_minor), 0)::bigint, coalesce(sum(refunded_minor), 0)::bigint FROM payment WHERE provider NOT IN ('exchange', 'store_credit')"
    )
    for measure, amount in zip(("captured", "refunded"), money, strict=True):
        assert sum(row[1] for key, row in live.items() if key[0] == measure) == amount
    # Of an order that left whole, goods and delivery come to its total, to the cent.
    for row in await connection.fetch(
        "SELECT s.id, s.total_minor FROM sales_order s WHERE NOT EXISTS (SELECT FROM requirement r WHERE r.order_id = s.id AND r.quantity <>"
        " (SELECT coalesce(sum(w.handed_over + w.in_transit + w.delivered), 0) FROM work_line w WHERE w.order_id = s.id AND w.order_line = r.line AND w.part = r.part))"
    ):
        shares = await connection.fetch(
            "SELECT value FROM report_share, jsonb_each(parts) WHERE subject = $1 AND key LIKE 'sold|%'", row["id"]
        )
        sold = [msgspec.json.decode(share["value"]) for share in shares]
        assert sum(one[1] + one[2] for one in sold) == row["total_minor"]
    weekly, monthly = await figures(connection, "w"), await figures(connection, "m")
    rebuilt = await keep_reports.rebuild(pool, clock)
    assert rebuilt.subjects == await connection.fetchval(
        "SELECT (SELECT count(*) FROM sales_order) + (SELECT count(*) FROM rma WHERE order_id IS NULL)"
    )
    assert await figures(connection) == live
    assert (await figures(connection, "w"), await figures(connection, "m")) == (weekly, monthly)


class Reported(Journeys):
    """The journeys of customers and associates, with reports listening now and then; every step takes its minutes."""

    def go_on(self, draw: Any) -> None:
        self.shop.clock.advance(minutes=draw(st.sampled_from([0, 1, 4, 25])))
        super().go_on(draw)
        if draw(st.integers(0, 5)) == 0:
            self.do(catch_up(self.rig.pool, self.shop.clock))

    @rule(data=st.data())
    def what_other_journeys_have_not(self, data: st.DataObject) -> None:
        """Shoes are tried on, a figure is corrected, a shelf counted, money that was promised is gone, and the day goes on."""
        self.happened[name := data.draw(st.sampled_from(["try_on", "try_on", "correct", "lose_the_money"]))] += 1
        getattr(self, name)(data.draw)

    def try_on(self, draw: Any) -> None:
        """All of a bag is handed over but what the customer does not keep; sometimes it is taken back."""
        works = self.works("staged")
        if not works:
            self.go_on(draw)
            return
        work = draw(st.sampled_from(works))
        lines = self.rows("SELECT line, staged FROM work_line WHERE work = $1 AND staged > 0 ORDER BY line", work["id"])
        line = draw(st.sampled_from(lines))
        bags = tuple(row[0] for row in self.rows("SELECT tag FROM bag WHERE work = $1 AND gone_at IS NULL", work["id"]))
        tried = TriedOn(
            work["id"],
            line["line"],
            draw(st.integers(1, line["staged"])),
            draw(st.sampled_from(["as_new", "damaged"])),
            "too_small",
        )
        asked = HandOver(
            work["order_id"], (work["id"],), bags, pass_=self.shop.pass_of(work["order_id"], work["location"]), age_checked=True, tried=(tried,)
        )  # fmt: skip
        hand = next(hand for hand in self.hands if hand.place == work["location"])
        command = TryOn(
            id=new_id(), rma=new_id(), hand_over=asked, settling=Settling(draw(st.sampled_from(["refund", "credit"])))
        )
        self.twice(command, hand.person)
        HAPPENED["tried on"] += len(self.rows("SELECT FROM rma WHERE id = $1 AND settled_at IS NOT NULL", command.rma))
        if draw(st.booleans()):
            self.twice(UndoHandOver(new_id(), command.id), hand.person)

    def correct(self, draw: Any) -> None:
        place = draw(st.sampled_from(test_journeys.STORES))
        wrong = AdjustStock(
            new_id(),
            place,
            draw(test_journeys.ANY_SKU),
            draw(st.integers(1, 3)),
            draw(st.sampled_from(["lost", "found", "damaged"])),
        )
        self.twice(wrong, Actor("hélène", "store_manager", (place,)))
        HAPPENED["corrected"] += len(self.rows("SELECT FROM stock_movement WHERE id = $1", wrong.id))

    def lose_the_money(self, draw: Any) -> None:
        """What was authorized ends; goods that leave all the same are not sold for less."""
        ended = self.rows(
            "UPDATE payment SET capture_before = $1 WHERE state = 'authorized' AND captured_minor = 0 RETURNING 1",
            self.shop.now,
        )
        HAPPENED["unpaid"] += len(ended)
        self.shop.clock.advance(minutes=1)

    def every_invariant_holds(self) -> None:
        """Held by the journeys' own test."""

    def progress_is_what_the_units_say(self) -> None:
        """Held there as well."""

    def teardown(self) -> None:
        self.do(must_agree(self.rig.connection, self.rig.pool, self.shop.clock))


def test_after_random_journeys_reports_agree_with_history_rows_ledger_and_payments(world: str) -> None:
    Reported.rig = Rig(world)
    try:
        run_state_machine_as_test(
            Reported,
            settings=settings(
                max_examples=8, stateful_step_count=30, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck),
                database=None,
            ),
        )  # fmt: skip
    finally:
        ids.os, ids.time = test_journeys.os, test_journeys.time  # type: ignore[attr-defined]
        Reported.rig.close()
    assert {"tried on", "corrected", "unpaid"} <= (+HAPPENED).keys(), HAPPENED
    assert {"received", "accepted", "ready", "collected", "found", "sold", "captured", "returned"} <= COUNTED.keys(), (
        COUNTED
    )


@pytest.mark.parametrize("seed", [3])
def test_after_declined_and_resourced_orders_reports_agree_as_well(world: str, seed: int) -> None:
    rig = Rig(world)
    try:
        journey = test_sent_journeys.Journey(rig, seed)
        journey.begin()
        dice = random.Random(seed)
        for _ in range(24):
            getattr(journey, dice.choice(test_sent_journeys.STEP))()
            if dice.random() < 0.3:
                rig.do(catch_up(rig.pool, journey.shop.clock))
        rig.do(must_agree(rig.connection, rig.pool, journey.shop.clock))
        rig.do(forget(rig.connection))
    finally:
        rig.close()
    assert COUNTED["declined"], COUNTED

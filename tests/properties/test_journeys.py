"""Whatever people do, in whatever order: the promises of the ledger hold after every step (I1, I2, I3, I5, I6, I8).

COMPTOIR_JOURNEYS=300 tries that many journeys instead of the usual few; more than the usual are drawn at random.
"""

import asyncio
import contextlib
import os
import random
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from comptoir.catalog.model import BlockSku, UnblockSku
from comptoir.flows import lapse
from comptoir.flows.hand_over import RequestHandOver
from comptoir.flows.keep_progress import COUNTS
from comptoir.flows.resolve_short import ResolveShort
from comptoir.flows.take_reports import Told
from comptoir.fulfillment.arriving import Arrive
from comptoir.fulfillment.model import HandOver, UndoHandOver
from comptoir.kit import ids
from comptoir.kit.actor import SYSTEM, Actor
from comptoir.kit.clock import SetClock
from comptoir.kit.db import open_pool
from comptoir.kit.errors import Conflict, Refusal
from comptoir.kit.ids import new_id
from comptoir.orders.model import CancelOrder, LineQuantity, PlaceHold, PlaceOrder, ReleaseHold
from comptoir.orders.summary import progress
from comptoir.payments.recording import RecordPayment
from comptoir.returns.model import (
    CancelReturn,
    Coming,
    OpenReturn,
    Permission,
    PutAwayUnit,
    Replacement,
    SendAwayUnit,
    Settling,
    Taken,
    TakeReturn,
)
from comptoir.stock.counting import ApproveCount, AskCount, SubmitCount
from comptoir.stock.feed import PostSnapshot, ReportedLevel
from tests.hands import Handheld, Shop
from tests.settled import forget
from tests.world import (
    ARTICLE,
    BOWL,
    CONFLUENCE,
    CUP,
    DERBY,
    FRIDAY,
    LYON,
    NOUR,
    PLACES,
    SAM,
    TABLE_SET,
    WINE,
    Line,
    order,
)

USUAL = 24
JOURNEYS = int(os.environ.get("COMPTOIR_JOURNEYS", USUAL))
STEPS = 30
STOCKED = (DERBY, BOWL, CUP, WINE)
SOLD = (*STOCKED, TABLE_SET)
STORES = (LYON, CONFLUENCE)
TAGS = ("B:101", "B:102", "B:103", "B:104")
NEVER_REFUSED = {"pick", "short", "look_again", "stage", "hand_over", "put_back"}

LINES = st.lists(
    st.builds(Line, st.sampled_from(SOLD), st.integers(1, 3), st.sampled_from([LYON, LYON, CONFLUENCE, None])),
    min_size=1, max_size=3,
)  # fmt: skip

ANY_SKU = st.sampled_from(STOCKED)
MAY_BE_TOO_LATE = {"too_late_to_undo", "already_undone", "refused_goods_put_back", "work_not_found", "already_returned"}
ACTIONS = (
    "go_on", "go_on", "do_anything", "do_anything", "do_anything", "undo", "undo", "undo_a_hand_over", "ask_to_hand_over",
    "put_back", "put_back", "cancel", "cancel", "hold", "release", "pay", "decide_about_missing_units", "place", "place",
    "goods_come_and_go", "somebody_elses_figure", "count", "recall_or_end_it", "time_goes_by", "place_again", "send_the_last_batch_again",
    "touch_another_stores_work", "bring_back", "bring_back", "put_away_what_came_back",
)  # fmt: skip

Draw = Callable[[Any], Any]
Need = dict[tuple[str, str | None], int]


def needs_of(placed: PlaceOrder) -> Need:
    """Units per (SKU, store), kits taken apart; store None where any place will do."""
    wanted: Counter[tuple[str, str | None]] = Counter()
    for line in placed.lines:
        parts = ARTICLE[line.sku or ""].components
        for sku, each in [(part.sku, part.quantity) for part in parts] or [(line.sku or "", 1)]:
            wanted[sku, line.location] += each * line.quantity
    return dict(wanted)


def can_be_promised(needs: Need, free: dict[tuple[str, str], int]) -> bool:
    """Is all of it there? Said again here in its own words, apart from the code that is tried."""
    for sku in {sku for sku, _ in needs}:
        at_stores = {place: units for (wanted, place), units in needs.items() if wanted == sku and place}
        if any(units > free.get((sku, place), 0) for place, units in at_stores.items()):
            return False
        left = sum(free.get((sku, place), 0) - at_stores.get(place, 0) for place in PLACES)
        if needs.get((sku, None), 0) > left:
            return False
    return True


class Repeatable:
    """Stands for `os` and `time` where ids are made, so that a journey that failed can be walked again."""

    def __init__(self) -> None:
        self.ms, self.random = 1_700_000_000_000, random.Random(1)

    def urandom(self, size: int) -> bytes:
        return self.random.randbytes(size)

    def time_ns(self) -> int:
        self.ms += 1
        return self.ms * 1_000_000


class Rig:
    """One event loop, pool and connection for all journeys of the run."""

    def __init__(self, dsn: str) -> None:
        self.loop = asyncio.new_event_loop()
        self.pool = self.do(open_pool(dsn, 4))
        self.connection = self.do(asyncpg.connect(dsn))

    def do(self, coroutine: Any) -> Any:
        return self.loop.run_until_complete(coroutine)

    def close(self) -> None:
        self.do(self.connection.close())
        self.do(self.pool.close())
        self.loop.close()


class Journeys(RuleBasedStateMachine):
    """Customers order and cancel, associates pick, miss, stage and hand over, tills sell, time goes by."""

    rig: Rig

    def __init__(self) -> None:
        super().__init__()
        ids.os = ids.time = Repeatable()  # type: ignore[attr-defined, assignment]
        self.do = self.rig.do
        self.shop = Shop(self.rig.pool, SetClock(FRIDAY), self.rig.connection)
        self.placed: list[tuple[PlaceOrder, bytes]] = []
        self.told: list[tuple[Handheld, Told]] = []
        self.happened: Counter[str] = Counter()

    @initialize(data=st.data())
    def open_the_stores(self, data: st.DataObject) -> None:
        """Some of everything is there, and the first orders have come in."""
        self.do(forget(self.rig.connection))
        self.do(self.shop.keeper.load())
        self.hands = [
            self.do(self.shop.handheld(LYON, SAM, 1)), self.do(self.shop.handheld(LYON, SAM, 2)),
            self.do(self.shop.handheld(CONFLUENCE, NOUR, 1)),
        ]  # fmt: skip
        for sku in STOCKED:
            for place in PLACES:
                self.do(self.shop.receive(data.draw(st.integers(1, 6)), sku, place))
        first = order(Line(data.draw(ANY_SKU)))
        self.placed = [(first, self.do(self.shop.submit(first)).answer)]
        self.place(data.draw)

    # ------------------------------------------------------------ looking

    def rows(self, sql: str, *args: Any) -> list[Any]:
        return self.do(self.rig.connection.fetch(sql, *args))  # type: ignore[no-any-return]

    def works(self, *statuses: str) -> list[Any]:
        return self.rows(
            "SELECT w.*, (SELECT count(*) FROM work_line l WHERE l.work = w.id)::int AS lines FROM work w"
            " WHERE cardinality($1::text[]) = 0 OR status = ANY($1) ORDER BY created_at, id", list(statuses),
        )  # fmt: skip

    def free(self) -> dict[tuple[str, str], int]:
        """Units that may be promised, by our own reading of the levels."""
        rows = self.rows("SELECT l.*, s.blocked_reason FROM stock_level l JOIN sku s USING (sku)")
        now = self.shop.now
        return {
            (row["sku"], row["location"]): 0
            if row["blocked_reason"] or (row["no_promise_until"] and row["no_promise_until"] > now)
            else max(0, row["on_hand"] - row["reserved"] - row["safety_stock"])
            for row in rows
        }

    def everything(self) -> list[int]:
        """Counts and sums that any effect would change."""
        (row,) = self.rows(
            "SELECT (SELECT count(*) FROM stock_movement), (SELECT count(*) FROM event), (SELECT count(*) FROM exception),"
            " (SELECT coalesce(sum(version), 0) FROM work), (SELECT count(*) FROM put_back),"
            " (SELECT count(*) FROM payment_intention), (SELECT count(*) FROM rma_unit), (SELECT count(*) FROM sales_order), (SELECT count(*) FROM device_event)"
        )
        return list(row)

    def ask(self, command: Any, actor: Actor = SYSTEM) -> Any:
        """A request: it may be refused, and then nothing has changed."""
        before = self.everything()
        try:
            return self.do(self.shop.perform(command, actor))
        except Refusal:
            assert self.everything() == before
            return None

    def tell(self, hand: Handheld, type: str, **body: Any) -> Told:
        """A report: whatever hands have done is taken, on works of the device's own store."""
        told: Told = self.do(hand.tell(type, **body))
        assert told.problem != "did_not_fit"
        if type in NEVER_REFUSED:
            assert told.outcome != "refused", (type, told)
        self.told.append((hand, told))
        return told

    # ------------------------------------------------------------ the world

    def goods_come_and_go(self, draw: Draw) -> None:
        fact = draw(st.sampled_from(["receipt", "till_sale", "till_sale", "till_return"]))
        self.do(self.shop.till(draw(st.integers(1, 5)), draw(ANY_SKU), draw(st.sampled_from(PLACES)), fact))

    def somebody_elses_figure(self, draw: Draw) -> None:
        as_of = self.shop.now - timedelta(minutes=draw(st.integers(0, 90)))
        figure = ReportedLevel(draw(ANY_SKU), draw(st.integers(0, 8)))
        self.ask(PostSnapshot(new_id(), draw(st.sampled_from(PLACES)), as_of, (figure,)))

    def count(self, draw: Draw) -> None:
        place = draw(st.sampled_from(STORES))
        asked = UUID(self.ask(AskCount(new_id(), place, draw(ANY_SKU)))["id"])
        self.ask(SubmitCount(new_id(), asked, draw(st.integers(0, 9))))
        if draw(st.booleans()):
            self.ask(ApproveCount(new_id(), asked), Actor("hélène", "store_manager", (place,)))

    def recall_or_end_it(self, draw: Draw) -> None:
        sku = draw(ANY_SKU)
        blocked = self.rows("SELECT blocked_reason FROM sku WHERE sku = $1", sku)[0][0]
        self.twice(UnblockSku(new_id(), sku, "all clear") if blocked else BlockSku(new_id(), sku, "recall"))

    def time_goes_by(self, draw: Draw) -> None:
        self.shop.clock.advance(minutes=draw(st.sampled_from([1, 1, 3, 16, 40, 60 * 9, 60 * 24 * 9])))
        for job in (lapse.expire_pickups, lapse.lapse_payments, lapse.end_leases):
            self.do(job(self.shop))  # type: ignore[arg-type]

    # ------------------------------------------------------------ orders

    def place(self, draw: Draw) -> None:
        paid = draw(st.sampled_from(["captured", "captured", "authorized", "pending"]))
        if_short = draw(st.sampled_from(["refuse", "refuse", "hold"]))
        wanted = order(*draw(LINES), paid=paid, if_short=if_short, at=self.shop.now)
        free, needs = self.free(), needs_of(wanted)
        if if_short == "refuse" and not can_be_promised(needs, free):
            with pytest.raises(Conflict, match="shortage"):
                self.do(self.shop.submit(wanted))
            return
        # A refusal here would be an undersell: everything is free, or the order may wait.
        done = self.do(self.shop.submit(wanted))
        held = msgspec.json.decode(done.answer)["held"]
        assert ("short" in held) == (not can_be_promised(needs, free)), "promised more than was free"
        for row in self.rows(
            "SELECT sku, location, sum(quantity) AS units FROM reservation WHERE order_id = $1 GROUP BY 1, 2", wanted.id
        ):
            assert row["units"] <= free[row["sku"], row["location"]]
        self.placed.append((wanted, done.answer))

    def an_order(self, draw: Draw) -> PlaceOrder:
        return draw(st.sampled_from(self.placed))[0]  # type: ignore[no-any-return]

    def cancel(self, draw: Draw) -> None:
        wanted = self.an_order(draw)
        number = draw(st.integers(1, len(wanted.lines)))
        some = (
            ()
            if draw(st.booleans())
            else (LineQuantity(number, draw(st.integers(1, wanted.lines[number - 1].quantity))),)
        )
        self.twice(CancelOrder(new_id(), wanted.id, "changed my mind", some))

    def hold(self, draw: Draw) -> None:
        self.twice(PlaceHold(new_id(), self.an_order(draw).id, "looks odd"))

    def release(self, draw: Draw) -> None:
        held = self.rows(
            "SELECT order_id, reason FROM order_hold WHERE released_at IS NULL ORDER BY placed_at, order_id, reason"
        )
        if held:
            row = draw(st.sampled_from(held))
            self.twice(ReleaseHold(new_id(), row["order_id"], row["reason"], "all right"))

    def pay(self, draw: Draw) -> None:
        due = self.rows(
            "SELECT order_id, reference, amount_minor FROM payment WHERE state = 'pending' ORDER BY order_id"
        )
        if due:
            row = draw(st.sampled_from(due))
            self.twice(RecordPayment(new_id(), row["order_id"], row["reference"], "captured", row["amount_minor"]))

    def decide_about_missing_units(self, draw: Draw) -> None:
        missing = self.rows("SELECT order_id, line FROM requirement WHERE unsourced > 0 ORDER BY order_id, line")
        if missing:
            row = draw(st.sampled_from(missing))
            choice = draw(st.sampled_from(["refund", "retry"]))
            self.twice(ResolveShort(new_id(), row["order_id"], row["line"], choice))

    # ------------------------------------------------------------ store work

    def hand_for(self, draw: Draw, place: str) -> Handheld | None:
        """One of the store's devices; the warehouse has none here."""
        mine = [hand for hand in self.hands if hand.place == place]
        return draw(st.sampled_from(mine)) if mine else None

    def go_on(self, draw: Draw) -> None:
        """The next step as it should be: most journeys go well."""
        works = self.works("open", "accepted", "picking", "picked", "staged")
        work = draw(st.sampled_from(works)) if works else None
        hand = self.hand_for(draw, work["location"]) if work else None
        if work is None or hand is None:
            return
        if work["status"] in ("open", "accepted", "picking"):
            # A colleague may have it; hands that pick all the same tell what they did.
            with contextlib.suppress(Conflict):
                self.do(hand.start(work["id"]))
            for line in self.rows(
                "SELECT line, reserved FROM work_line WHERE work = $1 AND reserved > 0 ORDER BY line", work["id"]
            ):
                self.tell(hand, "pick", work=work["id"], line=line["line"], quantity=line["reserved"])
        elif work["status"] == "picked":
            self.tell(hand, "stage", work=work["id"], bag=f"B:{str(work['id'])[-8:]}", place="L:R1")
        else:
            self.report_hand_over(hand, work)

    def report_hand_over(self, hand: Handheld, work: Any, refused: Any = ()) -> None:
        bags = [row[0] for row in self.rows("SELECT tag FROM bag WHERE work = $1 AND gone_at IS NULL", work["id"])]
        gone = "SELECT coalesce(sum(handed_over), 0)::int AS units FROM work_line WHERE work = $1"
        before = self.rows(gone, work["id"])
        told = self.tell(
            hand, "hand_over", order=work["order_id"], works=[work["id"]], bags=bags, age_checked=True, refused=refused,
            **{"pass": self.shop.pass_of(work["order_id"], work["location"])},
        )  # fmt: skip
        if work["status"] == "handed_over":
            assert (told.outcome, told.problem) == ("applied_with_exception", "handed_over_twice")
            assert self.rows(gone, work["id"]) == before

    def do_anything(self, draw: Draw) -> None:
        """Something with any work, in any state, sensible or not."""
        works = self.works()
        work = draw(st.sampled_from(works)) if works else None
        hand = self.hand_for(draw, work["location"]) if work else None
        if work is None or hand is None:
            return
        line, units = draw(st.integers(1, work["lines"])), draw(st.integers(1, 3))
        match draw(
            st.sampled_from(["pick", "pick", "short", "short", "stage", "hand_over", "look_again", "release", "arrive"])
        ):
            case "pick":
                self.tell(hand, "pick", work=work["id"], line=line, quantity=units)
            case "short":
                reason = draw(st.sampled_from(["not_found", "damaged"]))
                self.tell(hand, "short", work=work["id"], line=line, quantity=units, reason=reason)
            case "stage":
                self.tell(hand, "stage", work=work["id"], bag=draw(st.sampled_from(TAGS)), place="L:R2")
            case "hand_over":
                refused = [{"work": work["id"], "line": line, "quantity": units}] if draw(st.booleans()) else []
                self.report_hand_over(hand, work, refused)
            case "look_again":
                self.tell(hand, "look_again", work=work["id"], line=line)
            case "release" if work["pack"]:
                self.tell(hand, "release", pack=work["pack"])
            case _:
                customer = Actor(f"customer:{work['order_id']}", "customer", None)
                self.ask(Arrive(new_id(), work["order_id"], work["location"]), customer)

    def ask_to_hand_over(self, draw: Draw) -> None:
        works = self.works("staged", "handed_over")
        if works:
            work = draw(st.sampled_from(works))
            hand = next(hand for hand in self.hands if hand.place == work["location"])
            bags = tuple(
                row[0] for row in self.rows("SELECT tag FROM bag WHERE work = $1 AND gone_at IS NULL", work["id"])
            )
            shown = self.shop.pass_of(work["order_id"], work["location"])
            asked = HandOver(work["order_id"], (work["id"],), bags, pass_=shown, age_checked=True)
            self.twice(RequestHandOver(new_id(), asked), hand.person)

    def undo(self, draw: Draw) -> None:
        """Any of the last things that were told, of whatever kind."""
        if self.told:
            hand, told = draw(st.sampled_from(self.told[-6:]))
            done = self.tell(hand, "undo", event=told.id)
            if done.outcome == "refused":
                assert done.problem in MAY_BE_TOO_LATE

    def undo_a_hand_over(self, draw: Draw) -> None:
        done = self.rows("SELECT id, location FROM hand_over ORDER BY recorded_at, id")
        if done:
            row = draw(st.sampled_from(done))
            hand = next(hand for hand in self.hands if hand.place == row["location"])
            self.twice(UndoHandOver(new_id(), row["id"]), hand.person)

    def put_back(self, draw: Draw) -> None:
        backs = self.rows("SELECT id, location FROM put_back ORDER BY made_at, id")
        if backs:
            row = draw(st.sampled_from(backs))
            if hand := self.hand_for(draw, row["location"]):
                self.tell(hand, "put_back", put_back=row["id"], quantity=draw(st.integers(1, 3)))

    # ------------------------------------------------------------ what comes back

    def bring_back(self, draw: Draw) -> None:
        """Units of any order, with the customer or not, in any store, for money, other goods or credit; or only announced."""
        theirs = self.rows("SELECT DISTINCT order_id FROM work_line WHERE handed_over > 0 ORDER BY order_id")
        if not theirs:
            self.go_on(draw)
            return
        order_id = draw(st.sampled_from(theirs))["order_id"]
        lines = self.rows("SELECT line, quantity FROM order_line WHERE order_id = $1 ORDER BY line", order_id)
        line, place = draw(st.sampled_from(lines)), draw(st.sampled_from(STORES))
        number, units = line["line"], draw(st.integers(1, line["quantity"]))
        allowed = Permission("a journey")
        if draw(st.integers(0, 4)) == 0:
            coming = (Coming(line=number, quantity=units),)
            self.twice(OpenReturn(id=new_id(), order=order_id, location=place, units=coming, permission=allowed))
            return
        wish = draw(st.sampled_from(["refund", "credit", "exchange"]))
        settling = Settling(
            wish,
            (Replacement(draw(ANY_SKU)),) if wish == "exchange" else (),
            draw(st.sampled_from(["refund", "credit"])),
        )
        condition = draw(st.sampled_from(["as_new", "opened", "damaged"]))
        taken = Taken(line=number, quantity=units, condition=condition)
        self.twice(
            TakeReturn(
                id=new_id(), order=order_id, location=place, units=(taken,), settling=settling, permission=allowed
            )
        )

    def put_away_what_came_back(self, draw: Draw) -> None:
        waiting = self.rows(
            "SELECT rma, n, sku, location, disposition FROM rma_unit WHERE state = 'here' ORDER BY rma, n"
        )
        open_still = self.rows("SELECT id FROM rma WHERE status = 'requested' ORDER BY id")
        if open_still and draw(st.booleans()):
            self.twice(CancelReturn(id=new_id(), rma=draw(st.sampled_from(open_still))["id"]))
        elif waiting:
            row = draw(st.sampled_from(waiting))
            if row["disposition"] == "shelf":
                self.twice(PutAwayUnit(id=new_id(), location=row["location"], code=row["sku"]))
            else:
                self.twice(SendAwayUnit(id=new_id(), rma=row["rma"], n=row["n"], to="atelier"))

    # ------------------------------------------------------------ what comes twice, and what is not theirs

    def twice(self, command: Any, actor: Actor = SYSTEM) -> None:
        """A command that is seen twice has one effect and one answer."""
        first = self.ask(command, actor)
        if first is not None:
            before = self.everything()
            assert self.do(self.shop.perform(command, actor)) == first
            assert self.everything() == before

    def place_again(self, draw: Draw) -> None:
        wanted, answer = draw(st.sampled_from(self.placed))
        before = self.everything()
        again = self.do(self.shop.submit(wanted))
        assert (again.answer, again.again) == (answer, True)
        with pytest.raises(Conflict, match="id_reused"):
            self.do(self.shop.submit(msgspec.structs.replace(wanted, collector="somebody else")))
        assert self.everything() == before

    def send_the_last_batch_again(self, draw: Draw) -> None:
        hand = draw(st.sampled_from(self.hands))
        if hand.last is None:
            return
        before = self.everything()
        first = self.rows("SELECT answer FROM device_event WHERE journal = $1 AND seq = $2", hand.journal, hand.seq)[0][
            0
        ]
        (again,) = self.do(hand.resend()).outcomes
        assert again.again
        assert msgspec.structs.replace(again, again=False) == msgspec.json.decode(first, type=Told)
        assert self.everything() == before

    def touch_another_stores_work(self, draw: Draw) -> None:
        works = self.works()
        if not works:
            return
        work = draw(st.sampled_from(works))
        hand = next(hand for hand in self.hands if hand.place != work["location"])
        type, body = draw(st.sampled_from([
            ("pick", {"work": work["id"], "line": 1}), ("stage", {"work": work["id"], "bag": "B:1", "place": "L:R1"}),
            ("short", {"work": work["id"], "line": 1, "quantity": 1, "reason": "damaged"}),
            ("hand_over", {"order": work["order_id"], "works": [work["id"]]}),
        ]))  # fmt: skip
        movements, events, cases, *before, journal = self.everything()
        told = self.do(hand.tell(type, **body))
        assert (told.outcome, told.problem) == ("refused", "work_not_found")
        # Its own manager hears of it, once; of the other store nothing has changed.
        assert self.everything() in ([movements, events, cases + n, *before, journal + 1] for n in (0, 1))

    @rule(data=st.data())
    def next(self, data: st.DataObject) -> None:
        """One more thing happens."""
        self.happened[name := data.draw(st.sampled_from(ACTIONS))] += 1
        getattr(self, name)(data.draw)

    @rule(data=st.data())
    def work(self, data: st.DataObject) -> None:
        """Half of what happens is store work that goes on as it should."""
        self.go_on(data.draw)

    # ------------------------------------------------------------ what always holds

    @invariant()
    def every_invariant_holds(self) -> None:
        assert self.do(self.shop.breaches()) == []

    @invariant()
    def progress_is_what_the_units_say(self) -> None:
        for row in self.rows(
            f"SELECT o.progress, c.* FROM sales_order o CROSS JOIN LATERAL ({COUNTS.replace('$1', 'o.id')}) c"
        ):
            counts = dict(row)
            stored, held, started = counts.pop("progress"), counts.pop("is_held"), counts.pop("is_started")
            assert stored == progress(counts, held=held, started=started).value


def test_every_promise_holds_after_every_step_of_random_journeys(world: str) -> None:
    Journeys.rig = Rig(world)
    try:
        run_state_machine_as_test(
            Journeys,
            settings=settings(
                max_examples=JOURNEYS, stateful_step_count=STEPS, deadline=None, derandomize=JOURNEYS <= USUAL,
                suppress_health_check=list(HealthCheck), database=None, print_blob=True,
            ),
        )  # fmt: skip
    finally:
        ids.os, ids.time = os, time  # type: ignore[attr-defined]
        Journeys.rig.close()

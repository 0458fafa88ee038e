"""Two handhelds that are mostly without network: whatever they write, and whatever happens meanwhile, each fact counts once.

COMPTOIR_OFFLINE=300 tries that many days instead of the usual few; more than the usual are drawn at random.
"""

import os
import time
from collections import Counter
from collections.abc import Callable
from typing import Any
from uuid import UUID

import msgspec
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from comptoir.flows import lapse
from comptoir.flows.move_to_store import MoveToStore
from comptoir.flows.resolve_short import ResolveShort
from comptoir.flows.take_over import TakeOver
from comptoir.fulfillment.journal import Batch, DeviceEvent, Follows, Taken
from comptoir.kit import ids
from comptoir.kit.actor import SYSTEM, Actor
from comptoir.kit.clock import SetClock
from comptoir.kit.db import in_transaction
from comptoir.kit.errors import Conflict, Refusal
from comptoir.kit.ids import new_id
from comptoir.orders.model import CancelOrder, LineQuantity
from comptoir.stock.counting import AskCount, SubmitCount
from tests.hands import Handheld, Shop
from tests.properties.test_journeys import Repeatable, Rig
from tests.settled import forget
from tests.world import BOWL, CONFLUENCE, DERBY, FRIDAY, LYON, SAM, Line, order

USUAL = 15
DAYS = int(os.environ.get("COMPTOIR_OFFLINE", USUAL))
STEPS = 30
STOCKED = (DERBY, BOWL)
OFFICE = Actor("odile", "head_office", None)
WRITTEN = (
    "pick",
    "pick",
    "pick",
    "pick",
    "undo",
    "undo",
    "short",
    "look_again",
    "stage",
    "stage",
    "hand_over",
    "put_back",
    "release",
    "note",
)
MEANWHILE = (
    "cancel", "cancel_some", "move", "count", "till", "place", "decide_about_a_short", "take_over", "time_goes_by", "leases_end",
)  # fmt: skip
Draw = Callable[[Any], Any]


class Device:
    """A handheld's own memory: what it wrote, how far it was acknowledged, what the server said of each."""

    def __init__(self, hand: Handheld) -> None:
        self.hand = hand
        self.written: list[DeviceEvent] = []
        self.acked = 0

    def write(self, type: str, **body: Any) -> None:
        self.written.append(self.hand.event(type, **body))

    @property
    def unsent(self) -> list[DeviceEvent]:
        return self.written[self.acked :]

    def begin_anew(self) -> None:
        """What is unsent goes on in another journal, under the same ids."""
        follows, unsent = Follows(self.hand.journal, self.acked), self.unsent
        self.hand.begin_anew(follows)
        self.written = [msgspec.structs.replace(event, seq=seq) for seq, event in enumerate(unsent, 1)]
        self.hand.seq, self.acked = len(unsent), 0


class Days(RuleBasedStateMachine):
    """Hands write, networks come and go, answers are lost, and the world does not wait."""

    rig: Rig

    def __init__(self) -> None:
        super().__init__()
        ids.os = ids.time = Repeatable()  # type: ignore[attr-defined, assignment]
        self.do = self.rig.do
        self.shop = Shop(self.rig.pool, SetClock(FRIDAY), self.rig.connection)
        self.outcomes: dict[UUID, Any] = {}
        self.happened: Counter[str] = Counter()

    @initialize(data=st.data())
    def morning(self, data: st.DataObject) -> None:
        """Both devices have works in hand, and lose their network."""
        self.do(forget(self.rig.connection))
        self.do(self.shop.keeper.load())
        self.devices = [Device(self.do(self.shop.handheld(LYON, SAM, number))) for number in (1, 2)]
        for sku in STOCKED:
            for place in (LYON, CONFLUENCE):
                self.do(self.shop.receive(8, sku, place))
        self.orders: list[UUID] = []
        for _ in range(3):
            self.place(data.draw)

    # ------------------------------------------------------------ looking

    def rows(self, sql: str, *args: Any) -> list[Any]:
        return self.do(self.rig.connection.fetch(sql, *args))  # type: ignore[no-any-return]

    def ask(self, command: Any, actor: Actor = SYSTEM) -> None:
        """The server's side acts; it may be refused."""
        try:
            self.do(self.shop.perform(command, actor))
        except Refusal:
            self.happened["refused"] += 1

    # ------------------------------------------------------------ hands, offline

    @rule(data=st.data())
    def hands_write(self, data: st.DataObject) -> None:
        """Up to four facts, about any work of the store, in any state, sensible or not."""
        device = data.draw(st.sampled_from(self.devices))
        for _ in range(data.draw(st.integers(1, 4))):
            self.happened[kind := data.draw(st.sampled_from(WRITTEN))] += 1
            self.one_fact(device, kind, data.draw)

    def one_fact(self, device: Device, kind: str, draw: Draw) -> None:
        works = self.rows(
            "SELECT id, order_id, pack, location FROM work WHERE location = $1 ORDER BY created_at, id", LYON
        )
        work = draw(st.sampled_from(works)) if works else None
        if work is None:
            return
        units = draw(st.integers(1, 2))
        match kind:
            case "undo":
                mine = [event for event in device.written if event.type != "undo"]
                if mine:
                    device.write("undo", event=draw(st.sampled_from(mine[-6:])).id)
            case "pick":
                device.write("pick", work=work["id"], line=1, quantity=units)
            case "short":
                device.write(
                    "short",
                    work=work["id"],
                    line=1,
                    quantity=units,
                    reason=draw(st.sampled_from(["not_found", "damaged"])),
                )
            case "look_again":
                device.write("look_again", work=work["id"], line=1)
            case "stage":
                device.write("stage", work=work["id"], bag=f"B:{str(work['id'])[-6:]}", place="L:R1")
            case "hand_over":
                bag = f"B:{str(work['id'])[-6:]}"
                shown = self.shop.pass_of(work["order_id"], LYON)
                device.write(
                    "hand_over", order=work["order_id"], works=[work["id"]], bags=[bag], offline=True, **{"pass": shown}
                )
            case "put_back":
                backs = self.rows("SELECT id FROM put_back WHERE location = $1 ORDER BY made_at, id", LYON)
                if backs:
                    device.write("put_back", put_back=draw(st.sampled_from(backs))["id"], quantity=units)
            case "release" if work["pack"]:
                device.write("release", pack=work["pack"])
            case _:
                device.write("note", work=work["id"], text="behind the curtain")

    # ------------------------------------------------------------ the network, now and then

    @rule(data=st.data())
    def network(self, data: st.DataObject) -> None:
        """Some of what is unsent arrives; the answer may be lost, so that it is sent again, whole or cut otherwise."""
        device = data.draw(st.sampled_from(self.devices))
        if not device.unsent:
            return
        batch = device.unsent[: data.draw(st.integers(1, 8))]
        taken = self.arrive(device, batch)
        if data.draw(st.sampled_from([True, False, False])):
            self.happened["answer lost"] += 1
            return
        device.acked = taken.acked_through

    @rule(data=st.data())
    def an_old_batch_comes_again(self, data: st.DataObject) -> None:
        """A copy that was under way for long."""
        device = data.draw(st.sampled_from(self.devices))
        if device.acked:
            upto = data.draw(st.integers(1, device.acked))
            before = self.books()
            self.arrive(device, device.written[:upto])
            assert self.books() == before

    @rule(data=st.data())
    def another_device_sends_it_on(self, data: st.DataObject) -> None:
        """The unsent facts of one device come by the other's journal; the first one still has them."""
        by, of = data.draw(st.permutations(self.devices))
        some = of.unsent[: data.draw(st.integers(1, 4))]
        if not some or by.unsent:
            return
        self.happened["sent on"] += 1
        for event in some:
            by.hand.seq += 1
            by.written.append(msgspec.structs.replace(event, seq=by.hand.seq))
        by.acked = self.arrive(by, by.unsent).acked_through

    @rule(data=st.data())
    def a_journal_begins_anew(self, data: st.DataObject) -> None:
        """A copy of the device was found: what is unsent goes on elsewhere. Rare."""
        if data.draw(st.integers(0, 4)) == 0:
            self.happened["begun anew"] += 1
            data.draw(st.sampled_from(self.devices)).begin_anew()

    def arrive(self, device: Device, events: list[DeviceEvent]) -> Taken:
        """The server takes a batch: every id is answered once and for ever."""
        shop, hand = self.shop, device.hand
        batch = Batch(hand.journal, tuple(events), follows=hand.follows)
        taken: Taken = self.do(
            in_transaction(
                shop.pool, hand.actor.who, shop.now, lambda tx: shop.reports(tx, batch, hand.actor, shop.now)
            )
        )
        assert [told.id for told in taken.outcomes] == [event.id for event in events]
        assert taken.acked_through >= events[-1].seq
        for told in taken.outcomes:
            assert told.outcome != "refused", told
            assert told.problem != "did_not_fit", told
            plain = msgspec.structs.replace(told, again=False, seq=0)
            assert self.outcomes.setdefault(told.id, plain) == plain
        return taken

    # ------------------------------------------------------------ meanwhile

    @rule(data=st.data())
    def meanwhile(self, data: st.DataObject) -> None:
        """The server's side of the day."""
        self.happened[name := data.draw(st.sampled_from(MEANWHILE))] += 1
        getattr(self, name)(data.draw)

    def place(self, draw: Draw) -> None:
        at = draw(st.sampled_from([LYON, LYON, None]))
        wanted = order(Line(draw(st.sampled_from(STOCKED)), draw(st.integers(1, 3)), at), at=self.shop.now)
        try:
            self.do(self.shop.submit(wanted))
        except Conflict:
            return
        self.orders.append(wanted.id)

    def cancel(self, draw: Draw) -> None:
        self.ask(CancelOrder(new_id(), draw(st.sampled_from(self.orders)), "changed my mind"))

    def cancel_some(self, draw: Draw) -> None:
        self.ask(CancelOrder(new_id(), draw(st.sampled_from(self.orders)), "one less", (LineQuantity(1, 1),)))

    def move(self, draw: Draw) -> None:
        works = self.rows("SELECT id, order_id, location FROM work WHERE kind = 'ship' ORDER BY created_at, id")
        if works:
            work = draw(st.sampled_from(works))
            to = CONFLUENCE if work["location"] == LYON else LYON
            self.ask(MoveToStore(new_id(), work["order_id"], work["id"], to), OFFICE)

    def count(self, draw: Draw) -> None:
        asked = self.do(self.shop.perform(AskCount(new_id(), LYON, draw(st.sampled_from(STOCKED)))))
        self.ask(SubmitCount(new_id(), UUID(asked["id"]), draw(st.integers(0, 9))))

    def till(self, draw: Draw) -> None:
        fact = draw(st.sampled_from(["till_sale", "till_return", "receipt"]))
        self.do(self.shop.till(draw(st.integers(1, 3)), draw(st.sampled_from(STOCKED)), LYON, fact))

    def decide_about_a_short(self, draw: Draw) -> None:
        missing = self.rows("SELECT order_id, line FROM requirement WHERE unsourced > 0 ORDER BY order_id, line")
        if missing:
            row = draw(st.sampled_from(missing))
            self.ask(ResolveShort(new_id(), row["order_id"], row["line"], draw(st.sampled_from(["refund", "retry"]))))

    def take_over(self, draw: Draw) -> None:
        works = self.rows(
            "SELECT id FROM work WHERE location = $1 AND status IN ('open', 'accepted', 'picking') ORDER BY created_at, id",
            LYON,
        )
        packs = self.rows("SELECT id FROM pack WHERE closed_at IS NULL ORDER BY made_at, id")
        hand = draw(st.sampled_from(self.devices)).hand
        if packs and draw(st.booleans()):
            self.ask(TakeOver(new_id(), draw(st.sampled_from(packs))["id"]), hand.person)
        elif works:
            try:
                self.do(hand.start(draw(st.sampled_from(works))["id"]))
            except Conflict:
                self.happened["refused"] += 1

    def time_goes_by(self, draw: Draw) -> None:
        self.shop.clock.advance(minutes=draw(st.sampled_from([1, 3, 30, 60 * 9, 60 * 24 * 9])))
        self.do(lapse.expire_pickups(self.shop))  # type: ignore[arg-type]

    def leases_end(self, draw: Draw) -> None:
        self.shop.clock.advance(minutes=61)
        self.do(lapse.end_leases(self.shop))  # type: ignore[arg-type]

    # ------------------------------------------------------------ what always holds

    def books(self) -> list[int]:
        (row,) = self.rows(
            "SELECT (SELECT count(*) FROM stock_movement), (SELECT count(*) FROM exception), (SELECT count(*) FROM put_back),"
            " (SELECT coalesce(sum(version), 0) FROM work), (SELECT count(*) FROM device_event), (SELECT count(*) FROM event)"
        )
        return list(row)

    @invariant()
    def every_unit_is_somewhere_and_nothing_left_twice(self) -> None:
        assert self.do(self.shop.breaches()) == []

    def teardown(self) -> None:
        """In the evening everything arrives: each fact has one row, and none is left over."""
        for device in getattr(self, "devices", ()):
            while device.unsent:
                device.acked = self.arrive(device, device.unsent[:50]).acked_through
        if getattr(self, "devices", ()):
            assert self.do(self.shop.breaches()) == []
            kept = {row["id"] for row in self.rows("SELECT id FROM device_event")}
            assert kept == set(self.outcomes)


def test_two_devices_without_network_lose_nothing_and_double_nothing(world: str) -> None:
    Days.rig = Rig(world)
    try:
        run_state_machine_as_test(
            Days,
            settings=settings(
                max_examples=DAYS, stateful_step_count=STEPS, deadline=None, derandomize=DAYS <= USUAL,
                suppress_health_check=list(HealthCheck), database=None, print_blob=True,
            ),
        )  # fmt: skip
    finally:
        ids.os, ids.time = os, time  # type: ignore[attr-defined]
        Days.rig.close()

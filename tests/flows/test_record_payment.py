"""Money that was told releases the order it was awaited for, once, and never more than the order costs."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from comptoir.flows import lapse
from comptoir.flows.record_payment import PaymentRecorded
from comptoir.kit.actor import SYSTEM, Actor
from comptoir.kit.db import in_transaction
from comptoir.kit.errors import Invalid, NotFound
from comptoir.kit.ids import new_id
from comptoir.orders.model import CancelOrder, LineQuantity
from comptoir.payments.recording import RecordPayment
from tests.conftest import Database
from tests.doors import MIDDAY, Served, served
from tests.flows.orders_on_file import add_articles, add_order, add_store

pytestmark = pytest.mark.anyio
TOTAL = 16_300


class Till:
    """An order of 163.00 that waits for its payment `pay-1`, and a way to tell about it."""

    def __init__(self, app: Served, database: Database, order: UUID) -> None:
        self.app, self.connection, self.order = app, database.connection, order

    async def tell(
        self, amount: int = TOTAL, state: Any = "captured", reference: str = "pay-1", id: UUID | None = None,
        actor: Actor = SYSTEM,
    ) -> PaymentRecorded:  # fmt: skip
        command = RecordPayment(id or new_id(), self.order, reference, state, amount, "stripe")
        told: PaymentRecorded = (await self.app.house.runner.perform(command, actor)).read(PaymentRecorded)
        return told

    async def payments(self) -> list[tuple[str, str, int, int]]:
        rows = await self.connection.fetch(
            "SELECT reference, state, amount_minor, captured_minor FROM payment WHERE order_id = $1 ORDER BY reference",
            self.order,
        )
        return [tuple(row) for row in rows]

    async def intentions(self) -> list[tuple[str, int, str]]:
        rows = await self.connection.fetch(
            "SELECT kind, amount_minor, reason FROM payment_intention WHERE order_id = $1 ORDER BY intended_at",
            self.order,
        )
        return [tuple(row) for row in rows]

    async def progress(self) -> str:
        return str(await self.connection.fetchval("SELECT progress FROM sales_order WHERE id = $1", self.order))

    async def works(self) -> int:
        return int(await self.connection.fetchval("SELECT count(*) FROM work WHERE order_id = $1", self.order))


@pytest.fixture
async def till(database: Database) -> AsyncIterator[Till]:
    await add_store(database.connection)
    await add_articles(database.connection)
    await database.connection.execute(
        "INSERT INTO stock_level (sku, location, on_hand) VALUES ('LISON-38', 'lyon', 5), ('AMPHORE-24', 'lyon', 5)"
    )
    order, _ = await add_order(database.connection, MIDDAY, status=None, progress="held")
    await database.connection.execute(
        "UPDATE payment SET state = 'pending', captured_minor = 0, expires_at = $2 WHERE order_id = $1",
        order, MIDDAY + timedelta(minutes=30),
    )  # fmt: skip
    await database.connection.execute(
        "INSERT INTO order_hold (order_id, reason, placed_at, placed_by, until) VALUES ($1, 'payment', $2, 'system', $3)",
        order, MIDDAY, MIDDAY + timedelta(minutes=30),
    )  # fmt: skip
    async with served(database.dsn) as app:
        yield Till(app, database, order)


async def test_a_captured_payment_releases_the_order_and_gives_its_work_to_the_store(till: Till) -> None:
    told = await till.tell()
    assert (told.state, told.paid_minor, told.held, len(told.works)) == ("captured", TOTAL, (), 1)
    assert await till.progress() == "accepted"
    assert await till.payments() == [("pay-1", "captured", TOTAL, TOTAL)]


async def test_an_authorized_payment_is_enough(till: Till) -> None:
    assert (await till.tell(state="authorized")).held == ()
    assert await till.payments() == [("pay-1", "authorized", TOTAL, 0)]


async def test_the_same_report_twice_has_one_effect_and_one_answer(till: Till) -> None:
    id = new_id()
    assert await till.tell(id=id) == await till.tell(id=id)
    assert await till.works() == 1


async def test_the_same_fact_under_another_id_changes_nothing(till: Till) -> None:
    await till.tell()
    again = await till.tell()
    assert again.works == ()
    assert await till.works() == 1
    told = await till.connection.fetchval("SELECT count(*) FROM event WHERE kind = 'payment.told'")
    assert told == 1


async def test_an_authorization_that_comes_after_the_capture_changes_nothing(till: Till) -> None:
    await till.tell()
    await till.tell(state="authorized")
    assert await till.payments() == [("pay-1", "captured", TOTAL, TOTAL)]


async def test_a_part_payment_leaves_the_order_held(till: Till) -> None:
    told = await till.tell(10_000)
    assert (told.held, told.works) == (("payment",), ())


async def test_two_payments_together_release_the_order(till: Till) -> None:
    await till.tell(10_000)
    told = await till.tell(6_300, reference="gift-card-1")
    assert (told.paid_minor, told.held) == (TOTAL, ())


async def test_another_reference_that_pays_all_ends_the_wait_for_the_first(till: Till) -> None:
    await till.tell(reference="pi-77")
    assert await till.payments() == [("pay-1", "voided", TOTAL, 0), ("pi-77", "captured", TOTAL, TOTAL)]


async def test_more_than_the_payment_was_for_is_refused(till: Till) -> None:
    with pytest.raises(Invalid, match="more_than_expected"):
        await till.tell(TOTAL + 1)


async def test_more_than_the_order_costs_is_refused_over_all_payments(till: Till) -> None:
    await till.tell()
    with pytest.raises(Invalid, match="more_than_total"):
        await till.tell(1, reference="gift-card-1")
    assert await till.payments() == [("pay-1", "captured", TOTAL, TOTAL)]


async def test_money_for_a_canceled_order_is_given_back(till: Till) -> None:
    await till.app.house.runner.perform(CancelOrder(new_id(), till.order, "customer"), SYSTEM)
    told = await till.tell()
    assert (told.back, told.back_minor, await till.works()) == ("refund", TOTAL, 0)
    assert await till.intentions() == [("refund", TOTAL, "paid_after_cancel")]


async def test_an_authorization_for_a_canceled_order_is_to_be_voided_once(till: Till) -> None:
    await till.app.house.runner.perform(CancelOrder(new_id(), till.order, "customer"), SYSTEM)
    await till.tell(state="authorized")
    await till.tell(state="authorized")
    assert await till.intentions() == [("void", TOTAL, "paid_after_cancel")]


async def test_what_was_canceled_before_the_payment_came_is_given_back(till: Till) -> None:
    line = LineQuantity(1, 1)
    await till.app.house.runner.perform(CancelOrder(new_id(), till.order, "customer", (line,)), SYSTEM)
    told = await till.tell()
    assert (told.held, told.back_minor) == ((), 9_500)


async def test_an_order_held_for_something_else_too_stays_held(till: Till) -> None:
    await till.connection.execute(
        "INSERT INTO order_hold (order_id, reason, placed_at, placed_by) VALUES ($1, 'manual', $2, 'system')",
        till.order, MIDDAY,
    )  # fmt: skip
    told = await till.tell()
    assert (told.held, told.works) == (("manual",), ())


async def test_a_key_of_another_store_finds_no_such_order(till: Till) -> None:
    other = Actor("key:1", "integrator", ("nice",))
    with pytest.raises(NotFound):
        await till.tell(actor=other)


@pytest.mark.parametrize("turn", range(6))
async def test_when_lapse_and_payment_meet_the_order_is_worked_on_or_paid_back(till: Till, turn: int) -> None:
    till.app.clock.advance(minutes=31)
    told, _ = await asyncio.gather(till.tell(), lapse.lapse_payments(till.app.house))
    progress, works, back = await till.progress(), await till.works(), await till.intentions()
    assert (progress, works, back) in (
        ("accepted", 1, []),
        ("canceled", 0, [("refund", TOTAL, "paid_after_cancel")]),
    )
    assert told.state == "captured"


async def test_a_payment_that_came_first_is_not_lapsed_by_a_list_read_before_it(till: Till) -> None:
    till.app.clock.advance(minutes=31)
    await till.tell()
    house = till.app.house
    now = house.clock()
    await in_transaction(house.pool, SYSTEM.who, now, lambda tx: lapse.lapse(tx, till.order, now))
    assert await till.progress() == "accepted"


async def test_two_reports_of_one_payment_at_once_give_the_work_once(till: Till) -> None:
    await asyncio.gather(till.tell(), till.tell(), till.tell(state="authorized"))
    assert await till.works() == 1
    assert await till.payments() == [("pay-1", "captured", TOTAL, TOTAL)]

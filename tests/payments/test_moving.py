"""Money that is intended moves once: however its provider answers, whoever asks at the same time, and never more than was captured."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from comptoir.errands.move_money import move_money
from comptoir.kit.actor import SYSTEM, Actor
from comptoir.kit.check import find_breaches
from comptoir.kit.db import in_transaction
from comptoir.kit.errors import Conflict, Forbidden
from comptoir.kit.ids import new_id
from comptoir.payments import sql
from comptoir.payments.commands import HearProvider, RetryMoney, SettleByHand
from comptoir.wiring import WIRED
from comptoir.worker import Worker
from tests.carriers.carrier_servers import CarrierServer
from tests.conftest import Database
from tests.doors import MIDDAY, Served, served
from tests.flows.orders_on_file import add_articles, add_order, add_store
from tests.payments.payment_servers import JUDGES, Books, standing
from tests.payments.test_contract import IMPATIENT, IN_TIME, ORDERS, provider_of

pytestmark = pytest.mark.anyio

OFFICE = Actor("00000000-0000-7000-8000-000000000001", "head_office", None)
MONEY = {"nothing_is_refunded_twice", "money_that_went_is_on_its_payment", "parts_are_the_intention"}


class Desk:
    """An order of 163.00 that was captured with one provider, and what is intended with it."""

    def __init__(self, app: Served, database: Database, order: UUID, server: CarrierServer, books: Books) -> None:
        self.app, self.order, self.server, self.books = app, order, server, books
        self.connection = database.connection
        self.pool = app.house.pool

    async def owe(self, minor: int, cause: UUID | None = None) -> str | None:
        return await in_transaction(
            self.pool, "system", self.app.clock.at,
            lambda tx: sql.refund_or_void(tx, self.order, minor, "canceled", cause, self.app.clock.at),
        )  # fmt: skip

    async def go_round(self, later: timedelta = timedelta(0)) -> int:
        self.app.clock.at += later
        return await move_money(self.app.house)

    async def standing(self) -> list[tuple[str, int, str]]:
        rows = await self.pool.fetch("SELECT kind, amount_minor, state FROM payment_intention ORDER BY intended_at, id")
        return [tuple(row) for row in rows]

    async def parts(self) -> list[tuple[str, str, int]]:
        rows = await self.pool.fetch("SELECT state, reference, amount_minor FROM payment_part ORDER BY made_at, n, id")
        return [tuple(row) for row in rows]

    async def payment(self, what: str = "state, captured_minor, refunded_minor") -> tuple[Any, ...]:
        row = await self.pool.fetchrow(f"SELECT {what} FROM payment ORDER BY reference LIMIT 1")
        assert row is not None
        return tuple(row)

    async def told(self) -> list[str]:
        rows = await self.pool.fetch("SELECT kind FROM event WHERE kind LIKE 'payment.%' ORDER BY at, seq")
        return [row["kind"] for row in rows]

    async def intention(self) -> UUID:
        found: UUID = await self.pool.fetchval(
            "SELECT id FROM payment_intention ORDER BY intended_at DESC, id DESC LIMIT 1"
        )
        return found

    async def agrees(self) -> None:
        assert [one for one in await find_breaches(self.connection) if one.name in MONEY] == []


@asynccontextmanager
async def desk(
    database: Database, kind: str = "stripe", *, captured: bool = True, seconds: float = IN_TIME
) -> AsyncIterator[Desk]:
    payment, shop_order = ORDERS[kind]
    books = Books(captured=16_300 if captured else 0)
    connection = database.connection
    await connection.execute(
        "TRUNCATE payment_account, payment_part, payment_intention, payment, event, delivery, exception, command CASCADE"
    )
    if await connection.fetchval("SELECT count(*) FROM location") == 0:
        await add_store(connection)
        await add_articles(connection)
    order, _ = await add_order(connection, MIDDAY)
    await connection.execute("UPDATE sales_order SET external_id = $2 WHERE id = $1", order, shop_order or None)
    await connection.execute("UPDATE payment SET reference = $2 WHERE order_id = $1", order, payment)
    if not captured:
        await connection.execute("UPDATE payment SET state = 'authorized', captured_minor = 0")
    await connection.execute(
        "INSERT INTO payment_account (id, kind, name, since) VALUES ('acc', $1, 'Account', $2)", kind, MIDDAY
    )
    with standing(kind, books) as server:
        async with served(database.dsn) as app:
            app.house.payments.put("acc", provider_of(kind, server.address, seconds))
            yield Desk(app, database, order, server, books)


@pytest.mark.parametrize("kind", JUDGES)
async def test_a_refund_is_neither_lost_nor_doubled_whatever_its_provider_does(database: Database, kind: str) -> None:
    async with desk(database, kind, seconds=IMPATIENT) as it:
        # Dead: nothing was made, and it is asked again.
        await it.owe(4_000)
        alive = it.app.house.payments._open["acc"][1]
        it.app.house.payments.put("acc", provider_of(kind, "http://127.0.0.1:9", IMPATIENT))
        assert await it.go_round() == 1
        assert (await it.standing(), it.books.refunded) == ([("refund", 4_000, "intended")], 0)
        # Slow: the money moved, the answer never came. It is looked for before anything is repeated.
        it.app.house.payments.put("acc", alive)
        it.books.stall = True
        await it.go_round(timedelta(minutes=1))
        assert (await it.parts())[0][0] == "unknown" and it.books.refunded == 4_000
        assert await it.told() == []
        await it.go_round(timedelta(minutes=3))
        assert (await it.standing(), it.books.refunded) == ([("refund", 4_000, "confirmed")], 4_000)
        assert await it.payment() == ("part_refunded", 16_300, 4_000)
        assert await it.told() == ["payment.refunded"]
        # Busy, then nonsense, then it answers.
        await it.owe(1_000)
        it.server.say = [(429, b"{}", {"retry-after": "30"}), (200, b"<html>", {})]
        for _ in range(4):
            await it.go_round(timedelta(minutes=2))
        assert (it.books.refunded, (await it.standing())[1]) == (5_000, ("refund", 1_000, "confirmed"))
        # Refused: a person tries again, with a key that the provider has not answered yet.
        it.books.captured = 5_000
        await it.owe(2_000)
        for _ in range(2):
            await it.go_round(timedelta(minutes=2))
        assert (await it.standing())[2] == ("refund", 2_000, "failed") and it.books.refunded == 5_000
        it.books.captured = 16_300
        with pytest.raises(Forbidden):
            await it.app.house.runner.perform(RetryMoney(new_id(), await it.intention()), SYSTEM)
        await it.app.house.runner.perform(RetryMoney(new_id(), await it.intention()), OFFICE)
        await it.go_round(timedelta(minutes=2))
        assert (await it.standing())[2] == ("refund", 2_000, "confirmed") and it.books.refunded == 7_000
        # The rest, twice as much as there is: exactly what is left.
        await it.owe(30_000)
        await it.go_round()
        assert it.books.refunded == 16_300 and await it.payment() == ("refunded", 16_300, 16_300)
        assert await it.owe(1) is None
        assert it.server.refused == []
        await it.agrees()


async def test_two_workers_and_one_that_died_ask_once(database: Database) -> None:
    async with desk(database) as it:
        for _ in range(6):
            await it.owe(1_000)
        await asyncio.gather(it.go_round(), it.go_round(), it.go_round())
        assert it.books.refunded == 6_000 and len(it.books.refunds) == 6
        # A worker died in its call: the provider had made it.
        await it.owe(500)
        alive = it.app.house.payments._open["acc"][1]

        class Dies:
            async def make(self, ask: Any) -> Any:
                await alive.make(ask)
                raise asyncio.CancelledError

        it.app.house.payments.put("acc", Dies())  # type: ignore[arg-type]
        with pytest.raises(asyncio.CancelledError):
            await it.go_round()
        assert (await it.parts())[-1][0] == "calling" and it.books.refunded == 6_500
        it.app.house.payments.put("acc", alive)
        assert await it.go_round() == 0
        await it.go_round(timedelta(minutes=2))
        assert (await it.parts())[-1][0] == "confirmed" and it.books.refunded == 6_500
        await it.agrees()


async def test_fifty_refunds_at_once_give_back_what_was_captured_and_no_cent_more(database: Database) -> None:
    async with desk(database) as it:
        kinds = await asyncio.gather(*(it.owe(1_000, new_id()) for _ in range(50)))
        assert kinds.count("refund") == 17 and sum(one[1] for one in await it.standing()) == 16_300
        while await it.go_round():
            pass
        assert it.books.refunded == 16_300 and len(it.books.refunds) == 17
        await it.agrees()


async def test_several_payments_are_given_back_from_the_newest_and_by_whoever_holds_them(database: Database) -> None:
    async with desk(database) as it:
        await it.pool.execute(
            "INSERT INTO payment (order_id, reference, provider, state, amount_minor, captured_minor, captured_at)"
            " VALUES ($1, 'card-2', 'gift', 'captured', 2000, 2000, $2)",
            it.order, MIDDAY + timedelta(hours=1),
        )  # fmt: skip
        await it.pool.execute(
            "INSERT INTO payment_account (id, kind, name, provider, since) VALUES ('gift', 'manual', 'Gifts', 'gift', $1)",
            MIDDAY,
        )
        await it.owe(5_000)
        await it.go_round()
        assert await it.parts() == [("by_hand", "card-2", 2_000), ("confirmed", "pi_1", 3_000)]
        assert (await it.standing())[0] == ("refund", 5_000, "intended") and await it.told() == []
        command = SettleByHand(new_id(), await it.intention(), "gift card 77")
        await it.app.house.runner.perform(command, OFFICE)
        await it.app.house.runner.perform(command, OFFICE)
        assert (await it.standing())[0] == ("refund", 5_000, "confirmed") and await it.told() == ["payment.refunded"]
        assert await it.pool.fetch("SELECT refunded_minor FROM payment ORDER BY reference") == [(2_000,), (3_000,)]
        with pytest.raises(Conflict, match="money_moved"):
            await it.app.house.runner.perform(SettleByHand(new_id(), await it.intention(), "again"), OFFICE)
        # What a person was to do and is not wanted any more leaves the money free for others.
        cause = new_id()
        it.app.clock.at += timedelta(seconds=1)
        await it.pool.execute("UPDATE payment SET provider = 'gift' WHERE reference = 'pi_1'")
        await it.owe(13_300, cause)
        await it.go_round()
        await in_transaction(it.pool, "system", it.app.clock.at, lambda tx: sql.withdraw(tx, cause))
        await it.pool.execute("UPDATE payment SET provider = 'stripe' WHERE reference = 'pi_1'")
        await it.owe(13_300)
        await it.go_round()
        assert it.books.refunded == 16_300
        await it.agrees()


async def test_what_is_on_its_way_may_still_fail_and_is_then_owed_again(database: Database) -> None:
    async with desk(database) as it:
        it.books.pending = True
        await it.owe(4_000)
        await it.go_round()
        assert (await it.standing())[0][2] == "sent" and (await it.payment())[2] == 4_000
        it.books.refunds[0]["status"] = "failed"
        await it.app.house.runner.perform(HearProvider(new_id(), "acc", ("re_1",)), SYSTEM)
        await it.go_round()
        assert (await it.standing())[0][2] == "failed" and (await it.payment())[2] == 0
        assert await it.told() == ["payment.refunded", "payment.failed"]
        await Worker(it.app.house, database.dsn, WIRED).drain()
        letters = await it.pool.fetch("SELECT body FROM message WHERE template = 'refund_sent'")
        assert len(letters) == 1 and "40,00" in letters[0]["body"] and "vendredi 20 novembre" in letters[0]["body"]
        assert await it.pool.fetchval("SELECT body->>'kind' FROM exception WHERE kind = 'money_stuck'") == "refund"
        it.books.pending = False
        await it.app.house.runner.perform(RetryMoney(new_id(), await it.intention()), OFFICE)
        await it.go_round()
        assert (await it.standing())[0][2] == "confirmed" and await it.payment() == ("part_refunded", 16_300, 4_000)
        assert await it.pool.fetchval("SELECT count(*) FROM exception WHERE resolved_at IS NULL") == 0
        await it.agrees()


async def test_an_authorization_is_captured_for_what_left_and_the_rest_is_let_go_with_it(database: Database) -> None:
    async with desk(database, captured=False) as it:
        assert await it.owe(3_400) == "void"
        assert await it.go_round() == 0 and not it.books.voided
        await in_transaction(
            it.pool, "system", it.app.clock.at,
            lambda tx: sql.intend(tx, it.order, "capture", 12_900, "handed_over", "api", it.app.clock.at),
        )  # fmt: skip
        await it.go_round()
        await it.go_round(timedelta(minutes=1))
        assert (it.books.captured, await it.payment()) == (12_900, ("captured", 12_900, 0))
        assert [one[2] for one in await it.standing()] == ["confirmed", "confirmed"]
        await it.agrees()
    async with desk(database, captured=False) as it:
        await it.owe(3_400)
        await it.owe(12_900)
        await it.go_round()
        assert it.books.voided and (await it.payment())[0] == "voided"
        assert {one[2] for one in await it.standing()} == {"confirmed"}


async def test_what_was_intended_before_the_account_is_a_persons_and_what_has_begun_is_not_withdrawn(
    database: Database,
) -> None:
    async with desk(database) as it:
        await it.pool.execute("UPDATE payment_account SET since = $1", MIDDAY + timedelta(hours=1))
        cause = new_id()
        await it.owe(4_000, cause)
        assert await it.go_round(timedelta(hours=8)) == 0 and it.books.refunded == 0
        await in_transaction(it.pool, "system", it.app.clock.at, lambda tx: sql.withdraw(tx, cause))
        later = new_id()
        await it.owe(1_000, later)
        it.books.stall = True
        it.app.house.payments.put("acc", provider_of("stripe", it.server.address, IMPATIENT))
        await it.go_round()
        await in_transaction(it.pool, "system", it.app.clock.at, lambda tx: sql.withdraw(tx, later))
        await it.go_round(timedelta(minutes=2))
        assert [one[2] for one in await it.standing()] == ["withdrawn", "confirmed"] and it.books.refunded == 1_000
        await it.agrees()

"""What is captured or let go at a provider without us is on file once, whoever is first; money about to be gone is one action away."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from comptoir.errands.look_at_payments import look_at_payments
from comptoir.flows.watch_authorizations import watch_authorizations
from comptoir.kit.actor import SYSTEM
from comptoir.kit.db import in_transaction
from comptoir.kit.ids import new_id
from comptoir.orders.following import FollowChannel
from comptoir.orders.model import PaymentDetails
from comptoir.payments import sql
from comptoir.payments.authorizing import KeepAuthorization
from comptoir.payments.commands import HearProvider
from comptoir.payments.hearing import Heard, Kept, OwnPart, hear
from comptoir.payments.model import AtProvider
from tests.conftest import Database
from tests.payments.payment_servers import JUDGES
from tests.payments.test_contract import ORDERS
from tests.payments.test_moving import OFFICE, Desk, desk

pytestmark = pytest.mark.anyio


async def intend(it: Desk, kind: str, minor: int, later: timedelta = timedelta(0)) -> None:
    await in_transaction(
        it.pool, "system", it.app.clock.at,
        lambda tx: sql.intend(tx, it.order, kind, minor, "handed_over", "shop", it.app.clock.at + later, new_id()),
    )  # fmt: skip


async def look(it: Desk, kind: str) -> int:
    """The provider says something of the payment, twice; a shop's payment is looked at with its order."""
    for _ in range(2):
        await it.app.house.runner.perform(HearProvider(new_id(), "acc", (ORDERS[kind][0],)), SYSTEM)
    await it.pool.execute(
        "UPDATE payment SET look_at = $1 WHERE look_at IS NULL AND reference NOT LIKE 'pi%'", it.app.clock.at
    )
    return await look_at_payments(it.app.house)


def captured_there(it: Desk, minor: int) -> None:
    it.books.captured, it.books.status = minor, "succeeded"
    if it.books.captures or minor != it.books.authorized:
        it.books.captures = [{"id": "t/x", "status": "SUCCESS", "createdAt": "2026-11-20T11:00:00Z",
                              "amountSet": {"shopMoney": {"amount": f"{minor / 100:.2f}"}}}]  # fmt: skip


@pytest.mark.parametrize("kind", JUDGES)
async def test_a_capture_made_at_the_provider_is_on_file_once_in_any_order_with_ours(
    database: Database, kind: str
) -> None:
    async with desk(database, kind, captured=False) as it:
        # Before a capture of ours was due: theirs is recorded beside it, and ours asks for nothing any more.
        await intend(it, "capture", 6_000, timedelta(hours=1))
        captured_there(it, 16_300)
        assert await look(it, kind) == 1
        assert await it.payment() == ("captured", 16_300, 0)
        assert await it.standing() == [("capture", 6_000, "withdrawn"), ("capture", 16_300, "confirmed")]
        assert await look(it, kind) == 1 and await it.go_round(timedelta(hours=2)) == 0
        assert await it.payment() == ("captured", 16_300, 0)
        assert await it.told() == ["payment.captured"]
        assert await it.owe(16_300) == "refund"
        await it.agrees()


async def test_a_capture_of_ours_that_was_refused_because_somebody_had_made_it_is_done_by_theirs(
    database: Database,
) -> None:
    async with desk(database, captured=False) as it:
        await intend(it, "capture", 16_300)
        captured_there(it, 16_300)
        await it.go_round()
        assert (await it.standing())[0][2] == "failed"
        assert await look(it, "stripe") == 1
        assert await it.standing() == [("capture", 16_300, "confirmed")]
        assert (await it.payment(), await it.told()) == (
            ("captured", 16_300, 0),
            ["payment.failed", "payment.captured"],
        )
        await it.agrees()


async def test_while_an_answer_of_ours_is_out_nothing_is_counted_and_afterwards_it_is_counted_once(
    database: Database,
) -> None:
    async with desk(database, captured=False) as it:
        await intend(it, "capture", 16_300)
        await it.go_round()
        await it.pool.execute(
            "UPDATE payment_part SET state = 'unknown', next_at = $1", it.app.clock.at + timedelta(minutes=2)
        )
        await it.pool.execute("UPDATE payment_intention SET state = 'intended', sent_at = NULL")
        await it.pool.execute("UPDATE payment SET state = 'authorized', captured_minor = 0")
        await look(it, "stripe")
        assert await it.payment() == ("authorized", 0, 0)
        await it.go_round(timedelta(minutes=3))
        await look_at_payments(it.app.house)
        assert await it.payment() == ("captured", 16_300, 0)
        assert await it.standing() == [("capture", 16_300, "confirmed")]
        await it.agrees()


async def test_what_was_to_be_let_go_and_was_captured_instead_is_given_back(database: Database) -> None:
    async with desk(database, captured=False) as it:
        assert await it.owe(16_300) == "void"
        captured_there(it, 16_300)
        await it.go_round()
        assert (await it.standing())[0][2] == "failed"
        await look(it, "stripe")
        assert await it.standing() == [
            ("void", 16_300, "withdrawn"), ("capture", 16_300, "confirmed"), ("refund", 16_300, "intended"),
        ]  # fmt: skip
        await it.go_round()
        assert (await it.payment(), it.books.refunded) == (("refunded", 16_300, 16_300), 16_300)
        await it.agrees()


async def test_money_that_ends_before_its_goods_leave_is_a_case_whose_one_action_captures_it(
    database: Database,
) -> None:
    async with desk(database, captured=False) as it:
        assert await look_at_payments(it.app.house) == 1, "what is only authorized is looked at by itself"
        until = await it.pool.fetchval("SELECT capture_before FROM payment")
        assert until - it.app.clock.at == timedelta(days=5)
        assert await watch_authorizations(it.app.house) == 0
        it.app.clock.at = until - timedelta(hours=35)
        # A parcel that is promised long before leaves in time; a customer may come as late as they like.
        await it.pool.execute("UPDATE work SET kind = 'ship', promise_at = $1", it.app.clock.at + timedelta(hours=3))
        assert await watch_authorizations(it.app.house) == 0
        await it.pool.execute("UPDATE work SET kind = 'pickup'")
        assert [await watch_authorizations(it.app.house) for _ in range(2)] == [1, 0]
        case = await the_case(it, "authorization_ending")
        done = (await it.app.house.runner.perform(KeepAuthorization(new_id(), case), OFFICE)).read()
        assert done["captured_minor"] == 16_300
        await it.go_round()
        assert (await it.payment(), it.books.captured) == (("captured", 16_300, 0), 16_300)
        assert await watch_authorizations(it.app.house) == 0
        await it.agrees()


async def test_money_that_is_gone_is_asked_for_again_and_a_case_that_settles_itself_ends(database: Database) -> None:
    async with desk(database, captured=False) as it:
        await intend(it, "capture", 6_000, timedelta(days=2))
        it.books.voided = True
        assert await look(it, "stripe") == 1
        assert (await it.payment("state"), await it.standing()) == (("voided",), [("capture", 6_000, "withdrawn")])
        case = await the_case(it, "authorization_gone")
        await it.pool.execute("UPDATE work SET status = 'picking'")
        done = (await it.app.house.runner.perform(KeepAuthorization(new_id(), case), OFFICE)).read()
        assert done["asked_minor"] == 16_300
        awaited = await it.pool.fetchrow(
            "SELECT provider, amount_minor, expires_at FROM payment WHERE state = 'pending'"
        )
        assert awaited is not None and tuple(awaited) == ("pay_link", 16_300, it.app.clock.at + timedelta(hours=48))
        assert await it.pool.fetchval("SELECT count(*) FROM event WHERE kind = 'order.payment_due'") == 1
        assert await it.pool.fetchval("SELECT count(*) FROM order_hold") == 0, "somebody has begun"
        it.app.clock.at += timedelta(hours=49)
        assert [await watch_authorizations(it.app.house) for _ in range(2)] == [1, 0]
        case = await the_case(it, "authorization_gone")
        await it.pool.execute("UPDATE work SET status = 'open'")
        await it.app.house.runner.perform(KeepAuthorization(new_id(), case), OFFICE)
        held = await it.pool.fetchrow(
            "SELECT h.reason, h.until, o.progress FROM order_hold h JOIN sales_order o ON o.id = h.order_id"
        )
        assert held is not None and tuple(held) == ("payment", it.app.clock.at + timedelta(hours=48), "held")
        assert await it.pool.fetchval("SELECT count(*) FROM work") == 0


async def the_case(it: Desk, kind: str) -> UUID:
    found: Any = await it.pool.fetchval("SELECT id FROM exception WHERE kind = $1 AND resolved_at IS NULL", kind)
    assert found is not None
    case: UUID = found
    return case


async def test_a_shops_word_takes_all_of_it_or_makes_us_look_how_much_it_took(database: Database) -> None:
    async with desk(database, "shopify", captured=False) as it:
        shop_order = ORDERS["shopify"][1]

        async def shop_says(state: Any, minutes: int) -> str:
            paid = PaymentDetails("shopify_payments", f"order {shop_order}", state, 16_300)
            at = it.app.clock.at + timedelta(minutes=minutes)
            said = FollowChannel(
                id=new_id(), order=it.order, channel="shop", external_id=shop_order, updated_at=at, payment=paid, total_minor=16_300
            )  # fmt: skip
            return str((await it.app.house.runner.perform(said, SYSTEM)).read()["outcome"])

        await it.pool.execute("UPDATE sales_order SET external_updated_at = $1", it.app.clock.at)
        await intend(it, "capture", 16_300, timedelta(hours=1))
        # Partly paid, says the shop, which is no more than authorized: its books say that 100.00 were captured in its pages.
        captured_there(it, 10_000)
        assert await shop_says("authorized", 1) == "noted"
        assert await look_at_payments(it.app.house) == 1
        assert (await it.payment(), await it.standing()) == (
            ("captured", 10_000, 0), [("capture", 6_300, "intended"), ("capture", 10_000, "confirmed")],
        )  # fmt: skip
        # The rest is taken in the shop too: ours is done by it.
        captured_there(it, 16_300)
        assert await shop_says("captured", 2) == "noted"
        assert await look_at_payments(it.app.house) == 1
        assert (await it.payment(), await it.standing()) == (
            ("captured", 16_300, 0),
            [("capture", 6_300, "withdrawn"), ("capture", 10_000, "confirmed"), ("capture", 6_300, "confirmed")],
        )
        await it.agrees()


def test_what_a_providers_word_means_for_ours() -> None:
    kept, one, two = Kept("authorized", 10_000, 0), new_id(), new_id()
    there = AtProvider("pi_1", 10_000)

    def part(id: UUID, minor: int, state: Any, kind: Any = "capture") -> OwnPart:
        return OwnPart(id, kind, minor, state)

    for payment, parts, said, wanted in (
        (kept, (), there, Heard((), 10_000, 10_000)),
        (kept, (part(one, 4_000, "failed"), part(two, 6_000, "due")), there, Heard((one, two), 10_000, 0)),
        (kept, (part(one, 4_000, "due"), part(two, 9_000, "due")), there, Heard((one,), 10_000, 6_000)),
        (kept, (part(one, 10_000, "unknown"),), there, Heard(later=True)),
        (kept, (part(one, 10_000, "unknown"),), AtProvider("pi_1", 0, 10_000), Heard()),
        (Kept("captured", 10_000, 4_000), (), there, Heard((), 6_000, 6_000)),
        (Kept("captured", 10_000, 10_000), (), AtProvider("pi_1", 9_000), Heard()),
        (kept, (), AtProvider("pi_1", 12_000), Heard((), 10_000, 10_000)),
        (kept, (part(one, 10_000, "failed", "void"),), AtProvider("pi_1", 0, gone=True), Heard((one,), gone=True)),
        (Kept("voided", 10_000, 0), (), there, Heard()),
        (Kept("refunded", 10_000, 10_000), (), there, Heard()),
    ):  # fmt: skip
        assert hear(payment, parts, said) == wanted

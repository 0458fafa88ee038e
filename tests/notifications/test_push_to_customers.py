"""A customer who asked for notifications hears by push first; a push that nobody saw goes on to SMS within its patience."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from uuid import UUID

import pytest

from comptoir.kit.check import find_breaches
from comptoir.kit.db import in_transaction
from comptoir.kit.ids import new_id
from comptoir.notifications import push_sql
from comptoir.notifications.providers.port import Answer
from comptoir.notifications.sending import Lane
from tests.conftest import Database
from tests.doors import MIDDAY, Served, served
from tests.flows.orders_on_file import add_articles, add_order, add_store
from tests.notifications.push_servers import Browser, PushService, push_service
from tests.notifications.test_sending import Post, Scripted

pytestmark = pytest.mark.anyio


@pytest.fixture
def service() -> Iterator[PushService]:
    with push_service() as running:
        yield running


@pytest.fixture
async def app(database: Database) -> AsyncIterator[Served]:
    await add_store(database.connection)
    await add_articles(database.connection)
    async with served(database.dsn, COMPTOIR_PUSH_LOCAL="yes") as running:
        yield running


class Customer:
    """An order that is ready, the browsers in which it is followed, and an SMS provider that delivers."""

    def __init__(self, app: Served, database: Database) -> None:
        self.app, self.post = app, Post(app.house, app.clock, database)
        self.sms = Scripted("sms")
        app.house.lanes["sms"] = Lane("sms", self.sms)
        app.house.lanes["email"] = Lane("email", Scripted("email"))

    async def follows(self, *browsers: Browser) -> UUID:
        """An order that becomes ready while these browsers follow it."""
        order, work = await add_order(self.post.database.connection, self.app.clock(), status="staged")
        for browser in browsers:
            await self.post.database.connection.execute(
                "INSERT INTO push_subscription (id, endpoint, p256dh, auth, order_id, language, made_at, last_seen_at) VALUES ($1, $2, $3, $4, $5, 'fr', $6, $6)",
                new_id(), *browser.keys.values(), order, self.app.clock(),
            )  # fmt: skip
        await self.post.told("fulfillment.staged", order, {"part": False}, work)
        return order

    async def left(self) -> int:
        found: int = await self.post.database.connection.fetchval("SELECT count(*) FROM push_subscription")
        return found

    async def sees(self, browser: Browser) -> None:
        """Its service worker tells that it has shown the last one."""
        answer = await self.app.client.post("/push/shown", json={"ref": browser.got[-1]["ref"]})
        assert answer.status_code == 200


@pytest.fixture
async def customer(app: Served, database: Database) -> AsyncIterator[Customer]:
    yield Customer(app, database)
    broken = {"every_message_has_a_next_move_or_a_last_word", "no_message_went_out_twice_in_doubt"}
    assert not [breach for breach in await find_breaches(database.connection) if breach.name in broken]


async def test_who_follows_nothing_gets_no_push(customer: Customer) -> None:
    await customer.follows()
    await customer.post.rounds(1)
    assert [medium for medium, *_ in await customer.post.tries()] == ["sms"]


async def test_a_push_that_was_shown_is_delivered_and_nothing_else_is_sent(
    customer: Customer, service: PushService
) -> None:
    phone = service.browser()
    order = await customer.follows(phone)
    await customer.post.rounds(2)
    assert await customer.post.ledger() == [("sent", None)]
    await customer.sees(phone)
    await customer.post.rounds(2)
    assert await customer.post.ledger() == [("delivered", None)]
    assert customer.sms.asked == []
    (got,) = phone.got
    assert got["title"].startswith("C’est prêt : commande W-")
    assert got["path"].startswith("/o/")
    assert got["topic"] == f"order:{order}"


async def test_what_a_locked_screen_shows_opens_nothing(customer: Customer, service: PushService) -> None:
    phone = service.browser()
    await customer.follows(phone)
    await customer.post.rounds(1)
    shown = phone.got[0]["title"] + phone.got[0]["body"]
    assert "/o/" not in shown
    assert "bon de retrait" not in shown
    assert "[[" not in shown


async def test_a_push_that_nobody_saw_goes_on_to_sms_after_two_minutes(
    customer: Customer, service: PushService
) -> None:
    await customer.follows(service.browser())
    await customer.post.rounds(3, seconds=30)
    assert customer.sms.asked == []
    await customer.post.rounds(3, seconds=30)
    assert len(customer.sms.asked) == 1
    assert await customer.post.ledger() == [("delivered", None)]


async def test_a_browser_that_is_gone_is_forgotten_and_the_sms_leaves_at_once(
    customer: Customer, service: PushService
) -> None:
    phone = service.browser()
    phone.says = [(410, {})]
    await customer.follows(phone)
    await customer.post.rounds(2)
    assert await customer.left() == 0
    assert await customer.post.tries() == [("push", "refused", "gone"), ("sms", "accepted", "")]


async def test_one_browser_of_two_is_enough_and_the_dead_one_goes(customer: Customer, service: PushService) -> None:
    dead, phone = service.browser(), service.browser()
    dead.says = [(404, {})]
    await customer.follows(dead, phone)
    await customer.post.rounds(1)
    assert await customer.left() == 1
    assert len(phone.got) == 1
    assert [row[:2] for row in await customer.post.tries()] == [("push", "accepted")]


async def test_a_busy_service_is_asked_again_when_it_said_and_not_before(
    customer: Customer, service: PushService
) -> None:
    phone = service.browser()
    phone.says = [(429, {"retry-after": "20"})]
    await customer.follows(phone)
    await customer.post.rounds(3, seconds=5)
    assert len(phone.heads) == 1
    await customer.post.rounds(3, seconds=5)
    assert [row[:2] for row in await customer.post.tries()] == [("push", "busy"), ("push", "accepted")]
    assert customer.sms.asked == []


async def test_a_service_that_is_busy_for_too_long_leaves_the_message_to_sms(
    customer: Customer, service: PushService
) -> None:
    phone = service.browser()
    phone.says = [(503, {"retry-after": "600"})] * 9
    await customer.follows(phone)
    await customer.post.rounds(2)
    assert len(phone.heads) == 1
    assert len(customer.sms.asked) == 1


async def test_an_answer_in_doubt_is_repeated_because_a_push_replaces_itself(customer: Customer) -> None:
    push = Scripted("web_push", Answer("unknown", "cut_off"), Answer("accepted", receipt="delivered"))
    customer.app.house.lanes["push"] = Lane("push", push)
    await customer.follows(Browser("http://127.0.0.1:9/x"))
    await customer.post.rounds(8, seconds=2)
    assert [row[:2] for row in await customer.post.tries()] == [("push", "unknown"), ("push", "accepted")]
    assert customer.sms.asked == []


async def test_shown_is_told_twice_and_late_and_changes_the_last_word_once(
    customer: Customer, service: PushService
) -> None:
    phone = service.browser()
    await customer.follows(phone)
    await customer.post.rounds(2)
    for _ in range(2):
        await customer.sees(phone)
        await customer.post.rounds(1)
    assert await customer.post.ledger() == [("delivered", None)]
    assert (await customer.app.client.post("/push/shown", json={"ref": str(new_id())})).status_code == 404


async def test_one_order_is_followed_in_five_browsers_at_most_and_one_browser_follows_two_orders(
    customer: Customer, database: Database
) -> None:
    orders = [(await add_order(database.connection, MIDDAY))[0] for _ in range(2)]

    async def keep(order: UUID, browser: Browser) -> None:
        customer.app.clock.advance(seconds=1)
        keys = push_sql.Keys(**browser.keys)
        await in_transaction(customer.app.house.pool, "customer", customer.app.clock(), lambda tx: push_sql.keep_customer(tx, new_id(), order, keys, "fr"))  # fmt: skip

    browsers = [Browser(f"https://fcm.googleapis.com/fcm/send/{n}") for n in range(6)]
    for browser in browsers:
        await keep(orders[0], browser)
        await keep(orders[0], browser)
    assert await customer.left() == 5
    assert not await database.connection.fetchval(
        "SELECT EXISTS (SELECT FROM push_subscription WHERE endpoint = $1)", browsers[0].endpoint
    )
    await keep(orders[1], browsers[5])
    assert await customer.left() == 6


async def test_a_message_that_is_old_news_is_not_pushed(customer: Customer, service: PushService) -> None:
    phone = service.browser()
    await customer.follows(phone)
    customer.app.clock.at += timedelta(days=30)
    await customer.post.rounds(1)
    assert phone.got == []
    assert (await customer.post.ledger())[0][0] == "failed"

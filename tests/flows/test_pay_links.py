"""What other goods cost more is asked for by a link where the account can make one: paid, the order goes on; not paid, the goods go back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from comptoir.errands.pay_links import tend_links
from comptoir.errands.payment_accounts import PaymentAccounts
from comptoir.flows.lapse import lapse_payments
from comptoir.kit.actor import SYSTEM
from comptoir.kit.ids import new_id
from comptoir.payments import stripe_events
from comptoir.payments.commands import HearProvider
from comptoir.returns.model import PayWithCredit, Replacement, ReturnSettled, Settling
from tests.flows.test_credit_in_use import PRICE, back, credit
from tests.hands import Shop
from tests.payments.payment_servers import Books, pay_session, standing
from tests.payments.test_contract import provider_of
from tests.world import DERBY

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def stripe(shop: Shop) -> AsyncIterator[tuple[Any, Books]]:
    """A worker's house with an account at Stripe, and Stripe's books."""
    books = Books()
    await shop.connection.execute(
        "INSERT INTO payment_account (id, kind, name, since) VALUES ('acc', 'stripe', 'Stripe', $1)",
        shop.now - timedelta(days=1),
    )
    with standing("stripe", books) as server:
        accounts = PaymentAccounts(shop.pool, {})
        accounts.put("acc", provider_of("stripe", server.address))
        settings = SimpleNamespace(url="https://orme.example.fr")
        house = SimpleNamespace(
            pool=shop.pool, clock=shop.clock, runner=shop.runner, payments=accounts, settings=settings
        )
        books.at = int(shop.now.timestamp())
        yield house, books
        assert server.refused == []
        await accounts.close()


async def dearer(shop: Shop) -> tuple[ReturnSettled, UUID]:
    """One pair comes back, two go."""
    await shop.receive(2)
    settled = await back(shop, Settling("exchange", (Replacement(DERBY, 2),)))
    assert settled.exchange is not None
    return settled, settled.exchange


async def links(shop: Shop) -> list[tuple[str, str | None]]:
    rows = await shop.connection.fetch("SELECT state, provider_ref FROM pay_link ORDER BY made_at, id")
    return [tuple(row) for row in rows]


async def test_paid_by_its_link_the_exchange_goes_to_the_store_and_the_money_can_be_found_again(shop: Shop) -> None:
    async with stripe(shop) as (house, books):
        settled, exchange = await dearer(shop)
        assert await links(shop) == [("due", None)]
        assert (await tend_links(house), await tend_links(house)) == (1, 0)
        assert await links(shop) == [("open", "cs_test_1")]
        due = await shop.connection.fetchval(
            "SELECT due_at FROM event WHERE kind = 'order.payment_due' AND stream = $1", exchange
        )
        assert due == shop.now + timedelta(minutes=1)
        assert books.sessions["cs_test_1"]["amount_total"] == settled.due_minor == PRICE
        pay_session(books, "cs_test_1")
        body = b'{"type":"checkout.session.completed","data":{"object":{"id":"cs_test_1","object":"checkout.session"}}}'
        assert stripe_events.references(body) == ("cs_test_1",)
        # Told twice, by two workers: the money counts once.
        for _ in range(2):
            await shop.perform(HearProvider(new_id(), "acc", stripe_events.references(body)), SYSTEM)
            await asyncio.gather(tend_links(house), tend_links(house))
        assert (await links(shop), await shop.progress(exchange)) == ([("paid", "cs_test_1")], "accepted")
        rows = await shop.connection.fetch(
            "SELECT provider, reference, state, captured_minor FROM payment WHERE order_id = $1 ORDER BY provider, state", exchange
        )  # fmt: skip
        assert [tuple(row) for row in rows] == [
            ("exchange", settled.number, "captured", PRICE), ("pay_link", "pi_of_cs_test_1", "captured", PRICE),
            ("pay_link", settled.due_reference, "voided", 0),
        ]  # fmt: skip


async def test_not_paid_in_time_the_link_is_over_and_the_goods_and_the_money_go_back(shop: Shop) -> None:
    async with stripe(shop) as (house, books):
        settled, exchange = await dearer(shop)
        before = await shop.figures()
        await tend_links(house)
        # A day later Stripe has ended it; the goods are kept a day more, so there is another one.
        shop.clock.advance(hours=24)
        books.at = int(shop.now.timestamp())
        books.sessions["cs_test_1"] |= {"status": "expired", "url": None}
        for _ in range(2):
            await tend_links(house)
        assert await links(shop) == [("closed", "cs_test_1"), ("open", "cs_test_2")]
        shop.clock.advance(hours=25)
        assert await lapse_payments(house) == 1
        assert (await shop.progress(exchange), before[1], (await shop.figures())[1]) == ("canceled", 2, 0)
        origin = settled.order
        assert origin is not None and await shop.intended(origin) == [("refund", PRICE, "canceled")]
        # At the very last moment somebody pays all the same: it is heard, and goes back.
        pay_session(books, "cs_test_2")
        await tend_links(house)
        assert (await links(shop))[1] == ("paid", "cs_test_2")
        assert await shop.intended(exchange) == [("refund", PRICE, "paid_after_cancel")]


async def test_what_a_credit_pays_meanwhile_the_link_asks_for_no_more(shop: Shop) -> None:
    async with stripe(shop) as (house, books):
        code = await credit(shop, 3000)
        _, exchange = await dearer(shop)
        await tend_links(house)
        await shop.perform(PayWithCredit(id=new_id(), order=exchange, code=code), SYSTEM)
        for _ in range(3):
            await tend_links(house)
        assert await links(shop) == [("closed", "cs_test_1"), ("open", "cs_test_2")]
        assert [one["amount_total"] for one in books.sessions.values()] == [PRICE, PRICE - 3000]


async def test_where_nobody_can_make_a_link_there_is_none_and_the_till_is_the_way(shop: Shop) -> None:
    await dearer(shop)
    assert await links(shop) == []

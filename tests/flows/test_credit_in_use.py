"""Credit pays what other goods cost more, and orders of shops; never more than there is, and what it paid goes back to it."""

import asyncio
from collections.abc import Awaitable
from typing import Any
from uuid import UUID

import msgspec
import pytest

from comptoir.flows.execute_payment import begin_due
from comptoir.kit.actor import SYSTEM, Actor
from comptoir.kit.db import in_transaction
from comptoir.kit.errors import Refusal
from comptoir.kit.ids import new_id
from comptoir.orders.model import CancelOrder, PlaceOrder
from comptoir.payments.recording import RecordPayment
from comptoir.returns.credit import credit_code
from comptoir.returns.model import PayWithCredit, Replacement, ReturnSettled, Settling, Taken, TakeReturn, UseCredit
from tests.hands import Shop, staged
from tests.world import DERBY, LYON, Line, order

pytestmark = pytest.mark.anyio

PRICE = 12900


async def refused(code: str, doing: Awaitable[Any]) -> None:
    with pytest.raises(Refusal, match=code):
        await doing


async def back(shop: Shop, settling: Settling, price_minor: int = PRICE) -> ReturnSettled:
    """A pair that was handed over comes back over the counter."""
    await shop.receive(1)
    sam = await shop.handheld()
    made, work = await staged(shop, sam, order(Line(DERBY, price_minor=price_minor)))
    await sam.hand_over(made, work)
    command = TakeReturn(
        id=new_id(), location=LYON, order=made, units=(Taken(line=1, condition="as_new"),), settling=settling
    )
    settled: ReturnSettled = await shop.perform(command, sam.person, ReturnSettled)
    return settled


async def credit(shop: Shop, minor: int) -> str:
    return credit_code(shop.seal, (await back(shop, Settling("credit"), minor)).id)


async def left(shop: Shop, code: str) -> int:
    use = UseCredit(id=new_id(), code=code, amount_minor=0, reference="look")
    return int((await shop.perform(use, SYSTEM))["left_minor"])


def paid_by(reference: str, **more: Any) -> PlaceOrder:
    made = order(Line(DERBY))
    details = msgspec.structs.replace(made.payment, provider="store_credit", reference=reference, **more)
    return msgspec.structs.replace(made, payment=details)


async def due_now(shop: Shop) -> int:
    return await in_transaction(shop.pool, SYSTEM.who, shop.now, begin_due)


async def test_an_order_that_says_it_was_paid_by_credit_has_used_one_and_what_comes_back_goes_to_it(shop: Shop) -> None:
    code = await credit(shop, 14_000)
    await shop.receive(4)
    await refused("credit_not_used", shop.place(paid_by("S-1")))
    use = UseCredit(id=new_id(), code=code, amount_minor=PRICE, reference="S-1")
    await shop.perform(use, SYSTEM)
    await refused("credit_not_used", shop.place(paid_by("S-2")))
    await refused("credit_not_captured", shop.place(paid_by("S-1", state="authorized")))
    mine, other = paid_by("S-1"), paid_by("S-1")
    both = await asyncio.gather(shop.place(mine), shop.place(other), return_exceptions=True)
    assert sorted(type(one).__name__ for one in both) == ["Conflict", "OrderPlaced"]
    placed = next(one for one in both if not isinstance(one, BaseException))
    # The sale cannot be undone beside its order; the order's money goes back with the order.
    away = UseCredit(id=new_id(), code=code, amount_minor=-PRICE, reference="S-1")
    await refused("credit_too_full", shop.perform(away, SYSTEM))
    assert await left(shop, code) == 14_000 - PRICE
    await shop.perform(CancelOrder(new_id(), placed.id, "changed her mind"), SYSTEM)
    assert (await due_now(shop), await left(shop, code)) == (1, 14_000)
    state = await shop.connection.fetchval("SELECT state FROM payment_intention WHERE order_id = $1", placed.id)
    assert (state, await due_now(shop)) == ("confirmed", 0)
    # Told later instead: nothing is believed there either.
    await shop.place(waiting := paid_by("S-9", state="pending"))
    told = RecordPayment(new_id(), waiting.id, "S-9", "captured", PRICE)
    await refused("credit_not_used", shop.perform(told, SYSTEM))
    await shop.perform(UseCredit(id=new_id(), code=code, amount_minor=PRICE, reference="S-9"), SYSTEM)
    await shop.perform(told, SYSTEM)
    assert await shop.progress(waiting.id) == "accepted"


async def test_what_other_goods_cost_more_a_credit_pays_as_far_as_it_reaches(shop: Shop) -> None:
    small, large = await credit(shop, 1000), await credit(shop, 9000)
    await shop.receive(3)
    paid = await back(shop, Settling("exchange", (Replacement(DERBY),), credit=large), 8000)
    assert (paid.due_minor, paid.by_credit_minor, paid.due_reference) == (0, 0, None)
    paid = await back(shop, Settling("exchange", (Replacement(DERBY, 2),), credit=small), 9000)
    assert (paid.by_credit_minor, await left(shop, small)) == (1000, 0)
    assert paid.exchange is not None and await shop.progress(paid.exchange) == "held"
    await refused("credit_empty", back(shop, Settling("exchange", (Replacement(DERBY, 2),), credit=small)))
    # The rest on the customer's own page, by the larger one; once it is paid there is nothing to pay.
    customer = Actor(f"customer:{paid.exchange}", "customer", None)
    pay = PayWithCredit(
        id=new_id(), order=paid.exchange, code=" ".join(large.lower()[i : i + 4] for i in range(0, 26, 4))
    )
    stranger = Actor(f"customer:{new_id()}", "customer", None)
    await refused("order_not_found", shop.perform(pay, stranger))
    done = await shop.perform(pay, customer)
    assert (done["paid_minor"], done["due_minor"]) == (9000, paid.due_minor - 1000 - 9000)
    more = await credit(shop, done["due_minor"] + 500)
    done = await shop.perform(PayWithCredit(id=new_id(), order=paid.exchange, code=more), customer)
    assert (done["due_minor"], done["left_minor"], await shop.progress(paid.exchange)) == (0, 500, "accepted")
    await refused("nothing_awaited", shop.perform(PayWithCredit(id=new_id(), order=paid.exchange, code=more), customer))
    # Given up again, each credit gets what it had paid, and what came back is money.
    await shop.perform(CancelOrder(new_id(), paid.exchange, "changed her mind"), SYSTEM)
    await due_now(shop)
    assert [await left(shop, one) for one in (small, large, more)] == [1000, 9000, done["paid_minor"] + 500]


async def test_of_fifty_that_reach_for_one_credit_exactly_those_pass_that_it_reaches_for(shop: Shop) -> None:
    code = await credit(shop, 1000)
    uses = [UseCredit(id=new_id(), code=code, amount_minor=90, reference=f"T-{n}") for n in range(50)]
    outcomes = await asyncio.gather(*(shop.perform(one, SYSTEM) for one in uses), return_exceptions=True)
    assert (sum(isinstance(one, Refusal) for one in outcomes), await left(shop, code)) == (39, 10)
    await shop.receive(2)
    exchange = await back(shop, Settling("exchange", (Replacement(DERBY, 2),)), PRICE)
    assert exchange.exchange is not None
    pays: list[UUID] = [new_id() for _ in range(6)]
    tried = await asyncio.gather(
        *(shop.perform(PayWithCredit(id=one, order=exchange.exchange, code=code), SYSTEM) for one in pays), return_exceptions=True
    )  # fmt: skip
    assert (sum(not isinstance(one, Refusal) for one in tried), await left(shop, code)) == (1, 0)

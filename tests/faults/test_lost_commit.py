"""The reply to COMMIT is lost: the sender is told that the database is away, asks again, and gets the first answer."""

import asyncio
from collections.abc import AsyncIterator

import msgspec
import pytest

from comptoir.kit.errors import Outage
from comptoir.kit.ids import new_id
from comptoir.orders.model import CancelOrder, OrderPlaced
from tests.faults.lost_replies import Wire, wired
from tests.hands import Shop, opened
from tests.world import order

pytestmark = pytest.mark.anyio


@pytest.fixture
async def wire(shop: Shop, world: str) -> AsyncIterator[Wire]:
    async with wired(world) as wire:
        yield wire


@pytest.fixture
async def behind_wire(wire: Wire) -> AsyncIterator[Shop]:
    """The same shop, its connections through the wire."""
    async with opened(wire.dsn, pool_size=1) as shop:
        yield shop


async def test_an_order_whose_commit_was_not_heard_of_gives_its_first_answer_when_sent_again(
    shop: Shop, behind_wire: Shop, wire: Wire
) -> None:
    await shop.receive(5)
    await behind_wire.keeper.load()
    wanted = order()
    wire.lose_next_commit()
    with pytest.raises(Outage):
        await behind_wire.submit(wanted)
    assert wire.lost == 1
    on_file = await shop.connection.fetchval("SELECT answer FROM sales_order WHERE id = $1", wanted.id)
    again = await behind_wire.submit(wanted)
    assert (again.again, again.answer) == (True, on_file)
    assert await shop.figures() == (5, 1, 0, 0)


async def test_of_a_group_whose_commit_was_not_heard_of_every_sender_is_answered(
    shop: Shop, behind_wire: Shop, wire: Wire
) -> None:
    await shop.receive(9)
    await behind_wire.keeper.load()
    wanted = [order() for _ in range(5)]
    wire.lose_next_commit()
    answers = await asyncio.gather(*(behind_wire.submit(one) for one in wanted))
    assert wire.lost == 1
    assert [msgspec.json.decode(a.answer, type=OrderPlaced).id for a in answers] == [one.id for one in wanted]
    assert await shop.figures() == (9, 5, 0, 0)


async def test_a_cancellation_whose_commit_was_not_heard_of_is_done_once(
    shop: Shop, behind_wire: Shop, wire: Wire
) -> None:
    await shop.receive(5)
    placed = await shop.place(order())
    command = CancelOrder(new_id(), placed.id, "changed my mind")
    wire.lose_next_commit()
    with pytest.raises(Outage):
        await behind_wire.perform(command)
    told = await behind_wire.perform(command)
    assert (wire.lost, told["units"], told["progress"]) == (1, 1, "canceled")
    assert await shop.figures() == (5, 0, 0, 0)
    assert await shop.intended(placed.id) == [("refund", 12900, "canceled")]


async def test_a_batch_of_scans_whose_commit_was_not_heard_of_counts_once(
    shop: Shop, behind_wire: Shop, wire: Wire
) -> None:
    await shop.receive(5)
    placed = await shop.place(order())
    sam = await behind_wire.handheld()
    wire.lose_next_commit()
    with pytest.raises(Outage):
        await sam.pick(placed.works[0].id)
    (told,) = (await sam.resend()).outcomes
    assert (wire.lost, told.again, told.outcome) == (1, True, "applied")
    assert await shop.figures() == (5, 1, 1, 0)

"""Whoever asked for home delivery gets it: what lies ready goes on as a parcel, what the shelf lacked is sent from elsewhere."""

from collections.abc import AsyncIterator
from uuid import UUID

import msgspec
import pytest

from comptoir.fulfillment.changing import AskChange, DeliverTo
from comptoir.fulfillment.resolving import ResolveException
from comptoir.kit.actor import Actor
from comptoir.kit.errors import Conflict, Invalid
from comptoir.kit.ids import new_id
from comptoir.sourcing.policy import DEFAULT
from comptoir.transfers.model import ShipTransfer
from tests.hands import Shop, staged
from tests.world import CONFLUENCE, DERBY, LYON, WAREHOUSE, Line, order

pytestmark = pytest.mark.anyio

HELENE = Actor("hélène", "store_manager", (LYON,))
HOME = DeliverTo("3 rue Paul Bert", "69003", "Lyon")


@pytest.fixture(autouse=True)
async def delivery(shop: Shop) -> AsyncIterator[None]:
    await shop.connection.execute("UPDATE channel SET delivery_minor = 490")
    yield
    await shop.connection.execute("UPDATE channel SET delivery_minor = NULL")


async def asked(shop: Shop, sold: UUID, line: int | None = None) -> UUID:
    customer = Actor(f"customer:{sold}", "customer", None)
    await shop.perform(AskChange(new_id(), sold, "delivery", line=line, to=HOME), customer)
    case: UUID = await shop.connection.fetchval(
        "SELECT id FROM exception WHERE kind = 'change_asked' AND resolved_at IS NULL"
    )
    return case


async def answer(shop: Shop, case: UUID, how: str = "change_by_parcel") -> None:
    await shop.perform(ResolveException(new_id(), case, how, "demain"), HELENE)  # type: ignore[arg-type]


async def test_what_lay_ready_goes_on_as_a_parcel_with_an_address_and_a_dead_pass(shop: Shop) -> None:
    sam = await shop.handheld()
    await shop.receive(2)
    sold, work = await staged(shop, sam, order(Line(DERBY, 2)))
    await answer(shop, await asked(shop, sold))
    row = await shop.connection.fetchrow("SELECT kind, status, collect_until FROM work WHERE id = $1", work)
    assert tuple(row) == ("ship", "picked", None)
    assert await shop.connection.fetchval("SELECT street FROM order_address WHERE order_id = $1", sold) == HOME.street
    assert (await shop.figures(), await shop.count("pickup_pass"), await shop.exceptions()) == ((2, 2, 2, 0), 0, [])
    assert "fulfillment.sent_home" in await shop.told(sold)


async def test_what_nobody_has_begun_is_picked_for_the_parcel(shop: Shop) -> None:
    await shop.receive(1)
    placed = await shop.place(order())
    await answer(shop, await asked(shop, placed.id))
    row = await shop.connection.fetchrow("SELECT kind, status FROM work WHERE id = $1", placed.works[0].id)
    assert tuple(row) == ("ship", "open")


async def test_what_the_shelf_lacked_is_sent_from_a_place_that_has_it_and_costs_nothing(shop: Shop) -> None:
    sam = await shop.handheld()
    await shop.receive(1)
    placed = await shop.place(order())
    await sam.start(placed.works[0].id)
    await sam.short(placed.works[0].id)
    case = await asked(shop, placed.id, line=1)
    with pytest.raises(Conflict, match="still_short"):
        await answer(shop, case)
    assert await shop.count("sourcing_try") == 0
    await shop.receive(1, at=WAREHOUSE)
    await answer(shop, case)
    row = await shop.connection.fetchrow(
        "SELECT location, kind, status FROM work ORDER BY created_at DESC, id DESC LIMIT 1"
    )
    assert tuple(row) == (WAREHOUSE, "ship", "open")
    assert await shop.exceptions() == []
    assert await shop.connection.fetchval("SELECT method FROM order_line WHERE order_id = $1", placed.id) == "ship"


async def test_a_wish_for_another_store_is_not_answered_with_a_parcel_nor_one_that_left(shop: Shop) -> None:
    sam = await shop.handheld()
    await shop.receive(1)
    await shop.receive(1, at=CONFLUENCE)
    sold, work = await staged(shop, sam, order())
    customer = Actor(f"customer:{sold}", "customer", None)
    asks = AskChange(new_id(), sold, "store", location=CONFLUENCE)
    await shop.perform(asks, customer)
    case = await shop.connection.fetchval("SELECT id FROM exception WHERE kind = 'change_asked'")
    with pytest.raises(Invalid, match="other_answer"):
        await answer(shop, case)
    await answer(shop, case, "change_declined")
    case = await asked(shop, sold)
    await sam.hand_over(sold, work)
    with pytest.raises(Conflict):
        await answer(shop, case)


async def test_what_is_still_to_be_brought_goes_home_from_where_it_lies_and_nothing_is_sent_by_half(shop: Shop) -> None:
    shop.outlook.set_policy(1, msgspec.structs.replace(DEFAULT, transfer_days=2))
    await shop.receive(2, at=WAREHOUSE)
    orders = []
    for _ in range(2):
        await shop.receive(1)
        orders.append(await shop.place(order(Line(DERBY, 2))))
    both, road = orders
    await answer(shop, await asked(shop, both.id))
    sent = "SELECT location, kind FROM work WHERE order_id = $1 AND status <> 'closed' ORDER BY location, kind"
    assert [tuple(row) for row in await shop.connection.fetch(sent, both.id)] == [(WAREHOUSE, "ship"), (LYON, "ship")]
    assert await shop.connection.fetchval("SELECT status FROM transfer WHERE order_id = $1", both.id) == "canceled"
    there, here = await shop.handheld(WAREHOUSE), await shop.handheld()
    brought = next(work.id for work in road.works if work.location == WAREHOUSE)
    await there.start(brought)
    await there.pick(brought)
    transfer = await shop.connection.fetchval("SELECT id FROM transfer WHERE order_id = $1", road.id)
    await shop.perform(ShipTransfer(new_id(), transfer), there.person)
    case = await asked(shop, road.id)
    with pytest.raises(Conflict, match="not_movable"):
        await answer(shop, case)
    await here.tell("receive", transfer=transfer, sku=DERBY, quantity=1)
    await answer(shop, case)
    assert [tuple(row) for row in await shop.connection.fetch(sent, road.id)] == [(LYON, "ship"), (LYON, "ship")]

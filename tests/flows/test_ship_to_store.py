"""A customer's units go to their store by transfer: promised all the way, pickup work where they arrive, their choice when short."""

from uuid import UUID

import pytest

from comptoir.flows.bring_to_store import bring_to_store
from comptoir.fulfillment import sql as work_sql
from comptoir.fulfillment.changing import AskChange, DeliverTo
from comptoir.fulfillment.resolving import ResolveException
from comptoir.kit.actor import Actor
from comptoir.kit.db import Tx, in_transaction
from comptoir.kit.errors import Conflict, Invalid
from comptoir.kit.ids import new_id
from comptoir.orders import sql as orders_sql
from comptoir.orders.model import CancelOrder, PlaceHold, ReleaseHold
from comptoir.transfers.model import CancelTransfer, ReceiveTransfer, ShipTransfer
from tests.hands import Handheld, Shop, staged
from tests.world import CONFLUENCE, CUP, DERBY, LYON, NOUR, Line, order

pytestmark = pytest.mark.anyio

HELENE = Actor("hélène", "store_manager", (LYON,))


@pytest.fixture
async def sam(shop: Shop) -> Handheld:
    return await shop.handheld()


@pytest.fixture
async def nour(shop: Shop) -> Handheld:
    return await shop.handheld(CONFLUENCE, NOUR)


async def wished(shop: Shop, sold: UUID) -> UUID:
    """The customer asks for Confluence instead; the case that asks the manager."""
    await shop.perform(
        AskChange(new_id(), sold, "store", location=CONFLUENCE), Actor(f"customer:{sold}", "customer", None)
    )
    case: UUID = await shop.connection.fetchval(
        "SELECT id FROM exception WHERE kind = 'change_asked' AND resolved_at IS NULL"
    )
    return case


async def by_transfer(shop: Shop, sold: UUID) -> UUID:
    """The manager sends what lies here; the transfer."""
    case = await wished(shop, sold)
    await shop.perform(ResolveException(new_id(), case, "change_by_transfer", "demain matin"), HELENE)
    found: UUID = await shop.connection.fetchval("SELECT id FROM transfer WHERE order_id = $1", sold)
    return found


async def arrived(shop: Shop, sold: UUID) -> UUID | None:
    found: UUID | None = await shop.connection.fetchval(
        "SELECT id FROM work WHERE order_id = $1 AND location = $2", sold, CONFLUENCE
    )
    return found


async def test_the_wish_for_another_store_is_carried_out_with_goods_that_lie_ready_here(
    shop: Shop, sam: Handheld, nour: Handheld
) -> None:
    await shop.receive(2)
    sold, work = await staged(shop, sam, order(Line(DERBY, 2)))
    transfer = await by_transfer(shop, sold)
    assert (await shop.status(work), await shop.figures(), await shop.exceptions()) == ("picked", (2, 2, 2, 0), [])
    assert await shop.connection.fetchval("SELECT location FROM order_line WHERE order_id = $1", sold) == CONFLUENCE
    with pytest.raises(Conflict, match="carries_order"):
        await shop.perform(CancelTransfer(new_id(), transfer), HELENE)
    await shop.perform(ShipTransfer(new_id(), transfer), sam.person)
    assert (await shop.status(work), await shop.figures(), await shop.progress(sold)) == (
        "in_transit", (0, 0, 0, 0), "in_progress",
    )  # fmt: skip
    await nour.tell("receive", transfer=transfer, sku=DERBY, quantity=1)
    await nour.tell("receive", transfer=transfer, sku=DERBY, quantity=1)
    here = await arrived(shop, sold)
    assert here is not None
    assert (await shop.status(work), await shop.status(here)) == ("closed", "picked")
    assert await shop.figures(at=CONFLUENCE) == (2, 2, 2, 0)
    await shop.perform(ReceiveTransfer(new_id(), transfer, close=True), nour.person)
    await nour.start(here)
    await nour.stage(here, "B:201")
    assert (await nour.hand_over(sold, here, "B:201")).outcome == "applied"
    assert (await shop.figures(at=CONFLUENCE), await shop.progress(sold)) == ((0, 0, 0, 0), "fulfilled")


async def test_work_that_is_still_to_be_picked_is_picked_here_and_then_leaves_whole(shop: Shop, sam: Handheld) -> None:
    await shop.receive(1)
    await shop.receive(1, CUP)
    placed = await shop.place(order(Line(DERBY), Line(CUP)))
    work = placed.works[0].id
    transfer = await by_transfer(shop, placed.id)
    await sam.start(work)
    await sam.pick(work)
    with pytest.raises(Conflict, match="still_to_pick"):
        await shop.perform(ShipTransfer(new_id(), transfer), sam.person)
    await sam.short(work, line=2)
    assert (await sam.stage(work)).problem == "not_for_pickup"
    await shop.perform(ShipTransfer(new_id(), transfer), sam.person)
    # Found behind the shelf when the parcel is gone: to be put back, it belongs to nobody here.
    assert (await sam.pick(work, line=2)).problem == "more_than_needed"
    assert (await shop.status(work), await shop.figures()) == ("in_transit", (0, 0, 0, 0))


async def test_what_does_not_arrive_is_the_customers_choice_at_their_store(
    shop: Shop, sam: Handheld, nour: Handheld
) -> None:
    await shop.receive(2)
    sold, _ = await staged(shop, sam, order(Line(DERBY, 2)))
    transfer = await by_transfer(shop, sold)
    await shop.perform(ShipTransfer(new_id(), transfer), sam.person)
    await nour.tell("receive", transfer=transfer, sku=DERBY, quantity=1)
    await nour.tell("receive", transfer=transfer, sku=CUP, quantity=1)
    await shop.perform(ReceiveTransfer(new_id(), transfer, close=True), nour.person)
    cases = await shop.connection.fetch("SELECT kind, location FROM exception WHERE resolved_at IS NULL ORDER BY kind")
    assert [tuple(case) for case in cases] == [
        ("short_choice", CONFLUENCE), ("transfer_over", CONFLUENCE), ("transfer_short", CONFLUENCE),
    ]  # fmt: skip
    assert await shop.connection.fetchval("SELECT unsourced FROM requirement WHERE order_id = $1", sold) == 1
    assert "fulfillment.short" in await shop.told(sold)
    # It turns up after all: the store's own, which a person may promise again.
    assert (await nour.tell("receive", transfer=transfer, sku=DERBY)).problem == "transfer_not_awaited"
    assert await shop.figures(at=CONFLUENCE) == (2, 1, 1, 0)


async def test_an_order_canceled_on_the_way_arrives_as_the_stores_own_goods(
    shop: Shop, sam: Handheld, nour: Handheld
) -> None:
    await shop.receive(3)
    sold, work = await staged(shop, sam, order(Line(DERBY, 2)))
    transfer = await by_transfer(shop, sold)
    await shop.perform(ShipTransfer(new_id(), transfer), sam.person)
    await shop.perform(CancelOrder(new_id(), sold, "changed my mind"))
    assert (await shop.status(work), await shop.progress(sold)) == ("canceled", "canceled")
    await nour.tell("receive", transfer=transfer, sku=DERBY, quantity=2)
    assert (await shop.figures(at=CONFLUENCE), await arrived(shop, sold)) == ((2, 0, 0, 0), None)
    # Before it leaves, the transfer ends with the order, and what was picked goes back here.
    early = await shop.place(order())
    other = await by_transfer(shop, early.id)
    await sam.pick(early.works[0].id)
    await shop.perform(CancelOrder(new_id(), early.id, "changed my mind"))
    assert await shop.connection.fetchval("SELECT status FROM transfer WHERE id = $1", other) == "canceled"
    assert len(await shop.put_backs(early.id)) == 1


async def test_whoever_sources_gives_the_source_its_work_and_says_where_it_goes(shop: Shop, sam: Handheld) -> None:
    await shop.receive(1)
    placed = await shop.place(order())

    async def cover(tx: Tx) -> UUID:
        await orders_sql.lock(tx, placed.id)
        (work,) = await work_sql.lock_of_order(tx, placed.id, None)
        return await bring_to_store(tx, work, CONFLUENCE, shop.now)

    made = await in_transaction(shop.pool, "system", shop.now, cover)
    with pytest.raises(Conflict, match="not_movable"):
        await in_transaction(shop.pool, "system", shop.now, cover)
    kind = await shop.connection.fetchrow(
        "SELECT w.kind, t.status FROM work w JOIN transfer t ON t.work = w.id WHERE t.id = $1", made
    )
    assert tuple(kind) == ("transfer", "created")


async def test_only_a_wish_for_another_store_is_answered_by_a_transfer(shop: Shop, sam: Handheld) -> None:
    await shop.receive(1)
    sold, _ = await staged(shop, sam, order())
    await shop.connection.execute("UPDATE channel SET delivery_minor = 490")
    asked = AskChange(new_id(), sold, "delivery", to=DeliverTo("1 rue", "69003", "Lyon"))
    await shop.perform(asked, Actor(f"customer:{sold}", "customer", None))
    case = await shop.connection.fetchval("SELECT id FROM exception WHERE kind = 'change_asked'")
    with pytest.raises(Invalid, match="other_answer"):
        await shop.perform(ResolveException(new_id(), case, "change_by_transfer", "x"), HELENE)
    assert await shop.count("transfer") == 0
    await shop.connection.execute("UPDATE channel SET delivery_minor = NULL")


async def test_a_transfer_ends_with_the_work_it_was_to_carry_and_stands_again_when_that_goes_on(
    shop: Shop, sam: Handheld
) -> None:
    await shop.receive(1)
    placed = await shop.place(order(Line(DERBY)))
    work = placed.works[0].id
    transfer = await by_transfer(shop, placed.id)

    async def stands() -> str:
        return str(await shop.connection.fetchval("SELECT status FROM transfer WHERE id = $1", transfer))

    await sam.start(work)
    told = await sam.short(work)
    assert (await shop.status(work), await stands(), await shop.breaches()) == ("closed", "canceled", [])
    await sam.undo(told)
    assert (await shop.status(work), await stands()) == ("picking", "created")
    await sam.pick(work)
    await shop.perform(ShipTransfer(new_id(), transfer), sam.person)
    assert await stands() == "shipped"


async def test_an_order_that_is_held_before_anybody_began_has_no_transfer_left(shop: Shop) -> None:
    await shop.receive(1)
    placed = await shop.place(order(Line(DERBY)))
    first = await by_transfer(shop, placed.id)
    await shop.perform(PlaceHold(new_id(), placed.id, "looks odd"))
    assert await shop.connection.fetchval("SELECT status FROM transfer WHERE id = $1", first) == "canceled"
    await shop.perform(ReleaseHold(new_id(), placed.id, "manual", "all right"))
    rows = await shop.connection.fetch("SELECT status FROM transfer ORDER BY number")
    assert [row[0] for row in rows] == ["canceled", "created"]

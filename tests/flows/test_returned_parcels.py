"""A parcel that comes back is received by its scan: announced, not announced, or brought back by its carrier, and once."""

from typing import Any
from uuid import UUID

import msgspec
import pytest

from comptoir.kit.actor import Actor
from comptoir.kit.db import in_transaction
from comptoir.kit.errors import Conflict, NotFound
from comptoir.kit.ids import new_id
from comptoir.kit.outbox import Told
from comptoir.notifications.listener import write_message
from comptoir.returns.arriving import ParcelTaken, TakeParcel
from comptoir.returns.model import (
    CancelReturn,
    Coming,
    FinishReturn,
    Looked,
    OpenReturn,
    Permission,
    ReturnSettled,
    ReturnStands,
)
from comptoir.shipping.tracking import HeardEvent, HearTracking, Status
from tests.flows.parcels_in_hand import Packing, at_the_table
from tests.flows.test_parcel_leaves import leave, load
from tests.hands import Shop
from tests.world import DERBY, LYON, shipped

pytestmark = pytest.mark.anyio
NUMBER = "8R00001"
BOSS = Actor("boss", "store_manager", (LYON,))


async def sent_off(shop: Shop, units: int = 2) -> tuple[Packing, UUID]:
    """(the table, the order) of one parcel that its carrier has."""
    table = await at_the_table(shop)
    order, _, _ = await table.packed(shipped(DERBY, units))
    await table.buy()
    await load(table, NUMBER)
    await leave(shop, table)
    return table, order


async def hear(shop: Shop, status: Status) -> None:
    await shop.perform(HearTracking(new_id(), "colissimo", NUMBER, (HeardEvent(status, status, shop.now),)))


async def scan(shop: Shop, table: Packing, code: str) -> ParcelTaken:
    done: ParcelTaken = await shop.perform(TakeParcel(new_id(), LYON, code), table.hand.person, ParcelTaken)
    return done


async def rows(shop: Shop) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await shop.connection.fetch("SELECT origin, status FROM rma ORDER BY opened_at, id")]


async def test_what_its_carrier_brings_back_is_a_return_by_itself_and_pays_all_once_it_is_here(shop: Shop) -> None:
    table, order = await sent_off(shop)
    for _ in range(2):
        await hear(shop, "return_to_sender")
    assert await rows(shop) == [("to_sender", "requested")]
    total = await shop.connection.fetchval("SELECT total_minor FROM sales_order")
    assert await shop.exceptions() == ["parcel_returned"]
    case = await shop.connection.fetchrow(
        "SELECT body->>'right', (body->>'goods_minor')::int + (body->>'delivery_minor')::int, body->>'return' FROM exception"
    )
    assert case is not None
    assert tuple(case) == ("law", total, await shop.connection.fetchval("SELECT number FROM rma"))
    # Its customer is told what they get, and the promise is kept to the cent below.
    event = await shop.connection.fetchrow("SELECT * FROM event WHERE kind = 'return.coming_back'")
    assert event is not None
    told = Told(order, event["seq"], event["kind"], shop.now, "system", msgspec.json.decode(event["body"]), LYON, None)
    await in_transaction(shop.pool, "system", shop.now, lambda tx: write_message(tx, told))
    body = await shop.connection.fetchval("SELECT body FROM message WHERE template = 'parcel_returned'")
    assert f"nous vous remboursons {total // 100},{total % 100:02}" in body
    first, again = await scan(shop, table, NUMBER), await scan(shop, table, NUMBER)
    assert (first.rma, first.units, first.again) == (again.rma, 2, False)
    assert again.again
    ended = await shop.connection.fetchrow("SELECT resolution, resolved_by = $1 FROM exception", table.hand.person.who)
    assert ended is not None and tuple(ended) == ("return_came", True)
    story = [
        "shipping.returned",
        "return.opened",
        "return.coming_back",
        "return.received",
        "fulfillment.exception_resolved",
    ]
    assert [kind for kind in await shop.told(order) if kind in story] == story
    looks = (Looked(1, "as_new"), Looked(2, "as_new"))
    settled: ReturnSettled = await shop.perform(
        FinishReturn(id=new_id(), rma=first.rma, location=LYON, units=looks, permission=Permission("non réclamé")),
        BOSS,
        ReturnSettled,
    )
    assert settled.given_minor == await shop.connection.fetchval("SELECT total_minor FROM sales_order")
    assert await shop.figures() == (8, 0, 0, 2)
    told = await shop.connection.fetch("SELECT body ->> 'again' FROM event WHERE kind = 'return.received' ORDER BY seq")
    assert [row[0] for row in told] == ["false", "true"]
    assert await shop.breaches() == []


async def test_nobody_announced_it_and_its_own_label_or_its_order_says_whose_it_is(shop: Shop) -> None:
    table, _ = await sent_off(shop)
    await hear(shop, "delivered")
    with pytest.raises(NotFound, match="parcel_not_known"):
        await scan(shop, table, "R-NEVERX")
    taken = await scan(shop, table, f" {NUMBER[:3]} {NUMBER[3:]} ")
    assert (taken.origin, taken.units) == ("unannounced", 2)
    number = await shop.connection.fetchval("SELECT number FROM sales_order")
    assert (await scan(shop, table, number)).rma == taken.rma
    assert (await scan(shop, table, taken.number.replace("-", " "))).again
    assert await rows(shop) == [("unannounced", "received")]
    await shop.perform(
        FinishReturn(id=new_id(), rma=taken.rma, location=LYON, units=(Looked(1, "opened"),), missing=(2,)), table.hand.person
    )  # fmt: skip
    # The second one comes later, in the box that both came in.
    later = await scan(shop, table, NUMBER)
    assert (later.rma != taken.rma, later.units) == (True, 1)
    assert await shop.breaches() == []


async def test_announced_at_home_and_sent_in_the_box_it_came_in_it_is_still_that_return(shop: Shop) -> None:
    table, order = await sent_off(shop)
    await hear(shop, "delivered")

    async def announced() -> ReturnStands:
        units = (Coming(line=1, quantity=1, reason="too_small"),)
        done: ReturnStands = await shop.perform(
            OpenReturn(id=new_id(), order=order, units=units), table.hand.person, ReturnStands
        )
        return done

    over = await announced()
    await shop.perform(CancelReturn(id=new_id(), rma=over.id), table.hand.person)
    with pytest.raises(Conflict, match="return_over"):
        await scan(shop, table, over.number)
    mine = await announced()
    assert (await scan(shop, table, NUMBER)).rma == mine.id
    assert await shop.breaches() == []

"""From the order to the door with real packing and labels: units, stock, money and states agree at every step."""

from datetime import timedelta
from uuid import UUID

import pytest

from comptoir.flows.paid_again import PaidAtTill
from comptoir.flows.withdraw import period
from comptoir.kit.db import Tx
from comptoir.kit.errors import Conflict
from comptoir.kit.ids import new_id
from comptoir.network.holidays import working_day
from comptoir.shipping.commands import AskLabel, VoidLabel
from comptoir.shipping.handing import CloseManifest, ManifestClosed, ReopenManifest, UnloadParcel
from comptoir.shipping.tracking import HeardEvent, HearTracking
from comptoir.wiring import WIRED
from comptoir.worker import Worker
from tests.flows.parcels_in_hand import Packing, at_the_table
from tests.hands import Shop
from tests.world import BOWL, DERBY, LYON, shipped

pytestmark = pytest.mark.anyio
LANE = "colissimo-orme"


async def load(table: Packing, number: str) -> str:
    told = await table.hand.tell("load_parcel", lane=LANE, code=number)
    return str(told.facts["did"])


async def leave(shop: Shop, table: Packing, stay: int = 0) -> UUID:
    command = CloseManifest(new_id(), LYON, LANE, stay)
    done: ManifestClosed = await shop.perform(command, table.hand.person, ManifestClosed)
    return done.id


async def captures(shop: Shop) -> list[tuple[str, int]]:
    rows = await shop.connection.fetch(
        "SELECT state, amount_minor FROM payment_intention WHERE kind = 'capture' ORDER BY intended_at, id"
    )
    return [tuple(row) for row in rows]


async def test_parcels_of_one_work_leave_as_they_are_ready_and_the_last_one_takes_the_work(shop: Shop) -> None:
    table = await at_the_table(shop)
    await shop.receive(4, BOWL)
    order, work = await table.picked(shipped(DERBY, 2), shipped(BOWL, 1))
    await shop.connection.execute("UPDATE payment SET state = 'authorized', captured_minor = 0")
    derby, bowl = [
        row[0] for row in await shop.connection.fetch("SELECT share_minor / quantity FROM requirement ORDER BY line")
    ]
    first, _ = await table.pack(work, 2)
    await table.close(work, first)
    await table.buy()
    assert await load(table, "8R00001") == "loaded"
    gone = await leave(shop, table)
    assert (await shop.status(work), await shop.figures()) == ("picked", (8, 0, 0, 0))
    assert await shop.breaches() == []
    second, _ = await table.pack(work, 1, 2)
    await table.close(work, second)
    await table.buy()
    assert await shop.status(work) == "labeled"
    # A label that is void by the time the driver comes keeps its parcel here; its new one is scanned in its place.
    assert await load(table, "8R00002") == "loaded"
    await shop.perform(VoidLabel(new_id(), await table.label(second), "torn"), table.hand.person)
    with pytest.raises(Conflict, match="parcel_not_labeled"):
        await leave(shop, table)
    assert await load(table, "8R00002") == "not_labeled"
    await shop.perform(AskLabel(new_id(), second), table.hand.person)
    await table.buy()
    assert [await load(table, "8R00003") for _ in range(2)] == ["loaded", "again"]
    last = await leave(shop, table)
    assert (await shop.status(work), await shop.breaches()) == ("handed_to_carrier", [])
    fee = await shop.connection.fetchval("SELECT shipping_minor FROM sales_order")
    # Each parcel's worth is to be captured once nobody can take it back, the delivery with the first; the second one's intention goes with its undo.
    assert await captures(shop) == [("intended", 2 * derby + fee), ("intended", bowl)]
    await shop.perform(ReopenManifest(new_id(), last), table.hand.person)
    assert await captures(shop) == [("intended", 2 * derby + fee), ("withdrawn", bowl)]
    assert (await shop.status(work), await shop.breaches()) == ("labeled", [])
    last = await leave(shop, table)
    assert last != gone
    for number in ("8R00001", "8R00003"):
        await shop.perform(HearTracking(new_id(), "colissimo", number, (HeardEvent("DI1", "delivered", shop.now),)))
    assert (await shop.status(work), await shop.breaches()) == ("delivered", [])
    # The fourteen days begin with the last parcel; the day of the delivery itself is not counted.
    until, today = await period(Tx(shop.connection, "x", shop.now), order, shop.now)
    assert until == working_day(today + timedelta(days=14))
    with pytest.raises(Conflict, match="carrier_has_it"):
        await shop.perform(ReopenManifest(new_id(), last), table.hand.person)
    # Invoiced is what left, once it cannot be taken back: the first parcel's goods, then the second's.
    shop.clock.advance(minutes=3)
    worker = Worker(shop, "", WIRED)  # type: ignore[arg-type]
    for _ in range(2):
        await worker.drain()
    rows = await shop.connection.fetch(
        "SELECT sum(u.units)::int FROM document d JOIN document_unit u ON u.number = d.number WHERE u.line > 0 GROUP BY d.number ORDER BY d.number"
    )
    assert [row[0] for row in rows] == [2, 1]
    assert await shop.breaches() == []
    assert {"shipping.left", "shipping.taken_back", "shipping.delivered"} <= set(await shop.told(order))


async def test_a_parcel_that_nobody_pays_any_more_stays_and_leaves_once_it_is_paid(shop: Shop) -> None:
    table = await at_the_table(shop)
    order, work = await table.picked(shipped(DERBY, 1))
    parcel, _ = await table.pack(work, 1)
    await table.close(work, parcel)
    await table.buy()
    await shop.connection.execute(
        "UPDATE payment SET state = 'authorized', captured_minor = 0, capture_before = $1",
        shop.now + timedelta(hours=1),
    )
    assert await load(table, "8R00001") == "loaded"
    shop.clock.advance(hours=2)
    # On the pile while it was still paid: nothing leaves with it, and the pile stays open.
    with pytest.raises(Conflict, match="parcel_unpaid") as refused:
        await leave(shop, table)
    assert refused.value.facts == {"number": "8R00001"}
    assert await shop.perform(UnloadParcel(new_id(), LYON, parcel), table.hand.person)
    # Scanned now, it does not come onto the pile, and the manager hears of it.
    assert await load(table, "8R00001") == "unpaid"
    assert await shop.exceptions() == ["parcel_unpaid"]
    with pytest.raises(Conflict, match="nothing_loaded"):
        await leave(shop, table)
    await shop.perform(PaidAtTill(new_id(), order, "T-9"), table.hand.person)
    assert await load(table, "8R00001") == "loaded"
    await leave(shop, table)
    assert (await shop.status(work), await shop.breaches()) == ("handed_to_carrier", [])

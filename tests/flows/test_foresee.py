"""The job tells of a later hour before the promise has passed, once, and never of goods that are ready."""

import asyncio
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
import pytest

from comptoir.flows.foresee import foresee
from comptoir.flows.foresee_brought import foresee_brought
from comptoir.kit import outbox
from comptoir.kit.ids import new_id
from comptoir.screens.customer_order import find_customer_order
from comptoir.sourcing.policy import DEFAULT
from comptoir.transfers.model import ShipTransfer
from comptoir.wiring import LISTENERS, WIRED
from tests.hands import Shop
from tests.world import DERBY, LEA, LYON, WAREHOUSE, order

pytestmark = pytest.mark.anyio
PARIS: Final = ZoneInfo("Europe/Paris")


async def told(shop: Shop) -> list[dict[str, Any]]:
    rows = await shop.connection.fetch(
        "SELECT body, work FROM event WHERE kind = 'fulfillment.delayed' ORDER BY at, seq"
    )
    return [msgspec.json.decode(row["body"]) for row in rows]


async def messages(shop: Shop) -> list[tuple[str, str]]:
    await outbox.fan_out(shop.pool, LISTENERS, shop.now)
    while taken := await outbox.claim(shop.pool, shop.now, 100):
        for claimed in taken:
            await outbox.deliver(shop.pool, claimed, WIRED[claimed.listener], shop.now)
    rows = await shop.connection.fetch("SELECT status, body FROM message WHERE template = 'delayed' ORDER BY made_at")
    return [(row["status"], row["body"]) for row in rows]


async def test_two_workers_tell_once_of_a_promise_that_slips(shop: Shop) -> None:
    await shop.receive(4)
    placed = await shop.place(order())
    work = placed.works[0]
    assert await foresee(shop) == 0  # type: ignore[arg-type]
    # The store falls back to one order in an hour, and two stand before this one.
    before = [(await shop.place(order())).works[0].id for _ in range(2)]
    await shop.connection.execute("UPDATE work SET promise_at = promise_at - interval '30 minutes' WHERE id = ANY($1)", before)  # fmt: skip
    await shop.connection.execute("UPDATE location SET capacity_per_hour = 1 WHERE id = $1", LYON)
    try:
        await asyncio.gather(foresee(shop), foresee(shop), foresee(shop))  # type: ignore[arg-type]
        assert await foresee(shop) == 0  # type: ignore[arg-type]
    finally:
        await shop.connection.execute("UPDATE location SET capacity_per_hour = 12 WHERE id = $1", LYON)
    row = await shop.connection.fetchrow("SELECT promise_at, told_at, told_until FROM work WHERE id = $1", work.id)
    assert row is not None
    assert row["promise_at"] == work.promise_at
    assert row["promise_at"] < row["told_at"] < row["told_until"]
    mine = [body for body in await told(shop) if body["from"] == work.promise_at.isoformat()]
    assert [body["to"] for body in mine] == [row["told_at"].isoformat()]
    sent = await messages(shop)
    assert len(sent) == len(await told(shop))
    assert any("maintenant prévue vendredi 20 novembre, entre" in body for _, body in sent)


async def test_what_is_ready_meanwhile_is_not_told_and_what_is_overdue_is(shop: Shop) -> None:
    await shop.receive(4, DERBY)
    hand = await shop.handheld()
    placed = await shop.place(order())
    work = placed.works[0]
    shop.clock.at = work.promise_at
    shop.clock.advance(minutes=1)
    assert await foresee(shop) == 1  # type: ignore[arg-type]
    await hand.start(work.id)
    await hand.pick(work.id)
    await hand.stage(work.id)
    assert await foresee(shop) == 0  # type: ignore[arg-type]
    assert [status for status, _ in await messages(shop)] == ["suppressed"]


async def test_goods_that_a_store_waits_for_are_told_late_from_where_they_really_are(shop: Shop) -> None:
    shop.outlook.set_policy(7, msgspec.structs.replace(DEFAULT, transfer_days=2))
    await shop.receive(1, at=WAREHOUSE)
    placed = await shop.place(order())
    source = placed.works[0].id
    transfer = await shop.connection.fetchval("SELECT id FROM transfer WHERE work = $1", source)
    lea = await shop.handheld(WAREHOUSE, LEA)
    nour = await shop.handheld(LYON)

    async def look(day: int, hour: int, minute: int = 0) -> tuple[int, list[str]]:
        """How many were told at this moment of November, and the cases that are open."""
        shop.clock.at = datetime(2026, 11, day, hour, minute, tzinfo=PARIS)
        return await foresee_brought(shop), await shop.exceptions()  # type: ignore[arg-type]

    async def hours() -> list[str]:
        return [f"{datetime.fromisoformat(body['to']).astimezone(PARIS):%a %H:%M}" for body in await told(shop)]

    assert await look(20, 16, 55) == (0, [])
    # The truck of Friday has gone without it: Monday becomes Tuesday, and the warehouse is asked why.
    assert await look(20, 17, 5) == (1, ["transfer_not_left"])
    assert await look(20, 17, 6) == (0, ["transfer_not_left"])
    case = await shop.connection.fetchrow("SELECT location, order_id, body FROM exception")
    assert (case["location"], case["order_id"]) == (WAREHOUSE, placed.id)
    assert msgspec.json.decode(case["body"])["to"] == "Lyon Part-Dieu"
    link = await shop.connection.fetchval("SELECT link_hash FROM sales_order")
    page = await find_customer_order(shop.connection, link, shop.now)
    assert page is not None
    assert page.main is not None
    assert (page.main.store.id, page.main.delayed) == (LYON, True)
    sent = await messages(shop)
    assert [status for status, _ in sent] == ["due"]
    assert "mardi 24 novembre" in sent[0][1]
    assert "Lyon Part-Dieu" in sent[0][1]

    await lea.start(source)
    await lea.pick(source)
    await shop.perform(ShipTransfer(new_id(), transfer), lea.person)
    # On the road since before the truck of Saturday: Tuesday still holds, until it has passed.
    assert await look(23, 12) == (0, [])
    assert await look(24, 9) == (0, [])
    assert await look(24, 12) == (1, [])
    assert await hours() == ["Tue 10:30", "Wed 10:30"]
    assert [status for status, _ in await messages(shop)] == ["due", "due"]

    await nour.tell("receive", transfer=transfer, sku=DERBY)
    here = await shop.connection.fetchrow("SELECT id, told_at FROM work WHERE location = $1", LYON)
    assert f"{here['told_at'].astimezone(PARIS):%a %H:%M}" == "Wed 10:30"
    assert await look(24, 12, 30) == (0, [])
    assert await foresee(shop) == 0  # type: ignore[arg-type]

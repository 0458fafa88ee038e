"""The job tells of a later hour before the promise has passed, once, and never of goods that are ready."""

import asyncio
from typing import Any

import msgspec
import pytest

from comptoir.flows.foresee import foresee
from comptoir.kit import outbox
from comptoir.wiring import LISTENERS, WIRED
from tests.hands import Shop
from tests.world import DERBY, LYON, order

pytestmark = pytest.mark.anyio


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

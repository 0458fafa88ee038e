"""The counter without network: one device of a store holds it, and keeps all that a hand-over needs."""

import asyncio
import hashlib
from datetime import timedelta

import pytest

from comptoir.flows.lease_counter import keep_letters, lease_counter
from comptoir.fulfillment.offline_counter import Lease, TakeCounter
from comptoir.fulfillment.passes import pass_token
from comptoir.kit.actor import Actor
from comptoir.kit.db import in_transaction
from comptoir.kit.errors import NotFound
from comptoir.kit.ids import new_id
from comptoir.screens import kept_counter
from comptoir.web.sync.kept_counter import work_out
from tests.hands import Handheld, Shop, staged
from tests.world import CONFLUENCE, LYON, NOUR, WINE, Line, order

pytestmark = pytest.mark.anyio


async def ask(shop: Shop, hand: Handheld) -> Lease:
    """The device asks for the counter, as it does at every contact."""
    return await in_transaction(
        shop.pool, hand.actor.who, shop.now, lambda tx: lease_counter(tx, hand.place, hand.actor, shop.now)
    )


async def test_the_first_device_that_asks_gets_the_counter_for_an_hour(shop: Shop) -> None:
    sam, lea = await shop.handheld(), await shop.handheld(number=2)
    given = await ask(shop, sam)
    assert (given.mine, given.until - shop.now) == (True, timedelta(minutes=60))
    assert await ask(shop, lea) == Lease(False, given.until, "lyon-1")


async def test_each_contact_renews_it(shop: Shop) -> None:
    sam = await shop.handheld()
    await ask(shop, sam)
    shop.clock.advance(minutes=50)
    assert (await ask(shop, sam)).until == shop.now + timedelta(minutes=60)


async def test_an_hour_without_contact_sets_it_free(shop: Shop) -> None:
    sam, lea = await shop.handheld(), await shop.handheld(number=2)
    await ask(shop, sam)
    shop.clock.advance(minutes=60)
    assert (await ask(shop, lea)).mine
    assert not (await ask(shop, sam)).mine


async def test_a_tap_takes_it_over_and_the_other_device_hears_of_it(shop: Shop) -> None:
    sam, lea = await shop.handheld(), await shop.handheld(number=2)
    await ask(shop, sam)
    taken = await shop.perform(TakeCounter(new_id(), LYON), lea.person, Lease)
    assert (taken.mine, taken.holder) == (True, "lyon-2")
    assert (await ask(shop, sam)).holder == "lyon-2"
    assert (
        await shop.connection.fetchval("SELECT body->>'from' FROM event WHERE kind = 'fulfillment.counter_taken'")
        == "lyon-1"
    )


async def test_each_store_has_its_own_counter(shop: Shop) -> None:
    sam, nour = await shop.handheld(), await shop.handheld(CONFLUENCE, NOUR)
    assert (await ask(shop, sam)).mine
    assert (await ask(shop, nour)).mine
    with pytest.raises(NotFound, match="location_not_found"):
        await shop.perform(TakeCounter(new_id(), LYON), nour.person)


@pytest.mark.parametrize("before", ["free", "expired"])
async def test_of_two_devices_that_ask_at_once_one_gets_it(shop: Shop, before: str) -> None:
    sam, lea = await shop.handheld(), await shop.handheld(number=2)
    for _ in range(20):
        if before == "expired":
            await ask(shop, sam)
            shop.clock.advance(minutes=61)
        else:
            await shop.connection.execute("DELETE FROM counter_lease")
        one, other = await asyncio.gather(ask(shop, sam), ask(shop, lea))
        assert one.mine != other.mine
        assert one.holder == other.holder


async def test_the_kept_counter_holds_what_a_hand_over_needs_and_nothing_of_how_to_reach_a_person(shop: Shop) -> None:
    await shop.receive(2, WINE)
    sam = await shop.handheld()
    sold, work = await staged(shop, sam, order(Line(WINE, 2)))
    async with shop.pool.acquire() as connection:
        kept = await kept_counter.read(connection, LYON, secrets=True)
    (found,) = kept.orders
    assert (found["order"], found["name"], found["part"]) == (str(sold), "Inès A.", False)
    (kept_work,) = found["works"]
    assert (kept_work["id"], kept_work["bags"]) == (str(work), [{"tag": "101", "place": "R1"}])
    assert [(line["staged"], line["minimum_age"]) for line in kept_work["lines"]] == [(2, 18)]
    token = pass_token(shop.seal, sold, LYON, 0)
    assert found["pass_hash"] == hashlib.sha256(token.encode()).hexdigest()
    text = str(kept.orders)
    person = await shop.connection.fetchrow("SELECT email, phone, last_name FROM customer")
    assert not any(value in text for value in person if value)


async def test_a_device_without_the_counter_sees_the_shelf_and_can_check_nothing(shop: Shop) -> None:
    await shop.receive(1)
    sam = await shop.handheld()
    await staged(shop, sam, order())
    async with shop.pool.acquire() as connection:
        kept = await kept_counter.read(connection, LYON, secrets=False)
    assert [(o["pass_hash"], o["letters"]) for o in kept.orders] == [(None, None)]
    assert kept.missing == []


async def test_the_letters_are_worked_out_once_and_open_as_the_browser_works_them_out(shop: Shop) -> None:
    await shop.receive(1)
    sam = await shop.handheld()
    sold, work = await staged(shop, sam, order())
    async with shop.pool.acquire() as connection:
        kept = await kept_counter.read(connection, LYON, secrets=True)
    made = work_out(shop.seal, LYON, kept.missing)
    await in_transaction(shop.pool, "x", shop.now, lambda tx: keep_letters(tx, LYON, made, sam.actor))
    async with shop.pool.acquire() as connection:
        again = await kept_counter.read(connection, LYON, secrets=True)
    assert again.missing == []
    by_hand = hashlib.pbkdf2_hmac("sha256", shop.letters_of(sold).encode(), str(work).encode(), 200_000)
    assert again.orders[0]["letters"] == {"salt": str(work), "hash": by_hand.hex()}


async def test_what_has_left_is_not_kept(shop: Shop) -> None:
    await shop.receive(1)
    sam = await shop.handheld()
    sold, work = await staged(shop, sam, order())
    await sam.hand_over(sold, work)
    async with shop.pool.acquire() as connection:
        assert (await kept_counter.read(connection, LYON, secrets=True)).orders == []


async def test_another_stores_letters_cannot_be_kept(shop: Shop) -> None:
    stranger = Actor("device:x", "associate", (CONFLUENCE,), new_id(), "sync")
    with pytest.raises(NotFound):
        await in_transaction(shop.pool, "x", shop.now, lambda tx: keep_letters(tx, LYON, [], stranger))

"""The day after a hand-over the customer is asked once; one tap is kept, and a bad one is somebody's to look at."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from comptoir.kit.actor import Actor
from comptoir.kit.errors import Conflict, NotFound
from comptoir.kit.ids import new_id
from comptoir.notifications.rating import Rate, SayMore
from comptoir.notifications.surveying import survey
from comptoir.notifications.wishing import SetWishes, Unsubscribe, switches
from tests.hands import Shop, staged
from tests.world import order

pytestmark = pytest.mark.anyio


def holder(placed: UUID) -> Actor:
    return Actor(f"customer:{placed}", "customer", None, via="link")


@pytest.fixture
async def given(shop: Shop) -> UUID:
    """An order that was handed over at noon on Friday."""
    await shop.receive(4)
    placed, work = await staged(shop, await shop.handheld(), order())
    await (await shop.handheld(number=2)).hand_over(placed, work)
    return placed


async def ask_for_days(shop: Shop, days: int = 5) -> int:
    """Two workers look every hour; how many were asked."""
    asked = 0
    for _ in range(24 * days):
        shop.clock.advance(hours=1)
        asked += sum(await asyncio.gather(survey(shop), survey(shop)))  # type: ignore[arg-type]
    return asked


async def asked(shop: Shop) -> int:
    return int(await shop.connection.fetchval("SELECT count(*) FROM event WHERE kind = 'customer.survey_due'"))


async def rating(shop: Shop, placed: UUID) -> Any:
    row = await shop.connection.fetchrow("SELECT score, comment FROM rating WHERE order_id = $1", placed)
    return tuple(row) if row else None


async def test_two_workers_ask_once(shop: Shop, given: UUID) -> None:
    await ask_for_days(shop)
    assert await asked(shop) == 1


async def test_goods_that_wait_and_a_forgotten_customer_are_not_asked_about(shop: Shop, given: UUID) -> None:
    await shop.receive(4)
    await staged(shop, await shop.handheld(), order())
    await shop.connection.execute("UPDATE customer SET erased_at = $1", shop.now)
    assert await ask_for_days(shop) == 0


async def test_whoever_has_said_it_is_not_asked(shop: Shop, given: UUID) -> None:
    await shop.perform(Rate(new_id(), given, 2), holder(given))
    assert await ask_for_days(shop) == 0


async def test_a_bad_tap_is_a_case_and_a_better_one_takes_it_back(shop: Shop, given: UUID) -> None:
    for score, cases in ((3, []), (1, ["unhappy"]), (1, ["unhappy"]), (2, []), (1, ["unhappy"])):
        await shop.perform(Rate(new_id(), given, score), holder(given))  # type: ignore[arg-type]
        assert (await rating(shop, given), await shop.exceptions()) == ((score, ""), cases)
    assert (await shop.told(given)).count("customer.rated") == 4


async def test_words_stay_in_their_row_and_go_into_no_event(shop: Shop, given: UUID) -> None:
    with pytest.raises(Conflict, match="nothing_to_rate"):
        await shop.perform(SayMore(new_id(), given, "Trop long"), holder(given))
    await shop.perform(Rate(new_id(), given, 1), holder(given))
    await shop.perform(SayMore(new_id(), given, "Trop long"), holder(given))
    assert await rating(shop, given) == (1, "Trop long")
    assert await shop.connection.fetchval("SELECT count(*) FROM event WHERE body::text LIKE '%long%'") == 0


async def test_nothing_is_rated_before_it_is_handed_over_long_after_or_by_anybody_else(shop: Shop, given: UUID) -> None:
    waiting = await staged(shop, await shop.handheld(), order())
    with pytest.raises(Conflict, match="nothing_to_rate"):
        await shop.perform(Rate(new_id(), waiting[0], 3), holder(waiting[0]))
    with pytest.raises(NotFound):
        await shop.perform(Rate(new_id(), given, 3), holder(waiting[0]))
    shop.clock.advance(hours=24 * 31)
    with pytest.raises(Conflict, match="nothing_to_rate"):
        await shop.perform(Rate(new_id(), given, 3), holder(given))


async def test_wishes_are_kept_as_what_is_off_and_a_repeat_says_nothing(shop: Shop, given: UUID) -> None:
    shown = switches(True, True)
    await shop.connection.execute("UPDATE customer SET phone = '+33612345678', email = 'ines@example.com'")
    on = tuple(switch for switch in shown if switch[0] != "papers")
    for _ in range(2):
        await shop.perform(SetWishes(new_id(), given, on), holder(given))
        await shop.perform(Unsubscribe(new_id(), given), holder(given))
    await shop.perform(SetWishes(new_id(), given, shown), holder(given))
    assert await shop.connection.fetchval("SELECT count(*) FROM customer_preference") == 0
    # Off: papers, survey; on again by the second form: survey; off again; and all on at the end.
    assert (await shop.told(given)).count("customer.wishes_changed") == 5

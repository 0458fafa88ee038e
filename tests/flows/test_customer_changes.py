"""What a customer changes behind their link happens once, never to another's order, and nothing that is only asked is done."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from comptoir.flows import lapse
from comptoir.fulfillment.changing import AskChange, DeliverTo, WithdrawChange
from comptoir.fulfillment.collecting import ForgetCollector, NameCollector
from comptoir.fulfillment.keeping import KeepLonger
from comptoir.fulfillment.passes import PREFIX, pass_token
from comptoir.fulfillment.resolving import ResolveException
from comptoir.fulfillment.short_choice import ChooseForShort
from comptoir.kit.actor import Actor
from comptoir.kit.errors import Invalid, NotFound, Refusal
from comptoir.kit.ids import new_id
from comptoir.screens.customer_asks import instead_of
from tests.hands import Handheld, Shop, staged
from tests.world import CONFLUENCE, DERBY, LYON, order

pytestmark = pytest.mark.anyio

HOME = DeliverTo("12 rue des Lilas", "69003", "Lyon")


def buyer(order: UUID) -> Actor:
    return Actor(f"customer:{order}", "customer", None, via="link")


async def refused(shop: Shop, command: Any, order: UUID) -> str:
    """The code of a refusal that is expected."""
    with pytest.raises(Refusal) as told:
        await shop.perform(command, buyer(order))
    return str(told.value.code)


async def ready(shop: Shop) -> tuple[UUID, UUID]:
    """An order on the shelf; (order, work)."""
    await shop.receive(3)
    return await staged(shop, await shop.handheld(), order())


async def short(shop: Shop) -> UUID:
    """An order whose one article was not on its shelf."""
    await shop.receive(1)
    sam = await shop.handheld()
    placed = await shop.place(order())
    await sam.short(placed.works[0].id)
    return placed.id


async def until(shop: Shop, work: UUID, column: str = "collect_until") -> Any:
    return await shop.connection.fetchval(f"SELECT {column} FROM work WHERE id = $1", work)


# ------------------------------------------------------------ how long it is kept


async def test_kept_longer_is_three_open_days_more_twice_and_never_again(shop: Shop) -> None:
    sold, work = await ready(shop)
    first = await until(shop, work)
    for _ in range(2):
        await shop.perform(KeepLonger(new_id(), sold, work), buyer(sold))
    assert first + timedelta(days=6) <= await until(shop, work) <= first + timedelta(days=10)
    assert await refused(shop, KeepLonger(new_id(), sold, work), sold) == "kept_long_enough"


async def test_the_same_tap_twice_is_one(shop: Shop) -> None:
    sold, work = await ready(shop)
    tap = KeepLonger(new_id(), sold, work)
    await shop.perform(tap, buyer(sold))
    once = await until(shop, work)
    await shop.perform(tap, buyer(sold))
    assert await until(shop, work) == once


async def test_whoever_missed_the_last_day_can_still_keep_it_and_nothing_goes_back(shop: Shop) -> None:
    sold, work = await ready(shop)
    shop.clock.advance(hours=24 * 9)
    assert await lapse.expire_pickups(shop) == 1  # type: ignore[arg-type]
    assert (await shop.status(work), await shop.intended(sold)) == ("staged", [])
    assert (await shop.told(sold))[-1] == "fulfillment.missed"
    await shop.perform(KeepLonger(new_id(), sold, work), buyer(sold))
    assert await until(shop, work, "rescue_until") is None
    shop.clock.advance(hours=48)
    assert await lapse.expire_pickups(shop) == 0  # type: ignore[arg-type]
    assert await shop.status(work) == "staged"


async def test_nobody_is_told_at_night_and_the_day_more_begins_in_the_morning(shop: Shop) -> None:
    sold, work = await ready(shop)
    shop.clock.advance(hours=24 * 9 + 14)
    assert await lapse.expire_pickups(shop) == 0  # type: ignore[arg-type]
    assert "fulfillment.missed" not in await shop.told(sold)
    shop.clock.advance(hours=8)
    assert await lapse.expire_pickups(shop) == 1  # type: ignore[arg-type]
    assert await until(shop, work, "rescue_until") > shop.now + timedelta(hours=8)


async def test_it_is_missed_once_and_given_up_after_the_day_more(shop: Shop) -> None:
    sold, work = await ready(shop)
    shop.clock.advance(hours=24 * 9)
    assert [await lapse.expire_pickups(shop) for _ in range(2)] == [1, 0]  # type: ignore[arg-type]
    rescue = await until(shop, work, "rescue_until")
    shop.clock.advance(minutes=int((rescue - shop.now).total_seconds() // 60) - 1)
    assert await lapse.expire_pickups(shop) == 0  # type: ignore[arg-type]
    shop.clock.advance(minutes=2)
    assert await lapse.expire_pickups(shop) == 1  # type: ignore[arg-type]
    assert (await shop.status(work), len(await shop.intended(sold))) == ("expired", 1)


# ------------------------------------------------------------ who collects


async def test_another_persons_link_changes_nothing_of_this_order(shop: Shop) -> None:
    sold, work = await ready(shop)
    other = buyer(new_id())
    commands: tuple[Any, ...] = (
        KeepLonger(new_id(), sold, work), NameCollector(new_id(), sold, "Eve M", phone="+33600000000"),
        ForgetCollector(new_id(), sold), AskChange(new_id(), sold, "delivery", to=HOME),
        ChooseForShort(new_id(), sold, 1, "refund"), WithdrawChange(new_id(), sold, new_id()),
    )  # fmt: skip
    before = await shop.told(sold)
    for command in commands:
        with pytest.raises(NotFound):
            await shop.perform(command, other)
    assert await shop.told(sold) == before


async def name(shop: Shop, sold: UUID, who: str = "Karim Benali") -> None:
    await shop.perform(NameCollector(new_id(), sold, who, phone="+33612345678"), buyer(sold))


def pass_at(shop: Shop, sold: UUID, generation: int) -> str:
    return PREFIX + pass_token(shop.seal, sold, LYON, generation)


async def test_the_first_collector_shares_the_pass_and_whoever_replaces_them_gets_a_new_one(shop: Shop) -> None:
    sold, work = await ready(shop)
    await name(shop, sold)
    assert await shop.connection.fetchval("SELECT generation FROM pickup_pass WHERE order_id = $1", sold) == 0
    await name(shop, sold, "Zoé Petit")
    assert await shop.connection.fetchval("SELECT collector FROM sales_order WHERE id = $1", sold) == "Zoé Petit"
    lea = await shop.handheld(number=2)
    assert await proof(lea, sold, work, pass_at(shop, sold, 0)) != "pass"
    assert await shop.breaches() == []


async def proof(hand: Handheld, sold: UUID, work: UUID, code: str) -> str | None:
    """Against which proof goods left that this code was shown for."""
    await hand.tell("hand_over", **{"order": sold, "works": [work], "bags": ["B:0001"], "pass": code})
    found: str | None = await hand.shop.connection.fetchval("SELECT proof FROM hand_over WHERE order_id = $1", sold)
    return found


async def test_whoever_collects_after_all_ends_the_other_ones_pass_and_link(shop: Shop) -> None:
    sold, _ = await ready(shop)
    await name(shop, sold)
    await shop.perform(ForgetCollector(new_id(), sold), buyer(sold))
    assert await shop.count("collector") == 0
    assert await shop.connection.fetchval("SELECT generation FROM pickup_pass WHERE order_id = $1", sold) == 1


async def test_three_people_may_be_named_and_no_fourth(shop: Shop) -> None:
    sold, _ = await ready(shop)
    for number in range(3):
        await name(shop, sold, f"Personne {number}")
    assert await refused(shop, NameCollector(new_id(), sold, "X Y", phone="+33612345678"), sold) == "named_often_enough"


async def test_nobody_is_named_for_goods_that_are_gone(shop: Shop) -> None:
    sold, work = await ready(shop)
    await (await shop.handheld(number=2)).hand_over(sold, work)
    assert await refused(shop, NameCollector(new_id(), sold, "X Y", phone="+33612345678"), sold) == "nothing_to_collect"


# ------------------------------------------------------------ where it goes


async def offer_delivery(shop: Shop, sold: UUID) -> None:
    await shop.connection.execute(
        "INSERT INTO channel (id, kind, name, delivery_minor) SELECT channel, 'api', 'x', 490 FROM sales_order WHERE id = $1"
        " ON CONFLICT (id) DO UPDATE SET delivery_minor = 490", sold,
    )  # fmt: skip


async def test_a_delivery_is_asked_of_the_store_and_changes_nothing_until_somebody_answers(shop: Shop) -> None:
    sold, work = await ready(shop)
    assert await refused(shop, AskChange(new_id(), sold, "delivery", to=HOME), sold) == "not_offered"
    await offer_delivery(shop, sold)
    asked = await shop.perform(AskChange(new_id(), sold, "delivery", to=HOME), buyer(sold))
    assert (asked["price_minor"], asked["location"]) == (490, LYON)
    assert (await shop.status(work), await shop.exceptions()) == ("staged", ["change_asked"])
    again = AskChange(new_id(), sold, "store", location=CONFLUENCE)
    assert await refused(shop, again, sold) == "asked_already"


@pytest.mark.parametrize(("answer", "state"), [("change_done", "done"), ("change_declined", "declined")])
async def test_the_managers_answer_settles_the_request_and_is_told(shop: Shop, answer: Any, state: str) -> None:
    sold, _ = await ready(shop)
    await shop.perform(AskChange(new_id(), sold, "store", location=CONFLUENCE), buyer(sold))
    case = await shop.connection.fetchval("SELECT id FROM exception WHERE resolved_at IS NULL")
    manager = Actor("hélène", "store_manager", (LYON,))
    with pytest.raises(Invalid):
        await shop.perform(ResolveException(new_id(), case, "all_right", "x"), manager)
    await shop.perform(ResolveException(new_id(), case, answer, "appelé"), manager)
    assert await shop.connection.fetchval("SELECT state FROM change_request") == state
    assert "customer.change_settled" in await shop.told(sold)


async def test_a_request_can_be_withdrawn_and_asked_anew(shop: Shop) -> None:
    sold, _ = await ready(shop)
    first = new_id()
    await shop.perform(AskChange(first, sold, "store", location=CONFLUENCE), buyer(sold))
    for _ in range(2):
        await shop.perform(WithdrawChange(new_id(), sold, first), buyer(sold))
    assert await shop.exceptions() == []
    await shop.perform(AskChange(new_id(), sold, "store", location=CONFLUENCE), buyer(sold))
    assert (await shop.told(sold)).count("customer.change_withdrawn") == 1


async def test_a_place_that_is_no_other_store_cannot_be_asked_for(shop: Shop) -> None:
    sold, _ = await ready(shop)
    for place in (LYON, "nowhere"):
        assert await refused(shop, AskChange(new_id(), sold, "store", location=place), sold) == "unknown_location"


# ------------------------------------------------------------ what is missing


async def test_without_an_answer_by_the_next_evening_the_money_goes_back(shop: Shop) -> None:
    sold = await short(shop)
    shop.clock.advance(hours=20)
    assert await lapse.settle_unanswered(shop) == 0  # type: ignore[arg-type]
    shop.clock.advance(hours=24)
    assert [await lapse.settle_unanswered(shop) for _ in range(2)] == [1, 0]  # type: ignore[arg-type]
    assert await shop.intended(sold) == [("refund", 12900, "canceled")]
    assert (await shop.exceptions(), await shop.progress(sold)) == ([], "canceled")
    assert await refused(shop, ChooseForShort(new_id(), sold, 1, "wait"), sold) == "nothing_missing"


async def test_refund_is_at_once_and_once(shop: Shop) -> None:
    sold = await short(shop)
    choice = ChooseForShort(new_id(), sold, 1, "refund")
    for _ in range(2):
        await shop.perform(choice, buyer(sold))
    assert await shop.intended(sold) == [("refund", 12900, "canceled")]


async def test_another_store_that_has_it_gets_the_work_and_one_that_has_not_refuses(shop: Shop) -> None:
    sold = await short(shop)
    there = ChooseForShort(new_id(), sold, 1, "store", location=CONFLUENCE)
    assert await refused(shop, there, sold) == "shortage"
    await shop.receive(1, at=CONFLUENCE)
    await shop.perform(ChooseForShort(new_id(), sold, 1, "store", location=CONFLUENCE), buyer(sold))
    assert await shop.figures(DERBY, CONFLUENCE) == (1, 1, 0, 0)
    assert await shop.exceptions() == []


async def test_waiting_is_a_week_and_once(shop: Shop) -> None:
    sold = await short(shop)
    await shop.perform(ChooseForShort(new_id(), sold, 1, "wait"), buyer(sold))
    assert await refused(shop, ChooseForShort(new_id(), sold, 1, "wait"), sold) == "waited_already"
    shop.clock.advance(hours=24 * 6)
    assert await lapse.settle_unanswered(shop) == 0  # type: ignore[arg-type]
    shop.clock.advance(hours=48)
    assert await lapse.settle_unanswered(shop) == 1  # type: ignore[arg-type]


async def test_a_choice_after_its_time_is_refused_and_nothing_is_promised(shop: Shop) -> None:
    sold = await short(shop)
    await shop.receive(1, at=CONFLUENCE)
    shop.clock.advance(hours=44)
    late = ChooseForShort(new_id(), sold, 1, "store", location=CONFLUENCE)
    assert await refused(shop, late, sold) == "choice_over"
    assert await shop.figures(DERBY, CONFLUENCE) == (1, 0, 0, 0)


async def test_something_else_is_asked_of_a_person_and_the_refund_waits_for_the_answer(shop: Shop) -> None:
    sold = await short(shop)
    other = await shop.connection.fetchval(
        "SELECT s.sku FROM sku s JOIN sku m ON m.style = s.style AND m.sku = $1 WHERE s.sku <> $1 LIMIT 1", DERBY
    )
    wrong = ChooseForShort(new_id(), sold, 1, "substitute", sku="NO-SUCH-SKU")
    assert await refused(shop, wrong, sold) == "unknown_sku"
    if other is None:
        pytest.fail("the small world has no other variant of the Derby")
    await shop.perform(ChooseForShort(new_id(), sold, 1, "substitute", sku=other), buyer(sold))
    shop.clock.advance(hours=72)
    assert await lapse.settle_unanswered(shop) == 0  # type: ignore[arg-type]
    assert sorted(await shop.exceptions()) == ["change_asked", "short_choice"]


async def test_in_place_of_what_is_missing_the_same_color_comes_first_and_only_what_lies_here(shop: Shop) -> None:
    sold = await short(shop)
    color, style = await shop.connection.fetchrow("SELECT variant, style FROM sku WHERE sku = $1", DERBY)
    others = await shop.connection.fetch(
        "SELECT sku, variant FROM sku WHERE style = $1 AND sku <> $2 AND price_minor <= 12900", style, DERBY
    )
    assert await instead_of(shop.connection, sold, 1, LYON, shop.now) == []
    for other in others:
        await shop.receive(1, other["sku"])
    found = await instead_of(shop.connection, sold, 1, LYON, shop.now)
    assert {one.sku for one in found} <= {other["sku"] for other in others}
    same = [color in one.name for one in found]
    assert found
    assert same == sorted(same, reverse=True)

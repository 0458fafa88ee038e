"""A verdict is made of what is on file: when the goods were handed over, the notice that was given, the policies of then and now."""

from datetime import timedelta
from uuid import UUID

import msgspec
import pytest

from comptoir.flows.reading_returns import Case, read_case
from comptoir.flows.return_terms import given_for, read_terms
from comptoir.kit import policies
from comptoir.kit.actor import Actor
from comptoir.kit.db import Tx, in_transaction
from comptoir.kit.errors import Conflict, NotFound
from comptoir.kit.ids import new_id
from comptoir.returns.drafting import DraftLine
from comptoir.returns.eligibility import Asked
from comptoir.returns.model import Noticed, ReturnSettled, Taken, TakeReturn, Withdraw
from comptoir.returns.policy import DEFAULT, KIND, DeliveryRate, Goodwill, Policy, Uninformed
from comptoir.returns.saying import told
from comptoir.web.pages.return_view import promised
from tests.hands import Shop, staged
from tests.world import DERBY, LYON, Line, order

pytestmark = pytest.mark.anyio


async def hold(shop: Shop, policy: Policy | bytes) -> None:
    """A policy of returns that holds from now on."""
    body = policy if isinstance(policy, bytes) else msgspec.json.encode(policy)

    async def save(tx: Tx) -> None:
        newest = await tx.value("SELECT coalesce(max(number), 0) FROM policy WHERE kind = $1", KIND)
        await policies.activate(tx, KIND, await policies.save(tx, KIND, body, "", "test", newest), tx.now)

    await in_transaction(shop.pool, "test", shop.now, save)


async def case(shop: Shop, sold: UUID) -> Case:
    return await read_case(shop.connection, sold, shop.now)


async def test_the_law_counts_from_the_hand_over_and_an_undone_one_was_none(shop: Shop) -> None:
    await shop.receive(3)
    sam = await shop.handheld()
    sold, work = await staged(shop, sam, order())
    assert (await case(shop, sold)).verdict(1, Asked(shop.now)).legal_until is None
    handed = await sam.hand_over(sold, work)
    day = shop.now.date()
    assert (await case(shop, sold)).verdict(1, Asked(shop.now)).received_on == day
    await sam.undo(handed)
    assert (await case(shop, sold)).verdict(1, Asked(shop.now)).received_on is None
    await sam.hand_over(sold, work)
    # A notice in time keeps the right, whenever the goods come.
    notice = Withdraw(new_id(), sold, (Noticed(1, 1),))
    await shop.perform(notice, Actor(f"customer:{sold}", "customer", None))
    shop.clock.advance(days=25)
    found = await case(shop, sold)
    late, noticed = Asked(shop.now), Asked(found.noticed_at(notice.id) or shop.now, goods_at=shop.now)
    assert [found.verdict(1, asked).right for asked in (late, noticed)] == ["goodwill", "law"]
    assert found.notices[0][2] == {1: 1}
    assert " ".join(told(found.verdict(1, noticed), "en")).startswith("Yes, by law")
    with pytest.raises(NotFound):
        await case(shop, new_id())


async def test_while_a_line_is_still_to_come_every_line_may_be_withdrawn_from(shop: Shop) -> None:
    await shop.receive(3)
    sam = await shop.handheld()
    sold, work = await staged(shop, sam, order())
    await sam.hand_over(sold, work)
    await shop.connection.execute(
        "UPDATE requirement SET at_work = at_work - 1, held = held + 1 WHERE order_id = $1", sold
    )
    shop.clock.advance(days=400)
    assert (await case(shop, sold)).verdict(1, Asked(shop.now)).right == "law"
    await shop.connection.execute(
        "UPDATE requirement SET at_work = at_work + 1, held = held - 1 WHERE order_id = $1", sold
    )


async def test_the_better_of_the_policies_of_the_sale_and_of_today_holds_and_one_that_cannot_be_read_is_passed_over(
    shop: Shop,
) -> None:
    await shop.receive(3)
    sam = await shop.handheld()
    await hold(shop, msgspec.structs.replace(DEFAULT, goodwill=(Goodwill("Soixante", days=60),)))
    shop.clock.advance(minutes=1)
    sold, work = await staged(shop, sam, order(at=shop.now))
    await sam.hand_over(sold, work)
    shop.clock.advance(days=40)
    await hold(shop, msgspec.structs.replace(DEFAULT, goodwill=(Goodwill("Vingt", days=20),)))
    found = await case(shop, sold)
    assert (found.number, found.verdict(1, Asked(shop.now)).rule) == (2, "Soixante")
    shop.clock.advance(minutes=1)
    await hold(shop, b'{"goodwill": 3}')
    assert (await case(shop, sold)).number == 2
    # Whoever was not told of the right of withdrawal may still use it.
    gap = Uninformed("api", (shop.now - timedelta(days=60)).date(), shop.now.date())
    await shop.connection.execute("DELETE FROM policy WHERE number = 3")
    await hold(shop, msgspec.structs.replace(DEFAULT, uninformed=(gap,)))
    found = await case(shop, sold)
    assert (found.verdict(1, Asked(shop.now)).right, found.verdict(1, Asked(shop.now)).told) == ("law", False)
    await shop.perform(Withdraw(new_id(), sold, (Noticed(1, 1),)), Actor(f"customer:{sold}", "customer", None))
    with pytest.raises(Conflict, match="already_noticed"):
        await shop.perform(Withdraw(new_id(), sold, (Noticed(1, 1),)), Actor(f"customer:{sold}", "customer", None))


async def test_of_a_part_that_is_withdrawn_the_delivery_gives_back_what_the_rest_would_not_have_cost(
    shop: Shop,
) -> None:
    rates = (
        DeliveryRate(490, up_to_minor=15_000, services=("standard",)),
        DeliveryRate(990, up_to_grams=1),
        DeliveryRate(690),
    )
    await hold(shop, msgspec.structs.replace(DEFAULT, delivery_rates=rates))
    shop.clock.advance(minutes=1)
    await shop.receive(3)
    sam = await shop.handheld()
    made = order(Line(DERBY, 3, price_minor=6_000), shipping_minor=790)
    _, work = await staged(shop, sam, made)
    await sam.hand_over(made.id, work)
    # What stays is worth 120.00: it would have cost 4.90, so 3.00 of 7.90 come back, as the page says beforehand.
    terms = await read_terms(shop.connection, made.id, shop.now)
    offered = given_for(terms, [DraftLine(line=1, quantity=1, reason="too_small")], shop.now)
    assert (offered.delivery_minor, offered.kept_fee_minor, offered.goods_minor) == (300, 490, 6_000)

    async def take() -> ReturnSettled:
        unit = (Taken(line=1, condition="as_new", reason="too_small"),)
        command = TakeReturn(id=new_id(), location=LYON, order=made.id, units=unit)
        settled: ReturnSettled = await shop.perform(command, sam.person, ReturnSettled)
        return settled

    first = await take()
    assert (first.delivery_minor, first.kept_fee_minor, first.refund_minor) == (300, 490, 6_300)
    page = promised(first, ("refund",), "EUR", "fr")["where"].replace("\xa0", " ")
    assert page == "dont 3,00 € de livraison : ce qui reste n’aurait coûté que 4,90 € à livrer"
    # The second part changes nothing: what stays is still in the same row. The last one gives back the rest, once.
    second = await take()
    assert (second.delivery_minor, second.kept_fee_minor) == (0, None)
    third = await take()
    assert (third.delivery_minor, third.kept_fee_minor) == (490, None)
    assert sum(minor for _, minor, _ in await shop.intended(made.id)) == made.total_minor
    assert await shop.breaches() == []

"""Tried on before the goods leave: what is taken is handed over, what is not is settled in the same breath, and undone with it while that can be."""

import asyncio
from collections.abc import Awaitable
from typing import Any
from uuid import UUID

import pytest

from comptoir.flows.try_on import TriedOnAndSettled, TryOn
from comptoir.fulfillment.model import HandOver, TriedOn, UndoHandOver
from comptoir.kit.actor import Actor
from comptoir.kit.errors import Refusal
from comptoir.kit.ids import new_id
from comptoir.returns.credit import credit_code
from comptoir.returns.model import Apart, Permission, PutAwayUnit, Replacement, Settling, UseCredit
from tests.hands import Handheld, Shop, staged
from tests.world import DERBY, DERBY_38, LYON, Line, order

pytestmark = pytest.mark.anyio

CHEAP = 9000
BOSS = Actor("boss", "store_manager", (LYON,))


def trying(
    shop: Shop, made: UUID, work: UUID, *tried: tuple[int, int], condition: Any = "as_new", **more: Any
) -> TryOn:
    """Everything is handed over but so many units of a line; `tried`: (line, units)."""
    asked = HandOver(
        made, (work,), ("B:101",), pass_=shop.pass_of(made),
        tried=tuple(TriedOn(work, line, units, condition, "too_small") for line, units in tried),
    )  # fmt: skip
    return TryOn(id=new_id(), rma=new_id(), hand_over=asked, **more)


async def refused(code: str, doing: Awaitable[Any]) -> None:
    with pytest.raises(Refusal, match=code):
        await doing


async def ready(shop: Shop, units: int = 3, **more: Any) -> tuple[Handheld, UUID, UUID]:
    """Three pairs lie on the shelf for somebody, another size stands beside them."""
    await shop.receive(units)
    await shop.receive(1, DERBY_38)
    sam = await shop.handheld()
    made, work = await staged(shop, sam, order(Line(DERBY, units, price_minor=CHEAP), **more))
    return sam, made, work


async def try_on(shop: Shop, sam: Handheld, command: TryOn) -> TriedOnAndSettled:
    done: TriedOnAndSettled = await shop.perform(command, sam.person, TriedOnAndSettled)
    return done


async def undo(shop: Shop, sam: Handheld, command: TryOn) -> Any:
    return await shop.perform(UndoHandOver(new_id(), command.id), sam.person)


async def test_one_command_hands_over_what_is_taken_and_settles_what_stays_and_no_money_goes_before_it_stands(
    shop: Shop,
) -> None:
    sam, made, work = await ready(shop)
    command = trying(shop, made, work, (1, 1))
    shown = (await shop.runner.rehearse(command, sam.person)).read(TriedOnAndSettled)
    assert (shown.settled.refund_minor, await shop.count("rma"), await shop.status(work)) == (CHEAP, 0, "staged")
    done = await try_on(shop, sam, command)
    assert await try_on(shop, sam, command) == done
    assert (done.settled.status, done.settled.refund_minor, done.settled.units[0].disposition) == (
        "settled",
        CHEAP,
        "shelf",
    )
    assert (await shop.figures(), await shop.status(work)) == ((0, 0, 0, 1), "handed_over")
    assert await shop.intended(made) == [("refund", CHEAP, "returned")]
    row = await shop.connection.fetchrow("SELECT due_at, (SELECT origin FROM rma) AS origin FROM payment_intention")
    assert (row["due_at"], row["origin"]) == (done.hand_over.undo_until, "hand_over")
    await shop.perform(PutAwayUnit(id=new_id(), location=LYON, code=DERBY), sam.person)
    assert await shop.figures() == (1, 0, 0, 0)
    await refused("refused_goods_put_back", undo(shop, sam, command))


async def test_it_is_refused_as_a_whole_by_what_refuses_the_hand_over_or_the_return(shop: Shop) -> None:
    sam, made, work = await ready(shop)
    command = trying(shop, made, work, (1, 4))
    await refused("tried_too_many", try_on(shop, sam, command))
    await refused("nothing_tried", try_on(shop, sam, trying(shop, made, work)))
    swap = Settling("exchange", (Replacement(DERBY_38, 2),))
    await refused("short|not_enough", try_on(shop, sam, trying(shop, made, work, (1, 1), settling=swap)))
    assert (await shop.status(work), await shop.count("rma"), await shop.count("hand_over")) == ("staged", 0, 0)


async def test_undone_everything_lies_in_the_bag_again_whatever_the_customer_had_wanted_for_it(shop: Shop) -> None:
    sam, made, work = await ready(shop)
    before = await shop.figures(), await shop.figures(DERBY_38)
    swap = (Replacement(DERBY_38),)
    every = Settling("credit", swap, apart=(Apart(1, "exchange"), Apart(2, "refund")))
    for units, settling in ((1, Settling()), (1, Settling("credit")), (1, Settling("exchange", swap)), (3, every)):
        command = trying(shop, made, work, (1, units), settling=settling)
        done = await try_on(shop, sam, command)
        await undo(shop, sam, command)
        assert (await shop.figures(), await shop.figures(DERBY_38)) == before
        assert (await shop.intended(made), await shop.status(work), await shop.count("store_credit")) == (
            [],
            "staged",
            0,
        )
        if done.settled.exchange is not None:
            assert await shop.progress(done.settled.exchange) == "canceled"
            assert await shop.intended(done.settled.exchange) == []
        assert await shop.connection.fetchval("SELECT status FROM rma WHERE id = $1", command.rma) == "canceled"
        assert await shop.breaches() == []
    kinds = await shop.told(made)
    assert "return.settled" not in kinds and "fulfillment.hand_over_settled" not in kinds


async def test_an_undo_that_would_leave_something_behind_is_refused_and_says_why(shop: Shop) -> None:
    sam, made, work = await ready(shop)
    command = trying(shop, made, work, (1, 1), settling=Settling("exchange", (Replacement(DERBY_38),)))
    done = await try_on(shop, sam, command)
    exchange = await shop.connection.fetchval("SELECT id FROM work WHERE order_id = $1", done.settled.exchange)
    await sam.start(exchange)
    await sam.pick(exchange)
    await refused("exchange_begun", undo(shop, sam, command))
    sam2, other, second = await ready(shop, units=1)
    credit = trying(shop, other, second, (1, 1), settling=Settling("credit"))
    settled = (await try_on(shop, sam, credit)).settled
    code = credit_code(shop.seal, settled.id)
    await shop.perform(UseCredit(id=new_id(), code=code, amount_minor=100, reference="T-1"), sam.person)
    await refused("credit_was_used", undo(shop, sam2, credit))


async def test_of_what_was_only_authorized_what_stays_is_never_taken_and_an_undo_takes_nothing(shop: Shop) -> None:
    sam, made, work = await ready(shop, paid="authorized")
    command = trying(shop, made, work, (1, 1))
    done = await try_on(shop, sam, command)
    assert done.settled.refund == "void"
    assert sorted(await shop.intended(made)) == [("capture", 2 * CHEAP, "handed_over"), ("void", CHEAP, "returned")]
    await undo(shop, sam, command)
    assert await shop.intended(made) == []
    again = await try_on(shop, sam, trying(shop, made, work, (1, 2)))
    assert (again.settled.refund_minor, again.settled.refund) == (2 * CHEAP, "void")


async def test_told_by_a_device_with_no_network_the_money_is_settled_when_it_arrives_and_undone_with_it(
    shop: Shop,
) -> None:
    sam, made, work = await ready(shop)
    tried = [{"work": str(work), "line": "1", "quantity": 1, "condition": "opened", "reason": "too_small"}]
    told = await sam.hand_over(made, work, offline=True, checked="pass", tried=tried)
    assert (told.outcome, told.facts["status"]) == ("applied", "settled")
    assert (await shop.figures(), await shop.intended(made)) == ((0, 0, 0, 1), [("refund", CHEAP, "returned")])
    assert (await sam.undo(told)).outcome == "applied"
    assert (await shop.figures(), await shop.intended(made), await shop.status(work)) == ((3, 3, 3, 0), [], "staged")
    # What the rules do not take back by themselves is here and counted, a manager decides; undone, nobody has to.
    sale = "UPDATE sku SET withdrawal_excluded = $2, returnable = $3 WHERE sku = $1"
    await shop.connection.execute(sale, DERBY, "made_to_measure", False)
    told = await sam.hand_over(made, work, offline=True, checked="pass", tried=[{**tried[0], "quantity": 3}])
    assert (told.outcome, told.problem) == ("applied_with_exception", "return_to_decide")
    assert await shop.figures() == (0, 0, 0, 3)
    await sam.undo(told)
    assert (await shop.figures(), await shop.exceptions(), await shop.status(work)) == ((3, 3, 3, 0), [], "staged")
    await refused("permission_needed", try_on(shop, sam, trying(shop, made, work, (1, 1))))
    boss = Permission("tried on at the counter")
    await shop.perform(trying(shop, made, work, (1, 1), permission=boss), BOSS)
    await shop.connection.execute(sale, DERBY, None, True)


async def test_of_many_at_once_one_hand_over_stands_and_the_money_is_intended_once(shop: Shop) -> None:
    sam, made, work = await ready(shop)
    commands = [trying(shop, made, work, (1, 1)) for _ in range(6)]
    outcomes = await asyncio.gather(*(try_on(shop, sam, one) for one in commands), return_exceptions=True)
    stands = [one for one in outcomes if isinstance(one, TriedOnAndSettled)]
    assert (len(stands), await shop.intended(made)) == (1, [("refund", CHEAP, "returned")])
    undone = await asyncio.gather(
        *(undo(shop, sam, one) for one in commands if one.id == stands[0].hand_over.id),
        shop.perform(PutAwayUnit(id=new_id(), location=LYON, code=DERBY), sam.person),
        return_exceptions=True,
    )
    # Either it lies in the bag again or on its shelf, never both.
    assert sum(isinstance(one, Refusal) for one in undone) == 1
    assert (await shop.figures())[0] in (3, 1)

"""A return: what came back is counted at once, is for sale when it is on its shelf, and its money is intended to the cent."""

from collections.abc import Awaitable
from typing import Any
from uuid import UUID

import pytest

from comptoir.kit.actor import Actor
from comptoir.kit.errors import Refusal
from comptoir.kit.ids import new_id
from comptoir.returns.model import (
    PutAwayUnit,
    ReturnSettled,
    Taken,
    TakeReturn,
)
from tests.hands import Handheld, Shop, staged
from tests.world import DERBY, LYON, Line, order

pytestmark = pytest.mark.anyio

PRICE = 12900
BOSS = Actor("boss", "store_manager", (LYON,))


async def sold(shop: Shop, sam: Handheld, *lines: Line, **more: Any) -> UUID:
    """An order that was handed over a minute ago."""
    made, work = await staged(shop, sam, order(*lines, **more))
    await sam.hand_over(made, work)
    return made


def taken(line: int = 1, quantity: int = 1, condition: Any = "as_new", **more: Any) -> Taken:
    return Taken(line=line, quantity=quantity, condition=condition, **more)


async def take(shop: Shop, hand: Handheld, made: UUID, *units: Taken, **more: Any) -> ReturnSettled:
    command = TakeReturn(id=new_id(), location=hand.place, order=made, units=units or (taken(),), **more)
    settled: ReturnSettled = await shop.perform(command, hand.person, ReturnSettled)
    return settled


async def refused(code: str, doing: Awaitable[Any]) -> None:
    with pytest.raises(Refusal, match=code):
        await doing


async def test_at_the_counter_one_command_opens_receives_inspects_and_settles(shop: Shop) -> None:
    await shop.receive(2)
    sam = await shop.handheld()
    made = await sold(shop, sam)
    assert await shop.figures() == (1, 0, 0, 0)
    settled = await take(shop, sam, made)
    assert (settled.status, settled.given_minor, settled.refund, settled.refund_minor) == (
        "settled",
        PRICE,
        "refund",
        PRICE,
    )
    assert await shop.figures() == (1, 0, 0, 1)
    assert await shop.intended(made) == [("refund", PRICE, "returned")]
    assert (await shop.told(made))[-4:] == ["return.opened", "return.received", "return.inspected", "return.settled"]
    placed = await shop.perform(PutAwayUnit(id=new_id(), location=LYON, code=DERBY), sam.person)
    assert (placed["state"], placed["left"]) == ("placed", 0)
    assert await shop.figures() == (2, 0, 0, 0)
    await refused("already_returned", take(shop, sam, made))
    await refused("nothing_to_shelve", shop.perform(PutAwayUnit(id=new_id(), location=LYON, code=DERBY), sam.person))

"""I4: whatever comes back, in whatever order and however many at once, its money comes to what was paid, to the cent, and never above.

COMPTOIR_LONG=1 tries three hundred customers instead of sixteen.
"""

import asyncio
import os
import random
from collections import Counter
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comptoir.kit.actor import Actor
from comptoir.kit.errors import Outage, Refusal
from comptoir.kit.ids import new_id
from comptoir.kit.money import vat_on
from comptoir.orders.canceling import share_of
from comptoir.orders.model import PlaceOrder
from comptoir.returns.accessories import Accessory, PutAccessories
from comptoir.returns.model import (
    Apart,
    Coming,
    GiveBack,
    InspectReturn,
    Looked,
    OpenReturn,
    Permission,
    Replacement,
    ReturnSettled,
    SettleReturn,
    Settling,
    Taken,
    TakeReturn,
)
from comptoir.returns.policy import DEFAULT, DeliveryRate
from comptoir.returns.refunding import Fee, delivery_minor, free_places, gross_shares, unit_minor, within
from tests.flows.test_return_verdicts import hold
from tests.hands import Shop, staged
from tests.world import BOWL, CUP, DERBY, LYON, TABLE_SET, TOWEL, WINE, Line, order

BOSS = Actor("boss", "store_manager", (LYON,))
ALLOWED = Permission("everything may be tried here")
SOLD = (DERBY, BOWL, CUP, WINE, TOWEL, TABLE_SET)
OFFICE = Actor("odile", "head_office", None)
JOURNEYS = 300 if os.environ.get("COMPTOIR_LONG") else 16
KEPT = 350
"""What is kept of a unit that came without its leaflet."""


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.integers(0, 5000), min_size=1, max_size=4), st.integers(0, 999), st.integers(1, 9),
    st.lists(st.tuples(st.sampled_from(["cancel", "return", "undo"]), st.integers(1, 4)), max_size=20),
)  # fmt: skip
def test_canceled_and_returned_units_never_share_a_cent_and_all_of_them_come_to_the_price(
    shares: list[int], vat_beside: int, quantity: int, steps: list[tuple[str, int]]
) -> None:
    gross = gross_shares(sum(shares), vat_beside, shares)
    assert sum(gross) == sum(shares) + vat_beside
    share = gross[0]
    canceled, back, taken = 0, 0, [*range(0)]
    for kind, units in steps:
        if (
            kind == "cancel"
            and canceled + len(taken) + units <= quantity
            and max(taken, default=-1) < quantity - canceled - units
        ):
            back += share_of(share, quantity, canceled, units)
            canceled += units
        elif kind == "return":
            taken += free_places(taken, quantity - canceled, units) or []
        elif kind == "undo" and taken:
            taken.remove(taken[units % len(taken)])
        money = back + sum(unit_minor(share, quantity, nth) for nth in taken)
        assert len(set(taken)) == len(taken) <= quantity - canceled
        assert money <= share
    rest = free_places(taken, quantity - canceled, quantity - canceled - len(taken)) or []
    assert back + sum(unit_minor(share, quantity, nth) for nth in [*taken, *rest]) == share


@given(
    st.integers(0, 2000),
    st.integers(0, 2000),
    st.lists(st.none() | st.integers(0, 2500), max_size=5),
    st.dictionaries(st.integers(1, 9), st.integers(0, 900)),
)
def test_the_delivery_is_given_back_once_and_nothing_goes_above_what_is_left(
    paid: int, standard: int, kept: list[int | None], wanted: dict[int, int]
) -> None:
    given_minor = 0
    for would_cost in kept:
        back = delivery_minor(Fee(paid, given_minor, standard), kept=True, kept_fee_minor=would_cost)
        assert back >= 0 and (would_cost is None or back == max(0, min(paid - would_cost, standard) - given_minor))
        assert would_cost is not None or back == 0
        given_minor += back
    for _ in range(2):
        given_minor += delivery_minor(Fee(paid, given_minor, standard), kept=False)
    assert given_minor == min(paid, standard)
    lines = within(wanted, paid)
    assert sum(lines.values()) == min(paid, sum(wanted.values())) and all(lines[n] <= wanted[n] for n in wanted)


def beside(placed: PlaceOrder) -> PlaceOrder:
    """The same order from a shop that adds VAT at the end."""
    lines = tuple(
        msgspec.structs.replace(one, vat_minor=vat_on(one.total_minor, one.vat_rate_bp)) for one in placed.lines
    )
    shipping_vat = vat_on(placed.shipping_minor, 2000)
    vat = sum(one.vat_minor for one in lines) + shipping_vat
    total = sum(one.total_minor for one in lines) + placed.shipping_minor + vat
    return msgspec.structs.replace(
        placed, lines=lines, vat_minor=vat, shipping_vat_minor=shipping_vat, total_minor=total, prices_include_vat=False,
        payment=msgspec.structs.replace(placed.payment, amount_minor=total),
    )  # fmt: skip


class Customer:
    """Somebody who brings things back at random, and what they were given for it."""

    def __init__(self, shop: Shop, made: PlaceOrder, dice: random.Random) -> None:
        self.shop, self.made, self.dice = shop, made, dice
        self.given, self.kept = 0, 0
        self.of: dict[tuple[int, int], str] = {}

    async def left(self) -> list[tuple[int, int]]:
        """(line, part) of each unit that is still with the customer."""
        rows = await self.shop.connection.fetch(
            "SELECT r.line, r.part, r.sku, r.quantity - (SELECT count(*) FROM rma_unit u WHERE u.order_id = r.order_id AND u.line = r.line AND u.part = r.part"
            " AND u.state NOT IN ('given_back', 'missing', 'canceled')) AS units FROM requirement r WHERE r.order_id = $1", self.made.id,
        )  # fmt: skip
        self.of = {(row["line"], row["part"]): row["sku"] for row in rows}
        return [(row["line"], row["part"]) for row in rows for _ in range(row["units"])]

    def some(self, units: list[tuple[int, int]]) -> tuple[Taken, ...]:
        chosen = Counter(self.dice.sample(units, self.dice.randint(1, min(3, len(units)))))
        return tuple(
            Taken(line=line, part=part, quantity=n, condition="as_new", absent=self.missing(line, part))
            for (line, part), n in chosen.items()
        )

    def missing(self, line: int, part: int) -> tuple[str, ...]:
        return ("leaflet",) if self.of[line, part] in (DERBY, CUP) and self.dice.random() < 0.4 else ()

    def wish(self) -> Settling:
        """One wish for all of them; half of the time some of them get something else."""
        kind = self.dice.choice(["refund", "refund", "credit", "even", "other"])
        if kind == "other":
            return Settling(
                "exchange", (Replacement(CUP),), self.dice.choice(["refund", "credit"]), till_reference=f"T-{new_id()}"
            )
        return Settling("exchange", (Replacement(DERBY),)) if kind == "even" else Settling(kind)  # type: ignore[arg-type]

    def apart(self, units: tuple[Taken, ...], wish: Settling) -> tuple[Taken, ...]:
        ways: list[Any] = ["refund", "credit", None] + (["exchange"] if wish.exchange else [])
        if self.dice.random() < 0.5:
            return units
        return tuple(msgspec.structs.replace(one, wish=self.dice.choice(ways)) for one in units)

    async def bring(self, units: tuple[Taken, ...], wish: Settling) -> None:
        units = self.apart(units, wish)
        command = TakeReturn(
            id=new_id(), location=LYON, order=self.made.id, units=units, settling=wish, permission=ALLOWED
        )
        settled = await self.shop.perform(command, BOSS, ReturnSettled)
        assert settled.withheld_minor == 0
        assert settled.given_minor == settled.refund_minor + settled.credit_minor + settled.exchange_minor
        by_way = Counter[str]()
        for unit in settled.units:
            by_way[unit.wish or ""] += unit.refund_minor
            assert unit.kept_minor == (min(KEPT, unit.paid_minor) if unit.absent else 0)
            assert unit.refund_minor + unit.kept_minor == unit.paid_minor
        # Each way gets its own units and nothing of the others'; the delivery and what is left of an exchange come on top.
        rest = by_way["exchange"] - settled.exchange_minor
        assert settled.refund_minor >= by_way["refund"] and settled.credit_minor >= by_way["credit"]
        extra = settled.refund_minor - by_way["refund"] + settled.credit_minor - by_way["credit"]
        assert extra == rest + settled.delivery_minor
        assert settled.exchange_minor <= by_way["exchange"] + settled.delivery_minor
        self.given += settled.given_minor
        self.kept += settled.kept_minor

    async def change_her_mind(self, units: tuple[Taken, ...]) -> None:
        """Announced, looked at, and taken home again."""
        coming = tuple(Coming(line=one.line, part=one.part, quantity=one.quantity) for one in units)
        opened = OpenReturn(id=new_id(), order=self.made.id, location=LYON, units=coming, permission=ALLOWED)
        count = sum(one.quantity for one in units)
        await self.shop.perform(opened, BOSS)
        looks = tuple(Looked(n, "opened") for n in range(1, count + 1))
        await self.shop.perform(InspectReturn(id=new_id(), rma=opened.id, location=LYON, units=looks), BOSS)
        await self.shop.perform(
            GiveBack(id=new_id(), rma=opened.id, units=tuple(range(1, count + 1)), why="she keeps it"), BOSS
        )


@pytest.mark.anyio
@pytest.mark.parametrize("seed", range(JOURNEYS))
async def test_whatever_comes_back_in_whatever_order_all_of_it_comes_to_what_was_paid(shop: Shop, seed: int) -> None:
    dice = random.Random(seed)
    leaflet = Accessory("leaflet", "notice", "leaflet", KEPT)
    for sku in (DERBY, CUP):
        await shop.perform(PutAccessories(new_id(), "sku", sku, (leaflet,)), OFFICE)
    for sku in (DERBY, BOWL, CUP, WINE, TOWEL):
        await shop.receive(60, sku)
    sam = await shop.handheld()
    lines = [
        Line(dice.choice(SOLD), dice.randint(1, 3), LYON, dice.randint(100, 9_999)) for _ in range(dice.randint(1, 4))
    ]
    lines = [
        msgspec.structs.replace(one, discount_minor=dice.randint(0, (one.price_minor or 0) * one.quantity // 2))
        for one in lines
    ]
    made = order(*lines, shipping_minor=dice.choice([0, 490, 991]))
    if seed % 3 == 2:
        made = beside(made)
    if seed % 2:
        # What stays would have cost less and less to deliver: the delivery comes back in steps, and all of it once.
        rates = (DeliveryRate(290, up_to_minor=5_000), DeliveryRate(490, up_to_minor=20_000), DeliveryRate(790))
        await hold(shop, msgspec.structs.replace(DEFAULT, delivery_rates=rates))
    _, work = await staged(shop, sam, made)
    await sam.hand_over(made.id, work, age_checked=True)
    her = Customer(shop, made, dice)
    while units := await her.left():
        if dice.random() < 0.2:
            await her.change_her_mind(her.some(units))
        await her.bring(her.some(units), her.wish())
        assert her.given + her.kept <= made.total_minor
    assert her.given + her.kept == made.total_minor
    paid = await shop.connection.fetchval(
        "SELECT (SELECT coalesce(sum(amount_minor), 0) FROM payment_intention WHERE order_id = $1 AND kind = 'refund')"
        " + (SELECT coalesce(sum(amount_minor), 0) FROM store_credit WHERE order_id = $1)"
        " + (SELECT coalesce(sum(p.amount_minor), 0) FROM rma r JOIN payment p ON p.reference = r.number WHERE r.order_id = $1)", made.id,
    )  # fmt: skip
    assert paid == her.given
    assert await shop.breaches() == []


async def at_once(shop: Shop, commands: list[Any]) -> Counter[str]:
    """All of them at the same moment: how often each was done, or refused with which word. Told to come again, everybody does."""

    async def one(command: Any) -> str:
        while True:
            try:
                await shop.runner.perform(command, BOSS)
                return "done"
            except Outage:
                await asyncio.sleep(0.05)
            except Refusal as refusal:
                return refusal.code

    return Counter(await asyncio.gather(*map(one, commands)))


@pytest.mark.anyio
async def test_of_fifty_returns_at_once_exactly_those_pass_that_there_are_units_for(shop: Shop) -> None:
    await shop.receive(20)
    sam = await shop.handheld()
    made = order(Line(DERBY, 20, price_minor=999, discount_minor=7))
    _, work = await staged(shop, sam, made)
    await sam.hand_over(made.id, work)
    unit = (Taken(line=1, condition="as_new"),)
    told = await at_once(shop, [TakeReturn(id=new_id(), location=LYON, order=made.id, units=unit) for _ in range(50)])
    assert told == {"done": 20, "already_returned": 30}
    assert sum(amount for _, amount, _ in await shop.intended(made.id)) == made.total_minor
    assert await shop.figures() == (0, 0, 0, 20)


@pytest.mark.anyio
async def test_of_fifty_who_bring_two_and_want_money_for_one_and_credit_for_the_other_each_gets_its_own(
    shop: Shop,
) -> None:
    await shop.receive(20)
    sam = await shop.handheld()
    made = order(Line(DERBY, 20, price_minor=999, discount_minor=7))
    _, work = await staged(shop, sam, made)
    await sam.hand_over(made.id, work)
    pair = (Taken(line=1, quantity=2, condition="as_new"),)
    mixed = Settling(apart=(Apart(2, "credit"),))
    told = await at_once(
        shop,
        [TakeReturn(id=new_id(), location=LYON, order=made.id, units=pair, settling=mixed) for _ in range(50)],
    )
    assert told == {"done": 10, "already_returned": 40}
    refunds = [amount for _, amount, _ in await shop.intended(made.id)]
    credits = [row[0] for row in await shop.connection.fetch("SELECT amount_minor FROM store_credit")]
    assert (len(refunds), len(credits)) == (10, 10)
    assert sum(refunds) + sum(credits) == made.total_minor
    assert await shop.breaches() == []


@pytest.mark.anyio
async def test_of_fifty_who_settle_the_same_returns_at_once_each_return_is_settled_by_one(shop: Shop) -> None:
    await shop.receive(5)
    sam = await shop.handheld()
    made = order(Line(DERBY, 5, price_minor=1001, discount_minor=2))
    _, work = await staged(shop, sam, made)
    await sam.hand_over(made.id, work)
    returns: list[UUID] = []
    for _ in range(5):
        opened = OpenReturn(id=new_id(), order=made.id, location=LYON, units=(Coming(line=1),))
        await shop.perform(opened, BOSS)
        await shop.perform(InspectReturn(id=new_id(), rma=opened.id, location=LYON, units=(Looked(1, "as_new"),)), BOSS)
        returns.append(opened.id)
    told = await at_once(shop, [SettleReturn(id=new_id(), rma=returns[n % 5]) for n in range(50)])
    assert told == {"done": 5, "not_now": 45}
    assert sum(amount for _, amount, _ in await shop.intended(made.id)) == made.total_minor

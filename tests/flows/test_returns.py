"""A return: what came back is counted at once, is for sale when it is on its shelf, and its money is intended to the cent."""

from collections.abc import Awaitable
from typing import Any
from uuid import UUID

import msgspec
import pytest

from comptoir.catalog.model import BlockSku
from comptoir.flows.lapse_returns import clear_pictures, lapse_returns
from comptoir.flows.settle_return import with_code
from comptoir.kit.actor import SYSTEM, Actor
from comptoir.kit.errors import Refusal
from comptoir.kit.ids import digest, new_id
from comptoir.orders.model import CancelOrder
from comptoir.payments.recording import RecordPayment
from comptoir.returns.accessories import Accessory, PutAccessories
from comptoir.returns.credit import credit_code
from comptoir.returns.model import (
    Apart,
    CancelReturn,
    Coming,
    DeclineReturn,
    FinishReturn,
    GiveBack,
    InspectReturn,
    Less,
    Looked,
    Noticed,
    OpenReturn,
    Permission,
    PutAwayUnit,
    ReceiveReturn,
    Replacement,
    ReturnSettled,
    ReturnStands,
    SendAwayUnit,
    SettleReturn,
    Settling,
    Taken,
    TakeReturn,
    UseCredit,
    Withdraw,
)
from comptoir.returns.policy import DEFAULT, Goodwill
from tests.flows.test_return_verdicts import hold
from tests.hands import Handheld, Shop, staged
from tests.world import BOWL, CONFLUENCE, CUP, DERBY, DERBY_38, LYON, NOUR, TABLE_SET, WINE, Line, order

pytestmark = pytest.mark.anyio

PRICE = 12900
BOSS = Actor("boss", "store_manager", (LYON,))
OFFICE = Actor("odile", "head_office", None)
CABLE = Accessory("cable", "câble", "cable", 1500)


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


async def test_announced_from_home_it_is_received_looked_at_and_settled_in_another_store(shop: Shop) -> None:
    await shop.receive(2)
    sam = await shop.handheld()
    made = await sold(shop, sam, Line(DERBY, 2))
    customer = Actor(f"customer:{made}", "customer", None)
    opened = OpenReturn(id=new_id(), order=made, origin="home", method="postal", units=(Coming("too_small", 2, 1),))
    told: ReturnStands = await shop.perform(opened, customer, ReturnStands)
    assert (told.status, [unit.paid_minor for unit in told.units]) == ("requested", [PRICE, PRICE])
    assert told.number.startswith("R-") and len(told.number) == 8
    nour = await shop.handheld(CONFLUENCE, NOUR)
    await shop.perform(ReceiveReturn(id=new_id(), rma=opened.id, location=CONFLUENCE), nour.person)
    assert await shop.figures(at=CONFLUENCE) == (0, 0, 0, 0)
    settle = SettleReturn(id=new_id(), rma=opened.id)
    await refused("not_now", shop.perform(settle, nour.person))
    look = InspectReturn(id=new_id(), rma=opened.id, location=CONFLUENCE, units=(Looked(1, "as_new"),))
    told = await shop.perform(look, nour.person, ReturnStands)
    assert (told.status, await shop.figures(at=CONFLUENCE)) == ("received", (0, 0, 0, 1))
    finish = FinishReturn(
        id=new_id(), rma=opened.id, location=CONFLUENCE, units=(Looked(2, "opened", lacks="lacets"),), permission=None
    )
    await refused(
        "permission_needed", shop.perform(finish, nour.person)
    )  # two pairs cost more than an associate settles
    boss = Permission("loyal customer")
    leader = Actor("boss", "store_manager", (CONFLUENCE,))
    settled: ReturnSettled = await shop.perform(
        FinishReturn(id=new_id(), rma=opened.id, location=CONFLUENCE, units=finish.units, permission=boss),
        leader,
        ReturnSettled,
    )
    assert (settled.refund_minor, [unit.disposition for unit in settled.units]) == (2 * PRICE, ["shelf", "mark_down"])
    assert await shop.figures(at=CONFLUENCE) == (0, 0, 0, 2)
    kept = await shop.connection.fetchrow("SELECT by_permission, permitted_who, location FROM rma")
    assert tuple(kept) == ("loyal customer", "boss", CONFLUENCE)
    assert await shop.intended(made) == [("refund", 2 * PRICE, "returned")]


async def test_of_a_kit_one_part_comes_back_at_its_share_and_the_rest_later_to_the_cent(shop: Shop) -> None:
    await shop.receive(2, BOWL)
    await shop.receive(2, CUP)
    sam = await shop.handheld()
    made = await sold(shop, sam, Line(TABLE_SET, price_minor=7777, discount_minor=1))
    shares = dict(
        await shop.connection.fetch("SELECT part, share_minor FROM requirement WHERE order_id = $1 ORDER BY part", made)
    )
    one = await take(shop, sam, made, Taken(line=1, part=1, condition="as_new"))
    assert one.given_minor == shares[1] - shares[1] // 2
    await refused("already_returned", take(shop, sam, made, taken(1)))
    rest = await take(
        shop, sam, made, Taken(line=1, part=2, quantity=2, condition="as_new"), Taken(sku=BOWL, condition="as_new")
    )
    assert (one.given_minor + rest.given_minor, await shop.figures(BOWL), await shop.figures(CUP)) == (
        7776, (0, 0, 0, 2), (0, 0, 0, 2),
    )  # fmt: skip


async def test_what_is_refused_goes_home_again_and_may_come_back_another_day(shop: Shop) -> None:
    await shop.receive(2)
    sam = await shop.handheld()
    made = await sold(shop, sam, Line(DERBY, 2))
    opened = OpenReturn(id=new_id(), order=made, location=LYON, units=(Coming(quantity=2, line=1),))
    await shop.perform(opened, sam.person)
    looks = (Looked(1, "as_new"), Looked(2, "damaged"))
    await shop.perform(InspectReturn(id=new_id(), rma=opened.id, location=LYON, units=looks), sam.person)
    assert await shop.figures() == (0, 0, 0, 2)
    back = GiveBack(id=new_id(), rma=opened.id, units=(2,), why="worn")
    told = await shop.perform(back, sam.person, ReturnStands)
    assert (told.status, await shop.figures()) == ("inspected", (0, 0, 0, 1))
    settled = await shop.perform(SettleReturn(id=new_id(), rma=opened.id), sam.person, ReturnSettled)
    assert settled.given_minor == PRICE
    again = await take(shop, sam, made)
    assert again.given_minor == PRICE
    await refused("not_now", shop.perform(GiveBack(id=new_id(), rma=opened.id, units=(1,), why="x"), sam.person))


async def test_what_was_missing_and_comes_after_all_is_another_unit_when_its_place_is_taken(shop: Shop) -> None:
    await shop.receive(3)
    sam = await shop.handheld()
    made = await sold(shop, sam, Line(DERBY, 3, price_minor=3333, discount_minor=2))
    opened = OpenReturn(id=new_id(), order=made, location=LYON, units=(Coming(quantity=2, line=1),))
    await shop.perform(opened, sam.person)
    await shop.perform(ReceiveReturn(id=new_id(), rma=opened.id, location=LYON, missing=(1,)), sam.person)
    other = await take(shop, sam, made)
    looks = (Looked(1, "as_new"), Looked(2, "as_new"))
    finish = FinishReturn(id=new_id(), rma=opened.id, location=LYON, units=looks)
    settled = await shop.perform(finish, sam.person, ReturnSettled)
    assert settled.given_minor + other.given_minor == 9997
    assert sorted(unit.nth for unit in (*settled.units, *other.units)) == [0, 1, 2]


async def test_what_is_canceled_or_declined_frees_its_units_and_no_other_store_decides_about_them(shop: Shop) -> None:
    await shop.receive(1)
    sam = await shop.handheld()
    made = await sold(shop, sam)
    coming = (Coming(line=1),)
    first = OpenReturn(id=new_id(), order=made, location=LYON, units=coming)
    await shop.perform(first, sam.person)
    await refused("already_returned", shop.perform(OpenReturn(id=new_id(), order=made, units=coming), sam.person))
    await shop.perform(CancelReturn(id=new_id(), rma=first.id), Actor(f"customer:{made}", "customer", None))
    second = OpenReturn(id=new_id(), order=made, location=LYON, units=coming)
    await shop.perform(second, sam.person)
    look = InspectReturn(id=new_id(), rma=second.id, location=LYON, units=(Looked(1, "as_new"),))
    await shop.perform(look, sam.person)
    nour = await shop.handheld(CONFLUENCE, NOUR)
    decline = DeclineReturn(id=new_id(), rma=second.id, why="not ours")
    await refused("return_not_found", shop.perform(decline, nour.person))
    await refused("not_now", shop.perform(CancelReturn(id=new_id(), rma=second.id), sam.person))
    told = await shop.perform(decline, sam.person, ReturnStands)
    assert (told.status, await shop.figures()) == ("declined", (0, 0, 0, 0))
    stranger = Actor(f"customer:{new_id()}", "customer", None)
    await refused("order_not_found", shop.perform(CancelReturn(id=new_id(), rma=second.id), stranger))


async def test_a_unit_leaves_only_for_what_it_was_meant_and_is_destroyed_only_with_a_reason_and_proof(
    shop: Shop,
) -> None:
    await shop.receive(3)
    sam = await shop.handheld()
    made = await sold(shop, sam, Line(DERBY, 3, price_minor=4000))
    to = ("shelf", "vendor", "destroy")
    settled = await take(shop, sam, made, *(taken(disposition=one) for one in to))
    away = [SendAwayUnit(id=new_id(), rma=settled.id, n=n, to="atelier") for n in (1, 2, 3)]
    await refused("not_for_leaving", shop.perform(away[0], sam.person))
    await shop.perform(away[1], sam.person)
    await refused("role_lacks_right", shop.perform(away[2], sam.person))
    await refused("destroy_needs_proof", shop.perform(away[2], BOSS))
    proof = SendAwayUnit(id=new_id(), rma=settled.id, n=3, reason="irreparable", proof="PV 12")
    await shop.perform(proof, BOSS)
    assert await shop.figures() == (0, 0, 0, 1)
    await shop.perform(BlockSku(new_id(), DERBY, "sharp edge"), SYSTEM)
    shelve = PutAwayUnit(id=new_id(), location=LYON, code=DERBY)
    await refused("recalled", shop.perform(shelve, sam.person))
    await refused(
        "unknown_code", shop.perform(PutAwayUnit(id=new_id(), location=LYON, code="4006381333931"), sam.person)
    )
    assert await shop.figures() == (0, 0, 0, 1)


async def test_another_size_costs_nothing_and_is_work_at_this_store_paid_with_what_came_back(shop: Shop) -> None:
    await shop.receive(1)
    await shop.receive(1, DERBY_38)
    sam = await shop.handheld()
    made = await sold(shop, sam, Line(DERBY, discount_minor=900))
    swap = Settling("exchange", (Replacement(DERBY_38),))
    settled = await take(shop, sam, made, settling=swap)
    assert (settled.exchange_minor, settled.due_minor, settled.refund_minor, settled.credit_minor) == (
        PRICE - 900,
        0,
        0,
        0,
    )
    assert await shop.intended(made) == []
    assert settled.exchange is not None and await shop.progress(settled.exchange) == "accepted"
    paid = await shop.connection.fetchrow(
        "SELECT provider, reference, state, captured_minor FROM payment WHERE order_id = $1", settled.exchange
    )
    assert tuple(paid) == ("exchange", settled.number, "captured", PRICE - 900)
    work = await shop.connection.fetchval("SELECT id FROM work WHERE order_id = $1", settled.exchange)
    await sam.start(work)
    await sam.pick(work)
    await sam.stage(work, "B:102")
    await sam.hand_over(settled.exchange, work, "B:102")
    assert await shop.figures(DERBY_38) == (0, 0, 0, 0)
    # What pays an exchange lies where it was captured: brought back, it is refunded there.
    again = await take(shop, sam, settled.exchange)
    assert (again.given_minor, again.refund) == (PRICE - 900, "refund")
    assert (await shop.intended(settled.exchange), await shop.intended(made)) == (
        [],
        [("refund", PRICE - 900, "returned")],
    )


async def test_an_exchange_that_is_not_even_asks_for_the_difference_or_gives_it_back(shop: Shop) -> None:
    await shop.receive(3)
    await shop.receive(30, BOWL)
    sam = await shop.handheld()
    bowl = await shop.connection.fetchval("SELECT price_minor FROM sku WHERE sku = $1", BOWL)
    made = await sold(shop, sam, Line(DERBY, 3))
    less = await take(shop, sam, made, settling=Settling("exchange", (Replacement(BOWL),)))
    assert (less.exchange_minor, less.refund_minor) == (bowl, PRICE - bowl)
    many = PRICE // bowl + 1
    more = Settling("exchange", (Replacement(BOWL, many),))
    asked = await take(shop, sam, made, settling=more)
    assert (asked.due_minor, asked.exchange_minor, asked.refund) == (many * bowl - PRICE, PRICE, None)
    assert asked.exchange is not None and asked.due_reference is not None
    assert await shop.progress(asked.exchange) == "held"
    told = RecordPayment(new_id(), asked.exchange, asked.due_reference, "captured", asked.due_minor, "stripe")
    await shop.perform(told, SYSTEM)
    assert await shop.progress(asked.exchange) == "accepted"
    till = Settling("exchange", (Replacement(BOWL, many),), till_reference="T-4711")
    paid = await take(shop, sam, made, settling=till)
    assert paid.exchange is not None and await shop.progress(paid.exchange) == "accepted"
    # Given up again, what came back is money, and what the till took goes back as its own.
    await shop.perform(CancelOrder(new_id(), paid.exchange, "changed her mind"), SYSTEM)
    assert await shop.intended(paid.exchange) == [("refund", many * bowl - PRICE, "canceled")]
    assert sorted(await shop.intended(made)) == [("refund", PRICE - bowl, "returned"), ("refund", PRICE, "canceled")]


async def test_of_an_exchange_only_what_came_back_does_not_pay_is_captured(shop: Shop) -> None:
    await shop.receive(4)
    sam = await shop.handheld()
    made = await sold(shop, sam, Line(DERBY, price_minor=10000))
    asked = await take(shop, sam, made, settling=Settling("exchange", (Replacement(DERBY, 2),)))
    assert asked.exchange is not None and asked.due_minor == PRICE
    told = RecordPayment(new_id(), asked.exchange, asked.due_reference or "", "authorized", asked.due_minor, "stripe")
    await shop.perform(told, SYSTEM)
    work = await shop.connection.fetchval("SELECT id FROM work WHERE order_id = $1", asked.exchange)
    await sam.start(work)
    await sam.pick(work, 2)
    await sam.stage(work, "B:103")
    await sam.hand_over(asked.exchange, work, "B:103")
    assert await shop.intended(asked.exchange) == [("capture", PRICE, "handed_over")]


async def test_goods_that_are_not_there_leave_the_whole_return_as_it_was(shop: Shop) -> None:
    await shop.receive(1)
    sam = await shop.handheld()
    made = await sold(shop, sam)
    await refused(
        "not_enough|shortage|short", take(shop, sam, made, settling=Settling("exchange", (Replacement(DERBY_38),)))
    )
    assert (await shop.count("rma"), await shop.figures(), await shop.intended(made)) == (0, (0, 0, 0, 0), [])


async def test_a_gift_is_credited_to_whoever_brings_it_and_no_money_goes_to_the_buyer(shop: Shop) -> None:
    await shop.receive(1)
    sam = await shop.handheld()
    made = await sold(shop, sam)
    await refused("gift_gets_no_refund", take(shop, sam, made, gift=True))
    settled = await take(shop, sam, made, gift=True, settling=Settling("credit"))
    code = credit_code(shop.seal, settled.id)
    kept = await shop.connection.fetchval("SELECT string_agg(convert_from(answer, 'UTF8'), '') FROM command")
    assert (with_code(settled, shop.seal).credit, code in kept) == (code, False)
    assert (settled.credit_minor, await shop.intended(made)) == (PRICE, [])
    row = await shop.connection.fetchrow("SELECT code_hash, amount_minor, left_minor FROM store_credit")
    assert tuple(row) == (digest(code), PRICE, PRICE)
    typed = " ".join(code[at : at + 4] for at in range(0, 26, 4)).lower()
    sale = UseCredit(id=new_id(), code=typed, amount_minor=2900, reference="T-1")
    assert [(await shop.perform(sale, sam.person))["left_minor"] for _ in range(2)] == [PRICE - 2900] * 2
    for wrong, minor, word in (
        (typed, PRICE, "credit_too_small"),
        (typed, -3000, "credit_too_full"),
        ("0" * 26, 1, "credit_not_found"),
    ):
        await refused(
            word, shop.perform(UseCredit(id=new_id(), code=wrong, amount_minor=minor, reference="T-1"), sam.person)
        )
    undone = UseCredit(id=new_id(), code=typed, amount_minor=-900, reference="T-1")
    assert (await shop.perform(undone, sam.person))["left_minor"] == PRICE - 2000
    assert all(
        row[0] for row in await shop.connection.fetch("SELECT (body->>'gift')::boolean FROM event WHERE body ? 'gift'")
    )


async def test_without_a_receipt_a_manager_permits_with_a_reason_within_a_limit_and_never_for_money(shop: Shop) -> None:
    sam = await shop.handheld()

    def blind(sku: str = CUP, **more: Any) -> TakeReturn:
        return TakeReturn(id=new_id(), location=LYON, units=(Taken(sku=sku, condition="as_new"),), **more)

    await refused("permission_needed", shop.perform(blind(), sam.person))
    why = Permission("known customer")
    await refused("role_lacks_right", shop.perform(blind(permission=why), sam.person))
    await refused("no_payment_to_refund", shop.perform(blind(permission=why), BOSS))
    credit = Settling("credit")
    await refused("over_limit", shop.perform(blind(DERBY, permission=why, settling=credit), BOSS))
    settled = await shop.perform(blind(permission=why, settling=credit), BOSS, ReturnSettled)
    cup = await shop.connection.fetchval("SELECT price_minor FROM sku WHERE sku = $1", CUP)
    assert (settled.credit_minor, settled.order, await shop.figures(CUP)) == (cup, None, (0, 0, 0, 1))


async def test_too_late_for_the_law_and_the_policy_somebody_permits_it_or_it_stays(shop: Shop) -> None:
    await shop.receive(1)
    sam = await shop.handheld()
    made = await sold(shop, sam)
    shop.clock.advance(hours=24 * 45)
    await refused("permission_needed", take(shop, sam, made))
    nobody = Permission("she was ill", new_id())
    await refused("role_lacks_right", take(shop, sam, made, permission=nobody))
    command = TakeReturn(id=new_id(), location=LYON, order=made, units=(taken(),), permission=Permission("she was ill"))
    settled = await shop.perform(command, BOSS, ReturnSettled)
    assert settled.given_minor == PRICE


async def test_used_beyond_trying_its_worth_is_lowered_and_as_new_it_is_not(shop: Shop) -> None:
    await shop.receive(2)
    sam = await shop.handheld()
    made = await sold(shop, sam, Line(DERBY, 2, price_minor=5000))
    less = Settling(less=(Less(1, 1500, "worn outdoors"),))
    await refused("not_to_be_lowered", take(shop, sam, made, settling=less))
    settled = await take(shop, sam, made, taken(condition="damaged"), settling=less)
    assert settled.given_minor == 3500
    await refused(
        "less_than_nothing",
        take(shop, sam, made, taken(condition="damaged"), settling=Settling(less=(Less(1, 5001, "x"),))),
    )


async def test_when_all_of_it_comes_back_the_delivery_does_too_and_when_part_stays_it_does_not(shop: Shop) -> None:
    await shop.receive(2)
    sam = await shop.handheld()
    made = await sold(shop, sam, Line(DERBY, 2, price_minor=5000), shipping_minor=490)
    customer = Actor(f"customer:{made}", "customer", None)
    await shop.perform(Withdraw(new_id(), made, (Noticed(1, 2),)), customer)
    first = await take(shop, sam, made)
    assert (first.given_minor, first.delivery_minor) == (5000, 0)
    shop.clock.advance(hours=24 * 20)  # The notice was in time: what follows it is by law.
    second = await take(shop, sam, made)
    assert (second.given_minor, second.delivery_minor) == (5490, 490)
    assert await shop.connection.fetchval("SELECT state FROM return_request") == "settled"
    assert sum(amount for _, amount, _ in await shop.intended(made)) == 10490


async def test_of_a_dearer_delivery_the_standard_fee_is_given_back_and_all_of_it_for_our_fault(shop: Shop) -> None:
    await shop.receive(2)
    sam = await shop.handheld()
    body = msgspec.json.encode(msgspec.structs.replace(DEFAULT, standard_delivery_minor=490)).decode()
    await shop.connection.execute(
        "INSERT INTO policy (kind, number, body, note, made_by, made_at, active_from) VALUES ('returns', 1, $1::jsonb, '', 'x', $2, $2)",
        body, shop.now,
    )  # fmt: skip
    for reason, delivery in (("too_small", 490), ("wrong_article", 990)):
        made = await sold(shop, sam, Line(DERBY, price_minor=5000), shipping_minor=990, service="express")
        assert (await take(shop, sam, made, taken(reason=reason))).delivery_minor == delivery


async def test_what_was_only_authorized_is_captured_for_less(shop: Shop) -> None:
    await shop.receive(2)
    sam = await shop.handheld()
    made = await sold(shop, sam, Line(DERBY, 2, price_minor=5000), paid="authorized")
    assert await shop.intended(made) == [("capture", 10000, "handed_over")]
    settled = await take(shop, sam, made, origin="hand_over")
    assert settled.refund == "void"
    assert sorted(await shop.intended(made)) == [("capture", 5000, "handed_over"), ("void", 5000, "returned")]
    await shop.connection.execute("UPDATE payment_intention SET state = 'sent' WHERE kind = 'capture'")
    await refused("payment_moving", take(shop, sam, made))


async def test_a_hand_over_is_not_undone_once_something_of_it_came_back(shop: Shop) -> None:
    await shop.receive(1)
    sam = await shop.handheld()
    made, work = await staged(shop, sam, order())
    handed = await sam.hand_over(made, work)
    await take(shop, sam, made, origin="hand_over")
    told = await sam.undo(handed)
    assert (told.outcome, told.problem) == ("applied_with_exception", "already_returned")
    assert await shop.figures() == (0, 0, 0, 1)


async def test_what_makes_no_sense_is_refused_and_nothing_is_written(shop: Shop) -> None:
    await shop.receive(1)
    await shop.receive(1, WINE)
    sam = await shop.handheld()
    made = await sold(shop, sam)
    waiting = (await shop.place(order(Line(WINE)))).id
    for code, doing in (
        ("line_or_sku", take(shop, sam, made, Taken(condition="as_new"))),
        ("unknown_line", take(shop, sam, made, taken(7))),
        ("not_of_order", take(shop, sam, made, Taken(sku=CUP, condition="as_new"))),
        ("already_returned", take(shop, sam, made, taken(quantity=2))),
        ("not_with_customer", take(shop, sam, waiting)),
        ("unknown_reason", take(shop, sam, made, taken(reason="bored"))),
        ("nothing_to_exchange", take(shop, sam, made, settling=Settling("exchange"))),
        ("unknown_sku", take(shop, sam, made, settling=Settling("exchange", (Replacement("NO-SUCH"),)))),
        ("order_not_found", take(shop, sam, new_id())),
        ("return_not_found", shop.perform(SettleReturn(id=new_id(), rma=new_id()), sam.person)),
    ):
        await refused(code, doing)
    assert (await shop.count("rma"), await shop.count("refund_line")) == (0, 0)


async def test_what_was_announced_and_never_came_ends_after_ninety_days_and_its_units_are_free(shop: Shop) -> None:
    sam = await shop.handheld()
    await shop.receive(4)
    made = await sold(shop, sam, Line(DERBY, 2))
    opened = [
        OpenReturn(id=new_id(), order=made, origin="home", method="store", units=(Coming("too_small", 1, 1),))
        for _ in range(2)
    ]
    for one in opened:
        await shop.perform(one, SYSTEM, ReturnStands)
    await shop.perform(ReceiveReturn(id=new_id(), rma=opened[1].id, location=LYON), BOSS, ReturnStands)
    shop.clock.advance(minutes=60 * 24 * 89)
    assert await lapse_returns(shop) == 0  # type: ignore[arg-type]
    shop.clock.advance(minutes=60 * 24 * 2)
    assert [await lapse_returns(shop) for _ in range(2)] == [1, 0]  # type: ignore[arg-type]
    states = await shop.connection.fetch("SELECT status FROM rma ORDER BY opened_at, id")
    assert sorted(row[0] for row in states) == ["canceled", "received"]
    assert await shop.breaches() == []


async def test_pictures_go_with_time_also_of_what_is_never_settled(shop: Shop) -> None:
    await shop.receive(2)
    sam = await shop.handheld()
    made = await sold(shop, sam, Line(DERBY, 2))
    waits, nothing = OpenReturn(id=new_id(), order=made, units=(Coming("too_small", 1, 1),)), new_id()
    await shop.perform(waits, BOSS, ReturnStands)
    settled = await take(shop, sam, made)
    for rma in (waits.id, nothing, settled.id):
        await shop.connection.execute(
            "INSERT INTO return_photo (id, rma, order_id, line, bytes, width, height, made_at) VALUES ($1, $2, $3, 1, 'x', 1, 1, $4)",
            new_id(), rma, made, shop.now,
        )  # fmt: skip

    async def left_after(days: int) -> list[str]:
        shop.clock.advance(hours=24 * days)
        await clear_pictures(shop)  # type: ignore[arg-type]
        names = {waits.id: "waits", nothing: "nothing", settled.id: "settled"}
        return sorted(names[row["rma"]] for row in await shop.connection.fetch("SELECT rma FROM return_photo"))

    assert await left_after(89) == ["nothing", "settled", "waits"]
    # Of a return that was never begun, and of one that is over; one that still waits keeps its own, and not for ever.
    assert await left_after(2) == ["waits"]
    assert await left_after(280) == []


async def test_of_one_return_one_is_refunded_another_exchanged_and_a_third_becomes_credit_at_once(shop: Shop) -> None:
    await shop.receive(4)
    await shop.receive(2, DERBY_38)
    sam = await shop.handheld()
    made = await sold(shop, sam, Line(DERBY, 4), shipping_minor=490)
    mixed = Settling(exchange=(Replacement(DERBY_38),), apart=(Apart(2, "exchange"),))
    command = TakeReturn(
        id=new_id(), location=LYON, order=made, units=(taken(quantity=2), taken(wish="credit")), settling=mixed,
        permission=Permission("three at once"),
    )  # fmt: skip
    settled: ReturnSettled = await shop.perform(command, BOSS, ReturnSettled)
    assert (settled.refund_minor, settled.exchange_minor, settled.credit_minor, settled.due_minor) == (
        PRICE,
        PRICE,
        PRICE,
        0,
    )
    assert [unit.wish for unit in settled.units] == ["refund", "exchange", "credit"]
    # Done once, however often it is asked for; and what was chosen twice is refused as a whole.
    again: ReturnSettled = await shop.perform(command, BOSS, ReturnSettled)
    assert (again, await shop.count("rma")) == (settled, 1)
    assert await shop.intended(made) == [("refund", PRICE, "returned")]
    for apart, why in (((Apart(1, "credit"),) * 2, "chosen_twice"), ((Apart(2, "credit"),), "unit_not_found")):
        await refused(why, take(shop, sam, made, settling=Settling(apart=apart)))
    assert await shop.count("rma") == 1
    # The last one: the delivery goes with the money, not with the credit.
    last = await take(shop, sam, made, settling=Settling("credit"))
    assert (last.credit_minor, last.delivery_minor) == (PRICE + 490, 490)
    assert await shop.breaches() == []


async def test_what_was_missing_is_kept_where_the_law_allows_it_and_lowers_where_the_unit_goes(shop: Shop) -> None:
    await shop.receive(4)
    sam = await shop.handheld()
    await shop.perform(PutAccessories(new_id(), "sku", DERBY, (CABLE,)), OFFICE)
    made = await sold(shop, sam, Line(DERBY, 4))
    cut = await take(shop, sam, made, taken(absent=("cable",)))
    assert (cut.given_minor, cut.kept_minor, cut.units[0].kept_minor) == (PRICE - 1500, 1500, 1500)
    assert (cut.units[0].disposition, cut.units[0].absent[0].fr) == ("mark_down", "câble")
    # Nobody can name it, or it is our own fault: nothing is kept, and it goes to no shelf all the same.
    for unit in (taken(absent=("other",)), taken(reason="defective", absent=("cable",))):
        told = await take(shop, sam, made, unit)
        assert (told.given_minor, told.kept_minor, told.units[0].disposition == "shelf") == (PRICE, 0, False)
    await refused("unknown_accessory", take(shop, sam, made, taken(absent=("charger",))))
    await refused("incomplete_not_for_shelf", take(shop, sam, made, taken(absent=("cable",), disposition="shelf")))
    # Nothing is kept where a manager says so, for a reason of the list: by PIN at the counter, or in their own name.
    last = taken(absent=("cable",))
    await refused("permission_needed", take(shop, sam, made, last, settling=Settling(waive=True)))
    for nothing_said in (Permission(), Permission(reason="other"), Permission(reason="never_heard_of")):
        code = "unknown_reason" if nothing_said.reason == "never_heard_of" else "permission_unsaid"
        asked = TakeReturn(
            id=new_id(),
            location=LYON,
            order=made,
            units=(last,),
            settling=Settling(waive=True),
            permission=nothing_said,
        )
        await refused(code, shop.perform(asked, BOSS))
    allowed = msgspec.structs.replace(asked, permission=Permission(reason="part_found"))
    given: ReturnSettled = await shop.perform(allowed, BOSS, ReturnSettled)
    assert (given.given_minor, given.kept_minor, given.units[0].absent[0].fr) == (PRICE, 0, "câble")
    why = await shop.connection.fetchrow(
        "SELECT permit_reason, by_permission, permitted_who FROM rma WHERE id = $1", given.id
    )
    assert tuple(why) == ("part_found", "", BOSS.who)
    assert (
        await shop.connection.fetchval(
            "SELECT body ->> 'waived_minor' FROM event WHERE kind = 'return.settled' ORDER BY seq DESC LIMIT 1"
        )
        == "1500"
    )
    # Head office words it anew, and what was settled says what was said then.
    await shop.perform(PutAccessories(new_id(), "sku", DERBY, ()), OFFICE)
    row = await shop.connection.fetchrow("SELECT absent, kept_minor FROM rma_unit WHERE rma = $1", cut.id)
    assert "câble" in row["absent"] and row["kept_minor"] == 1500
    assert await shop.breaches() == []


async def test_what_other_goods_leave_over_is_money_only_where_the_rules_give_money(shop: Shop) -> None:
    await shop.receive(1)
    await shop.receive(1, CUP)
    sam = await shop.handheld()
    made = await sold(shop, sam)
    given = Goodwill("credit only", days=60, gives=("exchange", "credit"))
    await hold(shop, msgspec.structs.replace(DEFAULT, goodwill=(given,)))
    shop.clock.advance(hours=24 * 30)
    await refused("wish_not_offered", take(shop, sam, made))
    cup = await shop.connection.fetchval("SELECT price_minor FROM sku WHERE sku = $1", CUP)
    settled = await take(shop, sam, made, settling=Settling("exchange", (Replacement(CUP),)))
    assert (settled.refund_minor, settled.credit_minor) == (0, PRICE - cup)


async def test_what_cost_nothing_is_exchanged_for_the_same_and_the_two_find_each_other(shop: Shop) -> None:
    await shop.receive(2)
    await shop.receive(2, DERBY_38)
    sam = await shop.handheld()
    made = await sold(shop, sam, Line(DERBY, 2, discount_minor=2 * PRICE))
    nothing = await take(shop, sam, made)
    assert (nothing.given_minor, nothing.refund, await shop.intended(made)) == (0, None, [])
    swapped = await take(shop, sam, made, settling=Settling("exchange", (Replacement(DERBY_38),)))
    assert (swapped.exchange_minor, swapped.due_minor) == (0, 0) and swapped.exchange is not None
    found = await shop.connection.fetchval(
        "SELECT order_id FROM payment WHERE reference = $1 AND provider = 'exchange'", swapped.number
    )
    assert found == swapped.exchange and await shop.progress(swapped.exchange) == "accepted"
    assert await shop.breaches() == []


async def test_what_was_looked_at_before_is_looked_at_again_with_the_same_tap_that_settles_it(shop: Shop) -> None:
    await shop.receive(3)
    sam = await shop.handheld()
    made = await sold(shop, sam, Line(DERBY, 3))
    opened = OpenReturn(id=new_id(), order=made, location=LYON, units=(Coming(line=1, quantity=3),))
    await shop.perform(opened, BOSS)
    await shop.perform(ReceiveReturn(id=new_id(), rma=opened.id, location=LYON, missing=(3,)), sam.person)
    looks = (Looked(1, "as_new"), Looked(2, "as_new"))
    await shop.perform(InspectReturn(id=new_id(), rma=opened.id, location=LYON, units=looks), sam.person)
    await shop.perform(PutAwayUnit(id=new_id(), location=LYON, code=DERBY, rma=opened.id), sam.person)
    # One is on its shelf already, one is worse than it was thought, one was missing and still is.
    finish = FinishReturn(
        id=new_id(), rma=opened.id, location=LYON, units=(Looked(2, "damaged"),), missing=(3,),
        settling=Settling(apart=(Apart(2, "credit"),)), permission=Permission("two at once"),
    )  # fmt: skip
    settled: ReturnSettled = await shop.perform(finish, BOSS, ReturnSettled)
    assert (settled.refund_minor, settled.credit_minor) == (PRICE, PRICE)
    assert [unit.condition for unit in settled.units] == ["as_new", "damaged", None]
    assert await shop.perform(finish, BOSS, ReturnSettled) == settled
    assert await shop.breaches() == []

"""Ship work is packed, labeled once, opened again and canceled; whatever a carrier answers, no second label is bought blindly."""

import asyncio

import pytest

from comptoir.carriers import model as said
from comptoir.errands import buy_label
from comptoir.errands.packing_slips import draw_slip
from comptoir.flows.decline_work import DeclineWork
from comptoir.kit.db import in_transaction
from comptoir.kit.errors import Conflict, Invalid, NotFound
from comptoir.kit.ids import digest, new_id
from comptoir.orders.model import CancelOrder
from comptoir.screens.slip import read_slip
from comptoir.shipping import sql
from comptoir.shipping.commands import AskLabel, GiveUpLabel, TypeNumber, Unpack, VoidLabel
from tests.flows.parcels_in_hand import PDF, Priced, at_the_table
from tests.hands import Shop
from tests.world import BOWL, CUP, DERBY, LYON, TABLE_SET, order, shipped

pytestmark = pytest.mark.anyio


async def test_scans_fill_a_parcel_and_closing_it_buys_its_label_once(shop: Shop) -> None:
    table = await at_the_table(shop)
    order, work = await table.picked()
    parcel, told = await table.pack(work)
    assert (told.outcome, await shop.status(work)) == ("applied", "picked")
    await table.pack(work, parcel=parcel)
    assert await shop.figures() == (10, 2, 2, 0)
    assert (await table.close(work, parcel)).outcome == "applied"
    assert await shop.status(work) == "packed"
    assert await shop.breaches() == []
    assert await table.buy() == 1
    assert await table.buy() == 0
    assert (await shop.status(work), await table.labels(parcel)) == ("labeled", [("bought", None, "8R00001")])
    kept = await shop.connection.fetchrow("SELECT content, sha256, media_type FROM label_file")
    assert tuple(kept) == (PDF, digest(PDF), "application/pdf")
    sent = table.carrier.asked[0]
    assert (sent.parcel.weight_g, sent.parcel.length_mm, sent.recipient.name, sent.sender.city) == (
        2480,
        350,
        "Inès Aubry",
        "Lyon",
    )
    assert {"fulfillment.packed", "shipping.label_asked", "shipping.label_bought", "fulfillment.labeled"} <= set(
        await shop.told(order)
    )


async def test_several_parcels_of_one_work_each_have_their_label_and_the_last_one_makes_it_labeled(shop: Shop) -> None:
    table = await at_the_table(shop)
    await shop.receive(4, BOWL)
    _, work = await table.picked(shipped(DERBY, 2), shipped(BOWL, 3))
    first, _ = await table.pack(work, 2)
    await table.close(work, first)
    await table.buy()
    assert (await shop.status(work), await table.labels(first)) == ("picked", [("bought", None, "8R00001")])
    second, _ = await table.pack(work, 1, 2)
    third, _ = await table.pack(work, 2, 2)
    await table.close(work, second)
    await table.close(work, third)
    assert await shop.status(work) == "packed"
    await table.buy()
    assert await shop.status(work) == "labeled"
    numbers = await shop.connection.fetch("SELECT number, state FROM parcel WHERE work = $1 ORDER BY number", work)
    assert [tuple(row) for row in numbers] == [(1, "labeled"), (2, "labeled"), (3, "labeled")]


async def test_what_was_never_picked_is_picked_by_packing_it_and_what_is_too_much_goes_back(shop: Shop) -> None:
    table = await at_the_table(shop)
    order, work = await table.picked(shipped(DERBY, 2), shipped(DERBY, 1))
    parcel, told = await table.pack(work, 4)
    assert (told.outcome, told.problem) == ("applied_with_exception", "more_than_needed")
    assert len(await shop.put_backs(order)) == 1
    undone = await table.hand.undo(told)
    assert undone.outcome == "applied"
    assert await shop.put_backs(order) == []
    assert await shop.connection.fetchval("SELECT state FROM parcel WHERE id = $1", parcel) == "canceled"
    assert await shop.status(work) == "picked"
    again, packed = await table.pack(work, 1, parcel=parcel)
    assert (again, packed.outcome) == (parcel, "applied")
    assert (await table.hand.undo(packed)).outcome == "applied"


async def test_a_closed_parcel_opens_again_before_its_label_and_a_labeled_one_only_once_that_is_void(
    shop: Shop,
) -> None:
    table = await at_the_table(shop)
    _, work, parcel = await table.packed()
    await shop.perform(Unpack(new_id(), parcel), table.hand.person)
    assert (await shop.status(work), await table.labels(parcel)) == ("picked", [("given_up", None, None)])
    await table.close(work, parcel, 2600)
    await table.buy()
    with pytest.raises(Conflict, match="void_label_first"):
        await shop.perform(Unpack(new_id(), parcel), table.hand.person)
    label = await table.label(parcel)
    command = VoidLabel(new_id(), label, "wrong box")
    first = await shop.perform(command, table.hand.person)
    assert await shop.perform(command, table.hand.person) == first
    assert await shop.status(work) == "packed"
    await table.buy()
    assert table.carrier.voided == ["8R00001"]
    assert await shop.connection.fetchval("SELECT void_state FROM label_attempt WHERE id = $1", label) == "confirmed"
    with pytest.raises(Conflict, match="label_gone"):
        await shop.perform(VoidLabel(new_id(), label, "again"), table.hand.person)
    await shop.perform(Unpack(new_id(), parcel), table.hand.person)
    assert await shop.status(work) == "picked"


async def test_canceling_takes_units_out_of_parcels_without_a_label_and_leaves_labeled_ones(shop: Shop) -> None:
    table = await at_the_table(shop)
    order, work, parcel = await table.packed()
    await shop.perform(CancelOrder(new_id(), order, "not wanted"))
    assert (await shop.status(work), await table.labels(parcel)) == ("canceled", [("given_up", None, None)])
    assert len(await shop.put_backs(order)) == 1
    labeled, other, _ = await table.packed()
    await table.buy()
    with pytest.raises(Conflict, match="already_handed_over"):
        await shop.perform(CancelOrder(new_id(), labeled, "too late"))
    assert await shop.status(other) == "labeled"


async def test_a_refusal_says_what_to_mend_busy_is_tried_again_and_a_bad_account_is_left_alone(shop: Shop) -> None:
    refused = said.Refused((said.Reason("recipient.postcode", "33", "Code postal inconnu"),))
    table = await at_the_table(shop, said.Busy("429", 7.0), refused, said.AccountRefused("401", "Mot de passe expiré"))
    _, work, parcel = await table.packed()
    await table.buy()
    assert await table.labels(parcel) == [("intended", "carrier_busy", None)]
    assert await table.buy() == 0
    shop.clock.advance(hours=0.01)
    await table.buy()
    row = await shop.connection.fetchrow("SELECT state, problem, mend, words FROM label_attempt")
    assert tuple(row) == ("refused", "carrier_refused", "address", "Code postal inconnu")
    await shop.perform(AskLabel(new_id(), parcel), table.hand.person)
    await table.buy()
    assert (await table.labels(parcel))[1][:2] == ("refused", "account_refused")
    await shop.perform(AskLabel(new_id(), parcel), table.hand.person)
    assert await table.buy() == 0
    assert (await table.labels(parcel))[2][:2] == ("refused", "account_refused")
    _, _, other = await table.packed()
    assert (await table.buy(), (await table.labels(other))[0][1]) == (0, "account_refused")
    shop.clock.advance(hours=1.1)
    await shop.perform(AskLabel(new_id(), other), table.hand.person)
    await table.buy()
    assert (await table.labels(other))[1][0] == "bought"
    assert await shop.connection.fetchval("SELECT refused_at FROM carrier_account") is None
    typed = TypeNumber(new_id(), parcel, "La Poste", "6A 1234 5678", "Compte refusé")
    told = await shop.perform(typed, table.hand.person)
    assert (told["tracking_number"], await shop.status(work)) == ("6A12345678", "labeled")
    assert table.carrier.keys[0] == table.carrier.keys[1] != table.carrier.keys[2]


async def test_a_call_that_nobody_came_back_from_is_to_check_and_never_a_second_label(shop: Shop) -> None:
    table = await at_the_table(shop)
    _, work, parcel = await table.packed()
    # The worker dies between the call and what would be written of it.
    claimed = await in_transaction(shop.pool, "system", shop.now, lambda tx: sql.claim_calls(tx, 8))
    assert await table.carriers.of("colissimo-orme") is table.carrier
    await table.carrier.create_label(None, said.LabelFormat.PDF_A4, claimed[0].id)  # type: ignore[arg-type]
    assert await table.buy() == 0
    shop.clock.advance(hours=0.1)
    assert await table.buy() == 0
    assert (await table.labels(parcel), await shop.exceptions()) == (
        [("unknown", "label_unknown", None)],
        ["label_unknown"],
    )
    with pytest.raises(Conflict, match="label_to_check"):
        await shop.perform(AskLabel(new_id(), parcel), table.hand.person)
    with pytest.raises(Conflict, match="label_to_check"):
        await shop.perform(Unpack(new_id(), parcel), table.hand.person)
    assert len(table.carrier.asked) == 1
    await shop.perform(GiveUpLabel(new_id(), claimed[0].id, "Rien chez Colissimo"), table.hand.person)
    await shop.perform(AskLabel(new_id(), parcel), table.hand.person)
    await table.buy()
    assert (await shop.status(work), await shop.exceptions(), len(table.carrier.asked)) == ("labeled", [], 2)


async def test_an_answer_that_was_thought_lost_still_counts_and_a_named_parcel_is_fetched(shop: Shop) -> None:
    table = await at_the_table(shop, ConnectionError("cut"), said.Unknown("label_broken", ("8R77777",)))
    _, _, lost = await table.packed()
    await table.buy()
    assert await table.labels(lost) == [("unknown", "label_unknown", None)]
    found = TypeNumber(new_id(), lost, "Colissimo", "8R12345", "Trouvé chez le transporteur")
    await shop.perform(found, table.hand.person)
    assert [one[0] for one in await table.labels(lost)] == ["given_up", "manual"]
    _, _, named = await table.packed()
    await table.buy()
    assert await table.labels(named) == [("bought", None, "8R77777")]


async def test_double_taps_two_devices_and_two_workers_buy_one_label(shop: Shop) -> None:
    table = await at_the_table(shop, said.Refused((said.Reason("relay", "70", "Point fermé"),)))
    _, work, parcel = await table.packed()
    await table.buy()
    other = await shop.handheld(number=2)
    asked = [AskLabel(new_id(), parcel) for _ in range(4)]
    taps = [(command, who.person) for command in asked for who in (table.hand, other)]
    done = await asyncio.gather(*(shop.runner.perform(command, who) for command, who in taps), return_exceptions=True)
    assert sum(not isinstance(one, BaseException) and not one.again for one in done) == 1
    table.carrier.gate = asyncio.Event()
    rounds = [asyncio.create_task(buy_label.buy_labels(table)) for _ in range(3)]  # type: ignore[arg-type]
    await table.carrier.heard.wait()
    shop.clock.advance(hours=0.001)
    with pytest.raises(Conflict, match="label_being_bought"):
        await shop.perform(TypeNumber(new_id(), parcel, "La Poste", "6A12345678", "impatient"), other.person)
    table.carrier.gate.set()
    assert sum(await asyncio.gather(*rounds)) == 1
    assert (len(table.carrier.asked), await shop.status(work)) == (2, "labeled")


async def test_a_slip_names_every_part_of_a_kit_once_and_a_gift_slip_no_price(shop: Shop) -> None:
    table = await at_the_table(shop)
    await shop.receive(4, BOWL)
    await shop.receive(4, CUP)
    order, work, _ = await table.packed(shipped(DERBY), shipped(TABLE_SET))
    await shop.connection.execute(
        "INSERT INTO order_delivery (order_id, kind, gift, gift_note, chosen_at, chosen_by) VALUES ($1, 'home', true, 'Joyeux Noël', $2, 'x')",
        order, shop.now,
    )  # fmt: skip
    slip = await read_slip(shop.connection, work, (LYON,), gift=False)
    paid = await shop.connection.fetchval("SELECT goods_minor FROM sales_order WHERE id = $1", order)
    assert (slip.parcels, len(slip.lines), slip.units) == (1, 3, 5)
    assert sum(line.each_minor * line.quantity for line in slip.lines) == paid
    gift = await read_slip(shop.connection, work, (LYON,))
    assert (gift.gift, gift.gift_note) == (True, "Joyeux Noël")
    drawn = draw_slip(gift)
    assert (drawn[:5], drawn == draw_slip(gift)) == (b"%PDF-", True)
    with pytest.raises(NotFound, match="work_not_found"):
        await read_slip(shop.connection, work, ("lyon-confluence",))


async def test_goods_that_nobody_may_carry_say_so_and_a_store_does_not_reach_anothers_parcel(shop: Shop) -> None:
    table = await at_the_table(shop)
    await shop.connection.execute("UPDATE sku SET dangerous = 'lighter', dangerous_amount = 5 WHERE sku = $1", DERBY)
    _, work, parcel = await table.packed()
    assert await table.labels(parcel) == [("refused", "never", None)]
    await shop.connection.execute("UPDATE sku SET dangerous = NULL, dangerous_amount = NULL WHERE sku = $1", DERBY)
    elsewhere = await shop.handheld("lyon-confluence")
    for command in (
        Unpack(new_id(), parcel),
        AskLabel(new_id(), parcel),
        TypeNumber(new_id(), parcel, "X", "1234", "x"),
    ):
        with pytest.raises(Exception, match="parcel_not_found"):
            await shop.perform(command, elsewhere.person)
    late = await table.hand.tell("pack_parcel", work=work, parcel=parcel, line=9, quantity=1)
    assert late.problem == "line_not_in_work"
    assert await shop.figures(at=LYON) == (10, 2, 2, 0)


async def test_of_several_the_cheapest_that_arrives_by_the_promise_is_taken_once_the_store_knows_when_they_come(
    shop: Shop,
) -> None:
    table = await at_the_table(shop, said.Refused((said.Reason("parcel", "1", "Trop grand"),)))
    await shop.connection.execute(
        "INSERT INTO carrier_account (id, carrier, name, services) VALUES ('slow-orme', 'slow', 'Slow', '{\"home\": \"ECO\"}'),"
        " ('sure-orme', 'sure', 'Sure', '{\"home\": \"DAY\"}')"
    )
    slow, sure = (
        Priced((said.Rate("slow", "ECO", 390, "EUR", 2),)),
        Priced((said.Rate("sure", "DAY", 910, "EUR", 1), said.Rate("sure", "NIGHT", 100, "EUR", 1))),
    )
    table.carriers.put("slow-orme", slow)
    table.carriers.put("sure-orme", sure)
    _, _, parcel = await table.packed()
    waiting = await shop.connection.fetchval("SELECT chosen_because FROM label_attempt")
    assert waiting == "to_compare"
    assert await in_transaction(shop.pool, "system", shop.now, lambda tx: sql.claim_calls(tx, 8)) == []
    await table.buy()
    told = "SELECT account, service, chosen_because, state FROM label_attempt WHERE parcel = $1 ORDER BY n DESC LIMIT 1"
    assert tuple(await shop.connection.fetchrow(told, parcel)) == ("slow-orme", "ECO", "cheapest", "bought")
    # Slow comes to this store in five days, not before, and keeps the promise no more.
    await shop.connection.execute(
        "INSERT INTO collection SELECT $1, 'slow', (extract(isodow FROM $2::timestamptz)::int + 4) % 7, 600",
        LYON,
        shop.now,
    )
    _, _, late = await table.packed()
    await table.buy()
    assert tuple(await shop.connection.fetchrow(told, late)) == ("sure-orme", "DAY", "in_time", "bought")
    # Nobody answers about prices: the first of the list, which refuses; then a person names another one.
    slow.prices = sure.prices = ConnectionError("down")
    _, _, third = await table.packed()
    await table.buy()
    assert tuple(await shop.connection.fetchrow(told, third)) == ("colissimo-orme", "DOM", "first", "refused")
    with pytest.raises(Invalid, match="service_unknown"):
        await shop.perform(AskLabel(new_id(), third, "sure-orme", "REL"), table.hand.person)
    await shop.perform(AskLabel(new_id(), third, "sure-orme", "DAY"), table.hand.person)
    await table.buy()
    assert tuple(await shop.connection.fetchrow(told, third)) == ("sure-orme", "DAY", "person", "bought")
    assert (len(slow.asked), len(sure.asked), len(table.carrier.asked)) == (1, 2, 1)


async def test_work_that_is_packed_right_from_the_shelf_is_begun_and_stays_here(shop: Shop) -> None:
    table = await at_the_table(shop)
    placed = await shop.place(order(shipped(DERBY, 2)))
    work = placed.works[0].id
    parcel, told = await table.pack(work)
    assert (await shop.status(work), await shop.progress(placed.id)) == ("picking", "in_progress")
    with pytest.raises(Conflict, match="already_started"):
        await shop.perform(DeclineWork(new_id(), work, "no_time"), table.hand.person)
    await table.pack(work, parcel=parcel)
    assert (await shop.status(work), await shop.breaches()) == ("picked", [])
    await table.hand.undo(told)
    assert (await shop.status(work), await shop.breaches()) == ("picking", [])
    await table.pack(work, parcel=parcel)
    await table.close(work, parcel)
    await table.buy()
    assert await shop.status(work) == "labeled"

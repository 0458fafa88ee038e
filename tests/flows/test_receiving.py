"""Goods of suppliers: ordered, counted by scans as they come, over and short; every count is in the ledger once."""

import asyncio
import contextlib
from datetime import date
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest

from comptoir.flows import source_elsewhere
from comptoir.fulfillment.journal import Told
from comptoir.kit.actor import Actor
from comptoir.kit.errors import Conflict, Forbidden, Invalid, NotFound
from comptoir.kit.ids import new_id
from comptoir.receiving import imports
from comptoir.receiving.imports import ImportPurchases, PurchasesImported
from comptoir.receiving.model import (
    AnnounceGoods,
    Came,
    CancelPurchase,
    Carton,
    DecideDifference,
    OrderGoods,
    PurchaseTold,
    TakeInGoods,
    Wish,
)
from tests.hands import Handheld, Shop
from tests.world import BOWL, CONFLUENCE, CUP, DERBY, LYON, NOUR, SAM, order, shipped

pytestmark = pytest.mark.anyio

OFFICE = Actor("odile", "head_office", None)
HELENE = Actor("helene", "store_manager", (LYON,))
SSCC = "003456789012345670"


async def ordered(shop: Shop, *wishes: tuple[str, int], who: Actor = OFFICE, at: str = LYON) -> UUID:
    lines = tuple(Wish(*wish) for wish in wishes or ((DERBY, 4),))
    command = OrderGoods(new_id(), at, "Tannerie Roux", lines, expected_on=date(2026, 11, 20))
    made: PurchaseTold = await shop.perform(command, who, PurchaseTold)
    return made.id


async def came(hand: Handheld, purchase: UUID, units: int = 1, sku: str | None = DERBY, **more: Any) -> Told:
    return await hand.tell("receive", purchase=purchase, quantity=units, **({"sku": sku} if sku else {}), **more)


async def ended(shop: Shop, hand: Handheld, purchase: UUID, last: bool = True) -> PurchaseTold:
    command = TakeInGoods(new_id(), purchase, close=True, last=last)
    done: PurchaseTold = await shop.perform(command, hand.person, PurchaseTold)
    return done


async def listed(shop: Shop, status: str = "open") -> list[tuple[str, str | None, int]]:
    rows = await shop.connection.fetch(
        "SELECT kind, sku, units FROM receiving_difference WHERE status = $1 ORDER BY kind, sku", status
    )
    return [tuple(row) for row in rows]


@pytest.fixture
async def sam(shop: Shop) -> Handheld:
    return await shop.handheld(LYON, SAM)


async def test_each_scan_is_stock_at_once_and_over_short_and_damaged_are_to_be_decided(
    shop: Shop, sam: Handheld
) -> None:
    purchase = await ordered(shop, (DERBY, 4), (CUP, 2), (BOWL, 1))
    for _ in range(3):
        told = await came(sam, purchase)
    assert (told.facts["counted"], await shop.figures()) == (3, (3, 0, 0, 0))
    await came(sam, purchase, 1, damaged=True)
    await came(sam, purchase, 3, CUP)
    await came(sam, purchase, 2, "DERBY-HELENE-NOIR-38")
    assert (await came(sam, purchase, 1, None, code="no such code")).problem == "unknown_at_receiving"
    assert (await shop.figures(), await shop.figures(CUP)) == ((3, 0, 0, 1), (3, 0, 0, 0))
    done = await ended(shop, sam, purchase)
    assert (done.status, done.good, done.damaged, done.over, done.short) == ("closed", 8, 1, 3, 1)
    assert await listed(shop) == [
        ("damaged", DERBY, 1), ("over", CUP, 1), ("short", BOWL, 1), ("unexpected", "DERBY-HELENE-NOIR-38", 2), ("unknown_code", None, 1),
    ]  # fmt: skip
    facts = await shop.connection.fetch("SELECT DISTINCT fact, reason FROM stock_movement")
    assert [row["fact"] for row in facts] == ["receipt"]
    assert facts[0]["reason"].startswith("A-")
    assert await shop.connection.fetchval("SELECT body->>'short' FROM event WHERE kind = 'receiving.received'") == "1"


async def test_what_is_told_twice_or_by_two_devices_counts_once(shop: Shop, sam: Handheld) -> None:
    lea, purchase, other = await shop.handheld(LYON, SAM, 2), await ordered(shop), await ordered(shop, (CUP, 2))
    await came(sam, purchase, 2)
    for _ in range(2):
        assert (await sam.resend()).outcomes[0].again
    await asyncio.gather(
        sam.send(sam.event("receive", purchase=purchase, sku=DERBY), sam.event("receive", purchase=other, sku=CUP)),
        lea.send(lea.event("receive", purchase=other, sku=CUP), lea.event("receive", purchase=purchase, sku=DERBY)),
    )
    assert (await shop.figures(), await shop.figures(CUP)) == ((4, 0, 0, 0), (2, 0, 0, 0))
    assert await shop.count("goods_receipt") == 2
    command = TakeInGoods(new_id(), purchase, (Came(DERBY, 1),), close=True, last=True)
    assert await shop.perform(command, OFFICE) == await shop.perform(command, OFFICE)
    assert await shop.figures() == (5, 0, 0, 0)


async def test_a_correction_takes_back_what_this_delivery_counted_and_no_more(shop: Shop, sam: Handheld) -> None:
    purchase = await ordered(shop)
    await came(sam, purchase, 2)
    assert (await came(sam, purchase, -1)).outcome == "applied"
    assert (await came(sam, purchase, -1, damaged=True)).problem == "correction_too_late"
    await ended(shop, sam, purchase, last=False)
    assert (await came(sam, purchase, -1)).problem == "correction_too_late"
    assert (await shop.figures(), await shop.exceptions()) == ((1, 0, 0, 0), ["correction_too_late"] * 2)
    await ended(shop, sam, purchase)
    assert (await came(sam, purchase, -1)).problem == "correction_too_late"
    # A correction that changes nothing does not open again what has ended.
    assert await shop.connection.fetchval("SELECT status FROM purchase") == "closed"


async def test_it_comes_in_parts_and_only_the_end_says_what_is_missing(shop: Shop, sam: Handheld) -> None:
    purchase = await ordered(shop)
    with pytest.raises(Conflict, match="nothing_received"):
        await ended(shop, sam, purchase, last=False)
    await came(sam, purchase, 3)
    first = await ended(shop, sam, purchase, last=False)
    assert (first.status, first.short, await listed(shop)) == ("receiving", 1, [])
    done = await ended(shop, sam, purchase)
    assert (done.status, await listed(shop), done.receipt != first.receipt) == ("closed", [("short", DERBY, 1)], True)
    # It lay behind the others: counted, seen, and nothing is missing any more.
    assert (await came(sam, purchase)).problem == "goods_not_awaited"
    assert (await ended(shop, sam, purchase)).status == "closed"
    assert (await listed(shop), await shop.figures()) == ([("not_awaited", DERBY, 1)], (4, 0, 0, 0))


async def test_cartons_are_announced_once_and_every_count_remembers_its_carton(shop: Shop, sam: Handheld) -> None:
    purchase = await ordered(shop)
    carton = Carton(SSCC, (Wish(DERBY, 1), Wish(DERBY, 1)))
    with pytest.raises(Invalid, match="carton_twice"):
        await shop.perform(AnnounceGoods(new_id(), purchase, "AV-1", (carton, carton)), OFFICE)
    await shop.perform(AnnounceGoods(new_id(), purchase, "AV-1", (carton,)), OFFICE)
    with pytest.raises(Conflict, match="number_known"):
        await shop.perform(AnnounceGoods(new_id(), purchase, "AV-1", (carton,)), OFFICE)
    await came(sam, purchase, 2, carton=SSCC)
    row = await shop.connection.fetchrow(
        "SELECT e.sscc, c.quantity FROM goods_receipt_entry e JOIN asn_carton c ON c.sscc = e.sscc"
    )
    assert tuple(row) == (SSCC, 2)


async def test_each_place_receives_its_own_and_managers_decide_about_their_own(shop: Shop, sam: Handheld) -> None:
    nour = await shop.handheld(CONFLUENCE, NOUR)
    purchase = await ordered(shop, who=HELENE)
    assert (await came(nour, purchase)).outcome == "refused"
    with pytest.raises(NotFound):
        await ordered(shop, who=HELENE, at=CONFLUENCE)
    with pytest.raises(Forbidden):
        await ordered(shop, who=sam.person)
    # What nobody announced is received all the same: it begins as an order without lines.
    blank = await shop.perform(OrderGoods(new_id(), LYON, "Inconnu"), sam.person, PurchaseTold)
    await came(sam, blank.id)
    await ended(shop, sam, blank.id)
    assert await listed(shop) == [("unexpected", DERBY, 1)]
    found = await shop.connection.fetchval("SELECT id FROM receiving_difference")
    decided = DecideDifference(new_id(), found, "recount", "Compter la réserve")
    with pytest.raises(NotFound):
        await shop.perform(decided, Actor("x", "store_manager", (CONFLUENCE,)))
    with pytest.raises(Forbidden):
        await shop.perform(decided, sam.person)
    await shop.perform(decided, HELENE)
    assert await shop.connection.fetchval("SELECT reason FROM stock_count WHERE sku = $1", DERBY) == "receiving"
    with pytest.raises(Conflict, match="difference_decided"):
        await shop.perform(DecideDifference(new_id(), found, "claim"), HELENE)
    await shop.perform(CancelPurchase(new_id(), purchase), HELENE)
    with pytest.raises(Conflict, match="not_now"):
        await shop.perform(TakeInGoods(new_id(), purchase, (Came(DERBY, 1),)), HELENE)


async def test_an_order_that_waited_for_stock_goes_on_when_a_delivery_brings_it(shop: Shop, sam: Handheld) -> None:
    held = await shop.place(order(shipped(DERBY, 2), if_short="hold"))
    purchase = await ordered(shop)
    await came(sam, purchase, 2)
    await source_elsewhere.fill_waiting(shop)  # type: ignore[arg-type]
    assert (await shop.progress(held.id), await shop.figures()) == ("accepted", (2, 2, 0, 0))


async def test_a_file_is_ordered_whole_or_its_lines_say_what_is_wrong(shop: Shop) -> None:
    head = "number;supplier;location;sku;quantity;expected_on\n"
    good = (
        f"{head}PO-1;Roux;{LYON};{DERBY};4;2026-11-24\nPO-1;Roux;{LYON};{CUP};2;24/11/2026\nPO-2;Mas;{LYON};{CUP};1;\n"
    )
    rows, faults = imports.parse(good.encode())
    assert faults == ()
    told = await shop.perform(ImportPurchases(new_id(), rows), HELENE, PurchasesImported)
    assert (told.orders, told.units, await shop.count("purchase")) == (2, 7, 2)
    bad = f"{head}PO-1;Roux;{LYON};{DERBY};4;\nPO-3;Roux;nowhere;{DERBY};4;\nPO-4;Roux;{LYON};X;4;\nPO-5;A;{LYON};{CUP};1;\nPO-5;B;{LYON};{CUP};1;\n"
    rows, _ = imports.parse(bad.encode())
    with pytest.raises(Invalid) as refused:
        await shop.perform(ImportPurchases(new_id(), rows), HELENE)
    reasons = [row["reason"] for row in refused.value.facts["rows"]]
    assert reasons == ["number_known", "unknown_location", "unknown_sku", "not_the_same_order"]
    _, faults = imports.parse(f"{head}PO-6;Roux;{LYON};{DERBY};many;\nPO-6;;{LYON};{DERBY};1;\nPO-6;Roux;{LYON};{DERBY};1;soon\nx\n".encode())  # fmt: skip
    assert [fault.reason for fault in faults] == [
        "not_a_number", "supplier_missing", "not_a_day", "wrong_number_of_columns",
    ]  # fmt: skip


async def test_in_whatever_order_hands_and_colleagues_act_every_count_is_in_the_ledger_once(
    shop: Shop, sam: Handheld
) -> None:
    acts = ("three", "broken", "back", "part", "end")
    for history in list(permutations(acts))[::4]:
        purchase = await ordered(shop, (DERBY, 3))
        for act in history:
            with contextlib.suppress(Conflict):
                if act in ("part", "end"):
                    await ended(shop, sam, purchase, last=act == "end")
                else:
                    await came(sam, purchase, {"three": 3, "broken": 1, "back": -1}[act], damaged=act == "broken")
        with contextlib.suppress(Conflict):
            await ended(shop, sam, purchase)
        units = await shop.connection.fetchrow(
            "SELECT good, damaged, (SELECT coalesce(sum(units), 0) FROM receiving_difference d WHERE d.purchase = l.purchase AND d.kind = 'over' AND d.status <> 'gone')"
            " AS over FROM purchase_line l WHERE purchase = $1",
            purchase,
        )  # fmt: skip
        assert units["over"] == max(0, units["good"] + units["damaged"] - 3), history
    assert await shop.breaches() == []

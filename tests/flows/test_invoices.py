"""Invoices and credit notes: when they are made, of what, once for each event, in numbers without a gap."""

import hashlib
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest

from comptoir.flows.invoice import file_of, write_documents
from comptoir.fulfillment.model import UndoHandOver
from comptoir.invoices.model import Content
from comptoir.kit.actor import SYSTEM
from comptoir.kit.db import Tx, in_transaction
from comptoir.kit.ids import new_id
from comptoir.kit.outbox import Told
from comptoir.orders.model import CancelOrder, Company, LineQuantity
from comptoir.payments.recording import RecordPayment
from comptoir.returns.accessories import PutAccessories
from comptoir.returns.model import Less, Permission, Settling, Taken, TakeReturn
from comptoir.screens import return_list
from comptoir.wiring import WIRED
from comptoir.worker import Worker
from tests.flows.test_returns import BOSS, CABLE, OFFICE
from tests.hands import Shop, staged
from tests.properties.test_reports import catch_up, figures
from tests.world import BOWL, DERBY, LYON, TABLE_SET, WAREHOUSE, Line, order, shipped

pytestmark = pytest.mark.anyio


class Books:
    """A shop's documents, as they are made when the worker has done all that is due."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.worker = Worker(shop, "", WIRED)  # type: ignore[arg-type]

    async def make(self) -> list[Content]:
        """Everything that is due is done; all documents in the order of their making."""
        for _ in range(3):
            await self.worker.drain()
        rows = await self.shop.connection.fetch("SELECT content FROM document ORDER BY made_at, number")
        return [msgspec.json.decode(row[0], type=Content) for row in rows]

    async def setting(self, invoices: str) -> None:
        await self.shop.connection.execute("UPDATE channel SET invoices = $1 WHERE id = 'api'", invoices)


@pytest.fixture
async def books(shop: Shop) -> AsyncIterator[Books]:
    yield Books(shop)
    dead = await shop.connection.fetch("SELECT listener, last_error FROM delivery WHERE last_error IS NOT NULL")
    assert [tuple(row) for row in dead] == []


def said(documents: list[Content]) -> list[tuple[str, int]]:
    return [(made.number, made.gross_minor) for made in documents]


async def handed_over(shop: Shop, *lines: Line, **given: Any) -> UUID:
    """An order that its customer has, two minutes and more ago."""
    sam = await shop.handheld()
    sold, work = await staged(shop, sam, order(*lines, **given))
    await sam.hand_over(sold, work)
    shop.clock.advance(minutes=3)
    return sold


async def cancel(shop: Shop, sold: UUID, *lines: tuple[int, int]) -> None:
    wanted = tuple(LineQuantity(*line) for line in lines)
    await shop.perform(CancelOrder(new_id(), sold, "customer", wanted), SYSTEM)


async def test_a_hand_over_is_invoiced_once_its_two_minutes_are_over(shop: Shop, books: Books) -> None:
    await shop.receive(2)
    sam = await shop.handheld()
    sold, work = await staged(shop, sam, order(Line(DERBY, 2)))
    await sam.hand_over(sold, work)
    assert await books.make() == []
    shop.clock.advance(minutes=3)
    (made,) = await books.make()
    assert said([made]) == [("OR-F-2026-000001", 25800)]
    assert (made.base_minor, made.vat_minor, made.supplied_on) == (21500, 4300, made.issued_on)
    assert (made.seller.name, made.buyer.name) == ("Orme SAS", "Inès Aubry")
    assert said(await books.make()) == [("OR-F-2026-000001", 25800)]


async def test_a_hand_over_that_was_taken_back_has_no_invoice(shop: Shop, books: Books) -> None:
    await shop.receive(1)
    sam = await shop.handheld()
    sold, work = await staged(shop, sam, order())
    await sam.hand_over(sold, work)
    hand_over = await shop.connection.fetchval("SELECT id FROM hand_over")
    await shop.perform(UndoHandOver(new_id(), hand_over, "mistake"), SYSTEM)
    shop.clock.advance(minutes=5)
    assert await books.make() == []


async def test_what_was_left_at_the_counter_is_not_invoiced(shop: Shop, books: Books) -> None:
    await shop.receive(2)
    sam = await shop.handheld()
    sold, work = await staged(shop, sam, order(Line(DERBY, 2)))
    await sam.hand_over(sold, work, refused=[{"work": work, "line": 1, "quantity": 1, "reason": "size"}])
    shop.clock.advance(minutes=3)
    assert said(await books.make()) == [("OR-F-2026-000001", 12900)]


async def test_a_kit_is_one_line_of_the_invoice(shop: Shop, books: Books) -> None:
    await shop.receive(2, BOWL)
    await shop.receive(2, "TASSE-MATIN-BLEU")
    await handed_over(shop, Line(TABLE_SET))
    (made,) = await books.make()
    assert [line.quantity for line in made.lines] == [1]
    assert made.gross_minor == await shop.connection.fetchval("SELECT total_minor FROM sales_order")


async def test_a_shop_that_invoices_by_itself_gets_none_from_us(shop: Shop, books: Books) -> None:
    await books.setting("theirs")
    await shop.receive(1)
    await handed_over(shop)
    assert await books.make() == []


async def test_at_confirmation_all_is_invoiced_with_its_shipping_and_the_hand_over_adds_nothing(shop: Shop, books: Books) -> None:  # fmt: skip
    await books.setting("at_confirmation")
    await shop.receive(1)
    await shop.receive(1, BOWL, WAREHOUSE)
    sam = await shop.handheld()
    sold = order(Line(DERBY), shipped(BOWL))
    placed = await shop.place(sold)
    (made,) = await books.make()
    assert made.gross_minor == sold.total_minor
    assert [line.is_shipping for line in made.lines] == [False, False, True]
    work = next(work.id for work in placed.works if work.location == LYON)
    await sam.start(work)
    await sam.pick(work)
    await sam.stage(work)
    await sam.hand_over(sold.id, work)
    shop.clock.advance(minutes=3)
    assert len(await books.make()) == 1


async def test_an_order_that_is_not_paid_is_invoiced_once_it_is(shop: Shop, books: Books) -> None:
    await books.setting("at_confirmation")
    await shop.receive(1)
    sold = order(paid="pending")
    await shop.place(sold)
    assert await books.make() == []
    await shop.perform(RecordPayment(new_id(), sold.id, f"pay-{sold.id}", "captured", sold.total_minor), SYSTEM)
    assert said(await books.make()) == [("OR-F-2026-000001", 12900)]


async def test_a_canceled_unit_is_credited_and_the_credit_note_cites_its_invoice(shop: Shop, books: Books) -> None:
    await books.setting("at_confirmation")
    await shop.receive(3)
    sold = order(Line(DERBY, 3, discount_minor=100))
    await shop.place(sold)
    await books.make()
    shop.clock.advance(days=1)
    await cancel(shop, sold.id, (1, 1))
    invoice, credit = await books.make()
    assert (credit.number, credit.kind) == ("OR-A-2026-000001", "credit_note")
    assert credit.cites is not None
    assert (credit.cites.number, credit.cites.issued_on) == (invoice.number, invoice.issued_on)
    assert credit.issued_on > invoice.issued_on
    assert [rate.rate_bp for rate in credit.rates] == [rate.rate_bp for rate in invoice.rates]
    assert [amount for _, amount, _ in await shop.intended(sold.id)] == [credit.gross_minor] == [12866]
    await cancel(shop, sold.id)
    documents = await books.make()
    assert sum(made.gross_minor for made in documents if made.kind == "credit_note") == invoice.gross_minor


async def test_nothing_invoiced_nothing_credited(shop: Shop, books: Books) -> None:
    await shop.receive(1)
    sold = order()
    await shop.place(sold)
    await books.make()
    await cancel(shop, sold.id)
    assert await books.make() == []


async def test_goods_that_nobody_collected_are_credited(shop: Shop, books: Books) -> None:
    await books.setting("at_confirmation")
    await shop.receive(1)
    sam = await shop.handheld()
    await staged(shop, sam, order())
    await books.make()
    assert await shop.nobody_comes(30) == 1
    _, credit = await books.make()
    assert (credit.kind, credit.gross_minor) == ("credit_note", 12900)
    assert "non retirés" in credit.mentions[0]


async def test_what_was_refused_at_the_counter_is_credited_when_the_two_minutes_are_over(shop: Shop, books: Books) -> None:  # fmt: skip
    await books.setting("at_confirmation")
    await shop.receive(3)
    sam = await shop.handheld()
    sold, work = await staged(shop, sam, order(Line(DERBY, 2)))
    await sam.hand_over(sold, work, refused=[{"work": work, "line": 1, "quantity": 1, "reason": "size"}])
    assert len(await books.make()) == 1
    shop.clock.advance(minutes=3)
    _, credit = await books.make()
    assert credit.gross_minor == 12900
    assert "laissés au comptoir" in credit.mentions[0]


async def test_the_same_event_makes_one_invoice(shop: Shop, books: Books) -> None:
    await books.setting("at_confirmation")
    await shop.receive(1)
    sold = order()
    await shop.place(sold)
    await books.make()
    told = Told(sold.id, 1, "order.placed", shop.now, "system", {"held": []})
    await in_transaction(shop.pool, "system", shop.now, lambda tx: write_documents(tx, told))
    assert await shop.count("document") == 1


async def test_a_number_whose_transaction_fails_is_given_to_the_next(shop: Shop, books: Books) -> None:
    await books.setting("at_confirmation")
    await shop.receive(2)
    first, second = order(), order()
    await shop.place(first)
    await shop.place(second)

    async def cut_off(tx: Tx) -> None:
        await write_documents(tx, Told(first.id, 1, "order.placed", shop.now, "system", {"held": []}))
        raise RuntimeError("the power goes")

    with pytest.raises(RuntimeError):
        await in_transaction(shop.pool, "system", shop.now, cut_off)
    assert sorted(made.number for made in await books.make()) == ["OR-F-2026-000001", "OR-F-2026-000002"]


async def test_the_year_and_the_day_are_those_of_paris_and_every_year_begins_with_one(shop: Shop, books: Books) -> None:
    await books.setting("at_confirmation")
    await shop.receive(3)
    for at in ("2026-12-31T22:30:00+00:00", "2026-12-31T23:30:00+00:00"):
        shop.clock.at = datetime.fromisoformat(at)
        await shop.place(order(at=shop.now))
        await books.make()
    found = [(made.number, str(made.issued_on)) for made in await books.make()]
    assert found == [("OR-F-2026-000001", "2026-12-31"), ("OR-F-2027-000001", "2027-01-01")]


async def test_a_clock_that_is_behind_does_not_turn_the_dates_round(shop: Shop, books: Books) -> None:
    await books.setting("at_confirmation")
    await shop.receive(2)
    shop.clock.advance(days=1)
    await shop.place(order(at=shop.now))
    await books.make()
    shop.clock.advance(days=-1)
    await shop.connection.execute("UPDATE delivery SET claimed_until = NULL")
    await shop.place(order())
    first, second = await books.make()
    assert first.issued_on == second.issued_on


async def test_a_file_is_drawn_once_and_never_changes(shop: Shop, books: Books) -> None:
    await shop.receive(1)
    await handed_over(shop)
    (made,) = await books.make()
    (kept,) = await shop.connection.fetch("SELECT bytes, sha256 FROM document_file WHERE number = $1", made.number)
    assert hashlib.sha256(kept["bytes"]).digest() == kept["sha256"]
    await shop.connection.execute("UPDATE legal_entity SET name = 'Another name'")
    try:
        found = await file_of(shop.pool, made.number, shop.now)
    finally:
        await shop.connection.execute("UPDATE legal_entity SET name = 'Orme SAS'")
    assert found is not None and found.bytes == kept["bytes"]


@pytest.mark.parametrize("table", ["document", "document_unit", "document_file"])
async def test_what_was_issued_cannot_be_changed_or_deleted(shop: Shop, books: Books, table: str) -> None:
    await shop.receive(1)
    await handed_over(shop)
    await books.make()
    for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET number = 'X'"):
        with pytest.raises(asyncpg.RestrictViolationError):
            await shop.connection.execute(statement)


async def test_the_order_tells_what_was_made(shop: Shop, books: Books) -> None:
    await shop.receive(1)
    sold = await handed_over(shop)
    await books.make()
    assert (await shop.told(sold))[-1] == "invoice.issued"


async def test_a_business_is_named_on_its_invoice_with_its_numbers(shop: Shop, books: Books) -> None:
    await books.setting("at_confirmation")
    await shop.receive(1)
    private = order()
    company = Company("Atelier & Fils", "552100554", "FR83552100554")
    sold = msgspec.structs.replace(private, customer=msgspec.structs.replace(private.customer, company=company))
    await shop.place(sold)
    (made,) = await books.make()
    assert (made.buyer.company, made.buyer.siren, made.buyer.vat_number) == ("Atelier & Fils", "552100554", "FR83552100554")  # fmt: skip
    drawn = await file_of(shop.pool, made.number, shop.now)
    assert drawn is not None and b"factur-x.xml" in drawn.bytes


async def test_an_order_without_a_company_is_the_same_order_as_before_companies_were_known() -> None:
    assert b"company" not in msgspec.json.encode(order())


async def test_what_came_back_is_credited_on_the_invoice_that_has_it_to_the_cent_of_what_was_given(
    shop: Shop, books: Books
) -> None:
    await shop.receive(3)
    sold = await handed_over(shop, Line(DERBY, 3, price_minor=3333, discount_minor=1), shipping_minor=490)
    sam = await shop.handheld()
    (invoice,) = await books.make()
    for wish in ("refund", "credit", "refund"):
        units = (Taken(line=1, condition="as_new"),)
        settling = Settling(wish)  # type: ignore[arg-type]
        await shop.perform(
            TakeReturn(id=new_id(), location=LYON, order=sold, units=units, settling=settling), sam.person
        )
    credits = [made for made in await books.make() if made.kind == "credit_note"]
    assert len(credits) == 3
    given = await shop.connection.fetch(
        "SELECT sum(f.amount_minor)::int FROM refund_line f JOIN rma r ON r.id = f.cause GROUP BY r.id ORDER BY r.id"
    )
    assert [made.gross_minor for made in credits] == [row[0] for row in given]
    assert sum(made.gross_minor for made in credits) == invoice.gross_minor == 9998 + 490
    assert "articles rendus" in credits[0].mentions[0] and "avoir" in credits[1].mentions[1]


async def test_what_the_file_of_returns_says_was_given_kept_and_lost_comes_to_the_credit_notes_and_the_report_to_the_cent(
    shop: Shop, books: Books
) -> None:
    await shop.receive(5)
    await shop.perform(PutAccessories(new_id(), "sku", DERBY, (CABLE,)), OFFICE)
    sold = await handed_over(shop, Line(DERBY, 5, price_minor=3333, discount_minor=1), shipping_minor=490)
    await books.make()
    worn = Less(1, 500, "worn")
    for unit, less in (
        (Taken(line=1, condition="as_new", absent=("cable",)), ()), (Taken(line=1, condition="damaged"), (worn,)), (Taken(line=1, condition="as_new"), ()),
        (Taken(line=1, condition="damaged", absent=("cable",)), (worn,)), (Taken(line=1, condition="as_new"), ()),
    ):  # fmt: skip
        told = TakeReturn(
            id=new_id(), location=LYON, order=sold, units=(unit,), settling=Settling("refund", less=less), permission=Permission("all of it")
        )  # fmt: skip
        await shop.perform(told, BOSS)
    rows = await return_list.units(shop.connection, OFFICE, shop.now - timedelta(days=1))
    assert sorted((row.kept_minor, row.less_minor, [one.code for one in row.absent]) for row in rows) == [
        (0, 0, []), (0, 0, []), (0, 500, []), (1500, 0, ["cable"]), (1500, 500, ["cable"]),
    ]  # fmt: skip
    assert sum(row.paid_minor for row in rows) == 5 * 3333 - 1
    given = sum(row.refund_minor for row in rows)
    credits = [made.gross_minor for made in await books.make() if made.kind == "credit_note"]
    assert len(credits) == 5 and sum(credits) == given + 490 == 5 * 3333 - 1 - 3000 - 1000 + 490
    await catch_up(shop.pool, shop.clock)
    report = [row for key, row in (await figures(shop.connection)).items() if key[0] == "returned"]
    assert [sum(column) for column in zip(*report, strict=True)] == [5, given, 3000]


async def test_what_was_brought_back_before_its_invoice_was_made_is_credited_after_it(shop: Shop, books: Books) -> None:
    await shop.receive(2)
    sam = await shop.handheld()
    sold, work = await staged(shop, sam, order(Line(DERBY, 2, price_minor=5000)))
    await sam.hand_over(sold, work)
    taken = TakeReturn(id=new_id(), location=LYON, order=sold, units=(Taken(line=1, condition="as_new"),))
    await shop.perform(taken, sam.person)
    assert await books.make() == []
    shop.clock.advance(minutes=3)
    assert sorted((made.kind, made.gross_minor) for made in await books.make()) == [
        ("credit_note", 5000), ("invoice", 10000),
    ]  # fmt: skip

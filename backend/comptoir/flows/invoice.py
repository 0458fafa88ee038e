"""Hears the events that are owed a document, draws its number and freezes its content; then the file is drawn, once.

order confirmed, or goods handed over  ->  invoice of what no invoice holds yet
canceled, not collected, refused       ->  credit note for what an invoice holds, citing it
came back and was settled              ->  credit note for what was given for it, citing each invoice that has it
"""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from comptoir.flows.invoice_facts import (
    Entity,
    InvoiceFacts,
    Returned,
    find_entity,
    find_handed,
    find_invoice_facts,
    find_returned,
    find_shipped,
)
from comptoir.invoices import queries, sql
from comptoir.invoices.composing import Kept, compose
from comptoir.invoices.due import to_credit, to_credit_returned, to_invoice
from comptoir.invoices.model import SHIPPING, Cited, Content, File, Held, Kind, Piece
from comptoir.invoices.numbering import day_of, number_of
from comptoir.invoices.wording import series
from comptoir.kit.db import Event, Pool, Tx, borrowed, in_transaction
from comptoir.kit.outbox import Told

OWED: Final = (
    "order.placed", "order.released", "order.canceled", "fulfillment.expired", "fulfillment.hand_over_settled", "shipping.left",
    "return.settled",
)  # fmt: skip
"""The events that may be owed a document."""

MADE: Final = ("invoice.issued", "invoice.credited")
"""Told once a number is drawn: the file is drawn after it, while nobody waits for a number."""

REASONS: Final = {"order.canceled": "canceled", "fulfillment.expired": "not_collected", "return.settled": "returned"}


async def write_documents(tx: Tx, told: Told) -> None:
    """The documents that one event is owed; the same event again makes none."""
    facts = await find_invoice_facts(tx, told.stream)
    if facts is None or facts.setting == "theirs" or await sql.is_made(tx, told.stream, told.seq):
        return
    if told.kind == "fulfillment.hand_over_settled":
        handed, at = await find_handed(tx, UUID(str(told.body["hand_over"])))
        if handed:
            await _invoice(tx, told, facts, to_invoice(facts.standings, handed), at)
    elif told.kind == "shipping.left":
        shipped, at = await find_shipped(tx, UUID(str(told.body["manifest"])), told.stream)
        if shipped:
            await _invoice(tx, told, facts, to_invoice(facts.standings, shipped), at)
    elif told.kind == "return.settled":
        back = await find_returned(tx, UUID(str(told.body["rma"])))
        owed = to_credit_returned(facts.standings, back.given, back.shipping_minor)
        await _credit(tx, told, facts, owed, kept_by(facts, back))
        return
    elif told.kind in ("order.placed", "order.released") and facts.setting == "at_confirmation" and facts.is_confirmed:
        await _invoice(tx, told, facts, to_invoice(facts.standings), None)
    owed = to_credit(facts.standings)
    shipping_alone = {number for number, pieces in owed.items() if all(piece.need == SHIPPING for piece in pieces)}
    if told.kind != "order.canceled":
        owed = {number: pieces for number, pieces in owed.items() if number not in shipping_alone}
    await _credit(tx, told, facts, owed)


async def _invoice(
    tx: Tx, told: Told, facts: InvoiceFacts, owed: Mapping[str, Sequence[Piece]], supplied_at: datetime | None
) -> None:
    for seller in sorted(owed):
        entity = await find_entity(tx, seller)
        await _issue(tx, told, facts, seller, entity, "invoice", owed[seller], supplied_at=supplied_at)


def kept_by(facts: InvoiceFacts, back: Returned) -> dict[str, Kept]:
    """By the number of its invoice: what was kept of units that came back, because of what was missing."""
    language, found = facts.sale.language, {}
    for number, pieces in to_credit_returned(facts.standings, back.kept, 0).items():
        words = dict.fromkeys(one.says(language) for piece in pieces for one in back.absent[piece.need])
        found[number] = Kept(", ".join(words), sum(piece.gross_minor for piece in pieces))
    return found


async def _credit(
    tx: Tx, told: Told, facts: InvoiceFacts, owed: Mapping[str, Sequence[Piece]], kept: Mapping[str, Kept] | None = None
) -> None:
    invoices = {held.number: held for one in facts.standings for held in one.held}
    for number in sorted(owed):
        held = invoices[number]
        entity = await find_entity(tx, held.legal_entity)
        await _issue(
            tx,
            told,
            facts,
            held.legal_entity,
            entity,
            "credit_note",
            owed[number],
            cites=held,
            kept=(kept or {}).get(number),
        )


async def _issue(
    tx: Tx, told: Told, facts: InvoiceFacts, seller: str, entity: Entity, kind: Kind, pieces: Sequence[Piece], *,
    supplied_at: datetime | None = None, cites: Held | None = None, kept: Kept | None = None,
) -> None:  # fmt: skip
    """Draw the number as late as can be: from here to the commit others wait for theirs."""
    today = day_of(tx.now, entity.time_zone)
    letters = series(kind, today)
    n, day = await sql.draw(tx, seller, letters, today)
    content = compose(
        facts.sale, entity.seller, pieces, kind=kind, number=number_of(entity.prefix, letters, day.year, n), issued_on=day,
        ordered_on=day_of(facts.ordered_at, entity.time_zone),
        supplied_on=day_of(supplied_at, entity.time_zone) if supplied_at else None,
        cites=Cited(cites.number, cites.issued_on) if cites else None,
        reason=REASONS.get(told.kind, "refused_at_counter") if cites else "", given=given_of(told.body), kept=kept,
    )  # fmt: skip
    await sql.insert(
        tx, content, pieces, legal_entity=seller, series=letters, n=n, order=told.stream, cause_seq=told.seq
    )
    tx.tell(Event(MADE[kind == "credit_note"], told.stream, {"number": content.number}))


def given_of(body: Mapping[str, object]) -> tuple[str, ...]:
    """How what a credit note takes back is given: what an event of a return says, in each of its ways; else as money."""
    wishes = body.get("wishes")
    return (
        tuple(str(one) for one in wishes) if isinstance(wishes, list) and wishes else (str(body.get("wish", "refund")),)
    )


async def write_file(tx: Tx, told: Told) -> None:
    """Draw the document that an event names, unless somebody wanted it earlier."""
    number = str(told.body["number"])
    if await queries.find_file(tx.connection, number) is None:
        content = await queries.find_content(tx.connection, number)
        if content is not None:
            await _keep(tx, content.number, await asyncio.to_thread(_draw, content))


async def file_of(pool: Pool, number: str, now: datetime) -> File | None:
    """A document's PDF, drawn now if nobody did before; None when there is no such document. Always the same bytes."""
    async with borrowed(pool) as connection:
        found = await queries.find_file(connection, number)
        content = await queries.find_content(connection, number) if found is None else None
    if content is None:
        return found
    drawn = await asyncio.to_thread(_draw, content)
    await in_transaction(pool, "system", now, lambda tx: _keep(tx, number, drawn))
    async with borrowed(pool) as connection:
        return await queries.find_file(connection, number)


def _draw(content: Content) -> bytes:
    # What draws a PDF is a quarter of all that a web process would load, and most never draw one.
    from comptoir.invoices.pdf import draw_document

    return draw_document(content)


async def _keep(tx: Tx, number: str, drawn: bytes) -> None:
    await sql.keep_file(tx, number, drawn, hashlib.sha256(drawn).digest())

"""Head office words the reasons of returns, declined parcels, cancellations, missing units, counts, corrections and exceptions at the counter: one way for all, each change in the audit."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from comptoir.flows import auditing
from comptoir.fulfillment.decline_reasons import DECLINE
from comptoir.fulfillment.short_reasons import SHORT
from comptoir.kit import reasons
from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.kit.reason_rows import keep_reasons, list_reasons
from comptoir.kit.reasons import Book, MoveReason, Reason, ReasonsChanged, Subject, WordReason
from comptoir.kit.runner import Flow
from comptoir.orders.cancel_reasons import CANCEL
from comptoir.returns.changing import STREAM
from comptoir.returns.permit_reasons import PERMIT
from comptoir.returns.reasons import RETURN
from comptoir.stock.adjust_reasons import ADJUST
from comptoir.stock.count_reasons import COUNT

BOOKS: Final[Mapping[Subject, Book]] = {
    "return": RETURN, "decline": DECLINE, "cancel": CANCEL, "short": SHORT, "count": COUNT, "adjust": ADJUST,
    "permit": PERMIT,
}  # fmt: skip


async def word_reason(tx: Tx, command: WordReason, actor: Actor, now: datetime) -> ReasonsChanged:
    """A new reason, at the end, or other words for one. Conflict `reason_there`, `too_many_reasons`, `reason_needed`; Invalid
    `unknown_reason`, `reason_acts_wrong`."""
    actor.needs("head_office")
    book = BOOKS[command.subject]
    known = await _locked(tx, book)
    place = known[-1].place + 10 if command.new else next((one.place for one in known if one.code == command.code), 0)
    wanted = Reason(
        command.code, command.fr.strip(), command.en.strip(), place, command.faulty, command.photo, command.used,
        command.acts_as,
    )  # fmt: skip
    reasons.check(book, known, wanted, new=command.new)
    return await _kept(tx, actor, book, [wanted])


async def put_reason(tx: Tx, subject: Subject, wanted: Reason, actor: Actor) -> ReasonsChanged:
    """A reason as a file has it, its place too. Refuses as `word_reason` does."""
    actor.needs("head_office")
    book = BOOKS[subject]
    known = await _locked(tx, book)
    reasons.check(book, known, wanted, new=wanted.code not in {one.code for one in known})
    return await _kept(tx, actor, book, [wanted])


async def move_reason(tx: Tx, command: MoveReason, actor: Actor, now: datetime) -> ReasonsChanged:
    """Up or down by one; at the end of the list nothing changes. Invalid `unknown_reason`."""
    actor.needs("head_office")
    book = BOOKS[command.subject]
    return await _kept(tx, actor, book, reasons.moved(await _locked(tx, book), command.code, up=command.up))


async def _locked(tx: Tx, book: Book) -> tuple[Reason, ...]:
    await tx.run("SELECT pg_advisory_xact_lock(hashtext($1))", f"reason {book.subject}")
    return await list_reasons(tx.connection, book)


async def _kept(tx: Tx, actor: Actor, book: Book, changed: Sequence[Reason]) -> ReasonsChanged:
    codes = tuple(one.code for one in changed)
    if changed:
        keys = [f"{book.subject}.{code}" for code in codes]
        before = {key: await auditing.standing(tx, "reason", key) for key in keys}
        await keep_reasons(tx, book.subject, changed, actor.who)
        for key in keys:
            await auditing.keep(tx, actor, "reason.saved", "reason", key, before[key])
        if book.subject == "return":
            tx.tell(Event("returns.reasons_changed", STREAM, {"number": 0, "codes": list(codes)}))
    return ReasonsChanged(codes)


FLOWS: Mapping[type, Flow] = {WordReason: word_reason, MoveReason: move_reason}

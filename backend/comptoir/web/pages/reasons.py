"""The reasons of missing units, for declining a parcel, canceling an order, believing a count, correcting stock and allowing an exception at the counter, as head office words them: in which order, which are offered."""

from typing import Any, Final

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, URLEncodedBody

from comptoir.flows.word_reasons import BOOKS
from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import Invalid, NotFound, Refusal
from comptoir.kit.ids import new_id
from comptoir.kit.reason_rows import list_reasons
from comptoir.kit.reasons import NEW, Book, MoveReason, Reason, WordReason, find
from comptoir.web.guards import by
from comptoir.web.pages.audit import past_of
from comptoir.web.pages.page import Page
from comptoir.web.pages.session import Answer
from comptoir.web.pages.typed import Typed

HERE: Final = "/manager/reasons"
SUBJECTS: Final = ("short", "decline", "cancel", "count", "adjust", "permit")
"""Reasons of returns stand with the rules of returns."""


@get(HERE, opt=by("head_office"))
async def reasons(house: NamedDependency[House], page: NamedDependency[Page], done: FromQuery[bool] = False) -> Answer:
    """Every subject with its reasons, those that are not offered too."""
    async with borrowed(house.pool) as connection:
        lists = [(subject, await list_reasons(connection, BOOKS[subject])) for subject in SUBJECTS]
    return page.html("admin/reasons.html", lists=lists, done=done, new_id=new_id)


@get(HERE + "/{subject:str}/{code:str}", opt=by("head_office"))
async def reason(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page], subject: FromPath[str],
    code: FromPath[str],
) -> Answer:  # fmt: skip
    """One reason, or a new one under "new"."""
    return await _form(house, actor, page, _book(subject), code)


@post(HERE + "/{subject:str}/{code:str}", opt=by("head_office"), status_code=200)
async def word(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page], subject: FromPath[str],
    code: FromPath[str], data: URLEncodedBody[dict[str, Any]],
) -> Answer:  # fmt: skip
    """The reason as typed; refused, the page comes back with what was typed."""
    typed, book, new = Typed(data), _book(subject), code == NEW
    try:
        command = msgspec.convert(
            {
                "id": typed.id(), "code": typed.text("code").lower().replace(" ", "_") if new else code, "fr": typed.text("fr"), "en": typed.text("en"),
                "new": new, "used": bool(typed.text("used")), "photo": bool(typed.text("photo")) and book.photos, "subject": book.subject, "acts_as": typed.text("acts_as") or None,
            },
            WordReason,
        )  # fmt: skip
        await house.runner.perform(command, actor)
    except msgspec.ValidationError as wrong:
        field = next((name for name in ("code", "fr", "en") if f"$.{name}" in str(wrong)), "fr")
        return await _form(house, actor, page, book, code, typed, Invalid("reason_words", field=field))
    except Refusal as refusal:
        return await _form(house, actor, page, book, code, typed, refusal)
    return page.go(f"{HERE}?done=true")


@post(HERE + "/{subject:str}/{code:str}/move", opt=by("head_office"), status_code=200)
async def move(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page], subject: FromPath[str],
    code: FromPath[str], data: URLEncodedBody[dict[str, Any]],
) -> Answer:  # fmt: skip
    """Up or down by one."""
    typed, book = Typed(data), _book(subject)
    async with borrowed(house.pool) as connection:
        _known(await list_reasons(connection, book), code)
    await house.runner.perform(MoveReason(typed.id(), code, typed.text("act") == "up", book.subject), actor)
    return page.go(f"{HERE}#r-{subject}-{code}")


def _book(subject: str) -> Book:
    """NotFound `unknown_reason` for no subject of this page."""
    for name in SUBJECTS:
        if name == subject:
            return BOOKS[name]
    raise NotFound("unknown_reason", reason=subject)


def _known(known: tuple[Reason, ...], code: str) -> Reason:
    try:
        return find(known, code)
    except Invalid:
        raise NotFound("unknown_reason", reason=code) from None


async def _form(
    house: House,
    actor: Actor,
    page: Page,
    book: Book,
    code: str,
    typed: Typed | None = None,
    refusal: Refusal | None = None,
) -> Answer:
    async with borrowed(house.pool) as connection:
        known = await list_reasons(connection, book)
        past = None if code == NEW else await past_of(connection, actor, "rules", f"{book.subject}.{code}")
    one = Reason("xx", "-", "-", 0) if code == NEW else _known(known, code)
    built_in = {each.code for each in book.built_in}
    return page.html(
        "admin/reason.html", status=refusal.status if refusal else 200, reason=one, new=code == NEW, typed=typed, refusal=refusal, past=past,
        wrong=refusal.facts.get("field", "") if refusal else "", id=new_id(), built_in=code in built_in, subject=book.subject,
        acts=[each for each in known if each.code in built_in] if book.acting and code not in built_in else (), always=code in book.always, photos=book.photos,
    )  # fmt: skip


ROUTES: list[BaseRouteHandler] = [reasons, reason, word, move]

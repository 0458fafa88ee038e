"""The reasons for returns as head office words them: both languages, in which order, whose doing it is, which are offered."""

from typing import Annotated, Any, Final

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, URLEncodedBody

from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import Invalid, NotFound, Refusal
from comptoir.kit.ids import new_id
from comptoir.kit.reasons import MoveReason, WordReason
from comptoir.returns.queries import list_reasons
from comptoir.returns.reasons import BUILT_IN, NEW, Reason, find
from comptoir.web.guards import by
from comptoir.web.pages.page import Page
from comptoir.web.pages.return_rules import HERE
from comptoir.web.pages.session import Answer
from comptoir.web.pages.typed import Typed

REASONS: Final = HERE + "/reasons"
Key = Annotated[str, msgspec.Meta(max_length=40)]


@get(REASONS, opt=by("head_office"))
async def reasons(house: NamedDependency[House], page: NamedDependency[Page], done: FromQuery[bool] = False) -> Answer:
    """All of them, those that are not offered too."""
    async with borrowed(house.pool) as connection:
        found = await list_reasons(connection)
    return page.html("admin/return_reasons.html", reasons=found, done=done, new_id=new_id, refusal=None)


@get(REASONS + "/{code:str}", opt=by("head_office"))
async def reason(house: NamedDependency[House], page: NamedDependency[Page], code: FromPath[Key]) -> Answer:
    """One reason, or a new one under "new"."""
    return await _form(house, page, code)


@post(REASONS + "/{code:str}", opt=by("head_office"), status_code=200)
async def word(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page], code: FromPath[Key],
    data: URLEncodedBody[dict[str, Any]],
) -> Answer:  # fmt: skip
    """The reason as typed; refused, the page comes back with what was typed."""
    typed = Typed(data)
    new = code == NEW
    try:
        command = msgspec.convert(
            {
                "id": typed.id(), "code": typed.text("code").lower().replace(" ", "_") if new else code, "fr": typed.text("fr"), "en": typed.text("en"),
                "new": new, "faulty": bool(typed.text("faulty")), "photo": bool(typed.text("photo")), "used": bool(typed.text("used")),
            },
            WordReason,
        )  # fmt: skip
        await house.runner.perform(command, actor)
    except msgspec.ValidationError as wrong:
        field = next((name for name in ("code", "fr", "en") if f"$.{name}" in str(wrong)), "fr")
        return await _form(house, page, code, typed, Invalid("reason_words", field=field))
    except Refusal as refusal:
        return await _form(house, page, code, typed, refusal)
    return page.go(f"{REASONS}?done=true")


@post(REASONS + "/{code:str}/move", opt=by("head_office"), status_code=200)
async def move(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page], code: FromPath[Key],
    data: URLEncodedBody[dict[str, Any]],
) -> Answer:  # fmt: skip
    """Up or down by one."""
    typed = Typed(data)
    async with borrowed(house.pool) as connection:
        _known(await list_reasons(connection), code)
    await house.runner.perform(MoveReason(typed.id(), code, typed.text("act") == "up"), actor)
    return page.go(f"{REASONS}#r-{code}")


def _known(reasons: tuple[Reason, ...], code: str) -> Reason:
    try:
        return find(reasons, code)
    except Invalid:
        raise NotFound("unknown_reason", reason=code) from None


async def _form(
    house: House, page: Page, code: str, typed: Typed | None = None, refusal: Refusal | None = None
) -> Answer:
    async with borrowed(house.pool) as connection:
        known = await list_reasons(connection)
    one = Reason("xx", "-", "-", 0) if code == NEW else _known(known, code)
    return page.html(
        "admin/return_reason.html", status=refusal.status if refusal else 200, reason=one, new=code == NEW, typed=typed, refusal=refusal,
        wrong=refusal.facts.get("field", "") if refusal else "", id=new_id(), built_in=code in {one.code for one in BUILT_IN},
    )  # fmt: skip


ROUTES: list[BaseRouteHandler] = [reasons, reason, word, move]

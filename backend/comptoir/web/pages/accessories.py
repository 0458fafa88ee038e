"""What belongs to an article or to a category, as head office says it: asked for when one comes back, and what its absence costs."""

from typing import Annotated, Any, Final

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, URLEncodedBody

from comptoir.flows.put_accessories import accessories_of
from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import Invalid, NotFound, Refusal
from comptoir.kit.ids import new_id
from comptoir.returns.accessories import MOST, Accessory, Of, PutAccessories
from comptoir.screens.accessories import list_said
from comptoir.web.guards import by
from comptoir.web.pages.page import Page
from comptoir.web.pages.return_rules import HERE
from comptoir.web.pages.session import Answer
from comptoir.web.pages.typed import Typed

ACCESSORIES: Final = HERE + "/accessories"
Key = Annotated[str, msgspec.Meta(max_length=64)]


@get(ACCESSORIES, opt=by("head_office"))
async def accessories(
    house: NamedDependency[House], page: NamedDependency[Page], done: FromQuery[bool] = False,
    kind: FromQuery[Annotated[str, msgspec.Meta(max_length=10)]] = "", key: FromQuery[Key] = "",
) -> Answer:  # fmt: skip
    """Every category and SKU of which something was said; `kind` and `key` open another one."""
    if kind in ("sku", "category") and key.strip():
        wanted = key.strip().upper() if kind == "sku" else key.strip().lower()
        return page.go(f"{ACCESSORIES}/{kind}/{wanted}")
    async with borrowed(house.pool) as connection:
        said = await list_said(connection)
    return page.html("admin/accessories.html", said=said, done=done)


@get(ACCESSORIES + "/{kind:str}/{key:str}", opt=by("head_office"))
async def one(
    house: NamedDependency[House], page: NamedDependency[Page], kind: FromPath[str], key: FromPath[Key]
) -> Answer:
    """What belongs to one SKU or category, row by row."""
    return await _form(house, page, kind, key)


@post(ACCESSORIES + "/{kind:str}/{key:str}", opt=by("head_office"), status_code=200)
async def put(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page], kind: FromPath[str],
    key: FromPath[Key], data: URLEncodedBody[dict[str, Any]],
) -> Answer:  # fmt: skip
    """The rows as typed; a row without a code is gone. Refused, the page comes back with what was typed."""
    typed = Typed(data)
    try:
        rows = [
            {
                "code": code.lower().replace(" ", "_"), "fr": typed.text(f"fr{n}"), "en": typed.text(f"en{n}"),
                "keep_minor": typed.minor(f"keep{n}", default=0), "used": not typed.text(f"gone{n}"),
            }
            for n in range(MOST) if (code := typed.text(f"code{n}"))
        ]  # fmt: skip
        command = msgspec.convert(
            {"id": typed.id(), "kind": _kind(kind), "key": key, "accessories": rows}, PutAccessories
        )
        await house.runner.perform(command, actor)
    except msgspec.ValidationError:
        return await _form(house, page, kind, key, typed, Invalid("accessory_wrong"))
    except NotFound:
        raise
    except Refusal as refusal:
        return await _form(house, page, kind, key, typed, refusal)
    return page.go(f"{ACCESSORIES}?done=true")


def _kind(kind: str) -> Of:
    """NotFound `accessory_not_found` for anything else."""
    if kind == "sku":
        return "sku"
    if kind == "category":
        return "category"
    raise NotFound("accessory_not_found")


async def _form(
    house: House, page: Page, kind: str, key: str, typed: Typed | None = None, refusal: Refusal | None = None
) -> Answer:
    async with borrowed(house.pool) as connection:
        stands = await accessories_of(connection, _kind(kind), key)
    own = [*stands.accessories, *[Accessory("xx", "-", "-")] * max(0, min(2, MOST - len(stands.accessories)))]
    codes = {one.code for one in stands.accessories}
    return page.html(
        "admin/accessory.html", status=refusal.status if refusal else 200, kind=kind, key=key, rows=own, written=len(stands.accessories),
        inherited=[one for one in stands.asked if one.code not in codes], typed=typed, refusal=refusal, id=new_id(),
    )  # fmt: skip


ROUTES: list[BaseRouteHandler] = [accessories, one, put]

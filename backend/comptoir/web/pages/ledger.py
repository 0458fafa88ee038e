"""Levels that do not add up with their ledger: which they are; of one all that is said of it, what a repair would do, and the repair."""

from datetime import datetime
from typing import Annotated, Any, Final
from urllib.parse import urlencode

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromQuery, URLEncodedBody

from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import Conflict, Invalid, Malformed, Refusal
from comptoir.kit.ids import new_id
from comptoir.kit.words import Code, Signed, Slug
from comptoir.network import queries as network
from comptoir.screens import level_repair as screen
from comptoir.stock.repairing import (
    LEAST_REASON,
    Accounts,
    Figures,
    LevelRepaired,
    Repair,
    RepairLevel,
    repair,
)
from comptoir.web.guards import MANAGERS, by
from comptoir.web.pages.page import Page
from comptoir.web.pages.session import Answer
from comptoir.web.pages.typed import Typed

HERE: Final = "/manager/stock/ledger"
Chosen = Annotated[str, msgspec.Meta(max_length=64)]


@get(HERE, opt=by(*MANAGERS))
async def listed(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    now: NamedDependency[datetime], store: FromQuery[Chosen] = "",
) -> Answer:  # fmt: skip
    """What the look through all levels has found in one's own stores."""
    async with borrowed(house.pool) as connection:
        rows = await screen.read(connection, actor, store)
        places = await network.list_names(connection, actor.locations)
        looked = await screen.round_at(connection)
    return page.html(
        "manager/ledger.html", rows=rows[: screen.MOST], more=len(rows) > screen.MOST, most=screen.MOST, places=places, store=store, looked=looked, now=now
    )  # fmt: skip


@get(HERE + "/row", opt=by(*MANAGERS))
async def one(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    now: NamedDependency[datetime], sku: FromQuery[Code], store: FromQuery[Slug], done: FromQuery[bool] = False,
) -> Answer:  # fmt: skip
    """One row: figures, effect, last lines, work. NotFound `unknown_sku`, also for a store of others."""
    return await _row(house, actor, page, now, sku, store, done=done)


@post(HERE + "/row", opt=by("head_office"), status_code=200)
async def put_right(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    now: NamedDependency[datetime], data: URLEncodedBody[dict[str, Any]],
) -> Answer:  # fmt: skip
    """The level is right from now on; whoever was shown another difference is shown this one first."""
    typed = Typed(data)
    command = _told(typed)
    try:
        if len(command.reason) < LEAST_REASON:
            raise Invalid("why_missing", field="reason")
        await house.runner.perform(command, actor)
    except (Conflict, Invalid) as refusal:
        return await _row(house, actor, page, now, command.sku, command.location, typed, refusal)
    return page.go(f"{HERE}/row?" + urlencode({"sku": command.sku, "store": command.location, "done": "true"}))


def _told(typed: Typed) -> RepairLevel:
    """The form as a command. Malformed where a hidden field is not what the page wrote."""
    try:
        numbers = msgspec.convert([int(one) for one in typed.text("off").split(",")], list[Signed])
        level, ledger = Figures(*numbers[:4]), Figures(*numbers[4:])
        told = {"id": typed.id(), "sku": typed.text("sku"), "location": typed.text("store")}
        asked = msgspec.convert(told | {"level": level, "ledger": ledger, "reason": "..."}, RepairLevel)
    except (ValueError, TypeError):
        raise Malformed("malformed", where="$.off") from None
    return msgspec.structs.replace(asked, reason=typed.text("reason")[:200])


async def _row(
    house: House, actor: Actor, page: Page, now: datetime, sku: str, store: str, typed: Typed | None = None, refusal: Refusal | None = None, *,
    done: bool = False,
) -> Answer:  # fmt: skip
    async with borrowed(house.pool) as connection:
        view = await screen.read_one(connection, actor, sku, store)
    wrong = _wrong(view.accounts)
    effect = await _effect(house, actor, view, wrong) if wrong is not None and actor.role == "head_office" else None
    off = [*msgspec.structs.astuple(wrong.level), *msgspec.structs.astuple(wrong.ledger)] if wrong else []
    return page.html(
        "manager/ledger_row.html", status=refusal.status if refusal else 200, view=view, wrong=wrong, effect=effect, off=",".join(map(str, off)),
        typed=typed or Typed({}), refusal=refusal, at_fault=refusal.facts.get("field", "") if refusal else "", done=done, now=now, id=new_id(),
        most=screen.WORKS,
    )  # fmt: skip


def _wrong(accounts: Accounts) -> Repair | None:
    try:
        return repair(accounts)
    except Conflict:
        return None


async def _effect(house: House, actor: Actor, view: screen.Row, wrong: Repair) -> LevelRepaired | None:
    """What would come of it: carried out and taken back. None when the row has changed since it was read."""
    command = RepairLevel(new_id(), view.store, view.sku, wrong.level, wrong.ledger, "...")
    try:
        told: LevelRepaired = (await house.runner.rehearse(command, actor)).read(LevelRepaired)
    except Conflict:
        return None
    return told


ROUTES: list[BaseRouteHandler] = [listed, one, put_right]

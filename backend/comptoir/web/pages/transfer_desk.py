"""Transfers for managers and head office: what is under way between places, a new one, one with its lines."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, URLEncodedBody

from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.codes import parse
from comptoir.kit.db import borrowed
from comptoir.kit.errors import Conflict, Invalid, NotFound, Refusal
from comptoir.kit.ids import new_id
from comptoir.kit.words import Note
from comptoir.network import queries as network
from comptoir.screens import article_search
from comptoir.screens import transfer_requests as requests
from comptoir.screens import transfers as screen
from comptoir.transfers.lifecycle import ENDED
from comptoir.transfers.model import CancelTransfer, CreateTransfer, Reason, TransferTold, Wish
from comptoir.web.guards import MANAGERS, by
from comptoir.web.pages.orders import NewIds, place_after
from comptoir.web.pages.page import Page

Answer = Response[Any]
TheHouse = NamedDependency[House]
TheActor = NamedDependency[Actor]
ThePage = NamedDependency[Page]
Now = NamedDependency[datetime]
HERE = "/manager/transfers"
ROWS = 6
"""Articles that the form has room for; a longer list comes over the API."""

MOST_UNITS = 10_000
AT_ONCE = 30
Typed = Annotated[str, msgspec.Meta(max_length=64)]
Few = Annotated[list[Typed], msgspec.Meta(max_length=ROWS)]
Place = Annotated[str, msgspec.Meta(max_length=64, pattern=r"^[a-z0-9-]*\Z")]
"""A readable key, or nothing where nothing was chosen."""
Link = FromQuery[Annotated[str, msgspec.Meta(max_length=64)]]


class NewForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """From where to where, why, and up to six articles with their numbers; the id was made with the page."""

    id: UUID
    from_: Place
    to: Place
    reason: Reason = "replenish"
    note: Note = ""
    code: Few | Typed = []
    quantity: Few | Typed = []

    @property
    def rows(self) -> list[tuple[str, str]]:
        """What was typed, row by row."""
        return typed_rows(self.code, self.quantity)


def typed_rows(code: Few | Typed, quantity: Few | Typed) -> list[tuple[str, str]]:
    """Codes with their numbers, row by row; rows without a code are left out."""
    codes = [code] if isinstance(code, str) else code
    numbers = [quantity] if isinstance(quantity, str) else quantity
    return [
        (named.strip(), number.strip())
        for named, number in zip(codes, [*numbers, *[""] * len(codes)], strict=False)
        if named.strip()
    ]


class CancelForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """It is not wanted any more; the id was made with the page."""

    id: UUID


@get("/manager/transfers", opt=by(*MANAGERS))
async def desk(
    house: TheHouse, actor: TheActor, page: ThePage, now: Now, after: FromQuery[str | None] = None, store: Link = "",
    age: FromQuery[Literal["", "today", "days_1_2", "days_3_6", "week"]] = "",
) -> Answer:  # fmt: skip
    """What is under way, the longest first, then what has ended, newest first; of one `store`, or so long on its way, alone."""
    async with borrowed(house.pool) as connection:
        going, total = await screen.under_way(connection, actor, now, store or None, age or None)
        ended = [] if age else await screen.read_list(
            connection, actor, place_after(after), AT_ONCE + 1, status=ENDED, location=store or None
        )  # fmt: skip
        ages = await screen.ageing(connection, actor, now)
        to_answer = await requests.to_answer(connection, actor)
        ours = await network.list_names(connection, actor.locations)
    return page.html(
        "manager/transfers.html", going=going, total=total, ended=ended[:AT_ONCE], next_page=page_after(HERE, ended, store), ages=ages, age=age,
        path=HERE, places=[(id, name) for id, name, _ in ours], place=store, to_answer=to_answer, now=now,
    )  # fmt: skip


def page_after(path: str, rows: Sequence[Any], store: str) -> str | None:
    """Where a list goes on, of which one row more than is shown was read."""
    return (
        f"{path}?after={rows[AT_ONCE - 1].place}{f'&store={store}' if store else ''}" if len(rows) > AT_ONCE else None
    )


@get("/manager/transfers/new", opt=by(*MANAGERS))
async def ask(house: TheHouse, actor: TheActor, page: ThePage, store: Link = "", sku: Link = "") -> Answer:
    """An empty form, or one that begins with an article."""
    return await form_page(
        house, actor, page, {"from": store, "to": "", "reason": "replenish", "note": ""}, [(sku, "1")] if sku else []
    )


async def form_page(
    house: House,
    actor: Actor,
    page: Page,
    typed: dict[str, str],
    rows: list[tuple[str, str]],
    refusal: Refusal | None = None,
) -> Answer:
    """The form with what was typed; a refusal stands on top and nothing is lost."""
    async with borrowed(house.pool) as connection:
        ours = await network.list_names(connection, actor.locations)
        everywhere = await network.list_names(connection, None, open_alone=True)
    return page.html(
        "manager/transfer_new.html", status=refusal.status if refusal else 200, typed=typed,
        ours=[(id, name) for id, name, _ in ours], everywhere=[(id, name) for id, name, _ in everywhere],
        rows=[*rows, *[("", "")] * (ROWS - len(rows))], refusal=refusal, id=new_id(),
    )  # fmt: skip


@post("/manager/transfers/new", opt=by(*MANAGERS), status_code=200)
async def create(data: URLEncodedBody[NewForm], house: TheHouse, actor: TheActor, page: ThePage) -> Answer:
    """Promised at the source at once, or the form again with what stands in the way."""
    try:
        lines = await wishes(house, data)
        command = CreateTransfer(data.id, data.from_, data.to, lines, data.reason, data.note)
        made = (await house.runner.perform(command, actor)).read(TransferTold)
    except (Conflict, Invalid, NotFound) as refusal:
        typed = {"from": data.from_, "to": data.to, "reason": data.reason, "note": data.note}
        return await form_page(house, actor, page, typed, data.rows, refusal)
    return page.go(f"/manager/transfers/{made.id}")


async def wishes(house: House, data: NewForm) -> tuple[Wish, ...]:
    """What the form names. Invalid `place_missing`, and what `named` refuses."""
    if not (data.from_ and data.to):
        raise Invalid("place_missing")
    return await named(house, data.rows)


async def named(house: House, rows: list[tuple[str, str]]) -> tuple[Wish, ...]:
    """What rows name: codes as scanned or typed become articles. Invalid `nothing_named`, `bad_number`; NotFound `unknown_sku`."""
    if not rows:
        raise Invalid("nothing_named")
    found = []
    async with borrowed(house.pool) as connection:
        for code, number in rows:
            sku = await article_search.find_code(connection, [code, parse(code).code])
            if sku is None:
                raise NotFound("unknown_sku", sku=code)
            if not number.isdecimal() or not 1 <= int(number) <= MOST_UNITS:
                raise Invalid("bad_number", sku=code)
            found.append(Wish(sku, int(number)))
    return tuple(found)


@get("/manager/transfers/{transfer:uuid}", opt=by(*MANAGERS))
async def show(transfer: FromPath[UUID], house: TheHouse, actor: TheActor, page: ThePage, now: Now) -> Answer:
    """One transfer with its lines. NotFound `transfer_not_found`."""
    return await one_page(transfer, house, actor, page, now)


async def one_page(
    transfer: UUID, house: House, actor: Actor, page: Page, now: datetime, refusal: Refusal | None = None
) -> Answer:
    """The page, and on top of it what was just refused."""
    async with borrowed(house.pool) as connection:
        view = await screen.one(connection, transfer, actor)
    head = view.head
    # Who may say what became of missing units: each end of its own stock, either end that they are lost.
    may_settle = tuple(
        kind for kind, reaches in (("found", actor.reaches(head.to)), ("stayed", actor.reaches(head.from_)), ("lost", True)) if reaches
    ) if head.status == "closed" else ()  # fmt: skip
    may_cancel = "cancel" in head.actions and head.order is None and actor.reaches(head.from_)
    return page.html(
        "manager/transfer.html", status=refusal.status if refusal else 200, view=view, head=head, may_cancel=may_cancel,
        may_settle=may_settle, may_count=head.status == "closed" and actor.reaches(head.from_), id=new_id(), ids=NewIds(), refusal=refusal, now=now,
    )  # fmt: skip


@post("/manager/transfers/{transfer:uuid}/cancel", opt=by(*MANAGERS), status_code=200)
async def cancel(
    transfer: FromPath[UUID],
    data: URLEncodedBody[CancelForm],
    house: TheHouse,
    actor: TheActor,
    page: ThePage,
    now: Now,
) -> Answer:
    """Before it has left."""
    try:
        await house.runner.perform(CancelTransfer(data.id, transfer), actor)
    except Conflict as refusal:
        return await one_page(transfer, house, actor, page, now, refusal)
    return page.go(f"/manager/transfers/{transfer}")


ROUTES: list[BaseRouteHandler] = [desk, ask, create, show, cancel]

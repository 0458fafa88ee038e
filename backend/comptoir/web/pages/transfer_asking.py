"""What stores ask of one another, on the handheld and in a manager's browser; what had better lie elsewhere; units that never came."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, URLEncodedBody

from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import Conflict, Forbidden, Invalid, NotFound, Refusal
from comptoir.kit.words import Code, Note, Slug, Units
from comptoir.network import queries as network
from comptoir.screens import transfer_requests as screen
from comptoir.transfers.model import CountSource, CreateTransfer, SettleKind, SettleTransfer, TransferTold, Wish
from comptoir.transfers.requesting import AskTransfer, DeclineRequest, Grant, GrantRequest, RequestTold, WithdrawRequest
from comptoir.transfers.suggesting import NEED_DAYS, WINDOW_DAYS, suggest
from comptoir.web.guards import COUNTER, MANAGERS, by
from comptoir.web.pages.exceptions import base_of
from comptoir.web.pages.handing import store_of
from comptoir.web.pages.orders import NewIds, place_after
from comptoir.web.pages.page import Page
from comptoir.web.pages.transfer_desk import ROWS, Few, Place, Typed, named, one_page, typed_rows

Answer = Response[Any]
TheHouse = NamedDependency[House]
TheActor = NamedDependency[Actor]
ThePage = NamedDependency[Page]
Now = NamedDependency[datetime]
Named = FromPath[UUID]
AT_ONCE = 30
SUGGESTED = 40
FIELDS = ("to", "from", "note")


class AskForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """For where, of whom, and up to six articles with their numbers; the id was made with the page."""

    id: UUID
    from_: Place = ""
    to: Place = ""
    note: Note = ""
    code: Few | Typed = []
    quantity: Few | Typed = []


class GrantForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """How many of each article are given, and from where."""

    id: UUID
    sku: list[Code] | Code = []
    quantity: list[Typed] | Typed = []
    from_: Place = ""
    note: Note = ""

    @property
    def grants(self) -> tuple[Grant, ...]:
        """Units by article as typed. Invalid `bad_number`."""
        skus = [self.sku] if isinstance(self.sku, str) else self.sku
        numbers = [self.quantity] if isinstance(self.quantity, str) else self.quantity
        for sku, number in zip(skus, numbers, strict=False):
            if not number.strip().isdecimal() or int(number) > 10_000:
                raise Invalid("bad_number", sku=sku)
        return tuple(Grant(sku, int(number)) for sku, number in zip(skus, numbers, strict=False))


class DeclineForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why not."""

    id: UUID
    note: Annotated[Note, msgspec.Meta(min_length=1)]


class ActForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One act; the id was made with the page."""

    id: UUID


class SuggestedForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """One suggestion, taken."""

    id: UUID
    from_: Slug
    to: Slug
    sku: Code
    units: Units


class SettleForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What became of missing units."""

    id: UUID
    sku: Code
    kind: SettleKind
    units: Units
    note: Note = ""


# ---- asked


@get("/transfers/requests", opt=by(*COUNTER))
async def of_store(house: TheHouse, actor: TheActor, page: ThePage, now: Now) -> Answer:
    """What this store was asked, has asked for, and the last answers."""
    async with borrowed(house.pool) as connection:
        rows = await screen.of_store(connection, store_of(actor))
    return page.html(
        "manager/requests.html", rows=rows, handheld=True, base=base_of(True), next_page=None, here=store_of(actor), now=now
    )  # fmt: skip


@get("/manager/transfers/requests", opt=by(*MANAGERS))
async def of_region(
    house: TheHouse, actor: TheActor, page: ThePage, now: Now, after: FromQuery[str | None] = None
) -> Answer:
    """Requests that begin or end at the manager's places, what waits for an answer first."""
    async with borrowed(house.pool) as connection:
        rows = await screen.read_list(connection, actor, place_after(after), AT_ONCE + 1)
    shown = rows[:AT_ONCE]
    next_page = f"/manager/transfers/requests?after={shown[-1].place}" if len(rows) > AT_ONCE else None
    return page.html(
        "manager/requests.html", rows=shown, handheld=False, base=base_of(False), next_page=next_page, here=None, now=now
    )  # fmt: skip


@get("/transfers/requests/new", opt=by(*COUNTER))
async def ask_in_store(house: TheHouse, actor: TheActor, page: ThePage, now: Now) -> Answer:
    """A form that scans fill."""
    return await ask_page(house, actor, page, now, dict.fromkeys(FIELDS, ""), [], handheld=True)


@get("/manager/transfers/requests/new", opt=by(*MANAGERS))
async def ask_at_desk(house: TheHouse, actor: TheActor, page: ThePage, now: Now) -> Answer:
    """An empty form."""
    return await ask_page(house, actor, page, now, dict.fromkeys(FIELDS, ""), [], handheld=False)


async def ask_page(
    house: House, actor: Actor, page: Page, now: datetime, typed: dict[str, str], rows: list[tuple[str, str]], *, handheld: bool,
    refusal: Refusal | None = None,
) -> Answer:  # fmt: skip
    """The form with what was typed; a refusal stands on top and nothing is lost."""
    async with borrowed(house.pool) as connection:
        ours = await network.list_names(
            connection, (store_of(actor),) if handheld else actor.locations, open_alone=True
        )
        everywhere = await network.list_names(connection, None)
    return page.html(
        "manager/request_new.html", status=refusal.status if refusal else 200, typed=typed, ours=[(id, name) for id, name, _ in ours],
        everywhere=[(id, name) for id, name, _ in everywhere], rows=[*rows, *[("", "")] * (ROWS - len(rows))], handheld=handheld,
        base=base_of(handheld), refusal=refusal, ids=NewIds(), now=now,
    )  # fmt: skip


@post("/transfers/requests/new", opt=by(*COUNTER), status_code=200)
async def send_from_store(
    data: URLEncodedBody[AskForm], house: TheHouse, actor: TheActor, page: ThePage, now: Now
) -> Answer:
    """Asked, or the form again with what stands in the way."""
    return await asked(data, store_of(actor), house, actor, page, now, handheld=True)


@post("/manager/transfers/requests/new", opt=by(*MANAGERS), status_code=200)
async def send_from_desk(
    data: URLEncodedBody[AskForm], house: TheHouse, actor: TheActor, page: ThePage, now: Now
) -> Answer:
    """The same for one of the manager's stores."""
    return await asked(data, data.to, house, actor, page, now, handheld=False)


async def asked(
    data: AskForm, to: str, house: House, actor: Actor, page: Page, now: datetime, *, handheld: bool
) -> Answer:
    """Ask, and show the request."""
    rows = typed_rows(data.code, data.quantity)
    try:
        if not to:
            raise Invalid("place_missing")
        command = AskTransfer(data.id, to, await named(house, rows), data.from_ or None, data.note)
        made = (await house.runner.perform(command, actor)).read(RequestTold)
    except (Conflict, Invalid, NotFound) as refusal:
        typed = {"to": to, "from": data.from_, "note": data.note}
        return await ask_page(house, actor, page, now, typed, rows, handheld=handheld, refusal=refusal)
    return page.go(f"{'' if handheld else '/manager'}/transfers/requests/{made.id}")


# ---- answered


@get("/transfers/requests/{request_id:uuid}", opt=by(*COUNTER))
async def one_in_store(request_id: Named, house: TheHouse, actor: TheActor, page: ThePage, now: Now) -> Answer:
    """One request; whoever leads the store that was asked answers it. NotFound `request_not_found`."""
    return await request_page(request_id, house, actor, page, now, handheld=True)


@get("/manager/transfers/requests/{request_id:uuid}", opt=by(*MANAGERS))
async def one_at_desk(request_id: Named, house: TheHouse, actor: TheActor, page: ThePage, now: Now) -> Answer:
    """One request and its answer. NotFound `request_not_found`."""
    return await request_page(request_id, house, actor, page, now, handheld=False)


async def request_page(
    request_id: UUID, house: House, actor: Actor, page: Page, now: datetime, *, handheld: bool, refusal: Refusal | None = None
) -> Answer:  # fmt: skip
    """The page, and on top of it what was just refused; forms only for what this person may do."""
    async with borrowed(house.pool) as connection:
        view = await screen.one(connection, request_id, actor)
        everywhere = await network.list_names(connection, actor.locations)
    open_ = view.status == "asked"
    leads = actor.role != "associate"
    asked_here = view.from_ is not None and actor.reaches(view.from_)
    above = actor.role in ("regional_manager", "head_office")
    return page.html(
        "manager/request.html", status=refusal.status if refusal else 200, view=view, handheld=handheld, base=base_of(handheld),
        may_grant=open_ and leads and (asked_here or above), may_decline=open_ and leads and (asked_here or above),
        may_withdraw=open_ and actor.reaches(view.to), sources=[(id, name) for id, name, _ in everywhere if id != view.to],
        refusal=refusal, ids=NewIds(), now=now,
    )  # fmt: skip


@post("/transfers/requests/{request_id:uuid}/grant", opt=by("store_manager"), status_code=200)
async def grant_in_store(
    request_id: Named, data: URLEncodedBody[GrantForm], house: TheHouse, actor: TheActor, page: ThePage, now: Now
) -> Answer:
    """The goods go, as asked or with other numbers."""
    return await granted(request_id, data, house, actor, page, now, handheld=True)


@post("/manager/transfers/requests/{request_id:uuid}/grant", opt=by(*MANAGERS), status_code=200)
async def grant_at_desk(
    request_id: Named, data: URLEncodedBody[GrantForm], house: TheHouse, actor: TheActor, page: ThePage, now: Now
) -> Answer:
    """The same, from whichever place the manager chooses."""
    return await granted(request_id, data, house, actor, page, now, handheld=False)


async def granted(
    request_id: UUID, data: GrantForm, house: House, actor: Actor, page: Page, now: datetime, *, handheld: bool
) -> Answer:
    """Grant, and go to the transfer that carries it."""
    try:
        command = GrantRequest(data.id, request_id, data.grants, data.from_ or None, data.note)
        made = (await house.runner.perform(command, actor)).read(RequestTold)
    except (Conflict, Invalid, NotFound) as refusal:
        return await request_page(request_id, house, actor, page, now, handheld=handheld, refusal=refusal)
    return page.go(f"{'' if handheld else '/manager'}/transfers/{made.transfer}")


@post("/transfers/requests/{request_id:uuid}/decline", opt=by("store_manager"), status_code=200)
async def decline_in_store(
    request_id: Named, data: URLEncodedBody[DeclineForm], house: TheHouse, actor: TheActor, page: ThePage, now: Now
) -> Answer:
    """The goods do not go, and why."""
    command = DeclineRequest(data.id, request_id, data.note)
    return await ended(command, house, actor, page, now, handheld=True)


@post("/manager/transfers/requests/{request_id:uuid}/decline", opt=by(*MANAGERS), status_code=200)
async def decline_at_desk(
    request_id: Named, data: URLEncodedBody[DeclineForm], house: TheHouse, actor: TheActor, page: ThePage, now: Now
) -> Answer:
    """The goods do not go, and why."""
    command = DeclineRequest(data.id, request_id, data.note)
    return await ended(command, house, actor, page, now, handheld=False)


@post("/transfers/requests/{request_id:uuid}/withdraw", opt=by(*COUNTER), status_code=200)
async def withdraw_in_store(
    request_id: Named, data: URLEncodedBody[ActForm], house: TheHouse, actor: TheActor, page: ThePage, now: Now
) -> Answer:
    """They are not wanted any more."""
    return await ended(WithdrawRequest(data.id, request_id), house, actor, page, now, handheld=True)


@post("/manager/transfers/requests/{request_id:uuid}/withdraw", opt=by(*MANAGERS), status_code=200)
async def withdraw_at_desk(
    request_id: Named, data: URLEncodedBody[ActForm], house: TheHouse, actor: TheActor, page: ThePage, now: Now
) -> Answer:
    """They are not wanted any more."""
    return await ended(WithdrawRequest(data.id, request_id), house, actor, page, now, handheld=False)


async def ended(
    command: DeclineRequest | WithdrawRequest, house: House, actor: Actor, page: Page, now: datetime, *, handheld: bool
) -> Answer:
    """Carry it out and show how it stands; a colleague who was quicker is told of."""
    try:
        await house.runner.perform(command, actor)
    except (Conflict, Forbidden) as refusal:
        return await request_page(command.request, house, actor, page, now, handheld=handheld, refusal=refusal)
    return page.go(f"{'' if handheld else '/manager'}/transfers/requests/{command.request}")


# ---- suggested


@get("/manager/transfers/suggestions", opt=by(*MANAGERS))
async def suggestions(house: TheHouse, actor: TheActor, page: ThePage, now: Now) -> Answer:
    """Too few here, more than enough there: what had better move between the manager's places."""
    return await suggestions_page(house, actor, page, now)


async def suggestions_page(
    house: House, actor: Actor, page: Page, now: datetime, refusal: Refusal | None = None
) -> Answer:
    """The list, and on top of it what was just refused."""
    async with borrowed(house.pool) as connection:
        positions, names = await screen.positions(connection, actor, now)
    found = suggest(positions)
    return page.html(
        "manager/suggestions.html", status=refusal.status if refusal else 200, rows=found[:SUGGESTED], total=len(found), names=names,
        need_days=NEED_DAYS, window_days=WINDOW_DAYS, refusal=refusal, ids=NewIds(), now=now,
    )  # fmt: skip


@post("/manager/transfers/suggestions", opt=by(*MANAGERS), status_code=200)
async def take_suggestion(
    data: URLEncodedBody[SuggestedForm], house: TheHouse, actor: TheActor, page: ThePage, now: Now
) -> Answer:
    """A transfer of exactly this; promised at the source at once."""
    command = CreateTransfer(data.id, data.from_, data.to, (Wish(data.sku, data.units),), "balance")
    try:
        made = (await house.runner.perform(command, actor)).read(TransferTold)
    except (Conflict, Invalid) as refusal:
        return await suggestions_page(house, actor, page, now, refusal)
    return page.go(f"/manager/transfers/{made.id}")


# ---- settled


@post("/manager/transfers/{transfer:uuid}/settle", opt=by(*MANAGERS), status_code=200)
async def settle(
    transfer: Named, data: URLEncodedBody[SettleForm], house: TheHouse, actor: TheActor, page: ThePage, now: Now
) -> Answer:
    """Missing units were found, are lost, or never left."""
    command = SettleTransfer(data.id, transfer, data.sku, data.kind, data.units, data.note)
    try:
        await house.runner.perform(command, actor)
    except (Conflict, Invalid) as refusal:
        return await one_page(transfer, house, actor, page, now, refusal)
    return page.go(f"/manager/transfers/{transfer}")


class CountForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which article of the transfer."""

    id: UUID
    sku: Code


@post("/manager/transfers/{transfer:uuid}/count-source", opt=by(*MANAGERS), status_code=200)
async def count_there(
    transfer: Named, data: URLEncodedBody[CountForm], house: TheHouse, actor: TheActor, page: ThePage, now: Now
) -> Answer:
    """More came than had left on paper: the shelf that it came from is counted."""
    try:
        await house.runner.perform(CountSource(data.id, transfer, data.sku), actor)
    except Conflict as refusal:
        return await one_page(transfer, house, actor, page, now, refusal)
    return page.go(f"/manager/transfers/{transfer}")


ROUTES: list[BaseRouteHandler] = [
    of_store, of_region, ask_in_store, ask_at_desk, send_from_store, send_from_desk, one_in_store, one_at_desk, grant_in_store,
    grant_at_desk, decline_in_store, decline_at_desk, withdraw_in_store, withdraw_at_desk, suggestions, take_suggestion, settle, count_there,
]  # fmt: skip

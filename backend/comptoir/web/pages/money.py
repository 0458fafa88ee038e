"""Money waiting, for head office: try again, or say that it was done by hand; look at what did not agree; say who moves money.

Keys are never typed here: they are in the environment, and the page says which are there.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, URLEncodedBody

from comptoir.channels.queries import list_channels
from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import NotFound, Refusal
from comptoir.kit.ids import new_id
from comptoir.kit.runner import Command
from comptoir.kit.words import Note, Slug
from comptoir.payments.commands import (
    ACCOUNT_KINDS,
    AccountKind,
    RetryMoney,
    SavePaymentAccount,
    SettleByHand,
    SettleMismatch,
)
from comptoir.screens import money as screen
from comptoir.screens.money import AccountRow
from comptoir.web.guards import by
from comptoir.web.pages.audit import past_of
from comptoir.web.pages.page import Page
from comptoir.web.pages.session import Answer

TheHouse = NamedDependency[House]
TheActor = NamedDependency[Actor]
ThePage = NamedDependency[Page]
Now = NamedDependency[datetime]
Typed = Annotated[str, msgspec.Meta(max_length=100)]


class RetryForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The id was made with the page."""

    id: UUID


class ByHandForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the provider or the bank calls the movement that a person made."""

    id: UUID
    reference: Typed


class LookedForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a difference was."""

    id: UUID
    note: Note


class AccountForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An account as typed; nothing typed for channel or provider stands for all of them."""

    id: UUID
    account: Typed
    version: Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)]
    kind: AccountKind
    name: Typed
    channel: Typed = ""
    provider: Typed = ""
    active: bool = False


@get("/manager/money", opt=by("head_office"))
async def waiting(house: TheHouse, page: ThePage, now: Now, done: FromQuery[bool] = False) -> Answer:
    """What has not gone, what did not agree, and who moves money."""
    return await _list(house, page, now, done=done)


@post("/manager/money/{intention:uuid}/retry", opt=by("head_office"), status_code=200)
async def retry(
    intention: FromPath[UUID],
    data: URLEncodedBody[RetryForm],
    house: TheHouse,
    actor: TheActor,
    page: ThePage,
    now: Now,
) -> Answer:
    """Its provider is asked again with the next round."""
    return await _perform(house, actor, page, now, lambda: RetryMoney(data.id, intention))


@post("/manager/money/{intention:uuid}/by-hand", opt=by("head_office"), status_code=200)
async def by_hand(
    intention: FromPath[UUID],
    data: URLEncodedBody[ByHandForm],
    house: TheHouse,
    actor: TheActor,
    page: ThePage,
    now: Now,
) -> Answer:
    """A person did it: the customer is told that it has gone."""
    return await _perform(
        house, actor, page, now,
        lambda: msgspec.convert({"id": data.id, "intention": intention, "reference": data.reference.strip()}, SettleByHand),
    )  # fmt: skip


@post("/manager/money/differences/{mismatch:uuid}", opt=by("head_office"), status_code=200)
async def looked(
    mismatch: FromPath[UUID],
    data: URLEncodedBody[LookedForm],
    house: TheHouse,
    actor: TheActor,
    page: ThePage,
    now: Now,
) -> Answer:
    """A difference is settled, with a note."""
    return await _perform(
        house, actor, page, now,
        lambda: msgspec.convert({"id": data.id, "mismatch": mismatch, "note": data.note.strip()}, SettleMismatch),
    )  # fmt: skip


@get("/manager/money/accounts/new", opt=by("head_office"))
async def new(house: TheHouse, actor: TheActor, page: ThePage, now: Now, kind: FromQuery[str] = "stripe") -> Answer:
    """The form of a new account."""
    known = next((one for one in ACCOUNT_KINDS if one == kind), None)
    if known is None:
        raise NotFound("payment_account_not_found")
    return await _form(house, actor, page, now, AccountForm(new_id(), "", 0, known, "", active=True), None)


@get("/manager/money/accounts/{account:str}", opt=by("head_office"))
async def one(account: FromPath[Slug], house: TheHouse, actor: TheActor, page: ThePage, now: Now) -> Answer:
    """One account with its form."""
    row = await _row(house, account)
    if row is None:
        raise NotFound("payment_account_not_found")
    typed = msgspec.convert(
        {"id": new_id(), "account": row.id, "version": row.version, "kind": row.kind, "name": row.name,
         "channel": row.channel or "", "provider": row.provider or "", "active": row.active},
        AccountForm,
    )  # fmt: skip
    return await _form(house, actor, page, now, typed, row)


@post("/manager/money/accounts", opt=by("head_office"), status_code=200)
async def save(data: URLEncodedBody[AccountForm], house: TheHouse, actor: TheActor, page: ThePage, now: Now) -> Answer:
    """A new account, or one that changed; refused, the page comes back with what was typed."""
    row = await _row(house, data.account.strip()) if data.version else None
    try:
        command = msgspec.convert(
            {"id": data.id, "account": data.account.strip(), "version": data.version, "kind": data.kind, "name": data.name.strip(),
             "channel": data.channel.strip() or None, "provider": data.provider.strip() or None, "active": data.active},
            SavePaymentAccount,
        )  # fmt: skip
        await house.runner.perform(command, actor)
    except msgspec.ValidationError:
        return await _form(house, actor, page, now, data, row, Refusal("payment_account_wrong"))
    except Refusal as refusal:
        return await _form(house, actor, page, now, data, row, refusal)
    return page.go("/manager/money?done=true")


async def _perform(house: House, actor: Actor, page: Page, now: datetime, command: Callable[[], Command]) -> Answer:
    """Carry out what a form asks, and back to the list; refused, the list says why."""
    try:
        await house.runner.perform(command(), actor)
    except msgspec.ValidationError:
        return await _list(house, page, now, Refusal("reference_wrong"))
    except Refusal as refusal:
        return await _list(house, page, now, refusal)
    return page.go("/manager/money?done=true")


async def _list(
    house: House, page: Page, now: datetime, refusal: Refusal | None = None, *, done: bool = False
) -> Answer:
    async with borrowed(house.pool) as database:
        rows = await screen.list_waiting(database, now)
        differences = await screen.list_differences(database)
        accounts = await screen.list_accounts(database)
    lacks = {one.id for one in accounts if not all(there for _, there in house.payments.needs(one.id, one.kind))}
    return page.html(
        "admin/money.html", status=refusal.status if refusal else 200, rows=rows, differences=differences, accounts=accounts,
        lacks=lacks, kinds=ACCOUNT_KINDS, refusal=refusal, done=done, new_id=new_id,
    )  # fmt: skip


async def _row(house: House, account: str) -> AccountRow | None:
    async with borrowed(house.pool) as database:
        return next(iter(await screen.list_accounts(database, account)), None)


async def _form(
    house: House,
    actor: Actor,
    page: Page,
    now: datetime,
    typed: AccountForm,
    row: AccountRow | None,
    refusal: Refusal | None = None,
) -> Answer:
    async with borrowed(house.pool) as database:
        channels = await list_channels(database, now)
        past = await past_of(database, actor, "money", typed.account) if row else None
    return page.html(
        "admin/money_account.html", status=refusal.status if refusal else 200, typed=typed, row=row, past=past, refusal=refusal, channels=channels,
        keys=house.payments.needs(typed.account, typed.kind), new_id=new_id, url=house.settings.url,
    )  # fmt: skip


ROUTES: list[BaseRouteHandler] = [waiting, retry, by_hand, looked, new, one, save]

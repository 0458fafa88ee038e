"""The Carriers pages of head office: contracts with carriers, which stores send with them, their services and price lists.

Secrets are never typed here: they are in the environment, and the page says which are there. Nor is where a carrier is reached.
"""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, URLEncodedBody

from comptoir.errands.carrier_accounts import (
    KINDS,
    WITH_PRICES,
    lacks_secrets,
    prepare,
    prices_of,
    secrets_of,
    typed_settings,
)
from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import Conflict, NotFound, Refusal
from comptoir.kit.ids import new_id
from comptoir.kit.words import Codename, Slug
from comptoir.network import queries as network
from comptoir.shipping.setting_queries import AccountRow, list_accounts
from comptoir.shipping.setting_up import KINDS as SERVICE_KINDS
from comptoir.shipping.setting_up import LabelFormat, SaveAccount, Typed, Version
from comptoir.web.guards import by
from comptoir.web.pages.audit import past_of
from comptoir.web.pages.page import Page
from comptoir.web.pages.session import Answer

Service = Annotated[str, msgspec.Meta(max_length=64)]


class AccountForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An account as typed; fields of other carriers are left empty. `where`: every store, or those of `locations`."""

    id: UUID
    account: Annotated[str, msgspec.Meta(max_length=64)]
    version: Version
    carrier: Codename
    name: Annotated[str, msgspec.Meta(max_length=120)]
    where: Annotated[str, msgspec.Meta(max_length=8)] = "all"
    locations: Annotated[list[Slug], msgspec.Meta(max_length=2000)] | Slug = []
    home: Service = ""
    relay: Service = ""
    express: Service = ""
    return_post: Service = ""
    return_post_abroad: Service = ""
    return_relay: Service = ""
    contract: Typed = ""
    commercial_name: Typed = ""
    enseigne: Typed = ""
    login: Typed = ""
    customer_id: Typed = ""
    collection: Typed = ""
    label_format: LabelFormat = "pdf_10x15"
    prices: Annotated[str, msgspec.Meta(max_length=200_000)] = ""
    active: bool = False

    @property
    def places(self) -> tuple[str, ...] | None:
        """The stores that were ticked; None: every store."""
        ticked = (self.locations,) if isinstance(self.locations, str) else tuple(sorted(set(self.locations)))
        return None if self.where == "all" else ticked


@get("/manager/carriers", opt=by("head_office"))
async def carriers(
    house: NamedDependency[House], page: NamedDependency[Page], saved: FromQuery[bool] = False
) -> Answer:
    """Every account, what it lacks, and the carriers that one can be added of."""
    async with borrowed(house.pool) as database:
        found = await list_accounts(database)
    lacks = {one.id for one in found if lacks_secrets(one.carrier, house.carriers.secrets_of(one.id))}
    return page.html("admin/carriers.html", accounts=found, lacks=lacks, kinds=KINDS, saved=saved)


@get("/manager/carriers/new", opt=by("head_office"))
async def new(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    carrier: FromQuery[Codename] = "table",
) -> Answer:  # fmt: skip
    """The form of a new account."""
    if carrier not in KINDS:
        raise NotFound("account_not_found")
    return await _form(house, actor, page, _empty(carrier), None)


@get("/manager/carriers/{account:str}", opt=by("head_office"))
async def one(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page], account: FromPath[Slug]
) -> Answer:
    """One account with its form."""
    row = await _row(house, account)
    if row is None:
        raise NotFound("account_not_found")
    return await _form(house, actor, page, _typed(row), row)


@post("/manager/carriers", opt=by("head_office"), status_code=200)
async def save(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    data: URLEncodedBody[AccountForm],
) -> Answer:  # fmt: skip
    """A new account, or one that changed; refused, the page comes back with what was typed."""
    row = await _row(house, data.account) if data.version else None
    if data.version and row is None:
        raise NotFound("account_not_found")
    try:
        if row is None and data.carrier not in KINDS:
            raise NotFound("account_not_found")
        await house.runner.perform(_command(house, data, row), actor)
    except msgspec.ValidationError:
        return await _form(house, actor, page, data, row, Refusal("account_wrong"))
    except Refusal as refusal:
        if refusal.status == 404:
            raise
        return await _form(house, actor, page, data, row, refusal)
    return page.go("/manager/carriers?saved=true")


def _command(house: House, data: AccountForm, row: AccountRow | None) -> SaveAccount:
    before: Mapping[str, Any] = row.settings if row else {}
    if row is not None and row.carrier != data.carrier:
        raise Conflict("changed_meanwhile")
    typed = {field.name: getattr(data, field.name) for field in typed_settings(data.carrier)}
    held = house.carriers.secrets_of(data.account)
    settings, tariff = prepare(data.carrier, data.name.strip(), typed, data.prices, before, held)
    services = {kind: getattr(data, kind).strip() for kind in SERVICE_KINDS if getattr(data, kind).strip()}
    command: SaveAccount = msgspec.convert(
        {
            "id": data.id, "account": data.account.strip(), "version": data.version, "carrier": data.carrier, "name": data.name.strip(),
            "services": services, "settings": settings, "tariff": tariff, "label_format": data.label_format,
            "locations": data.places, "active": data.active,
        },
        SaveAccount,
    )  # fmt: skip
    return command


def _empty(carrier: str) -> AccountForm:
    options = {field.name: field.options[0] for field in typed_settings(carrier) if field.options}
    return msgspec.structs.replace(AccountForm(new_id(), "", 0, carrier, "", active=True), **options)


def _typed(row: AccountRow) -> AccountForm:
    texts = {field.name: str(row.settings.get(field.name, "")) for field in typed_settings(row.carrier)}
    services: dict[str, str] = {kind: row.services.get(kind, "") for kind in SERVICE_KINDS}
    found: AccountForm = msgspec.convert(
        {
            "id": new_id(), "account": row.id, "version": row.version, "carrier": row.carrier, "name": row.name,
            "where": "all" if row.locations is None else "some", "locations": row.locations or [], "label_format": row.label_format,
            "prices": prices_of(row.settings), "active": row.active, **services, **texts,
        },
        AccountForm,
    )  # fmt: skip
    return found


async def _row(house: House, account: str) -> AccountRow | None:
    async with borrowed(house.pool) as database:
        return next(iter(await list_accounts(database, account)), None)


async def _form(
    house: House, actor: Actor, page: Page, typed: AccountForm, row: AccountRow | None, refusal: Refusal | None = None
) -> Answer:  # fmt: skip
    async with borrowed(house.pool) as database:
        stores = await network.list_names(database, None)
        past = await past_of(database, actor, "shipping", typed.account) if row else None
    return page.html(
        "admin/carrier.html", status=refusal.status if refusal else 200, typed=typed, row=row, past=past, refusal=refusal, stores=stores,
        kinds=SERVICE_KINDS, fields=typed_settings(typed.carrier), secrets=secrets_of(typed.carrier, house.carriers.secrets_of(typed.account)),
        with_prices=typed.carrier in WITH_PRICES, new_id=new_id,
    )  # fmt: skip


ROUTES: list[BaseRouteHandler] = [carriers, new, one, save]

"""The Channels page of head office: where orders come from, who makes their invoices and when, and the price of a later delivery."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, URLEncodedBody

from comptoir.channels.changing import SaveChannel, read_price
from comptoir.channels.queries import list_channels
from comptoir.house import House
from comptoir.invoices.model import Setting
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import NotFound, Refusal
from comptoir.kit.ids import new_id
from comptoir.kit.words import Slug
from comptoir.web.guards import by
from comptoir.web.pages.audit import past_of
from comptoir.web.pages.page import Page
from comptoir.web.pages.session import Answer


class ChannelForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who makes the invoices and when; a price as people write it, empty for none. `version` is the one it was written over."""

    id: UUID
    version: Annotated[int, msgspec.Meta(ge=1, le=1_000_000_000)]
    invoices: Setting
    delivery: Annotated[str, msgspec.Meta(max_length=16)] = ""


@get("/manager/channels", opt=by("head_office"))
async def channels(
    house: NamedDependency[House], page: NamedDependency[Page], now: NamedDependency[datetime]
) -> Answer:
    """Every channel."""
    async with borrowed(house.pool) as database:
        return page.html("admin/channels.html", channels=await list_channels(database, now))


@get("/manager/channels/{channel:str}", opt=by("head_office"))
async def one_channel(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    now: NamedDependency[datetime], channel: FromPath[Slug], saved: FromQuery[bool] = False,
) -> Answer:  # fmt: skip
    """One channel with its form."""
    return await _form(house, actor, page, now, channel, just_saved=saved)


@post("/manager/channels/{channel:str}", opt=by("head_office"), status_code=200)
async def save_channel(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    now: NamedDependency[datetime], channel: FromPath[Slug], data: URLEncodedBody[ChannelForm],
) -> Answer:  # fmt: skip
    """What holds from now on; refused, the page comes back with what was typed."""
    try:
        command = SaveChannel(data.id, channel, data.version, data.invoices, read_price(data.delivery))
        await house.runner.perform(command, actor)
    except Refusal as refusal:
        return await _form(house, actor, page, now, channel, data, refusal)
    return page.go(f"/manager/channels/{channel}?saved=true")


async def _form(
    house: House, actor: Actor, page: Page, now: datetime, channel: str, typed: ChannelForm | None = None,
    refusal: Refusal | None = None, *, just_saved: bool = False,
) -> Answer:  # fmt: skip
    async with borrowed(house.pool) as database:
        found = await list_channels(database, now, channel)
        past = await past_of(database, actor, "channels", channel)
    if not found:
        raise NotFound("channel_not_found")
    one = found[0]
    price = "" if one.delivery_minor is None else str(Decimal(one.delivery_minor).scaleb(-2))
    return page.html(
        "admin/channel.html", status=refusal.status if refusal else 200, one=one, past=past, refusal=refusal, id=new_id(), just_saved=just_saved,
        invoices=typed.invoices if typed else one.invoices, delivery=typed.delivery if typed else price.replace(".", "," if page.lang == "fr" else "."),
    )  # fmt: skip


ROUTES: list[BaseRouteHandler] = [channels, one_channel, save_channel]

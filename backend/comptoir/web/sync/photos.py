"""Pictures of corrections, under the device's own credential: what a handheld took with no network comes when there is one."""

import asyncio
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Response, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.handlers import BaseRouteHandler
from litestar.params import Body

from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import Invalid, Malformed
from comptoir.kit.pictures import Picture, web_picture
from comptoir.screens import adjustments
from comptoir.stock.adjust_photos import AWAITED, PHOTO_HEAVIEST, PHOTO_WIDEST, TakeAdjustPhoto
from comptoir.web import limits
from comptoir.web.guards import on_device
from comptoir.web.requests import DoorRequest

NOT_KEPT: Final = {"x-sync-protocol": "1", "cache-control": "no-store"}
MOST_BYTES: Final = 12_000_000
"""Of the file that is sent: any phone's photo. Up to three times as much is read, to be refused in words."""
_one_at_a_time: Final = asyncio.Semaphore(1)


class OfForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stands beside the file: the picture's own id, and its correction's."""

    id: UUID
    adjustment: UUID


async def awaited(house: House, actor: Actor, now: datetime) -> list[UUID]:
    """Pictures that corrections of the device's store name and that are not here: whichever device has one brings it."""
    async with borrowed(house.pool) as connection:
        return await adjustments.awaited_photos(connection, (actor.locations or ("",))[0], now - AWAITED)


async def drawn_anew(sent: bytes) -> Picture:
    """A picture of our own making. Invalid `picture_too_heavy`, `not_a_picture`, `picture_too_small`, `picture_too_large`."""
    if len(sent) > MOST_BYTES:
        raise Invalid("picture_too_heavy")
    async with _one_at_a_time:
        return await asyncio.to_thread(web_picture, sent, PHOTO_WIDEST, PHOTO_HEAVIEST)


@post("/photos", opt=on_device(), status_code=200, request_max_body_size=3 * MOST_BYTES)
async def take(
    request: DoorRequest, house: NamedDependency[House], actor: NamedDependency[Actor],
    data: Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)],
) -> Response[Any]:  # fmt: skip
    """One picture, drawn anew and small; the same one again changes nothing. Invalid for what is no picture, Conflict `id_reused`."""
    await limits.count(request, limits.PHOTO, str(actor.device))
    file = data.pop("file", None)
    if not isinstance(file, UploadFile):
        raise Malformed("malformed", where="$.file")
    try:
        form = msgspec.convert(data, OfForm, strict=False)
    except msgspec.ValidationError as wrong:
        raise Malformed("malformed", wrong=str(wrong)) from None
    made = await drawn_anew(await file.read())
    location = (actor.locations or ("",))[0]
    command = TakeAdjustPhoto(form.id, form.adjustment, location, made.bytes, made.width, made.height)
    await house.runner.perform(command, actor)
    return Response({"photo": str(form.id)}, headers=NOT_KEPT)


ROUTES: list[BaseRouteHandler] = [take]

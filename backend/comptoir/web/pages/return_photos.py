"""Pictures of what came back: taken at the counter, shown to whoever decides about it."""

import asyncio
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.handlers import BaseRouteHandler
from litestar.params import Body, FromPath

from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import Invalid, Malformed, NotFound, Refusal
from comptoir.kit.ids import new_id
from comptoir.kit.pictures import web_picture
from comptoir.returns.drafting import PHOTO_HEAVIEST, PHOTO_WIDEST
from comptoir.returns.photographing import PhotoTaken, TakePhoto
from comptoir.screens import return_done
from comptoir.web import limits
from comptoir.web.guards import COUNTER, by
from comptoir.web.pages.handing import store_of
from comptoir.web.pages.page import Page
from comptoir.web.pages.return_answers import as_json, spoken
from comptoir.web.requests import DoorRequest

MOST_BYTES: Final = 12_000_000
"""Of the file that is sent: any phone's photo. Up to three times as much is read, to be refused in words."""
_one_at_a_time: Final = asyncio.Semaphore(1)


class OfForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stands beside the file: which return is being made of which line."""

    rma: UUID
    order: UUID
    line: Annotated[int, msgspec.Meta(ge=1, le=32_767)]


@post("/returns/photos", opt=by(*COUNTER), status_code=200, request_max_body_size=3 * MOST_BYTES)
async def take(
    request: DoorRequest, house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    data: Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)],
) -> Response[Any]:  # fmt: skip
    """One picture, drawn anew and small; its id goes with the unit."""
    await limits.count(request, limits.PHOTO, str(actor.device or actor.who))
    file = data.pop("file", None)
    if not isinstance(file, UploadFile):
        raise Malformed("malformed", where="$.file")
    try:
        form = msgspec.convert(data, OfForm, strict=False)
    except msgspec.ValidationError as wrong:
        raise Malformed("malformed", wrong=str(wrong)) from None
    try:
        sent = await file.read()
        if len(sent) > MOST_BYTES:
            raise Invalid("picture_too_heavy")
        async with _one_at_a_time:
            made = await asyncio.to_thread(web_picture, sent, PHOTO_WIDEST, PHOTO_HEAVIEST)
        command = TakePhoto(new_id(), form.rma, form.order, form.line, made.bytes, made.width, made.height)
        taken = (await house.runner.perform(command, actor)).read(PhotoTaken)
    except Refusal as refusal:
        return as_json({"problem": spoken(refusal, page.lang)})
    return as_json({"photo": str(taken.id)})


@get("/returns/photos/{photo:uuid}", opt=by(*COUNTER))
async def show(photo: FromPath[UUID], house: NamedDependency[House], actor: NamedDependency[Actor]) -> Response[Any]:
    """A picture of a return that is here, or was announced."""
    async with borrowed(house.pool) as connection:
        found = await return_done.photo(connection, photo, store_of(actor))
    if found is None:
        raise NotFound("picture_not_found")
    return Response(found, media_type="image/webp", headers={"cache-control": "private, no-store"})


ROUTES: list[BaseRouteHandler] = [take, show]

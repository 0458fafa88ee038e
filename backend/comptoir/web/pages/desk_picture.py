"""The picture that shows where a store's pickup desk is: sent and removed on the store's page, given to whoever asks for it by name."""

import asyncio
import re
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.handlers import BaseRouteHandler
from litestar.params import Body, FromPath, URLEncodedBody

from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import Invalid, Malformed, NotFound, Refusal
from comptoir.kit.pictures import web_picture
from comptoir.kit.words import Slug
from comptoir.network import queries
from comptoir.network.changing import DESK_HEAVIEST, DESK_WIDEST, DropDeskPicture, SetDeskPicture
from comptoir.web.assets import FOR_EVER
from comptoir.web.guards import MANAGERS, PUBLIC, by
from comptoir.web.pages.page import Page
from comptoir.web.pages.stores import asked, performed, store_page

Answer = Response[Any]
MOST_BYTES: Final = 12_000_000
"""Of the file that is sent: any phone's photo. Up to three times as much is read, to be refused in words."""
_FILE: Final = re.compile(r"([0-9a-f]{32})\.webp\Z")
_one_at_a_time: Final = asyncio.Semaphore(1)


class SaidForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stands beside the file."""

    id: UUID
    version: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
    says_fr: Annotated[str, msgspec.Meta(max_length=120)] = ""
    says_en: Annotated[str, msgspec.Meta(max_length=120)] = ""


class DropForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which version was looked at."""

    id: UUID
    version: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]


@get("/desks/{file:str}", opt=PUBLIC)
async def desk(file: FromPath[str], house: NamedDependency[House]) -> Answer:
    """The picture of that name; another picture has another name, so a browser keeps it for ever."""
    named = _FILE.match(file)
    found = None
    if named:
        async with borrowed(house.pool) as connection:
            found = await queries.find_desk_bytes(connection, named[1])
    if found is None:
        raise NotFound("picture_not_found")
    return Response(found, media_type="image/webp", headers={"cache-control": FOR_EVER})


@post("/manager/stores/{location:str}/desk", opt=by(*MANAGERS), status_code=200, request_max_body_size=3 * MOST_BYTES)
async def set_desk(
    data: Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)],
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    now: NamedDependency[datetime], location: FromPath[Slug],
) -> Answer:  # fmt: skip
    """A picture and what it shows in both languages; without a file, the words alone."""
    if not actor.reaches(location):  # before anything of the file is looked at
        raise NotFound("location_not_found")
    file = data.pop("file", None) or None  # a field without a file comes as an empty text
    try:
        form = msgspec.convert(data, SaidForm, strict=False)
    except msgspec.ValidationError as wrong:
        raise Malformed("malformed", wrong=str(wrong)) from None
    if file is not None and not isinstance(file, UploadFile):
        raise Malformed("malformed", where="$.file")
    sent = await file.read() if file is not None else b""
    said = (form.says_fr.strip(), form.says_en.strip())
    try:
        if len(sent) > MOST_BYTES:
            raise Invalid("picture_too_heavy")
        if not all(said):
            raise Invalid("picture_words_missing")
        fields: dict[str, Any] = {}
        if sent:
            async with _one_at_a_time:
                made = await asyncio.to_thread(web_picture, sent, DESK_WIDEST, DESK_HEAVIEST)
            fields = {"picture": made.bytes, "width": made.width, "height": made.height}
    except Refusal as refusal:
        return await store_page(house, actor, page, now, location, refusal, said)
    command = asked(
        SetDeskPicture, id=form.id, location=location, version=form.version, says_fr=said[0],
        says_en=said[1], **fields,
    )  # fmt: skip
    return await performed(house, actor, page, now, location, command, said)


@post("/manager/stores/{location:str}/desk/drop", opt=by(*MANAGERS), status_code=200)
async def drop_desk(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    now: NamedDependency[datetime], location: FromPath[Slug], data: URLEncodedBody[DropForm],
) -> Answer:  # fmt: skip
    """No picture any more."""
    return await performed(house, actor, page, now, location, DropDeskPicture(data.id, location, data.version))


ROUTES: list[BaseRouteHandler] = [desk, set_desk, drop_desk]

"""Announcements to the devices of stores, over the API: made, corrected, ended; who has read them, device by device."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, JSONBody

from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import NotFound
from comptoir.kit.words import Instant, Note
from comptoir.screens import announcements as screen
from comptoir.screens.announcements import Announcement
from comptoir.staff.announcing import Announce, Announced, CorrectAnnouncement, EndAnnouncement
from comptoir.web.api.orders import answered
from comptoir.web.guards import with_key

ID: Final = "019e6a1c-0000-7000-8000-0000000000d1"
EXAMPLE: Final = {
    "id": ID, "text": "Inventaire demain à 8 h : finissez les retraits ce soir.", "until": "2026-12-01T19:00:00Z",
    "locations": ["lyon-part-dieu"], "urgent": False,
}  # fmt: skip
CORRECTED: Final = {"id": ID, "version": 1, "text": "Inventaire demain à 9 h.", "until": "2026-12-01T19:00:00Z"}


class Correcting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The announcement as it is to be; `version` is the one that was read. `id` is made by the sender: repeating it changes nothing."""

    id: UUID
    version: Annotated[int, msgspec.Meta(ge=1)]
    text: Note
    until: Instant
    urgent: bool = False


class Ending(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """It is over. `id` is made by the sender: repeating it changes nothing."""

    id: UUID


@post(
    "/announcements", opt=with_key("announcements:write") | {"example": EXAMPLE, "answer": Announced}, status_code=200
)
async def announce(
    data: JSONBody[Announce], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:  # fmt: skip
    """Tell it to every device of these stores until then; `id` becomes the announcement's."""
    return answered(await house.runner.perform(data, actor))


@get("/announcements", opt=with_key("announcements:read"))
async def list_announcements(
    house: NamedDependency[House], actor: NamedDependency[Actor], which: FromQuery[Literal["open", "past"]] = "open",
    before: FromQuery[datetime | None] = None, last: FromQuery[UUID | None] = None,
    limit: FromQuery[Annotated[int, msgspec.Meta(ge=1, le=100)]] = 50,
) -> Response[Any]:  # fmt: skip
    """What devices of the key's places show, urgent ones first, or what is over, newest first; `Link: rel=next` leads to the next page, by
    `before` and `last` (the last row's `made_at` and `id`)."""
    now = house.clock()
    after = (before, last) if before and last else None
    list_some = screen.list_open if which == "open" else screen.list_past
    async with borrowed(house.pool) as connection:
        rows = await list_some(connection, actor, now, limit, after)
    headers = {}
    if len(rows) == limit:
        on = urlencode({"which": which, "limit": limit, "before": rows[-1].made_at.isoformat(), "last": rows[-1].id})
        headers["link"] = f'</api/v1/announcements?{on}>; rel="next"'
    return Response({"announcements": [_plain(row) for row in rows]}, headers=headers)


@get("/announcements/{announcement:uuid}", opt=with_key("announcements:read"))
async def one(
    announcement: FromPath[UUID], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[Any]:  # fmt: skip
    """One with the devices that it is for and when it was read on each; of devices, never of people."""
    async with borrowed(house.pool) as connection:
        found = await screen.find(connection, actor, announcement)
    if found is None:
        raise NotFound("announcement_not_found")
    view, devices = found
    return Response(_plain(view) | {"read_on": msgspec.to_builtins(devices)})


@post(
    "/announcements/{announcement:uuid}/correct",
    opt=with_key("announcements:write") | {"example": CORRECTED, "answer": Announced},
    status_code=200,
)
async def correct(
    announcement: FromPath[UUID],
    data: JSONBody[Correcting],
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
) -> Response[bytes]:
    """Other words or another end; words that changed are read anew."""
    command = CorrectAnnouncement(data.id, announcement, data.version, data.text, data.until, data.urgent)
    return answered(await house.runner.perform(command, actor))


@post("/announcements/{announcement:uuid}/end", opt=with_key("announcements:write") | {"example": {"id": ID}, "answer": Announced}, status_code=200)  # fmt: skip
async def end(
    announcement: FromPath[UUID], data: JSONBody[Ending], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """Devices show it no more, also before its time."""
    return answered(await house.runner.perform(EndAnnouncement(data.id, announcement), actor))


def _plain(row: Announcement) -> dict[str, Any]:
    """Without the names of people and what pages say."""
    told: dict[str, Any] = msgspec.to_builtins(row)
    return {key: value for key, value in told.items() if key not in ("by", "names")}


ROUTES: list[BaseRouteHandler] = [announce, list_announcements, one, correct, end]

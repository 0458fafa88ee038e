"""The Files page: tables out and in. What a file would change is shown first; then it is done whole, or not at all."""

import asyncio
from decimal import Decimal
from typing import Annotated, Any, Final, get_args
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.handlers import BaseRouteHandler
from litestar.params import Body, FromPath, FromQuery, URLEncodedBody

from comptoir.flows.file_kinds import KINDS, MOST_ROWS, FileKind
from comptoir.flows.import_file import FileTaken, ImportFile, lines_of
from comptoir.house import House
from comptoir.kit import sheets
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import Forbidden, Malformed, NotFound, Refusal
from comptoir.kit.ids import new_id
from comptoir.kit.words import Slug
from comptoir.network import queries as network
from comptoir.web.guards import MANAGERS, by
from comptoir.web.pages.page import Page
from comptoir.web.pages.session import Answer
from comptoir.web.pages.tables import file

HERE: Final = "/manager/files"
MOST_BYTES: Final = 2_000_000
MOST_FORM: Final = 4 * MOST_BYTES
"""What a confirmed file takes as a form's field: every byte may become three."""


class ConfirmForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file as it was read, and the mark of what its preview showed."""

    id: UUID
    text: Annotated[str, msgspec.Meta(max_length=MOST_BYTES)]
    mark: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


@get(HERE, opt=by(*MANAGERS))
async def tables(house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page]) -> Answer:
    """Every table that one may fetch or send in."""
    return await _page(house, actor, page)


@get(HERE + "/{kind:str}/csv", opt=by(*MANAGERS))
async def export(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page], kind: FromPath[str],
    location: FromQuery[Slug | None] = None,
) -> Response[Any]:  # fmt: skip
    """The table as it stands, for all places or one; a hundred thousand rows at most."""
    name = _kind(kind, actor)
    reached = actor.locations
    if location is not None:
        if not actor.reaches(location):
            raise NotFound("location_not_found")
        reached = (location,)
    async with borrowed(house.pool) as connection:
        rows = await KINDS[name].read(connection, reached, None)
    columns, amounts = tuple(KINDS[name].columns), KINDS[name].amounts
    lines = ([Decimal(row[one]) if one in amounts and row[one] else row[one] for one in columns] for row in rows)
    body = await asyncio.to_thread(sheets.write, columns, lines, page.lang)
    return file(body, f"{name}-{house.clock():%Y-%m-%d}.csv")


@post(HERE + "/{kind:str}", opt=by(*MANAGERS), status_code=200, request_max_body_size=MOST_BYTES + 10_000)
async def preview(
    data: Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)],
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page], kind: FromPath[str],
) -> Answer:  # fmt: skip
    """What the file would change, or what is wrong with it by line; nothing is changed yet."""
    name = _kind(kind, actor)
    given = data.get("file")
    if set(data) != {"file"} or not isinstance(given, UploadFile):
        raise Malformed("malformed", where="$.file")
    body = await given.read()
    try:
        command = await asyncio.to_thread(_command, new_id(), name, body, "")
        shown = (await house.runner.rehearse(command, actor)).read(FileTaken)
    except Refusal as refusal:
        return await _page(house, actor, page, name, refusal)
    return await _page(house, actor, page, name, None, shown, body)


@post(HERE + "/{kind:str}/confirm", opt=by(*MANAGERS), status_code=200, request_max_body_size=MOST_FORM)
async def confirm(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page], kind: FromPath[str],
    data: URLEncodedBody[ConfirmForm],
) -> Answer:  # fmt: skip
    """All of it, if it still does what was shown; else a new preview."""
    name = _kind(kind, actor)
    body = data.text.encode()
    try:
        command = await asyncio.to_thread(_command, data.id, name, body, data.mark)
        done = (await house.runner.perform(command, actor)).read(FileTaken)
    except Refusal as refusal:
        shown = None
        if refusal.code == "file_outdated":
            again = await asyncio.to_thread(_command, new_id(), name, body, "")
            shown = (await house.runner.rehearse(again, actor)).read(FileTaken)
        return await _page(house, actor, page, name, refusal, shown, body)
    return await _page(house, actor, page, name, None, done, done=True)


def _command(id: UUID, kind: FileKind, body: bytes, mark: str) -> ImportFile:
    return ImportFile(id, kind, lines_of(kind, sheets.read(body, MOST_ROWS)), mark)


def _kind(text: str, actor: Actor) -> FileKind:
    """NotFound for no table; Forbidden for one of other people's."""
    name: FileKind | None = next((one for one in get_args(FileKind) if one == text), None)
    if name is None:
        raise NotFound("file_not_found")
    if actor.role not in KINDS[name].roles:
        raise Forbidden("role_lacks_right", role=actor.role)
    return name


async def _page(
    house: House, actor: Actor, page: Page, kind: FileKind | None = None, refusal: Refusal | None = None,
    shown: FileTaken | None = None, body: bytes = b"", *, done: bool = False,
) -> Answer:  # fmt: skip
    async with borrowed(house.pool) as connection:
        places = await network.list_names(connection, actor.locations)
    kinds = {name: one for name, one in KINDS.items() if actor.role in one.roles}
    return page.html(
        "admin/files.html", status=refusal.status if refusal else 200, kinds=kinds, kind=kind, refusal=refusal, shown=shown, done=done,
        text=_text(body) if shown and not done else "", places=places, id=new_id(), faults=refusal.facts.get("rows", ()) if refusal else (),
    )  # fmt: skip


def _text(body: bytes) -> str:
    """The file as a field of the form that confirms it."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("cp1252", "replace")


ROUTES: list[BaseRouteHandler] = [tables, export, preview, confirm]

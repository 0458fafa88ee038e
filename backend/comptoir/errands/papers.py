"""Finds the document that a print job names, where it was made: labels with their parcel, bordereaux with their manifest."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Final, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from comptoir.kit.db import Connection
from comptoir.printing.model import PrinterLanguage
from comptoir.printing.proof_page import draw_test_page

MEDIA_TYPES: Final[Mapping[PrinterLanguage, str]] = {"pdf": "application/pdf", "zpl": "application/vnd.zpl"}


class Paper(msgspec.Struct, frozen=True):
    """A document as a printer or a browser takes it."""

    bytes: bytes
    language: PrinterLanguage

    @property
    def media_type(self) -> str:
        return MEDIA_TYPES[self.language]


class Named(Protocol):
    """Whatever names a document: a job."""

    @property
    def kind(self) -> str: ...
    @property
    def source(self) -> UUID: ...
    @property
    def language(self) -> PrinterLanguage: ...


Find = Callable[[Connection, Named, datetime], Awaitable[Paper | None]]


async def find_paper(connection: Connection, named: Named, now: datetime) -> Paper | None:
    """The document; None when it is not there any more."""
    return await FINDERS[named.kind](connection, named, now)


async def _label(connection: Connection, named: Named, now: datetime) -> Paper | None:
    """The very bytes that the carrier gave: a reprint is the same label."""
    content = await connection.fetchval(
        "SELECT content FROM label_file WHERE attempt = $1 AND media_type = $2",
        named.source,
        MEDIA_TYPES[named.language],
    )
    return None if content is None else Paper(content, named.language)


async def _test(connection: Connection, named: Named, now: datetime) -> Paper | None:
    row = await connection.fetchrow(
        "SELECT p.language, p.name, l.name AS store, l.time_zone FROM printer p JOIN location l ON l.id = p.location WHERE p.id = $1",
        named.source,
    )
    if row is None:
        return None
    at = now.astimezone(ZoneInfo(row["time_zone"]))
    return Paper(draw_test_page(row["language"], row["name"], row["store"], at), row["language"])


FINDERS: Final[Mapping[str, Find]] = {"label": _label, "test": _test}

"""Finds the document that a print job names, where it was made: labels with their parcel, bordereaux with their manifest."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Final, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from comptoir.kit.db import Connection
from comptoir.kit.i18n import t
from comptoir.printing.model import PrinterLanguage
from comptoir.printing.proof_page import draw_test_page
from comptoir.shipping.manifest_queries import one_manifest
from comptoir.shipping.manifest_sheet import Bordereau, BordereauLine

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


WORDS: Final = ("title", "nth", "tracking", "order", "to", "weight", "sum", "store_signs", "driver_signs", "point")
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


async def manifest_paper(connection: Connection, manifest: UUID) -> Paper | None:
    """The carrier's own list where it made one, else ours; None while the pile is still open."""
    slip = await connection.fetchval("SELECT slip FROM manifest WHERE id = $1", manifest)
    if slip is not None:
        return Paper(slip, "pdf")
    sheet = await one_manifest(connection, manifest, None)
    if sheet.closed_at is None:
        return None
    zone = ZoneInfo(sheet.time_zone)
    words = {key: t(f"printing.bordereau_{key}", "fr", n="{n}", kg="{kg}") for key in WORDS}
    drawn = Bordereau(
        sheet.number, sheet.name, sheet.store, f"{sheet.street}, {sheet.postcode} {sheet.city}", sheet.closed_at.astimezone(zone),
        [BordereauLine(one.number, one.order_number, f"{one.country} {one.postcode}", one.grams) for one in sheet.parcels],
        words,
    )  # fmt: skip
    return Paper(await asyncio.to_thread(_draw, drawn), "pdf")


def _draw(one: Bordereau) -> bytes:
    # What draws a PDF is a quarter of all that a process would load, and most never draw one.
    from comptoir.shipping.bordereau import draw_bordereau

    return draw_bordereau(one)


async def _manifest(connection: Connection, named: Named, now: datetime) -> Paper | None:
    return await manifest_paper(connection, named.source)


async def _test(connection: Connection, named: Named, now: datetime) -> Paper | None:
    row = await connection.fetchrow(
        "SELECT p.language, p.name, l.name AS store, l.time_zone FROM printer p JOIN location l ON l.id = p.location WHERE p.id = $1",
        named.source,
    )
    if row is None:
        return None
    at = now.astimezone(ZoneInfo(row["time_zone"]))
    return Paper(draw_test_page(row["language"], row["name"], row["store"], at), row["language"])


FINDERS: Final[Mapping[str, Find]] = {"label": _label, "manifest": _manifest, "test": _test}

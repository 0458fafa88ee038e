"""Finds a document for whoever may see its order, and answers with its file as it was drawn."""

from typing import Any
from uuid import UUID

from litestar import Response

from comptoir.flows.invoice import file_of
from comptoir.house import House
from comptoir.invoices import queries
from comptoir.invoices.model import File
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import NotFound
from comptoir.screens import order as order_screen


async def file_for(house: House, number: str, actor: Actor) -> File:
    """The document's file; NotFound `document_not_found` when its order is not the actor's."""
    async with borrowed(house.pool) as connection:
        order = await queries.find_order(connection, number)
        if order is None:
            raise NotFound("document_not_found")
        try:
            await order_screen.read(connection, order, actor)
        except NotFound:
            raise NotFound("document_not_found") from None
    return await file_of_order(house, number, order)


async def file_of_order(house: House, number: str, order: UUID) -> File:
    """A document of this very order; NotFound `document_not_found` for any other."""
    async with borrowed(house.pool) as connection:
        known = await queries.find_order(connection, number)
    found = await file_of(house.pool, number, house.clock()) if known == order else None
    if found is None:
        raise NotFound("document_not_found")
    return found


def answer_with(found: File, headers: dict[str, str] | None = None) -> Response[Any]:
    """The PDF, to be looked at in place; its SHA-256 is its ETag."""
    told = {
        "content-disposition": f'inline; filename="{found.number}.pdf"', "etag": f'"{found.sha256}"',
        "cache-control": "private, no-store",
    }  # fmt: skip
    return Response(found.bytes, media_type="application/pdf", headers=told | (headers or {}))

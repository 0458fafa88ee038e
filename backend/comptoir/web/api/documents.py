"""Invoices and credit notes over the API: those of an order, and each as its PDF."""

from typing import Any
from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath

from comptoir.house import House
from comptoir.invoices import queries
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.screens import order as order_screen
from comptoir.web.documents import answer_with, file_for
from comptoir.web.guards import with_key


@get("/orders/{order:uuid}/documents", opt=with_key("orders:read"))
async def list_documents(
    order: FromPath[UUID], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[Any]:
    """The order's invoices and credit notes, oldest first; a credit note names the invoice that it cites."""
    async with borrowed(house.pool) as connection:
        await order_screen.read(connection, order, actor)
        found = await queries.list_documents(connection, order)
    return Response({"documents": found})


@get("/documents/{number:str}", opt=with_key("orders:read") | {"answer_type": "application/pdf"})
async def read(number: FromPath[str], house: NamedDependency[House], actor: NamedDependency[Actor]) -> Response[Any]:
    """One document as a PDF, the same bytes at every time."""
    return answer_with(await file_for(house, number, actor))


ROUTES: list[BaseRouteHandler] = [list_documents, read]

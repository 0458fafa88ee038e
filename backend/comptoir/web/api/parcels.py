"""Parcels over the API: those of an order with what is in them and their numbers, and each label as the carrier gave it."""

from typing import Any
from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath

from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.screens import order as order_screen
from comptoir.shipping import queries
from comptoir.web.guards import with_key


@get("/orders/{order:uuid}/parcels", opt=with_key("orders:read"))
async def list_parcels(
    order: FromPath[UUID], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[Any]:
    """The order's parcels: units by order line, weight and size, and the label that stands with its tracking number."""
    async with borrowed(house.pool) as connection:
        await order_screen.read(connection, order, actor)
        found = await queries.list_parcels(connection, order, actor.locations)
    return Response({"parcels": found})


@get("/labels/{label:uuid}", opt=with_key("orders:read") | {"answer_type": "application/pdf"})
async def read_label(
    label: FromPath[UUID], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[Any]:
    """One label as its carrier gave it, PDF or ZPL (application/vnd.zpl), the same bytes at every time; ETag is its SHA-256."""
    async with borrowed(house.pool) as connection:
        found = await queries.find_file(connection, label, actor.locations)
    kind = "pdf" if found.media_type == "application/pdf" else "zpl"
    headers = {
        "etag": f'"{found.sha256.hex()}"', "cache-control": "private, no-store",
        "content-disposition": f'inline; filename="{found.reference}.{kind}"',
    }  # fmt: skip
    return Response(found.content, media_type=found.media_type, headers=headers)


ROUTES: list[BaseRouteHandler] = [list_parcels, read_label]

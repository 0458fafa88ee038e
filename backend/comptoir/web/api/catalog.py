"""The catalog over the API: articles, their barcodes and kits, with ETag and If-Match; blocked and freed."""

from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

import msgspec
from litestar import Response, get, post, put
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, JSONBody

from comptoir.catalog import queries
from comptoir.catalog.model import Article, ArticleBody, BlockSku, PutArticle, UnblockSku
from comptoir.flows.put_accessories import accessories_of
from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import Malformed
from comptoir.kit.ids import new_id
from comptoir.kit.words import Code, Note
from comptoir.returns.accessories import MOST as MOST_ACCESSORIES
from comptoir.returns.accessories import AccessoriesStand, Accessory, PutAccessories
from comptoir.stock.feed import spelled
from comptoir.web.api.asking import asked
from comptoir.web.guards import with_key
from comptoir.web.requests import DoorRequest


class PageQuestion(msgspec.Struct, frozen=True):
    """A page of the catalog."""

    after: Annotated[str, msgspec.Meta(max_length=64)]
    limit: Annotated[int, msgspec.Meta(ge=1, le=queries.MOST)]


class SkuQuestion(msgspec.Struct, frozen=True):
    """One SKU or code, as it stands in the address."""

    code: Code


class Block(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Stop a SKU everywhere. `id` is made by the sender: repeating it changes nothing."""

    id: UUID
    reason: Annotated[Note, msgspec.Meta(min_length=1)]


class Unblock(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Let a SKU be sold again. `id` is made by the sender: repeating it changes nothing."""

    id: UUID
    note: Note = ""


class Accessories(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All that belongs to a SKU or a category, in the order in which it is asked for. `id` is made by the sender: repeating it changes nothing."""

    id: UUID
    accessories: Annotated[tuple[Accessory, ...], msgspec.Meta(max_length=MOST_ACCESSORIES)]


class CategoryQuestion(msgspec.Struct, frozen=True):
    """A category, as it stands in the address."""

    category: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


ACCESSORIES_EXAMPLE = {
    "id": "019e6a1c-0000-7000-8000-0000000000c4",
    "accessories": [{"code": "charger", "fr": "chargeur", "en": "charger", "keep_minor": 1500}],
}
ARTICLE_EXAMPLE = {
    "name": "Derby Hélène", "variant": "Noir, 39", "deciding": "39", "style": "DERBY-HELENE", "price_minor": 14900,
    "vat_rate_bp": 2000, "weight_grams": 820, "barcodes": [{"code": "3700000000013"}],
}  # fmt: skip


@get("/catalog/skus", opt=with_key("catalog:read"))
async def list_skus(
    house: NamedDependency[House], after: FromQuery[str] = "", limit: FromQuery[int] = 50
) -> Response[Any]:  # fmt: skip
    """Articles in SKU order; `Link: rel=next` leads to the next page."""
    asked(PageQuestion, after=after, limit=limit)
    async with borrowed(house.pool) as connection:
        found = await queries.list_articles(connection, after, limit)
    to = f'</api/v1/catalog/skus?limit={limit}&after={quote(found[-1].sku)}>; rel="next"' if found else ""
    return Response({"skus": found}, headers={"link": to} if len(found) == limit else {})


@get("/catalog/skus/{sku:str}", opt=with_key("catalog:read"))
async def read_sku(sku: FromPath[str], request: DoorRequest, house: NamedDependency[House]) -> Response[Any]:
    """One article. ETag is its version; If-None-Match answers 304."""
    asked(SkuQuestion, code=sku)
    async with borrowed(house.pool) as connection:
        found = await queries.find_article(connection, sku)
    if request.headers.get("if-none-match") == found.etag:
        return Response(b"", status_code=304, headers={"etag": found.etag})
    return Response(found, headers={"etag": found.etag})


@get("/catalog/codes/{code:str}", opt=with_key("catalog:read"))
async def read_code(code: FromPath[str], house: NamedDependency[House]) -> Response[Any]:
    """The article behind a barcode (any GTIN length, or a code of your own) or a SKU."""
    asked(SkuQuestion, code=code)
    async with borrowed(house.pool) as connection:
        found = await queries.find_by_code(connection, spelled(code))
    return Response(found, headers={"etag": found.etag})


@put("/catalog/skus/{sku:str}", opt=with_key("catalog:write") | {"example": ARTICLE_EXAMPLE})
async def put_sku(
    sku: FromPath[str], data: JSONBody[ArticleBody], request: DoorRequest, house: NamedDependency[House],
    actor: NamedDependency[Actor],
) -> Response[Any]:  # fmt: skip
    """Make an article, or change it with `If-Match: "<version>"`; 409 tells that somebody was quicker."""
    asked(SkuQuestion, code=sku)
    command = PutArticle(new_id(), sku, version_in(request.headers.get("if-match")), data)
    return answered(await house.runner.perform(command, actor))


@post("/catalog/skus/{sku:str}/block", opt=with_key("catalog:write"), status_code=200)
async def block(
    sku: FromPath[str], data: JSONBody[Block], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[Any]:
    """Stop a SKU everywhere at once: no sale, no pick, no hand-over."""
    asked(SkuQuestion, code=sku)
    return answered(await house.runner.perform(BlockSku(data.id, sku, data.reason), actor))


@post("/catalog/skus/{sku:str}/unblock", opt=with_key("catalog:write"), status_code=200)
async def unblock(
    sku: FromPath[str], data: JSONBody[Unblock], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[Any]:
    """Let a SKU be sold again."""
    asked(SkuQuestion, code=sku)
    return answered(await house.runner.perform(UnblockSku(data.id, sku, data.note), actor))


@get("/catalog/skus/{sku:str}/accessories", opt=with_key("catalog:read") | {"answer": AccessoriesStand})
async def read_of_sku(sku: FromPath[str], house: NamedDependency[House]) -> Response[AccessoriesStand]:
    """What belongs to an article; `asked`: all that is asked for when one comes back, its category's too."""
    async with borrowed(house.pool) as connection:
        return Response(await accessories_of(connection, "sku", asked(SkuQuestion, code=sku).code))


@get("/catalog/categories/{category:str}/accessories", opt=with_key("catalog:read") | {"answer": AccessoriesStand})
async def read_of_category(category: FromPath[str], house: NamedDependency[House]) -> Response[AccessoriesStand]:
    """What belongs to every article of a category."""
    async with borrowed(house.pool) as connection:
        return Response(
            await accessories_of(connection, "category", asked(CategoryQuestion, category=category).category)
        )


@put("/catalog/skus/{sku:str}/accessories", opt=with_key("catalog:write") | {"example": ACCESSORIES_EXAMPLE, "answer": AccessoriesStand})  # fmt: skip
async def put_of_sku(
    sku: FromPath[str], data: JSONBody[Accessories], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """Say it anew: what is not named is gone. Under the same code a SKU's word stands over its category's."""
    command = PutAccessories(data.id, "sku", asked(SkuQuestion, code=sku).code, data.accessories)
    return Response((await house.runner.perform(command, actor)).answer, media_type="application/json", status_code=200)


@put("/catalog/categories/{category:str}/accessories", opt=with_key("catalog:write") | {"example": ACCESSORIES_EXAMPLE, "answer": AccessoriesStand})  # fmt: skip
async def put_of_category(
    category: FromPath[str], data: JSONBody[Accessories], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """The same for every article of a category."""
    key = asked(CategoryQuestion, category=category).category
    command = PutAccessories(data.id, "category", key, data.accessories)
    return Response((await house.runner.perform(command, actor)).answer, media_type="application/json", status_code=200)


def answered(done: Any) -> Response[Any]:
    """The article after a change, with its new ETag."""
    return Response(
        done.answer, headers={"etag": done.read(Article).etag}, media_type="application/json", status_code=200
    )


def version_in(header: str | None) -> int | None:
    """The version of an If-Match header, None without one. Malformed `bad_version`."""
    if header is None:
        return None
    digits = header.removeprefix("W/").strip('"')
    if not digits.isascii() or not digits.isdigit() or len(digits) > 9:
        raise Malformed("bad_version")
    return int(digits)


ROUTES: list[BaseRouteHandler] = [
    list_skus, read_sku, read_code, put_sku, block, unblock, read_of_sku, read_of_category, put_of_sku, put_of_category,
]  # fmt: skip

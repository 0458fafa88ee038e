"""Recalls over the API: what one would stop, opening it, how far places and customers are, what becomes of units, its end."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, JSONBody

from comptoir.flows.open_recall import RecallEffect, find_effect, needs_right
from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.words import Code, Note, Slug
from comptoir.screens import recalls as screen
from comptoir.screens.recalls import RecallView
from comptoir.stock.recalling import (
    SINCE_MONTHS,
    CloseRecall,
    DecideRecalled,
    Fate,
    OpenRecall,
    PlaceLooked,
    RecallTold,
    looked_from,
)
from comptoir.web.api.asking import asked
from comptoir.web.guards import with_key

RECALL_EXAMPLE = {
    "id": "019e6a1c-0000-7000-8000-0000000000c1", "sku": "DERBY-HELENE-NOIR-39", "hazard_fr": "La semelle se décolle : risque de chute.",
    "hazard_en": "The sole comes off: risk of a fall.", "remedies": ["refund", "replacement"], "contact": "0 800 100 200", "months": 24, "lots": [],
}  # fmt: skip


class EffectQuestion(msgspec.Struct, frozen=True):
    """Which article, and how far back customers are looked for."""

    sku: Code
    months: Annotated[int, msgspec.Meta(ge=1, le=120)] = SINCE_MONTHS


class ListQuestion(msgspec.Struct, frozen=True):
    """Of one article, or all."""

    sku: Code | None = None


class PlaceTold(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A place has looked everywhere; `found` units were taken out of sale, besides those that were scanned. `id` is made by the sender:
    repeating it changes nothing."""

    id: UUID
    location: Slug
    found: Annotated[int, msgspec.Meta(ge=0, le=10_000)] = 0


class UnitsDecided(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What becomes of units of a place, and its proof. `id` is made by the sender: repeating it changes nothing."""

    id: UUID
    location: Slug
    fate: Fate
    units: Annotated[int, msgspec.Meta(ge=1, le=100_000)]
    proof: Annotated[Note, msgspec.Meta(min_length=3)]


class RecallEnd(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """It has ended. `id` is made by the sender: repeating it changes nothing."""

    id: UUID
    sell_again: bool
    note: Note = ""


@get("/recalls", opt=with_key("stock:read"))
async def recalls(
    house: NamedDependency[House], actor: NamedDependency[Actor], sku: FromQuery[str | None] = None
) -> Response[Any]:
    """The newest 100 recalls that the key's places have to do with, open ones first."""
    q = asked(ListQuestion, **({"sku": sku} if sku is not None else {}))
    async with borrowed(house.pool) as connection:
        return Response({"recalls": await screen.read_list(connection, actor, q.sku or "")})


@post("/recalls", opt=with_key("stock:write") | {"example": RECALL_EXAMPLE, "answer": RecallTold})
async def open_one(
    data: JSONBody[OpenRecall], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """Stop an article everywhere, have every place take it out, tell its customers (201; 200 when it was opened before)."""
    done = await house.runner.perform(data, actor)
    return Response(done.answer, media_type="application/json", status_code=200 if done.again else 201)


@get("/recalls/effect", opt=with_key("stock:write") | {"answer": RecallEffect})
async def effect(
    house: NamedDependency[House], actor: NamedDependency[Actor], now: NamedDependency[datetime], sku: FromQuery[str],
    months: FromQuery[int] = SINCE_MONTHS,
) -> Response[Any]:  # fmt: skip
    """What a recall of the article would stop and whom it concerns; nothing changes."""
    q = asked(EffectQuestion, sku=sku, months=months)
    async with borrowed(house.pool) as connection:
        await needs_right(connection, actor)
        return Response(await find_effect(connection, q.sku, looked_from(now, q.months)))


@get("/recalls/{recall:uuid}", opt=with_key("stock:read") | {"answer": RecallView})
async def show(recall: FromPath[UUID], house: NamedDependency[House], actor: NamedDependency[Actor]) -> Response[Any]:
    """How far every place of the key is, and its customers in figures."""
    async with borrowed(house.pool) as connection:
        return Response(await screen.read(connection, actor, recall))


@get("/recalls/{recall:uuid}/customers", opt=with_key("stock:read"))
async def customers(
    recall: FromPath[UUID], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[Any]:
    """Orders whose customers have the article, and whether they were reached; those first who could not be. At most 5,000."""
    async with borrowed(house.pool) as connection:
        await screen.read(connection, actor, recall)
        return Response({"customers": await screen.customers(connection, actor, recall, 5_000)})


@post("/recalls/{recall:uuid}/places", opt=with_key("stock:write") | {"answer": RecallTold}, status_code=200)
async def looked(
    recall: FromPath[UUID], data: JSONBody[PlaceTold], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """A place whose hands tell another system has looked everywhere, and how much it has taken out."""
    done = await house.runner.perform(PlaceLooked(data.id, recall, data.location, data.found), actor)
    return Response(done.answer, media_type="application/json", status_code=200)


@post("/recalls/{recall:uuid}/outcomes", opt=with_key("stock:write") | {"answer": RecallTold}, status_code=200)
async def decide(
    recall: FromPath[UUID], data: JSONBody[UnitsDecided], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """Found units were destroyed, went back to their vendor, or are safe after all."""
    command = DecideRecalled(data.id, recall, data.location, data.fate, data.units, data.proof)
    done = await house.runner.perform(command, actor)
    return Response(done.answer, media_type="application/json", status_code=200)


@post("/recalls/{recall:uuid}/end", opt=with_key("stock:write") | {"answer": RecallTold}, status_code=200)
async def end(
    recall: FromPath[UUID], data: JSONBody[RecallEnd], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """It has ended, once every place has looked, every unit has its end and every customer was told."""
    done = await house.runner.perform(CloseRecall(data.id, recall, data.sell_again, data.note), actor)
    return Response(done.answer, media_type="application/json", status_code=200)


ROUTES: list[BaseRouteHandler] = [recalls, open_one, effect, show, customers, looked, decide, end]

"""Rules of safety stock over the API: every version and its lines, what other lines would change, a new version, and from when one holds."""

from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, JSONBody

from comptoir.flows.reading_stock_rules import safety_of
from comptoir.house import House
from comptoir.kit import policies
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.words import Instant
from comptoir.screens import policies as screen
from comptoir.stock import safety_sql
from comptoir.stock.ruling import (
    STREAM,
    ActivateSafety,
    ForeseeSafety,
    SafetyChanged,
    SafetyEffect,
    SaveSafetyRules,
    UnplanSafety,
)
from comptoir.stock.safety import KIND, MOST_LINES
from comptoir.web.api.asking import asked
from comptoir.web.api.stock import carried_out, more
from comptoir.web.guards import with_key

HERE: Final = "/stock/safety-rules"
ID: Final = "019e6a1c-0000-7000-8000-0000000000e1"
LINES: Final = {
    "lines": [{"units": 2, "category": "vases", "kind": "store"}, {"units": 5, "sku": "DERBY-HELENE-NOIR-39"}]
}
SAVE_EXAMPLE: Final[dict[str, Any]] = {"id": ID, "after": 0, "note": "Fêtes", "body": LINES}


class LinesQuestion(msgspec.Struct, frozen=True):
    """Which lines of a version."""

    after: Annotated[int, msgspec.Meta(ge=0, le=MOST_LINES)]
    limit: Annotated[int, msgspec.Meta(ge=1, le=1000)]


class SinceWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From when; without a moment from now on. `id` is made by the sender: repeating it changes nothing."""

    id: UUID
    since: Instant | None = None


class RulesWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An action on a version. `id` is made by the sender: repeating it changes nothing."""

    id: UUID


@get(HERE, opt=with_key("policies:read"))
async def versions(house: NamedDependency[House], now: NamedDependency[datetime]) -> Response[Any]:
    """The newest 100 versions without their lines; which one is in force, which comes next, and whether all levels follow it already."""
    async with borrowed(house.pool) as connection:
        found = await screen.read(connection, KIND, STREAM, now)
        settled = await safety_sql.is_settled(connection, found.active)
    rows = [
        {"number": row.number, "note": row.note, "made_at": row.made_at, "active_from": row.active_from, "held_until": row.held_until}
        for row in found.rows
    ]  # fmt: skip
    return Response({"active": found.active, "next": found.next, "settled": settled, "versions": rows})


@get(HERE + "/{number:int}", opt=with_key("policies:read"))
async def version(
    number: FromPath[int], house: NamedDependency[House],
    after: FromQuery[Annotated[int, msgspec.Meta(ge=0, le=MOST_LINES)]] = 0, limit: FromQuery[Annotated[int, msgspec.Meta(ge=1, le=1000)]] = 500,
) -> Response[Any]:  # fmt: skip
    """One version and its lines after so many; `Link: rel=next` leads to the next ones. A version never changes, so nothing is missed between two pages."""
    q = asked(LinesQuestion, after=after, limit=limit)
    async with borrowed(house.pool) as connection:
        found = await policies.find_version(connection, KIND, _saved(number))
    lines = safety_of(found.body).lines
    shown = lines[q.after : q.after + q.limit]
    to = f"/api/v1{HERE}/{found.number}?limit={q.limit}&after={q.after + len(shown)}"
    told = {"number": found.number, "note": found.note, "made_at": found.made_at, "active_from": found.active_from, "count": len(lines), "lines": shown}  # fmt: skip
    return Response(told, headers=more(to, q.after + len(shown) < len(lines)))


@post(HERE, opt=with_key("policies:write") | {"example": SAVE_EXAMPLE, "answer": SafetyChanged}, status_code=200)
async def save(
    data: JSONBody[SaveSafetyRules], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """Keep lines as the next version; `after` is the newest one you have seen. It does not hold by that."""
    return await carried_out(house, data, actor)


@post(HERE + "/effect", opt=with_key("policies:write") | {"example": {"id": ID, "body": LINES}, "answer": SafetyEffect}, status_code=200)  # fmt: skip
async def effect(
    data: JSONBody[ForeseeSafety], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """What these lines would change at once: units that stop and start being promised, where, and of which articles most. Nothing changes."""
    done = await house.runner.rehearse(data, actor)
    return Response(done.answer, media_type="application/json", status_code=200)


@post(HERE + "/{number:int}/activation", opt=with_key("policies:write") | {"answer": SafetyChanged}, status_code=200)
async def activate(
    number: FromPath[int], data: JSONBody[SinceWish], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """Let a version hold from a moment on: levels follow within seconds, promises that were made stay."""
    return await carried_out(house, ActivateSafety(data.id, max(1, _saved(number)), data.since), actor)


@post(HERE + "/{number:int}/activation/withdrawal", opt=with_key("policies:write") | {"answer": SafetyChanged}, status_code=200)  # fmt: skip
async def unplan(
    number: FromPath[int], data: JSONBody[RulesWish], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """Take back that a version is to hold from a later moment on."""
    return await carried_out(house, UnplanSafety(data.id, max(1, _saved(number))), actor)


def _saved(number: int) -> int:
    """A number that fits its column; there is no version above it anyway."""
    return min(max(number, 0), 1_000_000_000)


ROUTES: list[BaseRouteHandler] = [versions, version, save, effect, activate, unplan]

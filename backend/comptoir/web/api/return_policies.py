"""Policies of returns over the API: every version, the one in force, a new one, and from when which one holds. The law is in none of them."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, JSONBody

from comptoir.flows.reading_returns import policy_of
from comptoir.house import House
from comptoir.kit import policies
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.words import Instant
from comptoir.returns.changing import (
    STREAM,
    ActivateReturnPolicy,
    ReturnPolicyChanged,
    SaveReturnPolicy,
    UnplanReturnPolicy,
)
from comptoir.returns.policy import DEFAULT, KIND, Policy
from comptoir.screens import policies as screen
from comptoir.web.api.stock import carried_out
from comptoir.web.guards import with_key

HERE: Final = "/returns/policies"


class Told(msgspec.Struct, frozen=True):
    """A version with its document; number 0 is what comes along and holds until a first one does."""

    number: int
    body: Policy
    note: str = ""
    made_at: datetime | None = None
    active_from: datetime | None = None


class SinceWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From when; without a moment from now on. `id` is made by the sender: repeating it changes nothing."""

    id: UUID
    since: Instant | None = None


class PolicyWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An action on policies. `id` is made by the sender: repeating it changes nothing."""

    id: UUID


SAVE_EXAMPLE: dict[str, Any] = {
    "id": "019e6a1c-0000-7000-8000-0000000000c1",
    "after": 0,
    "note": "Noël jusqu’au 31 janvier",
    "body": msgspec.to_builtins(DEFAULT),
}


@get(HERE, opt=with_key("policies:read"))
async def versions(house: NamedDependency[House], now: NamedDependency[datetime]) -> Response[Any]:
    """The versions, newest first, without their documents; which one is in force, which comes next."""
    async with borrowed(house.pool) as connection:
        found = await screen.read(connection, KIND, STREAM, now)
    rows = [
        {"number": row.number, "note": row.note, "made_at": row.made_at, "active_from": row.active_from, "held_until": row.held_until}
        for row in found.rows
    ]  # fmt: skip
    return Response({"active": found.active, "next": found.next, "versions": rows})


@get(HERE + "/active", opt=with_key("policies:read") | {"answer": Told})
async def active(house: NamedDependency[House], now: NamedDependency[datetime]) -> Response[Any]:
    """The version in force, with its document."""
    async with borrowed(house.pool) as connection:
        return Response(told(await policies.find_active(connection, KIND, now)))


@get(HERE + "/{number:int}", opt=with_key("policies:read") | {"answer": Told})
async def version(number: FromPath[int], house: NamedDependency[House]) -> Response[Any]:
    """One version with its document."""
    if number == 0:
        return Response(told(None))
    async with borrowed(house.pool) as connection:
        return Response(told(await policies.find_version(connection, KIND, _saved(number))))


@post(
    HERE,
    opt=with_key("policies:write") | {"example": SAVE_EXAMPLE, "answer": ReturnPolicyChanged},
    status_code=200,
)
async def save(
    data: JSONBody[SaveReturnPolicy], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """Propose a document as the next version; `after` is the newest one you have seen. It does not hold by that."""
    return await carried_out(house, data, actor)


@post(
    HERE + "/{number:int}/activation",
    opt=with_key("policies:write") | {"answer": ReturnPolicyChanged},
    status_code=200,
)
async def activate(
    number: FromPath[int], data: JSONBody[SinceWish], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """Let a version hold from a moment on. What was bought before keeps the better of the two for its customer."""
    return await carried_out(house, ActivateReturnPolicy(data.id, _saved(number), data.since), actor)


@post(
    HERE + "/{number:int}/activation/withdrawal",
    opt=with_key("policies:write") | {"answer": ReturnPolicyChanged},
    status_code=200,
)
async def unplan(
    number: FromPath[int], data: JSONBody[PolicyWish], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """Take back that a version is to hold from a later moment on."""
    return await carried_out(house, UnplanReturnPolicy(data.id, _saved(number)), actor)


def told(version: policies.Version | None) -> Told:
    """A version as the API tells it; None is what comes along."""
    if version is None:
        return Told(0, DEFAULT)
    return Told(version.number, policy_of(version), version.note, version.made_at, version.active_from)


def _saved(number: int) -> int:
    """A number that fits its column; there is no version above it anyway."""
    return min(max(number, 0), 1_000_000_000)


ROUTES: list[BaseRouteHandler] = [versions, active, version, save, activate, unplan]

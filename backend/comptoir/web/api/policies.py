"""Policies of sourcing over the API: every version, the one in force, a new one, and from when which one holds or is tried."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, JSONBody

from comptoir.flows.reading_outlook import policy_of
from comptoir.house import House
from comptoir.kit import policies
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.words import Instant
from comptoir.screens import policies as screen
from comptoir.sourcing.changing import STREAM, ActivatePolicy, SavePolicy, TryPolicy, UnplanPolicy
from comptoir.sourcing.policy import DEFAULT, KIND, Policy
from comptoir.web.api.stock import carried_out
from comptoir.web.guards import with_key


class Told(msgspec.Struct, frozen=True):
    """A version with its document; number 0 is what comes along and holds until a first one does."""

    number: int
    body: Policy
    note: str = ""
    made_at: datetime | None = None
    active_from: datetime | None = None
    tried_from: datetime | None = None
    tried_until: datetime | None = None


class SinceWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From when; without a moment from now on. `id` is made by the sender: repeating it changes nothing."""

    id: UUID
    since: Instant | None = None


class TrialWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Until when; without a moment until it is ended. `id` is made by the sender: repeating it changes nothing."""

    id: UUID
    until: Instant | None = None


class PolicyWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An action on policies. `id` is made by the sender: repeating it changes nothing."""

    id: UUID


SAVE_EXAMPLE: dict[str, Any] = {
    "id": "019e6a1c-0000-7000-8000-000000000021",
    "after": 0,
    "note": "Soldes",
    "body": msgspec.to_builtins(DEFAULT),
}


@get("/sourcing/policies", opt=with_key("policies:read"))
async def versions(house: NamedDependency[House], now: NamedDependency[datetime]) -> Response[Any]:
    """The versions, newest first, without their documents; which one is in force, which comes next, which is tried."""
    async with borrowed(house.pool) as connection:
        found = await screen.read(connection, KIND, STREAM, now)
    rows = [{name: value for name, value in msgspec.structs.asdict(row).items() if name != "who"} for row in found.rows]
    return Response({"active": found.active, "next": found.next, "tried": found.tried, "versions": rows})


@get("/sourcing/policies/active", opt=with_key("policies:read"))
async def active(house: NamedDependency[House], now: NamedDependency[datetime]) -> Response[Any]:
    """The version in force, with its document."""
    async with borrowed(house.pool) as connection:
        found = await policies.find_active(connection, KIND, now)
    return Response(told(found))


@get("/sourcing/policies/{number:int}", opt=with_key("policies:read"))
async def version(number: FromPath[int], house: NamedDependency[House]) -> Response[Any]:
    """One version with its document."""
    if number == 0:
        return Response(told(None))
    async with borrowed(house.pool) as connection:
        return Response(told(await policies.find_version(connection, KIND, min(number, 1_000_000_000))))


@post("/sourcing/policies", opt=with_key("policies:write") | {"example": SAVE_EXAMPLE}, status_code=200)
async def save(
    data: JSONBody[SavePolicy], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """Keep a document as the next version; `after` is the newest one you have seen. It does not hold by that."""
    return await carried_out(house, data, actor)


@post("/sourcing/policies/{number:int}/activation", opt=with_key("policies:write"), status_code=200)
async def activate(
    number: FromPath[int], data: JSONBody[SinceWish], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """Let a version hold for the orders that come in from a moment on."""
    return await carried_out(house, ActivatePolicy(data.id, _saved(number), data.since), actor)


@post("/sourcing/policies/{number:int}/activation/withdrawal", opt=with_key("policies:write"), status_code=200)
async def unplan(
    number: FromPath[int], data: JSONBody[PolicyWish], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """Take back that a version is to hold from a later moment on."""
    return await carried_out(house, UnplanPolicy(data.id, _saved(number)), actor)


@post("/sourcing/policies/{number:int}/trial", opt=with_key("policies:write"), status_code=200)
async def try_version(
    number: FromPath[int], data: JSONBody[TrialWish], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """Let a version decide every order silently beside the one in force: decisions keep what it would have done."""
    return await carried_out(house, TryPolicy(data.id, _saved(number), data.until), actor)


@post("/sourcing/policies/trial/end", opt=with_key("policies:write"), status_code=200)
async def end_trial(
    data: JSONBody[PolicyWish], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """Nothing is tried any more."""
    return await carried_out(house, TryPolicy(data.id), actor)


def told(version: policies.Version | None) -> Told:
    """A version as the API tells it; None is what comes along."""
    if version is None:
        return Told(0, DEFAULT)
    return Told(
        version.number, policy_of(version), version.note, version.made_at, version.active_from, version.tried_from,
        version.tried_until,
    )  # fmt: skip


def _saved(number: int) -> int:
    """A number that fits its column; there is no version above it anyway."""
    return min(max(number, 0), 1_000_000_000)


ROUTES: list[BaseRouteHandler] = [versions, active, version, save, activate, unplan, try_version, end_trial]

"""Money that waits, over the API: what has not gone and why, try again or say that a person did it; what did not agree with a provider's list.

For a system of head office that books what people did at the bank or in a provider's own pages. No card data comes or goes.
"""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, JSONBody

from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.words import Code, Note
from comptoir.payments.commands import (
    MismatchSettled,
    MoneyStands,
    RetryMoney,
    SettleByHand,
    SettleMismatch,
    check_money,
)
from comptoir.screens import money as screen
from comptoir.screens.money import Difference, Waiting
from comptoir.web.api.stock import carried_out
from comptoir.web.guards import with_key

ID = "019e6a1c-0000-7000-8000-0000000000d1"


class HandWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A person moved the money; `reference` is what the provider or the bank calls it. `id` is made by the sender: repeating it changes nothing."""

    id: UUID
    reference: Code
    note: Note = ""


class RetryWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Another try. `id` is made by the sender: repeating it changes nothing."""

    id: UUID


class LookedWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a difference was. `id` is made by the sender: repeating it changes nothing."""

    id: UUID
    note: Annotated[Note, msgspec.Meta(min_length=1)]


class WaitingMoney(msgspec.Struct, frozen=True):
    """Intentions that are due and have not gone: what failed first, then the oldest; at most a hundred."""

    waiting: list[Waiting]


class Differences(msgspec.Struct, frozen=True):
    """What did not agree with a provider's list and nobody has looked at; at most a hundred."""

    differences: list[Difference]


@get("/money/waiting", opt=with_key("money:read") | {"answer": WaitingMoney})
async def waiting(
    house: NamedDependency[House], actor: NamedDependency[Actor], now: NamedDependency[datetime]
) -> Response[Any]:
    """What is due and has not gone, with the provider's own words; what went and was not confirmed for days too."""
    check_money(actor, "money:read")
    async with borrowed(house.pool) as connection:
        return Response(WaitingMoney(await screen.list_waiting(connection, now)))


@get("/money/differences", opt=with_key("money:read") | {"answer": Differences})
async def differences(house: NamedDependency[House], actor: NamedDependency[Actor]) -> Response[Any]:
    """What nobody has looked at yet, oldest first."""
    check_money(actor, "money:read")
    async with borrowed(house.pool) as connection:
        return Response(Differences(await screen.list_differences(connection)))


@post(
    "/money/{intention:uuid}/by-hand",
    opt=with_key("money:write")
    | {"answer": MoneyStands, "example": {"id": ID, "reference": "VIR-2026-1123", "note": "virement"}},
    status_code=200,
)
async def by_hand(
    intention: FromPath[UUID], data: JSONBody[HandWish], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """A person did it elsewhere: it counts as gone, and the customer is told. 409 when it has gone already, or is asked for right now."""
    return await carried_out(house, SettleByHand(data.id, intention, data.reference, data.note), actor)


@post("/money/{intention:uuid}/retry", opt=with_key("money:write") | {"answer": MoneyStands}, status_code=200)
async def retry(
    intention: FromPath[UUID], data: JSONBody[RetryWish], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """Its provider is asked again with the next round; what was never answered is looked for first."""
    return await carried_out(house, RetryMoney(data.id, intention), actor)


@post(
    "/money/differences/{mismatch:uuid}/settlement",
    opt=with_key("money:write")
    | {"answer": MismatchSettled, "example": {"id": ID, "note": "remboursé depuis le tableau de bord"}},
    status_code=200,
)
async def looked(
    mismatch: FromPath[UUID], data: JSONBody[LookedWish], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """Somebody has looked at a difference; the note says what it was."""
    return await carried_out(house, SettleMismatch(data.id, mismatch, data.note), actor)


ROUTES: list[BaseRouteHandler] = [waiting, differences, by_hand, retry, looked]

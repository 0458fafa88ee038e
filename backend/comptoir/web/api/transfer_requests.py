"""What stores ask of one another, over the API; and missing units of a transfer, accounted for."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, JSONBody

from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.words import Code, Note, Slug, Units
from comptoir.screens import transfer_requests as screen
from comptoir.transfers.model import MOST_LINES, SettleKind, SettleTransfer, TransferTold
from comptoir.transfers.requesting import (
    AskTransfer,
    DeclineRequest,
    Grant,
    GrantRequest,
    RequestStatus,
    RequestTold,
    WithdrawRequest,
)
from comptoir.web.api.asking import asked
from comptoir.web.api.orders import answered, place_after
from comptoir.web.api.transfers import ID, PAIRS
from comptoir.web.guards import with_key

ASK_EXAMPLE = {"id": ID, "to": "lyon-confluence", "from": "lyon-part-dieu", "lines": PAIRS, "note": "Pour samedi"}


class RequestQuestion(msgspec.Struct, frozen=True):
    """Which requests."""

    status: RequestStatus | None = None


class RequestedLine(msgspec.Struct, frozen=True):
    """Units of one article: asked for, and granted once somebody has answered."""

    sku: str
    asked: int
    granted: int | None = None


class RequestStands(msgspec.Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """A request as it stands: who asks, who was asked (nobody in particular: none), what was answered, and the transfer that carries it."""

    id: UUID
    number: str
    to: str
    to_name: str
    status: RequestStatus
    note: str
    answer: str
    created_at: datetime
    lines: list[RequestedLine]
    from_: str | None = None
    from_name: str | None = None
    transfer: UUID | None = None
    transfer_number: str | None = None
    answered_at: datetime | None = None


class Requests(msgspec.Struct, frozen=True):
    """One page of requests."""

    requests: list[RequestStands]


class Granting(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """The goods go, as asked or with fewer units. `id` is made by the sender: repeating it changes nothing."""

    id: UUID
    lines: Annotated[tuple[Grant, ...], msgspec.Meta(max_length=MOST_LINES)] = ()
    from_: Slug | None = None
    note: Note = ""


class Declining(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The goods do not go, and why. `id` is made by the sender: repeating it changes nothing."""

    id: UUID
    note: Annotated[Note, msgspec.Meta(min_length=1)]


class Withdrawal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """They are not wanted any more. `id` is made by the sender: repeating it changes nothing."""

    id: UUID


class Settling(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What became of missing units. `id` is made by the sender: repeating it changes nothing."""

    id: UUID
    sku: Code
    kind: SettleKind
    units: Units
    note: Note = ""


@post("/transfer-requests", opt=with_key("stock:write") | {"example": ASK_EXAMPLE, "answer": RequestTold})
async def ask(
    data: JSONBody[AskTransfer], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """A place asks another for goods, or whoever has them (201; 200 when it was made before). Nothing is promised before somebody grants it."""
    done = await house.runner.perform(data, actor)
    return Response(done.answer, media_type="application/json", status_code=200 if done.again else 201)


@get("/transfer-requests", opt=with_key("stock:read") | {"answer": Requests})
async def list_requests(
    house: NamedDependency[House], actor: NamedDependency[Actor], status: FromQuery[str | None] = None,
    after: FromQuery[str | None] = None, limit: FromQuery[Annotated[int, msgspec.Meta(ge=1, le=100)]] = 50,
) -> Response[Any]:  # fmt: skip
    """Requests that begin or end at the key's places, newest first; `Link: rel=next` leads to the next page."""
    q = asked(RequestQuestion, status=status)
    async with borrowed(house.pool) as connection:
        rows = await screen.read_list(connection, actor, place_after(after), limit, status=q.status)
    more = f"&status={q.status}" if q.status else ""
    to = f"/api/v1/transfer-requests?limit={limit}&after={rows[-1].place}{more}" if len(rows) == limit else ""
    headers = {"link": f'<{to}>; rel="next"'} if to else {}
    return Response(Requests([told(row) for row in rows]), headers=headers)


@get("/transfer-requests/{request_id:uuid}", opt=with_key("stock:read") | {"answer": RequestStands})
async def read(
    request_id: FromPath[UUID], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[Any]:
    """One request: asked for, granted, and the transfer that carries it."""
    async with borrowed(house.pool) as connection:
        return Response(told(await screen.one(connection, request_id, actor)))


@post("/transfer-requests/{request_id:uuid}/grant", opt=with_key("stock:write") | {"example": {"id": ID, "lines": PAIRS}, "answer": RequestTold}, status_code=200)  # fmt: skip
async def grant(
    request_id: FromPath[UUID], data: JSONBody[Granting], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """The goods go: a transfer is made, and its units are promised where they leave."""
    command = GrantRequest(data.id, request_id, data.lines, data.from_, data.note)
    return answered(await house.runner.perform(command, actor))


@post("/transfer-requests/{request_id:uuid}/refusal", opt=with_key("stock:write") | {"example": {"id": ID, "note": "Vendu samedi"}, "answer": RequestTold}, status_code=200)  # fmt: skip
async def decline(
    request_id: FromPath[UUID], data: JSONBody[Declining], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """The goods do not go; the reason is read by whoever asked."""
    return answered(await house.runner.perform(DeclineRequest(data.id, request_id, data.note), actor))


@post("/transfer-requests/{request_id:uuid}/cancellation", opt=with_key("stock:write") | {"answer": RequestTold}, status_code=200)  # fmt: skip
async def withdraw(
    request_id: FromPath[UUID], data: JSONBody[Withdrawal], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """Before anybody has answered."""
    return answered(await house.runner.perform(WithdrawRequest(data.id, request_id), actor))


@post("/transfers/{transfer:uuid}/settlements", opt=with_key("stock:write") | {"example": {"id": ID, "sku": "DERBY-HELENE-NOIR-39", "kind": "stayed", "units": 1, "note": ""}, "answer": TransferTold}, status_code=200)  # fmt: skip
async def settle(
    transfer: FromPath[UUID], data: JSONBody[Settling], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """Units that were missing at the end were found, are lost, or never left; stock follows where they are."""
    command = SettleTransfer(data.id, transfer, data.sku, data.kind, data.units, data.note)
    return answered(await house.runner.perform(command, actor))


def told(view: screen.RequestView) -> RequestStands:
    """A request as the API tells it: without names of people."""
    return msgspec.convert(msgspec.to_builtins(view), RequestStands)


ROUTES: list[BaseRouteHandler] = [ask, list_requests, read, grant, decline, withdraw, settle]

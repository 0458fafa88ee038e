"""Transfers over the API: made, sent and received by places without a handheld, canceled, read."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, JSONBody

from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.words import Slug
from comptoir.screens import transfers as screen
from comptoir.transfers.model import (
    MOST_LINES,
    Arrived,
    CancelTransfer,
    CreateTransfer,
    Reason,
    ReceiveTransfer,
    ShipTransfer,
    TransferTold,
    Wish,
)
from comptoir.web.api.asking import asked
from comptoir.web.api.orders import answered, place_after
from comptoir.web.guards import with_key

ID = "019e6a1c-0000-7000-8000-0000000000a1"
PAIRS = [{"sku": "DERBY-HELENE-NOIR-39", "quantity": 4}]
CREATE_EXAMPLE = {
    "id": ID, "from": "entrepot-isle-d-abeau", "to": "lyon-part-dieu", "lines": PAIRS, "reason": "replenish", "note": "",
}  # fmt: skip
Lines = Annotated[tuple[Wish, ...], msgspec.Meta(max_length=MOST_LINES)]


class TransferQuestion(msgspec.Struct, frozen=True):
    """Which transfers."""

    location: Slug | None = None
    status: Literal["created", "shipped", "receiving", "closed", "canceled"] | None = None


class TransferStands(msgspec.Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """A transfer without its lines; every figure is the sum of its lines, in units.

    `reserved` and `picked` are still at the source, `in_transit` nowhere, `received`, `damaged` and `over` (came and was not on the way) at the
    destination; `missing` had not come at the end, `lost` is what became of them, `released` never left. `order` is whose units they are, if anybody's.
    """

    id: UUID
    number: str
    from_: str
    from_name: str
    to: str
    to_name: str
    status: Literal["created", "shipped", "receiving", "closed", "canceled"]
    reason: Reason
    note: str
    created_at: datetime
    quantity: int
    reserved: int
    picked: int
    in_transit: int
    received: int
    missing: int
    released: int
    over: int
    lost: int
    damaged: int
    articles: int
    actions: tuple[str, ...]
    order: UUID | None = None
    order_number: str | None = None
    work: UUID | None = None
    to_shelve: UUID | None = None
    promise_at: datetime | None = None
    shipped_at: datetime | None = None
    received_at: datetime | None = None
    ended_at: datetime | None = None


class Transfers(msgspec.Struct, frozen=True):
    """One page of transfers."""

    transfers: list[TransferStands]


class TransferWhole(TransferStands, frozen=True, kw_only=True):
    """A transfer with its lines, in the source's walk order."""

    lines: list[screen.LineView]


class Shipment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What leaves; without lines, what was picked. `id` is made by the sender: repeating it changes nothing."""

    id: UUID
    lines: Lines = ()


class Receipt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What has come. `close` says that nothing more will. `id` is made by the sender: repeating it changes nothing."""

    id: UUID
    lines: Annotated[tuple[Arrived, ...], msgspec.Meta(max_length=MOST_LINES)] = ()
    close: bool = False


class Cancellation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """It is not wanted any more. `id` is made by the sender: repeating it changes nothing."""

    id: UUID


@post("/transfers", opt=with_key("stock:write") | {"example": CREATE_EXAMPLE, "answer": TransferTold})
async def create(
    data: JSONBody[CreateTransfer], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """Goods are to go from one place to another (201; 200 when it was made before); promised at the source at once, whole or not at all."""
    done = await house.runner.perform(data, actor)
    return Response(done.answer, media_type="application/json", status_code=200 if done.again else 201)


@get("/transfers", opt=with_key("stock:read") | {"answer": Transfers})
async def list_transfers(
    house: NamedDependency[House], actor: NamedDependency[Actor], location: FromQuery[str | None] = None,
    status: FromQuery[str | None] = None, after: FromQuery[str | None] = None,
    limit: FromQuery[Annotated[int, msgspec.Meta(ge=1, le=100)]] = 50,
) -> Response[Any]:  # fmt: skip
    """Transfers that begin or end at the key's places, newest first; `Link: rel=next` leads to the next page."""
    q = asked(TransferQuestion, location=location, status=status)
    async with borrowed(house.pool) as connection:
        rows = await screen.read_list(
            connection, actor, place_after(after), limit, status=q.status and (q.status,), location=q.location
        )
    more = "".join(f"&{name}={value}" for name, value in (("location", q.location), ("status", q.status)) if value)
    link = f'</api/v1/transfers?limit={limit}&after={rows[-1].place}{more}>; rel="next"' if len(rows) == limit else ""
    found = Transfers([msgspec.convert(told(row), TransferStands) for row in rows])
    return Response(found, headers={"link": link} if link else {})


@get("/transfers/{transfer:uuid}", opt=with_key("stock:read") | {"answer": TransferWhole})
async def read(transfer: FromPath[UUID], house: NamedDependency[House], actor: NamedDependency[Actor]) -> Response[Any]:
    """One transfer with its lines: units in each state, what is over, and what may be done next."""
    async with borrowed(house.pool) as connection:
        view = await screen.one(connection, transfer, actor)
    return Response(msgspec.convert(told(view.head) | {"lines": msgspec.to_builtins(view.lines)}, TransferWhole))


@post("/transfers/{transfer:uuid}/shipment", opt=with_key("stock:write") | {"example": {"id": ID, "lines": PAIRS}, "answer": TransferTold}, status_code=200)  # fmt: skip
async def ship(
    transfer: FromPath[UUID], data: JSONBody[Shipment], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """The goods have left: on hand goes down at the source, and what stays is free again."""
    return answered(await house.runner.perform(ShipTransfer(data.id, transfer, data.lines), actor))


@post("/transfers/{transfer:uuid}/receipt", opt=with_key("stock:write") | {"example": {"id": ID, "lines": [PAIRS[0] | {"damaged": 0}], "close": True}, "answer": TransferTold}, status_code=200)  # fmt: skip
async def receive(
    transfer: FromPath[UUID], data: JSONBody[Receipt], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """Units have come, on the way or not; closed, what is missing becomes a case for the manager there."""
    return answered(await house.runner.perform(ReceiveTransfer(data.id, transfer, data.lines, data.close), actor))


@post(
    "/transfers/{transfer:uuid}/cancellation", opt=with_key("stock:write") | {"answer": TransferTold}, status_code=200
)
async def cancel(
    transfer: FromPath[UUID], data: JSONBody[Cancellation], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """Before it has left: its units are free again, what was picked is carried back."""
    return answered(await house.runner.perform(CancelTransfer(data.id, transfer), actor))


def told(head: screen.Head) -> dict[str, Any]:
    """A transfer as JSON, without names of people."""
    plain: dict[str, Any] = msgspec.to_builtins(head)
    return {key: value for key, value in plain.items() if not key.endswith("_by")} | {"actions": head.actions}


ROUTES: list[BaseRouteHandler] = [create, list_transfers, read, ship, receive, cancel]

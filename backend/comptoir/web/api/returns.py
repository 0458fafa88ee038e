"""Returns over the API: taken at a counter in one call, or announced, received, looked at, settled and put away one by one; read."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, JSONBody

from comptoir.flows.put_away_return import UnitPlaced
from comptoir.flows.settle_return import with_code
from comptoir.flows.use_credit import CreditStands, find_credit
from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.runner import Done
from comptoir.kit.words import Maybe, Note, Slug
from comptoir.returns.arriving import ParcelTaken, TakeParcel
from comptoir.returns.model import (
    MOST_UNITS,
    CancelReturn,
    DeclineReturn,
    FinishReturn,
    GiveBack,
    InspectReturn,
    Looked,
    Nth,
    OpenReturn,
    Permission,
    PutAwayUnit,
    ReceiveReturn,
    ReturnSettled,
    ReturnStands,
    SendAwayUnit,
    SettleReturn,
    Settling,
    TakeReturn,
    UseCredit,
)
from comptoir.screens import returns as screen
from comptoir.web.api.orders import answered
from comptoir.web.guards import with_key

ID = "019e6a1c-0000-7000-8000-0000000000b1"
ORDER = "0192f0c8-6a00-7000-8000-000000000001"
OPEN_EXAMPLE = {
    "id": ID, "order": ORDER, "units": [{"line": 1, "quantity": 1, "reason": "too_small"}], "origin": "home",
    "method": "postal", "wish": "refund",
}  # fmt: skip
TAKE_EXAMPLE = {
    "id": ID, "location": "lyon-part-dieu", "order": ORDER,
    "units": [{"line": 1, "quantity": 1, "reason": "too_small", "condition": "as_new"}],
    "settling": {"wish": "exchange", "exchange": [{"sku": "DERBY-HELENE-NOIR-39", "quantity": 1}]},
}  # fmt: skip
LOOK_EXAMPLE = {"id": ID, "location": "lyon-part-dieu", "units": [{"n": 1, "condition": "as_new"}]}
PARCEL_EXAMPLE = {"id": ID, "location": "lyon-part-dieu", "code": "R-KQMXTV"}
USE_EXAMPLE = {"id": ID, "code": "0123456789ABCDEFGHJKMNPQRS", "amount_minor": 1250, "reference": "T-4711"}
Why = Annotated[str, msgspec.Meta(min_length=1, max_length=300)]
Units = Annotated[tuple[Nth, ...], msgspec.Meta(max_length=MOST_UNITS)]
Looks = Annotated[tuple[Looked, ...], msgspec.Meta(max_length=MOST_UNITS)]


class Arrival(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The goods are here, unopened; `missing` units did not come. `id` is made by the sender: repeating it changes nothing."""

    id: UUID
    location: Slug
    missing: Units = ()


class Inspection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How units are. `id` is made by the sender: repeating it changes nothing."""

    id: UUID
    location: Slug
    units: Looks


class Settlement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the customer gets. `id` is made by the sender: repeating it changes nothing."""

    id: UUID
    settling: Settling = Settling()
    permission: Permission | None = None


class Completion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was announced is here, looked at, and settled. `id` is made by the sender: repeating it changes nothing."""

    id: UUID
    location: Slug
    units: Looks = ()
    missing: Units = ()
    settling: Settling = Settling()
    permission: Permission | None = None


class Refused(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Units that are not taken. `id` is made by the sender: repeating it changes nothing."""

    id: UUID
    units: Annotated[tuple[Nth, ...], msgspec.Meta(min_length=1, max_length=MOST_UNITS)]
    why: Why


class Declination(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing is taken. `id` is made by the sender: repeating it changes nothing."""

    id: UUID
    why: Why


class Abandonment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing will come. `id` is made by the sender: repeating it changes nothing."""

    id: UUID
    why: Note = ""


class CreditCode(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A credit by its code."""

    code: Annotated[str, msgspec.Meta(min_length=26, max_length=40)]


class Departure(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A unit leaves the building; destroying needs one of the law's reasons and a proof. `id` is made by the sender."""

    id: UUID
    reason: Maybe = ""
    proof: Maybe = ""
    to: Maybe = ""


@post("/returns", opt=with_key("orders:write") | {"example": OPEN_EXAMPLE, "answer": ReturnStands})
async def announce(
    data: JSONBody[OpenReturn], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """Announce a return (201; 200 when it was announced before): units of an order, or of no order where somebody permits it."""
    done = await house.runner.perform(data, actor)
    return Response(done.answer, media_type="application/json", status_code=200 if done.again else 201)


@post("/returns/counter", opt=with_key("orders:write") | {"example": TAKE_EXAMPLE, "answer": ReturnSettled})
async def take(
    data: JSONBody[TakeReturn], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """Take units in hand back (201; 200 when it was done before): announced, received, looked at and settled, or nothing of it."""
    done = await house.runner.perform(data, actor)
    return Response(settled(done, house), media_type="application/json", status_code=200 if done.again else 201)


@get("/returns/{rma:uuid}", opt=with_key("orders:read"))
async def read(rma: FromPath[UUID], house: NamedDependency[House], actor: NamedDependency[Actor]) -> Response[Any]:
    """One return: its units, what is given for them, how far its money is, and what may be done next."""
    async with borrowed(house.pool) as connection:
        return Response(told(await screen.find_return(connection, rma, actor)))


@get("/returns", opt=with_key("orders:read"))
async def list_returns(
    house: NamedDependency[House], actor: NamedDependency[Actor], order: FromQuery[UUID]
) -> Response[Any]:
    """The returns of an order, newest first."""
    async with borrowed(house.pool) as connection:
        found = await screen.list_of_order(connection, order, actor)
    return Response({"returns": [told(one) for one in found]})


@post("/returns/{rma:uuid}/receipt", opt=with_key("orders:write") | {"answer": ReturnStands}, status_code=200)
async def receive(
    rma: FromPath[UUID], data: JSONBody[Arrival], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """The goods are here; nothing counts yet."""
    command = ReceiveReturn(id=data.id, rma=rma, location=data.location, missing=data.missing)
    return answered(await house.runner.perform(command, actor))


@post("/returns/{rma:uuid}/inspection", opt=with_key("orders:write") | {"example": LOOK_EXAMPLE, "answer": ReturnStands}, status_code=200)  # fmt: skip
async def inspect(
    rma: FromPath[UUID], data: JSONBody[Inspection], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """Units were looked at: they count in the building from now on, not for sale."""
    command = InspectReturn(id=data.id, rma=rma, location=data.location, units=data.units)
    return answered(await house.runner.perform(command, actor))


@post("/returns/{rma:uuid}/settlement", opt=with_key("orders:write") | {"answer": ReturnSettled}, status_code=200)
async def settle(
    rma: FromPath[UUID], data: JSONBody[Settlement], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """Every unit was looked at: money, other goods or credit. A refund is intended, and done when its provider says so."""
    command = SettleReturn(id=data.id, rma=rma, settling=data.settling, permission=data.permission)
    return Response(settled(await house.runner.perform(command, actor), house), media_type="application/json")


@post("/returns/{rma:uuid}/completion", opt=with_key("orders:write") | {"example": LOOK_EXAMPLE, "answer": ReturnSettled}, status_code=200)  # fmt: skip
async def finish(
    rma: FromPath[UUID], data: JSONBody[Completion], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """What was announced is received, looked at and settled in one."""
    command = FinishReturn(
        id=data.id, rma=rma, location=data.location, units=data.units, missing=data.missing, settling=data.settling,
        permission=data.permission,
    )  # fmt: skip
    return Response(settled(await house.runner.perform(command, actor), house), media_type="application/json")


@post("/returns/{rma:uuid}/refusal", opt=with_key("orders:write") | {"answer": ReturnStands}, status_code=200)
async def refuse(
    rma: FromPath[UUID], data: JSONBody[Refused], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """Units are not taken: the customer keeps them."""
    return answered(await house.runner.perform(GiveBack(id=data.id, rma=rma, units=data.units, why=data.why), actor))


@post("/returns/{rma:uuid}/declination", opt=with_key("orders:write") | {"answer": ReturnStands}, status_code=200)
async def decline(
    rma: FromPath[UUID], data: JSONBody[Declination], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """The whole return is not taken."""
    return answered(await house.runner.perform(DeclineReturn(id=data.id, rma=rma, why=data.why), actor))


@post("/returns/{rma:uuid}/cancellation", opt=with_key("orders:write") | {"answer": ReturnStands}, status_code=200)
async def cancel(
    rma: FromPath[UUID], data: JSONBody[Abandonment], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """Nothing will come; its units may be announced again."""
    return answered(await house.runner.perform(CancelReturn(id=data.id, rma=rma, why=data.why), actor))


@post("/returns/parcels", opt=with_key("orders:write") | {"example": PARCEL_EXAMPLE, "answer": ParcelTaken}, status_code=200)  # fmt: skip
async def take_parcel(
    data: JSONBody[TakeParcel], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """A parcel of returned goods arrived: found by the return, our label, its first label or its order; opened when nobody announced it."""
    return answered(await house.runner.perform(data, actor))


@post("/returns/put-away", opt=with_key("stock:write") | {"answer": UnitPlaced}, status_code=200)
async def put_away(
    data: JSONBody[PutAwayUnit], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """An article was scanned at its shelf: one unit of it that came back may be promised from now on."""
    return answered(await house.runner.perform(data, actor))


@post("/returns/{rma:uuid}/units/{n:int}/departure", opt=with_key("stock:write") | {"answer": UnitPlaced}, status_code=200)  # fmt: skip
async def send_away(
    rma: FromPath[UUID], n: FromPath[Nth], data: JSONBody[Departure], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:  # fmt: skip
    """A unit left for what it was meant for: marked down, repaired, to its vendor, to another store, destroyed."""
    command = SendAwayUnit(id=data.id, rma=rma, n=n, reason=data.reason, proof=data.proof, to=data.to)
    return answered(await house.runner.perform(command, actor))


@post("/credits/use", opt=with_key("orders:write") | {"example": USE_EXAMPLE, "answer": CreditStands}, status_code=200)
async def use(
    data: JSONBody[UseCredit], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """A sale is paid with credit of a return; below zero, that sale was undone. `id` is made by the sender: repeating it changes nothing."""
    return answered(await house.runner.perform(data, actor))


@post("/credits/balance", opt=with_key("orders:write") | {"example": {"code": USE_EXAMPLE["code"]}, "answer": CreditStands}, status_code=200)  # fmt: skip
async def balance(
    data: JSONBody[CreditCode], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[CreditStands]:
    """What is left of a credit. The code stands in the body, because addresses are written into logs."""
    async with borrowed(house.pool) as connection:
        return Response(await find_credit(connection, data.code, actor))


def settled(done: Done, house: House) -> bytes:
    """The answer with the code of a credit, for whoever gives it to the customer."""
    return msgspec.json.encode(with_code(done.read(ReturnSettled), house.seal))


def told(found: screen.ReturnRead) -> dict[str, Any]:
    """A return as JSON."""
    plain: dict[str, Any] = msgspec.to_builtins(found)
    return plain | {"actions": found.actions}


ROUTES: list[BaseRouteHandler] = [
    announce, take, read, list_returns, receive, inspect, settle, finish, refuse, decline, cancel, take_parcel, put_away, send_away,
    use, balance,
]  # fmt: skip

"""Payments over the API: a channel or a provider tells how far the money of an order is."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, JSONBody

from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.words import Code
from comptoir.payments.recording import RecordPayment, Told
from comptoir.web.guards import with_key

EXAMPLE = {
    "id": "019e6a1c-0000-7000-8000-000000000021", "reference": "pi_3PqL2e", "state": "captured", "amount_minor": 12900,
}  # fmt: skip


class PaymentTold(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How far a payment is. `id` is made by the sender: repeating it changes nothing. Card data has no field here."""

    id: UUID
    reference: Code
    state: Told
    amount_minor: Annotated[int, msgspec.Meta(ge=1, le=10**12)]
    provider: Code | None = None


@post("/orders/{order:uuid}/payments", opt=with_key("orders:write") | {"example": EXAMPLE}, status_code=200)
async def record(
    order: FromPath[UUID], data: JSONBody[PaymentTold], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """Money was authorized or captured. When it covers what is due, the order held for payment goes to the stores."""
    command = RecordPayment(data.id, order, data.reference, data.state, data.amount_minor, data.provider)
    done = await house.runner.perform(command, actor)
    return Response(done.answer, media_type="application/json", status_code=200)


ROUTES: list[BaseRouteHandler] = [record]

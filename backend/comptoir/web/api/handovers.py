"""Hand-overs over the API: asked for, so they may be refused; a handheld tells them through /sync/events instead."""

from uuid import UUID

import msgspec
from litestar import Response, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody

from comptoir.flows.hand_over import RequestHandOver
from comptoir.fulfillment.model import HandOver
from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.web.guards import with_key


class HandOverAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Goods are to leave a store. `id` is made by the sender: repeating it changes nothing."""

    id: UUID
    hand_over: HandOver


EXAMPLE = {
    "id": "019e6a1c-0000-7000-8000-000000000031",
    "hand_over": {"order": "019e6a1c-0000-7000-8000-000000000001", "works": ["019e6a1c-0000-7000-8000-000000000002"], "bags": ["B:T-104"], "pass": "P1:0123456789ABCDEFGHJKMNPQRS"},
}  # fmt: skip


@post("/handovers", opt=with_key("orders:write") | {"example": EXAMPLE}, status_code=200)
async def hand_over(
    data: JSONBody[HandOverAsked], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """Hand an order over against its pass; refused when it is not staged, not proven, or not every bag was scanned."""
    done = await house.runner.perform(RequestHandOver(data.id, data.hand_over), actor)
    return Response(done.answer, media_type="application/json", status_code=200)


ROUTES: list[BaseRouteHandler] = [hand_over]

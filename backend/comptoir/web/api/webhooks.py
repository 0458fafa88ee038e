"""Webhooks over the API: register, change, rotate, pause, try, replay; what was delivered. docs/webhooks-out.md says how to verify them."""

from datetime import timedelta
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec
from litestar import Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, JSONBody

from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.ids import new_id
from comptoir.kit.runner import Done
from comptoir.kit.words import Instant, Word
from comptoir.outgoing import model, signing
from comptoir.outgoing.model import Address, EndpointChanged, Kinds, Places, Replayed
from comptoir.screens import webhooks as screen
from comptoir.web.api.asking import asked
from comptoir.web.api.orders import answered
from comptoir.web.guards import with_key

COUNTED: Final = timedelta(days=30)
ID: Final = "019e6a1c-0000-7000-8000-0000000000b1"
KINDS_EXAMPLE: Final = ["order.placed", "fulfillment.staged", "fulfillment.hand_over_settled"]
ENDPOINT_EXAMPLE: Final = {"id": ID, "name": "ERP", "url": "https://erp.example.com/comptoir", "kinds": KINDS_EXAMPLE, "locations": None}  # fmt: skip
SPAN_EXAMPLE: Final = {"id": ID, "since": "2026-11-21T08:00:00Z", "until": "2026-11-21T12:00:00Z", "failed": True}


class Registration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where events go. `id` is made by the sender and is the endpoint's: repeating it changes nothing and answers the same."""

    id: UUID
    name: Word
    url: Address
    kinds: Kinds
    locations: Places | None = None


class EndpointBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An endpoint as it is to be, over the `version` that was read. `id` is made by the sender: repeating it changes nothing."""

    id: UUID
    version: Annotated[int, msgspec.Meta(ge=1, le=1_000_000_000)]
    name: Word
    url: Address
    kinds: Kinds
    locations: Places | None = None


class Ask(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An act on an endpoint. `id` is made by the sender: repeating it changes nothing."""

    id: UUID


class Rotation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Another secret; with `at_once` the old one signs nothing any more. `id` is made by the sender: repeating it answers the same."""

    id: UUID
    at_once: bool = False


class Switch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Paused or not. `id` is made by the sender: repeating it changes nothing."""

    id: UUID
    paused: bool


class Span(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What happened from `since` until before `until` (a week at most), or of it what was not taken. `id` is made by the sender."""

    id: UUID
    since: Instant
    until: Instant
    failed: bool = False


class DeliveryQuestion(msgspec.Struct, frozen=True):
    """Which deliveries."""

    status: Literal["open", "done", "failed", "dropped"] | None = None
    after: UUID | None = None


class Endpoints(msgspec.Struct, frozen=True):
    """The endpoints that a key reaches."""

    webhooks: list[screen.EndpointRow]


class DeliveryTold(screen.DeliveryRow, frozen=True, kw_only=True):
    """One delivery: what happened, the bytes that were signed (`body`), how far it is, what the endpoint last said; `webhook_id` as it was sent."""

    webhook_id: str


class Deliveries(msgspec.Struct, frozen=True):
    """One page of deliveries, newest first."""

    deliveries: list[DeliveryTold]


class Registered(msgspec.Struct, frozen=True):
    """The endpoint and its secret, which no other answer tells; after a lost answer send the same again."""

    endpoint: UUID
    version: int
    secret: str


@get("/webhooks", opt=with_key("webhooks:read") | {"answer": Endpoints})
async def list_endpoints(house: NamedDependency[House], actor: NamedDependency[Actor]) -> Response[Any]:
    """The endpoints the key reaches: those of its own locations alone, or all when it is for all. With their health."""
    async with borrowed(house.pool) as connection:
        rows = await screen.list_endpoints(connection, actor.locations, house.clock() - COUNTED)
    return Response(Endpoints(rows))


@get("/webhooks/{endpoint:uuid}", opt=with_key("webhooks:read") | {"answer": screen.EndpointRow})
async def read(endpoint: FromPath[UUID], house: NamedDependency[House], actor: NamedDependency[Actor]) -> Response[Any]:
    """One endpoint with its health: last success and failure, what waits and since when, what was given up in thirty days."""
    async with borrowed(house.pool) as connection:
        return Response(await screen.find_endpoint(connection, endpoint, actor.locations, house.clock() - COUNTED))


@post("/webhooks", opt=with_key("webhooks:write") | {"example": ENDPOINT_EXAMPLE, "answer": Registered})
async def register(
    data: JSONBody[Registration], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[Any]:
    """Events of these kinds go to this address from now on (201; 200 when it was registered before). The secret is told here alone.

    The address is https at a public host, on port 443 or 8443. A key for some locations names those in `locations`.
    """
    await house.webhooks.check(data.url)
    command = model.SaveEndpoint(data.id, data.id, 0, data.name, data.url, data.kinds, data.locations)
    return _registered(house, await house.runner.perform(command, actor), 201)


@put("/webhooks/{endpoint:uuid}", opt=with_key("webhooks:write") | {"example": ENDPOINT_EXAMPLE | {"version": 1}, "answer": EndpointChanged})  # fmt: skip
async def change(
    endpoint: FromPath[UUID], data: JSONBody[EndpointBody], house: NamedDependency[House],
    actor: NamedDependency[Actor],
) -> Response[bytes]:  # fmt: skip
    """Another name, address, choice of kinds or locations. What waits goes to the new address."""
    await house.webhooks.check(data.url)
    command = model.SaveEndpoint(data.id, endpoint, data.version, data.name, data.url, data.kinds, data.locations)
    return answered(await house.runner.perform(command, actor))


@delete("/webhooks/{endpoint:uuid}", opt=with_key("webhooks:write"), status_code=200)
async def remove(
    endpoint: FromPath[UUID], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """Nothing goes there any more; what waits is dropped. Removed twice, it is not found."""
    return answered(await house.runner.perform(model.CloseEndpoint(new_id(), endpoint), actor))


@post("/webhooks/{endpoint:uuid}/secret", opt=with_key("webhooks:write") | {"answer": Registered}, status_code=200)
async def rotate(
    endpoint: FromPath[UUID], data: JSONBody[Rotation], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[Any]:
    """Another secret, told here alone. For 24 hours every delivery carries two signatures, unless `at_once`."""
    done = await house.runner.perform(model.RotateSecret(data.id, endpoint, data.at_once), actor)
    return _registered(house, done, 200)


@post("/webhooks/{endpoint:uuid}/paused", opt=with_key("webhooks:write") | {"answer": EndpointChanged}, status_code=200)
async def switch(
    endpoint: FromPath[UUID], data: JSONBody[Switch], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """Pause it, or let it go on; what happens while it is paused waits for up to three days."""
    kind = model.PauseEndpoint if data.paused else model.ResumeEndpoint
    return answered(await house.runner.perform(kind(data.id, endpoint), actor))


@post("/webhooks/{endpoint:uuid}/trial", opt=with_key("webhooks:write") | {"answer": Replayed}, status_code=202)
async def trial(
    endpoint: FromPath[UUID], data: JSONBody[Ask], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """A delivery of the kind `webhook.test` goes out within seconds, once; the deliveries say what came of it."""
    done = await house.runner.perform(model.TryEndpoint(data.id, endpoint), actor)
    return Response(done.answer, media_type="application/json", status_code=202)


@get("/webhooks/{endpoint:uuid}/deliveries", opt=with_key("webhooks:read") | {"answer": Deliveries})
async def deliveries(
    endpoint: FromPath[UUID], house: NamedDependency[House], actor: NamedDependency[Actor],
    status: FromQuery[str | None] = None, after: FromQuery[UUID | None] = None,
    limit: FromQuery[Annotated[int, msgspec.Meta(ge=1, le=100)]] = 50,
) -> Response[Any]:  # fmt: skip
    """What it was or is to be sent in the last thirty days, newest first; `Link: rel=next` leads on."""
    q = asked(DeliveryQuestion, status=status, after=after)
    async with borrowed(house.pool) as connection:
        await screen.find_endpoint(connection, endpoint, actor.locations, house.clock())
        rows = await screen.list_deliveries(connection, endpoint, actor.locations, q.status, q.after, limit)
    more = f"&status={q.status}" if q.status else ""
    link = f'</api/v1/webhooks/{endpoint}/deliveries?limit={limit}&after={rows[-1].id}{more}>; rel="next"'
    told = [DeliveryTold(**msgspec.structs.asdict(row), webhook_id=signing.message_id(row.id)) for row in rows]
    return Response(Deliveries(told), headers={"link": link} if len(rows) == limit else {})


@post("/webhooks/{endpoint:uuid}/deliveries/{delivery:uuid}/replay", opt=with_key("webhooks:write") | {"answer": Replayed}, status_code=202)  # fmt: skip
async def replay(
    endpoint: FromPath[UUID], delivery: FromPath[UUID], data: JSONBody[Ask], house: NamedDependency[House],
    actor: NamedDependency[Actor],
) -> Response[bytes]:  # fmt: skip
    """The same delivery again, with the same `webhook-id`: who has handled it already knows it by that."""
    done = await house.runner.perform(model.ReplayDelivery(data.id, endpoint, delivery), actor)
    return Response(done.answer, media_type="application/json", status_code=202)


@post("/webhooks/{endpoint:uuid}/replay", opt=with_key("webhooks:write") | {"example": SPAN_EXAMPLE, "answer": Replayed}, status_code=202)  # fmt: skip
async def replay_span(
    endpoint: FromPath[UUID], data: JSONBody[Span], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """What happened in a span goes out again, what happened before the endpoint was registered too; at most 5,000 events."""
    command = model.ReplaySpan(data.id, endpoint, data.since, data.until, data.failed)
    done = await house.runner.perform(command, actor)
    return Response(done.answer, media_type="application/json", status_code=202)


def _registered(house: House, done: Done, status: int) -> Response[Any]:
    changed: EndpointChanged = done.read(EndpointChanged)
    secret = signing.secret_of(house.seal, changed.endpoint, changed.secret_number)
    told = Registered(changed.endpoint, changed.version, secret)
    return Response(told, status_code=200 if done.again else status, headers={"cache-control": "no-store"})


ROUTES: list[BaseRouteHandler] = [
    list_endpoints, read, register, change, remove, rotate, switch, trial, deliveries, replay, replay_span,
]  # fmt: skip

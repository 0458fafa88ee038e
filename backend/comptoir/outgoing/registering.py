"""Endpoints are registered, changed and let go; deliveries are tried and replayed. Each change is kept in the audit."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from comptoir.flows import auditing
from comptoir.kit.actor import Actor
from comptoir.kit.db import Tx
from comptoir.kit.errors import Conflict, Forbidden, Invalid, NotFound
from comptoir.kit.runner import Flow
from comptoir.outgoing import model, sql
from comptoir.outgoing.model import (
    MOST_REPLAYED,
    CloseEndpoint,
    Endpoint,
    EndpointChanged,
    PauseEndpoint,
    ReplayDelivery,
    Replayed,
    ReplaySpan,
    ResumeEndpoint,
    RotateSecret,
    SaveEndpoint,
    TryEndpoint,
)
from comptoir.outgoing.signing import BOTH_FOR


async def save_endpoint(tx: Tx, command: SaveEndpoint, actor: Actor, now: datetime) -> EndpointChanged:
    """Register one (version 0) or change it. Invalid `webhook_kind_unknown`, `location_unknown`; Conflict `changed_meanwhile`."""
    _may(actor)
    model.check_kinds(command.kinds)
    if not model.reaches(actor.locations, command.locations):
        # A key for some stores hears of those alone: it has to name them.
        raise Forbidden("webhook_beyond_key")
    if command.locations and not await sql.check_places(tx, command.locations):
        raise Invalid("location_unknown")
    before = await auditing.standing(tx, "webhook", command.endpoint)
    if command.version == 0:
        await sql.insert_endpoint(tx, command)
    else:
        standing = await _lock(tx, command.endpoint, actor)
        if standing.version != command.version:
            raise Conflict("changed_meanwhile")
        await sql.put_endpoint(tx, command)
    await auditing.keep(tx, actor, "webhook.saved", "webhook", command.endpoint, before)
    return await _changed(tx, command.endpoint)


async def rotate_secret(tx: Tx, command: RotateSecret, actor: Actor, now: datetime) -> EndpointChanged:
    """Another secret signs from now on, the old one beside it for a day."""
    before = await auditing.standing(tx, "webhook", command.endpoint)
    await _lock(tx, command.endpoint, actor)
    await sql.next_secret(tx, command.endpoint, None if command.at_once else now + BOTH_FOR)
    await auditing.keep(tx, actor, "webhook.secret_rotated", "webhook", command.endpoint, before)
    return await _changed(tx, command.endpoint)


async def pause_endpoint(tx: Tx, command: PauseEndpoint, actor: Actor, now: datetime) -> EndpointChanged:
    """Nothing goes there for now."""
    before = await auditing.standing(tx, "webhook", command.endpoint)
    await _lock(tx, command.endpoint, actor)
    if await sql.pause(tx, command.endpoint, "by_hand"):
        await auditing.keep(tx, actor, "webhook.paused", "webhook", command.endpoint, before)
    return await _changed(tx, command.endpoint)


async def resume_endpoint(tx: Tx, command: ResumeEndpoint, actor: Actor, now: datetime) -> EndpointChanged:
    """What waits goes at once."""
    before = await auditing.standing(tx, "webhook", command.endpoint)
    standing = await _lock(tx, command.endpoint, actor)
    if standing.state == "paused":
        await sql.resume(tx, command.endpoint)
        await auditing.keep(tx, actor, "webhook.resumed", "webhook", command.endpoint, before)
    return await _changed(tx, command.endpoint)


async def close_endpoint(tx: Tx, command: CloseEndpoint, actor: Actor, now: datetime) -> EndpointChanged:
    """It is gone, and what waited for it with it."""
    before = await auditing.standing(tx, "webhook", command.endpoint)
    standing = await _lock(tx, command.endpoint, actor)
    await sql.close(tx, command.endpoint)
    await auditing.keep(tx, actor, "webhook.closed", "webhook", command.endpoint, before)
    return EndpointChanged(command.endpoint, standing.version + 1, standing.secret_number)


async def try_endpoint(tx: Tx, command: TryEndpoint, actor: Actor, now: datetime) -> Replayed:
    """A delivery of the kind `webhook.test`, as soon as the worker looks."""
    await _lock(tx, command.endpoint, actor)
    await sql.insert_test(tx, command.id, command.endpoint)
    return Replayed(command.endpoint, 1)


async def replay_delivery(tx: Tx, command: ReplayDelivery, actor: Actor, now: datetime) -> Replayed:
    """The same delivery again, with its id. NotFound `webhook_delivery_not_found`."""
    await _lock(tx, command.endpoint, actor)
    await sql.replay_one(tx, command.endpoint, command.delivery)
    await auditing.note(tx, actor, "webhook.replayed", str(command.endpoint), deliveries=1)
    return Replayed(command.endpoint, 1)


async def replay_span(tx: Tx, command: ReplaySpan, actor: Actor, now: datetime) -> Replayed:
    """What happened in a span, also before the endpoint was there. Invalid `span_wrong`, `replay_too_large`."""
    model.check_span(command.since, command.until, now)
    standing = await _lock(tx, command.endpoint, actor)
    events = await sql.events_between(tx, standing, command)
    if len(events) > MOST_REPLAYED:
        raise Invalid("replay_too_large", most=MOST_REPLAYED)
    count = await sql.replay_events(tx, standing, events, failed=command.failed)
    await auditing.note(
        tx, actor, "webhook.replayed", str(command.endpoint), deliveries=count, since=command.since.isoformat(),
        until=command.until.isoformat(),
    )  # fmt: skip
    return Replayed(command.endpoint, count)


def _may(actor: Actor) -> None:
    actor.needs("head_office", "integrator")
    actor.needs_scope("webhooks:write")


async def _lock(tx: Tx, endpoint: UUID, actor: Actor) -> Endpoint:
    _may(actor)
    standing = await sql.lock_endpoint(tx, endpoint)
    if not model.reaches(actor.locations, standing.locations):
        raise NotFound("webhook_not_found")
    return standing


async def _changed(tx: Tx, endpoint: UUID) -> EndpointChanged:
    standing = await sql.lock_endpoint(tx, endpoint)
    return EndpointChanged(endpoint, standing.version, standing.secret_number)


FLOWS: Mapping[type, Flow] = {
    SaveEndpoint: save_endpoint, RotateSecret: rotate_secret, PauseEndpoint: pause_endpoint, ResumeEndpoint: resume_endpoint,
    CloseEndpoint: close_endpoint, TryEndpoint: try_endpoint, ReplayDelivery: replay_delivery, ReplaySpan: replay_span,
}  # fmt: skip

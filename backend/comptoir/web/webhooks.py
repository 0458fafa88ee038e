"""What shops send. Raw bytes are verified before anything else; a good message is kept and answered at once."""

import re
from datetime import datetime, timedelta

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath

from comptoir.channels import queries, signing, sql
from comptoir.house import House
from comptoir.kit import throttle
from comptoir.kit.db import borrowed
from comptoir.kit.errors import NotFound, Unknown
from comptoir.kit.throttle import Limit
from comptoir.web.guards import by_signature
from comptoir.web.requests import DoorRequest, client_ip

MAX_BODY = 2_000_000
"""Bytes of one message; an order of a hundred lines has some 200,000."""

WRONG_SIGNATURES = Limit("webhook", 60, timedelta(minutes=1))
"""Per address. Signed messages never count, so nobody can use up a shop's turn."""

_CHANNEL = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


@post("/{channel:str}", opt=by_signature(), status_code=200, request_max_body_size=MAX_BODY, include_in_schema=False)
async def receive(
    channel: FromPath[str], request: DoorRequest, house: NamedDependency[House], now: NamedDependency[datetime]
) -> Response[bytes]:
    """200 when the message is kept, or was before; 401 when the shop did not sign it; 404 for an unknown channel."""
    async with borrowed(house.pool) as connection:
        shop = await queries.find_shop(connection, channel) if _CHANNEL.fullmatch(channel) else None
    if shop is None:
        raise NotFound("channel_not_found")
    body = await request.body()
    if signing.is_ping(shop.kind, body):
        return answered()
    signature = request.headers.get(signing.SIGNATURE[shop.kind], "")
    if not signing.signed_by_one_of(body, signature, house.settings.channel_secrets.get(shop.id, ())):
        async with borrowed(house.pool) as connection:
            await sql.count_refused(connection, shop.id, now)
        await throttle.take(house.pool, WRONG_SIGNATURES, client_ip(request, request.app.state.trusted), now)
        raise Unknown("wrong_signature")
    delivery = signing.delivery_of(shop.kind, request.headers, body)
    async with borrowed(house.pool) as connection:
        await sql.keep(connection, shop.id, delivery, signing.topic_of(shop.kind, request.headers), body, now)
    return answered()


def answered() -> Response[bytes]:
    return Response(b"", status_code=200, media_type="text/plain")


ROUTES: list[BaseRouteHandler] = [receive]

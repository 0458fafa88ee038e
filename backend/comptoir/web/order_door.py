"""The short way for one paid order: same key, same decoder, same grouper, without the framework around them.

Half of what an order cost this process was routing and wrapping. Whatever is not one plain order that succeeds (an
array, a refusal, a wrong key, an unknown body) goes the long way with the same bytes, and is answered there; placing an
order twice has one effect, so nothing is lost or doubled by that.
"""

import logging
from collections.abc import MutableMapping
from typing import Any, Final

import msgspec
from litestar import Litestar
from litestar.types import ASGIApp, Receive, Scope, Send

from comptoir.kit.actor import Actor
from comptoir.kit.errors import Refusal
from comptoir.kit.i18n import choose_language
from comptoir.kit.ids import digest
from comptoir.kit.text import bad_text
from comptoir.orders.model import PlaceOrder
from comptoir.web.headers import FOR_JSON, NOT_KEPT, STRICT_TRANSPORT

PATH: Final = "/api/v1/orders"
MOST: Final = 64_000
"""Bytes of one order; a longer body goes the long way, which has its own limit."""

JSON: Final = (b"content-type", b"application/json")
ORDER: Final = msgspec.json.Decoder(PlaceOrder)
log = logging.getLogger("comptoir.access")


class OrderDoor:
    """Stands before the app and takes POST /api/v1/orders."""

    def __init__(self, app: Litestar) -> None:
        self.app: ASGIApp = app
        self.state: Any = app.state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # A WebSocket or lifespan scope has no method, so this is plain HTTP.
        if scope.get("method") != "POST" or scope["path"] != PATH:
            await self.app(scope, receive, send)
            return
        taken: list[Any] = []
        body = b""
        while len(body) <= MOST:
            message = await receive()
            taken.append(message)
            if message["type"] != "http.request":
                break
            body += message.get("body", b"")
            if not message.get("more_body", False):
                answer = await self.place(dict(scope["headers"]), body)
                if answer is not None:
                    await self.send(answer, send)
                    return
                break
        await self.app(scope, again(taken, receive), send)

    async def place(self, headers: MutableMapping[bytes, bytes], body: bytes) -> tuple[int, bytes] | None:
        """(status, the placed order as JSON), or None when the long way must answer."""
        kind, _, secret = headers.get(b"authorization", b"").partition(b" ")
        if (
            kind.lower() != b"bearer"
            or headers.get(b"content-type", b"").partition(b";")[0].strip() != b"application/json"
            or b"\\" in body
        ):
            return None
        try:
            command = ORDER.decode(body)
            key = await self.state.known_keys.find(digest(secret.strip()[:400]))
            if key is None or "orders:write" not in key.scopes or bad_text(body.decode()):
                return None
            await self.state.known_keys.count(key.id)
            language = choose_language(headers.get(b"accept-language", b"").decode("latin-1"))
            actor = Actor(f"key:{key.id}", "integrator", key.locations, via="api", scopes=key.scopes, language=language)
            done = await self.state.house.orders.submit(command, actor)
        except (Refusal, msgspec.DecodeError, UnicodeError, ValueError, RecursionError):
            return None
        return (200 if done.again else 201), done.answer

    async def send(self, answer: tuple[int, bytes], send: Send) -> None:
        status, body = answer
        headers = [JSON, (b"content-length", str(len(body)).encode()), NOT_KEPT, *FOR_JSON]
        if self.state.secure:
            headers.append(STRICT_TRANSPORT)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})
        if log.isEnabledFor(logging.INFO):
            log.info("POST %s %s -", PATH, status)


def again(taken: list[Any], receive: Receive) -> Receive:
    """A `receive` that gives what was taken once more, then what is still to come."""
    waiting = iter(taken)

    async def give() -> Any:
        for message in waiting:
            return message
        return await receive()

    return give


def create() -> OrderDoor:
    """The app as the web process serves it."""
    from comptoir.app import create_app

    return OrderDoor(create_app())

"""The short way for one paid order: same key, same decoder, same grouper, without the framework around them.

Most of what an order cost this process was routing and wrapping, so a plain order is taken off its connection before any
of that. Whatever is not one plain order that succeeds (an array, a refusal, a wrong key, an unknown body, a key to be
looked up) goes the long way with the same bytes, and is answered there; placing an order twice has one effect, so nothing
is lost or doubled by that.
"""

import logging
from typing import Any, Final, cast

import msgspec
from litestar import Litestar
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from comptoir.flows.place_orders import Candidate, Done
from comptoir.kit.actor import Actor
from comptoir.kit.errors import Refusal
from comptoir.kit.ids import digest
from comptoir.kit.text import bad_text
from comptoir.orders.model import PlaceOrder
from comptoir.web.headers import FOR_JSON, NOT_KEPT, STRICT_TRANSPORT

PATH: Final = b"/api/v1/orders"
MOST: Final = 64_000
"""Bytes of one order; a longer body goes the long way, which has its own limit."""

ORDER: Final = msgspec.json.Decoder(PlaceOrder)
log = logging.getLogger("comptoir.access")


def as_lines(*pairs: tuple[bytes, bytes]) -> bytes:
    """Headers as they travel."""
    return b"".join(name + b": " + value + b"\r\n" for name, value in pairs)


SAME_EACH_TIME: Final = as_lines((b"content-type", b"application/json"), NOT_KEPT, *FOR_JSON)
SECURE: Final = SAME_EACH_TIME + as_lines(STRICT_TRANSPORT)


class OrderDoor(HttpToolsProtocol):
    """A connection that places POST /api/v1/orders itself and leaves everything else to the server it extends."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        app: Any = self.app
        while not isinstance(app, Litestar):
            app = app.app
        self.state: Any = app.state
        self.taken: bytes | None = None
        """The body of an order so far, while it is read and placed here; None: the server is in charge."""
        self.whole = False
        self.placing = False
        self.held = b""
        self.ends = False

    def data_received(self, data: bytes) -> None:
        if self.placing:
            # A client that does not wait for its answer: what it sends is looked at after that.
            self.held += data
            if len(self.held) > MOST:
                self.flow.pause_reading()
            return
        super().data_received(data)
        if self.whole:
            self.whole = False
            self._place()

    def on_message_begin(self) -> None:
        if self.taken is not None:
            # The next request came in the same bytes: the server keeps such answers in order.
            self._long_way()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        if (
            self.url == PATH
            and self.parser.get_method() == b"POST"
            and (self.cycle is None or self.cycle.response_complete)
            and not self.pipeline
            and self.parser.get_http_version() == "1.1"
            and self.parser.should_keep_alive()
            and not self.parser.should_upgrade()
            and not self.expect_100_continue
            and self.limit_concurrency is None
            and not self.root_path
        ):
            self.taken = b""
        else:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if self.taken is None:
            super().on_body(body)
            return
        self.taken += body
        if len(self.taken) > MOST:
            self._hand_over()

    def on_message_complete(self) -> None:
        if self.taken is None:
            super().on_message_complete()
        else:
            self.whole = True

    def shutdown(self) -> None:
        if self.placing:
            self.ends = True
        else:
            super().shutdown()

    def _place(self) -> None:
        """Queue the order; `_placed` is called when its group is on disk."""
        taken = self._read()
        if taken is not None:
            try:
                self.state.house.orders.enter(*taken, self._placed)
            except Refusal:
                pass
            else:
                self.placing = True
                return
        self._long_way()

    def _read(self) -> tuple[PlaceOrder, Actor] | None:
        """The order and who sends it, or None when the long way must answer."""
        body = cast(bytes, self.taken)
        headers = dict(self.headers)
        kind, _, secret = headers.get(b"authorization", b"").partition(b" ")
        if (
            kind.lower() != b"bearer"
            or headers.get(b"content-type", b"").partition(b";")[0].strip() != b"application/json"
            or b"\\" in body
        ):
            return None
        keys = self.state.known_keys
        key = keys.held(digest(secret.strip()[:400]))
        if key is None or "orders:write" not in key.scopes:
            return None
        try:
            command = ORDER.decode(body)
            if bad_text(body.decode()):
                return None
        except (msgspec.DecodeError, UnicodeError, ValueError, RecursionError):
            return None
        # Last, so that an order which goes the long way is counted once.
        if not keys.count_held(key.id):
            return None
        # Without a language: only a refusal is told in words, and that goes the long way.
        return command, Actor(f"key:{key.id}", "integrator", key.locations, via="api", scopes=key.scopes)

    def _placed(self, candidate: Candidate) -> None:
        """Answer, or let the long way say why not; then go on with what the client has sent meanwhile."""
        self.placing = False
        if self.transport.is_closing():
            return
        if isinstance(candidate.outcome, Done):
            self._answer(200 if candidate.outcome.again else 201, candidate.outcome.answer)
        else:
            self._long_way()
        if self.held:
            data, self.held = self.held, b""
            self.data_received(data)

    def _answer(self, status: int, body: bytes) -> None:
        self.taken = None
        same = SECURE if self.state.secure else SAME_EACH_TIME
        head = STATUS_LINE[status] + as_lines(*self.server_state.default_headers) + same
        close = b"connection: close\r\n" if self.ends else b""
        self.transport.write(b"%scontent-length: %d\r\n%s\r\n%s" % (head, len(body), close, body))
        if log.isEnabledFor(logging.INFO):
            log.info("POST %s %s -", PATH.decode(), status)
        if self.ends:
            self.transport.close()
        else:
            self.on_response_complete()

    def _hand_over(self) -> None:
        """The server takes over a request whose head is read, with the body so far."""
        body, self.taken = cast(bytes, self.taken), None
        super().on_headers_complete()
        super().on_body(body)

    def _long_way(self) -> None:
        """The server takes over a whole request."""
        self.whole = False
        self._hand_over()
        super().on_message_complete()
        if self.ends:
            super().shutdown()

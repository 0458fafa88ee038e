"""A wire between the browser and the app that a test can cut, slow down or lie on; it notes what the browser asked for."""

import http.client
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import msgspec

# Answers are read and changed whole: no compression, and no "you have it already".
NOT_PASSED_ON = frozenset(
    {"connection", "keep-alive", "transfer-encoding", "content-length", "accept-encoding", "if-none-match"}
)


class Sent(msgspec.Struct, frozen=True):
    """An answer on its way to the browser."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Wire:
    """`cut`: nobody answers. `slow`: seconds before an answer begins. `change`: what an answer becomes on its way."""

    def __init__(self, url: str) -> None:
        self.target = urlsplit(url)
        self.cut = False
        self.slow = 0.0
        self.change: Callable[[str, Sent], Sent] = lambda path, sent: sent
        self.asked: list[tuple[str, str]] = []
        self.url = ""

    def count(self, method: str, path: str) -> int:
        """How often a path was asked for while the wire was whole."""
        return sum(1 for each in self.asked if each == (method, path))


def _handler(wire: Wire) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def pass_on(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            body = self.rfile.read(length) if length else None
            if wire.cut:
                self.close_connection = True
                return
            path = urlsplit(self.path).path
            wire.asked.append((self.command, path))
            time.sleep(wire.slow)
            headers = {name: value for name, value in self.headers.items() if name.lower() not in NOT_PASSED_ON}
            far = http.client.HTTPConnection(str(wire.target.hostname), wire.target.port, timeout=30)
            try:
                far.request(self.command, self.path, body, headers)
                answer = far.getresponse()
                if "event-stream" in (answer.getheader("content-type") or ""):
                    self.stream(answer)
                    return
                passed = tuple((n, v) for n, v in answer.getheaders() if n.lower() not in NOT_PASSED_ON)
                sent = wire.change(path, Sent(answer.status, passed, answer.read()))
            except OSError:
                self.close_connection = True
                return
            finally:
                far.close()
            self.send_response(sent.status)
            for name, value in sent.headers:
                self.send_header(name, value)
            self.send_header("content-length", str(len(sent.body)))
            self.end_headers()
            self.wfile.write(sent.body)

        def stream(self, answer: http.client.HTTPResponse) -> None:
            self.close_connection = True
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.send_header("connection", "close")
            self.end_headers()
            while not wire.cut and (piece := answer.read1(65536)):
                self.wfile.write(piece)
                self.wfile.flush()

        do_GET = do_POST = pass_on

        def log_message(self, *told: Any) -> None:
            """Nothing is printed."""

        def handle(self) -> None:
            try:
                super().handle()
            except OSError:
                return  # the browser went away

    return Handler


@contextmanager
def wired(url: str) -> Iterator[Wire]:
    """A wire to the app at `url`, on a free port of this machine."""
    wire = Wire(url)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(wire))
    server.daemon_threads = True
    wire.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield wire
    finally:
        wire.cut = True
        server.shutdown()
        server.server_close()

"""The way between handhelds and the server, as bad as a back room's: it can be cut, and it spoils batches of facts on purpose.

Every batch of a journal is spoiled at its first try, so that no fact reaches the server undisturbed: six of ten
replies are lost after the server has committed, two are answered 503, one is cut short, one never arrives. The second
try passes, so over all tries 30 % of the replies are lost and 10 % are a 503.
"""

import contextlib
import http.client
import json
import random
import re
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KINDS = ("reply_lost", "unavailable", "reply_cut", "never_arrived")
WEIGHTS = (60, 20, 10, 10)
PORTAL = b"<!doctype html><title>Wi-Fi</title><h1>Bienvenue</h1><p>Acceptez les conditions pour continuer.</p>"
RESET = struct.pack("ii", 1, 0)
HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}

Edit = Callable[[bytes], bytes]


class Radio:
    """A proxy on a free port of this machine, before the server at `target`."""

    def __init__(self) -> None:
        self.target = ("127.0.0.1", 0)
        self.at_batch: dict[int, Callable[[], None]] = {}
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self.begin_anew(0)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def begin_anew(self, seed: int) -> None:
        """A good network again, with other dice; forgets what it has counted."""
        self.is_cut = self.spoils = False
        self.edits: dict[str, Edit] = {}
        self.faults: Counter[str] = Counter()
        self.batches = 0
        self.at_batch = {}
        self._tried: set[tuple[str, int]] = set()
        self._random = random.Random(seed)
        self._portal_at = self._random.randrange(3, 9)

    def cut(self) -> None:
        """No signal: what is open breaks, and nothing new gets through."""
        self.is_cut = True
        with self._lock:
            for held in self._open:
                with contextlib.suppress(OSError):
                    held.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.cut()
        self._server.shutdown()
        self._server.server_close()

    def fault(self, body: bytes) -> str | None:
        """What happens to this batch; None when it passes."""
        with self._lock:
            self.batches += 1
            act = self.at_batch.pop(self.batches, None)
        if act:
            act()
        batch = json.loads(body)
        if not self.spoils or not batch.get("events"):
            return None
        with self._lock:
            key = (batch["journal_id"], batch["events"][0]["seq"])
            kind = None
            if self.batches >= self._portal_at and not self.faults["portal"]:
                kind = "portal"
            elif key not in self._tried:
                self._tried.add(key)
                (kind,) = self._random.choices(KINDS, WEIGHTS)
            if kind:
                self.faults[kind] += 1
            return kind

    def count(self, what: str) -> None:
        with self._lock:
            self.faults[what] += 1

    def hold(self, connection: socket.socket, held: bool) -> None:
        with self._lock:
            (self._open.add if held else self._open.discard)(connection)


def _handler(radio: Radio) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            radio.hold(self.connection, True)
            self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def finish(self) -> None:
            radio.hold(self.connection, False)
            with contextlib.suppress(OSError):
                super().finish()

        def handle(self) -> None:
            with contextlib.suppress(OSError, http.client.HTTPException):
                super().handle()

        def do_GET(self) -> None:
            self.pass_on()

        def do_POST(self) -> None:
            self.pass_on()

        do_HEAD = do_PUT = do_GET

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: thousands of requests are expected to fail."""

        def break_off(self) -> None:
            """As when the signal goes: no answer, no good-bye."""
            self.close_connection = True
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            self.connection.close()

        def pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            if radio.is_cut:
                return self.break_off()
            fault = radio.fault(body) if self.path == "/sync/events" else None
            if fault == "never_arrived":
                return self.break_off()
            if fault == "unavailable":
                return self.answer(503, {"content-type": "text/html", "retry-after": "1"}, b"<h1>503</h1>")
            if fault == "portal":
                return self.answer(200, {"content-type": "text/html; charset=utf-8"}, PORTAL)
            status, headers, answer = self.ask(body)
            if radio.is_cut or fault == "reply_lost":
                return self.break_off()
            if status == 401 and self.path == "/sync/events":
                radio.count("401")
            if status == 409 and self.path == "/sync/events":
                radio.count("409")
            if fault == "reply_cut":
                self.start(status, headers, len(answer))
                self.wfile.write(answer[: len(answer) // 2])
                return self.break_off()
            return self.answer(status, headers, answer)

        def ask(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
            """What the server says; a stream is answered with nothing, which ends it for good."""
            upstream = http.client.HTTPConnection(*radio.target, timeout=30)
            headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP}
            edit = next((change for path, change in radio.edits.items() if re.search(path, self.path)), None)
            if edit:
                headers = {
                    name: value for name, value in headers.items() if not name.lower().startswith(("accept-enc", "if-"))
                }
            try:
                upstream.request(self.command, self.path, body or None, headers)
                told = upstream.getresponse()
                if (told.getheader("content-type") or "").startswith("text/event-stream"):
                    return 204, {}, b""
                answer = told.read()
                kept = {}
                for name, value in told.getheaders():
                    if name.lower() == "set-cookie":
                        self.cookies.append(value)
                    elif name.lower() not in HOP:
                        kept[name] = value
                return told.status, kept, edit(answer) if edit else answer
            finally:
                upstream.close()

        @property
        def cookies(self) -> list[str]:
            return self.__dict__.setdefault("_cookies", [])

        def start(self, status: int, headers: dict[str, str], length: int) -> None:
            self.send_response_only(status)
            for name, value in headers.items():
                self.send_header(name, value)
            for cookie in self.cookies:
                self.send_header("set-cookie", cookie)
            self.cookies.clear()
            self.send_header("content-length", str(length))
            self.end_headers()

        def answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.start(status, headers, len(body))
            if self.command != "HEAD":
                self.wfile.write(body)

    return Handler

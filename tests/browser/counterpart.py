"""The other side of the handheld's pages in tests: files, rendered pages, POST /sync/events as the contract says.

It keeps what it was sent, by journal, and can be told to misbehave: gone, slow to speak, signed out, a captive portal.
"""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

from comptoir.web.assets import Assets
from comptoir.web.rendering import CONTENT_SECURITY_POLICY, environment

Mood = Literal["well", "gone", "portal", "signed_out", "lossy"]
ASSETS = Assets()
TEMPLATES = environment(ASSETS)


class Counterpart:
    """A server on a free port of this machine; `pages` maps a path to a function that gives its HTML,
    `files` a path to bytes and their media type."""

    def __init__(self) -> None:
        self.pages: dict[str, Callable[[], str]] = {}
        self.files: dict[str, tuple[bytes, str]] = {}
        self.mood: Mood = "well"
        self.journals: dict[str, list[dict[str, Any]]] = {}
        self.batches = 0
        self.refuse: set[str] = set()
        self.packs: list[dict[str, Any]] = []
        self.pretend_expected: int | None = None
        self.paths: list[str] = []
        self.address = ""

    @property
    def events(self) -> list[dict[str, Any]]:
        """Every event kept so far, journal after journal, each once."""
        return [event for journal in self.journals.values() for event in journal]

    def kinds(self) -> list[str]:
        """The kinds of the events kept so far."""
        return [event["type"] for event in self.events]

    def take(self, batch: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Status and answer for one batch."""
        self.batches += 1
        journal = self.journals.setdefault(batch["journal_id"], [])
        if self.pretend_expected is not None:
            expected, self.pretend_expected = self.pretend_expected, None
            return 409, {"expected_seq": expected}
        outcomes = []
        for event in batch["events"]:
            if event["seq"] > len(journal) + 1:
                return 409, {"expected_seq": len(journal) + 1}
            again = event["seq"] <= len(journal)
            if not again:
                journal.append(event)
            outcome = "refused" if event["type"] in self.refuse else "applied"
            outcomes.append({"seq": event["seq"], "id": event["id"], "outcome": outcome, "again": again})
        return 200, {"acked_through": len(journal), "outcomes": outcomes, "packs": self.packs, "html": []}


def _handler(counterpart: Counterpart) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.split("?")[0]
            counterpart.paths.append(self.path)
            if path in counterpart.pages:
                headers = {
                    "content-type": "text/html; charset=utf-8",
                    "content-security-policy": CONTENT_SECURITY_POLICY,
                }
                self.answer(200, counterpart.pages[path]().encode(), headers)
            elif path in counterpart.files:
                body, kind = counterpart.files[path]
                self.answer(200, body, {"content-type": kind})
            elif found := ASSETS.find(path.removeprefix("/static/")):
                asset = found[0]
                headers = {"content-type": asset.media_type, "cache-control": "no-store"}
                if asset.policy:
                    headers["content-security-policy"] = asset.policy
                if asset.brotli:
                    headers["content-encoding"] = "br"
                self.answer(200, asset.brotli or asset.plain, headers)
            else:
                self.answer(404, b"", {"content-type": "text/plain"})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.path != "/sync/events":
                counterpart.paths.append(f"{self.path} {body.decode()}")
                return self.answer(200, b"<!doctype html><html lang=fr><title>x</title>", {"content-type": "text/html"})
            if counterpart.mood == "gone":
                return self.answer(503, b"", {"content-type": "text/plain"})
            if counterpart.mood == "portal":
                return self.answer(200, b"<p>Welcome to our wifi</p>", {"content-type": "text/html"})
            if counterpart.mood == "signed_out":
                signed_out = {"content-type": "application/problem+json", "x-sync-protocol": "1"}
                return self.answer(401, b'{"code": "device_needed"}', signed_out)
            status, answer = counterpart.take(json.loads(body))
            if counterpart.mood == "lossy" and counterpart.batches % 2:
                self.close_connection = True
                return None
            kind = "application/json" if status == 200 else "application/problem+json"
            return self.answer(status, json.dumps(answer).encode(), {"content-type": kind, "x-sync-protocol": "1"})

        def answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in {**headers, "content-length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: the tests say what went wrong."""

    return Handler


@contextmanager
def running() -> Iterator[Counterpart]:
    """A counterpart that answers until the block ends."""
    counterpart = Counterpart()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(counterpart))
    server.daemon_threads = True
    counterpart.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield counterpart
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

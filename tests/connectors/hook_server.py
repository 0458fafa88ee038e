"""Somebody who receives webhooks, on this machine: verifies what comes, written from Standard Webhooks alone, and answers what it is told to."""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Receiver:
    """What came to each path, and what the path answers: statuses in turn (the last one stays), or one of the ways to misbehave."""

    def __init__(self) -> None:
        self.origin = ""
        self.got: dict[str, list[dict[str, Any]]] = {}
        self.says: dict[str, list[Any]] = {}
        self.busiest: dict[str, int] = {}
        self._now: dict[str, int] = {}
        self.lock = threading.Lock()

    def address(self, path: str, *says: Any) -> str:
        self.says[path], self.got[path], self.busiest[path] = list(says), [], 0
        return self.origin + path

    def kinds(self, path: str) -> list[str]:
        return [one["body"]["type"] for one in self.got[path]]


def verified(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """As a receiver checks it; the time is not looked at, for the test's clock stands still."""
    key = base64.b64decode(secret.split("_", 1)[1])
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    wanted = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return any(one == f"v1,{wanted}" for one in headers["webhook-signature"].split(" "))


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            heads = {name.lower(): text for name, text in self.headers.items()}
            with receiver.lock:
                receiver._now[self.path] = receiver._now.get(self.path, 0) + 1
                receiver.busiest[self.path] = max(receiver.busiest[self.path], receiver._now[self.path])
                receiver.got[self.path].append({"heads": heads, "raw": body, "body": json.loads(body)})
                says = receiver.says[self.path]
                said = (says.pop(0) if len(says) > 1 else says[0]) if says else 204
            try:
                self.answer(said)
            finally:
                with receiver.lock:
                    receiver._now[self.path] -= 1

        def answer(self, said: Any) -> None:
            if said in ("slow", "dawdle"):
                time.sleep(1.3 if said == "slow" else 0.2)
                said = 204
            if said == "nonsense":
                self.wfile.write(b"certainly, thank you\r\n\r\n")
                self.close_connection = True
                return
            if said == "cut":
                self.close_connection = True
                return
            status, heads = said if isinstance(said, tuple) else (said, {})
            self.send_response(status)
            for name, text in heads.items():
                self.send_header(name, text)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

    server = Server(("127.0.0.1", 0), Handler)
    receiver.origin = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()

"""A push service of this machine (RFC 8030) with browsers behind it: it checks who sends (RFC 8292) and reads as a browser does (RFC 8188, 8291).

Written from the RFCs alone, on `cryptography`; nothing here is shared with what sends. `say` makes a browser's address answer something else.
"""

import hmac
import json
import secrets
import threading
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

TOPIC = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
DAY = 24 * 3600


def b64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Browser:
    """One subscription: an address, a key pair, a secret; and what reached it."""

    def __init__(self, endpoint: str, key: ec.EllipticCurvePrivateKey | None = None, auth: bytes | None = None) -> None:
        self.endpoint, self.auth = endpoint, auth or secrets.token_bytes(16)
        self.key = key or ec.generate_private_key(ec.SECP256R1())
        self.public = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.application_key: str | None = None
        self.got: list[dict[str, Any]] = []
        self.heads: list[dict[str, str]] = []
        self.says: list[tuple[int, dict[str, str]]] = []

    @property
    def keys(self) -> dict[str, str]:
        """As `PushSubscription` gives them."""
        return {"endpoint": self.endpoint, "p256dh": b64(self.public), "auth": b64(self.auth)}

    def read(self, body: bytes) -> bytes:
        """The words of one aes128gcm body. ValueError when it is not for this browser or not of one record."""
        salt, size, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
        sender, sealed = body[21 : 21 + length], body[21 + length :]
        if length != 65 or size < 18 or len(sealed) > size:
            raise ValueError("not one record")
        shared = self.key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender))
        # HKDF by hand: extract, then one block of expand, as both RFCs write it out.
        first = hmac.digest(self.auth, shared, "sha256")
        secret = hmac.digest(first, b"WebPush: info\0" + self.public + sender + b"\x01", "sha256")
        known = hmac.digest(salt, secret, "sha256")
        key = hmac.digest(known, b"Content-Encoding: aes128gcm\0\x01", "sha256")[:16]
        nonce = hmac.digest(known, b"Content-Encoding: nonce\0\x01", "sha256")[:12]
        opened = AESGCM(key).decrypt(nonce, sealed, None).rstrip(b"\0")
        if opened[-1:] != b"\x02":
            raise ValueError("not the last record")
        return opened[:-1]


class PushService:
    """Browsers by path, and every request that was refused with its reason."""

    def __init__(self) -> None:
        self.browsers: dict[str, Browser] = {}
        self.refused: list[str] = []
        self.origin = ""
        self.slow_seconds = 0.0

    def browser(self, application_key: str | None = None) -> Browser:
        """A new subscription, for one application's key if told."""
        path = f"/push/{secrets.token_urlsafe(16)}"
        made = self.browsers[path] = Browser(self.origin + path)
        made.application_key = application_key
        return made

    def take(self, path: str, heads: dict[str, str], body: bytes) -> tuple[int, dict[str, str]]:
        """What the service answers."""
        browser = self.browsers.get(path)
        if browser is None:
            return 404, {}
        if why := self.wrong(browser, heads):
            self.refused.append(why)
            return (403 if why.startswith("vapid") else 400), {}
        browser.heads.append(heads)
        if browser.says:
            status, headers = browser.says.pop(0)
            if status >= 300:
                return status, headers
        try:
            browser.got.append(json.loads(browser.read(body)))
        except Exception as fault:
            self.refused.append(f"body: {fault!r}")
            return 400, {}
        return 201, {"location": f"{self.origin}/message/{len(browser.got)}"}

    def wrong(self, browser: Browser, heads: dict[str, str]) -> str:
        """Why a request is refused before its body is read; empty when it is not."""
        if not heads.get("ttl", "").isdecimal():
            return "no TTL"
        if heads.get("content-encoding") != "aes128gcm" or heads.get("content-type") != "application/octet-stream":
            return "not aes128gcm"
        if int(heads["content-length"]) > 4096:
            return "too large"
        topic = heads.get("topic")
        if topic is not None and (not 0 < len(topic) <= 32 or set(topic) - TOPIC):
            return "bad topic"
        if heads.get("urgency", "normal") not in ("very-low", "low", "normal", "high"):
            return "bad urgency"
        return self.not_ours(browser, heads.get("authorization", ""))

    def not_ours(self, browser: Browser, header: str) -> str:
        """What is wrong with a VAPID header, word for word RFC 8292."""
        scheme, _, rest = header.partition(" ")
        fields = dict(part.strip().split("=", 1) for part in rest.split(",") if "=" in part)
        if scheme.lower() != "vapid" or {"t", "k"} - fields.keys():
            return "vapid: missing"
        if browser.application_key and browser.application_key != fields["k"]:
            return "vapid: another key"
        try:
            head, claims, signature = fields["t"].split(".")
            raw = unb64(signature)
            signed = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
            key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unb64(fields["k"]))
            key.verify(signed, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
        except (ValueError, InvalidSignature):
            return "vapid: signature"
        told, now = json.loads(unb64(claims)), time.time()
        if json.loads(unb64(head)).get("alg") != "ES256" or len(raw) != 64:
            return "vapid: algorithm"
        if told.get("aud") != self.origin:
            return "vapid: audience"
        if not now < told.get("exp", 0) <= now + DAY:
            return "vapid: life"
        return "" if str(told.get("sub", "")).startswith(("mailto:", "https:")) else "vapid: nobody to write to"


@contextmanager
def push_service() -> Iterator[PushService]:
    """A push service on a free port of this machine."""
    service = PushService()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            if service.slow_seconds:
                time.sleep(service.slow_seconds)
            heads = {name.lower(): text for name, text in self.headers.items()}
            status, answer = service.take(self.path, heads, body)
            self.send_response(status)
            for name, text in answer.items():
                self.send_header(name, text)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        service.origin = f"http://127.0.0.1:{server.server_address[1]}"
        yield service
        server.shutdown()

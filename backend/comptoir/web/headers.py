"""What every answer carries: a strict content policy, no sniffing, no referrer, no frame; and one line in the log."""

import logging
import time
from typing import Any, Final

from litestar.types import Message, Scope

from comptoir.web.rendering import CONTENT_SECURITY_POLICY

log = logging.getLogger("comptoir.access")

ALWAYS: Final = (
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("x-frame-options", "DENY"),
)
PAGES: Final = (
    ("content-security-policy", CONTENT_SECURITY_POLICY),
    ("permissions-policy", "camera=(self), geolocation=(self), microphone=(), payment=(), usb=()"),
)
JSON_POLICY: Final = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
STRICT_TRANSPORT: Final = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")
NOT_KEPT: Final = (b"cache-control", b"no-store")


def raw(*pairs: tuple[str, str]) -> list[tuple[bytes, bytes]]:
    """Headers as they travel."""
    return [(name.encode(), value.encode()) for name, value in pairs]


FOR_PAGES: Final = raw(*ALWAYS, *PAGES)
FOR_JSON: Final = raw(*ALWAYS, ("content-security-policy", JSON_POLICY))
# Scripts and sheets are no documents: a policy would do nothing there, and cost a page of twenty files 8 kB.
FOR_FILES: Final = raw(*ALWAYS)
OURS: Final = frozenset(name for name, _ in (*FOR_PAGES, *FOR_JSON, STRICT_TRANSPORT))
# The one script with a policy of its own is the service worker: what it may ask for is its own affair, not a page's.
OURS_FOR_FILES: Final = frozenset(name for name, _ in (*FOR_FILES, STRICT_TRANSPORT))


def ours_for(kind: bytes) -> list[tuple[bytes, bytes]]:
    """The headers above for what is of this media type."""
    if kind.startswith((b"text/javascript", b"text/css")):
        return FOR_FILES
    # A drawing opened by itself is a document: it gets the policy under which nothing runs.
    return FOR_JSON if kind.startswith((b"application/json", b"application/problem+json", b"image/")) else FOR_PAGES


async def add_headers(message: Message, scope: Scope) -> None:
    """Before the first byte of an answer leaves: the headers above, whatever the handler or the router said."""
    if message["type"] != "http.response.start":
        return
    # Plain pairs of bytes: this runs for every answer, and a header object costs more than the whole rest of it.
    headers = [(name.lower(), value) for name, value in message["headers"]]
    given = dict(headers)
    kind = given.get(b"content-type", b"")
    ours = ours_for(kind)
    if not OURS.isdisjoint(given):
        names = OURS_FOR_FILES if ours is FOR_FILES else OURS
        headers = [pair for pair in headers if pair[0] not in names]
    headers += ours
    if kind.startswith(b"text/html"):
        varies = given.get(b"vary", b"")
        if b"hx-request-type" not in varies.lower():
            headers = [pair for pair in headers if pair[0] != b"vary"]
            headers.append((b"vary", varies + b", HX-Request-Type" if varies else b"HX-Request-Type"))
    if b"cache-control" not in given:
        headers.append(NOT_KEPT)
    if scope["app"].state.secure:
        headers.append(STRICT_TRANSPORT)
    message["headers"] = headers
    if log.isEnabledFor(logging.INFO):
        tell(scope, message["status"])


def tell(scope: Scope, status: int) -> None:
    """One line per answer: method, the route's pattern (never the path: links carry secrets), status, milliseconds."""
    started: Any = scope.get("state", {}).get("started")
    took = f"{(time.perf_counter() - started) * 1000:.1f}" if started else "-"
    log.info("%s %s %s %s", scope.get("method", "-"), scope.get("path_template") or "(none)", status, took)

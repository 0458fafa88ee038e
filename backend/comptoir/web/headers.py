"""What every answer carries: a strict content policy, no sniffing, no referrer, no frame; and one line in the log."""

import logging
import time
from typing import Any, Final

from litestar.datastructures import MutableScopeHeaders
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
STRICT_TRANSPORT: Final = "max-age=31536000; includeSubDomains"


async def add_headers(message: Message, scope: Scope) -> None:
    """Before the first byte of an answer leaves: the headers above, whatever the handler or the router said."""
    if message["type"] != "http.response.start":
        return
    headers = MutableScopeHeaders.from_message(message)
    for name, value in ALWAYS:
        headers[name] = value
    kind = headers.get("content-type", "")
    if kind.startswith(("application/json", "application/problem+json")):
        headers["content-security-policy"] = JSON_POLICY
    else:
        for name, value in PAGES:
            headers[name] = value
    if kind.startswith("text/html"):
        varies = headers.get("vary", "")
        if "hx-request-type" not in varies.lower():
            headers["vary"] = f"{varies}, HX-Request-Type" if varies else "HX-Request-Type"
    headers.setdefault("cache-control", "no-store")
    if scope["app"].state.secure:
        headers["strict-transport-security"] = STRICT_TRANSPORT
    if log.isEnabledFor(logging.INFO):
        tell(scope, message["status"])


def tell(scope: Scope, status: int) -> None:
    """One line per answer: method, the route's pattern (never the path: links carry secrets), status, milliseconds."""
    started: Any = scope.get("state", {}).get("started")
    took = f"{(time.perf_counter() - started) * 1000:.1f}" if started else "-"
    log.info("%s %s %s %s", scope.get("method", "-"), scope.get("path_template") or "(none)", status, took)

"""One request to whoever moves money, and what its failure means before anybody reads an answer: nothing was made, or nobody knows.

Addresses come from the environment alone, over TLS but for this machine; no redirect is followed, no proxy asked, no answer read
beyond its bound. Every request has a connection of its own, so that none goes into one that the other side has just closed.
"""

import asyncio
import logging
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import msgspec

from comptoir.payments.model import Again, InDoubt

for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)

CONNECT_SECONDS: Final = 5.0
TOTAL_SECONDS: Final = 20.0
LONGEST_WAIT: Final = 3600.0
MOST_BYTES: Final = 2 * 1024 * 1024
HERE: Final = ("127.0.0.1", "::1", "localhost")


class Said(msgspec.Struct, frozen=True):
    """An answer that came whole and is JSON: an object or a list."""

    status: int
    body: Any


class Line:
    """The wire to one provider."""

    def __init__(self, base: str, headers: Mapping[str, str], seconds: float = TOTAL_SECONDS) -> None:
        self.base, self.headers, self.seconds = check_base(base), dict(headers), seconds
        self._client: httpx.AsyncClient | None = None

    async def make(self, path: str, *, content: bytes, headers: Mapping[str, str]) -> Said | Again | InDoubt:
        """A POST that moves money. 429 says that nothing was done; what broke off once it had begun leaves it open."""
        return await self._send("POST", path, content, headers, {})

    async def ask(
        self, path: str, params: Mapping[str, str | list[str]] | None = None, *, method: str = "GET", content: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Said | Again:  # fmt: skip
        """A question: whatever did not come whole is only not answered."""
        said = await self._send(method, path, content, headers or {}, params or {})
        if isinstance(said, Said) and said.status >= 500:
            return Again(f"http_{said.status}")
        return Again(said.why) if isinstance(said, InDoubt) else said

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _send(
        self,
        method: str,
        path: str,
        content: bytes,
        headers: Mapping[str, str],
        params: Mapping[str, str | list[str]],
    ) -> Said | Again | InDoubt:
        if self._client is None:
            # Made with the first request: reading the certificates of all authorities takes forty milliseconds.
            self._client = httpx.AsyncClient(
                timeout=httpx.Timeout(self.seconds, connect=CONNECT_SECONDS), follow_redirects=False, trust_env=False,
                limits=httpx.Limits(max_keepalive_connections=0, max_connections=16),
            )  # fmt: skip
        sent = _Sent()
        raw = b""
        try:
            async with asyncio.timeout(self.seconds):
                request = self._client.build_request(
                    method, self.base + path, content=content or None, params=dict(params) or None,
                    headers={**self.headers, **headers}, extensions={"trace": sent},
                )  # fmt: skip
                response = await self._client.send(request, stream=True)
                try:
                    async for chunk in response.aiter_bytes():
                        raw += chunk
                        if len(raw) > MOST_BYTES:
                            return InDoubt("too_long")
                finally:
                    await response.aclose()
        except (TimeoutError, httpx.TimeoutException):
            return InDoubt("timed_out") if sent.begun else Again("away")
        except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL):
            return InDoubt("cut_off") if sent.begun else Again("away")
        status = response.status_code
        if status == 429:
            return Again("http_429", retry_after(response.headers))
        if status in (401, 403):
            # Our key is wrong: no fault of the money's, and nothing was done. Head office is told.
            return Again("login_refused", 300.0)
        if 300 <= status < 400:
            return InDoubt(f"http_{status}")
        try:
            return Said(status, msgspec.json.decode(raw))
        except msgspec.DecodeError:
            return InDoubt("nonsense" if status < 400 else f"http_{status}")


class _Sent:
    """Hears from the transport when the first byte of a request goes out."""

    def __init__(self) -> None:
        self.begun = False

    async def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        self.begun = self.begun or ".send_request_headers.started" in event


def check_base(base: str) -> str:
    """ValueError unless `base` is https, or http on this machine; without a slash at its end."""
    parts = urlsplit(base)
    secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in HERE)
    if not secure or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise ValueError("base is not a plain https address")
    return base.rstrip("/")


def retry_after(headers: Mapping[str, str]) -> float:
    """Seconds that Retry-After asks for, as a number or as a date beside the answer's own; 0 when it asks nothing."""
    text = headers.get("retry-after", "")
    if text.isascii() and text.isdecimal():
        return min(float(text[:6]), LONGEST_WAIT)
    try:
        left = parsedate_to_datetime(text) - parsedate_to_datetime(headers.get("date", ""))
    except (ValueError, TypeError):
        return 0.0
    return min(max(left.total_seconds(), 0.0), LONGEST_WAIT)


def obj(value: Any) -> dict[str, Any]:
    """An object, or an empty one where something else stands."""
    return value if isinstance(value, dict) else {}


def rows(value: Any) -> list[dict[str, Any]]:
    """The objects of a list; nothing where no list stands."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []

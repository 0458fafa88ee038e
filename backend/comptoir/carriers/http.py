"""One request to a carrier, and what its failure means before anybody reads an answer: nothing was made, or nobody knows.

What failed before the first byte went out was certainly not made. What failed after it is in doubt when the request buys something,
and only unanswered when it asks. Every request has a connection of its own, so that none goes into one that the carrier has just closed.
"""

import asyncio
import logging
import zlib
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Final

import httpx
import msgspec

from comptoir.carriers import model
from comptoir.carriers.model import Busy

# They would write every address that is called into the log, and some of those carry parcel numbers.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)

LONGEST_WAIT: Final = 3600.0
MOST_LABEL: Final = 8 * 1024 * 1024
MOST_TEXT: Final = 2 * 1024 * 1024


class Patience(msgspec.Struct, frozen=True):
    """Time limits in seconds: `connect` and `read` for one step, `total` for the whole call, however slowly it drips.

    `after` is for what is fetched once a label is bought, so that buying ends before its caller gives up.
    """

    connect: float = 5.0
    read: float = 15.0
    total: float = 20.0
    after: float = 8.0


class Said(msgspec.Struct, frozen=True):
    """An answer that came whole: its status, its type, its bytes."""

    status: int
    content_type: str
    body: bytes


class Line:
    """The wire to one carrier. `buy` for what must never be done twice, `ask` for questions."""

    def __init__(self, patience: Patience | None = None) -> None:
        self.patience = patience or Patience()
        limits = httpx.Timeout(self.patience.read, connect=self.patience.connect)
        self._client = httpx.AsyncClient(timeout=limits, limits=httpx.Limits(max_keepalive_connections=0))  # fmt: skip

    async def buy(self, method: str, url: str, *, content: bytes, headers: Mapping[str, str], most: int = MOST_LABEL) -> Said | Busy | model.Unknown:  # fmt: skip
        """429 and 503 say that nothing was taken; any other answer, and a status that no carrier gives, is for the adapter to read."""
        sent = _Sent()
        said = await self._send(sent, method, url, content, headers, most, self.patience.total)
        if isinstance(said, Said | Busy):
            return said
        return model.Unknown(said) if sent.begun else Busy(said)

    async def ask(self, method: str, url: str, *, content: bytes = b"", headers: Mapping[str, str], most: int = MOST_TEXT, total: float = 0.0) -> Said | Busy:  # fmt: skip
        """The same for what may be asked again: whatever did not come whole is only not answered."""
        said = await self._send(_Sent(), method, url, content, headers, most, total or self.patience.total)
        if isinstance(said, Said) and (said.status >= 500 or 300 <= said.status < 400):
            return Busy(f"http_{said.status}")
        return Busy(said) if isinstance(said, str) else said

    async def close(self) -> None:
        await self._client.aclose()

    async def _send(self, sent: "_Sent", method: str, url: str, content: bytes, headers: Mapping[str, str], most: int, total: float) -> Said | Busy | str:  # fmt: skip
        """The answer, or `Busy` when the carrier asks for patience, or in one word what went wrong."""
        try:
            async with asyncio.timeout(total):
                request = self._client.build_request(
                    method, url, content=content, headers={"accept-encoding": "gzip", **headers}, extensions={"trace": sent},
                )  # fmt: skip
                response = await self._client.send(request, stream=True)
                try:
                    raw = await _read(response, most)
                finally:
                    await response.aclose()
        except (TimeoutError, httpx.TimeoutException):
            return "timed_out" if sent.begun else "away"
        except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL):
            return "cut_off" if sent.begun else "away"
        if response.status_code in (429, 503):
            return Busy(f"http_{response.status_code}", retry_after(response.headers))
        if raw is None:
            return "too_long"
        return Said(response.status_code, response.headers.get("content-type", ""), raw)


class _Sent:
    """Hears from the transport when the first byte of a request goes out."""

    def __init__(self) -> None:
        self.begun = False

    async def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        self.begun = self.begun or ".send_request_headers.started" in event


async def _read(response: httpx.Response, most: int) -> bytes | None:
    """The body, unpacked, or None when it is longer than `most` or packed in another way than we asked for."""
    packing = response.headers.get("content-encoding", "identity").strip().lower()
    if packing not in ("identity", "gzip"):
        return None
    unpack = zlib.decompressobj(wbits=31) if packing == "gzip" else None
    parts, size = [], 0
    async for chunk in response.aiter_raw():
        part = chunk if unpack is None else unpack.decompress(chunk, most + 1 - size)
        parts.append(part)
        size += len(part)
        if size > most or (unpack is not None and unpack.unconsumed_tail):
            return None
    if unpack is not None and not unpack.eof:
        return None
    return b"".join(parts)


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

"""One request to a provider's API, and what its answer means before anybody reads it: taken, later, never, or in doubt.

What failed before the request was out was certainly not sent. What failed after it is in doubt, and so is an answer that no
provider gives: a gateway's 502 says nothing about what happened behind it.
"""

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import msgspec

from comptoir.notifications.providers.port import Answer

TIMEOUT = httpx.Timeout(20.0, connect=5.0)
LONGEST_WAIT = 3600.0
MOST_BYTES = 256 * 1024


class Said(msgspec.Struct, frozen=True):
    """A status that is worth reading, and the JSON that came with it."""

    status: int
    body: dict[str, Any]


async def call(client: httpx.AsyncClient, request: httpx.Request) -> Said | Answer:
    """Send; a 2xx or 4xx with a JSON object is `Said`, everything else is an answer already."""
    try:
        response = await client.send(request, stream=True)
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol):
        return Answer("busy", "away")
    except httpx.HTTPError:
        return Answer("unknown", "cut_off")
    try:
        raw = b""
        async for chunk in response.aiter_bytes():
            raw += chunk
            if len(raw) > MOST_BYTES:
                return Answer("unknown", "nonsense")
    except (httpx.HTTPError, httpx.StreamError):
        return Answer("unknown", "cut_off")
    finally:
        await response.aclose()
    status = response.status_code
    if status in (429, 503):
        return Answer("busy", f"http_{status}", wait_seconds=retry_after(response.headers))
    if status in (401, 403):
        # Our key is wrong, which is no fault of the message: another medium may carry it meanwhile.
        return Answer("busy", "login_refused")
    if status >= 500 or 300 <= status < 400:
        return Answer("unknown", f"http_{status}")
    try:
        return Said(status, msgspec.json.decode(raw, type=dict[str, Any]))
    except msgspec.DecodeError:
        return Answer("unknown", "nonsense") if status < 300 else Answer("refused", f"http_{status}")


def retry_after(headers: Mapping[str, str]) -> float:
    """How many seconds Retry-After asks for, as a number or as a date beside the answer's own; 0 when it asks nothing."""
    text = headers.get("retry-after", "")
    if text.isascii() and text.isdecimal():
        return min(float(text[:6]), LONGEST_WAIT)
    try:
        left = parsedate_to_datetime(text) - parsedate_to_datetime(headers.get("date", ""))
    except (ValueError, TypeError):
        return 0.0
    return min(max(left.total_seconds(), 0.0), LONGEST_WAIT)

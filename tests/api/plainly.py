"""Tens of thousands of requests to the app in this process: only what a test of answers needs, in a third of a client's time."""

import asyncio
from typing import Any, cast
from urllib.parse import unquote, urlencode

import httpx
import msgspec
from litestar import Litestar


class Answer(msgspec.Struct):
    """What came back; `status` is 500 when the app raised before it answered."""

    status: int = 500
    media: bytes = b""
    body: bytes = b""


def headers_of(browser: httpx.AsyncClient) -> dict[str, str]:
    """Who this browser is: its own headers and cookies."""
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.cookies.jar)
    kept = {name: browser.headers[name] for name in ("authorization", "sec-fetch-site") if name in browser.headers}
    return kept | ({"cookie": cookies} if cookies else {})


def as_form(value: Any) -> str:
    return {True: "true", False: "false", None: ""}[value] if value is None or isinstance(value, bool) else str(value)


def encoded(fields: dict[str, Any]) -> str:
    """Fields as a query or a form has them; a list is a field that comes several times."""
    pairs = [(name, one) for name, value in fields.items() for one in (value if isinstance(value, list) else [value])]
    return urlencode([(name, as_form(value)) for name, value in pairs])


async def ask(app: Litestar, method: str, sent: dict[str, Any], who: dict[str, str]) -> Answer:
    """Send one request, given as httpx takes it: `url`, and `params`, `content` or `data`, `headers`."""
    headers = {"host": "test.local", "accept": "application/json", **who, **sent.get("headers", {})}
    body = sent.get("content", b"")
    if "data" in sent:
        body = encoded(sent["data"]).encode()
        headers["content-type"] = "application/x-www-form-urlencoded"
    if body:
        headers["content-length"] = str(len(body))
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
        "path": unquote(sent["url"]), "raw_path": sent["url"].encode(), "root_path": "",
        "query_string": encoded(sent.get("params", {})).encode(), "client": ("127.0.0.1", 1), "server": ("test.local", 80),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }  # fmt: skip
    answer, ended = Answer(), asyncio.Event()
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Any:
        if waiting:
            return waiting.pop()
        await ended.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.media = dict(message["headers"]).get(b"content-type", b"")
        elif message["type"] == "http.response.body":
            answer.body += message.get("body", b"")
            if not message.get("more_body"):
                ended.set()

    try:
        await cast(Any, app)(scope, receive, send)
    except Exception:
        answer.status = 500
    return answer

"""Web push (RFC 8030, 8291, 8292): one encrypted body to the push service of somebody's browser, and what its answer means.

Topic and tag make one of two: a push that may have gone out is sent again without harm. Redirects are not followed.
"""

import hashlib
from base64 import urlsafe_b64encode
from datetime import timedelta
from functools import cached_property
from typing import Any, Final

import httpx
import msgspec

from comptoir.notifications.model import Subscription
from comptoir.notifications.providers.http import retry_after
from comptoir.notifications.providers.port import Answer, Letter
from comptoir.notifications.providers.push_hosts import Hosts, NotAllowed, Unresolved
from comptoir.notifications.providers.vapid import Vapid

TIMEOUT: Final = httpx.Timeout(10.0, connect=5.0)
MOST_BYTES: Final = 3000
"""Of the words before they are encrypted; services take 4096 bytes after it."""

CUSTOMER_TTL: Final = timedelta(minutes=10)
"""A push that did not arrive by then is another medium's by two minutes; late, it would only say it once more."""


class Push(msgspec.Struct, frozen=True):
    """What a browser shows: `path` opens on a tap, `ref` comes back when it was shown; the same topic replaces what is shown already."""

    ref: str
    title: str
    body: str
    path: str
    topic: str
    language: str
    ttl: int
    urgent: bool = False


class _Unsigned:
    """Stands where the library would sign: its signature forgets a port, reads its own clock and is made for every push anew."""

    def get_authorization_header(self, endpoint: object, subscriber: str, expiration: int) -> str:
        return ""


class WebPushProvider:
    """Sends to browsers: customers' messages by `send`, notes of devices by `push`."""

    name = "web_push"

    def __init__(self, vapid: Vapid, hosts: Hosts, client: httpx.AsyncClient | None = None) -> None:
        self.vapid, self.hosts, self._given = vapid, hosts, client

    async def send(self, letter: Letter) -> Answer:
        """To every browser in which this customer wants to hear of the order; taken when one service took it."""
        push = Push(
            ref=str(letter.id), title=letter.subject, body=letter.text, path=letter.path, topic=letter.topic,
            language=letter.language, ttl=int(CUSTOMER_TTL.total_seconds()), urgent=True,
        )  # fmt: skip
        answers = [(one, await self.push(one, push)) for one in letter.browsers]
        gone = tuple(one.id for one, said in answers if said.code == "gone")
        for outcome in ("accepted", "unknown", "busy", "refused"):
            said = [answer for _, answer in answers if answer.outcome == outcome]
            if said:
                longest = max(said, key=lambda answer: answer.wait_seconds)
                return msgspec.structs.replace(longest, gone=gone)
        return Answer("refused", "no_address")

    async def push(self, browser: Subscription, push: Push) -> Answer:
        """One push; a body that the service calls too large goes once more without its words."""
        try:
            said = await self._post(browser, push, encoded(push))
            if said.code == "http_413":
                said = await self._post(browser, push, encoded(msgspec.structs.replace(push, body="")))
        except NotAllowed as why:
            return Answer("refused", f"not_allowed: {why}")
        except Unresolved:
            return Answer("busy", "away")
        except ValueError:
            return Answer("refused", "bad_keys")
        return said

    async def _post(self, browser: Subscription, push: Push, body: bytes) -> Answer:
        target = await self.hosts.target(browser.endpoint)
        headers = {
            "host": target.host, "content-type": "application/octet-stream", "content-encoding": "aes128gcm", "ttl": str(push.ttl),
            "urgency": "high" if push.urgent else "normal", "topic": topic_of(push.topic), "authorization": self.vapid.authorization(target.origin),
        }  # fmt: skip
        request = self.client.build_request("POST", target.url, content=self.encrypt(browser, body), headers=headers)
        # The certificate must be the name's, whatever address the call goes to.
        request.extensions = request.extensions | {"sni_hostname": target.host}
        try:
            response = await self.client.send(request, stream=True)
            await response.aclose()
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            return Answer("busy", "away")
        except httpx.HTTPError:
            return Answer("unknown", "cut_off")
        return meaning(response.status_code, response.headers, push.ref)

    @cached_property
    def client(self) -> httpx.AsyncClient:
        """Made with the first push: reading the certificates of all authorities takes forty milliseconds."""
        if self._given is not None:
            return self._given
        # One connection for one push: it goes to an address, and an address may serve many names. No proxy, which would look the
        # name up once more.
        limits = httpx.Limits(max_keepalive_connections=0, max_connections=16)
        return httpx.AsyncClient(timeout=TIMEOUT, follow_redirects=False, limits=limits, trust_env=False)

    @cached_property
    def _library(self) -> Any:
        # Only a process that sends a push loads what encrypts one.
        from webpush import WebPush

        library = WebPush(*self.vapid.pem(), subscriber="unused@example.com")
        library.vapid = _Unsigned()
        return library

    def encrypt(self, browser: Subscription, body: bytes) -> bytes:
        """The body for this browser alone (aes128gcm). ValueError when its keys are none."""
        from webpush.types import WebPushSubscription

        keys = {"p256dh": browser.p256dh, "auth": browser.auth}
        to = WebPushSubscription.model_validate({"endpoint": browser.endpoint, "keys": keys})
        encrypted: bytes = self._library.get(body, to).encrypted
        return encrypted


def encoded(push: Push) -> bytes:
    """The push as the service worker reads it, its words cut so that it stays below 3,000 bytes."""
    told = {"ref": push.ref, "title": push.title[:200], "path": push.path, "topic": push.topic, "lang": push.language}
    body = push.body
    while len(made := msgspec.json.encode(told | {"body": body})) > MOST_BYTES:
        body = body[: len(body) * 9 // 10]
    return made


def topic_of(topic: str) -> str:
    """A topic as services take it: at most 32 characters of base64url, which tell them nothing."""
    return urlsafe_b64encode(hashlib.sha256(topic.encode()).digest()[:24]).decode()


def meaning(status: int, headers: httpx.Headers, ref: str) -> Answer:
    """What a push service said."""
    if 200 <= status < 300:
        return Answer("accepted", ref=ref)
    if status in (404, 410):
        return Answer("refused", "gone")
    if status == 429 or status >= 500:
        # Sent again it replaces itself: a gateway's 502 may be repeated too.
        return Answer("busy", f"http_{status}", wait_seconds=retry_after(headers))
    return Answer("refused", f"http_{status}")

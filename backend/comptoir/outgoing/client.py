"""Calls an endpoint: one POST to the address that was checked, no redirect followed, its answer's body not read."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Final

import httpx

from comptoir.kit.errors import Invalid
from comptoir.kit.public_hosts import Lookup, NotAllowed, PublicHosts, Unresolved
from comptoir.outgoing.judging import Answer, meaning_of

TIMEOUT: Final = httpx.Timeout(10.0, connect=5.0)
WHOLE_SECONDS: Final = 15.0
"""For the whole of one call, however slowly its bytes come."""


class WebhookHosts(PublicHosts):
    """Where webhooks may go: any public address, over https."""

    ports = (443, 8443)


class WebhookClient:
    """Sends bodies that are signed already. `local` lets a test's server on this machine be called."""

    def __init__(
        self, *, local: bool = False, lookup: Lookup | None = None, client: httpx.AsyncClient | None = None
    ) -> None:
        self.hosts, self._given = WebhookHosts(local=local, lookup=lookup), client
        self.most_seconds = WHOLE_SECONDS

    async def check(self, url: str) -> None:
        """Invalid `webhook_url_wrong` with why, when it is registered: nobody waits three days to hear of a slip."""
        try:
            await self.hosts.target(url)
        except NotAllowed as why:
            raise Invalid("webhook_url_wrong", why=str(why)) from None
        except Unresolved:
            raise Invalid("webhook_url_unknown") from None

    async def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """What came of it; never raises."""
        began = asyncio.get_running_loop().time()
        try:
            said = await asyncio.wait_for(self._post(url, headers, body), self.most_seconds)
        except NotAllowed:
            said = Answer("again", "not_allowed")
        except Unresolved:
            said = Answer("again", "no_address")
        except TimeoutError:
            said = Answer("again", "slow")
        except httpx.TimeoutException:
            said = Answer("again", "slow")
        except httpx.ConnectError:
            said = Answer("again", "away")
        except (httpx.HTTPError, ValueError):
            said = Answer("again", "nonsense")
        took = int((asyncio.get_running_loop().time() - began) * 1000)
        return Answer(said.meaning, said.code, said.status, said.wait_seconds, took)

    async def _post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        target = await self.hosts.target(url)
        told = {"host": target.host, "content-type": "application/json", "user-agent": "Comptoir-Webhooks/1", **headers}
        request = self.client.build_request("POST", target.url, content=body, headers=told)
        # The certificate must be the name's, whatever address the call goes to.
        request.extensions = request.extensions | {"sni_hostname": target.host.partition(":")[0]}
        response = await self.client.send(request, stream=True)
        await response.aclose()
        return meaning_of(response.status_code, retry_after(response.headers))

    @cached_property
    def client(self) -> httpx.AsyncClient:
        """Made with the first call: reading the certificates of all authorities takes forty milliseconds."""
        if self._given is not None:
            return self._given
        # One connection for one call: it goes to an address, and an address may serve many names. No proxy, which would look the
        # name up once more.
        limits = httpx.Limits(max_keepalive_connections=0, max_connections=64)
        return httpx.AsyncClient(timeout=TIMEOUT, follow_redirects=False, limits=limits, trust_env=False)

    async def close(self) -> None:
        """Let the connections go; nothing to do where none was made."""
        if "client" in self.__dict__:
            await self.client.aclose()


def retry_after(headers: Mapping[str, str]) -> float:
    """Seconds that the endpoint asks for: a number, or a date as its own clock sees it; 0 when it says neither."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(min(int(text[:9]), 86_400))
    try:
        until, at = parsedate_to_datetime(text), parsedate_to_datetime(headers.get("date", ""))
    except (TypeError, ValueError):
        return 0.0
    return max(0.0, (_aware(until) - _aware(at)).total_seconds())


def _aware(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)

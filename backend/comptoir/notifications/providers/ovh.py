"""SMS by OVHcloud: POST /sms/{service}/jobs, signed with the application's and the consumer's keys.

The receipt comes as GET to the account's callback, with the id of the job. There is no key against doubles.
"""

import hashlib
import time
from collections.abc import Callable
from typing import Any

import httpx
import msgspec

from comptoir.notifications.providers.http import TIMEOUT, call
from comptoir.notifications.providers.port import Answer, Letter

BASE = "https://eu.api.ovh.com/1.0"


class OvhAccount(msgspec.Struct, frozen=True):
    """`service` is the SMS account (`sms-ab12345-1`), `sender` a name that OVHcloud has accepted."""

    service: str
    sender: str
    application_key: str
    application_secret: str
    consumer_key: str
    base: str = BASE

    def __repr__(self) -> str:
        return f"OvhAccount({self.service})"


def signature(account: OvhAccount, method: str, url: str, body: str, timestamp: int) -> str:
    """`$1$` and the SHA-1 of secret, consumer key, method, address, body and time, joined by `+`."""
    joined = "+".join((account.application_secret, account.consumer_key, method, url, body, str(timestamp)))
    return "$1$" + hashlib.sha1(joined.encode()).hexdigest()


class OvhProvider:
    """Sends what is not advertising: no STOP clause is added to it."""

    name = "ovh"

    def __init__(self, account: OvhAccount, client: httpx.AsyncClient | None = None, now: Callable[[], float] = time.time) -> None:  # fmt: skip
        self.account, self.now = account, now
        self.client = client or httpx.AsyncClient(timeout=TIMEOUT)
        self._off: int | None = None

    async def send(self, letter: Letter) -> Answer:
        """One job for one receiver; a receiver that OVHcloud calls invalid is refused."""
        timestamp = await self._timestamp()
        if isinstance(timestamp, Answer):
            return timestamp
        job: dict[str, Any] = {
            "charset": "UTF-8", "class": "phoneDisplay", "coding": "7bit", "message": letter.text, "noStopClause": True,
            "priority": "high", "receivers": [letter.to], "sender": self.account.sender, "senderForResponse": False,
            "tag": letter.id.hex[:20], "validityPeriod": 2880,
        }  # fmt: skip
        url = f"{self.account.base}/sms/{self.account.service}/jobs"
        body = msgspec.json.encode(job).decode()
        headers = {
            "content-type": "application/json", "x-ovh-application": self.account.application_key, "x-ovh-consumer": self.account.consumer_key,
            "x-ovh-timestamp": str(timestamp), "x-ovh-signature": signature(self.account, "POST", url, body, timestamp),
        }  # fmt: skip
        said = await call(self.client, self.client.build_request("POST", url, content=body, headers=headers))
        if isinstance(said, Answer):
            return said
        if said.status >= 300:
            return Answer("refused", f"http_{said.status}")
        if letter.to in (said.body.get("invalidReceivers") or ()):
            return Answer("refused", "bad_number")
        ids = said.body.get("ids")
        if not isinstance(ids, list) or len(ids) != 1:
            return Answer("unknown", "nonsense")
        return Answer("accepted", ref=str(ids[0]))

    async def _timestamp(self) -> int | Answer:
        """OVHcloud refuses what is signed at another time than its own: how far we are off is asked once."""
        if self._off is None:
            try:
                told = await self.client.get(f"{self.account.base}/auth/time")
                self._off = int(told.text) - int(self.now())
            except (httpx.HTTPError, ValueError):
                return Answer("busy", "away")
        return int(self.now()) + self._off

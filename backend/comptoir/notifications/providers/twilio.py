"""SMS by Twilio: POST Messages.json as a form, Basic authentication; receipts are signed POSTs to our own address.

There is no key against doubles. 21610 says that this person has asked to get nothing any more.
"""

import base64
import hmac
from collections.abc import Mapping
from typing import Final

import httpx
import msgspec

from comptoir.notifications.escalating import Receipt
from comptoir.notifications.providers.http import TIMEOUT, call
from comptoir.notifications.providers.port import Answer, Letter

BASE = "https://api.twilio.com"
OPTED_OUT = 21610
STATUSES: Final[dict[str, Receipt | None]] = {
    "accepted": None, "scheduled": None, "queued": None, "sending": None, "sent": None, "receiving": None, "received": None,
    "partially_delivered": None, "delivered": "delivered", "read": "seen", "undelivered": "failed", "failed": "failed", "canceled": "failed",
}  # fmt: skip
"""What Twilio calls the states of a message, and what each says to us; None: still on its way."""


class TwilioAccount(msgspec.Struct, frozen=True):
    """`sender` is a number, a short code or an accepted name; `receipts` the address of our own door for them."""

    sid: str
    token: str
    sender: str
    receipts: str = ""
    base: str = BASE

    def __repr__(self) -> str:
        return f"TwilioAccount({self.sid})"


def signature(token: str, url: str, fields: Mapping[str, str]) -> str:
    """Base64 of the HMAC-SHA1 of the whole address and every field, sorted, name and value without anything between."""
    text = url + "".join(name + fields[name] for name in sorted(fields))
    return base64.b64encode(hmac.digest(token.encode(), text.encode(), "sha1")).decode()


class TwilioProvider:
    """Sends one message for one letter."""

    name = "twilio"

    def __init__(self, account: TwilioAccount, client: httpx.AsyncClient | None = None) -> None:
        self.account = account
        self.client = client or httpx.AsyncClient(timeout=TIMEOUT)

    async def send(self, letter: Letter) -> Answer:
        """Refused for a number that takes nothing, or that asked for nothing any more."""
        form = {"To": letter.to, "From": self.account.sender, "Body": letter.text}
        if self.account.receipts:
            form["StatusCallback"] = self.account.receipts
        url = f"{self.account.base}/2010-04-01/Accounts/{self.account.sid}/Messages.json"
        login = "Basic " + base64.b64encode(f"{self.account.sid}:{self.account.token}".encode()).decode()
        said = await call(
            self.client, self.client.build_request("POST", url, data=form, headers={"authorization": login})
        )
        if isinstance(said, Answer):
            return said
        if said.status >= 300:
            code = said.body.get("code")
            return Answer("refused", "opted_out" if code == OPTED_OUT else f"twilio_{code or said.status}")
        sid = said.body.get("sid")
        return Answer("accepted", ref=sid) if isinstance(sid, str) and sid else Answer("unknown", "nonsense")

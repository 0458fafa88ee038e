"""SMS by Brevo: POST /v3/transactionalSMS/send with an api-key; receipts come to the webUrl of each message.

Mails through its relay are told of by events of their own. There is no key against doubles. A stop code in the text would make it advertising, so there is none.
"""

from typing import Final

import httpx
import msgspec

from comptoir.notifications.escalating import Receipt
from comptoir.notifications.providers.http import TIMEOUT, call
from comptoir.notifications.providers.port import Answer, Letter

BASE = "https://api.brevo.com/v3"
LONGEST_SENDER = 11
STATUSES: Final[dict[str, Receipt | None]] = {
    "sent": None, "accepted": None, "delivered": "delivered", "replied": "seen", "soft_bounce": "failed", "hard_bounce": "failed",
    "rejected": "failed", "blacklisted": "failed", "unsubscribe": "failed", "skip": "failed",
}  # fmt: skip

MAIL_EVENTS: Final[dict[str, Receipt | None]] = {
    "request": None, "delivered": "delivered", "proxyopen": "delivered", "uniqueproxyopen": "delivered",
    "opened": "seen", "uniqueopened": "seen", "click": "seen",
    "hardbounce": "failed", "blocked": "failed", "invalidemail": "failed", "error": "failed",
    "deferred": None, "softbounce": None, "spam": None, "unsubscribed": None,
}  # fmt: skip
"""Events of a mail, without the underscores and capitals in which Brevo's own pages differ. A proxy that loads the pictures
proves a mailbox and nobody who reads; a mail that is deferred for 36 hours becomes a soft bounce."""


class BrevoAccount(msgspec.Struct, frozen=True):
    """`sender` is a name of at most eleven letters; `receipts` the address of our own door for them."""

    key: str
    sender: str
    receipts: str = ""
    base: str = BASE

    def __repr__(self) -> str:
        return f"BrevoAccount({self.sender})"


class BrevoProvider:
    """Sends one message for one letter."""

    name = "brevo"

    def __init__(self, account: BrevoAccount, client: httpx.AsyncClient | None = None) -> None:
        self.account = account
        self.client = client or httpx.AsyncClient(timeout=TIMEOUT)

    async def send(self, letter: Letter) -> Answer:
        """Brevo names numbers without their plus."""
        body = {
            "sender": self.account.sender[:LONGEST_SENDER], "recipient": letter.to.removeprefix("+"), "content": letter.text,
            "type": "transactional", "tag": letter.id.hex, "unicodeEnabled": True,
        }  # fmt: skip
        if self.account.receipts:
            body["webUrl"] = self.account.receipts
        url = f"{self.account.base}/transactionalSMS/send"
        said = await call(
            self.client, self.client.build_request("POST", url, json=body, headers={"api-key": self.account.key})
        )
        if isinstance(said, Answer):
            return said
        if said.status >= 300:
            return Answer("refused", str(said.body.get("code") or f"http_{said.status}")[:40])
        ref = said.body.get("messageId")
        return Answer("accepted", ref=str(ref)) if ref else Answer("unknown", "nonsense")

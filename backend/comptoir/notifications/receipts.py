"""What SMS providers tell later of a message, or what a customer answered, read from their requests. Pure.

Twilio signs; OVHcloud and Brevo do not, so their addresses hold a key that only they were given.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from comptoir.kit.ids import Seal
from comptoir.notifications.escalating import Receipt
from comptoir.notifications.numbers import e164
from comptoir.notifications.providers import brevo, twilio
from comptoir.notifications.silence import wish_of

OVH_ON_ITS_WAY: Final = frozenset({"1", "2", "3", "6"})
OVH_DELIVERED: Final = "4"
"""OVHcloud's tracking codes: 1 to 3 are still going, 6 will never be known, 4 arrived; every other one says why it did not."""
SILENCED: Final = frozenset({"unsubscribe", "blacklisted"})


class Heard(msgspec.Struct, frozen=True):
    """`ref` names the message at its provider, `receipt` is None while nothing is decided; `wish` is what `number` asks for:
    True silence, False messages again."""

    ref: str = ""
    receipt: Receipt | None = None
    code: str = ""
    number: str | None = None
    wish: bool | None = None


def key_of(seal: Seal, provider: str) -> str:
    """The part of a door's address that stands for a signature."""
    return seal.token("receipts", provider)


def address_of(seal: Seal, url: str, provider: str) -> str:
    """Where this provider tells us; to be entered in its own settings where it takes no address with a message."""
    path = f"/receipts/{provider}"
    return url + (path if provider == "twilio" else f"{path}/{key_of(seal, provider)}")


def from_twilio(fields: Mapping[str, str]) -> Heard:
    """A state of a message of ours, or an answer that somebody wrote."""
    state = fields.get("MessageStatus", fields.get("SmsStatus", ""))
    if state == "received":
        return Heard(number=e164(fields.get("From", "")), wish=wish_of(fields.get("Body", "")))
    code = f"twilio_{fields.get('ErrorCode') or state}"[:40]
    return Heard(fields.get("MessageSid", ""), twilio.STATUSES.get(state), code)


def from_brevo(body: Mapping[str, Any]) -> Heard:
    """One event of a message; an event that we do not know decides nothing."""
    state = str(body.get("msg_status") or body.get("event") or "")
    ref = str(body.get("messageId") or body.get("message_id") or "")
    silenced = state in SILENCED
    number = e164("+" + str(body.get("to") or "").lstrip("+0")) if silenced else None
    return Heard(ref, brevo.STATUSES.get(state), f"brevo_{state}"[:40], number, True if silenced else None)


def from_ovh(query: Mapping[str, str]) -> Heard:
    """`id` is the job's, `ptt` how far it is."""
    ptt = query.get("ptt", "")
    if not ptt.isdecimal() or ptt in OVH_ON_ITS_WAY:
        return Heard(query.get("id", ""))
    return Heard(query.get("id", ""), "delivered" if ptt == OVH_DELIVERED else "failed", f"ovh_{ptt}"[:40])

"""Reads what Brevo tells of a mail that went through its relay, and believes it of the one mail whose mark of ours it names. Pure."""

import re
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import msgspec

from comptoir.kit.ids import Seal
from comptoir.notifications.bouncing import code_of
from comptoir.notifications.escalating import HELD_UP, Receipt
from comptoir.notifications.marks import marks_in
from comptoir.notifications.providers.brevo import MAIL_EVENTS

NAMED: Final = ("message-id", "X-Mailin-custom")
"""Where the mark comes back: the relay may have put a Message-ID of its own in place of ours."""
LONGEST: Final = 1000
PUT_OFF: Final = frozenset({"deferred", "softbounce"})
SILENCED: Final = frozenset({"spam", "unsubscribed"})
CODES: Final = {"invalidemail": "bounce_address", "blocked": "bounce_blocked", "error": "bounce_error"}
_OTHER: Final = re.compile(r"[^a-z]")


class MailEvent(msgspec.Struct, frozen=True):
    """What is told of one try. Without a receipt `code` is a note, empty when there is nothing to note; `silenced` is the address that
    wants nothing more which nobody needs."""

    message: UUID
    n: int
    event: str
    receipt: Receipt | None = None
    code: str = ""
    silenced: str = ""

    def __repr__(self) -> str:
        return f"MailEvent({self.message}, {self.n}, {self.event})"


def read_events(body: object, seal: Seal) -> list[MailEvent]:
    """The events of one request, a single one or a batch; those of mails that are not ours are left out."""
    told = body if isinstance(body, list) else [body]
    return [event for one in told if isinstance(one, dict) and (event := _read(one, seal)) is not None]


def _read(body: Mapping[str, Any], seal: Seal) -> MailEvent | None:
    named = {mark for field in NAMED for mark in marks_in(seal, str(body.get(field) or "")[:LONGEST])}
    if len(named) != 1:
        return None
    ((message, n),) = named
    event = _OTHER.sub("", str(body.get("event") or "").lower()[:40])
    receipt = MAIL_EVENTS.get(event)
    silenced = str(body.get("email") or "").strip()[:254] if event in SILENCED else ""
    return MailEvent(
        message, n, event, receipt, _code(event, receipt, str(body.get("reason") or "")[:LONGEST]), silenced
    )


def _code(event: str, receipt: Receipt | None, reason: str) -> str:
    if receipt == "failed":
        return CODES.get(event) or code_of(reason)
    if receipt is not None or event == "request":
        return ""
    return HELD_UP if event in PUT_OFF else f"brevo_{event}"[:40]

"""Reads what a mail server says later of a mail of ours (RFC 3464), which comes from strangers and is believed in nothing but our seal.

Pure: a report's bytes go in, a receipt for one try comes out; whatever is no report, or names none of our mails, is refused.
"""

import re
from collections.abc import Iterator
from email import message_from_bytes, message_from_string
from email.message import Message
from typing import Final
from uuid import UUID

import msgspec

from comptoir.kit.errors import Invalid
from comptoir.kit.ids import Seal
from comptoir.notifications.escalating import Receipt
from comptoir.notifications.marks import marks_in

LARGEST: Final = 262_144
"""Bytes of a report that are read; we ask servers to send back headers only."""
MOST_PARTS: Final = 12
"""Parts and recipients that are looked at; a mail of ours has one recipient."""
LONGEST: Final = 1000

RECEIPTS: Final[dict[str, Receipt | None]] = {
    "failed": "failed", "delivered": "delivered", "delayed": None, "relayed": None, "expanded": None,
}  # fmt: skip
"""RFC 3464, 2.3.3. Relayed and expanded: gone on to where nothing more is told."""
ADDRESSED: Final = ("to", "delivered-to", "x-original-to", "envelope-to", "in-reply-to", "references")
"""Where the report itself was sent to (our envelope's sender), and what it answers."""
_NESTED: Final = re.compile(rb"multipart/|message/", re.IGNORECASE)
_STATUS: Final = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")


class Bounce(msgspec.Struct, frozen=True):
    """What came of one try. No receipt: it is only late, or went on to where nobody tells."""

    message: UUID
    n: int
    receipt: Receipt | None
    code: str = ""


def read_report(raw: bytes, seal: Seal) -> Bounce:
    """Invalid `bounce_unreadable` when it is no delivery report, `bounce_unnamed` when it names no mail of ours, or several."""
    # Parts in parts in parts cost the reader more than they are worth; a real report has three.
    if len(raw) > LARGEST or len(_NESTED.findall(raw)) > 4 * MOST_PARTS:
        raise Invalid("bounce_unreadable")
    try:
        mail = message_from_bytes(raw)
        recipients = list(_recipients(mail))
        named = {mark for text in _names(mail) for mark in marks_in(seal, text[:LONGEST])}
    except Exception as why:  # the parser of the standard library raises many kinds on nonsense
        raise Invalid("bounce_unreadable") from why
    if not recipients:
        raise Invalid("bounce_unreadable")
    if len(named) != 1:
        raise Invalid("bounce_unnamed")
    ((message, n),) = named
    told = [(RECEIPTS.get(_word(block, "action")), _word(block, "status")) for block in recipients]
    failed = next((status for receipt, status in told if receipt == "failed"), None)
    if failed is not None:
        return Bounce(message, n, "failed", code_of(failed))
    return Bounce(message, n, "delivered" if all(receipt == "delivered" for receipt, _ in told) else None)


def code_of(status: str) -> str:
    """Why it came back, in the words that a person is told (RFC 3463)."""
    found = _STATUS.search(status)
    subject, detail = (found[2], found[3]) if found else ("", "")
    if subject == "1" and detail in ("0", "1", "2", "3", "6", "10"):
        return "bounce_address"
    if subject == "2":
        return "bounce_full" if detail == "2" else "bounce_mailbox"
    return "bounce_refused" if subject == "7" else "bounce_other"


def _recipients(mail: Message) -> Iterator[Message]:
    """The blocks that tell of one recipient each; the first block of a status tells of the message."""
    if mail.get_content_type() != "multipart/report":
        return
    for block in [block for status in _parts(mail, "message/delivery-status") for block in _held(status)[:MOST_PARTS]]:
        if _word(block, "action"):
            yield block


def _names(mail: Message) -> Iterator[str]:
    """Every text in which the mail may be named."""
    for header in ADDRESSED:
        yield from (str(value) for value in mail.get_all(header, [])[:3])
    for status in _parts(mail, "message/delivery-status"):
        yield from (str(block.get("original-envelope-id", "")) for block in _held(status)[:MOST_PARTS])
    for kind in ("message/rfc822", "message/global"):
        yield from (str(sent.get("message-id", "")) for part in _parts(mail, kind) for sent in _held(part)[:1])
    for kind in ("text/rfc822-headers", "message/global-headers"):
        for part in _parts(mail, kind):
            yield str(message_from_string(_text(part)).get("message-id", ""))


def _parts(mail: Message, kind: str) -> list[Message]:
    return [part for part in _held(mail)[:MOST_PARTS] if part.get_content_type() == kind]


def _held(part: Message) -> list[Message]:
    """The messages in a part; none where it holds text."""
    held = part.get_payload()
    return [one for one in held if isinstance(one, Message)] if isinstance(held, list) else []


def _text(part: Message) -> str:
    held = part.get_payload(decode=True)
    return held.decode("ascii", "replace") if isinstance(held, bytes) else str(_held(part)[0]) if _held(part) else ""


def _word(block: Message, name: str) -> str:
    return str(block.get(name, "")).strip().lower()[:40]

"""What every carrier of messages takes and gives."""

from typing import Protocol
from uuid import UUID

import msgspec

from comptoir.notifications.escalating import Outcome, Receipt
from comptoir.notifications.model import Subscription


class Attachment(msgspec.Struct, frozen=True):
    """A file that goes with a letter, under the name that its reader sees."""

    name: str
    bytes: bytes
    media: str = "application/pdf"


class Letter(msgspec.Struct, frozen=True):
    """One message as it leaves: to whom, in which language, with every mark filled in. `id` is its key at the provider.

    `browsers`, `path` (what a tap opens) and `topic` (what replaces what) are for push alone.
    """

    id: UUID
    to: str
    language: str
    subject: str
    text: str
    attachments: tuple[Attachment, ...] = ()
    browsers: tuple[Subscription, ...] = ()
    path: str = ""
    topic: str = ""
    n: int = 1
    """Which try of the message this is."""
    unsubscribe: str = ""
    """Where one click ends messages of this kind; only for what nobody needs."""
    needed: bool = True
    """Whether the order cannot do without it."""
    html: str = ""
    """The whole document for mail, where it is more than its text says; empty: made from the text."""


class Answer(msgspec.Struct, frozen=True):
    """What the provider said. `ref` names the message in its receipts; `wait_seconds` is what it asks for
    before it is asked again. `gone`: browsers that no push reaches any more."""

    outcome: Outcome
    code: str = ""
    ref: str | None = None
    wait_seconds: float = 0.0
    receipt: Receipt | None = None
    gone: tuple[UUID, ...] = ()


class Provider(Protocol):
    """One carrier. `send` answers within its own time limit; what it raises counts as an unknown outcome."""

    name: str

    async def send(self, letter: Letter) -> Answer: ...

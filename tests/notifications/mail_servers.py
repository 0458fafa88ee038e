"""Real SMTP servers on this machine: one that takes mail and keeps it, and ones that say what a script tells them to."""

import asyncio
import email
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope


class Mailbox:
    """What one server took, read back as mail; `say` answers RCPT or DATA instead of taking it."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.say: dict[str, str] = {}
        self.hang_up_after_data = False
        self.conversations = 0

    async def handle_RCPT(self, server: SMTP, session: Any, envelope: Envelope, address: str, options: list[str]) -> str:  # fmt: skip
        self.conversations += 1
        if "RCPT" in self.say:
            return self.say["RCPT"]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Envelope) -> str:
        if self.hang_up_after_data:
            assert server.transport is not None
            server.transport.abort()  # type: ignore[attr-defined]
            return "250 OK"
        if "DATA" in self.say:
            return self.say["DATA"]
        assert isinstance(envelope.content, bytes)
        read = email.message_from_bytes(envelope.content, policy=default)
        assert isinstance(read, EmailMessage)
        self.mails.append(read)
        self.recipients += envelope.rcpt_tos
        return "250 taken"


@asynccontextmanager
async def serving(factory: Callable[[], asyncio.Protocol]) -> AsyncIterator[int]:
    """A server of a protocol on a free port; its number."""
    server = await asyncio.get_running_loop().create_server(factory, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@asynccontextmanager
async def mail_server() -> AsyncIterator[tuple[Mailbox, str]]:
    """A mailbox behind a real SMTP server, and its address as a setting has it."""
    box = Mailbox()
    async with serving(lambda: SMTP(box, hostname="mail.test")) as port:
        yield box, f"smtp://127.0.0.1:{port}"


class Nonsense(asyncio.Protocol):
    """Answers, but not as a mail server does."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.write(b"HTTP/1.1 200 OK\r\n\r\n")  # type: ignore[attr-defined]

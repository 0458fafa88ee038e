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
        self.offers_dsn = False
        self.sender = ""
        self.asked: list[str] = []

    async def handle_EHLO(
        self, server: SMTP, session: Any, envelope: Envelope, name: str, said: list[str]
    ) -> list[str]:
        session.host_name = name
        return [said[0], *(["250-DSN"] if self.offers_dsn else []), *said[1:]]

    async def handle_MAIL(
        self, server: SMTP, session: Any, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.sender = envelope.mail_from = address
        return "250 OK"

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


class Server(SMTP):
    """Takes what RFC 3461 adds to MAIL and RCPT, where the mailbox says so, and hands on the rest."""

    async def smtp_MAIL(self, arg: str | None) -> None:
        await super().smtp_MAIL(self.without_options(arg))

    async def smtp_RCPT(self, arg: str | None) -> None:
        await super().smtp_RCPT(self.without_options(arg))

    def without_options(self, arg: str | None) -> str | None:
        box: Mailbox = self.event_handler
        address, _, options = (arg or "").partition("> ")
        if not box.offers_dsn or not options:
            return arg
        box.asked.append(options)
        return address + ">"


@asynccontextmanager
async def serving(factory: Callable[[], asyncio.Protocol]) -> AsyncIterator[int]:
    """A server of a protocol on a free port; its number."""
    server = await asyncio.get_running_loop().create_server(factory, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@asynccontextmanager
async def mail_server(dsn: bool = False) -> AsyncIterator[tuple[Mailbox, str]]:
    """A mailbox behind a real SMTP server, and its address as a setting has it."""
    box = Mailbox()
    box.offers_dsn = dsn
    async with serving(lambda: Server(box, hostname="mail.test")) as port:
        yield box, f"smtp://127.0.0.1:{port}"


class Nonsense(asyncio.Protocol):
    """Answers, but not as a mail server does."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.write(b"HTTP/1.1 200 OK\r\n\r\n")  # type: ignore[attr-defined]

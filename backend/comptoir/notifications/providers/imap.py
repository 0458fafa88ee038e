"""A mailbox that bounces come back to: IMAP over TLS with the standard library. It blocks, so whoever calls it does so in a thread."""

import contextlib
import imaplib
import ssl
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import msgspec

SECONDS: Final = 20.0
"""For every answer of the server."""
LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")
Fault = (OSError, imaplib.IMAP4.error)
"""What a call raises when the server is away, refuses the login or talks nonsense."""


class MailFolder(msgspec.Struct, frozen=True):
    """Where to look: `imaps://name:password@host/folder`. Without TLS on this machine alone."""

    host: str
    port: int
    tls: bool
    username: str
    password: str
    folder: str

    @classmethod
    def read(cls, url: str) -> "MailFolder":
        """ValueError when `url` is no such address."""
        parts = urlsplit(url)
        tls = parts.scheme == "imaps"
        if not (tls or (parts.scheme == "imap" and parts.hostname in LOOPBACK)) or not parts.hostname:
            raise ValueError("not imaps://name:password@host/folder")
        return cls(
            parts.hostname, parts.port or (993 if tls else 143), tls, unquote(parts.username or ""),
            unquote(parts.password or ""), unquote(parts.path.strip("/")) or "INBOX",
        )  # fmt: skip

    def __repr__(self) -> str:
        return f"MailFolder({self.host}:{self.port})"


class Mailbox:
    """One visit. Letters stay unread until `settle` says what became of them."""

    def __init__(self, folder: MailFolder) -> None:
        self.folder = folder
        self._server: imaplib.IMAP4 | None = None

    def fetch(self, limit: int, largest: int) -> list[tuple[str, bytes]]:
        """(uid, first `largest` bytes) of up to `limit` letters that nobody has read or flagged; raises Fault."""
        at = self.folder
        self._server = server = (
            imaplib.IMAP4_SSL(at.host, at.port, ssl_context=ssl.create_default_context(), timeout=SECONDS)
            if at.tls
            else imaplib.IMAP4(at.host, at.port, timeout=SECONDS)
        )
        server.login(at.username, at.password)
        _good(server.select('"' + at.folder.replace("\\", "\\\\").replace('"', '\\"') + '"'))
        found = _good(server.uid("SEARCH", "UNSEEN", "UNFLAGGED"))
        uids = [uid for uid in (found[0] or b"").decode("ascii", "replace").split() if uid.isdecimal()]
        letters = []
        for uid in uids[:limit]:
            for part in _good(server.uid("FETCH", uid, f"(BODY.PEEK[]<0.{largest}>)")):
                if isinstance(part, tuple) and isinstance(part[1], bytes):
                    letters.append((uid, part[1]))
                    break
        return letters

    def settle(self, read: Iterable[str], flagged: Iterable[str]) -> None:
        """Mark what was kept as read; what a person should look at stays unread and gets a flag. Raises Fault."""
        for uids, flag in ((",".join(read), "(\\Seen)"), (",".join(flagged), "(\\Flagged)")):
            if uids and self._server is not None:
                _good(self._server.uid("STORE", uids, "+FLAGS.SILENT", flag))

    def close(self) -> None:
        """Leave; nothing is deleted."""
        if self._server is not None:
            with contextlib.suppress(*Fault):
                self._server.logout()
            self._server = None


def _good(answer: tuple[str, list[Any]]) -> list[Any]:
    """What the server gave; Fault when it said no."""
    if answer[0] != "OK":
        raise imaplib.IMAP4.error("refused")
    return answer[1]

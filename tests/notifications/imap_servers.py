"""A small IMAP server on this machine: one folder, and the few commands that fetching bounces needs (RFC 3501)."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.notifications.mail_servers import serving


class Folder:
    """Letters by uid with their flags; `hang_up_at` names the command at which the server is gone."""

    def __init__(self) -> None:
        self.letters: dict[int, bytes] = {}
        self.flags: dict[int, set[str]] = {}
        self.hang_up_at = ""
        self.heard: list[str] = []

    def put(self, raw: bytes) -> int:
        uid = len(self.letters) + 11
        self.letters[uid], self.flags[uid] = raw, set()
        return uid


class Imap(asyncio.Protocol):
    """One conversation."""

    def __init__(self, folder: Folder) -> None:
        self.folder, self.rest = folder, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(b"* OK ready\r\n")

    def data_received(self, data: bytes) -> None:
        self.rest += data
        while b"\r\n" in self.rest:
            line, self.rest = self.rest.split(b"\r\n", 1)
            self.answer(line.decode())

    def answer(self, line: str) -> None:
        tag, _, said = line.partition(" ")
        self.folder.heard.append(said)
        if self.folder.hang_up_at and said.startswith(self.folder.hang_up_at):
            self.transport.abort()
            return
        ok, given = self.carry_out(said)
        self.transport.write(given + f"{tag} {'OK' if ok else 'NO'} done\r\n".encode())

    def carry_out(self, said: str) -> tuple[bool, bytes]:
        folder = self.folder
        if said == "CAPABILITY":
            return True, b"* CAPABILITY IMAP4rev1\r\n"
        if said.startswith("LOGIN"):
            return said == 'LOGIN returns "pass word"', b""
        if said.startswith("SELECT"):
            return said == 'SELECT "Returns"', f"* {len(folder.letters)} EXISTS\r\n".encode()
        if said.startswith("UID SEARCH UNSEEN UNFLAGGED"):
            found = " ".join(str(uid) for uid, flags in folder.flags.items() if not flags)
            return True, f"* SEARCH {found}\r\n".encode()
        if fetch := re.fullmatch(r"UID FETCH (\d+) \(BODY\.PEEK\[\]<0\.(\d+)>\)", said):
            raw = folder.letters[int(fetch[1])][: int(fetch[2])]
            return True, f"* 1 FETCH (UID {fetch[1]} BODY[]<0> {{{len(raw)}}}\r\n".encode() + raw + b")\r\n"
        if store := re.fullmatch(r"UID STORE ([\d,]+) \+FLAGS\.SILENT \((\\\w+)\)", said):
            for uid in store[1].split(","):
                folder.flags[int(uid)].add(store[2])
            return True, b""
        return said == "LOGOUT", b"* BYE\r\n" if said == "LOGOUT" else b""


@asynccontextmanager
async def imap_server() -> AsyncIterator[tuple[Folder, str]]:
    """A folder behind a real IMAP conversation, and its address as a setting has it."""
    folder = Folder()
    async with serving(lambda: Imap(folder)) as port:
        yield folder, f"imap://returns:pass%20word@127.0.0.1:{port}/Returns"

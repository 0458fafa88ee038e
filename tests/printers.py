"""A printer as it listens on a store's network: takes raw bytes on a TCP port, is slow, has no paper, or hangs up half way.

Written from the printers' manuals (raw TCP, `~HS`), not from our client.
"""

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

Mood = Literal["ready", "paper_out", "cuts", "one_way", "slow"]


class LocalPrinter:
    """One printer on a free port of this machine; `printed` holds what came out of it."""

    def __init__(self) -> None:
        self.mood: Mood = "ready"
        self.printed: list[bytes] = []
        self.calls = 0
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.calls += 1
        taken = b""
        with contextlib.suppress(OSError):
            while chunk := await reader.read(1024):
                taken += chunk
                if b"~HS" in taken:
                    taken = taken.replace(b"~HS", b"", 1)
                    await self.tell(writer)
                if self.mood == "slow":
                    await asyncio.sleep(0.02)
                if self.mood == "cuts" and taken:
                    # A machine that is switched off while it prints resets its line.
                    line = writer.get_extra_info("socket")
                    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    writer.transport.abort()
                    return
            if taken:
                self.printed.append(taken)
        writer.close()

    async def tell(self, writer: asyncio.StreamWriter) -> None:
        """Three strings of status; one-way print servers say nothing."""
        if self.mood == "one_way":
            return
        paper = 1 if self.mood == "paper_out" else 0
        said = f"\x02030,{paper},0,1245,000,0,0,0,000,0,0,0\x03\r\n\x02001,0,0,0,1,2,4,0,00000000,1,000\x03\r\n\x021234,0\x03\r\n"
        writer.write(said.encode())
        await writer.drain()


@asynccontextmanager
async def local_printer() -> AsyncIterator[LocalPrinter]:
    """A printer that is there until the end of the block."""
    printer = LocalPrinter()
    server = await asyncio.start_server(printer.serve, "127.0.0.1", 0)
    printer.port = server.sockets[0].getsockname()[1]
    try:
        yield printer
    finally:
        server.close()

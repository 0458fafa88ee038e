"""Speaks raw TCP with a printer (port 9100): asks a ZPL printer whether it can print, gives it the bytes, waits for its end.

It decides nothing. What a printer says is read as data of a fixed shape and never shown.
"""

import asyncio
import contextlib
from typing import Final

import msgspec

from comptoir.printing.model import Outcome, PrinterLanguage

REACH_SECONDS: Final = 3.0
STATUS_SECONDS: Final = 1.0
SEND_SECONDS: Final = 20.0
END_SECONDS: Final = 2.0
CHUNK: Final = 16_384
MOST_BYTES: Final = 4_000_000


class Sent(msgspec.Struct, frozen=True):
    """What came of it: `code` is a word of ours (`no_answer`, `refused`, `paper_out`, `head_open`, `paused`, `cut_off`)."""

    outcome: Outcome
    code: str = ""


async def send(host: str, port: int, document: bytes, language: PrinterLanguage) -> Sent:
    """Send one document. Before its first byte nothing is lost by trying again; after it, only the whole is certain."""
    try:
        reader, writer = await asyncio.wait_for(asyncio.open_connection(host, port, limit=4096), REACH_SECONDS)
    except TimeoutError:
        return Sent("not_reached", "no_answer")
    except OSError:
        return Sent("not_reached", "refused")
    try:
        why = await _why_not(reader, writer) if language == "zpl" else ""
        return Sent("not_ready", why) if why else await _give(reader, writer, document)
    finally:
        writer.close()
        with contextlib.suppress(OSError, TimeoutError):
            await asyncio.wait_for(writer.wait_closed(), END_SECONDS)


async def _why_not(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> str:
    """What a ZPL printer says is in the way. Many print servers are one-way: silence is no reason."""
    try:
        writer.write(b"~HS")
        await asyncio.wait_for(writer.drain(), STATUS_SECONDS)
        said = await asyncio.wait_for(reader.readuntil(b"\x03"), STATUS_SECONDS)
        more = await asyncio.wait_for(reader.readuntil(b"\x03"), STATUS_SECONDS)
    except asyncio.IncompleteReadError as cut:
        return "" if not cut.partial and not reader.at_eof() else "no_answer"
    except (TimeoutError, asyncio.LimitOverrunError):
        return ""
    except OSError:
        return "no_answer"
    return status_of(said, more)


def status_of(first: bytes, second: bytes) -> str:
    """The two strings of ~HS in a word; empty when the printer is ready or says what nobody understands."""
    flags, more = (part.strip(b"\r\n\x02\x03 ").split(b",") for part in (first, second))
    if len(flags) < 3 or len(more) < 3:
        return ""
    if flags[1] == b"1":
        return "paper_out"
    if more[2] == b"1":
        return "head_open"
    return "paused" if flags[2] == b"1" else ""


async def _give(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, document: bytes) -> Sent:
    try:
        async with asyncio.timeout(SEND_SECONDS):
            for at in range(0, len(document), CHUNK):
                writer.write(document[at : at + CHUNK])
                await writer.drain()
            if writer.can_write_eof():
                writer.write_eof()
    except (OSError, TimeoutError):
        return Sent("broken", "cut_off")
    try:
        # A printer that has taken everything ends the line or keeps quiet; one that has not resets it.
        async with asyncio.timeout(END_SECONDS):
            while await reader.read(4096):
                pass
    except TimeoutError:
        pass
    except OSError:
        return Sent("broken", "cut_off")
    return Sent("sent")

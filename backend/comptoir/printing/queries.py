"""Reads printers, and what waits for them, for pages."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from comptoir.kit.db import Connection
from comptoir.kit.errors import NotFound
from comptoir.printing.model import PaperKind, Printer, PrinterLanguage, State

MOST: Final = 60
SHOWN_FOR: Final = timedelta(hours=12)


class Job(msgspec.Struct, frozen=True):
    """A document that waits, was sent, or did not come out. `code` says what was in the way."""

    id: UUID
    location: str
    kind: PaperKind
    source: UUID
    title: str
    state: State
    code: str
    made_at: datetime
    printer: UUID
    name: str
    language: PrinterLanguage
    settled_at: datetime | None = None

    @property
    def needs_person(self) -> bool:
        return self.state == "failed"


class StorePrinters(msgspec.Struct, frozen=True):
    """One store: its printers, and the networks they may be in."""

    location: str
    store: str
    time_zone: str
    printers: list[Printer]
    networks: list[str] = []


_STORES = """
SELECT l.id AS location, l.name AS store, l.time_zone, coalesce(n.networks, '{}') AS networks,
  coalesce((SELECT jsonb_agg(to_jsonb(p) - 'made_at' ORDER BY lower(p.name)) FROM printer p WHERE p.location = l.id), '[]') AS printers
FROM location l LEFT JOIN printer_network n ON n.location = l.id
WHERE ($1::text[] IS NULL OR l.id = ANY($1)) AND ($2::text IS NULL OR l.id = $2) ORDER BY l.name LIMIT 2000
"""
_JOB = (
    "SELECT j.id, j.location, j.kind, j.source, j.title, j.state, j.code, j.made_at, j.settled_at, j.printer, p.name, p.language"
    " FROM print_job j JOIN printer p ON p.id = j.printer"
)


async def list_stores(
    connection: Connection, locations: tuple[str, ...] | None, location: str | None = None
) -> list[StorePrinters]:
    """Every store of these with its printers; `location` for one alone."""
    rows = await connection.fetch(_STORES, None if locations is None else list(locations), location)
    return [
        msgspec.convert({**dict(row), "printers": msgspec.json.decode(row["printers"])}, StorePrinters) for row in rows
    ]


async def list_jobs(connection: Connection, location: str, now: datetime) -> list[Job]:
    """What did not come out first, then what waits, then what was sent in the last twelve hours; at most 60."""
    rows = await connection.fetch(
        f"{_JOB} WHERE j.location = $1 AND j.made_at > $2 AND j.state <> 'given_up'"
        " ORDER BY array_position('{failed,sending,queued,printed}', j.state), j.made_at DESC LIMIT 60",
        location, now - SHOWN_FOR,
    )  # fmt: skip
    return [msgspec.convert(dict(row), Job) for row in rows]


async def find_job(connection: Connection, job: UUID, locations: tuple[str, ...] | None) -> Job:
    """NotFound `print_job_not_found` when it is none of these places'."""
    row = await connection.fetchrow(
        f"{_JOB} WHERE j.id = $1 AND ($2::text[] IS NULL OR j.location = ANY($2))",
        job,
        None if locations is None else list(locations),
    )
    if row is None:
        raise NotFound("print_job_not_found")
    return msgspec.convert(dict(row), Job)

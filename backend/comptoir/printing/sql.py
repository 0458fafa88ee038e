"""The writes of printers and jobs: named, asked, claimed, settled."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from comptoir.kit.db import Connection, Pool, Tx
from comptoir.kit.errors import Conflict, NotFound
from comptoir.kit.ids import new_id
from comptoir.printing.model import (
    PaperKind,
    Printer,
    PrinterLanguage,
    SavePrinter,
    State,
    fitting,
)

LEASE = timedelta(seconds=60)
KEPT_FOR = timedelta(days=30)
_PRINTER = "id, location, name, host, port, language, media, active, version, last_ok_at, last_failed_at, failure"


class DueJob(msgspec.Struct, frozen=True):
    """A job that is this worker's for a minute, and where it goes."""

    id: UUID
    location: str
    kind: PaperKind
    source: UUID
    title: str
    tries: int
    made_at: datetime
    printer: UUID
    name: str
    host: str
    port: int
    language: PrinterLanguage
    networks: list[str]


async def networks_of(tx: Tx, location: str) -> list[str]:
    """The networks that the store has declared."""
    found = await tx.value("SELECT networks FROM printer_network WHERE location = $1", location)
    return list(found or ())


async def put_networks(tx: Tx, location: str, networks: Sequence[str]) -> None:
    await tx.run(
        "INSERT INTO printer_network (location, networks, declared_by, declared_at) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (location) DO UPDATE SET networks = excluded.networks, declared_by = excluded.declared_by,"
        " declared_at = excluded.declared_at",
        location, list(networks), tx.who, tx.now,
    )  # fmt: skip


async def put_printer(tx: Tx, command: SavePrinter) -> int:
    """The printer's new version. Conflict `name_taken`, `changed_meanwhile`; NotFound `printer_not_found`."""
    if await tx.value(
        "SELECT true FROM printer WHERE location = $1 AND lower(name) = lower($2) AND id <> $3",
        command.location, command.name, command.printer,
    ):  # fmt: skip
        raise Conflict("name_taken")
    fields = (command.name, command.host, command.port, command.language, command.media, command.active)
    if command.version == 0:
        await tx.run(
            "INSERT INTO printer (id, location, made_at, name, host, port, language, media, active)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            command.printer, command.location, tx.now, *fields,
        )  # fmt: skip
        return 1
    found = await tx.value(
        "SELECT version FROM printer WHERE id = $1 AND location = $2 FOR NO KEY UPDATE",
        command.printer,
        command.location,
    )
    if found is None:
        raise NotFound("printer_not_found")
    if found != command.version:
        raise Conflict("changed_meanwhile")
    version: int = await tx.value(
        "UPDATE printer SET name = $2, host = $3, port = $4, language = $5, media = $6, active = $7, version = version + 1,"
        " failure = '' WHERE id = $1 RETURNING version",
        command.printer, *fields,
    )  # fmt: skip
    return version


async def printers_of(connection: Connection, location: str) -> list[Printer]:
    """The store's printers by name."""
    rows = await connection.fetch(
        f"SELECT {_PRINTER} FROM printer WHERE location = $1 ORDER BY lower(name) LIMIT 100", location
    )
    return [msgspec.convert(dict(row), Printer) for row in rows]


async def enqueue(
    tx: Tx, location: str, kind: PaperKind, source: UUID, title: str, language: PrinterLanguage, key: str,
    printer: UUID | None = None,
) -> UUID | None:  # fmt: skip
    """A job for the printer that fits, or for this one; the same key again is the job that there is.

    None when the store has no such printer: the document is there to be opened or downloaded. NotFound `printer_not_found`.
    """
    there: UUID | None = await tx.value("SELECT id FROM print_job WHERE key = $1", key)
    if there is not None:
        return there
    known = await printers_of(tx.connection, location)
    if printer is not None:
        chosen = next((one for one in known if one.id == printer and one.active), None)
        if chosen is None:
            raise NotFound("printer_not_found")
        if chosen.language != language:
            raise Conflict("printer_language", printer=chosen.name)
    else:
        chosen = fitting(known, language, kind)
        if chosen is None:
            return None
    made = new_id()
    await tx.run(
        "INSERT INTO print_job (id, location, printer, kind, source, title, key, made_at, made_by, next_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $8)",
        made, location, chosen.id, kind, source, title, key, tx.now, tx.who,
    )  # fmt: skip
    return made


async def lock_job(tx: Tx, job: UUID, locations: tuple[str, ...] | None) -> Any:
    """The job's row, locked, with its printer's language. NotFound `print_job_not_found`."""
    row = await tx.row(
        "SELECT j.*, p.language FROM print_job j JOIN printer p ON p.id = j.printer"
        " WHERE j.id = $1 AND ($2::text[] IS NULL OR j.location = ANY($2)) FOR NO KEY UPDATE OF j",
        job, None if locations is None else list(locations),
    )  # fmt: skip
    if row is None:
        raise NotFound("print_job_not_found")
    return row


async def give_up(tx: Tx, job: UUID) -> None:
    """Nobody waits for it any more. What is being sent at this moment goes its way."""
    await tx.run(
        "UPDATE print_job SET state = 'given_up', next_at = NULL, settled_at = $2 WHERE id = $1 AND state IN ('queued', 'failed')",
        job,
        tx.now,
    )


_CLAIM = """
WITH next AS (
  SELECT DISTINCT ON (j.printer) j.id FROM print_job j
  WHERE j.state = 'queued' AND j.next_at <= $1 AND NOT EXISTS (SELECT FROM print_job b WHERE b.printer = j.printer AND b.state = 'sending')
  ORDER BY j.printer, j.made_at, j.id LIMIT $2
), mine AS (
  SELECT j.id FROM print_job j JOIN next USING (id) WHERE j.state = 'queued' ORDER BY j.id FOR UPDATE OF j SKIP LOCKED
)
UPDATE print_job j SET state = 'sending', tries = tries + 1, next_at = NULL, claimed_until = $3
FROM mine, printer p WHERE mine.id = j.id AND p.id = j.printer
RETURNING j.id, j.location, j.kind, j.source, j.title, j.tries, j.made_at, j.printer, p.name, p.host, p.port, p.language,
  coalesce((SELECT n.networks FROM printer_network n WHERE n.location = j.location), '{}') AS networks
"""


async def claim(pool: Pool, now: datetime, limit: int) -> list[DueJob]:
    """Up to `limit` jobs that are due, the oldest of each printer that is not busy."""
    rows = await pool.fetch(_CLAIM, now, limit, now + LEASE)
    return [msgspec.convert(dict(row), DueJob) for row in rows]


async def settle(pool: Pool, job: DueJob, state: State, next_at: datetime | None, code: str, now: datetime) -> None:
    """What came of a try, on the job and on its printer."""
    await pool.execute(
        "WITH told AS (UPDATE printer SET last_ok_at = CASE WHEN $3 = 'printed' THEN $6 ELSE last_ok_at END,"
        " last_failed_at = CASE WHEN $3 = 'printed' THEN last_failed_at ELSE $6 END, failure = $5 WHERE id = $2)"
        " UPDATE print_job SET state = $3, next_at = $4, code = $5, claimed_until = NULL,"
        " settled_at = CASE WHEN $3 = 'queued' THEN NULL ELSE $6 END WHERE id = $1 AND state = 'sending'",
        job.id, job.printer, state, next_at, code, now,
    )  # fmt: skip


async def end_cut_off(pool: Pool, now: datetime) -> None:
    """A worker died while it sent: nobody knows what lies in the printer, so a person looks."""
    await pool.execute(
        "UPDATE print_job SET state = 'failed', code = 'cut_off', claimed_until = NULL, settled_at = $1"
        " WHERE state = 'sending' AND claimed_until <= $1",
        now,
    )


async def forget_old(pool: Pool, now: datetime) -> None:
    """Jobs of which nobody asks any more; a bounded number goes each time."""
    await pool.execute(
        "DELETE FROM print_job WHERE id IN (SELECT id FROM print_job WHERE made_at < $1 ORDER BY made_at LIMIT 5000)",
        now - KEPT_FOR,
    )

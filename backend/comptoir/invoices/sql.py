"""The writes of documents: a number is drawn in the transaction that keeps its document, so that none is ever missing."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import msgspec

from comptoir.invoices.model import Content, Held, Piece
from comptoir.kit.bulk import Bulk
from comptoir.kit.db import Tx

UNITS = Bulk("document_unit", number="text", line="smallint", part="smallint", units="int", gross_minor="bigint")

# The counter's row stays locked until the document is committed or forgotten: whoever comes next waits, and takes the number
# that was not used. A date never goes back, whichever of two transactions had looked at its clock first.
_DRAW = (
    "INSERT INTO document_counter AS c (legal_entity, series, year, last, last_date) VALUES ($1, $2, $3, 1, $4)"
    " ON CONFLICT (legal_entity, series, year) DO UPDATE SET last = c.last + 1,"
    " last_date = greatest(c.last_date, excluded.last_date) RETURNING last, last_date"
)


async def draw(tx: Tx, legal_entity: str, series: str, day: date) -> tuple[int, date]:
    """The next number of the entity's series in the day's year, and the document's date."""
    row = await tx.row(_DRAW, legal_entity, series, day.year, day)
    assert row is not None
    return row["last"], row["last_date"]


async def is_made(tx: Tx, order: UUID, cause_seq: int) -> bool:
    """Whether this event of the order has its documents already."""
    return bool(
        await tx.value("SELECT true FROM document WHERE order_id = $1 AND cause_seq = $2 LIMIT 1", order, cause_seq)
    )


async def insert(
    tx: Tx, content: Content, pieces: Sequence[Piece], *, legal_entity: str, series: str, n: int, order: UUID,
    cause_seq: int,
) -> None:  # fmt: skip
    """Keep a document and the units that it counts."""
    await tx.run(
        "INSERT INTO document (number, legal_entity, series, year, n, kind, order_id, cause_seq, cites, issued_on, made_at,"
        " currency, vat_minor, total_minor, content)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15::jsonb)",
        content.number, legal_entity, series, content.issued_on.year, n, content.kind, order, cause_seq,
        content.cites.number if content.cites else None, content.issued_on, tx.now, content.currency, content.vat_minor,
        content.gross_minor, msgspec.json.encode(content).decode(),
    )  # fmt: skip
    await UNITS.insert(tx, [(content.number, *piece.need, piece.units, piece.gross_minor) for piece in pieces])


async def held_of(tx: Tx, order: UUID) -> list[Held]:
    """What the order's invoices hold of each need, and what was taken back of it."""
    rows = await tx.rows(
        "SELECT d.number, d.issued_on, d.legal_entity, u.line, u.part, u.units, u.gross_minor,"
        " coalesce((SELECT sum(t.units) FROM document c JOIN document_unit t ON t.number = c.number"
        "   WHERE c.cites = d.number AND t.line = u.line AND t.part = u.part), 0)::int AS credited,"
        " coalesce((SELECT sum(t.units) FROM document c JOIN document_unit t ON t.number = c.number"
        "   JOIN event e ON e.stream = c.order_id AND e.seq = c.cause_seq AND e.kind = 'return.settled'"
        "   WHERE c.cites = d.number AND t.line = u.line AND t.part = u.part), 0)::int AS returned"
        " FROM document d JOIN document_unit u ON u.number = d.number WHERE d.order_id = $1 AND d.kind = 'invoice'"
        " ORDER BY d.number, u.line, u.part",
        order,
    )
    return [Held(r[0], r[1], r[2], (r[3], r[4]), r[5], r[6], r[7], r[8]) for r in rows]


async def keep_file(tx: Tx, number: str, bytes: bytes, sha256: bytes) -> None:
    """Keep a document's PDF; when there is one already, it stays."""
    await tx.run(
        "INSERT INTO document_file (number, bytes, sha256, drawn_at) VALUES ($1, $2, $3, $4) ON CONFLICT (number) DO NOTHING",
        number, bytes, sha256, tx.now,
    )  # fmt: skip

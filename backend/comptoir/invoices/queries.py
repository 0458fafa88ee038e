"""Reads of documents for doors and mail: the list of an order, one content, one file. Who may see the order is asked before."""

from uuid import UUID

import msgspec

from comptoir.invoices.model import Content, File, Listed
from comptoir.kit.db import Connection

MOST = 100
"""Documents of one order that are listed."""


async def list_documents(connection: Connection, order: UUID) -> list[Listed]:
    """The order's invoices and credit notes, oldest first."""
    rows = await connection.fetch(
        "SELECT number, kind, issued_on, total_minor, vat_minor, trim(currency) AS currency, cites FROM document"
        " WHERE order_id = $1 ORDER BY made_at, number LIMIT $2",
        order, MOST,
    )  # fmt: skip
    return [msgspec.convert(dict(row), Listed) for row in rows]


async def numbers_of(connection: Connection, order: UUID, cause_seq: int) -> list[str]:
    """The invoices that one event of the order led to; what a message about it carries."""
    rows = await connection.fetch(
        "SELECT number FROM document WHERE order_id = $1 AND cause_seq = $2 AND kind = 'invoice' ORDER BY number LIMIT $3",
        order, cause_seq, MOST,
    )  # fmt: skip
    return [row[0] for row in rows]


async def find_order(connection: Connection, number: str) -> UUID | None:
    """The order that a document belongs to; None when there is no such document."""
    found: UUID | None = await connection.fetchval("SELECT order_id FROM document WHERE number = $1", number)
    return found


async def find_content(connection: Connection, number: str) -> Content | None:
    """What a document says."""
    kept = await connection.fetchval("SELECT content FROM document WHERE number = $1", number)
    return None if kept is None else msgspec.json.decode(kept, type=Content)


async def find_file(connection: Connection, number: str) -> File | None:
    """The PDF as it was drawn; None as long as nobody has drawn it."""
    row = await connection.fetchrow(
        "SELECT f.number, d.order_id, f.bytes, encode(f.sha256, 'hex') AS sha256, f.drawn_at FROM document_file f"
        " JOIN document d ON d.number = f.number WHERE f.number = $1",
        number,
    )
    return None if row is None else File(**dict(row))

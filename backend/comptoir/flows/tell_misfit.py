"""What hands told and the work does not know: a line that it does not have, an article that nobody asked for."""

from datetime import datetime
from uuid import UUID

from comptoir.fulfillment import sql
from comptoir.fulfillment.model import Work
from comptoir.kit import codes
from comptoir.kit.actor import Actor
from comptoir.kit.db import Tx


async def article_of(tx: Tx, code: str) -> str | None:
    """The SKU that a scanned code stands for, if we sell it."""
    found: str | None = await tx.value(
        "SELECT coalesce((SELECT sku FROM barcode WHERE code = ANY($1::text[]) LIMIT 1), (SELECT sku FROM sku WHERE sku = ANY($1::text[]) LIMIT 1))",
        spellings(code),
    ) if code else None  # fmt: skip
    return found


def spellings(code: str) -> list[str]:
    """A code as it was read, and as our list of barcodes writes it."""
    return sorted({code.strip(), codes.parse(code).code} - {""})


async def not_in_work(tx: Tx, work: Work, line: int, units: int, code: str, actor: Actor, at: datetime) -> UUID:
    """The manager looks: units were told for a line that the work does not have."""
    return await sql.insert_exception(
        tx, work.location, "line_not_in_work", "store_manager", order=work.order_id, work=work.id, quantity=units,
        body={"line": line, "code": code, "who": actor.who, "at": at},
    )  # fmt: skip

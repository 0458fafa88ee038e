"""What returns are read with."""

import msgspec

from comptoir.kit.db import Connection
from comptoir.returns.reasons import MOST, Reason, overlaid


async def list_reasons(connection: Connection) -> tuple[Reason, ...]:
    """All reasons by place, with head office's words over the built-in ones; hidden ones too (`reasons.offered` leaves them out)."""
    rows = await connection.fetch(
        "SELECT code, fr, en, place, faulty, photo, used FROM reason WHERE subject = 'return' ORDER BY place, code LIMIT $1",
        MOST,
    )
    return overlaid(msgspec.convert(dict(row), Reason) for row in rows)

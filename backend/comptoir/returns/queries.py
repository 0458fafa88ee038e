"""What returns are read with."""

from comptoir.kit import reason_rows
from comptoir.kit.db import Connection
from comptoir.returns.reasons import RETURN, Reason


async def list_reasons(connection: Connection) -> tuple[Reason, ...]:
    """All reasons by place, with head office's words over the built-in ones; hidden ones too (`reasons.offered` leaves them out)."""
    return await reason_rows.list_reasons(connection, RETURN)

"""A payment as the shop that took it tells it later."""

from uuid import UUID

from comptoir.kit.db import Tx


async def tell_payment(tx: Tx, order: UUID, *, provider: str, reference: str, state: str, amount_minor: int) -> None:
    """The order's one payment has gone further: authorized or captured."""
    await tx.run(
        "UPDATE payment SET provider = $2, reference = $3, state = $4, amount_minor = $5, expires_at = NULL,"
        " captured_minor = CASE WHEN $4 = 'captured' THEN $5 ELSE captured_minor END"
        " WHERE order_id = $1 AND reference = (SELECT min(reference) FROM payment WHERE order_id = $1)",
        order, provider, reference, state, amount_minor,
    )  # fmt: skip

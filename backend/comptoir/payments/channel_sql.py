"""A payment as the shop that took it tells it later."""

from uuid import UUID

from comptoir.kit.db import Tx


async def tell_payment(tx: Tx, order: UUID, *, provider: str, reference: str, state: str, amount_minor: int) -> None:
    """The order's one payment has gone further: authorized or captured. Money that was given back since stays given back."""
    await tx.run(
        "UPDATE payment SET provider = $2, reference = $3, amount_minor = $5, expires_at = NULL,"
        " state = CASE WHEN refunded_minor > 0 THEN state ELSE $4 END,"
        " captured_minor = CASE WHEN $4 = 'captured' THEN $5 ELSE captured_minor END,"
        " captured_at = CASE WHEN $4 = 'captured' THEN coalesce(captured_at, $6) ELSE captured_at END"
        " WHERE order_id = $1 AND reference = (SELECT min(reference) FROM payment WHERE order_id = $1)",
        order, provider, reference, state, amount_minor, tx.now,
    )  # fmt: skip

"""The counter lease and the letters that a device can check: rows."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from comptoir.fulfillment.offline_counter import LEASE, Lease, Letters
from comptoir.kit.db import Tx

# One statement, so that of two devices that ask at once exactly one gets it.
_GIVE = """
INSERT INTO counter_lease AS held (location, device, given_at, lease_until) VALUES ($1, $2, $3, $4)
ON CONFLICT (location) DO UPDATE SET device = excluded.device, lease_until = excluded.lease_until,
  given_at = CASE WHEN held.device = excluded.device AND held.lease_until > $3 THEN held.given_at ELSE excluded.given_at END
WHERE $5 OR held.device = excluded.device OR held.lease_until <= $3
"""
_HOLDER = (
    "SELECT c.device, c.lease_until, d.name FROM counter_lease c JOIN device d ON d.id = c.device"
    " WHERE c.location = $1 AND c.lease_until > $2"
)


async def give(tx: Tx, location: str, device: UUID, now: datetime, *, take_over: bool = False) -> Lease:
    """Give or renew the lease where it is free, expired or this device's own, or in any case with `take_over`."""
    await tx.run(_GIVE, location, device, now, now + LEASE, take_over)
    held = await holder(tx, location, device, now)
    assert held is not None
    return held


async def holder(tx: Tx, location: str, device: UUID | None, now: datetime) -> Lease | None:
    """Who holds the counter now; None when nobody does."""
    row = await tx.row(_HOLDER, location, now)
    return Lease(row["device"] == device, row["lease_until"], row["name"]) if row else None


async def end(tx: Tx, location: str, device: UUID, now: datetime) -> None:
    """The device gives the counter back."""
    await tx.run(
        "UPDATE counter_lease SET lease_until = $3 WHERE location = $1 AND device = $2 AND lease_until > $3",
        location, device, now,
    )  # fmt: skip


async def keep_letters(tx: Tx, location: str, made: Sequence[tuple[Letters, bytes]]) -> None:
    """Keep what was worked out, so that it is worked out once for each pass."""
    await tx.run(
        "INSERT INTO offline_letters (order_id, location, generation, salt, hash)"
        " SELECT o, $1, g, s, h FROM unnest($2::uuid[], $3::int[], $4::uuid[], $5::bytea[]) AS m (o, g, s, h)"
        " ON CONFLICT (order_id, location) DO UPDATE SET generation = excluded.generation, salt = excluded.salt, hash = excluded.hash",
        location, [p.order for p, _ in made], [p.generation for p, _ in made], [p.salt for p, _ in made], [h for _, h in made],
    )  # fmt: skip

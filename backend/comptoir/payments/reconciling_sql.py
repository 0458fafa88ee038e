"""Days of accounts that were compared with their provider's list, and what did not agree."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from comptoir.kit.db import Connection, Tx
from comptoir.kit.errors import NotFound
from comptoir.kit.ids import new_id
from comptoir.payments.reconciling import Mismatch, Ours

DAYS: Final = 14
"""How far back a day that could not be compared is made up for."""

_OURS: Final = "id, key, coalesce(provider_ref, '') AS reference, amount_minor, state <> 'failed' AS gone"


async def open_days(connection: Connection, today: date) -> list[tuple[str, date]]:
    """(account, day) of days that are over and were not compared, oldest first."""
    rows = await connection.fetch(
        "SELECT a.id, d.day::date AS day FROM payment_account a CROSS JOIN LATERAL generate_series(greatest((a.since AT TIME ZONE 'UTC')::date, $1::date - $2::int),"
        "   $1::date - 1, interval '1 day') AS d (day)"
        " WHERE a.active AND a.kind <> 'manual' AND NOT EXISTS (SELECT FROM payment_checked c WHERE c.account = a.id AND c.day = d.day::date)"
        " ORDER BY d.day, a.id LIMIT 50",
        today, DAYS,
    )  # fmt: skip
    return [(row["id"], row["day"]) for row in rows]


async def ours_of(connection: Connection, account: str, since: datetime) -> list[Ours]:
    """Refunds that this provider answered within the day that begins at `since`; what a person did is not on their list."""
    rows = await connection.fetch(
        f"SELECT {_OURS} FROM payment_part WHERE account = $1 AND kind = 'refund' AND sent_at >= $2 AND sent_at < $3 AND state IN ('sent', 'confirmed')"
        " AND coalesce(settled_by, 'system') = 'system' ORDER BY sent_at LIMIT 100000",
        account, since, since + timedelta(days=1),
    )  # fmt: skip
    return [Ours(*row) for row in rows]


async def known(connection: Connection, account: str, references: Sequence[str], keys: Sequence[UUID]) -> list[Ours]:
    """Whatever we have under these references and keys."""
    rows = await connection.fetch(
        f"SELECT {_OURS} FROM payment_part WHERE (account = $1 AND provider_ref = ANY($2)) OR key = ANY($3)",
        account, list(references), list(keys),
    )  # fmt: skip
    return [Ours(*row) for row in rows]


async def keep_day(tx: Tx, account: str, day: date, ours: int, theirs: int, found: Sequence[Mismatch]) -> int:
    """The day was compared; how many differences are new."""
    await tx.run(
        "INSERT INTO payment_checked (account, day, at, ours, theirs) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (account, day) DO UPDATE SET at = excluded.at, ours = excluded.ours, theirs = excluded.theirs",
        account, day, tx.now, ours, theirs,
    )  # fmt: skip
    new = 0
    for one in found:
        done = await tx.run(
            "INSERT INTO payment_mismatch (id, account, day, kind, provider_ref, part, ours_minor, theirs_minor, found_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (account, kind, provider_ref) DO NOTHING",
            new_id(), account, day, one.kind, one.reference, one.part, one.ours_minor, one.theirs_minor, tx.now,
        )  # fmt: skip
        new += int(done.split()[-1])
    return new


async def settle_mismatch(tx: Tx, mismatch: UUID, note: str) -> Any:
    """A person has looked. NotFound `mismatch_not_found`, also when somebody else has."""
    done = await tx.value(
        "UPDATE payment_mismatch SET settled_at = $2, settled_by = $3, note = $4 WHERE id = $1 AND settled_at IS NULL RETURNING provider_ref",
        mismatch, tx.now, tx.who, note,
    )  # fmt: skip
    if done is None:
        raise NotFound("mismatch_not_found")
    return done

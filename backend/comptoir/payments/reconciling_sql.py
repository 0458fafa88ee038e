"""Days of accounts that were compared with their provider's list, and what did not agree."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from comptoir.kit.db import Connection, Tx
from comptoir.kit.errors import NotFound
from comptoir.kit.ids import new_id
from comptoir.payments.reconciling import Mismatch, OurPayment, Ours

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


# A payment belongs to the account that would be asked for it. Several payments of a shop's order are one there.
_PAYMENT: Final = """
SELECT p.order_id, CASE WHEN $2 THEN o.external_id ELSE p.reference END AS payment, sum(p.captured_minor)::bigint AS captured_minor,
  coalesce(sum(p.amount_minor) FILTER (WHERE p.state = 'authorized'), 0)::bigint AS authorized_minor, bool_and(p.state = 'voided') AS voided,
  bool_or(EXISTS (SELECT FROM payment_part q WHERE q.order_id = p.order_id AND q.reference = p.reference AND q.kind <> 'refund'
    AND q.state IN ('calling', 'unknown'))) AS busy
FROM payment p JOIN sales_order o ON o.id = p.order_id
WHERE p.provider NOT IN ('exchange', 'store_credit') AND p.state NOT IN ('pending', 'failed') AND {which} GROUP BY 1, 2
HAVING CASE WHEN $2 THEN max(o.external_id) ELSE min(p.reference) END IS NOT NULL
"""
_MOVED: Final = """p.order_id IN (
    SELECT order_id FROM payment WHERE captured_at >= $3 AND captured_at < $4
    UNION SELECT f.order_id FROM sales_order s JOIN payment f ON f.order_id = s.id AND f.captured_at IS NULL AND f.captured_minor > 0
      WHERE s.received_at >= $3 AND s.received_at < $4
    UNION SELECT order_id FROM payment_part WHERE kind <> 'refund' AND (account = $1 OR account IS NULL) AND sent_at >= $3 AND sent_at < $4)
  AND $1 = (SELECT a.id FROM payment_account a WHERE a.active AND a.since <= coalesce(p.captured_at, o.received_at)
    AND (a.channel IS NULL OR a.channel = o.channel) AND (a.provider IS NULL OR a.provider = p.provider)
    ORDER BY a.channel IS NULL, a.provider IS NULL, a.id LIMIT 1)"""
_NAMED: Final = """CASE WHEN $2 THEN o.external_id = ANY($3::text[]) AND (SELECT a.channel IS NULL OR a.channel = o.channel FROM payment_account a WHERE a.id = $1)
    ELSE p.reference = ANY($3::text[]) END"""


async def payments_of(connection: Connection, account: str, by_order: bool, since: datetime) -> list[OurPayment]:
    """Payments of which we captured or let something go within the day that begins at `since`, or that came captured."""
    rows = await connection.fetch(
        _PAYMENT.replace("{which}", _MOVED), account, by_order, since, since + timedelta(days=1)
    )
    return [OurPayment(*row) for row in rows]


async def payments_named(
    connection: Connection, account: str, by_order: bool, names: Sequence[str]
) -> list[OurPayment]:
    """Whatever we have of these payments, as they stand now."""
    rows = await connection.fetch(_PAYMENT.replace("{which}", _NAMED), account, by_order, list(names))
    return [OurPayment(*row) for row in rows]


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
            "INSERT INTO payment_mismatch (id, account, day, kind, provider_ref, part, ours_minor, theirs_minor, found_at, what, order_id)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (account, kind, provider_ref) DO UPDATE SET what = excluded.what,"
            " day = excluded.day, ours_minor = excluded.ours_minor, theirs_minor = excluded.theirs_minor, found_at = excluded.found_at,"
            " settled_at = NULL, settled_by = NULL, note = NULL WHERE payment_mismatch.what <> excluded.what",
            new_id(), account, day, one.kind, one.reference, one.part, one.ours_minor, one.theirs_minor, tx.now, one.what, one.order,
        )  # fmt: skip
        new += int(done.split()[-1])
    # What went further at the provider is looked at and taken over, payment by payment.
    await tx.run(
        "UPDATE payment SET look_at = $2 WHERE order_id = ANY($1::uuid[]) AND state IN ('pending', 'authorized', 'captured') AND look_at IS NULL",
        [one.order for one in found if one.kind != "missing_there" and one.order is not None], tx.now,
    )  # fmt: skip
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

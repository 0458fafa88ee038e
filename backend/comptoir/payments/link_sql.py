"""Links to pay on file: wished for, claimed in sets by one worker each, closed when nobody awaits their money any more."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from comptoir.kit.db import Connection, Tx
from comptoir.kit.ids import new_id
from comptoir.payments.links import MAKERS, PAY_LINK, Next, PayLink, ends_at

_LINK: Final = "id, order_id, reference, account, amount_minor, state, url, provider_ref, tries, made_at, expires_at"
CALL_LIMIT: Final = timedelta(seconds=90)

_ACCOUNT: Final = (
    "SELECT id, kind FROM payment_account WHERE active AND since <= $3 AND (channel IS NULL OR channel = $1) AND (provider IS NULL OR provider = $2)"
    " ORDER BY channel IS NULL, provider IS NULL, id LIMIT 1"
)
# Awaited: the payment is still expected, and its order is held for it.
_AWAITED: Final = (
    "EXISTS (SELECT FROM payment p JOIN order_hold h ON h.order_id = p.order_id AND h.reason = 'payment' AND h.released_at IS NULL"
    " WHERE p.order_id = l.order_id AND p.reference = l.reference AND p.state = 'pending' AND p.amount_minor = l.amount_minor)"
)


async def wish(tx: Tx, order: UUID, reference: str, amount_minor: int, until: datetime | None) -> UUID | None:
    """Ask for a link, where the account that this money would come by can make one; None: the till is the way."""
    channel = await tx.value("SELECT channel FROM sales_order WHERE id = $1", order)
    account = await tx.row(_ACCOUNT, channel, PAY_LINK, tx.now)
    ends = ends_at(until, tx.now)
    if account is None or account["kind"] not in MAKERS or ends is None or amount_minor <= 0:
        return None
    made = new_id()
    await tx.run(
        "INSERT INTO pay_link (id, order_id, reference, account, amount_minor, state, next_at, made_at, expires_at)"
        " VALUES ($1, $2, $3, $4, $5, 'due', $6, $6, $7) ON CONFLICT DO NOTHING",
        made, order, reference, account["id"], amount_minor, tx.now, ends,
    )  # fmt: skip
    return made


async def wish_again(tx: Tx, order: UUID, reference: str, amount_minor: int) -> UUID | None:
    """Another link in place of one that is over, for as long as the order is kept. One that may still be paid has to be closed first."""
    live = await tx.value(
        "SELECT true FROM pay_link WHERE order_id = $1 AND reference = $2 AND state IN ('due', 'open', 'closing')", order, reference
    )  # fmt: skip
    if live:
        return None
    until = await tx.value(
        "SELECT until FROM order_hold WHERE order_id = $1 AND reason = 'payment' AND released_at IS NULL", order
    )
    return await wish(tx, order, reference, amount_minor, until)


async def close_of(tx: Tx, order: UUID) -> None:
    """Nobody is to pay by the order's links any more."""
    await tx.run(
        "UPDATE pay_link SET state = CASE WHEN state = 'due' THEN 'closed' ELSE 'closing' END,"
        " next_at = CASE WHEN state = 'due' THEN NULL ELSE $2::timestamptz END WHERE order_id = $1 AND state IN ('due', 'open')",
        order, tx.now,
    )  # fmt: skip


async def claim(tx: Tx, most: int) -> list[PayLink]:
    """Links that are to be made, looked at or closed, ours until the call's limit. Those whose money nobody awaits are closed."""
    await tx.run(
        "UPDATE pay_link l SET state = CASE WHEN state = 'due' THEN 'closed' ELSE 'closing' END,"
        f" next_at = CASE WHEN state = 'due' THEN NULL ELSE $1::timestamptz END WHERE l.state IN ('due', 'open') AND NOT {_AWAITED}",
        tx.now,
    )
    rows = await tx.rows(
        "WITH next AS (SELECT id FROM pay_link WHERE state IN ('due', 'open', 'closing') AND next_at <= $1 ORDER BY next_at, id LIMIT $2"
        " FOR UPDATE SKIP LOCKED)"
        f" UPDATE pay_link l SET tries = tries + 1, next_at = $3 FROM next n WHERE l.id = n.id RETURNING {_LINK.replace('id,', 'l.id,', 1)}",
        tx.now, most, tx.now + CALL_LIMIT,
    )  # fmt: skip
    return [PayLink(**dict(row)) for row in rows]


async def lock(tx: Tx, link: UUID) -> PayLink | None:
    """A link, locked after its order."""
    order = await tx.value("SELECT order_id FROM pay_link WHERE id = $1", link)
    await tx.run("SELECT FROM sales_order WHERE id = $1 FOR NO KEY UPDATE", order)
    row = await tx.row(f"SELECT {_LINK} FROM pay_link WHERE id = $1 FOR NO KEY UPDATE", link)
    return PayLink(**dict(row)) if row else None


async def keep(tx: Tx, link: UUID, after: Next) -> None:
    """What a link is from now on."""
    await tx.run(
        "UPDATE pay_link SET state = $2, next_at = $3, provider_ref = coalesce($4, provider_ref), url = coalesce($5, url), problem = $6 WHERE id = $1",
        link, after.state, after.next_at, after.reference, after.url, after.problem,
    )  # fmt: skip


async def look_at_once(tx: Tx, account: str, references: Sequence[str]) -> None:
    """The provider speaks of these: they are looked at with the next round."""
    await tx.run(
        "UPDATE pay_link SET next_at = $3 WHERE account = $1 AND provider_ref = ANY($2::text[]) AND state IN ('open', 'closing')",
        account, list(references), tx.now,
    )  # fmt: skip


async def ask_facts(connection: Connection, order: UUID) -> Any:
    """An order's number, currency and language, for whoever makes its link."""
    return await connection.fetchrow(
        "SELECT number, trim(currency) AS currency, language FROM sales_order WHERE id = $1", order
    )

"""Intentions that are due, their parts, and what became of them; claimed in sets, one worker each."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec

from comptoir.kit.db import Connection, Tx
from comptoir.kit.errors import NotFound
from comptoir.kit.ids import new_id
from comptoir.payments.executing import CALL_LIMIT, After, Part
from comptoir.payments.model import ASKS, Ask, Kind
from comptoir.payments.splitting import Held, Share

_PART: Final = "id, intention, order_id, reference, kind, amount_minor, account, state, key, tries, made_at, provider_ref, problem, sent_at"

# Hardly anything is due before it is intended: what was due long before the oldest account is never looked at. A void is begun when nothing of what is authorized is wanted any more, or nothing is left to let go.
_DUE: Final = """
SELECT i.id, i.order_id, i.kind, i.amount_minor, i.intended_at, o.channel FROM payment_intention i JOIN sales_order o ON o.id = i.order_id
WHERE i.state = 'intended' AND i.begun_at IS NULL AND i.due_at <= $1
  AND i.due_at >= (SELECT min(since) FROM payment_account WHERE active AND kind <> 'manual') - interval '7 days'
  AND EXISTS (SELECT FROM payment_account a WHERE a.active AND a.kind <> 'manual' AND (a.channel IS NULL OR a.channel = o.channel) AND a.since <= i.intended_at)
  AND (i.kind <> 'void' OR coalesce((SELECT sum(p.amount_minor) FROM payment p WHERE p.order_id = i.order_id AND p.state = 'authorized' AND p.provider <> 'exchange'), 0)
    <= (SELECT sum(v.amount_minor) FROM payment_intention v WHERE v.order_id = i.order_id AND v.kind = 'void' AND v.state = 'intended'))
ORDER BY i.due_at, i.id LIMIT $2 FOR NO KEY UPDATE OF o, i SKIP LOCKED
"""

_DUE_ON_CREDIT: Final = """
SELECT i.id, i.order_id, i.kind, i.amount_minor, i.intended_at, o.channel FROM payment_intention i JOIN sales_order o ON o.id = i.order_id
WHERE i.state = 'intended' AND i.begun_at IS NULL AND i.due_at <= $1 AND i.kind = 'refund'
  AND i.order_id IN (SELECT u.order_id FROM credit_use u WHERE u.order_id IS NOT NULL)
ORDER BY i.due_at, i.id LIMIT $2 FOR NO KEY UPDATE OF o, i SKIP LOCKED
"""
"""What a credit of ours had paid needs nobody's account to go back to it."""

_HELD: Final = """
SELECT p.reference, p.provider, p.captured_at, o.placed_at, p.state = 'authorized' AS whole,
  CASE WHEN p.state IN ('authorized', 'captured') THEN p.amount_minor - p.captured_minor - coalesce(s.taken, 0) ELSE 0 END AS authorized_minor,
  p.captured_minor - p.refunded_minor - coalesce(s.given, 0) AS captured_minor
FROM payment p JOIN sales_order o ON o.id = p.order_id
LEFT JOIN (SELECT q.reference, sum(q.amount_minor) FILTER (WHERE q.kind <> 'refund')::bigint AS taken, sum(q.amount_minor) FILTER (WHERE q.kind = 'refund')::bigint AS given
  FROM payment_part q JOIN payment_intention i ON i.id = q.intention AND i.state <> 'withdrawn'
  WHERE q.order_id = $1 AND q.state NOT IN ('sent', 'confirmed') GROUP BY q.reference) s USING (reference)
WHERE p.order_id = $1 AND p.provider <> 'exchange' ORDER BY p.reference FOR NO KEY UPDATE OF p
"""
"""What an exchange paid with is no money of this order: it lies where it was captured."""


class DueIntention(NamedTuple):
    """An intention that nobody has begun; its order is locked."""

    id: UUID
    order_id: UUID
    kind: Kind
    amount_minor: int
    intended_at: datetime
    channel: str


async def due(tx: Tx, most: int) -> list[DueIntention]:
    """Intentions that are due and have somebody to carry them out, with their orders locked; those that others hold are left to them."""
    return [DueIntention(*row) for row in await tx.rows(_DUE, tx.now, most)]


async def due_on_credit(tx: Tx, most: int) -> list[DueIntention]:
    """The same, of orders that were paid with credit of ours."""
    return [DueIntention(*row) for row in await tx.rows(_DUE_ON_CREDIT, tx.now, most)]


async def held(tx: Tx, order: UUID) -> list[Held]:
    """The order's payments with what is free on each, locked."""
    return [
        Held(
            row["reference"], row["provider"], row["authorized_minor"], row["captured_minor"],
            row["captured_at"] or row["placed_at"], row["whole"],
        )
        for row in await tx.rows(_HELD, order)
    ]  # fmt: skip


async def account_for(tx: Tx, channel: str, provider: str, intended_at: datetime) -> str | None:
    """Who carries out what was intended then, for a payment of this provider from this channel; None: a person.

    The most particular account counts: of channel and provider, then of the channel, then of the provider.
    """
    found: str | None = await tx.value(
        "SELECT CASE kind WHEN 'manual' THEN NULL ELSE id END FROM payment_account WHERE active AND since <= $3"
        " AND (channel IS NULL OR channel = $1) AND (provider IS NULL OR provider = $2)"
        " ORDER BY channel IS NULL, provider IS NULL, id LIMIT 1",
        channel, provider, intended_at,
    )  # fmt: skip
    return found


async def insert_parts(
    tx: Tx, intention: UUID, order: UUID, kind: str, shares: Sequence[tuple[Share, str | None]]
) -> None:
    """What of an intention each payment bears, and who is asked for it (None: a person)."""
    await tx.run("UPDATE payment_intention SET begun_at = $2 WHERE id = $1", intention, tx.now)
    for n, (share, account) in enumerate(shares, 1):
        made = new_id()
        # The key of the first part is the intention's own id.
        await tx.run(
            "INSERT INTO payment_part (id, intention, n, order_id, reference, kind, amount_minor, account, state, key, next_at, made_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
            made, intention, n, order, share.reference, kind, share.amount_minor, account, "due" if account else "by_hand",
            intention if n == 1 else made, tx.now if account else None, tx.now,
        )  # fmt: skip


async def claim(tx: Tx, most: int) -> list[Part]:
    """Parts that are due, to be called or looked for, ours until the call's limit. A call that nobody came back from is looked for."""
    await tx.run(
        "UPDATE payment_part SET state = 'unknown', problem = 'lost', next_at = $1 WHERE id IN"
        " (SELECT id FROM payment_part WHERE state = 'calling' AND called_at <= $2 ORDER BY called_at LIMIT $3 FOR UPDATE SKIP LOCKED)",
        tx.now, tx.now - CALL_LIMIT, most,
    )  # fmt: skip
    rows = await tx.rows(
        "WITH next AS (SELECT id FROM payment_part WHERE state IN ('due', 'unknown', 'sent') AND next_at <= $1"
        "   ORDER BY next_at, id LIMIT $2 FOR UPDATE SKIP LOCKED)"
        " UPDATE payment_part p SET state = CASE state WHEN 'due' THEN 'calling' ELSE state END, called_at = $1, tries = tries + 1,"
        f" next_at = $3 FROM next n WHERE p.id = n.id RETURNING {_PART.replace('id,', 'p.id,', 1)}",
        tx.now, most, tx.now + CALL_LIMIT,
    )  # fmt: skip
    return [read_part(row) for row in rows]


async def lock_part(tx: Tx, part: UUID) -> Part:
    """A part, locked after its order. NotFound `payment_part_not_found`."""
    order = await tx.value("SELECT order_id FROM payment_part WHERE id = $1", part)
    if order is None:
        raise NotFound("payment_part_not_found")
    await lock_order(tx, order)
    row = await tx.row(f"SELECT {_PART} FROM payment_part WHERE id = $1 FOR NO KEY UPDATE", part)
    assert row is not None
    return read_part(row)


async def lock_order(tx: Tx, order: UUID) -> None:
    """Whatever moves an order's money holds its row."""
    await tx.run("SELECT FROM sales_order WHERE id = $1 FOR NO KEY UPDATE", order)


async def parts_of(tx: Tx, intention: UUID) -> list[Part]:
    """An intention's parts, locked."""
    rows = await tx.rows(
        f"SELECT {_PART} FROM payment_part WHERE intention = $1 ORDER BY n FOR NO KEY UPDATE", intention
    )
    return [read_part(row) for row in rows]


async def settle_part(tx: Tx, part: Part, after: After) -> None:
    """Write what a part is from now on."""
    went = after.state in ("sent", "confirmed")
    await tx.run(
        "UPDATE payment_part SET state = $2, next_at = $3, provider_ref = coalesce($4, provider_ref), problem = $5, words = $6,"
        " sent_at = CASE WHEN $7 THEN coalesce(sent_at, $8) ELSE sent_at END,"
        " settled_at = CASE WHEN $2 IN ('confirmed', 'failed') THEN $8::timestamptz END,"
        " settled_by = CASE WHEN $2 IN ('confirmed', 'failed') THEN $9::text END WHERE id = $1",
        part.id, after.state, after.next_at, after.reference, after.problem, after.words or None, went, tx.now, tx.who,
    )  # fmt: skip


async def renew_part(tx: Tx, part: UUID, key: UUID, account: str, after: After) -> None:
    """A person lets it be tried again, from the beginning of its life."""
    await tx.run(
        "UPDATE payment_part SET state = $2, next_at = $3, key = $4, account = $5, made_at = $3, tries = tries + 1,"
        " settled_at = NULL, settled_by = NULL WHERE id = $1",
        part, after.state, after.next_at, key, account,
    )  # fmt: skip


async def move_money(tx: Tx, part: Part, sign: int) -> None:
    """The payment's own figures, when a part has gone (`sign` 1) or came back (-1)."""
    minor = sign * part.amount_minor
    if part.kind == "refund":
        await tx.run(
            "UPDATE payment SET refunded_minor = refunded_minor + $3, state = CASE WHEN refunded_minor + $3 = 0 THEN 'captured'"
            " WHEN refunded_minor + $3 = captured_minor THEN 'refunded' ELSE 'part_refunded' END WHERE order_id = $1 AND reference = $2",
            part.order_id, part.reference, minor,
        )  # fmt: skip
    elif part.kind == "capture":
        await tx.run(
            "UPDATE payment SET captured_minor = captured_minor + $3, captured_at = coalesce(captured_at, $4),"
            " state = CASE WHEN captured_minor + $3 = 0 THEN 'authorized' ELSE 'captured' END"
            " WHERE order_id = $1 AND reference = $2 AND captured_minor + $3 <= amount_minor",
            part.order_id, part.reference, minor, tx.now,
        )  # fmt: skip
    elif sign > 0:
        await tx.run(
            "UPDATE payment SET state = 'voided' WHERE order_id = $1 AND reference = $2 AND captured_minor = 0 AND state = 'authorized'"
            " AND amount_minor <= (SELECT sum(p.amount_minor) FROM payment_part p WHERE p.order_id = $1 AND p.reference = $2"
            "   AND p.kind = 'void' AND p.state IN ('sent', 'confirmed'))",
            part.order_id, part.reference,
        )  # fmt: skip


async def lock_intention(tx: Tx, intention: UUID) -> Any:
    """An intention's row, locked after its order. NotFound `intention_not_found`."""
    order = await tx.value("SELECT order_id FROM payment_intention WHERE id = $1", intention)
    if order is None:
        raise NotFound("intention_not_found")
    await lock_order(tx, order)
    return await tx.row(
        "SELECT i.id, i.order_id, i.kind, i.amount_minor, i.state, i.intended_at, i.sent_at, o.channel FROM payment_intention i"
        " JOIN sales_order o ON o.id = i.order_id WHERE i.id = $1 FOR NO KEY UPDATE OF i",
        intention,
    )


async def set_standing(tx: Tx, intention: UUID, state: str) -> None:
    """An intention's state, and since when it has gone; what came back has not."""
    await tx.run(
        "UPDATE payment_intention SET state = $2, begun_at = coalesce(begun_at, $3),"
        " sent_at = CASE WHEN $2 IN ('sent', 'confirmed') THEN coalesce(sent_at, $3::timestamptz) END,"
        " settled_at = CASE WHEN $2 IN ('confirmed', 'failed') THEN $3::timestamptz END WHERE id = $1",
        intention,
        state,
        tx.now,
    )


async def refuse_account(tx: Tx, account: str, why: str) -> None:
    """The provider does not know us any more: head office must look at the key."""
    await tx.run(
        "UPDATE payment_account SET refused_at = coalesce(refused_at, $2), refused_words = $3 WHERE id = $1",
        account, tx.now, why,
    )  # fmt: skip


async def trust_account(tx: Tx, account: str) -> None:
    """The provider answers with our key."""
    await tx.run(
        "UPDATE payment_account SET refused_at = NULL, refused_words = NULL WHERE id = $1 AND refused_at IS NOT NULL",
        account,
    )


async def parts_named(tx: Tx, account: str, references: Sequence[str]) -> list[UUID]:
    """Parts of an account that have gone, or may have, on these payments or under these references.

    What a person did, or somebody else's capture, carries no mark of ours there: a look would not find it.
    """
    rows = await tx.rows(
        "SELECT id FROM payment_part WHERE account = $1 AND (provider_ref = ANY($2::text[]) OR reference = ANY($2::text[]))"
        " AND state IN ('unknown', 'sent', 'confirmed') AND coalesce(settled_by, 'system') = 'system' AND problem IS DISTINCT FROM 'captured_elsewhere'"
        " ORDER BY order_id, id LIMIT 100",
        account, list(references),
    )  # fmt: skip
    return [row["id"] for row in rows]


async def look_at_once(tx: Tx, part: UUID) -> None:
    """What was confirmed is only sent until it was looked at again."""
    await tx.run(
        "UPDATE payment_part SET state = CASE state WHEN 'confirmed' THEN 'sent' ELSE state END, next_at = $2 WHERE id = $1"
        " AND state IN ('unknown', 'sent', 'confirmed')",
        part, tx.now,
    )  # fmt: skip


async def stuck(tx: Tx, before: datetime, most: int) -> list[Any]:
    """Intentions that somebody has begun and that have neither gone nor been told of to a manager: failed, or due before `before`."""
    return await tx.rows(
        "SELECT i.id, i.order_id, i.kind, i.amount_minor, i.state, (SELECT coalesce((SELECT w.location FROM work w WHERE w.order_id = i.order_id"
        "   ORDER BY w.created_at LIMIT 1), (SELECT l.location FROM order_line l WHERE l.order_id = i.order_id AND l.location IS NOT NULL LIMIT 1))) AS location"
        " FROM payment_intention i WHERE i.begun_at IS NOT NULL AND (i.state = 'failed' OR (i.state = 'intended' AND i.due_at <= $1))"
        " AND NOT EXISTS (SELECT FROM exception e WHERE e.order_id = i.order_id AND e.kind = 'money_stuck' AND e.body->>'intention' = i.id::text"
        "   AND e.resolved_at IS NULL) ORDER BY i.due_at, i.id LIMIT $2",
        before, most,
    )  # fmt: skip


async def unstick(tx: Tx, order: UUID, intention: UUID) -> None:
    """It has gone after all: nobody needs to look."""
    await tx.run(
        "UPDATE exception SET resolved_at = $3, resolved_by = $4, resolution = 'put_right' WHERE order_id = $1 AND kind = 'money_stuck'"
        " AND body->>'intention' = $2 AND resolved_at IS NULL",
        order, str(intention), tx.now, tx.who,
    )  # fmt: skip


_ASK: Final = """
SELECT p.kind, p.key, p.reference AS payment, p.amount_minor, trim(o.currency) AS currency, coalesce(o.external_id, '') AS shop_order, o.number,
  ARRAY(SELECT s.provider_ref FROM payment_part s WHERE s.order_id = p.order_id AND s.reference = p.reference AND s.id <> p.id AND s.provider_ref IS NOT NULL LIMIT 100) AS known
FROM payment_part p JOIN sales_order o ON o.id = p.order_id WHERE p.id = $1
"""


async def read_ask(connection: Connection, part: UUID) -> Ask:
    """A part as its provider is asked for it."""
    row = await connection.fetchrow(_ASK, part)
    assert row is not None
    return msgspec.convert(
        {k: v for k, v in row.items() if k != "kind"} | {"known": tuple(row["known"])}, ASKS[row["kind"]]
    )


def read_part(row: Any) -> Part:
    return Part(**dict(row))

"""What is given back for units that never came to the customer, or were refused at the counter, is kept line by line, as returns keep it.

So that I4 counts both together: for no line and for no delivery more than it cost, whatever is canceled and returned in whatever order.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from comptoir.kit.db import Tx
from comptoir.payments import sql as payments_sql
from comptoir.returns.refunding import DELIVERY, gross_shares, within

# What lines and delivery cost, VAT included; the delivery is line 0. What of each was given back already.
_COSTS: Final = """
SELECT c.line, c.cost - coalesce((SELECT sum(f.amount_minor) FROM refund_line f WHERE f.order_id = $1 AND f.line = c.line), 0)::bigint AS left_minor
FROM (SELECT l.line, l.total_minor + CASE WHEN o.total_minor = o.goods_minor - o.discount_minor + o.shipping_minor THEN 0 ELSE l.vat_minor END AS cost
  FROM order_line l JOIN sales_order o ON o.id = l.order_id WHERE l.order_id = $1
  UNION ALL SELECT 0, o.shipping_minor + CASE WHEN o.total_minor = o.goods_minor - o.discount_minor + o.shipping_minor THEN 0
    ELSE greatest(0, o.vat_minor - (SELECT sum(l.vat_minor) FROM order_line l WHERE l.order_id = o.id)) END FROM sales_order o WHERE o.id = $1) c
"""
_SHARES: Final = """
SELECT r.line, r.part, r.share_minor, l.total_minor,
  CASE WHEN o.total_minor = o.goods_minor - o.discount_minor + o.shipping_minor THEN 0 ELSE l.vat_minor END AS vat_beside_minor
FROM requirement r JOIN order_line l ON l.order_id = r.order_id AND l.line = r.line JOIN sales_order o ON o.id = r.order_id
WHERE r.order_id = $1 ORDER BY r.line, r.part
"""


async def shares_of(tx: Tx, order: UUID) -> dict[tuple[int, int], int]:
    """(line, part) -> what all units of a need cost, VAT included also where a shop adds it at the end."""
    by_line: dict[int, list[Any]] = {}
    for row in await tx.rows(_SHARES, order):
        by_line.setdefault(row["line"], []).append(row)
    return {
        (line, row["part"]): share
        for line, rows in by_line.items()
        for row, share in zip(
            rows,
            gross_shares(rows[0]["total_minor"], rows[0]["vat_beside_minor"], [row["share_minor"] for row in rows]),
            strict=True,
        )
    }


async def left_by_line(tx: Tx, order: UUID) -> dict[int, int]:
    """Line -> what it cost less what was given back for it; line 0 is the delivery."""
    return {row["line"]: max(0, row["left_minor"]) for row in await tx.rows(_COSTS, order)}


async def give_lines(
    tx: Tx, order: UUID, lines: Mapping[int, int], units: Mapping[int, int], reason: str, cause: UUID, due_at: datetime
) -> tuple[str | None, int]:
    """Intend to give `lines` (line -> minor units) back and keep them under `cause`; the kind that is intended, and the amount asked for.

    The order is locked. Never more for a line than is left of it, and what the order's money does not reach for is not kept either.
    """
    most = await left_by_line(tx, order)
    wanted = {line: min(minor, most.get(line, 0)) for line, minor in lines.items()}
    given = await payments_sql.give_back(tx, order, sum(wanted.values()), reason, cause, due_at)
    goods = within({line: minor for line, minor in wanted.items() if line != DELIVERY}, given.total_minor)
    kept = goods | {DELIVERY: min(wanted.get(DELIVERY, 0), given.total_minor - sum(goods.values()))}
    for line, minor in sorted(kept.items()):
        if minor:
            await tx.run(
                "INSERT INTO refund_line (order_id, cause, line, units, amount_minor, at) VALUES ($1, $2, $3, $4, $5, $6)"
                " ON CONFLICT (order_id, cause, line) DO UPDATE SET units = refund_line.units + excluded.units,"
                " amount_minor = refund_line.amount_minor + excluded.amount_minor",
                order, cause, line, units.get(line, 0), minor, tx.now,
            )  # fmt: skip
    return ("refund" if given.refund_minor else "void" if given.void_minor else None), sum(wanted.values())


async def keep_lines(tx: Tx, order: UUID, lines: Mapping[int, int], reasons: Iterable[str]) -> None:
    """What was only intended to be given back for these lines is not; the rest of it stays intended, under the same cause.

    What somebody has begun to give stays given, by its lines too.
    """
    rows = await tx.rows(_INTENDED, order, list(reasons))
    held = Counter({row["id"]: row["amount_minor"] for row in rows})
    left = dict(lines)
    for cause, line, minor in await tx.rows(_KEPT, order, [row["cause"] for row in rows], list(lines)):
        kept = minor
        for one in rows:
            taken = min(left[line], kept, held[one["id"]]) if one["cause"] == cause else 0
            left[line] -= taken
            kept -= taken
            held[one["id"]] -= taken
        if kept < minor:
            await _give_less(tx, order, cause, line, minor - kept)
    more = sum(left.values())
    for one in rows:
        # Of what was intended before lines were kept only the amount is known.
        taken = 0 if one["by_line"] else min(more, held[one["id"]])
        more -= taken
        held[one["id"]] -= taken
    for one in rows:
        if held[one["id"]] != one["amount_minor"]:
            await tx.run("UPDATE payment_intention SET state = 'withdrawn' WHERE id = $1", one["id"])
            await payments_sql.intend(
                tx, order, one["kind"], held[one["id"]], one["reason"], one["made_by"], one["due_at"], one["cause"]
            )


async def forget_lines(tx: Tx, order: UUID, cause: UUID) -> None:
    """What was intended because of `cause` is withdrawn: its lines give nothing back. What has begun stays."""
    await payments_sql.withdraw(tx, cause)
    await tx.run(
        "DELETE FROM refund_line f WHERE f.order_id = $1 AND f.cause = $2 AND NOT EXISTS"
        " (SELECT FROM payment_intention i WHERE i.cause = $2 AND i.kind IN ('refund', 'void') AND i.state <> 'withdrawn')",
        order, cause,
    )  # fmt: skip


async def _give_less(tx: Tx, order: UUID, cause: UUID, line: int, minor: int) -> None:
    await tx.run(
        "UPDATE refund_line SET amount_minor = amount_minor - $4 WHERE order_id = $1 AND cause = $2 AND line = $3",
        order, cause, line, minor,
    )  # fmt: skip
    await tx.run(
        "DELETE FROM refund_line WHERE order_id = $1 AND cause = $2 AND line = $3 AND amount_minor = 0",
        order, cause, line,
    )  # fmt: skip


_INTENDED: Final = (
    "SELECT id, kind, amount_minor, reason, made_by, due_at, cause,"
    " EXISTS (SELECT FROM refund_line f WHERE f.order_id = i.order_id AND f.cause = i.cause) AS by_line"
    " FROM payment_intention i WHERE order_id = $1 AND state = 'intended' AND kind IN ('refund', 'void') AND reason = ANY($2::text[])"
    f" AND {payments_sql.NOT_BEGUN} ORDER BY intended_at DESC, id DESC FOR NO KEY UPDATE"
)
_KEPT: Final = (
    "SELECT cause, line, amount_minor FROM refund_line WHERE order_id = $1 AND cause = ANY($2::uuid[]) AND line = ANY($3::smallint[])"
    " ORDER BY at DESC, cause DESC, line FOR NO KEY UPDATE"
)

"""The writes and locks of returns. An order is locked before its return, a return before stock levels."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from comptoir.kit.bulk import Bulk
from comptoir.kit.db import Tx
from comptoir.kit.errors import NotFound
from comptoir.kit.ids import LETTERS
from comptoir.returns.lifecycle import KEPT, Status, UnitState
from comptoir.returns.model import Permission, Return, Unit
from comptoir.returns.refunding import gross_shares

UNITS = Bulk(
    "rma_unit", rma="uuid", n="smallint", order_id="uuid", line="smallint", part="smallint", nth="int", sku="text", state="text",
    reason="text", note="text", photo="uuid", paid_minor="bigint",
)  # fmt: skip
REFUNDS = Bulk(
    "refund_line", order_id="uuid", cause="uuid", line="smallint", units="int", amount_minor="bigint", at="timestamptz"
)
_RMA = (
    'id, number, order_id AS "order", origin, status, wish, method, location, notice, gift, policy, opened_at, received_at, settled_at,'
    " by_permission, permitted_who, permit_reason"
)
_UNIT = (
    "n, line, part, nth, sku, state, reason, condition, disposition, location, paid_minor, refund_minor, serial, lacks, note, photo, wish,"
    " absent, kept_minor"
)

# What came to the customer: handed over, delivered, or on its way with a carrier who may never say that it arrived.
NEEDS = """
SELECT r.line, r.part, r.sku, r.quantity, r.canceled, r.share_minor, l.quantity AS of_line, l.total_minor, l.method,
  CASE WHEN o.total_minor = o.goods_minor - o.discount_minor + o.shipping_minor THEN 0 ELSE l.vat_minor END AS vat_beside_minor,
  (SELECT coalesce(sum(w.handed_over + w.delivered + CASE k.kind WHEN 'ship' THEN w.in_transit ELSE 0 END), 0)::int FROM work_line w
    JOIN work k ON k.id = w.work WHERE w.order_id = r.order_id AND w.order_line = r.line AND w.part = r.part) AS reached,
  ARRAY(SELECT u.nth FROM rma_unit u WHERE u.order_id = r.order_id AND u.line = r.line AND u.part = r.part
    AND u.state <> ALL($2::text[]) ORDER BY u.nth) AS taken
FROM requirement r JOIN order_line l ON l.order_id = r.order_id AND l.line = r.line JOIN sales_order o ON o.id = r.order_id
WHERE r.order_id = $1 ORDER BY r.line, r.part
"""


class Need(msgspec.Struct, frozen=True):
    """A need of an order as returns see it. `of_line`: units of the line; `taken`: which of its units are in returns."""

    line: int
    part: int
    sku: str
    quantity: int
    canceled: int
    share_minor: int
    of_line: int
    total_minor: int
    method: str
    vat_beside_minor: int
    reached: int
    taken: tuple[int, ...]


async def needs_of(tx: Tx, order: UUID) -> list[Need]:
    """The order's needs; its row is locked by this transaction."""
    rows = await tx.rows(NEEDS, order, [state.value for state in KEPT])
    return [msgspec.convert(dict(row), Need) for row in rows]


async def cost_of(tx: Tx, order: UUID, line: int, part: int) -> int:
    """What one need of a line cost, VAT included."""
    needs = [need for need in await needs_of(tx, order) if need.line == line]
    shares = gross_shares(needs[0].total_minor, needs[0].vat_beside_minor, [need.share_minor for need in needs])
    return {need.part: share for need, share in zip(needs, shares, strict=True)}[part]


async def place_anew(tx: Tx, rma: UUID, unit: Unit, nth: int, paid_minor: int) -> Unit:
    """A unit is another one of its need from now on, and had cost what that one cost."""
    await tx.run(
        "UPDATE rma_unit SET nth = $3, paid_minor = $4 WHERE rma = $1 AND n = $2", rma, unit.n, nth, paid_minor
    )
    return msgspec.structs.replace(unit, nth=nth, paid_minor=paid_minor)


def new_number() -> str:
    """What people call a return: `R-` and six letters. Taken already, the whole transaction is tried again."""
    return "R-" + "".join(secrets.choice(LETTERS) for _ in range(6))


async def insert(tx: Tx, made: UUID, order: UUID | None, **columns: Any) -> str:
    """A new return; its number. `columns`: origin, wish, method, location, notice, gift, policy, by_permission, permitted_who, permit_reason."""
    number = new_number()
    await tx.run(
        "INSERT INTO rma (id, number, order_id, origin, status, wish, method, location, notice, gift, policy, opened_at, opened_who,"
        " by_permission, permitted_who, permit_reason) VALUES ($1, $2, $3, $4, 'requested', $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        made, number, order, *(columns[name] for name in ("origin", "wish", "method", "location", "notice", "gift", "policy")),
        tx.now, tx.who, columns["by_permission"], columns["permitted_who"], columns["permit_reason"],
    )  # fmt: skip
    return number


async def order_of(tx: Tx, rma: UUID) -> UUID | None:
    """Whose order a return belongs to, so that it can be locked first. NotFound `return_not_found`."""
    row = await tx.row("SELECT order_id FROM rma WHERE id = $1", rma)
    if row is None:
        raise NotFound("return_not_found")
    found: UUID | None = row["order_id"]
    return found


async def lock(tx: Tx, rma: UUID) -> Return:
    """The return with its units, locked. NotFound `return_not_found`."""
    row = await tx.row(f"SELECT {_RMA} FROM rma WHERE id = $1 FOR NO KEY UPDATE", rma)
    if row is None:
        raise NotFound("return_not_found")
    return read(row, await tx.rows(f"SELECT {_UNIT} FROM rma_unit WHERE rma = $1 ORDER BY n", rma))


def read(row: Any, units: Sequence[Any]) -> Return:
    """Rows as the struct."""
    told = (dict(unit) | {"absent": msgspec.json.decode(unit["absent"])} for unit in units)
    return msgspec.convert(dict(row) | {"units": tuple(msgspec.convert(unit, Unit) for unit in told)}, Return)


async def advance(tx: Tx, rma: UUID, status: Status, **at: datetime | str | None) -> None:
    """The return is so far now; `at` sets columns of its row, those that are set already stay."""
    sets = "".join(f", {column} = coalesce({column}, ${i})" for i, column in enumerate(at, 3))
    await tx.run(f"UPDATE rma SET status = $2{sets} WHERE id = $1", rma, status.value, *at.values())


async def permit(tx: Tx, rma: UUID, permission: Permission, who: str) -> None:
    """Somebody allowed what the rules do not; the last word counts."""
    await tx.run(
        "UPDATE rma SET by_permission = $2, permitted_who = $3, permit_reason = $4 WHERE id = $1",
        rma, permission.why, who, permission.reason,
    )  # fmt: skip


async def set_wish(tx: Tx, rma: UUID, wish: str) -> None:
    await tx.run("UPDATE rma SET wish = $2 WHERE id = $1", rma, wish)


async def set_units(tx: Tx, rma: UUID, numbers: Sequence[int], state: UnitState) -> None:
    """These units are in that state now, with nothing else about them."""
    await tx.run(
        "UPDATE rma_unit SET state = $3 WHERE rma = $1 AND n = ANY($2::int[])", rma, list(numbers), state.value
    )


async def bring_found(tx: Tx, rma: UUID, numbers: Sequence[int], location: str) -> None:
    """Units that had been given up are here, each to find its place."""
    await tx.run(
        "UPDATE rma_unit u SET state = 'here', location = $3, here_at = $4, disposition = CASE WHEN EXISTS (SELECT FROM sku s WHERE s.sku = u.sku"
        " AND s.blocked_reason IS NOT NULL) THEN 'vendor' ELSE 'shelf' END WHERE rma = $1 AND n = ANY($2::int[])",
        rma, list(numbers), location, tx.now,
    )  # fmt: skip
    await tx.run("UPDATE rma SET location = $2 WHERE id = $1", rma, location)


async def keep_look(tx: Tx, rma: UUID, unit: Unit) -> None:
    """How a unit was found, and where."""
    await tx.run(
        "UPDATE rma_unit SET state = 'here', condition = $3, disposition = $4, reason = $5, serial = $6, lacks = $7, note = $8, photo = $9,"
        " location = $10, here_at = coalesce(here_at, $11), absent = $12::jsonb WHERE rma = $1 AND n = $2",
        rma, unit.n, unit.condition, unit.disposition, unit.reason, unit.serial, unit.lacks, unit.note, unit.photo, unit.location, tx.now,
        msgspec.json.encode(unit.absent).decode(),
    )  # fmt: skip


async def keep_refunds(
    tx: Tx,
    rma: UUID,
    refunds: Mapping[int, int],
    why: Mapping[int, str],
    wishes: Mapping[int, str],
    kept: Mapping[int, int],
) -> None:
    """What is given for each unit and how; why it is less than it cost where it is, and what is kept for what was missing."""
    await tx.run(
        "UPDATE rma_unit u SET refund_minor = d.given, less_why = d.why, wish = d.wish, kept_minor = d.kept"
        " FROM unnest($2::int[], $3::bigint[], $4::text[], $5::text[], $6::bigint[]) AS d (n, given, why, wish, kept)"
        " WHERE u.rma = $1 AND u.n = d.n",
        rma, list(refunds), list(refunds.values()), [why.get(n) for n in refunds], [wishes.get(n) for n in refunds],
        [kept.get(n, 0) for n in refunds],
    )  # fmt: skip


async def next_to_shelve(tx: Tx, sku: str, location: str, rma: UUID | None) -> Any:
    """The unit of this article that has waited longest here for its shelf, locked; None when none waits."""
    return await tx.row(
        "SELECT u.rma, u.n, u.order_id, r.number FROM rma_unit u JOIN rma r ON r.id = u.rma WHERE u.location = $1 AND u.sku = $2"
        " AND u.state = 'here' AND u.disposition = 'shelf' AND ($3::uuid IS NULL OR u.rma = $3)"
        " ORDER BY u.here_at, u.rma, u.n LIMIT 1 FOR NO KEY UPDATE OF u",
        location, sku, rma,
    )  # fmt: skip


async def left(tx: Tx, rma: UUID, n: int, state: UnitState, why: str | None = None, proof: str | None = None) -> None:
    """A unit is on its shelf, or has left the building."""
    await tx.run(
        "UPDATE rma_unit SET state = $3, placed_at = $4, placed_who = $5, left_why = $6, proof = $7 WHERE rma = $1 AND n = $2",
        rma, n, state.value, tx.now, tx.who, why, proof,
    )  # fmt: skip


async def tie(tx: Tx, rma: UUID, hand_over: UUID) -> None:
    """It was made in the same breath as this hand-over, and is undone with it."""
    await tx.run("UPDATE rma SET hand_over = $2 WHERE id = $1", rma, hand_over)


async def tied_to(tx: Tx, hand_over: UUID) -> list[UUID]:
    """Returns of what was tried on at this hand-over and not taken."""
    return [row["id"] for row in await tx.rows("SELECT id FROM rma WHERE hand_over = $1 ORDER BY id", hand_over)]


async def lock_units(tx: Tx, rma: UUID) -> None:
    """Nobody puts one of its units away from here on."""
    await tx.rows("SELECT 1 FROM rma_unit WHERE rma = $1 ORDER BY n FOR NO KEY UPDATE", rma)


async def forget_given(tx: Tx, rma: UUID) -> None:
    """Nothing is given for it after all."""
    await tx.run("DELETE FROM refund_line WHERE cause = $1", rma)
    await tx.run(
        "UPDATE rma_unit SET refund_minor = 0, less_why = NULL, wish = NULL, kept_minor = 0 WHERE rma = $1", rma
    )


async def came_back(tx: Tx, order: UUID, but: UUID | None = None) -> bool:
    """Whether units of the order are in a return that stands; `but`: other than those tied to this hand-over."""
    return bool(
        await tx.value(
            "SELECT true FROM rma_unit u JOIN rma r ON r.id = u.rma WHERE u.order_id = $1 AND u.state <> ALL($2::text[])"
            " AND ($3::uuid IS NULL OR r.hand_over IS DISTINCT FROM $3) LIMIT 1",
            order, [state.value for state in KEPT], but,
        )
    )  # fmt: skip


async def delivery_given(tx: Tx, order: UUID) -> int:
    """What of the order's delivery was given back already."""
    return int(
        await tx.value(
            "SELECT coalesce(sum(amount_minor), 0)::bigint FROM refund_line WHERE order_id = $1 AND line = 0", order
        )
    )


async def given_otherwise(tx: Tx, order: UUID) -> int:
    """What of the order's money became credit, or pays other goods."""
    return int(
        await tx.value(
            "SELECT (SELECT coalesce(sum(amount_minor), 0) FROM store_credit WHERE order_id = $1)::bigint"
            " + (SELECT coalesce(sum(p.amount_minor - p.refunded_minor), 0) FROM rma r JOIN payment p ON p.reference = r.number AND p.provider = 'exchange'"
            " WHERE r.order_id = $1)::bigint",
            order,
        )
    )


async def insert_credit(
    tx: Tx, made: UUID, rma: UUID, order: UUID | None, code_hash: bytes, currency: str, amount_minor: int
) -> None:
    await tx.run(
        "INSERT INTO store_credit (id, rma, order_id, code_hash, currency, amount_minor, left_minor, issued_at, issued_who)"
        " VALUES ($1, $2, $3, $4, $5, $6, $6, $7, $8)",
        made, rma, order, code_hash, currency, amount_minor, tx.now, tx.who,
    )  # fmt: skip


async def end_notices(tx: Tx, order: UUID) -> None:
    """Notices whose units have all come back and are settled are no longer open."""
    await tx.run(
        "UPDATE return_request q SET state = 'settled' WHERE q.order_id = $1 AND q.state = 'noticed' AND NOT EXISTS ("
        " SELECT FROM jsonb_to_recordset(q.lines) AS w (line int, quantity int) JOIN order_line l ON l.order_id = q.order_id AND l.line = w.line"
        " WHERE w.quantity * (SELECT sum(r.quantity) FROM requirement r WHERE r.order_id = q.order_id AND r.line = w.line) / l.quantity >"
        " (SELECT count(*) FROM rma_unit u JOIN rma m ON m.id = u.rma WHERE u.order_id = q.order_id AND u.line = w.line"
        "   AND m.status = 'settled' AND u.state IN ('here', 'placed', 'gone', 'lost')))",
        order,
    )  # fmt: skip


async def keep_person(tx: Tx, rma: UUID, mark: bytes) -> None:
    """Who brought it without a receipt, as a digest."""
    await tx.run("UPDATE rma SET person = $2 WHERE id = $1", rma, mark)


async def blind_before(tx: Tx, rma: UUID, since: datetime) -> tuple[bool, int, int]:
    """(it is known who brought this return, how often they brought something without a receipt since then, what that was worth).

    Two returns of one person at once wait for one another, so that the second one counts the first.
    """
    person = await tx.value("SELECT person FROM rma WHERE id = $1", rma)
    if person is None:
        return False, 0, 0
    await tx.run("SELECT pg_advisory_xact_lock(hashtext('returns without a receipt'), hashtext($1))", person.hex())
    row = await tx.row(
        "SELECT count(DISTINCT r.id)::int AS times, coalesce(sum(u.paid_minor), 0)::bigint AS worth FROM rma r JOIN rma_unit u ON u.rma = r.id"
        " WHERE r.person = $2 AND r.opened_at > $3 AND r.order_id IS NULL AND r.id <> $1 AND r.status NOT IN ('declined', 'canceled')"
        " AND u.state NOT IN ('given_back', 'missing', 'canceled')",
        rma, person, since,
    )  # fmt: skip
    return (True, row["times"], int(row["worth"])) if row else (True, 0, 0)

"""The orders' writes and locks."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from comptoir.kit.bulk import Bulk
from comptoir.kit.columns import literal
from comptoir.kit.db import Tx
from comptoir.kit.errors import NotFound
from comptoir.orders.model import Address

STILL_NEEDED: Final = """
(o.progress NOT IN ('fulfilled', 'closed', 'canceled') OR m.template NOT IN ('confirmed', 'held', 'ready', 'reminder', 'last_day', 'early', 'short'))
"""
"""Whoever has the goods, or whose order is over, need not be told any more that they are on their way. Needs `m` and `o`."""

# Arrays of arrays must be rectangular in PostgreSQL, so consents travel joined by spaces (they are slugs).
CUSTOMERS = (
    "INSERT INTO customer (id, first_name, last_name, email, phone, language, consents) SELECT i, f, l, e, p, g, string_to_array(c, ' ')"
    " FROM unnest($1::text::uuid[], $2::text::text[], $3::text::text[], $4::text::text[], $5::text::text[], $6::text::text[], $7::text::text[])"
    " AS n (i, f, l, e, p, g, c)"
    # Most customers are known and unchanged: reading them is cheaper than the row lock that a conflict takes.
    " WHERE NOT EXISTS (SELECT FROM customer k WHERE k.id = n.i AND (k.first_name, k.last_name, k.email, k.phone, k.language, k.consents)"
    " IS NOT DISTINCT FROM (n.f, n.l, n.e, n.p, n.g, string_to_array(n.c, ' ')))"
    " ON CONFLICT (id) DO UPDATE SET first_name = excluded.first_name, last_name = excluded.last_name, email = excluded.email,"
    " phone = excluded.phone, language = excluded.language, consents = excluded.consents"
    " WHERE customer.erased_at IS NULL AND (customer.first_name, customer.last_name, customer.email, customer.phone, customer.language, customer.consents)"
    " IS DISTINCT FROM (excluded.first_name, excluded.last_name, excluded.email, excluded.phone, excluded.language, excluded.consents)"
)
ORDERS = Bulk(
    "sales_order", id="uuid", number="text", fingerprint="bytea", answer="bytea", channel="text", external_id="text", external_number="text",
    external_updated_at="timestamptz", customer="uuid", placed_at="timestamptz", received_at="timestamptz", language="text", currency="text",
    goods_minor="bigint", discount_minor="bigint", shipping_minor="bigint", vat_minor="bigint", total_minor="bigint", progress="text",
    link_hash="bytea", collector="text", service="text",
)  # fmt: skip
ADDRESSES = Bulk(
    "order_address",
    order_id="uuid",
    name="text",
    street="text",
    street2="text",
    postcode="text",
    city="text",
    country="text",
    phone="text",
)
COMPANIES = Bulk("order_company", order_id="uuid", name="text", siren="text", vat_number="text")
LINES = Bulk(
    "order_line", order_id="uuid", line="smallint", sku="text", external_sku="text", title="text", quantity="int", unit_price_minor="bigint",
    discount_minor="bigint", vat_rate_bp="int", vat_minor="bigint", total_minor="bigint", method="text", location="text",
)  # fmt: skip
REQUIREMENTS = Bulk(
    "requirement", order_id="uuid", line="smallint", part="smallint", sku="text", quantity="int", share_minor="bigint", unsourced="int", held="int",
    at_work="int", canceled="int",
)  # fmt: skip
HOLDS = Bulk(
    "order_hold",
    order_id="uuid",
    reason="text",
    detail="text",
    placed_at="timestamptz",
    placed_by="text",
    until="timestamptz",
)


async def keep_customers(tx: Tx, people: Sequence[tuple[UUID, str, str, str | None, str | None, str, str]]) -> None:
    """Add or update customers, one row each, in id order so that two batches cannot block each other."""
    one_each = sorted({person[0]: person for person in people}.values(), key=lambda person: person[0])
    await tx.run(CUSTOMERS, *map(literal, zip(*one_each, strict=True)))


async def change_contact(tx: Tx, customer: UUID, phone: str | None, email: str | None) -> bool:
    """What is given replaces what was there; False when the customer was forgotten."""
    done = await tx.run(
        "UPDATE customer SET phone = coalesce($2, phone), email = coalesce($3, email) WHERE id = $1 AND erased_at IS NULL",
        customer, phone, email,
    )  # fmt: skip
    return done == "UPDATE 1"


async def put_address(tx: Tx, order: UUID, to: Address) -> None:
    """Where the order's parcels go from now on; a name that is left out stays. Whoever reads an older page learns that it changed."""
    await tx.run(
        "INSERT INTO order_address (order_id, name, street, street2, postcode, city, country, phone) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
        " ON CONFLICT (order_id) DO UPDATE SET name = coalesce(nullif(excluded.name, ''), order_address.name), street = excluded.street,"
        " street2 = excluded.street2, postcode = excluded.postcode, city = excluded.city, country = excluded.country, phone = excluded.phone",
        order, to.name, to.street, to.street2, to.postcode, to.city, to.country, to.phone,
    )  # fmt: skip
    await tx.run("UPDATE sales_order SET version = version + 1 WHERE id = $1", order)


async def known(tx: Tx, orders: Sequence[UUID]) -> tuple[dict[UUID, tuple[bytes, bytes]], dict[UUID, str]]:
    """Orders already on file, id -> (fingerprint, the first answer as JSON); and a number for each of the others.

    Numbers are taken before it is known who needs one: a gap is harmless, these are not invoices. From here on the transaction's
    statements keep their plans: left alone, PostgreSQL plans the great write of fewer than eight orders anew each time, half of what it costs.
    """
    rows = await tx.rows(
        "SELECT n.id, n.number, o.fingerprint, o.answer FROM (SELECT w.id, 'W-' || nextval('order_number') AS number"
        " FROM unnest($1::text::uuid[]) AS w (id), set_config('plan_cache_mode', 'force_generic_plan', true)) n"
        # One look into the index for each, or a plan made while the table is empty reads it whole from then on.
        " LEFT JOIN LATERAL (SELECT k.fingerprint, k.answer FROM sales_order k WHERE k.id = n.id OFFSET 0) o ON true",
        literal(orders),
    )
    return {r[0]: (r[2], r[3]) for r in rows if r[3] is not None}, {r[0]: r[1] for r in rows if r[3] is None}


async def lock(tx: Tx, order: UUID, locations: Sequence[str] | None = None) -> Any:
    """The order's row, locked; NotFound when there is none, or none that has to do with these places (None = all)."""
    row = await tx.row(
        "SELECT * FROM sales_order o WHERE o.id = $1 AND ($2::text[] IS NULL"
        " OR EXISTS (SELECT FROM work w WHERE w.order_id = o.id AND w.location = ANY($2))"
        " OR EXISTS (SELECT FROM order_line l WHERE l.order_id = o.id AND l.location = ANY($2))) FOR NO KEY UPDATE",
        order, None if locations is None else list(locations),
    )  # fmt: skip
    if row is None:
        raise NotFound("order_not_found")
    return row


async def requirements(tx: Tx, order: UUID) -> list[Any]:
    return await tx.rows("SELECT * FROM requirement WHERE order_id = $1 ORDER BY line, part", order)


async def ordered(tx: Tx, order: UUID) -> dict[int, int]:
    """Line -> units of the line, as ordered."""
    return {row[0]: row[1] for row in await tx.rows("SELECT line, quantity FROM order_line WHERE order_id = $1", order)}


async def open_holds(tx: Tx, order: UUID) -> list[str]:
    return [
        row[0]
        for row in await tx.rows(
            "SELECT reason FROM order_hold WHERE order_id = $1 AND released_at IS NULL ORDER BY placed_at", order
        )
    ]


async def set_progress(tx: Tx, order: UUID, progress: str) -> None:
    await tx.run(
        "UPDATE sales_order SET progress = $2, version = version + 1 WHERE id = $1 AND progress <> $2", order, progress
    )


async def move_units(tx: Tx, order: UUID, rows: Sequence[tuple[int, int, int, int, int, int]]) -> None:
    """Move a requirement's units between its four places: (line, part, unsourced, held, at work, canceled) deltas."""
    await tx.run(
        "UPDATE requirement r SET unsourced = r.unsourced + d.a, held = r.held + d.b, at_work = r.at_work + d.c, canceled = r.canceled + d.e"
        " FROM unnest($2::smallint[], $3::smallint[], $4::int[], $5::int[], $6::int[], $7::int[]) AS d (line, part, a, b, c, e)"
        " WHERE r.order_id = $1 AND r.line = d.line AND r.part = d.part",
        order, *([row[i] for row in rows] for i in range(6)),
    )  # fmt: skip


async def recount_canceled(tx: Tx, order: UUID) -> None:
    """An order line has as many canceled units as its parts have whole sets of them."""
    await tx.run(
        "UPDATE order_line l SET canceled = least(l.quantity, (SELECT min(r.canceled * l.quantity / r.quantity) FROM requirement r WHERE r.order_id = l.order_id AND r.line = l.line))"
        " WHERE l.order_id = $1 AND EXISTS (SELECT FROM requirement r WHERE r.order_id = l.order_id AND r.line = l.line)",
        order,
    )  # fmt: skip


async def release_hold(tx: Tx, order: UUID, reason: str, who: str, note: str, now: datetime) -> bool:
    done = await tx.run(
        "UPDATE order_hold SET released_at = $3, released_by = $4, note = $5 WHERE order_id = $1 AND reason = $2 AND released_at IS NULL",
        order, reason, now, who, note,
    )  # fmt: skip
    return done != "UPDATE 0"


async def insert_hold(tx: Tx, order: UUID, reason: str, detail: str, who: str, now: datetime) -> None:
    await HOLDS.insert(tx, [(order, reason, detail, now, who, None)])


async def extend_hold(tx: Tx, order: UUID, reason: str, until: datetime) -> None:
    """An open hold lasts until then."""
    await tx.run(
        "UPDATE order_hold SET until = $3 WHERE order_id = $1 AND reason = $2 AND released_at IS NULL",
        order,
        reason,
        until,
    )

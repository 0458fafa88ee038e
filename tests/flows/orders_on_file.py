"""Rows of an order as the order path leaves them, for tests that begin after it: a store, a customer, lines, work."""

from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from comptoir.kit.ids import Seal, digest, new_id

SECRET = b"a secret of the tests, 32 bytes or more"
SEAL = Seal(SECRET)
URL = "https://orme.example"


async def add_store(
    connection: "asyncpg.Connection[asyncpg.Record]", id: str = "lyon", name: str = "Lyon Part-Dieu"
) -> None:
    """A store open from 10:00 to 19:30 on all days but Sunday, in Paris time."""
    await connection.execute(
        "INSERT INTO legal_entity VALUES ('orme', 'Orme SAS', '123456789', 'FR00123456789', 'Lyon', 'ORM') ON"
        " CONFLICT DO NOTHING"
    )
    await connection.execute(
        "INSERT INTO location (id, name, kind, legal_entity, street, postcode, city, directions, phone, latitude,"
        " longitude, time_zone, services,"
        " capacity_per_hour, pick_lead_minutes, hold_days) VALUES ($1, $2, 'store', 'orme', '17 rue du"
        " Docteur-Bouchut', '69003', 'Lyon',"
        " 'Le comptoir est au fond à gauche.', '+33472000000', 45.7606, 4.8572, 'Europe/Paris', '{pickup,ship}',"
        " 12, 60, 7)",
        id, name,
    )  # fmt: skip
    await connection.executemany(
        "INSERT INTO opening_hours VALUES ($1, $2, 600, 1170)", [(id, day) for day in range(6)]
    )


async def add_articles(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    await connection.executemany(
        "INSERT INTO sku (sku, name, variant, style, price_minor, vat_rate_bp, weight_grams) VALUES ($1, $2, $3,"
        " 's', $4, 2000, 500)"
        " ON CONFLICT DO NOTHING",
        [("LISON-38", "Basket Lison", "Blanc et vert, 38", 9500), ("AMPHORE-24", "Vase Amphore", "24 cm", 3400)],
    )


async def add_order(
    connection: "asyncpg.Connection[asyncpg.Record]", now: datetime, *, status: str | None = "open",
    location: str = "lyon",
    language: str = "fr",
    progress: str = "accepted", phone: str | None = "+33612345678",
    email: str | None = "ines@example.com", kind: str = "pickup",
) -> tuple[UUID, UUID]:  # fmt: skip
    """Inès Aubry's order of a pair and two vases, 163.00 euros, promised two hours after `now`; (order, work)."""
    order, work, customer = new_id(), new_id(), new_id()
    token = SEAL.token("order", order.bytes, 0)
    await connection.execute(
        "INSERT INTO customer (id, first_name, last_name, email, phone, language) VALUES ($1, 'Inès', 'Aubry', $2,"
        " $3, $4)",
        customer,
        email,
        phone,
        language,
    )
    await connection.execute(
        "INSERT INTO sales_order (id, fingerprint, answer, channel, customer, placed_at, received_at, language,"
        " currency, goods_minor, discount_minor,"
        " shipping_minor, vat_minor, total_minor, progress, link_hash) VALUES ($1, '', '', 'api', $2, $3, $3, $4,"
        " 'EUR', 16300, 0, 0, 2717, 16300, $5, $6)",
        order, customer, now, language, progress, digest(token),
    )  # fmt: skip
    for line, sku, title, quantity, each in (
        (1, "LISON-38", "Basket Lison", 1, 9500),
        (2, "AMPHORE-24", "Vase Amphore", 2, 3400),
    ):
        await connection.execute(
            "INSERT INTO order_line (order_id, line, sku, title, quantity, unit_price_minor, discount_minor,"
            " vat_rate_bp, vat_minor, total_minor, method,"
            " location) VALUES ($1, $2, $3, $4, $5, $6, 0, 2000, 0, $7, $8, $9)",
            order, line, sku, title, quantity, each, each * quantity, kind, location if kind == "pickup" else None,
        )  # fmt: skip
        held = status is None
        await connection.execute(
            "INSERT INTO requirement VALUES ($1, $2, 1, $3, $4, $5, 0, $6, $7, 0)",
            order, line, sku, quantity, each * quantity, quantity if held else 0, 0 if held else quantity,
        )  # fmt: skip
    await connection.execute(
        "INSERT INTO payment VALUES ($1, 'pay-1', 'stripe', 'captured', 16300, 16300, 0, NULL)", order
    )
    if status is None:
        return order, work
    number = await connection.fetchval("SELECT number FROM sales_order WHERE id = $1", order)
    staged = now + timedelta(hours=1) if status in ("staged", "handed_over", "expired") else None
    await connection.execute(
        "INSERT INTO work (id, location, order_id, order_number, kind, status, promise_at, units, created_at,"
        " staged_at, collect_until)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, 3, $8, $9, $10)",
        work, location, order, number, kind, status, now + timedelta(hours=2), now, staged,
        now + timedelta(days=7) if staged else None,
    )  # fmt: skip
    state = {
        "picked": "picked",
        "staged": "staged",
        "expired": "canceled",
        "handed_over": "handed_over",
        "canceled": "canceled",
    }.get(status, "reserved")
    for line, sku, quantity in ((1, "LISON-38", 1), (2, "AMPHORE-24", 2)):
        await connection.execute(
            "INSERT INTO work_line (work, location, line, order_id, order_line, part, sku, quantity, reserved)"
            " VALUES ($1, $2, $3, $4, $3, 1, $5, $6, $6)",
            work, location, line, order, sku, quantity,
        )  # fmt: skip
        if state != "reserved":
            await connection.execute(
                f"UPDATE work_line SET reserved = 0, {state} = quantity WHERE work = $1 AND line = $2", work, line
            )
    return order, work

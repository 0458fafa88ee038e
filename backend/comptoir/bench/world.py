"""The world that the bench measures on: 200 stores x 2,000 SKUs, all in stock, made by a few set-based statements.

Keys are plain numbers (stores 1001 to 1200, SKUs 1001 to 3000, most wanted first), so that the floor's script can draw
them. Levels are loaded by SKU: the 200 rows of one SKU lie on few pages.
"""

import hashlib
from collections.abc import Iterator
from datetime import datetime

import msgspec

from comptoir.kit.db import Connection

FIRST_STORE = 1001
FIRST_SKU = 1001
UNITS = 20_000
"""Units of each SKU in each store: more than any run takes."""

VAT_RATE_BP = 2000
SCOPES = ("availability:read", "catalog:read", "network:read", "orders:read", "orders:write", "stock:read")
API_KEY = "comptoir-bench-key-0000000000"


class Size(msgspec.Struct, frozen=True):
    """How much there is of everything. The floor's script draws from the full size."""

    stores: int = 200
    skus: int = 2_000
    customers: int = 10_000


FULL = Size()


def price_minor(rank: int) -> int:
    """Price with VAT, in cents, of the SKU at `rank` (0 = most wanted)."""
    return 990 + rank * 37 % 9000


def sku(rank: int) -> str:
    """The key of the SKU at `rank` (0 = most wanted)."""
    return str(FIRST_SKU + rank)


def statements(size: Size) -> Iterator[str]:
    """The inserts, in order; `$1` is when the stock came in."""
    yield "INSERT INTO legal_entity VALUES ('bench', 'Orme', '999000189', 'FR00999000189', 'Lyon', 'BEN')"
    yield "INSERT INTO region VALUES ('bench', 'France')"
    yield f"""
        INSERT INTO location (id, name, kind, region, legal_entity, street, postcode, city, latitude, longitude,
                              time_zone, services, capacity_per_hour, pick_lead_minutes, hold_days, parcel_cost_minor)
        SELECT ({FIRST_STORE} + n)::text, 'Magasin ' || n, 'store', 'bench', 'bench', n || ' rue de la République',
               lpad((1 + n * 37 % 95)::text, 2, '0') || '000', 'Ville ' || n, 42.5 + (n * 7919 % 1000) * 0.0083,
               -1.5 + (n * 6101 % 1000) * 0.0085, 'Europe/Paris', ARRAY['pickup', 'ship'], 1000000, 60, 7,
               490 + n * 31 % 200
        FROM generate_series(0, {size.stores - 1}) AS n"""
    yield "INSERT INTO opening_hours SELECT id, weekday, 540, 1200 FROM location, generate_series(0, 6) AS weekday"
    yield f"""
        INSERT INTO sku (sku, name, style, price_minor, vat_rate_bp, weight_grams)
        SELECT ({FIRST_SKU} + n)::text, 'Article ' || n, 'S' || n / 5, 990 + n * 37 % 9000, {VAT_RATE_BP},
               200 + n * 13 % 900
        FROM generate_series(0, {size.skus - 1}) AS n ORDER BY n"""
    yield f"""
        INSERT INTO customer (id, first_name, last_name, email, phone)
        SELECT ('00000000-0000-7000-8000-' || 100000000000 + n)::uuid, 'Camille', 'Client ' || n,
               'client' || n || '@example.org', '+336399' || lpad(n::text, 5, '0')
        FROM generate_series(1, {size.customers}) AS n"""
    yield f"""
        INSERT INTO stock_level (sku, location, on_hand)
        SELECT ({FIRST_SKU} + s)::text, ({FIRST_STORE} + l)::text, {UNITS}
        FROM generate_series(0, {size.skus - 1}) AS s, generate_series(0, {size.stores - 1}) AS l ORDER BY s, l"""
    yield """
        INSERT INTO stock_movement (id, location, sku, fact, on_hand, who, happened_at, recorded_at)
        SELECT uuidv7(), location, sku, 'receipt', on_hand, 'bench', $1, $1 FROM stock_level"""


async def load(connection: Connection, at: datetime, size: Size = FULL) -> None:
    """Fill an empty, migrated database; `at` is when the stock came in."""
    for statement in statements(size):
        await connection.execute(statement, *([at] if "$1" in statement else []))
    await connection.execute(
        "INSERT INTO api_key (id, name, key_hash, hint, scopes, made_at) VALUES (uuidv7(), 'bench', $1, $2, $3, $4)",
        hashlib.sha256(API_KEY.encode()).digest(), API_KEY[:8], list(SCOPES), at,
    )  # fmt: skip
    for table in ("location", "sku", "customer", "stock_level", "stock_movement"):
        await connection.execute(f"VACUUM (ANALYZE) {table}")

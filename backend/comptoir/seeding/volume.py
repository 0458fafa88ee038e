"""Worlds of any size for trials and benches: set-based SQL, levels equal to the ledger, orders mostly closed.

Names are plain and numbered. Each order has one to three lines at one store; nine in ten were handed over, the rest are
open. Everything that an order writes through the flows is written here too: lines, requirements, reservations, work,
movements and payment, so that `comptoir check` finds nothing.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

import asyncpg

MOST = {"locations": 5_000, "skus": 200_000, "orders": 5_000_000}
STOCK_ROWS = 2_000_000
"""A location carries at most as many SKUs as keep the stock table under this many rows."""
SLICE = 20_000
"""Orders written by one round of statements."""
DAYS = 60
"""The orders lie on this many days before now."""

_REFERENCE = (
    """
    INSERT INTO legal_entity VALUES ('volume', 'Orme SAS', '999000185', 'FR06999000185',
      '17 rue du Docteur-Bouchut, 69003 Lyon', 'ORM')
    """,
    "INSERT INTO region SELECT 'region-' || n, 'Région ' || n FROM generate_series(1, greatest(1, $1::int / 20)) AS n",
    """
    INSERT INTO location (id, name, kind, region, legal_entity, street, postcode, city, latitude, longitude, time_zone,
                          services, capacity_per_hour, pick_lead_minutes, hold_days, parcel_cost_minor)
    SELECT 'magasin-' || lpad(n::text, 4, '0'), 'Magasin ' || n, 'store', 'region-' || 1 + (n - 1) % greatest(1,
      $1::int / 20), 'volume',
           n || ' rue de la République', lpad((1 + n * 37 % 95)::text, 2, '0') || '000', 'Ville ' || n,
           42.5 + (n * 7919 % 1000) * 0.0083, -1.5 + (n * 6101 % 1000) * 0.0085, 'Europe/Paris', ARRAY['pickup',
             'ship'],
           8 + n % 24, 60, 7, 490 + n * 31 % 200
    FROM generate_series(1, $1::int) AS n
    """,
    """
    INSERT INTO opening_hours SELECT id, weekday, 570, 1170 FROM location, generate_series(0, 5) AS weekday
    """,
    """
    INSERT INTO staging_place SELECT id, 'L:R' || n, 'R ' || n FROM location, generate_series(1, 12) AS n
    """,
    """
    INSERT INTO bag_tag SELECT id, 'B:T-' || n FROM location, generate_series(101, 160) AS n
    """,
)
_ARTICLES = (
    """
    INSERT INTO sku (sku, name, variant, deciding, style, price_minor, vat_rate_bp, weight_grams)
    SELECT 'V' || lpad(n::text, 6, '0'), 'Article ' || (n - 1) / 5 + 1, 'Noir', (36 + (n - 1) % 5)::text, 'style-' ||
      (n - 1) / 5 + 1,
           990 + n * 37 % 9000, 2000, 200 + n * 13 % 900
    FROM generate_series(1, $1::int) AS n
    """,
    """
    INSERT INTO barcode
    SELECT '0' || body || (10 - (SELECT sum(substr(body, i, 1)::int * CASE WHEN i % 2 = 0 THEN 3 ELSE 1 END) FROM
      generate_series(1, 12) AS i) % 10) % 10,
           sku, 'gtin'
    FROM (SELECT sku, '379' || lpad(substr(sku, 2), 9, '0') AS body FROM sku) AS numbered
    """,
)
_CARRIED = """
    CREATE TEMPORARY TABLE carried ON COMMIT DROP AS
    SELECT row_number() OVER (ORDER BY l.id, s.sku) AS n, s.sku, s.price_minor, l.id AS location
    FROM (SELECT sku, price_minor, row_number() OVER (ORDER BY sku) AS n FROM sku) AS s,
         (SELECT id, row_number() OVER (ORDER BY id) AS n FROM location) AS l
    WHERE (s.n * 31 + l.n * 17) % $1::int < $2::int
"""
_CUSTOMERS = """
    INSERT INTO customer (id, first_name, last_name, email, phone, language)
    SELECT ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'Camille', 'Client ' || n, 'client' || n ||
      '@example.fr',
           '+3363998' || lpad((n % 10000)::text, 4, '0'), CASE n % 7 WHEN 0 THEN 'en' ELSE 'fr' END
    FROM generate_series(1, $1::int) AS n
"""
# What each order holds is drawn once; all its lines lie in one store.
_DRAWN = """
    INSERT INTO drawn
    SELECT o.n, i.line, o.order_id, o.work, o.movement, l.sku, l.location, q.quantity, l.price_minor, q.quantity *
      l.price_minor,
           o.closed, o.placed_at
    FROM (
      SELECT n, gen_random_uuid() AS order_id, gen_random_uuid() AS work, gen_random_uuid() AS movement, n % 10 <> 0 AS
        closed,
             $3::timestamptz - make_interval(secs => ($5::bigint - n) * $6::float8 / $5) AS placed_at,
             hashint8(n) & 2147483647 AS seed
      FROM generate_series($1::bigint, $2::bigint) AS n OFFSET 0
    ) AS o
    JOIN carried f ON f.n = 1 + o.seed % $4::bigint
    CROSS JOIN LATERAL (SELECT generate_series(1, 1 + o.seed / 7 % 3) AS line) AS i
    CROSS JOIN LATERAL (SELECT 1 + (o.seed + i.line) % 5 / 4 AS quantity) AS q
    JOIN carried l ON l.n = f.n + i.line - 1 AND l.location = f.location
"""
_TABLE = """
    CREATE TEMPORARY TABLE drawn (
      n bigint, line int, order_id uuid, work uuid, hand_over uuid, sku text, location text, quantity int, price_minor
        int,
      total_minor int, closed boolean, placed_at timestamptz
    ) ON COMMIT DROP;
    CREATE TEMPORARY TABLE asked (sku text, location text, handed_over bigint, reserved bigint) ON COMMIT DROP
"""
_VAT = "((2 * total_minor::bigint * 2000 + 12000) / 24000)"
_ORDERS = (
    f"""
    INSERT INTO sales_order (id, number, fingerprint, answer, channel, customer, placed_at, received_at, language,
      currency,
                             goods_minor, discount_minor, shipping_minor, vat_minor, total_minor, progress, link_hash)
    SELECT order_id, 'V-' || n, sha256(order_id::text::bytea), convert_to('{{"id":"' || order_id || '","number":"V-' ||
      n || '"}}', 'UTF8'),
           'api', ('00000000-0000-7000-8000-' || lpad(to_hex(1 + n % $1::bigint), 12, '0'))::uuid, placed_at,
             placed_at, 'fr', 'EUR',
           sum(total_minor), 0, 0, sum({_VAT}), sum(total_minor), CASE WHEN closed THEN 'fulfilled' ELSE 'accepted' END,
           sha256(('link ' || order_id)::bytea)
    FROM drawn GROUP BY order_id, n, placed_at, closed ORDER BY n
    """,
    f"""
    INSERT INTO order_line (order_id, line, sku, title, quantity, unit_price_minor, discount_minor, vat_rate_bp,
      vat_minor, total_minor, method, location)
    SELECT order_id, line, sku, '', quantity, price_minor, 0, 2000, {_VAT}, total_minor, 'pickup', location FROM drawn
    """,
    """
    INSERT INTO requirement SELECT order_id, line, 1, sku, quantity, total_minor, 0, 0, quantity, 0 FROM drawn
    """,
    """
    INSERT INTO payment (order_id, reference, provider, state, amount_minor, captured_minor)
    SELECT order_id, 'V-' || n, 'volume', 'captured', sum(total_minor), sum(total_minor) FROM drawn GROUP BY order_id, n
    """,
    """
    INSERT INTO reservation (id, location, sku, order_id, line, part, quantity, available_when_promised, made_at)
    SELECT gen_random_uuid(), location, sku, order_id, line, 1, quantity, quantity + 19, placed_at FROM drawn
    """,
    """
    INSERT INTO work (id, location, order_id, order_number, kind, status, promise_at, units, created_at, started_at,
      picked_at,
                      staged_at, handed_over_at, collect_until)
    SELECT work, location, order_id, 'V-' || n, 'pickup', CASE WHEN closed THEN 'handed_over' ELSE 'open' END,
      placed_at + interval '2 hours',
           sum(quantity), placed_at, CASE WHEN closed THEN placed_at + interval '50 minutes' END,
           CASE WHEN closed THEN placed_at + interval '55 minutes' END, CASE WHEN closed THEN placed_at + interval
             '1 hour' END,
           CASE WHEN closed THEN placed_at + interval '5 hours' END, CASE WHEN closed THEN placed_at + interval
             '7 days' END
    FROM drawn GROUP BY work, location, order_id, n, closed, placed_at
    """,
    """
    INSERT INTO work_line (work, location, line, order_id, order_line, part, sku, quantity, reserved, handed_over)
    SELECT work, location, line, order_id, line, 1, sku, quantity, CASE WHEN closed THEN 0 ELSE quantity END,
           CASE WHEN closed THEN quantity ELSE 0 END FROM drawn
    """,
    """
    INSERT INTO hand_over (id, order_id, location, works, who, at, recorded_at, proof)
    SELECT DISTINCT hand_over, order_id, location, ARRAY[work], 'system', placed_at + interval '5 hours', placed_at +
      interval '5 hours', 'pass'
    FROM drawn WHERE closed
    """,
    """
    INSERT INTO hand_over_line (hand_over, work, line, location, sku, quantity)
    SELECT hand_over, work, line, location, sku, quantity FROM drawn WHERE closed
    """,
    """
    INSERT INTO stock_movement (id, location, sku, fact, on_hand, reserved, set_aside, order_id, work, who,
      happened_at, recorded_at)
    SELECT gen_random_uuid(), location, sku, fact, quantity * on_hand, quantity * reserved, quantity * set_aside,
      order_id, work, 'system',
           placed_at + later, placed_at + later
    FROM drawn, (VALUES ('reserve', 0, 1, 0, interval '0'), ('pick', 0, 0, 1, interval '55 minutes'),
                        ('hand_over', -1, -1, -1, interval '5 hours')) AS facts (fact, on_hand, reserved, set_aside,
                          later)
    WHERE closed OR fact = 'reserve'
    """,
    """
    INSERT INTO event (stream, seq, kind, location, work, who, at, due_at, body, fanned_out)
    SELECT DISTINCT order_id, 1, 'order.placed', location, work, 'system', placed_at, placed_at, '{}'::jsonb, true FROM
      drawn
    """,
    """
    INSERT INTO asked SELECT sku, location, sum(CASE WHEN closed THEN quantity ELSE 0 END), sum(CASE WHEN closed THEN 0
      ELSE quantity END)
    FROM drawn GROUP BY sku, location
    """,
)
# By SKU first, all its locations together: an availability question then reads few pages. Whatever was handed over had
# been received, so the opening receipt is what is there now and what went out.
_STOCK = (
    """
    CREATE TEMPORARY TABLE standing ON COMMIT DROP AS
    SELECT c.sku, c.location, 20 + coalesce(a.reserved, 0)::int + (hashtext(c.sku || c.location) & 31) AS on_hand,
           coalesce(a.reserved, 0)::int AS reserved, coalesce(a.handed_over, 0)::int AS handed_over
    FROM carried c LEFT JOIN (
      SELECT sku, location, sum(handed_over) AS handed_over, sum(reserved) AS reserved FROM asked GROUP BY sku, location
    ) AS a ON a.sku = c.sku AND a.location = c.location
    """,
    """
    INSERT INTO stock_level (sku, location, on_hand, reserved, safety_stock, safety_own)
    SELECT sku, location, on_hand, reserved, 1, 1 FROM standing ORDER BY sku, location
    """,
    """
    INSERT INTO shelf_place
    SELECT location, sku, chr(65 + (hashtext(sku) & 7)), (1 + (hashtext(sku) >> 3 & 15))::text, (1 + (hashtext(sku) >>
      7 & 3))::text FROM standing
    """,
)
_RECEIPTS = """
    INSERT INTO stock_movement (id, location, sku, fact, on_hand, who, happened_at, recorded_at)
    SELECT gen_random_uuid(), location, sku, 'receipt', on_hand + handed_over, 'system', $1, $1 FROM standing
"""


async def grow(
    connection: "asyncpg.Connection[asyncpg.Record]",
    now: datetime,
    *,
    locations: int,
    skus: int,
    orders: int,
    tell: Callable[[str], None] = lambda _: None,
) -> None:
    """Fill an empty, migrated database in one transaction; `tell` hears of each step.

    ValueError for a size that is not offered.
    """
    for name, size in (("locations", locations), ("skus", skus), ("orders", orders)):
        least = 0 if name == "orders" else 1
        if not least <= size <= MOST[name]:
            raise ValueError(f"{name}: between {least} and {MOST[name]:,}")
    began = time.monotonic()

    def step(text: str) -> None:
        tell(f"{time.monotonic() - began:6.1f} s  {text}")

    async with connection.transaction():
        for sql in _REFERENCE:
            await connection.execute(sql, *([locations] if "$1" in sql else []))
        for sql in _ARTICLES:
            await connection.execute(sql, *([skus] if "$1" in sql else []))
        carried = max(1, min(skus, STOCK_ROWS // locations))
        await connection.execute(_CARRIED, skus, carried)
        await connection.execute("CREATE UNIQUE INDEX ON carried (n); ANALYZE carried")
        await connection.execute(_TABLE)
        rows = await connection.fetchval("SELECT count(*) FROM carried")
        step(f"{locations:,} locations, {skus:,} SKUs")
        customers = max(1, min(orders, 100_000))
        await connection.execute(_CUSTOMERS, customers)
        for first in range(1, orders + 1, SLICE):
            last = min(orders, first + SLICE - 1)
            span = timedelta(days=DAYS).total_seconds()
            await connection.execute(_DRAWN, first, last, now, rows, orders, span)
            for sql in _ORDERS:
                await connection.execute(sql, *([customers] if "$1" in sql else []))
            await connection.execute("TRUNCATE drawn")
            step(f"{last:,} orders")
        for sql in _STOCK:
            await connection.execute(sql)
        await connection.execute(_RECEIPTS, now - timedelta(days=DAYS + 1))
        step(f"{rows:,} stock levels")
    await connection.execute("ANALYZE")
    step("done")

"""The demo world's reference rows: places, articles, shelves, stock, staff, keys and sales channels.

Written by a few set-based inserts; stock arrives as receipts, so that levels and ledger agree from the first row.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from comptoir.kit.bulk import Bulk
from comptoir.kit.codes import gtin14
from comptoir.kit.db import Tx
from comptoir.kit.ids import digest, new_ids
from comptoir.kit.pictures import web_picture
from comptoir.network.changing import DESK_HEAVIEST, DESK_WIDEST
from comptoir.staff.secrets import CHEAP, badge_digest, hash_pin_now
from comptoir.world import desks, packing, stores
from comptoir.world.articles import ARTICLES
from comptoir.world.cast import ASSOCIATES, INTEGRATORS, MANAGERS
from comptoir.world.scripts import NAMESPACE
from comptoir.world.shelves import SHELVES

CHANNELS = (
    ("api", "api", "orme.example.fr", 490),
    ("shopify-orme", "shopify", "Orme sur Shopify", 490),
    ("woo-orme", "woocommerce", "Orme sur WooCommerce", None),
)
STOCKED_BEFORE = timedelta(days=75)
"""The opening stock was received this long before the demo starts, ahead of every scripted order."""


def staff_id(key: str) -> UUID:
    """The id of somebody of the cast; the same in every database."""
    return uuid5(NAMESPACE, f"staff|{key}")


def key_id(key: str) -> UUID:
    """The id of an integrator's API key."""
    return uuid5(NAMESPACE, f"key|{key}")


def minutes_of(clock: str) -> int:
    """Minutes after midnight of "09:30"."""
    return int(clock[:2]) * 60 + int(clock[3:])


async def load(tx: Tx, day: date, now: datetime) -> None:
    """Write all reference rows and the opening stock into an empty database."""
    await _places(tx, day)
    await _articles(tx)
    await _packing(tx, now)
    await _stock(tx, now - STOCKED_BEFORE)
    await _people(tx, now - STOCKED_BEFORE)


async def _places(tx: Tx, day: date) -> None:
    entity = stores.ORME
    await _insert(
        tx, "legal_entity",
        {"id": "text", "name": "text", "siren": "text", "vat_number": "text", "address": "text",
         "document_prefix": "text", "country": "text", "rcs": "text", "capital_minor": "bigint"},
        [(entity.id, entity.name, entity.siren, entity.vat_number,
          f"{entity.address}, {entity.postcode} {entity.city}", entity.document_prefix, entity.country, entity.rcs,
          entity.capital_minor)],
    )  # fmt: skip
    await _insert(tx, "region", {"id": "text", "name": "text"}, [(region.id, region.name) for region in stores.REGIONS])
    await _insert(
        tx, "location",
        {"id": "text", "name": "text", "kind": "text", "region": "text", "legal_entity": "text", "street": "text",
         "postcode": "text", "city": "text", "country": "text", "directions": "text", "phone": "text",
         "latitude": "float8", "longitude": "float8", "time_zone": "text", "capacity_per_hour": "int",
         "pick_lead_minutes": "int", "hold_days": "int", "parcel_cost_minor": "int"},
        [(place.id, place.name, place.kind, place.region, place.legal_entity, place.address, place.postcode, place.city,
          place.country, place.directions, place.phone, place.latitude, place.longitude, place.time_zone,
          place.capacity_per_hour, place.pick_lead_minutes, place.hold_days, place.parcel_cost_minor)
         for place in stores.LOCATIONS],
        services="CASE kind WHEN 'store' THEN ARRAY['pickup', 'ship'] ELSE ARRAY['ship'] END",
    )  # fmt: skip
    await _insert(
        tx, "opening_hours", {"location": "text", "weekday": "smallint", "opens": "smallint", "closes": "smallint"},
        [(place.id, weekday, minutes_of(opens), minutes_of(closes))
         for place in stores.LOCATIONS for weekday, spans in enumerate(place.hours) for opens, closes in spans],
    )  # fmt: skip
    await _insert(
        tx, "opening_exception",
        {"location": "text", "day": "date", "opens": "smallint", "closes": "smallint", "reason": "text"},
        [(closing.location, closing.day, *(map(minutes_of, closing.spans[0]) if closing.spans else (None, None)),
          closing.reason) for closing in stores.closings(day)],
    )  # fmt: skip
    await _insert(
        tx, "desk_picture",
        {"location": "text", "name": "text", "bytes": "bytea", "width": "smallint", "height": "smallint",
         "says_fr": "text", "says_en": "text"},
        [(plan.location, digest(made.bytes).hex()[:32], made.bytes, made.width, made.height, plan.says_fr, plan.says_en)
         for plan in desks.DESKS for made in (web_picture(desks.draw(plan), DESK_WIDEST, DESK_HEAVIEST),)],
    )  # fmt: skip
    await _insert(
        tx, "staging_place", {"location": "text", "code": "text", "name": "text"},
        [(place.location, place.code, place.name) for store in stores.STORES for place in stores.staging_places(store)],
    )  # fmt: skip
    await _insert(
        tx, "bag_tag", {"location": "text", "code": "text"},
        [(tag.location, tag.code) for store in stores.STORES for tag in stores.bag_tags(store)],
    )  # fmt: skip
    await _insert(tx, "channel", {"id": "text", "kind": "text", "name": "text", "delivery_minor": "bigint"}, CHANNELS)


async def _articles(tx: Tx) -> None:
    await _insert(
        tx, "sku",
        {"sku": "text", "name": "text", "variant": "text", "deciding": "text", "style": "text", "picture": "text",
         "price_minor": "int", "vat_rate_bp": "int", "weight_grams": "int", "minimum_age": "smallint",
         "returnable": "bool", "blocked_reason": "text", "is_kit": "bool"},
        [(a.sku, a.name, a.variant, a.attribute, a.style, a.picture, a.price_minor, a.vat_bp, a.weight_grams,
          a.minimum_age, a.returnable, a.blocked, bool(a.components)) for a in ARTICLES],
    )  # fmt: skip
    await _insert(
        tx, "barcode", {"code": "text", "sku": "text", "kind": "text"},
        [(gtin14(code.code) or code.code, a.sku, "internal" if code.kind == "internal" else "gtin") for a in ARTICLES for code in a.barcodes],
    )  # fmt: skip
    await _insert(
        tx, "kit_component", {"kit": "text", "component": "text", "quantity": "int", "price_share_bp": "int"},
        [(kit.sku, part.sku, part.quantity, part.share_bp) for kit in ARTICLES for part in kit.components],
    )  # fmt: skip


async def _packing(tx: Tx, now: datetime) -> None:
    """Boxes, what articles measure, and accounts with the demo's own carrier and its own payment provider."""
    await _insert(
        tx, "box_type",
        {"id": "text", "name_fr": "text", "name_en": "text", "kind": "text", "length_mm": "int", "width_mm": "int",
         "height_mm": "int", "tare_grams": "int", "max_grams": "int"},
        [(box.id, box.name_fr, box.name_en, box.kind, *box.size, box.tare_grams, box.max_grams) for box in packing.BOXES],
    )  # fmt: skip
    measured = [(a.sku, packing.drawing_of(a)) for a in ARTICLES if packing.drawing_of(a) in packing.SIZES]
    await tx.run(
        "UPDATE sku s SET length_mm = m.l, width_mm = m.w, height_mm = m.h, fragile = m.f, ships_alone = m.a"
        " FROM unnest($1::text[], $2::int[], $3::int[], $4::int[], $5::bool[], $6::bool[]) AS m (sku, l, w, h, f, a) WHERE s.sku = m.sku",
        [sku for sku, _ in measured], *([packing.SIZES[one][side] for _, one in measured] for side in range(3)),
        [one in packing.FRAGILE for _, one in measured], [one in packing.ALONE for _, one in measured],
    )  # fmt: skip
    await tx.run(
        "INSERT INTO carrier_account (id, carrier, name, services)"
        """ VALUES ('demo', 'demo', 'Transporteur démo', '{"home": "DOM", "relay": "REL", "express": "EXP", "return_post": "RET", "return_relay": "RRE"}')"""
    )
    await tx.run(
        "INSERT INTO payment_account (id, kind, name, provider, since) VALUES ('demo', 'stripe', 'Paiement démo', 'demo-pay', $1)",
        now,
    )
    await tx.run(
        "INSERT INTO collection SELECT l.id, 'demo', d, 1050 FROM location l, generate_series(0, 5) AS d WHERE 'ship' = ANY(l.services)"
    )


async def _stock(tx: Tx, at: datetime) -> None:
    # By SKU, all locations of a SKU together: an availability question then reads few pages.
    await _insert(
        tx, "stock_level", {"sku": "text", "location": "text", "on_hand": "int", "safety_stock": "int", "safety_own": "int"},
        [(shelf.sku, shelf.location, shelf.on_hand, shelf.safety_stock, shelf.safety_stock or None) for shelf in SHELVES],
    )  # fmt: skip
    received = [shelf for shelf in SHELVES if shelf.on_hand]
    await _insert(
        tx, "stock_movement",
        {"id": "uuid", "location": "text", "sku": "text", "fact": "text", "on_hand": "int", "who": "text",
         "happened_at": "timestamptz", "recorded_at": "timestamptz"},
        [(movement, shelf.location, shelf.sku, "receipt", shelf.on_hand, "system", at, at)
         for movement, shelf in zip(new_ids(len(received)), received, strict=True)],
    )  # fmt: skip
    await _insert(
        tx, "shelf_place", {"location": "text", "sku": "text", "aisle": "text", "bay": "text", "level": "text"},
        [(shelf.location, shelf.sku, shelf.aisle, shelf.bay, shelf.level) for shelf in SHELVES],
    )  # fmt: skip


async def _people(tx: Tx, at: datetime) -> None:
    passwords = {text: _cheap(text) for text in {who.password for who in MANAGERS}}
    pins = [_cheap(who.pin) for who in ASSOCIATES]
    rows: list[tuple[Any, ...]] = []
    for who, pin in zip(ASSOCIATES, pins, strict=True):
        first, last = who.name.split(" ", 1)
        rows.append((staff_id(who.key), first, last, who.email, who.role, None, pin, badge_digest(who.badge),
                     passwords.get(who.password or "")))  # fmt: skip
    for boss in MANAGERS:
        first, last = boss.name.split(" ", 1)
        rows.append((staff_id(boss.key), first, last, boss.email, boss.role, boss.region, None, None,
                     passwords[boss.password]))  # fmt: skip
    await _insert(
        tx, "staff",
        {"id": "uuid", "first_name": "text", "last_name": "text", "email": "text", "role": "text", "region": "text",
         "pin_hash": "text", "badge_hash": "bytea", "password_hash": "text"},
        rows,
    )  # fmt: skip
    await _insert(
        tx, "staff_location", {"staff": "uuid", "location": "text"},
        [(staff_id(who.key), who.location) for who in ASSOCIATES],
    )  # fmt: skip
    for key in INTEGRATORS:
        await tx.run(
            "INSERT INTO api_key (id, name, key_hash, hint, scopes, locations, made_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7)",
            key_id(key.key), key.name, digest(key.secret), key.secret[-4:], list(key.scopes),
            list(key.locations) or None, at,
        )  # fmt: skip


def _cheap(text: str) -> str:
    # Printed at start anyway: a cheap hash, with a salt made of the text, so that loading takes no time.
    return hash_pin_now(text, CHEAP, digest(text)[:16])


async def _insert(
    tx: Tx, table: str, columns: dict[str, str], rows: Sequence[tuple[Any, ...]], **computed: str
) -> None:
    """Insert rows; `computed` adds columns made by an expression over the given ones."""
    if not computed:
        await Bulk(table, **columns).insert(tx, rows)
        return
    arrays = ", ".join(f"${i}::{kind}[]" for i, kind in enumerate(columns.values(), 1))
    names = ", ".join(columns)
    await tx.run(
        f"INSERT INTO {table} ({names}, {', '.join(computed)}) SELECT {names}, {', '.join(computed.values())}"
        f" FROM unnest({arrays}) AS given ({names})",
        *[list(column) for column in zip(*rows, strict=True)],
    )

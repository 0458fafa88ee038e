"""The tables that leave and come back as files: which columns, how each cell is read, and how their rows stand now."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, Literal

import msgspec

from comptoir.flows.word_reasons import BOOKS
from comptoir.kit import cells
from comptoir.kit.actor import Role
from comptoir.kit.cells import Reader, Wrong
from comptoir.kit.codes import gtin14
from comptoir.kit.db import Connection
from comptoir.kit.reason_rows import list_reasons

FileKind = Literal["stores", "hours", "people", "articles", "accessories", "reasons", "shelves", "safety"]
Row = dict[str, str]
"""Column -> its one spelling."""
Key = tuple[str, ...]
WEEK: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MOST_ROWS: Final = 20_000
MOST_OUT: Final = 100_000


class Kind(msgspec.Struct, frozen=True):
    """One table: its columns with how each is read, the columns that name a row, who may send it in, how its rows are read."""

    columns: Mapping[str, Reader]
    key: tuple[str, ...]
    roles: tuple[Role, ...]
    read: Callable[[Connection, Sequence[str] | None, Sequence[Key] | None], Awaitable[list[Row]]]
    """`read(connection, locations, only)`: the rows of places one reaches; of great tables only those keys, where they are named."""
    may_add: bool = True
    amounts: tuple[str, ...] = ()
    """Columns with numbers that have decimals: they leave as the reader's language writes them, and come back either way."""


async def _stores(connection: Connection, locations: Sequence[str] | None, only: Sequence[Key] | None) -> list[Row]:
    rows = await connection.fetch(
        "SELECT id AS location, name, kind, coalesce(region, '') AS region, legal_entity, street, postcode, city, country, time_zone, latitude, longitude,"
        " phone, directions, services, takes_returns, capacity_per_hour, pick_lead_minutes, hold_days, cart_orders FROM location"
        " WHERE closed_at IS NULL AND ($1::text[] IS NULL OR id = ANY($1)) ORDER BY id LIMIT $2",
        _list(locations), MOST_OUT,
    )  # fmt: skip
    return [
        _texts(row) | {"latitude": f"{row['latitude']:.5f}", "longitude": f"{row['longitude']:.5f}", "services": " ".join(sorted(row["services"]))}
        for row in rows
    ]  # fmt: skip


async def _hours(connection: Connection, locations: Sequence[str] | None, only: Sequence[Key] | None) -> list[Row]:
    rows = await connection.fetch(
        "SELECT l.id AS location, d.n::text AS day, coalesce((SELECT string_agg(h.opens || '-' || h.closes, ', ' ORDER BY h.opens) FROM opening_hours h"
        "   WHERE h.location = l.id AND h.weekday = d.n), '') AS spans, '' AS reason FROM location l CROSS JOIN generate_series(0, 6) AS d (n)"
        " WHERE l.closed_at IS NULL AND ($1::text[] IS NULL OR l.id = ANY($1))"
        " UNION ALL SELECT e.location, e.day::text, coalesce(e.opens || '-' || e.closes, ''), e.reason FROM opening_exception e"
        " WHERE $1::text[] IS NULL OR e.location = ANY($1) ORDER BY 1, 2 LIMIT $2",
        _list(locations), MOST_OUT,
    )  # fmt: skip
    return [
        {"location": row["location"], "day": WEEK[int(row["day"])] if row["day"].isdigit() else row["day"], "hours": _clock(row["spans"]), "reason": row["reason"]}
        for row in rows
    ]  # fmt: skip


async def _people(connection: Connection, locations: Sequence[str] | None, only: Sequence[Key] | None) -> list[Row]:
    rows = await connection.fetch(
        "SELECT s.id::text AS person, s.first_name, s.last_name, coalesce(s.email, '') AS email, s.role, coalesce(s.region, '') AS region, s.language,"
        " coalesce((SELECT string_agg(w.location, ' ' ORDER BY w.location) FROM staff_location w WHERE w.staff = s.id), '') AS locations FROM staff s"
        " WHERE s.disabled_at IS NULL AND ($1::text[] IS NULL OR EXISTS (SELECT FROM staff_location w WHERE w.staff = s.id AND w.location = ANY($1)))"
        " ORDER BY s.last_name, s.first_name, s.id LIMIT $2",
        _list(locations), MOST_OUT,
    )  # fmt: skip
    return [_texts(row) for row in rows]


async def _articles(connection: Connection, locations: Sequence[str] | None, only: Sequence[Key] | None) -> list[Row]:
    rows = await connection.fetch(
        "SELECT s.sku, s.name, s.variant, s.deciding, s.style, s.category, s.picture, s.price_minor, trim(s.currency) AS currency, s.vat_rate_bp, s.weight_grams,"
        " s.minimum_age, s.returnable, coalesce((SELECT string_agg(CASE b.kind WHEN 'gtin' THEN b.code ELSE 'internal:' || b.code END, ' ' ORDER BY b.code)"
        "   FROM barcode b WHERE b.sku = s.sku), '') AS barcodes FROM sku s WHERE NOT s.is_kit AND ($1::text[] IS NULL OR s.sku = ANY($1)) ORDER BY s.sku LIMIT $2",
        None if only is None else [key[0] for key in only], MOST_OUT,
    )  # fmt: skip
    return [
        {name: text for name, text in _texts(row).items() if name not in ("price_minor", "vat_rate_bp")}
        | {"price": f"{Decimal(row['price_minor']).scaleb(-2):.2f}", "vat_rate": f"{Decimal(row['vat_rate_bp']).scaleb(-2):.2f}"}
        for row in rows
    ]  # fmt: skip


async def _accessories(
    connection: Connection, locations: Sequence[str] | None, only: Sequence[Key] | None
) -> list[Row]:
    rows = await connection.fetch(
        "SELECT kind, key, code, fr, en, keep_minor, place, used FROM accessory WHERE $1::text[] IS NULL OR key = ANY($1) ORDER BY kind, key, place, code LIMIT $2",
        None if only is None else [key[1] for key in only], MOST_OUT,
    )  # fmt: skip
    return [
        {name: text for name, text in _texts(row).items() if name != "keep_minor"} | {"keep": f"{Decimal(row['keep_minor']).scaleb(-2):.2f}"}
        for row in rows
    ]  # fmt: skip


async def _reasons(connection: Connection, locations: Sequence[str] | None, only: Sequence[Key] | None) -> list[Row]:
    return [
        _texts({"subject": subject, **msgspec.structs.asdict(one)})
        for subject, book in BOOKS.items() for one in await list_reasons(connection, book)
    ]  # fmt: skip


async def _shelves(connection: Connection, locations: Sequence[str] | None, only: Sequence[Key] | None) -> list[Row]:
    rows = await connection.fetch(
        "SELECT location, sku, aisle, bay, level FROM shelf_place t WHERE ($1::text[] IS NULL OR location = ANY($1))"
        " AND ($2::text[] IS NULL OR (location, sku) IN (SELECT l, s FROM unnest($2::text[], $3::text[]) AS k (l, s))) ORDER BY location, sku LIMIT $4",
        _list(locations), *_split(only), MOST_OUT,
    )  # fmt: skip
    return [_texts(row) for row in rows]


async def _safety(connection: Connection, locations: Sequence[str] | None, only: Sequence[Key] | None) -> list[Row]:
    rows = await connection.fetch(
        "SELECT location, sku, safety_own AS safety_stock FROM stock_level t WHERE ($1::text[] IS NULL OR location = ANY($1))"
        " AND ($2::text[] IS NULL OR (location, sku) IN (SELECT l, s FROM unnest($2::text[], $3::text[]) AS k (l, s))) ORDER BY location, sku LIMIT $4",
        _list(locations), *_split(only), MOST_OUT,
    )  # fmt: skip
    return [_texts(row) for row in rows]


def _split(only: Sequence[Key] | None) -> tuple[list[str] | None, list[str] | None]:
    return (None, None) if only is None else ([key[0] for key in only], [key[1] for key in only])


def _barcodes(typed: str) -> str:
    """Codes with blanks between: GTINs in their one spelling, codes of the house's own as `internal:...`."""
    found = []
    for code in typed.split():
        own = code.removeprefix("internal:") != code
        spelled = code if own else gtin14(code)
        if spelled is None or len(code) > 64:
            raise Wrong("not_a_barcode")
        found.append(spelled)
    return " ".join(sorted(set(found), key=lambda code: code.removeprefix("internal:")))


def _upper(most: int) -> Reader:
    return lambda typed: cells.text(most, needed=True)(typed).upper()


def _texts(row: Any) -> Row:
    """Every column as text: nothing is empty, true is yes."""
    told = dict(row)
    return {
        name: "" if value is None else ("yes" if value else "no") if isinstance(value, bool) else str(value)
        for name, value in told.items()
    }


def _clock(written: str) -> str:
    """ "540-750, 840-1170" -> "9:00-12:30, 14:00-19:30"."""
    pairs = [part.split("-") for part in written.split(", ") if part]
    return ", ".join(f"{int(o) // 60}:{int(o) % 60:02}-{int(c) // 60}:{int(c) % 60:02}" for o, c in pairs)


def _list(locations: Sequence[str] | None) -> list[str] | None:
    return None if locations is None else list(locations)


_MANAGERS: Final[tuple[Role, ...]] = ("store_manager", "regional_manager", "head_office")
_PRICE: Final = cells.decimal(2, Decimal(0), Decimal(20_000_000))
KINDS: Final[dict[FileKind, Kind]] = {
    "stores": Kind(
        {
            "location": cells.slug(), "name": cells.text(needed=True), "kind": cells.among("store", "warehouse"), "region": cells.slug(needed=False),
            "legal_entity": cells.slug(), "street": cells.text(needed=True), "postcode": cells.text(12), "city": cells.text(needed=True),
            "country": _upper(2), "time_zone": cells.text(60, needed=True), "latitude": cells.decimal(5, Decimal(-90), Decimal(90), empty=True),
            "longitude": cells.decimal(5, Decimal(-180), Decimal(180), empty=True), "phone": cells.text(32), "directions": cells.text(),
            "services": cells.among("pickup", "ship", several=True), "takes_returns": cells.yes_no, "capacity_per_hour": cells.whole(1, 10_000),
            "pick_lead_minutes": cells.whole(0, 2880), "hold_days": cells.whole(1, 60), "cart_orders": cells.whole(1, 12),
        },
        ("location",), ("head_office",), _stores, amounts=("latitude", "longitude"),
    ),
    "hours": Kind(
        {"location": cells.slug(), "day": cells.day_of(WEEK), "hours": cells.spans, "reason": cells.text()},
        ("location", "day"), _MANAGERS, _hours,
    ),
    "people": Kind(
        {
            "person": cells.text(36), "first_name": cells.text(needed=True), "last_name": cells.text(needed=True), "email": cells.text(254),
            "role": cells.among("associate", "store_manager", "regional_manager", "head_office"), "region": cells.slug(needed=False),
            "language": cells.among("fr", "en"), "locations": cells.slugs,
        },
        ("person",), _MANAGERS, _people,
    ),
    "articles": Kind(
        {
            "sku": cells.text(64, needed=True), "name": cells.text(needed=True), "variant": cells.text(), "deciding": cells.text(),
            "style": cells.text(64, needed=True), "category": cells.slug(needed=False), "picture": cells.text(), "price": _PRICE,
            "currency": _upper(3), "vat_rate": cells.decimal(2, Decimal(0), Decimal(100)), "weight_grams": cells.whole(0, 1_000_000),
            "minimum_age": cells.whole(1, 99, empty=True), "returnable": cells.yes_no, "barcodes": _barcodes,
        },
        ("sku",), ("head_office",), _articles, amounts=("price", "vat_rate"),
    ),
    "accessories": Kind(
        {
            "kind": cells.among("sku", "category"), "key": cells.text(64, needed=True), "code": cells.text(40, needed=True), "fr": cells.text(needed=True),
            "en": cells.text(needed=True), "keep": cells.decimal(2, Decimal(0), Decimal(100_000)), "place": cells.whole(0, 99), "used": cells.yes_no,
        },
        ("kind", "key", "code"), ("head_office",), _accessories, amounts=("keep",),
    ),
    "reasons": Kind(
        {
            "subject": cells.among(*BOOKS), "code": cells.code, "fr": cells.text(needed=True), "en": cells.text(needed=True), "place": cells.whole(0, 9_999),
            "faulty": cells.yes_no, "photo": cells.yes_no, "used": cells.yes_no, "acts_as": cells.text(40),
        },
        ("subject", "code"), ("head_office",), _reasons,
    ),
    "shelves": Kind(
        {"location": cells.slug(), "sku": cells.text(64, needed=True), "aisle": cells.text(16, needed=True), "bay": cells.text(16), "level": cells.text(16)},
        ("location", "sku"), _MANAGERS, _shelves,
    ),
    "safety": Kind(
        {"location": cells.slug(), "sku": cells.text(64, needed=True), "safety_stock": cells.whole(0, 1_000_000, empty=True)},
        ("location", "sku"), ("head_office",), _safety, may_add=False,
    ),
}  # fmt: skip
"""Every table by its name in an address."""

"""The small Orme of the tests: two stores and a warehouse, a dozen articles, named people, orders with readable defaults.

Everything is the demo world's own: the same stores, articles, prices and people, only fewer of them.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID

import msgspec

from comptoir.kit.db import open_pool
from comptoir.kit.ids import digest, new_id
from comptoir.kit.money import vat_within
from comptoir.orders.model import Address, CustomerDetails, OrderedLine, PaymentDetails, PlaceOrder
from comptoir.seeding.reference import minutes_of, staff_id
from comptoir.world.articles import ARTICLES, Article
from comptoir.world.cast import INES_AUBRY, Customer
from comptoir.world.stores import LOCATIONS

FRIDAY: Final = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)
"""A Friday, noon in Paris, all stores open."""

LYON: Final = "lyon-part-dieu"
CONFLUENCE: Final = "lyon-confluence"
WAREHOUSE: Final = "entrepot-isle-d-abeau"
PLACES: Final = (LYON, CONFLUENCE, WAREHOUSE)

DERBY: Final = "DERBY-HELENE-NOIR-39"
DERBY_38: Final = "DERBY-HELENE-NOIR-38"
COGNAC: Final = "DERBY-HELENE-COGNAC-39"
BOWL: Final = "BOL-GRES-BLEU"
CUP: Final = "TASSE-MATIN-BLEU"
TABLE_SET: Final = "COFFRET-TABLE"
"""A kit: two bowls and two cups."""
WINE: Final = "COTEAUX-ORME-ROUGE-75-CL"
"""Eighteen and over."""
TOWEL: Final = "SERVIETTE-ONDE-SAUGE-50-X-100"
BATH_TOWEL: Final = "SERVIETTE-ONDE-SAUGE-70-X-140"
CANDLE: Final = "BOUGIE-GARRIGUE-FIGUIER-180-G"
BATH_SET: Final = "COFFRET-BAIN"
"""A kit: one small towel, one large, one candle."""
BRANDY: Final = "EAU-DE-VIE-POIRE-POIRE-50-CL"
SKUS: Final = (
    DERBY, DERBY_38, COGNAC, BOWL, CUP, TABLE_SET, WINE, TOWEL, BATH_TOWEL, CANDLE, BATH_SET, BRANDY,
)  # fmt: skip
ARTICLE: Final[dict[str, Article]] = {article.sku: article for article in ARTICLES if article.sku in SKUS}

SAM: Final = staff_id("sam-diallo")
LEA: Final = staff_id("lea-martin")
NOUR: Final = staff_id("nour-benali")
ROLES: Final = {SAM: "associate", LEA: "associate", NOUR: "associate"}
"""Sam and Léa work at Lyon Part-Dieu; Nour helps out at Confluence."""


class Line(msgspec.Struct, frozen=True):
    """One line of an order as a test says it: `Line(DERBY)` is one pair, picked up in Lyon."""

    sku: str = DERBY
    quantity: int = 1
    at: str | None = LYON  # None: shipped
    price_minor: int | None = None
    discount_minor: int = 0


def shipped(sku: str = DERBY, quantity: int = 1) -> Line:
    """A line that goes to the customer's address."""
    return Line(sku, quantity, None)


def order(
    *lines: Line, paid: Literal["captured", "authorized", "pending"] = "captured", by: Customer = INES_AUBRY,
    id: UUID | None = None, shipping_minor: int | None = None, at: datetime = FRIDAY, **more: Any,
) -> PlaceOrder:  # fmt: skip
    """An order whose sums are right: of one pair of derbies, paid, picked up in Lyon, unless told otherwise."""
    ordered = tuple(_ordered(line) for line in lines or (Line(),))
    ships = any(line.method == "ship" for line in ordered)
    shipping = (490 if ships else 0) if shipping_minor is None else shipping_minor
    goods = sum(line.total_minor for line in ordered)
    made = id or new_id()
    pay = PaymentDetails("stripe", f"pay-{made}", paid, goods + shipping, more.pop("expires_at", None))
    return PlaceOrder(
        id=made, placed_at=at, customer=CustomerDetails(by.first_name, by.last_name, None, by.email, by.phone),
        lines=ordered, payment=pay, total_minor=goods + shipping, shipping_minor=shipping,
        shipping_vat_minor=vat_within(shipping, 2000), language="fr",
        vat_minor=sum(line.vat_minor for line in ordered) + vat_within(shipping, 2000),
        ship_to=Address(by.name, by.address, "", by.postcode, by.city) if ships else None, **more,
    )  # fmt: skip


def _ordered(line: Line) -> OrderedLine:
    article = ARTICLE[line.sku]
    price = article.price_minor if line.price_minor is None else line.price_minor
    total = price * line.quantity - line.discount_minor
    return OrderedLine(
        line.quantity, price, article.vat_bp, vat_within(total, article.vat_bp), total, "pickup" if line.at else "ship",
        line.sku, line.at, line.discount_minor, article.name,
    )  # fmt: skip


def device_id(place: str, number: int = 1) -> UUID:
    """The id of a store's n-th handheld."""
    return UUID(int=(0x0190_0000_0000_7000_8000_0000_0000_0000 + PLACES.index(place) * 100 + number))


async def settle(dsn: str, at: datetime = FRIDAY) -> None:
    """Write the places, articles and people into an empty database; nothing is on hand yet."""
    pool = await open_pool(dsn, 1)
    try:
        async with pool.acquire() as connection:
            await connection.execute(
                "INSERT INTO legal_entity VALUES ('orme', 'Orme SAS', '0', 'FR0', 'Lyon', 'OR');"
                "INSERT INTO region VALUES ('sud-est', 'Sud-Est');"
                "INSERT INTO channel (id, kind, name) VALUES ('api', 'api', 'orme.example.fr'),"
                " ('shopify-orme', 'shopify', 'Orme')"
            )
            await connection.executemany(_PLACE, _places())
            await connection.executemany("INSERT INTO opening_hours VALUES ($1, $2, $3, $4)", _hours())
            await connection.executemany(_SKU, [_article(ARTICLE[sku]) for sku in SKUS])
            await connection.executemany("INSERT INTO kit_component VALUES ($1, $2, $3, $4)", _kits())
            await connection.executemany(_STAFF, [(who, role) for who, role in ROLES.items()])
            await connection.executemany(_DEVICE, _devices(at))
    finally:
        await pool.close()


_PLACE = (
    "INSERT INTO location (id, name, kind, region, legal_entity, street, postcode, city, latitude, longitude,"
    " time_zone, services, capacity_per_hour, pick_lead_minutes, hold_days, parcel_cost_minor)"
    " VALUES ($1, $2, $3, 'sud-est', 'orme', $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"
)
_SKU = (
    "INSERT INTO sku (sku, name, variant, style, price_minor, vat_rate_bp, weight_grams, minimum_age, is_kit)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
)
_STAFF = "INSERT INTO staff (id, first_name, last_name, role) VALUES ($1, 'Sam', 'Test', $2)"
_DEVICE = "INSERT INTO device (id, location, name, credential_hash, enrolled_at) VALUES ($1, $2, $3, $4, $5)"


def _places() -> list[tuple[Any, ...]]:
    return [
        (p.id, p.name, p.kind, p.address, p.postcode, p.city, p.latitude, p.longitude, p.time_zone,
         ["pickup", "ship"] if p.kind == "store" else ["ship"], p.capacity_per_hour, p.pick_lead_minutes, p.hold_days,
         p.parcel_cost_minor)
        for p in LOCATIONS if p.id in PLACES
    ]  # fmt: skip


def _hours() -> list[tuple[str, int, int, int]]:
    return [
        (place.id, weekday, minutes_of(opens), minutes_of(closes))
        for place in LOCATIONS if place.id in PLACES
        for weekday, spans in enumerate(place.hours) for opens, closes in spans
    ]  # fmt: skip


def _article(a: Article) -> tuple[Any, ...]:
    return (
        a.sku, a.name, a.variant, a.style, a.price_minor, a.vat_bp, a.weight_grams, a.minimum_age, bool(a.components)
    )  # fmt: skip


def _kits() -> list[tuple[str, str, int, int]]:
    return [(sku, part.sku, part.quantity, part.share_bp) for sku in SKUS for part in ARTICLE[sku].components]


def _devices(at: datetime) -> list[tuple[Any, ...]]:
    return [
        (device_id(place, number), place, f"{place[:4]}-{number}", digest(f"credential-{place}-{number}"), at)
        for place in PLACES for number in (1, 2)
    ]  # fmt: skip


async def sign_in(connection: Any, who: UUID, device: UUID, at: datetime = FRIDAY) -> UUID:
    """Sign somebody in on a device, an hour ago; the sign-in's id."""
    made = new_id()
    began = at - timedelta(hours=1)
    await connection.execute(
        "INSERT INTO sign_in (id, staff, device, token_hash, started_at, seen_at, ends_at, means)"
        " VALUES ($1, $2, $3, $4, $5, $5, $6, 'pin')",
        made, who, device, digest(str(made)), began, began + timedelta(days=30),
    )  # fmt: skip
    return made

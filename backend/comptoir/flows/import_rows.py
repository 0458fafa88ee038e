"""One row of a file becomes what it says, by the same flows and rules as a form; what they refuse is the line's fault."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import msgspec

from comptoir.catalog import sql as catalog_sql
from comptoir.catalog.model import ArticleBody, Barcode, check
from comptoir.catalog.queries import find_article
from comptoir.flows import auditing, change_places, change_staff, change_store, put_accessories, word_reasons
from comptoir.flows.file_kinds import WEEK, FileKind, Key, Row
from comptoir.kit.actor import Actor
from comptoir.kit.cells import minutes
from comptoir.kit.db import Tx
from comptoir.kit.errors import Invalid, NotFound
from comptoir.kit.ids import new_id
from comptoir.kit.reasons import Reason, Subject
from comptoir.network import changing as store
from comptoir.network import places
from comptoir.returns import accessory_sql
from comptoir.returns.accessories import MOST as MOST_ACCESSORIES
from comptoir.returns.accessories import Accessory, Of
from comptoir.returns.accessories import check as check_accessories
from comptoir.returns.queries import list_accessories
from comptoir.staff.changing import SavePerson
from comptoir.stock import safety_sql


class Changing(msgspec.Struct, frozen=True):
    """A row of a file: its line, its key, how it stands (None: nowhere), how it is to stand."""

    line: int
    key: Key
    before: Row | None
    after: Row


FIGURES: Final = frozenset(
    {"services", "capacity_per_hour", "pick_lead_minutes", "hold_days", "phone", "directions", "cart_orders"}
)
"""Columns of a store that its own managers change too."""


async def _store(tx: Tx, one: Changing, actor: Actor, now: datetime) -> None:
    row = one.after
    about = _as(
        places.Described,
        {
            "name": row["name"], "kind": row["kind"], "region": row["region"] or None, "legal_entity": row["legal_entity"], "street": row["street"],
            "postcode": row["postcode"], "city": row["city"], "country": row["country"].upper(), "time_zone": row["time_zone"],
            "latitude": float(row["latitude"]) if row["latitude"] else None, "longitude": float(row["longitude"]) if row["longitude"] else None,
            "shelves": 12 if one.before is None else 0, "takes_returns": row["takes_returns"] == "yes",
        },
    )  # fmt: skip
    location = row["location"]
    differs = {name for name, text in row.items() if (one.before or {}).get(name) != text}
    version = await tx.value("SELECT version FROM location WHERE id = $1", location)
    if one.before is None:
        told = await change_places.create_store(
            tx, _as(places.CreateStore, {"id": new_id(), "location": location, "about": about}), actor, now
        )
        version = told.version
    elif differs - FIGURES:
        told = await change_places.describe_store(
            tx, places.DescribeStore(new_id(), location, version, about), actor, now
        )
        version = told.version
    if not differs & FIGURES:
        return
    figures = _as(
        store.SaveStore,
        {
            "id": new_id(), "location": location, "version": version, "capacity_per_hour": int(row["capacity_per_hour"]),
            "pick_lead_minutes": int(row["pick_lead_minutes"]), "hold_days": int(row["hold_days"]), "services": tuple(row["services"].split()),
            "phone": row["phone"], "directions": row["directions"], "cart_orders": int(row["cart_orders"]),
            "scan_totes": bool(await tx.value("SELECT scan_totes FROM location WHERE id = $1", location)),
        },
    )  # fmt: skip
    await change_store.save_store(tx, figures, actor, now)


async def _hours(tx: Tx, one: Changing, actor: Actor, now: datetime) -> None:
    location, day = one.key
    spans = minutes(one.after["hours"])
    if day not in WEEK:
        if len(spans) > 1:
            raise Invalid("hours_wrong")
        opens, closes = spans[0] if spans else (None, None)
        command = _as(
            store.SetException,
            {
                "id": new_id(),
                "location": location,
                "day": date.fromisoformat(day),
                "opens": opens,
                "closes": closes,
                "reason": one.after["reason"],
            },
        )
        await change_store.set_exception(tx, command, actor, now)
        return
    rows = await tx.rows(
        "SELECT weekday, opens, closes FROM opening_hours WHERE location = $1 AND weekday <> $2",
        location,
        WEEK.index(day),
    )
    version = await tx.value("SELECT version FROM location WHERE id = $1", location)
    week = [tuple(row) for row in rows] + [(WEEK.index(day), opens, closes) for opens, closes in spans]
    if version is None:
        raise NotFound("location_not_found")
    await change_store.save_hours(tx, store.SaveHours(new_id(), location, version, tuple(week)), actor, now)


async def _person(tx: Tx, one: Changing, actor: Actor, now: datetime) -> None:
    row = one.after
    try:
        staff = UUID(row["person"])
    except ValueError:
        raise NotFound("person_not_found") from None
    version = await tx.value("SELECT version FROM staff WHERE id = $1", staff)
    if version and one.before is None:  # whose access is closed, or who works where one does not reach
        raise NotFound("person_not_found")
    command = _as(
        SavePerson,
        {
            "id": new_id(), "staff": staff, "version": version or 0, "first_name": row["first_name"], "last_name": row["last_name"],
            "email": row["email"] or None, "role": row["role"], "region": row["region"] or None, "locations": tuple(row["locations"].split()),
            "language": row["language"],
        },
    )  # fmt: skip
    await change_staff.save_person(tx, command, actor, now)


async def _article(tx: Tx, one: Changing, actor: Actor, now: datetime) -> None:
    row = one.after
    barcodes = tuple(
        Barcode(code.removeprefix("internal:"), "internal" if code.startswith("internal:") else "gtin")
        for code in row["barcodes"].split()
    )
    told: dict[str, Any] = {
        "name": row["name"], "style": row["style"], "price_minor": int(Decimal(row["price"]) * 100), "vat_rate_bp": int(Decimal(row["vat_rate"]) * 100),
        "variant": row["variant"], "deciding": row["deciding"], "picture": row["picture"], "currency": row["currency"].upper(),
        "weight_grams": int(row["weight_grams"]), "minimum_age": int(row["minimum_age"]) if row["minimum_age"] else None,
        "returnable": row["returnable"] == "yes", "category": row["category"], "barcodes": barcodes,
    }  # fmt: skip
    current = None if one.before is None else await find_article(tx.connection, row["sku"])
    if current is not None:
        kept = {name: getattr(current, name) for name in ArticleBody.__struct_fields__ if name not in told}
        told |= kept
    elif await tx.value("SELECT is_kit FROM sku WHERE sku = $1", row["sku"]):
        raise Invalid("part_is_kit", sku=row["sku"])
    body = check(row["sku"], _as(ArticleBody, told), {})
    before = await auditing.standing(tx, "sku", row["sku"])
    await catalog_sql.put_article(tx, row["sku"], body, current.version + 1 if current else 1)
    if current is not None and current.category != body.category:
        await safety_sql.align_skus(tx, [row["sku"]])
    await auditing.keep(tx, actor, "sku.imported", "sku", row["sku"], before)


async def _accessory(tx: Tx, one: Changing, actor: Actor, now: datetime) -> None:
    row = one.after
    told = _as(
        Accessory,
        {"code": row["code"], "fr": row["fr"], "en": row["en"], "keep_minor": int(Decimal(row["keep"]) * 100), "used": row["used"] == "yes"},
    )  # fmt: skip
    check_accessories([told])
    kind: Of = "sku" if row["kind"] == "sku" else "category"
    await put_accessories.known(tx, kind, row["key"])
    before = await auditing.standing(tx, "accessories", f"{kind}.{row['key']}")
    await accessory_sql.keep(tx, kind, row["key"], told, int(row["place"]), actor.who)
    if len(await list_accessories(tx.connection, kind, row["key"])) > MOST_ACCESSORIES:
        raise Invalid("too_many_accessories", most=MOST_ACCESSORIES)
    await auditing.keep(tx, actor, "accessories.imported", "accessories", f"{kind}.{row['key']}", before)


async def _reason(tx: Tx, one: Changing, actor: Actor, now: datetime) -> None:
    row = one.after
    told = {
        name: text == "yes" if name in ("faulty", "photo", "used") else text
        for name, text in row.items()
        if name != "subject"
    }
    wanted = _as(Reason, told | {"place": int(row["place"]), "acts_as": row["acts_as"] or None})
    await word_reasons.put_reason(tx, _as(Subject, row["subject"]), wanted, actor)


async def _shelf(tx: Tx, one: Changing, actor: Actor, now: datetime) -> None:
    row = one.after
    await _known(tx, actor, row)
    await _noted(tx, one, actor, "shelf.imported")
    await tx.run(
        "INSERT INTO shelf_place (location, sku, aisle, bay, level) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (location, sku)"
        " DO UPDATE SET aisle = excluded.aisle, bay = excluded.bay, level = excluded.level",
        row["location"], row["sku"], row["aisle"], row["bay"], row["level"],
    )  # fmt: skip


async def _safety(tx: Tx, one: Changing, actor: Actor, now: datetime) -> None:
    row = one.after
    own = int(row["safety_stock"]) if row["safety_stock"] else None
    await _noted(tx, one, actor, "safety.imported")
    await safety_sql.set_own(tx, {(row["sku"], row["location"]): own})


async def _noted(tx: Tx, one: Changing, actor: Actor, action: str) -> None:
    """What stands at a place of an article, from what to what."""
    before = one.before or {}
    told = [
        (name, before.get(name) or None, text or None)
        for name, text in one.after.items()
        if before.get(name, "") != text
    ]
    await auditing.note(
        tx, actor, action, f"{one.after['location']}.{one.after['sku']}", one.after["location"], changes=told
    )


async def _known(tx: Tx, actor: Actor, row: Row) -> None:
    """NotFound `location_not_found`, Invalid `unknown_sku`."""
    if not actor.reaches(row["location"]) or not await tx.value(
        "SELECT true FROM location WHERE id = $1", row["location"]
    ):
        raise NotFound("location_not_found")
    if not await tx.value("SELECT true FROM sku WHERE sku = $1", row["sku"]):
        raise Invalid("unknown_sku", sku=row["sku"])


def _as(kind: Any, told: Any) -> Any:
    """The command, held to its type. Invalid `row_wrong` with what msgspec found."""
    try:
        return msgspec.convert(told, kind)
    except msgspec.ValidationError as wrong:
        raise Invalid("row_wrong", wrong=str(wrong)) from None


WRITE: Final[Mapping[FileKind, Callable[[Tx, Changing, Actor, datetime], Awaitable[None]]]] = {
    "stores": _store, "hours": _hours, "people": _person, "articles": _article, "accessories": _accessory, "reasons": _reason, "shelves": _shelf, "safety": _safety,
}  # fmt: skip
"""How a row of each table is written."""

"""Head office's places: a new store or warehouse, one that moves or closes, the regions, the companies that sell."""

from collections.abc import Callable
from typing import Any, Final

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, URLEncodedBody

from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import Invalid, NotFound, Refusal
from comptoir.kit.ids import new_id
from comptoir.kit.words import Slug
from comptoir.network import places, queries
from comptoir.web.guards import by
from comptoir.web.pages.audit import past_of
from comptoir.web.pages.page import Page
from comptoir.web.pages.session import Answer
from comptoir.web.pages.typed import Typed

HERE: Final = "/manager/companies"
STORES: Final = "/manager/stores"
NEW: Final = "new"
FIELDS: Final = (
    "location", "name", "street", "postcode", "city", "country", "time_zone", "shelves", "region", "entity", "siren", "vat_number", "address",
    "document_prefix", "rcs",
)  # fmt: skip
"""Fields that a page points at, when one of them is wrong."""


@get(HERE, opt=by("head_office"))
async def companies(
    house: NamedDependency[House], page: NamedDependency[Page], done: FromQuery[bool] = False
) -> Answer:
    """Regions and companies."""
    return await _list(house, page, done=done)


@post(HERE + "/regions", opt=by("head_office"), status_code=200)
async def save_region(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    data: URLEncodedBody[dict[str, Any]],
) -> Answer:  # fmt: skip
    """A new region, or another name for one."""
    typed = Typed(data)
    try:
        await house.runner.perform(
            _read(
                places.SaveRegion, id=typed.id(), region=typed.text("region"), version=typed.whole("version", 0, 999_999_999),
                name=typed.text("name"),
            ), actor,
        )  # fmt: skip
    except Refusal as refusal:
        return await _list(house, page, refusal)
    return page.go(f"{HERE}?done=true")


@get(HERE + "/{entity:str}", opt=by("head_office"))
async def one_entity(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page], entity: FromPath[Slug]
) -> Answer:
    """One company with its form, or an empty one under "new"."""
    return await _entity(house, actor, page, entity)


@post(HERE + "/{entity:str}", opt=by("head_office"), status_code=200)
async def save_entity(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page], entity: FromPath[Slug],
    data: URLEncodedBody[dict[str, Any]],
) -> Answer:  # fmt: skip
    """New or different; refused, the page comes back with what was typed."""
    typed = Typed(data)

    def command() -> Any:
        return _read(
            places.SaveEntity, id=typed.id(), entity=typed.text("entity") if entity == NEW else entity,
            version=0 if entity == NEW else typed.whole("version", 1, 999_999_999), name=typed.text("name"),
            siren=typed.text("siren").replace(" ", ""), vat_number=typed.text("vat_number").replace(" ", "").upper(),
            address=typed.text("address"), document_prefix=typed.text("document_prefix").upper(), country=typed.text("country").upper() or "FR",
            rcs=typed.text("rcs"), capital_minor=typed.minor("capital", 10**11) if typed.text("capital") else None,
            time_zone=typed.text("time_zone") or "Europe/Paris",
        )  # fmt: skip

    try:
        await house.runner.perform(command(), actor)
    except Refusal as refusal:
        if refusal.status == 404:
            raise
        return await _entity(house, actor, page, entity, typed, refusal)
    return page.go(f"{HERE}?done=true")


@get(STORES + "/new", opt=by("head_office"))
async def new_store(house: NamedDependency[House], page: NamedDependency[Page]) -> Answer:
    """The form of a new place."""
    return await _store(house, page, NEW)


@post(STORES + "/new", opt=by("head_office"), status_code=200)
async def create_store(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    data: URLEncodedBody[dict[str, Any]],
) -> Answer:  # fmt: skip
    """A place that offers nothing until its hours and services are said on its own page."""
    typed = Typed(data)
    location = typed.text("location").lower()
    return await _perform(
        house, actor, page, NEW, typed, f"{STORES}/{location}/settings",
        lambda: _read(places.CreateStore, id=typed.id(), location=location, about=_about(typed)),
    )  # fmt: skip


@get(STORES + "/{location:str}/about", opt=by("head_office"))
async def about_store(house: NamedDependency[House], page: NamedDependency[Page], location: FromPath[Slug]) -> Answer:
    """What a place is and where, with closing it."""
    return await _store(house, page, location)


@post(STORES + "/{location:str}/about", opt=by("head_office"), status_code=200)
async def describe_store(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page], location: FromPath[Slug],
    data: URLEncodedBody[dict[str, Any]],
) -> Answer:  # fmt: skip
    """Another name, address, region, company; refused, the page comes back with what was typed."""
    typed = Typed(data)
    return await _perform(
        house, actor, page, location, typed, f"{STORES}/{location}/settings",
        lambda: _read(
            places.DescribeStore, id=typed.id(), location=location, version=typed.whole("version", 1, 999_999_999), about=_about(typed)
        ),
    )  # fmt: skip


@post(STORES + "/{location:str}/closing", opt=by("head_office"), status_code=200)
async def close_store(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page], location: FromPath[Slug],
    data: URLEncodedBody[dict[str, Any]],
) -> Answer:  # fmt: skip
    """Closed for good, or open again."""
    typed = Typed(data)

    def command() -> Any:
        version = typed.whole("version", 1, 999_999_999)
        if typed.text("what") == "reopen":
            return _read(places.ReopenStore, id=typed.id(), location=location, version=version)
        return _read(places.CloseStore, id=typed.id(), location=location, version=version, reason=typed.text("reason"))

    return await _perform(house, actor, page, location, None, f"{STORES}/{location}/settings", command)


def _read(kind: type[Any], **fields: Any) -> Any:
    try:
        return msgspec.convert(fields, kind)
    except msgspec.ValidationError as wrong:
        field = next((name for name in FIELDS if f".{name}`" in f"{wrong}`"), "name")
        raise Invalid("place_field_wrong", field=field) from None


def _about(typed: Typed) -> dict[str, Any]:
    return {
        "name": typed.text("name"), "kind": "warehouse" if typed.text("kind") == "warehouse" else "store", "region": typed.text("region") or None,
        "legal_entity": typed.text("legal_entity"), "street": typed.text("street"), "postcode": typed.text("postcode"), "city": typed.text("city"),
        "country": typed.text("country").upper() or "FR", "time_zone": typed.text("time_zone") or "Europe/Paris",
        "latitude": _degrees(typed, "latitude", 90), "longitude": _degrees(typed, "longitude", 180),
        "shelves": typed.whole("shelves", 0, places.MOST_SHELVES, 0), "takes_returns": bool(typed.text("takes_returns")),
    }  # fmt: skip


def _degrees(typed: Typed, name: str, most: int) -> float | None:
    text = typed.text(name).replace(",", ".")
    if not text:
        return None
    try:
        found = float(text)
    except ValueError:
        raise Invalid("place_field_wrong", field=name) from None
    if not -most <= found <= most:
        raise Invalid("place_field_wrong", field=name)
    return found


async def _perform(
    house: House,
    actor: Actor,
    page: Page,
    location: str,
    typed: Typed | None,
    then: str,
    command: Callable[[], Any],
) -> Answer:
    try:
        await house.runner.perform(command(), actor)
    except Refusal as refusal:
        if refusal.status == 404:
            raise
        return await _store(house, page, location, typed, refusal)
    return page.go(then)


async def _list(house: House, page: Page, refusal: Refusal | None = None, *, done: bool = False) -> Answer:
    async with borrowed(house.pool) as connection:
        regions = await queries.list_region_rows(connection)
        entities = await queries.list_entities(connection)
    return page.html(
        "admin/companies.html", status=refusal.status if refusal else 200, regions=regions, entities=entities, refusal=refusal, done=done,
        new_id=new_id,
    )  # fmt: skip


async def _entity(
    house: House, actor: Actor, page: Page, entity: str, typed: Typed | None = None, refusal: Refusal | None = None
) -> Answer:
    async with borrowed(house.pool) as connection:
        rows = [] if entity == NEW else await queries.list_entities(connection, entity)
        past = await past_of(connection, actor, "places", entity) if rows else None
    if entity != NEW and not rows:
        raise NotFound("place_not_found")
    return page.html(
        "admin/company.html", status=refusal.status if refusal else 200, row=rows[0] if rows else None, past=past, typed=typed, refusal=refusal,
        wrong=refusal.facts.get("field", "") if refusal else "", id=new_id(),
    )  # fmt: skip


async def _store(
    house: House, page: Page, location: str, typed: Typed | None = None, refusal: Refusal | None = None
) -> Answer:
    async with borrowed(house.pool) as connection:
        place = (
            None if location == NEW else await queries.find_location(connection, location, None, house.clock().date())
        )
        regions = await queries.list_regions(connection)
        entities = [(one.id, one.name) for one in await queries.list_entities(connection)]
    return page.html(
        "admin/store_about.html", status=refusal.status if refusal else 200, place=place, regions=regions, entities=entities, typed=typed,
        refusal=refusal, wrong=refusal.facts.get("field", "") if refusal else "", ids=[new_id() for _ in range(2)],
    )  # fmt: skip


ROUTES: list[BaseRouteHandler] = [
    companies, save_region, one_entity, save_entity, new_store, create_store, about_store, describe_store, close_store,
]  # fmt: skip

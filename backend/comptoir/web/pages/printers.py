"""The Printers page: which printers a store has, in which network they may be, and a test page for each."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, URLEncodedBody

from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import NotFound, Refusal
from comptoir.kit.ids import new_id
from comptoir.kit.words import Slug, Word
from comptoir.printing import queries
from comptoir.printing.model import AskPrint, DeclareNetworks, Media, PrinterLanguage, SavePrinter
from comptoir.web.guards import MANAGERS, by
from comptoir.web.pages.page import Page
from comptoir.web.pages.people import AskForm
from comptoir.web.pages.session import Answer

Version = Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)]


class PrinterForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A printer as it is to be. `printer` was made with the page, so that sending it twice is one printer."""

    id: UUID
    printer: UUID
    version: Version
    name: Word
    host: Annotated[str, msgspec.Meta(max_length=64)]
    port: Annotated[int, msgspec.Meta(ge=0, le=99_999)]
    language: PrinterLanguage
    media: Media
    active: bool = False


class NetworksForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: UUID
    networks: Annotated[str, msgspec.Meta(max_length=400)]
    public: bool = False


@get("/manager/printers", opt=by(*MANAGERS))
async def printers(house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page]) -> Answer:
    """Every store the manager reaches, with its printers and how the last page went."""
    async with borrowed(house.pool) as database:
        stores = await queries.list_stores(database, actor.locations)
    return page.html("admin/printers.html", stores=stores)


@get("/manager/printers/{location:str}", opt=by(*MANAGERS))
async def of_store(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page], location: FromPath[Slug]
) -> Answer:
    """One store's printers with their forms."""
    return await _form(house, actor, page, location)


@post("/manager/printers/{location:str}", opt=by(*MANAGERS), status_code=200)
async def save(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    location: FromPath[Slug], data: URLEncodedBody[PrinterForm],
) -> Answer:  # fmt: skip
    """A new printer, or one that changed; refused, the page comes back with what was typed."""
    fields = msgspec.structs.asdict(data)
    return await _perform(house, actor, page, location, lambda: _ask(SavePrinter, location=location, **fields), data)


@post("/manager/printers/{location:str}/networks", opt=by("head_office"), status_code=200)
async def networks(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    location: FromPath[Slug], data: URLEncodedBody[NetworksForm],
) -> Answer:  # fmt: skip
    """Where the store's printers may be."""
    command = DeclareNetworks(data.id, location, data.networks, data.public)
    return await _perform(house, actor, page, location, lambda: command, typed_networks=data.networks)


@post("/manager/printers/{location:str}/{printer:uuid}/test", opt=by(*MANAGERS), status_code=200)
async def test_print(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    now: NamedDependency[datetime], location: FromPath[Slug], printer: FromPath[UUID], data: URLEncodedBody[AskForm],
) -> Answer:  # fmt: skip
    """A page with the printer's name and the minute; how it went stands on its row a moment later."""
    async with borrowed(house.pool) as database:
        stores = await queries.list_stores(database, actor.locations, location)
    found = next((one for store in stores for one in store.printers if one.id == printer), None)
    if found is None:
        raise NotFound("printer_not_found")
    command = AskPrint(data.id, location, "test", printer, found.name, found.language, printer, again=True)
    return await _perform(house, actor, page, location, lambda: command)


def _ask(kind: Any, **fields: Any) -> Any:
    """A command out of a form's fields: what does not fit it is the form's fault, said on the form."""
    return msgspec.convert(fields, kind)


async def _perform(
    house: House, actor: Actor, page: Page, location: str, command: Any, typed: PrinterForm | None = None,
    typed_networks: str | None = None,
) -> Answer:  # fmt: skip
    try:
        await house.runner.perform(command(), actor)
    except msgspec.ValidationError:
        from_form = Refusal("printer_address")
        return await _form(house, actor, page, location, from_form, typed, typed_networks)
    except Refusal as refusal:
        if refusal.status == 404:
            raise
        return await _form(house, actor, page, location, refusal, typed, typed_networks)
    return page.go(f"/manager/printers/{location}")


async def _form(
    house: House, actor: Actor, page: Page, location: str, refusal: Refusal | None = None,
    typed: PrinterForm | None = None, typed_networks: str | None = None,
) -> Answer:  # fmt: skip
    async with borrowed(house.pool) as database:
        found = await queries.list_stores(database, actor.locations, location)
        if not found:
            raise NotFound("location_not_found")
        jobs = await queries.list_jobs(database, location, house.clock())
    return page.html(
        "admin/store_printers.html", status=refusal.status if refusal else 200, one=found[0], refusal=refusal, typed=typed,
        networks=", ".join(found[0].networks) if typed_networks is None else typed_networks,
        tests={job.printer: job for job in reversed(jobs) if job.kind == "test"}, new_id=new_id,
    )  # fmt: skip


ROUTES: list[BaseRouteHandler] = [printers, of_store, save, networks, test_print]

"""The packing table on the handheld: scans go through the journal; labels, paper and second thoughts are asked for here."""

import asyncio
from datetime import datetime
from itertools import combinations
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, URLEncodedBody

from comptoir.errands.papers import Paper
from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import NotFound, Refusal
from comptoir.kit.ids import new_id
from comptoir.kit.runner import Command
from comptoir.kit.words import Word
from comptoir.printing.model import AskPrint, PrintAsked
from comptoir.screens import packing as screen
from comptoir.screens import slip as slip_screen
from comptoir.shipping import queries
from comptoir.shipping.advice import Advice, advise
from comptoir.shipping.commands import AskLabel, GiveUpLabel, Number, Reason, TypeNumber, Unpack, VoidLabel
from comptoir.shipping.goods_rules import together
from comptoir.shipping.model import Box, Piece, Size
from comptoir.web.guards import COUNTER, by
from comptoir.web.pages.handing import store_of
from comptoir.web.pages.page import Page
from comptoir.web.pages.printing import answer_with

Answer = Response[Any]
TheHouse = NamedDependency[House]
TheActor = NamedDependency[Actor]
ThePage = NamedDependency[Page]
Now = NamedDependency[datetime]

MARKS: Final = ("fragile", "ships_alone", "mark_limited_quantity", "mark_lithium_battery")
"""Hints that tell what to do; every other one says that something cannot go as it is."""


class ActForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A tap; the id was made with the page, so that a second one changes nothing."""

    id: UUID


class LabelForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A label once more; `way` is `account|service`, empty: by the rules."""

    id: UUID
    way: Annotated[
        str,
        msgspec.Meta(max_length=130, pattern=r"^([A-Za-z0-9][A-Za-z0-9._:/#+ -]*\|[A-Za-z0-9][A-Za-z0-9._:/#+ -]*)?\Z"),
    ] = ""


class WhyForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A tap with a reason."""

    id: UUID
    reason: Reason


class NumberForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A tracking number that a person has from the carrier."""

    id: UUID
    carrier: Word
    tracking_number: Number
    reason: Reason


class PrintForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Paper for a label; `again` prints one that was printed."""

    id: UUID
    again: Annotated[int, msgspec.Meta(ge=0, le=1)] = 0


@get("/packing", opt=by(*COUNTER))
async def table(house: TheHouse, actor: TheActor, page: ThePage, now: Now) -> Answer:
    """What is to be packed, what waits for its label, what is ready for the carrier."""
    async with borrowed(house.pool) as connection:
        view = await screen.read_table(connection, store_of(actor))
    return page.html("associate/packing.html", view=view, now=now, time_zone=view.time_zone)


@get("/packing/{work:uuid}", opt=by(*COUNTER))
async def station(work: FromPath[UUID], house: TheHouse, actor: TheActor, page: ThePage, now: Now) -> Answer:
    """One work: scan, close, print."""
    return await station_page(work, house, actor, page, now)


@get("/packing/kept", opt=by(*COUNTER))
async def kept(house: TheHouse, actor: TheActor, page: ThePage, now: Now) -> Response[dict[str, Any]]:
    """The pages of the works that are packed next, for a device that may lose the network: goods as they are shown, and the script's figures.

    Customers by first name and a letter; no address, no parcel's label.
    """
    async with borrowed(house.pool) as connection:
        views = await screen.read_picked(connection, store_of(actor), actor)
    told = [kept_of(view, actor, page, now) for view in views]
    return Response({"stations": told}, headers={"cache-control": "no-store"})


def kept_of(view: screen.Station, actor: Actor, page: Page, now: datetime) -> dict[str, Any]:
    """One page as a device keeps it."""
    advice = advice_for(view)
    return {
        "id": str(view.id), "number": view.number, "customer": view.customer, "tote": view.tote if view.status == "picked" else None,
        "promise_at": view.promise_at.isoformat().replace("+00:00", "Z"),
        "goods": page.text("associate/_goods.html", view=view, advice=advice, marks=MARKS),
        "data": data_of(view, advice, actor, page.lang, now),
    }  # fmt: skip


@get("/packing/{work:uuid}/parcels", opt=by(*COUNTER))
async def parcels(work: FromPath[UUID], house: TheHouse, actor: TheActor, page: ThePage, now: Now) -> Answer:
    """The closed parcels and the figures as they are now, for the page that is open."""
    return await station_page(work, house, actor, page, now, "associate/_packed.html")


async def station_page(
    work: UUID, house: House, actor: Actor, page: Page, now: datetime, template: str = "associate/pack_work.html",
    refusal: Refusal | None = None,
) -> Answer:  # fmt: skip
    """The page, with what came of a tap that was refused."""
    async with borrowed(house.pool) as connection:
        view = await screen.read_station(connection, work, store_of(actor), actor)
    advice = advice_for(view)
    return page.html(
        template, status=refusal.status if refusal else 200, view=view, advice=advice, data=data_of(view, advice, actor, page.lang, now),
        refusal=refusal, now=now, time_zone=view.time_zone, new_id=new_id, marks=MARKS,
    )  # fmt: skip


def advice_for(view: screen.Station) -> Advice:
    """Boxes for what is not in a closed parcel, and what to mind about all of it."""
    boxes = [
        Box(b.id, {"fr": b.fr, "en": b.en}, Size(b.length_mm, b.width_mm, b.height_mm), b.tare_grams, b.max_grams, "bag" if b.kind == "bag" else "box")
        for b in view.boxes
    ]  # fmt: skip
    left = [piece_of(line) for line in view.lines for _ in range(line.quantity + line.to_find - view.packed(line.line))]
    return advise(left, boxes, "relay" if view.delivery == "relay" else "road")


def piece_of(line: screen.Goods) -> Piece:
    size = Size(line.length_mm, line.width_mm or 1, line.height_mm or 1) if line.length_mm else None
    return Piece(line.sku, line.grams, size, line.dangerous, line.amount, line.fragile, line.ships_alone)  # type: ignore[arg-type]


def data_of(view: screen.Station, advice: Advice, actor: Actor, lang: str, now: datetime) -> dict[str, Any]:
    """What the page's script needs: lines with codes, the open parcel, boxes, the proposal; no name, no address.

    `own`: why a line's units go each into a parcel of their own; `apart`: pairs of lines that never lie in one parcel.
    """
    own = {p.skus[0]: p.why for p in advice.parcels if p.box is None and p.why in ("too_big", "too_heavy")}
    return {
        "work": str(view.id), "sign_in_id": str(actor.sign_in), "server_time": now.isoformat().replace("+00:00", "Z"),
        "counted": view.counted, "over": view.over, "parcel": str(view.open.id) if view.open else None,
        "lines": [
            {"line": line.line, "name": line.name, "deciding": line.deciding, "quantity": line.quantity + line.to_find, "grams": line.grams,
             "sku": line.sku, "own": "alone" if line.ships_alone else own.get(line.sku), "codes": [*line.codes, line.sku], "packed": view.packed(line.line),
             "inside": sum(held.quantity for held in view.open.lines if held.line == line.line) if view.open else 0}
            for line in view.lines
        ],
        "boxes": [{"id": b.id, "name": b.en if lang == "en" else b.fr, "tare": b.tare_grams, "most": b.max_grams} for b in view.boxes],
        "apart": [
            [a.line, b.line] for a, b in combinations(view.lines, 2)
            if not together(a.dangerous, b.dangerous)  # type: ignore[arg-type]
        ],
        "plan": [{"box": p.box, "skus": p.skus, "why": p.why} for p in advice.parcels],
    }  # fmt: skip


async def done(
    command: Command, house: House, actor: Actor, page: Page, now: datetime, *, parcel: UUID | None = None, label: UUID | None = None
) -> Answer:  # fmt: skip
    """Carry it out and show the work again; a refusal is said there."""
    async with borrowed(house.pool) as connection:
        work = await queries.find_work(connection, parcel, label, actor.locations)
    try:
        await house.runner.perform(command, actor)
    except NotFound:
        raise
    except Refusal as refusal:
        return await station_page(work, house, actor, page, now, refusal=refusal)
    return page.go(f"/packing/{work}")


@post("/packing/parcels/{parcel:uuid}/unpack", opt=by(*COUNTER), status_code=200)
async def unpack(
    parcel: FromPath[UUID], data: URLEncodedBody[ActForm], house: TheHouse, actor: TheActor, page: ThePage, now: Now
) -> Answer:
    """Open it again, before its label."""
    return await done(Unpack(data.id, parcel), house, actor, page, now, parcel=parcel)


@post("/packing/parcels/{parcel:uuid}/label", opt=by(*COUNTER), status_code=200)
async def ask(
    parcel: FromPath[UUID], data: URLEncodedBody[LabelForm], house: TheHouse, actor: TheActor, page: ThePage, now: Now
) -> Answer:
    """Buy a label once what was wrong is mended, or with the account and service that a person names."""
    account, _, service = data.way.partition("|")
    return await done(
        AskLabel(data.id, parcel, account or None, service or None), house, actor, page, now, parcel=parcel
    )


@post("/packing/parcels/{parcel:uuid}/number", opt=by(*COUNTER), status_code=200)
async def type_number(
    parcel: FromPath[UUID], data: URLEncodedBody[NumberForm], house: TheHouse, actor: TheActor, page: ThePage, now: Now
) -> Answer:
    """The number of a label that was made another way."""
    command = TypeNumber(data.id, parcel, data.carrier, data.tracking_number, data.reason)
    return await done(command, house, actor, page, now, parcel=parcel)


@post("/packing/labels/{label:uuid}/void", opt=by(*COUNTER), status_code=200)
async def void(
    label: FromPath[UUID], data: URLEncodedBody[WhyForm], house: TheHouse, actor: TheActor, page: ThePage, now: Now
) -> Answer:
    """Throw a label away before the carrier has the parcel."""
    return await done(VoidLabel(data.id, label, data.reason), house, actor, page, now, label=label)


@post("/packing/labels/{label:uuid}/give-up", opt=by(*COUNTER), status_code=200)
async def give_up(
    label: FromPath[UUID], data: URLEncodedBody[WhyForm], house: TheHouse, actor: TheActor, page: ThePage, now: Now
) -> Answer:
    """A person found no label at the carrier's."""
    return await done(GiveUpLabel(data.id, label, data.reason), house, actor, page, now, label=label)


@post("/packing/labels/{label:uuid}/print", opt=by(*COUNTER), status_code=200)
async def print_label(
    label: FromPath[UUID], data: URLEncodedBody[PrintForm], house: TheHouse, actor: TheActor, page: ThePage
) -> Answer:
    """By the store's printer where it has one that can, else the file itself."""
    async with borrowed(house.pool) as connection:
        found = await queries.find_file(connection, label, actor.locations)
        work = await queries.find_work(connection, None, label, actor.locations)
    language: Any = "pdf" if found.media_type == "application/pdf" else "zpl"
    command = AskPrint(data.id, store_of(actor), "label", label, found.reference, language, None, bool(data.again))
    asked = (await house.runner.perform(command, actor)).read(PrintAsked)
    return page.go(f"/packing/{work}" if asked.job else f"/packing/labels/{label}/paper")


@get("/packing/labels/{label:uuid}/paper", opt=by(*COUNTER))
async def label_paper(label: FromPath[UUID], house: TheHouse, actor: TheActor) -> Answer:
    """The very bytes that the carrier gave: a PDF opens in the browser, ZPL is saved."""
    async with borrowed(house.pool) as connection:
        found = await queries.find_file(connection, label, actor.locations)
    return answer_with(Paper(found.content, "pdf" if found.media_type == "application/pdf" else "zpl"), found.reference)


@get("/packing/{work:uuid}/slip/paper", opt=by(*COUNTER))
async def slip(work: FromPath[UUID], house: TheHouse, actor: TheActor, gift: FromQuery[bool | None] = None) -> Answer:
    """The packing slip in the customer's language; a gift slip names no price."""
    async with borrowed(house.pool) as connection:
        content = await slip_screen.read_slip(connection, work, actor.locations, gift)
    # What draws a PDF is loaded by the first process that draws one.
    from comptoir.errands.packing_slips import draw_slip

    drawn = await asyncio.to_thread(draw_slip, content)
    return answer_with(Paper(drawn, "pdf"), f"{content.number}-{'cadeau' if content.gift else 'colis'}")


ROUTES: list[BaseRouteHandler] = [
    table, station, kept, parcels, unpack, ask, type_number, void, give_up, print_label, label_paper, slip,
]  # fmt: skip

"""The returns desk: whatever a customer shows finds the order, or the return that was announced."""

import re
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromQuery, URLEncodedBody

from comptoir.fulfillment import passes
from comptoir.house import House
from comptoir.kit import codes
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import TooMany
from comptoir.kit.ids import digest
from comptoir.screens import return_desk, signed_in
from comptoir.web import limits
from comptoir.web.guards import COUNTER, by
from comptoir.web.pages.handing import store_of
from comptoir.web.pages.page import Page
from comptoir.web.pages.paying import balance_page
from comptoir.web.requests import DoorRequest

Answer = Response[Any]
TheHouse = NamedDependency[House]
TheActor = NamedDependency[Actor]
ThePage = NamedDependency[Page]
Now = NamedDependency[datetime]
Scanned = Annotated[str, msgspec.Meta(min_length=1, max_length=512)]

LETTERS: Final = 6
_OUR_LINK: Final = re.compile(r"/o/([0-9A-Z]{26})\b", re.I)
_NUMBER: Final = re.compile(r"R-?([A-Z]{6})\Z", re.I)


def understood(text: str, house: House, store: str) -> return_desk.Words:
    """Words as somebody types or a scanner reads them."""
    plain = " ".join(text.split())
    whole = plain.replace(" ", "")
    scanned = codes.parse(plain)
    if scanned.kind == "pass":
        return return_desk.Words(qr_hash=passes.qr_hash(scanned.code))
    link = _OUR_LINK.search(plain)
    if link:
        return return_desk.Words(link_hash=digest(link[1].upper()))
    bare = scanned.code.partition(":")[2] if scanned.kind == "work" else whole.lstrip("#")
    numbers = [plain, whole, whole.upper(), bare, bare.upper(), f"W-{bare.upper()}", f"#{bare}"]
    letters = whole.upper().replace("-", "")
    digits = sum(char.isdigit() for char in plain)
    article = scanned.code if scanned.kind in ("gtin", "sku") or scanned.reason == "in_store" else ""
    typed = any(char.isalpha() for char in plain) and "@" not in plain
    return return_desk.Words(
        numbers=list(dict.fromkeys(numbers)),
        articles=list(dict.fromkeys([article, plain, plain.upper()])) if article else None,
        letters_hash=passes.letters_hash(house.seal, store, letters) if len(letters) == LETTERS and letters.isalpha() else None,
        work=_uuid(bare),
        phone=plain if digits >= 8 and all(char.isdigit() or char in "+ ()./-" for char in plain) else None,
        email=plain if "@" in plain else None,
        name=plain if typed and len(plain) >= 2 else None,
    )  # fmt: skip


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


async def with_letters(words: return_desk.Words, request: DoorRequest, actor: Actor) -> return_desk.Words:
    """Six letters may be a pass. Whoever tried too many of them finds by everything else: a name may have six letters too."""
    try:
        await limits.count(request, limits.LETTERS, str(actor.device or actor.who))
    except TooMany:
        return msgspec.structs.replace(words, letters_hash=None)
    return words


class ScanForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whatever the scanner read at the desk; never part of an address."""

    code: Scanned


@get("/returns", opt=by(*COUNTER))
async def desk(
    request: DoorRequest, house: TheHouse, actor: TheActor, page: ThePage, now: Now,
    q: FromQuery[Annotated[str, msgspec.Meta(max_length=120)]] = "",
) -> Answer:  # fmt: skip
    """What is under way here; `q` finds by anything that people type."""
    return await look_for(q.strip(), request, house, actor, page, now, shown=q)


@post("/returns", opt=by(*COUNTER), status_code=200)
async def scanned(
    request: DoorRequest, data: URLEncodedBody[ScanForm], house: TheHouse, actor: TheActor, page: ThePage, now: Now
) -> Answer:
    """A scan at the desk: one order opens at once, several are listed."""
    return await look_for(data.code.strip(), request, house, actor, page, now)


async def look_for(
    text: str, request: DoorRequest, house: House, actor: Actor, page: Page, now: datetime, shown: str = ""
) -> Answer:
    store = store_of(actor)
    found: list[return_desk.Found] = []
    if codes.parse(text).kind == "credit":
        return await balance_page(text, house, actor, page)
    if text:
        await limits.count(request, limits.LOOKUP, str(actor.device or actor.who))
        words = understood(text, house, store)
        if words.letters_hash is not None:
            words = await with_letters(words, request, actor)
        number = _NUMBER.search(text)
        async with borrowed(house.pool) as connection:
            named = [f"R-{number[1].upper()}"] if number else words.numbers or []
            rma = await return_desk.rma_of(connection, store, named)
            found = [] if rma else await return_desk.find(connection, store, words, now)
        if rma:
            return page.go(f"/returns/{rma}")
        if len(found) == 1 and found[0].why != "article":
            return page.go(f"/returns/orders/{found[0].order}")
    async with borrowed(house.pool) as connection:
        under_way = await return_desk.read_desk(connection, store)
        around = await signed_in.read(connection, actor, store)
    return page.html(
        "associate/returns.html", desk=under_way, found=found, q=shown, asked=text[:40], now=now, time_zone=around.time_zone,
        status=404 if text and not found else 200,
    )  # fmt: skip


ROUTES: list[BaseRouteHandler] = [desk, scanned]

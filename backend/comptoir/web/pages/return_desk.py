"""The returns desk: whatever a customer shows finds the order; what came back is looked at unit by unit, and settled with one tap.

The amount on the button is no guess: the very command is rehearsed, and what it would answer is shown.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, JSONBody, URLEncodedBody

from comptoir.flows.reading_returns import read_policy
from comptoir.flows.settle_return import with_code
from comptoir.fulfillment import passes
from comptoir.house import House
from comptoir.kit import codes, reason_rows
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import NotFound, Refusal, TooMany
from comptoir.kit.i18n import t
from comptoir.kit.ids import digest, new_id
from comptoir.kit.qr import qr_path
from comptoir.kit.words import Code, Maybe, Note
from comptoir.returns import dividing
from comptoir.returns.credit import SCANNED, credit_code, spaced
from comptoir.returns.disposition import DESTROY_REASONS
from comptoir.returns.model import (
    MOST_UNITS,
    Absences,
    Apart,
    FinishReturn,
    Looked,
    Nth,
    Origin,
    Permission,
    Replacement,
    ReturnSettled,
    SendAwayUnit,
    Settling,
    Taken,
    TakeReturn,
    Wish,
)  # fmt: skip
from comptoir.returns.permit_reasons import PERMIT
from comptoir.returns.policy import Condition, Signals
from comptoir.returns.queries import list_reasons
from comptoir.returns.reasons import ReasonCode, offered
from comptoir.returns.signals import Brought
from comptoir.screens import awaited as awaits
from comptoir.screens import return_articles, return_desk, return_done, signed_in
from comptoir.staff.model import Colleague
from comptoir.staff.queries import find_managers
from comptoir.web import limits, signing_in
from comptoir.web.guards import COUNTER, by
from comptoir.web.pages import return_view
from comptoir.web.pages.handing import store_of
from comptoir.web.pages.page import Page
from comptoir.web.pages.paying import balance_page
from comptoir.web.pages.return_facts import facts_of
from comptoir.web.pages.return_verdicts import Rules, rules_of, with_asked
from comptoir.web.problems import say
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


# ------------------------------------------------------------ find it


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


# ------------------------------------------------------------ look at it


@get("/returns/orders/{order:uuid}", opt=by(*COUNTER))
async def of_order(
    order: FromPath[UUID], house: TheHouse, actor: TheActor, page: ThePage, now: Now,
    origin: FromQuery[Annotated[str, msgspec.Meta(pattern=r"^(counter|hand_over)\Z")]] = "counter",
) -> Answer:  # fmt: skip
    """What of an order may come back, until when and by what right; scans take units."""
    async with borrowed(house.pool) as connection:
        view = await return_desk.read_order(connection, order, store_of(actor))
        rules = await rules_of(connection, view, now, page.lang)
        rules = await with_asked(connection, rules, {line.sku: line.category for line in view.lines})
    made = return_view.of_order(view, rules, page.lang, origin)
    brought = [Brought(line.sku, line.line) for line in view.lines]
    facts = await facts_of(house, order, None, brought, rules.policy, now, page.lang)
    return await take_page(house, actor, page, now, msgspec.structs.replace(made, signals=facts))


@get("/returns/blind", opt=by(*COUNTER))
async def blind(house: TheHouse, actor: TheActor, page: ThePage, now: Now) -> Answer:
    """Goods without any proof of purchase: with permission only, and never for money."""
    return await take_page(house, actor, page, now, return_view.blind(page.lang))


@get("/returns/alone", opt=by(*COUNTER))
async def alone(page: ThePage) -> Answer:
    """The page that stands in where there is no network: articles by their codes, money waits."""
    return page.html("shell/returns.html")


@get("/returns/{rma:uuid}", opt=by(*COUNTER))
async def one(rma: FromPath[UUID], house: TheHouse, actor: TheActor, page: ThePage, now: Now) -> Answer:
    """A return that was announced: everything is there, only how the goods are is to be said. Settled: what became of it."""
    store = store_of(actor)
    async with borrowed(house.pool) as connection:
        done = await return_done.read(connection, rma, store)
        awaited = await awaits.read(connection, done.exchange.order) if done.exchange else None
        if done.status not in ("requested", "received", "inspected"):
            around = await signed_in.read(connection, actor, store)
            away = await return_desk.to_put_away(connection, store, rma)
            permits = {one.code: one for one in await reason_rows.list_reasons(connection, PERMIT)}
            return page.html(
                "associate/return_done.html",
                view=done,
                away=away,
                data=return_view.away_data(away, actor, now),
                permitted=permits.get(done.permit_reason or ""),
                awaited=awaited,
                qr=qr_path(awaited.url) if awaited and awaited.url else None,
                new_id=new_id,
                now=now,
                time_zone=around.time_zone,
            )
        view = await return_desk.read_order(connection, done.order, store) if done.order else None
        rules = await rules_of(connection, view, now, page.lang)
        rules = await with_asked(connection, rules, {unit.sku: unit.category for unit in done.units})
    made = return_view.announced(done, rules, page.lang)
    brought = [Brought(unit.sku, unit.line) for unit in done.units]
    facts = await facts_of(house, done.order, rma, brought, rules.policy, now, page.lang)
    return await take_page(house, actor, page, now, msgspec.structs.replace(made, signals=facts))


async def take_page(house: House, actor: Actor, page: Page, now: datetime, made: return_view.Taking) -> Answer:
    """The page of units in hand: reasons most used first, managers who may permit, and all that its script needs."""
    store = store_of(actor)
    async with borrowed(house.pool) as connection:
        used = await return_desk.most_used(connection)
        reasons = return_view.sorted_reasons(offered(await list_reasons(connection), to_customer=True), used, page.lang)
        managers: list[Colleague] | None = None
        if actor.role != "store_manager":
            managers = await find_managers(connection, store)
        permits = [one for one in await reason_rows.list_reasons(connection, PERMIT) if one.used]
        around = await signed_in.read(connection, actor, store)
    data = made.data | {"id": str(new_id()), "reasons": reasons, "sign_in_id": str(actor.sign_in)}
    return page.html(
        "associate/return.html", view=made.view, data=return_view.pictured(data, page.picture), heading=made.heading, subheading=made.subheading,
        lines=made.lines, verdict=made.verdict, earlier=made.earlier, signals=made.signals, reasons=reasons, managers=managers, permits=permits, now=now, time_zone=around.time_zone,
    )  # fmt: skip


class Codes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    code: Scanned


class Skus(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    skus: Annotated[tuple[Code, ...], msgspec.Meta(max_length=50)]


@post("/returns/article", opt=by(*COUNTER), status_code=200)
async def article(data: JSONBody[Codes], house: TheHouse, actor: TheActor, page: ThePage, now: Now) -> Response[Any]:
    """The article of a scanned code, with its price today and what is here of it."""
    read = codes.parse(data.code)
    async with borrowed(house.pool) as connection:
        found = await return_articles.find(
            connection, store_of(actor), [read.code, data.code.strip(), data.code.strip().upper()]
        )
        rules = await rules_of(connection, None, now, page.lang)
        rules = await with_asked(connection, rules, {found.sku: found.category} if found else {})
    return as_json({"article": drawn(found, page, rules) if found else None})


@post("/returns/sizes", opt=by(*COUNTER), status_code=200)
async def sizes(data: JSONBody[Skus], house: TheHouse, actor: TheActor, page: ThePage, now: Now) -> Response[Any]:
    """What a customer may take in place of these: the same style in its sizes and colors."""
    async with borrowed(house.pool) as connection:
        found = await return_articles.sizes(connection, store_of(actor), data.skus)
        rules = await rules_of(connection, None, now, page.lang)
    return as_json({"sizes": [drawn(one, page, rules) for one in found if one.here or one.sku not in data.skus]})


def drawn(one: return_articles.Article, page: Page, rules: Rules) -> dict[str, Any]:
    """An article as a page's script shows it."""
    then = return_view.places_of(rules.policy, one.place or "", one.category, page.lang, recalled=one.blocked)
    told: dict[str, Any] = msgspec.to_builtins(one)
    return told | {
        "picture": page.picture(one.picture), "then": then, "asked": return_view.accessories_of(rules, one.sku, page.lang),
    }  # fmt: skip


def as_json(told: Mapping[str, Any]) -> Response[Any]:
    return Response(dict(told), media_type="application/json", headers={"cache-control": "no-store"})


# ------------------------------------------------------------ settle it


class InHand(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One unit: `n` of a return that was announced, else a line (and part) of the order, else an article. `article`: whose serial number was read."""

    condition: Condition
    reason: ReasonCode = "no_reason"
    n: Nth | None = None
    line: Annotated[int, msgspec.Meta(ge=1, le=32_767)] | None = None
    part: Annotated[int, msgspec.Meta(ge=1, le=32_767)] | None = None
    sku: Code | None = None
    photo: UUID | None = None
    serial: Maybe = ""
    article: Code | None = None
    absent: Absences | None = None


class Instead(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One article that the customer takes along."""

    sku: Code


class Allowed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why it is allowed, by a reason that head office words; an associate has a manager type a PIN. `waive`: nothing is kept for what is missing."""

    reason: ReasonCode
    why: Annotated[str, msgspec.Meta(max_length=300)] = ""
    staff: UUID | None = None
    pin: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4,6}\Z")] | None = None
    waive: bool = False


class Tapped(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that was chosen on the page; `id` was made with it, so that a second tap changes nothing."""

    id: UUID
    units: Annotated[tuple[InHand, ...], msgspec.Meta(max_length=MOST_UNITS)]
    order: UUID | None = None
    rma: UUID | None = None
    origin: Origin = "counter"
    missing: Annotated[tuple[Nth, ...], msgspec.Meta(max_length=MOST_UNITS)] = ()
    wish: Wish = "refund"
    apart: Annotated[tuple[Apart, ...], msgspec.Meta(max_length=MOST_UNITS)] = ()
    exchange: Annotated[tuple[Instead, ...], msgspec.Meta(max_length=50)] = ()
    till: Annotated[str, msgspec.Meta(max_length=64)] = ""
    credit: Maybe = ""
    gift: bool = False
    recipient: Maybe = ""
    note: Note = ""
    brought_by: Maybe = ""
    permission: Allowed | None = None


def command_of(data: Tapped, store: str, permission: Permission | None) -> TakeReturn | FinishReturn:
    """What the tap asks for: the same, however often it comes, wherever the return has got to meanwhile. Units may be in no more than one place."""
    settling = Settling(
        data.wish, tuple(Replacement(one.sku) for one in data.exchange), "credit" if data.gift else "refund",
        till_reference=data.till or None, recipient=data.recipient, credit=data.credit.strip() or None,
        apart=data.apart, waive=waives(data.permission),
    )  # fmt: skip
    if data.rma is not None:
        looks = tuple(
            Looked(unit.n, unit.condition, None, unit.reason, photo=unit.photo, serial=unit.serial, absent=unit.absent)
            for unit in data.units
            if unit.n is not None
        )
        return FinishReturn(
            id=data.id, rma=data.rma, location=store, units=looks, missing=data.missing, settling=settling, permission=permission
        )  # fmt: skip
    taken = tuple(
        Taken(
            reason=unit.reason,
            line=unit.line,
            part=unit.part,
            sku=unit.sku,
            photo=unit.photo,
            condition=unit.condition,
            serial=unit.serial,
            absent=unit.absent or (),
        )
        for unit in data.units
    )
    return TakeReturn(
        id=data.id, location=store, units=taken, order=data.order, origin=data.origin, settling=settling, gift=data.gift,
        permission=permission, brought_by=data.brought_by,
    )  # fmt: skip


def waives(allowed: Allowed | None) -> bool:
    """Whether a permission is also that nothing is kept for what is missing."""
    return allowed is not None and allowed.waive


async def asked_by(data: Tapped, house: House, actor: Actor) -> TakeReturn | FinishReturn:
    """The command of a tap, with the permission that came with it. NotFound `return_not_found` for another store's."""
    permission = await permission_of(data.permission, house, actor)
    if data.rma is not None:
        async with borrowed(house.pool) as connection:
            await return_done.read(connection, data.rma, store_of(actor))
    return command_of(data, store_of(actor), permission)


@post("/returns/rehearsal", opt=by(*COUNTER), status_code=200)
async def rehearse(data: JSONBody[Tapped], house: TheHouse, actor: TheActor, page: ThePage, now: Now) -> Response[Any]:
    """What the customer would get, to the cent, and where each unit would go; or why not, and whether a manager may allow it.

    With what there is to know of serial numbers that were read, and of whoever brings something without a receipt.
    """
    facts = await facts_of_units(data, house, now, page.lang)
    try:
        command = await asked_by(data, house, actor)
        settled = (await house.runner.rehearse(command, actor)).read(ReturnSettled)
    except Refusal as refusal:
        return as_json({"problem": spoken(refusal, page.lang) | {"facts": facts}})
    currency = await currency_of(data, house)
    return as_json(return_view.promised(settled, ways_of(settled), currency, page.lang) | {"facts": facts})


def ways_of(settled: ReturnSettled) -> tuple[Wish, ...]:
    """In which ways its units are settled, each once."""
    return dividing.ways_of({unit.n: unit.wish for unit in settled.units if unit.wish})


SILENT: Final = Signals(0, 0, 0, 0)
"""What stands on the page already is not said twice; serial numbers always are."""


async def facts_of_units(data: Tapped, house: House, now: datetime, language: str) -> list[dict[str, str]]:
    """Facts that only the units in hand or the person at the desk can tell; the others stand on the page already."""
    named = data.brought_by if data.order is None else ""
    if not named and not any(unit.serial for unit in data.units):
        return []
    async with borrowed(house.pool) as connection:
        _, policy = await read_policy(connection, now)
    brought = [Brought(unit.article or unit.sku or "", unit.line, unit.serial) for unit in data.units]
    shown = policy if named else msgspec.structs.replace(policy, signals=SILENT)
    told = await facts_of(house, data.order, data.rma, brought, shown, now, language, person=named)
    return [{"fact": fact, "rule": rule} for fact, rule in told]


@post("/returns/settlement", opt=by(*COUNTER), status_code=200)
async def settle(data: JSONBody[Tapped], house: TheHouse, actor: TheActor, page: ThePage) -> Response[Any]:
    """Carry it out; the page goes on to what became of it."""
    try:
        command = await asked_by(data, house, actor)
        settled = (await house.runner.perform(command, actor)).read(ReturnSettled)
    except Refusal as refusal:
        done = await done_before(data, house, actor) if refusal.code == "id_reused" else None
        return done or as_json({"problem": spoken(refusal, page.lang)})
    return as_json({"href": f"/returns/{settled.id}", "credit": shown_credit(with_code(settled, house.seal).credit)})


async def done_before(data: Tapped, house: House, actor: Actor) -> Response[Any] | None:
    """The tap was carried out, its answer was lost, and something was changed on the page since: what became of it is what counts."""
    rma = data.rma or data.id
    async with borrowed(house.pool) as connection:
        try:
            done = await return_done.read(connection, rma, store_of(actor))
        except NotFound:
            return None
    if done.status != "settled":
        return None
    code = credit_code(house.seal, rma) if done.credit_minor else None
    return as_json({"href": f"/returns/{rma}", "credit": shown_credit(code)})


def shown_credit(code: str | None) -> dict[str, Any] | None:
    """The code of a credit as the page of what became of it shows it once: to be read, and to be scanned."""
    if code is None:
        return None
    side, path = qr_path(f"{SCANNED}{code}")
    return {"code": spaced(code), "side": side, "path": path}


async def currency_of(data: Tapped, house: House) -> str:
    async with borrowed(house.pool) as connection:
        return await return_done.currency_of(connection, data.order, data.rma)


async def permission_of(allowed: Allowed | None, house: House, actor: Actor) -> Permission | None:
    """Who allows it: a store manager who is signed in, or one whose PIN was typed. Invalid `wrong_pin`; TooMany `wait_for_pin`."""
    if allowed is None:
        return None
    if actor.role == "store_manager" and allowed.staff is None:
        return Permission(allowed.why, None, allowed.reason)
    if allowed.staff is None or allowed.pin is None or actor.device is None:
        return None
    store = store_of(actor)
    async with borrowed(house.pool) as connection:
        managers = {one.id for one in await find_managers(connection, store)}
    if allowed.staff not in managers:
        raise NotFound("person_not_found")
    await signing_in.prove_pin(house, actor.device, store, allowed.staff, allowed.pin)
    return Permission(allowed.why, allowed.staff, allowed.reason)


def spoken(refusal: Refusal, language: str) -> dict[str, Any]:
    """A refusal as the page says it; `permit`: a manager may allow it all the same."""
    lacks = refusal.facts.get("why", ())
    detail = say(refusal.code, "what", language)
    if refusal.code == "permission_needed":
        detail = " ".join(t(f"return_desk.permit_{lack}", language) for lack in lacks if lack) or detail
    return {
        "code": refusal.code, "title": say(refusal.code, "title", language), "detail": detail,
        "next": say(refusal.code, "next", language), "permit": refusal.code == "permission_needed",
    }  # fmt: skip


# ------------------------------------------------------------ put it away


@get("/returns/away", opt=by(*COUNTER))
async def away(house: TheHouse, actor: TheActor, page: ThePage, now: Now) -> Answer:
    """Goods that came back, in walk order: a scan at the shelf makes a unit sellable at once."""
    return await away_page(house, actor, page, now)


async def away_page(house: House, actor: Actor, page: Page, now: datetime, refusal: Refusal | None = None) -> Answer:
    async with borrowed(house.pool) as connection:
        rows = await return_desk.to_put_away(connection, store_of(actor))
    return page.html(
        "associate/returns_away.html", status=refusal.status if refusal else 200, rows=rows, data=return_view.away_data(rows, actor, now),
        leaving=DESTROY_REASONS, new_id=new_id, refusal=refusal,
    )  # fmt: skip


class GoneForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A unit has left for what it was meant for; destroying needs a reason that the law knows, and proof."""

    id: UUID
    to: Maybe = ""
    reason: Maybe = ""
    proof: Maybe = ""


@post("/returns/{rma:uuid}/units/{n:int}/gone", opt=by(*COUNTER), status_code=200)
async def gone(
    rma: FromPath[UUID], n: FromPath[int], data: URLEncodedBody[GoneForm], house: TheHouse, actor: TheActor, page: ThePage, now: Now
) -> Answer:  # fmt: skip
    """It is in the building no longer."""
    command = SendAwayUnit(id=data.id, rma=rma, n=n, reason=data.reason, proof=data.proof, to=data.to)
    try:
        await house.runner.perform(command, actor)
    except NotFound:
        raise
    except Refusal as refusal:
        return await away_page(house, actor, page, now, refusal)
    return page.go("/returns/away")


ROUTES: list[BaseRouteHandler] = [
    desk, scanned, of_order, blind, alone, one, article, sizes, rehearse, settle, away, gone,
]  # fmt: skip

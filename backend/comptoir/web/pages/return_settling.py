"""A return is settled with one tap. The amount on the button is no guess: the very command is rehearsed, and what it would answer is shown."""

from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Response, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody

from comptoir.flows.reading_returns import read_policy
from comptoir.flows.settle_return import with_code
from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import NotFound, Refusal
from comptoir.kit.words import Code, Maybe, Note
from comptoir.returns import dividing
from comptoir.returns.credit import credit_code
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
    Settling,
    Taken,
    TakeReturn,
    Wish,
)  # fmt: skip
from comptoir.returns.policy import Condition, Signals
from comptoir.returns.reasons import ReasonCode
from comptoir.returns.signals import Brought
from comptoir.screens import return_done
from comptoir.staff.queries import find_managers
from comptoir.web import signing_in
from comptoir.web.guards import COUNTER, by
from comptoir.web.pages import return_view
from comptoir.web.pages.handing import store_of
from comptoir.web.pages.page import Page
from comptoir.web.pages.return_answers import as_json, shown_credit, spoken
from comptoir.web.pages.return_facts import facts_of

TheHouse = NamedDependency[House]
TheActor = NamedDependency[Actor]
ThePage = NamedDependency[Page]
Now = NamedDependency[datetime]


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


ROUTES: list[BaseRouteHandler] = [rehearse, settle]

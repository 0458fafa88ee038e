"""Who is here: the start, sign-in by PIN or badge on a store's device, by e-mail elsewhere, and sign-out."""

from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromQuery, URLEncodedBody

from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import Invalid, Refusal, TooMany
from comptoir.staff import queries, rules
from comptoir.staff.model import EnrolledDevice
from comptoir.web import limits, signing_in
from comptoir.web.actors import DEVICE_COOKIE, SIGN_IN_COOKIE, cookie_name, session_of
from comptoir.web.guards import EVERYBODY, PUBLIC, by, on_device
from comptoir.web.pages.page import Page
from comptoir.web.requests import DoorRequest

DEVICE_LASTS: Final = 400 * 24 * 3600
Answer = Response[Any]


class PinForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who I am and my PIN."""

    who: UUID
    pin: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4,6}\Z")]


class BadgeForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the scanner read from a badge."""

    badge: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]


class PasswordForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A manager's e-mail and password."""

    email: Annotated[str, msgspec.Meta(min_length=3, max_length=254)]
    password: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


def home_of(actor: Actor) -> str:
    """Where somebody's day begins: the store's work on a device, the table of stores in a browser."""
    return "/work" if actor.device is not None else "/manager"


def secret_cookie(request: DoorRequest, name: str, value: str, seconds: int | None) -> Cookie:
    """A cookie that no script reads and that only this host gets; `seconds` None lets it go with the browser."""
    secure: bool = request.app.state.secure
    return Cookie(
        cookie_name(name, secure), value=value, path="/", httponly=True, secure=secure, samesite="lax", max_age=seconds
    )


def held_token(request: DoorRequest) -> str | None:
    """The sign-in token this browser came with, good or not."""
    return request.cookies.get(cookie_name(SIGN_IN_COOKIE, request.app.state.secure))


@get("/", opt=PUBLIC)
async def start(request: DoorRequest, page: NamedDependency[Page]) -> Answer:
    """To the day's work, or to the door where this browser signs in."""
    session = await session_of(request)
    if session is not None:
        return page.go("/work" if session.device is not None else "/manager")
    on_a_device = cookie_name(DEVICE_COOKIE, request.app.state.secure) in request.cookies
    return page.go("/sign-in" if on_a_device else "/sign-in/manager")


@get("/sign-in", opt=on_device())
async def who_are_you(
    request: DoorRequest, house: NamedDependency[House], page: NamedDependency[Page], who: FromQuery[UUID | None] = None
) -> Answer:
    """The colleagues of this store; with `who`, the keypad for that one."""
    return await _keypad(request, house, page, who)


@post("/sign-in", opt=on_device(), status_code=200)
async def sign_in_by_pin(
    request: DoorRequest, house: NamedDependency[House], page: NamedDependency[Page], data: URLEncodedBody[PinForm]
) -> Answer:
    """Name and PIN: whoever was signed in on this device before no longer is."""
    device: EnrolledDevice = request.state.device
    try:
        signed = await signing_in.with_pin(house, device, data.who, data.pin, held_token(request))
    except (Invalid, TooMany) as refusal:
        return await _keypad(request, house, page, data.who, refusal)
    return _in(request, page, signed, "/work")


@get("/sign-in/forgotten", opt=on_device(), sync_to_thread=False)
def forgotten(page: NamedDependency[Page]) -> Answer:
    """What to do without a PIN."""
    return page.html("session/forgotten.html")


@post("/sign-in/badge", opt=on_device(), status_code=200)
async def sign_in_by_badge(
    request: DoorRequest, house: NamedDependency[House], page: NamedDependency[Page], data: URLEncodedBody[BadgeForm]
) -> Answer:
    """A badge, scanned on any screen of the device: the fast way to change hands."""
    device: EnrolledDevice = request.state.device
    try:
        await limits.count(request, limits.BADGE, str(device.id))
        signed = await signing_in.with_badge(house, device, data.badge, held_token(request))
    except (Invalid, TooMany) as refusal:
        return await _keypad(request, house, page, None, refusal)
    return _in(request, page, signed, "/work")


@get("/sign-in/manager", opt=PUBLIC, sync_to_thread=False)
def by_email(page: NamedDependency[Page]) -> Answer:
    """The form for managers and head office."""
    return page.html("session/manager.html", email="", refusal=None)


@post("/sign-in/manager", opt=PUBLIC, status_code=200)
async def sign_in_by_email(
    request: DoorRequest, house: NamedDependency[House], page: NamedDependency[Page], data: URLEncodedBody[PasswordForm]
) -> Answer:
    """E-mail and password; an unknown e-mail takes as long and is told the same."""
    try:
        await limits.count_address(request, limits.PASSWORD)
        address = limits.address_of(request)
        signed = await signing_in.with_password(house, data.email, data.password, address, held_token(request))
    except (Invalid, TooMany) as refusal:
        return page.html("session/manager.html", status=refusal.status, email=data.email, refusal=refusal)
    return _in(request, page, signed, "/")


@post("/sign-out", opt=by(*EVERYBODY), status_code=200)
async def sign_out(request: DoorRequest, house: NamedDependency[House], page: NamedDependency[Page]) -> Answer:
    """The sign-in ends on the server; the device stays a device of its store."""
    await signing_in.sign_out(house, held_token(request) or "")
    return page.go("/", cookies=[secret_cookie(request, SIGN_IN_COOKIE, "", 0)])


def _in(request: DoorRequest, page: Page, signed: signing_in.Signed, where: str) -> Answer:
    lasts = int(rules.ON_A_DEVICE_ENDS.total_seconds())
    return page.go(where, cookies=[secret_cookie(request, SIGN_IN_COOKIE, signed.token, lasts)])


async def _keypad(
    request: DoorRequest, house: House, page: Page, who: UUID | None, refusal: Refusal | None = None
) -> Answer:
    device: EnrolledDevice = request.state.device
    async with borrowed(house.pool) as database:
        people = await queries.find_colleagues(database, device.location)
    chosen = next((person for person in people if person.id == who), None)
    return page.html(
        "session/sign_in.html", status=refusal.status if refusal else 200,
        device=device, people=people, chosen=chosen, refusal=refusal, time_zone=device.time_zone,
    )  # fmt: skip


ROUTES: list[BaseRouteHandler] = [
    start, who_are_you, sign_in_by_pin, sign_in_by_badge, forgotten, by_email, sign_in_by_email, sign_out,
]  # fmt: skip

"""The Sourcing pages of head office: the versions of the policy, one version in words, and when it holds or is tried."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, URLEncodedBody

from comptoir.flows.reading_outlook import in_force, policy_of
from comptoir.house import House
from comptoir.kit import policies
from comptoir.kit.actor import Actor
from comptoir.kit.db import Connection, borrowed
from comptoir.kit.errors import NotFound, Refusal
from comptoir.kit.ids import new_id
from comptoir.kit.runner import Command
from comptoir.screens import policies as screen
from comptoir.screens import policy_names
from comptoir.sourcing import rates_file
from comptoir.sourcing.calendar import HOME
from comptoir.sourcing.changing import STREAM, ActivatePolicy, BeginDraft, TryPolicy, UnplanPolicy
from comptoir.sourcing.difference import changes
from comptoir.sourcing.policy import DEFAULT, KIND, NOT_SERVED, Policy
from comptoir.web.guards import by
from comptoir.web.pages.page import Page
from comptoir.web.pages.people import AskForm
from comptoir.web.pages.session import Answer
from comptoir.web.pages.typed import Typed

HERE: Final = "/manager/sourcing"
Number = Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)]


@get(HERE, opt=by("head_office"))
async def versions(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    now: NamedDependency[datetime],
) -> Answer:  # fmt: skip
    """Every version, which one is in force, which comes next, which is tried; what was done last."""
    async with borrowed(house.pool) as connection:
        view = await screen.read(connection, KIND, STREAM, now)
        draft = await policies.find_draft(connection, KIND, actor.who)
        holds, _ = await in_force(connection, now)
    return page.html("admin/sourcing.html", view=view, draft=draft, holds=holds, now=now, ids=[new_id(), new_id()])


@get(HERE + "/versions/{number:int}", opt=by("head_office"))
async def one_version(
    house: NamedDependency[House], page: NamedDependency[Page], now: NamedDependency[datetime], number: FromPath[int],
    done: FromQuery[Literal["", "saved", "activated", "planned", "unplanned", "tried"]] = "",
) -> Answer:  # fmt: skip
    """One version in words, and what it would change against the one in force."""
    return await _version(house, page, now, number, done=done)


@get(HERE + "/versions/{number:int}/policy.json", opt=by("head_office"))
async def as_json(house: NamedDependency[House], number: FromPath[int]) -> Response[Any]:
    """The whole document as a file."""
    async with borrowed(house.pool) as connection:
        policy = await policy_numbered(connection, number)
    body = msgspec.json.format(msgspec.json.encode(policy, order="deterministic"), indent=2)
    return _file(body, "application/json", f"sourcing-{number}.json")


@get(HERE + "/versions/{number:int}/rates.csv", opt=by("head_office"))
async def as_csv(house: NamedDependency[House], number: FromPath[int]) -> Response[Any]:
    """The rates as a table for a spreadsheet."""
    async with borrowed(house.pool) as connection:
        policy = await policy_numbered(connection, number)
    body = ("\ufeff" + rates_file.written(policy.tariff)).encode()
    return _file(body, "text/csv; charset=utf-8", f"rates-{number}.csv")


@post(HERE + "/versions/{number:int}/draft", opt=by("head_office"), status_code=200)
async def begin(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    now: NamedDependency[datetime], number: FromPath[int], data: URLEncodedBody[AskForm],
) -> Answer:  # fmt: skip
    """Begin to write from this version; a draft that there was is gone."""
    return await _done(house, actor, page, now, number, BeginDraft(data.id, known(number)), f"{HERE}/draft")


@post(HERE + "/versions/{number:int}/activate", opt=by("head_office"), status_code=200)
async def activate(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    now: NamedDependency[datetime], number: FromPath[int], data: URLEncodedBody[dict[str, Any]],
) -> Answer:  # fmt: skip
    """It holds now, or from a day and an hour on (of the retailer's zone)."""
    typed = Typed(data)
    try:
        since = typed.moment("since", HOME) if typed.text("when") == "later" else None
    except Refusal as refusal:
        return await _version(house, page, now, number, typed, refusal)
    to = f"{HERE}/versions/{number}?done={'planned' if since and since > now else 'activated'}"
    command = ActivatePolicy(typed.id(), known(number), since)
    return await _done(house, actor, page, now, number, command, to, typed)


@post(HERE + "/versions/{number:int}/unplan", opt=by("head_office"), status_code=200)
async def unplan(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    now: NamedDependency[datetime], number: FromPath[int], data: URLEncodedBody[AskForm],
) -> Answer:  # fmt: skip
    """It will not begin."""
    to = f"{HERE}/versions/{number}?done=unplanned"
    return await _done(house, actor, page, now, number, UnplanPolicy(data.id, known(number)), to)


@post(HERE + "/versions/{number:int}/try", opt=by("head_office"), status_code=200)
async def try_version(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    now: NamedDependency[datetime], number: FromPath[int], data: URLEncodedBody[dict[str, Any]],
) -> Answer:  # fmt: skip
    """It decides every order silently from now on, until a day if one is given."""
    typed = Typed(data)
    try:
        until = typed.moment("until", HOME)
    except Refusal as refusal:
        return await _version(house, page, now, number, typed, refusal)
    command = TryPolicy(typed.id(), known(number), until)
    return await _done(house, actor, page, now, number, command, f"{HERE}/versions/{number}?done=tried", typed)


@post(HERE + "/trial/end", opt=by("head_office"), status_code=200)
async def end_trial(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    data: URLEncodedBody[AskForm],
) -> Answer:  # fmt: skip
    """Nothing is tried any more."""
    await house.runner.perform(TryPolicy(data.id), actor)
    return page.go(f"{HERE}/trial")


async def policy_numbered(connection: Connection, number: int) -> Policy:
    """A version's document; 0 is what comes along. NotFound `policy_not_found`."""
    return policy_of(await policies.find_version(connection, KIND, known(number))) if number else DEFAULT


def known(number: int) -> int:
    """A number that fits its column. NotFound `policy_not_found` otherwise."""
    if not 0 <= number <= 1_000_000_000:
        raise NotFound("policy_not_found", number=number)
    return number


def shown(policy: Policy, names: policy_names.Names) -> dict[str, Any]:
    """What every page that tells a policy in words needs."""
    return {"policy": policy, "names": names, "clock_of": lambda m: f"{m // 60}:{m % 60:02}", "not_served": NOT_SERVED}


async def _version(
    house: House, page: Page, now: datetime, number: int, typed: Typed | None = None, refusal: Refusal | None = None, *, done: str = "",
) -> Answer:  # fmt: skip
    async with borrowed(house.pool) as connection:
        policy = await policy_numbered(connection, number)
        view = await screen.read(connection, KIND, STREAM, now)
        names = await policy_names.read(connection)
        holds, held = await in_force(connection, now)
    return page.html(
        "admin/sourcing_version.html", status=refusal.status if refusal else 200, number=number, row=view.find(number), view=view, now=now,
        refusal=refusal, typed=typed or Typed({}), done=done if refusal is None else "", ids=[new_id() for _ in range(4)],
        changes=() if number == holds else changes(held, policy), **shown(policy, names),
    )  # fmt: skip


async def _done(
    house: House, actor: Actor, page: Page, now: datetime, number: int, command: Command, to: str, typed: Typed | None = None,
) -> Answer:  # fmt: skip
    try:
        await house.runner.perform(command, actor)
    except NotFound:
        raise
    except Refusal as refusal:
        return await _version(house, page, now, number, typed, refusal)
    return page.go(to)


def _file(body: bytes, kind: str, name: str) -> Response[Any]:
    return Response(body, media_type=kind, headers={"content-disposition": f'attachment; filename="{name}"'})


ROUTES: list[BaseRouteHandler] = [
    versions,
    one_version,
    as_json,
    as_csv,
    begin,
    activate,
    unplan,
    try_version,
    end_trial,
]

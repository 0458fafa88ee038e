"""The return rules of head office: the versions of the policy, one version in words, and from when it holds."""

from datetime import datetime
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from litestar import get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, URLEncodedBody

from comptoir.flows.reading_returns import policy_of
from comptoir.house import House
from comptoir.kit import policies
from comptoir.kit.actor import Actor
from comptoir.kit.db import Connection, borrowed
from comptoir.kit.errors import NotFound, Refusal
from comptoir.kit.ids import new_id
from comptoir.kit.runner import Command
from comptoir.network.zones import HOME
from comptoir.returns.changing import STREAM, ActivateReturnPolicy, BeginReturnDraft, UnplanReturnPolicy
from comptoir.returns.difference import changes
from comptoir.returns.policy import DEFAULT, KIND, Policy
from comptoir.returns.queries import list_reasons
from comptoir.returns.reasons import Reason
from comptoir.screens import policies as screen
from comptoir.screens import policy_names
from comptoir.web.guards import by
from comptoir.web.pages.page import Page
from comptoir.web.pages.people import AskForm
from comptoir.web.pages.policies import known
from comptoir.web.pages.session import Answer
from comptoir.web.pages.typed import Typed

HERE: Final = "/manager/return-rules"
ZONE: Final = ZoneInfo(HOME)


@get(HERE, opt=by("head_office"))
async def versions(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    now: NamedDependency[datetime],
) -> Answer:  # fmt: skip
    """What holds now, every version, what was done last."""
    async with borrowed(house.pool) as connection:
        view = await screen.read(connection, KIND, STREAM, now)
        draft = await policies.find_draft(connection, KIND, actor.who)
        shown_policy = await policy_numbered(connection, view.active)
        words = await words_for(connection, shown_policy)
    return page.html("admin/return_rules.html", view=view, draft=draft, now=now, id=new_id(), **words)


@get(HERE + "/versions/{number:int}", opt=by("head_office"))
async def one_version(
    house: NamedDependency[House], page: NamedDependency[Page], now: NamedDependency[datetime], number: FromPath[int],
    done: FromQuery[Literal["", "saved", "activated", "planned", "unplanned"]] = "",
) -> Answer:  # fmt: skip
    """One version in words, and what it would change against the one in force."""
    return await _version(house, page, now, number, done=done)


@post(HERE + "/versions/{number:int}/draft", opt=by("head_office"), status_code=200)
async def begin(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    now: NamedDependency[datetime], number: FromPath[int], data: URLEncodedBody[AskForm],
) -> Answer:  # fmt: skip
    """Begin to write from this version; a draft that there was is gone."""
    return await _done(house, actor, page, now, number, BeginReturnDraft(data.id, known(number)), f"{HERE}/draft")


@post(HERE + "/versions/{number:int}/activate", opt=by("head_office"), status_code=200)
async def activate(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    now: NamedDependency[datetime], number: FromPath[int], data: URLEncodedBody[dict[str, Any]],
) -> Answer:  # fmt: skip
    """It holds now, or from a day and an hour on (of the retailer's zone)."""
    typed = Typed(data)
    try:
        since = typed.moment("since", ZONE) if typed.text("when") == "later" else None
    except Refusal as refusal:
        return await _version(house, page, now, number, typed, refusal)
    to = f"{HERE}/versions/{number}?done={'planned' if since and since > now else 'activated'}"
    command = ActivateReturnPolicy(typed.id(), known(number), since)
    return await _done(house, actor, page, now, number, command, to, typed)


@post(HERE + "/versions/{number:int}/unplan", opt=by("head_office"), status_code=200)
async def unplan(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    now: NamedDependency[datetime], number: FromPath[int], data: URLEncodedBody[AskForm],
) -> Answer:  # fmt: skip
    """It will not begin."""
    to = f"{HERE}/versions/{number}?done=unplanned"
    return await _done(house, actor, page, now, number, UnplanReturnPolicy(data.id, known(number)), to)


async def policy_numbered(connection: Connection, number: int) -> Policy:
    """A version's document; 0 is what comes along. NotFound `policy_not_found`."""
    return policy_of(await policies.find_version(connection, KIND, known(number))) if number else DEFAULT


async def words_for(connection: Connection, policy: Policy) -> dict[str, Any]:
    """What every page that tells a policy of returns in words needs."""
    reasons: dict[str, Reason] = {one.code: one for one in await list_reasons(connection)}
    return {"policy": policy, "names": await policy_names.read(connection), "reasons": reasons}


async def _version(
    house: House, page: Page, now: datetime, number: int, typed: Typed | None = None, refusal: Refusal | None = None, *, done: str = "",
) -> Answer:  # fmt: skip
    async with borrowed(house.pool) as connection:
        policy = await policy_numbered(connection, number)
        view = await screen.read(connection, KIND, STREAM, now)
        words = await words_for(connection, policy)
        in_force = await policy_numbered(connection, view.active)
    return page.html(
        "admin/return_rules_version.html", status=refusal.status if refusal else 200, number=number, row=view.find(number), view=view, now=now,
        refusal=refusal, typed=typed or Typed({}), done=done if refusal is None else "", ids=[new_id() for _ in range(3)],
        changes=() if number == view.active else changes(in_force, policy), **words,
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


ROUTES: list[BaseRouteHandler] = [versions, one_version, begin, activate, unplan]

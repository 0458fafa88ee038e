"""Rules of alerts: what somebody is told of, from how much on, who and how; and how often a rule would have spoken last week."""

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, URLEncodedBody

from comptoir.alerting import queries
from comptoir.alerting.model import KINDS, MEDIA, AlertRule, SaveRule, Told
from comptoir.alerting.rules import IDS, built_in
from comptoir.alerting.saying import sentence
from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import Conflict, Invalid, NotFound, Refusal
from comptoir.kit.ids import new_id
from comptoir.web.guards import MANAGERS, by
from comptoir.web.pages.page import Page
from comptoir.web.pages.typed import Typed, chosen

Answer = Response[Any]
TheHouse = NamedDependency[House]
TheActor = NamedDependency[Actor]
ThePage = NamedDependency[Page]
HERE: Final = "/manager/alerts/rules"
EDITORS: Final = ("regional_manager", "head_office")
HOUSE_KINDS: Final = tuple(kind.name for kind in KINDS.values() if kind.of == "house")
ROLES: Final = ("store_manager", "regional_manager", "head_office")
WEEK: Final = timedelta(days=7)


@get(HERE, opt=by(*MANAGERS))
async def rules(house: TheHouse, actor: TheActor, page: ThePage, done: FromQuery[bool] = False) -> Answer:
    """Every kind with its rules and how often each would have spoken in the last seven days."""
    now = house.clock()
    async with borrowed(house.pool) as connection:
        own, _ = await queries.regions_of(connection, actor)
        rows = await queries.list_rules(connection, actor, own, HOUSE_KINDS)
        spoke = await queries.count_spoken(connection, actor, [row.rule for row in rows], now - WEEK)
        since = await queries.known_since(connection)
    kinds = [kind for kind in KINDS.values() if kind.of == "store" or actor.locations is None]
    return page.html(
        "manager/alert_rules.html", kinds=kinds, rows=rows, spoke=spoke, since=since, now=now, done=done,
        may_edit=actor.role in EDITORS, mine=lambda rule: _mine(rule, actor, own), comes_along=IDS,
    )  # fmt: skip


@get(HERE + "/new/{kind:str}", opt=by(*EDITORS))
async def new_rule(kind: FromPath[str], house: TheHouse, actor: TheActor, page: ThePage) -> Answer:
    """A form with what is usual for this kind. NotFound `alert_rule_not_found`."""
    return await _form(house, actor, page, _proposed(kind, actor))


@get(HERE + "/{rule:uuid}", opt=by(*EDITORS))
async def rule_page(rule: FromPath[UUID], house: TheHouse, actor: TheActor, page: ThePage) -> Answer:
    """A rule's form as it stands. NotFound `alert_rule_not_found` when it is not the actor's to change."""
    return await _form(house, actor, page, await _find(house, actor, rule))


@post(HERE + "/new/{kind:str}", opt=by(*EDITORS), status_code=200)
async def make(
    kind: FromPath[str], house: TheHouse, actor: TheActor, page: ThePage, data: URLEncodedBody[dict[str, Any]]
) -> Answer:
    """Kept; or tried on the last week, when that button was pressed."""
    typed = Typed(data)
    proposed = _proposed(kind, actor)
    return await _save(house, actor, page, typed, msgspec.structs.replace(proposed, id=typed.id()))


@post(HERE + "/{rule:uuid}", opt=by(*EDITORS), status_code=200)
async def change(
    rule: FromPath[UUID], house: TheHouse, actor: TheActor, page: ThePage, data: URLEncodedBody[dict[str, Any]]
) -> Answer:
    """Changed; or tried on the last week, when that button was pressed."""
    return await _save(house, actor, page, Typed(data), await _find(house, actor, rule))


async def _save(house: House, actor: Actor, page: Page, typed: Typed, standing: AlertRule) -> Answer:
    try:
        command = _read(typed, standing)
    except Invalid as wrong:
        return await _form(house, actor, page, standing, typed, wrong)
    except msgspec.ValidationError:
        return await _form(house, actor, page, standing, typed, Invalid("alert_rule_wrong", field="threshold"))
    shown = msgspec.convert(msgspec.to_builtins(command) | {"id": command.rule, "version": standing.version}, AlertRule)
    if typed.text("try"):
        return await _form(house, actor, page, shown, typed, tried=True)
    try:
        await house.runner.perform(command, actor)
    except Refusal as refusal:
        if not isinstance(refusal, Invalid | Conflict):
            raise
        return await _form(house, actor, page, shown, typed, refusal)
    return page.go(f"{HERE}?done=true")


def _read(typed: Typed, standing: AlertRule) -> SaveRule:
    scope, quiet, escalate = typed.text("scope"), bool(typed.text("quiet")), typed.text("escalate_to")
    person = typed.text("person")
    return msgspec.convert(
        {
            "id": typed.id(), "rule": standing.id, "version": typed.whole("version", 0, 999_999_999), "kind": standing.kind,
            "threshold": typed.whole("threshold", 1, KINDS[standing.kind].most),
            "region": scope[2:] if scope.startswith("r:") else None, "location": scope[2:] if scope.startswith("s:") else None,
            "tells": typed.text("tells"), "person": person or None, "media": chosen(typed.many("media"), MEDIA),
            "quiet_from": typed.clock("quiet_from") if quiet else None, "quiet_until": typed.clock("quiet_until") if quiet else None,
            "escalate_after": typed.whole("escalate_after", 1, 1440) if escalate else None, "escalate_to": escalate or None,
            "active": bool(typed.text("active")),
        },
        SaveRule, strict=False,
    )  # fmt: skip


async def _form(
    house: House, actor: Actor, page: Page, rule: AlertRule, typed: Typed | None = None, refusal: Refusal | None = None,
    *, tried: bool = False,
) -> Answer:  # fmt: skip
    now = house.clock()
    async with borrowed(house.pool) as connection:
        _, regions = await queries.regions_of(connection, actor)
        places = await queries.places_of(connection, actor)
        people = await queries.list_people(connection, actor)
        spoke = (await queries.count_spoken(connection, actor, [rule], now - WEEK))[rule.id]
        times = await queries.list_spoken(connection, actor, rule, now - WEEK) if spoke else []
        since = await queries.known_since(connection)
    return page.html(
        "manager/alert_rule.html", status=refusal.status if refusal else 200, rule=rule, kind=KINDS[rule.kind], regions=regions,
        places=places, people=people, spoke=spoke, since=since, typed=typed, refusal=refusal, tried=tried, roles=ROLES, media=MEDIA,
        wrong=refusal.facts.get("field", "") if refusal else "", everywhere=actor.locations is None, id=new_id(), now=now,
        comes_along=IDS, times=times, sentence=lambda one: sentence(rule.kind, one.place, one.name, one.high, page.lang),
    )  # fmt: skip


async def _find(house: House, actor: Actor, rule: UUID) -> AlertRule:
    async with borrowed(house.pool) as connection:
        own, _ = await queries.regions_of(connection, actor)
        rows = await queries.list_rules(connection, actor, own, HOUSE_KINDS)
    found = next((row.rule for row in rows if row.rule.id == rule and _mine(row.rule, actor, own)), None)
    if found is None:
        raise NotFound("alert_rule_not_found")
    return found


def _mine(rule: AlertRule, actor: Actor, own: str | None) -> bool:
    """May the actor change it? The command asks again."""
    if actor.locations is None:
        return True
    if rule.location is not None:
        return actor.reaches(rule.location)
    return rule.region is not None and rule.region == own


def _proposed(kind: str, actor: Actor) -> AlertRule:
    found = KINDS.get(kind)
    if found is None or (found.of == "house" and actor.locations is not None):
        raise NotFound("alert_rule_not_found")
    usual = built_in(found.name)
    tells: Told = "head_office" if found.of == "house" else "store_manager"
    return msgspec.structs.replace(
        usual, id=new_id(), tells=tells if usual.tells == "nobody" else usual.tells, media=usual.media or ("push",)
    )


ROUTES: list[BaseRouteHandler] = [rules, new_rule, rule_page, make, change]

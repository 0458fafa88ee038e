"""One rule or one list of a policy's draft, on a page of its own; the last number after the others is a new one."""

from typing import Any, Final

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, URLEncodedBody

from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.errors import Conflict, Invalid, NotFound, Refusal
from comptoir.sourcing.calendar import HOME
from comptoir.sourcing.policy import Rule, When
from comptoir.sourcing.ruled import Group
from comptoir.web.guards import by
from comptoir.web.pages.page import Page
from comptoir.web.pages.policy_draft import DRAFT, Writing, form, keep, writing
from comptoir.web.pages.session import Answer
from comptoir.web.pages.typed import Typed, chosen

MOST_GROUPS: Final = 8
SORTS: Final = ("distance", "carriage", "balance")


@get(DRAFT + "/rules/{at:int}", opt=by("head_office"))
async def rule(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page], at: FromPath[int]
) -> Answer:
    """The rule of this place in the order, or a new one."""
    return _rule_page(page, await writing(house, actor), at)


@post(DRAFT + "/rules/{at:int}", opt=by("head_office"), status_code=200)
async def keep_rule(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page], at: FromPath[int],
    data: URLEncodedBody[dict[str, Any]],
) -> Answer:  # fmt: skip
    """The rule as typed. Pressed for one more group of places, the page comes again with it."""
    typed, found = Typed(data), await writing(house, actor)
    rules = list(found.policy.rules)
    try:
        if not 0 <= at <= len(rules):
            raise Conflict("draft_changed")
        rules[at : at + 1] = [_rule_of(typed, found, rules[at] if at < len(rules) else None)]
        await keep(house, actor, typed, msgspec.structs.replace(found.policy, rules=tuple(rules)))
    except Refusal as refusal:
        return _rule_page(page, found, at, typed, refusal)
    return page.go(f"{DRAFT}/rules/{at}" if typed.text("more") else f"{DRAFT}#rules")


@get(DRAFT + "/lists/{at:int}", opt=by("head_office"))
async def one_list(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page], at: FromPath[int]
) -> Answer:
    """The list of this place in the order, or a new one."""
    return _list_page(page, await writing(house, actor), at)


@post(DRAFT + "/lists/{at:int}", opt=by("head_office"), status_code=200)
async def keep_list(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page], at: FromPath[int],
    data: URLEncodedBody[dict[str, Any]],
) -> Answer:  # fmt: skip
    """The list as typed."""
    typed, found = Typed(data), await writing(house, actor)
    lists = list(found.policy.lists)
    try:
        if not 0 <= at <= len(lists):
            raise Conflict("draft_changed")
        if typed.text("sort") not in SORTS:
            raise Invalid("policy_figure")
        zone = typed.text("within_zone")
        made = Group(
            typed.text("sort"),  # type: ignore[arg-type]
            frozenset(typed.many("of")),
            typed.whole("within_zone", 0, 40) if zone else None,
            typed.whole("buffer", 0, 1000, 0),
            bool(typed.text("divides")),
        )
        lists[at : at + 1] = [made]
        await keep(house, actor, typed, msgspec.structs.replace(found.policy, lists=tuple(lists)))
    except Refusal as refusal:
        return _list_page(page, found, at, typed, refusal)
    return page.go(f"{DRAFT}#lists")


def _rule_of(typed: Typed, found: Writing, before: Rule | None) -> Rule:
    name = typed.text("name")[:120]
    if not name:
        raise Invalid("policy_rule_name", field="name")
    when = When(
        typed.many("channels"), typed.many("services"), typed.many("categories"),
        chosen(typed.many("buyers"), ("private", "business")),  # type: ignore[arg-type]
        tuple(int(day) for day in chosen(typed.many("weekdays"), "0123456")),
        typed.moment("since", HOME), typed.moment("until", HOME),
    )  # fmt: skip
    if when.since and when.until and when.since >= when.until:
        raise Invalid("policy_rule_period", field="until")
    groups = tuple(group for n in range(MOST_GROUPS) if (group := typed.many(f"fallback{n}")))
    limit = typed.text("daily_limit")
    most = typed.text("most_parcels")
    return Rule(
        name, when, typed.many("only"), typed.many("never"), groups, typed.whole("buffer", 0, 1000, 0),
        typed.whole("daily_limit", 0, 100_000) if limit else None, typed.whole("most_parcels", 1, 5) if most else None,
        typed.minor("least_part", default=0), bool(typed.text("hold")),
    )  # fmt: skip


def _rule_page(
    page: Page, found: Writing, at: int, typed: Typed | None = None, refusal: Refusal | None = None
) -> Answer:
    rules = found.policy.rules
    if not 0 <= at <= len(rules) and refusal is None:
        raise NotFound("policy_rule_not_found")
    rule = rules[at] if at < len(rules) else Rule("?")
    groups = [typed.many(f"fallback{n}") for n in range(MOST_GROUPS)] if typed else [*rule.fallbacks]
    groups = [group for group in groups if group][:MOST_GROUPS]
    if len(groups) < MOST_GROUPS:
        groups.append(())
    services = dict.fromkeys([*found.policy.deliveries, *rule.when.services])
    return form(
        page, "admin/sourcing_rule.html", found, typed, refusal, at=at, rule=rule, new=at >= len(rules), groups=groups,
        services=list(services), home=HOME,
    )  # fmt: skip


def _list_page(
    page: Page, found: Writing, at: int, typed: Typed | None = None, refusal: Refusal | None = None
) -> Answer:
    lists = found.policy.lists
    if not 0 <= at <= len(lists) and refusal is None:
        raise NotFound("policy_rule_not_found")
    group = lists[at] if at < len(lists) else Group(divides=True)
    return form(
        page, "admin/sourcing_list.html", found, typed, refusal, at=at, group=group, new=at >= len(lists), sorts=SORTS
    )


ROUTES: list[BaseRouteHandler] = [rule, keep_rule, one_list, keep_list]

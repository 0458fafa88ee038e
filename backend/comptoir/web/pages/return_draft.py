"""The draft of the return rules: goodwill rule by rule, terms and limits, goods and ways back; saved as the next version. No script is needed."""

import re
from datetime import date, datetime
from typing import Any, Final

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, URLEncodedBody

from comptoir.house import House
from comptoir.kit import policies
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import Conflict, Invalid, NotFound, Refusal
from comptoir.kit.ids import new_id
from comptoir.returns.changing import STREAM, DropReturnDraft, KeepReturnDraft, RebaseReturnDraft, SaveReturnDraft
from comptoir.returns.difference import changes
from comptoir.returns.policy import (
    CONDITIONS,
    CONTRACTS,
    DISPOSITIONS,
    KIND,
    METHODS,
    MOST_RULES,
    WISHES,
    DeliveryRate,
    Goodwill,
    NoReceipt,
    Placing,
    Policy,
    Signals,
    Uninformed,
    Way,
    When,
    check,
)
from comptoir.screens import policies as screen
from comptoir.web.guards import by
from comptoir.web.pages.page import Page
from comptoir.web.pages.people import AskForm
from comptoir.web.pages.return_rules import HERE, policy_numbered, words_for
from comptoir.web.pages.session import Answer
from comptoir.web.pages.typed import Typed, chosen

DRAFT: Final = HERE + "/draft"
ORDERED: Final = {"rules": "goodwill", "goods": "dispositions", "rates": "delivery_rates"}
"""What is taken in its order, by the name of its part of the page."""


class Writing(msgspec.Struct, frozen=True):
    """A person's draft: its row, the policy that it says, and the words to show it with."""

    row: policies.Draft
    policy: Policy
    words: dict[str, Any]


async def writing(house: House, actor: Actor) -> Writing:
    """What this person is writing. NotFound `draft_not_found`."""
    async with borrowed(house.pool) as connection:
        row = await policies.find_draft(connection, KIND, actor.who)
        if row is None:
            raise NotFound("draft_not_found")
        policy = msgspec.json.decode(row.body, type=Policy)
        return Writing(row, policy, await words_for(connection, policy))


async def keep(house: House, actor: Actor, typed: Typed, policy: Policy) -> None:
    """The draft says this now, if nobody else was quicker. Invalid `policy_figure` for what no policy can say."""
    try:
        sound = msgspec.convert(msgspec.to_builtins(policy), Policy)
    except msgspec.ValidationError as wrong:
        raise Invalid("policy_figure", wrong=str(wrong)) from None
    await house.runner.perform(KeepReturnDraft(typed.id(), typed.whole("version", 1, 10**9 - 1), sound), actor)


@get(DRAFT, opt=by("head_office"))
async def overview(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    now: NamedDependency[datetime], kept: FromQuery[bool] = False,
) -> Answer:  # fmt: skip
    """All of it, with what it changes and what still stands in the way."""
    return await _overview(house, actor, page, now, just_kept=kept)


@post(DRAFT, opt=by("head_office"), status_code=200)
async def save(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    now: NamedDependency[datetime], data: URLEncodedBody[dict[str, Any]],
) -> Answer:  # fmt: skip
    """The next version; it does not hold by that."""
    typed = Typed(data)
    command = SaveReturnDraft(typed.id(), typed.whole("version", 1, 10**9 - 1), typed.text("note")[:1000])
    try:
        done = await house.runner.perform(command, actor)
    except Refusal as refusal:
        return await _overview(house, actor, page, now, typed, refusal)
    return page.go(f"{HERE}/versions/{done.read()['number']}?done=saved")


@post(DRAFT + "/drop", opt=by("head_office"), status_code=200)
async def drop(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    data: URLEncodedBody[AskForm],
) -> Answer:  # fmt: skip
    """Nothing is written any more."""
    await house.runner.perform(DropReturnDraft(data.id), actor)
    return page.go(HERE)


@post(DRAFT + "/rebase", opt=by("head_office"), status_code=200)
async def rebase(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    data: URLEncodedBody[AskForm],
) -> Answer:  # fmt: skip
    """Seen: the draft is saved over the version that came in between."""
    await house.runner.perform(RebaseReturnDraft(data.id), actor)
    return page.go(DRAFT)


@post(DRAFT + "/order", opt=by("head_office"), status_code=200)
async def order(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    now: NamedDependency[datetime], data: URLEncodedBody[dict[str, Any]],
) -> Answer:  # fmt: skip
    """A goodwill rule, or a row of what becomes of goods or of what delivery costs (`of`), goes up, down or away.

    A page that is behind moves nothing else.
    """
    typed = Typed(data)
    found = await writing(house, actor)
    of = typed.text("of") if typed.text("of") in ORDERED else "rules"
    rows: list[Any] = [*getattr(found.policy, ORDERED[of])]
    try:
        at, act = typed.whole("at", 0, MOST_RULES), typed.text("act")
        if at >= len(rows) or act not in ("up", "down", "remove"):
            raise Conflict("draft_changed")
        row = rows.pop(at)
        if act != "remove":
            rows.insert(max(0, at + (1 if act == "down" else -1)), row)
        moved: dict[str, Any] = {ORDERED[of]: tuple(rows)}
        await keep(house, actor, typed, msgspec.structs.replace(found.policy, **moved))
    except Refusal as refusal:
        return await _overview(house, actor, page, now, typed, refusal)
    return page.go(f"{DRAFT}#{of}")


@get(DRAFT + "/rules/{at:int}", opt=by("head_office"))
async def rule(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page], at: FromPath[int]
) -> Answer:
    """The goodwill rule of this place in the order, or a new one."""
    return _rule_page(page, await writing(house, actor), at)


@post(DRAFT + "/rules/{at:int}", opt=by("head_office"), status_code=200)
async def keep_rule(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page], at: FromPath[int],
    data: URLEncodedBody[dict[str, Any]],
) -> Answer:  # fmt: skip
    """The rule as typed."""
    typed, found = Typed(data), await writing(house, actor)
    rules = [*found.policy.goodwill]
    try:
        if not 0 <= at <= len(rules):
            raise Conflict("draft_changed")
        rules[at : at + 1] = [rule_of(typed)]
        await keep(house, actor, typed, msgspec.structs.replace(found.policy, goodwill=tuple(rules)))
    except Refusal as refusal:
        return _rule_page(page, found, at, typed, refusal)
    return page.go(f"{DRAFT}?kept=true#rules")


@get(DRAFT + "/terms", opt=by("head_office"))
async def terms(house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page]) -> Answer:
    """What may be settled by whom, what the terms of sale say, how each channel sells."""
    return _form(page, "admin/return_terms.html", await writing(house, actor))


@post(DRAFT + "/terms", opt=by("head_office"), status_code=200)
async def keep_terms(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    data: URLEncodedBody[dict[str, Any]],
) -> Answer:  # fmt: skip
    """The terms as typed."""
    typed, found = Typed(data), await writing(house, actor)
    try:
        await keep(house, actor, typed, terms_of(typed, found.policy))
    except Refusal as refusal:
        return _form(page, "admin/return_terms.html", found, typed, refusal)
    return page.go(f"{DRAFT}?kept=true#terms")


@get(DRAFT + "/goods", opt=by("head_office"))
async def goods(house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page]) -> Answer:
    """What becomes of goods, and the ways back that are offered."""
    return _form(page, "admin/return_goods.html", await writing(house, actor))


@post(DRAFT + "/goods", opt=by("head_office"), status_code=200)
async def keep_goods(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    data: URLEncodedBody[dict[str, Any]],
) -> Answer:  # fmt: skip
    """The two tables as typed."""
    typed, found = Typed(data), await writing(house, actor)
    try:
        await keep(house, actor, typed, goods_of(typed, found.policy))
    except Refusal as refusal:
        return _form(page, "admin/return_goods.html", found, typed, refusal)
    more = typed.text("more")
    return page.go(f"{DRAFT}/goods" if more else f"{DRAFT}?kept=true#goods")


def rule_of(typed: Typed) -> Goodwill:
    """A goodwill rule as typed. Invalid with the field that is wrong."""
    name = typed.text("name")[:120]
    if not name:
        raise Invalid("policy_rule_name", field="name")
    since, until = day(typed, "bought_since"), day(typed, "bought_until")
    if since and until and until < since:
        raise Invalid("policy_rule_period", field="bought_until")
    when = When(
        countries(typed, "countries"), typed.many("channels"), typed.many("categories"),
        chosen(typed.many("buyers"), ("private", "business")), since, until,  # type: ignore[arg-type]
    )  # fmt: skip
    final = bool(typed.text("final"))
    kept = typed.whole("keep", 0, 100, 0)
    gives, conditions = chosen(typed.many("gives"), WISHES), chosen(typed.many("conditions"), CONDITIONS)
    if not final and not (gives and conditions):
        raise Invalid("policy_gives_nothing", field="gives" if conditions else "conditions")
    return Goodwill(
        name, when, typed.whole("days", 0, 3_650, 0), day(typed, "until"), conditions, gives,  # type: ignore[arg-type]
        100 * kept, bool(typed.text("delivery")), final,
    )  # fmt: skip


def terms_of(typed: Typed, policy: Policy) -> Policy:
    """Terms and limits as typed. Invalid with the field that is wrong."""
    gaps = []
    for n in range(MOST_RULES):
        if channel := typed.text(f"gap_channel{n}"):
            since, until = day(typed, f"gap_since{n}"), day(typed, f"gap_until{n}")
            if since is None or until is None:
                raise Invalid("date_wrong", field=f"gap_since{n}" if since is None else f"gap_until{n}")
            if until < since:
                raise Invalid("policy_rule_period", field=f"gap_until{n}")
            gaps.append(Uninformed(channel, since, until, day(typed, f"gap_told{n}")))
    gives = chosen(typed.many("defect_gives"), ("repair", "exchange", "refund", "credit"))
    if not {"exchange", "repair"} & set(gives):
        raise Invalid("policy_defect_gives", field="defect_gives")
    receipt = NoReceipt(
        typed.minor("receipt_minor"), typed.whole("receipt_times", 0, 1_000), typed.minor("receipt_sum"),
        typed.whole("receipt_days", 1, 3_650), chosen(typed.many("receipt_gives"), WISHES),  # type: ignore[arg-type]
        bool(typed.text("receipt_named")),
    )  # fmt: skip
    sold = {name.removeprefix("sold_"): typed.text(name) for name in typed.fields if name.startswith("sold_")}
    contracts: dict[str, Any] = {channel: how for channel, how in sold.items() if how in CONTRACTS[1:]}
    return msgspec.structs.replace(
        policy, associate_minor=typed.minor("associate"), refund_days=typed.whole("refund_days", 0, 60), no_receipt=receipt,
        standard_delivery_minor=typed.minor("standard_delivery", default=0),
        defect_gives=gives, cost_told=bool(typed.text("cost_told")), worth_told=bool(typed.text("worth_told")), contracts=contracts,
        sealed=typed.many("sealed"), uninformed=tuple(gaps), signals=Signals(
            typed.whole("signal_returns", 0, 1_000, 0), typed.minor("signal_given", default=0),
            typed.whole("signal_receipt", 0, 1_000, 0), typed.whole("signal_article", 0, 1_000, 0),
        ),
    )  # fmt: skip


def goods_of(typed: Typed, policy: Policy) -> Policy:
    """What becomes of goods, the ways back and what delivery costs, row by row; a row without a first choice or fee is gone."""
    placings: list[Any] = [
        Placing(
            to,
            typed.many(f"reason{n}"),
            chosen(typed.many(f"condition{n}"), CONDITIONS),  # type: ignore[arg-type]
            typed.many(f"category{n}"),
            bool(typed.text(f"incomplete{n}")),
        )
        for n in range(MOST_RULES)
        if (to := typed.text(f"to{n}")) in DISPOSITIONS
    ]
    ways: list[Any] = [
        Way(
            method,
            "house" if typed.text(f"payer{n}") == "house" else "customer",
            typed.minor(f"fee{n}", default=0),
            countries(typed, f"countries{n}"),
        )
        for n in range(MOST_RULES)
        if (method := typed.text(f"method{n}")) in METHODS
    ]
    rates: list[Any] = [
        DeliveryRate(
            typed.minor(f"rate_fee{n}"), typed.minor(f"rate_up_to{n}", default=0), typed.whole(f"rate_grams{n}", 0, 10_000_000, 0),
            slugs(typed, f"rate_services{n}"), typed.many(f"rate_channel{n}"), countries(typed, f"rate_countries{n}"),
        )
        for n in range(MOST_RULES) if typed.text(f"rate_fee{n}")
    ]  # fmt: skip
    return msgspec.structs.replace(policy, dispositions=tuple(placings), ways=tuple(ways), delivery_rates=tuple(rates))


def day(typed: Typed, name: str) -> date | None:
    """A day, or none. Invalid `date_wrong`."""
    if not typed.text(name):
        return None
    try:
        return date.fromisoformat(typed.text(name))
    except ValueError:
        raise Invalid("date_wrong", field=name) from None


def slugs(typed: Typed, name: str) -> tuple[str, ...]:
    """ "standard, express" as codes. Invalid `policy_figure`."""
    codes = [code for code in re.split(r"[\s,;]+", typed.text(name).lower()) if code]
    if not all(re.fullmatch(r"[a-z0-9][a-z0-9-]{0,63}", code) for code in codes):
        raise Invalid("policy_figure", field=name)
    return tuple(dict.fromkeys(codes))


def countries(typed: Typed, name: str) -> tuple[str, ...]:
    """ "fr, BE" as codes. Invalid `policy_area`."""
    codes = [code for code in re.split(r"[\s,;]+", typed.text(name).upper()) if code]
    if not all(re.fullmatch(r"[A-Z]{2}", code) for code in codes):
        raise Invalid("policy_area", field=name)
    return tuple(dict.fromkeys(codes))


def _form(
    page: Page, name: str, found: Writing, typed: Typed | None = None, refusal: Refusal | None = None, **view: Any
) -> Answer:
    """A page that edits the draft: a refusal's text stands above what was typed."""
    behind = refusal is not None and refusal.code == "draft_changed"
    return page.html(
        name, status=refusal.status if refusal else 200, draft=found.row, typed=typed, refusal=refusal, id=new_id(),
        wrong=refusal.facts.get("field", "") if refusal else "", version=found.row.version if typed is None or behind else typed.text("version"),
        most_rules=MOST_RULES, **found.words, **view,
    )  # fmt: skip


def _rule_page(
    page: Page, found: Writing, at: int, typed: Typed | None = None, refusal: Refusal | None = None
) -> Answer:
    rules = found.policy.goodwill
    if not 0 <= at <= len(rules) and refusal is None:
        raise NotFound("policy_rule_not_found")
    one = rules[at] if 0 <= at < len(rules) else Goodwill("?")
    return _form(page, "admin/return_rule.html", found, typed, refusal, at=at, rule=one, new=at >= len(rules))


async def _overview(
    house: House, actor: Actor, page: Page, now: datetime, typed: Typed | None = None, refusal: Refusal | None = None, *,
    just_kept: bool = False,
) -> Answer:  # fmt: skip
    found = await writing(house, actor)
    async with borrowed(house.pool) as connection:
        view = await screen.read(connection, KIND, STREAM, now)
        in_force = await policy_numbered(connection, view.active)
    fault: Refusal | None = None
    try:
        check(found.policy, tuple(found.words["reasons"]))
    except Refusal as wrong:
        fault = wrong
    return page.html(
        "admin/return_draft.html", status=refusal.status if refusal else 200, draft=found.row, view=view, now=now, refusal=refusal, fault=fault,
        note_typed=typed.text("note") if typed else "", changes=changes(in_force, found.policy), just_kept=just_kept and refusal is None,
        behind=view.newest != found.row.after, new_id=new_id, **found.words,
    )  # fmt: skip


ROUTES: list[BaseRouteHandler] = [
    overview, save, drop, rebase, order, rule, keep_rule, terms, keep_terms, goods, keep_goods,
]  # fmt: skip

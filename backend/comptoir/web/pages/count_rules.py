"""The Count rules page: differences that need nobody, a second person or the manager; how often an article is due by its worth."""

from datetime import datetime, timedelta
from typing import Any, Final, Literal

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, URLEncodedBody

from comptoir.flows.reading_stock_rules import counting_of, read_counting
from comptoir.house import House
from comptoir.kit import policies
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import Invalid, Refusal
from comptoir.kit.ids import new_id
from comptoir.screens import count_rules as past
from comptoir.screens import policies as screen
from comptoir.stock.count_rules import KIND, CountRules, check, ways
from comptoir.stock.ruling import COUNTING_STREAM, SaveCountRules, UnplanCountRules
from comptoir.web.guards import by
from comptoir.web.pages.page import Page
from comptoir.web.pages.people import AskForm
from comptoir.web.pages.safety import since_typed
from comptoir.web.pages.session import Answer
from comptoir.web.pages.typed import Typed

HERE: Final = "/manager/count-rules"
LOOKED_BACK: Final = timedelta(days=90)
WHOLE: Final[dict[str, tuple[int, int]]] = {
    "free_units": (0, 10_000), "free_percent": (0, 100), "large_units": (1, 10_000), "a_percent": (0, 100), "b_percent": (0, 100),
    "a_days": (1, 730), "b_days": (1, 730), "c_days": (1, 730), "most": (1, 50),
}  # fmt: skip
MONEY: Final = ("free_minor", "large_minor")


@get(HERE, opt=by("head_office"))
async def rules(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    now: NamedDependency[datetime], done: FromQuery[Literal["", "saved", "planned", "unplanned"]] = "",
) -> Answer:  # fmt: skip
    """What holds, as a form; what was before."""
    return await _page(house, actor, page, now, done=done)


@post(HERE, opt=by("head_office"), status_code=200)
async def save(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    now: NamedDependency[datetime], data: URLEncodedBody[dict[str, Any]],
) -> Answer:  # fmt: skip
    """The next version, or only a look at what it would have done with the counts of the last three months."""
    typed = Typed(data)
    try:
        body = typed_rules(typed)
        check(body)
        since = since_typed(typed)
        if typed.text("act") == "look":
            return await _page(house, actor, page, now, typed, looked=body)
        command = SaveCountRules(typed.id(), typed.whole("after", 0, 10**9), body, typed.text("note")[:200], since)
        await house.runner.perform(command, actor)
    except Refusal as refusal:
        return await _page(house, actor, page, now, typed, refusal)
    return page.go(f"{HERE}?done={'planned' if since and since > now else 'saved'}")


@post(HERE + "/{number:int}/unplan", opt=by("head_office"), status_code=200)
async def unplan(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    now: NamedDependency[datetime], number: FromPath[int], data: URLEncodedBody[AskForm],
) -> Answer:  # fmt: skip
    """It will not begin."""
    try:
        await house.runner.perform(UnplanCountRules(data.id, max(1, min(number, 10**9))), actor)
    except Refusal as refusal:
        return await _page(house, actor, page, now, None, refusal)
    return page.go(f"{HERE}?done=unplanned")


def typed_rules(typed: Typed) -> CountRules:
    """The form as rules. Invalid with the field that is wrong."""
    told: dict[str, int] = {name: typed.whole(name, *bounds) for name, bounds in WHOLE.items()}
    told |= {name: typed.minor(name, 100_000_000, default=0) for name in MONEY}
    try:
        return msgspec.convert(told, CountRules)
    except msgspec.ValidationError:
        raise Invalid("amount_wrong", field="large_minor") from None


async def _page(
    house: House, actor: Actor, page: Page, now: datetime, typed: Typed | None = None, refusal: Refusal | None = None, *,
    looked: CountRules | None = None, done: str = "",
) -> Answer:  # fmt: skip
    async with borrowed(house.pool) as connection:
        number, in_force = await read_counting(connection, now)
        view = await screen.read(connection, KIND, COUNTING_STREAM, now)
        ahead = counting_of((await policies.find_version(connection, KIND, view.next)).body) if view.next else None
        known = await past.read(connection, now - LOOKED_BACK, None)
    return page.html(
        "admin/count_rules.html", status=refusal.status if refusal else 200, number=number, rules=in_force, ahead=ahead, view=view, typed=typed,
        refusal=refusal, wrong=refusal.facts.get("field", "") if refusal else "", id=new_id(), new_id=new_id, done=done, now=now,
        counted=len(known), before=ways(known, in_force), after=ways(known, looked) if looked is not None else None,
    )  # fmt: skip


ROUTES: list[BaseRouteHandler] = [rules, save, unplan]

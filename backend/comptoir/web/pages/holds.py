"""Orders that wait, queue by queue, and one act for many of them: each on its own, none of them twice."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlencode
from uuid import UUID, uuid5

import msgspec
from babel.numbers import get_currency_precision
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, URLEncodedBody

from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import NotFound, Refusal
from comptoir.kit.ids import new_id
from comptoir.kit.reason_rows import list_reasons
from comptoir.kit.reasons import ReasonCode
from comptoir.kit.runner import Command
from comptoir.kit.words import Code, Note
from comptoir.orders.cancel_reasons import CANCEL
from comptoir.orders.model import CancelOrder, MapUnknownLine, ReleaseHold, RetrySourcing
from comptoir.screens import article_search, hold_queue
from comptoir.screens.hold_queue import MOST, QUEUES, Queue, Waiting
from comptoir.web.guards import MANAGERS, by
from comptoir.web.pages.orders import NewIds, Words, place_after
from comptoir.web.pages.page import Page
from comptoir.web.pages.tables import table

Answer = Response[Any]
TheHouse = NamedDependency[House]
TheActor = NamedDependency[Actor]
ThePage = NamedDependency[Page]
Now = NamedDependency[datetime]
Act = Literal["release", "cancel", "retry"]
Pairs = Annotated[str, msgspec.Meta(min_length=1, max_length=5000, pattern=r"^[0-9a-f-]{36}:[0-9]{1,9}(,[0-9a-f-]{36}:[0-9]{1,9}){0,99}\Z")]  # fmt: skip
"""Orders and a number of each, as a form carries them: "<id>:<version>,<id>:<version>"."""
MOST_EXPORTED: Final = 1_000
COLUMNS: Final = ("number", "channel", "since", "until", "total", "currency", "lacking", "held_also")

ACTS: Final[dict[Queue, tuple[Act, ...]]] = {
    "payment": ("release", "cancel"),
    "address": ("release", "cancel"),
    "totals": ("release", "cancel"),
    "unknown_item": ("cancel",),
    "short": ("retry", "cancel"),
    "fraud": ("release", "cancel"),
    "manual": ("release", "cancel"),
}
"""What may be done to many at once; the first one is the usual end of the wait. An unknown article is said, not released."""
EVERYWHERE: Final[tuple[Act, ...]] = ("cancel",)
"""An order without work is nobody's store's yet: who sees some places only does not cancel it."""
USUAL: Final[dict[Queue, ReasonCode]] = {"fraud": "suspected_fraud", "short": "not_available"}


class ManyForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was shown and is now meant, for each of these orders as it stood then."""

    id: UUID
    act: Act
    orders: Pairs
    reason: ReasonCode = "customer"
    note: Note = ""


class ArticleForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a shop calls so is this article; `lines` are "<order>:<line>"."""

    id: UUID
    sku: Code
    lines: Pairs


class Outcome(msgspec.Struct, frozen=True):
    """What became of one order: done, with what still holds it and units without a place; or the refusal's code."""

    order: UUID
    number: str
    code: str = ""
    held: tuple[str, ...] = ()
    unsourced: int = 0


class Cost(msgspec.Struct, frozen=True):
    """What an act on chosen orders comes to, in one currency."""

    currency: str
    total_minor: int
    captured_minor: int
    authorized_minor: int


def acts_of(queue: Queue, actor: Actor) -> tuple[Act, ...]:
    """What this person may do to many orders of a queue."""
    return tuple(act for act in ACTS[queue] if actor.locations is None or act not in EVERYWHERE)


def queue_of(text: str) -> Queue:
    """NotFound `not_found` when there is no such queue."""
    for queue in QUEUES:
        if queue == text:
            return queue
    raise NotFound("not_found")


@get("/manager/holds", opt=by(*MANAGERS))
async def overview(house: TheHouse, actor: TheActor, page: ThePage, now: Now) -> Answer:
    """Every queue: how many wait, since when, and what they are worth."""
    async with borrowed(house.pool) as connection:
        counts = await hold_queue.counts(connection, actor)
    return page.html("manager/holds.html", counts=counts, queues=QUEUES, now=now)


@get("/manager/holds/{queue:str}", opt=by(*MANAGERS))
async def show_queue(
    queue: FromPath[str], house: TheHouse, actor: TheActor, page: ThePage, now: Now, after: FromQuery[str | None] = None,
    every: FromQuery[bool] = False,
) -> Answer:  # fmt: skip
    """Up to a hundred orders of one queue, those that wait longest first; `every` ticks them all."""
    return await queue_page(queue_of(queue), house, actor, page, now, after, every)


async def queue_page(
    queue: Queue, house: House, actor: Actor, page: Page, now: datetime, after: str | None, every: bool, wrong: str = ""
) -> Answer:
    async with borrowed(house.pool) as connection:
        counts = await hold_queue.counts(connection, actor)
        rows = await hold_queue.read(connection, actor, queue, place_after(after), MOST + 1)
        codes = await hold_queue.unknown_codes(connection, actor) if queue == "unknown_item" else []
    more = len(rows) > MOST
    rows = rows[:MOST]
    here = f"/manager/holds/{queue}"
    return page.html(
        "manager/hold_queue.html", status=422 if wrong else 200, queue=queue, rows=rows, counts=counts, queues=QUEUES, now=now, codes=codes,
        acts=acts_of(queue, actor), every=every, wrong=wrong, later=after is not None, here=here,
        next_page=f"{here}?{urlencode({'after': rows[-1].place})}" if more else None,
        all_page=f"{here}?{urlencode({'every': 'true'} | ({'after': after} if after else {}))}",
    )  # fmt: skip


@get("/manager/holds/{queue:str}/confirm", opt=by(*MANAGERS))
async def confirm(
    queue: FromPath[str], house: TheHouse, actor: TheActor, page: ThePage, now: Now, act: FromQuery[Act] = "release",
    order: FromQuery[Annotated[list[UUID], msgspec.Meta(max_length=MOST)] | None] = None,
) -> Answer:  # fmt: skip
    """What the act would mean for the chosen orders and their customers; nothing has happened yet."""
    asked = queue_of(queue)
    if not order or act not in acts_of(asked, actor):
        return await queue_page(asked, house, actor, page, now, None, False, "nothing_chosen")
    async with borrowed(house.pool) as connection:
        rows = await hold_queue.chosen(connection, actor, asked, list(order))
        reasons = [one for one in await list_reasons(connection, CANCEL) if one.used]
    if not rows:
        return await queue_page(asked, house, actor, page, now, None, False, "not_held")
    return page.html(
        "manager/hold_confirm.html", queue=asked, act=act, rows=rows, now=now, costs=costs(rows), reasons=reasons,
        usual=USUAL.get(asked, "customer"), id=new_id(), orders=",".join(f"{row.order}:{row.version}" for row in rows),
    )  # fmt: skip


def costs(rows: list[Waiting]) -> list[Cost]:
    """What these orders are worth, and what of it is paid or set aside, by currency."""
    found: dict[str, list[int]] = {}
    for row in rows:
        sums = found.setdefault(row.currency, [0, 0, 0])
        for at, amount in enumerate((row.total_minor, row.captured_minor, row.authorized_minor)):
            sums[at] += amount
    return [Cost(currency, *sums) for currency, sums in sorted(found.items())]


@post("/manager/holds/{queue:str}", opt=by(*MANAGERS), status_code=200)
async def act_on_many(
    queue: FromPath[str], data: URLEncodedBody[ManyForm], house: TheHouse, actor: TheActor, page: ThePage, now: Now
) -> Answer:
    """Each order in its own transaction; the page says what became of each. The same form again: the same answers."""
    asked = queue_of(queue)
    if data.act not in acts_of(asked, actor):
        raise NotFound("not_found")
    pairs = [
        (UUID(order), int(version)) for order, _, version in (pair.partition(":") for pair in data.orders.split(","))
    ]
    commands: dict[UUID, Command] = {
        order: command_of(asked, data, order, uuid5(data.id, str(order))) for order, _ in pairs
    }
    async with borrowed(house.pool) as connection:
        standing = await hold_queue.standing(connection, actor, list(commands))
        before = await hold_queue.done_before(connection, [command.id for command in commands.values()], actor)
    outcomes = []
    for order, version in dict(pairs).items():
        number, now_at = standing.get(order, ("", 0))
        command = commands[order]
        if not number:
            outcomes.append(Outcome(order, "", "order_not_found"))
        elif version != now_at and command.id not in before:
            outcomes.append(Outcome(order, number, "changed_meanwhile"))
        else:
            outcomes.append(await carried_out(house, actor, order, number, command))
    return page.html("manager/hold_done.html", queue=asked, act=data.act, outcomes=outcomes, now=now)


def command_of(queue: Queue, data: ManyForm, order: UUID, id: UUID) -> Command:
    """The act as a command for one order; its id comes from the form's, so that a form sent twice acts once."""
    if data.act == "cancel":
        return CancelOrder(id, order, data.reason)
    return RetrySourcing(id, order) if data.act == "retry" else ReleaseHold(id, order, queue, data.note)


async def carried_out(house: House, actor: Actor, order: UUID, number: str, command: Command) -> Outcome:
    """One order's turn; what refuses it is told and stops no other."""
    try:
        done = (await house.runner.perform(command, actor)).read(dict[str, Any])
    except Refusal as refusal:
        return Outcome(order, number, refusal.code)
    return Outcome(order, number, "", tuple(done.get("held") or ()), int(done.get("unsourced") or 0))


@get("/manager/holds/{queue:str}/article", opt=by(*MANAGERS))
async def choose_article(
    queue: FromPath[str], house: TheHouse, actor: TheActor, page: ThePage, channel: Words = "", code: Words = "", q: Words = ""
) -> Answer:  # fmt: skip
    """Which article is it that a shop calls so? For all orders that wait for it. NotFound when none does."""
    async with borrowed(house.pool) as connection:
        codes = await hold_queue.unknown_codes(connection, actor, channel, code)
        lines = await hold_queue.lines_of(connection, actor, channel, code)
        if queue_of(queue) != "unknown_item" or not codes:
            raise NotFound("not_found")
        words = q or " ".join(codes[0].title.split()[:3])
        found = await article_search.read(connection, words, 20)
    return page.html(
        "manager/hold_article.html", asked=codes[0], found=found, q=words, ids=NewIds(),
        lines=",".join(f"{order}:{line}" for order, _, line in lines),
    )  # fmt: skip


@post("/manager/holds/{queue:str}/article", opt=by(*MANAGERS), status_code=200)
async def say_article(
    queue: FromPath[str], data: URLEncodedBody[ArticleForm], house: TheHouse, actor: TheActor, page: ThePage, now: Now
) -> Answer:
    """All these lines are this article; the shop's next orders know it by themselves."""
    pairs = [(UUID(order), int(line)) for order, _, line in (pair.partition(":") for pair in data.lines.split(","))]
    async with borrowed(house.pool) as connection:
        standing = await hold_queue.standing(connection, actor, [order for order, _ in pairs])
    outcomes = []
    for order, line in pairs:
        number, _ = standing.get(order, ("", 0))
        command = MapUnknownLine(uuid5(data.id, f"{order}:{line}"), order, line, data.sku, True)
        gone = Outcome(order, number, "order_not_found")
        outcomes.append(await carried_out(house, actor, order, number, command) if number else gone)
    return page.html("manager/hold_done.html", queue=queue_of(queue), act="map", outcomes=outcomes, now=now)


@get("/manager/holds/{queue:str}/csv", opt=by(*MANAGERS))
async def export(queue: FromPath[str], house: TheHouse, actor: TheActor, page: ThePage) -> Answer:
    """The queue as a table for a spreadsheet, at most a thousand orders; no names in it."""
    asked, after = queue_of(queue), None
    rows: list[Waiting] = []
    async with borrowed(house.pool) as connection:
        while len(rows) < MOST_EXPORTED:
            found = await hold_queue.read(connection, actor, asked, after, MOST)
            rows += found
            if len(found) < MOST:
                break
            after = (found[-1].since, found[-1].order)
    lines = [
        (row.number, row.channel, row.since.isoformat(), row.until.isoformat() if row.until else "", Decimal(row.total_minor).scaleb(-get_currency_precision(row.currency)), row.currency,
         "; ".join(f"{line.code or line.title} x{line.missing or line.units}" for line in row.missing or row.unknown), " ".join(row.also))
        for row in rows
    ]  # fmt: skip
    return table(str(asked), COLUMNS, lines, page.lang)


ROUTES: list[BaseRouteHandler] = [overview, show_queue, confirm, act_on_many, choose_article, say_article, export]

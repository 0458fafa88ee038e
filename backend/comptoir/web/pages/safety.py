"""The Safety stock page: what is kept back where, by rule; written, looked at in its effect, saved, and in force from a moment on."""

import asyncio
import re
from datetime import datetime
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

import msgspec
from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.handlers import BaseRouteHandler
from litestar.params import Body, FromPath, FromQuery, URLEncodedBody

from comptoir.flows.reading_stock_rules import safety_numbered, safety_of
from comptoir.house import House
from comptoir.kit import policies, sheets
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import Invalid, Malformed, NotFound, Refusal
from comptoir.kit.ids import new_id
from comptoir.kit.runner import Command
from comptoir.network.zones import HOME
from comptoir.screens import policies as screen
from comptoir.screens import policy_names, safety
from comptoir.stock import safety_sheet, safety_sql
from comptoir.stock.ruling import (
    STREAM,
    ActivateSafety,
    BeginSafetyDraft,
    DropSafetyDraft,
    ForeseeSafety,
    KeepSafetyDraft,
    RebaseSafetyDraft,
    SafetyEffect,
    SaveSafetyDraft,
    UnplanSafety,
)
from comptoir.stock.safety import KIND, MOST_LINES, MOST_UNITS, Known, Line, Rules, changes, put, without
from comptoir.web.guards import by
from comptoir.web.pages.page import Page
from comptoir.web.pages.people import AskForm
from comptoir.web.pages.policies import known
from comptoir.web.pages.session import Answer
from comptoir.web.pages.tables import file
from comptoir.web.pages.typed import Typed

HERE: Final = "/manager/safety"
DRAFT: Final = HERE + "/draft"
ZONE: Final = ZoneInfo(HOME)
TheHouse = NamedDependency[House]
TheActor = NamedDependency[Actor]
ThePage = NamedDependency[Page]
Now = NamedDependency[datetime]
Form = URLEncodedBody[dict[str, Any]]
Words = FromQuery[Annotated[str, msgspec.Meta(max_length=80)]]
Done = FromQuery[Literal["", "saved", "activated", "planned", "unplanned"]]


@get(HERE, opt=by("head_office"))
async def overview(house: TheHouse, actor: TheActor, page: ThePage, now: Now, q: Words = "") -> Answer:
    """What holds now, every version, what was done last."""
    async with borrowed(house.pool) as connection:
        view = await screen.read(connection, KIND, STREAM, now)
        draft = await policies.find_draft(connection, KIND, actor.who)
        rules = await safety_numbered(connection, view.active)
        walked = await safety_sql.is_settled(connection, view.active)
    return page.html(
        "admin/safety.html", view=view, draft=draft, now=now, id=new_id(), walked=walked,
        **await _around(house, actor, rules, q),
    )  # fmt: skip


@get(HERE + "/versions/{number:int}", opt=by("head_office"))
async def one_version(
    house: TheHouse, actor: TheActor, page: ThePage, now: Now, number: FromPath[int], done: Done = "", q: Words = ""
) -> Answer:
    """One version, when it holds, and what it would change where it does not."""
    return await _version(house, actor, page, now, number, done=done, q=q)


@get(HERE + "/versions/{number:int}/csv", opt=by("head_office"))
async def version_csv(house: TheHouse, page: ThePage, number: FromPath[int]) -> Response[Any]:
    """Its lines for a spreadsheet."""
    async with borrowed(house.pool) as connection:
        rules = await safety_numbered(connection, known(number))
    return file(await asyncio.to_thread(safety_sheet.write, rules, page.lang), f"safety-{number}.csv")


@post(HERE + "/versions/{number:int}/draft", opt=by("head_office"), status_code=200)
async def begin(
    house: TheHouse, actor: TheActor, page: ThePage, now: Now, number: FromPath[int], data: URLEncodedBody[AskForm]
) -> Answer:
    """Begin to write from this version; a draft that there was is gone."""
    return await _done(house, actor, page, now, number, BeginSafetyDraft(data.id, known(number)), DRAFT)


@post(HERE + "/versions/{number:int}/activate", opt=by("head_office"), status_code=200)
async def activate(
    house: TheHouse, actor: TheActor, page: ThePage, now: Now, number: FromPath[int], data: Form
) -> Answer:
    """It holds now, or from a day and an hour on (of the retailer's zone)."""
    typed = Typed(data)
    try:
        since = since_typed(typed)
    except Refusal as refusal:
        return await _version(house, actor, page, now, number, typed, refusal)
    to = f"{HERE}/versions/{number}?done={'planned' if since and since > now else 'activated'}"
    return await _done(house, actor, page, now, number, ActivateSafety(typed.id(), known(number), since), to, typed)


@post(HERE + "/versions/{number:int}/unplan", opt=by("head_office"), status_code=200)
async def unplan(
    house: TheHouse, actor: TheActor, page: ThePage, now: Now, number: FromPath[int], data: URLEncodedBody[AskForm]
) -> Answer:
    """It will not begin."""
    to = f"{HERE}/versions/{number}?done=unplanned"
    return await _done(house, actor, page, now, number, UnplanSafety(data.id, known(number)), to)


@get(DRAFT, opt=by("head_office"))
async def draft_page(
    house: TheHouse, actor: TheActor, page: ThePage, now: Now, q: Words = "", kept: FromQuery[bool] = False
) -> Answer:
    """What is being written, with what it would change at once."""
    return await _draft(house, actor, page, now, q=q, kept=kept)


@get(DRAFT + "/csv", opt=by("head_office"))
async def draft_csv(house: TheHouse, actor: TheActor, page: ThePage) -> Response[Any]:
    """The draft's lines for a spreadsheet."""
    rules = (await _writing(house, actor))[1]
    return file(await asyncio.to_thread(safety_sheet.write, rules, page.lang), "safety.csv")


@post(DRAFT, opt=by("head_office"), status_code=200)
async def save(house: TheHouse, actor: TheActor, page: ThePage, now: Now, data: Form) -> Answer:
    """The next version, in force from now or from later on."""
    typed = Typed(data)
    try:
        since = since_typed(typed)
        command = SaveSafetyDraft(typed.id(), typed.whole("version", 1, 10**9 - 1), typed.text("note")[:200], since)
        done = await house.runner.perform(command, actor)
    except Refusal as refusal:
        return await _draft(house, actor, page, now, typed, refusal)
    which = "planned" if since and since > now else "activated"
    return page.go(f"{HERE}/versions/{done.read()['number']}?done={which}")


@post(DRAFT + "/add", opt=by("head_office"), status_code=200)
async def add(house: TheHouse, actor: TheActor, page: ThePage, now: Now, data: Form) -> Answer:
    """One line, or one for each article that was typed; what spoke of the same is replaced."""
    typed = Typed(data)
    try:
        rules = (await _writing(house, actor))[1]
        for line in lines_typed(typed):
            rules = put(rules, line)
        await _keep(house, actor, typed, rules)
    except NotFound:
        raise
    except Refusal as refusal:
        return await _draft(house, actor, page, now, typed, refusal)
    return page.go(f"{DRAFT}?kept=true")


@post(DRAFT + "/remove", opt=by("head_office"), status_code=200)
async def remove(house: TheHouse, actor: TheActor, page: ThePage, now: Now, data: Form) -> Answer:
    """Without this line; a page that is behind removes nothing else."""
    typed = Typed(data)
    key = tuple(typed.text(part) for part in ("sku", "category", "location", "region", "kind"))
    try:
        await _keep(house, actor, typed, without((await _writing(house, actor))[1], key))
    except NotFound:
        raise
    except Refusal as refusal:
        return await _draft(house, actor, page, now, typed, refusal)
    return page.go(f"{DRAFT}?kept=true#lines")


@post(DRAFT + "/file", opt=by("head_office"), status_code=200, request_max_body_size=sheets.MOST_BYTES + 10_000)
async def take_file(
    data: Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)], house: TheHouse, actor: TheActor, page: ThePage, now: Now,
) -> Answer:  # fmt: skip
    """A file's lines instead of all that the draft says; a bad line, and nothing is taken."""
    given = data.pop("file", None)
    if not isinstance(given, UploadFile):
        raise Malformed("malformed", where="$.file")
    typed, body = Typed(data), await given.read()
    try:
        async with borrowed(house.pool) as connection:
            named = await _named_in(connection, body)
        rules = await asyncio.to_thread(safety_sheet.read, body, named)
        await _keep(house, actor, typed, rules)
    except NotFound:
        raise
    except Refusal as refusal:
        return await _draft(house, actor, page, now, None, refusal)
    return page.go(f"{DRAFT}?kept=true")


@post(DRAFT + "/drop", opt=by("head_office"), status_code=200)
async def drop(house: TheHouse, actor: TheActor, page: ThePage, data: URLEncodedBody[AskForm]) -> Answer:
    """Nothing is written any more."""
    await house.runner.perform(DropSafetyDraft(data.id), actor)
    return page.go(HERE)


@post(DRAFT + "/rebase", opt=by("head_office"), status_code=200)
async def rebase(house: TheHouse, actor: TheActor, page: ThePage, data: URLEncodedBody[AskForm]) -> Answer:
    """Seen: the draft is saved over the version that came in between."""
    await house.runner.perform(RebaseSafetyDraft(data.id), actor)
    return page.go(DRAFT)


def since_typed(typed: Typed) -> datetime | None:
    """From when on: now, or a day and an hour. Invalid `date_wrong`."""
    if typed.text("when") != "later":
        return None
    since = typed.moment("since", ZONE)
    if since is None:
        raise Invalid("date_wrong", field="since")
    return since


def lines_typed(typed: Typed) -> list[Line]:
    """The line that was typed, once for each article. Invalid `number_wrong`, `safety_article_or_category`."""
    units = typed.whole("units", 0, MOST_UNITS)
    skus = [code for code in re.split(r"[\s,;]+", typed.text("sku")) if code]
    category = typed.text("category")
    if skus and category:
        raise Invalid("safety_article_or_category", field="sku")
    kind, _, rest = typed.text("where").partition(":")
    where: dict[str, Any] = {}
    if kind == "place":
        where = {"location": rest}
    elif kind == "kind":
        where = {"kind": rest}
    elif kind == "region":
        region, _, of = rest.partition("/")
        where = {"region": region, "kind": of}
    try:
        return [
            msgspec.convert({"units": units, "sku": sku, "category": category, **where}, Line) for sku in skus or [""]
        ]
    except msgspec.ValidationError as wrong:
        raise Invalid("safety_line_wrong", field="where", wrong=str(wrong), line=0, name="", why="") from None


async def _named_in(connection: Any, body: bytes) -> Known:
    """What there is of the names in a file; a file that cannot be read is refused where it is read."""
    sheet = sheets.read(body, MOST_LINES)
    parts: dict[str, list[str]] = {"sku": [], "category": [], "location": [], "region": []}
    for _, fields in sheet.lines:
        for column, text in zip(sheet.columns, fields, strict=False):
            if column in parts and len(text) <= 64:
                parts[column].append(text.lower() if column in ("location", "region") else text)
    lines = [
        Line(0, **{part: name})  # type: ignore[arg-type]
        for part, names in parts.items()
        for name in dict.fromkeys(names)
        if name
    ]
    return await safety_sql.known_names(connection, lines)


async def _writing(house: House, actor: Actor) -> tuple[policies.Draft, Rules]:
    """What this person is writing. NotFound `draft_not_found`."""
    async with borrowed(house.pool) as connection:
        row = await policies.find_draft(connection, KIND, actor.who)
    if row is None:
        raise NotFound("draft_not_found")
    return row, safety_of(row.body)


async def _keep(house: House, actor: Actor, typed: Typed, rules: Rules) -> None:
    command = KeepSafetyDraft(typed.id(), typed.whole("version", 1, 10**9 - 1), rules)
    await house.runner.perform(command, actor)


async def _around(house: House, actor: Actor, rules: Rules, q: str) -> dict[str, Any]:
    """What every page that shows lines needs: those that match the words, the names in them."""
    async with borrowed(house.pool) as connection:
        names = await policy_names.read(connection)
        wanted = q.strip().lower()
        shown = [one for one in rules.lines if wanted in _said(one, names)] if wanted else list(rules.lines)
        lines = shown[: safety.SHOWN]
        beside = await safety.read(connection, [one.sku for one in lines if one.sku], actor)
    return {"rules": rules, "lines": lines, "found": len(shown), "names": names, "beside": beside, "q": q}


def _said(line: Line, names: policy_names.Names) -> str:
    return " ".join([*line.key, names.name(line.location), names.name(line.region)]).lower()


async def _effect(house: House, actor: Actor, rules: Rules) -> SafetyEffect:
    """What these rules would change at once: carried out and taken back."""
    found: SafetyEffect = (await house.runner.rehearse(ForeseeSafety(new_id(), rules), actor)).read(SafetyEffect)
    return found


async def _draft(
    house: House, actor: Actor, page: Page, now: datetime, typed: Typed | None = None, refusal: Refusal | None = None, *, q: str = "", kept: bool = False,
) -> Answer:  # fmt: skip
    row, rules = await _writing(house, actor)
    async with borrowed(house.pool) as connection:
        view = await screen.read(connection, KIND, STREAM, now)
        in_force = await safety_numbered(connection, view.active)
    told = changes(in_force, rules)
    return page.html(
        "admin/safety_draft.html", status=refusal.status if refusal else 200, draft=row, view=view, behind=row.after < view.newest, now=now,
        refusal=refusal, typed=typed or Typed({}), wrong=refusal.facts.get("field", "") if refusal else "", kept=kept, new_id=new_id,
        faults=refusal.facts.get("rows", ()) if refusal else (), effect=await _effect(house, actor, rules), changed=told,
        **await _around(house, actor, rules, q),
    )  # fmt: skip


async def _version(
    house: House, actor: Actor, page: Page, now: datetime, number: int, typed: Typed | None = None, refusal: Refusal | None = None, *,
    done: str = "", q: str = "",
) -> Answer:  # fmt: skip
    async with borrowed(house.pool) as connection:
        rules = await safety_numbered(connection, known(number))
        view = await screen.read(connection, KIND, STREAM, now)
        walked = await safety_sql.is_settled(connection, view.active)
    row = view.find(number)
    ahead = row is not None and (row.active_from is None or row.active_from > now)
    return page.html(
        "admin/safety_version.html", status=refusal.status if refusal else 200, number=number, row=row, view=view, now=now, refusal=refusal,
        typed=typed or Typed({}), done=done if refusal is None else "", ids=[new_id() for _ in range(3)], walked=walked,
        effect=await _effect(house, actor, rules) if ahead else None, wrong="", **await _around(house, actor, rules, q),
    )  # fmt: skip


async def _done(
    house: House, actor: Actor, page: Page, now: datetime, number: int, command: Command, to: str, typed: Typed | None = None,
) -> Answer:  # fmt: skip
    try:
        await house.runner.perform(command, actor)
    except NotFound:
        raise
    except Refusal as refusal:
        return await _version(house, actor, page, now, number, typed, refusal)
    return page.go(to)


ROUTES: list[BaseRouteHandler] = [
    overview, one_version, version_csv, begin, activate, unplan, draft_page, draft_csv, save, add, remove, take_file, drop, rebase,
]  # fmt: skip

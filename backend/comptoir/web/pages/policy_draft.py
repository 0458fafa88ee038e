"""The draft of a policy: what it changes in words, its figures, preferences and places, files in; saved as the next version. No script is needed."""

from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
from litestar import get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.handlers import BaseRouteHandler
from litestar.params import Body, FromQuery, URLEncodedBody

from comptoir.flows.reading_outlook import in_force, read_body
from comptoir.house import House
from comptoir.kit import policies
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import Conflict, Invalid, Malformed, NotFound, Refusal
from comptoir.kit.ids import new_id
from comptoir.network.queries import list_kinds_of_names
from comptoir.screens import policies as screen
from comptoir.screens import policy_names
from comptoir.sourcing import rates_file
from comptoir.sourcing.changing import STREAM, DropDraft, KeepDraft, RebaseDraft, SaveDraft
from comptoir.sourcing.difference import changes
from comptoir.sourcing.policy import KIND, Delivery, Labor, Policy, check
from comptoir.sourcing.snapshot import Late
from comptoir.web.guards import by
from comptoir.web.pages.page import Page
from comptoir.web.pages.people import AskForm
from comptoir.web.pages.policies import HERE, shown
from comptoir.web.pages.session import Answer
from comptoir.web.pages.typed import Typed

DRAFT: Final = HERE + "/draft"
MOST_DELIVERIES: Final = 12
MOST_FILE: Final = 600_000


class Writing(msgspec.Struct, frozen=True):
    """A person's draft: its row, and the policy that it says."""

    row: policies.Draft
    policy: Policy
    names: policy_names.Names


async def writing(house: House, actor: Actor) -> Writing:
    """What this person is writing. NotFound `draft_not_found`; Conflict `policy_unreadable`."""
    async with borrowed(house.pool) as connection:
        row = await policies.find_draft(connection, KIND, actor.who)
        if row is None:
            raise NotFound("draft_not_found")
        return Writing(row, read_body(row.body), await policy_names.read(connection))


async def keep(house: House, actor: Actor, typed: Typed, policy: Policy) -> None:
    """The draft says this now, if nobody else was quicker. Invalid `policy_figure` for what no policy can say."""
    try:
        sound = msgspec.convert(msgspec.to_builtins(policy), Policy)
    except msgspec.ValidationError as wrong:
        raise Invalid("policy_figure", wrong=str(wrong)) from None
    await house.runner.perform(KeepDraft(typed.id(), typed.whole("version", 1, 10**9 - 1), sound), actor)


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
    command = SaveDraft(typed.id(), typed.whole("version", 1, 10**9 - 1), typed.text("note")[:1000])
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
    await house.runner.perform(DropDraft(data.id), actor)
    return page.go(HERE)


@post(DRAFT + "/rebase", opt=by("head_office"), status_code=200)
async def rebase(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    data: URLEncodedBody[AskForm],
) -> Answer:  # fmt: skip
    """Seen: the draft is saved over the version that came in between."""
    await house.runner.perform(RebaseDraft(data.id), actor)
    return page.go(DRAFT)


@post(DRAFT + "/order", opt=by("head_office"), status_code=200)
async def order(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    now: NamedDependency[datetime], data: URLEncodedBody[dict[str, Any]],
) -> Answer:  # fmt: skip
    """A rule or a list goes up, down or away. Its name (or number) says which: a page that is behind moves nothing else."""
    typed = Typed(data)
    found = await writing(house, actor)
    lists = typed.text("what") == "list"
    rows: list[Any] = list(found.policy.lists if lists else found.policy.rules)
    try:
        at, act = typed.whole("at", 0, 100), typed.text("act")
        if at >= len(rows) or act not in ("up", "down", "remove"):
            raise Conflict("draft_changed")
        row = rows.pop(at)
        if act != "remove":
            rows.insert(max(0, at + (1 if act == "down" else -1)), row)
        changed = {"lists": tuple(rows)} if lists else {"rules": tuple(rows)}
        await keep(house, actor, typed, msgspec.structs.replace(found.policy, **changed))
    except Refusal as refusal:
        return await _overview(house, actor, page, now, typed, refusal)
    return page.go(f"{DRAFT}#{'lists' if lists else 'rules'}")


@get(DRAFT + "/figures", opt=by("head_office"))
async def figures(house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page]) -> Answer:
    """What hands, lateness and missing goods cost, what is promised, and how it is decided."""
    return _figures(page, await writing(house, actor))


@post(DRAFT + "/figures", opt=by("head_office"), status_code=200)
async def keep_figures(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    data: URLEncodedBody[dict[str, Any]],
) -> Answer:  # fmt: skip
    """All of them at once; a wrong one brings the page back as it was typed."""
    typed, found = Typed(data), await writing(house, actor)
    try:
        await keep(house, actor, typed, _with_figures(found.policy, typed))
    except Refusal as refusal:
        return _figures(page, found, typed, refusal)
    return page.go(f"{DRAFT}?kept=true")


@get(DRAFT + "/preferences", opt=by("head_office"))
async def preferences(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page]
) -> Answer:
    """What a parcel from a kind, a region or a place is held to cost more, or less."""
    return _preferences(page, await writing(house, actor))


@post(DRAFT + "/preferences", opt=by("head_office"), status_code=200)
async def keep_preferences(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    data: URLEncodedBody[dict[str, Any]],
) -> Answer:  # fmt: skip
    """Nothing typed is no preference."""
    typed, found = Typed(data), await writing(house, actor)
    try:
        given = {name: typed.minor(f"p_{name}", 100_000, signed=True, default=0) for name in _preferable(found)}
        kept = {name: minor for name, minor in given.items() if minor}
        await keep(house, actor, typed, msgspec.structs.replace(found.policy, preferences=kept))
    except Refusal as refusal:
        return _preferences(page, found, typed, refusal)
    return page.go(f"{DRAFT}?kept=true")


@post(DRAFT + "/import", opt=by("head_office"), status_code=200, request_max_body_size=MOST_FILE)
async def take_file(
    data: Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)],
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    now: NamedDependency[datetime],
) -> Answer:  # fmt: skip
    """A whole policy (JSON), or a table of rates (CSV), into the draft."""
    file = data.pop("file", None)
    typed, found = Typed(data), await writing(house, actor)
    try:
        sent = await file.read() if isinstance(file, UploadFile) else b""
        await keep(house, actor, typed, _read_file(found.policy, sent))
    except Refusal as refusal:
        return await _overview(house, actor, page, now, typed, refusal)
    return page.go(f"{DRAFT}?kept=true")


def _read_file(policy: Policy, sent: bytes) -> Policy:
    if not sent or len(sent) > rates_file.MOST_BYTES:
        raise Invalid("policy_file")
    if sent.lstrip()[:1] == b"{":
        try:
            return msgspec.json.decode(sent, type=Policy)
        except msgspec.DecodeError as wrong:
            raise Invalid("policy_file", wrong=str(wrong)) from None
    try:
        text = sent.decode()
    except UnicodeDecodeError:
        text = sent.decode("cp1252", errors="replace")
    return msgspec.structs.replace(policy, tariff=rates_file.read(text))


def _with_figures(policy: Policy, typed: Typed) -> Policy:
    labor = {
        kind: Labor(typed.minor(f"pick_{kind}"), typed.minor(f"pack_{kind}"))
        for kind in dict.fromkeys(["store", "warehouse", *policy.labor])
    }
    deliveries = {}
    for n in range(MOST_DELIVERIES):
        name = typed.text(f"delivery{n}")
        if name:
            deliveries[name] = Delivery(typed.whole(f"days{n}", 0, 60), typed.clock(f"before{n}"))
    mode = typed.text("mode")
    if mode not in ("cost", "rules"):
        raise Malformed("malformed", where="$.mode")
    return msgspec.structs.replace(
        policy, labor=labor, deliveries=deliveries, mode=mode,
        late=Late(typed.minor("first_day", 1_000_000), typed.minor("each_day", 1_000_000)),
        missing_minor=typed.minor("missing"), missing_bp=100 * typed.whole("missing_percent", 0, 1000),
        decline_minor=typed.minor("decline"), moving_minor=typed.minor("moving"), most_parcels=typed.whole("most_parcels", 1, 5),
        collection_minute=typed.clock("collection", 1439), horizon_days=typed.whole("horizon", 1, 180),
        transfer_days=typed.whole("transfer", 1, 30) if typed.text("transfer") else None,
        wait_days=typed.whole("wait", 1, 60) if typed.text("wait") else None,
    )  # fmt: skip


def _preferable(found: Writing) -> list[str]:
    ids = [id for id, _ in (*found.names.regions, *found.names.locations)]
    return list(dict.fromkeys(["store", "warehouse", *ids, *found.policy.preferences]))


def form(page: Page, name: str, found: Writing, typed: Typed | None, refusal: Refusal | None, **view: Any) -> Answer:
    """A page that edits the draft: a refusal's text stands above what was typed."""
    facts = refusal.facts if refusal else {}
    behind = refusal is not None and refusal.code == "draft_changed"
    return page.html(
        name, status=refusal.status if refusal else 200, draft=found.row, typed=typed, refusal=refusal, id=new_id(),
        wrong=facts.get("field", ""), version=found.row.version if typed is None or behind else typed.text("version"),
        **shown(found.policy, found.names), **view,
    )  # fmt: skip


def _figures(page: Page, found: Writing, typed: Typed | None = None, refusal: Refusal | None = None) -> Answer:
    rows: list[tuple[str, Delivery | None]] = [*list(found.policy.deliveries.items())[:MOST_DELIVERIES]]
    if len(rows) < MOST_DELIVERIES:
        rows.append(("", None))
    return form(page, "admin/sourcing_figures.html", found, typed, refusal, deliveries=rows)


def _preferences(page: Page, found: Writing, typed: Typed | None = None, refusal: Refusal | None = None) -> Answer:
    return form(page, "admin/sourcing_preferences.html", found, typed, refusal, preferable=_preferable(found))


async def _overview(
    house: House, actor: Actor, page: Page, now: datetime, typed: Typed | None = None, refusal: Refusal | None = None, *,
    just_kept: bool = False,
) -> Answer:  # fmt: skip
    found = await writing(house, actor)
    async with borrowed(house.pool) as connection:
        view = await screen.read(connection, KIND, STREAM, now)
        _, held = await in_force(connection, now)
        known = await list_kinds_of_names(connection)
    fault: Refusal | None = None
    try:
        check(found.policy, known)
    except Refusal as wrong:
        fault = wrong
    return page.html(
        "admin/sourcing_draft.html", status=refusal.status if refusal else 200, draft=found.row, view=view, now=now, refusal=refusal, fault=fault,
        note_typed=typed.text("note") if typed else "", changes=changes(held, found.policy), just_kept=just_kept and refusal is None,
        behind=view.newest != found.row.after, new_id=new_id, **shown(found.policy, found.names),
    )  # fmt: skip


ROUTES: list[BaseRouteHandler] = [
    overview, save, drop, rebase, order, figures, keep_figures, preferences, keep_preferences, take_file,
]  # fmt: skip

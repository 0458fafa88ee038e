"""The Messages page of head office: every text that customers are sent, with its versions, a preview and a test to oneself."""

from datetime import datetime
from typing import Annotated, Any, Final, cast
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, URLEncodedBody

from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import NotFound, Refusal
from comptoir.kit.ids import new_id
from comptoir.notifications import previewing, texts_queries, trying
from comptoir.notifications.checking import Fault, find_faults
from comptoir.notifications.mail_html import WORDS
from comptoir.notifications.occasions import OCCASIONS, Language, Occasion
from comptoir.notifications.placeholders import Text
from comptoir.notifications.planning import COURSES
from comptoir.notifications.render import LANGUAGES, delivered, values_of
from comptoir.notifications.samples import sample
from comptoir.notifications.writing_texts import Faulty, RestoreText, SaveText, Typed, VersionNumber, tidy
from comptoir.staff import queries as staff
from comptoir.web.guards import by
from comptoir.web.limits import TEXT_TRY, count
from comptoir.web.pages.page import Page
from comptoir.web.pages.session import Answer
from comptoir.web.requests import DoorRequest

Part = Annotated[str, msgspec.Meta(max_length=32)]
MARKS: Final = ("first_name", "link", "pass")


class TextForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole page is one form, so that preview and test have what is typed. `version` is the one it was written over."""

    id: UUID
    version: VersionNumber
    subject: Typed = ""
    body: Typed = ""
    sms: Typed = ""
    push: Typed = ""
    to: Annotated[str, msgspec.Meta(max_length=254)] = ""

    @property
    def tidied(self) -> Text:
        return tidy(self.subject, self.body, self.sms, self.push)


class RestoreForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which version is to hold again; 0 is the text that comes along."""

    id: UUID
    version: VersionNumber
    restored: VersionNumber


@get("/manager/texts", opt=by("head_office"))
async def texts(house: NamedDependency[House], page: NamedDependency[Page]) -> Answer:
    """Every text in both languages, with who changed it last."""
    async with borrowed(house.pool) as database:
        newest = await texts_queries.list_newest(database)
    media = {occasion: COURSES[kind.template].media for occasion, kind in OCCASIONS.items()}
    return page.html("admin/texts.html", occasions=OCCASIONS, newest=newest, media=media, languages=LANGUAGES)


@get("/manager/texts/{occasion:str}/{language:str}", opt=by("head_office"))
async def one_text(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    occasion: FromPath[Part], language: FromPath[Part], saved: FromQuery[bool] = False,
) -> Answer:  # fmt: skip
    """One text with its preview and its versions."""
    return await _editor(house, actor, page, *_which(occasion, language), just_saved=saved)


@post("/manager/texts/{occasion:str}/{language:str}", opt=by("head_office"), status_code=200)
async def save(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    occasion: FromPath[Part], language: FromPath[Part], data: URLEncodedBody[TextForm],
) -> Answer:  # fmt: skip
    """A new version; refused, the page comes back with everything that was typed."""
    which = _which(occasion, language)
    try:
        await house.runner.perform(
            SaveText(data.id, *which, data.version, data.subject, data.body, data.sms, data.push), actor
        )
    except Refusal as refusal:
        return await _editor(house, actor, page, *which, data, refusal)
    return page.go(f"/manager/texts/{occasion}/{language}?saved=true")


@post("/manager/texts/{occasion:str}/{language:str}/preview", opt=by("head_office"), status_code=200)
async def look(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    occasion: FromPath[Part], language: FromPath[Part], data: URLEncodedBody[TextForm], now: NamedDependency[datetime],
) -> Answer:  # fmt: skip
    """What is typed, on the sample orders; changes nothing. A piece of the page while somebody types, else the whole page."""
    which = _which(occasion, language)
    if not page.partial:
        return await _editor(house, actor, page, *which, data)
    return page.html("admin/_text_preview.html", **_looked(house, page, *which, data.tidied, now))


@post("/manager/texts/{occasion:str}/{language:str}/test", opt=by("head_office"), status_code=200)
async def test(
    request: DoorRequest, house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    occasion: FromPath[Part], language: FromPath[Part], data: URLEncodedBody[TextForm],
) -> Answer:  # fmt: skip
    """What is typed, once, to the address that is typed."""
    which = _which(occasion, language)
    try:
        await count(request, TEXT_TRY, actor.who)
        tried = await trying.send_test(house, actor, data.id, *which, data.tidied, data.to.strip())
    except Refusal as refusal:
        return await _editor(house, actor, page, *which, data, refusal)
    return await _editor(house, actor, page, *which, data, tried=tried)


@post("/manager/texts/{occasion:str}/{language:str}/restore", opt=by("head_office"), status_code=200)
async def restore(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    occasion: FromPath[Part], language: FromPath[Part], data: URLEncodedBody[RestoreForm],
) -> Answer:  # fmt: skip
    """An earlier version holds again, as a new one."""
    which = _which(occasion, language)
    try:
        await house.runner.perform(RestoreText(data.id, *which, data.version, data.restored), actor)
    except Faulty as faulty:
        # Its words come into the form, with what has to be changed before they may be sent again.
        async with borrowed(house.pool) as database:
            found = await texts_queries.find_version(database, *which, data.restored)
        words = (found.subject, found.body, found.sms, found.push) if found else ()
        typed = TextForm(data.id, data.version, *words) if found else None
        return await _editor(house, actor, page, *which, typed, faulty)
    except Refusal as refusal:
        return await _editor(house, actor, page, *which, None, refusal)
    return page.go(f"/manager/texts/{occasion}/{language}?saved=true")


def _which(occasion: str, language: str) -> tuple[Occasion, Language]:
    if occasion not in OCCASIONS or language not in LANGUAGES:
        raise NotFound("text_not_found")
    return occasion, cast(Language, language)


def _looked(
    house: House, page: Page, occasion: Occasion, language: Language, text: Text, now: datetime
) -> dict[str, Any]:
    shown = previewing.previews(occasion, language, text, house.seal, house.settings.url, now)
    faults = find_faults(occasion, language, text)
    return {
        "previews": shown,
        "faults": faults,
        "text_language": language,
        "quote": quote,
        "button": WORDS[language],
        "partial": page.partial,
    }


def quote(fault: Fault) -> str:
    """The piece as a person types it: a placeholder in its braces."""
    named = fault.code in ("unknown", "not_in_subject", "not_on_lock_screen", "missing", "beside")
    return "{" + fault.piece + "}" if named else fault.piece


async def _editor(
    house: House, actor: Actor, page: Page, occasion: Occasion, language: Language, typed: TextForm | None = None,
    refusal: Refusal | None = None, tried: trying.Tried | None = None, *, just_saved: bool = False,
) -> Answer:  # fmt: skip
    now = house.clock()
    async with borrowed(house.pool) as database:
        versions = await texts_queries.list_versions(database, occasion, language)
        email = await _own_email(database, actor)
    holds = (versions[0].text if versions else None) or delivered(occasion, language)
    text = Text(typed.subject, typed.body, typed.sms, typed.push) if typed else holds
    values = values_of(*_sampled(occasion, language, now), now, language)
    newest = versions[0].version if versions else 0
    meanwhile = (
        versions[0] if versions and typed and refusal is not None and refusal.code == "text_changed_meanwhile" else None
    )
    # Only what was read may be written over: a preview keeps the version that the page was opened with.
    version = typed.version if typed and meanwhile is None else newest
    media = COURSES[OCCASIONS[occasion].template].media
    return page.html(
        "admin/text.html", status=refusal.status if refusal else 200, occasion=occasion, kind=OCCASIONS[occasion],
        language=language, text=text, versions=versions, version=version, newest=newest, holds=holds, meanwhile=meanwhile,
        origin=delivered(occasion, language), saved=just_saved, changed=typed is not None, refusal=refusal,
        values={name: (values[name] or ("",))[0] for name in OCCASIONS[occasion].names if name not in MARKS}, to=typed.to if typed else email,
        tried=tried, new_id=new_id, own=[medium for medium in ("sms", "push") if medium in media or medium in text.own],
        **_looked(house, page, occasion, language, tidy(text.subject, text.body, text.sms, text.push), now),
    )  # fmt: skip


def _sampled(occasion: Occasion, language: Language, now: datetime) -> tuple[Any, Any]:
    one = sample(occasion, "plain", language, now)
    return one.draft, one.facts


async def _own_email(database: Any, actor: Actor) -> str:
    person = await staff.find_person(database, UUID(actor.who), actor.locations)
    return person.email or ""


ROUTES: list[BaseRouteHandler] = [texts, one_text, save, look, test, restore]

"""The Team page: who works here, their PINs, badges and passwords; each secret is shown once and kept as a digest."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec
import segno
from litestar import get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, URLEncodedBody

from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import Malformed, Refusal
from comptoir.kit.ids import new_id
from comptoir.kit.words import Note, Slug, Word
from comptoir.network import queries as network
from comptoir.staff import changing, queries, rules, secrets
from comptoir.staff.changing import StaffRole
from comptoir.staff.model import PersonRow
from comptoir.web.guards import MANAGERS, by
from comptoir.web.pages.audit import past_of
from comptoir.web.pages.page import Page
from comptoir.web.pages.session import Answer

PAGE = 100


class PersonForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The form of one person; an empty field is nothing."""

    id: UUID
    version: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
    first_name: Word
    last_name: Word
    email: Annotated[str, msgspec.Meta(max_length=254)] = ""
    role: StaffRole
    region: Annotated[str, msgspec.Meta(max_length=64)] = ""
    locations: Annotated[list[Slug], msgspec.Meta(max_length=200)] | Slug = []
    language: Literal["fr", "en"] = "fr"

    def command(self, staff: UUID) -> changing.SavePerson:
        """What is asked for; Malformed when a field is filled with something else."""
        places = (self.locations,) if isinstance(self.locations, str) else tuple(sorted(set(self.locations)))
        raw = {
            "id": self.id, "staff": staff, "version": self.version, "first_name": self.first_name.strip(),
            "last_name": self.last_name.strip(), "email": self.email.strip().lower() or None, "role": self.role,
            "region": self.region or None, "locations": places, "language": self.language,
        }  # fmt: skip
        try:
            return msgspec.convert(raw, changing.SavePerson)
        except msgspec.ValidationError as wrong:
            raise Malformed("malformed", wrong=str(wrong)) from None


class AskForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A button: only the id that makes pressing it twice harmless."""

    id: UUID


class ReasonForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A button that asks for a reason."""

    id: UUID
    reason: Annotated[Note, msgspec.Meta(min_length=1)]


class PasswordForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new password, typed by whoever gives it out."""

    id: UUID
    password: Annotated[str, msgspec.Meta(min_length=12, max_length=200)]


@get("/manager/people", opt=by(*MANAGERS))
async def team(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    after_name: FromQuery[Annotated[str, msgspec.Meta(max_length=120)] | None] = None, after: FromQuery[UUID | None] = None,
) -> Answer:  # fmt: skip
    """Everybody the manager reaches, by last name, a hundred at a time."""
    start = (after_name, after) if after_name is not None and after is not None else None
    async with borrowed(house.pool) as database:
        people = await queries.list_people(database, actor.locations, start, PAGE)
        places = {place: name for place, name, _ in await network.list_names(database, actor.locations)}
    following = people[-1] if len(people) == PAGE else None
    return page.html("admin/people.html", people=people, places=places, following=following)


@get("/manager/people/new", opt=by(*MANAGERS))
async def new_person(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page]
) -> Answer:
    """An empty form."""
    return await _form(house, actor, page, None)


@get("/manager/people/{staff:uuid}", opt=by(*MANAGERS))
async def one_person(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page], staff: FromPath[UUID]
) -> Answer:
    """One person's form, and the buttons for their secrets."""
    return await _form(house, actor, page, staff)


@post("/manager/people/new", opt=by(*MANAGERS), status_code=200)
async def make_person(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    data: URLEncodedBody[PersonForm],
) -> Answer:  # fmt: skip
    """Somebody new; their id is the form's, so that sending it twice makes one person."""
    return await _save(house, actor, page, data, None)


@post("/manager/people/{staff:uuid}", opt=by(*MANAGERS), status_code=200)
async def save_person(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page], staff: FromPath[UUID],
    data: URLEncodedBody[PersonForm],
) -> Answer:  # fmt: skip
    """The person as the form says, unless somebody else changed them meanwhile."""
    return await _save(house, actor, page, data, staff)


@post("/manager/people/{staff:uuid}/pin", opt=by(*MANAGERS), status_code=200)
async def new_pin(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page], staff: FromPath[UUID],
    data: URLEncodedBody[AskForm],
) -> Answer:  # fmt: skip
    """A new PIN of six digits, shown once; sending the form again shows the same."""
    pin = secrets.pin_from(house.seal.keyed_digest("pin", str(data.id)))
    salt = house.seal.keyed_digest("salt", str(data.id))[:16]
    await house.runner.perform(changing.SetPin(data.id, staff, await secrets.hash_pin(pin, salt=salt)), actor)
    return await _shown(house, actor, page, staff, "pin", pin)


@post("/manager/people/{staff:uuid}/badge", opt=by(*MANAGERS), status_code=200)
async def new_badge(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page], staff: FromPath[UUID],
    data: URLEncodedBody[AskForm],
) -> Answer:  # fmt: skip
    """A new badge to print; the old one opens nothing any more."""
    badge = f"U:{house.seal.token('badge', str(data.id))}"
    await house.runner.perform(changing.SetBadge(data.id, staff, secrets.badge_digest(badge)), actor)
    return await _shown(house, actor, page, staff, "badge", badge)


@post("/manager/people/{staff:uuid}/password", opt=by(*MANAGERS), status_code=200)
async def new_password(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page], staff: FromPath[UUID],
    data: URLEncodedBody[PasswordForm],
) -> Answer:  # fmt: skip
    """A new password; its holder signs in again everywhere."""
    salt = house.seal.keyed_digest("salt", str(data.id))[:16]
    made = await secrets.hash_password(data.password, salt=salt)
    await house.runner.perform(changing.SetPassword(data.id, staff, made), actor)
    return page.go(f"/manager/people/{staff}")


@post("/manager/people/{staff:uuid}/unlock", opt=by(*MANAGERS), status_code=200)
async def lift_wait(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page], staff: FromPath[UUID],
    data: URLEncodedBody[AskForm],
) -> Answer:  # fmt: skip
    """The wait after wrong PINs is over now."""
    await house.runner.perform(changing.LiftWait(data.id, staff), actor)
    return page.go(f"/manager/people/{staff}")


@post("/manager/people/{staff:uuid}/disable", opt=by(*MANAGERS), status_code=200)
async def disable(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page], staff: FromPath[UUID],
    data: URLEncodedBody[ReasonForm],
) -> Answer:  # fmt: skip
    """Nothing opens for them any more."""
    await house.runner.perform(changing.DisablePerson(data.id, staff, data.reason), actor)
    return page.go(f"/manager/people/{staff}")


@post("/manager/people/{staff:uuid}/enable", opt=by(*MANAGERS), status_code=200)
async def enable(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page], staff: FromPath[UUID],
    data: URLEncodedBody[AskForm],
) -> Answer:  # fmt: skip
    """They are back."""
    await house.runner.perform(changing.EnablePerson(data.id, staff), actor)
    return page.go(f"/manager/people/{staff}")


async def _save(house: House, actor: Actor, page: Page, data: PersonForm, staff: UUID | None) -> Answer:
    try:
        await house.runner.perform(data.command(staff or data.id), actor)
    except Refusal as refusal:
        if refusal.status == 404:
            raise
        return await _form(house, actor, page, staff, refusal)
    return page.go(f"/manager/people/{staff or data.id}")


async def _form(house: House, actor: Actor, page: Page, staff: UUID | None, refusal: Refusal | None = None) -> Answer:
    async with borrowed(house.pool) as database:
        person = None if staff is None else await queries.find_person(database, staff, actor.locations)
        places = await network.list_names(database, actor.locations)
        regions = await network.list_regions(database)
        past = None if staff is None else await past_of(database, actor, "people", staff)
    rank = rules.RANKS[actor.role]
    roles = [role for role, step in rules.RANKS.items() if step < rank or actor.role == "head_office"]
    return page.html(
        "admin/person.html", status=refusal.status if refusal else 200, person=person, past=past, places=places, regions=regions,
        roles=roles, refusal=refusal, ids=[new_id() for _ in range(6)], may=may_change(actor, person),
    )  # fmt: skip


def may_change(actor: Actor, person: PersonRow | None) -> bool:
    """Whether the actor's buttons would be accepted for this person."""
    try:
        if person is not None:
            rules.may_change(actor, person.role, person.locations)
    except Refusal:
        return False
    return True


async def _shown(house: House, actor: Actor, page: Page, staff: UUID, kind: str, secret: str) -> Answer:
    async with borrowed(house.pool) as database:
        person = await queries.find_person(database, staff, actor.locations)
    code = segno.make(secret, error="m", micro=False).svg_inline(scale=6, border=4) if kind == "badge" else ""
    return page.html("admin/secret.html", shows_secret=True, person=person, kind=kind, secret=secret, code=code)


ROUTES: list[BaseRouteHandler] = [
    team, new_person, make_person, one_person, save_person, new_pin, new_badge, new_password, lift_wait, disable, enable,
]  # fmt: skip

"""What a manager does about a store: choose, see what comes of it, do it, take it back. Works as plain forms."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, URLEncodedBody

from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import Malformed, NotFound, Refusal
from comptoir.kit.ids import new_id
from comptoir.kit.words import Instant, Note, Slug
from comptoir.network.hours import zone_of
from comptoir.tower import acts_queries
from comptoir.tower.acting import Acted
from comptoir.tower.acts import MOST_WORKS, UNDO_FOR, Act, Kind, Seen, UndoAct, What
from comptoir.tower.forecasting import soon
from comptoir.tower.standing import StoreNow
from comptoir.tower.watching import moment
from comptoir.web.guards import MANAGERS, by
from comptoir.web.pages.page import Page

Answer = Response[Any]
TheHouse = NamedDependency[House]
TheActor = NamedDependency[Actor]
ThePage = NamedDependency[Page]
Now = NamedDependency[datetime]
Minutes = Annotated[int, msgspec.Meta(ge=15, le=7 * 1440)]
Works = Annotated[int, msgspec.Meta(ge=1, le=MOST_WORKS)]
PRICED: Final = 40
"""Works up to which every destination says its price at once; beyond, the chosen one does."""
BEFORE: Final = 5
"""Acts of before that are shown; the rest lies behind a link."""
CARDS: Final = 2
"""Stores that are named beside sourcing's own choice."""
SPANS: Final = (60, 120, 240, 480)
TO_ANY: Final = ""


class Choice(msgspec.Struct, frozen=True):
    """What was chosen on the page. `minutes` is how long it lasts, or how far ahead the new hour lies."""

    do: Kind
    works: int = 10
    to: str = TO_ANY
    minutes: int = 120
    per_hour: int = 0
    people: int = 1
    why: str = ""

    def what(self, until: datetime) -> What:
        """As an act. Malformed where a field does not fit."""
        each: dict[str, dict[str, Any]] = {
            "pause": {"until": until},
            "resume": {},
            "capacity": {"per_hour": self.per_hour, "until": until},
            "pickers": {"people": self.people, "per_hour": self.per_hour, "until": until},
            "usual": {},
            "move": {"works": self.works, "to": (self.to,) if self.to else ()},
            "extend": {"works": self.works, "to": until},
            "tell": {"works": self.works},
        }
        try:
            what: What = msgspec.convert({"kind": self.do} | each[self.do], What)
        except msgspec.ValidationError as wrong:
            raise Malformed("malformed", wrong=str(wrong)) from None
        return what


class ActForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was looked at and is to be done; the id and the end were made with the page."""

    id: UUID
    do: Kind
    until: Instant
    seen_works: Annotated[int, msgspec.Meta(ge=0, le=MOST_WORKS)]
    seen_late: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
    seen_cost: Annotated[int, msgspec.Meta(ge=-(10**9), le=10**9)]
    seen_messages: Annotated[int, msgspec.Meta(ge=0, le=MOST_WORKS)]
    works: Works = 1
    to: Annotated[str, msgspec.Meta(max_length=64)] = ""
    minutes: Minutes = 120
    per_hour: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 1
    people: Annotated[int, msgspec.Meta(ge=1, le=50)] = 1
    why: Note = ""


class UndoForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The id was made with the page; `back` is the page that it leads to."""

    id: UUID
    back: Literal["", "acts"] = ""


class Card(msgspec.Struct, frozen=True):
    """A destination: a store (none: sourcing chooses), its load in the coming hour in per cent, what it costs more where that is known."""

    to: str
    name: str
    load: int | None
    acted: Acted | None = None
    checked: bool = False


Do = FromQuery[Literal["", "pause", "resume", "capacity", "pickers", "usual", "move", "extend", "tell"]]


@get("/manager/stores/{store:str}/act", opt=by(*MANAGERS))
async def choose(
    house: TheHouse, actor: TheActor, page: ThePage, now: Now, store: FromPath[Slug], do: Do = "",
    works: FromQuery[Works | None] = None, to: FromQuery[Annotated[str, msgspec.Meta(max_length=64)]] = "",
    minutes: FromQuery[Minutes] = 120, per_hour: FromQuery[Annotated[int, msgspec.Meta(ge=1, le=10_000)] | None] = None,
    people: FromQuery[Annotated[int, msgspec.Meta(ge=1, le=50)]] = 1,
    why: FromQuery[Annotated[str, msgspec.Meta(max_length=1000)]] = "", done: FromQuery[UUID | None] = None,
) -> Answer:  # fmt: skip
    """What could be done about a store, and what would come of the choice. NotFound `location_not_found`."""
    here = await stood(house, actor, store)
    kind: Kind = do or first_choice(here, actor)
    choice = Choice(kind, works or suggested(here, kind), to, minutes, per_hour or hands_of(here, kind), people, why)
    return await act_page(house, actor, page, now, here, choice, done=done)


@post("/manager/stores/{store:str}/act", opt=by(*MANAGERS), status_code=200)
async def do_it(
    house: TheHouse, actor: TheActor, page: ThePage, now: Now, store: FromPath[Slug], data: URLEncodedBody[ActForm]
) -> Answer:  # fmt: skip
    """Do what was shown; where that is no longer what would come of it, the page shows what would, and nothing is done."""
    if not actor.reaches(store):
        # What somebody else was answered to the same form is not repeated to whoever has no part in the store.
        raise NotFound("location_not_found")
    choice = Choice(data.do, data.works, data.to, data.minutes, data.per_hour, data.people, data.why)
    seen = Seen(data.seen_works, data.seen_late, data.seen_cost, data.seen_messages)
    command = Act(data.id, store, choice.what(data.until.astimezone(UTC)), data.why, seen)
    try:
        await house.runner.perform(command, actor)
    except Refusal as refusal:
        if refusal.status in (403, 404):
            raise
        return await act_page(house, actor, page, now, await stood(house, actor, store), choice, refusal)
    return page.go(f"/manager/stores/{store}/act?do={data.do}&done={data.id}")


@post("/manager/acts/{act:uuid}/undo", opt=by(*MANAGERS), status_code=200)
async def undo(
    house: TheHouse, actor: TheActor, page: ThePage, now: Now, act: FromPath[UUID], data: URLEncodedBody[UndoForm]
) -> Answer:  # fmt: skip
    """Take it back; the page says what could not be. NotFound `action_not_found`."""
    async with borrowed(house.pool) as connection:
        place = await acts_queries.place_of(connection, act, actor.locations)
    if place is None:
        raise NotFound("action_not_found")
    try:
        await house.runner.perform(UndoAct(data.id, act), actor)
    except Refusal as refusal:
        here = await stood(house, actor, place)
        kind = first_choice(here, actor)
        choice = Choice(kind, suggested(here, kind), per_hour=hands_of(here, kind))
        return await act_page(house, actor, page, now, here, choice, refusal)
    if data.back == "acts":
        return page.go(f"/manager/acts?done={act}")
    return page.go(f"/manager/stores/{place}/act?done={act}")


async def act_page(
    house: House, actor: Actor, page: Page, now: datetime, here: StoreNow, choice: Choice,
    refusal: Refusal | None = None, done: UUID | None = None,
) -> Answer:  # fmt: skip
    """The choices with what comes of the one that is chosen, what was just done, and what was done before."""
    place = here.place
    until = rounded(now + timedelta(minutes=choice.minutes))
    if choice.do == "extend" and not here.shut:
        # Nobody is told to come before a closed door.
        until = here.next_open(until)
    cards: list[Card] = []
    acted: Acted | None = None
    barred: Refusal | None = None
    if choice.do == "move":
        for to, name, load in await destinations(house, actor, here, choice.to):
            card = Card(to, name, load, checked=to == choice.to)
            if card.checked or choice.works <= PRICED:
                found, why_not = await tried(house, actor, now, here, msgspec.structs.replace(choice, to=to), until)
                card = msgspec.structs.replace(card, acted=found)
                if card.checked:
                    acted, barred = found, why_not
            cards.append(card)
    else:
        acted, barred = await tried(house, actor, now, here, choice, until)
    async with borrowed(house.pool) as connection:
        acts = await acts_queries.read(connection, actor, place.id, most=BEFORE)
    by_ = soon(here.at)
    return page.html(
        "manager/act_beside.html" if page.partial else "manager/act.html", headers={"vary": "Accept-Encoding, HX-Request"}, status=refusal.status if refusal else 200, here=here, place=place, choice=choice, cards=cards,
        effect=acted.effect if acted else None, barred=barred, refusal=refusal, acts=acts, done=done, until=until,
        undo_until=now + UNDO_FOR, kinds=kinds_for(here, actor, now), spans=SPANS, late=here.soon, by=moment(by_),
        moment=moment, now=now, today=now.astimezone(zone_of(place.time_zone)).date(), time_zone=place.time_zone, id=new_id(), ids=[new_id() for _ in acts],
    )  # fmt: skip


async def tried(
    house: House, actor: Actor, now: datetime, here: StoreNow, choice: Choice, until: datetime
) -> tuple[Acted | None, Refusal | None]:
    """What would come of it, or why it cannot be done; nothing is kept."""
    command = Act(new_id(), here.place.id, choice.what(until), choice.why)
    try:
        return (await house.runner.rehearse(command, actor)).read(Acted), None
    except Refusal as refusal:
        return None, refusal


async def stood(house: House, actor: Actor, store: str) -> StoreNow:
    """The store as it stands. NotFound `location_not_found` when it is not the actor's."""
    found = next((one for one in await house.tower.stores(actor, newest=True) if one.place.id == store), None)
    if found is None:
        raise NotFound("location_not_found")
    return found


def kinds_for(here: StoreNow, actor: Actor, now: datetime) -> list[Kind]:
    """The acts that this manager has for the store as it is."""
    paused = here.place.paused_until is not None and here.place.paused_until > now
    kinds: list[Kind] = ["extend", "tell", "pickers", "capacity", "resume" if paused else "pause"]
    if here.planned:
        kinds.insert(4, "usual")
    return kinds if actor.role == "store_manager" else ["move", *kinds]


def first_choice(here: StoreNow, actor: Actor) -> Kind:
    """What the page begins with: parcels that others can do, else a word to those who would come in vain, else hands."""
    if actor.role != "store_manager" and any(here.backlog.ship):
        return "move"
    return "extend" if here.late or here.at_risk else "pickers"


def suggested(here: StoreNow, kind: Kind) -> int:
    """As many works as are in danger, of those there are."""
    danger = here.late + here.at_risk
    back = here.backlog
    most = sum(back.ship) if kind == "move" else sum(back.waiting) + sum(back.begun) + sum(back.laid) - sum(back.ship)
    return max(1, min(danger or 10, most, MOST_WORKS))


def hands_of(here: StoreNow, kind: Kind) -> int:
    """The store's own capacity, or what one more pair of hands may add: a third of it."""
    own = here.place.capacity_per_hour
    return max(1, own // 3) if kind == "pickers" else own


async def destinations(house: House, actor: Actor, here: StoreNow, chosen: str) -> list[tuple[str, str, int | None]]:
    """Sourcing's own choice, then the stores with the lowest load of the coming hour; the chosen one is among them."""
    outlook = house.outlook
    others: list[tuple[bool, int, str, str]] = []
    for one in await house.tower.stores(actor):
        at = outlook.index.get(one.place.id)
        if one.place.id == here.place.id or at is None or not outlook.places[at].ship:
            continue
        load = one.loads.get(one.at // 60 * 60 + 60)
        others.append((load is None, load or 0, one.place.name, one.place.id))
    others.sort()
    named = [(id, name, None if closed else load) for closed, load, name, id in others]
    first = named[:CARDS]
    if chosen and chosen not in {id for id, _, _ in first}:
        first += [one for one in named if one[0] == chosen]
    return [(TO_ANY, "", None), *first]


def rounded(at: datetime) -> datetime:
    """Up to five minutes."""
    over = timedelta(minutes=at.minute % 5, seconds=at.second, microseconds=at.microsecond)
    return at + (timedelta(minutes=5) - over) if over else at


ROUTES: list[BaseRouteHandler] = [choose, do_it, undo]

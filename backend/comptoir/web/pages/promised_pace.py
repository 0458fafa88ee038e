"""Promises by the pace that a store really has: what each would promise now by its capacity and by its pace, and which of the two holds."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromQuery, URLEncodedBody

from comptoir.flows.foresee import would_hear
from comptoir.flows.reading_outlook import places_of
from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import Connection, borrowed
from comptoir.kit.errors import Malformed
from comptoir.kit.ids import new_id
from comptoir.network.changing import SetPromisedPace
from comptoir.network.hours import zone_of
from comptoir.network.planned import by_pace
from comptoir.screens import promised_pace as screen
from comptoir.sourcing import queries
from comptoir.sourcing.model import Place
from comptoir.tower.day_planning import promise_at
from comptoir.tower.standing import StoreNow
from comptoir.web.guards import MANAGERS, by
from comptoir.web.pages.page import Page
from comptoir.web.pages.typed import Typed

Answer = Response[Any]
TheHouse = NamedDependency[House]
TheActor = NamedDependency[Actor]
ThePage = NamedDependency[Page]
Now = NamedDependency[datetime]
HERE: Final = "/manager/pace"


class Row(msgspec.Struct, frozen=True):
    """A place, and when an order of this moment would be promised there by its capacity and by its pace. `told`: customers who would be
    told of a later hour by its pace, and are not by its capacity."""

    place: screen.PlacePace
    time_zone: str
    day: date
    by_capacity: datetime
    by_pace: datetime
    told: int


@get(HERE, opt=by(*MANAGERS))
async def paces(house: TheHouse, actor: TheActor, page: ThePage, now: Now, done: FromQuery[bool] = False) -> Answer:
    """The actor's stores with both promises side by side, before anything is changed."""
    async with borrowed(house.pool) as connection:
        known = {one.id: one for one in await screen.read(connection, actor.locations)}
        told = await would_hear(connection, tuple(known), *await _both(connection, known, now), now)
    rows = [
        Row(
            known[store.place.id],
            store.place.time_zone,
            now.astimezone(zone_of(store.place.time_zone)).date(),
            promised(store, learned=False),
            promised(store, learned=True),
            told[store.place.id],
        )
        for store in await house.tower.stores(actor)
        if store.place.id in known
    ]
    return page.html("manager/pace.html", rows=rows, done=done, id=new_id(), now=now)


@post(HERE, opt=by(*MANAGERS), status_code=200)
async def choose(
    house: TheHouse, actor: TheActor, page: ThePage, data: URLEncodedBody[dict[str, Any]]
) -> Answer:  # fmt: skip
    """Those that are ticked promise by their pace, the others of the form by their capacity. NotFound `location_not_found`."""
    typed = Typed(data)
    learned = typed.many("learned")
    others = tuple(place for place in typed.many("stores") if place not in learned)
    command = SetPromisedPace(typed.id(), learned, others)
    try:
        command = msgspec.convert(msgspec.to_builtins(command), SetPromisedPace)
    except msgspec.ValidationError:
        raise Malformed("malformed", where="$") from None
    await house.runner.perform(command, actor)
    return page.go(f"{HERE}?done=true")


async def _both(
    connection: Connection, known: Mapping[str, screen.PlacePace], now: datetime
) -> tuple[dict[str, Place], dict[str, Place]]:
    """These places as sourcing knows them: all by their capacity, all by their pace."""
    rows: list[dict[str, Any]] = [row for row in await queries.places(connection) if row["id"] in known]
    found: list[dict[str, Place]] = []
    for learned in (False, True):
        shown = [row | {"plans": by_pace(row["plans"], known[str(row["id"])].paces if learned else ())} for row in rows]
        found.append({place.id: place for place in places_of(shown, now)})
    return found[0], found[1]


def promised(store: StoreNow, *, learned: bool) -> datetime:
    """What a customer who orders now would be told: the house's one way of promising, with that pace."""
    here = msgspec.structs.replace(store.outlook.store, promises_learned=learned)
    return promise_at(here, store.outlook.likely, store.at)


ROUTES: list[BaseRouteHandler] = [paces, choose]

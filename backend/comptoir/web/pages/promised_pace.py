"""Promises by the pace that a store really has: what each would promise now by its capacity and by its pace, and which of the two holds."""

from datetime import date, datetime
from typing import Any, Final

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromQuery, URLEncodedBody

from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import Malformed
from comptoir.kit.ids import new_id
from comptoir.network.changing import SetPromisedPace
from comptoir.network.hours import zone_of
from comptoir.screens import promised_pace as screen
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
    """A place, and when an order of this moment would be promised there by its capacity and by its pace."""

    place: screen.PlacePace
    time_zone: str
    day: date
    by_capacity: datetime
    by_pace: datetime


@get(HERE, opt=by(*MANAGERS))
async def paces(house: TheHouse, actor: TheActor, page: ThePage, now: Now, done: FromQuery[bool] = False) -> Answer:
    """The actor's stores with both promises side by side, before anything is changed."""
    async with borrowed(house.pool) as connection:
        known = {one.id: one for one in await screen.read(connection, actor.locations)}
    rows = [
        Row(
            known[store.place.id],
            store.place.time_zone,
            now.astimezone(zone_of(store.place.time_zone)).date(),
            promised(store, learned=False),
            promised(store, learned=True),
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


def promised(store: StoreNow, *, learned: bool) -> datetime:
    """What a customer who orders now would be told: the house's one way of promising, with that pace."""
    here = msgspec.structs.replace(store.outlook.store, promises_learned=learned)
    return promise_at(here, store.outlook.likely, store.at)


ROUTES: list[BaseRouteHandler] = [paces, choose]

"""The link of an order is lost: it goes again to the phone or e-mail on file. The same answer for everybody."""

from datetime import timedelta
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromQuery, URLEncodedBody

from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.ids import new_id
from comptoir.kit.throttle import Limit
from comptoir.notifications.recovering import RecoverLink
from comptoir.web import limits
from comptoir.web.guards import PUBLIC
from comptoir.web.pages.customer_link import HEADERS
from comptoir.web.pages.page import Page
from comptoir.web.requests import DoorRequest

ASKED_HERE: Final = Limit("lost-link", 10, timedelta(minutes=15))
"""Per address of whoever asks."""
ASKED_FOR: Final = Limit("lost-link-of", 3, timedelta(hours=1))
"""Per contact, known or not: nobody's phone rings all day because a stranger types its number."""

ANYBODY: Final = Actor(who="customer", role="customer", locations=None, via="link")
Answer = Response[Any]


class LostForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`id` was made with the page: sending it twice asks once."""

    id: UUID
    contact: Annotated[str, msgspec.Meta(min_length=3, max_length=254)]


@get("/lost", opt=PUBLIC)
async def ask(page: NamedDependency[Page], sent: FromQuery[bool] = False) -> Answer:
    """Where to; or, once it was asked, what happens now."""
    return page.html("customer/lost_link.html", headers=HEADERS, sent=sent, form_id=new_id())


@post("/lost", opt=PUBLIC, status_code=200)
async def send(
    request: DoorRequest, data: URLEncodedBody[LostForm], house: NamedDependency[House], page: NamedDependency[Page]
) -> Answer:
    """TooMany for whoever asks a lot, and for what is asked a lot; else the same for everybody."""
    await limits.count_address(request, ASKED_HERE)
    whose = house.seal.keyed_digest("lost-link", data.contact.strip().lower())[:12].hex()
    await limits.count(request, ASKED_FOR, whose)
    await house.runner.perform(RecoverLink(data.id, data.contact), ANYBODY)
    return page.go("/lost?sent=true")


ROUTES: list[BaseRouteHandler] = [ask, send]

"""A browser becomes a device of a store, by a code that a manager shows."""

from typing import Annotated

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import URLEncodedBody

from comptoir.house import House
from comptoir.kit.db import Tx, in_transaction
from comptoir.kit.errors import Invalid, TooMany
from comptoir.kit.ids import digest, new_id, new_token
from comptoir.staff import secrets, sql
from comptoir.web import limits
from comptoir.web.actors import DEVICE_COOKIE
from comptoir.web.guards import PUBLIC
from comptoir.web.pages.page import Page
from comptoir.web.pages.session import DEVICE_LASTS, Answer, secret_cookie
from comptoir.web.requests import DoorRequest


class CodeForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The eight characters, as somebody typed them."""

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=24)]


@get("/enroll", opt=PUBLIC, sync_to_thread=False)
def ask_for_code(page: NamedDependency[Page]) -> Answer:
    """Where the code is typed."""
    return page.html("session/enroll.html", code="", refusal=None)


@post("/enroll", opt=PUBLIC, status_code=200)
async def enroll(
    request: DoorRequest, house: NamedDependency[House], page: NamedDependency[Page], data: URLEncodedBody[CodeForm]
) -> Answer:
    """Use the code up; the browser keeps a credential, the server its digest."""
    credential = new_token()
    try:
        await limits.count_address(request, limits.ENROLLMENT)
        await limits.count(request, limits.ENROLLMENT_ANYWHERE, "all")
        await take_code(house, data.code, credential)
    except (Invalid, TooMany) as refusal:
        return page.html("session/enroll.html", status=refusal.status, code=data.code, refusal=refusal)
    return page.go("/sign-in", cookies=[secret_cookie(request, DEVICE_COOKIE, credential, DEVICE_LASTS)])


async def take_code(house: House, code: str, credential: str) -> str:
    """A new device of the code's store; gives its name. Invalid `wrong_code` when it is unknown, used or too old."""
    now = house.clock()

    async def take(tx: Tx) -> str:
        location = await sql.take_enrollment(tx, digest(secrets.plain_code(code)))
        if location is None:
            raise Invalid("wrong_code")
        return await sql.insert_device(tx, new_id(), location, digest(credential))

    return await in_transaction(house.pool, "system", now, take)


ROUTES: list[BaseRouteHandler] = [ask_for_code, enroll]

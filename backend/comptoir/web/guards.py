"""Who may call what: every handler declares it in `opt`, one guard reads it, and the route table is printed from it.

@post("/orders", opt=with_key("orders:write"))          JSON API, Authorization: Bearer <key>
@get("/work", opt=by("associate", "store_manager"))     somebody signed in (on a device or in a manager's browser)
@post("/events", opt=on_device())                       an enrolled device, whoever holds it
@get("/o/{token:str}", opt=by_link())                   the handler resolves the link itself, 404 when unknown
@post("/webhooks/{channel:str}", opt=by_signature())    the handler verifies the raw bytes itself
@get("/health", opt=PUBLIC)
"""

import time
from typing import Any, Final, Literal, get_args
from urllib.parse import unquote_plus

import msgspec
from litestar.connection import ASGIConnection
from litestar.exceptions import ImproperlyConfiguredException
from litestar.handlers import BaseRouteHandler

from comptoir.kit.actor import Role
from comptoir.kit.errors import Forbidden, Malformed
from comptoir.kit.text import bad_text
from comptoir.web.bounds import check_numbers

Door = Literal["public", "person", "device", "key", "link", "signature"]

SCOPES: Final = (
    "announcements:read", "announcements:write", "availability:read", "catalog:read", "catalog:write", "money:read", "money:write", "network:read", "orders:read", "orders:write", "policies:read", "policies:write", "reports:read", "stock:read", "stock:write", "tower:read", "tower:write", "webhooks:read", "webhooks:write",
)  # fmt: skip
"""Every verb an API key can be given."""

COUNTER: Final[tuple[Role, ...]] = ("associate", "store_manager")
MANAGERS: Final[tuple[Role, ...]] = ("store_manager", "regional_manager", "head_office")
EVERYBODY: Final[tuple[Role, ...]] = ("associate", "store_manager", "regional_manager", "head_office")
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class Who(msgspec.Struct, frozen=True):
    """Who may come through one door, as its handler declares it."""

    door: Door
    roles: tuple[Role, ...] = ()
    scope: str | None = None

    def __str__(self) -> str:
        return f"{self.door} {' '.join(self.roles) or self.scope or ''}".strip()


PUBLIC: Final[dict[str, Any]] = {"who": Who("public")}


def by(*roles: Role) -> dict[str, Any]:
    """Somebody signed in who has one of these roles."""
    if not roles or not set(roles) <= set(get_args(Role)):
        raise ImproperlyConfiguredException(f"no such roles: {roles}")
    return {"who": Who("person", roles)}


def with_key(scope: str) -> dict[str, Any]:
    """An API key that was made with this verb."""
    if scope not in SCOPES:
        raise ImproperlyConfiguredException(f"no such scope: {scope}")
    return {"who": Who("key", scope=scope)}


def on_device() -> dict[str, Any]:
    """An enrolled device of a store; nobody needs to be signed in on it."""
    return {"who": Who("device")}


def by_link() -> dict[str, Any]:
    """Whoever holds an unguessable link; the handler's own function looks it up and answers 404 when it is unknown."""
    return {"who": Who("link")}


def by_signature() -> dict[str, Any]:
    """A sales channel that signs its bytes; the handler's own function verifies them and answers 401 when they are wrong."""
    return {"who": Who("signature")}


def who_may(handler: BaseRouteHandler) -> Who:
    """What a handler declares; the app does not start when it declares nothing."""
    who = handler.opt.get("who")
    if isinstance(who, Who):
        return who
    if handler.opt.get("public") is True:
        return Who("public")
    raise ImproperlyConfiguredException(f"{handler} does not say who may call it")


async def check_who(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Find out who calls, refuse who may not, keep the actor for the handler."""
    from comptoir.web import actors

    connection.state.started = time.perf_counter()
    who = who_may(handler)
    refuse_bad_address(connection)
    if who.door != "key":
        refuse_foreign_origin(connection, who.door)
    connection.state.actor = await actors.actor_of(connection, who)
    check_numbers(connection, handler)


def refuse_bad_address(connection: ASGIConnection[Any, Any, Any, Any]) -> None:
    """Malformed `bad_text` when the path or the query holds text that cannot be kept (NUL, control characters)."""
    query = connection.scope["query_string"]
    if bad_text(connection.scope["path"]):
        raise Malformed("bad_text", where="path")
    if b"%" in query and bad_text(unquote_plus(query.decode("latin-1"), errors="surrogateescape")):
        raise Malformed("bad_text", where="query")


def refuse_foreign_origin(connection: ASGIConnection[Any, Any, Any, Any], door: Door) -> None:
    """Forbidden `foreign_origin` when another site makes a browser change something here.

    Browsers say it by themselves (Sec-Fetch-Site, or Origin in older ones), so no token can expire on a page kept open.
    Signed bytes carry no cookie. Behind a customer's link there is no cookie either: it may come without both headers.
    """
    if connection.scope["method"] in SAFE_METHODS or door == "signature":  # type: ignore[typeddict-item]
        return
    site = connection.headers.get("sec-fetch-site")
    if site is not None:
        allowed = site in ("same-origin", "none")
    else:
        origin = connection.headers.get("origin")
        if origin in (None, "null"):
            allowed = door == "link"
        else:
            allowed = origin is not None and origin.partition("://")[2] == connection.headers.get("host", "")
    if not allowed:
        raise Forbidden("foreign_origin")

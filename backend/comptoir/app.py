"""The web app on one screen: what is served, who opens the house, how a refusal is told."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from functools import cache
from ipaddress import ip_network
from typing import Any

from litestar import Litestar, Router
from litestar.datastructures import State
from litestar.di import Provide
from litestar.handlers import BaseRouteHandler

from comptoir.house import House, open_house
from comptoir.kit import postgres
from comptoir.kit.actor import Actor
from comptoir.settings import Settings
from comptoir.web import actors, guards, headers, problems
from comptoir.web.assets import Assets, static_route
from comptoir.web.live import Live, end_streams_first
from comptoir.web.pages.page import Page
from comptoir.web.rendering import environment
from comptoir.web.requests import DoorRequest
from comptoir.web.routes import api_routes, page_routes, receipt_routes, sync_routes, webhook_routes

MAX_BODY = 1_000_000
"""Bytes of a body, unless a handler says otherwise (`request_max_body_size`)."""


def create_app(house: House | None = None) -> Litestar:
    """The whole app. Without a house it opens one from the environment and closes it at the end."""
    assets = kept_assets()
    app = Litestar(
        [
            static_route(assets),
            Router("/api/v1", route_handlers=api_routes()),
            Router("/sync", route_handlers=sync_routes()),
            Router("/webhooks", route_handlers=webhook_routes()),
            Router("/receipts", route_handlers=receipt_routes()),
            Router("/", route_handlers=page_routes()),
        ],
        lifespan=[lifespan(house)],
        guards=[guards.check_who],
        dependencies={
            "house": Provide(give_house, sync_to_thread=False),
            "actor": Provide(give_actor, sync_to_thread=False),
            "now": Provide(give_now, sync_to_thread=False),
            "lang": Provide(give_language, sync_to_thread=False),
            "live": Provide(give_live, sync_to_thread=False),
            "page": Provide(give_page, sync_to_thread=False),
        },
        exception_handlers={Exception: problems.on_exception, 500: problems.on_exception},
        before_send=[headers.add_headers],
        request_class=DoorRequest,
        request_max_body_size=MAX_BODY,
        state=State({"assets": assets, "templates": environment(assets), "secure": False, "brand": "Orme"}),
        openapi_config=None,
        logging_config=None,
        debug=False,
    )
    for _method, _path, handler in every_route(app):
        guards.who_may(handler)  # raises: no handler goes without saying who may call it
    return app


@cache
def kept_assets() -> Assets:
    """The static files, read and compressed once in a process."""
    return Assets()


def every_route(app: Litestar) -> list[tuple[str, str, BaseRouteHandler]]:
    """(method, path, handler) of everything that is served, sorted; OPTIONS is Litestar's own and told nowhere."""
    found = []
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            for method in sorted(getattr(handler, "http_methods", ())):
                if method != "OPTIONS":
                    found.append((str(method), route.path, handler))
    return sorted(found, key=lambda row: (row[1], row[0]))


def lifespan(given: House | None) -> Callable[[Litestar], Any]:
    """The house for as long as the app is served."""

    @asynccontextmanager
    async def opened(app: Litestar) -> AsyncIterator[None]:
        house = given or await open_from_environment()
        settings = house.settings
        app.state.house = house
        app.state.secure = settings.secure_cookies
        app.state.brand = settings.retailer
        app.state.trusted = tuple(ip_network(network) for network in settings.trusted_proxies)
        app.state.known_keys = actors.Keys(house)
        app.state.live = live = Live(house)
        live.start()
        end_streams_first(app.state.live)
        try:
            yield
        finally:
            await live.close()
            if given is None:
                await house.close()

    return opened


async def open_from_environment() -> House:
    """The house that the environment describes; the built-in database runs already (`comptoir serve`)."""
    settings = Settings.from_env(os.environ)
    dsn = settings.database_url or postgres.Server(settings.database_folder).dsn
    return await open_house(settings, dsn)


def give_house(state: State) -> House:
    house: House = state.house
    return house


def give_actor(request: DoorRequest) -> Actor:
    actor: Actor = request.state.actor
    return actor


def give_now(state: State) -> datetime:
    now: datetime = state.house.clock()
    return now


def give_language(request: DoorRequest) -> str:
    return actors.language_of(request)


def give_live(state: State) -> Live:
    live: Live = state.live
    return live


def give_page(request: DoorRequest) -> Page:
    return Page(request, actors.language_of(request))

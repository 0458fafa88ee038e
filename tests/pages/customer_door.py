"""A web app on a test's own database, with a clock that stands still, and a client that behaves like a browser."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import httpx

from comptoir.app import lifespan
from comptoir.house import House
from comptoir.kit.clock import SetClock
from comptoir.settings import Settings
from tests.doors import house_on, leave, the_app
from tests.flows.orders_on_file import SEAL, SECRET, URL

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
"""A Saturday, 10:00 in Lyon."""


class Door:
    """A browser at the customer's pages."""

    def __init__(self, client: httpx.AsyncClient, house: House, clock: SetClock) -> None:
        self.client, self.house, self.clock = client, house, clock

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return await self.client.get(path, headers=headers)

    async def post(self, path: str, form: dict[str, str]) -> httpx.Response:
        return await self.client.post(path, data=form, headers={"sec-fetch-site": "same-origin", "origin": "null"})


@asynccontextmanager
async def opened(dsn: str, folder: Path, environment: str = "dev") -> AsyncIterator[Door]:
    settings = Settings(data=folder, secret=SECRET, url=URL, environment=environment)  # type: ignore[arg-type]
    clock = SetClock(NOW)
    house = await house_on(dsn, clock, settings)
    app = the_app()
    try:
        async with lifespan(house)(app):
            transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)  # type: ignore[arg-type]
            async with httpx.AsyncClient(transport=transport, base_url=URL) as client:
                yield Door(client, house, clock)
    finally:
        await leave(house, dsn)


def link(order: UUID) -> str:
    return "/o/" + SEAL.token("order", order.bytes, 0)


def sentence(answer: httpx.Response) -> str:
    """The big sentence of a page."""
    found = re.search(r"<h1>(.*?)</h1>", answer.text, re.S)
    assert found
    return found[1]


def hidden(answer: httpx.Response, name: str) -> str:
    """What a hidden field holds."""
    found = re.search(rf'name="{name}" value="([^"]*)"', answer.text)
    assert found
    return found[1]

"""A manager's browser on a test's own database: two stores in two regions, people, orders, a word to look for."""

import csv
import html
import io
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx

from comptoir.kit.ids import new_id
from tests.conftest import Database
from tests.doors import MIDDAY, Served, new_browser, served
from tests.flows.orders_on_file import add_articles, add_order
from tests.people import PART_DIEU, Person, settle, sign_in

UUID_TEXT = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class Desk:
    """The app, the database to look with, and browsers of signed-in people."""

    def __init__(self, app: Served, database: Database) -> None:
        self.app, self.connection = app, database.connection

    async def browser(self, person: Person, on: str | None = None) -> httpx.AsyncClient:
        """This person's browser, or the store's device with this person signed in on it."""
        client = new_browser(self.app)
        await sign_in(client, self.connection, person, self.app.clock(), on)
        return client

    async def order(self, status: str | None = "open", location: str = PART_DIEU, **given: Any) -> tuple[UUID, UUID]:
        """Inès Aubry's order, promised two hours from now; its units are promised in the level and the ledger."""
        order, work = await add_order(self.connection, self.app.clock(), status=status, location=location, **given)
        aside = status in ("picked", "staged")
        for sku, units in (("LISON-38", 1), ("AMPHORE-24", 2)):
            if status in ("open", "picking", "picked", "staged"):
                for fact, reserved, set_aside in (("reserve", units, 0), ("pick", 0, units))[: 2 if aside else 1]:
                    await self.move(sku, location, fact, 0, reserved, set_aside)
                await self.connection.execute(
                    "INSERT INTO reservation (id, location, sku, order_id, line, part, quantity, available_when_promised, made_at)"
                    " VALUES ($1, $2, $3, $4, $5, 1, $6, 10, $7)",
                    new_id(), location, sku, order, 1 if sku == "LISON-38" else 2, units, self.app.clock(),
                )  # fmt: skip
        return order, work

    async def move(
        self, sku: str, location: str, fact: str, on_hand: int, reserved: int = 0, set_aside: int = 0
    ) -> None:
        """One ledger line and its level."""
        await self.connection.execute(
            "INSERT INTO stock_movement (id, location, sku, fact, on_hand, reserved, set_aside, who, happened_at, recorded_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, 'system', $8, $8)",
            new_id(), location, sku, fact, on_hand, reserved, set_aside, self.app.clock(),
        )  # fmt: skip
        await self.connection.execute(
            "INSERT INTO stock_level (sku, location) VALUES ($1, $2) ON CONFLICT DO NOTHING", sku, location
        )
        await self.connection.execute(
            "UPDATE stock_level SET on_hand = on_hand + $3, reserved = reserved + $4, set_aside = set_aside + $5"
            " WHERE sku = $1 AND location = $2",
            sku, location, on_hand, reserved, set_aside,
        )  # fmt: skip

    async def promise(self, work: UUID, at: datetime) -> None:
        await self.connection.execute("UPDATE work SET promise_at = $2 WHERE id = $1", work, at)

    async def case(self, kind: str, order: UUID, work: UUID, location: str = PART_DIEU, body: str = "{}") -> UUID:
        """An open exception."""
        made = new_id()
        await self.connection.execute(
            "INSERT INTO exception (id, location, kind, role, order_id, work, body, made_at)"
            " VALUES ($1, $2, $3, 'store_manager', $4, $5, $6::jsonb, $7)",
            made, location, kind, order, work, body, self.app.clock() - timedelta(minutes=5),
        )  # fmt: skip
        return made


@asynccontextmanager
async def opened(database: Database, **given: str) -> AsyncIterator[Desk]:
    await settle(database.connection, MIDDAY)
    await add_articles(database.connection)
    async with served(database.dsn, **given) as app:
        desk = Desk(app, database)
        for place in ("lyon-part-dieu", "lille-vieux-lille"):
            for sku in ("LISON-38", "AMPHORE-24"):
                await desk.move(sku, place, "receipt", 10)
        yield desk


def words(answer: httpx.Response) -> str:
    """What a person reads: no markup, one space between words."""
    body = re.sub(r"<head>.*?</head>", " ", answer.text, flags=re.S)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def hidden(answer: httpx.Response, name: str, action: str = "") -> str:
    """What a hidden field holds; `action` picks the form by a part of its address."""
    text = answer.text
    if action:
        text = next(part for part in text.split('method="post"')[1:] if f'{action}"' in part.split(">")[0])
    found = re.search(rf'name="{name}" value="([^"]*)"', text)
    assert found
    return found[1]


def lines_of(answer: httpx.Response, delimiter: str = ";") -> list[dict[str, str]]:
    """A file as a spreadsheet reads it, a French one unless said otherwise: one dict for each line."""
    assert answer.status_code == 200 and answer.content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=delimiter))

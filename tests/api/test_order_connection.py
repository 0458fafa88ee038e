"""The short way of an order begins on the connection: whatever comes over it is answered as by the framework."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec
import pytest

from tests.conftest import Database
from tests.doors import connected, served
from tests.people import make_key
from tests.world import DERBY, FRIDAY, Line, order, settle

pytestmark = pytest.mark.anyio
SECRET = "a key for orders"


class Wire:
    """Bytes to and from the server, as they are."""

    def __init__(self, client: httpx.AsyncClient, database: Database) -> None:
        self.host, self.port = client.base_url.host, client.base_url.port
        self.database = database

    async def say(self, *pieces: bytes) -> list[tuple[int, Any]]:
        """Send the pieces one after the other, then read (status, JSON body) of every answer until the server closes."""
        reader, writer = await asyncio.open_connection(self.host, self.port)
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.02)
        answers = []
        while line := await reader.readline():
            length = 0
            while (header := await reader.readline()) != b"\r\n":
                if header.lower().startswith(b"content-length:"):
                    length = int(header.partition(b":")[2])
            answers.append((int(line.split()[1]), msgspec.json.decode(await reader.readexactly(length))))
        writer.close()
        return answers

    async def count(self) -> int:
        found: int = await self.database.connection.fetchval("SELECT count(*) FROM sales_order")
        return found


@pytest.fixture
async def wire(database: Database) -> AsyncIterator[Wire]:
    await settle(database.dsn, FRIDAY)
    await database.connection.execute(
        "INSERT INTO stock_level (sku, location, on_hand) SELECT sku, location.id, 10 FROM sku, location WHERE NOT is_kit"
    )
    await make_key(database.connection, FRIDAY, SECRET, "orders:write", "orders:read")
    async with served(database.dsn, at=FRIDAY) as world, connected(world, SECRET) as client:
        yield Wire(client, database)


def post(body: Any, *headers: str) -> bytes:
    """A request as it travels."""
    content = msgspec.json.encode(body)
    head = ["POST /api/v1/orders HTTP/1.1", "Host: x", f"Authorization: Bearer {SECRET}", *headers]
    head += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
    return "\r\n".join([*head, "", ""]).encode() + content


LAST = "Connection: close"
GONE = order(Line(DERBY, 9000))


async def test_an_order_that_comes_in_pieces_is_placed(wire: Wire) -> None:
    whole = post(order(Line(DERBY)))
    last = b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    answers = await wire.say(whole[:30], whole[30:200], whole[200:-5], whole[-5:], last)
    assert [status for status, _ in answers] == [201, 200]
    assert await wire.count() == 1


async def test_requests_sent_in_one_piece_are_answered_in_their_order(wire: Wire) -> None:
    first, second, third = (order(Line(DERBY, units)) for units in (1, 2, 3))
    answers = await wire.say(post(first) + post(GONE) + post(second) + post(third, LAST))
    assert [(status, body["id"] if status == 201 else None) for status, body in answers] == [
        (201, str(first.id)), (409, None), (201, str(second.id)), (201, str(third.id)),
    ]  # fmt: skip


async def test_requests_sent_before_the_answer_are_answered_in_their_order(wire: Wire) -> None:
    orders = [order(Line(DERBY)) for _ in range(6)]
    reader, writer = await asyncio.open_connection(wire.host, wire.port)
    for each in orders:
        writer.write(post(each, *([LAST] if each is orders[-1] else [])))
        await asyncio.sleep(0)
    told = (await reader.read(-1)).decode()
    writer.close()
    places = [told.index(f'{{"id":"{each.id}"') for each in orders]
    assert places == sorted(places)
    assert told.count("HTTP/1.1 201 Created") == 6


async def test_a_refusal_is_told_on_the_same_connection_and_the_next_order_is_placed(wire: Wire) -> None:
    answers = await wire.say(post(GONE), post(order(Line(DERBY))), post(order(Line(DERBY)), LAST))
    assert [status for status, _ in answers] == [409, 201, 201]


async def test_a_client_that_leaves_before_the_answer_has_placed_its_order(wire: Wire) -> None:
    body = order(Line(DERBY))
    _, writer = await asyncio.open_connection(wire.host, wire.port)
    writer.write(post(body))
    await writer.drain()
    await asyncio.sleep(0.05)
    writer.transport.abort()
    answers = await wire.say(post(body, LAST))
    assert [status for status, _ in answers] == [200]


async def test_a_body_longer_than_the_short_way_takes_is_told_what_is_wrong(wire: Wire) -> None:
    body = msgspec.to_builtins(order(Line(DERBY)))
    answers = await wire.say(post(body | {"extra": "x" * 100_000}, LAST))
    assert [status for status, _ in answers] == [400]


async def test_http_1_0_is_answered_and_closed(wire: Wire) -> None:
    answers = await wire.say(post(order(Line(DERBY))).replace(b"HTTP/1.1", b"HTTP/1.0"))
    assert [status for status, _ in answers] == [201]

"""A lost link goes to whoever ordered, by the way they named; a stranger learns nothing and cannot pester anybody."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from comptoir.kit import outbox
from comptoir.kit.ids import new_id
from comptoir.wiring import LISTENERS, WIRED
from tests.conftest import Database
from tests.flows.orders_on_file import SEAL, add_articles, add_order, add_store
from tests.pages.customer_door import NOW, Door, opened

pytestmark = pytest.mark.anyio


@pytest.fixture
async def door(database: Database, tmp_path: Path) -> AsyncIterator[Door]:
    await add_store(database.connection)
    await add_articles(database.connection)
    async with opened(database.dsn, tmp_path) as door:
        yield door


async def ask(door: Door, contact: str) -> httpx.Response:
    return await door.post("/lost", {"id": str(new_id()), "contact": contact})


async def written(door: Door) -> list[tuple[str, str, str]]:
    """(template, medium, status) of everything that was written."""
    await outbox.fan_out(door.house.pool, LISTENERS, NOW)
    for claimed in await outbox.claim(door.house.pool, NOW):
        await outbox.deliver(door.house.pool, claimed, WIRED[claimed.listener], NOW)
    rows = await door.house.pool.fetch("SELECT template, medium, status FROM message ORDER BY made_at, id")
    return [tuple(row) for row in rows]


@pytest.mark.parametrize(
    ("contact", "medium"),
    [
        ("ines@example.com", "email"),
        (" INES@Example.com ", "email"),
        ("06 12 34 56 78", "sms"),
        ("+33612345678", "sms"),
        ("0033 6 12 34 56 78", "sms"),
    ],
)
async def test_it_goes_by_the_way_that_was_named(door: Door, database: Database, contact: str, medium: str) -> None:
    order, _ = await add_order(database.connection, NOW)
    answer = await ask(door, contact)
    assert (answer.status_code, answer.headers["location"]) == (303, "/lost?sent=true")
    assert await written(door) == [("link", medium, "due")]
    assert SEAL.token("order", order.bytes, 0) not in (await door.get("/lost?sent=true")).text


@pytest.mark.parametrize("contact", ["nobody@example.com", "07 00 00 00 00", "xxx", "' OR true --@x.fr", "%@example.com", "é" * 200])  # fmt: skip
async def test_a_stranger_gets_the_same_answer_and_nothing_leaves(door: Door, database: Database, contact: str) -> None:
    await add_order(database.connection, NOW)
    found, strange = await ask(door, "ines@example.com"), await ask(door, contact)
    assert (found.status_code, found.headers["location"], found.text) == (strange.status_code, strange.headers["location"], strange.text)  # fmt: skip
    assert {name: found.headers[name] for name in found.headers if name != "date"}.keys() == strange.headers.keys() - {"date"}  # fmt: skip
    assert len(await written(door)) == 1


async def test_nobody_is_pestered_known_or_not(door: Door, database: Database) -> None:
    await add_order(database.connection, NOW)
    for contact in ("ines@example.com", "nobody@example.com"):
        codes = [(await ask(door, contact)).status_code for _ in range(4)]
        assert codes == [303, 303, 303, 429]


async def test_whoever_tries_many_contacts_has_to_wait(door: Door) -> None:
    codes = [(await ask(door, f"somebody{n}@example.com")).status_code for n in range(11)]
    assert codes == [303] * 10 + [429]


async def test_sent_twice_it_is_asked_once(door: Door, database: Database) -> None:
    await add_order(database.connection, NOW)
    form = {"id": str(new_id()), "contact": "ines@example.com"}
    assert (await door.post("/lost", form)).status_code == 303
    assert (await door.post("/lost", form)).status_code == 303
    assert len(await written(door)) == 1


async def test_a_forgotten_customer_and_an_old_order_are_not_found(door: Door, database: Database) -> None:
    await add_order(database.connection, NOW)
    await database.connection.execute("UPDATE customer SET erased_at = $1", NOW)
    await ask(door, "ines@example.com")
    await database.connection.execute("UPDATE customer SET erased_at = NULL; UPDATE sales_order SET received_at = received_at - interval '1 year'")  # fmt: skip
    await ask(door, "ines@example.com")
    assert await written(door) == []

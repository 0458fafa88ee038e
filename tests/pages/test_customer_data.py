"""What is kept of a customer is told, given and erased: by whoever names the contact, and never while an order needs it."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import httpx
import msgspec
import pytest

from comptoir.flows.erase_customer import _OLD, forget_old
from comptoir.kit.check import find_breaches
from comptoir.kit.ids import new_id
from comptoir.screens.customer_data import masked
from tests.conftest import Database
from tests.flows.orders_on_file import add_articles, add_order, add_store
from tests.pages.customer_door import NOW, Door, hidden, link, opened, sentence

pytestmark = pytest.mark.anyio


@pytest.fixture
async def door(database: Database, tmp_path: Path) -> AsyncIterator[Door]:
    await add_store(database.connection)
    await add_articles(database.connection)
    async with opened(database.dsn, tmp_path) as door:
        yield door
    assert await find_breaches(database.connection) == []


async def two_orders(database: Database) -> tuple[UUID, UUID]:
    """Two orders of one customer, both over; the first with all that names somebody."""
    first, _ = await add_order(database.connection, NOW, status="canceled", progress="canceled")
    second, _ = await add_order(database.connection, NOW, status="canceled", progress="canceled")
    await database.connection.execute(
        f"UPDATE requirement SET canceled = quantity, at_work = 0;"
        f"UPDATE sales_order SET collector = 'Louis Aubry' WHERE id = '{first}';"
        f"UPDATE sales_order SET customer = (SELECT customer FROM sales_order WHERE id = '{first}') WHERE id = '{second}';"
        f"DELETE FROM customer c WHERE NOT EXISTS (SELECT FROM sales_order o WHERE o.customer = c.id);"
        f"INSERT INTO order_address VALUES ('{first}', 'Inès Aubry', '1 rue Secrète', '', '69003', 'Lyon', 'FR', '0612345678');"
        f"INSERT INTO arrival (id, order_id, location, at, place, done_at) VALUES ('{new_id()}', '{first}', 'lyon', now(), 'voiture Aubry', now());"
        f"INSERT INTO push_subscription (id, endpoint, p256dh, auth, order_id, language, made_at, last_seen_at)"
        f" VALUES ('{new_id()}', 'https://push.example/secret', 'k', 'a', '{first}', 'fr', now(), now());"
        f"INSERT INTO message (id, stream, seq, order_id, template, medium, language, subject, body, status, made_at, settled_at)"
        f" VALUES ('{new_id()}', '{first}', 1, '{first}', 'ready', 'email', 'fr', 'Prête', E'[[first name]], c’est prêt.\\nBon : [[letters lyon]]', 'delivered', now(), now())"
    )
    return first, second


async def erase(door: Door, order: UUID, contact: str = "ines@example.com") -> httpx.Response:
    page = await door.get(f"{link(order)}/data/erase")
    return await door.post(f"{link(order)}/data/erase", {"id": hidden(page, "id"), "contact": contact})


async def test_the_file_holds_all_orders_of_the_person_and_nothing_that_opens_a_door(
    door: Door, database: Database
) -> None:
    first, _ = await two_orders(database)
    assert "Dix ans" in (await door.get(f"{link(first)}/data")).text
    refused = await door.post(f"{link(first)}/data/download", {"contact": "x@example.com"})
    assert refused.status_code == 422
    assert "Rien n’a été fait" in refused.text
    given = await door.post(f"{link(first)}/data/download", {"contact": "06 12 34 56 78"})
    assert given.headers["content-type"] == "application/json"
    assert given.headers["content-disposition"].startswith("attachment;")
    told = msgspec.json.decode(given.content)
    assert (told["customer"]["last_name"], len(told["orders"])) == ("Aubry", 2)
    one = next(order for order in told["orders"] if order["address"])
    assert (one["address"]["street"], one["collected_by"], len(one["lines"])) == ("1 rue Secrète", "Louis Aubry", 2)
    assert one["messages"][0]["text"] == "Inès, c’est prêt."
    assert not any(word in given.text for word in ("push.example", "letters", "pay-1", link(first)[3:], "hash"))
    for _ in range(5):
        last = await door.post(f"{link(first)}/data/download", {"contact": "x@example.com"})
    assert last.status_code == 429


async def test_erased_data_are_nowhere_and_the_link_is_dead(door: Door, database: Database) -> None:
    first, second = await two_orders(database)
    assert "Les factures restent dix ans" in (await door.get(f"{link(first)}/data/erase")).text
    assert (await erase(door, first, "nobody@example.com")).status_code == 422
    done = await erase(door, first)
    assert sentence(done) == "C’est effacé."
    for order in (first, second):
        assert (await door.get(link(order))).status_code == 404
        assert (await door.post(f"{link(order)}/data/erase", {"id": str(new_id()), "contact": "ines@example.com"})).status_code == 404  # fmt: skip
    tables = await database.connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    kept = [
        str(await database.connection.fetchval(f"SELECT coalesce(jsonb_agg(to_jsonb(t))::text, '') FROM {table[0]} t"))
        for table in tables
    ]
    for word in ("Aubry", "Inès", "ines@", "612345678", "Secrète", "push.example"):
        assert not any(word in text for text in kept), word
    rows = await database.connection.fetch("SELECT c.erased_at, c.first_name FROM sales_order o JOIN customer c ON c.id = o.customer")  # fmt: skip
    assert [tuple(row) for row in rows] == [(NOW, "")] * 2
    assert await database.connection.fetchval("SELECT count(*) FROM event WHERE kind = 'customer.erased'") == 2


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("UPDATE sales_order SET progress = 'accepted' WHERE id = $1", "Une de vos commandes est en cours"),
        (
            "INSERT INTO payment_intention (id, order_id, kind, amount_minor, reason, made_by, due_at, intended_at, intended_who)"
            " VALUES (gen_random_uuid(), $1, 'refund', 5, 'x', 'channel', now(), now(), 'x')",
            "De l’argent doit encore vous revenir",
        ),
        (
            "INSERT INTO return_request (id, order_id, kind, lines, noticed_at, who)"
            " VALUES (gen_random_uuid(), $1, 'withdrawal', '[]', now(), 'x')",
            "Un retour est en cours",
        ),
    ],
)
async def test_nothing_is_erased_while_it_is_needed_for_any_order_and_the_page_says_why(
    door: Door, database: Database, how: str, said: str
) -> None:
    first, second = await two_orders(database)
    form = {"id": hidden(await door.get(f"{link(first)}/data/erase"), "id"), "contact": "ines@example.com"}
    await database.connection.execute(how, second)
    assert said in (await door.get(f"{link(first)}/data/erase")).text
    late = await door.post(f"{link(first)}/data/erase", form)
    assert (late.status_code, said in late.text) == (409, True)
    assert await database.connection.fetchval("SELECT count(*) FROM customer WHERE erased_at IS NOT NULL") == 0


async def test_five_years_after_the_last_order_nobody_has_to_ask(door: Door, database: Database) -> None:
    first, second = await two_orders(database)
    await database.connection.execute("UPDATE sales_order SET received_at = $1::timestamptz - interval '6 years' WHERE id = $2", NOW, first)  # fmt: skip
    assert await forget_old(door.house) == 0
    await database.connection.execute("UPDATE sales_order SET received_at = $1::timestamptz - interval '6 years'", NOW)
    await database.connection.execute("UPDATE sales_order SET progress = 'accepted' WHERE id = $1", second)
    assert await forget_old(door.house) == 0
    await database.connection.execute("UPDATE sales_order SET progress = 'canceled'")
    # Whoever is still owed money is not looked at again and again in the place of others.
    owed = await database.connection.fetchval(
        "INSERT INTO payment_intention (id, order_id, kind, amount_minor, reason, made_by, due_at, intended_at, intended_who)"
        " VALUES (gen_random_uuid(), $1, 'refund', 5, 'x', 'channel', now(), now(), 'x') RETURNING id", second,
    )  # fmt: skip
    assert await database.connection.fetch(_OLD, NOW, 100) == []
    await database.connection.execute("UPDATE payment_intention SET state = 'confirmed' WHERE id = $1", owed)
    assert [await forget_old(door.house) for _ in range(2)] == [1, 0]
    assert await database.connection.fetchval("SELECT count(*) FROM customer WHERE last_name <> ''") == 0


def test_a_contact_is_known_again_by_its_owner_alone() -> None:
    assert masked("ines@example.com", None) == "i•••@e•••.com"
    assert masked(None, "+33 6 12 34 56 78") == "•• 78"
    assert (masked(None, None), masked("", "12")) == ("", "")

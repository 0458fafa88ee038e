"""Behind their link and with no script, a customer names who collects, asks for more time or another place, and chooses about what is missing."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from comptoir.fulfillment.collecting import collector_token
from comptoir.fulfillment.passes import hashes, pass_letters
from comptoir.kit.ids import digest, new_id
from comptoir.notifications.filling import fill
from tests.conftest import Database
from tests.flows.orders_on_file import SEAL, URL, add_articles, add_order, add_store
from tests.pages.customer_door import NOW, Door, hidden, link, opened, sentence

pytestmark = pytest.mark.anyio


@pytest.fixture
async def door(database: Database, tmp_path: Path) -> AsyncIterator[Door]:
    await add_store(database.connection)
    await add_articles(database.connection)
    async with opened(database.dsn, tmp_path) as door:
        yield door


async def ready(database: Database) -> tuple[UUID, UUID]:
    order, work = await add_order(database.connection, NOW, status="staged")
    await database.connection.execute("UPDATE work SET collect_until = $1", NOW + timedelta(days=2))
    await database.connection.execute(
        "INSERT INTO pickup_pass VALUES ($1, 'lyon', 0, $2, $3, $4)", order, *hashes(SEAL, order, "lyon", 0), NOW
    )
    return order, work


async def named(door: Door, database: Database, order: UUID, contact: str = "06 12 34 56 78") -> str:
    """Karim is to collect; the path of his own page."""
    form = await door.get(link(order) + "/collector")
    told = {"id": hidden(form, "id"), "name": "Karim Benali", "contact": contact}
    for _ in range(2):
        answer = await door.post(link(order) + "/collector", told)
        assert (answer.status_code, answer.headers["location"]) == (303, link(order))
    generation = await database.connection.fetchval("SELECT generation FROM collector")
    return f"/o/{collector_token(SEAL, order, generation)}"


async def test_who_collects_has_a_page_with_the_pass_and_nothing_of_what_was_bought(
    door: Door, database: Database
) -> None:
    order, _ = await ready(database)
    page = await door.get(await named(door, database, order))
    letters = pass_letters(SEAL, order, "lyon", 0)
    assert f"<span>{letters[:3]}</span><span>{letters[3:]}</span>" in page.text
    assert "Karim Benali" in page.text
    for secret in ("Lison", "Amphore", "163,00", "/cancel", "/data", "W-"):
        assert secret not in page.text, secret
    assert "Karim Benali retire la commande." in (await door.get(link(order))).text


async def test_nothing_else_opens_with_the_link_of_who_collects(door: Door, database: Database) -> None:
    order, _ = await ready(database)
    path = await named(door, database, order)
    for more in ("/cancel", "/collector", "/elsewhere", "/data", "/withdraw", "/messages", "/missing/1"):
        assert (await door.get(path + more)).status_code == 404, more


async def test_who_collects_can_say_that_they_are_here(door: Door, database: Database) -> None:
    order, _ = await ready(database)
    path = await named(door, database, order)
    await door.post(path + "/here", {"id": str(new_id()), "location": "lyon", "place": "Parking 3"})
    assert await database.connection.fetchval("SELECT place FROM arrival") == "Parking 3"


async def test_whoever_collects_after_all_ends_that_page(door: Door, database: Database) -> None:
    order, _ = await ready(database)
    path = await named(door, database, order)
    await door.post(link(order) + "/collector/forget", {"id": str(new_id())})
    assert (await door.get(path)).status_code == 404


@pytest.mark.parametrize(
    "contact", ["12", "karim@", "04 72 00 00 00", "", "a b@c.fr", "@c.fr", "a,b@c.fr", "a@b.fr;c@d.fr", "a\u202e@c.fr"]
)
async def test_a_contact_that_takes_no_message_is_said_and_what_was_typed_stays(
    door: Door, database: Database, contact: str
) -> None:
    order, _ = await ready(database)
    told = {"id": str(new_id()), "name": "Karim <b>", "contact": contact}
    answer = await door.post(link(order) + "/collector", told)
    assert answer.status_code == 422
    assert "Ce n’est ni un mobile ni une adresse e-mail." in answer.text
    assert "Karim &lt;b&gt;" in answer.text
    assert await database.connection.fetchval("SELECT count(*) FROM collector") == 0


async def test_kept_longer_with_one_tap(door: Door, database: Database) -> None:
    order, work = await ready(database)
    page = await door.get(link(order))
    assert "Garder plus longtemps" in page.text
    told = {"id": str(new_id()), "work": str(work)}
    for _ in range(2):
        assert (await door.post(link(order) + "/longer", told)).status_code == 303
    until = await database.connection.fetchval("SELECT collect_until FROM work")
    assert timedelta(days=2) < until - (NOW + timedelta(days=2)) < timedelta(days=6)
    assert await database.connection.fetchval("SELECT kept_longer FROM work") == 1


async def test_a_missed_day_says_until_when_it_is_still_kept(door: Door, database: Database) -> None:
    order, _ = await ready(database)
    await database.connection.execute(
        "UPDATE work SET collect_until = $1, rescue_until = $2", NOW - timedelta(hours=20), NOW + timedelta(hours=9)
    )
    page = await door.get(link(order))
    assert sentence(page) == "On la garde encore, Inès."
    assert "samedi 21 novembre, 19:00" in page.text
    assert 'class="pass"' in page.text


async def test_a_delivery_is_asked_with_its_price_and_can_be_withdrawn(door: Door, database: Database) -> None:
    order, _ = await ready(database)
    await database.connection.execute(
        "INSERT INTO channel (id, kind, name, delivery_minor) VALUES ('shop', 'api', 'x', 490)"
    )
    await database.connection.execute("UPDATE sales_order SET channel = 'shop'")
    form = await door.get(link(order) + "/elsewhere")
    assert "4,90\xa0€ de plus" in form.text
    told = {"id": hidden(form, "id"), "how": "delivery", "street": "12 rue des Lilas", "postcode": "69003"}
    missing = await door.post(link(order) + "/elsewhere", told)
    assert missing.status_code == 422
    assert "12 rue des Lilas" in missing.text
    assert (await door.post(link(order) + "/elsewhere", told | {"city": "Lyon"})).status_code == 303
    page = await door.get(link(order))
    assert "Vous avez demandé la livraison à Lyon." in page.text
    assert "Pour l’instant, rien n’a changé." in page.text
    assert "12 rue des Lilas" not in page.text
    request = await database.connection.fetchval("SELECT id::text FROM change_request")
    await door.post(link(order) + "/elsewhere/withdraw", {"id": str(new_id()), "request": request})
    assert "Vous avez demandé" not in (await door.get(link(order))).text
    assert await database.connection.fetchval("SELECT count(*) FROM exception WHERE resolved_at IS NULL") == 0


@pytest.mark.parametrize(
    ("state", "words"), [("done", "C’est d’accord : votre commande est livrée chez vous."), ("declined", "La livraison n’est pas possible.")]
)  # fmt: skip
async def test_the_stores_answer_stands_on_the_page(door: Door, database: Database, state: str, words: str) -> None:
    order, _ = await ready(database)
    await database.connection.execute(
        "INSERT INTO change_request (id, order_id, location, kind, asked_at, state, settled_at) VALUES ($1, $2, 'lyon', 'delivery', $3, $4, $3)",
        new_id(), order, NOW, state,
    )  # fmt: skip
    page = await door.get(link(order))
    assert page.status_code == 200
    assert words in " ".join(page.text.split())


async def missing(database: Database) -> UUID:
    """One unit of the first line was not on its shelf."""
    order, work = await add_order(database.connection, NOW, status="picking")
    connection = database.connection
    await connection.execute(
        "UPDATE requirement SET unsourced = 1, at_work = at_work - 1 WHERE order_id = $1 AND line = 1", order
    )
    await connection.execute(
        "UPDATE work_line SET reserved = reserved - 1, shorted = 1 WHERE work = $1 AND order_line = 1", work
    )
    await connection.execute(
        "INSERT INTO exception (id, location, kind, role, order_id, work, sku, quantity, body, made_at)"
        " SELECT $1, 'lyon', 'short_choice', 'store_manager', $2, $3, sku, 1, jsonb_build_object('line', 1, 'until', $4::timestamptz), $5"
        " FROM work_line WHERE work = $3 AND order_line = 1",
        new_id(), order, work, NOW + timedelta(hours=30), NOW,
    )  # fmt: skip
    return order


async def test_what_is_missing_is_the_customers_choice_until_an_hour_with_what_happens_else(
    door: Door, database: Database
) -> None:
    order = await missing(database)
    page = await door.get(link(order))
    assert "Choisissez avant le <b>dimanche 22 novembre, 16:00</b>. Sans réponse, nous vous remboursons." in page.text
    form = await door.get(f"{link(order)}/missing/1")
    assert "Attendre une semaine" in form.text
    nothing = await door.post(f"{link(order)}/missing/1", {"id": str(new_id())})
    assert nothing.status_code == 422
    assert "Rien n’est choisi." in nothing.text
    told = {"id": hidden(form, "id"), "how": "wait"}
    for _ in range(2):
        assert (await door.post(f"{link(order)}/missing/1", told)).status_code == 303
    assert "Nous l’attendons jusqu’au samedi 28 novembre" in (await door.get(link(order))).text
    assert "Attendre une semaine" not in (await door.get(f"{link(order)}/missing/1")).text


async def test_a_line_of_which_nothing_is_missing_offers_no_choice(door: Door, database: Database) -> None:
    order = await missing(database)
    answer = await door.get(f"{link(order)}/missing/2")
    assert (answer.status_code, answer.headers["location"]) == (303, link(order))


async def test_some_articles_are_canceled_and_the_others_stay(door: Door, database: Database) -> None:
    order, _ = await add_order(database.connection, NOW)
    await database.connection.execute(
        "INSERT INTO stock_level (sku, location, on_hand, reserved) VALUES ('LISON-38', 'lyon', 5, 1), ('AMPHORE-24', 'lyon', 5, 2)"
    )
    form = await door.get(link(order) + "/cancel")
    assert "Que voulez-vous annuler\u00a0?" in form.text
    told: dict[str, str | list[str]] = {"id": hidden(form, "id"), "contact": "ines@example.com"}
    rest = dict(await database.connection.fetch("SELECT line, canceled FROM order_line WHERE order_id = $1", order))
    assert rest == {1: 0, 2: 0}
    contact = await database.connection.fetchval("SELECT email FROM customer LIMIT 1")
    none = await door.post(link(order) + "/cancel", told | {"contact": contact, "units": ["1:0", "2:0"]})  # type: ignore[arg-type]
    assert none.status_code == 422
    assert "Rien n’est choisi." in none.text
    more = await door.post(link(order) + "/cancel", told | {"contact": contact, "units": ["1:9"]})  # type: ignore[arg-type]
    assert more.status_code == 422
    done = await door.post(link(order) + "/cancel", told | {"contact": contact, "units": ["1:0", "2:1"]})  # type: ignore[arg-type]
    assert done.status_code == 303
    rest = dict(await database.connection.fetch("SELECT line, canceled FROM order_line WHERE order_id = $1", order))
    assert rest == {1: 0, 2: 1}


async def test_who_waits_sees_how_many_are_before_them_and_their_place_is_remembered(
    door: Door, database: Database
) -> None:
    first, _ = await ready(database)
    second, _ = await add_order(database.connection, NOW, status="staged")
    for order, place in ((first, "Parking 3"), (second, "Devant")):
        await door.post(link(order) + "/here", {"id": str(new_id()), "location": "lyon", "place": place})
        door.clock.advance(minutes=1)
    assert "Une personne passe avant vous." in (await door.get(link(second))).text
    assert "passe avant vous" not in (await door.get(link(first))).text
    await database.connection.execute("UPDATE arrival SET done_at = at WHERE order_id = $1", first)
    assert 'value="Parking 3"' in (await door.get(link(first))).text


async def test_the_message_to_who_collects_holds_marks_and_opens_their_own_page(door: Door, database: Database) -> None:
    order, work = await ready(database)
    path = await named(door, database, order)
    from comptoir.kit.db import in_transaction
    from comptoir.kit.outbox import Told
    from comptoir.notifications.listener import write_message

    for seq, kind in ((90, "customer.collector_named"), (91, "fulfillment.staged")):
        told = Told(order, seq, kind, NOW, "system", {}, "lyon", work)
        await in_transaction(door.house.pool, "system", NOW, lambda tx, told=told: write_message(tx, told))  # type: ignore[misc]
    rows = await database.connection.fetch(
        "SELECT template, recipient, medium, subject || body AS text FROM message ORDER BY seq, recipient DESC"
    )
    assert [(row["template"], row["recipient"], row["medium"]) for row in rows] == [
        ("collector", "collector", "sms"), ("ready", "customer", "sms"), ("collector", "collector", "sms"),
    ]  # fmt: skip
    said = rows[2]["text"]
    assert "Karim" not in said
    assert "Inès" not in said
    generation = await database.connection.fetchval("SELECT generation FROM collector")
    whole = fill(said, SEAL, URL, order, generation, "Karim", {"lyon": 0}, "collector", "Inès B.")
    assert URL + path in whole
    assert "pour Inès B." in whole


@pytest.mark.parametrize("status", ["open", "picking", "staged", "handed_over", "expired", "canceled"])
async def test_the_page_of_who_collects_says_how_things_are_in_every_state(
    door: Door, database: Database, status: str
) -> None:
    order, _ = await add_order(database.connection, NOW, status=status)
    await database.connection.execute(
        "INSERT INTO collector VALUES ($1, 'Karim Benali', '+33612345678', NULL, $2, 7, $3)",
        order, digest(collector_token(SEAL, order, 7)), NOW,
    )  # fmt: skip
    page = await door.get(f"/o/{collector_token(SEAL, order, 7)}")
    assert page.status_code == 200
    assert "Une commande à retirer pour Inès" in page.text
    assert ("Je suis au magasin" in page.text) == (status in ("open", "picking", "staged"))


async def test_without_an_hour_or_with_an_article_asked_for_a_person_answers(door: Door, database: Database) -> None:
    order = await missing(database)
    await database.connection.execute("UPDATE exception SET body = body - 'until'")
    assert "Une personne du magasin s’en occupe" in (await door.get(link(order))).text
    await database.connection.execute(
        "INSERT INTO change_request (id, order_id, location, kind, line, body, asked_at) VALUES ($1, $2, 'lyon', 'substitute', 1,"
        " '{\"name\": \"Lison, 39\"}', $3)", new_id(), order, NOW,
    )  # fmt: skip
    assert "Vous avez demandé\u00a0: Lison, 39." in (await door.get(link(order))).text

"""The customer's page says how things are, takes "I am here" and a cancellation, and needs the link."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from comptoir.fulfillment.passes import hashes, pass_letters
from comptoir.kit.check import find_breaches
from comptoir.kit.ids import digest, new_id
from tests.conftest import Database
from tests.flows.orders_on_file import SEAL, add_articles, add_order, add_store
from tests.pages.customer_door import NOW, Door, hidden, link, opened, sentence

pytestmark = pytest.mark.anyio


@pytest.fixture
async def door(database: Database, tmp_path: Path) -> AsyncIterator[Door]:
    await add_store(database.connection)
    await add_articles(database.connection)
    async with opened(database.dsn, tmp_path) as door:
        yield door


async def give_pass(database: Database, order: UUID) -> None:
    await database.connection.execute(
        "INSERT INTO pickup_pass VALUES ($1, 'lyon', 0, $2, $3, $4)", order, *hashes(SEAL, order, "lyon", 0), NOW
    )


async def add_staff(database: Database, first_name: str) -> UUID:
    who = new_id()
    await database.connection.execute(
        "INSERT INTO staff (id, first_name, last_name, role) VALUES ($1, $2, 'B', 'associate')", who, first_name
    )
    return who


@pytest.mark.parametrize(
    ("status", "french", "english"),
    [
        ("open", "C’est noté, Inès.", "We have it, Inès."),
        ("picking", "On la prépare, Inès.", "We are preparing it, Inès."),
        ("picked", "On la prépare, Inès.", "We are preparing it, Inès."),
        ("staged", "C’est prêt, Inès.", "It’s ready, Inès."),
        ("handed_over", "C’est remis, Inès.", "It’s yours, Inès."),
        ("expired", "La date de retrait est passée.", "The collection date has passed."),
    ],
)
async def test_each_state_has_one_sentence_in_each_language(
    door: Door, database: Database, status: str, french: str, english: str
) -> None:
    for language, expected in (("fr", french), ("en", english)):
        progress = "canceled" if status == "expired" else "accepted"
        order, _ = await add_order(database.connection, NOW, status=status, language=language, progress=progress)
        answer = await door.get(link(order))
        assert answer.status_code == 200
        assert sentence(answer) == expected
        assert f'<html lang="{language}"' in answer.text


async def test_the_hour_is_the_stores_and_exact(door: Door, database: Database) -> None:
    order, _ = await add_order(database.connection, NOW)
    assert "samedi 21 novembre, 12:00" in (await door.get(link(order))).text


async def test_a_late_order_does_not_promise_an_hour_that_has_passed(door: Door, database: Database) -> None:
    order, _ = await add_order(database.connection, NOW, status="open")
    await database.connection.execute("UPDATE work SET promise_at = $1", NOW - timedelta(minutes=1))
    text = (await door.get(link(order))).text
    assert "Nous avons pris du retard" in text
    assert "avant le" not in text


async def test_a_later_hour_that_was_told_stands_there_instead_until_it_has_passed_too(
    door: Door, database: Database
) -> None:
    order, _ = await add_order(database.connection, NOW, status="open")
    await database.connection.execute(
        "UPDATE work SET promise_at = $1, told_at = $2, told_until = $3",
        NOW + timedelta(hours=1), NOW + timedelta(hours=4), NOW + timedelta(hours=4, minutes=40),
    )  # fmt: skip
    assert "samedi 21 novembre entre 14:00 et 14:40" in (await door.get(link(order))).text
    door.clock.advance(hours=5)
    passed = (await door.get(link(order))).text
    assert "Nous avons pris du retard" in passed
    assert "14:40" not in passed


async def test_today_and_tomorrow_are_told_as_open_hours(door: Door, database: Database) -> None:
    order, _ = await add_order(database.connection, NOW)
    page = (await door.get(link(order))).text
    assert "10:00 à 19:30" in page
    assert "Fermé" in page  # tomorrow is Sunday


async def test_a_ready_order_shows_its_pass_as_code_and_letters(door: Door, database: Database) -> None:
    order, _ = await add_order(database.connection, NOW, status="staged")
    await give_pass(database, order)
    page = (await door.get(link(order))).text
    letters = pass_letters(SEAL, order, "lyon", 0)
    assert f"<span>{letters[:3]}</span><span>{letters[3:]}</span>" in page
    assert 'class="qr" viewBox="0 0 25 25"' in page


async def test_before_it_is_ready_there_is_no_pass(door: Door, database: Database) -> None:
    order, _ = await add_order(database.connection, NOW, status="picking")
    await give_pass(database, order)
    assert 'class="pass"' not in (await door.get(link(order))).text


async def test_here_is_told_once_however_often_the_form_is_sent(door: Door, database: Database) -> None:
    order, _ = await add_order(database.connection, NOW, status="staged")
    form = await door.get(link(order))
    told = {"id": hidden(form, "id"), "location": "lyon", "place": "Devant la boutique"}
    for _ in range(3):
        answer = await door.post(link(order) + "/here", told)
        assert (answer.status_code, answer.headers["location"]) == (303, link(order))
    assert await database.connection.fetchval("SELECT count(*) FROM arrival") == 1
    assert await database.connection.fetchval("SELECT count(*) FROM event WHERE kind = 'customer.arrived'") == 1
    page = await door.get(link(order))
    assert sentence(page) == "Le magasin sait que vous êtes là."
    assert "Devant la boutique" in page.text


async def test_a_customer_who_moves_keeps_their_turn(door: Door, database: Database) -> None:
    order, _ = await add_order(database.connection, NOW, status="staged")
    await door.post(link(order) + "/here", {"id": str(new_id()), "location": "lyon", "place": ""})
    door.clock.advance(minutes=3)
    await door.post(link(order) + "/here", {"id": str(new_id()), "location": "lyon", "place": "Parking 12"})
    row = await database.connection.fetchrow("SELECT at, place FROM arrival")
    assert row is not None
    assert (row["at"], row["place"]) == (NOW, "Parking 12")


async def test_an_early_customer_is_welcome_and_told_when(door: Door, database: Database) -> None:
    order, _ = await add_order(database.connection, NOW, status="picking")
    await door.post(link(order) + "/here", {"id": str(new_id()), "location": "lyon"})
    page = await door.get(link(order))
    assert sentence(page) == "Vous êtes là, Inès."
    assert "samedi 21 novembre, 12:00" in page.text


async def test_whoever_brings_it_is_named(door: Door, database: Database) -> None:
    order, _ = await add_order(database.connection, NOW, status="staged")
    sam = await add_staff(database, "Sam")
    await door.post(link(order) + "/here", {"id": str(new_id()), "location": "lyon"})
    await database.connection.execute("UPDATE arrival SET taken_by = $1, taken_at = $2", sam, NOW)
    assert sentence(await door.get(link(order))) == "Sam vous l’apporte."


async def test_saying_here_at_another_store_changes_nothing(door: Door, database: Database) -> None:
    order, _ = await add_order(database.connection, NOW, status="staged")
    answer = await door.post(link(order) + "/here", {"id": str(new_id()), "location": "nice"})
    assert answer.status_code == 303
    assert await database.connection.fetchval("SELECT count(*) FROM arrival") == 0


async def test_a_handed_over_order_says_when_and_by_whom(door: Door, database: Database) -> None:
    order, work = await add_order(database.connection, NOW, status="handed_over", progress="fulfilled")
    lea = await add_staff(database, "Léa")
    await database.connection.execute(
        "INSERT INTO hand_over (id, order_id, location, works, who, at, recorded_at, proof) VALUES ($1, $2,"
        " 'lyon', $3, $4, $5, $5, 'pass')",
        new_id(), order, [work], str(lea), NOW + timedelta(hours=5),
    )  # fmt: skip
    page = (await door.get(link(order))).text
    assert "samedi 21 novembre, 15:00" in page
    assert "par Léa" in page


async def test_a_held_order_says_that_it_is_being_checked(door: Door, database: Database) -> None:
    order, _ = await add_order(database.connection, NOW, status=None, progress="held")
    await database.connection.execute(
        "INSERT INTO order_hold (order_id, reason, placed_at, placed_by) VALUES ($1, 'totals', $2, 'x')", order, NOW
    )
    assert sentence(await door.get(link(order))) == "Un point est à vérifier, Inès."


async def test_a_ship_order_says_who_prepares_the_parcel(door: Door, database: Database) -> None:
    order, _ = await add_order(database.connection, NOW, kind="ship")
    page = await door.get(link(order))
    assert sentence(page) == "C’est noté, Inès."
    assert "Votre colis sera préparé par <b>Lyon Part-Dieu</b>" in page.text
    assert "/here" not in page.text


async def test_a_mixed_order_shows_both_parts(door: Door, database: Database) -> None:
    order, _ = await add_order(database.connection, NOW, status="staged")
    _, other = await add_order(database.connection, NOW, kind="ship")
    await database.connection.execute("UPDATE work SET order_id = $1 WHERE id = $2", order, other)
    page = await door.get(link(order))
    assert sentence(page) == "C’est prêt, Inès."
    assert "Aussi dans cette commande" in page.text
    assert "Votre colis sera préparé" in page.text


async def test_a_refund_is_told_as_planned_and_by_whom(door: Door, database: Database) -> None:
    order, _ = await add_order(database.connection, NOW, status="canceled", progress="canceled")
    await database.connection.execute("INSERT INTO channel (id, kind, name) VALUES ('shop', 'shopify', 'orme.example')")
    await database.connection.execute(
        "UPDATE sales_order SET channel = 'shop', canceled_at = $2 WHERE id = $1", order, NOW
    )
    await database.connection.execute(
        "INSERT INTO payment_intention (id, order_id, kind, amount_minor, reason, made_by, due_at, intended_at,"
        " intended_who)"
        " VALUES ($1, $2, 'refund', 16300, 'canceled', 'shop', $3, $3, 'x')",
        new_id(), order, NOW,
    )  # fmt: skip
    page = await door.get(link(order))
    assert sentence(page) == "Votre commande est annulée."
    assert "Un remboursement de 163,00\xa0€ est prévu. Il sera fait par orme.example." in page.text
    await database.connection.execute("UPDATE payment_intention SET state = 'failed'")
    assert "est prévu. Il sera fait par orme.example." in (await door.get(link(order))).text
    await database.connection.execute("UPDATE payment_intention SET state = 'sent', sent_at = $1", NOW)
    page = await door.get(link(order))
    assert (
        "Remboursement de 163,00\xa0€ envoyé le " in page.text
        and "Votre banque l’affiche sous quelques jours." in page.text
        and "est prévu" not in page.text
    )


async def test_canceling_asks_for_the_contact_and_does_it_once(door: Door, database: Database) -> None:
    order, _ = await add_order(database.connection, NOW)
    await database.connection.execute(
        "INSERT INTO stock_level (sku, location, on_hand, reserved) VALUES ('LISON-38', 'lyon', 5, 1),"
        " ('AMPHORE-24', 'lyon', 5, 2)"
    )
    form = await door.get(link(order) + "/cancel")
    assert "163,00" in form.text
    told = {"id": hidden(form, "id"), "contact": "06 12 34 56 78"}
    for _ in range(2):
        assert (await door.post(link(order) + "/cancel", told)).status_code == 303
    assert sentence(await door.get(link(order))) == "Votre commande est annulée."
    assert await database.connection.fetchval("SELECT sum(amount_minor) FROM payment_intention") == 16300
    assert await database.connection.fetchval("SELECT sum(reserved) FROM stock_level") == 0


async def test_a_wrong_contact_cancels_nothing_and_keeps_what_was_typed(door: Door, database: Database) -> None:
    order, _ = await add_order(database.connection, NOW)
    answer = await door.post(link(order) + "/cancel", {"id": str(new_id()), "contact": "moi@example.com"})
    assert answer.status_code == 422
    assert "Rien n’a été annulé." in answer.text
    assert 'value="moi@example.com"' in answer.text
    assert await database.connection.fetchval("SELECT progress FROM sales_order") == "accepted"


async def test_guessing_the_contact_ends_after_a_few_tries(door: Door, database: Database) -> None:
    order, _ = await add_order(database.connection, NOW)
    statuses = [
        (await door.post(link(order) + "/cancel", {"id": str(new_id()), "contact": f"{n}@example.com"})).status_code
        for n in range(8)
    ]
    assert statuses == [422] * 6 + [429] * 2


async def test_what_has_left_cannot_be_canceled(door: Door, database: Database) -> None:
    order, _ = await add_order(database.connection, NOW, status="handed_over", progress="fulfilled")
    assert "/cancel" not in (await door.get(link(order))).text
    answer = await door.post(link(order) + "/cancel", {"id": str(new_id()), "contact": "ines@example.com"})
    assert answer.status_code == 303
    assert await database.connection.fetchval("SELECT progress FROM sales_order") == "fulfilled"


@pytest.mark.parametrize("token", ["0" * 26, "x", "0" * 25, "0" * 27, "É" * 26, "0000000000000000000000000O"])
async def test_what_is_no_link_gives_the_same_page_as_an_unknown_link(door: Door, token: str) -> None:
    for path in (f"/o/{token}", f"/o/{token}/cancel"):
        answer = await door.get(path)
        assert answer.status_code == 404
        assert sentence(answer) == "Cette page n’existe pas, ou plus."


async def test_a_link_that_was_revoked_opens_nothing(door: Door, database: Database) -> None:
    order, _ = await add_order(database.connection, NOW)
    await database.connection.execute(
        "UPDATE sales_order SET link_hash = $2, link_generation = 1 WHERE id = $1",
        order,
        digest(SEAL.token("order", order.bytes, 1)),
    )
    assert (await door.get(link(order))).status_code == 404


async def test_an_address_that_tries_many_links_is_slowed_down_but_a_known_link_opens(
    door: Door, database: Database
) -> None:
    order, _ = await add_order(database.connection, NOW)
    statuses = [(await door.get("/o/" + SEAL.token("guess", n))).status_code for n in range(125)]
    assert set(statuses[:120]) == {404}
    assert set(statuses[120:]) == {429}
    assert (await door.get(link(order))).status_code == 200


async def test_the_page_is_kept_by_nobody_and_names_nobody_where_it_came_from(door: Door, database: Database) -> None:
    order, _ = await add_order(database.connection, NOW)
    for path in (link(order), link(order) + "/cancel", "/o/" + "0" * 26):
        headers = (await door.get(path)).headers
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"
        assert "noindex" in headers["x-robots-tag"]


async def test_the_page_shows_neither_phone_nor_email_nor_address(door: Door, database: Database) -> None:
    order, _ = await add_order(database.connection, NOW, status="staged")
    page = (await door.get(link(order))).text
    assert "ines@example.com" not in page
    assert "612345678" not in page


async def test_the_page_weighs_at_most_15_kb(door: Door, database: Database) -> None:
    order, _ = await add_order(database.connection, NOW, status="staged")
    await give_pass(database, order)
    assert len((await door.get(link(order))).content) <= 15_000


async def test_text_that_a_shop_sent_cannot_become_markup(door: Door, database: Database) -> None:
    order, _ = await add_order(database.connection, NOW)
    await database.connection.execute("UPDATE customer SET first_name = '<script>alert(1)</script>'")
    await database.connection.execute("UPDATE order_line SET sku = NULL, title = '<img src=x>'")
    page = (await door.get(link(order))).text
    assert "<script>alert" not in page
    assert "<img src=x>" not in page


async def test_a_form_that_another_site_sends_is_refused(door: Door, database: Database) -> None:
    order, _ = await add_order(database.connection, NOW, status="staged")
    answer = await door.client.post(
        link(order) + "/here", data={"id": str(new_id()), "location": "lyon"}, headers={"sec-fetch-site": "cross-site"}
    )
    assert answer.status_code == 403
    assert await database.connection.fetchval("SELECT count(*) FROM arrival") == 0


@pytest.mark.parametrize(("status", "now_is"), [("sent", "seen"), ("delivered", "seen"), ("failed", "seen"), ("due", "due"), ("suppressed", "suppressed")])  # fmt: skip
async def test_whoever_opens_the_page_knows_and_a_preview_is_no_reader(
    database: Database, tmp_path: Path, status: str, now_is: str
) -> None:
    await add_store(database.connection)
    await add_articles(database.connection)
    order, _ = await add_order(database.connection, NOW)
    waits = status in ("due", "sent")
    await database.connection.execute(
        "INSERT INTO message (id, stream, seq, order_id, template, medium, language, subject, body, status, reason, made_at, next_at, settled_at)"
        " VALUES ($1, $2, 1, $2, 'ready', 'sms', 'fr', 'x', 'x', $3, $4, $5, $6, $7)",
        new_id(), order, status, "x" if status in ("failed", "suppressed") else None, NOW, NOW if waits else None, None if waits else NOW,
    )  # fmt: skip
    async with opened(database.dsn, tmp_path) as door:
        page = f"/o/{SEAL.token('order', order.bytes, 0)}"
        assert (await door.get(page)).status_code == 200
        assert await database.connection.fetchval("SELECT status FROM message") == status
        assert (await door.get(page, **{"sec-fetch-mode": "navigate", "sec-fetch-dest": "document"})).status_code == 200
    assert await database.connection.fetchval("SELECT status FROM message") == now_is
    assert not [b for b in await find_breaches(database.connection) if b.name.startswith("every_message_has")]

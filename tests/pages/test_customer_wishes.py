"""The customer's switches, the one click that ends a question, and one tap on how it was: over HTTP, with no script."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from comptoir.kit.db import Tx, in_transaction
from comptoir.kit.ids import new_id
from comptoir.kit.outbox import Told
from comptoir.notifications.listener import write_message
from comptoir.notifications.providers.port import Answer, Letter
from comptoir.notifications.providers.smtp import MailServer, SmtpProvider
from comptoir.notifications.sending import Lane
from tests.conftest import Database
from tests.flows.orders_on_file import URL, add_articles, add_order, add_store
from tests.pages.customer_door import NOW, Door, hidden, link, opened

pytestmark = pytest.mark.anyio


@pytest.fixture
async def door(database: Database, tmp_path: Path) -> AsyncIterator[Door]:
    await add_store(database.connection)
    await add_articles(database.connection)
    async with opened(database.dsn, tmp_path) as door:
        yield door


async def off(database: Database) -> list[tuple[str, str]]:
    rows = await database.connection.fetch("SELECT topic, medium FROM customer_preference ORDER BY 1, 2")
    return [tuple(row) for row in rows]


def boxes(text: str) -> set[str]:
    """The names of the boxes that are ticked."""
    return {
        tag.split('name="')[1].split('"')[0] for tag in text.split("<input ") if "checkbox" in tag and " checked" in tag
    }


async def handed_over(database: Database) -> Any:
    """An order that its customer took home at NOW."""
    order, work = await add_order(database.connection, NOW, status="handed_over", progress="fulfilled")
    await database.connection.execute(
        "INSERT INTO hand_over (id, order_id, location, works, who, at, recorded_at, proof) VALUES ($1, $2, 'lyon', $3, 'x', $4, $4, 'pass')",
        new_id(), order, [work], NOW,
    )  # fmt: skip
    return order


async def test_a_switch_is_kept_and_shown_and_what_is_needed_stays(door: Door, database: Database) -> None:
    order, _ = await add_order(database.connection, NOW)
    page = await door.get(link(order) + "/messages")
    ticked = boxes(page.text)
    assert len(ticked) == 10
    form = {"id": hidden(page, "id")} | dict.fromkeys(ticked - {"papers_sms", "ready_sms"}, "on")
    for _ in range(2):
        answer = await door.post(link(order) + "/messages", form)
        assert (answer.status_code, answer.headers["location"]) == (303, link(order) + "/messages?kept=true")
    assert await off(database) == [("papers", "sms"), ("ready", "sms")]
    assert boxes((await door.get(link(order) + "/messages?kept=true")).text) == ticked - {"papers_sms", "ready_sms"}
    refused = await door.post(link(order) + "/messages", {"id": str(new_id())} | dict.fromkeys(ticked - {"ready_sms", "ready_email"}, "on"))  # fmt: skip
    assert refused.status_code == 422 and "Gardez le SMS ou l’e-mail" in refused.text
    assert boxes(refused.text) == ticked - {"ready_sms", "ready_email"}
    assert await off(database) == [("papers", "sms"), ("ready", "sms")]


async def test_a_medium_that_does_not_reach_has_no_switch(door: Door, database: Database) -> None:
    order, _ = await add_order(database.connection, NOW, phone=None)
    assert "_sms" not in (await door.get(link(order) + "/messages")).text
    assert "/messages" in (await door.get(link(order))).text


async def test_a_mail_program_ends_the_question_with_one_click_and_no_cookie(door: Door, database: Database) -> None:
    order = await handed_over(database)
    asked = await door.get(link(order) + "/unsubscribe")
    assert asked.status_code == 200 and await off(database) == []
    for _ in range(2):
        answer = await door.client.post(
            link(order) + "/unsubscribe", content="List-Unsubscribe=One-Click",
            headers={"content-type": "application/x-www-form-urlencoded"},
        )  # fmt: skip
        assert answer.status_code == 200
    assert await off(database) == [("survey", "email"), ("survey", "push")]
    assert await survey_row(door, order) == ("suppressed", "unwanted")


async def survey_row(door: Door, order: Any) -> tuple[str, str | None]:
    async def told(tx: Tx) -> None:
        await write_message(tx, Told(order, 9, "customer.survey_due", NOW, "system", {}, "lyon", None))

    await in_transaction(door.house.pool, "system", NOW, told)
    row = await door.house.pool.fetchrow("SELECT status, reason FROM message WHERE template = 'survey'")
    return row["status"], row["reason"]


class Refuses:
    """A carrier that takes nothing, and shows what it was asked to carry."""

    name = "refuses"

    def __init__(self) -> None:
        self.letters: list[Letter] = []

    async def send(self, letter: Letter) -> Answer:
        self.letters.append(letter)
        return Answer("refused", "smtp_550")


async def test_the_question_says_how_to_end_it_and_is_never_red(door: Door, database: Database) -> None:
    order = await handed_over(database)
    assert await survey_row(door, order) == ("due", None)
    carrier = Refuses()
    await Lane("email", carrier).drain(door.house)
    row = await door.house.pool.fetchrow("SELECT status, reason FROM message WHERE template = 'survey'")
    assert tuple(row) == ("suppressed", "gave_up")
    (letter,) = carrier.letters
    assert letter.unsubscribe == f"{URL}{link(order)}/unsubscribe"
    mail = SmtpProvider(MailServer.read("smtp://mail.example.com"), "bonjour@orme.example", "Orme").compose(letter)
    assert mail["List-Unsubscribe"] == f"<{letter.unsubscribe}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    page = mail.get_body(("html",))
    assert page is not None and page.get_content().count('class="button"') == 1


async def test_one_tap_is_kept_changed_and_followed_by_words(door: Door, database: Database) -> None:
    order = await handed_over(database)
    page = await door.get(link(order))
    assert page.text.count('name="score"') == 3 and "f-comment" not in page.text
    for score in ("3", "1", "1"):
        answer = await door.post(link(order) + "/rating", {"score": score})
        assert (answer.status_code, answer.headers["location"]) == (303, link(order) + "#how")
    page = await door.get(link(order))
    assert 'value="1" aria-pressed="true"' in page.text
    await door.post(link(order) + "/rating/comment", {"id": hidden(page, "id"), "comment": "  Une heure   d’attente "})
    row = await database.connection.fetchrow("SELECT score, comment FROM rating")
    assert row is not None and tuple(row) == (1, "Une heure d’attente")
    assert (await door.post(link(order) + "/rating", {"score": "7"})).status_code == 400
    taps = [(await door.post(link(order) + "/rating", {"score": str(1 + n % 2)})).status_code for n in range(30)]
    assert set(taps) == {303}
    assert await database.connection.fetchval("SELECT count(*) FROM exception") <= 11


async def test_an_order_that_waits_is_not_asked_about(door: Door, database: Database) -> None:
    order, _ = await add_order(database.connection, NOW, status="staged")
    assert 'name="score"' not in (await door.get(link(order))).text
    assert (await door.post(link(order) + "/rating", {"score": "1"})).status_code == 303
    assert await database.connection.fetchval("SELECT count(*) FROM rating") == 0

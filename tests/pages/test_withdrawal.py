"""Whoever bought at a distance may withdraw on the order's page: two steps, no reason, a receipt with content, date and hour."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import httpx
import msgspec
import pytest

from comptoir.kit import outbox
from comptoir.kit.actor import SYSTEM
from comptoir.kit.check import find_breaches
from comptoir.kit.ids import new_id
from comptoir.notifications import sending_sql
from comptoir.notifications.acting import CorrectContact
from comptoir.returns.policy import DEFAULT, KIND, Uninformed
from comptoir.wiring import LISTENERS, WIRED
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


async def handed_over(database: Database, days_ago: int = 1) -> UUID:
    order, work = await add_order(database.connection, NOW, status="handed_over", progress="fulfilled")
    made, at = new_id(), NOW - timedelta(days=days_ago)
    await database.connection.execute(
        "INSERT INTO hand_over (id, order_id, location, works, who, at, recorded_at, proof)"
        " VALUES ($1, $2, 'lyon', $3, 'x', $4, $4, 'pass')",
        made, order, [work], at,
    )  # fmt: skip
    await database.connection.execute(
        "INSERT INTO hand_over_line (hand_over, work, line, location, sku, quantity)"
        " SELECT $1, work, line, location, sku, quantity FROM work_line WHERE work = $2",
        made, work,
    )  # fmt: skip
    return order


async def confirmed(door: Door, order: UUID, asked: str, **more: str) -> httpx.Response:
    """Through both pages."""
    page = await door.get(f"{link(order)}/withdraw/confirm?{asked}")
    form = {"id": hidden(page, "id"), "lines": hidden(page, "lines"), "reply_to": ""}
    return await door.post(f"{link(order)}/withdraw", form | more)


async def letters(door: Door) -> list[tuple[str, str, str]]:
    """(template, medium, where) of what was written and is due."""
    await outbox.fan_out(door.house.pool, LISTENERS, NOW)
    for claimed in await outbox.claim(door.house.pool, NOW):
        await outbox.deliver(door.house.pool, claimed, WIRED[claimed.listener], NOW)
    due = await sending_sql.claim(door.house.pool, "email", NOW, 9, NOW)
    return [(one.template, "email", one.email) for one in due]


async def test_the_page_leads_there_and_the_receipt_says_what_and_when(door: Door, database: Database) -> None:
    order = await handed_over(database)
    assert "Renoncer au contrat ici" in (await door.get(link(order))).text
    first = (await door.get(f"{link(order)}/withdraw")).text
    assert "jusqu’au vendredi 4 décembre" in first
    before = await door.get(f"{link(order)}/withdraw/confirm?line=1&units=0&line=2&units=1")
    assert "Confirmer la rétractation" in before.text
    assert "1 × Vase Amphore" in before.text
    assert "i•••@e•••.com" in before.text
    assert "ines@example.com" not in before.text
    assert await database.connection.fetchval("SELECT count(*) FROM return_request") == 0
    done = await confirmed(door, order, "line=1&units=0&line=2&units=1")
    assert (done.status_code, done.headers["location"]) == (303, f"{link(order)}/withdraw")
    told = await door.get(done.headers["location"])
    assert sentence(told) == "Votre rétractation est reçue."
    assert "Rétractation reçue le samedi 21 novembre, 10:00" in told.text
    assert "samedi 5 décembre" in told.text
    assert await letters(door) == [("withdrawal_received", "email", "ines@example.com")]
    body = await database.connection.fetchval("SELECT body FROM message")
    assert "samedi 21 novembre à 10:00" in body
    assert "– 1 × Vase Amphore, 24 cm" in body
    assert "Basket" not in body
    row = await database.connection.fetchrow("SELECT legal_until, state, who, reply_to FROM return_request")
    assert row is not None
    assert tuple(row) == (date(2026, 12, 4), "noticed", f"customer:{order}", None)
    assert "payment_intention" not in [r[0] for r in await database.connection.fetch("SELECT kind FROM event")]


async def test_the_same_twice_is_one_notice_and_a_second_one_is_told_with_its_date(
    door: Door, database: Database
) -> None:
    order = await handed_over(database)
    page = await door.get(f"{link(order)}/withdraw/confirm?line=1&units=1")
    form = {"id": hidden(page, "id"), "lines": "1:1", "reply_to": ""}
    for told in (form, form, form | {"id": str(new_id())}):
        assert (await door.post(f"{link(order)}/withdraw", told)).status_code == 303
    assert await database.connection.fetchval("SELECT count(*) FROM return_request") == 1
    assert (await confirmed(door, order, "line=2&units=2")).status_code == 303
    assert await database.connection.fetchval("SELECT count(*) FROM return_request") == 2
    last = await door.get(f"{link(order)}/withdraw")
    assert "withdraw/confirm" not in last.text  # nothing is left to withdraw from
    assert "Rétractation reçue le" in (await door.get(link(order))).text


async def test_the_receipt_goes_to_the_address_that_was_typed_and_to_no_wrong_one(
    door: Door, database: Database
) -> None:
    order = await handed_over(database)
    wrong = await confirmed(door, order, "line=1&units=1", reply_to="not an address")
    assert wrong.status_code == 422
    assert "pas une adresse e-mail" in wrong.text
    assert await database.connection.fetchval("SELECT count(*) FROM return_request") == 0
    await database.connection.execute("UPDATE customer SET email = NULL, phone = NULL")
    assert (await confirmed(door, order, "line=1&units=1")).status_code == 422
    await confirmed(door, order, "line=1&units=1", reply_to="autre@example.fr")
    assert await letters(door) == [("withdrawal_received", "email", "autre@example.fr")]
    await database.connection.execute("UPDATE message SET status = 'failed', reason = 'no_address', next_at = NULL, claimed_until = NULL, settled_at = $1", NOW)  # fmt: skip
    await door.house.runner.perform(CorrectContact(new_id(), order, email="enfin@example.fr"), SYSTEM)
    due = await sending_sql.claim(door.house.pool, "email", NOW, 9, NOW)
    assert [one.email for one in due] == ["enfin@example.fr"]
    assert "autre" not in str(await database.connection.fetch("SELECT body FROM event UNION ALL SELECT to_jsonb(body) FROM message"))  # fmt: skip


async def test_when_the_period_is_over_the_page_leads_nowhere_and_a_late_form_is_told(
    door: Door, database: Database
) -> None:
    order = await handed_over(database)
    page = await door.get(f"{link(order)}/withdraw/confirm?line=1&units=1")
    door.clock.advance(days=14)
    assert "Renoncer" not in (await door.get(link(order))).text
    assert (await door.get(f"{link(order)}/withdraw")).status_code == 303
    late = await door.post(f"{link(order)}/withdraw", {"id": hidden(page, "id"), "lines": "1:1", "reply_to": ""})
    assert late.status_code == 409
    assert "Le délai pour renoncer est passé" in late.text
    # Head office says that this shop had not told of the right then: a year more, on the page and behind it.
    gap = Uninformed(await channel_of(database, order), date(2026, 1, 1), date(2026, 12, 31))
    await database.connection.execute(
        "INSERT INTO policy (kind, number, body, made_by, made_at, active_from) VALUES ($1, 1, $2::text::jsonb, 'x', $3, $3)",
        KIND, msgspec.json.encode(msgspec.structs.replace(DEFAULT, uninformed=(gap,))).decode(), NOW,
    )  # fmt: skip
    assert "Renoncer" in (await door.get(link(order))).text
    # What a shop sells at the counter, reserved or not, has no such right.
    form = await door.get(f"{link(order)}/withdraw/confirm?line=1&units=1")
    await database.connection.execute(
        "UPDATE policy SET body = jsonb_set(body, ARRAY['contracts', $1], '\"reserved\"')", gap.channel
    )
    assert "Renoncer" not in (await door.get(link(order))).text
    told = await door.post(f"{link(order)}/withdraw", {"id": hidden(form, "id"), "lines": "1:1", "reply_to": ""})
    assert told.status_code == 409 and "conclu en magasin" in told.text
    await database.connection.execute("UPDATE policy SET body = jsonb_set(body, '{contracts}', '{}')")
    assert (await confirmed(door, order, "line=1&units=1")).status_code == 303


async def channel_of(database: Database, order: UUID) -> str:
    return str(await database.connection.fetchval("SELECT channel FROM sales_order WHERE id = $1", order))


async def test_an_article_without_this_right_is_named_with_its_reason_and_not_noticed(
    door: Door, database: Database
) -> None:
    order = await handed_over(database)
    await database.connection.execute("UPDATE sku SET withdrawal_excluded = 'perishable' WHERE sku = 'AMPHORE-24'")
    page = (await door.get(f"{link(order)}/withdraw")).text
    assert "Périssable\u00a0: sans droit de rétractation." in page
    assert 'name="line" value="2"' not in page
    refused = await door.post(f"{link(order)}/withdraw", {"id": str(new_id()), "lines": "1:1,2:1", "reply_to": ""})
    assert refused.status_code == 422
    assert (await confirmed(door, order, "line=1&units=1&line=2&units=2")).status_code == 303
    assert await database.connection.fetchval("SELECT lines FROM return_request") == '[{"line": 1, "quantity": 1}]'


async def test_before_the_goods_are_there_canceling_is_named_as_quicker_and_companies_have_no_such_right(
    door: Door, database: Database
) -> None:
    order, _ = await add_order(database.connection, NOW)
    assert "annuler la commande est plus rapide" in (await door.get(f"{link(order)}/withdraw")).text
    nothing = await door.get(f"{link(order)}/withdraw/confirm?line=1&units=0&line=77&units=2")
    assert "Rien n’est choisi" in nothing.text
    assert (await confirmed(door, order, "line=1&units=1")).status_code == 303
    await database.connection.execute("DELETE FROM return_request")
    await database.connection.execute("INSERT INTO order_company (order_id, name) VALUES ($1, 'Atelier B')", order)
    assert "Renoncer" not in (await door.get(link(order))).text
    for lines in ("1:1", "0:0", "99999:1", ""):
        refused = await door.post(f"{link(order)}/withdraw", {"id": str(new_id()), "lines": lines, "reply_to": ""})
        assert refused.status_code in (303, 422)
    assert await database.connection.fetchval("SELECT count(*) FROM return_request") == 0

"""What customers are told: the right message for each event, true when written, in their language and store time."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from comptoir.fulfillment.passes import hashes, letters_hash, pass_letters, pass_token, qr_hash
from comptoir.kit.db import Pool, Tx, in_transaction
from comptoir.kit.outbox import Told
from comptoir.notifications.filling import fill, for_a_lock_screen, link_of
from comptoir.notifications.listener import write_message
from comptoir.notifications.render import LANGUAGES, TEMPLATES
from comptoir.returns.credit import credit_code, spaced
from comptoir.screens.demo_phone import PhoneMessage, list_messages
from tests.conftest import Database
from tests.flows.orders_on_file import SEAL, URL, add_articles, add_order, add_store

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
"""A Saturday, 10:00 in Lyon."""


@pytest.fixture
async def pool(database: Database) -> Pool:
    await add_store(database.connection)
    await add_articles(database.connection)
    return database.pool


async def hear(
    pool: Pool, kind: str, order: UUID, body: dict[str, Any] | None = None, *, work: UUID | None = None, seq: int = 1
) -> None:
    """Tell the listener one event, at NOW."""

    async def told(tx: Tx) -> None:
        await write_message(tx, Told(order, seq, kind, NOW, "system", body or {}, "lyon", work))

    await in_transaction(pool, "system", NOW, told)


async def newest(pool: Pool) -> PhoneMessage:
    async with pool.acquire() as connection:
        return (await list_messages(connection))[0]


def read(message: PhoneMessage) -> str:
    """Subject and body as the customer reads them."""
    return "\n".join(
        fill(text, SEAL, URL, message.order_id, message.link_generation, message.first_name, message.passes)
        for text in (message.subject, message.body)
    )


async def test_a_placed_order_is_confirmed_with_the_stores_name_and_hour(pool: Pool, database: Database) -> None:
    order, _ = await add_order(database.connection, NOW)
    await hear(pool, "order.placed", order, {"held": []})
    message = await newest(pool)
    assert (message.template, message.medium, message.status, message.reason) == (
        "confirmed",
        "email",
        "due",
        "",
    )
    assert "À retirer à Orme Lyon Part-Dieu : prête avant le samedi 21 novembre à 12:00." in read(message)
    assert link_of(SEAL, URL, order, 0) in read(message)


async def test_the_message_speaks_the_orders_language(pool: Pool, database: Database) -> None:
    order, _ = await add_order(database.connection, NOW, language="en")
    await hear(pool, "order.placed", order, {"held": []})
    assert "ready by Saturday 21 November at 12:00" in read(await newest(pool))


async def test_whoever_has_not_paid_yet_is_told_until_when_and_after_the_payment_no_more(
    pool: Pool, database: Database
) -> None:
    order, _ = await add_order(database.connection, NOW, status=None, progress="held")
    await database.connection.execute(
        "INSERT INTO order_hold (order_id, reason, placed_at, placed_by, until) VALUES ($1, 'payment', $2, 'x', $3)",
        order, NOW, NOW + timedelta(minutes=30),
    )  # fmt: skip
    await hear(pool, "order.placed", order, {"held": ["payment"]})
    assert await database.connection.fetchval("SELECT count(*) FROM message") == 0
    await hear(pool, "order.payment_due", order, seq=2)
    assert "gardés jusqu’au samedi 21 novembre à 10:30" in read(await newest(pool))
    await database.connection.execute("UPDATE order_hold SET released_at = $1", NOW)
    await hear(pool, "order.payment_due", order, seq=3)
    assert (await newest(pool)).reason == "outdated"


async def test_a_held_order_is_not_called_confirmed(pool: Pool, database: Database) -> None:
    order, _ = await add_order(database.connection, NOW, status=None, progress="held")
    await hear(pool, "order.placed", order, {"held": ["totals"]})
    assert (await newest(pool)).template == "held"


async def test_ready_carries_letters_window_hours_and_link(pool: Pool, database: Database) -> None:
    order, work = await add_order(database.connection, NOW, status="staged")
    await database.connection.execute(
        "INSERT INTO pickup_pass VALUES ($1, 'lyon', 0, $2, $3, $4)", order, *hashes(SEAL, order, "lyon", 0), NOW
    )
    await hear(pool, "fulfillment.staged", order, {"part": False}, work=work)
    text = read(await newest(pool))
    letters = pass_letters(SEAL, order, "lyon", 0)
    assert "C’est prêt, Inès." in text
    assert f"{letters[:3]} {letters[3:]}" in text
    assert "Gardé pour vous jusqu’au samedi 28 novembre à 10:00." in text
    assert "Ouvert samedi 21 novembre, 10:00 à 19:30." in text
    assert link_of(SEAL, URL, order, 0) in text


async def test_the_ledger_keeps_neither_name_nor_link_nor_letters(pool: Pool, database: Database) -> None:
    order, work = await add_order(database.connection, NOW, status="staged")
    await hear(pool, "fulfillment.staged", order, {"part": False}, work=work)
    kept = await database.connection.fetchval("SELECT subject || body FROM message")
    assert "Inès" not in kept
    assert SEAL.token("order", order.bytes, 0) not in kept
    assert pass_letters(SEAL, order, "lyon", 0) not in kept.replace(" ", "")


async def test_ready_that_comes_too_late_is_suppressed_with_its_reason(pool: Pool, database: Database) -> None:
    order, work = await add_order(database.connection, NOW, status="handed_over")
    await hear(pool, "fulfillment.staged", order, {"part": False}, work=work)
    message = await newest(pool)
    assert (message.status, message.reason, message.body) == ("suppressed", "outdated", "")


async def test_a_part_that_is_ready_is_told_once_and_the_whole_again(pool: Pool, database: Database) -> None:
    order, work = await add_order(database.connection, NOW, status="picking")
    await hear(pool, "fulfillment.staged", order, {"part": True}, work=work, seq=2)
    await hear(pool, "fulfillment.staged", order, {"part": True}, work=work, seq=3)
    await database.connection.execute("UPDATE work SET status = 'staged'")
    await hear(pool, "fulfillment.staged", order, {"part": False}, work=work, seq=4)
    told = await database.connection.fetch("SELECT seq, status FROM message ORDER BY seq")
    assert [tuple(row) for row in told] == [(2, "due"), (3, "suppressed"), (4, "due")]


async def test_the_same_event_again_writes_nothing_new(pool: Pool, database: Database) -> None:
    order, _ = await add_order(database.connection, NOW)
    for _ in range(2):
        await hear(pool, "order.placed", order, {"held": []})
    assert await database.connection.fetchval("SELECT count(*) FROM message") == 1


@pytest.mark.parametrize(
    ("refund", "expected"),
    [
        ("refund", "Un remboursement de 163,00\xa0€ est prévu. Il sera fait par orme.example."),
        ("void", "Rien n’a été encaissé pour cela : orme.example doit lever la réserve de 163,00\xa0€."),
    ],
)
async def test_a_cancellation_says_what_is_intended_and_who_does_it(
    pool: Pool, database: Database, refund: str, expected: str
) -> None:
    order, _ = await add_order(database.connection, NOW, status="canceled", progress="canceled")
    await database.connection.execute("INSERT INTO channel (id, kind, name) VALUES ('shop', 'shopify', 'orme.example')")
    await database.connection.execute("UPDATE sales_order SET channel = 'shop'")
    await hear(pool, "order.canceled", order, {"whole": True, "refund": refund, "amount_minor": 16300})
    assert expected in read(await newest(pool))


async def test_a_payment_that_lapsed_is_not_called_a_refund(pool: Pool, database: Database) -> None:
    order, _ = await add_order(database.connection, NOW, status=None, progress="canceled")
    await database.connection.execute("UPDATE sales_order SET cancel_reason = 'payment_not_received'")
    await hear(pool, "order.canceled", order, {"whole": True, "refund": None, "amount_minor": 0})
    message = await newest(pool)
    assert message.template == "lapsed"
    assert "rembours" not in read(message)


async def test_a_short_names_the_article_and_promises_nothing(pool: Pool, database: Database) -> None:
    order, work = await add_order(database.connection, NOW, status="picking")
    await hear(pool, "fulfillment.short", order, {"line": 1, "sku": "LISON-38", "quantity": 1}, work=work)
    assert "il nous manque 1 × Basket Lison, Blanc et vert, 38" in read(await newest(pool))


@pytest.mark.parametrize(("early", "count"), [(True, 1), (False, 0)])
async def test_only_an_early_arrival_needs_words(pool: Pool, database: Database, early: bool, count: int) -> None:
    order, _ = await add_order(database.connection, NOW, status="picking")
    await hear(pool, "customer.arrived", order, {"arrival": "a", "early": early})
    assert await database.connection.fetchval("SELECT count(*) FROM message WHERE template = 'early'") == count


async def test_a_settled_hand_over_gives_a_receipt(pool: Pool, database: Database) -> None:
    order, work = await add_order(database.connection, NOW, status="handed_over", progress="fulfilled")
    await hear(pool, "fulfillment.hand_over_settled", order, {"hand_over": "h"}, work=work)
    assert "vous a été remise à Orme Lyon Part-Dieu" in read(await newest(pool))


async def test_an_expired_order_is_told_with_the_refund_that_is_intended(pool: Pool, database: Database) -> None:
    order, work = await add_order(database.connection, NOW - timedelta(days=8), status="expired", progress="canceled")
    await hear(pool, "fulfillment.expired", order, {"refund": "refund", "amount_minor": 16300}, work=work)
    text = read(await newest(pool))
    assert "n’a pas été retirée à Orme Lyon Part-Dieu avant le vendredi 20 novembre à 10:00" in text
    assert "Un remboursement de 163,00\xa0€ est prévu" in text


async def test_without_a_phone_it_is_an_email_and_without_both_a_reason(pool: Pool, database: Database) -> None:
    by_email, _ = await add_order(database.connection, NOW, phone=None)
    by_none, _ = await add_order(database.connection, NOW, phone=None, email=None)
    await hear(pool, "order.placed", by_email, {"held": []})
    assert (await newest(pool)).medium == "email"
    await hear(pool, "order.placed", by_none, {"held": []})
    row = await database.connection.fetchrow("SELECT medium, status, reason FROM message WHERE order_id = $1", by_none)
    assert row is not None
    assert tuple(row) == ("none", "suppressed", "no_phone_no_email")


async def test_a_credit_is_written_to_whoever_gets_it_and_its_code_stands_in_no_ledger(
    pool: Pool, database: Database
) -> None:
    order, _ = await add_order(database.connection, NOW)
    rma = UUID(int=7)
    settled = {"rma": str(rma), "number": "R-KQMXTV", "gift": False, "origin": "counter", "credit_minor": 4590}
    # Money alone, or a gift that the buyer must not hear of: nothing is written.
    for body in (settled | {"credit_minor": 0}, settled | {"gift": True}):
        await hear(pool, "return.settled", order, body)
    assert await pool.fetchval("SELECT count(*) FROM message") == 0
    await hear(pool, "return.settled", order, settled)
    message, code = await newest(pool), spaced(credit_code(SEAL, rma))
    assert (message.template, message.medium, code in message.body) == ("credit_given", "email", False)
    told = read(message)
    assert code in told and "45,90" in told and "R-KQMXTV" in told and f"{URL}/o/" in told
    assert code not in for_a_lock_screen(message.body, "Inès") and "[[" not in for_a_lock_screen(message.body, "Inès")


async def test_a_forgotten_customer_is_told_nothing(pool: Pool, database: Database) -> None:
    order, _ = await add_order(database.connection, NOW)
    await database.connection.execute("UPDATE customer SET erased_at = $1", NOW)
    await hear(pool, "order.placed", order, {"held": []})
    row = await database.connection.fetchrow("SELECT status, reason FROM message")
    assert row is not None
    assert tuple(row) == ("suppressed", "customer_erased")


async def test_nothing_is_ever_called_sent(pool: Pool, database: Database) -> None:
    order, work = await add_order(database.connection, NOW, status="staged")
    await hear(pool, "order.placed", order, {"held": []})
    await hear(pool, "fulfillment.staged", order, {"part": False}, work=work, seq=2)
    statuses = await database.connection.fetch("SELECT DISTINCT status FROM message")
    assert [row[0] for row in statuses] == ["due"]


async def test_a_name_cannot_put_a_link_or_letters_into_a_message(pool: Pool, database: Database) -> None:
    order, _ = await add_order(database.connection, NOW)
    await database.connection.execute("UPDATE customer SET first_name = '[[letters lyon]]'")
    await hear(pool, "order.placed", order, {"held": []})
    assert "[[letters lyon]]" in read(await newest(pool))


def test_every_template_exists_in_both_languages() -> None:
    names = [{path.name for path in (TEMPLATES / language).glob("*.txt")} for language in LANGUAGES]
    assert names[0] == names[1]


def test_a_pass_opens_with_its_code_and_letters_however_they_are_typed() -> None:
    order = UUID("01920000-0000-7000-8000-000000000001")
    qr, letters = hashes(SEAL, order, "lyon", 0)
    token, typed = pass_token(SEAL, order, "lyon", 0), pass_letters(SEAL, order, "lyon", 0)
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{26}", token)
    assert re.fullmatch(r"[A-HJ-NP-Z]{6}", typed)
    assert qr_hash(f"P1:{token}") == qr_hash(token.lower()) == qr
    assert letters_hash(SEAL, "lyon", f" {typed[:3].lower()}-{typed[3:]} ") == letters


def test_a_new_generation_or_another_store_is_another_pass() -> None:
    order = UUID("01920000-0000-7000-8000-000000000001")
    made = {pass_token(SEAL, order, place, generation) for place in ("lyon", "nice") for generation in (0, 1)}
    assert len(made) == 4


async def test_the_ledger_is_read_a_page_at_a_time(pool: Pool, database: Database) -> None:
    order, _ = await add_order(database.connection, NOW)
    for seq in range(1, 46):
        await hear(pool, "customer.arrived", order, {"early": True}, seq=seq)
    async with pool.acquire() as connection:
        first = await list_messages(connection)
        rest = await list_messages(connection, first[-1].id)
    assert (len(first), len(rest)) == (40, 5)
    assert not {message.id for message in first} & {message.id for message in rest}

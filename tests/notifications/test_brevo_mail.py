"""What Brevo tells of mails moves the ledger: in its own words, twice, in batches, late, early, and never for a mail that is not ours."""

from collections.abc import AsyncIterator
from typing import Any, Final
from uuid import UUID

import pytest

from comptoir.kit.ids import new_id
from comptoir.notifications import receipts, sending_sql, silence
from comptoir.notifications.mail_events import read_events
from comptoir.notifications.marks import mark_of
from comptoir.notifications.providers.port import Answer, Letter
from comptoir.notifications.sending import Lane
from tests.conftest import Database
from tests.doors import MIDDAY, Served, served
from tests.flows.orders_on_file import SEAL, add_articles, add_order, add_store

pytestmark = pytest.mark.anyio
ADDRESS: Final = "ines@example.com"

# (the event as Brevo names it, its reason, what is kept: receipt and code, then the message: status, medium, reason)
EVENTS: Final = [
    ("request", "", (None, ""), ("sent", "email", None)),
    ("delivered", "", ("delivered", ""), ("delivered", "email", None)),
    ("proxy_open", "", ("delivered", ""), ("delivered", "email", None)),
    ("unique_proxy_open", "", ("delivered", ""), ("delivered", "email", None)),
    ("opened", "", ("seen", ""), ("seen", "email", None)),
    ("unique_opened", "", ("seen", ""), ("seen", "email", None)),
    ("uniqueOpened", "", ("seen", ""), ("seen", "email", None)),
    ("click", "", ("seen", ""), ("seen", "email", None)),
    ("hard_bounce", "550-5.1.1 no such user", ("failed", "bounce_address"), ("sent", "sms", None)),
    ("hard_bounce", "server is down", ("failed", "bounce_other"), ("sent", "sms", None)),
    ("blocked", "blocked : due to blacklist user", ("failed", "bounce_blocked"), ("sent", "sms", None)),
    ("invalid_email", "", ("failed", "bounce_address"), ("sent", "sms", None)),
    ("error", "Dear user", ("failed", "bounce_error"), ("sent", "sms", None)),
    ("deferred", "451 4.2.1 later", (None, "bounce_late"), ("sent", "email", None)),
    ("soft_bounce", "452 4.2.2 over quota", (None, "bounce_late"), ("sent", "email", None)),
    ("spam", "", (None, "brevo_spam"), ("sent", "email", None)),
    ("unsubscribed", "", (None, "brevo_unsubscribed"), ("sent", "email", None)),
    ("an event of tomorrow", "", (None, "brevo_aneventoftomorrow"), ("sent", "email", None)),
]  # fmt: skip


class Relay:
    """A served app, and mails that its relay took."""

    def __init__(self, app: Served, database: Database) -> None:
        self.app, self.database, self.house = app, database, app.house

    async def sent(self, plan: str = "{email,sms}", **columns: Any) -> tuple[UUID, UUID]:
        """(order, message) of a mail whose first try was taken."""
        order, _ = await add_order(self.database.connection, MIDDAY)
        message = new_id()
        given = {"status": "sent", "reason": None, "settled_at": None, "template": "canceled"} | columns
        await self.database.connection.execute(
            "INSERT INTO message (id, stream, seq, order_id, template, medium, language, subject, body, status, reason, made_at, plan, next_at, settled_at, useful_until)"
            " VALUES ($1, $2, 1, $2, $7, 'email', 'fr', 'x', 'x', $5, $6, $3, $4::text::text[], CASE WHEN $8::timestamptz IS NULL THEN $3::timestamptz + interval '1 day' END, $8,"
            " $3::timestamptz + interval '5 days')",
            message, order, MIDDAY, plan, given["status"], given["reason"], given["template"], given["settled_at"],
        )  # fmt: skip
        await sending_sql.begin_try(self.house.pool, message, 1, "email", "smtp", MIDDAY)
        await sending_sql.end_try(self.house.pool, message, 1, Answer("accepted", ref=str(message)), MIDDAY)
        return order, message

    def event(self, message: UUID, event: str, reason: str = "", n: int = 1, **more: Any) -> dict[str, Any]:
        """As Brevo's relay tells it: with a Message-ID of its own, ours in the header that it gives back."""
        return {
            "event": event, "email": ADDRESS, "id": 26224, "date": "2026-11-21 12:00:00", "ts": 1795258800, "ts_event": 1795258800, "subject": "Bonjour Inès",
            "message-id": "<202611211200.31415926535@smtp-relay.mailin.fr>", "X-Mailin-custom": mark_of(self.house.seal, message, n), "sending_ip": "192.0.2.7",
            "template_id": 0, "tags": ["x"], "reason": reason,
        } | more  # fmt: skip

    async def tell(self, body: Any, key: str = "") -> int:
        key = key or receipts.key_of(self.house.seal, "brevo-mail")
        return (await self.app.client.post(f"/receipts/brevo-mail/{key}", json=body)).status_code

    async def kept(self, message: UUID) -> tuple[Any, ...]:
        row = await self.database.connection.fetchrow("SELECT receipt, code FROM message_try WHERE message = $1", message)  # fmt: skip
        assert row is not None
        return tuple(row)

    async def stands(self, message: UUID) -> tuple[Any, ...]:
        """(status, medium, reason) once the lane for mail has looked again."""
        await self.house.lanes["email"].drain(self.house)
        row = await self.database.connection.fetchrow("SELECT status, medium, reason FROM message WHERE id = $1", message)  # fmt: skip
        assert row is not None
        return tuple(row)

    async def spared(self) -> bool:
        return await silence.asked_for(self.house.pool, "email", silence.mark_of(self.house.seal, "email", ADDRESS))

    async def off(self) -> int:
        return int(await self.database.connection.fetchval("SELECT count(*) FROM customer_preference WHERE topic = 'survey'"))  # fmt: skip


@pytest.fixture
async def relay(database: Database) -> AsyncIterator[Relay]:
    await add_store(database.connection)
    await add_articles(database.connection)
    async with served(database.dsn) as app:
        yield Relay(app, database)


async def test_every_event_moves_the_ledger_once(relay: Relay, caplog: pytest.LogCaptureFixture) -> None:
    for event, reason, kept, stands in EVENTS:
        _, message = await relay.sent()
        for _ in range(2):
            assert await relay.tell(relay.event(message, event, reason)) == 200
            assert await relay.kept(message) == kept, event
        assert await relay.stands(message) == stands, event
    assert "example.com" not in caplog.text


async def test_a_mail_that_no_other_way_can_replace_is_red_and_says_why(relay: Relay) -> None:
    (_, red), (_, blocked) = await relay.sent("{email}"), await relay.sent("{email}")
    batch = [
        relay.event(red, "hard_bounce", "550 5.1.1 x"),
        relay.event(blocked, "blocked"),
        "nonsense",
        {"event": "delivered"},
    ]
    assert await relay.tell(batch) == 200
    assert await relay.stands(red) == ("failed", "email", "bounce_address")
    assert await relay.stands(blocked) == ("failed", "email", "bounce_blocked")
    assert await relay.tell(relay.event(red, "delivered")) == 200
    assert (await relay.stands(red))[0] == "delivered"


async def test_a_mail_that_is_held_up_is_not_called_delivered_after_a_day(relay: Relay) -> None:
    _, message = await relay.sent(status="delivered", reason="no_bounce", settled_at=MIDDAY)
    _, by_person = await relay.sent(status="delivered", reason="by_person", settled_at=MIDDAY)
    await relay.database.connection.execute("UPDATE message_try SET ended_at = begun_at - interval '25 hours', begun_at = begun_at - interval '25 hours'")  # fmt: skip
    for one in (message, by_person):
        assert await relay.tell(relay.event(one, "soft_bounce")) == 200
    assert (await relay.stands(message))[1] == "sms"
    assert await relay.stands(by_person) == ("delivered", "email", "by_person")


async def test_an_event_that_is_quicker_than_the_relays_own_answer_is_kept(relay: Relay) -> None:
    _, message = await relay.sent()
    await relay.database.connection.execute(
        "DELETE FROM message_try; UPDATE message SET status = 'due', next_at = made_at"
    )

    class Slow:
        name = "smtp"

        async def send(self, letter: Letter) -> Answer:
            assert await relay.tell(relay.event(message, "invalid_email")) == 200
            return Answer("accepted", ref=str(letter.id))

    relay.house.lanes["email"] = Lane("email", Slow())
    assert (await relay.stands(message))[1] == "sms"
    assert await relay.kept(message) == ("failed", "bounce_address")


async def test_what_is_not_ours_is_answered_and_changes_nothing(relay: Relay) -> None:
    _, message = await relay.sent()
    other = {"X-Mailin-custom": mark_of(relay.house.seal, new_id(), 1)}
    assert await relay.tell(relay.event(message, "hard_bounce"), key="0" * 26) == 401
    for body in (
        relay.event(message, "hard_bounce", **{"X-Mailin-custom": ""}),
        relay.event(message, "hard_bounce", **{"X-Mailin-custom": str(message)}),
        relay.event(message, "hard_bounce", n=2),
        relay.event(message, "spam", **other),
        relay.event(message, "hard_bounce", **{"message-id": other["X-Mailin-custom"]}),
        [],
    ):
        assert await relay.tell(body) == 200
    assert await relay.tell("text") == 400
    assert await relay.kept(message) == (None, "")
    assert not await relay.spared()
    assert ADDRESS not in repr(read_events(relay.event(message, "spam"), relay.house.seal))


async def test_a_complaint_ends_what_nobody_needs_and_nothing_else(relay: Relay) -> None:
    order, message = await relay.sent()
    complaint = relay.event(message, "spam")
    assert [await relay.tell(complaint) for _ in range(2)] == [200, 200]
    assert (await relay.spared(), await relay.off()) == (True, 2)
    assert ADDRESS not in await relay.database.connection.fetchval("SELECT o::text FROM opt_out o")
    asked: list[str] = []

    class Takes:
        name = "smtp"

        async def send(self, letter: Letter) -> Answer:
            asked.append("needed" if letter.needed else "survey")
            return Answer("accepted", ref=str(letter.id))

    relay.house.lanes["email"] = Lane("email", Takes())
    for template in ("survey", "canceled"):
        _, one = await relay.sent("{email}", template=template)
        await relay.database.connection.execute("DELETE FROM message_try WHERE message = $1", one)
        await relay.database.connection.execute("UPDATE message SET status = 'due', next_at = made_at WHERE id = $1", one)  # fmt: skip
        await relay.stands(one)
    assert asked == ["needed"]
    token = SEAL.token("order", order.bytes, 0)
    form = {"id": str(new_id()), "survey_email": "on", "ready_email": "on", "changes_email": "on"}
    await relay.database.connection.execute("UPDATE customer SET email = $1", ADDRESS)
    assert (await relay.app.client.post(f"/o/{token}/messages", data=form)).status_code == 303
    assert not await relay.spared()
    assert await relay.tell(complaint) == 200
    assert not await relay.spared(), "told again, an old complaint does not outlive a new wish"
    await relay.database.connection.execute("UPDATE customer SET erased_at = $1, email = NULL, phone = NULL", MIDDAY)
    assert await relay.tell(relay.event(message, "unsubscribed")) == 200
    assert await relay.spared()

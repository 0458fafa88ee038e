"""The doors of SMS providers: verified before anything is believed, told twice without harm, STOP is heard and kept."""

import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

import pytest

from comptoir.kit.ids import new_id
from comptoir.notifications import receipts, silence
from comptoir.notifications.providers.port import Answer
from comptoir.notifications.providers.twilio import TwilioProvider, signature
from tests.conftest import Database
from tests.doors import MIDDAY, Served, served
from tests.flows.orders_on_file import add_articles, add_order, add_store

pytestmark = pytest.mark.anyio
TOKEN = "token-of-tests"
TWILIO = json.dumps({"provider": "twilio", "sid": "AC1", "token": TOKEN, "sender": "ORME"})
URL = "https://orme.example"


class Door:
    """A served app, and one message that a provider took as `ref`."""

    def __init__(self, app: Served, database: Database) -> None:
        self.app, self.database = app, database

    async def sent(self, provider: str, ref: str = "SM1") -> None:
        order, _ = await add_order(self.database.connection, MIDDAY, status="staged")
        message = new_id()
        await self.database.connection.execute(
            "INSERT INTO message (id, stream, seq, order_id, template, medium, language, subject, body, status, made_at, plan, next_at, useful_until)"
            " VALUES ($1, $2, 1, $2, 'ready', 'sms', 'fr', 'x', 'x', 'sent', $3, '{sms,email}', $3, $3::timestamptz + interval '1 day')",
            message, order, MIDDAY,
        )  # fmt: skip
        await self.database.connection.execute(
            "INSERT INTO message_try (message, n, medium, provider, begun_at, ended_at, outcome, provider_ref) VALUES ($1, 1, 'sms', $2, $3, $3, 'accepted', $4)",
            message, provider, MIDDAY, ref,
        )  # fmt: skip

    async def receipt(self) -> tuple[str | None, str]:
        row = await self.database.connection.fetchrow("SELECT receipt, code FROM message_try")
        assert row is not None
        return row["receipt"], row["code"]

    async def twilio(self, signed: str | None = None, **fields: str) -> int:
        right = signature(TOKEN, f"{URL}/receipts/twilio", fields)
        answer = await self.app.client.post(
            "/receipts/twilio", content=urlencode(fields),
            headers={"content-type": "application/x-www-form-urlencoded", "x-twilio-signature": right if signed is None else signed},
        )  # fmt: skip
        return answer.status_code

    async def brevo(self, key: str | None = None, **body: Any) -> int:
        key = key or receipts.key_of(self.app.house.seal, "brevo")
        return (await self.app.client.post(f"/receipts/brevo/{key}", json=body)).status_code

    async def ovh(self, key: str | None = None, **query: str) -> int:
        key = key or receipts.key_of(self.app.house.seal, "ovh")
        return (await self.app.client.get(f"/receipts/ovh/{key}", params=query)).status_code

    async def silenced(self) -> int:
        return int(await self.database.connection.fetchval("SELECT count(*) FROM opt_out"))


@pytest.fixture
async def door(database: Database) -> AsyncIterator[Door]:
    await add_store(database.connection)
    await add_articles(database.connection)
    async with served(database.dsn, COMPTOIR_SMS=TWILIO, COMPTOIR_URL=URL) as app:
        yield Door(app, database)


@pytest.mark.parametrize(
    ("state", "error", "kept"),
    [
        ("delivered", "", "delivered"),
        ("read", "", "seen"),
        ("undelivered", "30003", "failed"),
        ("failed", "30008", "failed"),
        ("sent", "", None),
        ("queued", "", None),
        ("a state of tomorrow", "", None),
    ],
)
async def test_what_twilio_signs_moves_the_ledger(door: Door, state: str, error: str, kept: str | None) -> None:
    await door.sent("twilio")
    fields = {"MessageSid": "SM1", "MessageStatus": state} | ({"ErrorCode": error} if error else {})
    assert await door.twilio(**fields) == 200
    assert await door.twilio(**fields) == 200
    receipt, code = await door.receipt()
    assert receipt == kept
    assert (code == f"twilio_{error}") is bool(error)


async def test_what_twilio_did_not_sign_changes_nothing(door: Door) -> None:
    await door.sent("twilio")
    right = signature(TOKEN, f"{URL}/receipts/twilio", {"MessageSid": "SM1", "MessageStatus": "failed"})
    for signed in ("", right, right + "=", "1" * 300):
        assert await door.twilio(signed, MessageSid="SM1", MessageStatus="delivered") == 401
    assert await door.receipt() == (None, "")


async def test_without_twilio_its_door_believes_nobody(database: Database) -> None:
    async with served(database.dsn, COMPTOIR_URL=URL) as app:
        assert await Door(app, database).twilio(MessageSid="SM1", MessageStatus="delivered") == 401


async def test_brevo_is_known_by_the_address_it_was_given(door: Door) -> None:
    await door.sent("brevo", "1511882900176220")
    assert await door.brevo("0" * 26, messageId=1511882900176220, msg_status="delivered") == 401
    assert await door.receipt() == (None, "")
    assert await door.brevo(messageId=1511882900176220, msg_status="delivered", to="33612345678") == 200
    assert await door.receipt() == ("delivered", "")
    answer = await door.app.client.post(
        f"/receipts/brevo/{receipts.key_of(door.app.house.seal, 'brevo')}", content=b"[1]"
    )
    assert answer.status_code == 400


@pytest.mark.parametrize(("ptt", "kept"), [("1", None), ("3", None), ("6", None), ("4", "delivered"), ("5", "failed"), ("20", "failed"), ("x", None)])  # fmt: skip
async def test_ovh_tells_by_its_tracking_code(door: Door, ptt: str, kept: str | None) -> None:
    await door.sent("ovh", "262")
    assert await door.ovh("0" * 26, id="262", ptt=ptt) == 401
    assert await door.ovh(id="262", ptt=ptt, date="20261120120000", description="x") == 200
    assert (await door.receipt())[0] == kept


async def test_a_message_that_nobody_knows_is_answered_like_any_other(door: Door) -> None:
    await door.sent("twilio")
    for ref in ("SM2", "", "x" * 5000):
        assert await door.twilio(MessageSid=ref, MessageStatus="delivered") == 200
    assert await door.receipt() == (None, "")


async def test_stop_is_kept_and_the_next_message_goes_by_mail(door: Door) -> None:
    assert await door.twilio(From="+33612345678", Body="Stop svp", SmsStatus="received", MessageSid="SM9") == 200
    assert await door.twilio(From="+33612345678", Body="STOP", SmsStatus="received", MessageSid="SM9") == 200
    assert await door.silenced() == 1
    house = door.app.house
    mark = silence.mark_of(house.seal, "sms", "+33612345678")
    assert await silence.asked_for(house.pool, "sms", mark)
    kept = await door.database.connection.fetchval("SELECT o::text FROM opt_out o")
    assert "612345678" not in kept
    await door.sent("brevo", "7")
    await door.database.connection.execute("DELETE FROM message_try; UPDATE message SET status = 'due'")
    asked: list[str] = []

    class Phone(TwilioProvider):
        async def send(self, letter: Any) -> Answer:
            asked.append(letter.to)
            return Answer("accepted", ref=str(letter.id))

    provider = house.lanes["sms"].provider
    assert isinstance(provider, TwilioProvider)
    house.lanes["sms"].provider = Phone(provider.account)
    await house.lanes["sms"].drain(house)
    assert asked == []
    assert await door.database.connection.fetchval("SELECT medium FROM message") == "email"
    assert await door.twilio(From="+33612345678", Body="start", SmsStatus="received") == 200
    assert await door.silenced() == 0


async def test_whoever_brevo_calls_unsubscribed_gets_no_sms_any_more(door: Door) -> None:
    await door.sent("brevo", "7")
    assert await door.brevo(messageId=7, msg_status="unsubscribe", to="33612345678") == 200
    assert (await door.receipt())[0] == "failed"
    assert await silence.asked_for(
        door.app.house.pool, "sms", silence.mark_of(door.app.house.seal, "sms", "+33612345678")
    )


async def test_a_provider_that_tells_of_silence_is_believed(door: Door) -> None:
    await door.sent("brevo", "7")
    await door.database.connection.execute("DELETE FROM message_try; UPDATE message SET status = 'due'")

    class Refuses(TwilioProvider):
        async def send(self, letter: Any) -> Answer:
            return Answer("refused", silence.CODE)

    house = door.app.house
    provider = house.lanes["sms"].provider
    assert isinstance(provider, TwilioProvider)
    house.lanes["sms"].provider = Refuses(provider.account)
    await house.lanes["sms"].drain(house)
    assert await door.silenced() == 1


async def test_each_message_names_the_door_where_its_receipt_is_told(door: Door) -> None:
    provider = door.app.house.lanes["sms"].provider
    assert isinstance(provider, TwilioProvider)
    assert provider.account.receipts == f"{URL}/receipts/twilio"


@pytest.mark.parametrize(
    ("text", "wish"),
    [("STOP", True), ("stop.", True), ("Arrêt", True), ("Stop au 36180", True), ("start", False), ("OUI", False), ("oui merci beaucoup", None), ("j’arrive", None), ("", None)],
)  # fmt: skip
def test_an_answer_is_understood_or_left_alone(text: str, wish: bool | None) -> None:
    assert silence.wish_of(text) is wish

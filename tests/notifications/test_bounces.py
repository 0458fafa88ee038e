"""Mail that comes back turns its message over to the next medium: by our door, from a mailbox, twice, late and forged."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import msgspec
import pytest

from comptoir.kit.ids import new_id
from comptoir.notifications import receipts
from comptoir.notifications.fetching_bounces import Visit, visit_mailbox
from comptoir.notifications.marks import mark_of, ref_of
from comptoir.notifications.providers.imap import MailFolder
from comptoir.notifications.providers.port import Answer, Letter
from comptoir.notifications.providers.smtp import MailServer, SmtpProvider
from comptoir.settings import BadSetting, Settings
from tests.conftest import Database
from tests.doors import MIDDAY, Served, served
from tests.flows.orders_on_file import add_articles, add_order, add_store
from tests.notifications.bounce_mails import report
from tests.notifications.imap_servers import Folder, imap_server
from tests.notifications.mail_servers import mail_server

pytestmark = pytest.mark.anyio


class Post:
    """A served app, and mails that a server took."""

    def __init__(self, app: Served, database: Database) -> None:
        self.app, self.database = app, database

    async def sent(self, plan: str = "{email,sms}", tries: int = 1) -> tuple[UUID, str]:
        """A message that an SMTP server took at its last try; its id and the mark of that try."""
        order, _ = await add_order(self.database.connection, MIDDAY)
        message = new_id()
        await self.database.connection.execute(
            "INSERT INTO message (id, stream, seq, order_id, template, medium, language, subject, body, status, made_at, plan, next_at, useful_until, tries_before)"
            " VALUES ($1, $2, 1, $2, 'canceled', 'email', 'fr', 'x', 'x', 'sent', $3, $4::text::text[], $3::timestamptz + interval '1 day', $3::timestamptz + interval '2 days', $5)",
            message, order, MIDDAY, plan, tries - 1,
        )  # fmt: skip
        for n in range(1, tries + 1):
            await self.database.connection.execute(
                "INSERT INTO message_try (message, n, medium, provider, begun_at, ended_at, outcome, provider_ref) VALUES ($1, $2, 'email', 'smtp', $3, $3, 'accepted', $4)",
                message, n, MIDDAY, ref_of(message, n),
            )  # fmt: skip
        return message, mark_of(self.app.house.seal, message, tries)

    async def tell(self, raw: bytes, key: str = "", kind: str = "message/rfc822") -> int:
        key = key or receipts.key_of(self.app.house.seal, "mail")
        answer = await self.app.client.post(f"/receipts/mail/{key}", content=raw, headers={"content-type": kind})
        return answer.status_code

    async def stands(self, message: UUID) -> tuple[str, str, str | None]:
        """(status, medium, reason) once the lane for mail has looked again."""
        await self.app.house.lanes["email"].drain(self.app.house)
        row = await self.database.connection.fetchrow("SELECT status, medium, reason FROM message WHERE id = $1", message)  # fmt: skip
        assert row is not None
        return row["status"], row["medium"], row["reason"]

    async def receipts(self) -> list[Any]:
        return [row[0] for row in await self.database.connection.fetch("SELECT receipt FROM message_try ORDER BY n")]


@pytest.fixture
async def folder() -> AsyncIterator[tuple[Folder, str]]:
    async with imap_server() as made:
        yield made


@pytest.fixture
async def post(database: Database, folder: tuple[Folder, str]) -> AsyncIterator[Post]:
    await add_store(database.connection)
    await add_articles(database.connection)
    async with served(database.dsn, COMPTOIR_BOUNCE_IMAP=folder[1]) as app:
        yield Post(app, database)


async def test_mail_that_comes_back_goes_on_by_sms_or_is_red(post: Post) -> None:
    (on, on_mark), (red, red_mark) = await post.sent(), await post.sent("{email}")
    for mark in (on_mark, red_mark, red_mark):
        assert await post.tell(report(envid=mark)) == 200
    assert (await post.stands(on))[1] == "sms"
    assert await post.stands(red) == ("failed", "email", "bounce_address")


async def test_late_is_not_lost_and_delivered_is_delivered(post: Post) -> None:
    message, mark = await post.sent()
    assert await post.tell(report("delayed", "4.4.1", envid=mark)) == 200
    assert await post.receipts() == [None]
    assert await post.tell(report("delivered", "2.0.0", envid=mark)) == 200
    assert (await post.stands(message))[0] == "delivered"


async def test_the_bounce_of_an_earlier_round_leaves_the_later_one_alone(post: Post) -> None:
    message, _ = await post.sent(tries=2)
    assert await post.tell(report(envid=mark_of(post.app.house.seal, message, 1))) == 200
    assert await post.receipts() == ["failed", None]


async def test_a_bounce_does_not_undo_what_a_person_told(post: Post) -> None:
    message, mark = await post.sent("{email}")
    await post.database.connection.execute("UPDATE message SET status = 'delivered', reason = 'by_person', settled_by = 'x', settled_at = $1, next_at = NULL", MIDDAY)  # fmt: skip
    assert await post.tell(report(envid=mark)) == 200
    assert await post.stands(message) == ("delivered", "email", "by_person")


async def test_a_wrong_key_a_wrong_kind_and_a_forged_report_change_nothing(post: Post) -> None:
    message, mark = await post.sent()
    forged = mark_of(post.app.house.seal, new_id(), 1)[:28] + mark[28:]
    assert await post.tell(report(envid=mark), key="0" * 26) == 401
    assert await post.tell(report(envid=mark), kind="application/json") == 415
    assert await post.tell(report(envid=forged)) == 422
    assert await post.tell(report(envid=str(message))) == 422
    assert await post.tell(b"Subject: I am away\r\n\r\nUntil Monday") == 422
    assert await post.tell(b"x" * 300_000) == 413
    assert await post.receipts() == [None]


async def test_a_mailbox_is_emptied_once_and_what_is_no_report_waits_for_a_person(post: Post, folder: tuple[Folder, str]) -> None:  # fmt: skip
    message, mark = await post.sent()
    ours = folder[0].put(report(envid=mark))
    away = folder[0].put(b"Subject: I am away\r\n\r\nUntil Monday")
    assert await visit_mailbox(post.app.house) == Visit(kept=1, flagged=1)
    assert folder[0].flags == {ours: {"\\Seen"}, away: {"\\Flagged"}}
    assert (await post.stands(message))[1] == "sms"
    assert await visit_mailbox(post.app.house) == Visit()


@pytest.mark.parametrize("command", ["LOGIN", "UID FETCH", "UID STORE", "LOGOUT"])
async def test_a_mailbox_that_is_gone_in_between_loses_nothing(post: Post, folder: tuple[Folder, str], command: str) -> None:  # fmt: skip
    message, mark = await post.sent()
    uid = folder[0].put(report(envid=mark))
    folder[0].hang_up_at = command
    visit = await visit_mailbox(post.app.house)
    assert bool(visit.away) is (command != "LOGOUT")
    folder[0].hang_up_at = ""
    await visit_mailbox(post.app.house)
    assert folder[0].flags[uid] == {"\\Seen"}
    assert (await post.stands(message))[1] == "sms"


async def test_a_password_that_is_wrong_is_told_and_never_written(post: Post, folder: tuple[Folder, str]) -> None:
    wrong = folder[1].replace("pass%20word", "hush-hush")
    house = post.app.house
    house.settings = msgspec.structs.replace(house.settings, bounce_imap=wrong)
    visit = await visit_mailbox(house)
    assert visit.away and "hush" not in visit.away
    assert "hush" not in repr(MailFolder.read(wrong))


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("COMPTOIR_BOUNCE_IMAP", "imap://name:hush-hush@imap.example.com/INBOX"),
        ("COMPTOIR_BOUNCE_IMAP", "https://imap.example.com"),
        ("COMPTOIR_BOUNCE_ADDRESS", "returns"),
        ("COMPTOIR_BOUNCE_ADDRESS", "a*b*@example.com"),
        ("COMPTOIR_BOUNCE_ADDRESS", "a-name-that-leaves-no-room+*@example.com"),
    ],
)
def test_a_setting_that_would_lose_bounces_or_a_password_is_refused(variable: str, text: str) -> None:
    with pytest.raises(BadSetting, match=variable) as refused:
        Settings.from_env({"COMPTOIR_DATA": "/nowhere", "COMPTOIR_SECRET": "x" * 32, variable: text})
    assert "hush-hush" not in str(refused.value)


@pytest.mark.parametrize("offers", [True, False])
async def test_a_mail_names_itself_in_envelope_and_id_where_the_server_can(post: Post, offers: bool) -> None:
    async with mail_server(dsn=offers) as (box, url):
        assert post.app.house.settings.bounce_address == ""
        server = SmtpProvider(
            MailServer.read(url), "bonjour@orme.example", "Orme", post.app.house.seal, "r+*@orme.example"
        )
        letter = Letter(new_id(), "ines@example.com", "fr", "Bonjour", "x", n=3)
        assert await server.send(letter) == Answer("accepted", ref=f"{letter.id}/3")
    mark = mark_of(post.app.house.seal, letter.id, 3)
    assert box.sender == f"r+{mark}@orme.example"
    assert box.mails[0]["Message-ID"] == f"<{mark}@orme.example>"
    assert box.mails[0]["X-Mailin-custom"] == mark
    assert box.asked == ([f"RET=HDRS ENVID={mark}", "NOTIFY=FAILURE,DELAY"] if offers else [])

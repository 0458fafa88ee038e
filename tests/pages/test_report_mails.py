"""Reports by mail: once for each period whatever restarts, only what their reader may see when they are sent, ended by one click."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from comptoir.alerting.keeping import judge_alerts
from comptoir.alerting.model import KINDS
from comptoir.kit.ids import new_id
from comptoir.notifications import report_mails
from comptoir.notifications.providers.smtp import MailServer, SmtpProvider
from comptoir.notifications.report_mails import send_reports, stop_link
from comptoir.notifications.sending import Lane
from comptoir.reporting.subscribing import TRIES, WAITS, before, next_at, period_of
from tests.conftest import Database
from tests.notifications.mail_servers import mail_server
from tests.pages.manager_door import hidden, opened, words
from tests.pages.test_trends import weeks_of
from tests.people import HELENE, INES, ODILE, PART_DIEU, VIEUX_LILLE

pytestmark = pytest.mark.anyio


class Killed(BaseException):
    """The worker's process ends here."""


async def states(connection: Any) -> list[tuple[str, str]]:
    rows = await connection.fetch("SELECT state, code FROM report_mail ORDER BY period, made_at, id")
    return [tuple(row) for row in rows]


async def test_a_report_comes_at_seven_once_with_table_file_and_a_way_out(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(database) as desk, mail_server() as (box, url):
        house, clock, connection = desk.app.house, desk.app.clock, desk.connection
        house.lanes["email"] = Lane(
            "email", SmtpProvider(MailServer.read(url), "bonjour@orme.example", "Orme", house.seal)
        )
        house.settings = msgspec.structs.replace(house.settings, url="https://orme.example")
        await weeks_of(connection)
        boss = await desk.browser(HELENE)
        form = await boss.get(f"/manager/trends/on-time?of=s:{PART_DIEU}")
        wish = {"id": hidden(form, "id", "trends/mails"), "report": "on-time", "rhythm": "daily", "location": PART_DIEU}
        for _ in range(2):
            assert (await boss.post("/manager/trends/mails", data=wish)).status_code == 303
        assert (await boss.post("/manager/trends/mails", data=wish | {"id": str(new_id())})).status_code == 303
        await boss.post("/manager/trends/mails", data={"id": str(new_id()), "report": "sales", "rhythm": "weekly"})
        for wrong in ({"location": VIEUX_LILLE}, {"report": "people"}, {"rhythm": "hourly"}):
            answer = await boss.post("/manager/trends/mails", data=wish | {"id": str(new_id())} | wrong)
            assert answer.status_code in (400, 404), wrong
        listed = words(await boss.get("/manager/trends/mails"))
        assert listed.count("Chaque jour à 7 h") == 1 and listed.count("Le lundi à 7 h") == 1
        # Nothing before its hour.
        assert await send_reports(house) == 0 and box.mails == []
        clock.advance(hours=19)
        assert await send_reports(house) == 1
        assert await send_reports(house) == 0
        (mail,) = box.mails
        assert box.recipients == ["helene@example.com"] and "Prêt à l’heure" in str(mail["Subject"])
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        text, page = mail.get_body(("plain",)), mail.get_body(("html",))
        assert text is not None and page is not None
        for said in (text.get_content(), page.get_content()):
            assert "90\u202f%" in said and "Lyon" in said and "Lille" not in said and "/reports/stop/" in said
        assert 'scope="row"' in page.get_content()
        (file,) = mail.iter_attachments()
        assert file.get_content_type() == "text/csv" and PART_DIEU in file.get_payload(decode=True).decode("utf-8-sig")
        # A worker that dies after the row and before the answer: nobody knows, and it is not sent twice.
        clock.advance(hours=24)
        monkeypatch.setattr(SmtpProvider, "send", _die)
        with pytest.raises(Killed):
            await send_reports(house)
        monkeypatch.undo()
        clock.advance(minutes=10)
        assert await send_reports(house) == 0 and len(box.mails) == 1
        assert await states(connection) == [("sent", ""), ("unknown", "lost")]
        await connection.execute(
            "UPDATE sign_in SET seen_at = $1::timestamptz, ends_at = $1::timestamptz + interval '9 hours'", clock()
        )
        assert "Peut-être envoyé" in words(await boss.get("/manager/trends/mails"))
        # A server that is busy is asked again; days without a worker are not made up for.
        box.say["DATA"] = "452 full"
        clock.advance(hours=24 * 4)
        assert await send_reports(house) == 0 and len(box.mails) == 1
        # Since then a Monday has passed: both reports wait, one mail each, about the last day and week that are over.
        assert [state for state, _ in await states(connection)].count("due") == 2
        box.say.clear()
        clock.advance(minutes=3)
        assert await send_reports(house) == 2 and len(box.mails) == 3
        assert sorted(str(mail["Subject"]).split(",")[0] for mail in box.mails[1:]) == ["Prêt à l’heure", "Ventes"]
        assert await connection.fetchval("SELECT count(*) FROM report_mail") == 4
        # One click, by a program without cookies, as often as it likes.
        link = re.search(r"<(https://orme\.example(/reports/stop/\S+))>", str(box.mails[0]["List-Unsubscribe"]))
        assert link
        stranger = desk.app.client
        assert "Ne plus recevoir" in words(await stranger.get(link[2]))
        assert (await stranger.get(link[2][:-26] + "X" * 26)).status_code == 404
        for _ in range(2):
            assert (await stranger.post(link[2], data={"List-Unsubscribe": "One-Click"})).status_code == 200
        sent = len(box.mails)
        clock.advance(hours=24)
        await send_reports(house)
        assert len(box.mails) == sent


async def _die(*_: Any) -> Any:
    raise Killed


async def test_a_mail_that_cannot_be_written_is_given_up_after_six_tries_and_head_office_reads_which(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(database) as desk, mail_server() as (box, url):
        house, clock, connection = desk.app.house, desk.app.clock, desk.connection
        house.lanes["email"] = Lane("email", SmtpProvider(MailServer.read(url), "bonjour@orme.example", "Orme"))
        await weeks_of(connection)
        for person, report in ((HELENE, "fill"), (INES, "on-time")):
            browser = await desk.browser(person)
            await browser.post("/manager/trends/mails", data={"id": str(new_id()), "report": report, "rhythm": "daily"})
        written = report_mails.letter_of

        async def cannot(house: Any, connection: Any, mail: Any, *others: Any) -> Any:
            if mail.report == "fill":
                raise ZeroDivisionError
            return await written(house, connection, mail, *others)

        monkeypatch.setattr(report_mails, "letter_of", cannot)
        clock.advance(hours=19)
        waits = [*WAITS, timedelta(0)]
        # The other one leaves at once; this one is tried as often as a busy server is, and no more.
        for tries, wait in enumerate(waits, 1):
            await send_reports(house)
            assert await send_reports(house) == 0, "it waits"
            row = await connection.fetchrow("SELECT m.* FROM report_mail m WHERE state <> 'sent'")
            ended = tries == len(waits)
            assert (row["tries"], row["state"], row["code"]) == (tries, "failed" if ended else "due", "not_written")
            assert row["next_at"] == (None if ended else clock() + wait)
            clock.advance(seconds=wait.total_seconds())
        clock.advance(hours=2)
        assert await send_reports(house) == 0 and len(box.mails) == 1
        # Who waits for it reads why; head office whose it is, and has an alert that goes when the next one is sent.
        boss, office = await desk.browser(HELENE), await desk.browser(ODILE)
        awake = "UPDATE sign_in SET seen_at = $1::timestamptz, ends_at = $1::timestamptz + interval '9 hours'"
        await connection.execute(awake, clock())
        assert "n’a pas pu être écrit" in words(await boss.get("/manager/trends/mails"))
        assert "Rapports abandonnés" not in words(await boss.get("/manager/trends/mails"))
        missed = words(await office.get(KINDS["reports"].page))
        assert "Hélène" in missed and "n’a pas pu être écrit" in missed
        said = "1 rapport n’est pas parti"
        await judge_alerts(house)
        assert said in words(await office.get("/manager/alerts"))
        assert said not in words(await boss.get("/manager/alerts"))
        monkeypatch.undo()
        clock.advance(hours=22)
        assert await send_reports(house) == 2 and len(box.mails) == 3
        for _ in range(2):
            await judge_alerts(house)
            clock.advance(minutes=6)
        await connection.execute(awake, clock())
        calm = await office.get("/manager/alerts")
        assert calm.status_code == 200 and said not in words(calm)
        # A worker that dies while it writes has tried too.
        monkeypatch.setattr(report_mails, "letter_of", _die)
        clock.advance(hours=24)
        for _ in range(TRIES):
            with pytest.raises(Killed):
                await send_reports(house)
            clock.advance(minutes=5)
        assert await send_reports(house) == 0
        assert (await states(connection)).count(("failed", "not_written")) == 3


async def test_who_loses_a_store_or_the_work_gets_no_report_of_it_any_more(database: Database) -> None:
    async with opened(database) as desk, mail_server() as (box, url):
        house, clock, connection = desk.app.house, desk.app.clock, desk.connection
        house.lanes["email"] = Lane("email", SmtpProvider(MailServer.read(url), "bonjour@orme.example", "Orme"))
        await weeks_of(connection)
        for person in (HELENE, INES):
            browser = await desk.browser(person)
            await browser.post("/manager/trends/mails", data={"id": str(new_id()), "report": "fill", "rhythm": "daily"})
        other = await connection.fetchval("SELECT id FROM report_subscription WHERE staff = $1", INES.id)
        boss = await desk.browser(HELENE)
        assert (await boss.post(f"/manager/trends/mails/{other}/stop", data={"id": str(new_id())})).status_code == 404
        await connection.execute("UPDATE staff SET disabled_at = $2 WHERE id = $1", INES.id, clock())
        await connection.execute("UPDATE staff_location SET location = $2 WHERE staff = $1", HELENE.id, VIEUX_LILLE)
        clock.advance(hours=19)
        assert await send_reports(house) == 2
        # Whoever moved to another store gets that store's, and whoever left gets nothing.
        (mail,) = box.mails
        body = mail.get_body(("plain",))
        assert (
            body is not None
            and box.recipients == ["helene@example.com"]
            and "Lille" in body.get_content()
            and "Lyon" not in body.get_content()
        )
        assert sorted(await states(connection)) == [("dropped", "not_yours"), ("sent", "")]
        ended = await connection.fetchval("SELECT ended_because FROM report_subscription WHERE id = $1", other)
        assert ended == "not_yours" and stop_link(house.seal, "https://x.example", other).startswith(
            "https://x.example/reports/stop/"
        )
        assert report_mails.MOST_STORES > 0


def test_seven_o_clock_is_that_of_the_store_on_the_days_when_clocks_change() -> None:
    paris = "Europe/Paris"
    assert next_at("daily", paris, datetime(2026, 3, 28, 12, tzinfo=UTC)) == datetime(2026, 3, 29, 5, tzinfo=UTC)
    assert next_at("daily", paris, datetime(2026, 10, 24, 12, tzinfo=UTC)) == datetime(2026, 10, 25, 6, tzinfo=UTC)
    assert next_at("weekly", "America/Martinique", datetime(2026, 11, 20, tzinfo=UTC)) == datetime(
        2026, 11, 23, 11, tzinfo=UTC
    )
    monday = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
    assert next_at("weekly", paris, monday) == monday + timedelta(days=7)
    assert period_of("weekly", paris, monday) == ("week", date(2026, 11, 16))
    assert period_of("daily", paris, monday) == ("day", date(2026, 11, 22)) and before(
        "day", date(2026, 11, 22)
    ) == date(2026, 11, 15)

"""Alerts: raised once, told by the ledger's rows, ended by themselves; nobody sees or changes what is not theirs."""

import asyncio
import itertools
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from comptoir.alerting.keeping import judge_alerts
from comptoir.alerting.model import SaveRule
from comptoir.alerting.rules import built_in
from comptoir.alerting.sending import send_alerts
from comptoir.kit.actor import Actor
from comptoir.kit.errors import NotFound
from comptoir.kit.ids import new_id
from comptoir.notifications.providers.port import Answer
from comptoir.notifications.providers.smtp import MailServer, SmtpProvider
from comptoir.notifications.sending import Lane
from comptoir.web.pages import manager
from tests.conftest import Database
from tests.doors import MIDDAY
from tests.notifications.mail_servers import mail_server
from tests.notifications.push_servers import push_service
from tests.pages.manager_door import Desk, hidden, opened, words
from tests.people import HELENE, HUGO, INES, MARC, ODILE, PART_DIEU, VIEUX_LILLE

pytestmark = pytest.mark.anyio
RULES = "/manager/alerts/rules"
ENDED = (0.0, "the server closed the stream")


async def rule(browser: Any, kind: str = "late", **given: Any) -> Any:
    """Fill in the form of a new rule and send it."""
    form = await browser.get(f"{RULES}/new/{kind}")
    typed = {
        "id": hidden(form, "id"), "version": "0", "threshold": "2", "scope": "", "tells": "store_manager", "media": ["email"], "active": "1",
    }  # fmt: skip
    return await browser.post(f"{RULES}/new/{kind}", data=typed | given)


async def late(desk: Desk, n: int, location: str = PART_DIEU) -> list[UUID]:
    works = []
    for _ in range(n):
        _, work = await desk.order(location=location)
        await desk.promise(work, MIDDAY - timedelta(minutes=5))
        works.append(work)
    return works


async def rows(desk: Desk, what: str, sql: str) -> list[Any]:
    return [row[what] for row in await desk.connection.fetch(sql)]


def mailing(desk: Desk, url: str) -> None:
    house = desk.app.house
    house.lanes["email"] = Lane("email", SmtpProvider(MailServer.read(url), "bonjour@orme.example", "Orme", house.seal))
    house.settings = msgspec.structs.replace(house.settings, url="https://orme.example")


async def test_a_red_store_is_one_alert_that_is_told_acknowledged_and_ends_by_itself(database: Database) -> None:
    async with opened(database) as desk, mail_server() as (box, url):
        house, clock = desk.app.house, desk.app.clock
        mailing(desk, url)
        office, boss, other = await desk.browser(ODILE), await desk.browser(HELENE), await desk.browser(HUGO)
        assert (await rule(office)).status_code == 303
        await late(desk, 1)
        assert await judge_alerts(house) == 0
        works = await late(desk, 2)
        for _ in range(3):
            await judge_alerts(house)
            await send_alerts(house)
        assert await desk.connection.fetchval("SELECT count(*) FROM alert") == 1
        (mail,) = box.mails
        alert = await desk.connection.fetchval("SELECT id FROM alert")
        text = mail.get_body(("plain",))
        assert box.recipients == ["helene@example.com"] and text is not None
        assert "3 commandes sont en retard" in text.get_content() and str(alert) in text.get_content()
        # Whose it is: the store's, its region's and head office's; the others find nothing.
        region, foreign = await desk.browser(INES), await desk.browser(MARC)
        for browser, sees in ((boss, True), (office, True), (region, True), (other, False), (foreign, False)):
            page = words(await browser.get("/manager/alerts"))
            assert ("3 commandes sont en retard" in page) is sees
            assert (await browser.get(f"/manager/alerts/{alert}")).status_code == (200 if sees else 404)
            assert ("1" in words(await browser.get("/manager/alerts/count"))) is sees
            assert ("3 commandes" in words(await browser.get("/manager/alerts?which=past"))) is False
        for act, given in (("acknowledge", {"word": "x"}), ("snooze", {"minutes": "15"})):
            answer = await other.post(f"/manager/alerts/{alert}/{act}", data={"id": str(new_id())} | given)
            assert answer.status_code == 404, act
        # A word is needed, and the same button twice is one step.
        wish = {"id": str(new_id()), "word": ""}
        assert (await boss.post(f"/manager/alerts/{alert}/acknowledge", data=wish)).status_code == 422
        for _ in range(2):
            answer = await boss.post(f"/manager/alerts/{alert}/acknowledge", data=wish | {"word": "j’appelle"})
            assert answer.status_code == 303
        page = words(await region.get("/manager/alerts"))
        assert "Hélène s’en occupe" in page and "j’appelle" in page
        assert words(await region.get("/manager/alerts/count")) == ""
        # Picked: it calms down, and ends after five minutes of that.
        await desk.connection.execute("UPDATE work SET status = 'canceled' WHERE id = ANY($1)", works)
        await judge_alerts(house)
        assert "elle finit seule" in words(await boss.get("/manager/alerts"))
        clock.advance(minutes=6)
        await judge_alerts(house)
        assert "Aucune alerte" in words(await boss.get("/manager/alerts"))
        assert "C’est redescendu" in words(await boss.get(f"/manager/alerts/{alert}"))
        steps = await rows(desk, "what", "SELECT what FROM alert_step ORDER BY n")
        assert steps == ["raised", "acknowledged", "ended"]
        late_word = await boss.post(
            f"/manager/alerts/{alert}/acknowledge", data={"id": str(new_id()), "word": "trop tard"}
        )
        assert late_word.status_code == 409 and "a fini entre-temps" in words(late_word)
        # What it would have said last week is read from what was measured.
        assert "1 fois" in words(await office.get(RULES))


async def test_without_an_answer_it_goes_further_up_and_quiet_hours_hold_messages_back(database: Database) -> None:
    async with opened(database) as desk, mail_server() as (box, url):
        house, clock = desk.app.house, desk.app.clock
        mailing(desk, url)
        office = await desk.browser(ODILE)
        held = {
            "quiet": "1",
            "quiet_from": "11:00",
            "quiet_until": "14:00",
            "scope": f"s:{VIEUX_LILLE}",
            "escalate_to": "regional_manager",
            "escalate_after": "20",
        }
        assert (await rule(office, **held)).status_code == 303
        up = {"escalate_to": "regional_manager", "escalate_after": "20", "scope": "r:sud"}
        assert (await rule(office, **up)).status_code == 303
        wrong = await rule(office, quiet="1", quiet_from="25 heures", quiet_until="8:00")
        assert wrong.status_code == 422 and 'aria-invalid="true"' in wrong.text
        await late(desk, 2)
        works = await late(desk, 2, VIEUX_LILLE)
        await judge_alerts(house)
        await send_alerts(house)
        # Noon in Paris: Lille hears at two, unless it is over by then.
        assert box.recipients == ["helene@example.com"]
        clock.advance(minutes=20)
        await judge_alerts(house)
        await send_alerts(house)
        assert box.recipients == ["helene@example.com", "ines@example.com"]
        up_text = box.mails[-1].get_body(("plain",))
        assert up_text is not None and "Personne ne s’en est encore occupé" in up_text.get_content()
        await desk.connection.execute("UPDATE work SET status = 'canceled' WHERE id = ANY($1)", works)
        await judge_alerts(house)
        clock.advance(minutes=10)
        await judge_alerts(house)
        clock.advance(hours=2)
        await send_alerts(house)
        told = await desk.connection.fetch(
            "SELECT medium, state, code FROM alert_notice ORDER BY made_at, state, medium"
        )
        assert sorted(map(tuple, told)) == [
            ("email", "sent", ""), ("email", "sent", ""), ("email", "suppressed", "ended"),
        ]  # fmt: skip
        assert len(box.mails) == 2
        # Put off, it wakes by itself and is told again.
        alert = await desk.connection.fetchval("SELECT id FROM alert WHERE ended_at IS NULL")
        await desk.connection.execute(
            "UPDATE sign_in SET seen_at = $1::timestamptz, ends_at = $1::timestamptz + interval '9 hours'", clock()
        )
        await office.post(f"/manager/alerts/{alert}/snooze", data={"id": str(new_id()), "minutes": "15"})
        clock.advance(minutes=14)
        await judge_alerts(house)
        assert "Mise de côté" in words(await office.get("/manager/alerts"))
        clock.advance(minutes=1)
        await judge_alerts(house)
        # A server that says no leaves it red.
        box.say["DATA"] = "550 no"
        await send_alerts(house)
        assert "woke" in await rows(desk, "what", "SELECT what FROM alert_step")
        assert "n’a rien reçu" in words(await office.get("/manager/alerts"))
        # Whoever was asked again has their twenty minutes from now; then it goes further up once more.
        for minutes_, times in ((19, 1), (1, 2), (30, 2)):
            clock.advance(minutes=minutes_)
            await judge_alerts(house)
            assert (await rows(desk, "what", "SELECT what FROM alert_step")).count("escalated") == times, minutes_


async def test_where_nobody_holds_a_role_the_next_one_up_is_told_and_a_slow_mail_server_holds_up_no_notification(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(database) as desk:
        house = desk.app.house
        await desk.connection.execute("UPDATE staff SET disabled_at = $2 WHERE id = $1", HELENE.id, MIDDAY)
        office = await desk.browser(ODILE)
        await rule(office, media=["push", "email"])
        await desk.connection.execute(
            "INSERT INTO push_subscription (id, staff, endpoint, p256dh, auth, language, made_at, last_seen_at) VALUES ($1, $2, 'https://push.example/x', 'k', 'a', 'fr', $3, $3)",
            new_id(), INES.id, MIDDAY,
        )  # fmt: skip
        await late(desk, 2)
        await judge_alerts(house)
        told = await desk.connection.fetch("SELECT DISTINCT staff FROM alert_notice")
        assert [row["staff"] for row in told] == [INES.id], "the store has no manager: its region's hears of it"
        await desk.connection.execute(
            "UPDATE alert_notice SET next_at = next_at - interval '1 hour' WHERE medium = 'email'"
        )
        shown = asyncio.Event()

        async def push(*_: Any) -> Answer:
            shown.set()
            return Answer("accepted", "")

        class Slow(Lane):
            async def ask(self, *_: Any) -> Answer:
                await asyncio.wait_for(shown.wait(), 5)
                return Answer("busy", "slow")

        monkeypatch.setattr("comptoir.alerting.sending.pushed", push)
        house.lanes["email"] = Slow("email", None)
        assert await send_alerts(house) == 1
        assert await notices(desk) == [("push", "sent", ""), ("email", "due", "slow")]
        # A server that answers badly again and again is left alone for a while: nobody is called, and no try is counted.
        house.lanes["email"].rests_until = desk.app.clock() + timedelta(minutes=30)
        desk.app.clock.advance(minutes=10)
        assert await send_alerts(house) == 0
        row = await desk.connection.fetchrow("SELECT tries, code, next_at FROM alert_notice WHERE medium = 'email'")
        assert row is not None and (row["tries"], row["code"], row["next_at"]) == (
            1,
            "away",
            MIDDAY + timedelta(minutes=30),
        )


async def test_rules_are_changed_in_their_own_scope_alone_and_every_change_is_kept(database: Database) -> None:
    async with opened(database) as desk:
        office, south, north, boss = [await desk.browser(one) for one in (ODILE, INES, MARC, HELENE)]
        assert (await boss.get(f"{RULES}/new/late")).status_code == 403
        assert (await south.get(f"{RULES}/new/channel")).status_code == 404
        assert (await office.get(f"{RULES}/new/people")).status_code == 404
        for scope in ("", "r:nord", f"s:{VIEUX_LILLE}"):
            assert (await rule(south, scope=scope)).status_code == 404, scope
        assert (await rule(south, scope="r:sud")).status_code == 303
        for wrong in ({"threshold": "0"}, {"person": str(new_id())}):
            assert (await rule(office, **wrong)).status_code == 422, wrong
        for of_house in (
            {"tells": "store_manager"},
            {"tells": "head_office", "escalate_to": "store_manager", "escalate_after": "5"},
        ):
            assert (await rule(office, "channel", **of_house)).status_code == 422, "no store's manager sees it"
        mine = await desk.connection.fetchval("SELECT id FROM alert_rule")
        for browser, status in ((south, 200), (office, 200), (north, 404), (boss, 403)):
            assert (await browser.get(f"{RULES}/{mine}")).status_code == status
        assert "Dès 2 commandes" in words(await boss.get(RULES))
        assert "Dès 2 commandes" not in words(await north.get(RULES))
        # Trying changes nothing; a version that is not the newest is refused with what was typed.
        typed = {
            "id": str(new_id()),
            "version": "1",
            "threshold": "7",
            "scope": "r:sud",
            "tells": "nobody",
            "active": "1",
        }
        tried = await south.post(f"{RULES}/{mine}", data=typed | {"try": "1"})
        assert tried.status_code == 200 and 'value="7"' in tried.text
        assert await desk.connection.fetchval("SELECT threshold FROM alert_rule") == 2
        assert (await south.post(f"{RULES}/{mine}", data=typed)).status_code == 303
        stale = await south.post(f"{RULES}/{mine}", data=typed | {"id": str(new_id()), "threshold": "9"})
        assert stale.status_code == 409 and 'value="9"' in stale.text
        assert (
            await rows(desk, "action", "SELECT action FROM audit WHERE action LIKE 'alert_rule%'")
            == ["alert_rule.saved"] * 2
        )


async def test_a_house_that_never_opened_the_rules_is_told_and_head_office_alone_changes_what_came_along(
    database: Database,
) -> None:
    async with opened(database) as desk, mail_server() as (box, url):
        house, clock = desk.app.house, desk.app.clock
        mailing(desk, url)
        office, south, boss = [await desk.browser(one) for one in (ODILE, INES, HELENE)]
        await late(desk, 4)
        await judge_alerts(house)
        assert "Aucune alerte" in words(await boss.get("/manager/alerts"))
        await late(desk, 1)
        await judge_alerts(house)
        await send_alerts(house)
        # A notification where there is a browser, and a mail where there is none.
        assert await notices(desk) == [("push", "suppressed", "no_push"), ("email", "sent", "")]
        assert box.recipients == ["helene@example.com"]
        page = words(await boss.get("/manager/alerts"))
        assert "Lyon : 5 commandes sont en retard" in page and "1 personne prévenue" in page
        usual = built_in("late")
        mine = f"{RULES}/{usual.id}"
        assert (await boss.get(mine)).status_code == 403 and (await south.get(mine)).status_code == 404
        seen = words(await south.get(RULES))
        assert "Dès 5 commandes" in seen and "Écrire la mienne" in seen and "Transporteur en panne" not in seen
        # Nobody of a region takes it for their own, by whatever way.
        stolen = SaveRule(
            new_id(), usual.id, 0, "late", 99, "sud", None, "nobody", None, (), None, None, None, None, True
        )
        with pytest.raises(NotFound):
            await house.runner.perform(stolen, Actor(str(INES.id), "regional_manager", (PART_DIEU,)))
        typed = {
            "version": "0",
            "threshold": "8",
            "scope": "",
            "tells": "store_manager",
            "media": ["email"],
            "active": "1",
        }
        for status in (303, 409):  # the second one has read what is no more
            answer = await office.post(mine, data={"id": str(new_id())} | typed)
            assert answer.status_code == status
        assert await desk.connection.fetchval("SELECT (id, threshold, version) = ($1, 8, 1) FROM alert_rule", usual.id)
        assert "Dès 8 commandes" in words(await office.get(RULES)) and "Dès 5 commandes" not in words(
            await office.get(RULES)
        )
        # Five is well below eight: the alert calms down under the rule as it is now.
        await judge_alerts(house)
        clock.advance(minutes=6)
        await judge_alerts(house)
        assert await rows(desk, "what", "SELECT what FROM alert_step ORDER BY n") == ["raised", "ended"]


async def test_a_manager_is_told_in_the_browser_that_they_chose_and_it_says_that_it_was_shown(
    database: Database,
) -> None:
    with push_service() as service:
        async with opened(database, COMPTOIR_PUSH_LOCAL="yes") as desk:
            house = desk.app.house
            boss, office = await desk.browser(HELENE), await desk.browser(ODILE)
            browser = service.browser(house.push.vapid.public_key)
            endpoint = {"endpoint": browser.keys["endpoint"]}
            assert (await boss.post("/manager/push/state", json={})).json()["on"] is False
            for _ in range(2):
                assert (await boss.post("/manager/push", json=browser.keys | {"language": "fr"})).status_code == 200
            assert (await boss.post("/manager/push/state", json=endpoint)).json()["on"] is True
            assert (await office.post("/manager/push/state", json=endpoint)).json()["on"] is False
            await rule(office, media=["push"])
            await late(desk, 2)
            await judge_alerts(house)
            await send_alerts(house)
            (notice,) = await desk.connection.fetch("SELECT id, state, code FROM alert_notice")
            assert (notice["state"], notice["code"]) == ("sent", "")
            assert (await boss.post("/push/shown", json={"ref": str(notice["id"])})).status_code == 200
            assert await rows(desk, "state", "SELECT state FROM alert_notice") == ["shown"]
            await boss.post("/manager/push/off", json=endpoint)
            assert await desk.connection.fetchval("SELECT count(*) FROM push_subscription") == 0


async def test_hours_on_end_would_have_been_one_alert_and_the_form_says_when(database: Database) -> None:
    async with opened(database) as desk:
        office, boss = await desk.browser(ODILE), await desk.browser(HUGO)

        async def times(*highs: tuple[int, int], threshold: int = 10) -> tuple[int, str]:
            await desk.connection.execute("DELETE FROM alert_reading")
            for hour, high in highs:
                await desk.connection.execute(
                    "INSERT INTO alert_reading VALUES ('late', $1, $2, $1, $3)", PART_DIEU, MIDDAY - timedelta(hours=hour), high
                )  # fmt: skip
            answer = words(await rule(office, threshold=str(threshold), **{"try": "1"}))
            found = re.search(r"Avec ce seuil : (\d+) alerte", answer)
            return int(found[1]) if found else -1, answer

        assert (await times((30, 12), (29, 11), (28, 9), (27, 12)))[0] == 1  # 9 is not well below
        assert (await times((30, 12), (29, 8), (28, 12)))[0] == 2
        assert (await times((30, 9)))[0] == 0
        count, page = await times((30, 12), (20, 13))
        assert count == 2 and "Lyon : 13 commandes sont en retard" in page and "pendant 1 heure" in page
        assert await desk.connection.fetchval("SELECT count(*) FROM alert_rule") == 0, "trying keeps nothing"
        # Whoever does not see the store counts nothing of it.
        assert "2 fois" in words(await office.get(RULES))
        assert "fois" not in words(await boss.get(RULES)).replace("0 fois", "")


async def notices(desk: Desk) -> list[tuple[str, str, str]]:
    found = await desk.connection.fetch(
        "SELECT medium, state, code FROM alert_notice ORDER BY made_at, medium DESC, id"
    )
    return [tuple(row) for row in found]


async def test_whose_browser_is_gone_is_written_to_and_reads_on_the_page_that_it_is(database: Database) -> None:
    with push_service() as service:
        async with opened(database, COMPTOIR_PUSH_LOCAL="yes") as desk, mail_server() as (box, url):
            house, clock = desk.app.house, desk.app.clock
            mailing(desk, url)
            boss, office = await desk.browser(HELENE), await desk.browser(ODILE)
            browser = service.browser(house.push.vapid.public_key)
            await boss.post("/manager/push", json=browser.keys | {"language": "fr"})
            browser.says = [(410, {})]
            await rule(office, media=["push"])
            await late(desk, 2)
            await judge_alerts(house)
            for _ in range(3):
                await send_alerts(house)
            assert await notices(desk) == [("push", "failed", "gone"), ("email", "sent", "")]
            assert box.recipients == ["helene@example.com"], "once"
            page = words(await boss.get("/manager/alerts"))
            assert "ne reçoit plus de notifications depuis" in page and "1 personne prévenue" in page
            assert "ne reçoit plus de notifications" not in words(await office.get("/manager/alerts"))
            # From now on there is no browser to try: the mail is written at once.
            alert = await desk.connection.fetchval("SELECT id FROM alert")
            await boss.post(f"/manager/alerts/{alert}/snooze", data={"id": str(new_id()), "minutes": "15"})
            clock.advance(minutes=15)
            await judge_alerts(house)
            await send_alerts(house)
            assert (await notices(desk))[2:] == [("push", "suppressed", "no_push"), ("email", "sent", "")]
            fresh = service.browser(house.push.vapid.public_key)
            await boss.post("/manager/push", json=fresh.keys | {"language": "fr"})
            assert "ne reçoit plus de notifications" not in words(await boss.get("/manager/alerts"))


async def test_a_worker_that_dies_between_raising_and_sending_loses_nothing_and_sends_nothing_twice(
    database: Database,
) -> None:
    async with opened(database) as desk, mail_server() as (box, url):
        house, clock = desk.app.house, desk.app.clock
        mailing(desk, url)
        office = await desk.browser(ODILE)
        await rule(office, tells="head_office")
        await late(desk, 2)

        async def dies(*_: Any) -> None:
            raise RuntimeError("the worker is gone")

        # It dies while it writes the messages: neither they nor the alert are there, and the next round makes both.
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("comptoir.alerting.sql.add_notices", dies)
            with pytest.raises(RuntimeError):
                await judge_alerts(house)
        assert await desk.connection.fetchval("SELECT count(*) FROM alert") == 0
        await judge_alerts(house)
        assert await notices(desk) == [("email", "due", "")]
        # It has taken the message and dies before it calls: another takes it once the lease is over.
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("comptoir.alerting.sql.begin", dies)
            with pytest.raises(RuntimeError):
                await send_alerts(house)
        await send_alerts(house)
        assert (await notices(desk), box.mails) == ([("email", "due", "")], [])
        clock.advance(minutes=5)
        await send_alerts(house)
        assert (await notices(desk), len(box.mails)) == ([("email", "sent", "")], 1)
        # It dies after it called: nobody knows, so it is red and not sent again.
        alert = await desk.connection.fetchval("SELECT id FROM alert")
        await office.post(f"/manager/alerts/{alert}/snooze", data={"id": str(new_id()), "minutes": "5"})
        clock.advance(minutes=5)
        await judge_alerts(house)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("comptoir.alerting.sql.settle", dies)
            with pytest.raises(RuntimeError):
                await send_alerts(house)
        clock.advance(minutes=5)
        await send_alerts(house)
        assert ((await notices(desk))[1], len(box.mails)) == (("email", "unknown", "lost"), 2)
        page = words(await office.get(f"/manager/alerts/{alert}"))
        assert "peut-être parti, pas renvoyé" in page


@asynccontextmanager
async def streamed(desk: Desk, browser: Any, path: str) -> AsyncIterator[asyncio.Queue[tuple[float, str]]]:
    """What an open page of this browser is told, as (when, text); the server's own stream, ended as a closed page ends it."""
    told: asyncio.Queue[tuple[float, str]] = asyncio.Queue()
    loop, gone = asyncio.get_running_loop(), asyncio.Event()
    cookies = "; ".join(f"{one.name}={one.value}" for one in browser.cookies.jar)
    headers = [(b"host", b"test.local"), (b"cookie", cookies.encode()), (b"sec-fetch-site", b"same-origin")]
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http", "path": path, "raw_path": path.encode(),
        "query_string": b"", "root_path": "", "headers": headers, "client": ("127.0.0.1", 1), "server": ("test.local", 80),
    }  # fmt: skip
    asked = False

    async def receive() -> Any:
        nonlocal asked
        if not asked:
            asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message.get("body", b"").startswith(b"data: "):
            told.put_nowait((loop.time(), message["body"].decode()))
        elif message["type"] == "http.response.body" and not message.get("more_body"):
            told.put_nowait(ENDED)

    task = asyncio.create_task(desk.app.app(scope, receive, send))  # type: ignore[arg-type]
    try:
        yield told
    finally:
        gone.set()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_an_open_page_gets_the_list_and_the_count_at_most_once_a_second_and_of_its_own_stores_alone(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manager, "AT_MOST_EVERY", 0.5)
    monkeypatch.setattr(manager, "ASKED_EVERY", 0.0)
    async with opened(database) as desk:
        house, path = desk.app.house, "/manager/alerts/stream"
        office, boss, other = [await desk.browser(one) for one in (ODILE, HELENE, HUGO)]
        await rule(office)
        async with (
            streamed(desk, boss, path) as own,
            streamed(desk, office, path) as all_,
            streamed(desk, other, path) as foreign,
            streamed(desk, boss, f"/manager/stores/{PART_DIEU}/stream") as store,
            streamed(desk, office, "/manager/stream") as now,
            streamed(desk, boss, "/manager/announcements/stream") as told,
        ):
            for queue in (own, all_, foreign):
                assert "Aucune alerte" in (await asyncio.wait_for(queue.get(), 5))[1]
            works = await late(desk, 2)
            await judge_alerts(house)
            alert = await desk.connection.fetchval("SELECT id FROM alert")
            for queue in (own, all_):
                _, said = await asyncio.wait_for(queue.get(), 5)
                assert 'hx-target="#alert-list"' in said and "2 commandes sont en retard" in said
                assert 'hx-target="#alert-count"' in said and "1<span" in said
            # Three changes at once are one update, and not before its time; what it shows is the last of them.
            for act, given in (("acknowledge", {"word": "vu"}), ("acknowledge", {"word": "j’appelle"})):
                await boss.post(f"/manager/alerts/{alert}/{act}", data={"id": str(new_id())} | given)
            await desk.connection.execute("UPDATE work SET status = 'canceled' WHERE id = ANY($1)", works)
            await judge_alerts(house)
            heard = [await asyncio.wait_for(own.get(), 5)]
            while "elle finit seule" not in heard[-1][1]:
                heard.append(await asyncio.wait_for(own.get(), 5))
            assert all(later - sooner >= 0.45 for (sooner, _), (later, _) in itertools.pairwise(heard)), heard
            assert len(heard) <= 2 and "j’appelle" in heard[-1][1]
            assert foreign.empty(), "another region's page is told nothing"
            while "elle finit seule" not in (await asyncio.wait_for(all_.get(), 5))[1]:
                pass
            # Who is moved to another store, or signed out, is told nothing more of this one by a page that is still open.
            await desk.connection.execute(
                "UPDATE staff_location SET location = $2 WHERE staff = $1", HELENE.id, VIEUX_LILLE
            )
            await desk.connection.execute(
                "UPDATE sign_in SET ended_at = $2 WHERE staff = $1", ODILE.id, desk.app.clock()
            )
            await late(desk, 2)
            await judge_alerts(house)
            for queue in (own, all_):
                assert await asyncio.wait_for(queue.get(), 5) == ENDED
            for queue in (store, now, told):
                while await asyncio.wait_for(queue.get(), 5) != ENDED:
                    pass

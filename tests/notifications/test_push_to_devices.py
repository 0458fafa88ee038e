"""What a store's devices are told while nobody looks at them: in time, once, to the right ones; and what becomes of it."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from comptoir.kit.db import in_transaction
from comptoir.kit.ids import new_id
from comptoir.kit.outbox import Told
from comptoir.notifications.sending_notes import forget_old, send_notes
from comptoir.notifications.telling_devices import look, tell_devices
from comptoir.web.actors import DEVICE_COOKIE
from tests import people
from tests.conftest import Database
from tests.doors import MIDDAY, Served, new_browser, served
from tests.flows.orders_on_file import add_articles, add_order
from tests.notifications.push_servers import Browser, PushService, push_service

pytestmark = pytest.mark.anyio
LYON, LILLE = people.PART_DIEU, people.VIEUX_LILLE


@pytest.fixture
def service() -> Iterator[PushService]:
    with push_service() as running:
        yield running


class Floor:
    """The devices of two stores, what was told to them, and the rows behind it."""

    def __init__(self, app: Served, database: Database, service: PushService) -> None:
        self.app, self.connection, self.service = app, database.connection, service

    def client(self, store: str = LYON) -> httpx.AsyncClient:
        made = new_browser(self.app)
        made.cookies.set(DEVICE_COOKIE, people.DEVICES[store])
        return made

    async def on(self, store: str = LYON, browser: Browser | None = None, **given: Any) -> Browser:
        """Notifications of the store's device, switched on."""
        browser = browser or self.service.browser(self.app.house.push.vapid.public_key)
        async with self.client(store) as device:
            answer = await device.post("/sync/push", json=browser.keys | {"language": "fr"} | given)
        assert answer.status_code == 200, answer.text
        assert answer.json()["on"] is True
        return browser

    async def round(self, **apart: float) -> None:
        """What the worker does every two seconds."""
        self.app.clock.advance(**(apart or {"seconds": 2}))
        await look(self.app.house)
        await send_notes(self.app.house)

    async def order(self, **given: Any) -> tuple[UUID, UUID]:
        return await add_order(self.connection, self.app.clock(), location=given.pop("location", LYON), **given)

    async def arrives(self, order: UUID) -> UUID:
        made = new_id()
        await self.connection.execute(
            "INSERT INTO arrival (id, order_id, location, at) VALUES ($1, $2, $3, $4)", made, order, LYON, self.app.clock()
        )  # fmt: skip
        return made

    async def notes(self) -> list[tuple[str, str, str]]:
        rows = await self.connection.fetch("SELECT kind, status, code FROM push_note ORDER BY made_at, id")
        return [tuple(row) for row in rows]


@pytest.fixture
async def floor(database: Database, service: PushService) -> AsyncIterator[Floor]:
    await people.settle(database.connection, MIDDAY)
    await add_articles(database.connection)
    async with served(database.dsn, COMPTOIR_PUSH_LOCAL="yes") as app:
        yield Floor(app, database, service)


async def test_a_customer_who_waits_is_told_urgently_for_ten_minutes_and_once(floor: Floor) -> None:
    phone, other = await floor.on(), await floor.on(LILLE)
    order, _ = await floor.order(status="staged")
    await floor.arrives(order)
    for _ in range(3):
        await floor.round()
    (got,) = phone.got
    assert (got["title"], got["path"], got["topic"]) == ("Un client attend", "/counter", f"here:{order}")
    assert "Inès" not in got["body"]
    (heads,) = phone.heads
    assert heads["urgency"] == "high"
    assert 590 <= int(heads["ttl"]) <= 600
    assert other.got == []


async def test_a_customer_whom_somebody_already_serves_is_not_told(floor: Floor) -> None:
    phone = await floor.on()
    order, _ = await floor.order(status="staged")
    arrival = await floor.arrives(order)
    await floor.connection.execute("UPDATE arrival SET taken_by = $2 WHERE id = $1", arrival, people.SAM.id)
    await floor.round()
    assert phone.got == []


async def test_new_work_is_told_together_not_order_by_order(floor: Floor) -> None:
    phone = await floor.on()
    await floor.order()
    await floor.round()
    for _ in range(5):
        await floor.order()
        await floor.round(seconds=20)
    assert [got["title"] for got in phone.got] == ["Une commande à préparer"]
    await floor.round(minutes=4)
    assert [got["title"] for got in phone.got] == ["Une commande à préparer", "6 commandes à préparer"]
    await floor.round(minutes=6)
    assert len(phone.got) == 2


async def test_work_that_is_almost_late_is_told_before_it_is(floor: Floor) -> None:
    phone = await floor.on(language="en")
    await floor.order()
    await floor.round()
    await floor.round(minutes=95)
    assert [got["topic"] for got in phone.got] == ["new_work"]
    await floor.round(minutes=10)
    await floor.round()
    assert phone.got[-1]["title"] == "One order is almost late"
    assert len(phone.got) == 2


async def test_a_decision_that_is_due_is_told(floor: Floor) -> None:
    phone = await floor.on()
    order, work = await floor.order(status="picking")
    await floor.connection.execute(
        "INSERT INTO exception (id, location, kind, role, order_id, work, made_at) VALUES ($1, $2, 'short_choice', 'store_manager', $3, $4, $5)",
        new_id(), LYON, order, work, floor.app.clock(),
    )  # fmt: skip
    await floor.round()
    await floor.round()
    assert [got["title"] for got in phone.got] == ["Une décision est attendue"]


async def test_a_recall_is_told_to_stores_that_have_the_article_once_each_time_they_are_asked(floor: Floor) -> None:
    phone, other, ask = await floor.on(), await floor.on(LILLE), floor.connection.execute
    await ask(
        "INSERT INTO recall (id, number, sku, hazard_fr, hazard_en, remedies, contact, since, effect, status, opened_at, opened_by, looked_at)"
        " SELECT $1, 'RP-1', sku, 'x', 'x', ARRAY['refund', 'repair'], 'x', $2, '{}', 'open', $2, 'x', $2 FROM sku ORDER BY sku LIMIT 1",
        new_id(), floor.app.clock(),
    )  # fmt: skip
    await ask(
        "INSERT INTO recall_place (recall, location, on_hand, apart, status) SELECT id, $1, 1, 0, 'open' FROM recall",
        LYON,
    )
    await floor.round(hours=3)
    await floor.round()
    (got,) = phone.got
    assert (got["title"], got["path"]) == ("Rappel de produit", "/recalls")
    assert "à sortir du rayon maintenant" in got["body"]
    assert phone.heads[0]["urgency"] == "high"
    assert other.got == []
    # More of it has come: the store is asked again, and told again. Told and done, nothing of it is sent any more.
    await ask("UPDATE recall_place SET asked_at = $1", floor.app.clock())
    await look(floor.app.house)
    await ask("UPDATE recall_place SET status = 'done', missing = 0, done_at = asked_at")
    await floor.round()
    assert len(phone.got) == 1
    assert await floor.notes() == [("recall", "sent", ""), ("recall", "dropped", "replaced")]


async def test_a_correction_that_waits_or_is_declined_is_told_and_what_its_device_took_back_is_not(
    floor: Floor,
) -> None:
    phone, other = await floor.on(), await floor.on(LILLE)
    for status, by in (("waiting", None), ("declined", "marc"), ("declined", "device:1"), ("applied", None)):
        await floor.connection.execute(
            "INSERT INTO stock_adjustment (id, location, sku, quantity, reason, on_hand, unsellable, value_minor, status, at, who, recorded_at, decided_at, decided_by)"
            " SELECT $1, $2, sku, 4, 'lost', -4, 0, 0, $3, $4, 'sam', $4, CASE WHEN $5::text IS NULL THEN NULL ELSE $4::timestamptz END, $5 FROM sku ORDER BY sku LIMIT 1",
            new_id(), LYON, status, floor.app.clock(), by,
        )  # fmt: skip
    for _ in range(2):
        await floor.round()
    assert sorted(got["title"] for got in phone.got) == ["Correction refusée", "Une correction attend un responsable"]
    assert {got["path"] for got in phone.got} == {"/adjust"} and "sam" not in str(phone.got)
    assert other.got == []


async def test_work_that_went_elsewhere_is_told_to_whoever_had_it_in_hand(floor: Floor) -> None:
    phone = await floor.on()
    order, work = await floor.order(status="picking")
    pack = new_id()
    await floor.connection.execute(
        "INSERT INTO pack (id, location, device, staff, made_at, lease_until) VALUES ($1, $2, $3, $4, $5, $5)",
        pack, LYON, people.DEVICE_IDS[LYON], people.SAM.id, floor.app.clock(),
    )  # fmt: skip
    await floor.connection.execute("UPDATE work SET pack = $2 WHERE id = $1", work, pack)
    now = floor.app.clock()
    for seq, kind, body in ((1, "fulfillment.moved", {}), (2, "fulfillment.taken_over", {"from": str(pack)})):
        told = Told(order, seq, kind, now, "system", body, LYON, work if seq == 1 else None)
        for _ in range(2):
            await in_transaction(floor.app.house.pool, "system", now, lambda tx, told=told: tell_devices(tx, told))  # type: ignore[misc]
        await send_notes(floor.app.house)
    assert [got["title"] for got in phone.got] == ["Commande partie ailleurs", "Lot repris"]


async def test_a_device_that_is_gone_is_off_and_its_manager_sees_what_it_missed(floor: Floor) -> None:
    phone = await floor.on()
    phone.says = [(410, {})]
    await floor.order()
    await floor.round()
    assert await floor.notes() == [("new_work", "failed", "gone")]
    async with floor.client() as device:
        assert (await device.get("/sync/push")).json()["on"] is False
    assert await floor.connection.fetchval("SELECT count(*) FROM push_subscription") == 0


async def test_a_busy_service_is_asked_again_when_it_said(floor: Floor) -> None:
    phone = await floor.on()
    phone.says = [(429, {"retry-after": "40"})]
    await floor.order()
    await floor.round()
    await floor.round(seconds=30)
    assert len(phone.heads) == 1
    await floor.round(seconds=15)
    assert len(phone.got) == 1
    assert await floor.notes() == [("new_work", "sent", "")]


async def test_a_service_that_stays_away_is_given_up_and_the_device_list_says_so(floor: Floor) -> None:
    phone = await floor.on()
    phone.says = [(500, {})] * 20
    await floor.order()
    for _ in range(12):
        await floor.round(seconds=61)
    assert (await floor.notes())[0] == ("new_work", "failed", "http_500")
    async with floor.client() as device:
        known = (await device.get("/sync/push")).json()
    assert known["failure"] == "http_500"


async def test_a_body_that_is_too_large_is_sent_with_its_title(floor: Floor) -> None:
    phone = await floor.on()
    phone.says = [(413, {})]
    await floor.order()
    await floor.round()
    assert [(got["title"], got["body"]) for got in phone.got] == [("Une commande à préparer", "")]


async def test_who_switched_notifications_off_gets_nothing_and_nothing_is_in_red(floor: Floor) -> None:
    phone = await floor.on()
    await floor.order()
    await look(floor.app.house)
    async with floor.client() as device:
        assert (await device.post("/sync/push/off", json={})).json()["on"] is False
        assert (await device.post("/sync/push/off", json={})).status_code == 200
    await floor.round()
    assert phone.heads == []
    assert (await floor.notes())[0][1:] == ("dropped", "off")


async def test_a_revoked_device_hears_nothing(floor: Floor) -> None:
    phone = await floor.on()
    await floor.connection.execute("UPDATE device SET revoked_at = $1", floor.app.clock())
    await floor.order()
    await floor.round()
    assert phone.heads == []


async def test_a_test_goes_out_comes_back_and_its_hour_is_kept(floor: Floor) -> None:
    phone, id = await floor.on(), str(new_id())
    async with floor.client() as device:
        for _ in range(2):
            assert (await device.post("/sync/push/tests", json={"id": id})).status_code == 200
        await send_notes(floor.app.house)
        assert (await device.get(f"/sync/push/tests/{id}")).json()["status"] == "sent"
        floor.app.clock.advance(seconds=3)
        assert (await device.post("/push/shown", json={"ref": phone.got[0]["ref"]})).status_code == 200
        floor.app.clock.advance(seconds=3)
        assert (await device.post("/push/shown", json={"ref": phone.got[0]["ref"]})).status_code == 200
        told = (await device.get(f"/sync/push/tests/{id}")).json()
        known = (await device.get("/sync/push")).json()
    assert len(phone.got) == 1
    assert told["status"] == "shown"
    assert told["shown_at"] == known["shown_at"] == "2026-11-20T11:00:03Z"
    async with floor.client(LILLE) as stranger:
        assert (await stranger.get(f"/sync/push/tests/{id}")).status_code == 404
        assert (await stranger.post("/sync/push/tests", json={"id": str(new_id())})).status_code == 409


async def test_a_device_has_one_address_and_an_address_one_device(floor: Floor) -> None:
    first = await floor.on()
    second = await floor.on(old=first.endpoint)
    assert await floor.connection.fetchval("SELECT endpoint FROM push_subscription") == second.endpoint
    await floor.on(LILLE, second)
    rows = await floor.connection.fetch("SELECT device, endpoint FROM push_subscription")
    assert [tuple(row) for row in rows] == [(people.DEVICE_IDS[LILLE], second.endpoint)]


async def test_a_browser_that_changed_its_address_is_followed_by_its_old_one(floor: Floor) -> None:
    first = await floor.on()
    second = floor.service.browser()
    for _ in range(2):
        answer = await floor.app.client.post("/push/moved", json=second.keys | {"old": first.endpoint})
        assert answer.status_code == 200
    stranger = floor.service.browser()
    await floor.app.client.post("/push/moved", json=stranger.keys | {"old": "https://fcm.googleapis.com/nobody"})
    assert await floor.connection.fetchval("SELECT endpoint FROM push_subscription") == second.endpoint


@pytest.mark.parametrize(
    ("given", "status", "code"),
    [
        ({"endpoint": "https://10.0.0.1/x"}, 422, "push_not_allowed"), ({"endpoint": "https://evil.example/x"}, 422, "push_not_allowed"),
        ({"endpoint": "http://169.254.169.254/latest"}, 422, "push_not_allowed"), ({"p256dh": "B" + "A" * 86}, 422, "push_bad_keys"),
        ({"p256dh": "x"}, 400, None), ({"more": 1}, 400, None),
    ],
)  # fmt: skip
async def test_an_address_that_no_push_may_go_to_is_refused_at_the_door(
    floor: Floor, given: dict[str, Any], status: int, code: str | None
) -> None:
    async with floor.client() as device:
        answer = await device.post("/sync/push", json=floor.service.browser().keys | given)
    assert answer.status_code == status
    assert code is None or answer.json()["code"] == code
    assert await floor.connection.fetchval("SELECT count(*) FROM push_subscription") == 0


async def test_another_site_cannot_switch_anything(floor: Floor) -> None:
    async with floor.client() as device:
        device.headers["sec-fetch-site"] = "cross-site"
        for path in ("/sync/push", "/sync/push/off", "/sync/push/tests", "/push/shown", "/push/moved"):
            assert (await device.post(path, json={})).status_code == 403


async def test_notes_are_forgotten_after_two_weeks(floor: Floor) -> None:
    await floor.on()
    await floor.order()
    await floor.round()
    floor.app.clock.at += timedelta(days=15)
    await forget_old(floor.app.house)
    assert await floor.notes() == []

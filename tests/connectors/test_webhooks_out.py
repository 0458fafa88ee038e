"""Other systems are told what happens: signed, in order, once each; whoever does not take it is tried, rested, paused, and holds up nobody."""

import json
import re
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from comptoir.kit.db import Event, in_transaction
from comptoir.kit.ids import new_id
from comptoir.kit.outbox import Told
from comptoir.notifications import webhook_words
from comptoir.notifications.providers.port import Answer, Letter
from comptoir.notifications.sending import Lane
from comptoir.outgoing import judging, registering, sending, signing, sql
from comptoir.outgoing.bodies import KINDS, body_of
from comptoir.outgoing.client import WebhookClient
from comptoir.wiring import WIRED
from comptoir.worker import Worker
from tests import people
from tests.conftest import Database
from tests.connectors.hook_server import Receiver, receiving, verified
from tests.doors import MIDDAY, Served, served

pytestmark = pytest.mark.anyio
HERE, API = people.PART_DIEU, "/api/v1/webhooks"
STAGED, ARRIVED = "fulfillment.staged", "customer.arrived"


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


class Office:
    """The app with a key that may register webhooks, and a worker that is run by hand."""

    def __init__(self, app: Served, dsn: str, receiver: Receiver) -> None:
        self.app, self.receiver = app, receiver
        self.worker = Worker(app.house, dsn, WIRED)
        self.key = "webhooks"

    async def call(self, method: str, path: str, body: Any = None, key: str | None = None) -> httpx.Response:
        headers = {"authorization": f"Bearer {key or self.key}"}
        return await self.app.client.request(method, API + path, json=body, headers=headers)

    async def register(
        self, path: str, *says: Any, kinds: tuple[str, ...] = (STAGED, ARRIVED), **more: Any
    ) -> tuple[str, str]:
        body = {"id": str(uuid4()), "name": path, "url": self.receiver.address(path, *says), "kinds": kinds} | more
        told = (await self.call("POST", "", body)).json()
        return told["endpoint"], told["secret"]

    async def tell(self, *events: Event) -> None:
        async def work(tx: Any) -> None:
            tx.tell(*events)

        await in_transaction(self.app.house.pool, "system", self.app.clock(), work)
        await self.worker.drain()

    async def send(self, **later: float) -> int:
        self.app.clock.advance(**later)
        return await sending.send_webhooks(self.app.house)

    async def one(self, sql: str, *args: Any) -> Any:
        return await self.app.house.pool.fetchval(sql, *args)

    async def state(self, endpoint: str) -> dict[str, Any]:
        told: dict[str, Any] = (await self.call("GET", f"/{endpoint}")).json()
        return told


class Mails:
    """Where mails go."""

    name = "mails"

    def __init__(self) -> None:
        self.got: list[Letter] = []
        self.says = Answer("accepted")

    async def send(self, letter: Letter) -> Answer:
        self.got.append(letter)
        return self.says


def staged(order: UUID | None = None, location: str = HERE) -> Event:
    return Event(STAGED, order or new_id(), {"part": False, "name": "Inès Aubry"}, location, new_id())


@pytest.fixture
async def office(database: Database, receiver: Receiver) -> AsyncIterator[Office]:
    await people.settle(database.connection, MIDDAY)
    await people.make_key(database.connection, MIDDAY, "webhooks", "webhooks:read", "webhooks:write")
    async with served(database.dsn, COMPTOIR_WEBHOOKS_LOCAL="yes") as app:
        app.house.webhooks.most_seconds = 0.9
        yield Office(app, database.dsn, receiver)
        await app.house.webhooks.close()


async def test_facts_come_signed_in_order_and_once_and_say_nobodys_name(office: Office) -> None:
    order = new_id()
    await office.tell(staged(order))  # before anybody listens
    endpoint, secret = await office.register("/erp", 500, 500, 500, 204)
    elsewhere, _ = await office.register("/lille", 204, locations=[people.VIEUX_LILLE])
    await office.tell(
        staged(order),
        Event(ARRIVED, order, {"arrival": str(new_id())}, HERE),
        Event("order.held", order, {"reason": "x"}),
    )
    other = staged()
    await office.tell(other, staged(location=people.VIEUX_LILLE))
    assert (
        await office.one("SELECT count(*) FROM delivery WHERE listener = 'webhooks'") == 4
    )  # nobody wanted the others
    await office.send()
    # The first tries failed: what comes after one in the same order waits, another order does not.
    got = office.receiver.got["/erp"]
    assert sorted(one["body"]["sequence"] for one in got if one["body"]["subject"] == str(order)) == [2]
    assert str(other.stream) in {one["body"]["subject"] for one in got}
    await office.send(seconds=10)
    ours = [one for one in got if one["body"]["subject"] == str(order)]
    assert [(one["body"]["type"], one["body"]["sequence"]) for one in ours] == [(STAGED, 2), (STAGED, 2), (ARRIVED, 3)]
    assert ours[0]["heads"]["webhook-id"] == ours[1]["heads"]["webhook-id"] != ours[2]["heads"]["webhook-id"]
    assert int(ours[1]["heads"]["webhook-timestamp"]) - int(ours[0]["heads"]["webhook-timestamp"]) == 10
    for one in got:
        assert verified(secret, one["heads"], one["raw"]) and not verified(secret, one["heads"], one["raw"] + b" ")
        assert "Aubry" not in one["raw"].decode()
    assert [one["body"]["location"] for one in office.receiver.got["/lille"]] == [people.VIEUX_LILLE]
    health = await office.state(endpoint)
    assert (health["waiting"], health["failures"], health["failing_since"]) == (0, 0, None) and health[
        "last_success_at"
    ]
    assert elsewhere != endpoint and await office.send(hours=1) == 0


async def test_two_secrets_sign_while_one_is_replaced_and_one_when_it_is_known_to_others(office: Office) -> None:
    endpoint, first = await office.register("/rotated")
    body = {"id": str(uuid4())}
    second = (await office.call("POST", f"/{endpoint}/secret", body)).json()["secret"]
    assert (await office.call("POST", f"/{endpoint}/secret", body)).json()["secret"] == second  # the same answer again
    assert await office.one("SELECT count(*) FROM command WHERE convert_from(answer, 'UTF8') LIKE '%whsec%'") == 0
    for hours, good in ((0, (True, True)), (25, (False, True))):
        office.app.clock.advance(hours=hours)
        await office.tell(staged())
        await office.send()
        got = office.receiver.got["/rotated"][-1]
        assert tuple(verified(secret, got["heads"], got["raw"]) for secret in (first, second)) == good
    third = (await office.call("POST", f"/{endpoint}/secret", {"id": str(uuid4()), "at_once": True})).json()["secret"]
    await office.tell(staged())
    await office.send()
    got = office.receiver.got["/rotated"][-1]
    assert [verified(secret, got["heads"], got["raw"]) for secret in (second, third)] == [False, True]


async def test_every_way_to_fail_is_tried_again_named_and_holds_up_nobody_else(office: Office) -> None:
    says = {
        "/e500": 503, "/redirect": (302, {"location": "/good"}), "/nonsense": "nonsense", "/cut": "cut", "/slow": "slow",
        "/busy": (429, {"retry-after": "120"}), "/refuses": 403,
    }  # fmt: skip
    made = {path: (await office.register(path, said))[0] for path, said in says.items()}
    body = {"id": str(uuid4()), "name": "dead", "url": "http://127.0.0.1:9/", "kinds": [STAGED]}
    made["/dead"] = (await office.call("POST", "", body)).json()["endpoint"]
    await office.register("/good")
    await office.register("/dawdles", "dawdle")
    for _ in range(6):
        await office.tell(staged())
    await office.send()
    assert len(office.receiver.got["/good"]) == 6  # the slow one was slow beside it
    assert len(office.receiver.got["/dawdles"]) == 6 and office.receiver.busiest["/dawdles"] <= sending.EACH
    codes = {path: (await office.state(endpoint))["last_error"] for path, endpoint in made.items()}
    assert codes == {
        "/e500": "http_503", "/redirect": "redirect", "/nonsense": "nonsense", "/cut": "nonsense", "/slow": "slow", "/busy": "busy",
        "/refuses": "http_403", "/dead": "away",
    }  # fmt: skip
    # Who asks to be left alone is; who failed five times is tried with one delivery at a time.
    tries = {path: len(office.receiver.got[path]) for path in ("/busy", "/e500")}
    assert tries["/busy"] <= sending.EACH
    await office.send(seconds=60)
    assert len(office.receiver.got["/busy"]) == tries["/busy"]
    assert len(office.receiver.got["/e500"]) == tries["/e500"] + 1
    # It recovers: what waited for a later try goes at once.
    office.receiver.says["/e500"] = [204]
    await office.send(minutes=15)
    health = await office.state(made["/e500"])
    assert (health["waiting"], health["failures"]) == (0, 0)


async def test_who_is_gone_is_paused_at_once_and_who_is_dead_for_two_days_after_them(office: Office) -> None:
    gone, _ = await office.register("/gone", 410)
    dead, _ = await office.register("/dead-for-days", 500)
    await office.tell(staged(), staged())
    for _ in range(90):
        await office.send(hours=1)
        if (await office.state(dead))["state"] == "paused":
            break
    states = {name: await office.state(one) for name, one in (("gone", gone), ("dead", dead))}
    assert [(one["state"], one["paused_because"]) for one in states.values()] == [
        ("paused", "gone"),
        ("paused", "failing"),
    ]
    assert judging.PAUSED_AFTER <= office.app.clock() - MIDDAY < judging.KEPT_TRYING
    assert len(office.receiver.got["/gone"]) <= 2 and len(office.receiver.got["/dead-for-days"]) < 60
    told = await office.app.house.pool.fetch(
        "SELECT kind, body ->> 'because' AS because FROM event WHERE kind = 'webhook.paused' ORDER BY 2"
    )
    assert [row["because"] for row in told] == ["failing", "gone"]
    assert await office.one("SELECT count(*) FROM audit WHERE action = 'webhook.paused' AND who = 'system'") == 2
    mails = Mails()
    office.app.house.lanes["email"] = Lane("email", mails)
    mails.says = Answer("busy", "away")
    assert await webhook_words.tell_head_office(office.app.house) == 0  # no mail can leave: it is tried again
    mails.says, mails.got = Answer("accepted"), []
    assert [await webhook_words.tell_head_office(office.app.house) for _ in range(2)] == [2, 0]
    assert sorted(letter.subject for letter in mails.got) == [
        "Webhook en pause\u00a0: /dead-for-days",
        "Webhook en pause\u00a0: /gone",
    ]
    assert all(letter.to == people.ODILE.email and "/manager/webhooks/" in letter.text for letter in mails.got)
    # A trial goes out although it is paused; then it goes on, with what happened meanwhile.
    office.receiver.says["/dead-for-days"] = [204]
    await office.tell(staged())
    await office.call("POST", f"/{dead}/trial", {"id": str(uuid4())})
    await office.send()
    assert office.receiver.kinds("/dead-for-days")[-1] == "webhook.test"
    assert (await office.state(dead))["waiting"] == 3
    await office.call("POST", f"/{dead}/paused", {"id": str(uuid4()), "paused": False})
    await office.send()
    assert (await office.state(dead))["waiting"] == 0
    await sending.sweep(office.app.house)
    assert await office.one("SELECT count(*) FROM webhook_delivery WHERE state = 'open'") <= 1


async def test_a_delivery_and_a_span_are_sent_again_with_the_ids_they_had(office: Office) -> None:
    order = new_id()
    before = office.app.clock()
    first, _ = await office.register("/first")
    await office.tell(staged(order), Event(ARRIVED, order, {"arrival": str(new_id())}, HERE))
    await office.send()
    rows = (await office.call("GET", f"/{first}/deliveries")).json()["deliveries"]
    assert [row["state"] for row in rows] == ["done", "done"]
    again = await office.call("POST", f"/{first}/deliveries/{rows[1]['id']}/replay", {"id": str(uuid4())})
    assert again.json()["deliveries"] == 1
    await office.send()
    got = office.receiver.got["/first"]
    assert got[2]["heads"]["webhook-id"] == rows[1]["webhook_id"] == got[0]["heads"]["webhook-id"]
    # A new endpoint is told what happened before it was there.
    office.app.clock.advance(minutes=5)
    second, _ = await office.register("/second")
    span = {"id": str(uuid4()), "since": before.isoformat(), "until": (before + timedelta(hours=1)).isoformat()}
    assert (await office.call("POST", f"/{second}/replay", span)).json()["deliveries"] == 2
    assert (await office.call("POST", f"/{first}/replay", span | {"id": str(uuid4()), "failed": True})).json()[
        "deliveries"
    ] == 0
    await office.send()
    assert office.receiver.kinds("/second") == [STAGED, ARRIVED]
    for wrong in ({"until": before.isoformat()}, {"until": (before + timedelta(days=8)).isoformat()}):
        answer = await office.call("POST", f"/{second}/replay", span | wrong | {"id": str(uuid4())})
        assert answer.json()["type"] == "/problems/span_wrong"
    assert (await office.call("DELETE", f"/{second}")).status_code == 200
    assert (await office.call("GET", f"/{second}")).status_code == 404


async def test_what_waited_goes_at_once_to_an_address_that_was_put_right(office: Office) -> None:
    endpoint, _ = await office.register("/misspelt", 404)
    for _ in range(3):
        await office.tell(staged())
        await office.send(minutes=20)
    waiting = await office.state(endpoint)
    assert waiting["waiting"] == 3 and waiting["failures"] > 3
    body = {
        "id": str(uuid4()),
        "version": waiting["version"],
        "name": "x",
        "url": office.receiver.address("/spelt"),
        "kinds": [STAGED],
    }
    assert (await office.call("PUT", f"/{endpoint}", body)).status_code == 200
    await office.send()
    assert (len(office.receiver.got["/spelt"]), (await office.state(endpoint))["waiting"]) == (3, 0)


async def test_a_span_counts_what_happened_at_the_endpoints_own_places(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (sql, registering):
        monkeypatch.setattr(module, "MOST_REPLAYED", 4)
    before = office.app.clock()
    placed = {"number": "1", "works": [{"id": str(new_id()), "kind": "pickup", "location": HERE}]}
    moved = {"to": HERE, "units": 1}
    await office.tell(
        *(staged(location=people.VIEUX_LILLE) for _ in range(5)), staged(), Event("order.placed", new_id(), placed),
        Event("transfer.shipped", new_id(), moved, people.VIEUX_LILLE), Event("order.released", new_id(), {"works": [str(new_id())]}),
    )  # fmt: skip
    kinds = (STAGED, "order.placed", "order.released", "transfer.shipped")
    here, _ = await office.register("/here", kinds=kinds, locations=[HERE])
    all_of_it, _ = await office.register("/all", kinds=kinds)
    office.app.clock.advance(minutes=5)
    span = {"since": before.isoformat(), "until": (before + timedelta(hours=1)).isoformat()}
    told = await office.call("POST", f"/{here}/replay", span | {"id": str(uuid4())})
    assert told.json()["deliveries"] == 3
    refused = await office.call("POST", f"/{all_of_it}/replay", span | {"id": str(uuid4())})
    assert refused.json()["type"] == "/problems/replay_too_large"
    await office.send()
    assert sorted(office.receiver.kinds("/here")) == [STAGED, "order.placed", "transfer.shipped"]


async def test_an_address_that_is_not_public_is_refused_when_it_is_typed_and_when_it_is_called(office: Office) -> None:
    async def lookup(name: str, port: int) -> list[str]:
        if name == "unknown.example.com":
            raise OSError
        return {"inside.example.com": ["10.0.0.7"], "both.example.com": ["93.184.216.34", "::1"]}.get(
            name, ["93.184.216.34"]
        )

    office.app.house.webhooks = strict = WebhookClient(lookup=lookup)
    for url, code in (
        ("http://erp.example.com/", "url_wrong"), ("https://erp.example.com:22/", "url_wrong"), ("https://a:b@erp.example.com/", "url_wrong"),
        ("https://127.0.0.1/", "url_wrong"), ("https://inside.example.com/", "url_wrong"), ("https://both.example.com/", "url_wrong"),
        ("https://unknown.example.com/", "url_unknown"), ("http://127.0.0.1:8700/", "url_wrong"), ("https://[::1]/", "url_wrong"),
    ):  # fmt: skip

        async def own(name: str, port: int) -> list[str]:
            return [name] if name[0] in "1:" else await lookup(name, port)

        strict.hosts.lookup = own
        answer = await office.call("POST", "", {"id": str(uuid4()), "name": "x", "url": url, "kinds": [STAGED]})
        assert answer.json()["type"] == f"/problems/webhook_{code}", url
    assert (await strict.send("https://inside.example.com/", {}, b"{}")).code == "not_allowed"


async def test_a_key_of_some_stores_sees_and_makes_endpoints_of_those_alone(office: Office) -> None:
    everywhere, _ = await office.register("/everywhere")
    lyon, _ = await office.register("/lyon", locations=[HERE])
    key = await office.app.house.pool.fetchval("SELECT id FROM api_key LIMIT 1")
    await office.app.house.pool.execute("UPDATE api_key SET locations = $2 WHERE id = $1", key, [HERE])
    office.app.app.state.known_keys.forget()
    assert [one["id"] for one in (await office.call("GET", "")).json()["webhooks"]] == [lyon]
    for path in (f"/{everywhere}", f"/{everywhere}/deliveries"):
        assert (await office.call("GET", path)).status_code == 404
    assert (await office.call("POST", f"/{everywhere}/trial", {"id": str(uuid4())})).status_code == 404
    body = {"id": str(uuid4()), "name": "x", "url": office.receiver.address("/x"), "kinds": [STAGED]}
    for places, status in ((None, 403), ([people.VIEUX_LILLE], 403), ([HERE], 201)):
        answer = await office.call("POST", "", body | {"id": str(uuid4()), "locations": places})
        assert answer.status_code == status, json.dumps(places)


def test_the_example_of_the_documentation_is_what_is_sent_and_signed() -> None:
    text = (Path(__file__).parents[2] / "docs" / "webhooks-out.md").read_text(encoding="utf-8")
    given = dict(re.findall(r"^    (webhook-\w+): (.*)$", text, re.M))
    secret = re.search(r"`(whsec_\S+)`", text)
    sent = re.search(r'^    (\{"type".*)$', text, re.M)
    assert secret and sent
    body, at = sent[1].encode(), datetime(2026, 11, 21, 10, 30, tzinfo=UTC)
    facts = {"part": False, "collect_until": "2026-11-28T19:00:00Z", "never": "told"}
    order, work = (UUID(f"019e6a1c-0000-7000-8000-0000000000{end}") for end in ("01", "c2"))
    assert body_of(Told(order, 3, STAGED, at, "system", facts, HERE, work), None) == body
    now = int(given["webhook-timestamp"])
    assert signing.headers([secret[1]], given["webhook-id"], now, body) == given
    assert verified(secret[1], given, body)
    for late, right in ((0, True), (299, True), (-301, False), (301, False)):
        assert signing.verifies(secret[1], given, body, now + late) is right
    assert not any(signing.verifies(secret[1], given, body[:n] + b"?" + body[n + 1 :], now) for n in range(len(body)))
    assert not signing.verifies(secret[1], given | {"webhook-timestamp": "١٢٣"}, body, now)


def test_what_is_told_is_told_of_kinds_that_happen_and_holds_nothing_of_a_person() -> None:
    code = "".join(
        path.read_text()
        for path in (Path(__file__).parents[2] / "backend" / "comptoir").rglob("*.py")
        if "outgoing" not in path.parts
    )
    said = set(re.findall(r'"([a-z_]+\.[a-z_]+)"', code)) | {f"stock.count_{status}" for status in ("approved",)}
    assert set(KINDS) - said == set()
    fields = {name for kind in KINDS.values() for name in kind.__struct_fields__}
    assert (
        fields & {"name", "email", "phone", "staff", "who", "note", "text", "why", "street", "collector", "customer"}
        == set()
    )

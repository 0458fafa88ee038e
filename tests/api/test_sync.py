"""What a handheld's batches are answered with: always our protocol, always JSON, and nothing lost by the way it is told."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from comptoir.kit.ids import digest, new_id
from comptoir.web.actors import DEVICE_COOKIE
from tests import people
from tests.conftest import Database
from tests.doors import MIDDAY, Served, served

pytestmark = pytest.mark.anyio


@pytest.fixture
async def door(database: Database) -> AsyncIterator[Served]:
    await people.settle(database.connection, MIDDAY)
    async with served(database.dsn) as running:
        running.client.cookies.set(DEVICE_COOKIE, people.DEVICES[people.PART_DIEU])
        yield running


async def signed_in(database: Database, ended: bool = False) -> str:
    made = new_id()
    await database.connection.execute(
        "INSERT INTO sign_in (id, staff, device, token_hash, started_at, seen_at, ends_at, ended_at, means)"
        " VALUES ($1, $2, $3, $4, $5, $5, $6, $7, 'pin')",
        made, people.SAM.id, people.DEVICE_IDS[people.PART_DIEU], digest(str(made)), MIDDAY - timedelta(hours=2),
        MIDDAY + timedelta(hours=10), MIDDAY - timedelta(minutes=1) if ended else None,
    )  # fmt: skip
    return str(made)


def batch(sign_in: str, *codes: str, **more: Any) -> dict[str, Any]:
    events = [
        {"seq": seq, "id": str(new_id()), "at_wall": "2026-11-20T10:30:00Z", "sign_in_id": sign_in, "type": "unknown_code", "body": {"code": code}}
        for seq, code in enumerate(codes, 1)
    ]  # fmt: skip
    return {"v": 1, "journal_id": str(new_id()), "events": events} | more


def is_ours(answer: httpx.Response) -> bool:
    """What a device checks before it believes anything."""
    return answer.headers.get("x-sync-protocol") == "1" and "json" in answer.headers["content-type"]


async def test_a_ping_says_the_servers_time(door: Served) -> None:
    answer = await door.client.get("/sync/ping")
    assert (is_ours(answer), answer.json()) == (True, {"pong": True, "now": "2026-11-20T11:00:00Z"})


async def test_a_batch_is_taken_under_a_sign_in_that_has_ended_since(door: Served, database: Database) -> None:
    answer = await door.client.post("/sync/events", json=batch(await signed_in(database, ended=True), "A", "B"))
    assert (answer.status_code, is_ours(answer), answer.json()["acked_through"]) == (200, True, 2)
    assert [told["outcome"] for told in answer.json()["outcomes"]] == ["applied", "applied"]


async def test_without_the_devices_credential_it_is_401_in_our_protocol(door: Served) -> None:
    door.client.cookies.clear()
    answer = await door.client.post("/sync/events", json=batch(str(new_id()), "A"))
    assert (answer.status_code, is_ours(answer), answer.json()["code"]) == (401, True, "device_needed")


async def test_a_revoked_device_is_401_in_our_protocol(door: Served, database: Database) -> None:
    await database.connection.execute("UPDATE device SET revoked_at = $1", MIDDAY)
    answer = await door.client.get("/sync/ping")
    assert (answer.status_code, is_ours(answer)) == (401, True)


async def test_a_gap_is_409_with_the_line_that_is_waited_for(door: Served, database: Database) -> None:
    sent = batch(await signed_in(database), "A", "B")
    answer = await door.client.post("/sync/events", json=sent | {"events": sent["events"][1:]})
    assert (answer.status_code, is_ours(answer), answer.json()["expected_seq"]) == (409, True, 1)


async def test_a_line_that_changed_is_409_and_named_a_clone(door: Served, database: Database) -> None:
    sent = batch(await signed_in(database), "A")
    await door.client.post("/sync/events", json=sent)
    sent["events"][0]["id"] = str(new_id())
    answer = await door.client.post("/sync/events", json=sent)
    assert (answer.status_code, is_ours(answer), answer.json()["code"]) == (409, True, "device_clone")


async def test_a_newer_form_of_a_batch_is_426_whatever_else_it_holds(door: Served, database: Database) -> None:
    sent = batch(await signed_in(database), "A", v=2, something_new=True)
    answer = await door.client.post("/sync/events", json=sent)
    assert (answer.status_code, is_ours(answer), answer.json()["code"]) == (426, True, "sync_version")


@pytest.mark.parametrize("codes", [("A",) * 51, ("A" * 4000,) * 17], ids=["51 lines", "more than 64 kB"])
async def test_too_much_at_once_is_413_and_none_of_it_is_taken(
    door: Served, database: Database, codes: tuple[str, ...]
) -> None:
    answer = await door.client.post("/sync/events", json=batch(await signed_in(database), *codes))
    assert (answer.status_code, is_ours(answer)) == (413, True)
    assert await database.connection.fetchval("SELECT count(*) FROM device_event") == 0


async def test_an_address_that_is_not_there_answers_in_our_protocol_too(door: Served) -> None:
    answer = await door.client.get("/sync/nowhere")
    assert (answer.status_code, is_ours(answer)) == (404, True)


@pytest.mark.parametrize(
    ("scanned", "kept"),
    [
        ("]C10103701234500017\x1d10L7", "]C10103701234500017|10L7"), ("a\x00b\x08\x7f\x85", "a\ufffdb\ufffd\ufffd\ufffd"), ("\\u001d", "\\u001d"),
        ("\U0001f455", "\U0001f455"), ("half \ud83d", "half \ufffd"), ("é \n\t", "é \n\t"),
    ],
)  # fmt: skip
async def test_a_scan_with_signs_that_no_text_may_hold_does_not_stop_the_journal(
    door: Served, database: Database, scanned: str, kept: str
) -> None:
    body = json.dumps(batch(await signed_in(database), scanned, "B" + chr(92)))
    answer = await door.client.post("/sync/events", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["acked_through"]) == (200, 2)
    found = await database.connection.fetchval("SELECT body->>'code' FROM device_event WHERE seq = 1")
    assert found == kept


@pytest.mark.parametrize(
    ("at_wall", "offset_ms"),
    [
        ("1970-01-01T00:00:12Z", 1_795_343_000_000),
        ("9999-12-31T23:59:59Z", 1e12),
        ("5000-01-01T00:00:00Z", 0),
        ("2026-11-20T10:30:00Z", 1e13),
        ("0001-01-01T00:00:00Z", -1e12),
    ],
)
async def test_a_clock_that_is_decades_off_does_not_stop_the_journal(
    door: Served, database: Database, at_wall: str, offset_ms: float
) -> None:
    sent = batch(await signed_in(database), "A")
    sent["events"][0] |= {"at_wall": at_wall, "offset_ms": offset_ms}
    assert (await door.client.post("/sync/events", json=sent)).json()["acked_through"] == 1


async def test_a_body_that_is_no_batch_is_400_in_our_protocol(door: Served) -> None:
    answer = await door.client.post("/sync/events", content=b"<html>", headers={"content-type": "application/json"})
    assert (answer.status_code, is_ours(answer)) == (400, True)


async def test_a_handheld_that_leaves_within_its_request_breaks_nothing(
    door: Served, caplog: pytest.LogCaptureFixture
) -> None:
    told = []
    said = iter([{"type": "http.request", "body": b'{"v": 1, ', "more_body": True}, {"type": "http.disconnect"}])

    async def receive() -> Any:
        return next(said)

    async def send(message: Any) -> None:
        told.append(message)

    cookie = f"{DEVICE_COOKIE}={people.DEVICES[people.PART_DIEU]}".encode()
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http", "path": "/sync/events",
        "raw_path": b"/sync/events", "query_string": b"", "root_path": "", "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
        "headers": [(b"host", b"127.0.0.1"), (b"content-type", b"application/json"), (b"sec-fetch-site", b"same-origin"), (b"cookie", cookie)],
    }  # fmt: skip
    await door.app(scope, receive, send)  # type: ignore[arg-type]
    assert told[0]["status"] == 400
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []

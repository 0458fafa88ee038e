"""Carriers are asked in their own pace and tell by themselves; their slip takes the place of ours."""

import hashlib
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest

from comptoir.carriers.model import (
    Busy,
    Capabilities,
    Carrier,
    Document,
    Manifest,
    ManifestAnswer,
    TrackAnswer,
    Tracked,
    TrackingEvent,
)
from comptoir.channels.signing import sign
from comptoir.errands.carriers import Carriers
from comptoir.errands.slips import ask_slips
from comptoir.errands.tracking import ask_carriers
from tests.conftest import Database
from tests.pages.manager_door import Desk, opened
from tests.pages.parcels_door import labeled
from tests.pages.test_departures import handheld, leave, standing

pytestmark = pytest.mark.anyio
SECRET = "a secret of the account"


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    secrets = msgspec.json.encode({"colissimo-orme": {"push": SECRET}}).decode()
    async with opened(database, COMPTOIR_CARRIER_SECRETS=secrets) as desk:
        yield desk


class LocalCarrier(Carrier):
    """A carrier on the other side of its interface: it tells what it was given to tell, and notes what it was asked."""

    name = "colissimo"
    capabilities = Capabilities(tracking=True, track_at_once=10, manifest=True)

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.tells: dict[str, tuple[TrackingEvent, ...]] = {}
        self.busy = False

    async def track(self, numbers: Sequence[str]) -> TrackAnswer:
        self.asked.append(list(numbers))
        if self.busy:
            return Busy("429", 900)
        known = tuple(event for number in numbers for event in self.tells.get(number, ()))
        return Tracked(known, tuple(number for number in numbers if number not in self.tells))

    async def manifest(self, numbers: Sequence[str]) -> ManifestAnswer:
        if self.busy:
            return Busy("503")
        paper = b"%PDF-1.4 slip of the carrier"
        return Manifest(
            "B-77", Document("manifest", paper, "application/pdf", hashlib.sha256(paper).hexdigest()), tuple(numbers)
        )


async def test_parcels_are_asked_for_ten_at_once_and_less_often_once_they_are_old(desk: Desk) -> None:
    house, clock, carrier = desk.app.house, desk.app.clock, LocalCarrier()
    house.carriers.put("colissimo-orme", carrier)
    many = [await labeled(desk) for _ in range(6)]
    numbers = [number for made in many for number in made.numbers]
    await leave(await handheld(desk), *numbers)
    assert await ask_carriers(house) == 0
    clock.advance(hours=2)
    carrier.tells = {numbers[0]: (TrackingEvent(numbers[0], "ET1", "in_transit", clock(), "Lyon", ""),)}
    assert await ask_carriers(house) == 12
    assert [len(asked) for asked in carrier.asked] == [10, 2]
    assert sorted(number for asked in carrier.asked for number in asked) == sorted(numbers)
    assert await standing(desk, many[0]) == ("in_transit", "fulfilled")
    assert await ask_carriers(house) == 0
    clock.advance(hours=3)
    carrier.busy = True
    assert await ask_carriers(house) == 12
    # One call was answered "not now": the account is left alone for the time it named.
    assert len(carrier.asked) == 3
    clock.advance(minutes=14)
    assert await ask_carriers(house) == 0
    clock.advance(minutes=2)
    carrier.busy, carrier.tells = (
        False,
        {number: (TrackingEvent(number, "DI1", "delivered", clock()),) for number in numbers},
    )
    assert await ask_carriers(house) == 12
    clock.advance(days=3)
    assert await ask_carriers(house) == 0
    assert await standing(desk, many[5]) == ("delivered", "fulfilled")


async def test_a_parcel_whose_history_cannot_be_kept_keeps_no_other_waiting(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    house, clock, carrier = desk.app.house, desk.app.clock, LocalCarrier()
    house.carriers.put("colissimo-orme", carrier)
    made = await labeled(desk)
    await leave(await handheld(desk), *made.numbers)
    clock.advance(hours=3)
    carrier.tells = {number: (TrackingEvent(number, "DI1", "delivered", clock()),) for number in made.numbers}
    kept, first = house.runner.perform, []

    async def perform(command: Any, actor: Any) -> Any:
        first.append(command.number)
        assert len(first) > 1
        return await kept(command, actor)

    monkeypatch.setattr(house.runner, "perform", perform)
    assert await ask_carriers(house) == len(first) == 2
    told = await desk.connection.fetchval("SELECT number FROM tracking WHERE status = 'delivered'")
    assert [told] == first[1:]
    assert await ask_carriers(house) == 0


async def test_a_carrier_tells_by_itself_and_only_the_accounts_secret_makes_it_heard(desk: Desk) -> None:
    made = await labeled(desk)
    await leave(await handheld(desk), *made.numbers)
    at = (desk.app.clock() + timedelta(hours=1)).isoformat()
    event = {"number": made.numbers[0], "code": "MD2", "at": at, "where": "Lyon 6"}
    body = msgspec.json.encode({"events": [event, event | {"number": "6A00000000000"}, event | {"code": "ZZ1"}]})

    async def push(said: bytes, signature: str, account: str = "colissimo-orme") -> httpx.Response:
        return await desk.app.client.post(
            f"/receipts/parcels/{account}", content=said, headers={"x-comptoir-signature": signature}
        )

    for said, signature, account in (
        (body, sign(body, "another secret"), "colissimo-orme"), (body + b" ", sign(body, SECRET), "colissimo-orme"), (body, sign(body, ""), "ups-orme"),
        (body, "", "colissimo-orme"),
    ):  # fmt: skip
        assert (await push(said, signature, account)).status_code == 401
    assert await desk.connection.fetchval("SELECT count(*) FROM tracking_event") == 0
    for _ in range(2):
        assert (await push(body, sign(body, SECRET))).status_code == 200
    rows: list[Any] = await desk.connection.fetch("SELECT code, status, source FROM tracking_event ORDER BY code")
    assert [tuple(row) for row in rows] == [("MD2", "out_for_delivery", "push"), ("ZZ1", "unknown", "push")]
    assert await standing(desk, made) == ("in_transit", "fulfilled")
    given: list[Any] = []
    made_once = Carriers(
        desk.app.house.pool,
        {"colissimo": lambda *of: given.append(of) or LocalCarrier()},
        {"colissimo-orme": {"push": SECRET, "key": "k"}},
    )
    assert await made_once.of("colissimo-orme") is not None and given == [({}, {"key": "k"})]
    wrong = b'{"events": [{"number": "6A"}]}'
    assert (await push(wrong, sign(wrong, SECRET))).status_code == 400


async def test_the_carriers_own_slip_takes_the_place_of_ours_when_it_comes(desk: Desk) -> None:
    carrier = LocalCarrier()
    desk.app.house.carriers.put("colissimo-orme", carrier)
    made, scanner = await labeled(desk), await handheld(desk)
    gone = await leave(scanner, *made.numbers)
    ours = await scanner.browser.get(f"{gone}/paper")
    carrier.busy = True
    assert await ask_slips(desk.app.house) == 1
    assert (await scanner.browser.get(f"{gone}/paper")).content == ours.content
    carrier.busy = False
    desk.app.clock.advance(minutes=1)
    assert await ask_slips(desk.app.house) == 1
    assert (await scanner.browser.get(f"{gone}/paper")).content == b"%PDF-1.4 slip of the carrier"
    assert "B-77" in (await scanner.browser.get(gone)).text
    assert await ask_slips(desk.app.house) == 0

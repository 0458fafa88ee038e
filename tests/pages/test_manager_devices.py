"""What a manager sees of devices, and what a colleague does about a silent one; a parcel that another store sends instead."""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest

from comptoir.kit.ids import new_id
from comptoir.screens import device_list
from tests.conftest import Database
from tests.pages.manager_door import Desk, hidden, opened, words
from tests.people import DEVICE_IDS, HELENE, INES, LEA, ODILE, PART_DIEU, SAM, VIEUX_LILLE

pytestmark = pytest.mark.anyio


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    async with opened(database) as desk:
        yield desk


async def silent_pack(desk: Desk, work: UUID, minutes: int) -> UUID:
    """Sam has this work on a second device of the store that was heard of so long ago."""
    device, made, now = new_id(), new_id(), desk.app.clock()
    seen = now - timedelta(minutes=minutes)
    await desk.connection.execute(
        "INSERT INTO device (id, location, name, credential_hash, enrolled_at, last_seen_at, clock_off_seconds)"
        " VALUES ($1, $2, 'TC-14', $3, $4, $4, -300)", device, PART_DIEU, device.bytes, seen,
    )  # fmt: skip
    await desk.connection.execute(
        "INSERT INTO journal (id, device, expected_seq, started_at, last_at) VALUES ($1, $2, 813, $3, $3)",
        new_id(), device, seen,
    )  # fmt: skip
    await desk.connection.execute(
        "INSERT INTO pack (id, location, device, staff, made_at, lease_until) VALUES ($1, $2, $3, $4, $5, $6)",
        made, PART_DIEU, device, SAM.id, seen, now + timedelta(minutes=20),
    )  # fmt: skip
    await desk.connection.execute(
        "UPDATE work SET pack = $2, taken_by = $3, status = 'picking' WHERE id = $1", work, made, SAM.id
    )
    return made


async def test_the_device_list_says_what_a_silent_one_has_in_hand(desk: Desk) -> None:
    _, work = await desk.order("open")
    await silent_pack(desk, work, 35)
    async with await desk.browser(HELENE) as browser:
        told = words(await browser.get("/manager/devices"))
    assert "Muet depuis 35 min, 2 lignes en main" in told
    assert "Dernier geste reçu n° 812" in told
    assert "Lot de Sam, 2 lignes à préparer" in told
    assert "Son heure retarde de 5 min" in told


async def test_of_more_devices_than_fit_those_with_work_in_hand_are_shown_and_the_list_says_how_to_see_the_others(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device_list, "MOST", 1)
    _, work = await desk.order("open")
    await silent_pack(desk, work, 35)
    async with await desk.browser(ODILE) as browser:
        told = words(await browser.get("/manager/devices"))
        assert "TC-14" in told and "Voici les 1 premiers" in told
        page = await browser.get(f"/manager/devices?store={VIEUX_LILLE}")
        assert "TC-14" not in page.text and f'<option value="{VIEUX_LILLE}" selected>' in page.text


async def test_a_device_heard_of_lately_is_not_called_silent(desk: Desk) -> None:
    _, work = await desk.order("open")
    await silent_pack(desk, work, 3)
    async with await desk.browser(HELENE) as browser:
        assert "Muet" not in words(await browser.get("/manager/devices"))


async def test_a_colleague_goes_on_with_it_from_the_list(desk: Desk) -> None:
    _, work = await desk.order("open")
    await silent_pack(desk, work, 35)
    async with await desk.browser(LEA, PART_DIEU) as browser:
        assert "TC-14 muet depuis 35 min, 2 lignes : reprendre" in words(await browser.get("/work"))
        page = await browser.get(f"/work/{work}")
        assert "Reprendre, 2 lignes" in words(page)
        action = f"/packs/{await desk.connection.fetchval('SELECT pack FROM work WHERE id = $1', work)}/take-over"
        answer = await browser.post(action, data={"id": hidden(page, "id", action)})
    row = await desk.connection.fetchrow(
        "SELECT p.device, w.taken_by, p.id FROM work w JOIN pack p ON p.id = w.pack WHERE w.id = $1", work
    )
    assert (answer.status_code, answer.headers["location"]) == (303, f"/packs/{row['id']}")
    assert (row["device"], row["taken_by"]) == (DEVICE_IDS[PART_DIEU], LEA.id)


async def test_nobody_takes_over_what_a_colleague_is_at(desk: Desk) -> None:
    _, work = await desk.order("open")
    pack = await silent_pack(desk, work, 3)
    async with await desk.browser(LEA, PART_DIEU) as browser:
        assert "reprendre" not in words(await browser.get("/work"))
        assert (await browser.post(f"/packs/{pack}/take-over", data={"id": str(new_id())})).status_code == 409


async def to_send(desk: Desk) -> tuple[UUID, UUID]:
    """An order to be sent, at Part-Dieu; Lille has its articles as well."""
    return await desk.order("open", kind="ship")


async def test_head_office_gives_a_parcel_to_another_store(desk: Desk) -> None:
    order, work = await to_send(desk)
    async with await desk.browser(ODILE) as browser:
        page = await browser.get(f"/manager/orders/{order}")
        assert "Confier à un autre magasin" in words(page)
        action = f"/manager/orders/{order}/works/{work}/move"
        form = {"id": hidden(page, "id", action), "version": hidden(page, "version", action), "store": VIEUX_LILLE}
        for _ in range(2):
            answer = await browser.post(action, data=form)
            assert (answer.status_code, answer.headers["location"]) == (303, f"/manager/orders/{order}")
        told = words(await browser.get(f"/manager/orders/{order}"))
    assert "Confiée à un autre magasin" in told
    rows = await desk.connection.fetch(
        "SELECT location, status FROM work WHERE order_id = $1 ORDER BY created_at, id", order
    )
    assert [tuple(row) for row in rows] == [(PART_DIEU, "canceled"), (VIEUX_LILLE, "open")]


async def test_stock_that_went_meanwhile_is_told_on_the_order(desk: Desk) -> None:
    order, work = await to_send(desk)
    async with await desk.browser(ODILE) as browser:
        page = await browser.get(f"/manager/orders/{order}")
        await desk.move("AMPHORE-24", VIEUX_LILLE, "till_sale", -9)
        action = f"/manager/orders/{order}/works/{work}/move"
        form = {"id": hidden(page, "id", action), "version": hidden(page, "version", action), "store": VIEUX_LILLE}
        answer = await browser.post(action, data=form)
    assert (answer.status_code, "Ce magasin n’a plus assez de stock" in words(answer)) == (409, True)


async def test_only_stores_of_ones_own_are_offered(desk: Desk) -> None:
    order, work = await to_send(desk)
    async with await desk.browser(INES) as browser:
        assert "Confier à un autre magasin" not in words(await browser.get(f"/manager/orders/{order}"))
        form = {"id": str(new_id()), "version": "1", "store": VIEUX_LILLE}
        answer = await browser.post(f"/manager/orders/{order}/works/{work}/move", data=form)
        assert answer.status_code == 404
    async with await desk.browser(HELENE) as browser:
        answer = await browser.post(f"/manager/orders/{order}/works/{work}/move", data=form)
        assert answer.status_code == 403

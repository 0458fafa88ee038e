"""Head office decides about a channel: what is saved holds, two people do not overwrite one another, a slip changes nothing."""

from collections.abc import AsyncIterator

import httpx
import pytest

from comptoir.channels.changing import read_price
from comptoir.kit.errors import Invalid
from comptoir.kit.ids import new_id
from tests.conftest import Database
from tests.pages.manager_door import Desk, hidden, opened, words
from tests.people import ODILE, SAM

pytestmark = pytest.mark.anyio
PATH = "/manager/channels/api"


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    async with opened(database) as desk:
        await desk.connection.execute(
            "INSERT INTO channel (id, kind, name) VALUES ('api', 'api', 'orme.example.fr') ON CONFLICT DO NOTHING"
        )
        yield desk


async def send(
    office: httpx.AsyncClient, invoices: str = "at_confirmation", delivery: str = "4,90", **more: str
) -> httpx.Response:
    page = await office.get(PATH)
    form = {"id": str(new_id()), "version": hidden(page, "version"), "invoices": invoices, "delivery": delivery}
    return await office.post(PATH, data=form | more)


async def held(desk: Desk) -> tuple[str, int | None, int]:
    row = await desk.connection.fetchrow("SELECT invoices, delivery_minor, version FROM channel WHERE id = 'api'")
    assert row is not None
    return tuple(row)


async def test_what_is_saved_holds_and_is_kept_with_who_did_it(desk: Desk) -> None:
    office = await desk.browser(ODILE)
    answer = await send(office)
    assert answer.status_code == 303
    assert await held(desk) == ("at_confirmation", 490, 2)
    assert (
        await desk.connection.fetchval("SELECT count(*) FROM audit WHERE action = 'channel.saved' AND subject = 'api'")
        == 1
    )
    page = await office.get(answer.headers["location"])
    assert "Enregistré" in words(page) and 'value="4,90"' in page.text
    assert "factures à la confirmation" in words(await office.get("/manager/channels"))


async def test_the_same_form_sent_twice_is_one_change(desk: Desk) -> None:
    office = await desk.browser(ODILE)
    form = {"id": str(new_id()), "version": "1", "invoices": "theirs", "delivery": ""}
    assert [(await office.post(PATH, data=form)).status_code for _ in range(2)] == [303, 303]
    assert await held(desk) == ("theirs", None, 2)


async def test_who_writes_over_an_older_version_is_told_and_keeps_what_was_typed(desk: Desk) -> None:
    office = await desk.browser(ODILE)
    old = hidden(await office.get(PATH), "version")
    await send(office, "theirs", "")
    late = await send(office, "at_hand_over", "7,50", version=old)
    assert late.status_code == 409 and 'value="7,50"' in late.text
    assert await held(desk) == ("theirs", None, 2)


@pytest.mark.parametrize("typed", ["gratuit", "-1", "4,905", "1000,01", "٤", "4 90"])
async def test_a_price_that_cannot_be_read_changes_nothing_and_stays_in_its_field(desk: Desk, typed: str) -> None:
    office = await desk.browser(ODILE)
    answer = await send(office, delivery=typed)
    assert answer.status_code == 422 and f'value="{typed}"' in answer.text and "4,90" in words(answer)
    assert (await held(desk))[2] == 1


@pytest.mark.parametrize(
    ("typed", "minor"), [("", None), ("0", 0), ("5", 500), ("4.9", 490), (" 4,90 € ", 490), ("1000", 100_000)]
)
def test_a_price_is_read_as_people_write_it(typed: str, minor: int | None) -> None:
    assert read_price(typed) == minor


def test_more_than_any_delivery_costs_is_a_slip() -> None:
    with pytest.raises(Invalid):
        read_price("9999")


async def test_whoever_is_not_head_office_finds_no_channels(desk: Desk) -> None:
    assert (await (await desk.browser(SAM)).get("/manager/channels")).status_code in (302, 303, 403)


async def test_a_channel_that_is_not_there_is_said_so(desk: Desk) -> None:
    assert (await (await desk.browser(ODILE)).get("/manager/channels/nowhere")).status_code == 404

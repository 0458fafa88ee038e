"""A message that nobody has is red where somebody can help: on the order, at the counter, on the manager's first page."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest

from comptoir.kit.check import find_breaches
from comptoir.kit.ids import new_id
from comptoir.notifications.providers.port import Answer, Letter
from comptoir.tower.queries import read_untold
from tests.conftest import Database
from tests.doors import MIDDAY
from tests.pages.manager_door import UUID_TEXT, Desk, hidden, opened, words
from tests.people import HELENE, INES, LEA, MARC, PART_DIEU, VIEUX_LILLE

pytestmark = pytest.mark.anyio


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    async with opened(database) as desk:
        yield desk
    broken = {"every_message_has_a_next_move_or_a_last_word", "no_message_went_out_twice_in_doubt"}
    assert not [breach for breach in await find_breaches(database.connection) if breach.name in broken]


class Takes:
    """A carrier that takes everything."""

    name = "takes"

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def send(self, letter: Letter) -> Answer:
        self.asked.append(letter.to)
        return Answer("accepted", ref=f"{letter.id}-{len(self.asked)}", receipt="delivered")


async def red(desk: Desk, *, status: str = "staged", template: str = "ready", location: str = PART_DIEU, **given: Any) -> tuple[UUID, UUID]:  # fmt: skip
    """An order, and a message of which nobody knows whether its SMS left; (order, message)."""
    order, _ = await desk.order(status, location, **given)
    message = new_id()
    await desk.connection.execute(
        "INSERT INTO message (id, stream, seq, order_id, template, medium, language, subject, body, status, reason, made_at, plan, settled_at, useful_until)"
        " VALUES ($1, $2, 1, $2, $3, 'sms', 'fr', 'x', 'Bonjour [[first name]]', 'failed', 'unknown_outcome', $4, '{sms}', $4, $4)",
        message, order, template, MIDDAY,
    )  # fmt: skip
    await desk.connection.execute(
        "INSERT INTO message_try (message, n, medium, provider, begun_at, ended_at, outcome) VALUES ($1, 1, 'sms', 'ovh', $2, $2, 'unknown')",
        message, MIDDAY,
    )  # fmt: skip
    return order, message


async def state(desk: Desk, message: UUID) -> tuple[str, str | None]:
    row = await desk.connection.fetchrow("SELECT status, reason FROM message WHERE id = $1", message)
    assert row is not None
    return row["status"], row["reason"]


async def press(browser: httpx.AsyncClient, page: str, path: str, **fields: str) -> httpx.Response:
    """Press the button of one form of a page."""
    shown = await browser.get(page)
    return await browser.post(path, data={"id": hidden(shown, "id", path)} | fields)


async def test_the_manager_sees_who_does_not_know_what_and_why(desk: Desk) -> None:
    order, _ = await red(desk)
    async with await desk.browser(INES) as browser:
        assert "Pas prévenus" in words(await browser.get("/manager"))
        found = await browser.get("/manager/orders?which=untold")
        assert f"/manager/orders/{order}" in found.text
        said = words(await browser.get(f"/manager/orders/{order}"))
    assert "Inès ne le sait pas" in said
    assert "Commande prête" in said
    assert "On ne sait pas s’il est parti." in said
    assert "Appeler Inès" in said
    assert not UUID_TEXT.search(said)
    # An order that was moved away is counted where it is, once.
    await desk.connection.execute(
        "UPDATE work SET status = 'canceled', ended_because = 'moved' WHERE order_id = $1", order
    )
    assert await read_untold(desk.connection, None) == {}


async def test_another_region_sees_nothing_of_it_and_can_do_nothing(desk: Desk) -> None:
    order, message = await red(desk)
    async with await desk.browser(MARC) as browser:
        assert f"/manager/orders/{order}" not in (await browser.get("/manager/orders?which=untold")).text
        for act in (f"messages/{message}/again", f"messages/{message}/told"):
            answer = await browser.post(f"/manager/orders/{order}/{act}", data={"id": str(new_id())})
            assert answer.status_code == 404
        answer = await browser.post(
            f"/manager/orders/{order}/contact", data={"id": str(new_id()), "phone": "0612345678"}
        )
        assert answer.status_code == 404
    assert await state(desk, message) == ("failed", "unknown_outcome")


async def test_sent_again_by_a_person_it_goes_out_once_more_and_only_once(desk: Desk) -> None:
    order, message = await red(desk)
    carrier = Takes()
    desk.app.house.lanes["sms"].provider = carrier
    async with await desk.browser(INES) as browser:
        shown = await browser.get(f"/manager/orders/{order}")
        path = f"/manager/orders/{order}/messages/{message}/again"
        form = {"id": hidden(shown, "id", path)}
        assert (await browser.post(path, data=form)).status_code == 303
        desk.app.clock.advance(seconds=1)
        assert (await browser.post(path, data=form)).status_code == 303
        assert await desk.app.house.lanes["sms"].drain(desk.app.house) == 1
        assert await desk.app.house.lanes["sms"].drain(desk.app.house) == 0
        assert "Message renvoyé" in words(await browser.get(f"/manager/orders/{order}"))
    assert carrier.asked == ["+33612345678"]
    assert await state(desk, message) == ("delivered", None)


async def test_what_is_no_longer_true_is_not_sent_again(desk: Desk) -> None:
    order, message = await red(desk, status="handed_over")
    async with await desk.browser(INES) as browser:
        answer = await press(browser, f"/manager/orders/{order}", f"/manager/orders/{order}/messages/{message}/again")
    assert answer.status_code == 409
    assert await state(desk, message) == ("failed", "unknown_outcome")


async def test_told_by_phone_it_is_settled_and_says_by_whom(desk: Desk) -> None:
    order, message = await red(desk)
    async with await desk.browser(HELENE) as browser:
        path = f"/manager/orders/{order}/messages/{message}/told"
        assert (await press(browser, f"/manager/orders/{order}", path)).status_code == 303
        said = words(await browser.get(f"/manager/orders/{order}"))
        assert "Dit par Hélène" in said
        assert "ne le sait pas" not in said
        again = await browser.post(path, data={"id": str(new_id())})
        assert again.status_code == 409
    assert await state(desk, message) == ("delivered", "by_person")


async def test_a_corrected_number_sends_what_was_red_and_is_told_without_naming_it(desk: Desk) -> None:
    order, message = await red(desk, phone=None, email=None)
    carrier = Takes()
    desk.app.house.lanes["sms"].provider = carrier
    async with await desk.browser(INES) as browser:
        path = f"/manager/orders/{order}/contact"
        assert (await press(browser, f"/manager/orders/{order}", path)).status_code == 422
        assert (await press(browser, f"/manager/orders/{order}", path, phone="12")).status_code == 422
        assert (await press(browser, f"/manager/orders/{order}", path, email="nobody")).status_code == 422
        assert (await press(browser, f"/manager/orders/{order}", path, phone="07 68 89 90 00")).status_code == 303
    await desk.app.house.lanes["sms"].drain(desk.app.house)
    assert carrier.asked == ["+33768899000"]
    assert await state(desk, message) == ("delivered", None)
    body = await desk.connection.fetchval("SELECT body::text FROM event WHERE kind = 'customer.contact_corrected'")
    assert "0768" not in body and "768" not in body


async def test_without_any_address_nothing_is_called_sent(desk: Desk) -> None:
    order, message = await red(desk, phone=None, email=None)
    async with await desk.browser(INES) as browser:
        answer = await press(browser, f"/manager/orders/{order}", f"/manager/orders/{order}/messages/{message}/again")
    assert answer.status_code == 409
    assert await state(desk, message) == ("failed", "unknown_outcome")


async def test_the_counter_shows_its_own_customers_who_do_not_know(desk: Desk) -> None:
    order, message = await red(desk)
    await red(desk, location=VIEUX_LILLE)
    async with await desk.browser(LEA, PART_DIEU) as browser:
        shown = await browser.get("/counter")
        assert "Clients pas prévenus" in words(shown)
        assert words(shown).count("commande prête") == 1
        assert 'href="tel:+33612345678"' in shown.text
        path = f"/counter/orders/{order}/messages/{message}/told"
        assert (await browser.post(path, data={"id": hidden(shown, "id", path)})).status_code == 303
        assert "Clients pas prévenus" not in words(await browser.get("/counter"))
    assert await state(desk, message) == ("delivered", "by_person")

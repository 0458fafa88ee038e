"""Cases are told in words with one act, on the store's device and in the browser, and leave the list when settled."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from comptoir.kit.ids import new_id
from tests.conftest import Database
from tests.pages.manager_door import UUID_TEXT, Desk, hidden, opened, words
from tests.people import HELENE, INES, LEA, MARC, ODILE, PART_DIEU

pytestmark = pytest.mark.anyio
KINDS = (
    "handed_over_twice", "handed_over_without_proof", "bags_not_scanned", "bag_in_use", "did_not_fit", "short_choice",
    "age_check_needed", "handed_over_not_staged", "ended_meanwhile", "nothing_picked", "something_new",
    "journal_lost", "report_refused", "person_disabled", "device_revoked", "line_not_in_work", "staged_meanwhile",
    "moved_on_meanwhile", "nothing_to_undo", "put_back_wanted", "unhappy",
)  # fmt: skip


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    async with opened(database) as desk:
        yield desk


@pytest.mark.parametrize("language", ["fr", "en"])
async def test_every_kind_is_told_in_words(desk: Desk, language: str) -> None:
    await desk.connection.execute("UPDATE staff SET language = $1", language)
    order, work = await desk.order("staged")
    cases = [await desk.case(kind, order, work, body='{"bag": "12", "place": "R4", "who": "x"}') for kind in KINDS]
    async with await desk.browser(ODILE) as browser:
        page = words(await browser.get("/manager/exceptions"))
        assert not any(kind in page for kind in KINDS)
        for case in cases:
            told = words(await browser.get(f"/manager/exceptions/{case}"))
            assert "Aubry" in told
            assert not UUID_TEXT.search(told)
        serials = '{"serials": [{"kind": "serial_other", "serial": "SN-7", "picked": "SN-8"}]}'
        case = await desk.case("return_to_decide", order, work, body=serials)
        told = words(await browser.get(f"/manager/exceptions/{case}"))
        assert "SN-7" in told and "(SN-8)" in told and "serial" not in told.replace("Serial number", "")


async def test_money_that_is_about_to_be_gone_has_one_action(desk: Desk) -> None:
    order, work = await desk.order("staged")
    await desk.connection.execute("UPDATE payment SET state = 'authorized', captured_minor = 0")
    until = (desk.app.clock() + timedelta(hours=20)).isoformat()
    about = f'{{"reference": "pay-1", "amount_minor": 16300, "currency": "EUR", "until": "{until}"}}'
    ending = await desk.case("authorization_ending", order, work, body=about)
    gone = await desk.case("authorization_gone", order, work, body=about)
    async with await desk.browser(HELENE, PART_DIEU) as browser:
        page = await browser.get(f"/exceptions/{ending}")
        told = words(page).replace("\u00a0", " ").replace("\u202f", " ")
        assert "163,00 € sont autorisés jusqu’au" in told and "Encaisser maintenant" in told
        form = {"id": hidden(page, "id")}
        for _ in range(2):
            assert (await browser.post(f"/exceptions/{ending}/money", data=form)).status_code == 303
        assert (await browser.post(f"/exceptions/{ending}/money", data={"id": str(new_id())})).status_code == 409
        intended = await desk.connection.fetch("SELECT kind, amount_minor, reason FROM payment_intention")
        assert [tuple(row) for row in intended] == [("capture", 16_300, "before_it_ends")]
        assert "Redemander le paiement" in words(await browser.get(f"/exceptions/{gone}"))
        other = await desk.case("unhappy", order, work)
        assert (await browser.post(f"/exceptions/{other}/money", data={"id": str(new_id())})).status_code == 422
    async with await desk.browser(INES) as browser:
        assert (await browser.post(f"/manager/exceptions/{gone}/money", data={"id": str(new_id())})).status_code == 303
    # It was authorized all the while: there is nothing to ask for.
    assert await desk.connection.fetchval("SELECT count(*) FROM payment WHERE state = 'pending'") == 0


async def test_an_unhappy_customers_words_stand_on_the_case_and_on_the_order(desk: Desk) -> None:
    order, work = await desk.order("handed_over")
    await desk.connection.execute(
        "INSERT INTO rating (order_id, location, score, comment, at) VALUES ($1, $2, 1, 'Une heure <b>debout</b>', $3)",
        order, PART_DIEU, desk.app.clock(),
    )  # fmt: skip
    case = await desk.case("unhappy", order, work)
    async with await desk.browser(ODILE) as browser:
        for path in (f"/manager/exceptions/{case}", f"/manager/orders/{order}"):
            page = await browser.get(path)
            assert "Une heure &lt;b&gt;debout&lt;/b&gt;" in page.text
        assert "Un client n’est pas content" in words(await browser.get("/manager/exceptions"))
        assert "Retrait : pas bien" in words(page)


async def test_the_store_manager_settles_a_case_on_the_stores_device(desk: Desk) -> None:
    order, work = await desk.order("handed_over")
    case = await desk.case("bags_not_scanned", order, work)
    async with await desk.browser(HELENE, PART_DIEU) as browser:
        assert "Remise sans scanner tous les sacs" in words(await browser.get("/exceptions"))
        page = await browser.get(f"/exceptions/{case}")
        form = {"id": hidden(page, "id"), "resolution": "all_right", "note": "Le sac était vide."}
        for _ in range(2):
            answer = await browser.post(f"/exceptions/{case}", data=form)
            assert (answer.status_code, answer.headers["location"]) == (303, "/exceptions")
        assert "Rien à décider" in words(await browser.get("/exceptions"))


async def test_a_colleague_who_was_quicker_is_told_of(desk: Desk) -> None:
    order, work = await desk.order("handed_over")
    case = await desk.case("bags_not_scanned", order, work)
    async with await desk.browser(INES) as browser:
        for status in (303, 409):
            form = {"id": str(new_id()), "resolution": "all_right", "note": "ok"}
            answer = await browser.post(f"/manager/exceptions/{case}", data=form)
            assert answer.status_code == status
    assert "Un collègue a déjà réglé ce cas" in words(answer)


async def test_a_missing_article_leads_to_its_order(desk: Desk) -> None:
    order, work = await desk.order()
    case = await desk.case("short_choice", order, work)
    async with await desk.browser(HELENE, PART_DIEU) as browser:
        page = (await browser.get(f"/exceptions/{case}")).text
    assert f'href="/manager/orders/{order}"' in page
    assert "<form" not in page


async def test_another_region_finds_nothing(desk: Desk) -> None:
    order, work = await desk.order()
    case = await desk.case("bag_in_use", order, work)
    async with await desk.browser(MARC) as browser:
        assert "Rien à décider" in words(await browser.get("/manager/exceptions"))
        assert (await browser.get(f"/manager/exceptions/{case}")).status_code == 404
        form = {"id": str(new_id()), "resolution": "all_right", "note": "ok"}
        assert (await browser.post(f"/manager/exceptions/{case}", data=form)).status_code == 404


async def test_an_associate_may_not_look(desk: Desk) -> None:
    async with await desk.browser(LEA, PART_DIEU) as browser:
        assert (await browser.get("/exceptions")).status_code == 403

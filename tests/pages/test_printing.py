"""Printers are named within their store's network; what does not come out stays on the handheld, and no step waits."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from comptoir.errands.printing import print_due
from comptoir.kit.actor import SYSTEM
from comptoir.kit.ids import new_id
from comptoir.printing.model import AskPrint
from tests.conftest import Database
from tests.pages.manager_door import Desk, hidden, opened, words
from tests.people import HELENE, LEA, ODILE, PART_DIEU, VIEUX_LILLE
from tests.printers import LocalPrinter, local_printer

pytestmark = pytest.mark.anyio
HERE = f"/manager/printers/{PART_DIEU}"


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    async with opened(database, COMPTOIR_PRINTERS_LOCAL="yes") as desk:
        yield desk


async def name_printer(desk: Desk, printer: LocalPrinter, name: str = "Quai", **fields: object) -> None:
    """As the store's manager does it."""
    async with await desk.browser(HELENE) as browser:
        form = {
            "id": str(new_id()), "printer": str(new_id()), "version": "0", "name": name, "host": "127.0.0.1",
            "port": str(printer.port), "language": "zpl", "media": "10x15", "active": "true",
        }  # fmt: skip
        assert (await browser.post(HERE, data=form | fields)).status_code == 303


async def ask_for_test_page(desk: Desk) -> None:
    async with await desk.browser(HELENE) as browser:
        page = await browser.get(HERE)
        action = page.text.split("/test")[0].rsplit('action="', 1)[1] + "/test"
        form = {"id": hidden(page, "id", "/test")}
        for _ in range(2):  # a double click is one page
            assert (await browser.post(action, data=form)).status_code == 303


async def test_a_printer_is_named_only_within_the_network_that_head_office_declared(desk: Desk) -> None:
    form = {
        "printer": str(new_id()),
        "version": "0",
        "name": "Quai",
        "port": "9100",
        "language": "pdf",
        "media": "a4",
        "active": "true",
    }
    async with await desk.browser(ODILE) as office:
        for typed, said in (
            ("8.8.8.0/24", "Réseau public"), ("10.0.0.0/8", "trop large"), ("169.254.0.0/24", "illisible"), ("quai", "illisible"),
        ):  # fmt: skip
            refused = await office.post(f"{HERE}/networks", data={"id": str(new_id()), "networks": typed})
            assert refused.status_code == 422 and said in words(refused), typed
        taken = await office.post(f"{HERE}/networks", data={"id": str(new_id()), "networks": "192.168.10.0/24"})
        assert taken.status_code == 303
    async with await desk.browser(HELENE) as manager:
        for host in ("192.168.11.5", "8.8.8.8", "169.254.169.254", "printer.example.com", "0.0.0.0"):
            refused = await manager.post(HERE, data=form | {"id": str(new_id()), "host": host})
            assert refused.status_code == 422 and "Adresse refusée" in words(refused), host
        assert (await manager.post(HERE, data=form | {"id": str(new_id()), "host": "192.168.10.40"})).status_code == 303
        elsewhere = await manager.get(f"/manager/printers/{VIEUX_LILLE}")
        assert elsewhere.status_code == 404
        assert "192.168.10.40" in words(await manager.get(HERE))
        mine = await manager.post(f"{HERE}/networks", data={"id": str(new_id()), "networks": "10.1.0.0/16"})
        assert mine.status_code == 403


async def test_a_test_page_comes_out_once_and_its_row_says_so(desk: Desk) -> None:
    async with local_printer() as printer:
        await name_printer(desk, printer)
        await ask_for_test_page(desk)
        assert await print_due(desk.app.house) == 1
        assert await print_due(desk.app.house) == 0
        assert len(printer.printed) == 1
        assert printer.printed[0].startswith(b"^XA") and b"Quai" in printer.printed[0]
        async with await desk.browser(HELENE) as browser:
            assert "Dernier document pris" in words(await browser.get(HERE))


async def test_what_nothing_reached_is_tried_again_and_what_broke_waits_for_a_person(desk: Desk) -> None:
    async with local_printer() as printer, local_printer() as other:
        await name_printer(desk, printer)
        await name_printer(desk, other, "Réserve")
        house, clock = desk.app.house, desk.app.clock
        source = await desk.connection.fetchval("SELECT id FROM printer WHERE name = 'Quai'")
        ask = AskPrint(new_id(), PART_DIEU, "test", source, "Quai", "zpl", source)
        first = (await house.runner.perform(ask, SYSTEM)).read()["job"]
        again = AskPrint(new_id(), PART_DIEU, "test", source, "Quai", "zpl", source)
        assert (await house.runner.perform(again, SYSTEM)).read()["job"] == first

        async def state() -> tuple[str, str]:
            row = await desk.connection.fetchrow("SELECT state, code FROM print_job WHERE id = $1::text::uuid", first)
            assert row is not None
            return row["state"], row["code"]

        printer.mood = "paper_out"
        await print_due(house)
        assert await state() == ("queued", "paper_out") and printer.printed == []
        printer.mood = "cuts"
        clock.advance(seconds=40)
        await print_due(house)
        assert await state() == ("failed", "cut_off")
        # Nobody sends it again blindly: part of it may lie in the printer.
        await print_due(house)
        assert printer.calls == 2
        async with await desk.browser(LEA, PART_DIEU) as handheld:
            page = await handheld.get("/printing")
            told = words(page)
            assert (
                "1 document n’est pas sorti" in told and "coupée au milieu" in told and "Imprimer sur Réserve" in told
            )
            paper = await handheld.get(f"/printing/{first}/paper")
            assert paper.headers["content-type"] == "application/vnd.zpl" and paper.content.startswith(b"^XA")
            elsewhere = await desk.connection.fetchval("SELECT id FROM printer WHERE name = 'Réserve'")
            form = {"id": str(new_id()), "what": "other", "printer": str(elsewhere)}
            for _ in range(2):
                assert (await handheld.post(f"/printing/{first}", data=form)).status_code == 303
        other.mood = "one_way"
        await print_due(house)
        assert len(other.printed) == 1 and await state() == ("given_up", "cut_off")


async def test_a_worker_that_died_while_sending_leaves_it_to_a_person(desk: Desk) -> None:
    async with local_printer() as printer:
        await name_printer(desk, printer)
        await ask_for_test_page(desk)
        await desk.connection.execute(
            "UPDATE print_job SET state = 'sending', next_at = NULL, claimed_until = $1",
            desk.app.clock() - timedelta(seconds=1),
        )
        await asyncio.gather(print_due(desk.app.house), print_due(desk.app.house))
        assert printer.calls == 0
        assert await desk.connection.fetchval("SELECT state FROM print_job") == "failed"

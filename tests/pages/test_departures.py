"""Parcels are scanned onto a driver's pile, leave together, and can be taken back for two minutes; what carriers say moves them on."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from httpx import AsyncClient

from comptoir.flows.erase_customer import EraseCustomer
from comptoir.flows.watch_parcels import watch_parcels
from comptoir.kit.actor import SYSTEM, Actor
from comptoir.kit.check import find_breaches
from comptoir.kit.db import in_transaction
from comptoir.kit.ids import new_id
from comptoir.shipping.collection_queries import collections
from comptoir.shipping.tracking import HeardEvent, HearTracking
from comptoir.shipping.tracking_sql import lock_overdue
from comptoir.wiring import LISTENERS
from tests.conftest import Database
from tests.doors import MIDDAY
from tests.pages.manager_door import Desk, hidden, opened, words
from tests.pages.parcels_door import Labeled, labeled
from tests.people import HELENE, LEA, ODILE, PART_DIEU

pytestmark = pytest.mark.anyio
LANE = "/departures/colissimo-orme"


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    async with opened(database) as desk:
        yield desk


class Scanner:
    """Léa's handheld: its journal, sent scan by scan."""

    def __init__(self, desk: Desk, browser: AsyncClient) -> None:
        self.desk, self.browser, self.seq, self.journal = desk, browser, 0, str(new_id())

    async def tell(self, kind: str, **body: Any) -> dict[str, Any]:
        self.seq += 1
        sign_in = await self.desk.connection.fetchval("SELECT id FROM sign_in WHERE staff = $1 LIMIT 1", LEA.id)
        self.last = str(new_id())
        at = self.desk.app.clock().isoformat()
        event = {
            "seq": self.seq,
            "id": self.last,
            "at_wall": at,
            "sign_in_id": str(sign_in),
            "type": kind,
            "body": body,
        }
        answer = await self.browser.post("/sync/events", json={"v": 1, "journal_id": self.journal, "events": [event]})
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()["outcomes"][0]
        return told

    async def load(self, code: str, lane: str = "colissimo-orme") -> tuple[str, str]:
        told = await self.tell("load_parcel", lane=lane, code=code)
        return told["outcome"], told["facts"]["did"]


async def handheld(desk: Desk) -> Scanner:
    return Scanner(desk, await desk.browser(LEA, PART_DIEU))


async def figures(desk: Desk, sku: str = "AMPHORE-24") -> tuple[int, int, int]:
    row = await desk.connection.fetchrow(
        "SELECT on_hand, reserved, set_aside FROM stock_level WHERE sku = $1 AND location = $2", sku, PART_DIEU
    )
    assert row is not None
    return tuple(row)


async def standing(desk: Desk, made: Labeled) -> tuple[str, str]:
    row = await desk.connection.fetchrow(
        "SELECT w.status, o.progress FROM work w JOIN sales_order o ON o.id = w.order_id WHERE w.id = $1", made.work
    )
    assert row is not None
    return row["status"], row["progress"]


async def leave(scanner: Scanner, *numbers: str) -> str:
    """Scan, close, and the address of what left."""
    for number in numbers:
        await scanner.load(number)
    page = await scanner.browser.get(f"{LANE}/close")
    answer = await scanner.browser.post(f"{LANE}/close", data={"id": hidden(page, "id"), "stay": hidden(page, "stay")})
    assert answer.status_code == 303, words(answer)
    return answer.headers["location"]


async def hear(desk: Desk, number: str, *said: tuple[str, str, int], carrier: str = "colissimo") -> dict[str, Any]:
    """The carrier tells (code, status, minutes after now)."""
    events = tuple(
        HeardEvent(code, status, desk.app.clock() + timedelta(minutes=at), "Lyon", "mots")
        for code, status, at in said  # type: ignore[arg-type]
    )
    done: dict[str, Any] = (
        await desk.app.house.runner.perform(HearTracking(new_id(), carrier, number, events), SYSTEM)
    ).read()
    return done


async def test_each_scan_is_told_what_it_was(desk: Desk) -> None:
    one, other = await labeled(desk), await labeled(desk, "ups-orme", "ups", "1Z999AA1")
    scanner = await handheld(desk)
    assert await scanner.load(f"%0069006{one.numbers[0]}250") == ("applied", "loaded")
    assert await scanner.load(one.numbers[0]) == ("applied", "again")
    assert await scanner.load(other.numbers[0]) == ("applied_with_exception", "other_carrier")
    assert await scanner.load("6A99999999999") == ("applied_with_exception", "unknown")
    await desk.connection.execute(
        "UPDATE label_attempt SET state = 'voided', voided_at = now() WHERE parcel = $1", one.parcels[1]
    )
    await desk.connection.execute("UPDATE parcel SET state = 'packed', label = NULL WHERE id = $1", one.parcels[1])
    assert await scanner.load(one.numbers[1]) == ("applied_with_exception", "not_labeled")
    assert (await scanner.tell("undo", event=scanner.last))["outcome"] == "applied"
    cases = await desk.connection.fetch(
        "SELECT body ->> 'why' AS why, resolution FROM exception WHERE kind = 'wrong_parcel_loaded' ORDER BY made_at, id"
    )
    assert sorted((row["why"], row["resolution"] or "") for row in cases) == [
        ("not_labeled", "undone"),
        ("other_carrier", ""),
        ("unknown", ""),
    ]
    page = words(await scanner.browser.get(LANE))
    assert "1 sur 1 colis prêt" in page and one.numbers[0] in page


async def test_what_leaves_goes_out_of_stock_together_and_comes_back_within_two_minutes(desk: Desk) -> None:
    made = await labeled(desk)
    scanner, before = await handheld(desk), await figures(desk)
    gone = await leave(scanner, made.numbers[1])
    # One of the two parcels left: the other keeps its work in the store, and the page had named it.
    assert await figures(desk) == (before[0] - 2, before[1] - 2, before[2] - 2)
    assert await standing(desk, made) == ("labeled", "part_fulfilled")
    assert "1 colis étiqueté est resté ici" in words(await scanner.browser.get(gone))
    paper = await scanner.browser.get(f"{gone}/paper")
    assert paper.headers["content-type"] == "application/pdf" and paper.content.startswith(b"%PDF")
    rest = await leave(scanner, made.numbers[0])
    assert await standing(desk, made) == ("handed_to_carrier", "fulfilled")
    assert await find_breaches(desk.connection) == []
    page = await scanner.browser.get(rest)
    form = {"id": hidden(page, "id", "/undo")}
    for _ in range(2):
        assert (await scanner.browser.post(f"{rest}/undo", data=form)).headers["location"] == LANE
    assert await standing(desk, made) == ("labeled", "part_fulfilled")
    assert await find_breaches(desk.connection) == []
    assert (
        await desk.connection.fetchval(
            "SELECT count(*) FROM event WHERE kind = 'shipping.left' AND withdrawn_at IS NULL"
        )
        == 1
    )
    late = await leave(scanner)
    desk.app.clock.advance(minutes=3)
    refused = await scanner.browser.post(f"{late}/undo", data={"id": str(new_id())})
    assert refused.status_code == 409 and "Trop tard" in words(refused)
    assert await figures(desk) == (before[0] - 2, before[1] - 2, before[2] - 2)


async def test_nothing_leaves_unseen(desk: Desk) -> None:
    made = await labeled(desk)
    scanner = await handheld(desk)
    empty = await scanner.browser.post(f"{LANE}/close", data={"id": str(new_id()), "stay": "9"})
    assert empty.status_code == 409 and "Rien sur la pile" in words(empty)
    await scanner.load(made.numbers[0])
    unnamed = await scanner.browser.post(f"{LANE}/close", data={"id": str(new_id()), "stay": "0"})
    assert unnamed.status_code == 409 and made.numbers[1] in words(unnamed)
    await desk.connection.execute(
        "UPDATE label_attempt SET state = 'voided', voided_at = now() WHERE parcel = $1", made.parcels[0]
    )
    await desk.connection.execute("UPDATE parcel SET state = 'packed', label = NULL WHERE id = $1", made.parcels[0])
    void = await scanner.browser.post(f"{LANE}/close", data={"id": str(new_id()), "stay": "1"})
    assert void.status_code == 409 and "étiquette" in words(void)
    assert await standing(desk, made) == ("labeled", "accepted")


async def test_what_a_carrier_says_never_goes_back_and_moves_the_order_on(desk: Desk) -> None:
    made = await labeled(desk)
    await leave(await handheld(desk), *made.numbers)
    first, second = made.numbers
    assert await hear(desk, first, ("ET1", "in_transit", 60), ("PC1", "picked_up", 30)) == {
        "known": True,
        "new": 2,
        "status": "in_transit",
    }
    assert await standing(desk, made) == ("in_transit", "fulfilled")
    assert await hear(desk, first, ("PC1", "picked_up", 30)) == {"known": True, "new": 0, "status": "in_transit"}
    assert (await hear(desk, first, ("ND1", "delivery_failed", 90)))["status"] == "delivery_failed"
    assert await standing(desk, made) == ("delivery_failed", "fulfilled")
    assert (
        await hear(desk, first, ("MD2", "out_for_delivery", 900), ("DI1", "delivered", 950), ("ET2", "in_transit", 70))
    )["status"] == "delivered"
    assert await standing(desk, made) == ("in_transit", "fulfilled")
    assert (await hear(desk, second, ("DI1", "delivered", 960)))["status"] == "delivered"
    assert await standing(desk, made) == ("delivered", "fulfilled")
    # A late word of another kind changes nothing, and a person hears that it contradicts; an unknown code is told once.
    assert (await hear(desk, second, ("ET1", "in_transit", 2000)))["status"] == "delivered"
    await hear(desk, second, ("ZZ9", "unknown", 2100))
    await hear(desk, second, ("ZZ9", "unknown", 2200))
    assert await hear(desk, "6A00000000000", ("DI1", "delivered", 1)) == {"known": False, "new": 0, "status": "pending"}
    cases = await desk.connection.fetch("SELECT kind, body ->> 'code' AS code FROM exception ORDER BY kind")
    assert [tuple(row) for row in cases] == [("tracking_code", "ZZ9"), ("tracking_contradicts", "ET1")]
    kinds = {row[0] for row in await desk.connection.fetch("SELECT kind FROM event WHERE stream = $1", made.order)}
    assert {"shipping.in_transit", "shipping.failed", "shipping.delivered"} <= kinds
    assert await find_breaches(desk.connection) == []


async def test_late_and_silent_parcels_become_a_managers_business_once(desk: Desk) -> None:
    made = await labeled(desk)
    await leave(await handheld(desk), *made.numbers)
    await hear(desk, made.numbers[0], ("ET1", "in_transit", 60))
    await hear(desk, made.numbers[1], ("AG1", "ready_for_pickup", 60))
    assert await watch_parcels(desk.app.house) == 0
    desk.app.clock.advance(days=6)
    assert [await watch_parcels(desk.app.house) for _ in range(2)] == [2, 0]
    async with await desk.browser(HELENE) as manager:
        listed = words(await manager.get("/manager/exceptions"))
        assert "Colis en retard" in listed and "Colis sans nouvelles" in listed
        case = await desk.connection.fetchval("SELECT id FROM exception WHERE kind = 'parcel_late'")
        page = await manager.get(f"/manager/exceptions/{case}")
        assert made.numbers[0] in words(page) and "laposte.fr" in page.text and "24 novembre" in words(page)
    assert await desk.connection.fetchval("SELECT count(*) FROM event WHERE kind = 'shipping.delayed'") == 1
    assert set(LISTENERS["shipping.left"]) >= {"invoices"}


async def test_a_parcel_is_late_by_its_stores_own_day_wherever_that_is(desk: Desk) -> None:
    made = await labeled(desk)
    await leave(await handheld(desk), *made.numbers)
    await desk.connection.execute(
        "UPDATE tracking SET due_on = '2026-11-20', told_late_at = CASE parcel WHEN $1 THEN NULL ELSE handed_at END, moved_at = $2",
        made.parcels[0], MIDDAY + timedelta(days=1),
    )  # fmt: skip
    # Past midnight in Greenwich it is still the same day in Guadeloupe, and in New Caledonia the next one begins hours earlier.
    for zone, hour, late in (("America/Guadeloupe", 26, 0), ("Pacific/Noumea", 12, 0), ("Pacific/Noumea", 14, 1)):
        await desk.connection.execute("UPDATE location SET time_zone = $1 WHERE id = $2", zone, PART_DIEU)
        desk.app.clock.at = datetime(2026, 11, 20, tzinfo=UTC) + timedelta(hours=hour)
        found = await in_transaction(
            desk.app.house.pool, "system", desk.app.clock(),
            lambda tx: lock_overdue(tx, tx.now - timedelta(days=9), tx.now - timedelta(days=9), 10),
        )  # fmt: skip
        assert len(found) == late, (zone, hour)
    assert await watch_parcels(desk.app.house) == 1


async def test_a_parcel_that_its_carrier_canceled_does_not_hold_up_the_others_and_a_person_looks_for_it(
    desk: Desk,
) -> None:
    made = await labeled(desk)
    await leave(await handheld(desk), *made.numbers)
    await hear(desk, made.numbers[0], ("DI1", "delivered", 60))
    await hear(desk, made.numbers[1], ("CA1", "cancelled", 90))
    assert await standing(desk, made) == ("delivered", "fulfilled")
    assert await desk.connection.fetchval("SELECT kind FROM exception WHERE resolved_at IS NULL") == "parcel_void"
    assert await find_breaches(desk.connection) == []


async def test_what_names_somebody_on_labels_and_slips_goes_with_the_customer(desk: Desk) -> None:
    made = await labeled(desk)
    gone = await leave(await handheld(desk), *made.numbers)
    await desk.connection.execute("UPDATE label_attempt SET reason = 'Mme Aubry a appelé'")
    await desk.connection.execute("UPDATE manifest SET slip = 'Inès Aubry', slip_state = 'made', slip_next_at = NULL")
    erasing = EraseCustomer(new_id(), made.order, asked="letter", identity="called_back")
    await desk.app.house.runner.perform(erasing, Actor(str(ODILE.id), "head_office", None))
    assert await desk.connection.fetchval("SELECT count(*) FROM label_attempt WHERE reason <> ''") == 0
    assert await desk.connection.fetchval("SELECT slip FROM manifest") is None
    # Our own list takes its place.
    paper = await (await handheld(desk)).browser.get(f"{gone}/paper")
    assert paper.content.startswith(b"%PDF")


async def test_a_manager_says_when_a_carrier_comes_and_sourcing_reads_it(desk: Desk) -> None:
    await labeled(desk)
    where = f"/manager/stores/{PART_DIEU}/collections"
    async with await desk.browser(HELENE) as manager:
        week = {"carrier": "colissimo", "friday": "11:30, 17:30", "saturday": "11h"}
        wrong = await manager.post(where, data=week | {"id": str(new_id()), "friday": "25:00"})
        assert wrong.status_code == 422 and "25:00" in wrong.text
        assert (await manager.post(where, data=week | {"id": str(new_id())})).status_code == 303
        off = {"id": str(new_id()), "carrier": "colissimo", "day": "2026-11-21", "reason": "Fermeture"}
        assert (await manager.post(f"{where}/day", data=off)).status_code == 303
        assert "personne ne passe, Fermeture" in words(await manager.get(where))
        assert (await manager.get("/manager/stores/lille-vieux-lille/collections")).status_code == 404
    since = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)
    found = await collections(desk.connection, since, since + timedelta(days=8))
    day = (date(2026, 11, 20) - date(1970, 1, 1)).days
    minute = int(datetime(2026, 11, 20, 16, 30, tzinfo=UTC).timestamp()) // 60
    assert found == {
        PART_DIEU: [
            (minute, day),
            (minute - 360 + 7 * 1440, day + 7),
            (minute + 7 * 1440, day + 7),
            (minute + 8 * 1440 - 390, day + 8),
        ]
    }
    scanner = await handheld(desk)
    assert "+30 min Colissimo passe à 11:30, 2 colis à scanner" in words(await scanner.browser.get("/departures"))
    desk.app.clock.advance(minutes=20)
    assert "passe à 17:30" in words(await scanner.browser.get("/departures"))


async def test_the_page_of_a_work_that_is_not_done_here_any_more_says_where_it_went(desk: Desk) -> None:
    made = await labeled(desk)
    scanner = await handheld(desk)
    page = f"/work/{made.work}"
    assert (await scanner.browser.get(page)).headers["location"] == f"/packing/{made.work}"
    await leave(scanner, *made.numbers)
    answer = await scanner.browser.get(page)
    assert answer.status_code == 200
    assert all(part in words(answer) for part in ("Remise au transporteur", *made.numbers, "Colissimo"))
    await hear(desk, made.numbers[0], ("PC1", "delivered", 5))
    assert "Livré," in words(await scanner.browser.get(page))
    assert f'href="https://www.laposte.fr/outils/suivre-vos-envois?code={made.numbers[1]}"' in answer.text
    # A label that is scanned opens the same page.
    scanned = await scanner.browser.post("/scan", data={"code": f"W:{made.work}"})
    assert scanned.headers["location"] == page

    order, work = await desk.order("canceled")
    for because, status, word in (
        ("moved", "canceled", "Passée à un autre magasin"), ("declined", "rejected", "Passée à un autre magasin"), (None, "canceled", "Annulée"),
    ):  # fmt: skip
        await desk.connection.execute(
            "UPDATE work SET ended_because = $2, status = $3 WHERE id = $1", work, because, status
        )
        assert word in words(await scanner.browser.get(f"/work/{work}")), (because, status)
        async with await desk.browser(HELENE) as manager:
            assert word in words(await manager.get(f"/manager/orders/{order}")), (because, status)
        assert word in words(await scanner.browser.get(f"/counter/orders/{order}")), (because, status)
    assert (await scanner.browser.get(f"/work/{new_id()}")).status_code == 404

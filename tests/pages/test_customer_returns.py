"""From home a customer sends something back in steps, each a page that works with no script: what, why, how, for how much and until when."""

import asyncio
import io
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

import httpx
import pytest
from PIL import Image

from comptoir.carriers import model as said
from comptoir.carriers.http import Patience
from comptoir.carriers.known import make_carrier
from comptoir.carriers.model import TrackingEvent
from comptoir.errands.demo_carrier import DemoCarrier
from comptoir.errands.return_labels import ask_ways_back, buy_return_labels
from comptoir.errands.tracking import heard_events
from comptoir.flows.return_from_home import forget_drafts
from comptoir.flows.send_back import drop_unused
from comptoir.flows.watch_returns import watch_returns
from comptoir.fulfillment.resolving import Resolution, ResolveException
from comptoir.kit.actor import SYSTEM, Actor
from comptoir.kit.check import find_breaches
from comptoir.kit.errors import Conflict, Invalid
from comptoir.kit.ids import digest, new_id
from comptoir.returns.arriving import TakeParcel
from comptoir.returns.model import (
    CancelReturn,
    FinishReturn,
    InspectReturn,
    Looked,
    Permission,
    SendAwayUnit,
    SettleReturn,
    Settling,
)
from comptoir.shipping.tracking import HearTracking, Status
from tests.carriers import carrier_servers
from tests.conftest import Database
from tests.flows.orders_on_file import SEAL, add_articles, add_store
from tests.flows.parcels_in_hand import Scripted
from tests.pages.customer_door import NOW, Door, hidden, link, opened, sentence
from tests.pages.manager_door import words
from tests.pages.test_withdrawal import confirmed, handed_over, letters
from tests.properties.test_reports import catch_up, figures

pytestmark = pytest.mark.anyio

HOME: Final = {"name": "Inès Aubry", "street": "3 rue Vauban", "postcode": "69006", "city": "Lyon"}


@pytest.fixture
async def door(database: Database, tmp_path: Path) -> AsyncIterator[Door]:
    await add_store(database.connection)
    await add_articles(database.connection)
    await database.connection.execute(
        "INSERT INTO carrier_account (id, carrier, name, services)"
        """ VALUES ('demo', 'demo', 'Démo', '{"return_post": "RET", "return_relay": "RRE"}')"""
    )
    async with opened(database.dsn, tmp_path) as door:
        door.house.carriers.put("demo", DemoCarrier())
        yield door
    assert await find_breaches(database.connection) == []


def shot(side: int = 400) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (side, side), "teal").save(out, "JPEG")
    return out.getvalue()


async def upload(door: Door, path: str, file: bytes) -> httpx.Response:
    headers = {"sec-fetch-site": "same-origin", "origin": "null"}
    return await door.client.post(path, files={"file": ("p.jpg", file, "image/jpeg")}, headers=headers)


async def begun(door: Door, order: UUID, *units: str, **more: str) -> str:
    """The address of a return of these units, its reasons not said yet."""
    page = await door.get(f"{link(order)}/return")
    form = {"id": hidden(page, "id"), "units": list(units)} | more
    went = await door.post(f"{link(order)}/return", form)
    assert went.status_code == 303, went.text
    assert went.headers["location"].endswith("/why")
    return str(went.headers["location"].removesuffix("/why"))


async def sent(door: Door, order: UUID, unit: str, why: str, **way: str) -> str:
    """Through all the steps; the address of the return."""
    at = await begun(door, order, unit)
    line = unit.partition(":")[0]
    await door.post(f"{at}/why", {"why": f"{line}:{why}"})
    assert (await door.post(f"{at}/way", way)).headers["location"] == f"{at}/confirm"
    page = await door.get(f"{at}/confirm")
    went = await door.post(f"{at}/confirm", {"fee": hidden(page, "fee")})
    assert (went.status_code, went.headers["location"]) == (303, at)
    return at


async def test_step_by_step_with_a_picture_to_a_label_of_our_own_that_is_free_because_it_is_our_doing(
    door: Door, database: Database
) -> None:
    order = await handed_over(database)
    assert f"{link(order)}/return" in (await door.get(link(order))).text
    at = await begun(door, order, "1:1", "2:0")
    assert "Abîmé en route" in (await door.get(f"{at}/why")).text
    went = await door.post(f"{at}/why", {"why": "1:damaged_on_the_way"})
    assert went.headers["location"] == f"{at}/photos"
    assert "n’est pas une photo" in (await upload(door, f"{at}/photos/1", b"GIF89a, no picture")).text
    assert "trop petite" in (await upload(door, f"{at}/photos/1", shot(40))).text
    assert (await upload(door, f"{at}/photos/2", shot())).status_code == 422
    for _ in range(2):
        assert (await upload(door, f"{at}/photos/1", shot())).headers["location"] == f"{at}/photos"
    assert "est gardée" in (await door.get(f"{at}/photos")).text
    ways = (await door.get(f"{at}/way")).text
    assert ways.count("Gratuit") == 3
    assert "rue du Docteur-Bouchut" in ways
    refused = await door.post(f"{at}/way", {"way": "postal", "street": "3 rue Vauban"})
    assert refused.status_code == 422
    assert 'value="3 rue Vauban"' in refused.text
    await door.post(f"{at}/way", {"way": "postal"} | HOME)
    page = await door.get(f"{at}/confirm")
    assert "95,00" in page.text
    assert "samedi 5 décembre" in page.text
    assert await database.connection.fetchval("SELECT count(*) FROM rma") == 0
    for _ in range(3):
        assert (await door.post(f"{at}/confirm", {"fee": "0"})).headers["location"] == at
    row = await database.connection.fetchrow("SELECT number, origin, status, method FROM rma")
    assert (row["origin"], row["status"], row["method"]) == ("home", "requested", "postal")
    assert await database.connection.fetchval(
        "SELECT count(*) FROM rma_unit u JOIN return_photo p ON p.id = u.photo AND p.rma = u.rma"
    ) == 1  # fmt: skip
    assert await database.connection.fetchval("SELECT count(*) FROM return_draft") == 0
    waiting = await door.get(at)
    assert row["number"] in waiting.text
    assert "dans un instant" in waiting.text
    assert await letters(door) == []  # whoever waits for a label is told once it is there
    assert await buy_return_labels(door.house) == 1
    assert await buy_return_labels(door.house) == 0
    assert await letters(door) == [("return_requested", "email", "ines@example.com")]
    assert "à déposer chez le transporteur" in await database.connection.fetchval("SELECT body FROM message")
    file = await door.get(f"{at}/label")
    assert file.content.startswith(b"%PDF")
    assert row["number"] in file.headers["content-disposition"]
    assert "Étiquette à imprimer" in (await door.get(at)).text
    # A later step of what was sent leads to it, whatever the browser still shows.
    assert (await door.get(f"{at}/way")).headers["location"] == at
    assert (await door.post(f"{at}/why", {"why": "1:too_small"})).headers["location"] == at
    # What is in one return is in no other.
    again = await door.post(f"{link(order)}/return", {"id": str(new_id()), "units": "1:1"})
    assert "déjà dans un retour" in again.text
    # The carrier has it: that proves it was sent, and it cannot be called off here.
    number = await database.connection.fetchval("SELECT tracking_number FROM return_label")
    events = heard_events([TrackingEvent(number, "IT", "in_transit", NOW)])
    for _ in range(2):
        await door.house.runner.perform(HearTracking(new_id(), "demo", number, events), SYSTEM)
    assert sentence(await door.get(at)) == "Votre retour est en route."
    stays = await door.post(f"{at}/cancel", {"id": str(new_id())})
    assert "a déjà le colis" in stays.text
    assert await database.connection.fetchval("SELECT count(*) FROM event WHERE kind = 'return.on_its_way'") == 1
    assert await database.connection.fetchval("SELECT count(*) FROM event WHERE kind = 'return.requested'") == 1


async def test_whoever_changed_their_mind_pays_the_label_as_told_and_a_store_costs_nothing(
    door: Door, database: Database
) -> None:
    order = await handed_over(database)
    at = await sent(door, order, "2:1", "changed_mind", way="relay", **HOME)
    assert await database.connection.fetchval("SELECT fee_minor FROM return_label") == 390
    assert "3,90" in (await door.get(at)).text
    other = await begun(door, order, "2:1")
    await door.post(f"{other}/why", {"why": "2:changed_mind"})
    await door.post(f"{other}/way", {"way": "relay"} | HOME)
    page = await door.get(f"{other}/confirm")
    assert hidden(page, "fee") == "390"
    assert "30,10" in page.text
    cheap = await door.post(f"{other}/confirm", {"fee": "0"})
    assert "Le prix de cette voie a changé" in cheap.text
    await door.post(f"{other}/way", {"way": "store"})
    assert hidden(await door.get(f"{other}/confirm"), "fee") == "0"
    await door.post(f"{other}/confirm", {"fee": "0"})
    shown = await door.get(other)
    assert "À montrer au comptoir" in shown.text
    assert "Lyon Part-Dieu" in shown.text
    for _ in range(2):
        assert (await door.post(f"{other}/cancel", {"id": str(new_id())})).headers["location"] == other
    assert sentence(await door.get(other)) == "Le retour est annulé."
    # Called off, the unit may be announced anew.
    await begun(door, order, "2:1")
    # It comes with our label, is found as it should be, and what is given is what the page had said.
    await buy_return_labels(door.house)
    number, rma = await database.connection.fetchrow("SELECT tracking_number, rma FROM return_label")
    events = heard_events([TrackingEvent(number, "IT", "in_transit", NOW)])
    await door.house.runner.perform(HearTracking(new_id(), "demo", number, events), SYSTEM)
    for _ in range(2):
        await door.house.runner.perform(TakeParcel(new_id(), "lyon", number), SYSTEM)
    assert "Les articles sont à Lyon Part-Dieu" in (await door.get(at)).text
    await door.house.runner.perform(
        FinishReturn(id=new_id(), rma=rma, location="lyon", units=(Looked(1, "as_new"),)), SYSTEM
    )
    done = await door.get(at)
    assert sentence(done) == "Votre retour est terminé."
    assert "30,10" in done.text
    assert "sera remboursé" in done.text or "seront remboursés" in done.text
    # One event of an order at a time, in its order.
    for _ in range(8):
        await letters(door)
    told = [row[0] for row in await database.connection.fetch("SELECT template FROM message ORDER BY template")]
    assert told == ["return_received", "return_requested", "return_requested"]


async def test_a_label_that_no_carrier_makes_leaves_another_way(door: Door, database: Database) -> None:
    order = await handed_over(database)
    at = await sent(door, order, "1:1", "too_small", way="postal", **HOME)
    await database.connection.execute("UPDATE carrier_account SET active = false")
    door.house.carriers = type(door.house.carriers)(door.house.pool, {}, {})
    await buy_return_labels(door.house)
    assert "n’a pas donné d’étiquette" in (await door.get(at)).text
    form = {"id": str(new_id()), "way": "postal"} | HOME
    assert "Aucun transporteur" in (await door.post(f"{at}/other-way", form)).text
    for _ in range(2):
        went = await door.post(f"{at}/other-way", {"id": form["id"], "way": "store"})
        assert went.headers["location"] == at
    assert await database.connection.fetchval("SELECT method FROM rma") == "store"


async def test_a_notice_leads_into_a_return_with_the_same_units(door: Door, database: Database) -> None:
    order = await handed_over(database)
    await confirmed(door, order, "line=1&units=0&line=2&units=2")
    notice = await database.connection.fetchval("SELECT id FROM return_request")
    assert f"/return?notice={notice}" in (await door.get(f"{link(order)}/withdraw")).text
    page = await door.get(f"{link(order)}/return?notice={notice}")
    assert '<option value="2:2" selected>' in page.text
    assert '<option value="1:0" selected>' in page.text
    form = {"id": hidden(page, "id"), "notice": hidden(page, "notice"), "units": ["1:0", "2:2"]}
    at = str((await door.post(f"{link(order)}/return", form)).headers["location"]).removesuffix("/why")
    await door.post(f"{at}/why", {"why": "2:no_reason"})
    await door.post(f"{at}/way", {"way": "store"})
    await door.post(f"{at}/confirm", {"fee": "0"})
    assert await database.connection.fetchval("SELECT notice FROM rma") == notice


async def test_what_is_no_return_is_refused_in_words_and_changes_nothing(door: Door, database: Database) -> None:
    order = await handed_over(database)
    mine = f"{link(order)}/return"
    page = await door.get(mine)
    id = hidden(page, "id")
    for units, word in (
        ([], "Rien n’est choisi"), ("1:0", "Rien n’est choisi"), ("7:1", "n’a pas cet article"), ("1:5", "déjà dans un retour"),
    ):  # fmt: skip
        answer = await door.post(mine, {"id": id, "units": units})
        assert word in answer.text, units
        assert answer.status_code in (409, 422)
    assert (await door.post(mine, {"id": id, "units": "1;1"})).status_code == 400
    at = await begun(door, order, "1:1")
    assert (await door.get(f"{at}/confirm")).headers["location"] == f"{at}/why"
    assert (await door.get(f"{at}/way")).headers["location"] == f"{at}/why"
    assert "Rien n’est choisi" in (await door.post(f"{at}/why", {"why": "1:"})).text
    assert "n’est plus proposé" in (await door.post(f"{at}/why", {"why": "1:not_collected"})).text
    await door.post(f"{at}/why", {"why": "1:too_small"})
    assert (await door.post(f"{at}/way", {"way": "pigeon"})).status_code == 422
    # Another order's draft, and a return that never was.
    theirs = await handed_over(database)
    other = at.replace(link(order), link(theirs))
    assert (await door.get(other)).headers["location"] == f"{link(theirs)}/return"
    assert (await door.post(mine.replace(link(order), link(theirs)), {"id": at.rpartition("/")[2], "units": "1:1"})).headers["location"] == other  # fmt: skip
    assert (await door.get(f"{at}/label")).status_code == 404
    assert await database.connection.fetchval("SELECT count(*) FROM rma") == 0
    # Nobody sends it: in a week it is forgotten.
    await database.connection.execute("UPDATE return_draft SET changed_at = changed_at - interval '8 days'")
    assert await forget_drafts(door.house) == 1


async def test_long_after_it_came_only_what_is_wrong_comes_back(door: Door, database: Database) -> None:
    order = await handed_over(database, 90)
    page = await door.get(f"{link(order)}/return")
    assert "En cas de défaut, jusqu’au" in page.text
    at = await begun(door, order, "1:1")
    offered = (await door.get(f"{at}/why")).text
    assert "Défectueux" in offered
    assert "Trop petit" not in offered
    assert "ne se rend pas pour ce motif" in (await door.post(f"{at}/why", {"why": "1:too_small"})).text


async def test_whoever_got_it_as_a_gift_sees_no_price_and_the_buyer_nothing_of_it(
    door: Door, database: Database
) -> None:
    order = await handed_over(database)
    await database.connection.execute(
        "INSERT INTO order_delivery (order_id, kind, gift, chosen_at, chosen_by) VALUES ($1, 'home', true, $2, 'x')", order, NOW
    )  # fmt: skip
    token = SEAL.token("collector", order.bytes, 0)
    await database.connection.execute(
        "INSERT INTO collector (order_id, name, email, link_hash, generation, named_at) VALUES ($1, 'Tom', 'tom@example.com', $2, 0, $3)",
        order, digest(token), NOW,
    )  # fmt: skip
    mine = f"/o/{token}/return"
    page = await door.get(mine)
    assert page.status_code == 200
    id = hidden(page, "id")
    await door.post(mine, {"id": id, "units": "1:1"})
    at = f"{mine}/{id}"
    await door.post(f"{at}/why", {"why": "1:too_small"})
    await door.post(f"{at}/way", {"way": "store"})
    pages = [await door.get(f"{at}/way"), await door.get(f"{at}/confirm")]
    await door.post(f"{at}/confirm", {"fee": "0"})
    pages.append(await door.get(at))
    assert not any("€" in one.text for one in pages)
    number = await database.connection.fetchval("SELECT number FROM rma WHERE gift AND wish = 'credit'")
    assert number in pages[-1].text
    assert number not in (await door.get(link(order))).text
    assert number not in (await door.get(f"{link(order)}/return")).text
    assert (await door.get(f"{link(order)}/return/{id}")).status_code == 303
    await database.connection.execute("UPDATE order_delivery SET gift = false")
    assert (await door.get(mine)).status_code == 404


async def test_erasing_the_customer_takes_address_label_and_pictures_and_leaves_the_figures(
    door: Door, database: Database
) -> None:
    order = await handed_over(database)
    at = await begun(door, order, "1:1")
    await door.post(f"{at}/why", {"why": "1:defective"})
    await upload(door, f"{at}/photos/1", shot())
    await door.post(f"{at}/way", {"way": "postal"} | HOME)
    await door.post(f"{at}/confirm", {"fee": "0"})
    await buy_return_labels(door.house)
    await begun(door, order, "2:1")
    told = (await door.get(f"{link(order)}/data")).text
    assert told
    await database.connection.execute("UPDATE rma SET status = 'settled'")
    page = await door.get(f"{link(order)}/data/erase")
    form = {"id": hidden(page, "id"), "contact": "ines@example.com"}
    assert (await door.post(f"{link(order)}/data/erase", form)).status_code == 200
    connection = database.connection
    assert await connection.fetchval("SELECT count(*) FROM return_photo") == 0
    assert await connection.fetchval("SELECT count(*) FROM return_draft") == 0
    row = await connection.fetchrow("SELECT sender, content, words, state, tracking_number FROM return_label")
    assert (row["sender"], row["content"], row["words"], row["state"]) == (None, None, None, "bought")
    assert row["tracking_number"]
    await connection.execute("UPDATE rma SET status = 'requested'")


@pytest.mark.parametrize("script", [RuntimeError("cut"), said.Unknown("timeout")], ids=["cut", "timed out"])
async def test_a_label_in_doubt_is_never_asked_for_again_by_itself(
    door: Door, database: Database, script: Exception | said.LabelAnswer
) -> None:
    order = await handed_over(database)
    carrier = Scripted(said.Busy("http_503"), script)
    door.house.carriers.put("demo", carrier)
    at = await sent(door, order, "1:1", "too_small", way="postal", **HOME)
    assert await buy_return_labels(door.house) == 1  # "not now": certainly nothing was made
    door.clock.advance(minutes=1)
    assert await buy_return_labels(door.house) == 1
    door.clock.advance(minutes=30)
    assert await buy_return_labels(door.house) == 0
    assert [len(set(carrier.keys)), len(carrier.keys)] == [1, 2]
    assert carrier.asked[0].sender.city == "Lyon"
    assert carrier.asked[0].recipient.street == "17 rue du Docteur-Bouchut"
    assert "n’a pas donné d’étiquette" in (await door.get(at)).text
    # Its customer may: a label of the way back that nobody uses costs nothing.
    await door.post(f"{at}/other-way", {"id": str(new_id()), "way": "postal"} | HOME)
    assert await buy_return_labels(door.house) == 1
    states = await database.connection.fetch("SELECT state FROM return_label ORDER BY n")
    assert [row[0] for row in states] == ["given_up", "bought"]
    again = await door.post(f"{at}/other-way", {"id": str(new_id()), "way": "relay"} | HOME)
    assert "Une étiquette est déjà faite" in again.text
    # Kept after all before its label was asked for: nobody asks.
    kept = await sent(door, order, "2:1", "too_small", way="postal", **HOME)
    await door.post(f"{kept}/cancel", {"id": str(new_id())})
    assert await buy_return_labels(door.house) == 0


async def test_in_its_carriers_own_protocol_a_label_is_made_once_and_its_parcel_followed_until_it_is_there(
    door: Door, database: Database
) -> None:
    order = await handed_over(database)
    standing = "SELECT state, status, sent_at, ask_at FROM return_label ORDER BY n DESC LIMIT 1"
    with carrier_servers.serving(carrier_servers.colissimo) as server:
        account = {
            "contract": "123456", "password": "pass-of-tests", "okapi_key": "okapi-of-tests", "base": server.address,
            "tracking_base": f"{server.address}/suivi/v2",
        }  # fmt: skip
        patience = Patience(connect=0.5, read=0.3, total=0.6, after=0.3)
        door.house.carriers.put("demo", make_carrier("colissimo", account, patience=patience))
        services = 'UPDATE carrier_account SET services = \'{"return_post": "CORE"}\''
        await database.connection.execute(services)
        # It takes the order for a label and is silent: in doubt, and its customer alone may ask for another.
        server.then = "stall"
        at = await sent(door, order, "1:1", "too_small", way="postal", **HOME)
        assert [await buy_return_labels(door.house) for _ in range(2)] == [1, 0]
        assert (await database.connection.fetchval("SELECT state FROM return_label"), len(server.labels)) == (
            "unknown",
            1,
        )
        server.then = "tell"
        await door.post(f"{at}/other-way", {"id": str(new_id()), "way": "postal"} | HOME)
        await buy_return_labels(door.house)
        sender = list(server.labels.values())[1]["letter"]["sender"]
        assert (len(server.labels), sender["address"]["zipCode"]) == (2, "69006")
        number = await database.connection.fetchval("SELECT tracking_number FROM return_label WHERE state = 'bought'")
        assert await ask_ways_back(door.house) == 0
        # Silent, busy, not known yet, in pieces: it is asked again in its time, and nothing is believed.
        for answer, minutes in (((429, b"", {}), 10), ((401, b"", {}), 120), (None, 720), ((200, b"<html>", {}), 10)):
            door.clock.advance(hours=13)
            server.say = [answer] if answer else []
            assert [await ask_ways_back(door.house) for _ in range(2)] == [1, 0], answer
            row = await database.connection.fetchrow(standing)
            assert (row["status"], row["ask_at"] - door.clock()) == ("pending", timedelta(minutes=minutes)), answer
        told = [
            {"code": "PC1", "label": "Pris en charge", "date": door.clock().isoformat()},
            {"code": "ZZ9", "label": "?", "date": "soon"},
        ]
        server.tracked = {number: told}
        door.clock.advance(hours=13)
        await ask_ways_back(door.house)
        row = await database.connection.fetchrow(standing)
        assert (row["status"], row["ask_at"] - door.clock()) == ("picked_up", timedelta(hours=4))
        assert row["sent_at"] is not None
        assert sentence(await door.get(at)) == "Votre retour est en route."
        server.tracked[number] = [{"code": "DI1", "label": "Distribué", "date": door.clock().isoformat()}, *told]
        door.clock.advance(hours=5)
        await ask_ways_back(door.house)
        row = await database.connection.fetchrow(standing)
        assert (row["status"], row["ask_at"]) == ("delivered", None)
        door.clock.advance(days=1)
        assert await ask_ways_back(door.house) == 0


async def test_a_label_that_nobody_used_is_given_back_or_kept_as_unused_with_its_cost(
    door: Door, database: Database
) -> None:
    order = await handed_over(database)
    carrier = Scripted(void=said.Busy("http_503"))
    door.house.carriers.put("demo", carrier)
    stands = "SELECT state, void_state, cost_minor, ended_why FROM return_label ORDER BY id DESC LIMIT 1"

    async def now_is(*expected: str | int | None) -> None:
        row = await database.connection.fetchrow(stands)
        assert row is not None and tuple(row) == expected

    # Called off: the label is thrown away at once, and its carrier hears of it as soon as it answers.
    at = await sent(door, order, "1:1", "too_small", way="postal", **HOME)
    await buy_return_labels(door.house)
    await now_is("bought", None, 612, None)
    for _ in range(2):
        await door.post(f"{at}/cancel", {"id": str(new_id())})
    await buy_return_labels(door.house)
    await now_is("voided", "intended", 612, "canceled")
    carrier.void_answer = said.Voided()
    door.clock.advance(minutes=1)
    await buy_return_labels(door.house)
    await now_is("voided", "confirmed", 612, "canceled")
    assert carrier.voided == ["8R00001"] * 2
    # Called off while the carrier is being asked: what it makes is given back.
    at = await sent(door, order, "1:1", "too_small", way="postal", **HOME)
    carrier.gate = asyncio.Event()
    buying = asyncio.create_task(buy_return_labels(door.house))
    await carrier.heard.wait()
    await door.post(f"{at}/cancel", {"id": str(new_id())})
    carrier.gate.set()
    await buying
    await now_is("voided", "confirmed", 612, "canceled")
    # Never used, of a carrier that takes nothing back.
    at = await sent(door, order, "1:1", "too_small", way="postal", **HOME)
    await buy_return_labels(door.house)
    assert await drop_unused(door.house) == 0
    door.clock.advance(days=61)
    assert [await drop_unused(door.house) for _ in range(2)] == [1, 0]
    carrier.void_answer = said.NotOffered()  # type: ignore[assignment]
    await buy_return_labels(door.house)
    await now_is("unused", "refused", 612, "expired")
    assert "return.label_unused" in [row[0] for row in await database.connection.fetch("SELECT kind FROM event")]
    shown = await door.get(at)
    assert "n’est plus valable" in shown.text
    assert "8R00003" not in shown.text
    # Its customer may have another one, which the carrier then has: that return is not called off here.
    await door.post(f"{at}/other-way", {"id": str(new_id()), "way": "postal"} | HOME)
    await buy_return_labels(door.house)
    events = heard_events([TrackingEvent("8R00004", "IT", "in_transit", door.clock())])
    await door.house.runner.perform(HearTracking(new_id(), "demo", "8R00004", events), SYSTEM)
    rma = await database.connection.fetchval("SELECT rma FROM return_label WHERE tracking_number = '8R00004'")
    with pytest.raises(Conflict, match="return_on_its_way"):
        await door.house.runner.perform(CancelReturn(id=new_id(), rma=rma), SYSTEM)
    await now_is("bought", None, 612, None)


async def test_a_return_that_is_not_heard_of_is_a_persons_to_decide_and_may_come_after_all(
    door: Door, database: Database
) -> None:
    order = await handed_over(database)
    carrier = Scripted()
    door.house.carriers.put("demo", carrier)
    boss = Actor("boss", "store_manager", ("lyon",))

    async def on_its_way(unit: str, status: Status = "in_transit") -> tuple[str, str]:
        at = await sent(door, order, unit, "damaged_on_the_way", way="postal", **HOME)
        await buy_return_labels(door.house)
        number = f"8R{len(carrier.asked):05d}"
        events = heard_events([TrackingEvent(number, status, status, door.clock())])
        await door.house.runner.perform(HearTracking(new_id(), "demo", number, events), SYSTEM)
        return at, number

    async def waiting() -> list[tuple[UUID, str]]:
        return [
            tuple(row)
            for row in await database.connection.fetch("SELECT id, kind FROM exception WHERE resolved_at IS NULL")
        ]

    async def decide(answer: Resolution) -> None:
        ((case, kind),) = await waiting()
        assert kind == "return_late"
        await door.house.runner.perform(ResolveException(new_id(), case, answer, "dossier 4711"), boss)

    at, number = await on_its_way("1:1")
    door.clock.advance(days=6)
    assert await watch_returns(door.house) == 0
    for days, answer in ((2, "return_wait"), (8, "return_claim"), (22, "return_refund")):
        door.clock.advance(days=days)
        assert [await watch_returns(door.house) for _ in range(2)] == [1, 0], answer
        if answer == "return_wait":
            ((case, _),) = await waiting()
            with pytest.raises(Invalid, match="other_answer"):
                await door.house.runner.perform(ResolveException(new_id(), case, "all_right", "rien"), boss)
        await decide(answer)  # type: ignore[arg-type]
    assert await waiting() == []
    row = await database.connection.fetchrow(
        "SELECT r.status, u.state, u.refund_minor, i.amount_minor, r.by_permission FROM rma r JOIN rma_unit u ON u.rma = r.id"
        " JOIN payment_intention i ON i.cause = r.id"
    )
    assert row is not None
    assert (row["status"], row["state"], row["refund_minor"], row["by_permission"]) == (
        "settled",
        "lost",
        9500,
        "dossier 4711",
    )
    assert row["amount_minor"] >= 9500
    assert await find_breaches(database.connection) == []
    shown = await door.get(at)
    assert sentence(shown) == "Votre colis de retour s’est perdu."
    assert "95,00" in shown.text
    # Its money is in the reports before its goods are.
    await catch_up(door.house.pool, door.clock)
    assert [row for key, row in (await figures(database.connection)).items() if key[0] == "returned"] == [(0, 9500, 0)]
    # It comes after all: counted, not for sale, and a person is told.
    taken = TakeParcel(new_id(), "lyon", number)
    for _ in range(2):
        await door.house.runner.perform(taken, SYSTEM)
    await catch_up(door.house.pool, door.clock)
    assert [row for key, row in (await figures(database.connection)).items() if key[0] == "returned"] == [(1, 9500, 0)]
    assert [kind for _, kind in await waiting()] == ["return_found"]
    assert await database.connection.fetchval("SELECT unsellable FROM stock_level WHERE unsellable > 0") == 1
    assert await database.connection.fetchval("SELECT state FROM rma_unit") == "here"
    # Never looked at: it may go to its shelf, or leave where it is not fit for it.
    rma = await database.connection.fetchval("SELECT id FROM rma")
    await door.house.runner.perform(SendAwayUnit(id=new_id(), rma=rma, n=1), boss)
    assert await database.connection.fetchval("SELECT count(*) FROM stock_level WHERE unsellable > 0") == 0
    # One that its carrier has delivered and nobody scanned: the scan ends the question.
    _, number = await on_its_way("2:1", "delivered")
    door.clock.advance(days=4)
    assert await watch_returns(door.house) == 1
    assert sorted(kind for _, kind in await waiting()) == ["return_found", "return_unscanned"]
    await door.house.runner.perform(TakeParcel(new_id(), "lyon", number), SYSTEM)
    assert [kind for _, kind in await waiting()] == ["return_found"]
    assert (
        await database.connection.fetchval("SELECT resolution FROM exception WHERE kind = 'return_unscanned'")
        == "return_came"
    )


async def test_what_is_to_come_along_and_what_it_costs_otherwise_is_told_before_it_is_sent_and_before_it_is_settled(
    door: Door, database: Database
) -> None:
    order = await handed_over(database)
    sku = await database.connection.fetchval("SELECT sku FROM order_line WHERE order_id = $1 AND line = 1", order)
    await database.connection.execute(
        "INSERT INTO accessory (kind, key, code, fr, en, keep_minor, changed_at, changed_who) VALUES ('sku', $1, 'cable', 'câble', 'cable', 1500, now(), 'test')", sku
    )  # fmt: skip
    at = await begun(door, order, "1:1", "2:0")
    await door.post(f"{at}/why", {"why": "1:too_small"})
    await door.post(f"{at}/way", {"way": "store"})
    assert "À rendre avec : câble (15,00 € retenus sinon)" in words(await door.get(f"{at}/confirm"))
    await door.post(f"{at}/confirm", {"fee": "0"})
    rma = UUID(at.rsplit("/", 1)[-1])
    place = await database.connection.fetchval("SELECT location FROM work WHERE order_id = $1", order)
    looked = InspectReturn(id=new_id(), rma=rma, location=place, units=(Looked(1, "as_new", absent=("cable",)),))
    await door.house.runner.perform(looked, SYSTEM)
    assert "câble. 15,00 € seraient retenus" in words(await door.get(at))
    settle = SettleReturn(id=new_id(), rma=rma, settling=Settling("credit"), permission=Permission("asked for"))
    await door.house.runner.perform(settle, SYSTEM)
    told = words(await door.get(at))
    assert (
        "15,00 € ont été retenus" in told
        and "en avoir, sans date de fin" in told
        and "Rien n’est à rembourser" not in told
    )

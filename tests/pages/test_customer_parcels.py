"""The customer sees each parcel in words, chooses where it waits until a label says it, and tells when it did not come."""

from collections.abc import AsyncIterator
from datetime import date, timedelta

import pytest

from comptoir.carriers.model import (
    Address,
    Busy,
    Capabilities,
    Closure,
    Relay,
    RelayAnswer,
    RelayQuery,
    Relays,
)
from comptoir.kit.ids import new_id
from comptoir.network.model import Opening
from comptoir.notifications.listener import write_message
from comptoir.worker import Worker
from tests.conftest import Database
from tests.flows.orders_on_file import SEAL
from tests.pages.manager_door import Desk, hidden, opened, words
from tests.pages.parcels_door import account, labeled
from tests.pages.test_departures import handheld, hear, leave
from tests.pages.test_tracking import LocalCarrier

pytestmark = pytest.mark.anyio


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    async with opened(database) as desk:
        yield desk


class RelayCarrier(LocalCarrier):
    """Offers three relays; one shuts before the parcel would be there."""

    name = "mondial_relay"
    capabilities = Capabilities(relays=True)

    async def relays(self, query: RelayQuery) -> RelayAnswer:
        self.asked.append([query.postcode])
        if self.busy:
            return Busy("503")
        hours = (*(Opening(day, 540, 1140) for day in range(5)), Opening(5, 540, 720))

        def relay(number: str, name: str, meters: int, *closures: Closure) -> Relay:
            where = Address(name, "3 place de la Gare", query.postcode, "Lyon")
            return Relay(number, name, where, 45.7, 4.8, hours, meters, ("shop",), 30_000, closures)

        return Relays((
            relay("012345", "Tabac de la Gare", 1400), relay("012346", "Fleurs Vauban", 250),
            relay("012347", "Pressing du Parc", 100, Closure(date(2026, 11, 22), date(2026, 12, 1))),
        ))  # fmt: skip


async def told(desk: Desk) -> list[tuple[str, str, str]]:
    """(template, status, body) of every message, once the events are delivered."""
    await Worker(
        desk.app.house,
        "",
        {"messages": write_message, **dict.fromkeys(("invoices", "document_files", "devices"), _nothing)},
    ).drain()
    rows = await desk.connection.fetch("SELECT template, status, body FROM message ORDER BY made_at, template")
    return [(row["template"], row["status"], row["body"]) for row in rows]


async def _nothing(*of: object) -> None:
    """Of these listeners this test has nothing to see."""


async def test_each_parcel_is_told_in_words_by_message_and_on_the_page(desk: Desk) -> None:
    made = await labeled(desk)
    page = f"/o/{SEAL.token('order', made.order.bytes, 0)}"
    await leave(await handheld(desk), *made.numbers)
    desk.app.clock.advance(minutes=3)
    (shipped,) = await told(desk)
    assert (
        shipped[0] == "shipped"
        and f"Colissimo, colis {made.numbers[0]}" in shipped[2]
        and f"Colissimo, colis {made.numbers[1]}" in shipped[2]
    )
    assert "mardi 24 novembre" in shipped[2] and "laposte.fr" in shipped[2]
    # A place that gave its part away is nobody's news.
    await desk.connection.execute(
        "INSERT INTO work SELECT (jsonb_populate_record(w, jsonb_build_object('id', $2::uuid, 'status', 'canceled'))).* FROM work w WHERE id = $1",
        made.work, new_id(),
    )  # fmt: skip
    assert "Aussi dans cette commande" not in words(await desk.app.client.get(page))
    first, second = made.numbers
    await hear(desk, first, ("MD2", "out_for_delivery", 0))
    shown = words(await desk.app.client.get(page))
    assert "Vos 2 colis En cours de livraison Arrivée prévue au plus tard le" in shown and "Remis à Colissimo" in shown
    await hear(desk, first, ("DI1", "delivered", 5))
    await hear(desk, second, ("AG1", "ready_for_pickup", 6))
    await hear(desk, second, ("DI3", "delivery_delayed", 1))
    assert {template for template, status, _ in await told(desk) if status == "due"} == {
        "shipped",
        "parcel_delivered",
        "parcel_ready",
    }
    answer = await desk.app.client.get(page)
    assert "Livré, vendredi 20 novembre" in words(answer) and "Vous attend au point de retrait" in words(answer)
    action = f"{page}/parcels/{made.parcels[0]}/missing"
    for id in (hidden(answer, "id", "/missing"), str(new_id())):
        assert (await desk.app.client.post(action, data={"id": id})).status_code == 303
    assert await desk.connection.fetchval("SELECT count(*) FROM exception WHERE kind = 'parcel_not_received'") == 1
    assert "Vous nous avez dit ne pas l’avoir" in words(await desk.app.client.get(page))
    foreign = (await labeled(desk)).parcels[0]
    await desk.app.client.post(f"{page}/parcels/{foreign}/missing", data={"id": str(new_id())})
    await desk.app.client.post(f"{page}/parcels/{made.parcels[1]}/missing", data={"id": str(new_id())})
    assert await desk.connection.fetchval("SELECT count(*) FROM exception WHERE kind = 'parcel_not_received'") == 1


async def test_a_pick_up_point_is_chosen_from_what_its_carrier_says_until_a_label_is_made(desk: Desk) -> None:
    carrier = RelayCarrier()
    desk.app.house.carriers.put("mr-orme", carrier)
    await account(desk, "mr-orme", "mondial_relay", "Mondial Relay")
    await desk.connection.execute("UPDATE carrier_account SET services = '{\"relay\": \"24R\"}' WHERE id = 'mr-orme'")
    order, _ = await desk.order("open", kind="ship")
    page = f"/o/{SEAL.token('order', order.bytes, 0)}"
    client = desk.app.client
    assert "Recevoir en point relais" in words(await client.get(page))
    near = await client.get(f"{page}/relay?postcode=69%20006")
    listed = words(near)
    assert listed.index("Fleurs Vauban") < listed.index("Tabac de la Gare") and "Pressing du Parc" not in listed
    assert "à 250 m" in listed and "à 1,4 km" in listed and "lun.–ven. 9:00–19:00; sam. 9:00–12:00" in listed
    form = {"id": hidden(near, "id", "/relay"), "postcode": "69 006", "to": "mr-orme|012346"}
    for _ in range(2):
        assert (await client.post(f"{page}/relay", data=form)).headers["location"] == page
    # What the carrier said is kept for some minutes: neither choosing nor looking again asks it twice.
    assert carrier.asked == [["69006"]]
    kept = await desk.connection.fetchrow(
        "SELECT kind, carrier, relay_id, relay_name, relay_city FROM order_delivery WHERE order_id = $1", order
    )
    assert kept is not None and tuple(kept) == ("relay", "mondial_relay", "012346", "Fleurs Vauban", "Lyon")
    assert "À retirer ici : Fleurs Vauban, 3 place de la Gare, 69006 Lyon" in words(await client.get(page))
    for wrong in ("mr-orme|999999", "ups|012346", ""):
        refused = await client.post(f"{page}/relay", data=form | {"id": str(new_id()), "to": wrong})
        assert refused.status_code == 409 and "ne prend plus de colis" in words(refused), wrong
    assert (await client.post(f"{page}/relay", data=form | {"id": str(new_id()), "to": "home"})).status_code == 303
    assert await desk.connection.fetchval("SELECT kind FROM order_delivery WHERE order_id = $1", order) == "home"
    carrier.busy = True
    desk.app.clock.advance(minutes=20)
    assert "ne répond pas" in words(await client.get(f"{page}/relay?postcode=69007"))
    made = await labeled(desk)
    late = f"/o/{SEAL.token('order', made.order.bytes, 0)}"
    assert (await client.get(f"{late}/relay")).headers["location"] == late
    assert (await client.post(f"{late}/relay", data=form | {"id": str(new_id()), "to": "home"})).headers[
        "location"
    ] == late
    assert await desk.connection.fetchval("SELECT count(*) FROM order_delivery WHERE order_id = $1", made.order) == 0
    desk.app.clock.advance(seconds=int(timedelta(minutes=11).total_seconds()))
    answers = [(await client.get(f"{page}/relay?postcode=6900{n % 9}")).status_code for n in range(31)]
    assert answers[-1] == 429 and answers[:30] == [200] * 30

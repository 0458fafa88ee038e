"""The one suite that every kind of shop passes: signatures, repetitions, any order of deliveries, cancellations."""

import asyncio
import itertools
import json
from typing import Any

import pytest

from comptoir.channels import queries
from comptoir.channels.intake import drain_inbox
from comptoir.kit.actor import SYSTEM
from comptoir.kit.errors import Outage
from comptoir.kit.ids import new_id
from comptoir.orders.model import CancelOrder, MapUnknownLine, ReleaseHold
from tests.connectors.conftest import NEW_SECRET
from tests.connectors.looking import inbox, orders_on_file, ours, state_of
from tests.connectors.shop import Body, Shop
from tests.doors import Served

pytestmark = pytest.mark.anyio


async def take_in(app: Served, shop: Shop, *said: tuple[Body, str]) -> None:
    """Deliver bodies one after the other, each worked off before the next comes."""
    for body, topic in said:
        answer = await shop.send(app.client, shop.written(body), topic)
        assert answer.status_code == 200
        await drain_inbox(app.house)


async def test_a_signed_order_becomes_work(app: Served, shop: Shop) -> None:
    body = shop.body("straight")
    await take_in(app, shop, (body, shop.create_topic))
    state = await state_of(app.house, ours(shop.channel, body["id"]))
    assert state["progress"] == "accepted"
    assert sum(units for _, _, units in state["works"]) == 3
    assert [line[1] for line in state["lines"]] == ["DERBY-HELENE-NOIR-36", "BONNET-VERCORS-ECRU"]
    assert state["holds"] == []


async def test_the_older_secret_still_opens_while_the_shop_changes_it(app: Served, shop: Shop) -> None:
    raw = shop.written(shop.body("straight"))
    for secret in (shop.secret, NEW_SECRET):
        shop.secret = secret
        assert (await shop.send(app.client, raw, shop.create_topic)).status_code == 200


async def test_a_wrong_signature_leaves_nothing_but_a_count(app: Served, shop: Shop) -> None:
    raw = shop.written(shop.body("straight"))
    right = shop.signature(raw)
    wrong = ["", "é", right[:-2], right + "=", right.lower(), shop.signature(raw + b" ")]
    answers = [await shop.send(app.client, raw, shop.create_topic, signature=one.encode()) for one in wrong]  # type: ignore[arg-type]
    assert {answer.status_code for answer in answers} == {401}
    assert {answer.json()["type"] for answer in answers} == {"/problems/wrong_signature"}
    assert await inbox(app.house) == []
    assert await app.house.pool.fetchval("SELECT count FROM webhook_refused WHERE channel = $1", shop.channel) == len(
        wrong
    )


async def test_a_changed_byte_anywhere_is_refused(app: Served, shop: Shop) -> None:
    raw = shop.written(shop.body("straight"))
    signature = shop.signature(raw)
    for place in [0, len(raw) - 1, *range(7, len(raw), len(raw) // 40)]:
        changed = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
        answer = await shop.send(app.client, changed, shop.create_topic, signature=signature)
        assert answer.status_code == 401, place
    assert await inbox(app.house) == []


async def test_too_many_wrong_signatures_wait_and_the_shop_does_not(app: Served, shop: Shop) -> None:
    raw = shop.written(shop.body("straight"))
    codes = [(await shop.send(app.client, raw, shop.create_topic, signature="no")).status_code for _ in range(62)]
    assert codes[0] == 401
    assert codes[-1] == 429
    assert (await shop.send(app.client, raw, shop.create_topic)).status_code == 200


async def test_a_channel_nobody_knows_is_not_found(app: Served, shop: Shop) -> None:
    raw = shop.written(shop.body("straight"))
    for channel in ("no-such-shop", "web", "A" * 200):
        answer = await app.client.post(f"/webhooks/{channel}", content=raw)
        assert answer.status_code == 404, channel


async def test_a_body_above_two_megabytes_is_too_large(app: Served, shop: Shop) -> None:
    raw = b'{"id": 1, "note": "' + b"x" * 2_000_000 + b'"}'
    assert (await shop.send(app.client, raw, shop.create_topic)).status_code == 413
    assert await inbox(app.house) == []


async def test_the_same_delivery_again_has_no_effect(app: Served, shop: Shop) -> None:
    raw = shop.written(shop.body("straight"))
    for _ in range(3):
        assert (await shop.send(app.client, raw, shop.create_topic, delivery="one-and-the-same")).status_code == 200
        await drain_inbox(app.house)
    assert await inbox(app.house) == [("done", None)]
    assert await orders_on_file(app.house) == 1


async def test_another_delivery_of_the_same_order_is_one_order(app: Served, shop: Shop) -> None:
    body = shop.body("straight")
    await take_in(app, shop, *[(body, shop.create_topic)] * 3)
    assert await orders_on_file(app.house) == 1
    assert (await state_of(app.house, ours(shop.channel, body["id"])))["reserved"] == 3


async def test_an_older_update_is_stale(app: Served, shop: Shop) -> None:
    body = shop.body("straight")
    await take_in(app, shop, (shop.at(body, 10), shop.update_topic), (body, shop.create_topic))
    assert await inbox(app.house) == [("done", None), ("stale", None)]


async def test_a_delivery_without_an_id_is_known_by_its_bytes(app: Served, shop: Shop) -> None:
    raw = shop.written(shop.body("straight"))
    for _ in range(2):
        assert (await shop.send(app.client, raw, shop.create_topic, delivery=" ")).status_code == 200
    assert len(await inbox(app.house)) == 1


async def test_a_cancellation_cancels_and_gives_the_units_back(app: Served, shop: Shop) -> None:
    body = shop.body("straight")
    await take_in(app, shop, (body, shop.create_topic), (shop.canceled(shop.at(body, 5)), shop.cancel_topic))
    state = await state_of(app.house, ours(shop.channel, body["id"]))
    assert (state["progress"], state["works"], state["reserved"]) == ("canceled", [], 0)


async def test_a_cancellation_that_comes_before_its_order_is_remembered(app: Served, shop: Shop) -> None:
    body = shop.body("straight")
    await take_in(app, shop, (shop.canceled(shop.at(body, 5)), shop.cancel_topic))
    assert await orders_on_file(app.house) == 0
    await take_in(app, shop, (body, shop.create_topic))
    state = await state_of(app.house, ours(shop.channel, body["id"]))
    assert (state["progress"], state["works"], state["reserved"]) == ("canceled", [], 0)


def canceled_story(shop: Shop, body: Body) -> list[tuple[Body, str]]:
    later = shop.canceled(shop.at(body, 5))
    return [
        (body, shop.create_topic),
        (shop.at(body, 2), shop.update_topic),
        (later, shop.cancel_topic),
        (later, shop.cancel_topic),
    ]


def paid_story(shop: Shop, body: Body) -> list[tuple[Body, str]]:
    waiting = shop.unpaid(body)
    return [
        (waiting, shop.create_topic), (shop.at(waiting, 1), shop.update_topic), (shop.at(body, 5), shop.update_topic),
        (shop.at(body, 5), shop.update_topic),
    ]  # fmt: skip


@pytest.mark.parametrize(("story", "ends"), [(canceled_story, "canceled"), (paid_story, "accepted")])
async def test_any_order_of_deliveries_ends_the_same(app: Served, shop: Shop, story: Any, ends: str) -> None:
    found = []
    for number, order in enumerate(itertools.permutations(range(4))):
        body = shop.renamed(shop.body("straight"), 10_000 + number)
        told = story(shop, body)
        await take_in(app, shop, *(told[i] for i in order))
        state = await state_of(app.house, ours(shop.channel, body["id"]))
        state["payment"] = state["payment"][:2]
        found.append(state)
        # Give the units back, so that every permutation meets the same shelves.
        if ends == "accepted":
            await app.house.runner.perform(CancelOrder(new_id(), ours(shop.channel, body["id"]), "next"), SYSTEM)
    assert found[0]["progress"] == ends
    assert all(state == found[0] for state in found)
    assert {state for state, _ in await inbox(app.house)} <= {"done", "stale"}


async def test_deliveries_worked_off_by_several_workers_at_once_end_the_same(app: Served, shop: Shop) -> None:
    bodies = [shop.renamed(shop.body("straight"), 20_000 + n) for n in range(6)]
    for body in bodies:
        for said, topic in canceled_story(shop, body):
            await shop.send(app.client, shop.written(said), topic)
    await asyncio.gather(*(drain_inbox(app.house, limit=5) for _ in range(6)))
    ends = [(await state_of(app.house, ours(shop.channel, body["id"]))) for body in bodies]
    assert [(end["progress"], end["reserved"]) for end in ends] == [("canceled", 0)] * 6


async def test_an_order_paid_later_waits_and_then_goes_on(app: Served, shop: Shop) -> None:
    body = shop.body("straight")
    await take_in(app, shop, (shop.unpaid(body), shop.create_topic))
    waiting = await state_of(app.house, ours(shop.channel, body["id"]))
    assert (waiting["progress"], waiting["holds"], waiting["works"]) == ("held", ["payment"], [])
    await take_in(app, shop, (shop.at(body, 5), shop.update_topic))
    paid = await state_of(app.house, ours(shop.channel, body["id"]))
    assert (paid["progress"], paid["holds"], paid["payment"][:2]) == ("accepted", [], ("captured", paid["total_minor"]))


async def test_a_body_that_cannot_be_read_fails_where_head_office_sees_it(app: Served, shop: Shop) -> None:
    for raw in (b"", b"[]", b"not json", b"\xff\xfe", b"[" * 200_000, b'{"id": NaN}', b"{}", b'{"id": "\x00"}'):
        assert (await shop.send(app.client, raw, shop.create_topic)).status_code == 200
    await drain_inbox(app.house)
    async with app.house.pool.acquire() as connection:
        failed = await queries.list_failed_deliveries(connection, SYSTEM)
    assert len(failed) == 8
    assert all(one.problem for one in failed)


async def test_an_order_that_grew_in_the_shop_is_shown_to_a_person(app: Served, shop: Shop) -> None:
    body = shop.body("straight")
    total = "total_price" if shop.kind == "shopify" else "total"
    await take_in(app, shop, (body, shop.create_topic), (shop.at(body, 5) | {total: "300.00"}, shop.update_topic))
    assert (await inbox(app.house))[-1] == ("failed", "changed_in_the_shop")


async def test_a_topic_we_do_not_use_is_taken_and_left(app: Served, shop: Shop) -> None:
    await take_in(app, shop, ({"id": 1}, "products/update"))
    assert await inbox(app.house) == [("done", "topic not used")]


async def test_a_database_that_is_away_is_tried_again_later(
    app: Served, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise Outage("database_away")

    body = shop.body("straight")
    with monkeypatch.context() as patched:
        patched.setattr(app.house.orders, "submit", away)
        await take_in(app, shop, (body, shop.create_topic))
        assert await inbox(app.house) == [("open", "database_away")]
        assert await drain_inbox(app.house) == 0
    app.clock.advance(minutes=2)
    assert await drain_inbox(app.house) == 1
    assert (await state_of(app.house, ours(shop.channel, body["id"])))["progress"] == "accepted"


async def test_the_body_of_a_message_that_is_done_is_not_kept(app: Served, shop: Shop) -> None:
    await take_in(app, shop, (shop.body("straight"), shop.create_topic))
    assert await app.house.pool.fetchval("SELECT length(body) FROM webhook_inbox") == 0


REASONS = {"shopify": ["totals", "unknown_item"], "woocommerce": ["unknown_item"]}


async def test_unknown_items_hold_the_order_until_a_person_has_mapped_them(app: Served, shop: Shop) -> None:
    await held_then_work(app, shop, shop.body("held"))


async def held_then_work(app: Served, shop: Shop, body: Body) -> None:
    """The order is held with its named reasons; mapped and accepted by a person it becomes work."""
    await take_in(app, shop, (body, shop.create_topic))
    order = ours(shop.channel, body["id"])
    state = await state_of(app.house, order)
    assert (state["progress"], state["holds"], state["works"]) == ("held", REASONS[shop.kind], [])
    skus = ["BONNET-VERCORS-ECRU", "DERBY-HELENE-NOIR-36", "JEAN-MARCEL-NOIR-31"]
    for (line, *_), sku in zip(state["lines"], skus, strict=False):
        await app.house.runner.perform(MapUnknownLine(new_id(), order, line, sku), SYSTEM)
    if "totals" in REASONS[shop.kind]:
        await app.house.runner.perform(ReleaseHold(new_id(), order, "totals", "vu avec la boutique"), SYSTEM)
    state = await state_of(app.house, order)
    assert (state["progress"], state["holds"]) == ("accepted", [])
    assert sum(units for _, _, units in state["works"]) == sum(line[2] for line in state["lines"])


async def test_a_mapped_code_is_known_from_then_on(app: Served, shop: Shop) -> None:
    body = shop.body("held")
    await held_then_work(app, shop, body)
    await take_in(app, shop, (shop.renamed(body, 99_001), shop.create_topic))
    state = await state_of(app.house, ours(shop.channel, 99_001))
    assert "unknown_item" not in state["holds"]
    assert all(sku for _, sku, _, _ in state["lines"])


async def test_a_pickup_order_goes_to_the_store_that_its_shipping_method_names(app: Served, shop: Shop) -> None:
    body = with_shipping(shop, "pickup:lyon-part-dieu")
    await take_in(app, shop, (body, shop.create_topic))
    works = await app.house.pool.fetch(
        "SELECT location, kind FROM work WHERE order_id = $1", ours(shop.channel, body["id"])
    )
    assert [tuple(row) for row in works] == [("lyon-part-dieu", "pickup")]


async def test_an_unknown_place_of_collection_holds_the_order(app: Served, shop: Shop) -> None:
    body = with_shipping(shop, "pickup:atlantis")
    await take_in(app, shop, (body, shop.create_topic))
    assert (await state_of(app.house, ours(shop.channel, body["id"])))["holds"] == ["manual"]


def with_shipping(shop: Shop, code: str) -> Body:
    body = json.loads(json.dumps(shop.body("straight")))
    line = body["shipping_lines"][0]
    if shop.kind == "shopify":
        line["code"] = code
    else:
        line |= {"method_id": "local_pickup", "method_title": code}
    found: Body = body
    return found

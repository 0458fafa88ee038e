"""Goods that a device took in with no network are on file whatever the rules say; a rehearsal tells what would come of a return and keeps nothing."""

from typing import Any
from uuid import UUID

import msgspec
import pytest

from comptoir.fulfillment.journal import Told
from comptoir.kit.actor import Actor
from comptoir.kit.ids import new_id
from comptoir.returns.accessories import Accessory, PutAccessories
from comptoir.returns.model import Coming, OpenReturn, ReturnSettled, ReturnStands, SettleReturn, Taken, TakeReturn
from tests.flows.test_returns import BOSS, PRICE, sold
from tests.hands import Handheld, Shop
from tests.world import DERBY, LYON, Line

pytestmark = pytest.mark.anyio


async def tell(sam: Handheld, id: UUID, /, *units: dict[str, Any], **body: Any) -> Told:
    told = {"return": str(id), "units": list(units) or [{"line": 1, "part": 1, "condition": "as_new"}]}
    return await sam.tell("return", **told, **{key: str(value) for key, value in body.items()})


async def test_what_the_rules_allow_is_settled_when_the_network_is_back_and_told_twice_it_is_one(shop: Shop) -> None:
    await shop.receive(2)
    sam = await shop.handheld()
    made, rma = await sold(shop, sam), new_id()
    told = await tell(sam, rma, order=made)
    assert (told.outcome, told.facts["status"]) == ("applied", "settled")
    assert await shop.intended(made) == [("refund", PRICE, "returned")]
    assert await shop.figures() == (1, 0, 0, 1)
    assert (await tell(sam, rma, order=made)).outcome == "applied"
    assert await shop.count("rma") == 1
    # Scanned onto its shelf it is for sale; a second scan has nothing to shelve, moves no figure and is looked at.
    assert (await sam.tell("put_away", code=DERBY, **{"return": str(rma)})).outcome == "applied"
    assert await shop.figures() == (2, 0, 0, 0)
    assert (await sam.tell("put_away", code=DERBY)).problem == "return_not_shelved"
    assert (await shop.figures(), await shop.exceptions()) == ((2, 0, 0, 0), ["return_not_shelved"])
    assert await shop.breaches() == []


async def test_what_the_rules_do_not_allow_is_here_and_counted_and_a_manager_decides(shop: Shop) -> None:
    await shop.receive(3)
    sam = await shop.handheld()
    # Two pairs are worth more than an associate gives back alone.
    made = await sold(shop, sam, Line(DERBY, 2))
    number = await shop.connection.fetchval("SELECT number FROM sales_order WHERE id = $1", made)
    pair = {"line": 1, "part": 1, "condition": "as_new"}
    told = await tell(sam, new_id(), pair, pair, order=made)
    assert (told.outcome, told.problem, told.facts["status"]) == (
        "applied_with_exception",
        "return_to_decide",
        "inspected",
    )
    assert await shop.intended(made) == []
    assert await shop.figures() == (1, 0, 0, 2)
    # Against a receipt, of an order whose units are all in a return: goods of nobody. Against nothing: the same.
    for more in ({"receipt": number}, {}):
        told = await tell(sam, new_id(), {"sku": DERBY, "condition": "damaged"}, **more)
        assert told.problem == "return_to_decide"
    assert await shop.figures() == (1, 0, 0, 4)
    # What is none of our articles is in the case alone.
    told = await tell(sam, new_id(), {"sku": "4006381333931", "condition": "opened"}, receipt="no such thing")
    assert (told.problem, told.facts) == ("return_to_decide", {})
    whys = await shop.connection.fetch("SELECT body->>'why' AS why FROM exception ORDER BY made_at, id")
    assert [row["why"] for row in whys] == ["permission_needed", "already_returned", "no_order", "unknown_code"]
    assert await shop.count("rma") == 3
    assert await shop.breaches() == []


async def test_an_announced_return_is_finished_by_its_number_of_units_even_without_a_network(shop: Shop) -> None:
    await shop.receive(2)
    sam = await shop.handheld()
    made = await sold(shop, sam, Line(DERBY, 2))
    opened = OpenReturn(id=new_id(), order=made, units=(Coming("too_small", 2, 1),), permission=None)
    await shop.perform(opened, BOSS)
    told = await tell(sam, new_id(), {"n": 1, "condition": "as_new", "reason": "too_small"}, rma=opened.id)
    # The second pair is neither here nor missing: nothing is settled, and somebody asks for it. The first one is here and counted.
    assert (told.outcome, told.problem) == ("applied_with_exception", "return_to_decide")
    assert (told.facts["status"], await shop.figures()) == ("received", (0, 0, 0, 1))
    told = await sam.tell(
        "return",
        **{"return": str(new_id()), "rma": str(opened.id), "missing": [2], "units": [{"n": 1, "condition": "as_new"}]},
    )
    assert (told.outcome, told.facts["status"]) == ("applied", "settled")
    assert await shop.intended(made) == [("refund", PRICE, "returned")]


async def test_a_rehearsal_answers_to_the_cent_and_nothing_is_kept(shop: Shop) -> None:
    await shop.receive(1)
    sam = await shop.handheld()
    made = await sold(shop, sam)
    command = TakeReturn(id=new_id(), location=LYON, order=made, units=(Taken(line=1, condition="as_new"),))
    before = await shop.told(made)
    shown = (await shop.runner.rehearse(command, sam.person)).read(ReturnSettled)
    assert (shown.refund_minor, shown.units[0].disposition) == (PRICE, "shelf")
    assert (await shop.count("rma"), await shop.told(made), await shop.intended(made)) == (0, before, [])
    settled: ReturnSettled = await shop.perform(command, sam.person, ReturnSettled)
    assert settled.refund_minor == shown.refund_minor


async def test_a_serial_number_that_was_read_with_no_network_is_compared_when_it_arrives_and_a_manager_decides(
    shop: Shop,
) -> None:
    await shop.receive(4)
    sam = await shop.handheld()
    made, other = await sold(shop, sam), await sold(shop, sam)
    picked = "010371234567890121SN-7\x1d10A1"
    await shop.connection.execute(
        "UPDATE device_event SET body = jsonb_set(body, '{code}', to_jsonb($1::text)) WHERE kind = 'pick'", picked
    )
    unit = {"line": 1, "part": 1, "condition": "as_new"}
    told = await tell(sam, new_id(), unit | {"serial": "SN-7"}, order=made)
    assert (told.outcome, told.facts["status"]) == ("applied", "settled")
    # The same number again, of another order that had another one: here and counted, and nothing is given for it.
    await shop.connection.execute(
        "UPDATE device_event SET body = jsonb_set(body, '{code}', to_jsonb($1::text)) WHERE kind = 'pick'",
        picked.replace("SN-7", "SN-8"),
    )
    told = await tell(sam, new_id(), unit | {"serial": "SN-7"}, order=other)
    assert (told.outcome, told.problem, told.facts["status"]) == (
        "applied_with_exception", "return_to_decide", "inspected",
    )  # fmt: skip
    body = await shop.connection.fetchval("SELECT body->'serials' FROM exception")
    assert [one["kind"] for one in msgspec.json.decode(body)] == ["serial_back", "serial_other"]
    assert await shop.intended(other) == []
    assert await shop.connection.fetchval("SELECT array_agg(DISTINCT serial) FROM rma_unit") == ["SN-7"]
    # One that was announced from home is looked at, and waits too.
    third = await sold(shop, sam)
    opened = OpenReturn(id=new_id(), order=third, units=(Coming("too_small", 1, 1),), permission=None)
    await shop.perform(opened, BOSS)
    told = await tell(sam, new_id(), {"n": 1, "condition": "as_new", "serial": "SN-7"}, rma=opened.id)
    assert (told.problem, told.facts["status"]) == ("return_to_decide", "inspected")
    assert await shop.breaches() == []


async def test_a_return_that_was_announced_is_known_by_its_number_with_no_network(shop: Shop) -> None:
    await shop.receive(4)
    sam = await shop.handheld()
    made = await sold(shop, sam, Line(DERBY, 2))
    units = (Coming(line=1, quantity=2, reason="too_small"),)
    announced: ReturnStands = await shop.perform(OpenReturn(id=new_id(), order=made, units=units), BOSS, ReturnStands)
    # One of two is in the parcel: what is not there is missing, and no second return is made of the first.
    told = await tell(sam, new_id(), {"sku": DERBY, "condition": "as_new"}, receipt=announced.number.lower())
    assert (told.outcome, told.facts["number"], told.facts["status"]) == ("applied", announced.number, "settled")
    states = await shop.connection.fetch("SELECT state FROM rma_unit ORDER BY n")
    assert [row[0] for row in states] == ["here", "missing"]
    assert await shop.count("rma") == 1
    assert await shop.breaches() == []


async def test_what_is_missing_is_kept_on_the_device_and_a_sum_for_it_is_decided_when_the_network_is_back(
    shop: Shop,
) -> None:
    await shop.receive(3)
    sam = await shop.handheld()
    cable = Accessory("cable", "câble", "cable", 1500)
    bag = Accessory("dust_bag", "housse", "dust bag")
    await shop.perform(PutAccessories(new_id(), "sku", DERBY, (cable, bag)), Actor("odile", "head_office", None))
    made = await sold(shop, sam, Line(DERBY, 3))
    unit = {"line": 1, "part": 1, "condition": "as_new"}
    # Nothing is kept for it, or nobody can name it any more: settled as it stands.
    told = await tell(sam, new_id(), unit | {"absent": ["dust_bag", "strap"]}, order=made)
    assert (told.outcome, told.facts["status"]) == ("applied", "settled")
    rma = new_id()
    told = await tell(sam, rma, unit | {"absent": ["cable"]}, order=made)
    assert (told.problem, told.facts["status"]) == ("return_to_decide", "inspected")
    rows = await shop.connection.fetch("SELECT u.absent, u.disposition FROM rma_unit u ORDER BY u.nth")
    assert [(row["disposition"], "other" in row["absent"], "cable" in row["absent"]) for row in rows] == [
        ("mark_down", True, False), ("mark_down", False, True),
    ]  # fmt: skip
    assert await shop.connection.fetchval("SELECT body->>'why' FROM exception") == "incomplete"
    assert await shop.intended(made) == [("refund", PRICE, "returned")]
    settled: ReturnSettled = await shop.perform(SettleReturn(id=new_id(), rma=rma), BOSS, ReturnSettled)
    assert (settled.given_minor, settled.kept_minor) == (PRICE - 1500, 1500)
    # It is decided: nobody is asked any more.
    assert (
        await shop.connection.fetchval("SELECT resolution FROM exception WHERE resolved_at IS NOT NULL") == "put_right"
    )

"""Head office sees the money that has not gone, and each act of the page does one thing, once; nobody else sees it."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from comptoir.flows.execute_payment import tell_stuck
from comptoir.kit.db import in_transaction
from comptoir.kit.ids import new_id
from tests.conftest import Database
from tests.doors import MIDDAY
from tests.pages.manager_door import Desk, opened, words
from tests.people import INES, ODILE, SAM

pytestmark = pytest.mark.anyio


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    async with opened(database) as desk:
        yield desk


async def owed(
    desk: Desk, state: str = "failed", part: str = "failed", problem: str = "charge_already_refunded"
) -> tuple[str, str]:
    """A refund of 40.00 on a paid order that its provider refused; (intention, order)."""
    await desk.connection.execute(
        "INSERT INTO payment_account (id, kind, name, since) VALUES ('stripe-orme', 'stripe', 'Stripe Orme', $1) ON CONFLICT DO NOTHING",
        MIDDAY,
    )
    order, _ = await desk.order()
    intention = new_id()
    await desk.connection.execute(
        "INSERT INTO payment_intention (id, order_id, kind, amount_minor, reason, made_by, due_at, intended_at, intended_who, state, begun_at)"
        " VALUES ($1, $2, 'refund', 4000, 'canceled', 'api', $3, $3, 'system', $4, $3)",
        intention, order, MIDDAY, state,
    )  # fmt: skip
    await desk.connection.execute(
        "INSERT INTO payment_part (id, intention, n, order_id, reference, kind, amount_minor, account, state, key, next_at, made_at, problem)"
        " VALUES ($1, $1, 1, $2, 'pay-1', 'refund', 4000, 'stripe-orme', $3, $1, $4, $4, $5)",
        intention, order, part, MIDDAY, problem,
    )  # fmt: skip
    return str(intention), str(order)


async def test_what_failed_is_shown_with_why_and_tried_again_or_done_by_hand_once(desk: Desk) -> None:
    first, _ = await owed(desk)
    second, order = await owed(desk, part="unknown", state="intended", problem="timed_out")
    office = await desk.browser(ODILE)
    page = await office.get("/manager/money")
    for said in (
        "40,00",
        "charge_already_refunded",
        "on regarde avant de recommencer",
        "Stripe Orme",
        "clé à poser",
        "Les listes concordent",
    ):
        assert said in words(page), said
    again = {"id": str(new_id())}
    for _ in range(2):
        assert (await office.post(f"/manager/money/{first}/retry", data=again)).status_code == 303
    assert await desk.connection.fetchval("SELECT state FROM payment_part WHERE id = $1::uuid", first) == "due"
    for wrong in ("", "  ", "x" * 101):
        answer = await office.post(f"/manager/money/{second}/by-hand", data={"id": str(new_id()), "reference": wrong})
        assert answer.status_code in (400, 422), answer.status_code
    form = {"id": str(new_id()), "reference": "re_by_hand"}
    for _ in range(2):
        assert (await office.post(f"/manager/money/{second}/by-hand", data=form)).status_code == 303
    row = await desk.connection.fetchrow(
        "SELECT state, sent_at IS NOT NULL FROM payment_intention WHERE id = $1::uuid", second
    )
    assert row is not None and tuple(row) == ("confirmed", True)
    refunded = await desk.connection.fetchval("SELECT refunded_minor FROM payment WHERE order_id = $1::uuid", order)
    assert refunded == 4_000
    refused = await office.post(f"/manager/money/{second}/retry", data={"id": str(new_id())})
    assert refused.status_code == 409 and "Déjà parti" in words(refused)
    assert (await office.post(f"/manager/money/{new_id()}/retry", data={"id": str(new_id())})).status_code == 404
    await desk.connection.execute(
        "UPDATE payment_part SET state = 'sent', sent_at = $1, problem = NULL WHERE intention = $2::uuid", MIDDAY, first
    )
    await desk.connection.execute(
        "UPDATE payment_intention SET state = 'sent', sent_at = $1 WHERE id = $2::uuid", MIDDAY, first
    )
    assert "ne le confirme pas" not in words(await office.get("/manager/money"))
    await desk.connection.execute(
        "UPDATE payment_intention SET sent_at = $1 WHERE id = $2::uuid", MIDDAY - timedelta(days=6), first
    )
    assert "ne le confirme pas" in words(await office.get("/manager/money"))
    manager = await desk.browser(INES)
    assert (await (await desk.browser(SAM)).get("/manager/money")).status_code == 403
    assert (await manager.get("/manager/money")).status_code == 403
    assert (await manager.post(f"/manager/money/{first}/retry", data=again)).status_code == 403


async def test_a_customer_reads_that_it_was_sent_when_it_was_and_not_before(desk: Desk) -> None:
    intention, order = await owed(desk, state="intended", part="due", problem="away")
    office = await desk.browser(ODILE)
    assert "à faire par" in words(await office.get(f"/manager/orders/{order}"))
    desk.app.clock.at += timedelta(hours=1)
    await office.post(f"/manager/money/{intention}/by-hand", data={"id": str(new_id()), "reference": "re_77"})
    told = words(await office.get(f"/manager/orders/{order}"))
    assert "fait par" in told and "Remboursement envoyé" in told


async def test_managers_see_a_case_that_ends_with_the_money_and_not_before(desk: Desk) -> None:
    intention, _ = await owed(desk)
    for told in (1, 0):
        assert await in_transaction(desk.app.house.pool, "system", MIDDAY, tell_stuck) == told
    case = await desk.connection.fetchval("SELECT id FROM exception WHERE kind = 'money_stuck'")
    manager, office = await desk.browser(INES), await desk.browser(ODILE)
    assert "De l’argent n’est pas parti" in words(await manager.get("/manager/exceptions"))
    assert "Le siège relance" in words(await manager.get(f"/manager/exceptions/{case}"))
    assert 'href="/manager/money"' in (await office.get(f"/manager/exceptions/{case}")).text
    form = {"id": str(new_id()), "resolution": "put_right", "note": "vu"}
    assert (await office.post(f"/manager/exceptions/{case}", data=form)).status_code == 409
    await office.post(f"/manager/money/{intention}/by-hand", data={"id": str(new_id()), "reference": "re_77"})
    assert await desk.connection.fetchval("SELECT resolution FROM exception") == "put_right"


async def test_an_account_is_made_changed_and_guarded_and_starts_with_what_comes(desk: Desk) -> None:
    office = await desk.browser(ODILE)
    path = "/manager/money/accounts"
    assert "whsec" not in (await office.get(f"{path}/new?kind=stripe")).text
    assert (await office.get(f"{path}/new?kind=paypal")).status_code == 404
    form = {
        "id": str(new_id()),
        "account": "stripe-orme",
        "version": "0",
        "kind": "stripe",
        "name": "Stripe Orme",
        "channel": "",
        "provider": "",
        "active": "true",
    }
    for _ in range(2):
        assert (await office.post(path, data=form)).status_code == 303
    taken = await office.post(path, data=form | {"id": str(new_id())})
    assert taken.status_code == 409 and "Identifiant déjà pris" in words(taken)
    assert "COMPTOIR_PAYMENT_SECRETS" in words(await office.get(f"{path}/stripe-orme"))
    desk.app.clock.at += timedelta(hours=1)
    changed = form | {"id": str(new_id()), "version": "1", "provider": "stripe"}
    assert (await office.post(path, data=changed)).status_code == 303
    row = await desk.connection.fetchrow("SELECT provider, since, version FROM payment_account")
    assert row is not None and tuple(row) == ("stripe", MIDDAY + timedelta(hours=1), 2)
    assert (await office.post(path, data=changed | {"id": str(new_id())})).status_code == 409
    for wrong in ({"account": "Ünfit"}, {"name": ""}, {"channel": "nowhere"}, {"account": "new"}):
        answer = await office.post(path, data=form | {"id": str(new_id()), "account": "other"} | wrong)
        assert answer.status_code in (404, 409, 422), wrong
    assert (await (await desk.browser(SAM)).post(path, data=form | {"id": str(new_id())})).status_code == 403

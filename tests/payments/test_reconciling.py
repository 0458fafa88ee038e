"""A planted difference between a provider's list and ours is found, once, and nothing else is; what Stripe sends is proved before it is heard."""

import json
from datetime import timedelta
from typing import Any

import pytest

from comptoir.errands.move_money import move_money
from comptoir.errands.reconcile_money import reconcile_money
from comptoir.kit.actor import SYSTEM
from comptoir.kit.errors import Forbidden, NotFound
from comptoir.kit.ids import new_id
from comptoir.payments.commands import SettleMismatch
from comptoir.payments.stripe_events import sign
from tests.conftest import Database
from tests.doors import MIDDAY, served
from tests.payments.payment_servers import JUDGES, NOON
from tests.payments.test_moving import OFFICE, desk

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("kind", JUDGES)
async def test_what_is_missing_here_or_there_or_has_another_amount_is_found_once(database: Database, kind: str) -> None:
    async with desk(database, kind) as it:
        await database.connection.execute("TRUNCATE payment_checked, payment_mismatch")
        for minor in (1_000, 2_000, 3_000):
            await it.owe(minor)
        await it.go_round()
        it.app.clock.at += timedelta(days=1)
        assert await reconcile_money(it.app.house) == 0
        assert await it.pool.fetchval("SELECT ours FROM payment_checked") == 3
        await database.connection.execute("TRUNCATE payment_checked")
        # Planted: one that we never asked for, one that the provider does not have, one of another amount.
        it.books.at = NOON + 3_600
        it.books.refunds.sort(key=lambda one: int(one["amount"]))
        it.books.add(700)
        first, second = it.books.refunds[0], it.books.refunds[1]
        it.books.refunds.remove(first)
        second["amount"] = 2_500
        it.server.say = [(503, b"{}", {})]
        assert await reconcile_money(it.app.house) == 0, "away: the day stays open"
        assert await it.pool.fetchval("SELECT count(*) FROM payment_checked") == 0
        assert await reconcile_money(it.app.house) == 3
        found = await it.pool.fetch("SELECT kind, ours_minor, theirs_minor FROM payment_mismatch ORDER BY kind")
        assert [tuple(row) for row in found] == [
            ("amount", 2_000, 2_500),
            ("missing_here", None, 700),
            ("missing_there", 1_000, None),
        ]
        await database.connection.execute("TRUNCATE payment_checked")
        assert await reconcile_money(it.app.house) == 0
        one = await it.pool.fetchval("SELECT id FROM payment_mismatch WHERE kind = 'missing_here'")
        with pytest.raises(Forbidden):
            await it.app.house.runner.perform(SettleMismatch(new_id(), one, "made in the dashboard"), SYSTEM)
        await it.app.house.runner.perform(SettleMismatch(new_id(), one, "made in the dashboard"), OFFICE)
        with pytest.raises(NotFound):
            await it.app.house.runner.perform(SettleMismatch(new_id(), one, "again"), OFFICE)


async def test_what_stripe_sends_is_heard_when_it_is_signed_and_young_and_is_looked_at_not_believed(
    database: Database,
) -> None:
    secrets = json.dumps({"acc": {"key": "sk_test_of_the_tests", "webhook": "whsec_new", "webhook_old": "whsec_old"}})
    async with desk(database) as it:
        await it.owe(4_000)
        await it.go_round()
        provider = it.app.house.payments._open["acc"][1]
        async with served(database.dsn, COMPTOIR_PAYMENT_SECRETS=secrets) as app:
            app.house.payments.put("acc", provider)
            now = int(MIDDAY.timestamp())

            async def send(kind: str, about: Any, secret: str = "whsec_new", at: int = now, spoil: bytes = b"") -> int:
                body = json.dumps({"id": "evt_1", "type": kind, "data": {"object": about}}).encode()
                headers = {"stripe-signature": sign(body, secret, at)}
                return (
                    await app.client.post("/receipts/payments/acc", content=body + spoil, headers=headers)
                ).status_code

            about = {"id": "re_1", "payment_intent": "pi_1", "status": "failed"}
            for wrong in ({"secret": "whsec_other"}, {"at": now - 301}, {"at": now + 301}, {"spoil": b" "}):
                assert await send("refund.failed", about, **wrong) == 401  # type: ignore[arg-type]
            assert await move_money(app.house) == 0
            assert await send("customer.created", {"id": "cus_1"}) == 200 and await move_money(app.house) == 0
            # It says failed; Stripe itself says that it went.
            assert await send("refund.failed", about, "whsec_old") == 200
            assert await move_money(app.house) == 1
            assert (await it.standing())[0][2] == "confirmed"
            it.books.refunds[0]["status"] = "failed"
            assert await send("refund.failed", about) == 200
            assert await send("refund.failed", about) == 200
            assert await move_money(app.house) == 1
            assert (await it.standing())[0][2] == "failed" and (await it.payment())[2] == 0
            await it.agrees()

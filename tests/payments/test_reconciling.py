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


VOIDED = (
    "WITH made AS (INSERT INTO payment_intention (id, order_id, kind, amount_minor, reason, made_by, due_at, intended_at, intended_who, state, begun_at, sent_at)"
    " SELECT gen_random_uuid(), order_id, 'void', amount_minor, 'canceled', 'shop', $1, $1, 'system', 'confirmed', $1, $1 FROM payment RETURNING *)"
    " INSERT INTO payment_part (id, intention, n, order_id, reference, kind, amount_minor, state, key, made_at, sent_at)"
    " SELECT gen_random_uuid(), m.id, 1, m.order_id, p.reference, 'void', m.amount_minor, 'confirmed', gen_random_uuid(), $1, $1 FROM made m JOIN payment p USING (order_id)"
)
CAPTURES = (
    # (as it stands here: state, captured; as it stands there: captured, voided; what is found)
    ("captured", 16_300, 16_300, False, None),
    ("authorized", 0, 16_300, False, ("capture", "missing_here", None, 16_300)),
    ("captured", 16_300, 0, False, ("capture", "missing_there", 16_300, None)),
    ("captured", 16_300, 15_000, False, ("capture", "amount", 16_300, 15_000)),
    ("voided", 0, 0, False, ("void", "missing_there", None, 16_300)),
    ("voided", 0, 16_300, False, ("void", "missing_there", None, 16_300)),
    ("voided", 0, 0, True, None),
    ("authorized", 0, 0, True, ("void", "missing_here", 16_300, None)),
)


@pytest.mark.parametrize("kind", JUDGES)
async def test_captures_and_voids_that_do_not_agree_are_found_whoever_made_them(database: Database, kind: str) -> None:
    async with desk(database, kind) as it:
        it.app.clock.at += timedelta(days=1)
        it.books.moved_at = NOON

        async def found() -> list[tuple[Any, ...]]:
            await database.connection.execute("TRUNCATE payment_checked, payment_mismatch")
            told = await reconcile_money(it.app.house)
            rows = await it.pool.fetch(
                "SELECT what, kind, ours_minor, theirs_minor FROM payment_mismatch ORDER BY 1, 2"
            )
            assert told == len(rows)
            assert await it.pool.fetchval("SELECT count(*) FROM payment_checked") == 1, "the day is compared"
            return [tuple(row) for row in rows]

        for state, captured, there, voided, wanted in CAPTURES:
            await database.connection.execute("TRUNCATE payment_part, payment_intention CASCADE")
            await database.connection.execute(
                "UPDATE payment SET state = $1, captured_minor = $2, look_at = NULL", state, captured
            )
            if state == "voided":
                await database.connection.execute(VOIDED, MIDDAY)
            it.books.captured, it.books.voided = there, voided
            it.books.status = "succeeded" if there else "requires_capture"
            assert await found() == ([wanted] if wanted else []), (state, captured, there, voided)
            to_look = await it.pool.fetchval("SELECT look_at IS NOT NULL FROM payment")
            assert to_look == bool(wanted and wanted[1] != "missing_there" and state != "voided")
        # While an answer of ours is still out, the day stays open.
        await database.connection.execute("TRUNCATE payment_checked, payment_mismatch")
        await database.connection.execute(VOIDED, MIDDAY)
        await database.connection.execute(
            "UPDATE payment_part SET state = 'unknown', next_at = now(), kind = 'capture', account = 'acc'"
        )
        it.books.captured, it.books.voided, it.books.status = 16_300, False, "succeeded"
        assert await reconcile_money(it.app.house) == 0
        assert await it.pool.fetchval("SELECT count(*) FROM payment_checked") == 0
        # Money that was captured for nobody we know.
        await database.connection.execute("TRUNCATE payment_part, payment_intention CASCADE")
        await database.connection.execute("UPDATE payment SET state = 'captured', captured_minor = 16300")
        it.books.add_other(kind, "9001", 700, NOON)
        assert await found() == [("capture", "missing_here", None, 700)]


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

"""A served app over the demo world's reference rows, with two shops that know their secrets."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from comptoir.kit import postgres
from comptoir.kit.db import in_transaction, open_pool
from comptoir.seeding import reference
from tests.connectors.shop import SHOPS, Shop
from tests.doors import MIDDAY, Served, served

# Starting the app takes longer than most of these tests; none of them hands goods over, so on hand never changes.
AS_BEFORE = """
TRUNCATE message_try, return_request, customer, sales_order, order_address, order_line, requirement, order_hold, payment, payment_part, payment_intention, work,
  work_line, pickup_pass, put_back, reservation, webhook_inbox, webhook_refused, channel_sku, channel_cancel, throttle,
  command, event, delivery, message, exception, customer_preference, rating, sourcing_decision;
DELETE FROM stock_movement WHERE order_id IS NOT NULL;
UPDATE stock_level SET reserved = 0 WHERE reserved <> 0;
"""
NEW_SECRET = "a newer secret of the shop"


@pytest.fixture(scope="session")
async def stocked(postgres_server: postgres.Server, template: str) -> str:
    """The name of a database with places, articles and stock, to be cloned."""
    pool = await open_pool(await postgres_server.create_database("stocked", template))
    now = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
    await in_transaction(pool, "seed", now, lambda tx: reference.load(tx, now.date(), now))
    await pool.close()
    return "stocked"


@pytest.fixture(scope="session")
async def one_app(postgres_server: postgres.Server, stocked: str) -> AsyncIterator[Served]:
    """The app over a copy of it; both shops sign with an older and a newer secret."""
    dsn = await postgres_server.create_database("connectors", stocked)
    secrets = {kind.channel: [NEW_SECRET, kind().secret] for kind in SHOPS}
    async with served(dsn, at=MIDDAY, COMPTOIR_CHANNEL_SECRETS=json.dumps(secrets)) as app:
        yield app


@pytest.fixture
async def app(one_app: Served) -> Served:
    """The app at noon on a Friday, before any order and any message."""
    await one_app.house.pool.execute(AS_BEFORE)
    await one_app.house.keeper.load()
    one_app.clock.at = MIDDAY
    return one_app


@pytest.fixture(params=SHOPS, ids=lambda kind: kind.kind)
def shop(request: pytest.FixtureRequest) -> Shop:
    """Each kind of shop in turn."""
    made: Shop = request.param()
    return made

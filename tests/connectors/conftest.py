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

NEW_SECRET = "a newer secret of the shop"


@pytest.fixture(scope="session")
async def stocked(postgres_server: postgres.Server, template: str) -> str:
    """The name of a database with places, articles and stock, to be cloned."""
    pool = await open_pool(await postgres_server.create_database("stocked", template))
    now = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
    await in_transaction(pool, "seed", now, lambda tx: reference.load(tx, now.date(), now))
    await pool.close()
    return "stocked"


@pytest.fixture
async def app(postgres_server: postgres.Server, stocked: str, request: pytest.FixtureRequest) -> AsyncIterator[Served]:
    """The app at noon on a Friday; both shops sign with an older and a newer secret."""
    name = f"connectors_{abs(hash(request.node.nodeid)) % 10**12}"
    dsn = await postgres_server.create_database(name, stocked)
    secrets = {kind.channel: [NEW_SECRET, kind().secret] for kind in SHOPS}
    async with served(dsn, at=MIDDAY, COMPTOIR_CHANNEL_SECRETS=json.dumps(secrets)) as app:
        yield app
    await postgres_server.drop_database(name)


@pytest.fixture(params=SHOPS, ids=lambda kind: kind.kind)
def shop(request: pytest.FixtureRequest) -> Shop:
    """Each kind of shop in turn."""
    made: Shop = request.param()
    return made

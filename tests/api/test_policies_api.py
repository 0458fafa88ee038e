"""Policies over the API: a version never changes, two writers do not overwrite one another, and what holds is a matter of dates."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest

from comptoir.kit.ids import new_id
from comptoir.sourcing.policy import DEFAULT, Policy, Rule
from tests import people
from tests.conftest import Database
from tests.doors import MIDDAY, Served, new_browser, served

pytestmark = pytest.mark.anyio
HERE = "/api/v1/sourcing/policies"
SCOPES = ("policies:read", "policies:write")


@pytest.fixture
async def app(database: Database) -> AsyncIterator[Served]:
    await people.settle(database.connection, MIDDAY)
    await people.make_key(database.connection, MIDDAY, "office", *SCOPES)
    await people.make_key(database.connection, MIDDAY, "lyon", *SCOPES, locations=[people.PART_DIEU])
    async with served(database.dsn) as running:
        yield running


def keyed(app: Served, key: str) -> httpx.AsyncClient:
    browser = new_browser(app)
    browser.headers["authorization"] = f"Bearer {key}"
    return browser


def wish(after: int, *rules: Rule, **more: Any) -> dict[str, Any]:
    body = msgspec.to_builtins(msgspec.structs.replace(DEFAULT, rules=rules))
    return {"id": str(new_id()), "after": after, "body": body | more, "note": "essai"}


async def post(client: httpx.AsyncClient, path: str, **fields: Any) -> httpx.Response:
    return await client.post(HERE + path, json={"id": str(new_id())} | fields)


async def test_versions_are_saved_in_turn_and_hold_from_their_moment_on(app: Served, database: Database) -> None:
    async with keyed(app, "office") as office, keyed(app, "lyon") as lyon:
        assert (await office.get(f"{HERE}/active")).json()["number"] == 0
        first = wish(0, Rule("Sans Lille", never=("lille-vieux-lille",)))
        told = [(await office.post(HERE, json=first)).json() for _ in range(2)]
        assert [one["number"] for one in told] == [1, 1]
        race = [wish(1, Rule(f"n {n}", never=("nord",))) for n in range(4)]
        codes = [answer.status_code for answer in await asyncio.gather(*(office.post(HERE, json=one) for one in race))]
        assert sorted(codes) == [200, 409, 409, 409]
        for body, code in (
            (wish(2, Rule("x", only=("moon",))), "policy_unknown_name"),
            (wish(2, Rule("x"), Rule("x")), "policy_named_twice"),
            (wish(2, rules=[{"name": "x", "when": {"since": "2026-12-01T00:00:00"}}]), "malformed"),
            (wish(2, missing_minor=10**12), "malformed"),
        ):
            refused = await office.post(HERE, json=body)
            assert refused.json()["type"] == f"/problems/{code}", refused.text
        assert (await lyon.post(HERE, json=wish(2))).json()["type"] == "/problems/policy_everywhere"
        later = MIDDAY + timedelta(days=1)
        assert (await post(office, "/1/activation")).json()["since"].startswith("2026-11-20T11:00")
        assert (await post(office, "/2/activation", since=later.isoformat())).status_code == 200
        listed = (await office.get(HERE)).json()
        assert (listed["active"], listed["next"], len(listed["versions"])) == (1, 2, 2)
        assert (await post(office, "/1/activation")).json()["type"] == "/problems/policy_was_active"
        app.clock.at = later
        assert (await office.get(f"{HERE}/active")).json()["number"] == 2
        assert (await post(office, "/2/activation/withdrawal")).json()["type"] == "/problems/policy_was_active"
        assert (await post(office, "/1/trial", until=later.isoformat())).json()["type"] == "/problems/policy_trial_over"
        assert (await post(office, "/1/trial")).status_code == 200
        await app.house.keeper.load()
        outlook = app.house.outlook
        assert (outlook.policy_number, outlook.shadow and outlook.shadow[0]) == (2, 1)
        assert (await post(office, "/trial/end")).status_code == 200
        assert (await office.get(HERE)).json()["tried"] is None
        kept = msgspec.convert((await office.get(f"{HERE}/1")).json()["body"], Policy)
        assert kept.rules[0].never == ("lille-vieux-lille",)
    kinds = await database.connection.fetch("SELECT kind FROM event WHERE kind LIKE 'sourcing.%' ORDER BY seq")
    assert [row[0].removeprefix("sourcing.policy_") for row in kinds] == [
        "saved", "saved", "activated", "activated", "tried", "trial_ended",
    ]  # fmt: skip
